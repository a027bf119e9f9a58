"""HTTP habits shared by the routes: shared public pages, fragments, private answers."""

import gzip
import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

import brotli
from flask import Response, current_app, make_response, request
from werkzeug.http import parse_accept_header
from werkzeug.routing import IntegerConverter, Map

# Below this a compressed body saves less than its header costs.
MIN_COMPRESSED_BYTES = 600
# Of what is kept and sent many times, and of what is made for one reader: a fifth larger, in a
# sixth of the time.
KEPT_BROTLI, QUICK_BROTLI = 5, 0
KEPT_GZIP, QUICK_GZIP = 6, 1
ENCODINGS = ("br", "gzip", "")
_CACHED = "_cached_parameters"


# A database asked for page 10^18 would count its way there.
MAX_PAGE = 100_000

View = TypeVar("View", bound=Callable[..., object])


def cached(*parameters: str) -> Callable[[View], View]:
    """Declare that a public view's answer may be kept in memory (``blueprints/caching``), and
    which parameters of the query change it; others do not reach the view."""

    def declare(view: View) -> View:
        setattr(view, _CACHED, parameters)
        return view

    return declare


def cached_parameters(view: Callable[..., object]) -> tuple[str, ...] | None:
    """What ``cached`` declared of a view; None if its answers are not kept."""
    parameters: tuple[str, ...] | None = getattr(view, _CACHED, None)
    return parameters


def read_page_number(text: str) -> int:
    """The page that this stands for; 1 for anything that is not a page number."""
    if not (text.isascii() and text.isdigit() and len(text) <= 7):
        return 1
    return min(max(1, int(text)), MAX_PAGE)


class RowNumber(IntegerConverter):
    """A row's number in an address: what no column can hold is an address that is not there."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=2**31 - 1)


def wants_fragment() -> bool:
    """Whether htmx asks for the part alone. A boost or a restored history entry is a page."""
    return asks_for_fragment(lambda name: request.headers.get(name.replace("_", "-"), ""))


def asks_for_fragment(header: Callable[[str], str]) -> bool:
    """The same, of a request that Flask has not seen; ``header`` takes WSGI's names, without
    HTTP_."""
    return (
        header("HX_REQUEST") == "true"
        and header("HX_BOOSTED") != "true"
        and header("HX_HISTORY_RESTORE_REQUEST") != "true"
    )


def wants_json() -> bool:
    """Whether a script of ours asks, which reads JSON, rather than a page or htmx."""
    return request.headers.get("Accept", "").startswith("application/json")


def public(
    body: str, *, content_type: str = "text/html; charset=utf-8", status: int = 200
) -> Response:
    """An answer that is the same bytes for everybody: strong ETag, compressed, 304 if unchanged.

    ``no-cache`` lets any cache keep it and asks again each time, so that a post that is
    withdrawn is gone at once.
    """
    raw = body.encode("utf-8")
    tag = hashlib.sha256(raw).hexdigest()[:32]
    encoding = _encoding(len(raw))
    if encoding:
        # A strong tag names exact bytes, so each encoding has its own (RFC 9110, 8.8.3), and
        # another where it is kept (``blueprints/caching``).
        tag = f"{tag}-{encoding}-quick"
    is_page = content_type.startswith("text/html")
    headers = {
        "Content-Type": content_type,
        "Cache-Control": "public, no-cache",
        "ETag": f'"{tag}"',
        "Vary": "Accept-Encoding, HX-Request" if is_page else "Accept-Encoding",
    }
    if encoding:
        headers["Content-Encoding"] = encoding
    if is_page:
        # Which links to fetch as they are pressed; it changes no page and counts no reading.
        rules = current_app.extensions["assets"].url("js/next-page.speculationrules")
        headers["Speculation-Rules"] = f'"{rules}"'
    response = current_app.response_class(compressed(raw, encoding, is_kept=False), status, headers)
    if status == 200 and "If-None-Match" in request.headers:
        response.make_conditional(request)
    return response


def compressed(raw: bytes, encoding: str, *, is_kept: bool) -> bytes:
    """These bytes in this encoding, always the same ones; smaller if they are kept."""
    if encoding == "br":
        return brotli.compress(raw, quality=KEPT_BROTLI if is_kept else QUICK_BROTLI)
    level = KEPT_GZIP if is_kept else QUICK_GZIP
    return gzip.compress(raw, compresslevel=level, mtime=0) if encoding == "gzip" else raw


def decompressed(packed: bytes, encoding: str) -> bytes:
    """What ``compressed`` was given."""
    return brotli.decompress(packed) if encoding == "br" else gzip.decompress(packed)


def _encoding(size: int) -> str:
    if size < MIN_COMPRESSED_BYTES:
        return ""
    return best_encoding(request.headers.get("Accept-Encoding", ""))


@lru_cache(maxsize=512)
def best_encoding(accepted: str) -> str:
    """The encoding to send to whoever accepts these: “br”, “gzip” or “” for none."""
    header = parse_accept_header(accepted)
    named = {value.lower() for value in header.values()}
    for encoding in filter(None, ENCODINGS):
        if header[encoding] > 0 and encoding in named:
            return encoding
    return ""


def private(body: str, *, status: int = 200) -> Response:
    """An answer for one person: never kept by any cache."""
    response = make_response(body, status)
    response.headers["Cache-Control"] = "private, no-store"
    return response
