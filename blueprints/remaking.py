"""Pages made anew in the background when what they show has changed, before readers ask.

One thread in each process that serves. It looks whether the content has another version, which
also lets the server's loop go on answering, and then makes first the pages that show what changed
(its own, the home page, its lists and feeds), then those that are held, the most asked for first.
"""

import logging
import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

from flask import Flask
from werkzeug.test import EnvironBuilder

from blueprints import languages, templating
from extensions import work
from models import Language
from services import listing
from services.content_version import Generation
from services.kinds import KINDS

if TYPE_CHECKING:
    from blueprints.caching import CachedPages, Key

log = logging.getLogger("site.pages")

# How often it looks: within what the server's loop takes for known while people read.
BUSY_S = 0.08
QUIET_S = 0.5
QUIET_AFTER_S = 10.0
AWAY_S = 2.0
# While one change follows another (an import), not each is answered with all pages.
ROUND_S = 0.5
# What is held beyond is made when somebody asks.
MAX_REMADE = 300
# A text is taken for what changed if it did so lately.
CHANGED_SINCE = timedelta(minutes=1)
MAX_CHANGED = 10


class Remaker:
    """Makes the pages of one process anew. ``wake`` starts it, at the first request."""

    def __init__(self, app: Flask, pages: "CachedPages") -> None:
        self._app = app
        self._environ = EnvironBuilder(base_url=str(app.config["SITE_URL"])).get_environ()
        self._environ |= {"REMOTE_ADDR": "127.0.0.1", "wsgi.multithread": True}
        # What nobody holds any more needs no thread.
        self._pages = weakref.ref(pages)
        self._asked: deque[Key] = deque(maxlen=MAX_REMADE)
        self._last_request = 0.0
        # The generation for which pages were last made.
        self.seen: Generation | None = None
        self._started_in = 0
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        """Somebody asks for pages of this process."""
        self._last_request = time.monotonic()
        # A process that was forked off has no threads of its parent.
        if self._started_in != os.getpid():
            with self._lock:
                if self._started_in != os.getpid() and not self._stopped.is_set():
                    self._started_in = os.getpid()
                    self._thread = threading.Thread(
                        target=self._run, name="pages-remaker", daemon=True
                    )
                    self._thread.start()

    def ask(self, key: "Key") -> None:
        """Have a page made that is held and old."""
        if key not in self._asked:
            self._asked.append(key)

    def stop(self) -> None:
        self._stopped.set()
        if self._thread is not None and self._started_in == os.getpid():
            self._thread.join(timeout=5)

    def _run(self) -> None:
        wait_s, next_round = BUSY_S, 0.0
        while not self._stopped.wait(wait_s):
            pages = self._pages()
            if pages is None:
                return
            is_busy = time.monotonic() - self._last_request < QUIET_AFTER_S
            wait_s = BUSY_S if is_busy else QUIET_S
            try:
                generation = pages.generation()
                if self.seen in (None, generation):
                    self.seen = generation
                elif time.monotonic() >= next_round:
                    next_round = time.monotonic() + ROUND_S
                    self.after_change(generation)
                    self.seen = generation
                self.make_asked()
            except Exception:
                # The database is away, or a page is broken: those who ask are told.
                log.debug("pages are not made anew now", exc_info=True)
                wait_s = AWAY_S

    def make_asked(self) -> int:
        """Make what was asked for by ``ask``; returns how many were made."""
        pages, made = self._pages(), 0
        while pages is not None and self._asked and not self._stopped.is_set():
            made += self._make(pages, self._asked.popleft(), pages.generation())
        return made

    def after_change(self, generation: Generation) -> int:
        """Make what shows the change, then what is held; returns how many were made. Ends early
        when the next change is there."""
        pages = self._pages()
        if pages is None:
            return 0
        made = 0
        for key in self._changed(pages, generation):
            if self._stopped.is_set() or made >= MAX_REMADE or pages.generation() != generation:
                break
            made += self._make(pages, key, generation)
        return made

    def _changed(self, pages: "CachedPages", generation: Generation) -> "list[Key]":
        with work(writes=False), self._app.app_context():
            paths = list(paths_showing_changes(now=datetime.now(UTC)))
        showing = list(dict.fromkeys(key for path in paths if (key := pages.key_of(path))))
        held = cast("list[Key]", pages.cache.outdated(generation))
        return [*showing, *(key for key in held if key not in showing)]

    def _make(self, pages: "CachedPages", key: "Key", generation: Generation) -> bool:
        started = time.monotonic()
        is_made = pages.remake(key, generation, self._environ)
        if is_made:
            # Readers have the other half of the processor.
            self._stopped.wait(min(0.05, time.monotonic() - started))
        return is_made


def paths_showing_changes(*, now: datetime) -> Iterable[str]:
    """The pages that show what appeared, changed or went within the last minute: its own, and in
    its language the home page, its lists and feeds."""
    tree = templating.section_tree()
    for one in listing.changed_since(now - CHANGED_SINCE, now=now, limit=MAX_CHANGED):
        root = languages.PREFIX if one.language is Language.EN else ""
        yield root or "/"
        yield templating.publication_url(one)
        yield f"{root}/{KINDS[one.kind].path}"
        for node in tree.path(one.section_id):
            yield f"{root}/chuyen-muc/{node.slug}"
        yield from (f"{root}/rss.xml", f"{root}/{KINDS[one.kind].path}/rss.xml")
