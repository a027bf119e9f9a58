"""What people come for stands above the news, and the poll is asked as long as it runs."""

from datetime import timedelta
from typing import Any

import lxml.html
import pytest
from flask import Flask
from sqlalchemy.orm import scoped_session

from models import Kind, Poll, Role
from services.content_version import next_due
from services.dates import local_date, start_of_day
from services.voice import polls
from tests.support.client import CheckedClient
from tests.support.factories import (
    NOW,
    make_poll,
    make_publication,
    make_site_link,
    make_user,
)

Session = scoped_session[Any]


def tasks(page: str) -> dict[str, str]:
    """Each task of the strip, with where it leads."""
    found = lxml.html.document_fromstring(page).xpath("//nav[@class='tasks']//a")
    return {" ".join(link.text_content().split()): link.get("href") for link in found}


def test_what_people_come_for_is_the_first_thing_of_the_page(
    client: CheckedClient, session: Session
) -> None:
    for _ in range(2):
        make_publication(kind=Kind.DOCUMENT)
    make_publication(kind=Kind.DOCUMENT, state="draft")
    make_publication(kind=Kind.PROCEDURE, details={"online_level": "toan-trinh"})
    make_publication(
        kind=Kind.CONSULTATION, details={"opens_on": "01/01/2026", "closes_on": "31/12/2199"}
    )
    make_publication(
        kind=Kind.CONSULTATION, details={"opens_on": "01/01/2026", "closes_on": "02/01/2026"}
    )
    page = client.get("/").text
    assert {
        "Tra văn bản 2 văn bản": "/van-ban",
        "Làm thủ tục 1 dịch vụ toàn trình": "/thu-tuc",
        "Góp ý dự thảo 1 dự thảo đang lấy ý kiến": "/du-thao",
        "Đặt câu hỏi không cần tài khoản": "/hoi-dap/gui",
    }.items() <= tasks(page).items()
    english = tasks(client.get("/en").text)
    # Nothing of it is in English, and where there is no English page the Vietnamese one opens.
    assert english["Find documents"] == "/en/van-ban"
    assert english["Ask a question no account needed"] == "/hoi-dap/gui"


def test_the_poll_is_on_the_home_page_as_long_as_it_runs_and_takes_votes_there(
    app: Flask, client: CheckedClient, session: Session
) -> None:
    board = make_user(role=Role.CHIEF)
    assert 'id="poll"' not in client.get("/").text
    poll = make_poll(created_by=board, closes_on=local_date(NOW) + timedelta(days=90_000))
    session.commit()
    answer = client.get("/")
    assert poll.question in answer.text
    # The same bytes for everybody: no cookie, no token, no result that a vote would change.
    assert "Set-Cookie" not in answer.headers
    assert "public" in answer.headers["Cache-Control"]
    assert "csrf_token" not in answer.text
    (form,) = lxml.html.document_fromstring(answer.text).xpath("//section[@id='poll']//form")
    chosen = form.xpath(".//input/@value")[1]
    voted = client.post(form.get("action"), data={"chon": chosen})
    assert voted.status_code == 303
    session.expire_all()
    assert [choice.votes for choice in poll.choices] == [0, 1, 0]
    assert client.get("/").text == answer.text
    assert poll.question not in client.get("/en").text
    polls.close_poll(poll=session.get_one(Poll, poll.id), actor=board, now=NOW)
    session.commit()
    assert poll.question not in client.get("/").text


def test_the_page_is_made_anew_once_the_last_day_of_the_poll_is_over(session: Session) -> None:
    before = next_due(session(), NOW)
    last_on = local_date(NOW) + timedelta(days=2)
    make_poll(created_by=make_user(role=Role.CHIEF), closes_on=last_on)
    assert before is None
    assert next_due(session(), NOW) == start_of_day(last_on + timedelta(days=1))


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_the_home_page_leads_to_other_sites_that_are_shown(
    client: CheckedClient, session: Session
) -> None:
    for number in range(8):
        make_site_link(name=f"Trang {number}", position=number, is_shown=number != 2)
    page = client.get("/").text
    shown = [name for name in map("Trang {}".format, range(8)) if f">{name}</a>" in page]
    assert shown == ["Trang 0", "Trang 1", "Trang 3", "Trang 4", "Trang 5", "Trang 6"]
