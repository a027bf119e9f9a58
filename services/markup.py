"""The allow-list of stored texts: which elements, which attributes, which values.

One list for every stage: services/rebuilding, nh3, bleach, and the tests, which read it with
a fourth parser. The rest of the site calls services/sanitising.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from urllib.parse import quote, urlsplit

# ---------------------------------------------------------------- the allow-list
ALIGNMENTS = ("align-left", "align-center", "align-right", "align-justify")
# Element → attributes, in the order in which they are written. Everything else goes.
ALLOWED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("p", "h2", "h3", "h4"), ("class",)),
    **dict.fromkeys(("strong", "em", "b", "i", "u", "s", "sub", "sup", "code"), ()),
    **dict.fromkeys(("ul", "li", "blockquote", "pre", "hr", "br"), ()),
    "ol": ("start",),
    "a": ("href", "title", "rel"),
    **dict.fromkeys(("table", "caption", "thead", "tbody", "tfoot", "tr"), ()),
    "td": ("class", "colspan", "rowspan"),
    "th": ("class", "colspan", "rowspan", "scope"),
    "figure": ("class",),
    "figcaption": (),
    "img": ("src", "srcset", "sizes", "width", "height", "alt", "loading", "decoding"),
}
VOID = {"br", "hr", "img"}
EXTERNAL_REL = "external noopener"

# ---------------------------------------------------------------- bounds
MAX_BYTES = 400_000
MAX_DEPTH = 100
MAX_TAGS = 8_000

RENAMED = {"h1": "h2", "h5": "h4", "h6": "h4", "strike": "s", "del": "s", "ins": "u"}
# Dropped with all that is in them.
DROPPED = frozenset(
    "script style template noscript title head iframe object applet svg math textarea select "
    "option optgroup datalist button audio video canvas map xmp plaintext noembed noframes".split()
)
DIVISIONS = frozenset(
    "div section article header footer main aside nav address center dl dt dd fieldset legend "
    "form details summary dialog hgroup menu dir search multicol listing".split()
)

# ---------------------------------------------------------------- text and addresses
# Controls, byte-order marks, zero-width spaces, bidirectional overrides, non-characters and
# halves of surrogate pairs: nothing to read in them, and much to hide with them.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff"
    "\ufdd0-\ufdef\ufff9-\uffff\ud800-\udfff"
    + "".join(f"{chr(0x10000 * n + 0xFFFE)}{chr(0x10000 * n + 0xFFFF)}" for n in range(1, 17))
    + "]"
)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
MEDIA_ADDRESS = re.compile(r"/tep/([A-Za-z0-9_-]{8,64})/([A-Za-z0-9][A-Za-z0-9._-]{0,63})")
_SRCSET_PART = re.compile(MEDIA_ADDRESS.pattern + r" [1-9][0-9]{0,4}w")
_SIZES = re.compile(r"[a-z0-9 .,:()%-]{1,200}")
_HOST = re.compile(r"[^\W_](?:[\w.-]{0,252})")
_MAILTO = re.compile(r"mailto:[\w.+-]+@[\w-]+(\.[\w-]+)+(\?[\w=&%.+-]*)?", re.I)
_TEL = re.compile(r"tel:\+?[0-9().-]{2,30}", re.I)
_TO_ENCODE = re.compile(r"[\s\"'<>`{}|^]")
_MAX_ADDRESS_CHARS = 2_000


def clean_text(value: str) -> str:
    """The characters a reader sees, in NFC. A stroke that would merge with a tag's end goes."""
    return unicodedata.normalize("NFC", _UNSEEN.sub("", value)).lstrip("\u0338")


