"""Readings on their way into the database: each once, whatever is killed or away in between."""

import os
import sqlite3
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import func, select
from sqlalchemy.orm import scoped_session

from blueprints import counting
from blueprints.counting import CountedViews
from extensions import db
from models import Publication, ViewDay, ViewFold, ViewSeen, ViewTotal
from services import view_journal, views
from services.view_journal import FileJournals, Journals, RedisJournals
from services.views import Reading
from tests.support.client import CheckedClient, login
from tests.support.factories import NOW, make_publication, make_user

Session = scoped_session[Any]
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
MINUTE = timedelta(minutes=1)
PAST = datetime.fromisoformat("2024-03-05T00:00:00+00:00")
ANN, BOB = "a" * 32, "b" * 32


@pytest.fixture
def post(session: Session) -> Publication:
    made = make_publication(published_at=PAST)
    session.commit()
    return made


@pytest.fixture
def counted(app: Flask, session: Session) -> CountedViews:
    """The application with readings counted before it; folded when a test says so."""
    made = CountedViews(app, app.wsgi_app, counting.journals_of(app))
    app.wsgi_app = made  # type: ignore[method-assign]
    return made


def fold(name: str, *readings: Reading) -> int:
    return views.fold(name=name, readings=readings, now=NOW)


def visit(client: CheckedClient, post: Publication, **headers: str) -> Any:
    return client.post(
        f"/luot-xem/{post.id}",
        headers={"HX-Request": "true", "User-Agent": FIREFOX, **headers},
    )


def journals(counted: CountedViews) -> list[str]:
    folder = Path(counted._app.instance_path) / counting.FOLDER
    return [path.name for path in folder.iterdir()] if folder.is_dir() else []


# ---------------------------------------------------------------- folding
def test_a_journal_counts_once_however_often_it_is_folded(
    session: Session, post: Publication
) -> None:
    readings = [Reading(post.id, ANN, NOW), Reading(post.id, BOB, NOW)]
    assert [fold("một", *readings) for _ in range(3)] == [2, 0, 0]
    assert views.total_views(publication_id=post.id) == 2


def test_folding_keeps_to_the_half_hour_and_to_the_days(
    session: Session, post: Publication
) -> None:
    late = datetime.fromisoformat("2026-09-14T23:50:00+07:00")
    other = make_publication()
    readings = [
        Reading(post.id, ANN, late),
        Reading(post.id, ANN, late + 5 * MINUTE),
        Reading(other.id, ANN, late),
        # After midnight under another name.
        Reading(post.id, BOB, late + 20 * MINUTE, ANN),
        Reading(post.id, BOB, late + 31 * MINUTE),
        Reading(10_000, ANN, late),
    ]
    assert fold("một", *reversed(readings)) == 3
    # A journal that was left behind, older than what is counted already.
    assert fold("hai", Reading(post.id, BOB, late + 2 * MINUTE)) == 0
    rows = session.execute(select(ViewDay.publication_id, ViewDay.viewed_on, ViewDay.count))
    assert {tuple(row) for row in rows} == {
        (post.id, date(2026, 9, 14), 1),
        (other.id, date(2026, 9, 14), 1),
        (post.id, date(2026, 9, 15), 1),
    }
    assert views.total_views(publication_id=post.id) == 2
    newest = session.get_one(ViewSeen, (post.id, BOB)).counted_at
    assert newest == late + 31 * MINUTE


def test_names_are_forgotten_when_their_owner_says_so_or_must_be_gone(session: Session) -> None:
    for name, at in (("cũ", NOW - timedelta(days=31)), ("xong", NOW), ("mới", NOW)):
        views.fold(name=name, readings=[], now=at)
    views.forget_folds(names=["xong"], now=NOW)
    assert session.scalars(select(ViewFold.name)).all() == ["mới"]


# ---------------------------------------------------------------- before the route
def test_a_reading_is_told_at_once_and_in_the_database_with_the_next_folding(
    session: Session, client: CheckedClient, counted: CountedViews
) -> None:
    post = make_publication(views=1_234_566, published_at=PAST)
    session.commit()
    assert visit(client, post).text.endswith(">1.234.567</span>")
    assert views.total_views(publication_id=post.id) == 1_234_566
    assert len(journals(counted)) == 1
    # The same reader again is not another one, before and after.
    assert visit(client, post).text.endswith(">1.234.567</span>")
    assert visit(client, post, **{"User-Agent": FIREFOX + " 2"}).text.endswith(">1.234.568</span>")
    counted.fold()
    session.expire_all()
    assert views.total_views(publication_id=post.id) == 1_234_568
    assert journals(counted) == []
    assert visit(client, post).text.endswith(">1.234.568</span>")
    counted.fold()
    assert views.total_views(publication_id=post.id) == 1_234_568


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_the_answer_is_the_routes_to_the_letter(
    post: Publication, app: Flask, client: CheckedClient, prefix: str
) -> None:
    path, headers = f"{prefix}/luot-xem/{post.id}", {"HX-Request": "true", "User-Agent": FIREFOX}
    post_total = 1_233
    db.session.add(ViewTotal(publication_id=post.id, total=post_total))
    db.session.commit()
    slow = client.post(path, headers=headers)
    app.wsgi_app = CountedViews(app, app.wsgi_app, counting.journals_of(app))  # type: ignore[method-assign]
    fast = client.post(path, headers=headers)
    assert (fast.status_code, fast.data) == (slow.status_code, slow.data)
    assert sorted(fast.headers) == sorted(slow.headers)
    assert fast.text.endswith(">1,234</span>" if prefix else ">1.234</span>")


