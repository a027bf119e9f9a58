"""Read any markup; write it anew from the allow-list alone, as valid HTML.

libxml2's tolerant, linear parser reads; a small tree of allowed elements is built from what it
tells, so no byte of the input's own tags survives. The tidying that a paste needs is done here:
alignment and bold given as styles become classes and elements, boxes become paragraphs,
lists and tables get the levels they lack, paragraphs with nothing in them go.

This is the first of the stages of services/sanitising, which is what the rest of the site calls.
"""

from collections.abc import Callable, Mapping

from lxml import etree

from services import markup
from services.errors import InvalidInput
from services.markup import ALLOWED, MAX_DEPTH, MAX_TAGS, check_attribute, clean_text
from services.markup_tree import BLANK, INLINE, Node, collapse, is_phrasing, paragraphs, tidy, write

# Lists and tables that lack a level get it, and bold is taken up again in each paragraph: what
# is built may be deeper than what was read, and must itself be readable again.
_MAX_BUILT_DEPTH = 60

_HEADINGS = frozenset({"h2", "h3", "h4"})
_PHRASING_ONLY = _HEADINGS | {"p", "pre", "figcaption", "caption"}
_TAKES_BLOCKS = frozenset({"", "blockquote", "li", "td", "th", "figure"})
_TAKES_TEXT = _PHRASING_ONLY | {"li", "td", "th", "figure"}
_SECTIONS = frozenset({"thead", "tbody", "tfoot"})
_TABLE_PARTS = _SECTIONS | {"caption", "tr", "td", "th"}
_MAY_BE_EMPTY = frozenset({"td", "th", "tr"}) | _SECTIONS