def safe_address(value: str) -> str | None:
    """An address that a link may have, or None: http, https, mailto, tel, or from our own root.

    No user name before the host (it is only ever used to mislead), no backslash, no control
    character, no address that takes its scheme or host from the page.
    """
    value = clean_text(value.strip())
    if not value or len(value) > _MAX_ADDRESS_CHARS or "\\" in value or _CONTROL.search(value):
        return None
    value = _TO_ENCODE.sub(lambda found: quote(found[0], safe=""), value)
    scheme = value.partition(":")[0].lower()
    if value.startswith("/"):
        return None if value.startswith("//") else value
    if scheme == "mailto":
        return value if _MAILTO.fullmatch(value) else None
    if scheme == "tel":
        return value if _TEL.fullmatch(value) else None
    if scheme not in ("http", "https") or value[len(scheme) : len(scheme) + 3] != "://":
        return None
    try:
        parts = urlsplit(value)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return None
    return value if "@" not in parts.netloc and _HOST.fullmatch(host) else None


def _media_address(value: str) -> str | None:
    return value if MEDIA_ADDRESS.fullmatch(value) else None


def _srcset(value: str) -> str | None:
    parts = [" ".join(part.split()) for part in value.split(",")]
    return ", ".join(parts) if all(_SRCSET_PART.fullmatch(part) for part in parts) else None


def _between(low: int, high: int) -> Callable[[str], str | None]:
    def check(value: str) -> str | None:
        value = value.strip()
        if not (value.isascii() and value.isdigit() and len(value) <= 6):
            return None
        return str(int(value)) if low <= int(value) <= high else None

    return check


def _one_of(*allowed: str) -> Callable[[str], str | None]:
    return lambda value: value.strip().lower() if value.strip().lower() in allowed else None


def words(value: str, max_characters: int = 300) -> str | None:
    """What is said in an attribute, on one line; None if that is nothing."""
    return " ".join(clean_text(value).split())[:max_characters].strip() or None


def _alignment(value: str) -> str | None:
    return next((name for name in value.split() if name in ALIGNMENTS), None)


_CHECKS: dict[str, Callable[[str], str | None]] = {
    "class": _alignment,
    "href": safe_address,
    "title": lambda value: words(value),
    "rel": _one_of(EXTERNAL_REL),
    "src": _media_address,
    "srcset": _srcset,
    "sizes": lambda value: value if _SIZES.fullmatch(value) else None,
    "alt": lambda value: words(value) or "",
    "width": _between(1, 20_000),
    "height": _between(1, 20_000),
    "loading": _one_of("lazy", "eager"),
    "decoding": _one_of("async", "sync", "auto"),
    "colspan": _between(2, 50),
    "rowspan": _between(2, 200),
    "scope": _one_of("row", "col", "rowgroup", "colgroup"),
    "start": _between(0, 9_999),
}


def check_attribute(tag: str, name: str, value: str) -> str | None:
    """The value as it may be written, or None where the attribute must go."""
    return _CHECKS[name](value) if name in ALLOWED.get(tag, ()) else None


def declarations(style: str) -> dict[str, str]:
    pairs = (part.partition(":") for part in style.lower().split(";"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def aligned_as(attributes: Mapping[str, str], style: Mapping[str, str]) -> str | None:
    wanted = style.get("text-align") or attributes.get("align", "").strip().lower()
    # Left is what a text has anyway; a paste says it of every paragraph.
    return f"align-{wanted}" if wanted in ("center", "right", "justify") else None


def emphasis(style: Mapping[str, str]) -> list[str]:
    """The elements that say what a word processor says with a style."""
    weight = style.get("font-weight", "")
    bold = weight in ("bold", "bolder", "600", "700", "800", "900")
    line = f"{style.get('text-decoration', '')} {style.get('text-decoration-line', '')}".split()
    raised = {"super": "sup", "sub": "sub"}.get(style.get("vertical-align", ""))
    found = {
        "strong": bold,
        "em": style.get("font-style") in ("italic", "oblique"),
        "u": "underline" in line,
        "s": "line-through" in line,
    }
    return [tag for tag, is_so in found.items() if is_so] + ([raised] if raised else [])
