"""Several processes behind one socket: they count together, outlive each other, end in order."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

import processes
from extensions import db
from tests.support.application import ROOT, make_app
from tests.support.databases import Databases
from tests.support.factories import make_publication
from tests.support.site import Site

pytestmark = [
    pytest.mark.parametrize("engine", ["sqlite"], indirect=True, scope="module"),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="one process on this system"),
]

PATIENCE_S = 30.0
IDLE = 1_500
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture(scope="module")
def site(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site of two processes and the worker, with one post (its number is 1)."""
    folder = tmp_path_factory.mktemp("processes")
    with databases.new(folder) as url:
        app = make_app(url, folder / "instance")
        with app.app_context():
            make_publication(title="Ngày hội", published_at=datetime(2024, 3, 5, tzinfo=UTC))
            db.session.commit()
            db.session.remove()
            db.engine.dispose()
        made = Site(folder / "instance", DATABASE_URL=url, PROCESSES="2", WORKER="in")
        try:
            yield made.start()
        finally:
            made.stop()


def get(site: Site, path: str = "/", method: str = "GET", **headers: str) -> tuple[int, bytes]:
    """Ask on a connection of its own, which either process may take."""
    with closing(http.client.HTTPConnection("127.0.0.1", site.port, timeout=PATIENCE_S)) as asked:
        asked.request(method, path, headers={"User-Agent": FIREFOX, **headers})
        response = asked.getresponse()
        return response.status, response.read()


def children(site: Site) -> list[int]:
    assert site.process is not None
    listed = Path(f"/proc/{site.process.pid}/task/{site.process.pid}/children").read_text("ascii")
    return [int(pid) for pid in listed.split()]


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.05)


def test_starting_is_told_once(site: Site) -> None:
    assert site.log.read_text("utf-8").count("Trang chạy tại") == 1


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs Linux")
def test_each_that_serves_has_a_core_and_the_worker_runs_once_beside_them(site: Site) -> None:
    usable = os.sched_getaffinity(0)
    assert len(children(site)) == 3
    bound = [os.sched_getaffinity(pid) for pid in children(site)]
    pinned = [{core} for core in processes.cores()[:2]] if len(usable) > 1 else [usable] * 2
    assert bound == [*pinned, usable]


def test_the_processes_count_together_how_often_somebody_asks(site: Site) -> None:
    answers = [get(site, "/luot-xem/1", "POST", **{"HX-Request": "true"})[0] for _ in range(121)]
    assert answers[:120].count(200) == 120
    assert answers[-1] == 429


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs Linux")
def test_one_that_is_killed_is_replaced_and_readers_go_on(site: Site) -> None:
    before = children(site)
    os.kill(before[0], signal.SIGKILL)
    assert [get(site)[0] for _ in range(20)] == [200] * 20
    until(lambda: len(children(site)) == 3 and before[0] not in children(site))
    assert "process 1 ended (SIGKILL)" in site.log.read_text("utf-8")


def test_a_reader_is_answered_beside_thousands_who_say_nothing(site: Site) -> None:
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < IDLE + 200:
        pytest.skip("this system lets nobody have so many connections")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        with ExitStack() as held:
            for number in range(IDLE):
                idle = held.enter_context(
                    socket.create_connection(("127.0.0.1", site.port), timeout=PATIENCE_S)
                )
                if number % 3 == 0:
                    idle.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n")
            assert [get(site)[0] for _ in range(20)] == [200] * 20
            assert get(site, "/tim-kiem?q=ng%C3%A0y")[0] == 200
            if Path("/proc/self/fd").is_dir():
                # Neither has taken them all.
                held = [len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in children(site)]
                assert sorted(held)[-2] > IDLE // 4
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_told_to_end_it_answers_what_is_under_way_and_lets_nobody_in(site: Site) -> None:
    assert site.process is not None
    with socket.create_connection(("127.0.0.1", site.port), timeout=PATIENCE_S) as half:
        half.sendall(
            b"POST /khong-co HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\n\r\nq=1"
        )
        time.sleep(0.2)
        site.process.send_signal(signal.SIGTERM)
        until(lambda: _refuses(site))
        half.sendall(b"&x=234")
        answer = b""
        while piece := half.recv(65536):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert answer.endswith(b"</html>")
    assert site.process.wait(PATIENCE_S) == 0
    site.start()


def test_the_children_of_a_parent_that_was_killed_end_and_leave_the_port(site: Site) -> None:
    assert site.process is not None
    site.process.kill()
    site.process.wait()
    until(lambda: _refuses(site))
    site.start()
    assert get(site)[0] == 200


def _refuses(site: Site) -> bool:
    try:
        socket.create_connection(("127.0.0.1", site.port), timeout=PATIENCE_S).close()
    except ConnectionRefusedError:
        return True
    return False


def run_family(parts: str) -> "subprocess.CompletedProcess[str]":
    """A parent by itself, whose children are what these words say."""
    program = (
        "import sys, time, logging, processes; from processes import Part\n"
        "logging.basicConfig(); processes.FIRST_PAUSE_S = 0.01\n"
        f"try: processes.run([{parts}], on_stop=lambda: print('closed', flush=True))\n"
        "except processes.CannotStartError: sys.exit('cannot start')\n"
    )
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_site_of_which_nothing_stays_gives_up(engine: str) -> None:
    ended = run_family("Part('a', lambda: 1 / 0), Part('b', lambda: time.sleep(60), serves=False)")
    assert (ended.returncode, ended.stdout) == (1, "closed\n")
    lines = ended.stderr.splitlines()
    assert lines[-1] == "cannot start"
    assert lines.count("ZeroDivisionError: division by zero") == processes.MAX_FAILURES
    assert lines.count("ERROR:site.processes:a ended (exit 1); it is started again") == 4


def test_a_container_gets_as_many_processes_as_it_has_cores_worth_of_time(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quota = tmp_path / "cpu.max"
    monkeypatch.setattr(processes, "CPU_QUOTA", quota)
    free = len(processes.cores())
    for said, count in {"max 100000": free, "50000 100000": 1, "100000 100000": 1}.items():
        quota.write_text(f"{said}\n", "ascii")
        assert len(processes.cores()) == count
