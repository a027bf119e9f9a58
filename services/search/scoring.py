"""How well a stored text answers a query: the same arithmetic on both engines.

BM25F over folded words and pairs of neighbours, in which an
occurrence with the typed diacritics counts whole and one without them for a part. Done here and
not by the engines, because FTS5's and PostgreSQL's own ranks read every matching row.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from services.search.contract import StoredRow
from services.search.synonyms import Concept
from services.search.terms import Query, bearing, exact_spelling
from services.search.weights import (
    BODY_WEIGHT,
    FILES_WEIGHT,
    SUMMARY_WEIGHT,
    TITLE_WEIGHT,
    damping,
    saturated,
)

PAIR_WEIGHT = 1.2
NUMBER_WEIGHT = 6.0
# Whoever types a number wants the text that has it, before those that cite it however often.
BEARING_WEIGHT = 30.0
# What an occurrence counts whose diacritics are not those that were typed.
OTHER_SPELLING = 0.3
# A text of today scores a twentieth more than an old one; after two years half of that is left.
_FRESHNESS = 0.05
_HALF_LIFE_DAYS = 730.0
# What another name of a thing counts, for each part of the one typed.
OTHER_NAME = 0.9
# Beyond this an occurrence more tells nothing more.
MAX_COUNTED = 6


@dataclass(frozen=True, slots=True)
class Target:
    """Something to look for in folded text.

    `pattern` is the folded words with a space before and, unless it is a prefix, after. `exact`
    are their spellings as typed, or empty where the query has no diacritics. `holders` are the
    docids of all texts that have it, where these are known. Of the targets of one `concept`
    (-1: of none), those of the best `way` to say it count.
    """

    pattern: str
    length: int
    exact: tuple[str, ...]
    weight: float
    is_word: bool
    holders: frozenset[int] | None = None
    concept: int = -1
    way: int = 0
    # In what spellings which it was met in texts, and whether each is as typed: there are few.
    met: dict[str, bool] = field(default_factory=dict, repr=False, compare=False)

    def is_typed(self, written: str) -> bool:
        """Whether it stands in `written` with the diacritics typed, if any were."""
        if not self.exact:
            return True
        typed = self.met.get(written)
        if typed is None:
            typed = self.met[written] = is_spelt(written, self.exact)
        return typed


def targets_of(
    query: Query,
    *,
    weigh: Callable[[str], float],
    prefix: str = "",
    holders: Mapping[str, frozenset[int]] | None = None,
    concepts: Sequence[Concept] = (),
) -> tuple[Target, ...]:
    """What to look for, with the weight that `weigh` gives each index term (0: leave out).

    `prefix` is the folded word that may be the beginning of another. `holders` are the docids
    of all texts that have a term, for the terms of which they are known.
    """
    known = holders or {}
    targets = []
    of_concept = {at: number for number, concept in enumerate(concepts) for at in concept.positions}
    for at, word in enumerate(query.words):
        term = word.folded
        weight = weigh(term)
        if weight > 0:
            tail = "" if term == prefix else " "
            exact: tuple[str, ...] = (word.exact,) if query.has_diacritics else ()
            pattern = f" {term}{tail}"
            concept = of_concept.get(at, -1)
            targets.append(
                Target(pattern, len(term), exact, weight, True, known.get(term), concept)
            )
    for pair in query.pairs:
        first, second = query.words[pair[0]], query.words[pair[1]]
        term = query.pair_text(pair)
        weight = weigh(term) * PAIR_WEIGHT
        if weight > 0:
            tail = "" if second.folded == prefix else " "
            text = f"{first.folded} {second.folded}"
            exact = (first.exact, second.exact) if query.has_diacritics else ()
            concept = of_concept.get(pair[0], -1)
            if concept != of_concept.get(pair[1], -1):
                concept = -1
            targets.append(
                Target(f" {text}{tail}", len(text), exact, weight, False, known.get(term), concept)
            )
    return (*targets, *_other_names(concepts, targets))


def _other_names(concepts: Sequence[Concept], targets: Sequence[Target]) -> Iterator[Target]:
    """Another name counts nearly as much as all that was typed in its place."""
    for number, concept in enumerate(concepts):
        typed = sum(target.weight for target in targets if target.concept == number)
        weight = OTHER_NAME * (typed or 1.0)
        for way, form in enumerate(concept.others, start=1):
            text = form.pattern
            yield Target(f" {text} ", len(text), (), weight, True, None, concept=number, way=way)


def is_spelt(written: str, exact: Sequence[str]) -> bool:
    """Whether one word, or two neighbours, stand in `written` with the typed diacritics."""
    first, last = exact[0], exact[-1]
    lowered = written.lower()
    return all(
        part == typed or exact_spelling(part) == typed
        for part, typed in ((lowered[: len(first)], first), (lowered[-len(last) :], last))
    )


def count(folded: str, text: str, target: Target) -> tuple[int, int]:
    """How often a target stands in a field, and how often with the diacritics typed."""
    pattern, length = target.pattern, target.length
    at = folded.find(pattern)
    if at < 0:
        return 0, 0
    if not target.exact:
        found = min(folded.count(pattern), MAX_COUNTED)
        return found, found
    found = exact = 0
    met = target.met
    while at >= 0 and found < MAX_COUNTED:
        found += 1
        written = text[at : at + length]
        typed = met.get(written)
        if typed is None:
            typed = target.is_typed(written)
        if typed:
            exact += 1
        at = folded.find(pattern, at + length)
    return found, exact


def score(
    row: StoredRow, *, targets: Sequence[Target], numbers: Sequence[str]
) -> tuple[float, bool]:
    """The relevance of a stored text, and whether it has each word somewhere as it was typed."""
    docid, files = row.docid, row.files
    fields = (
        (row.folded_title, row.title, TITLE_WEIGHT),
        (row.folded_summary, row.summary, SUMMARY_WEIGHT),
        (row.folded_body, row.body, BODY_WEIGHT),
    )
    damped_by = damping(sum(len(text) for _, text, _ in fields))
    total = 0.0
    all_exact = True
    ways: dict[tuple[int, int], float] = {}
    inexact_ways: set[tuple[int, int]] = set()
    for target in targets:
        if target.holders is not None and docid not in target.holders:
            if target.concept >= 0:
                inexact_ways.add((target.concept, target.way))
            else:
                all_exact = all_exact and not target.is_word
            continue
        frequency = 0.0
        any_exact = False
        pattern = target.pattern
        for folded, text, weight in fields:
            if pattern in folded:
                found, exact = count(folded, text, target)
                frequency += weight * (exact + OTHER_SPELLING * (found - exact))
                any_exact = any_exact or exact > 0
        if files and pattern in row.folded_files:
            found, exact = count(row.folded_files, files, target)
            # Once for all: a long annex mentions everything often.
            frequency += FILES_WEIGHT if exact else FILES_WEIGHT * OTHER_SPELLING * bool(found)
            any_exact = any_exact or exact > 0
        if frequency:
            ceiling = 1.0 if any_exact else (1 + OTHER_SPELLING) / 2
            gain = target.weight * ceiling * saturated(frequency, damped_by)
            if target.concept < 0:
                total += gain
            else:
                way = (target.concept, target.way)
                ways[way] = ways.get(way, 0.0) + gain
        if target.is_word and not any_exact:
            if target.concept < 0:
                all_exact = False
            else:
                inexact_ways.add((target.concept, target.way))
    if ways or inexact_ways:
        concepts = {concept for concept, _ in ways} | {concept for concept, _ in inexact_ways}
        for concept in concepts:
            gains = {way: gain for way, gain in ways.items() if way[0] == concept}
            total += max(gains.values(), default=0.0)
            all_exact = all_exact and any(way not in inexact_ways for way in gains)
    for key in numbers:
        if f" {key} " in row.numbers:
            total += NUMBER_WEIGHT
        if f" {bearing(key)} " in row.numbers:
            total += BEARING_WEIGHT
    return total, all_exact


def freshen(relevance: float, *, age_days: float) -> float:
    """Prefer what is newer, a little: a tie goes to news, a better match stays first."""
    return relevance * (1 + _FRESHNESS * 0.5 ** (max(0.0, age_days) / _HALF_LIFE_DAYS))
