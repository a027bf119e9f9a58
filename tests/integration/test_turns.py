"""Turns are taken where the database is in the very process that answers."""

from waitress.task import ThreadedTaskDispatcher

from app import make_server
from tests.support.fixtures import AppFactory
from turns import TurnTaking


def test_only_what_reads_a_database_in_this_process_takes_turns(
    app_factory: AppFactory, engine: str
) -> None:
    server = make_server(app_factory(PORT=0, THREADS=3))
    dispatcher = server.task_dispatcher
    try:
        kind = TurnTaking if engine == "sqlite" else ThreadedTaskDispatcher
        assert type(dispatcher) is kind
        assert len(dispatcher.threads) == 3
    finally:
        dispatcher.shutdown()
        server.asyncore.close_all(server._map)
        server.trigger.close()
