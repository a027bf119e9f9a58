"""What changed between two sanitised texts, marked with <ins> and <del> where it stands.

Blocks are matched first, then the words inside the blocks that correspond, so that pictures,
lists and tables stay whole and the result is as safe as the two texts that went in.
"""

import html
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from lxml import etree
from lxml import html as lxml_html

from services.comparing_words import (
    MAX_WORDS,
    Budget,
    changes,
    likeness,
    marked_words,
    opening,
    tokens_of,
    tokens_of_line,
)

# Where a difference inside can be shown word by word.
_TEXT_BLOCKS = {"p", "h2", "h3", "h4", "li", "td", "th", "figcaption", "caption", "pre"}
# Whose children are compared one with another, as the blocks of a text are.
_CONTAINERS = {"ul", "ol", "blockquote", "table", "thead", "tbody", "tfoot", "tr", "figure", "li"}
_BLOCKS = _TEXT_BLOCKS | _CONTAINERS | {"hr"}
# Children that cannot stand in <ins> or <del>: the mark goes inside them instead.
_PARTS = {"li", "tr", "td", "th", "thead", "tbody", "tfoot", "caption", "figcaption"}
# What is left of these when all in them belongs to the other text is nothing.
_NOTHING_ALONE = (_PARTS | _CONTAINERS) - {"td", "th"}
# Below this share of common words two blocks are two texts, not two versions of one.
_ALIKE = 0.4
# A block looks for its former version among so many neighbours.
_NEIGHBOURS = 12


@dataclass(frozen=True, slots=True)
class Block:
    """One block of the marked text. ``number`` is its place in the new text, counted from 0;
    None: it is only in the old one. ``is_new``: it is only in the new one."""

    marked: str
    number: int | None
    is_changed: bool = False
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """``blocks`` are the marked text; the counts say how much changed, in words and pictures.

    ``descriptions`` are changed alternative texts of pictures, as escaped HTML with the marks.
    ``is_partial``: beyond some point blocks were not compared any more, but shown whole.
    """

    blocks: tuple[Block, ...]
    words_added: int
    words_removed: int
    pictures_added: int
    pictures_removed: int
    descriptions: tuple[str, ...] = ()
    is_partial: bool = False

    @property
    def body(self) -> str:
        return "".join(block.marked for block in self.blocks)

    @property
    def is_same(self) -> bool:
        return not any(block.is_changed for block in self.blocks)

    @property
    def is_only_in_looks(self) -> bool:
        """Changed, but in no word and no picture: alignment, merged cells, a description."""
        marks = ("<ins", "<del")
        return not self.is_same and not any(
            mark in block.marked for block in self.blocks if block.is_changed for mark in marks
        )


@dataclass(frozen=True, slots=True)
class Row:
    """Two blocks side by side, "" where one has no counterpart; what went is marked in the old
    one, what came in the new one."""

    old: str
    new: str
    is_changed: bool


@dataclass(frozen=True, slots=True)
class Amount:
    """How much two texts differ, wherever it stands."""

    words_added: int
    words_removed: int
    pictures_added: int
    pictures_removed: int

    @property
    def is_nothing(self) -> bool:
        return not (
            self.words_added or self.words_removed or self.pictures_added or self.pictures_removed
        )


class _Part:
    """A block with what it is compared by."""

    __slots__ = ("element", "pictures", "words")

    def __init__(self, element: etree._Element) -> None:
        self.element = element
        self.pictures = _pictures(element)
        self.words = re.findall(r"\w+", " ".join(element.itertext()).lower())


def compare(old: str, new: str) -> Comparison:
    """Compare two texts that ``sanitising.sanitise`` has made. The result holds their elements
    and <ins>, <del> only.

    The work is bounded: of two long texts without a likeness some blocks are shown whole.
    """
    budget = Budget()
    old_root, new_root = _parse(old), _parse(new)
    before, after = _descriptions(old_root), _descriptions(new_root)
    blocks = tuple(_blocks(_parts(old_root), _parts(new_root), budget))
    marked = _parse("".join(block.marked for block in blocks if block.is_changed))
    return Comparison(
        blocks=blocks,
        words_added=_count(marked, "ins"),
        words_removed=_count(marked, "del"),
        pictures_added=len(after.keys() - before.keys()),
        pictures_removed=len(before.keys() - after.keys()),
        descriptions=tuple(
            compare_lines(before[source], alt)
            for source, alt in after.items()
            if before.get(source, alt) != alt
        ),
        is_partial=budget.is_spent,
    )


