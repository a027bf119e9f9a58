"""Readings counted before Flask is asked: into a journal, and from there into the database.

What a browser's page sends by itself, from somebody who is not logged in, is answered here, with
what the route would answer (``blueprints/public/reading``); everything else goes on to the route,
which counts in the database at once.
"""

import hashlib
import logging
import re
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask
from limits import parse
from sqlalchemy.exc import SQLAlchemyError

from blueprints.caching import freshness_of
from blueprints.public.reading import READINGS, SAME_SITE, count_fragment
from extensions import db, limiter, work
from models import Language
from services import views
from services.content_version import Generation
from services.view_journal import FileJournals, Journals, RedisJournals, line_of

log = logging.getLogger("site.counting")

Application = Callable[..., Iterable[bytes]]

FOLD_EVERY_S = 1.0
PRUNE_EVERY_S = 600.0
# By then nobody holds what was in a journal that has been folded.
FORGET_AFTER_S = 600.0
MAX_KNOWN = 20_000
FOLDER = "readings"

_ADDRESS = re.compile(r"(/en)?/luot-xem/([1-9][0-9]{0,9})")
_LAST_NUMBER = 2**31 - 1
_ENDPOINTS = {Language.VI: "public.record_view", Language.EN: "en.public.record_view"}
_POINTS = {Language.VI: ".", Language.EN: ","}
# A number that is nowhere else in the fragment.
_SAMPLE = 8


@dataclass(slots=True)
class Waiting:
    """What was acknowledged and is not in the database yet."""

    totals: Counter[int] = field(default_factory=Counter)
    visitors: set[tuple[int, str]] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Shape:
    """The answer in one language, around its number."""

    headers: tuple[tuple[str, str], ...]
    before: str
    after: str
    point: str

    def body(self, total: int) -> bytes:
        return f"{self.before}{total:,}{self.after}".replace(",", self.point).encode()


