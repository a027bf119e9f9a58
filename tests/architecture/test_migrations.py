"""Migrations make what the models say, on both engines, and can be taken back."""

from collections.abc import Iterator
from pathlib import Path

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy import inspect, text
from sqlalchemy.schema import SchemaItem

from extensions import db
from tests.support.application import MIGRATIONS, make_app, migrate_to_head
from tests.support.databases import Databases, PostgresDatabases


@pytest.fixture
def empty_app(engine: str, databases: Databases, tmp_path: Path) -> Iterator[Flask]:
    """The application on a database without tables."""
    if isinstance(databases, PostgresDatabases):
        url = databases.server.create("migrations")
    else:
        url = f"sqlite:///{tmp_path / 'empty.db'}"
    app = make_app(url, tmp_path / "instance")
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
    if isinstance(databases, PostgresDatabases):
        databases.server.drop("migrations")


def is_model_table(
    item: SchemaItem, name: str | None, kind: str, reflected: bool, _other: SchemaItem | None
) -> bool:
    """Leave out the search index: services/search makes it, each engine its own way."""
    return not (kind in {"table", "index"} and reflected and (name or "").startswith("search_"))


def test_migrations_make_the_models(empty_app: Flask) -> None:
    migrate_to_head()
    with db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_object": is_model_table, "compare_type": True}
        )
        assert compare_metadata(context, db.metadata) == []


def test_migrations_can_be_taken_back_and_made_again(empty_app: Flask) -> None:
    migrate_to_head()
    made = set(inspect(db.engine).get_table_names())
    flask_migrate.downgrade(directory=MIGRATIONS, revision="base")
    assert set(inspect(db.engine).get_table_names()) == {"alembic_version"}
    migrate_to_head()
    assert set(inspect(db.engine).get_table_names()) == made


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_site_that_is_in_use_keeps_its_rows(empty_app: Flask) -> None:
    """SQLite changes a table by making it anew: what refers to the old one must stay."""
    flask_migrate.upgrade(directory=MIGRATIONS, revision="0005")
    day = "'2024-01-01'"
    with db.engine.begin() as connection:
        for statement in (
            "INSERT INTO unit (id, name, slug, sort_key) VALUES (1, 'a', 'a', 'a')",
            "INSERT INTO user_account (id, username, full_name, sort_key, password_hash, role, "
            "unit_id, session_token, created_at) "
            f"VALUES (1, 'u', 'U', 'u', '!', 'chief', 1, 's', {day})",
            "INSERT INTO publication (id, kind, slug, title, unit_id, author_id, lock_version, "
            f"created_at, updated_at) VALUES (1, 'post', 's', 't', 1, 1, 1, {day}, {day})",
            "INSERT INTO revision (id, publication_id, number, version, state, title, summary, "
            "body, byline, genre, origin, author_id, written_by_id, created_at, updated_at) "
            f"VALUES (1, 1, 1, 1, 'draft', 't', '', '', '', 'news', 'own', 1, 1, {day}, {day})",
            "UPDATE publication SET latest_revision_id = 1",
        ):
            connection.execute(text(statement))
    migrate_to_head()
    with db.engine.connect() as connection:
        rows = connection.execute(
            text("SELECT p.language, r.title FROM publication p JOIN revision r")
        )
        assert rows.all() == [("vi", "t")]
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
