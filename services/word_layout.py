"""From what mammoth makes of a document to a text of this site: where each thing belongs.

The title and the summary leave the body; pictures and their captions become figures, captions of
tables their first line; headings begin below the page's own. Words are only ever moved: what finds
no better place stays where it was.
"""

import re
from dataclasses import dataclass
from typing import Any, TypeAlias

from lxml import etree, html

from services.word_styles import CAPTION, SUBTITLE, TITLE

MAX_CELLS = 2_500
MAX_TITLE_CHARACTERS = 300
MAX_SUMMARY_CHARACTERS = 1_000
_MIN_SUMMARY_CHARACTERS = 40
# Who writes a title as a bold paragraph writes it short, and near the beginning.
_MAX_BOLD_TITLE_CHARACTERS = 200
_TITLE_AMONG_BLOCKS = 4
_MAX_CAPTION_CHARACTERS = 400
_LIST_ALONE = "//li[not(text()[normalize-space()])][count(*) = 1]/*[self::ul or self::ol]"
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_OF_PICTURE = re.compile(r"(?:hình|ảnh|biểu đồ|sơ đồ|bản đồ|đồ thị)\s*(?:\d|:)", re.I)
_OF_TABLE = re.compile(r"(?:bảng|biểu)\s*(?:số\s*)?\d", re.I)

Node: TypeAlias = Any  # an element of lxml, which has no types


@dataclass(frozen=True, slots=True)
class Laid:
    """A document in its parts; ``tables_left_out`` are the numbers of cells of those."""

    title: str
    summary: str
    body: str
    tables_left_out: tuple[int, ...]


def lay_out(converted: str) -> Laid:
    """The parts of a document that mammoth has made into HTML."""
    if not converted.strip():
        return Laid("", "", "", ())
    root = html.fragment_fromstring(converted, create_parent="div")
    for arrow in root.xpath("//a[starts-with(@href, '#') and normalize-space() = '↑']"):
        arrow.drop_tree()
    left_out = _leave_out_tables(root)
    _free_pictures(root)
    for table in root.xpath("//table"):
        _head_of(table)
    _captions(root)
    for inner in root.xpath(_LIST_ALONE):
        # A level that the writer has left out.
        if not (outer := inner.getparent().getparent()).xpath("./li[2]"):
            outer.tag = inner.tag
            inner.getparent().drop_tag()
            inner.drop_tag()
    for heading in root.iter(*_HEADINGS):
        etree.strip_tags(heading, "strong", "b")
    title = _take_title(root)
    summary = _take_summary(root) if title else ""
    _rank_headings(root)
    for marked in root.xpath("//p[@class]"):
        if not marked.get("class").startswith("align-"):
            del marked.attrib["class"]
    body = "".join(etree.tostring(child, encoding="unicode", method="html") for child in root)
    return Laid(title, summary, body, tuple(left_out))


def _words(node: Node) -> str:
    return " ".join("".join(node.itertext()).split())


def _leave_out_tables(root: Node) -> list[int]:
    """A line in place of each table with which the text would hold too many cells."""
    left_out = []
    cells = 0
    for table in root.xpath("//table[not(ancestor::table)]"):
        count = int(table.xpath("count(.//td | .//th)"))
        if cells + count <= MAX_CELLS:
            cells += count
            continue
        left_out.append(count)
        line = html.Element("p")
        line.text = f"[bảng {count} ô chưa được đưa vào]"
        _replace(table, [line])
    return left_out


def _replace(node: Node, others: list[Node]) -> None:
    parent = node.getparent()
    at = parent.index(node)
    others[-1].tail = node.tail
    parent[at : at + 1] = others


def _free_pictures(root: Node) -> None:
    """Each picture of a paragraph at the top becomes a figure: in its place if it stood alone
    there, else after the words it stood among."""
    for paragraph in [*root.iterchildren("p", *_HEADINGS)]:
        pictures = paragraph.xpath(".//img")
        if not pictures:
            continue
        figures = []
        for picture in pictures:
            link = picture.getparent()
            figure = html.Element("figure")
            if link.tag == "a" and not _words(link) and len(link) == 1:
                # The words between belong to the paragraph.
                picture = link
            tail, picture.tail = picture.tail, None
            _keep_tail(picture, tail)
            picture.getparent().remove(picture)
            figure.append(picture)
            figures.append(figure)
        has_words = bool(_words(paragraph))
        if has_words and len(figures) == 1 and _is_caption(paragraph, _OF_PICTURE):
            # Typed below its picture, in one paragraph with it.
            _add_caption(figures[0], paragraph)
            has_words = False
        _replace(paragraph, [paragraph, *figures] if has_words else figures)


def _keep_tail(node: Node, tail: str | None) -> None:
    if not tail:
        return
    before = node.getprevious()
    parent = node.getparent()
    if before is not None:
        before.tail = (before.tail or "") + tail
    else:
        parent.text = (parent.text or "") + tail


