"""The application as tests run it: as in production, but for where its data is."""

import contextlib
import os
from collections import defaultdict
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import flask_migrate
from flask import Flask, Response
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction

from app import create_app
from blueprints.template_constants import LanguageFlask
from extensions import db

ROOT = Path(__file__).resolve().parents[2]
MIGRATIONS = str(ROOT / "migrations")
# Compressing the static files takes seconds, and they are the same for every test.
ASSETS = ROOT / ".pytest_cache" / "assets"


class _Compiled(BytecodeCache):
    """Templates that some test's application has compiled, for the others: compiling them takes
    longer than most tests."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key, bucket.checksum] = bucket.code


_compiled: defaultdict[Hashable, _Compiled] = defaultdict(_Compiled)


def share_templates(app: LanguageFlask) -> None:
    """Let an application use what was compiled with the same constants."""
    for language, environment in app.language_environments.items():
        constants = environment.constants
        assert constants is not None
        files = frozenset(app.extensions["assets"]._names.items())
        key = (language, *constants.attributes.values(), files)
        environment.bytecode_cache = _compiled[key]


def share_assets(instance: Path) -> None:
    """Let an instance folder use the store of static files that all tests share."""
    ASSETS.mkdir(parents=True, exist_ok=True)
    instance.mkdir(parents=True, exist_ok=True)
    link = instance / "assets"
    # Where links need rights that we lack (Windows), it makes a store of its own.
    if not link.exists():
        with contextlib.suppress(OSError):
            link.symlink_to(ASSETS, target_is_directory=True)


def make_app(database_url: str, instance: Path, **overrides: Any) -> Flask:
    """Make the application on a database of its own and an instance folder of its own."""
    share_assets(instance)
    app = create_app(
        {
            "DATABASE_URL": database_url,
            "SITE_URL": "http://localhost",
            # Tests set the clock and the database as they like; the cache has tests of its own.
            "PAGE_CACHE_MB": 0,
            "PROCESSES": 1,
            **overrides,
        },
        environ={"PATH": os.environ["PATH"], "INSTANCE_PATH": str(instance)},
    )
    app.testing = True
    share_templates(app)
    return app


def migrate_to_head() -> None:
    """Run every migration, inside an application context."""
    flask_migrate.upgrade(directory=MIGRATIONS)


class UncommittedWorkError(AssertionError):
    """A request wrote something and answered without committing it, so it was lost."""


PENDING = "tests.uncommitted"


@event.listens_for(Session, "after_flush")
def _remember_flush(session: Session, _context: object) -> None:
    session.info[PENDING] = True


@event.listens_for(Session, "do_orm_execute")
def _remember_statement(state: ORMExecuteState) -> None:
    if state.is_insert or state.is_update or state.is_delete:
        state.session.info[PENDING] = True


@event.listens_for(Session, "after_transaction_end")
def _forget(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        session.info.pop(PENDING, None)


def forbid_uncommitted_work(app: Flask) -> None:
    """Make a request fail that changes rows and leaves them uncommitted.

    Services flush and routes commit; a route that forgets would otherwise answer "saved" for
    what is gone. An answer of 400 or above may roll back: that is what it is for.
    """

    @app.after_request
    def check(response: Response) -> Response:
        session = db.session
        left = session.info.get(PENDING) or session.new or session.dirty or session.deleted
        if response.status_code < 400 and left:
            raise UncommittedWorkError("the route answered, but did not commit what it changed")
        return response
