"""Ratings and polls: one for a visitor and day, no cookie, no account; and the desk's side."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import scoped_session

from models import Poll, PollChoice, PollSeen, RatingDay, RatingSeen
from services.voice import robots, votes
from tests.support.client import CheckedClient, login
from tests.support.factories import make_poll, make_publication, make_user
from tests.support.voice import fields_of, make_cheap


@pytest.fixture(autouse=True)
def cheap(session: scoped_session[Any]) -> None:
    make_cheap()
    session.commit()


def test_a_rating_counts_once_a_day_for_a_visitor_with_scripts_and_without(
    client: CheckedClient, session: scoped_session[Any]
) -> None:
    post = make_publication()
    address = f"/danh-gia/{post.id}"
    page = client.get(f"/bai-viet/{post.slug}-{post.id}")
    assert f'action="{address}"' in page.get_data(as_text=True)
    first = client.post(address, data={"hai-long": "0"}, headers={"HX-Request": "true"})
    assert "Cảm ơn bạn đã cho biết" in first.get_data(as_text=True)
    assert "Set-Cookie" not in first.headers
    again = client.post(address, data={"hai-long": "1"})
    assert again.status_code == 303
    assert "đã đánh giá bài này rồi" in client.get(again.headers["Location"]).get_data(as_text=True)
    client.post(address, data={"hai-long": "1"}, headers={"User-Agent": "Máy khác"})
    assert client.post(address, data={"hai-long": "2"}).status_code == 422
    assert client.post("/danh-gia/999", data={"hai-long": "1"}).status_code == 404
    day = session.scalars(select(RatingDay)).one()
    assert (day.satisfied, day.unsatisfied) == (1, 1)

    words = fields_of(client.get(address).get_data(as_text=True), form="rating-note-form")
    empty = client.post(f"{address}/loi", data=words)
    assert empty.status_code == 422
    note = words | {"text": "Thiếu biểu mẫu tải về."}
    assert client.post(f"{address}/loi", data=note).status_code == 303
    assert client.post(f"{address}/loi", data=note).status_code == 303
    login(client, make_user(role="editor"))
    report = client.get("/ban-lam-viec/tieng-noi/bao-cao").get_data(as_text=True)
    assert report.count("Thiếu biểu mẫu tải về.") == 1
    assert "50%" in report
    wrong = client.get("/ban-lam-viec/tieng-noi/bao-cao?tu-ngay=31/02/2026")
    assert wrong.status_code == 422
    assert "31/02/2026" in wrong.get_data(as_text=True)


def test_a_poll_is_made_opened_voted_in_once_and_closed(
    client: CheckedClient, session: scoped_session[Any]
) -> None:
    editor = make_user(role="editor")
    login(client, editor)
    fields = {"question": "Bạn đọc bằng gì?", "choices": "Điện thoại\nMáy tính", "closes_on": ""}
    for wrong in ({"question": ""}, {"choices": "Một"}, {"closes_on": "30/02/2030"}):
        refused = client.post_form("/ban-lam-viec/tieng-noi/tham-do/moi", fields | wrong)
        assert refused.status_code == 422
        assert "Máy tính" in refused.get_data(as_text=True) or "choices" in wrong
    client.post_form("/ban-lam-viec/tieng-noi/tham-do/moi", fields)
    poll = session.scalars(select(Poll)).one()
    address = f"/tham-do/{poll.id}"
    assert client.get(address).status_code == 404
    client.post_form(f"/ban-lam-viec/tieng-noi{address}/mo", {})
    other = make_poll(created_by=editor, is_open=False)
    session.commit()
    busy = client.post_form(f"/ban-lam-viec/tieng-noi/tham-do/{other.id}/mo", {})
    assert busy.status_code == 409
    assert client.post_form(f"/ban-lam-viec/tieng-noi{address}", fields).status_code == 403

    reader = client.application.test_client()
    frame = reader.get("/tham-do/_khung")
    assert "Bạn đọc bằng gì?" in frame.get_data(as_text=True)
    assert "Set-Cookie" not in frame.headers
    choice = session.scalars(
        select(PollChoice).where(PollChoice.poll_id == poll.id, PollChoice.position == 1)
    ).one()
    # A part of another page is changed in place; its own page is sent whole, results and all.
    assert f'hx-post="{address}"' in frame.get_data(as_text=True)
    assert "hx-post" not in reader.get(address).get_data(as_text=True)
    assert reader.post(address, data={}).status_code == 422
    assert reader.post(address, data={"chon": str(choice.id)}).status_code == 303
    again = reader.post(address, data={"chon": str(choice.id)}, headers={"HX-Request": "true"})
    assert "không tính thêm" in again.get_data(as_text=True)
    session.refresh(choice)
    assert choice.votes == 1
    client.post_form(f"/ban-lam-viec/tieng-noi{address}/dong", {})
    assert reader.post(address, data={"chon": str(choice.id)}).status_code == 403
    assert "100%" in reader.get(address).get_data(as_text=True)
    assert "Bạn đọc" not in reader.get("/tham-do/_khung").get_data(as_text=True)
    assert "Bạn đọc bằng gì?" in reader.get("/tham-do").get_data(as_text=True)


def test_who_voted_is_forgotten_after_a_day(session: scoped_session[Any]) -> None:
    now = datetime.now(UTC)
    post, poll = make_publication(), make_poll(created_by=make_user())
    for hours, name in ((25, "a"), (1, "b")):
        at = now - timedelta(hours=hours)
        session.add(RatingSeen(publication_id=post.id, visitor_hash=name, rated_at=at))
        session.add(PollSeen(poll_id=poll.id, visitor_hash=name, voted_at=at))
    session.flush()
    votes.prune(now=now)
    assert session.scalars(select(RatingSeen.visitor_hash)).all() == ["b"]
    assert session.scalars(select(PollSeen.visitor_hash)).all() == ["b"]


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_the_administrator_chooses_the_questions_that_tell_people_from_machines(
    client: CheckedClient, session: scoped_session[Any]
) -> None:
    login(client, make_user(role="admin"))
    address = "/ban-lam-viec/quan-tri/cau-hoi-kiem-tra"
    for wrong, sentence in (
        ("Một câu? = đúng", "ít nhất hai câu"),
        ("Không có đáp án\nHai? = 2", "Dòng 1 chưa đúng"),
    ):
        refused = client.post_form(address, {"questions": wrong})
        assert refused.status_code == 422
        assert sentence in refused.get_data(as_text=True)
        assert wrong.splitlines()[0] in refused.get_data(as_text=True)
    saved = {"questions": "Trời màu gì? = xanh | Xanh lam\nTuyết màu gì? = trắng"}
    assert client.post_form(address, saved).status_code == 303
    assert {question.text for question in robots.questions()} == {"Trời màu gì?", "Tuyết màu gì?"}
    assert "màu gì?" in client.get("/hoi-dap/gui").get_data(as_text=True)
