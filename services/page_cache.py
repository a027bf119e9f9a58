"""Pages as they were sent, kept in memory while they are still right."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from services.content_version import Generation

# What a page changes by itself (its count of views, the most read) may be so old.
KEEP_S = 60.0
# Past it somebody who waits for another's rendering makes the page anew.
WAIT_S = 10.0
# What Python needs for an entry beside its body and headers, roughly.
ENTRY_BYTES = 1_500
# Of a class's share, so much is for pages that were asked for more than once.
PROTECTED = 0.8


@dataclass(frozen=True, slots=True)
class Body:
    """A page in one encoding: headers and bytes that belong together."""

    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def size_bytes(self) -> int:
        return len(self.body) + sum(len(name) + len(value) for name, value in self.headers)


@dataclass(slots=True)
class Page:
    """One answer: what is sent, and for how long it is what the site would answer."""

    status: str
    # By encoding; "" is the plain one. There is always one of them.
    bodies: dict[str, Body]
    generation: Generation
    made_at: float

    @property
    def size_bytes(self) -> int:
        # Two encodings may be the same bytes, if the page is too small to be packed.
        different = {id(body): body.size_bytes for body in self.bodies.values()}
        return ENTRY_BYTES + sum(different.values())


@dataclass(slots=True)
class _Slot:
    page: Page
    size_bytes: int
    group: str
    is_protected: bool = False
    # How often it was asked for; what was long ago counts less and less.
    asked: float = 0.0


@dataclass(slots=True)
class _Group:
    """The pages of one class, in the order in which they were last asked for."""

    share: float
    new: OrderedDict[Hashable, _Slot] = field(default_factory=OrderedDict)
    protected: OrderedDict[Hashable, _Slot] = field(default_factory=OrderedDict)
    used_bytes: int = 0
    protected_bytes: int = 0


class PageCache:
    """Pages by key, at most ``max_bytes`` of them.

    ``shares``: classes of pages, each with its part of the memory. One may use what the others
    leave free, and gives it back first: a flood of addresses of one class pushes out its own.
    Within a class, what was asked for once goes before what was asked for again, so that neither a
    crawler nor a flood pushes out what people read.
    """

    def __init__(
        self,
        max_bytes: int,
        *,
        shares: Mapping[str, float] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.max_bytes = max_bytes
        self.used_bytes = 0
        self._clock = clock
        self._slots: dict[Hashable, _Slot] = {}
        self._groups = {name: _Group(share) for name, share in (shares or {"": 1.0}).items()}
        self._lock = threading.Lock()
        self._rendering: dict[Hashable, threading.Lock] = {}

    def find(self, key: Hashable, generation: Generation) -> Page | None:
        """The page, if it is what the site would answer now."""
        page = self.find_stale(key)
        return page if page is not None and self.is_right(page, generation) else None

    def is_right(self, page: Page, generation: Generation) -> bool:
        """Whether a page of this cache is what the site would answer."""
        return page.generation == generation and self._clock() - page.made_at < KEEP_S

    def find_stale(self, key: Hashable) -> Page | None:
        """The page as it was when it was last made, right or not."""
        with self._lock:
            slot = self._slots.get(key)
            if slot is None:
                return None
            slot.asked += 1
            self._touch(key, slot)
            return slot.page

    def find_quietly(self, key: Hashable) -> Page | None:
        """The same, without being counted as somebody who asks."""
        slot = self._slots.get(key)
        return slot.page if slot is not None else None

    def keep(self, key: Hashable, page: Page, group: str = "") -> None:
        """Keep a page. One that would push out a large part of the others is not kept."""
        size = page.size_bytes
        if size > self.max_bytes // 16:
            return
        with self._lock:
            slot = self._slots.get(key)
            if slot is None:
                slot = self._slots[key] = _Slot(page, 0, group)
                self._groups[group].new[key] = slot
            slot.page, slot.asked = page, slot.asked / 2
            self._resize(slot, size)
            self._make_room()

    def add_body(
        self, key: Hashable, page: Page, encoding: str, body: Body, *, instead_of: str | None = None
    ) -> None:
        """Keep another encoding of a page that may be here, beside the others or for one."""
        with self._lock:
            page.bodies[encoding] = body
            if instead_of not in (None, encoding):
                page.bodies.pop(instead_of, None)
            slot = self._slots.get(key)
            if slot is not None and slot.page is page:
                self._resize(slot, page.size_bytes)
                self._make_room()

    def drop(self, key: Hashable) -> None:
        """Forget a page, if it is here."""
        with self._lock:
            if key in self._slots:
                self._remove(key)

    def outdated(self, generation: Generation) -> list[Hashable]:
        """The keys of pages that were made before this generation, the most asked for first."""
        with self._lock:
            found = [
                (slot.asked, key)
                for key, slot in self._slots.items()
                if slot.page.generation != generation
            ]
        found.sort(key=lambda one: one[0], reverse=True)
        return [key for _, key in found]

    @contextmanager
    def turn(self, key: Hashable, *, wait_s: float = WAIT_S) -> Iterator[bool]:
        """One at a time for each key: whoever comes second finds what the first has made.
        False: it took the first longer than ``wait_s``."""
        with self._lock:
            mine = self._rendering.setdefault(key, threading.Lock())
        got = mine.acquire(timeout=wait_s)
        try:
            yield got
        finally:
            if got:
                mine.release()
            with self._lock:
                if not mine.locked():
                    self._rendering.pop(key, None)

    def __len__(self) -> int:
        return len(self._slots)

    # ------------------------------------------------------------ with the lock held
    def _touch(self, key: Hashable, slot: _Slot) -> None:
        group = self._groups[slot.group]
        if slot.is_protected:
            group.protected.move_to_end(key)
            return
        # Asked for again since it was made: it is read by people, not passed by.
        del group.new[key]
        group.protected[key] = slot
        slot.is_protected = True
        group.protected_bytes += slot.size_bytes
        most = PROTECTED * group.share * self.max_bytes
        while group.protected_bytes > most and len(group.protected) > 1:
            oldest, its = group.protected.popitem(last=False)
            group.protected_bytes -= its.size_bytes
            its.is_protected = False
            group.new[oldest] = its

    def _resize(self, slot: _Slot, size: int) -> None:
        group, more = self._groups[slot.group], size - slot.size_bytes
        slot.size_bytes = size
        self.used_bytes += more
        group.used_bytes += more
        if slot.is_protected:
            group.protected_bytes += more

    def _make_room(self) -> None:
        while self.used_bytes > self.max_bytes:
            # Whoever has most of more than its share gives.
            group = max(self._groups.values(), key=lambda one: one.used_bytes / one.share)
            self._remove(next(iter(group.new or group.protected)))

    def _remove(self, key: Hashable) -> None:
        slot = self._slots.pop(key)
        self._resize(slot, 0)
        group = self._groups[slot.group]
        del (group.protected if slot.is_protected else group.new)[key]
