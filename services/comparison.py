"""What changed between two sanitised texts, marked with <ins> and <del> where it stands.

Blocks are matched first, then the words inside the blocks that correspond, so that pictures,
lists and tables stay whole and the result is as safe as the two texts that went in.
"""

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby

from lxml import etree
from lxml import html as lxml_html

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
# Where a difference inside can be shown word by word.
_TEXT_BLOCKS = {"p", "h2", "h3", "h4", "li", "td", "th", "figcaption", "caption", "pre"}
# Whose children are compared one with another, as the blocks of a text are.
_CONTAINERS = {"ul", "ol", "blockquote", "table", "thead", "tbody", "tfoot", "tr", "figure", "li"}
_BLOCKS = _TEXT_BLOCKS | _CONTAINERS | {"hr"}
# Children that cannot stand in <ins> or <del>: the mark goes inside them instead.
_PARTS = {"li", "tr", "td", "th", "thead", "tbody", "tfoot", "caption", "figcaption"}
# Below this share of common words two blocks are two texts, not two versions of one.
_ALIKE = 0.4
# Matching is quadratic at worst. A block of more words and signs is shown as removed and added
# whole; a block looks for its former version among so many neighbours.
_MAX_WORDS = 2_000
_NEIGHBOURS = 12


@dataclass(frozen=True, slots=True)
class Comparison:
    """``body`` is the marked text; the counts say how much changed, in words and pictures."""

    body: str
    words_added: int
    words_removed: int
    pictures_added: int
    pictures_removed: int

    @property
    def is_same(self) -> bool:
        counts = (self.words_added, self.words_removed, self.pictures_added, self.pictures_removed)
        return not any(counts) and "<ins" not in self.body and "<del" not in self.body


@dataclass(frozen=True, slots=True)
class _Token:
    """A word, a space, a sign or a picture, with the inline elements that it stands in."""

    text: str
    around: tuple[str, ...] = ()
    is_markup: bool = False


def compare(old: str, new: str) -> Comparison:
    """Compare two texts that ``sanitising.sanitise`` has made. The result holds their elements
    and <ins>, <del> only."""
    old_root, new_root = _parse(old), _parse(new)
    body = _children(old_root, new_root)
    before, after = _pictures(old_root), _pictures(new_root)
    return Comparison(
        body=body,
        words_added=_count(body, "ins"),
        words_removed=_count(body, "del"),
        pictures_added=len(after - before),
        pictures_removed=len(before - after),
    )


def compare_lines(old: str, new: str) -> str:
    """Compare two plain lines (titles, summaries); the result is escaped HTML with the marks."""
    return _inline(
        [_Token(word) for word in _WORDS.findall(old)],
        [_Token(word) for word in _WORDS.findall(new)],
    )


def _parse(text: str) -> etree._Element:
    return lxml_html.fragment_fromstring(text, create_parent="div")


def _pictures(root: etree._Element) -> set[str]:
    return {str(picture.get("src", "")) for picture in root.iter("img")}


def _count(body: str, tag: str) -> int:
    return sum(len(_words(element)) for element in _parse(body).iter(tag))


# ---------------------------------------------------------------- blocks
def _children(old: etree._Element, new: etree._Element) -> str:
    before, after = _parts(old), _parts(new)
    matcher = SequenceMatcher(None, _keys(before), _keys(after), autojunk=False)
    found: list[str] = []
    for what, i1, i2, j1, j2 in matcher.get_opcodes():
        if what == "equal":
            found += [_source(part) for part in after[j1:j2]]
        else:
            found += _replaced(before[i1:i2], after[j1:j2])
    return "".join(found)


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


def _replaced(before: Sequence[etree._Element], after: Sequence[etree._Element]) -> list[str]:
    """Blocks that became others: versions of each other word by word, the rest whole."""
    found: list[str] = []
    gone = come = 0
    for i, j in [*_twins(before, after), (len(before), len(after))]:
        # What was removed stands before what came instead of it.
        found += [_whole("del", part) for part in before[gone:i]]
        found += [_whole("ins", part) for part in after[come:j]]
        if i < len(before) and j < len(after):
            found.append(_pair(before[i], after[j]))
        gone, come = i + 1, j + 1
    return found


