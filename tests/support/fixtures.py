"""Fixtures that stand on the application: imported by each tier that may use it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import scoped_session

from extensions import db
from tests.support.application import forbid_uncommitted_work, make_app
from tests.support.client import CheckedClient
from tests.support.databases import Databases, PostgresDatabases, SqliteDatabases

AppFactory = Callable[..., Flask]


@pytest.fixture(scope="session")
def databases(
    engine: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Databases:
    """Where tests get databases that have every table and no rows."""
    folder = tmp_path_factory.mktemp("migrated")
    if engine == "sqlite":
        return SqliteDatabases(folder)
    return PostgresDatabases(request.getfixturevalue("postgres"), folder)


@pytest.fixture
def database_url(databases: Databases, tmp_path: Path) -> Iterator[str]:
    """A database of this test's own: every table, no rows."""
    with databases.new(tmp_path) as url:
        yield url


@pytest.fixture
def app_factory(database_url: str, tmp_path: Path) -> Iterator[AppFactory]:
    """Make the application with other configuration; each one is on the test's database."""
    made: list[Flask] = []

    def make(**overrides: Any) -> Flask:
        app = make_app(database_url, tmp_path / "instance", **overrides)
        forbid_uncommitted_work(app)
        app.test_client_class = CheckedClient
        made.append(app)
        return app

    yield make
    for app in made:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def app(app_factory: AppFactory) -> Flask:
    """The application on a database of this test's own, on each engine in turn."""
    return app_factory()


@pytest.fixture
def session(app: Flask) -> Iterator[scoped_session[Any]]:
    """The session of an application context held for the whole test.

    With it factories and services can be called straight in the test. A client used beside it
    still runs each request in a context of its own.
    """
    with app.app_context():
        yield db.session
        db.session.rollback()


@pytest.fixture
def client(app: Flask) -> CheckedClient:
    """An anonymous visitor. For a second person: app.test_client()."""
    made = app.test_client()
    assert isinstance(made, CheckedClient)
    return made


@pytest.fixture
def other(app: Flask, databases: Databases, tmp_path: Path) -> Iterator[Flask]:
    """An empty site elsewhere, on the same engine."""
    (tmp_path / "other").mkdir()
    with databases.new(tmp_path / "other") as url:
        made = make_app(url, tmp_path / "other" / "instance", SITE_URL="http://moi.vn")
        made.test_client_class = CheckedClient
        yield made
        with made.app_context():
            db.session.remove()
            db.engine.dispose()
