"""The page cache's WSGI front: answers what it has before Flask is asked.

Public pages are the same bytes for everybody (ADR 4), so one rendering serves all who ask. A view
that may be kept says so with ``@http.cached``, and names the parameters of the query that change
it; others make no new entry and do not reach the view.
"""

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException
from werkzeug.http import parse_etags, remove_entity_headers
from werkzeug.routing import RequestRedirect
from werkzeug.test import run_wsgi_app

from blueprints import http
from blueprints.http import cached_parameters, read_page_number
from blueprints.remaking import Remaker
from extensions import db
from services.content_version import Freshness, Generation
from services.page_cache import KEEP_S, WAIT_S, Body, Page, PageCache

# For what another process changed; SQLite is asked for each page, which costs microseconds.
POSTGRES_EVERY_S = 0.25
# While one makes a page anew, whoever else asks has the one before, if it was right this short a
# time ago: together with the above still within a second of the change.
STAND_IN_S = 0.5
# So long they wait for the new one first; most pages are made in a tenth of it.
PATIENCE_S = 0.1
# Of the memory: pages at their plain address, those with a query, parts of pages. A flood of
# queries gives back what it takes from the pages that everybody reads.
SHARES = {"page": 0.7, "query": 0.2, "fragment": 0.1}
KEPT_STATUSES = {"200", "410"}
# Of half a kilobyte each, beside the memory of the pages.
MAX_KNOWN_ADDRESSES = 8_000
# Longer ones are worked out each time, so that remembering them takes no memory.
MAX_KNOWN_CHARACTERS = 250
MAX_ADDRESS_CHARACTERS = 1_000
# What one person's request says of them or asks of the transport; the page does not depend on it.
NOT_FOR_THE_PAGE = (
    "HTTP_COOKIE",
    "HTTP_AUTHORIZATION",
    "HTTP_ACCEPT_ENCODING",
    "HTTP_ACCEPT_LANGUAGE",
    "HTTP_IF_NONE_MATCH",
    "HTTP_IF_MODIFIED_SINCE",
    "HTTP_IF_MATCH",
    "HTTP_IF_UNMODIFIED_SINCE",
    "HTTP_IF_RANGE",
    "HTTP_RANGE",
    "HTTP_HX_BOOSTED",
    "HTTP_HX_HISTORY_RESTORE_REQUEST",
    "HTTP_HX_TARGET",
    "HTTP_HX_TRIGGER",
    "HTTP_HX_TRIGGER_NAME",
    "HTTP_HX_CURRENT_URL",
)

