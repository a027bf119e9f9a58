"""What every HTML page and fragment must be, checked for each that any test fetches.

`check_html` raises `InvalidHtmlError` with all that it found. The rules: no parse error (html5lib,
which follows the standard's own algorithm), the standard's content models (conformance.py), and
our own below.
"""

import functools
import re
from collections import Counter
from collections.abc import Iterator
from xml.etree.ElementTree import Element

import html5lib
from html5lib.constants import E as MESSAGES

from tests.support.conformance import conformance_problems, exclusion_problems

# What stands around a fragment while it is checked, by its first element.
AROUND = {
    "li": "<ul>{}</ul>",
    "option": '<select aria-label="x">{}</select>',
    "tbody": "<table>{}</table>",
    "tr": "<table><tbody>{}</tbody></table>",
    "td": "<table><tbody><tr>{}</tr></tbody></table>",
}
FRAGMENT_PAGE = "<!doctype html><html lang=vi><head><title>x</title></head><body>{}</body></html>"
LABELLED = {"input", "select", "textarea"}
UNLABELLED_TYPES = {"hidden", "submit", "button", "reset", "image"}


class InvalidHtmlError(AssertionError):
    """The page breaks a rule; the message lists each."""


def check_html(text: str, *, about: str = "") -> None:
    """Raise InvalidHtmlError if a page or fragment breaks a rule; `about` says which it is."""
    problems = problems_of(text)
    if problems:
        raise InvalidHtmlError("\n".join([f"invalid HTML: {about}", *(f"  {p}" for p in problems)]))


# Tests fetch the same page many times over.
@functools.lru_cache(maxsize=512)
def problems_of(text: str) -> tuple[str, ...]:
    """List what is wrong with a page, or with a fragment if it starts without a doctype."""
    is_page = text.lstrip()[:9].lower() == "<!doctype"
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    if not is_page:
        first = re.match(r"\s*<([a-z0-9]+)", text)
        text = FRAGMENT_PAGE.format(AROUND.get(first.group(1) if first else "", "{}").format(text))
    root = parser.parse(text)
    found = [_explain(error) for error in parser.errors]
    found += conformance_problems(root) + exclusion_problems(root)
    found += _duplicate_ids(root)
    found += _fields_without_label(root, is_page)
    found += _forms_without_token(root)
    found += _pictures(root)
    found += _handlers(root)
    found += _references(root) if is_page else []
    found += _structure(root) if is_page else []
    return tuple(found)


def _explain(error: tuple[tuple[int, int], str, dict[str, str]]) -> str:
    (line, column), code, values = error
    return f"line {line}, column {column}: {MESSAGES.get(code, code) % values}"


def _elements(root: Element, *tags: str) -> Iterator[Element]:
    for element in root.iter():
        if isinstance(element.tag, str) and (not tags or element.tag in tags):
            yield element


def _duplicate_ids(root: Element) -> list[str]:
    counted = Counter(e.get("id") for e in _elements(root) if e.get("id") is not None)
    return [f"id {name!r} is there {n} times" for name, n in counted.items() if n > 1]


def _text(element: Element) -> str:
    pictures = (e.get("alt", "") for e in _elements(element, "img"))
    return "".join([*element.itertext(), *pictures]).strip()


def _fields_without_label(root: Element, is_page: bool) -> list[str]:
    labels = {e.get("for") for e in _elements(root, "label") if _text(e)}
    wrapped = {
        id(field) for label in _elements(root, "label") for field in _elements(label, *LABELLED)
    }
    ids = {e.get("id") for e in _elements(root)}
    found = []
    for field in _elements(root, *LABELLED):
        if field.get("type") in UNLABELLED_TYPES:
            continue
        named_by = (field.get("aria-labelledby") or "").split()
        # A fragment's label may stand in the page around it.
        outside = not is_page and named_by
        if not (
            field.get("id") in labels
            or id(field) in wrapped
            or field.get("aria-label")
            or (named_by and set(named_by) <= ids)
            or outside
        ):
            found.append(f"{field.tag} name={field.get('name')!r} has no label")
    found += [
        f"label for={e.get('for')!r} points nowhere"
        for e in _elements(root, "label")
        if is_page and e.get("for") and e.get("for") not in ids
    ]
    found += [
        f"button has no name: {sorted(e.attrib.items())}"
        for e in _elements(root, "button")
        if not (_text(e) or e.get("aria-label") or e.get("aria-labelledby"))
    ]
    return found


