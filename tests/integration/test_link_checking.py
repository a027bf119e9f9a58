"""Judging links by what real servers answer, day after day."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import scoped_session

from extensions import db
from models import Link
from services import link_checking, links
from services.link_checking import check_links
from services.outside_web import Answer, Web
from tests.support.factories import NOW, make_publication
from tests.support.web import Outside, running_web

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

Session = scoped_session[Any]
DAY = timedelta(days=1)


@pytest.fixture
def outside() -> Iterator[Outside]:
    with running_web() as made:
        yield made


def _note(*urls: str) -> None:
    """A published text that leads there, with its links due."""
    body = "".join(f'<p><a href="{url}">x</a></p>' for url in urls)
    publication = make_publication(body=body)
    links.record_uses(publication=publication, now=NOW - timedelta(hours=1))


def _link(url: str) -> Link:
    return db.session.scalars(select(Link).where(Link.url == url)).one()


def _check(outside: Outside, now: datetime, **options: Any) -> int:
    """One run of the worker; loopback is admitted, and nobody waits."""
    web = Web(
        agent=link_checking.agent_of("https://so.example.vn"),
        admits=lambda address: True,
        resolve=options.pop("resolve", lambda host, port: ["127.0.0.1"]),
        ports=frozenset({outside.port}),
    )
    return check_links(
        now=now,
        site_url="https://so.example.vn",
        checkpoint=db.session.commit,
        web=web,
        sleep=lambda seconds: None,
        **options,
    )


def test_a_link_that_works_is_asked_again_in_a_month(session: Session, outside: Outside) -> None:
    url = outside.url("/tin")
    outside.answers["/tin"] = 200
    _note(url)

    assert _check(outside, NOW) == 1
    assert _check(outside, NOW + 29 * DAY) == 0
    assert _check(outside, NOW + 40 * DAY) == 1

    link = _link(url)
    assert (link.status, link.failures, link.broken_since) == (200, 0, None)


def test_a_page_that_is_gone_is_broken_at_the_second_check_a_day_later(
    session: Session, outside: Outside
) -> None:
    url = outside.url("/mat")
    outside.answers["/mat"] = 410
    _note(url)

    _check(outside, NOW)
    assert (_link(url).failures, _link(url).broken_since) == (1, None)
    assert _check(outside, NOW + timedelta(hours=20)) == 0
    _check(outside, NOW + DAY)

    assert _link(url).broken_since == NOW + DAY
    assert link_checking.known_of(_link(url)) == "Trang này không còn."


def test_a_silent_host_is_broken_at_the_third_check_over_two_days(
    session: Session, outside: Outside
) -> None:
    """While others answer: else it would be our own network that is away."""
    silent, working = outside.url("/", host="tat.example.vn"), outside.url("/tin")
    outside.answers["/tin"] = 200
    _note(silent, working)

    def resolve(host: str, port: int) -> list[str]:
        # Nothing listens there: the whole of 127/8 is this machine.
        return ["127.0.0.9" if host == "tat.example.vn" else "127.0.0.1"]

    for number, at in enumerate((NOW, NOW + DAY, NOW + 2 * DAY), start=1):
        assert _link(silent).broken_since is None
        _link(working).next_check_at = at
        assert _check(outside, at, resolve=resolve) == 2
        assert _link(silent).failures == number

    assert _link(silent).broken_since == NOW + 2 * DAY
    assert link_checking.known_of(_link(silent)) == "Không kết nối được với máy chủ."


def test_asking_again_at_once_is_not_another_failure(session: Session, outside: Outside) -> None:
    url = outside.url("/mat")
    _note(url)
    _check(outside, NOW)

    for minutes in (5, 10, 15):
        _link(url).next_check_at = NOW
        assert _check(outside, NOW + timedelta(minutes=minutes)) == 1

    assert (_link(url).failures, _link(url).broken_since) == (1, None)
    _check(outside, NOW + DAY)
    assert _link(url).broken_since is not None


def test_a_link_that_works_again_is_cleared(session: Session, outside: Outside) -> None:
    url = outside.url("/tin")
    outside.answers["/tin"] = 404
    _note(url)
    _check(outside, NOW)
    _check(outside, NOW + DAY)
    assert _link(url).broken_since is not None

    outside.answers["/tin"] = 200
    assert _check(outside, NOW + 9 * DAY) == 1

    assert (_link(url).failures, _link(url).broken_since, _link(url).error) == (0, None, "")


@pytest.mark.parametrize("status", [401, 403, 429, 451])
def test_an_answer_that_turns_robots_away_breaks_nothing(
    session: Session, outside: Outside, status: int
) -> None:
    url = outside.url("/tin")
    outside.answers["/tin"] = status
    _note(url)

    for days in (0, 20, 40, 60):
        assert _check(outside, NOW + days * DAY) == 1

    assert (_link(url).status, _link(url).failures, _link(url).broken_since) == (status, 0, None)


def test_a_server_that_is_out_of_order_has_six_days(session: Session, outside: Outside) -> None:
    url = outside.url("/tin")
    outside.answers["/tin"] = 502
    _note(url)

    for days, broken in ((0, False), (3, False), (6, True)):
        assert _check(outside, NOW + days * DAY) == 1
        assert (_link(url).broken_since is not None) is broken


def test_without_a_way_out_nothing_is_called_broken(session: Session, outside: Outside) -> None:
    url = outside.url("/")
    _note(url)

    for days in range(5):
        _link(url).next_check_at = NOW + days * DAY
        _check(outside, NOW + days * DAY, resolve=lambda host, port: ["127.0.0.9"])

    assert (_link(url).status, _link(url).failures, _link(url).broken_since) == (None, 0, None)


def test_few_of_a_host_are_asked_in_a_run_and_hosts_take_turns(
    session: Session, outside: Outside
) -> None:
    many = [outside.url(f"/{n}", host="mot.example.vn") for n in range(9)]
    _note(*many, outside.url("/", host="hai.example.vn"))
    _link(many[0]).next_check_at = NOW - timedelta(hours=3)

    assert _check(outside, NOW) == link_checking.MAX_OF_A_HOST + 1
    hosts = [host.split(".")[0] for method, _, host, _ in outside.asked if method == "HEAD"]
    assert hosts == ["mot", "hai", "mot", "mot", "mot", "mot"]


def test_a_host_that_asks_for_quiet_is_left_alone_for_the_run(
    session: Session, outside: Outside
) -> None:
    outside.answers = {"/0": 429, "/1": 200}
    _note(outside.url("/0"), outside.url("/1"))
    _link(outside.url("/0")).next_check_at = NOW - timedelta(hours=3)

    assert _check(outside, NOW) == 1
    assert [path for _, path, *_ in outside.asked] == ["/0"]


def test_a_run_is_bounded(session: Session, outside: Outside) -> None:
    _note(*(outside.url("/", host=f"so-{n}.example.vn") for n in range(60)))

    assert _check(outside, NOW) == link_checking.MAX_PER_RUN
    assert _check(outside, NOW) == 20


def test_no_transaction_is_open_while_another_machine_is_asked(
    session: Session, outside: Outside
) -> None:
    """It would hold SQLite's write lock, for which everybody waits who writes."""
    _note(outside.url("/tin"))
    open_while_asked: list[bool] = []

    class Watching(Web):
        def ask(self, url: str) -> Answer:
            open_while_asked.append(db.session().in_transaction())
            return Answer(200)

    check_links(
        now=NOW,
        site_url="https://so.example.vn",
        checkpoint=db.session.commit,
        web=Watching(agent="x"),
    )

    assert open_while_asked == [False]


def test_a_link_into_our_own_network_is_asked_nowhere_and_not_called_broken(
    session: Session, outside: Outside
) -> None:
    """As in production, with nothing admitted."""
    url = f"http://127.0.0.1:{outside.port}/"
    _note(url, "http://169.254.169.254/latest/meta-data")

    for days in (0, 20, 40):
        check_links(
            now=NOW + days * DAY, site_url="https://so.example.vn", checkpoint=db.session.commit
        )

    assert outside.asked == []
    assert [link.broken_since for link in session.scalars(select(Link))] == [None, None]
