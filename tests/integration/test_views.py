"""Counting readings: one per visitor and half hour, by people, of what is public."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import scoped_session

from models import Publication, ViewDay, ViewSeen, ViewTotal
from services import views
from services.errors import NotFound
from tests.support.client import CheckedClient, login
from tests.support.factories import NOW, make_publication, make_user

Session = scoped_session[Any]
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36"
)
MINUTE = timedelta(minutes=1)
# Long ago by any clock: requests ask the real one.
PAST = datetime(2024, 3, 5, tzinfo=UTC)
# 23:50 in Đà Nẵng.
LATE = datetime(2026, 9, 14, 16, 50, tzinfo=UTC)


@pytest.fixture
def post(session: Session) -> Publication:
    return make_publication(published_at=PAST)


def read(post: Publication, at: datetime = NOW, **said: Any) -> int:
    given = {"address": "203.0.113.7", "user_agent": FIREFOX, "secret_key": "k" * 32, **said}
    return views.record_view(publication_id=post.id, now=at, **given)


def days(session: Session, post: Publication) -> dict[date, int]:
    rows = session.execute(
        select(ViewDay.viewed_on, ViewDay.count.label("readings")).where(
            ViewDay.publication_id == post.id
        )
    )
    return {row.viewed_on: row.readings for row in rows}


# ---------------------------------------------------------------- once
def test_a_visitor_counts_once_in_half_an_hour(post: Publication) -> None:
    assert read(post) == 1
    assert read(post, NOW + 29 * MINUTE) == 1
    assert read(post, NOW + 30 * MINUTE) == 2


def test_the_half_hour_runs_from_what_was_counted(post: Publication) -> None:
    """Somebody who reloads every ten minutes is read by again after half an hour."""
    assert [read(post, NOW + 10 * minutes * MINUTE) for minutes in range(7)] == [
        1,
        1,
        1,
        2,
        2,
        2,
        3,
    ]


def test_visitors_differ_by_address_and_by_browser(post: Publication) -> None:
    assert read(post) == 1
    assert read(post, address="203.0.113.8") == 2
    assert read(post, user_agent=CHROME) == 3
    assert read(post, address="2001:db8::1") == 4


def test_each_post_counts_by_itself(session: Session, post: Publication) -> None:
    other = make_publication()
    assert (read(post), read(other), read(other)) == (1, 1, 1)


@pytest.mark.parametrize("minutes", [11, 29])
def test_midnight_does_not_make_a_new_visitor(post: Publication, minutes: int) -> None:
    assert read(post, LATE) == 1
    assert read(post, LATE + minutes * MINUTE) == 1


def test_the_half_hour_ends_after_midnight_as_before(post: Publication) -> None:
    read(post, LATE)
    assert read(post, LATE + 30 * MINUTE) == 2
    assert read(post, LATE + 59 * MINUTE) == 2


def test_readings_are_kept_by_local_day_and_in_total(session: Session, post: Publication) -> None:
    read(post, LATE)
    read(post, LATE + MINUTE, address="203.0.113.8")
    read(post, LATE + 20 * MINUTE, address="203.0.113.9")
    assert days(session, post) == {date(2026, 9, 14): 2, date(2026, 9, 15): 1}
    assert views.total_views(publication_id=post.id) == 3


def test_what_was_never_read_has_no_views(post: Publication) -> None:
    assert views.total_views(publication_id=post.id) == 0


# ---------------------------------------------------------------- nobody is known
def test_no_address_or_browser_is_stored_and_the_name_changes_every_day(
    session: Session, post: Publication
) -> None:
    read(post, LATE)
    read(post, LATE + 60 * MINUTE)
    names = session.scalars(select(ViewSeen.visitor_hash)).all()
    assert len(set(names)) == 2
    assert all(len(name) == 32 and "203.0.113.7" not in name for name in names)
    read(post, LATE, secret_key="j" * 32)
    assert session.scalar(select(func.count()).select_from(ViewSeen)) == 3


def test_the_hashes_of_the_day_before_are_forgotten(session: Session, post: Publication) -> None:
    read(post, NOW - timedelta(hours=25))
    read(post, NOW - timedelta(hours=23), address="203.0.113.8")
    assert views.prune(now=NOW) == 1
    assert session.scalar(select(func.count()).select_from(ViewSeen)) == 1
    assert views.total_views(publication_id=post.id) == 2


def test_forgetting_happens_by_itself(
    session: Session, post: Publication, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(post, NOW - timedelta(hours=25))
    monkeypatch.setattr(views, "PRUNE_ONE_IN", 1)
    read(post)
    assert session.scalar(select(func.count()).select_from(ViewSeen)) == 1


# ---------------------------------------------------------------- who is no reader
@pytest.mark.parametrize(
    "agent",
    [
        "",
        "  ",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
        "Mozilla/5.0 (compatible; coccocbot-web/1.0; +http://help.coccoc.com/searchengine)",
        "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2)",
        "curl/8.5.0",
        "Wget/1.21",
        "python-requests/2.32",
        "Python-urllib/3.11",
        "python-httpx/0.27",
        "Mozilla/5.0 (X11) AppleWebKit/537.36 HeadlessChrome/140.0 Safari/537.36",
        FIREFOX + " x" * 400,
    ],
)
def test_robots_and_tools_do_not_count(post: Publication, agent: str) -> None:
    assert read(post, user_agent=agent) == 0


@pytest.mark.parametrize(
    "agent",
    [
        FIREFOX,
        CHROME,
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
        "Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "coc_coc_browser/130.0.0 Chrome/130.0.0.0 Safari/537.36",
        "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
        "Chrome/140.0.0.0 Mobile Safari/537.36 Zalo android/24100 ZaloTheme/light ZaloLanguage/vi",
    ],
)
def test_browsers_count(post: Publication, agent: str) -> None:
    assert read(post, user_agent=agent) == 1


def test_a_page_fetched_ahead_is_not_a_reading(post: Publication) -> None:
    assert read(post, is_prefetch=True) == 0
    assert read(post) == 1


def test_whoever_wrote_or_handles_the_text_does_not_count(session: Session) -> None:
    author, poster = make_user(), make_user()
    post = make_publication(author=author, posted_by=poster)
    staff = [author, poster, make_user(role="editor"), make_user(role="chief")]
    assert [read(post, user=user) for user in staff] == [0, 0, 0, 0]
    others = [make_user(), make_user(role="admin")]
    counted = [read(post, user=user, address=f"198.51.100.{n}") for n, user in enumerate(others)]
    assert counted == [1, 2]


@pytest.mark.parametrize(
    "fields",
    [
        {"published_at": NOW + MINUTE},
        {"state": "withdrawn"},
        {"expires_at": NOW},
        {"state": "draft"},
        {"state": "approved"},
    ],
)
def test_what_citizens_cannot_read_has_no_counter(session: Session, fields: Any) -> None:
    post = make_publication(**fields)
    with pytest.raises(NotFound):
        read(post)
    assert session.scalar(select(func.count()).select_from(ViewSeen)) == 0


# ---------------------------------------------------------------- through the address
def visit(client: CheckedClient, post: Publication, **headers: str) -> Any:
    return client.post(
        f"/luot-xem/{post.id}",
        headers={"HX-Request": "true", "User-Agent": FIREFOX, **headers},
    )


def test_the_page_that_was_opened_gets_its_number_in_place(
    session: Session, client: CheckedClient
) -> None:
    post = make_publication(views=1233, published_at=PAST)
    response = visit(client, post)
    assert response.status_code == 200
    assert response.text == '<span id="view-count" class="view-count">1.234</span>'
    assert response.headers["Cache-Control"] == "no-store"
    assert visit(client, post).text == response.text
    assert client.get(f"/luot-xem/{post.id}").text == response.text
    assert session.get_one(ViewTotal, post.id).total == 1234


def test_without_scripts_the_button_counts_and_shows_the_page_again(
    session: Session, client: CheckedClient
) -> None:
    post = make_publication(title="Một bài", published_at=PAST)
    response = client.post(f"/luot-xem/{post.id}", headers={"User-Agent": FIREFOX})
    assert response.status_code == 303
    assert response.headers["Location"] == f"/bai-viet/mot-bai-{post.id}#view-count"
    assert views.total_views(publication_id=post.id) == 1


@pytest.mark.parametrize(
    ("headers", "status", "total"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 200, 1),
        ({"Sec-Fetch-Site": "none"}, 200, 1),
        ({"Sec-Fetch-Site": "cross-site"}, 403, 0),
        ({"Sec-Purpose": "prefetch;prerender"}, 200, 0),
        ({"User-Agent": "curl/8.5.0"}, 200, 0),
    ],
)
def test_the_request_tells_whether_somebody_reads(
    post: Publication, client: CheckedClient, headers: dict[str, str], status: int, total: int
) -> None:
    assert visit(client, post, **headers).status_code == status
    assert views.total_views(publication_id=post.id) == total


def test_an_editor_who_is_logged_in_is_not_counted(
    session: Session, client: CheckedClient, post: Publication
) -> None:
    login(client, make_user(role="editor"))
    assert visit(client, post).status_code == 200
    assert views.total_views(publication_id=post.id) == 0


@pytest.mark.parametrize("fields", [{"state": "withdrawn"}, {"state": "draft"}])
def test_the_counter_of_what_is_not_public_is_not_there(
    session: Session, client: CheckedClient, fields: dict[str, str]
) -> None:
    post = make_publication(views=5, **fields)
    assert visit(client, post).status_code == 404
    assert client.get(f"/luot-xem/{post.id}").status_code == 404
    assert views.total_views(publication_id=post.id) == 5


@pytest.mark.parametrize("number", ["0", "999", str(2**31), str(2**63), str(10**30)])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_number_of_no_post_is_not_found(client: CheckedClient, number: str, method: str) -> None:
    assert client.open(f"/luot-xem/{number}", method=method).status_code in {404, 405}
