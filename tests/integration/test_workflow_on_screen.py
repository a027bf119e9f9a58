"""The workflow as its people and its readers meet it: at its hour, off the page, without review."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask, g
from sqlalchemy import event
from sqlalchemy.orm import scoped_session
from werkzeug.test import TestResponse

from extensions import db
from models import Publication, State, Transition, User
from services import search, settings
from services.publications import seen_token
from services.workflow import schedule_token
from tests.support.board import Board, audit, make_board, state_of
from tests.support.client import CheckedClient, login
from tests.support.factories import make_publication, make_section, make_user

Session = scoped_session[Any]
SQLITE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
REPORT = "/ban-lam-viec/bao-cao/khong-qua-duyet"
# Two in the afternoon of 3/11/2026 in Đà Nẵng.
HOUR = datetime(2026, 11, 3, 7, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@dataclass
class Clock:
    """What time it is to the site."""

    now: datetime


@pytest.fixture
def clock(app: Flask) -> Clock:
    clock = Clock(HOUR - timedelta(days=1))

    @app.before_request
    def set_the_clock() -> None:
        g.now = clock.now

    return clock


@pytest.fixture
def board(clock: Clock, session: Session) -> Board:
    board = make_board()
    session.commit()
    return board


def client_of(app: Flask, user: User) -> CheckedClient:
    client = app.test_client()
    assert isinstance(client, CheckedClient)
    login(client, user)
    return client


def act(
    client: CheckedClient,
    publication: Publication,
    action: str,
    *,
    live: bool = False,
    **fields: str,
) -> TestResponse:
    """Press a button of the publication's page, as somebody without scripts does."""
    page = f"/ban-lam-viec/bai-viet/{publication.id}"
    return client.submit(page, fields, form=f"{page}/{action}")


def said(response: TestResponse) -> str:
    return unescape(response.text)


PLACES = {
    "home": "/",
    "section": "/chuyen-muc/tin-hoat-dong",
    "section above": "/chuyen-muc/tin-tuc",
    "search": "/tim-kiem?q=hoi+nghi",
    "rss": "/rss.xml",
    "rss of the section": "/chuyen-muc/tin-hoat-dong/rss.xml",
    "sitemap": "/sitemap-1.xml",
}


def places_with(app: Flask, publication: Publication) -> set[str]:
    """Where readers meet it now."""
    client, mark = app.test_client(), f"/bai-viet/hoi-nghi-khoa-hoc-tre-{publication.id}"
    found = {name for name, address in PLACES.items() if mark in client.get(address).text}
    return found | ({"page"} if client.get(mark).status_code == 200 else set())


EVERYWHERE = {*PLACES, "page"}


# ---------------------------------------------------------------- at its hour
def test_a_scheduled_post_is_everywhere_from_its_second_on_and_nowhere_from_its_last(
    app: Flask, board: Board, clock: Clock
) -> None:
    above = make_section(name="Tin tức")
    board.section.parent = above
    publication = board.walk(board.draft(), "author submit,editor take,editor forward")
    chief = client_of(app, board.chief)
    assert act(
        chief, publication, "approve_and_schedule", day="03/11/2026", time="14:00"
    ).status_code in {302, 303}
    page = f"/ban-lam-viec/bai-viet/{publication.id}"
    assert "sẽ lên trang lúc 14:00, 03/11/2026" in said(chief.get(page))
    for moment in (clock.now, HOUR - SECOND):
        clock.now = moment
        assert places_with(app, publication) == set()
        assert app.test_client().get(f"/bai-viet/x-{publication.id}").status_code == 404
    # Nothing is run and nothing written: only the clock moves on.
    clock.now = HOUR
    assert places_with(app, publication) == EVERYWHERE
    last = HOUR + timedelta(days=30)
    assert act(chief, publication, "expire", day="03/12/2026", time="14h").status_code == 303
    clock.now = last - SECOND
    assert places_with(app, publication) == EVERYWHERE
    clock.now = last
    assert places_with(app, publication) == set()
    gone = app.test_client().get(f"/bai-viet/hoi-nghi-khoa-hoc-tre-{publication.id}")
    assert gone.status_code == 410
    assert "Bài này đã hết hạn" in said(gone)
    assert "Nội dung này đã hết thời hạn công khai. Bài rời trang ngày 03/12/2026." in said(gone)
    assert "Cơ quan gỡ bài" not in said(gone)
    assert "Hết hạn" in said(chief.get(page))
    # Without a last day it is back.
    assert act(chief, publication, "expire", day="", time="").status_code == 303
    assert places_with(app, publication) == EVERYWHERE


