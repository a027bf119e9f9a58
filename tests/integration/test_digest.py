"""Mail of what people were told: at once, or at half past seven, and nothing twice."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import scoped_session

from extensions import db
from models import NotifyBy, OutboxMail, User
from services import digest, notifications
from tests.support.factories import NOW, make_user

Session = scoped_session[Any]
MINUTE = timedelta(minutes=1)
# 14 September 2026 in Đà Nẵng, where half past seven is 00:30 UTC.
DUE = datetime(2026, 9, 14, 0, 30, tzinfo=UTC)


@pytest.fixture
def reader(session: Session) -> User:
    return make_user(full_name="Lê Thị Hải An", email="an@so.example.vn")


def tell(user: User, sentence: str = "Bài “Hội nghị” cần chỉnh sửa.", **said: Any) -> Any:
    given = {"event": "returned", "now": NOW, **said}
    return notifications.tell(user=user, sentence=sentence, **given)


def write(now: datetime = NOW, *, has_server: bool = True) -> int:
    return digest.write_mails(
        site_name="Sở Khoa học và Công nghệ",
        site_url="https://so.example.vn",
        has_server=has_server,
        now=now,
    )


def mails() -> list[OutboxMail]:
    return list(db.session.scalars(select(OutboxMail).order_by(OutboxMail.id)))


def test_at_once_means_one_mail_with_the_sentence_the_reason_and_the_address(
    reader: User,
) -> None:
    tell(reader, detail="Thiếu nguồn.\nXem đoạn 3.", address="/ban-lam-viec/bai-viet/7")
    assert (write(), write(NOW + MINUTE)) == (1, 0)
    (mail,) = mails()
    assert (mail.to_address, mail.to_name) == ("an@so.example.vn", "Lê Thị Hải An")
    assert mail.subject == "Bài “Hội nghị” cần chỉnh sửa."
    assert mail.body == (
        "Kính gửi Lê Thị Hải An,\n\n"
        "Bài “Hội nghị” cần chỉnh sửa.\n"
        "    Thiếu nguồn.\n    Xem đoạn 3.\n"
        "    (09:00, 14/09/2026)\n"
        "    https://so.example.vn/ban-lam-viec/bai-viet/7\n\n"
        "Sở Khoa học và Công nghệ\n\n"
        "Thư này được gửi tự động; xin đừng trả lời.\n"
        "Cách nhận thông báo (ngay, mỗi ngày một thư, chỉ trên trang) chọn ở "
        "https://so.example.vn/ban-lam-viec/tuy-chon\n"
    )


def test_what_happened_together_is_one_mail(reader: User) -> None:
    tell(reader, "Bài “Một” đã được duyệt.")
    tell(reader, "Bài “Hai” đã được duyệt.")
    assert write() == 1
    (mail,) = mails()
    assert mail.subject == "2 thông báo mới từ Sở Khoa học và Công nghệ"
    assert mail.body.index("“Một”") < mail.body.index("“Hai”")


def test_the_days_mail_holds_what_was_told_before_half_past_seven(reader: User) -> None:
    reader.notify_by = NotifyBy.DIGEST
    tell(reader, "Hôm qua.", now=DUE - timedelta(hours=20))
    tell(reader, "Sáng sớm.", now=DUE - MINUTE)
    assert write(DUE - timedelta(seconds=1)) == 0
    tell(reader, "Sau đó.", now=DUE + MINUTE)
    # The machine was off at half past seven: it is made up for.
    assert (write(DUE + timedelta(hours=2)), write(DUE + timedelta(hours=3))) == (1, 0)
    (mail,) = mails()
    assert "Hôm qua." in mail.body
    assert "Sáng sớm." in mail.body
    assert "Sau đó." not in mail.body
    assert write(DUE + timedelta(days=1)) == 1


def test_whoever_wants_no_mail_or_has_no_address_or_account_gets_none(reader: User) -> None:
    tell(make_user(email="b@so.example.vn", notify_by=NotifyBy.SITE_ONLY))
    tell(make_user(email=""))
    tell(make_user(email="c@so.example.vn", is_active=False))
    tell(reader, "Đã nhận biên tập.", event="taken")
    tell(reader).read_at = NOW
    tell(reader, now=NOW - timedelta(days=4))
    assert write() == 0
    # Nor later, when they choose otherwise: that would be mail of last week.
    for user in db.session.scalars(select(User)):
        user.notify_by, user.email, user.is_active = NotifyBy.AT_ONCE, "d@so.example.vn", True
    assert write(NOW + MINUTE) == 0


def test_without_a_mail_server_nothing_piles_up(reader: User) -> None:
    tell(reader)
    assert (write(has_server=False), write(NOW + MINUTE)) == (0, 0)
    assert mails() == []


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_long_day_is_cut_and_says_how_much_more_there_is(reader: User) -> None:
    for number in range(60):
        tell(reader, f"Việc số {number}.")
    assert write() == 1
    (mail,) = mails()
    assert "Việc số 49." in mail.body
    assert "Việc số 50." not in mail.body
    assert "Và 10 thông báo nữa ở https://so.example.vn/ban-lam-viec/thong-bao" in mail.body
