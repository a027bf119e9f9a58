"""One process per core, and a parent that keeps them going.

The parent has made the application and opened the listening sockets; its children are copies of it
(``os.fork``), so they start in milliseconds and share what was loaded. It serves nothing itself: it
starts again what dies, with growing pauses, and ends all of them in order when it is told to.

A child ends with its parent, however that ended: it holds one end of a pipe of which the parent has
the other.
"""

import gc
import logging
import mmap
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

log = logging.getLogger("site.processes")

# One that lived so long had started; what ends it later is another matter.
HEALTHY_AFTER_S = 1.0
FIRST_PAUSE_S = 0.2
MAX_PAUSE_S = 30.0
# So often in succession, with nobody serving: the site cannot start.
MAX_FAILURES = 4
# Who has not ended by then after SIGTERM is killed: serving.DRAIN_S and what follows it.
KILL_AFTER_S = 20.0
MANY = 2**62
CPU_QUOTA = Path("/sys/fs/cgroup/cpu.max")
# Windows has no SIGHUP.
TOLD_BY = {
    getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, name)
}


class CannotStartError(Exception):
    """Whatever was started has ended at once, each time."""


@dataclass
class Part:
    """What one child does; ``run`` returns when the child is told to end."""

    name: str
    run: Callable[[], None]
    # None: wherever the system puts it.
    core: int | None = None
    # Without those that serve there is no site; the others may come later.
    serves: bool = True
    # Called in the parent when it has ended, however that was.
    on_end: Callable[[], None] = lambda: None
    pid: int = field(default=0, init=False)
    started_at: float = field(default=0.0, init=False)
    start_at: float = field(default=0.0, init=False)
    failures: int = field(default=0, init=False)

    def is_healthy(self, now: float) -> bool:
        return bool(self.pid) and now - self.started_at >= HEALTHY_AFTER_S


def cores() -> list[int]:
    """The cores that this process may use, as far as the platform tells; else as many numbers."""
    try:
        usable = sorted(os.sched_getaffinity(0))
    except AttributeError:
        usable = list(range(os.cpu_count() or 1))
    return usable[: max(1, min(len(usable), _quota(CPU_QUOTA)))]


