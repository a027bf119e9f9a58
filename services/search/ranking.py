"""What the two ways of searching share: the question at hand, and reading texts to rank them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from typing import Any, cast

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from extensions import connection
from services.search.contract import (
    Clause,
    Engine,
    Lexeme,
    SearchRequest,
    Sort,
    StoredRow,
)
from services.search.filing import ID_BITS
from services.search.filtering import Filters, passes
from services.search.schema import texts
from services.search.scoring import Target, freshen, score
from services.search.synonyms import Concept, Groups
from services.search.terms import EVERY, Query, Word, exact_spelling

_MINUTES_A_DAY = 1_440
# Beyond any sum of weights: while a word is being typed, texts that have it in the title are first.
_TITLE_FIRST = 1_000.0
# What somebody typed whole: the text of that name is meant before those that say more of it.
_IS_TITLE = 1.5


@dataclass(frozen=True, slots=True)
class Found:
    """Docids in the order shown, what to mark in them, and those texts that were read for it."""

    docids: Sequence[int]
    is_capped: bool
    targets: tuple[Target, ...] = ()
    folded_only: bool = False
    rows: dict[int, StoredRow] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A request, read and ready to be answered."""

    session: Session
    engine: Engine
    query: Query
    # What the names of author and issuing body require.
    names: Sequence[Lexeme]
    synonyms: Groups
    concepts: Sequence[Concept]
    filters: Filters
    # Whether the index has terms for filters.
    is_filed: bool
    request: SearchRequest
    now: datetime
    prefix: str

    def asking(self, query: Query) -> "Plan":
        """The same for another question, without other names of its words."""
        return replace(self, query=query, concepts=(), prefix="")

    def _none_of(self, filters: Filters) -> list[list[Lexeme]]:
        """What no text may hold: each a word as it was typed, or the pairs of a phrase."""
        excluded = [phrase_lexemes(words) for words in self.query.excluded]
        return [*excluded, *([lexeme] for lexeme in filters.none_of)]

    def find(self, all_of: Sequence[Clause], *, limit: int) -> Sequence[int]:
        (found,) = self.engine.find(
            each_of=[[*all_of, *self.names, *self.filters.clauses] or [Lexeme(EVERY)]],
            none_of=self._none_of(self.filters),
            filters=self.filters,
            limit=limit,
            oldest_first=self.request.sort is Sort.OLDEST,
        )
        return found

    def find_each(
        self,
        each_of: Sequence[Sequence[Clause]],
        *,
        limit: int,
        checked: bool = True,
        since: int = 0,
    ) -> Sequence[Sequence[int]]:
        """The docids of each of several lists; ``since`` is the least that is looked for.

        If not ``checked``, few that readers do not see may be among them: for whoever reads some
        of the texts by ``read_best``, which looks.
        """
        # An index without terms for the filters would give what nothing of passes.
        filters = self.filters if checked or not self.is_filed else self.filters.of_index_alone()
        if since > filters.first:
            filters = replace(filters, first=since)
        return self.engine.find(
            each_of=[[*all_of, *self.names, *filters.clauses] for all_of in each_of],
            none_of=self._none_of(filters),
            filters=filters,
            limit=limit,
        )


def phrase_lexemes(words: Sequence[Word]) -> list[Lexeme]:
    """Terms that a text with these neighbours has, written as they are typed."""
    exact = [Lexeme(word.exact) for word in words if word.exact != word.folded]
    if len(words) == 1:
        return exact or [Lexeme(words[0].folded)]
    pairs = [Lexeme(f"{first.folded}_{second.folded}") for first, second in pairwise(words)]
    return pairs + exact


def holds_phrase(row: StoredRow, words: Sequence[Word]) -> bool:
    """Whether the words stand side by side in a text, with the diacritics typed, if any were."""
    pattern = f" {' '.join(word.folded for word in words)} "
    as_typed = any(word.exact != word.folded for word in words)
    for text, folded in (
        (row.title, row.folded_title),
        (row.summary, row.folded_summary),
        (row.body, row.folded_body),
        (row.files, row.folded_files),
    ):
        at = folded.find(pattern)
        while at >= 0:
            if not as_typed or _is_written(text, at, words):
                return True
            at = folded.find(pattern, at + 1)
    return False


