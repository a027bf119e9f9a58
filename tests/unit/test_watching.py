"""The loop hears of everything that happens, and asks nobody who is at rest."""

import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from waitress import wasyncore

if sys.platform != "linux":
    pytest.skip("the loop of waitress itself serves elsewhere", allow_module_level=True)

import watching
from watching import Watcher


class Connection(wasyncore.dispatcher):  # type: ignore[misc] # waitress tells no types
    """One end of a pair; notes what it is asked and told."""

    def __init__(self, watched: dict[int, object]) -> None:
        own, self.other = socket.socketpair()
        super().__init__(own, map=watched)
        self.connected = True
        self.asked = 0
        self.heard: list[bytes] = []
        self.said = 0
        self.has_more = False
        self.requests: list[bytes] = []

    def readable(self) -> bool:
        self.asked += 1
        return not self.requests

    def writable(self) -> bool:
        return self.has_more

    def handle_read(self) -> None:
        data = self.recv(100)
        if data:
            self.heard.append(data)

    def handle_write(self) -> None:
        self.said += 1
        self.has_more = False

    def handle_close(self) -> None:
        self.close()


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[int, Connection]]:
    # What is seen by looking at everybody once a second is seen in one test alone.
    monkeypatch.setattr(watching, "LOOK_S", 3_600)
    found: dict[int, Connection] = {}
    yield found
    for one in list(found.values()):
        one.close()
        one.other.close()


@pytest.fixture
def watcher(watched: dict[int, Connection]) -> Iterator[Watcher]:
    made = Watcher(watched)
    yield made
    made.close()


@pytest.fixture
def turn(watcher: Watcher) -> Callable[[], None]:
    return lambda: watcher.turn(0.01)


def test_who_is_at_rest_is_not_asked_again(
    watched: dict[int, Connection], turn: Callable[[], None]
) -> None:
    resting, active = [Connection(watched) for _ in range(50)], Connection(watched)
    turn()
    before = [one.asked for one in resting]
    for number in range(20):
        active.other.send(b"%d" % number)
        turn()
    assert [one.asked for one in resting] == before
    assert active.heard == [b"%d" % number for number in range(20)]


def test_who_has_come_is_heard_at_once(
    watched: dict[int, Connection], turn: Callable[[], None]
) -> None:
    class Listening(Connection):
        accepting = True

        def handle_accept(self) -> None:
            self.recv(1)
            come.append(Connection(watched))

    come: list[Connection] = []
    door = Listening(watched)
    turn()
    for _ in range(3):
        door.other.send(b"?")
        turn()
        come[-1].other.send(b"nghe")
        turn()
        assert come[-1].heard == [b"nghe"]


def test_whose_request_is_answered_elsewhere_is_heard_again_after_it(
    watched: dict[int, Connection], turn: Callable[[], None], watcher: Watcher
) -> None:
    class Asking(Connection):
        def handle_read(self) -> None:
            super().handle_read()
            self.requests = [b"?"]

    one = Asking(watched)
    turn()
    one.other.send(b"1")
    turn()
    one.other.send(b"2")
    for _ in range(3):
        turn()
    assert one.heard == [b"1"]
    # As a thread leaves it that has answered in part: the rest is for the loop.
    one.has_more, one.requests = True, []
    watcher.look_at(one)
    turn()
    turn()
    assert (one.said, one.heard) == (1, [b"1", b"2"])


def test_a_number_that_is_used_again_is_another_connection(
    watched: dict[int, Connection], turn: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Connection(watched)
    number = first.socket.fileno()
    turn()
    # Behind the loop's back, so that it still knows the first by this number.
    first.close()
    second = next(
        one for one in [Connection(watched) for _ in range(3)] if one.socket.fileno() == number
    )
    monkeypatch.setattr(watching, "LOOK_S", 0)
    turn()
    second.other.send(b"mai")
    turn()
    assert second.heard == [b"mai"]
    first.other.close()


def test_a_thread_may_tell_of_its_answer_while_the_loop_waits(
    watched: dict[int, Connection], watcher: Watcher
) -> None:
    one = Connection(watched)
    watcher.turn(0)
    one.requests = [b"?"]
    watcher.look_at(one)
    one.other.send(b"sau")
    loop = threading.Thread(target=watcher.turn, args=[30])
    loop.start()
    time.sleep(0.1)
    assert one.heard == []
    one.requests = []
    watcher.look_at(one)
    loop.join(10)
    assert one.heard == [b"sau"]


def test_to_tell_of_a_connection_that_has_gone_is_no_error(
    watched: dict[int, Connection], watcher: Watcher
) -> None:
    gone = Connection(watched)
    watcher.turn(0)
    number = gone.socket.fileno()
    gone.close()
    gone.other.close()
    watcher.look_at(gone)
    assert number not in watched


def test_what_happens_to_somebody_by_itself_is_noticed(
    watched: dict[int, Connection], turn: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Connection(watched)
    turn()
    one.has_more = True
    turn()
    assert one.said == 0
    monkeypatch.setattr(watching, "LOOK_S", 0)
    turn()
    assert one.said == 1
