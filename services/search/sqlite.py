"""The index on SQLite: FTS5 as a list of who has which term, newest first."""

import json
import zlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Executable,
    Integer,
    Select,
    String,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    select,
    text,
)
from sqlalchemy.orm import Session

from extensions import connection
from services.search.contract import Clause, Document, Lexeme
from services.search.filtering import Filters, passes
from services.search.schema import document as stored
from services.search.schema import (
    document_fields,
    fts,
    learn_words,
    text_fields,
    texts,
    words,
)

_ROWID: ColumnElement[int] = literal_column("search_index.rowid", Integer)
_DELETE_TERMS = text(
    "INSERT INTO search_index (search_index, rowid, lexemes) VALUES ('delete', :docid, :lexemes)"
)
_MERGE = text("INSERT INTO search_index (search_index, rank) VALUES ('merge', :pages)")
_CHANGES = text("SELECT total_changes()")
_MERGED_PAGES = 1_000
# How large each piece of the index is, by and large: FTS5 has a row for each page on which a term
# begins.
_PIECES = text("SELECT count(*) FROM search_index_idx GROUP BY segid")
# What all but the largest piece may be of it.
_SMALL_PART = 0.25
_INSERT_TERMS = insert(fts)
_INSERT = insert(stored)
_INSERT_TEXT = insert(texts)
_DELETE = delete(stored).where(stored.c.docid == bindparam("docid_of"))
_DELETE_TEXT = delete(texts).where(texts.c.docid == bindparam("docid_of"))
_STORED_TERMS = (
    select(texts.c.docid, texts.c.lexemes)
    .join_from(texts, stored, stored.c.docid == texts.c.docid)
    .where(stored.c.publication_id.in_(bindparam("ids", expanding=True)))
)


def _term(lexeme: Lexeme) -> str:
    """Quoted, a term can't be taken for an operator."""
    return '"{}"'.format(lexeme.term.replace('"', '""'))


def _all(lexemes: Sequence[Lexeme]) -> str:
    return f"({' AND '.join(map(_term, lexemes))})"


def _clause(clause: Clause) -> str:
    if isinstance(clause, Lexeme):
        return _term(clause)
    return f"({' OR '.join(map(_all, clause.ways))})"


def _expression(all_of: Sequence[Clause], none_of: Sequence[Sequence[Lexeme]]) -> str:
    """FTS5's own language."""
    wanted = " AND ".join(map(_clause, all_of))
    if not none_of:
        return wanted
    return f"({wanted}) NOT ({' OR '.join(map(_all, none_of))})"


@lru_cache(maxsize=64)
def _find(checks: tuple[str, ...] | None, *, oldest_first: bool) -> Executable:
    # One statement for however many lists: to make one for each number of them costs more than
    # to answer it.
    asked = func.json_each(bindparam("each_of", type_=String)).table_valued("value", name="asked")
    found: Select[Any] = (
        select(_ROWID.label("docid"))
        .select_from(fts)
        .where(
            literal_column("search_index").op("MATCH", is_comparison=True)(asked.c.value),
            bindparam("first") <= _ROWID,
            bindparam("last") >= _ROWID,
            *passes(checks, docid=_ROWID, engine="sqlite"),
        )
        .correlate(asked)
    )
    order = _ROWID.asc() if oldest_first else _ROWID.desc()
    docids = found.order_by(order).limit(bindparam("limit")).subquery("found")
    # Each list in one piece: a row for each docid would cost more than finding it.
    return select(select(func.group_concat(docids.c.docid)).scalar_subquery()).select_from(asked)


class SqliteEngine:
    """See `contract.Engine`. FTS5 keeps rows in order of docid, so the newest cost nothing."""

    def find(
        self,
        *,
        each_of: Sequence[Sequence[Clause]],
        none_of: Sequence[Sequence[Lexeme]] = (),
        filters: Filters,
        limit: int,
        oldest_first: bool = False,
    ) -> Sequence[Sequence[int]]:
        if not each_of:
            return []
        parameters: dict[str, Any] = {
            "each_of": json.dumps([_expression(all_of, none_of) for all_of in each_of]),
            "limit": limit,
            "first": filters.first,
            "last": filters.last,
        }
        if filters.checks is not None:
            parameters |= filters.parameters
        statement = _find(filters.checks, oldest_first=oldest_first)
        return [
            sorted(map(int, docids.split(",")), reverse=not oldest_first) if docids else []
            for (docids,) in connection().execute(statement, parameters)
        ]

    def known_common(self, session: Session, *, above: float) -> frozenset[str]:
        # The newest that have a term are found at once, however common it is.
        return frozenset()

    def store(self, session: Session, *, documents: Sequence[Document]) -> None:
        if not documents:
            return
        learn_words(session, documents)
        self.remove(session, publication_ids=[document.publication_id for document in documents])
        terms = [" ".join(document.lexemes) for document in documents]
        session.execute(_INSERT, list(map(document_fields, documents)))
        session.execute(
            _INSERT_TEXT,
            [
                # FTS5 keeps no text; to forget a row it must be told the very terms it was given.
                {**text_fields(document), "lexemes": zlib.compress(lexemes.encode(), 1)}
                for document, lexemes in zip(documents, terms, strict=True)
            ],
        )
        session.execute(
            _INSERT_TERMS,
            [
                {"rowid": document.docid, "lexemes": lexemes}
                for document, lexemes in zip(documents, terms, strict=True)
            ],
        )

    def remove(self, session: Session, *, publication_ids: Sequence[int]) -> None:
        rows = session.execute(_STORED_TERMS, {"ids": list(publication_ids)}).all()
        if not rows:
            return
        session.execute(
            _DELETE_TERMS,
            [
                {"docid": row.docid, "lexemes": zlib.decompress(row.lexemes).decode()}
                for row in rows
            ],
        )
        gone = [{"docid_of": row.docid} for row in rows]
        session.execute(_DELETE_TEXT, gone)
        session.execute(_DELETE, gone)

    def clear(self, session: Session) -> None:
        session.execute(text("INSERT INTO search_index (search_index) VALUES ('delete-all')"))
        session.execute(delete(texts))
        session.execute(delete(stored))
        session.execute(delete(words))

    def optimise(self, session: Session, *, checkpoint: Callable[[], None] | None = None) -> None:
        # Told a negative number, FTS5 takes all of its lists as if they were of one size.
        _merge(session, first=-_MERGED_PAGES, checkpoint=checkpoint)

    def tidy(self, session: Session, *, checkpoint: Callable[[], None] | None = None) -> None:
        sizes = session.scalars(_PIECES).all()
        largest = max(sizes, default=0)
        if sum(sizes) - largest > _SMALL_PART * largest:
            # So seldom that all is written anew no oftener than it grows by that part.
            self.optimise(session, checkpoint=checkpoint)
        else:
            _merge(session, first=_MERGED_PAGES, checkpoint=checkpoint)


def _merge(session: Session, *, first: int, checkpoint: Callable[[], None] | None) -> None:
    # In steps: one that did it all would hold the write lock for minutes.
    pages = first
    while True:
        before = session.execute(_CHANGES).scalar_one()
        session.execute(_MERGE, {"pages": pages})
        # As FTS5's documentation has it: fewer than two changes tell that nothing is left.
        if session.execute(_CHANGES).scalar_one() - before < 2:
            return
        pages = _MERGED_PAGES
        if checkpoint is not None:
            checkpoint()
