"""What changed between two lines of words, and how much work may be spent on finding out.

difflib looks for the longest common run again and again: readable, but quadratic at best. So its
steps are counted, and a comparison that has used up its ``Budget`` goes on without looking: what
differs is then shown as removed and added, whole.
"""

import html
import re
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from difflib import Match, SequenceMatcher
from itertools import groupby

from lxml import etree

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
# A line of more words and signs is shown as removed and added whole.
MAX_WORDS = 2_000
# About a second on one core: a thousand-word post whose every sentence was changed takes a
# twentieth of it.
MAX_STEPS = 6_000_000


@dataclass(slots=True)
class Budget:
    """Steps that one comparison may still take. Counted, not timed: the same two texts give the
    same result on every machine."""

    left: int = MAX_STEPS

    @property
    def is_spent(self) -> bool:
        return self.left <= 0

    def spend(self, steps: int) -> None:
        """Raises TooMuch once nothing is left."""
        self.left -= steps
        if self.left <= 0:
            raise TooMuch


class TooMuch(Exception):
    """The two texts have too much in common, in too many places, to be lined up in time."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a space, a sign or a picture, with the inline elements that it stands in."""

    text: str
    around: tuple[str, ...] = ()
    is_markup: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """``old[i1:i2]`` became ``new[j1:j2]``, or both are the same."""

    is_same: bool
    i1: int
    i2: int
    j1: int
    j2: int


@dataclass(slots=True)
class _Numbers:
    """Short names for long values, so that comparing them is cheap."""

    known: dict[Hashable, int] = field(default_factory=dict)

    def of(self, values: Iterable[Hashable]) -> list[int]:
        return [self.known.setdefault(value, len(self.known)) for value in values]


class _Matcher(SequenceMatcher[int]):
    """difflib's own, with its steps counted."""

    def __init__(
        self, old: Sequence[int], new: Sequence[int], budget: Budget, spaces: frozenset[int]
    ) -> None:
        self.budget = budget
        self.steps = Counter(word for word in new if word not in spaces)
        self.words = old
        super().__init__(spaces.__contains__, old, new, autojunk=False)

    def find_longest_match(
        self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None
    ) -> Match:
        self.budget.spend(sum(1 + self.steps[word] for word in self.words[alo:ahi]))
        return super().find_longest_match(alo, ahi, blo, bhi)


def changes(
    old: Sequence[Hashable],
    new: Sequence[Hashable],
    budget: Budget,
    spaces: frozenset[Hashable] = frozenset(),
) -> list[Change]:
    """How ``old`` became ``new``, in order; same and changed stretches alternate. ``spaces`` are
    values that nothing is matched by, only taken along."""
    shorter = min(len(old), len(new))
    head = next((i for i in range(shorter) if old[i] != new[i]), shorter)
    rest = shorter - head
    tail = next((i for i in range(rest) if old[-1 - i] != new[-1 - i]), rest)
    i_end, j_end = len(old) - tail, len(new) - tail
    found = [Change(True, 0, head, 0, head)]
    numbers = _Numbers()
    before, after = numbers.of(old[head:i_end]), numbers.of(new[head:j_end])
    blank = frozenset(number for value, number in numbers.known.items() if value in spaces)
    if before and after:
        try:
            matcher = _Matcher(before, after, budget, blank)
            for what, i1, i2, j1, j2 in matcher.get_opcodes():
                at = (head + i1, head + i2, head + j1, head + j2)
                found.append(Change(what == "equal", *at))
        except TooMuch:
            found.append(Change(False, head, i_end, head, j_end))
    else:
        found.append(Change(False, head, i_end, head, j_end))
    found.append(Change(True, i_end, len(old), j_end, len(new)))
    return _joined(change for change in found if change.i1 < change.i2 or change.j1 < change.j2)


def _joined(found: Iterable[Change]) -> list[Change]:
    joined: list[Change] = []
    for is_same, group in groupby(found, key=lambda change: change.is_same):
        parts = list(group)
        first, last = parts[0], parts[-1]
        joined.append(Change(is_same, first.i1, last.i2, first.j1, last.j2))
    return joined


def likeness(old: Sequence[str], new: Sequence[str], at_least: float, budget: Budget) -> float:
    """Which share of two lines' words they have in common, in order: 0 to 1.

    0 for what is plainly below ``at_least``, and once the budget is spent.
    """
    total = len(old) + len(new)
    if not total:
        return 1.0
    if 2 * min(len(old), len(new)) < at_least * total:
        return 0.0
    try:
        budget.spend(total)
        in_any_order = (Counter(old) & Counter(new)).total()
        if 2 * in_any_order < at_least * total:
            return 0.0
        numbers = _Numbers()
        return _Matcher(numbers.of(old), numbers.of(new), budget, frozenset()).ratio()
    except TooMuch:
        return 0.0


def tokens_of_line(line: str) -> list[Token]:
    return [Token(word) for word in _WORDS.findall(line)]


def tokens_of(element: etree._Element, around: tuple[str, ...] = ()) -> Iterable[Token]:
    """The words of a block, each with the inline elements around it."""
    yield from (Token(word, around) for word in _WORDS.findall(element.text or ""))
    for child in element:
        if child.tag in {"img", "br"}:
            yield Token(opening(child), around, is_markup=True)
        else:
            yield from tokens_of(child, (*around, opening(child)))
        yield from (Token(word, around) for word in _WORDS.findall(child.tail or ""))


def opening(element: etree._Element) -> str:
    """An element's opening tag."""
    attributes = "".join(
        f' {name}="{html.escape(str(value))}"' for name, value in element.attrib.items()
    )
    return f"<{element.tag}{attributes}>"


def marked_words(old: list[Token], new: list[Token], budget: Budget) -> str:
    """The new line as HTML, with what went in <del> and what came in <ins>."""
    if max(len(old), len(new)) > MAX_WORDS:
        return _marked("del", old) + _marked("ins", new)
    found: list[str] = []
    gone: list[Token] = []
    come: list[Token] = []

    def flush() -> None:
        found.append(_marked("del", gone) + _marked("ins", come))
        gone.clear()
        come.clear()

    spaces = frozenset(token for token in (*old, *new) if token.text.isspace())
    for change in changes(old, new, budget, spaces):
        same = new[change.j1 : change.j2]
        if not change.is_same:
            gone += old[change.i1 : change.i2]
            come += same
        elif (gone or come) and all(t.text.isspace() for t in same) and change.j2 < len(new):
            # A space between two changed words belongs to the change: one mark, not two.
            gone += same
            come += same
        else:
            flush()
            found.append(_rendered(same))
    flush()
    return "".join(found)


def _marked(mark: str, tokens: list[Token]) -> str:
    if not tokens or all(token.text.isspace() for token in tokens):
        # A space alone is no change that anybody wants to see.
        return _rendered(tokens) if mark == "ins" else ""
    return f"<{mark}>{_rendered(tokens)}</{mark}>"


def _rendered(tokens: Iterable[Token]) -> str:
    found: list[str] = []
    for around, group in groupby(tokens, key=lambda token: token.around):
        inside = "".join(
            token.text if token.is_markup else html.escape(token.text, quote=False)
            for token in group
        )
        closing = "".join(f"</{tag[1:].split(' ')[0].rstrip('>')}>" for tag in reversed(around))
        found.append("".join(around) + inside + closing)
    return "".join(found)
