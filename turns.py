"""Requests that only read are answered one after the other in each process, not all at once.

Python runs one thread at a time, and SQLite's driver gives the turn away at every step: four
threads that make pages together pass it on some forty times for each page, and make a third less
than one thread would. Threads that wait for a lock while they hold a request cost nearly as much,
so here a request is not handed to a thread before its turn.

waitress is pinned: this stands on the parts of its dispatcher that are named here.
"""

import time
from collections import deque
from typing import Any

from waitress.task import ThreadedTaskDispatcher

# Whoever reads for so long waits for something itself (a lock, a slow reader): others go on.
PATIENCE_S = 0.25
READING = frozenset({"GET", "HEAD"})


class TurnTaking(ThreadedTaskDispatcher):
    """Hands what only reads to one thread at a time, and everything else to whoever is free."""

    def __init__(self, *, patience_s: float = PATIENCE_S) -> None:
        super().__init__()
        self._patience_s = patience_s
        # waitress's own queue has what only reads.
        self._beside: deque[Any] = deque()
        # Who reads, and since when. After that long somebody else may.
        self._reader: int | None = None
        self._since = 0.0
        # Whether somebody who is free looks at the clock while requests wait for the reader.
        self._is_watched = False

    def add_task(self, task: Any) -> None:
        with self.lock:
            (self.queue if _only_reads(task) else self._beside).append(task)
            self._wake_one()

    def handler_thread(self, thread_no: int) -> None:
        is_reading = False
        while True:
            with self.lock:
                if is_reading and self._reader == thread_no:
                    self._reader = None
                while (task := self._take(thread_no, after_reading=is_reading)) is None:
                    if self.stop_count > 0:
                        self._leave(thread_no)
                        return
                    is_reading = False
                    self._wait()
                is_reading = self._reader == thread_no
                self._wake_one()
            try:
                task.service()
            except BaseException:
                self.logger.exception("Exception when servicing %r", task)

    def shutdown(self, cancel_pending: bool = True, timeout: float = 5) -> bool:
        with self.lock:
            self.queue.extend(self._beside)
            self._beside.clear()
        done: bool = super().shutdown(cancel_pending, timeout)
        return done

    def _may_read(self) -> bool:
        return self._reader is None or self._left_s() <= 0

    def _left_s(self) -> float:
        return self._since + self._patience_s - time.monotonic()

    def _take(self, thread_no: int, *, after_reading: bool) -> Any | None:
        """What this thread is to do next, if there is anything for it; it is the reader then, or
        not. One thread alone does both by turns, so that neither waits for the end of the other."""
        if self.stop_count > 0:
            return None
        may_read = bool(self.queue) and self._may_read()
        if self._beside and (after_reading or not may_read):
            return self._beside.popleft()
        if may_read:
            self._reader, self._since = thread_no, time.monotonic()
            return self.queue.popleft()
        return None

    def _wait(self) -> None:
        """Until there may be something to do. One at a time wakes up to see whether the reader
        takes too long."""
        watches = bool(self.queue) and not self._is_watched
        self._is_watched = self._is_watched or watches
        self.active_count -= 1
        self.queue_cv.wait(max(0.001, self._left_s()) if watches else None)
        self.active_count += 1
        if watches:
            self._is_watched = False

    def _wake_one(self) -> None:
        """If there is something that somebody else could do, or look after."""
        if self._beside or (self.queue and (self._may_read() or not self._is_watched)):
            self.queue_cv.notify()

    def _leave(self, thread_no: int) -> None:
        self.active_count -= 1
        self.stop_count -= 1
        self.threads.discard(thread_no)
        self.thread_exit_cv.notify()


def _only_reads(task: Any) -> bool:
    """Whether the request that comes next on this connection changes nothing."""
    requests = task.requests
    return bool(requests) and not requests[0].error and requests[0].command in READING