class _Builder:
    """What libxml2 calls for each start, end and text.

    ``open`` are the blocks being built, the root first. ``inline`` are the emphases and links
    in force; ``made`` are those of them that exist inside the innermost block, since they are
    made only when there is text for them.
    """

    def __init__(self) -> None:
        self.root = Node("")
        self.open = [self.root]
        self.inline: list[Node] = []
        self.made: list[Node] = []
        self.undo: list[Callable[[], None]] = []
        self.dropping_from: int | None = None
        self.aligned: list[str | None] = []
        self.text: list[str] = []
        self.separate = False
        self.read_tags = 0
        self.built_tags = 0

    # -- what the parser calls
    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._flush()
        self.read_tags += 1
        if self.read_tags > MAX_TAGS:
            raise too_many_tags()
        if len(self.undo) >= MAX_DEPTH:
            raise too_deep()
        tag = tag.lower()
        depth = len(self.undo)
        self.undo.append(_nothing)
        if self.dropping_from is not None:
            return
        if tag in markup.DROPPED:
            self.dropping_from = depth
            return
        tag = markup.RENAMED.get(tag, tag)
        self.undo[-1] = self._begin(tag, attributes) or _nothing

    def end(self, tag: str) -> None:
        self._flush()
        if not self.undo:
            return
        undo = self.undo.pop()
        if self.dropping_from is None:
            undo()
        elif len(self.undo) <= self.dropping_from:
            self.dropping_from = None

    def data(self, data: str) -> None:
        if self.dropping_from is None:
            self.text.append(data)

    def comment(self, _text: str) -> None:
        """Word hides much in comments; none is kept."""

    def close(self) -> Node:
        self._flush()
        self._close_to(self.root)
        return self.root

    # -- starts
    def _begin(self, tag: str, attributes: Mapping[str, str]) -> Callable[[], None] | None:
        style = markup.declarations(attributes.get("style", ""))
        if tag in INLINE:
            if tag == "b" and style.get("font-weight") in ("normal", "400"):
                return None  # Google Docs wraps every paste in such a one
            return self._emphasise([Node(tag, self._checked(tag, attributes))])
        if tag in ("span", "font"):
            return self._emphasise([Node(name) for name in markup.emphasis(style)])
        if tag == "img":
            self._picture(attributes)
            return None
        if tag == "br":
            self._line_break()
            return None
        if tag in markup.DIVISIONS:
            self._end_paragraph()
            inherited = self.aligned[-1] if self.aligned else None
            centred = "align-center" if tag == "center" else None
            self.aligned.append(centred or markup.aligned_as(attributes, style) or inherited)
            return self._leave_division
        if tag not in ALLOWED:
            return None
        checked = self._checked(tag, attributes)
        if "class" in ALLOWED[tag]:
            given = checked.get("class") or markup.aligned_as(attributes, style)
            if not given and self.aligned and tag in ("p", "h2", "h3", "h4"):
                given = self.aligned[-1]
            if given:
                checked["class"] = given
        return self._open_block(tag, checked)

    def _checked(self, tag: str, attributes: Mapping[str, str]) -> dict[str, str]:
        found = {name: check_attribute(tag, name, attributes[name]) for name in attributes}
        return {name: value for name, value in found.items() if value is not None}

    def _leave_division(self) -> None:
        self._end_paragraph()
        self.aligned.pop()

    def _end_paragraph(self) -> None:
        """What begins or ends a box also ends a paragraph; in a caption it is a new line."""
        if self.open[-1].tag == "p":
            self._close_to(self.open[-2])
        elif self.open[-1].tag in _PHRASING_ONLY or self.open[-1].tag in _TAKES_TEXT:
            self.separate = True

    def _emphasise(self, nodes: list[Node]) -> Callable[[], None] | None:
        added: list[Node] = []
        for node in nodes:
            if node.tag == "a":
                if "href" not in node.attributes:
                    continue
                if node.attributes["href"].lower().startswith("http"):
                    node.attributes["rel"] = markup.EXTERNAL_REL
                else:
                    node.attributes.pop("rel", None)
                for other in [other for other in self.inline if other.tag == "a"]:
                    self._end_inline(other)
            elif any(other.tag == node.tag for other in self.inline):
                continue
            self.inline.append(node)
            added.append(node)

        def end() -> None:
            for node in added:
                self._end_inline(node)

        return end

    def _end_inline(self, node: Node) -> None:
        if node not in self.inline:
            return
        index = self.inline.index(node)
        del self.inline[index]
        # Those made inside it end too, and are made again when there is text for them.
        del self.made[index:]

    def _picture(self, attributes: Mapping[str, str]) -> None:
        checked = self._checked("img", attributes)
        if "src" in checked:
            checked.setdefault("alt", "")
            self._put(Node("img", checked))

    def _line_break(self) -> None:
        target = self._innermost()
        if self.open[-1].tag not in _TAKES_TEXT or not target.children:
            return
        tail = [child.tag if isinstance(child, Node) else "" for child in target.children[-2:]]
        if tail != ["br", "br"]:
            self._append(target, Node("br"))

    # -- text
    def _flush(self) -> None:
        if not self.text:
            return
        text = "".join(self.text)
        self.text.clear()
        text = clean_text(text.replace("\r\n", "\n").replace("\r", "\n"))
        if self.open[-1].tag == "pre":
            if not self.open[-1].children:
                text = text.lstrip("\n")  # the parser of a browser eats the first
        else:
            text = collapse(text)
            if not self._within_words():
                text = text.lstrip(BLANK)
        if text:
            self._put(text)

    def _within_words(self) -> bool:
        """Whether a blank here stands between words, rather than between blocks."""
        block = self.open[-1]
        if block.tag not in _TAKES_TEXT or self.separate or not block.children:
            return False
        return is_phrasing(block.children[-1])

    def _innermost(self) -> Node:
        return self.made[-1] if self.made else self.open[-1]

    def _put(self, item: "Node | str") -> None:
        """Place text or a picture where text may stand, in the emphases that are in force."""
        self._make_room_for_text()
        block = self.open[-1]
        if self.separate:
            self.separate = False
            if block.children and is_phrasing(block.children[-1]):
                self.made.clear()
                self._append(block, Node("br"))
        for node in self.inline[len(self.made) :]:
            copy = Node(node.tag, node.attributes)
            self._append(self._innermost(), copy)
            self.made.append(copy)
        target = self._innermost()
        if isinstance(item, Node):
            self._append(target, item)
            block.full = True
        else:
            if target.children and isinstance(target.children[-1], str):
                joined = clean_text(target.children[-1] + item)
                target.children[-1] = joined if block.tag == "pre" else collapse(joined)
            else:
                target.children.append(item)
            if item.strip(BLANK + "\u00a0"):
                block.full = True

    def _append(self, parent: Node, node: Node) -> None:
        self.built_tags += 1
        if self.built_tags > MAX_TAGS - 2:
            raise too_many_tags()
        parent.children.append(node)

    def _make_room_for_text(self) -> None:
        while (top := self.open[-1].tag) not in _TAKES_TEXT:
            if top in ("", "blockquote"):
                aligned = self.aligned[-1] if self.aligned else None
                self._push("p", {"class": aligned} if aligned else {})
            else:
                self._push_missing_level()

    def _push_missing_level(self) -> None:
        """One level further into a list or a table, towards where text and blocks may stand."""
        top = self.open[-1]
        if top.tag in ("ul", "ol"):
            last = top.children[-1] if top.children else None
            if isinstance(last, Node):  # <ul><li>…</li><ul>: the inner list belongs to the item
                self.open.append(last)
                self.made.clear()
            else:
                self._push("li")
        elif top.tag == "table":
            self._push("tbody")
        else:
            self._push("td" if top.tag == "tr" else "tr")

    # -- blocks
    def _push(self, tag: str, attributes: Mapping[str, str] | None = None) -> Node:
        if len(self.open) >= _MAX_BUILT_DEPTH:
            raise too_deep()
        node = Node(tag, attributes)
        self.made.clear()
        self.separate = False
        self._append(self.open[-1], node)
        self.open.append(node)
        return node

    def _open_block(self, tag: str, attributes: dict[str, str]) -> Callable[[], None] | None:
        if tag == "li":
            self._find({"ul", "ol"}, stop={"td", "th", "caption", "blockquote", "figure"})
            if self.open[-1].tag not in ("ul", "ol"):
                self._make_room_for_blocks()
                self._push("ul")
        elif tag in _TABLE_PARTS:
            if not self._enter_table(tag):
                self._end_paragraph()
                return self._end_paragraph
        elif tag == "figcaption":
            if not self._find({"figure"}, stop={"td", "th", "li", "blockquote"}):
                self._make_room_for_blocks()
                tag = "p"
        elif tag == "p" and self.open[-1].tag in (_PHRASING_ONLY - {"p"}):
            self.separate = True
            return self._end_paragraph
        else:
            if self.open[-1].tag == "caption":
                self.separate = True
                return self._end_paragraph
            self._make_room_for_blocks()
            if tag == "figure" and self._find({"figure"}, stop={"td", "th", "li", "blockquote"}):
                self._close_to(self.open[-2])
        if tag == "hr":
            self.made.clear()
            self._append(self.open[-1], Node("hr"))
            self.open[-1].full = True
            return None
        node = self._push(tag, attributes)
        return lambda: self._end_block(node)

    def _make_room_for_blocks(self) -> None:
        if self.open[-1].tag in _PHRASING_ONLY:
            self._close_to(self.open[-2])
        while self.open[-1].tag not in _TAKES_BLOCKS:
            self._push_missing_level()
        self.made.clear()
        self.separate = False

    def _find(self, tags: set[str] | frozenset[str], stop: set[str]) -> bool:
        """Close what is open inside the nearest of these; False if a stop is nearer."""
        for node in reversed(self.open):
            if node.tag in tags:
                self._close_to(node)
                return True
            if node.tag in stop:
                return False
        return False

    def _enter_table(self, tag: str) -> bool:
        """Come to where this part of a table may stand; False if there is no table."""
        if not any(node.tag == "table" for node in self.open):
            return False
        if tag in ("td", "th"):
            self._find({"tr", "table"} | _SECTIONS, stop=set())
            while self.open[-1].tag != "tr":
                self._push_missing_level()
            return True
        if tag == "tr":
            self._find({"table"} | _SECTIONS, stop=set())
            if self.open[-1].tag == "table":
                self._push("tbody")
            return True
        self._find({"table"}, stop=set())
        table = self.open[-1]
        if tag == "caption":
            return not table.children
        # A second head, or a head below, is no head; a foot stands last.
        return True

    def _end_block(self, node: Node) -> None:
        if any(node is other for other in self.open):
            self._close_to(node)
            self._close_to(self.open[-2])

    def _close_to(self, node: Node) -> None:
        """Close every block inside this one."""
        while self.open[-1] is not node:
            closed = self.open.pop()
            parent = self.open[-1]
            self.made.clear()
            self.separate = False
            tidy(closed)
            if closed.tag in _MAY_BE_EMPTY:
                kept = closed.tag in ("td", "th") or bool(closed.children)
            else:
                kept = closed.full
            if not kept:
                parent.children.pop()
                continue
            if closed.tag == "figure" and not closed.holds("img", "table", "blockquote", "pre"):
                # What the figure was for is gone, and so is its caption; other text stays.
                parent.children[-1:] = rest = paragraphs(closed.children)
                closed.full = bool(rest)
            elif closed.tag == "table" and not closed.holds("tr"):
                parent.children[-1:] = paragraphs(closed.children)
            parent.full = parent.full or closed.full


def _nothing() -> None:
    return None


def rebuild(markup_text: str) -> str:
    """The text, written anew: valid, allowed, tidy, in NFC; each block at the root on its line.

    Raises InvalidInput, with the sentence, for what is too deep or has too many elements.
    """
    parser = etree.HTMLParser(
        target=_Builder(), encoding="utf-8", huge_tree=True, recover=True, no_network=True
    )
    raw = markup_text.encode("utf-8", "ignore").replace(b"\0", b"")
    if not raw.strip():
        return ""
    out: list[str] = []
    write(etree.fromstring(raw, parser), out)
    return "".join(out).rstrip("\n")


def too_deep() -> InvalidInput:
    return InvalidInput(
        "Nội dung có quá nhiều lớp lồng nhau. "
        "Hãy dán lại dưới dạng văn bản thuần rồi định dạng trong trình soạn thảo."
    )


def too_many_tags() -> InvalidInput:
    return InvalidInput(
        "Nội dung có quá nhiều thành phần định dạng. "
        "Hãy chia thành nhiều bài, hoặc dán lại dưới dạng văn bản thuần."
    )
