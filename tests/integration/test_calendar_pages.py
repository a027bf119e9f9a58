"""The calendar over HTTP: months by address, and moving with and without scripts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import scoped_session

from models import Publication, Transition
from services import dates, workflow
from services.publications import seen_token
from tests.support.client import CheckedClient, login
from tests.support.factories import make_publication, make_section, make_user

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

Session = scoped_session[Any]
CALENDAR = "/ban-lam-viec/lich"
MOVE = "/ban-lam-viec/lich/doi"


def in_days(days: int) -> datetime:
    """Nine in the morning in Việt Nam, so many days from now."""
    today = dates.local_date(datetime.now(UTC))
    return dates.combine(today + timedelta(days=days), dates.parse_time("09:00"))


@pytest.fixture
def scheduled(session: Session) -> Publication:
    return make_publication(title="Lịch cắt điện", section=make_section(), published_at=in_days(3))


@pytest.fixture
def chief(app: Flask, session: Session, scheduled: Publication) -> CheckedClient:
    client = app.test_client()
    assert isinstance(client, CheckedClient)
    login(client, make_user(role="chief", full_name="Võ Trưởng Ban"))
    return client


def month_of(moment: datetime) -> str:
    return f"{dates.local_date(moment):%Y-%m}"


def fields(publication: Publication, day: datetime, **more: str) -> dict[str, str]:
    return {
        "bai": str(publication.id),
        "seen": workflow.schedule_token(publication),
        "thang": month_of(in_days(3)),
        "day": dates.local_date(day).isoformat(),
        **more,
    }


def test_a_month_has_an_address_and_its_neighbours_are_links(chief: CheckedClient) -> None:
    page = chief.get(f"{CALENDAR}?thang=2026-12").text
    assert "Tháng 12 năm 2026" in page
    assert f'href="{CALENDAR}?thang=2026-11"' in page
    assert f'href="{CALENDAR}?thang=2027-01"' in page
    part = chief.htmx(f"{CALENDAR}?thang=2026-12")
    assert part.text.lstrip().startswith("<section id=")
    assert "HX-Request" in part.headers["Vary"]


@pytest.mark.parametrize("month", ["2026-13", "x", "2026-1", "9999-01"])
def test_what_is_no_month_is_not_found(chief: CheckedClient, month: str) -> None:
    assert chief.get(f"{CALENDAR}?thang={month}").status_code == 404


def test_a_chief_moves_a_text_with_the_form_alone(
    chief: CheckedClient, scheduled: Publication, session: Session
) -> None:
    form = f"{MOVE}?bai={scheduled.id}&thang={month_of(in_days(3))}"
    day = dates.format_date(in_days(5))
    response = chief.submit(form, {"day": day, "time": "14h30"}, form="move-form")
    assert response.status_code == 303
    assert response.headers["Location"] == f"{CALENDAR}?thang={month_of(in_days(3))}"
    assert dates.format_datetime(scheduled.published_at) == f"14:30, {day}"  # type: ignore[arg-type]
    assert f"Đã dời “Lịch cắt điện” sang 14:30, {day}." in chief.get(CALENDAR).text
    assert session.scalars(select(Transition.action)).all() == ["reschedule"]


def test_what_is_dragged_to_a_day_keeps_its_hour(
    chief: CheckedClient, scheduled: Publication
) -> None:
    response = chief.htmx(MOVE, "POST", data=fields(scheduled, in_days(4)))
    assert response.status_code == 200
    assert response.text.lstrip().startswith("<section id=")
    assert "sang 09:00" in response.text
    assert scheduled.published_at == in_days(4)


def test_a_day_that_has_passed_is_refused_and_the_text_stays(
    chief: CheckedClient, scheduled: Publication
) -> None:
    response = chief.htmx(MOVE, "POST", data=fields(scheduled, in_days(-1)))
    assert response.status_code == 422
    assert "Giờ hẹn phải ở tương lai" in response.text
    assert scheduled.published_at == in_days(3)


def test_in_the_dialog_what_was_typed_comes_back_with_why(
    chief: CheckedClient, scheduled: Publication
) -> None:
    dialog = {"HX-Target": "move-form"}
    for typed, sentence in (
        ({"day": "31/02/2030", "time": "09:00"}, "Không có ngày “31/02/2030”"),
        ({"day": dates.format_date(in_days(4)), "time": "25:99"}, "Giờ “25:99” chưa đúng"),
        ({"day": "01/01/2020", "time": "08:00"}, "Giờ hẹn phải ở tương lai"),
    ):
        data = {**fields(scheduled, in_days(4)), **typed}
        response = chief.htmx(MOVE, "POST", data=data, headers=dialog)
        assert response.status_code == 422
        assert 'id="move-form"' in response.text
        assert sentence in response.text
        assert f'value="{typed["day"]}"' in response.text
        assert f'value="{typed["time"]}"' in response.text
    moved = chief.htmx(
        MOVE, "POST", data=fields(scheduled, in_days(6), time="10:00"), headers=dialog
    )
    assert (moved.status_code, moved.headers["HX-Retarget"]) == (200, "#calendar")


@pytest.mark.parametrize("headers", [{}, {"HX-Target": "move-form"}])
def test_who_moves_what_another_has_moved_meanwhile_gets_409_and_the_present_hour(
    chief: CheckedClient, scheduled: Publication, session: Session, headers: dict[str, str]
) -> None:
    stale = fields(scheduled, in_days(5))
    assert chief.htmx(MOVE, "POST", data=fields(scheduled, in_days(7))).status_code == 200
    response = chief.htmx(MOVE, "POST", data=stale, headers=headers)
    assert response.status_code == 409
    assert "Một người khác vừa dời bài này" in response.text
    assert dates.format_date(in_days(7)) in response.text
    session.refresh(scheduled)
    assert scheduled.published_at == in_days(7)


def test_what_was_published_meanwhile_is_told_and_not_moved(
    app: Flask, chief: CheckedClient, scheduled: Publication, session: Session
) -> None:
    stale = fields(scheduled, in_days(5))
    scheduled.published_at = in_days(-2)
    session.commit()
    response = chief.htmx(MOVE, "POST", data=stale)
    assert response.status_code == 409
    assert "Bài đã lên trang rồi" in response.text
    form = chief.get(f"{MOVE}?bai={scheduled.id}")
    assert (form.status_code, form.headers["Location"].split("?")[0]) == (303, CALENDAR)


@pytest.mark.parametrize("role", ["editor", "admin", "author"])
def test_nobody_but_a_chief_moves(
    app: Flask, scheduled: Publication, session: Session, role: str
) -> None:
    client = app.test_client()
    assert isinstance(client, CheckedClient)
    login(client, scheduled.author if role == "author" else make_user(role=role))
    response = client.post_form(MOVE, fields(scheduled, in_days(5)))
    # An administrator does not even learn that it is there; the others come back to the calendar.
    assert response.status_code == (404 if role == "admin" else 303)
    session.refresh(scheduled)
    assert scheduled.published_at == in_days(3)
    if role != "admin":
        assert "Chỉ Trưởng, Phó Ban biên tập làm được việc này." in client.get(CALENDAR).text


@pytest.mark.parametrize("number", ["", "x", "99999999999999", "0", "²"])
def test_a_text_that_is_none_is_not_found(chief: CheckedClient, number: str) -> None:
    assert chief.get(f"{MOVE}?bai={number}").status_code == 404


def test_the_page_of_a_scheduled_text_moves_it_too(
    chief: CheckedClient, scheduled: Publication
) -> None:
    page = f"/ban-lam-viec/bai-viet/{scheduled.id}"
    day = dates.format_date(in_days(8))
    response = chief.submit(page, {"day": day, "time": "07:15"}, form=f"{page}/reschedule")
    assert response.status_code == 303
    assert dates.format_datetime(scheduled.published_at) == f"07:15, {day}"  # type: ignore[arg-type]


def test_a_day_of_review_is_set_on_the_page_and_shows_in_the_calendar(
    app: Flask, session: Session
) -> None:
    publication = make_publication(title="Phí đo kiểm", published_at=in_days(-9))
    client = app.test_client()
    assert isinstance(client, CheckedClient)
    login(client, publication.author)
    page = f"/ban-lam-viec/bai-viet/{publication.id}"
    for day, status in (("32/01/2030", 422), ("01/01/2020", 422), ("01/03/2030", 303)):
        response = client.submit(page, {"day": day}, form=f"{page}/plan_review")
        assert response.status_code == status
        if status == 422:
            assert f'value="{day}"' in response.text
    assert str(publication.review_on) == "2030-03-01"
    shown = client.get(f"{CALENDAR}?thang=2030-03").text
    assert "Rà soát" in shown
    assert "Phí đo kiểm" in shown
    cleared = client.post_form(
        f"{page}/plan_review",
        {"seen": seen_token(publication.live_revision), "day": ""},  # type: ignore[arg-type]
    )
    assert cleared.status_code == 303
    session.refresh(publication)
    assert publication.review_on is None