# Counting a view is for everybody, on a page whose bytes are the same for everybody: it carries no
# token, and the route checks where the request comes from instead. So does the choice of display,
# which asks for no session of readers. So are a rating, a vote, and looking something up by its
# code, which needs no session and must leave no cookie.
WITHOUT_TOKEN = re.compile(
    r"(?:/en)?/(?:luot-xem/\d+|cach-hien-thi|danh-gia/\d+|tham-do/\d+|tra-cuu(?:/rut)?)"
)
# What strangers write is sent with a ticket of the site's own instead (services/voice/robots).
TICKET = "ticket"


def _forms_without_token(root: Element) -> list[str]:
    found = []
    for form in _elements(root, "form"):
        method = (form.get("method") or "get").lower()
        tokens = [e for e in _elements(form, "input") if e.get("name") == "csrf_token"]
        tickets = [e for e in _elements(form, "input") if e.get("name") == TICKET]
        exempt = WITHOUT_TOKEN.fullmatch(form.get("action") or "") is not None or bool(tickets)
        if method == "post" and len(tokens) != (0 if exempt else 1):
            found.append(f"form action={form.get('action')!r} posts with {len(tokens)} tokens")
        if method == "get" and tokens:
            found.append(f"form action={form.get('action')!r} puts its token in the address")
    return found


def _pictures(root: Element) -> list[str]:
    found = []
    for picture in _elements(root, "img"):
        lacking = [name for name in ("alt", "width", "height") if picture.get(name) is None]
        if lacking:
            found.append(f"img {picture.get('src')!r} lacks {', '.join(lacking)}")
    return found


def _handlers(root: Element) -> list[str]:
    found = []
    for element in _elements(root):
        for name, value in element.attrib.items():
            if name == "style":
                found.append(f"{element.tag} has an inline style: {value!r}")
            is_address = name in {"href", "src", "action", "formaction", "data", "xlink:href"}
            is_script = is_address and value.strip().lower().startswith("javascript:")
            if name.startswith(("on", "hx-on")) or is_script:
                found.append(f"{element.tag} has a handler: {name}={value!r}")
            if name in {"hx-vals", "hx-headers"} and value.strip().startswith("js:"):
                found.append(f"{element.tag} computes in {name}: {value!r}")
    found += [
        "script without src"
        for e in _elements(root, "script")
        if not e.get("src") and e.get("type") != "application/ld+json"
    ]
    found += ["style element" for _ in _elements(root, "style")]
    return found


def _references(root: Element) -> list[str]:
    """Find references, within a page, to what is not there."""
    ids = {e.get("id") for e in _elements(root)}
    found = []
    for element in _elements(root):
        for name in ("aria-labelledby", "aria-describedby", "aria-controls", "list", "form"):
            for target in (element.get(name) or "").split():
                if target not in ids:
                    found.append(f"{element.tag} {name}={target!r} points nowhere")
        href = element.get("href") or ""
        if element.tag == "a" and len(href) > 1 and href[0] == "#" and href[1:] not in ids:
            found.append(f"a href={href!r} points nowhere")
    return found


def _structure(root: Element) -> list[str]:
    found = []
    html = root if root.tag == "html" else root.find("html")
    if html is None or not html.get("lang"):
        found.append("html has no lang")
    for tag, name in (("title", "title"), ("h1", "h1"), ("main", "main")):
        # A picture in SVG has titles of its own, in its own namespace.
        count = sum(1 for e in _elements(root, tag) if _text(e))
        if count != 1:
            found.append(f"{count} elements {name} with text, not 1")
    level = 0
    for heading in _elements(root, "h1", "h2", "h3", "h4", "h5", "h6"):
        now = int(heading.tag[1])
        if now > level + 1 and level:
            found.append(f"{heading.tag} {_text(heading)!r} follows h{level}")
        level = now
    viewport = [e for e in _elements(root, "meta") if e.get("name") == "viewport"]
    if len(viewport) != 1:
        found.append(f"{len(viewport)} meta viewport, not 1")
    return found