@SQLITE
def test_a_scheduled_post_can_be_moved_and_called_off_until_its_hour(
    app: Flask, board: Board, clock: Clock
) -> None:
    publication = board.walk(board.draft(), "author submit,chief take,chief approve")
    chief = client_of(app, board.chief)
    act(chief, publication, "schedule", day="03/11/2026", time="14:00")
    old = schedule_token(publication)
    act(chief, publication, "reschedule", day="04/11/2026", time="8:00")
    page = f"/ban-lam-viec/bai-viet/{publication.id}"
    stale = chief.post_form(f"{page}/reschedule", {"seen": old, "day": "9/11/2026", "time": "9h"})
    assert stale.status_code == 409
    assert "dời bài này sang 08:00, 04/11/2026" in said(stale)
    shown = said(chief.get(page))
    assert "Huỷ hẹn giờ" in shown
    assert f"{page}/withdraw" not in shown
    assert f"{page}/correct" not in shown
    act(chief, publication, "unschedule")
    assert state_of(publication) is State.APPROVED
    clock.now = HOUR + timedelta(days=2)
    assert places_with(app, publication) == set()


# ---------------------------------------------------------------- off the page, and back
def test_a_withdrawn_post_says_why_where_it_was_and_is_nowhere_else(
    app: Flask, board: Board, clock: Clock
) -> None:
    publication = make_publication(
        title="Hội nghị khoa học trẻ", author=board.author, section=board.section
    )
    db.session.commit()
    above = make_section(name="Tin tức")
    board.section.parent = above
    search.reindex()
    db.session.commit()
    address = f"/bai-viet/hoi-nghi-khoa-hoc-tre-{publication.id}"
    assert places_with(app, publication) == EVERYWHERE
    chief = client_of(app, board.chief)
    act(chief, publication, "withdraw", reason="Số liệu <sai> & cũ.")
    assert places_with(app, publication) == set()
    reader = app.test_client()
    for address_now in (address, f"/bai-viet/cu-{publication.id}"):
        gone = reader.get(address_now)
        assert gone.status_code == 410
        assert "Bài này đã được gỡ" in said(gone)
        assert "Cơ quan gỡ bài ngày 02/11/2026. Lý do: Số liệu <sai> & cũ." in said(gone)
        assert "Hội nghị khoa học trẻ" in gone.text
        assert "noindex" in gone.text
    # Neither the count, nor what stands beside others, nor a reading tells of it any more.
    reader.post(f"/luot-xem/{publication.id}", headers={"HX-Request": "true"})
    count = reader.get(f"/luot-xem/{publication.id}")
    assert re.findall(r">\s*(\d+)\s*<", count.text) in ([], ["0"])
    fragment = reader.get("/tim-kiem?q=hoi+nghi", headers={"HX-Request": "true"})
    assert "hoi-nghi-khoa-hoc-tre" not in fragment.text
    act(chief, publication, "republish")
    assert places_with(app, publication) == EVERYWHERE
    act(chief, publication, "correct", reason="Ngày 5 đúng ra là ngày 6.")
    shown = said(reader.get(address))
    assert "Ngày 5 đúng ra là ngày 6." in shown
    assert "01/11/2026" in shown or "02/11/2026" in shown


@SQLITE
def test_a_chief_withdraws_a_live_post_over_which_somebody_writes_and_puts_it_away(
    app: Flask, board: Board
) -> None:
    publication = board.walk(board.draft(), "author submit,chief take,chief approve,chief publish")
    board.walk(publication, "author revise")
    db.session.commit()
    chief = client_of(app, board.chief)
    act(chief, publication, "withdraw", reason="Số liệu sai.")
    act(chief, publication, "archive")
    assert state_of(publication) is State.ARCHIVED
    assert [line.action for line in audit(publication)[-3:]] == ["withdraw", "discard", "archive"]


# ---------------------------------------------------------------- one step
def test_a_board_of_one_step_approves_what_the_author_sends(app: Flask, board: Board) -> None:
    settings.put(key="review_steps", value=1)
    publication = board.draft()
    db.session.commit()
    author, chief = client_of(app, board.author), client_of(app, board.chief)
    assert act(author, publication, "submit").status_code == 303
    assert state_of(publication) is State.AWAITING_APPROVAL
    page = f"/ban-lam-viec/bai-viet/{publication.id}"
    assert "Chờ duyệt" in said(author.get(page))
    assert publication.title in said(chief.get("/ban-lam-viec/duyet"))
    assert act(author, publication, "take_back").status_code == 303
    assert act(author, publication, "submit").status_code == 303
    assert act(chief, publication, "approve_and_publish").status_code == 303
    assert (
        app.test_client().get(f"/bai-viet/hoi-nghi-khoa-hoc-tre-{publication.id}").status_code
        == 200
    )


