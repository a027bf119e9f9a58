"""What WordPress keeps of a text, as plain HTML: shortcodes and block comments become figures and
links, and lines become paragraphs where nobody wrote any."""

import html
import re
from collections.abc import Callable

from services.sanitising import plain_text

Gallery = Callable[[list[str] | None], list[tuple[str, str, str]]]

MAX_SUMMARY_CHARACTERS = 300
PICTURE_ENDS = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif", ".bmp")
# Every gap is bounded, so that what opens a thousand times and never ends takes no time.
_BLOCK_COMMENT = re.compile(r"<!--\s{0,9}/?wp:[^>]{0,4000}?-->|<!--nextpage-->")
_MORE = re.compile(r"<!--\s?(?:wp:)?more[^>]{0,200}-->")
_CAPTION = re.compile(r"\[(caption|wp_caption)([^\]]{0,500})\](.{0,4000}?)\[/\1\]", re.S)
_GALLERY = re.compile(r"\[gallery([^\]]{0,2000})\]")
_LINKED = re.compile(
    r"\[(embed|video|audio|youtube|playlist)([^\]]{0,500})\](?:(.{0,2000}?)\[/\1\])?", re.S
)
# Only what is surely a shortcode: with attributes, or with its own end. "[1]" and "[sic]" stay.
_ENDS = re.compile(r"\[/([a-z][a-z0-9_-]{2,40})\]")
_OTHER = re.compile(r"\[/?([a-z][a-z0-9_-]{2,40})\s{1,9}[a-z_-]{1,40}\s?=[^\]]{0,1000}\]")
_ADDRESS = re.compile(r"https?://[^\s\"'<>\]]{3,1000}")
_IFRAME = re.compile(
    r"<iframe\b[^>]{0,2000}?\bsrc=[\"']([^\"'<>]{3,1000})[\"'][^>]{0,2000}>(?:\s{0,9}</iframe>)?",
    re.I,
)
_LONE_ADDRESS = re.compile(r"(?m)^\s*(https?://[^\s<>\"']{3,1000})\s*$")
_IMG = re.compile(r"<img\b[^>]*>", re.I)
_GALLERY_FIGURE = re.compile(r"<figure\b(?=[^>]*\bwp-block-gallery\b)[^>]*>", re.I)
_BLOCKS = (
    "table|thead|tfoot|caption|col|colgroup|tbody|tr|td|th|div|dl|dd|dt|ul|ol|li|pre|form|map|area"
    "|blockquote|address|style|p|h[1-6]|hr|fieldset|legend|section|article|aside|figure|figcaption"
    "|details|summary"
)
_OPENS_BLOCK = re.compile(rf"(<(?:{_BLOCKS})\b[^>]*>)", re.I)
_ENDS_BLOCK = re.compile(rf"(</(?:{_BLOCKS})>|<hr\b[^>]*>)", re.I)
_STARTS_WITH_BLOCK = re.compile(rf"</?(?:{_BLOCKS})\b", re.I)
_PRE = re.compile(r"<(/?)(pre|script|style)\b[^>]{0,500}>", re.I)


def is_picture(address: str) -> bool:
    """Whether an address looks like a picture's."""
    return address.partition("?")[0].lower().endswith(PICTURE_ENDS)


def to_html(content: str, *, gallery: Gallery) -> tuple[str, list[str]]:
    """The text as HTML, and sentences about what could not be taken along.

    ``gallery`` answers the pictures of these numbers, or of the text itself for None.
    """
    dropped: list[str] = []
    has_blocks = "<!-- wp:" in content
    text = content.replace("\r\n", "\n").replace("\r", "\n")
    text = _MORE.sub("", text)
    text = _GALLERY_FIGURE.sub("<div>", text) if has_blocks else text
    text = _BLOCK_COMMENT.sub("\n", text)
    text = _CAPTION.sub(_figure, text)
    text = _GALLERY.sub(lambda found: _gallery(found[1], gallery), text)
    text = _LINKED.sub(_link, text)
    text = _IFRAME.sub(lambda found: _to(html.unescape(found[1])), text)
    text = _LONE_ADDRESS.sub(lambda found: _to(html.unescape(found[1])), text)
    names: list[str] = []

    def without(found: re.Match[str]) -> str:
        names.append(found[1])
        return ""

    ended = sorted(set(_ENDS.findall(text)))[:50]
    if ended:
        text = re.sub(rf"\[/?({'|'.join(ended)})(?:\s[^\]]{{0,500}})?\]", without, text)
    text = _OTHER.sub(without, text)
    if names:
        said = ", ".join(f"[{name}]" for name in dict.fromkeys(names))
        dropped.append(f"Đã bỏ mã ngắn của WordPress: {said[:200]}.")
    return (text if has_blocks else paragraphs(text)), dropped


