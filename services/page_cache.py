"""Pages as they were sent, kept in memory while they are still right."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from services.content_version import Generation

# What a page changes by itself (its count of views, the most read) may be so old.
KEEP_S = 60.0
# Past it somebody who waits for another's rendering makes the page anew.
WAIT_S = 10.0
# What Python needs for an entry beside its body and headers, roughly.
ENTRY_BYTES = 1_500


@dataclass(frozen=True, slots=True)
class Page:
    """One answer: what is sent, and for how long it is what the site would answer."""

    status: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    generation: Generation
    made_at: float

    @property
    def size_bytes(self) -> int:
        return ENTRY_BYTES + len(self.body) + sum(len(n) + len(v) for n, v in self.headers)


class PageCache:
    """Pages by key, at most ``max_bytes`` of them: the one unused for longest goes first."""

    def __init__(self, max_bytes: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.max_bytes = max_bytes
        self.used_bytes = 0
        self._clock = clock
        self._pages: OrderedDict[Hashable, Page] = OrderedDict()
        self._lock = threading.Lock()
        self._rendering: dict[Hashable, threading.Lock] = {}

    def find(self, key: Hashable, generation: Generation) -> Page | None:
        """The page, if it is what the site would answer now."""
        page = self.find_stale(key)
        if page is None or page.generation != generation:
            return None
        return page if self._clock() - page.made_at < KEEP_S else None

    def find_stale(self, key: Hashable) -> Page | None:
        """The page as it was when it was last made, right or not."""
        with self._lock:
            page = self._pages.get(key)
            if page is not None:
                self._pages.move_to_end(key)
            return page

    def keep(self, key: Hashable, page: Page) -> None:
        """Keep a page. One that would push out a large part of the others is not kept."""
        if page.size_bytes > self.max_bytes // 16:
            return
        with self._lock:
            previous = self._pages.pop(key, None)
            if previous is not None:
                self.used_bytes -= previous.size_bytes
            self._pages[key] = page
            self.used_bytes += page.size_bytes
            while self.used_bytes > self.max_bytes:
                _, oldest = self._pages.popitem(last=False)
                self.used_bytes -= oldest.size_bytes

    def drop(self, key: Hashable) -> None:
        """Forget a page, if it is here."""
        with self._lock:
            page = self._pages.pop(key, None)
            if page is not None:
                self.used_bytes -= page.size_bytes

    @contextmanager
    def turn(self, key: Hashable) -> Iterator[None]:
        """One at a time for each key: whoever comes second finds what the first has made."""
        with self._lock:
            mine = self._rendering.setdefault(key, threading.Lock())
        got = mine.acquire(timeout=WAIT_S)
        try:
            yield
        finally:
            if got:
                mine.release()
            with self._lock:
                if not mine.locked():
                    self._rendering.pop(key, None)

    def __len__(self) -> int:
        return len(self._pages)