# ---------------------------------------------------------------- without review, and its report
def unreviewed(board: Board, at: datetime, title: str, reason: str) -> Publication:
    board.now = at
    publication = board.draft(author=board.trusted, title=title)
    board.do("trusted", "publish_unreviewed", publication, reason=reason)
    db.session.commit()
    return publication


def test_what_skipped_the_review_is_reported_until_a_chief_has_looked(
    app: Flask, board: Board, clock: Clock
) -> None:
    storm = unreviewed(board, HOUR - timedelta(days=3), "Tin bão số 5", "Bão vào trong đêm.")
    unreviewed(board, datetime(2026, 6, 30, 16, 0, tzinfo=UTC), "Tin nắng nóng", "Cảnh báo gấp.")
    make_publication(title="Bài thường", section=board.section)
    chief = client_of(app, board.chief)
    report = said(chief.get(REPORT))
    assert "Từ 01/07/2026 đến 31/12/2026 có 1 bài đăng không qua duyệt;" in report
    assert "1 bài chưa ai trong Ban biên tập xem lại." in report
    assert re.search(r"Tin bão số 5.*Hồ Được Tin.*Bão vào trong đêm\..*Chưa", report, re.S)
    assert "Bài thường" not in report
    assert "Tin nắng nóng" not in report
    # An hour before midnight of 30/06 in Việt Nam, that day included.
    earlier = said(chief.get(f"{REPORT}?tu-ngay=30/06/2026&den-ngay=30/6/2026"))
    assert "Tin nắng nóng" in earlier
    assert "Tin bão" not in earlier

    assert act(chief, storm, "look_over").status_code == 303
    line = audit(storm)[-1]
    assert (line.action, line.actor_id, line.from_state, line.to_state) == (
        "look_over",
        board.chief.id,
        State.PUBLISHED,
        State.PUBLISHED,
    )
    report = said(chief.get(REPORT))
    assert "Ban biên tập đã xem lại tất cả." in report
    assert re.search(r"Võ Trưởng Ban.*Xác nhận đã xem lại", report, re.S)
    # Once is enough.
    page = f"/ban-lam-viec/bai-viet/{storm.id}"
    assert "look_over" not in chief.get(page).text
    seen = seen_token(storm.live_revision) if storm.live_revision else ""
    again = client_of(app, board.chief2).post_form(f"{page}/look_over", {"seen": seen})
    assert again.status_code == 403
    assert "Võ Trưởng Ban đã xem lại bài này lúc" in said(again)


@SQLITE
def test_whoever_published_it_has_not_looked_and_whoever_corrects_it_has(
    app: Flask, board: Board
) -> None:
    board.trusted.role = board.chief.role
    storm = unreviewed(board, HOUR - timedelta(days=3), "Tin bão số 5", "Bão vào trong đêm.")
    board.do("trusted", "correct", storm)
    db.session.commit()
    chief = client_of(app, board.chief)
    assert "1 bài chưa ai" in said(chief.get(REPORT))
    act(chief, storm, "correct", reason="Bão số 6.")
    report = said(chief.get(REPORT))
    assert "Ban biên tập đã xem lại tất cả." in report
    assert re.search(r"Võ Trưởng Ban.*Đính chính", report, re.S)


@SQLITE
def test_the_report_is_for_chiefs_within_their_sections_and_for_administrators(
    app: Flask, board: Board
) -> None:
    unreviewed(board, HOUR - timedelta(days=3), "Tin bão số 5", "Bão vào trong đêm.")
    elsewhere = make_user(role="chief", sections=[make_section(name="Mục khác")])
    inside = make_user(role="chief", sections=[board.section])
    admin = make_user(role="admin", full_name="Đặng Quản Trị")
    db.session.commit()
    assert "Tin bão số 5" in client_of(app, admin).get(REPORT).text
    assert "Tin bão số 5" in client_of(app, inside).get(REPORT).text
    empty = said(client_of(app, elsewhere).get(REPORT))
    assert "Từ 01/07/2026 đến 31/12/2026, mọi bài lên trang đều đã qua duyệt." in empty
    for user in (board.author, board.editor):
        assert client_of(app, user).get(REPORT).status_code == 403


@SQLITE
def test_wrong_days_of_the_report_are_named_together_and_stay_as_typed(
    app: Flask, board: Board
) -> None:
    chief = client_of(app, board.chief)
    wrong = chief.get(f"{REPORT}?tu-ngay=31/02/2026&den-ngay=hôm nay")
    assert wrong.status_code == 422
    assert "Từ ngày: Không có ngày “31/02/2026” trong lịch." in said(wrong)
    assert "Đến ngày: Ngày “hôm nay” chưa đúng." in said(wrong)
    assert 'value="hôm nay"' in said(wrong)
    turned = chief.get(f"{REPORT}?tu-ngay=02/02/2026&den-ngay=01/02/2026")
    assert turned.status_code == 422
    assert "“Đến ngày” phải cùng ngày hoặc sau “Từ ngày”." in said(turned)