def _quota(path: Path) -> int:
    """How many cores' worth of time a container is given; many, if nobody says."""
    try:
        quota, period = path.read_text("ascii").split()
        return -(-int(quota) // int(period))
    except (OSError, ValueError):
        return sys.maxsize


def default_count() -> int:
    """One for each core. One where a process cannot be copied (Windows), or not safely once
    system libraries are loaded (macOS)."""
    if not hasattr(os, "fork") or sys.platform == "darwin":
        return 1
    return len(cores())


def raise_file_limit() -> int:
    """Allow as many open files (connections among them) as the system lets us; how many."""
    try:
        import resource
    except ImportError:  # Windows, which has no such limit
        return sys.maxsize
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        # Some systems say “unlimited” and mean less.
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            soft = hard
    return sys.maxsize if soft == resource.RLIM_INFINITY else soft


def shared_numbers(count: int) -> memoryview:
    """So many whole numbers that a process and its copies share; MANY each, to begin with."""
    numbers = memoryview(mmap.mmap(-1, 8 * count)).cast("q")
    for index in range(count):
        numbers[index] = MANY
    return numbers


def pin(core: int | None) -> None:
    """Stay on one core: what wakes up finds its caches there. Where the platform can."""
    if core is not None and hasattr(os, "sched_setaffinity"):
        with suppress(OSError):
            os.sched_setaffinity(0, {core})


def run(parts: Sequence[Part], *, on_stop: Callable[[], None]) -> None:
    """Run all parts until SIGTERM, SIGINT or SIGHUP; raises CannotStartError.

    ``on_stop`` is called in the parent before the children are told, to close what it has opened
    for them. No other thread may be running: a copy of the process would lack it.
    """
    Family(parts, on_stop=on_stop).run()


class Family:
    """The parent's side."""

    def __init__(self, parts: Sequence[Part], *, on_stop: Callable[[], None]) -> None:
        self.parts = parts
        self.on_stop = on_stop
        self.is_stopping = False
        self.lifeline, self._alive = os.pipe()
        self._woken, self._wake = os.pipe()
        for end in (self._woken, self._wake):
            os.set_blocking(end, False)

    def run(self) -> None:
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        for number in TOLD_BY:
            # “nohup” has asked for SIGHUP to be ignored.
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        # What there is stays shared with the children: collecting would write into its pages.
        gc.collect()
        gc.freeze()
        failed = False
        while not self.is_stopping:
            now = time.monotonic()
            self._reap(now)
            if self._cannot_start(now):
                failed = True
                break
            for part in self.parts:
                if not part.pid and now >= part.start_at:
                    self._start(part, now)
            self._wait(now)
        self._end()
        if failed:
            raise CannotStartError

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        if self.is_stopping:
            # Whoever asks twice does not want to wait.
            self._tell(signal.SIGKILL)
        self.is_stopping = True

    def _start(self, part: Part, now: float) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        # What arrives in between must not find the parent's handlers in the child.
        signal.pthread_sigmask(signal.SIG_BLOCK, TOLD_BY)
        pid = os.fork()
        if pid:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, TOLD_BY)
            part.pid, part.started_at = pid, now
            return
        status = 1
        try:
            self._begin_as_child(part)
            part.run()
            status = 0
        except SystemExit as leaving:
            status = leaving.code if isinstance(leaving.code, int) else 0
        except BaseException:
            log.exception("%s ended", part.name)
        finally:
            with suppress(Exception):
                sys.stdout.flush()
                sys.stderr.flush()
            # Nothing of the parent's is put in order here.
            os._exit(status)

    def _begin_as_child(self, part: Part) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, leave)
        # A terminal tells the whole group; the parent tells us.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, TOLD_BY)
        for end in (self._alive, self._woken, self._wake):
            os.close(end)
        threading.Thread(target=end_with, args=(self.lifeline,), daemon=True).start()
        pin(part.core)

    def _reap(self, now: float) -> None:
        for part in self.parts:
            if not part.pid:
                continue
            pid, status = os.waitpid(part.pid, os.WNOHANG)
            if not pid:
                continue
            part.failures = 1 if part.is_healthy(now) else part.failures + 1
            pause_s = min(FIRST_PAUSE_S * 4 ** (part.failures - 1), MAX_PAUSE_S)
            # The first time readers should not notice.
            part.start_at = now + (pause_s if part.failures > 1 else 0.0)
            part.pid = 0
            part.on_end()
            if not self.is_stopping:
                code = os.waitstatus_to_exitcode(status)
                log.error("%s ended (%s); it is started again", part.name, _said(code))

    def _cannot_start(self, now: float) -> bool:
        serving = [part for part in self.parts if part.serves]
        return all(part.failures >= MAX_FAILURES for part in serving) and not any(
            part.is_healthy(now) for part in serving
        )

    def _wait(self, now: float) -> None:
        waits = [part.start_at - now for part in self.parts if not part.pid]
        timeout = max(0.0, min(waits)) if waits else None
        select.select([self._woken], [], [], timeout)
        with suppress(BlockingIOError):
            while os.read(self._woken, 512):
                pass

    def _end(self) -> None:
        self.is_stopping = True
        self.on_stop()
        self._tell(signal.SIGTERM)
        kill_at = time.monotonic() + KILL_AFTER_S
        while any(part.pid for part in self.parts):
            self._reap(time.monotonic())
            if time.monotonic() >= kill_at:
                self._tell(signal.SIGKILL)
            select.select([self._woken], [], [], 0.1)
            with suppress(BlockingIOError):
                os.read(self._woken, 512)

    def _tell(self, number: signal.Signals) -> None:
        for part in self.parts:
            if part.pid:
                with suppress(ProcessLookupError):
                    os.kill(part.pid, number)


def end_with(lifeline: int) -> None:
    """Wait until the parent is gone, and end this process as it would have told us to."""
    while os.read(lifeline, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def leave(_signal: int, _frame: object) -> None:
    """What SIGTERM does to a part that has no way of its own to end."""
    raise SystemExit(0)


def _said(code: int) -> str:
    if code >= 0:
        return f"exit {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
