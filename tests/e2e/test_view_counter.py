"""The view counter of a real server under load: exact, and whole after kills."""

import http.client
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest

from bench.view_kills import CONFIGURATION, FIREFOX, Victim, kill_often, settle
from extensions import db
from models import ViewDay, ViewSeen, ViewTotal
from services.views import visitor_hash
from tests.support.application import make_app, migrate_to_head
from tests.support.factories import make_publication
from tests.support.servers import Postgres, find_redis
from tests.support.site import Site

THREADS = 12
VIEWS_EACH = 100
T = TypeVar("T")


@dataclass
class Load:
    """Readers at one post, each with an address of their own."""

    site: Site
    publication_id: int
    acknowledged: int = 0
    problems: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> list[threading.Thread]:
        threads = [threading.Thread(target=self._read, args=(number,)) for number in range(THREADS)]
        for thread in threads:
            thread.start()
        return threads

    def _read(self, number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.site.port, timeout=60)
        try:
            for view in range(VIEWS_EACH):
                headers = {
                    "User-Agent": FIREFOX,
                    "X-Forwarded-For": f"10.{number}.0.{view}",
                    "HX-Request": "true",
                    "Sec-Fetch-Site": "same-origin",
                }
                connection.request("POST", f"/luot-xem/{self.publication_id}", headers=headers)
                response = connection.getresponse()
                response.read()
                with self.lock:
                    if response.status == 200:
                        self.acknowledged += 1
                    else:
                        self.problems.append(f"{response.status} {response.reason}")
        except (OSError, http.client.HTTPException) as error:
            self.problems.append(repr(error))
        finally:
            connection.close()


def _prepare(instance: Path, database_url: str) -> int:
    """Make a site whose only content is one post, and answer the post's number."""
    instance.mkdir(parents=True, exist_ok=True)
    (instance / "config.py").write_text(CONFIGURATION, "utf-8")
    app = make_app(database_url, instance)
    with app.app_context():
        migrate_to_head()
        publication_id = make_publication(published_at=datetime(2024, 3, 5, tzinfo=UTC)).id
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    return publication_id


@pytest.fixture
def counted_site(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Load]:
    with _place(engine, request, tmp_path) as (instance, settings, number):
        site = Site(instance, **settings)
        try:
            yield Load(site.start(), number)
        finally:
            site.stop()


@contextmanager
def _place(
    engine: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[Path, dict[str, str], int]]:
    """An instance folder with its database, and the number of the only publication in it."""
    instance = tmp_path / "instance"
    settings = {}
    if engine == "sqlite":
        url = f"sqlite:///{instance / 'site.db'}"
    else:
        server: Postgres = request.getfixturevalue("postgres")
        url = settings["DATABASE_URL"] = server.create("view_counter")
    try:
        yield instance, settings, _prepare(instance, url)
    finally:
        if engine == "postgresql":
            server.drop("view_counter")
        shutil.rmtree(instance)


def in_database(instance: Path, settings: Mapping[str, str], ask: Callable[[], T]) -> T:
    """Answer what the database says, asked past the site."""
    url = settings.get("DATABASE_URL", f"sqlite:///{instance / 'site.db'}")
    with make_app(url, instance).app_context():
        answer = ask()
        db.session.remove()
        db.engine.dispose()
    return answer


def total() -> int:
    return db.session.scalars(db.select(ViewTotal.total)).first() or 0


def of_the_days() -> int:
    return sum(db.session.scalars(db.select(ViewDay.count)))


def visitors() -> set[str]:
    return set(db.session.scalars(db.select(ViewSeen.visitor_hash)))


def shown(load: Load) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", load.site.port, timeout=60)
    connection.request("GET", f"/luot-xem/{load.publication_id}")
    page = connection.getresponse().read().decode()
    connection.close()
    return page


def test_twelve_hundred_readers_at_once_are_twelve_hundred_views(counted_site: Load) -> None:
    for thread in counted_site.run():
        thread.join()
    assert counted_site.problems == []
    assert counted_site.acknowledged == 1200
    instance, settings = counted_site.site.instance, counted_site.site.environment
    # Each process folds what it has within a second.
    assert settle(lambda: in_database(instance, settings, total), at_least=1200) == 1200
    assert in_database(instance, settings, of_the_days) == 1200
    assert ">1.200<" in shown(counted_site)


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs Linux")
def test_each_view_that_was_acknowledged_is_counted_once_whatever_is_killed(
    engine: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """With files beside SQLite, with Redis beside PostgreSQL. The hundred kills of the issue are
    `python -m bench.view_kills`'s."""
    with _place(engine, request, tmp_path) as (instance, settings, number):
        if engine == "postgresql" and find_redis():
            settings["REDIS_URL"] = request.getfixturevalue("redis_url")
        victim = Victim(instance, **settings)
        try:
            readers = kill_often(victim, publication_id=number, kills=12, whole=1, seed=20260624)
            counted = settle(
                lambda: in_database(instance, settings, total), at_least=len(readers.acknowledged)
            )
        finally:
            victim.stop()
        assert readers.problems == []
        assert len(readers.acknowledged) > 100
        seen = in_database(instance, settings, visitors)
        days = in_database(instance, settings, of_the_days)
        secret, now = (instance / "secret_key").read_text("ascii"), datetime.now(UTC)
        assert len(readers.acknowledged) <= counted <= len(readers.sent)
        assert (len(seen), days) == (counted, counted)
        names = {
            visitor_hash(secret_key=secret, address=one, user_agent=FIREFOX, moment=now)
            for one in readers.acknowledged
        }
        assert names <= seen
