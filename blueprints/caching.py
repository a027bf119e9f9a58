"""The page cache's WSGI front: answers what it has before Flask is asked.

Public pages are the same bytes for everybody (ADR 4), so one rendering serves all who ask. A view
that may be kept says so with ``@http.cached``, and names the parameters of the query that change
it; others make no new entry and do not reach the view.
"""

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import product
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException
from werkzeug.http import parse_etags, remove_entity_headers
from werkzeug.routing import RequestRedirect
from werkzeug.test import run_wsgi_app

from blueprints.http import (
    ENCODINGS,
    asks_for_fragment,
    best_encoding,
    cached_parameters,
    read_page_number,
)
from extensions import db
from services.content_version import Freshness
from services.page_cache import Page, PageCache

# For what another process changed; SQLite is asked for each page, which costs microseconds.
POSTGRES_EVERY_S = 0.25
KEPT_STATUSES = {"200", "410"}
MAX_KNOWN_ADDRESSES = 20_000
MAX_ADDRESS_CHARACTERS = 1_000
# What one person's request says of them or asks of the transport; the page does not depend on it.
NOT_FOR_THE_PAGE = (
    "HTTP_COOKIE",
    "HTTP_AUTHORIZATION",
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
    """What tells one kept answer from another."""

    path: str
    query: str
    encoding: str
    is_fragment: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent to one reader."""

    status: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


class CachedPages:
    """WSGI: the kept answer if there is a right one; else the application's, kept if it may be."""

    def __init__(self, app: Flask, inner: Application, *, max_bytes: int) -> None:
        self._app = app
        self._inner = inner
        self._urls = app.url_map.bind("localhost")
        self._known: dict[tuple[str, str], str | None] = {}
        self.cache = PageCache(max_bytes)
        with app.app_context():
            engine = db.engine
        every_s = 0.0 if engine.dialect.name == "sqlite" else POSTGRES_EVERY_S
        self.freshness = Freshness(engine, every_s=every_s)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        key = self._key(
            method,
            environ.get("PATH_INFO", ""),
            environ.get("QUERY_STRING", ""),
            lambda name: environ.get(f"HTTP_{name}", ""),
        )
        page = self._page(key, environ) if key else None
        if page is None:
            return self._inner(environ, start_response)
        answer = answer_with(page, method, environ.get("HTTP_IF_NONE_MATCH", ""))
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
        return answer_with(page, method, header("IF_NONE_MATCH")) if page else None

    def forget(self, path: str) -> None:
        """Make the page at this address anew for whoever asks next, in this process."""
        for encoding, is_fragment in product(ENCODINGS, (False, True)):
            self.cache.drop(Key(path, "", encoding, is_fragment))

    def _key(self, method: str, path: str, raw: str, header: Callable[[str], str]) -> Key | None:
        if method not in {"GET", "HEAD"} or len(path) + len(raw) > MAX_ADDRESS_CHARACTERS:
            return None
        try:
            query = self._known[path, raw]
        except KeyError:
            query = self._canonical(path, raw)
            if len(self._known) >= MAX_KNOWN_ADDRESSES:
                self._known.clear()
            self._known[path, raw] = query
        if query is None:
            return None
        encoding = best_encoding(header("ACCEPT_ENCODING"))
        return Key(path, query, encoding, asks_for_fragment(header))

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
        for name, value in parse_qsl(raw, keep_blank_values=True, max_num_fields=None):
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
            generation = self.freshness.generation()
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
        with self.cache.turn(key):
            page = self.cache.find(key, generation)
            if page is not None:
                return page
            status, headers, body = self._render(key, environ)
            page = Page(status, tuple(headers), body, generation, time.monotonic())
            if _may_be_kept(page):
                self.cache.keep(key, page)
            elif status.startswith("5") and (stale := self.cache.find_stale(key)) is not None:
                return stale
            return page

    def _render(self, key: Key, environ: dict[str, Any]) -> tuple[str, list[Any], bytes]:
        """The application's answer to what the key says, and to nothing else of the request."""
        asked = {name: value for name, value in environ.items() if name not in NOT_FOR_THE_PAGE}
        asked.update(
            REQUEST_METHOD="GET", QUERY_STRING=key.query, HTTP_ACCEPT_ENCODING=key.encoding
        )
        asked.pop("HTTP_HX_REQUEST", None)
        if key.is_fragment:
            asked["HTTP_HX_REQUEST"] = "true"
        # Werkzeug and WSGI servers know the address by these too.
        for name in ("REQUEST_URI", "RAW_URI"):
            asked.pop(name, None)
        chunks, status, headers = run_wsgi_app(self._inner, asked, buffered=True)
        return status, list(headers), b"".join(chunks)


def _is_of_driver(error: Exception) -> bool:
    """Whether the database's own driver speaks, past SQLAlchemy."""
    return bool(re.match(r"(sqlite3|psycopg)", type(error).__module__))


def _may_be_kept(page: Page) -> bool:
    headers = Headers(list(page.headers))
    return (
        page.status[:3] in KEPT_STATUSES
        and "public" in headers.get("Cache-Control", "")
        and "Set-Cookie" not in headers
    )


def answer_with(page: Page, method: str, if_none_match: str) -> Answer:
    """What this page answers to this request: all of it, its head, or that it has not changed."""
    if if_none_match and page.status.startswith("200"):
        headers = Headers(list(page.headers))
        tag = headers.get("ETag", "").strip('"')
        if tag and parse_etags(if_none_match).contains_weak(tag):
            remove_entity_headers(headers)
            return Answer("304 NOT MODIFIED", tuple(headers.to_wsgi_list()), b"")
    return Answer(page.status, page.headers, b"" if method == "HEAD" else page.body)
