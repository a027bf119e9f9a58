"""Other names of what was typed: "SHTT" is "sở hữu trí tuệ", and the other way round."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Synonym
from services.remembered import remembered
from services.search.contract import AnyOf, Lexeme
from services.search.terms import Query, Word, prepare, words_of

# Names of one thing that are looked for beside the one typed.
_MAX_WAYS = 6
_MAX_CONCEPTS = 6

_GROUPS = select(Synonym.forms).order_by(Synonym.id)


@dataclass(frozen=True, slots=True)
class Form:
    """One name: its words, and as the administrator wrote it."""

    words: tuple[Word, ...]
    written: str

    @property
    def folded(self) -> tuple[str, ...]:
        return tuple(word.folded for word in self.words)

    def lexemes(self) -> tuple[Lexeme, ...]:
        """Its word, or its pairs of neighbours: a long name is never found in pieces. Where a
        comma parts two words they are no pair."""
        pairs = [
            (first.folded, second.folded)
            for first, second in pairwise(self.words)
            if second.follows
        ]
        paired = {word for pair in pairs for word in pair}
        alone = [word for word in self.folded if word not in paired]
        return (*(Lexeme("_".join(pair)) for pair in pairs), *map(Lexeme, alone))

    @property
    def pattern(self) -> str:
        """As it stands in folded text, where a comma leaves two spaces."""
        first, *rest = self.words
        return first.folded + "".join(
            f" {word.folded}" if word.follows else f"  {word.folded}" for word in rest
        )


@dataclass(frozen=True, slots=True)
class Concept:
    """Words of a query, by their positions, that have other names."""

    positions: tuple[int, ...]
    others: tuple[Form, ...]

    def clause(self, query: Query, *, prefix: str) -> AnyOf:
        """Either the words as typed, or one of the other names."""
        typed = tuple(
            Lexeme(query.words[at].folded, prefix=query.words[at].folded == prefix)
            for at in self.positions
        )
        return AnyOf((typed, *(form.lexemes() for form in self.others)))


def form_of(written: str) -> Form:
    """A name taken apart as queries and texts are."""
    return Form(tuple(words_of(prepare(written))), written)


@lru_cache(maxsize=16)
def _by_form(groups: "Groups") -> dict[tuple[str, ...], tuple[Form, ...]]:
    """For each name, folded, all names of its thing."""
    found: dict[tuple[str, ...], tuple[Form, ...]] = {}
    for group in groups:
        forms = tuple(form for form in map(form_of, group) if form.words)
        for form in forms:
            found[form.folded] = found.get(form.folded, ()) + forms
    return found


Groups = tuple[tuple[str, ...], ...]


def load(session: Session) -> Groups:
    """The names that the administrator put together."""

    def read() -> Groups:
        return tuple(tuple(map(str, forms)) for forms in session.scalars(_GROUPS))

    return remembered("synonyms", read)


def concepts_of(query: Query, groups: Groups) -> tuple[Concept, ...]:
    """What of a query has other names; the longest name wins, and quoted words have none."""
    known = _by_form(groups)
    longest = max(map(len, known), default=0)
    found: list[Concept] = []
    for run in query.runs:
        at = 0
        while at < len(run):
            length = _longest_name(query, run[at : at + longest], known)
            if length and len(found) < _MAX_CONCEPTS:
                found.append(_concept(query, run[at : at + length], known))
            at += length or 1
    return tuple(concept for concept in found if concept.others)


def _longest_name(
    query: Query, positions: Sequence[int], known: dict[tuple[str, ...], tuple[Form, ...]]
) -> int:
    for length in range(len(positions), 0, -1):
        words = [query.words[at] for at in positions[:length]]
        forms = known.get(tuple(word.folded for word in words))
        if forms and (length > 1 or _may_stand_for(words[0], forms)):
            return length
    return 0


def _may_stand_for(word: Word, forms: Sequence[Form]) -> bool:
    """One word typed with diacritics is a name only with the very same: "đn" is not "DN"."""
    return word.exact == word.folded or any(
        len(form.words) == 1 and form.words[0].exact == word.exact for form in forms
    )


def _concept(
    query: Query, positions: tuple[int, ...], known: dict[tuple[str, ...], tuple[Form, ...]]
) -> Concept:
    typed = tuple(query.words[at].folded for at in positions)
    others = {form.folded: form for form in known[typed] if form.folded != typed}
    return Concept(positions, tuple(others.values())[:_MAX_WAYS])
