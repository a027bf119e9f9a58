"""What changes is seen on every process within a second, and no page is ever half old."""

import hashlib
import http.client
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import brotli
import pytest
from flask import Flask

from extensions import db
from models import Publication
from services import workflow
from services.publications import seen_token
from tests.support.application import make_app
from tests.support.databases import Databases
from tests.support.factories import make_publication, make_user
from tests.support.site import Site

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/task").is_dir(), reason="who serves whom is read from Linux"
)

READERS = 8
# Then another one, which the other process may take.
ON_ONE_CONNECTION = 20
PATIENCE_S = 60.0
WITHIN = timedelta(seconds=1)
LONG_AGO = datetime(2024, 3, 5, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Answer:
    asked_at: datetime
    path: str
    encoding: str
    status: int
    tag: str
    digest: str
    text: str


@dataclass
class Readers:
    """Ask for the same pages again and again, on connections that stay for a while."""

    port: int
    paths: list[str]
    answers: list[Answer] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def read(self, number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        turn = number
        while not self.over.is_set():
            path = self.paths[turn % len(self.paths)]
            turn += 1
            if turn % ON_ONE_CONNECTION == 0:
                connection.close()
            asked_at = datetime.now(UTC)
            encoding = "br" if turn % 3 else "identity"
            try:
                connection.request("GET", path, headers={"Accept-Encoding": encoding})
                response = connection.getresponse()
                raw = response.read()
            except (OSError, http.client.HTTPException) as error:
                self.problems.append(repr(error))
                break
            is_packed = response.headers.get("Content-Encoding") == "br"
            text = (brotli.decompress(raw) if is_packed else raw).decode("utf-8")
            tag = response.headers.get("ETag", "")
            digest = hashlib.sha256(raw).hexdigest()
            self.answers.append(
                Answer(asked_at, path, encoding, response.status, tag, digest, text)
            )
        connection.close()


@pytest.fixture
def place(databases: Databases, engine: str, tmp_path: Path) -> Iterator[tuple[Site, Flask]]:
    """A site of two processes, not yet started, and the application beside it to change things."""
    with databases.new(tmp_path) as url:
        app = make_app(url, tmp_path / "instance", PAGE_CACHE_MB=0)
        site = Site(tmp_path / "instance", DATABASE_URL=url, PROCESSES="2")
        try:
            yield site, app
        finally:
            site.stop()
            with app.app_context():
                db.session.remove()
                db.engine.dispose()


def served_by(site: Site) -> set[int]:
    """The children that have a reader's connection."""
    assert site.process is not None
    pid = site.process.pid
    lines = Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]
    port = f":{site.port:04X}"
    open_ones = {
        parts[9] for parts in map(str.split, lines) if parts[1].endswith(port) and parts[3] == "01"
    }
    found = set()
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split():
        held = []
        for one in Path(f"/proc/{child}/fd").iterdir():
            with suppress(FileNotFoundError):  # it closes some as we look
                held.append(str(one.readlink()))
        if open_ones & {name.removeprefix("socket:[").rstrip("]") for name in held}:
            found.add(int(child))
    return found


def wait_for_both(site: Site) -> None:
    """Until readers were served by each process; on a busy machine one may take many of them."""
    found: set[int] = set()
    deadline = time.monotonic() + PATIENCE_S
    while len(found) < 2:
        assert time.monotonic() < deadline, "one process serves nobody"
        found |= served_by(site)
        time.sleep(0.05)


def test_every_change_is_seen_by_all_within_a_second_and_no_page_is_mixed(
    place: tuple[Site, Flask],
) -> None:
    site, app = place
    with app.app_context():
        chief = make_user(role="chief")

        def make(title: str, **fields: object) -> Publication:
            given = {"published_at": LONG_AGO, "title": title, **fields}
            return make_publication(**given)  # type: ignore[arg-type]

        waiting = make("Bài chờ duyệt", state="awaiting_approval", published_at=None)
        wrong = make("Bài sai số liệu")
        corrected = make("Bài có chỗ nhầm")
        later = make("Bài hẹn giờ", state="awaiting_approval", published_at=None)
        ending = make("Bài sắp hết hạn")
        db.session.commit()
        all_of_them = {
            name: f"/bai-viet/{one.slug}-{one.id}"
            for name, one in {
                "waiting": waiting,
                "wrong": wrong,
                "corrected": corrected,
                "later": later,
                "ending": ending,
            }.items()
        }
        # What was asked just now would keep everybody else from writing.
        db.session.rollback()
        site.start()
        readers = Readers(site.port, ["/", *all_of_them.values(), "/rss.xml"])
        threads = [threading.Thread(target=readers.read, args=(n,)) for n in range(READERS)]
        for thread in threads:
            thread.start()
        try:
            wait_for_both(site)
            falls_at = datetime.now(UTC) + timedelta(seconds=3)

            def change(action: str, publication: Publication, **given: object) -> datetime:
                """Do what the board does, and answer when it was done."""
                db.session.refresh(publication)
                revision = publication.latest_revision
                assert revision is not None
                getattr(workflow, action)(
                    publication=publication,
                    actor=chief,
                    seen=seen_token(revision),
                    now=datetime.now(UTC),
                    **given,
                )
                db.session.commit()
                return datetime.now(UTC)

            change("approve_and_schedule", later, at=falls_at)
            change("expire", ending, at=falls_at)
            approved_at = change("approve_and_publish", waiting)
            withdrawn_at = change("withdraw", wrong, reason="Số liệu sai.")
            corrected_at = change("correct", corrected, note="Ngày 5 đúng ra là ngày 6.")
            while datetime.now(UTC) < falls_at + 2 * WITHIN:
                time.sleep(0.1)
            wait_for_both(site)
        finally:
            readers.over.set()
            for thread in threads:
                thread.join()
    assert readers.problems == []

    def of(path: str, since: datetime) -> list[Answer]:
        found = [
            one for one in readers.answers if one.path == path and one.asked_at >= since + WITHIN
        ]
        assert found, path
        return found

    page = all_of_them
    assert {one.status for one in of(page["waiting"], approved_at)} == {200}
    assert {one.status for one in of(page["wrong"], withdrawn_at)} == {410}
    assert all("Ngày 5 đúng ra" in one.text for one in of(page["corrected"], corrected_at))
    assert {one.status for one in of(page["later"], falls_at)} == {200}
    assert {one.status for one in of(page["ending"], falls_at)} == {410}
    before = [one for one in readers.answers if one.asked_at < falls_at - WITHIN]
    assert {one.status for one in before if one.path == page["later"]} == {404}
    assert {one.status for one in before if one.path == page["ending"]} == {200}
    for home in ("/", "/rss.xml"):
        for one in of(home, falls_at):
            assert ("Bài chờ duyệt" in one.text, "Bài hẹn giờ" in one.text) == (True, True)
            assert ("Bài sai số liệu" in one.text, "Bài sắp hết hạn" in one.text) == (False, False)
    bodies: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in readers.answers:
        if one.tag:
            bodies[one.path, one.tag].add(one.digest)
    assert len(bodies) > 2 * len(readers.paths)
    assert [key for key, digests in bodies.items() if len(digests) != 1] == []
