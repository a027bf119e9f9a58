"""The view counter of a real server under load: exact, and whole after a kill."""

import http.client
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from extensions import db
from models import Publication, ViewDay, ViewTotal
from tests.support.application import make_app, migrate_to_head
from tests.support.factories import make_publication
from tests.support.servers import Postgres
from tests.support.site import Site

THREADS = 12
VIEWS_EACH = 100
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
# The site believes who a reader is when the tests, as its proxy, say so.
CONFIGURATION = 'RATELIMIT_ENABLED = False\nTRUSTED_PROXY = "127.0.0.1"\n'


@dataclass
class Load:
    """Readers at one post, each with an address of their own."""

    site: Site
    publication_id: int
    acknowledged: int = 0
    sent: int = 0
    problems: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    counted_some: threading.Event = field(default_factory=threading.Event)

    def run(self, *, until_it_dies: bool = False) -> list[threading.Thread]:
        threads = [
            threading.Thread(target=self._read, args=(number, until_it_dies))
            for number in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        return threads

    def _read(self, number: int, until_it_dies: bool) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.site.port, timeout=60)
        try:
            for view in range(VIEWS_EACH):
                headers = {
                    "User-Agent": FIREFOX,
                    "X-Forwarded-For": f"10.{number}.0.{view}",
                    "HX-Request": "true",
                    "Sec-Fetch-Site": "same-origin",
                }
                with self.lock:
                    self.sent += 1
                connection.request("POST", f"/luot-xem/{self.publication_id}", headers=headers)
                response = connection.getresponse()
                response.read()
                with self.lock:
                    if response.status == 200:
                        self.acknowledged += 1
                    else:
                        self.problems.append(f"{response.status} {response.reason}")
                    if self.acknowledged >= THREADS * VIEWS_EACH // 4:
                        self.counted_some.set()
        except (OSError, http.client.HTTPException) as error:
            if not until_it_dies:
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
    instance = tmp_path / "instance"
    settings = {}
    if engine == "sqlite":
        url = f"sqlite:///{instance / 'site.db'}"
    else:
        server: Postgres = request.getfixturevalue("postgres")
        url = settings["DATABASE_URL"] = server.create("view_counter")
    number = _prepare(instance, url)
    site = Site(instance, **settings)
    try:
        yield Load(site.start(), number)
    finally:
        site.stop()
        if engine == "postgresql":
            server.drop("view_counter")
        shutil.rmtree(instance)


def in_database(load: Load, engine: str, ask: Callable[[], int]) -> int:
    """Answer what the database says, asked past the site."""
    instance = load.site.instance
    url = load.site.environment.get("DATABASE_URL", f"sqlite:///{instance / 'site.db'}")
    with make_app(url, instance).app_context():
        answer = ask()
        db.session.remove()
        db.engine.dispose()
    return answer


def total() -> int:
    return db.session.scalars(db.select(ViewTotal.total)).one()


def of_the_days() -> int:
    return sum(db.session.scalars(db.select(ViewDay.count)))


def shown(load: Load) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", load.site.port, timeout=60)
    connection.request("GET", f"/luot-xem/{load.publication_id}")
    page = connection.getresponse().read().decode()
    connection.close()
    return page


def test_twelve_hundred_readers_at_once_are_twelve_hundred_views(
    counted_site: Load, engine: str
) -> None:
    for thread in counted_site.run():
        thread.join()
    assert counted_site.problems == []
    assert counted_site.acknowledged == 1200
    assert in_database(counted_site, engine, total) == 1200
    assert in_database(counted_site, engine, of_the_days) == 1200
    assert ">1.200<" in shown(counted_site)


def test_a_view_that_was_acknowledged_outlives_a_kill(counted_site: Load, engine: str) -> None:
    threads = counted_site.run(until_it_dies=True)
    counted_site.counted_some.wait(60)
    counted_site.site.kill()
    for thread in threads:
        thread.join()
    assert counted_site.problems == []
    acknowledged, sent = counted_site.acknowledged, counted_site.sent
    assert 300 <= acknowledged < 1200, "the kill was to fall into the middle of the load"
    counted_site.site.start()
    counted = in_database(counted_site, engine, total)
    assert acknowledged <= counted <= sent
    assert in_database(counted_site, engine, of_the_days) == counted
    assert in_database(counted_site, engine, lambda: db.session.query(Publication).count()) == 1
    # It goes on counting.
    again = Load(counted_site.site, counted_site.publication_id)
    connection = http.client.HTTPConnection("127.0.0.1", again.site.port, timeout=60)
    headers = {"User-Agent": FIREFOX, "X-Forwarded-For": "10.99.0.1", "HX-Request": "true"}
    connection.request("POST", f"/luot-xem/{again.publication_id}", headers=headers)
    assert connection.getresponse().status == 200
    connection.close()
    assert in_database(counted_site, engine, total) == counted + 1
