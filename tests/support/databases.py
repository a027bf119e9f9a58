"""One migrated database for each engine and session, copied for each test that asks."""

import itertools
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from extensions import db
from tests.support.application import make_app, migrate_to_head
from tests.support.servers import Postgres

_numbers = itertools.count(1)


class Databases(Protocol):
    """Makes databases that have every table and no rows."""

    @contextmanager
    def new(self, folder: Path) -> Iterator[str]: ...


class SqliteDatabases:
    """Copies a migrated file into the test's own folder."""

    def __init__(self, folder: Path) -> None:
        self.template = folder / "template.db"
        _migrate(f"sqlite:///{self.template}", folder)

    @contextmanager
    def new(self, folder: Path) -> Iterator[str]:
        path = folder / "site.db"
        shutil.copyfile(self.template, path)
        yield f"sqlite:///{path}"


class PostgresDatabases:
    """Copies a migrated template database inside the session's own server."""

    def __init__(self, server: Postgres, folder: Path) -> None:
        self.server = server
        self.template = f"migrated_{next(_numbers)}"
        _migrate(server.create(self.template), folder)

    @contextmanager
    def new(self, folder: Path) -> Iterator[str]:
        name = f"test_{next(_numbers)}"
        yield self.server.create(name, template=self.template)
        self.server.drop(name)


def _migrate(url: str, folder: Path) -> None:
    app = make_app(url, folder / "instance")
    with app.app_context():
        migrate_to_head()
        if db.engine.dialect.name == "sqlite":
            # The copy is of one file: what the write-ahead log still holds has to be in it.
            with db.engine.connect() as connection:
                connection.exec_driver_sql("COMMIT")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        db.engine.dispose()
