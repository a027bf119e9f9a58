"""The index on PostgreSQL: a tsvector of our own terms under a GIN index.

No text search configuration takes part, so that the server's dictionaries, version and locale
make no difference to what is found.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Select,
    String,
    bindparam,
    cast,
    column,
    delete,
    func,
    insert,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY
from sqlalchemy.orm import Session

from models import Publication
from services.search.contract import Clause, Document, Lexeme
from services.search.filtering import Filters, conditions
from services.search.schema import document as stored
from services.search.schema import fold_fields, learn_words, words

_INSERT = insert(stored).values(
    lexemes=func.array_to_tsvector(cast(bindparam("terms"), ARRAY(String)))
)
_DELETE = delete(stored).where(stored.c.publication_id.in_(bindparam("ids", expanding=True)))


def _term(lexeme: Lexeme) -> str:
    """Quoted, a term can't be taken for an operator."""
    return "'{}'{}".format(
        lexeme.text.replace("\\", "\\\\").replace("'", "''"), ":*" if lexeme.prefix else ""
    )


def _all(lexemes: Sequence[Lexeme]) -> str:
    return f"({' & '.join(map(_term, lexemes))})"


def _clause(clause: Clause) -> str:
    if isinstance(clause, Lexeme):
        return _term(clause)
    return f"({' | '.join(map(_all, clause.ways))})"


def _expression(all_of: Sequence[Clause], none_of: Sequence[Sequence[Lexeme]]) -> str:
    """A tsquery in text."""
    return " & ".join([*map(_clause, all_of), *(f"!{_all(lexemes)}" for lexemes in none_of)])


@lru_cache(maxsize=128)
def _find(names: tuple[str, ...] | None, *, oldest_first: bool) -> Select[Any]:
    asked = (
        func.unnest(cast(bindparam("each_of"), ARRAY(String)))
        .table_valued(column("terms", String), with_ordinality="number")
        .render_derived("asked")
    )
    matches = stored.c.lexemes.op("@@", is_comparison=True)(cast(asked.c.terms, TSQUERY))
    matching: Select[Any] = select(stored.c.docid).where(matches)
    if names is not None:
        matching = matching.join_from(
            stored, Publication, Publication.id == stored.c.publication_id
        ).where(*conditions(names))
    order = stored.c.docid.asc() if oldest_first else stored.c.docid.desc()
    found = matching.order_by(order).limit(bindparam("limit")).lateral("found")
    return (
        select(asked.c.number, func.array_agg(found.c.docid))
        .join_from(asked, found, true())
        .group_by(asked.c.number)
    )


class PostgresqlEngine:
    """See `contract.Engine`."""

    def find(
        self,
        session: Session,
        *,
        each_of: Sequence[Sequence[Clause]],
        none_of: Sequence[Sequence[Lexeme]] = (),
        filters: Filters | None,
        limit: int,
        oldest_first: bool = False,
    ) -> Sequence[Sequence[int]]:
        lists: list[list[int]] = [[] for _ in each_of]
        if not each_of:
            return lists
        parameters: dict[str, Any] = {
            "limit": limit,
            "each_of": [_expression(all_of, none_of) for all_of in each_of],
        }
        if filters is not None:
            parameters |= filters.parameters
        statement = _find(None if filters is None else filters.names, oldest_first=oldest_first)
        for number, docids in session.execute(statement, parameters).all():
            lists[number - 1] = sorted(docids, reverse=not oldest_first)
        return lists

    def store(self, session: Session, *, documents: Sequence[Document]) -> None:
        if not documents:
            return
        learn_words(session, documents)
        self.remove(session, publication_ids=[document.publication_id for document in documents])
        session.execute(
            _INSERT,
            [{**fold_fields(document), "terms": list(document.lexemes)} for document in documents],
        )

    def remove(self, session: Session, *, publication_ids: Sequence[int]) -> None:
        if publication_ids:
            session.execute(_DELETE, {"ids": list(publication_ids)})

    def clear(self, session: Session) -> None:
        session.execute(delete(stored))
        session.execute(delete(words))

    def optimise(self, session: Session) -> None:
        session.execute(text("SELECT gin_clean_pending_list('ix_search_document_lexemes')"))
