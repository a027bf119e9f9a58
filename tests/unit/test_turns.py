"""What only reads is done one after the other, and nothing waits for ever for another."""

import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest

from turns import TurnTaking

WAIT_S = 10.0


class Work:
    """Requests of one connection each; notes how many of them are done at once."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.at_once = self.most = 0
        self.done: list[str] = []
        self.begun, self.all_done = threading.Semaphore(0), threading.Semaphore(0)

    def task(self, command: str, name: str = "", until: threading.Event | None = None) -> object:
        def service() -> None:
            with self.lock:
                self.at_once += 1
                self.most = max(self.most, self.at_once)
            self.begun.release()
            (until or threading.Event()).wait(WAIT_S if until else 0.01)
            with self.lock:
                self.at_once -= 1
                self.done.append(name or command)
            self.all_done.release()

        request = SimpleNamespace(command=command, error=None)
        return SimpleNamespace(requests=[request], service=service, cancel=lambda: None)

    def wait_for(self, count: int) -> None:
        for _ in range(count):
            assert self.all_done.acquire(timeout=WAIT_S)


Start = Callable[..., TurnTaking]


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[TurnTaking] = []

    def make(threads: int = 4, *, patience_s: float = WAIT_S) -> TurnTaking:
        started.append(TurnTaking(patience_s=patience_s))
        started[-1].set_thread_count(threads)
        return started[-1]

    yield make
    for one in started:
        one.shutdown(timeout=WAIT_S)
        assert not one.threads


def test_what_only_reads_is_done_one_after_the_other_in_the_order_of_asking(start: Start) -> None:
    work, dispatcher = Work(), start()
    names = [str(number) for number in range(12)]
    for name in names:
        dispatcher.add_task(work.task("GET", name))
    work.wait_for(len(names))
    assert (work.most, work.done) == (1, names)


def test_what_may_write_does_not_wait_for_a_reader(start: Start) -> None:
    work, dispatcher = Work(), start()
    is_over = threading.Event()
    dispatcher.add_task(work.task("GET", until=is_over))
    for _ in range(3):
        dispatcher.add_task(work.task("POST"))
    work.wait_for(3)
    assert work.done == ["POST"] * 3
    is_over.set()
    work.wait_for(1)


def test_who_reads_too_long_holds_nobody_up(start: Start) -> None:
    work, dispatcher = Work(), start(patience_s=0.05)
    is_over = threading.Event()
    for _ in range(2):
        dispatcher.add_task(work.task("GET", "long", until=is_over))
    for name in ("1", "2", "3"):
        dispatcher.add_task(work.task("GET", name))
    work.wait_for(3)
    assert work.done == ["1", "2", "3"]
    is_over.set()
    work.wait_for(2)
    # Whoever was too long takes nobody's turn by ending.
    work.most = 0
    for _ in range(6):
        dispatcher.add_task(work.task("GET"))
    work.wait_for(6)
    assert work.most == 1


@pytest.mark.parametrize("command", ["GET", "POST"])
def test_one_thread_alone_leaves_neither_for_the_end(start: Start, command: str) -> None:
    work, dispatcher = Work(), start(1)
    other = {"GET": "POST", "POST": "GET"}[command]
    is_over = threading.Event()
    dispatcher.add_task(work.task(command, until=is_over))
    for _ in range(5):
        dispatcher.add_task(work.task(command))
    dispatcher.add_task(work.task(other))
    is_over.set()
    work.wait_for(7)
    assert other in work.done[:3]


def test_a_request_that_could_not_be_read_is_not_taken_for_a_reader(start: Start) -> None:
    work, dispatcher = Work(), start()
    is_over = threading.Event()
    dispatcher.add_task(work.task("GET", until=is_over))
    broken = work.task("GET", "broken")
    broken.requests[0].error = "400"  # type: ignore[attr-defined]
    dispatcher.add_task(broken)
    work.wait_for(1)
    assert work.done == ["broken"]
    is_over.set()
    work.wait_for(1)


def test_a_task_that_fails_ends_its_turn(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    work, dispatcher = Work(), start()
    failing = work.task("GET")

    def fail() -> None:
        raise RuntimeError("đổ")

    failing.service = fail  # type: ignore[attr-defined]
    dispatcher.add_task(failing)
    dispatcher.add_task(work.task("GET"))
    work.wait_for(1)
    assert "đổ" in caplog.text


def test_what_nobody_has_begun_is_called_off_at_the_end(start: Start) -> None:
    work, dispatcher = Work(), start(1)
    is_over, called_off = threading.Event(), []
    dispatcher.add_task(work.task("GET", until=is_over))
    assert work.begun.acquire(timeout=WAIT_S)
    for command in ("GET", "POST"):
        waiting = work.task(command)
        waiting.cancel = lambda command=command: called_off.append(command)  # type: ignore[attr-defined]
        dispatcher.add_task(waiting)
    dispatcher.shutdown(timeout=0)
    assert sorted(called_off) == ["GET", "POST"]
    is_over.set()
    work.wait_for(1)
