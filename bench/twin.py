"""The same corpus on PostgreSQL: copied from the one on SQLite, in a third of the time that making
it again would take, and with the same texts on both engines to the last word."""

import shutil
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import flask_migrate
from psycopg import Connection, sql
from sqlalchemy import Table, create_engine, select, text
from sqlalchemy.engine import Connection as Reader
from sqlalchemy.types import TypeEngine

from bench.corpus import ROOT, Corpus, application
from extensions import db, work
from services.search.schema import document, texts, words

_BATCH = 2_000
_INDEX = "ix_search_document_lexemes"
# For the one index that takes minutes.
_MAKING = "SET maintenance_work_mem = '2GB'"


def copy(source: Corpus, *, folder: Path, database_url: str) -> None:
    """Fill an empty database on PostgreSQL, and an empty folder, with a corpus on SQLite."""
    left_out = shutil.ignore_patterns("site.db*", "corpus.txt")
    shutil.copytree(source.folder, folder, ignore=left_out, dirs_exist_ok=True)
    app = application(folder, database_url)
    reading = create_engine(f"sqlite:///{source.folder / 'site.db'}")
    with app.app_context():
        flask_migrate.upgrade(directory=str(ROOT / "migrations"))
        connection = db.engine.raw_connection()
        driver = connection.driver_connection
        assert isinstance(driver, Connection)
        with work(writes=False), reading.connect() as reader:
            _copy(reader, driver)
        connection.close()
        db.session.remove()
        db.engine.dispose()
    reading.dispose()


def _copy(reader: Reader, driver: Connection[Any]) -> None:
    tables = db.metadata.sorted_tables
    names = sql.SQL(", ").join(
        sql.Identifier(each.name) for each in [*tables, document, texts, words]
    )
    driver.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY").format(names))
    # Texts and what is said of them name each other: no order of the tables suits all keys.
    driver.execute("SET session_replication_role = replica")
    for table in tables:
        columns = [column.name for column in table.columns]
        _fill(driver, table.name, columns, _rows_of(reader, table))
    definition = driver.execute("SELECT pg_get_indexdef(%s::regclass)", [_INDEX]).fetchone()
    assert definition is not None
    driver.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(_INDEX)))
    shared = [column.name for column in texts.columns if column.name != "lexemes"]
    _fill(driver, texts.name, shared, _raw(reader, texts.name, shared))
    _fill(driver, words.name, ["word"], _raw(reader, words.name, ["word"]))
    of_document = [column.name for column in document.columns if column.name != "lexemes"]
    _fill(driver, document.name, [*of_document, "lexemes"], _documents(reader, of_document))
    driver.execute(_MAKING)
    driver.execute(definition[0])
    for table in tables:
        _go_on_counting(driver, table)
    driver.execute("SET session_replication_role = origin")
    driver.commit()
    driver.autocommit = True
    driver.execute("VACUUM ANALYZE")


def _rows_of(reader: Reader, table: Table) -> Iterator[tuple[Any, ...]]:
    """In the types of PostgreSQL's driver."""
    dialect = db.engine.dialect
    binds = []
    for column in table.columns:
        kind: TypeEngine[Any] = column.type.dialect_impl(dialect)
        binds.append(kind.bind_processor(dialect) or (lambda value: value))
    found = reader.execution_options(yield_per=_BATCH).execute(select(table))
    for row in found:
        yield tuple(bind(value) for bind, value in zip(binds, row, strict=True))


def _raw(reader: Reader, name: str, columns: Iterable[str]) -> Iterator[tuple[Any, ...]]:
    statement = text(f"SELECT {', '.join(columns)} FROM {name}")
    yield from map(tuple, reader.execution_options(yield_per=_BATCH).execute(statement))


def _documents(reader: Reader, columns: list[str]) -> Iterator[tuple[Any, ...]]:
    """Each with its terms as a tsvector is written; SQLite keeps them packed beside the text."""
    given = ", ".join(f"d.{name}" for name in columns)
    statement = text(
        f"SELECT {given}, t.lexemes FROM search_document d JOIN search_text t USING (docid) "
        "ORDER BY docid"
    )
    at = columns.index("has_file")
    for row in reader.execution_options(yield_per=_BATCH).execute(statement):
        fields = list(row)
        fields[at] = bool(fields[at])
        fields[-1] = _tsvector(zlib.decompress(fields[-1]).decode().split(" "))
        yield tuple(fields)


def _tsvector(terms: Iterable[str]) -> str:
    return " ".join("'{}'".format(term.replace("\\", "\\\\").replace("'", "''")) for term in terms)


def _fill(
    driver: Connection[Any], name: str, columns: list[str], rows: Iterable[tuple[Any, ...]]
) -> None:
    into = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(name), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with driver.cursor() as cursor, cursor.copy(into) as copying:
        for row in rows:
            copying.write_row(row)


def _go_on_counting(driver: Connection[Any], table: Table) -> None:
    """New rows get numbers after those that were copied."""
    column = table.autoincrement_column
    if column is None:
        return
    counter = sql.SQL("pg_get_serial_sequence({}, {})").format(
        sql.Literal(table.name), sql.Literal(column.name)
    )
    driver.execute(
        sql.SQL("SELECT setval({0}, max({1})) FROM {2} WHERE {0} IS NOT NULL").format(
            counter, sql.Identifier(column.name), sql.Identifier(table.name)
        )
    )
