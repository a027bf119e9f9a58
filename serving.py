"""Kept pages answered in waitress's I/O loop, before a thread is asked.

A hit costs less than handing it to a thread and waking that thread up, and readers do not queue
behind slow requests. What is parsed is parsed by waitress; what is sent is what the WSGI front
(``blueprints/caching``) would send. Anything but a plain hit goes on to the threads as ever.

waitress is pinned: this stands on the parts of its channel that are named here.
"""

import select
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.task import WSGITask
from waitress.utilities import build_http_date

from blueprints.caching import Answer, CachedPages
from watching import Watcher

# The outermost buffer is sent in one go; larger pages would make the others wait.
MAX_LOOP_BYTES = 512 * 1024
# How long answers that are under way may take once the server is told to end.
DRAIN_S = 8.0
# A connection on which nothing was said for so long is at rest; one that has sent half a request
# may go on.
QUIET_S = 0.3
HALF_SENT_S = 2.0
# How long one process leaves a connection to another that has fewer.
TURN_S = 0.005


class Task(WSGITask):
    """waitress closes the connection after an answer without a length; 304 and 204 have none."""

    def set_close_on_finish(self) -> None:
        is_bodyless = getattr(self, "status", "")[:3] in {"204", "304"}
        asked_to_close = self.request.headers.get("CONNECTION", "").lower() == "close"
        if is_bodyless and self.version == "1.1" and not asked_to_close:
            return
        super().set_close_on_finish()


class KeptTask(Task):
    """Sends an answer that is there already, head and body in one piece."""

    def __init__(self, channel: Any, request: Any, answer: Answer) -> None:
        super().__init__(channel, request)
        self.answer = answer

    def execute(self) -> None:
        self.complete = True
        self.status = self.answer.status
        if self.version == "1.1" and "CONNECTION" not in self.request.headers:
            before, after = head_of(self.answer.status, self.answer.headers)
            head = before + http_date(int(self.start_time)) + after
        else:
            self.response_headers = list(self.answer.headers)
            head = self.build_response_header()
        self.wrote_header = True
        self.channel.write_soon(head + self.answer.body)


# Beside the memory of the pages, a kilobyte or two each.
@lru_cache(maxsize=1024)
def head_of(status: str, headers: tuple[tuple[str, str], ...]) -> tuple[bytes, bytes]:
    """The head as waitress writes it to HTTP/1.1, in two parts: the date goes between them."""
    lines = sorted(
        ("-".join(part.capitalize() for part in name.split("-")), value) for name, value in headers
    )
    before = "".join(f"{name}: {value}\r\n" for name, value in lines if name < "Date")
    after = "".join(f"{name}: {value}\r\n" for name, value in lines if name > "Date")
    return (
        f"HTTP/1.1 {status}\r\n{before}Date: ".encode("latin-1"),
        f"\r\n{after}\r\n".encode("latin-1"),
    )


@lru_cache(maxsize=2)
def http_date(second: int) -> bytes:
    return str(build_http_date(second)).encode("ascii")


class _Answering(threading.local):
    """Whose request this thread answers."""

    channel: "Channel | None" = None


answering = _Answering()


class Channel(HTTPChannel):
    """One connection, whose hits are answered where its bytes arrive."""

    task_class = Task
    # Set by ``mend``.
    pages: CachedPages | None
    # A request has come whole, and nobody has been given it yet.
    is_waiting = False

    def service(self) -> None:
        answering.channel = self
        try:
            super().service()
        finally:
            answering.channel = None

    def handle_read(self) -> None:
        super().handle_read()
        if self.server.is_ending:
            # Or a reader who asks on and on would keep the server from ending.
            ask_to_close(self)
        while self.is_waiting:
            self.is_waiting = False
            answer = self._kept()
            if answer is None:
                self.server.task_dispatcher.add_task(self)
            else:
                self.task_class = lambda channel, request, answer=answer: KeptTask(
                    channel, request, answer
                )
                try:
                    # Next requests of this connection wait again, in ``Loop.add_task``.
                    self.service()
                finally:
                    del self.task_class

    def _kept(self) -> Answer | None:
        request = self.requests[0]
        if (
            self.pages is None
            or request.error
            or request.body_rcv is not None
            or request.expect_continue
            or self.total_outbufs_len
            or not self.connected
            # waitress makes one slash of several when it makes the environment.
            or request.path.startswith("//")
        ):
            return None
        answer = self.pages.kept(
            request.command, request.path, request.query, lambda name: request.headers.get(name, "")
        )
        return answer if answer and len(answer.body) <= MAX_LOOP_BYTES else None


def listeners(server: Any) -> list[Any]:
    """What listens: one for each address of the host's name."""
    return [one for one in sockets_of(server).values() if hasattr(one, "channel_class")]


def sockets_of(server: Any) -> dict[int, Any]:
    """All that the loop looks after, by descriptor. With several addresses it has another name."""
    found: dict[int, Any] = server._map if hasattr(server, "_map") else server.map
    return found