@SQLITE
def test_a_long_report_has_pages_and_each_costs_the_same_queries(
    app: Flask, board: Board, session: Session
) -> None:
    chief = client_of(app, board.chief)
    counted: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *a: counted.append(a[2]))
    costs = []
    for more in (2, 28):
        for number in range(more):
            publication = make_publication(title=f"Tin khẩn {number}", author=make_user())
            session.add(
                Transition(
                    publication_id=publication.id,
                    revision_id=publication.live_revision_id,
                    action="publish_unreviewed",
                    from_state=State.DRAFT,
                    to_state=State.PUBLISHED,
                    actor_id=publication.author_id,
                    reason="Gấp.",
                    at=HOUR - timedelta(days=9, minutes=number),
                )
            )
        session.commit()
        counted.clear()
        first = chief.get(REPORT)
        costs.append(len(counted))
    assert costs[0] == costs[1]
    assert first.text.count("<tr>") == 26
    second = chief.htmx(f"{REPORT}?trang=2")
    assert second.text.count("<tr>") == 6
    assert "<html" not in second.text


# ---------------------------------------------------------------- what is said, and where one lands
@SQLITE
def test_a_wrong_day_and_a_wrong_hour_are_told_together(app: Flask, board: Board) -> None:
    publication = board.walk(board.draft(), "author submit,chief take,chief approve")
    chief = client_of(app, board.chief)
    response = act(chief, publication, "schedule", day="31/02/2030", time="25:99")
    assert response.status_code == 422
    assert "Không có ngày “31/02/2030” trong lịch." in said(response)
    assert "Giờ “25:99” chưa đúng." in said(response)
    assert 'value="31/02/2030"' in response.text
    assert 'value="25:99"' in response.text
    assert response.text.count('aria-invalid="true"') == 2


@SQLITE
def test_an_action_s_address_opened_anew_leads_to_its_text(app: Flask, board: Board) -> None:
    publication = board.walk(board.draft(), "author submit")
    page = f"/ban-lam-viec/bai-viet/{publication.id}"
    editor = client_of(app, board.editor)
    assert act(editor, publication, "return", reason=" ").status_code == 422
    again = editor.get(f"{page}/return")
    assert (again.status_code, again.headers["Location"]) == (303, page)
    assert editor.get(f"{page}/khong-co").status_code == 404
    # What it leads to is as closed as it was.
    stranger = client_of(app, make_user())
    assert stranger.get(f"{page}/return", follow_redirects=True).status_code == 404


@SQLITE
def test_whoever_has_a_text_open_twice_is_not_told_of_somebody_else(
    app: Flask, board: Board
) -> None:
    publication = board.draft()
    db.session.commit()
    author = client_of(app, board.author)
    page = f"/ban-lam-viec/bai-viet/{publication.id}/sua"
    latest = publication.latest_revision
    assert latest is not None
    typed = {"title": "Một", "genre": "news", "origin": "own", "seen": seen_token(latest)}
    assert author.post_form(page, {**typed, "then": "stay"}).status_code == 303
    refused = author.post_form(page, {**typed, "title": "Hai", "then": "stay"})
    assert refused.status_code == 409
    assert "Bạn ở cửa sổ khác đã lưu một bản mới hơn của bài này." in said(refused)
    assert "Bản mới hơn của bạn ở cửa sổ khác" in said(refused)
    assert board.author.full_name not in said(refused).split("<main")[1].split("<label")[0]


@SQLITE
@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("genre", "Thể loại"),
        ("origin", "Nguồn gốc"),
        ("section_id", "Chuyên mục"),
        ("lead_media_id", "Ảnh đại diện"),
    ],
)
def test_a_choice_that_is_not_offered_is_named(
    app: Flask, board: Board, field: str, name: str
) -> None:
    author = client_of(app, board.author)
    typed = {"title": "Một", "genre": "news", "origin": "own", "then": "stay", field: "xyz"}
    refused = author.post_form("/ban-lam-viec/bai-viet/moi", typed)
    assert refused.status_code == 422
    assert f"{name}: lựa chọn này không có trong danh sách; hãy chọn lại." in said(refused)


@SQLITE
def test_every_key_of_the_desk_is_in_the_panel_that_lists_them(app: Flask, board: Board) -> None:
    desk = client_of(app, board.chief).get("/ban-lam-viec")
    panel = desk.text[desk.text.index('<dialog id="keys"') :]
    keys = re.findall(r"<kbd>([^<]+)</kbd>", panel)
    assert keys[:5] == ["J", "K", "Enter", "Esc", "?"]
    assert len(set(keys)) == len(keys)
    assert set("ABCDEGHILMNOQRSTUVWXY") == set(keys[5:])