class CountedViews:
    """WSGI: counts what it can in the journal; ``start`` has the journals folded."""

    def __init__(self, app: Flask, inner: Application, journals: Journals) -> None:
        self._app = app
        self._inner = inner
        self._journals = journals
        self._limit = parse(READINGS)
        self._cookie = f"{app.config['SESSION_COOKIE_NAME']}="
        self._shapes = {language: _shape(app, language) for language in Language}
        with app.app_context():
            engine = db.engine
        self._standing = views.Standing(engine)
        pages = app.extensions.get("pages")
        self._freshness = pages.freshness if pages else freshness_of(engine)
        self._public: dict[int, tuple[Generation, bool]] = {}
        self._lock = threading.Lock()
        # Since the last journal was ended; and before, until it is folded.
        self._fresh, self._ended = Waiting(), Waiting()
        self._has_failed = self._is_away = False
        self._pruned_at = float("-inf")
        self._dropped: deque[tuple[float, str]] = deque()
        self._folding = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="readings", daemon=True)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "POST":
            where = _ADDRESS.fullmatch(environ.get("PATH_INFO", ""))
            if where is not None and self._is_plain(environ):
                language = Language.EN if where[1] else Language.VI
                total = self._count(int(where[2]), language, environ)
                if total is not None:
                    shape = self._shapes[language]
                    body = shape.body(total)
                    headers = [*shape.headers, ("Content-Length", str(len(body)))]
                    start_response("200 OK", headers)
                    return [body]
        return self._inner(environ, start_response)

    def _is_plain(self, environ: dict[str, Any]) -> bool:
        return (
            environ.get("HTTP_HX_REQUEST") == "true"
            and environ.get("HTTP_SEC_FETCH_SITE", "same-origin") in SAME_SITE
            and self._cookie not in environ.get("HTTP_COOKIE", "")
            and views.is_reader(
                user_agent=environ.get("HTTP_USER_AGENT", ""),
                is_prefetch="prefetch" in environ.get("HTTP_SEC_PURPOSE", ""),
            )
        )

    def _count(self, number: int, language: Language, environ: dict[str, Any]) -> int | None:
        """The total with this reading, which is in the journal then; None: for the route."""
        address = environ.get("REMOTE_ADDR") or "127.0.0.1"
        now = datetime.now(UTC)
        try:
            if number > _LAST_NUMBER or not self._is_public(number, now):
                return None
            if limiter.enabled and not limiter.limiter.hit(
                self._limit, address, _ENDPOINTS[language]
            ):
                return None
            reading = views.reading_of(
                publication_id=number,
                secret_key=self._app.config["SECRET_KEY"],
                address=address,
                user_agent=environ.get("HTTP_USER_AGENT", ""),
                now=now,
            )
            total, is_double = self._standing.of(reading)
            if not (is_double or self._is_waiting(reading)):
                self._journals.append(line_of(reading))
                with self._lock:
                    self._fresh.totals[number] += 1
                    self._fresh.visitors.add((number, reading.visitor_hash))
        except Exception:
            # Whatever is away: the route knows what to say. Told once, not for each reading.
            if not self._is_away:
                log.warning("readings go to the database at once", exc_info=True)
            self._is_away = True
            return None
        self._is_away = False
        return total + self._fresh.totals[number] + self._ended.totals[number]

    def _is_public(self, number: int, now: datetime) -> bool:
        generation = self._freshness.generation()
        known = self._public.get(number)
        if known is not None and known[0] == generation:
            return known[1]
        is_public = self._standing.is_public(publication_id=number, now=now)
        if len(self._public) >= MAX_KNOWN:
            self._public.clear()
        self._public[number] = (generation, is_public)
        return is_public

    def _is_waiting(self, reading: views.Reading) -> bool:
        key = (reading.publication_id, reading.visitor_hash)
        return key in self._fresh.visitors or key in self._ended.visitors

    # ------------------------------------------------------------ into the database
    def start(self) -> None:
        """Fold each second, beginning with what was left behind."""
        self.fold()
        self._thread.start()

    def stop(self) -> None:
        """Fold what there is, and end."""
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(FOLD_EVERY_S):
            self.fold()
        self.fold()

    def fold(self) -> None:
        """Add what is in the journals to the counters; what cannot be stays for the next time."""
        with self._folding:
            try:
                self._fold()
            except Exception:
                # Said once, not each second.
                if not self._has_failed:
                    log.exception("readings wait in their journal")
                self._has_failed = True
            else:
                self._has_failed = False

    def _fold(self) -> None:
        if not self._has_failed:
            self._journals.rotate()
            with self._lock:
                self._ended.totals.update(self._fresh.totals)
                self._ended.visitors |= self._fresh.visitors
                self._fresh = Waiting()
        for name in self._journals.ready():
            readings = self._journals.read(name)
            self._write(
                lambda now, name=name, readings=readings: views.fold(
                    name=name, readings=readings, now=now
                )
            )
            self._journals.drop(name)
            self._dropped.append((time.monotonic(), name))
        self._ended = Waiting()
        moment = time.monotonic()
        if moment - self._pruned_at >= PRUNE_EVERY_S:
            self._pruned_at = moment
            self._write(self._prune)

    def _prune(self, now: datetime) -> None:
        names = []
        while self._dropped and self._dropped[0][0] < time.monotonic() - FORGET_AFTER_S:
            names.append(self._dropped.popleft()[1])
        views.forget_folds(names=names, now=now)
        views.prune(now=now)

    def _write(self, what: Callable[[datetime], object]) -> None:
        with work(writes=True), self._app.app_context():
            try:
                what(datetime.now(UTC))
                db.session.commit()
            except SQLAlchemyError:
                db.session.rollback()
                raise


def journals_of(app: Flask) -> Journals:
    """Files of the instance folder, or Redis where one is set."""
    if not app.config["REDIS_URL"]:
        return FileJournals(Path(app.instance_path) / FOLDER)
    # Not above: most sites have none, and its client is 5 MB of every process.
    from redis import Redis

    # Two sites may share a Redis.
    site = hashlib.sha256(app.config["DATABASE_URL"].encode()).hexdigest()[:12]
    redis = Redis.from_url(app.config["REDIS_URL"], **app.config["RATELIMIT_STORAGE_OPTIONS"])
    return RedisJournals(redis, site=site)


def _shape(app: Flask, language: Language) -> Shape:
    """What the route answers, with all that is put on every answer."""
    prefix = "/en" if language is Language.EN else ""
    asked = {"path": f"{prefix}/luot-xem/1", "method": "POST", "headers": {"HX-Request": "true"}}
    with app.test_request_context(**asked) as context:
        response = app.process_response(count_fragment(1, _SAMPLE))
        headers = response.get_wsgi_headers(context.request.environ)
        before, after = response.get_data(as_text=True).split(str(_SAMPLE))
    headers.remove("Content-Length")
    return Shape(tuple(headers.to_wsgi_list()), before, after, _POINTS[language])