def mend(server: Any, pages: CachedPages | None) -> None:
    """Make a server of ``waitress.create_server`` keep connections after a 304 and, given the
    kept pages, answer hits in its loop. Before it runs."""
    if pages is not None:
        pages.make_anew()
    for one in listeners(server):
        one.channel_class = type("Channel", (Channel,), {"pages": pages})
        one.is_ending = False
        one.watcher = None
        _wake_seldom(one)
        if pages is not None:
            _keep_in_loop(one)


def take_turns(server: Any, counts: Any, own: int) -> None:
    """Leave new connections to a process that has fewer, if it takes them soon.

    ``counts`` has a number for each process, in memory that they share. The first that wakes up
    would otherwise take all that come at once, and the other cores look on.
    """
    for one in listeners(server):
        _take_turns(one, counts, own)


def _take_turns(one: Any, counts: Any, own: int) -> None:
    accept = one.handle_accept
    left_since = 0.0

    def handle_accept() -> None:
        nonlocal left_since
        counts[own] = len(one.active_channels)
        if counts[own] > min(counts) + 1 and not one.is_ending:
            moment = time.monotonic()
            left_since = left_since or moment
            if moment - left_since < TURN_S:
                return
        left_since = 0.0
        accept()
        counts[own] = len(one.active_channels)

    one.handle_accept = handle_accept


def _wake_seldom(server: Any) -> None:
    wake = server.pull_trigger

    def pull_trigger() -> None:
        watcher, channel = server.watcher, answering.channel
        if watcher is None or channel is None:
            wake()
        else:
            watcher.look_at(channel)

    server.pull_trigger = pull_trigger


def _keep_in_loop(server: Any) -> None:
    in_threads, wake = server.add_task, server.pull_trigger
    loop_thread: list[int] = []

    def is_loop() -> bool:
        return bool(loop_thread) and threading.get_ident() == loop_thread[0]

    def handle_accept(accept: Any = server.handle_accept) -> None:
        # waitress accepts where it reads: in the loop.
        if not loop_thread:
            loop_thread.append(threading.get_ident())
        accept()

    def add_task(channel: Channel) -> None:
        if is_loop():
            channel.is_waiting = True
        else:
            in_threads(channel)

    def pull_trigger() -> None:
        if not is_loop():
            wake()

    server.handle_accept, server.add_task, server.pull_trigger = (
        handle_accept,
        add_task,
        pull_trigger,
    )


def run(server: Any, *, told_by: Iterable[int], drain_s: float = DRAIN_S) -> None:
    """Serve until one of these signals, then answer what is under way, and return.

    The second signal does what it does by itself. In the main thread, which signals need.
    """
    is_told = False
    listening = listeners(server)

    def tell(_number: int, _frame: object) -> None:
        nonlocal is_told
        is_told = True
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)
        for one in listening:
            one.trigger.pull_trigger()

    numbers = [number for number in told_by if signal.getsignal(number) is not signal.SIG_IGN]
    for number in numbers:
        signal.signal(number, tell)
    with turning(server) as turn:
        while not is_told:
            turn(server.adj.asyncore_loop_timeout)
    drain(server, until=time.monotonic() + drain_s)


@contextmanager
def turning(server: Any) -> Iterator[Callable[[float], None]]:
    """What takes one turn of the loop, waiting for at most so many seconds."""
    watched = sockets_of(server)
    if not hasattr(select, "epoll"):
        yield lambda timeout_s: _turn(server, watched, timeout_s=timeout_s)
        return
    watcher = Watcher(watched)
    for one in listeners(server):
        one.watcher = watcher
    try:
        yield watcher.turn
    finally:
        for one in listeners(server):
            one.watcher = None
        watcher.close()


def drain(server: Any, *, until: float) -> None:
    """Let nobody new in, answer what is under way, close each connection when it is quiet."""
    watched = sockets_of(server)
    listening = listeners(server)
    for one in listening:
        one.is_ending = True
        # Who is in the queue of the socket has been let in by the system already.
        count = -1
        while count != len(watched):
            count = len(watched)
            one.handle_accept()
        wasyncore.dispatcher.close(one)
    for channel in _channels(listening):
        ask_to_close(channel)
    while (open_ones := _channels(listening)) and time.monotonic() < until:
        now = time.time()
        for channel in open_ones:
            silent_s = now - channel.last_activity
            if channel.requests or channel.total_outbufs_len:
                continue
            if silent_s > (QUIET_S if channel.request is None else HALF_SENT_S):
                channel.will_close = True
        _turn(server, watched, timeout_s=0.05)
    server.task_dispatcher.shutdown(timeout=1)
    wasyncore.close_all(watched, ignore_all=True)


def ask_to_close(channel: Any) -> None:
    """Let the connection end with the answers to what has come on it."""
    with channel.requests_lock:
        for request in channel.requests:
            request.headers["CONNECTION"] = "close"


def _channels(listening: list[Any]) -> list[Any]:
    return [channel for one in listening for channel in one.active_channels.values()]


def _turn(server: Any, watched: dict[int, Any], *, timeout_s: float) -> None:
    wasyncore.loop(timeout_s, server.adj.asyncore_use_poll, watched, count=1)