def paragraphs(text: str) -> str:
    """What WordPress itself does when it shows a text: a blank line ends a paragraph, a single
    one is a line break, blocks are left alone."""
    text, kept = _put_aside(text)
    text = _OPENS_BLOCK.sub(r"\n\n\1", text)
    text = _ENDS_BLOCK.sub(r"\1\n\n", text)
    out = []
    for part in re.split(r"\n\s*\n", text):
        part = part.strip()
        if not part:
            continue
        if _STARTS_WITH_BLOCK.match(part):
            out.append(part)
        else:
            out.append("<p>" + part.replace("\n", "<br>\n") + "</p>")
    joined = "\n".join(out)
    return re.sub(r"<pre>\x00([0-9]+)\x00</pre>", lambda found: kept[int(found[1])], joined)


def _put_aside(text: str) -> tuple[str, list[str]]:
    """The text with a mark for each part whose lines are its own."""
    kept: list[str] = []
    out: list[str] = []
    start = at = 0
    inside = ""
    for found in _PRE.finditer(text):
        name = found[2].lower()
        if not inside and not found[1]:
            inside, start = name, found.start()
            out.append(text[at:start])
        elif inside == name and found[1]:
            kept.append(text[start : found.end()])
            out.append(f"<pre>\x00{len(kept) - 1}\x00</pre>")
            at, inside = found.end(), ""
    return "".join(out) + text[start if inside else at :], kept


def summary(excerpt: str, body: str) -> str:
    """What was written as a summary; else the beginning of the text, cut between words."""
    said = " ".join(plain_text(excerpt[:20_000]).split())
    if said:
        return said[:1000]
    first = " ".join(plain_text(body[:20_000]).split())
    if len(first) <= MAX_SUMMARY_CHARACTERS:
        return first
    return first[:MAX_SUMMARY_CHARACTERS].rsplit(" ", 1)[0].rstrip(" ,;:.") + "…"


def _attribute(attributes: str, name: str) -> str:
    found = re.search(rf"\b{name}\s*=\s*([\"'])(.*?)\1", attributes, re.S)
    return found[2] if found else ""


def _figure(found: re.Match[str]) -> str:
    inside = found[3]
    picture = _IMG.search(inside)
    if picture is None:
        return inside
    said = _attribute(found[2], "caption")
    if not said:
        said = re.sub(r"^\s*</a>", "", inside[picture.end() :])
    return f"\n\n<figure>{picture[0]}<figcaption>{said.strip()}</figcaption></figure>\n\n"


def _gallery(attributes: str, gallery: Gallery) -> str:
    ids = _attribute(attributes, "ids") or _attribute(attributes, "include")
    wanted = re.findall(r"[0-9]{1,12}", ids) if ids else None
    figures = []
    for address, alt, caption in gallery(wanted):
        below = f"<figcaption>{html.escape(caption)}</figcaption>" if caption else ""
        source, said = html.escape(address), html.escape(alt or caption)
        figures.append(f'<figure><img src="{source}" alt="{said}">{below}</figure>')
    return "\n\n" + "\n".join(figures) + "\n\n"


def _link(found: re.Match[str]) -> str:
    addresses = [_attribute(found[2], name) for name in ("src", "mp4", "webm", "mp3", "url")]
    said = _ADDRESS.search(found[3] or "") or _ADDRESS.search(found[2])
    address = next(filter(None, addresses), said[0] if said else "")
    return _to(html.unescape(address)) if address else ""


def _to(address: str) -> str:
    if address.startswith("//"):
        address = "https:" + address
    said = html.escape(address)
    return f'\n\n<p><a href="{said}">{said}</a></p>\n\n'
