"""Unbound extension objects; ``app.create_app`` binds them."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from flask_babel import Babel
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import Connection, MetaData, event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import DeclarativeBase, Session

# Names for every constraint, so that Alembic's batch mode can find them on SQLite.
NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Root of all models."""

    metadata = MetaData(naming_convention=NAMING)


class SessionLoginManager(LoginManager):
    """Sessions only. Flask-Login looks into the session after every request for a "remember me"
    cookie to set; the site has none, and a page that has looked is no longer shared."""

    def _update_remember_cookie(self, response: Any) -> Any:
        return response


db = SQLAlchemy(model_class=Base)
if TYPE_CHECKING:
    # db.Model is made at run time out of Base; this is what a type checker may know of it.
    Model = Base
else:
    Model = db.Model
migrate = Migrate()
login_manager = SessionLoginManager()
csrf = CSRFProtect()
limiter = Limiter(key_func=get_remote_address)
babel = Babel()

BUSY_TIMEOUT_MS = 15_000
_CONNECTION = "connection"


def connection() -> Connection:
    """The connection of the work at hand. A page asks for it a dozen times, and the session looks
    through its transactions each time."""
    session = db.session()
    found: Connection | None = session.info.get(_CONNECTION)
    return session.connection() if found is None else found


@event.listens_for(Session, "after_begin")
def _note_connection(session: Session, _transaction: Any, connection: Connection) -> None:
    session.info[_CONNECTION] = connection


@event.listens_for(Session, "after_transaction_end")
def _forget_connection(session: Session, _transaction: Any) -> None:
    session.info.pop(_CONNECTION, None)


@event.listens_for(Session, "after_soft_rollback")
def _forget_failed(session: Session, _transaction: Any) -> None:
    session.info.pop(_CONNECTION, None)


@event.listens_for(Engine, "connect")
def _set_sqlite_pragmas(connection: Any, _record: Any) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    # The driver's own transactions begin too late (at the first write), which turns a
    # read-then-write into SQLITE_BUSY under load: ``_begin`` below starts them instead.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    # In WAL mode NORMAL loses nothing when the process is killed, only when the machine
    # loses power, and then at most the last transactions, never the file.
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA temp_store = MEMORY")
    # Of each connection, of which every process has half a dozen. The system keeps the file's
    # pages once for all of them; four times as much was no quicker with 100,000 posts.
    cursor.execute("PRAGMA cache_size = -4000")
    cursor.close()


@event.listens_for(Engine, "connect")
def _set_postgresql_options(connection: Any, _record: Any) -> None:
    if isinstance(connection, sqlite3.Connection):
        return
    # Compiling a statement of search takes three times as long as answering it, and the server
    # does so whenever it takes one for dear: always, among a million texts.
    connection.execute("SET jit = off")
    connection.commit()


# Whether the work at hand may write. Commands and scripts do; a request says so by its method.
may_write: ContextVar[bool] = ContextVar("may_write", default=True)


@contextmanager
def work(*, writes: bool) -> Iterator[None]:
    """What is begun within may write or only reads, whatever the thread did before and does after.
    Read-only work takes no write lock, and fails if it writes after somebody else has."""
    token = may_write.set(writes)
    try:
        yield
    finally:
        may_write.reset(token)


@event.listens_for(Engine, "begin")
def _begin(connection: Any) -> None:
    if connection.dialect.name == "sqlite":
        if may_write.get():
            # Work that may write takes the write lock at once: it waits its turn, instead of
            # failing half-way because somebody wrote between its read and its write.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            # Reads nothing yet and cannot fail; by way of SQLAlchemy it costs a page three times
            # what the driver takes.
            connection.connection.driver_connection.execute("BEGIN").close()
