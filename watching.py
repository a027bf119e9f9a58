"""Waits for the sockets of the server, at a cost that does not grow with connections at rest.

waitress asks every connection, before each wait, what it waits for: with thousands at rest that is
most of what the loop does. Here the system remembers (epoll), and only those are asked again to
which something has happened: who had an event, who has come, whom a thread has answered, and all of
them once a second, for what changes by itself (connections that have been silent for long).

A thread that has answered says so to the system itself (``look_at``): to wake the loop for that, as
waitress does, takes the processor from whoever makes the next page.

waitress is pinned: this stands on what its loop asks of a connection (``wasyncore.poll2``).
"""

import select
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from waitress import wasyncore

# How late what happens to a connection by itself may be noticed.
LOOK_S = 1.0


class Watcher:
    """One turn of the loop after another, like ``wasyncore.poll2``, for Linux."""

    def __init__(self, watched: dict[int, Any]) -> None:
        self._watched = watched
        self._epoll = select.epoll()
        # By descriptor: whose it was when it was last looked at, and what is waited for.
        self._known: dict[int, tuple[Any, int]] = {}
        self._listening: set[int] = set()
        self._touched: set[int] = set()
        self._lock = threading.Lock()
        self._looked_at = float("-inf")

    def turn(self, timeout_s: float) -> None:
        """Wait for something to happen, and let whom it concerns handle it."""
        self._look()
        for number, flags in self._epoll.poll(min(timeout_s, LOOK_S)):
            one = self._watched.get(number)
            if one is None:
                self._forget(number)
                continue
            is_listening = one.accepting
            wasyncore.readwrite(one, flags)
            self._touched.add(number)
            if is_listening:
                # A connection that has come stands last.
                self._touched.add(next(reversed(self._watched)))

    def look_at(self, one: Any) -> None:
        """Ask this connection anew what it waits for; from any thread, at any time."""
        number = one._fileno
        if number is not None and self._watched.get(number) is one:
            # It may be closed at this very moment.
            with suppress(OSError, ValueError):
                self._wait_for(number, one)

    def close(self) -> None:
        self._epoll.close()

    def _look(self) -> None:
        now = time.monotonic()
        if now - self._looked_at >= LOOK_S:
            self._looked_at = now
            self._look_at({*self._known, *self._watched})
        else:
            self._look_at([*self._touched, *self._listening])

    def _look_at(self, numbers: Iterable[int]) -> None:
        self._touched.clear()
        for number in numbers:
            one = self._watched.get(number)
            if one is None:
                self._listening.discard(number)
                self._forget(number)
                continue
            if one.accepting:
                # It counts the connections each time, and tidies up.
                self._listening.add(number)
            self._wait_for(number, one)

    def _wait_for(self, number: int, one: Any) -> None:
        # What it waits for is asked within, or an older answer might be the last to be noted.
        with self._lock:
            flags = select.EPOLLIN | select.EPOLLPRI if one.readable() else 0
            # A listening socket is never written to.
            if one.writable() and not one.accepting:
                flags |= select.EPOLLOUT
            before, waited_for = self._known.get(number, (None, 0))
            if before is one and waited_for == flags:
                return
            if not flags:
                # Or it would be told again and again that the other side has gone.
                self._unregister(number)
            elif before is one and waited_for:
                self._epoll.modify(number, flags)
            else:
                self._register(number, flags)
            self._known[number] = (one, flags)

    def _register(self, number: int, flags: int) -> None:
        try:
            self._epoll.register(number, flags)
        except FileExistsError:
            self._epoll.modify(number, flags)

    def _unregister(self, number: int) -> None:
        # What is closed the system has forgotten by itself.
        with suppress(OSError, ValueError):
            self._epoll.unregister(number)

    def _forget(self, number: int) -> None:
        with self._lock:
            if self._known.pop(number, None) is not None:
                self._unregister(number)
