"""Pages are made one after the other in a process, and none waits for ever for another."""

import threading

import pytest
from flask import Flask

from blueprints import turns
from tests.support.client import CheckedClient
from tests.support.fixtures import AppFactory


def together(app: Flask, ask: list[threading.Thread]) -> None:
    for thread in ask:
        thread.start()
    for thread in ask:
        thread.join()


@pytest.fixture
def seen(app_factory: AppFactory) -> tuple[Flask, list[int]]:
    """An application with a page that notes how many of it are made at once."""
    app = app_factory()
    at_once, most = [0], [0]
    lock, pause = threading.Lock(), threading.Event()

    def answer() -> str:
        with lock:
            at_once[0] += 1
            most[0] = max(most[0], at_once[0])
        pause.wait(0.02)
        with lock:
            at_once[0] -= 1
        return "xong"

    app.view_functions["public.robots"] = answer
    return app, most


def threads(app: Flask) -> list[threading.Thread]:
    def ask() -> None:
        client = app.test_client()
        assert isinstance(client, CheckedClient)
        client.get("/robots.txt")

    return [threading.Thread(target=ask) for _ in range(4)]


def test_pages_are_made_in_turns_where_the_database_is_in_the_process(
    seen: tuple[Flask, list[int]], engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "PATIENCE_S", 30)
    app, most = seen
    together(app, threads(app))
    assert (most[0] == 1) is (engine == "sqlite")


def test_whoever_has_the_turn_too_long_holds_nobody_up(
    seen: tuple[Flask, list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "PATIENCE_S", 0)
    app, _ = seen
    app._turn = threading.Lock()
    with app._turn:
        together(app, threads(app))
    assert app._turn.acquire(blocking=False)