def _twins(
    before: Sequence[etree._Element], after: Sequence[etree._Element]
) -> Iterable[tuple[int, int]]:
    """Which of the old blocks lives on as which of the new ones, in order."""
    start = 0
    for j, part in enumerate(after):
        # Where it would stand if the texts had been stretched evenly, and around that.
        middle = j * len(before) // len(after)
        first = max(start, middle - _NEIGHBOURS)
        for i in range(first, min(len(before), middle + _NEIGHBOURS + 1)):
            if _are_alike(before[i], part):
                yield i, j
                start = i + 1
                break


def _are_alike(old: etree._Element, new: etree._Element) -> bool:
    if old.tag != new.tag:
        return False
    if old.tag == "img":
        return old.get("src") == new.get("src")
    if old.tag in {"td", "th", "figcaption", "caption", "thead", "tbody", "tfoot"}:
        return True
    if _pictures(old) & _pictures(new):
        return True
    before, after = _words(old), _words(new)
    if max(len(before), len(after)) > _MAX_WORDS:
        return False
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    # The first two are upper bounds of the third, and cheap.
    return (
        matcher.real_quick_ratio() >= _ALIKE
        and matcher.quick_ratio() >= _ALIKE
        and matcher.ratio() >= _ALIKE
    )


def _words(part: etree._Element) -> list[str]:
    return re.findall(r"\w+", " ".join(part.itertext()).lower())


def _pair(old: etree._Element, new: etree._Element) -> str:
    if new.tag == "img":
        # The same picture, described in other words.
        return _source(new)
    if new.tag in _CONTAINERS and any(c.tag in _BLOCKS or c.tag == "img" for c in new):
        inside = _children(old, new)
    else:
        inside = _inline(list(_tokens(old)), list(_tokens(new)))
    return inside if new.tag == "span" else f"{_opening(new)}{inside}</{new.tag}>"


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
        return f"{_opening(part)}{inside}</{part.tag}>"
    return f"<{mark}>{_source(part)}</{mark}>"


def _opening(element: etree._Element) -> str:
    attributes = "".join(
        f' {name}="{html.escape(str(value))}"' for name, value in element.attrib.items()
    )
    return f"<{element.tag}{attributes}>"


def _inside(element: etree._Element) -> str:
    children = [
        etree.tostring(child, encoding="unicode", method="html", with_tail=True)
        for child in element
    ]
    return html.escape(element.text or "", quote=False) + "".join(children)


# ---------------------------------------------------------------- words
def _tokens(element: etree._Element, around: tuple[str, ...] = ()) -> Iterable[_Token]:
    yield from (_Token(word, around) for word in _WORDS.findall(element.text or ""))
    for child in element:
        if child.tag in {"img", "br"}:
            yield _Token(_opening(child), around, is_markup=True)
        else:
            yield from _tokens(child, (*around, _opening(child)))
        yield from (_Token(word, around) for word in _WORDS.findall(child.tail or ""))


def _inline(old: list[_Token], new: list[_Token]) -> str:
    if max(len(old), len(new)) > _MAX_WORDS:
        return _marked("del", old) + _marked("ins", new)
    found: list[str] = []
    gone: list[_Token] = []
    come: list[_Token] = []

    def flush() -> None:
        found.append(_marked("del", gone) + _marked("ins", come))
        gone.clear()
        come.clear()

    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for what, i1, i2, j1, j2 in matcher.get_opcodes():
        same = new[j1:j2]
        if what != "equal":
            gone += old[i1:i2]
            come += same
        elif (gone or come) and all(token.text.isspace() for token in same) and j2 < len(new):
            # A space between two changed words belongs to the change: one mark, not two.
            gone += same
            come += same
        else:
            flush()
            found.append(_rendered(same))
    flush()
    return "".join(found)


def _marked(mark: str, tokens: list[_Token]) -> str:
    if not tokens or all(token.text.isspace() for token in tokens):
        # A space alone is no change that anybody wants to see.
        return _rendered(tokens) if mark == "ins" else ""
    return f"<{mark}>{_rendered(tokens)}</{mark}>"


def _rendered(tokens: Iterable[_Token]) -> str:
    found: list[str] = []
    for around, group in groupby(tokens, key=lambda token: token.around):
        inside = "".join(
            token.text if token.is_markup else html.escape(token.text, quote=False)
            for token in group
        )
        closing = "".join(f"</{tag[1:].split(' ')[0].rstrip('>')}>" for tag in reversed(around))
        found.append("".join(around) + inside + closing)
    return "".join(found)
