"""The tables of the search index, for both engines; migrations and tests make them from here.

`search_document` keeps one narrow row for each published text, with what facets count by;
`search_text` the text as shown and the same text folded letter for letter, so that a match found
in one is at the same place in the other. What is looked up is `search_index` (FTS5) on SQLite and
a GIN index on PostgreSQL. The index holds only whether a text has a term: where and how often is
read from the folded text of the few that are ranked. `search_word` holds the words of all texts,
folded, to tell what somebody may have meant; words of texts that are gone stay until the index is
made anew, since whatever is suggested is looked up first.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, column, select, table, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from services.search.contract import Document
from services.search.terms import fold_aligned, vocabulary

# What the index holds is another with each of these: kept beside it, see `indexing.is_current`.
VERSION = 4

document = table(
    "search_document",
    column("docid"),
    column("publication_id"),
    column("kind"),
    column("section_id"),
    column("unit_id"),
    column("has_file"),
    # On PostgreSQL, whose index is made of it.
    column("lexemes"),
)
texts = table(
    "search_text",
    column("docid"),
    column("title"),
    column("summary"),
    column("body"),
    column("files"),
    column("folded_title"),
    column("folded_summary"),
    column("folded_body"),
    column("folded_files"),
    column("numbers"),
    # On SQLite, whose index must be told them again to forget them.
    column("lexemes"),
)
fts = table("search_index", column("rowid"), column("lexemes"))
words = table("search_word", column("word"))
# Below the number of parameters that any build of either engine takes.
_WORDS_AT_ONCE = 500


def document_fields(document: Document) -> dict[str, Any]:
    """The columns of a document's row that are alike on both engines."""
    return {
        "docid": document.docid,
        "publication_id": document.publication_id,
        "kind": str(document.kind),
        "section_id": document.section_id,
        "unit_id": document.unit_id,
        "has_file": document.has_file,
    }


def text_fields(document: Document) -> dict[str, Any]:
    """The same of its text's row."""
    return {
        "docid": document.docid,
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
UNMODELLED_PREFIXES = ("search_document", "search_text", "search_index", "search_word")

_DOCUMENT = """
    CREATE TABLE search_document (
        docid {docid} PRIMARY KEY,
        publication_id INTEGER NOT NULL
            CONSTRAINT uq_search_document_publication_id UNIQUE
            CONSTRAINT fk_search_document_publication_id_publication
            REFERENCES publication (id) ON DELETE CASCADE,
        kind VARCHAR(20) NOT NULL,
        section_id INTEGER,
        unit_id INTEGER NOT NULL,
        has_file BOOLEAN NOT NULL{lexemes}
    )
"""
_TEXT = """
    CREATE TABLE search_text (
        docid {docid} PRIMARY KEY
            CONSTRAINT fk_search_text_docid_search_document
            REFERENCES search_document (docid) ON DELETE CASCADE,
        title TEXT NOT NULL,
        summary TEXT NOT NULL,
        body TEXT NOT NULL,
        folded_title TEXT NOT NULL,
        folded_summary TEXT NOT NULL,
        folded_body TEXT NOT NULL,
        numbers TEXT NOT NULL,
        files TEXT NOT NULL,
        folded_files TEXT NOT NULL{lexemes}
    )
"""

# Each change leaves a piece of the index, and each list is looked for in each piece: two of a
# size are put together when `Engine.tidy` is called, where FTS5 by itself waits for four.
FEW_PIECES = "INSERT INTO search_index (search_index, rank) VALUES ('usermerge', 2)"

UPGRADE = {
    "sqlite": (
        _DOCUMENT.format(docid="INTEGER", lexemes=""),
        _TEXT.format(docid="INTEGER", lexemes=", lexemes BLOB NOT NULL"),
        # Terms come ready made, joined by spaces: every character of theirs belongs to them.
        """
        CREATE VIRTUAL TABLE search_index USING fts5(
            lexemes, content='', columnsize=0, detail='none',
            tokenize="ascii tokenchars '_^@+/.=*-'"
        )
        """,
        FEW_PIECES,
    ),
    "postgresql": (
        _DOCUMENT.format(docid="BIGINT", lexemes=", lexemes TSVECTOR NOT NULL"),
        # Out of the row: the rows of many hits are looked at for their docids alone.
        "ALTER TABLE search_document ALTER lexemes SET STORAGE EXTERNAL",
        "ALTER TABLE search_document SET (toast_tuple_target = 128)",
        _TEXT.format(docid="BIGINT", lexemes=""),
        # A short pending list: a search must read all of it.
        """
        CREATE INDEX ix_search_document_lexemes ON search_document
            USING gin (lexemes) WITH (gin_pending_list_limit = 256)
        """,
    ),
}
DOWNGRADE = {
    "sqlite": (
        "DROP TABLE IF EXISTS search_index",
        "DROP TABLE IF EXISTS search_text",
        "DROP TABLE IF EXISTS search_document",
    ),
    "postgresql": ("DROP TABLE IF EXISTS search_text", "DROP TABLE IF EXISTS search_document"),
}


WORDS = "CREATE TABLE search_word (word VARCHAR(20) PRIMARY KEY)"


def learn_words(session: Session, documents: Sequence[Document]) -> None:
    """Keep the words of documents. Most are known: those alone that are not are written."""
    found = sorted(set().union(*(vocabulary(document.lexemes) for document in documents)))
    for first in range(0, len(found), _WORDS_AT_ONCE):
        some = found[first : first + _WORDS_AT_ONCE]
        known = set(session.scalars(_KNOWN, {"words": some}))
        new = [{"word": word} for word in some if word not in known]
        if new:
            session.execute(_INSERTS[session.get_bind().dialect.name], new)


def known_words(session: Session, candidates: Sequence[str]) -> set[str]:
    """Which of these are words of the site."""
    found: set[str] = set()
    for first in range(0, len(candidates), _WORDS_AT_ONCE):
        some = list(candidates[first : first + _WORDS_AT_ONCE])
        found.update(session.scalars(_KNOWN, {"words": some}))
    return found


_KNOWN = select(words.c.word).where(words.c.word.in_(bindparam("words", expanding=True)))
_INSERTS = {
    # Two who publish at once may both be first to use a word.
    name: module.insert(words).values(word=bindparam("word")).on_conflict_do_nothing()
    for name, module in (("sqlite", sqlite), ("postgresql", postgresql))
}


def create(connection: Connection) -> None:
    """Make the tables, empty; `publication` must be there."""
    for statement in UPGRADE[connection.dialect.name]:
        connection.execute(text(statement))


def add_files(connection: Connection) -> None:
    """What migration 0009 did to tables of a shape that a later one makes anew; nothing now."""


def drop(connection: Connection) -> None:
    """Take the tables and all that is in them away."""
    for statement in DOWNGRADE[connection.dialect.name]:
        connection.execute(text(statement))
