"""The index on PostgreSQL: a tsvector of our own terms under a GIN index.

No text search configuration takes part, so that the server's dictionaries, version and locale
make no difference to what is found.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
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

from extensions import connection
from services.search.contract import Clause, Document, Lexeme
from services.search.filing import ERA_MINUTES, ID_BITS, era_of, era_term
from services.search.filtering import Filters, passes
from services.search.schema import document as stored
from services.search.schema import document_fields, learn_words, text_fields, texts, words

_INSERT = insert(stored).values(
    lexemes=func.array_to_tsvector(cast(bindparam("terms"), ARRAY(String)))
)
_INSERT_TEXT = insert(texts)
_OLDEST = select(func.min(stored.c.docid))
_DELETE = delete(stored).where(stored.c.publication_id.in_(bindparam("ids", expanding=True)))
# What the server has learnt of the terms by its last look at the table. A common term's list is
# long to read, and all it tells of a question is that it is common.
_COMMON = text(
    "SELECT most_common_elems::text::text[], most_common_elem_freqs FROM pg_stats "
    "WHERE schemaname = current_schema() AND tablename = 'search_document' "
    "AND attname = 'lexemes' AND most_common_elems IS NOT NULL"
)


def _term(lexeme: Lexeme) -> str:
    """Quoted, a term can't be taken for an operator."""
    return "'{}'".format(lexeme.term.replace("\\", "\\\\").replace("'", "''"))


def _all(lexemes: Sequence[Lexeme]) -> str:
    return f"({' & '.join(map(_term, lexemes))})"


def _clause(clause: Clause) -> str:
    if isinstance(clause, Lexeme):
        return _term(clause)
    return f"({' | '.join(map(_all, clause.ways))})"


def _expression(all_of: Sequence[Clause], none_of: Sequence[Sequence[Lexeme]]) -> str:
    """A tsquery in text."""
    return " & ".join([*map(_clause, all_of), *(f"!{_all(lexemes)}" for lexemes in none_of)])


# GIN knows no order: it makes the list of all that have the terms. So they are looked for by eras,
# the newest first: two quarters of a year, the eight before, all before. Each stretch is one scan
# more for a term that few have.
_ERAS = (2, 8)


class _Window(NamedTuple):
    """A stretch of time: a tsquery that those in it match, and between which docids they are."""

    terms: str
    first: int
    last: int


def _windows(first: int, last: int, *, oldest_first: bool) -> list[_Window]:
    """Stretches that cover these docids, in the order in which they are to be looked through."""
    eras = list(range(era_of(first), era_of(last) + 1))
    if not oldest_first:
        eras.reverse()
    windows = []
    for count in _ERAS:
        some, eras = eras[:count], eras[count:]
        if some:
            terms = " | ".join(_quoted(era_term(era)) for era in some)
            windows.append(_Window(f" & ({terms})", first, last))
    if eras and oldest_first:
        windows.append(_Window("", max(first, _first_of(eras[0])), last))
    elif eras:
        windows.append(_Window("", first, min(last, _first_of(eras[0] + 1) - 1)))
    return windows


def _first_of(era: int) -> int:
    """What no docid of this era or a later one is less than."""
    return era * ERA_MINUTES << ID_BITS


def _quoted(term: str) -> str:
    return f"'{term}'"


@lru_cache(maxsize=128)
def _find(checks: tuple[str, ...] | None, *, oldest_first: bool) -> Select[Any]:
    asked = (
        func.unnest(cast(bindparam("each_of"), ARRAY(String)))
        .table_valued(column("terms", String), with_ordinality="number")
        .render_derived("asked")
    )
    window = (
        func.unnest(
            cast(bindparam("within"), ARRAY(String)),
            cast(bindparam("firsts"), ARRAY(BigInteger)),
            cast(bindparam("lasts"), ARRAY(BigInteger)),
        )
        .table_valued(
            column("terms", String),
            column("first", BigInteger),
            column("last", BigInteger),
            with_ordinality="number",
        )
        .render_derived("window_of")
    )
    wanted = cast(asked.c.terms.concat(window.c.terms), TSQUERY)
    # What is computed from a docid no other index is used for: only the terms' serves.
    docid = stored.c.docid + 0
    within = (
        select(stored.c.docid)
        .where(
            stored.c.lexemes.op("@@", is_comparison=True)(wanted),
            docid >= window.c.first,
            docid <= window.c.last,
        )
        .order_by(docid if oldest_first else -docid)
        .offset(0)
        .correlate(asked, window)
        .lateral("within")
    )
    matching: Select[Any] = select(within.c.docid).select_from(window).join(within, true())
    matching = matching.where(*passes(checks, docid=within.c.docid, engine="postgresql"))
    # In the order in which the windows come: the later are not opened where the first suffice.
    found = matching.limit(bindparam("limit")).correlate(asked).lateral("found")
    return (
        select(asked.c.number, func.array_agg(found.c.docid))
        .join_from(asked, found, true())
        .group_by(asked.c.number)
    )


class PostgresqlEngine:
    """See `contract.Engine`."""

    def find(
        self,
        *,
        each_of: Sequence[Sequence[Clause]],
        none_of: Sequence[Sequence[Lexeme]] = (),
        filters: Filters,
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
        if filters.checks is not None:
            parameters |= filters.parameters
        first = filters.first
        if oldest_first:
            # From where there is anything at all.
            first = max(first, connection().scalar(_OLDEST) or 0)
        windows = _windows(first, filters.last, oldest_first=oldest_first)
        parameters |= {
            "within": [window.terms for window in windows],
            "firsts": [window.first for window in windows],
            "lasts": [window.last for window in windows],
        }
        statement = _find(filters.checks, oldest_first=oldest_first)
        for number, docids in connection().execute(statement, parameters):
            lists[number - 1] = sorted(docids, reverse=not oldest_first)
        return lists

    def known_common(self, session: Session, *, above: float) -> frozenset[str]:
        rows = session.execute(_COMMON).all()
        return frozenset(
            term
            for terms, shares in rows
            for term, share in zip(terms, shares, strict=False)
            if share > above
        )

    def store(self, session: Session, *, documents: Sequence[Document]) -> None:
        if not documents:
            return
        learn_words(session, documents)
        self.remove(session, publication_ids=[document.publication_id for document in documents])
        session.execute(
            _INSERT,
            [
                {**document_fields(document), "terms": list(document.lexemes)}
                for document in documents
            ],
        )
        session.execute(_INSERT_TEXT, list(map(text_fields, documents)))

    def remove(self, session: Session, *, publication_ids: Sequence[int]) -> None:
        if publication_ids:
            session.execute(_DELETE, {"ids": list(publication_ids)})

    def clear(self, session: Session) -> None:
        session.execute(delete(texts))
        session.execute(delete(stored))
        session.execute(delete(words))

    def optimise(self, session: Session, *, checkpoint: Callable[[], None] | None = None) -> None:
        self.tidy(session)
        # The server's own look at its tables may be long in coming, and until then it plans badly.
        session.execute(text("ANALYZE search_document, search_text, search_word"))

    def tidy(self, session: Session, *, checkpoint: Callable[[], None] | None = None) -> None:
        session.execute(text("SELECT gin_clean_pending_list('ix_search_document_lexemes')"))
