"""A planned outage: announced in time or with a reason, on every public page until it is over."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import scoped_session

from extensions import db
from models import OutageNotice
from services import dates, duties, outages, working_days
from services.content_version import Freshness
from services.errors import Conflict, InvalidInput
from services.outages import OutageDraft
from tests.support.client import CheckedClient, login
from tests.support.factories import NOW, make_user

Session = scoped_session[Any]
PAGE = "/ban-lam-viec/tam-ngung"
WHOLE = {
    "starts_day": "23/9/2026",
    "starts_time": "22:00",
    "ends_day": "23/9/2026",
    "ends_time": "23h30",
    "reason": "Nâng cấp máy chủ",
}


def test_seven_working_days_ahead_is_in_time_and_less_is_refused_unless_urgent(
    app: Flask, session: Session
) -> None:
    admin = make_user(role="admin")
    assert outages.first_day(now=NOW) == date(2026, 9, 23)
    notice = outages.announce(actor=admin, draft=OutageDraft(**WHOLE), now=NOW)
    line = duties.item_of(subject="outage", subject_id=notice.id)
    assert line is not None
    assert (line.due_on, line.done_on) == (date(2026, 9, 14), date(2026, 9, 14))
    soon: dict[str, Any] = WHOLE | {"starts_day": "22/9/2026", "ends_day": "22/9/2026"}
    with pytest.raises(InvalidInput) as refused:
        outages.announce(actor=admin, draft=OutageDraft(**soon), now=NOW)
    assert refused.value.fields["starts_day"] == (
        "Phải báo trước 7 ngày làm việc (NĐ 224/2026/NĐ-CP, Điều 13): sớm nhất là ngày 23/09/2026. "
        "Sự cố gấp thì chọn “Báo gấp” và ghi lý do."
    )
    soon["is_urgent"] = True
    with pytest.raises(InvalidInput) as refused:
        outages.announce(actor=admin, draft=OutageDraft(**soon), now=NOW)
    assert list(refused.value.fields) == ["urgent_reason"]
    soon["urgent_reason"] = "Ổ đĩa báo lỗi"
    urgent = outages.announce(actor=admin, draft=OutageDraft(**soon), now=NOW)
    late = duties.item_of(subject="outage", subject_id=urgent.id)
    assert late is not None
    assert (late.due_on, late.done_on) == (date(2026, 9, 11), date(2026, 9, 14))
    assert [one.id for one in outages.current(now=NOW)] == [urgent.id, notice.id]
    assert outages.cancel(actor=admin, notice_id=urgent.id, now=NOW).cancelled_at == NOW
    assert duties.item_of(subject="outage", subject_id=urgent.id) is None
    with pytest.raises(Conflict):
        outages.cancel(actor=admin, notice_id=urgent.id, now=NOW)
    over = datetime(2026, 9, 23, 16, 30, tzinfo=UTC)
    assert [one.id for one in outages.current(now=over - timedelta(seconds=1))] == [notice.id]
    assert outages.current(now=over) == []
    with pytest.raises(Conflict):
        outages.cancel(actor=admin, notice_id=notice.id, now=over)


def test_kept_pages_know_when_the_notice_leaves_by_itself(app: Flask, session: Session) -> None:
    clock = [NOW]
    freshness = Freshness(db.engine, every_s=0, clock=lambda: clock[0])
    first = freshness.generation()
    outages.announce(actor=make_user(role="chief"), draft=OutageDraft(**WHOLE), now=NOW)
    session.commit()
    announced = freshness.generation()
    assert announced != first
    clock[0] = datetime(2026, 9, 23, 16, 29, tzinfo=UTC)
    assert freshness.generation() == announced
    clock[0] = datetime(2026, 9, 23, 16, 30, tzinfo=UTC)
    assert freshness.generation() != announced


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_every_public_page_shows_it_from_the_announcement_to_the_cancelling(
    app: Flask, session: Session, client: CheckedClient
) -> None:
    reader = app.test_client()
    assert "Trang tạm ngừng" not in reader.get("/").text
    chief = make_user(role="chief")
    login(client, chief)
    today = dates.local_date(datetime.now(UTC))
    day = working_days.add_working_days(start=today, days=9)
    typed = WHOLE | {"starts_day": dates.format_date(day), "ends_day": dates.format_date(day)}
    typed["reason"] = "Nâng cấp <b>máy chủ</b>"
    assert client.submit(PAGE, typed, form="outage-form").status_code == 303
    for path in ("/", "/tim-kiem", "/thong-bao", "/dang-nhap", "/khong-co"):
        page = reader.get(path).text
        assert "Trang tạm ngừng" in page, path
        assert f"22:00, {dates.format_date(day)}" in page, path
        assert "Nâng cấp &lt;b&gt;máy chủ&lt;/b&gt;." in page, path
    assert "Trang tạm ngừng</strong>" not in client.get("/ban-lam-viec").text
    notice = session.scalars(select(OutageNotice)).one()
    client.post_form(f"{PAGE}/{notice.id}/huy", {})
    assert "Trang tạm ngừng" not in reader.get("/").text
    assert "Đã huỷ" in client.get(PAGE).text
    assert client.post_form(f"{PAGE}/{notice.id}/huy", {}).status_code == 409
    assert client.post_form(f"{PAGE}/999/huy", {}).status_code == 404
    for wrong, said in (
        ({"starts_day": "31/9/2027"}, "Từ ngày: Không có ngày “31/9/2027” trong lịch."),
        ({"ends_time": "tối"}, "Đến giờ: Giờ “tối” chưa đúng."),
        ({"ends_time": "21:00"}, "Lúc kết thúc phải sau lúc bắt đầu."),
        ({"ends_day": "1/1/2199"}, "Dài quá 30 ngày"),
        ({"reason": " "}, "Hãy ghi vì sao tạm ngừng"),
        ({"reason": "đ" * 400}, "Lý do dài 400 ký tự"),
        ({"starts_day": "1/1/2020", "ends_day": "2/1/2020"}, "Lúc kết thúc đã qua"),
    ):
        answer = client.submit(PAGE, typed | wrong, form="outage-form")
        assert answer.status_code == 422
        assert said in answer.text
    author = app.test_client()
    assert isinstance(author, CheckedClient)
    login(author, make_user())
    assert author.get(PAGE).status_code == 403