def compare_lines(old: str, new: str) -> str:
    """Compare two plain lines (titles, summaries); the result is escaped HTML with the marks."""
    return marked_words(tokens_of_line(old), tokens_of_line(new), Budget())


def side_by_side(comparison: Comparison) -> list[Row]:
    """The two texts of a comparison, lined up block by block."""
    rows: list[Row] = []
    gone: list[Block] = []
    come: list[Block] = []

    def flush() -> None:
        for left, right in zip_longest(gone, come):
            rows.append(Row(left.marked if left else "", right.marked if right else "", True))
        gone.clear()
        come.clear()

    for block in comparison.blocks:
        if block.is_changed and block.number is None:
            gone.append(block)
        elif block.is_new:
            come.append(block)
        elif block.is_changed:
            flush()
            rows.append(Row(without(block.marked, "ins"), without(block.marked, "del"), True))
        else:
            flush()
            rows.append(Row(block.marked, block.marked, False))
    flush()
    return rows


def old_of_line(marked: str) -> str:
    """What ``compare_lines`` was given first, with the marks of what went."""
    return without(marked, "ins")


def new_of_line(marked: str) -> str:
    """What ``compare_lines`` was given second, with the marks of what came."""
    return without(marked, "del")


def without(marked: str, mark: str) -> str:
    """A marked text without what is in <ins>, or without what is in <del>."""
    if f"<{mark}" not in marked:
        return marked
    root = _parse(marked)
    for element in list(root.iter(mark)):
        dropped: etree._Element | None = element
        while dropped is not None and (parent := dropped.getparent()) is not None:
            dropped.drop_tree()
            dropped = _left_empty(parent)
    return _inside(root)


def _left_empty(element: etree._Element) -> etree._Element | None:
    """What should go with the last thing that was in ``element``: nothing, it, or its row."""
    if len(element) or (element.text or "").strip():
        return None
    if element.tag in _NOTHING_ALONE:
        return element
    # An empty cell stays, lest its neighbours move into its place; a row of them does not.
    row = element.getparent()
    if element.tag not in {"td", "th"} or row is None:
        return None
    return None if any(len(cell) or (cell.text or "").strip() for cell in row) else row


def measure(old: str, new: str) -> Amount:
    """How much changed, without looking where: cheap, for a list of many revisions."""
    before, after = _bag(old), _bag(new)
    shown_before, shown_after = _shown(old), _shown(new)
    return Amount(
        words_added=(after - before).total(),
        words_removed=(before - after).total(),
        pictures_added=len(shown_after - shown_before),
        pictures_removed=len(shown_before - shown_after),
    )


def split(text: str) -> list[str]:
    """The outermost blocks of a sanitised text, in the order and number that ``Block`` counts."""
    return [_source(part) for part in _parts(_parse(text))]