Application = Callable[..., Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Key:
    """What tells one kept page from another; its encodings are kept with it."""

    path: str
    query: str
    is_fragment: bool

    @property
    def share(self) -> str:
        return "fragment" if self.is_fragment else "query" if self.query else "page"


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent to one reader."""

    status: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


class CachedPages:
    """WSGI: the kept answer if there is a right one; else the application's, kept if it may be."""

    def __init__(
        self,
        app: Flask,
        inner: Application,
        *,
        max_bytes: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._inner = inner
        self._clock = clock
        self._urls = app.url_map.bind("localhost")
        self._known: dict[tuple[str, str], str | None] = {}
        self._session_cookie = f"{app.config['SESSION_COOKIE_NAME']}="
        self.cache = PageCache(max_bytes, shares=SHARES, clock=clock)
        with app.app_context():
            self.freshness = freshness_of(db.engine)
        # The generation of now, the one before, and since when this process knows.
        self._turned: tuple[Generation | None, Generation | None, float] = (None, None, 0.0)
        # What makes pages anew before anybody asks; only where there is a server.
        self.remaker: Remaker | None = None

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        if self.remaker is not None:
            self.remaker.wake()
        key = self._key(
            method,
            environ.get("PATH_INFO", ""),
            environ.get("QUERY_STRING", ""),
            lambda name: environ.get(f"HTTP_{name}", ""),
        )
        page = self._page(key, environ) if key else None
        if key is None or page is None:
            return self._inner(environ, start_response)
        encoding = http.best_encoding(environ.get("HTTP_ACCEPT_ENCODING", ""))
        body = self._body(key, page, encoding)
        answer = answer_with(page.status, body, method, environ.get("HTTP_IF_NONE_MATCH", ""))
        start_response(answer.status, list(answer.headers))
        return [answer.body] if answer.body else []

    def kept(
        self, method: str, path: str, query: str, header: Callable[[str], str]
    ) -> Answer | None:
        """The answer, if it is here and known to be right without asking anybody: this is called
        in the server's I/O loop. ``header`` takes names as WSGI writes them, without HTTP_."""
        generation = self.freshness.known()
        key = self._key(method, path, query, header) if generation else None
        page = self.cache.find(key, generation) if key and generation else None
        if page is None:
            return None
        body = page.bodies.get(http.best_encoding(header("ACCEPT_ENCODING")))
        return answer_with(page.status, body, method, header("IF_NONE_MATCH")) if body else None

    def forget(self, path: str) -> None:
        """Make the page at this address anew for whoever asks next, in this process."""
        for is_fragment in (False, True):
            self.cache.drop(Key(path, "", is_fragment))

    def make_anew(self) -> None:
        """From the next request on, make pages anew in the background when they have changed."""
        self.remaker = Remaker(self._app, self)

    def key_of(self, path: str) -> Key | None:
        """The page at this plain address; None if there is none, or it is not kept."""
        return self._key("GET", path, "", lambda _name: "")

    def generation(self) -> Generation:
        """The generation of now; notes when it turns. Raises if the database is away."""
        generation = self.freshness.generation()
        now, before, _ = self._turned
        # None comes back: the one before is what a slower thread has read.
        if generation not in (now, before):
            self._turned = (generation, now, self._clock())
        return generation

    def remake(self, key: Key, generation: Generation, environ: dict[str, Any]) -> bool:
        """Make a page for this generation, unless it is there; whether it was made."""
        with self.cache.turn(key):
            old = self.cache.find_quietly(key)
            if old is not None and self.cache.is_right(old, generation):
                return False
            page = self._render(key, environ, generation)
            if not _may_be_kept(page):
                return False
            # In the encodings that were asked for, all before it can be found.
            asked = list(old.bodies) if old is not None else ["br"]
            page.bodies = {encoding: _packed(page.bodies[""], encoding) for encoding in asked}
            self.cache.keep(key, page, key.share)
            return True

    def _key(self, method: str, path: str, raw: str, header: Callable[[str], str]) -> Key | None:
        if method not in {"GET", "HEAD"} or len(path) + len(raw) > MAX_ADDRESS_CHARACTERS:
            return None
        try:
            query = self._known[path, raw]
        except KeyError:
            query = self._canonical(path, raw)
            if len(self._known) >= MAX_KNOWN_ADDRESSES:
                self._known.clear()
            if len(path) + len(raw) <= MAX_KNOWN_CHARACTERS:
                self._known[path, raw] = query
        return None if query is None else Key(path, query, http.asks_for_fragment(header))

    def _canonical(self, path: str, raw: str) -> str | None:
        """The query as far as the page depends on it, in one form; None: not to be kept."""
        try:
            endpoint, _ = self._urls.match(path.encode("latin-1").decode("utf-8"), method="GET")
        except (HTTPException, RequestRedirect, UnicodeError):
            return None
        parameters = cached_parameters(self._app.view_functions[endpoint])
        if parameters is None:
            return None
        # As Flask reads it: the first of several counts.
        asked: dict[str, str] = {}
        # Some send letters as they are, which WSGI gives byte for byte.
        typed = raw.encode("latin-1", "replace").decode("utf-8", "replace")
        for name, value in parse_qsl(typed, keep_blank_values=True, max_num_fields=None):
            asked.setdefault(name, value)
        kept = {}
        for name in parameters:
            value = asked.get(name, "")
            if name == "trang":
                number = read_page_number(value)
                value = str(number) if number > 1 else ""
            if value:
                kept[name] = value
        return urlencode(kept)

    def _page(self, key: Key, environ: dict[str, Any]) -> Page | None:
        try:
            generation = self.generation()
        except SQLAlchemyError:
            # The database is away: what was last known is better than nothing.
            return self.cache.find_stale(key)
        except Exception as error:
            if not _is_of_driver(error):
                raise
            return self.cache.find_stale(key)
        page = self.cache.find(key, generation)
        if page is not None:
            return page
        old = self._stand_in(key, generation, environ)
        if old is not None and self.remaker is not None and old.generation == generation:
            # Only what it counts is a minute old: nobody waits for that.
            self.remaker.ask(key)
            return old
        with self.cache.turn(key, wait_s=WAIT_S if old is None else PATIENCE_S) as is_mine:
            page = self.cache.find(key, generation)
            if page is not None:
                return page
            if old is not None and not is_mine:
                return old
            page = self._render(key, environ, generation)
            if _may_be_kept(page):
                self.cache.keep(key, page, key.share)
            elif page.status.startswith("5") and (stale := self.cache.find_stale(key)) is not None:
                return stale
            return page

    def _stand_in(self, key: Key, generation: Generation, environ: dict[str, Any]) -> Page | None:
        """The page before this one, where it may be shown while the new one is made: it was right
        a moment ago, and whoever asks is no one who may have changed it."""
        if self._session_cookie in environ.get("HTTP_COOKIE", ""):
            return None
        page = self.cache.find_quietly(key)
        if page is None:
            return None
        if page.generation == generation:
            return page if self._clock() - page.made_at < 2 * KEEP_S else None
        now, before, since = self._turned
        was_right = now == generation and page.generation == before
        return page if was_right and self._clock() - since < STAND_IN_S else None

    def _body(self, key: Key, page: Page, encoding: str) -> Body:
        """The page in an encoding, packed when it is first asked for in it."""
        body = page.bodies.get(encoding)
        if body is None:
            body = _packed(_plain(page), encoding)
            # Nearly everybody takes it packed, in a quarter of the memory. Whoever does not has it
            # unpacked, which takes a tenth of a millisecond.
            self.cache.add_body(key, page, encoding, body, instead_of="" if encoding else None)
        return body

    def _render(self, key: Key, environ: dict[str, Any], generation: Generation) -> Page:
        """The application's answer to what the key says, and to nothing else of the request."""
        asked = {name: value for name, value in environ.items() if name not in NOT_FOR_THE_PAGE}
        asked.update(REQUEST_METHOD="GET", PATH_INFO=key.path, QUERY_STRING=key.query)
        asked.pop("HTTP_HX_REQUEST", None)
        if key.is_fragment:
            asked["HTTP_HX_REQUEST"] = "true"
        # Werkzeug and WSGI servers know the address by these too.
        for name in ("REQUEST_URI", "RAW_URI"):
            asked.pop(name, None)
        chunks, status, headers = run_wsgi_app(self._inner, asked, buffered=True)
        plain = Body(tuple(headers), b"".join(chunks))
        return Page(status, {"": plain}, generation, self._clock())


def freshness_of(engine: Engine) -> Freshness:
    """The version of the content, asked for as often as it costs little."""
    return Freshness(engine, every_s=0.0 if engine.dialect.name == "sqlite" else POSTGRES_EVERY_S)


def _is_of_driver(error: Exception) -> bool:
    """Whether the database's own driver speaks, past SQLAlchemy."""
    return bool(re.match(r"(sqlite3|psycopg)", type(error).__module__))


def _may_be_kept(page: Page) -> bool:
    headers = Headers(list(page.bodies[""].headers))
    return (
        page.status[:3] in KEPT_STATUSES
        and "public" in headers.get("Cache-Control", "")
        and "Set-Cookie" not in headers
    )


def _packed(plain: Body, encoding: str) -> Body:
    """A page in an encoding, as ``http.public`` would have sent it."""
    headers = Headers(list(plain.headers))
    is_packed = encoding and "Accept-Encoding" in headers.get("Vary", "")
    if not is_packed or len(plain.body) < http.MIN_COMPRESSED_BYTES:
        return plain
    body = http.compressed(plain.body, encoding, is_kept=True)
    # A strong tag names exact bytes, so each encoding has its own.
    headers["ETag"] = f'"{headers["ETag"].strip(chr(34))}-{encoding}"'
    headers["Content-Encoding"] = encoding
    headers["Content-Length"] = str(len(body))
    return Body(tuple(headers.to_wsgi_list()), body)


def _plain(page: Page) -> Body:
    """The page as it was rendered, whichever of its encodings are kept."""
    bodies = dict(page.bodies)  # another thread may add one
    return bodies[""] if "" in bodies else _unpacked(next(iter(bodies.values())))


def _unpacked(packed: Body) -> Body:
    """What ``_packed`` was given."""
    headers = Headers(list(packed.headers))
    encoding = headers.pop("Content-Encoding", "")
    if not encoding:
        return packed
    body = http.decompressed(packed.body, encoding)
    headers["ETag"] = f'"{headers["ETag"].strip(chr(34)).removesuffix(f"-{encoding}")}"'
    headers["Content-Length"] = str(len(body))
    return Body(tuple(headers.to_wsgi_list()), body)


def answer_with(status: str, body: Body, method: str, if_none_match: str) -> Answer:
    """What a page answers to this request: all of it, its head, or that it has not changed."""
    if if_none_match and status.startswith("200"):
        headers = Headers(list(body.headers))
        tag = headers.get("ETag", "").strip('"')
        if tag and parse_etags(if_none_match).contains_weak(tag):
            remove_entity_headers(headers)
            return Answer("304 NOT MODIFIED", tuple(headers.to_wsgi_list()), b"")
    return Answer(status, body.headers, b"" if method == "HEAD" else body.body)