def _is_written(text: str, at: int, words: Sequence[Word]) -> bool:
    for word in words:
        end = at + len(word.folded)
        if exact_spelling(text[at:end].lower()) != word.exact:
            return False
        at = end + 1
    return True


@lru_cache(maxsize=128)
def _texts(checks: tuple[str, ...] | None, engine: str) -> Select[Any]:
    return select(
        texts.c.docid,
        texts.c.title,
        texts.c.summary,
        texts.c.body,
        texts.c.files,
        texts.c.folded_title,
        texts.c.folded_summary,
        texts.c.folded_body,
        texts.c.folded_files,
        texts.c.numbers,
    ).where(
        texts.c.docid.in_(bindparam("docids", expanding=True)),
        *passes(checks, docid=texts.c.docid, engine=engine),
    )


def read(docids: Sequence[int], *, filters: Filters | None = None) -> dict[int, StoredRow]:
    """The stored texts of docids, of those publications that pass."""
    if not docids:
        return {}
    parameters = {"docids": list(docids)} | (filters.parameters if filters else {})
    asked = connection()
    statement = _texts(filters.checks if filters else None, asked.dialect.name)
    rows = asked.execute(statement, parameters).all()
    return {row[0]: cast(StoredRow, row) for row in rows}


def read_best(plan: Plan, docids: Sequence[int], *, count: int) -> dict[int, StoredRow]:
    """The stored texts of the first of these that readers see, about so many."""
    rows: dict[int, StoredRow] = {}
    for first in range(0, len(docids), count):
        rows |= read(docids[first : first + count], filters=plan.filters)
        # Few are hidden, so one round is nearly always enough.
        if len(rows) >= count // 2:
            break
    return rows


def rank(
    plan: Plan,
    rows: dict[int, StoredRow],
    targets: Sequence[Target],
    *,
    floor: float = 0.0,
) -> tuple[list[int], bool]:
    """Order texts by relevance; tell whether none has all words as they were typed.

    With `floor`, leave out what falls short of that part of the best.
    """
    scored, any_exact = _scores(plan, rows, targets)
    least = scored[0][0] * floor if scored else 0.0
    if floor:
        scored = [each for each in scored if each[0] > 0]
    order = [docid for relevance, docid in scored if relevance >= least]
    return order, plan.query.has_diacritics and bool(order) and not any_exact


def rank_with_scores(
    plan: Plan, rows: dict[int, StoredRow], targets: Sequence[Target]
) -> list[tuple[float, int]]:
    """The same, with how relevant each text is."""
    return _scores(plan, rows, targets)[0]


def _scores(
    plan: Plan, rows: dict[int, StoredRow], targets: Sequence[Target]
) -> tuple[list[tuple[float, int]], bool]:
    scored: list[tuple[float, int]] = []
    any_exact = False
    minute = plan.now.timestamp() / 60
    for docid, row in rows.items():
        relevance, exact = score(row, targets=targets, numbers=plan.query.numbers)
        any_exact = any_exact or exact
        if " ".join(row.folded_title.split()) == plan.query.said:
            relevance *= _IS_TITLE
        if plan.prefix:
            relevance += _TITLE_FIRST * _begins_in_title(row, targets)
        age_days = (minute - (docid >> ID_BITS)) / _MINUTES_A_DAY
        scored.append((freshen(relevance, age_days=age_days), docid))
    scored.sort(reverse=True)
    return scored, any_exact


def _begins_in_title(row: StoredRow, targets: Sequence[Target]) -> float:
    """What part of the words and pairs begins in the title; 0 unless all words do."""
    there = [target for target in targets if target.pattern in row.folded_title]
    if not all(target in there for target in targets if target.is_word and target.way == 0):
        return 0.0
    return len(there) / len(targets)