def _bag(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", html.unescape(re.sub(r"<[^>]*>", " ", text)).lower()))


def _shown(text: str) -> set[str]:
    return set(re.findall(r'<img [^>]*?\bsrc="([^"]*)"', text))


def _parse(text: str) -> etree._Element:
    return lxml_html.fragment_fromstring(text, create_parent="div")


def _pictures(root: etree._Element) -> set[str]:
    return {str(picture.get("src", "")) for picture in root.iter("img")}


def _descriptions(root: etree._Element) -> dict[str, str]:
    return {str(p.get("src", "")): str(p.get("alt", "")) for p in root.iter("img")}


def _count(root: etree._Element, tag: str) -> int:
    return sum(len(_Part(element).words) for element in root.iter(tag))


# ---------------------------------------------------------------- blocks
def _blocks(
    before: Sequence[etree._Element], after: Sequence[etree._Element], budget: Budget
) -> list[Block]:
    found: list[Block] = []
    for change in changes(_keys(before), _keys(after), budget):
        if change.is_same:
            numbers = range(change.j1, change.j2)
            found += [Block(_source(after[number]), number) for number in numbers]
        else:
            old = [_Part(element) for element in before[change.i1 : change.i2]]
            new = [_Part(element) for element in after[change.j1 : change.j2]]
            found += _replaced(old, new, change.j1, budget)
    return found


def _inner(old: etree._Element, new: etree._Element, budget: Budget) -> str:
    return "".join(block.marked for block in _blocks(_parts(old), _parts(new), budget))


def _parts(element: etree._Element) -> list[etree._Element]:
    """The blocks in an element; loose text between them becomes a block of its own."""
    found: list[etree._Element] = []
    loose: etree._Element | None = None

    def add_text(text: str | None) -> None:
        nonlocal loose
        if text and (loose is not None or text.strip()):
            if loose is None:
                loose = etree.Element("span")
                found.append(loose)
            if len(loose):
                loose[-1].tail = (loose[-1].tail or "") + text
            else:
                loose.text = (loose.text or "") + text

    add_text(element.text)
    for child in list(element):
        tail, child.tail = child.tail, None
        if child.tag in _BLOCKS or child.tag == "img":
            loose = None
            found.append(child)
        else:
            if loose is None:
                loose = etree.Element("span")
                found.append(loose)
            loose.append(child)
        add_text(tail)
    return found


def _keys(parts: Sequence[etree._Element]) -> list[str]:
    return [" ".join(_source(part).split()) for part in parts]


def _source(part: etree._Element) -> str:
    text: str = etree.tostring(part, encoding="unicode", method="html", with_tail=False)
    # A block of loose text has no element of its own.
    return text.removeprefix("<span>").removesuffix("</span>") if part.tag == "span" else text


def _replaced(
    before: Sequence[_Part], after: Sequence[_Part], number: int, budget: Budget
) -> list[Block]:
    """Blocks that became others: versions of each other word by word, the rest whole. The first
    of the new ones is the new text's block ``number``."""
    found: list[Block] = []
    gone = come = 0
    for i, j in [*_twins(before, after, budget), (len(before), len(after))]:
        # What was removed stands before what came instead of it.
        found += [Block(_whole("del", part.element), None, True) for part in before[gone:i]]
        found += [
            Block(_whole("ins", part.element), number + at, True, is_new=True)
            for at, part in enumerate(after[come:j], come)
        ]
        if i < len(before) and j < len(after):
            marked = _pair(before[i].element, after[j].element, budget)
            found.append(Block(marked, number + j, True))
        gone, come = i + 1, j + 1
    return found


def _twins(
    before: Sequence[_Part], after: Sequence[_Part], budget: Budget
) -> Iterable[tuple[int, int]]:
    """Which of the old blocks lives on as which of the new ones, in order."""
    start = 0
    for j, part in enumerate(after):
        # Where it would stand if the texts had been stretched evenly, and around that.
        middle = j * len(before) // len(after)
        first = max(start, middle - _NEIGHBOURS)
        for i in range(first, min(len(before), middle + _NEIGHBOURS + 1)):
            if _are_alike(before[i], part, budget):
                yield i, j
                start = i + 1
                break


def _are_alike(old: _Part, new: _Part, budget: Budget) -> bool:
    tag = new.element.tag
    if old.element.tag != tag:
        return False
    if tag == "img":
        return old.pictures == new.pictures
    if tag in {"td", "th", "figcaption", "caption", "thead", "tbody", "tfoot"}:
        return True
    if old.pictures & new.pictures:
        return True
    if max(len(old.words), len(new.words)) > MAX_WORDS:
        return False
    return likeness(old.words, new.words, _ALIKE, budget) >= _ALIKE


def _pair(old: etree._Element, new: etree._Element, budget: Budget) -> str:
    if new.tag == "img":
        # The same picture, described in other words.
        return _source(new)
    if new.tag in _CONTAINERS and any(c.tag in _BLOCKS or c.tag == "img" for c in new):
        inside = _inner(old, new, budget)
    else:
        inside = marked_words(list(tokens_of(old)), list(tokens_of(new)), budget)
    return inside if new.tag == "span" else f"{opening(new)}{inside}</{new.tag}>"


def _whole(mark: str, part: etree._Element) -> str:
    """A block that was added or removed as it is."""
    if part.tag == "hr":
        return _source(part)
    if part.tag in _PARTS:
        inside = (
            "".join(_whole(mark, child) for child in _parts(part))
            if part.tag in {"tr", "thead", "tbody", "tfoot"}
            else f"<{mark}>{_inside(part)}</{mark}>"
        )
        return f"{opening(part)}{inside}</{part.tag}>"
    return f"<{mark}>{_source(part)}</{mark}>"


def _inside(element: etree._Element) -> str:
    children = [
        etree.tostring(child, encoding="unicode", method="html", with_tail=True)
        for child in element
    ]
    return html.escape(element.text or "", quote=False) + "".join(children)
