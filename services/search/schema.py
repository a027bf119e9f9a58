"""The tables of the search index, for both engines; migrations and tests make them from here.

`search_document` keeps one row for each published text: the text as shown, the same text folded
letter for letter (so that a match found in one is at the same place in the other), and its
terms. What is looked up is `search_index` (FTS5) on SQLite and a GIN index on PostgreSQL. The
index holds only whether a text has a term: where and how often is read from the folded text of
the few that are ranked.
"""

from typing import Any

from sqlalchemy import Connection, column, inspect, table, text

from services.search.contract import Document
from services.search.terms import fold_aligned

# A docid is the minute of publication with the publication's id in its lower 32 bits.
ID_BITS = 32
ID_MASK = (1 << ID_BITS) - 1

document = table(
    "search_document",
    column("docid"),
    column("publication_id"),
    column("title"),
    column("summary"),
    column("body"),
    column("files"),
    column("folded_title"),
    column("folded_summary"),
    column("folded_body"),
    column("folded_files"),
    column("numbers"),
    column("lexemes"),
)
fts = table("search_index", column("rowid"), column("lexemes"))


def fold_fields(document: Document) -> dict[str, Any]:
    """The columns of a document's row that are alike on both engines."""
    return {
        "docid": document.docid,
        "publication_id": document.publication_id,
        "title": document.title,
        "summary": document.summary,
        "body": document.body,
        "files": document.files,
        "folded_title": fold_aligned(document.title),
        "folded_summary": fold_aligned(document.summary),
        "folded_body": fold_aligned(document.body),
        "folded_files": fold_aligned(document.files),
        "numbers": document.numbers,
    }


# No model describes these, so a comparison of models and database leaves them out; FTS5 keeps
# its own tables beside search_index.
UNMODELLED_PREFIXES = ("search_document", "search_index")

_DOCUMENT = """
    CREATE TABLE search_document (
        docid {docid} PRIMARY KEY,
        publication_id INTEGER NOT NULL
            CONSTRAINT uq_search_document_publication_id UNIQUE
            CONSTRAINT fk_search_document_publication_id_publication
            REFERENCES publication (id) ON DELETE CASCADE,
        title TEXT NOT NULL,
        summary TEXT NOT NULL,
        body TEXT NOT NULL,
        folded_title TEXT NOT NULL,
        folded_summary TEXT NOT NULL,
        folded_body TEXT NOT NULL,
        numbers TEXT NOT NULL,
        files TEXT NOT NULL DEFAULT '',
        folded_files TEXT NOT NULL DEFAULT '',
        lexemes {lexemes} NOT NULL
    )
"""

UPGRADE = {
    "sqlite": (
        _DOCUMENT.format(docid="INTEGER", lexemes="BLOB"),
        # Terms come ready made, joined by spaces: every character of theirs belongs to them.
        """
        CREATE VIRTUAL TABLE search_index USING fts5(
            lexemes, content='', columnsize=0, detail='none', prefix='2 3 4',
            tokenize="ascii tokenchars '_^@+/.'"
        )
        """,
    ),
    "postgresql": (
        _DOCUMENT.format(docid="BIGINT", lexemes="TSVECTOR"),
        # A short pending list: a search must read all of it.
        """
        CREATE INDEX ix_search_document_lexemes ON search_document
            USING gin (lexemes) WITH (gin_pending_list_limit = 256)
        """,
    ),
}
DOWNGRADE = {
    "sqlite": ("DROP TABLE search_index", "DROP TABLE search_document"),
    "postgresql": ("DROP TABLE search_document",),
}


def create(connection: Connection) -> None:
    """Make the tables, empty; `publication` must be there."""
    for statement in UPGRADE[connection.dialect.name]:
        connection.execute(text(statement))


def add_files(connection: Connection) -> None:
    """Give tables that were made before files were read their columns for it."""
    present = {found["name"] for found in inspect(connection).get_columns("search_document")}
    for name in ("files", "folded_files"):
        if name not in present:
            connection.execute(
                text(f"ALTER TABLE search_document ADD COLUMN {name} TEXT NOT NULL DEFAULT ''")
            )


def drop(connection: Connection) -> None:
    """Take the tables and all that is in them away."""
    for statement in DOWNGRADE[connection.dialect.name]:
        connection.execute(text(statement))