def _is_caption(node: Node | None, typed: re.Pattern[str]) -> bool:
    if node is None or node.tag != "p":
        return False
    words = _words(node)
    if not 0 < len(words) <= _MAX_CAPTION_CHARACTERS or node.xpath(".//img"):
        return False
    return node.get("class") == CAPTION or typed.match(words) is not None


def _add_caption(figure: Node, paragraph: Node) -> None:
    caption = html.Element("figcaption")
    _move_words(paragraph, caption)
    figure.append(caption)


def _move_words(paragraph: Node, place: Node) -> None:
    place.text = paragraph.text
    place.extend(list(paragraph))
    etree.strip_tags(place, "em", "i")
    # Line breaks around what was a picture.
    while len(place) and place[0].tag == "br" and not (place.text or "").strip():
        place.text = place[0].tail
        place.remove(place[0])


def _captions(root: Node) -> None:
    for figure in [*root.iterchildren("figure")]:
        below, above = figure.getnext(), figure.getprevious()
        if figure.find("figcaption") is not None:
            continue
        if _is_caption(below, _OF_PICTURE):
            _add_caption(figure, below)
            below.drop_tree()
        elif (
            above is not None and above.get("class") == CAPTION and _is_caption(above, _OF_PICTURE)
        ):
            before = above.getprevious()
            if before is None or before.tag != "table":
                _add_caption(figure, above)
                above.drop_tree()
    for table in [*root.iterchildren("table")]:
        above, below = table.getprevious(), table.getnext()
        found = next((one for one in (above, below) if _is_caption(one, _OF_TABLE)), None)
        if found is None:
            continue
        caption = html.Element("caption")
        _move_words(found, caption)
        table.insert(0, caption)
        found.drop_tree()


def _head_of(table: Node) -> None:
    """A first row that is bold throughout says what the columns are."""
    rows = table.xpath("./tr | ./tbody/tr")
    if table.find("thead") is not None or len(rows) < 2:
        return
    cells = list(rows[0])
    if not all(_is_all(cell, "strong") for cell in cells) or any(
        int(cell.get("rowspan", "1")) > 1 for cell in cells
    ):
        return
    head = html.Element("thead")
    head.append(rows[0])
    for cell in cells:
        cell.tag = "th"
        etree.strip_tags(cell, "strong")
    first = next((child for child in table if child.tag in ("tr", "tbody")), None)
    if first is None:
        table.append(head)
    else:
        first.addprevious(head)


def _is_all(node: Node, *tags: str) -> bool:
    """Whether there are words in it, and all of them inside these."""
    if not _words(node):
        return False
    outside = node.xpath(
        ".//text()[normalize-space()][not(" + " or ".join(f"ancestor::{tag}" for tag in tags) + ")]"
    )
    return not outside


def _take_title(root: Node) -> str:
    styled = root.xpath(f"./p[@class='{TITLE}']")
    if styled:
        together = [styled[0]]
        while (below := together[-1].getnext()) is not None and below in styled:
            together.append(below)
        return _take(together, MAX_TITLE_CHARACTERS)
    said = [child for child in root if _words(child)]
    firsts = [child for child in said if child.tag == "h1"]
    if firsts and (len(firsts) == 1 or firsts[0] is said[0]):
        return _take(firsts[:1], MAX_TITLE_CHARACTERS)
    for child in said[:_TITLE_AMONG_BLOCKS]:
        if (
            child.tag == "p"
            and len(_words(child)) <= _MAX_BOLD_TITLE_CHARACTERS
            and _is_all(child, "strong")
        ):
            return _take([child], MAX_TITLE_CHARACTERS)
    return ""


def _take(nodes: list[Node], max_characters: int) -> str:
    """The words of these, which leave the body; nothing if there are too many of them."""
    text = " ".join(_words(node) for node in nodes)
    if len(text) > max_characters:
        return ""
    after = nodes[-1].getnext()
    for node in nodes:
        node.drop_tree()
    if after is not None:
        after.set("data-after-title", "")
    return text


def _take_summary(root: Node) -> str:
    """The paragraph after the title, if it looks like a sapo: a subtitle, or bold or italic."""
    after = root.xpath("./*[@data-after-title]")
    for node in after:
        del node.attrib["data-after-title"]
    subtitle = root.xpath(f"./p[@class='{SUBTITLE}']")
    if subtitle:
        return _take_plain(subtitle[0])
    if not after or after[0].tag != "p" or len(_words(after[0])) < _MIN_SUMMARY_CHARACTERS:
        return ""
    return _take_plain(after[0]) if _is_all(after[0], "strong", "em") else ""


def _take_plain(node: Node) -> str:
    text = _words(node)
    if len(text) > MAX_SUMMARY_CHARACTERS or node.xpath(".//a[@href]"):
        return ""
    node.drop_tree()
    return text


def _rank_headings(root: Node) -> None:
    """The levels that are used become h2, h3, h4 in order: none is skipped, none is the page's."""
    headings = list(root.iter(*_HEADINGS))
    used = sorted({heading.tag for heading in headings})
    for heading in headings:
        heading.tag = f"h{min(used.index(heading.tag), 2) + 2}"
