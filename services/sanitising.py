"""Texts that strangers write, made safe: one function, one allow-list (services/markup).

Three stages that know nothing of each other must agree on the result to the byte: the rebuilding
of services/rebuilding, nh3 (a browser's own parser) and bleach. What they agree on is therefore
a fixed point: sanitising it again changes nothing, and what one of them would let through,
another has refused.
"""

import html
import re
import unicodedata

import bleach
import nh3
from lxml import etree

from services import markup
from services.errors import InvalidInput
from services.markup import ALLOWED, MAX_BYTES, check_attribute
from services.rebuilding import rebuild

_MAX_ROUNDS = 5
_TAGS = set(ALLOWED)
_ATTRIBUTES = {tag: set(names) for tag, names in ALLOWED.items() if names}
_SCHEMES = {"http", "https", "mailto", "tel"}
_BLOCKS = re.compile(r"<(?:p|h[1-6]|ul|ol|table|blockquote|figure|div|pre)\b[^<>]*>", re.I)
# What stands on a line of its own when the text is read without its markup.
_LINES = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "tr", "caption", "figcaption", "br"} | {
    *("blockquote", "pre", "table", "figure", "ul", "ol", "hr", *markup.DIVISIONS)
}

_nh3 = nh3.Cleaner(
    tags=_TAGS,
    attributes=_ATTRIBUTES,
    attribute_filter=check_attribute,
    clean_content_tags=set(markup.DROPPED),
    url_schemes=_SCHEMES,
    strip_comments=True,
    link_rel=None,
)
_bleach = bleach.Cleaner(
    tags=frozenset(_TAGS),
    attributes=lambda tag, name, value: (
        check_attribute(tag, name, html.unescape(value)) == html.unescape(value)
    ),
    protocols=frozenset(_SCHEMES),
    strip=True,
    strip_comments=True,
)


def sanitise(text: str) -> str:
    """The text with nothing in it but allowed elements, as valid HTML in NFC.

    ``sanitise(sanitise(text)) == sanitise(text)``. Pictures are our own (``/tep/…``), links are
    http, https, mailto, tel or from our root. Headings begin at h2; alignment is a class.
    Raises InvalidInput for more than 400 KB, 8,000 elements or 100 levels: bounds that keep
    bleach, which is super-linear on hostile input, to a fraction of a second.
    """
    _refuse_long(text)
    current = rebuild(text)
    for _ in range(_MAX_ROUNDS):
        _refuse_long(current)
        cleaned = _bleach.clean(_nh3.clean(current))
        again = rebuild(cleaned)
        if again == current == cleaned:
            return current
        current = again
    # No input is known that comes here. Its words are kept, its markup is not.
    return _paragraphs(plain_text(current))


def plain_text(text: str) -> str:
    """The words alone, a line for each block, entities decoded, in NFC: for search and feeds."""
    raw = text.encode("utf-8", "ignore").replace(b"\0", b"")
    if not raw.strip():
        return ""
    parser = etree.HTMLParser(target=_Words(), encoding="utf-8", huge_tree=True, recover=True)
    words = markup.clean_text(str(etree.fromstring(raw, parser)))
    lines = (" ".join(line.split()) for line in words.split("\n"))
    return "\n".join(line for line in lines if line)


def from_plain(text: str) -> str:
    """Sanitised HTML from what was typed in a plain text area.

    A blank line ends a paragraph, a single one is a line break. A text that holds our block
    tags (the area shows them when an old text is edited without scripts) is taken as HTML.
    Raises InvalidInput as ``sanitise`` does.
    """
    if _BLOCKS.search(text):
        return sanitise(text)
    _refuse_long(text)
    return sanitise(_paragraphs(text))


def _paragraphs(text: str) -> str:
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    blocks = (block.strip() for block in re.split(r"\n[ \t]*\n\s*", text))
    return "\n".join(
        f"<p>{html.escape(block, quote=False).replace(chr(10), '<br>')}</p>"
        for block in blocks
        if block
    )


def _refuse_long(text: str) -> None:
    # Characters first: a text far beyond the bound is not even encoded.
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "ignore")) > MAX_BYTES:
        raise InvalidInput(
            f"Nội dung dài quá {MAX_BYTES // 1000} KB. Hãy rút gọn hoặc chia thành nhiều bài."
        )


class _Words:
    """Gathers text for ``plain_text``; a block begins and ends a line, a cell ends in a space."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.dropped = 0

    def start(self, tag: str, _attributes: object) -> None:
        tag = tag.lower()
        if tag in markup.DROPPED:
            self.dropped += 1
        elif tag in _LINES:
            self.parts.append("\n")

    def end(self, tag: str) -> None:
        tag = tag.lower()
        if tag in markup.DROPPED:
            self.dropped -= 1
        elif tag in _LINES:
            self.parts.append("\n")
        elif tag in ("td", "th"):
            self.parts.append(" ")

    def data(self, data: str) -> None:
        if not self.dropped:
            # A newline of the source is a space; lines come from the elements.
            self.parts.append(data.replace("\n", " ").replace("\r", " "))

    def close(self) -> str:
        return "".join(self.parts)
