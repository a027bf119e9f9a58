"""The small tree that services/rebuilding builds: writing it, and tidying a finished block."""

import html
import re
from collections.abc import Mapping

from services.markup import ALLOWED, VOID

INLINE = frozenset({"strong", "em", "b", "i", "u", "s", "sub", "sup", "code", "a"})
BLANK = " \t\r\n\f"


class Node:
    """An element of the text that is built; ``full`` if there is something in it to see."""

    __slots__ = ("attributes", "children", "full", "tag")

    def __init__(self, tag: str, attributes: Mapping[str, str] | None = None) -> None:
        self.tag = tag
        self.attributes = dict(attributes or {})
        self.children: list[Node | str] = []
        self.full = False

    def holds(self, *tags: str) -> bool:
        """Whether one of these is somewhere inside."""
        return any(
            isinstance(child, Node) and (child.tag in tags or child.holds(*tags))
            for child in self.children
        )


def _escape(value: str, quote: bool) -> str:
    # As nh3 and bleach both write it, so that their output is this text to the byte.
    escaped = html.escape(value, quote=False).replace("\u00a0", "&nbsp;")
    return escaped.replace('"', "&quot;") if quote else escaped


def write(node: Node, out: list[str]) -> None:
    if node.tag:
        out.append(f"<{node.tag}")
        for name in ALLOWED[node.tag]:
            if name in node.attributes:
                out.append(f' {name}="{_escape(node.attributes[name], quote=True)}"')
        out.append(">")
    for child in node.children:
        if isinstance(child, str):
            out.append(_escape(child, quote=False))
        else:
            write(child, out)
            if not node.tag:
                out.append("\n")
    if node.tag and node.tag not in VOID:
        out.append(f"</{node.tag}>")


def collapse(text: str) -> str:
    return re.sub(r"[ \t\r\n\f]+", " ", text)


def is_phrasing(child: Node | str) -> bool:
    """Whether a blank after this stands between words (after a line break it does not)."""
    return isinstance(child, str) or child.tag in INLINE or child.tag == "img"


def paragraphs(children: list[Node | str]) -> list[Node | str]:
    """What was in a figure or a table that is no more: blocks stay, loose text is a paragraph."""
    kept: list[Node | str] = []
    loose: Node | None = None
    for child in children:
        if isinstance(child, Node) and child.tag == "figcaption":
            continue
        if isinstance(child, Node) and child.tag == "caption":
            child.tag = "p"
        if isinstance(child, str) or child.tag in INLINE or child.tag == "br":
            if loose is None:
                loose = Node("p")
                kept.append(loose)
            loose.children.append(child)
        else:
            loose = None
            kept.append(child)
    return kept


def tidy(node: Node) -> None:
    """Put right what can be told only at the end of a block."""
    children = node.children
    while children and (last := children[-1]):
        if isinstance(last, str):
            children[-1] = last.rstrip(BLANK)
            if children[-1]:
                break
        elif last.tag != "br":
            break
        children.pop()
    if node.tag in ("li", "td", "th") and len(children) == 1:
        only = children[0]
        if isinstance(only, Node) and only.tag == "p" and not only.attributes:
            node.children = only.children
    elif node.tag == "figure":
        _tidy_figure(node)
    elif node.tag == "table":
        parts = [part for part in children if isinstance(part, Node) and part.tag != "caption"]
        for part in parts:
            if (part.tag == "thead" and part is not parts[0]) or (
                part.tag == "tfoot" and part is not parts[-1]
            ):
                part.tag = "tbody"


def _tidy_figure(figure: Node) -> None:
    """One caption, last; a picture stands in the figure itself, not in a paragraph of it."""
    content: list[Node | str] = []
    caption: Node | None = None
    for child in figure.children:
        if isinstance(child, Node) and child.tag == "figcaption":
            if caption is None:
                caption = child
            else:
                caption.children += [Node("br"), *child.children]
        elif isinstance(child, Node) and child.tag == "p" and child.holds("img"):
            content += child.children
        else:
            content.append(child)
    figure.children = [*content, caption] if caption else content
