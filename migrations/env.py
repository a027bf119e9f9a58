"""Alembic's environment: the application's own engine, both databases, one migrator at a time."""

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import text

from services.search.schema import UNMODELLED_PREFIXES

# Any number, as long as every process asks for the same one.
ADVISORY_LOCK = 2_017_063_0

config = context.config
migrate = current_app.extensions["migrate"]


def include_object(
    _object: Any, name: str | None, type_: str, reflected: bool, _compare_to: Any
) -> bool:
    """Leave out what no model describes: the search index makes its own tables."""
    if type_ == "table" and reflected:
        return not (name or "").startswith(UNMODELLED_PREFIXES)
    return True


def run_online() -> None:
    options = {**migrate.configure_args, "include_object": include_object, "compare_type": True}
    options["compare_server_default"] = False
    with migrate.db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            # Processes that start together upgrade one after the other; SQLite's write lock,
            # taken at the beginning of the transaction, does the same there.
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ADVISORY_LOCK})
            connection.commit()
        else:
            # SQLite changes a table by making it anew and dropping the old one, which must not
            # take along the rows that refer to it. Said before any transaction: within one it
            # would not be heard.
            _driver(connection).execute("PRAGMA foreign_keys = OFF")
        try:
            context.configure(
                connection=connection,
                target_metadata=migrate.db.metadata,
                transaction_per_migration=False,
                **options,
            )
            with context.begin_transaction():
                context.run_migrations()
        finally:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": ADVISORY_LOCK})
                connection.commit()
            else:
                _driver(connection).execute("PRAGMA foreign_keys = ON")


def _driver(connection: Any) -> Any:
    """The driver's own connection, past SQLAlchemy's transactions."""
    return connection.connection.dbapi_connection


if context.is_offline_mode():
    raise SystemExit("Migrations need the database that they change; run them online.")
run_online()