def test_route_and_front_count_the_same_limit(
    post: Publication, client: CheckedClient, counted: CountedViews
) -> None:
    # What is no reading goes to the route.
    answers = [
        visit(client, post, **({"User-Agent": "curl/8"} if number % 2 else {})).status_code
        for number in range(121)
    ]
    assert answers == [200] * 120 + [429]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Purpose": "prefetch"}, 200),
        ({"User-Agent": "curl/8.5.0"}, 200),
        ({"HX-Request": "false"}, 303),
    ],
)
def test_what_is_no_plain_reading_is_the_routes(
    post: Publication,
    client: CheckedClient,
    counted: CountedViews,
    headers: dict[str, str],
    status: int,
) -> None:
    assert visit(client, post, **headers).status_code == status
    assert journals(counted) == []


def test_whoever_is_logged_in_is_known_before_it_counts(
    session: Session, client: CheckedClient, post: Publication, counted: CountedViews
) -> None:
    login(client, make_user(role="editor"))
    assert visit(client, post).status_code == 200
    counted.fold()
    assert views.total_views(publication_id=post.id) == 0


def test_a_text_that_is_withdrawn_counts_no_more(
    session: Session, client: CheckedClient, post: Publication, counted: CountedViews
) -> None:
    assert visit(client, post).status_code == 200
    post.withdrawn_at = PAST
    session.commit()
    assert visit(client, post, **{"User-Agent": FIREFOX + " 2"}).status_code == 404
    for number in ("0", "01", "9999999999", "99999999999"):
        assert client.post(f"/luot-xem/{number}", headers={"HX-Request": "true"}).status_code == 404
    counted.fold()
    assert views.total_views(publication_id=post.id) == 1


def test_a_full_disk_sends_readings_to_the_database(
    session: Session,
    client: CheckedClient,
    post: Publication,
    counted: CountedViews,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    half: Callable[[int, bytes], int] = os.write

    with monkeypatch.context() as patched:
        patched.setattr(view_journal.os, "write", lambda fd, line: half(fd, line[:20]))
        assert visit(client, post).text.endswith(">1</span>")
    assert visit(client, post, **{"User-Agent": FIREFOX + " 2"}).text.endswith(">2</span>")
    counted.fold()
    assert views.total_views(publication_id=post.id) == 2
    assert journals(counted) == []


def test_a_database_that_is_away_costs_no_reading(
    session: Session,
    client: CheckedClient,
    post: Publication,
    counted: CountedViews,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert visit(client, post).status_code == 200
    with monkeypatch.context() as patched:

        def refuse(**_: Any) -> int:
            raise sqlite3.OperationalError("database is locked")

        patched.setattr(views, "fold", refuse)
        counted.fold()
        counted.fold()
    assert visit(client, post, **{"User-Agent": FIREFOX + " 2"}).text.endswith(">2</span>")
    counted.fold()
    counted.fold()
    assert views.total_views(publication_id=post.id) == 2


# ---------------------------------------------------------------- what is left behind
@pytest.fixture(params=["files", "redis"])
def three(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], Journals]:
    """Makes the journals of one more process of the same site."""
    monkeypatch.setattr(view_journal, "LEFT_AFTER_S", 0.0)
    if request.param == "files":
        return lambda: FileJournals(tmp_path / "readings")
    redis = Redis.from_url(request.getfixturevalue("redis_url"))
    redis.flushdb()
    return lambda: RedisJournals(redis, site="x")


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_what_a_process_leaves_another_folds_and_what_is_written_to_nobody(
    engine: str, three: Callable[[], Journals]
) -> None:
    living, dying, heir = three(), three(), three()
    line = view_journal.line_of(Reading(7, ANN, NOW, BOB))
    for one in (living, dying):
        one.rotate()
        one.append(line)
    assert heir.ready() == []
    end(dying)
    (name,) = heir.ready()
    assert heir.read(name) == [Reading(7, ANN, NOW, BOB)]
    heir.drop(name)
    assert heir.ready() == []
    living.append(line)
    living.rotate()
    assert living.ready()
    assert living.read(living.ready()[0]) == [Reading(7, ANN, NOW, BOB)] * 2


def end(one: Journals) -> None:
    """What the death of its process does."""
    if isinstance(one, FileJournals):
        assert one._descriptor is not None
        os.close(one._descriptor)
    else:
        assert isinstance(one, RedisJournals)
        one._redis.delete(one._key("alive", one._token))


def test_a_line_that_is_not_whole_is_none() -> None:
    whole = view_journal.line_of(Reading(7, ANN, NOW))
    torn = [whole[:-3] + b"\n", whole[:20] + whole, b"\xff\xfe;\n", b""]
    assert list(view_journal.readings_in([*torn, whole])) == [Reading(7, ANN, NOW)]


def test_with_redis_it_is_redis_that_keeps_them(
    app_factory: Callable[..., Flask], redis_url: str, client: CheckedClient
) -> None:
    app = app_factory(REDIS_URL=redis_url)
    with app.app_context():
        post = make_publication(published_at=PAST)
        db.session.commit()
        counted = CountedViews(app, app.wsgi_app, counting.journals_of(app))
        app.wsgi_app = counted  # type: ignore[method-assign]
        assert visit(app.test_client(), post).text.endswith(">1</span>")  # type: ignore[arg-type]
        assert journals(counted) == []
        assert db.session.scalar(select(func.count()).select_from(ViewTotal)) == 0
        db.session.rollback()
        counted.fold()
        assert views.total_views(publication_id=post.id) == 1
