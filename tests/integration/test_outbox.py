"""The outbox: mail is sent once, as far as that can be, and what is not sent says why."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import scoped_session

from extensions import db
from models import OutboxMail
from services import health, mail_server, outbox
from services.errors import Conflict, NotFound
from services.mail_server import MailServer
from services.outbox import Shelf
from tests.support.application import ROOT
from tests.support.factories import NOW
from tests.support.mail import MailHost, mail_host
from tests.support.servers import free_port

Session = scoped_session[Any]
# Where it is the mail that is tested, and not the SQL.
on_sqlite = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


@pytest.fixture
def host() -> Iterator[MailHost]:
    with mail_host() as running:
        yield running


def put(
    to: str = "an@so.example.vn", subject: str = "Bài cần chỉnh sửa", **said: Any
) -> OutboxMail:
    given = {"to_name": "Lê Thị Hải An", "body": "Thiếu nguồn.\n", "now": NOW, **said}
    mail = outbox.enqueue(to_address=to, subject=subject, **given)
    assert mail is not None
    db.session.commit()
    return mail


def send(host: MailHost | str, now: Any = NOW) -> int:
    url = host if isinstance(host, str) else host.url
    server = MailServer.from_url(url, sender_name="Sở Khoa học và Công nghệ")
    return outbox.send_waiting(server=server, now=now, checkpoint=db.session.commit)


def test_a_mail_goes_out_once_with_its_vietnamese_intact(session: Session, host: MailHost) -> None:
    subject = (
        "Bài “Đẩy mạnh chuyển đổi số ở phường Hoà Khánh Bắc, Nguyễn Thị Ngọc Ánh” cần sửa " * 2
    )
    body = "Thiếu nguồn số liệu ở đoạn 3.\n\n.một dòng bắt đầu bằng dấu chấm\n" + "ữ" * 300 + "\n"
    mail = put(subject=subject, body=body)
    assert (send(host), send(host), send(host, NOW + DAY)) == (1, 0, 0)
    (letter,) = host.letters
    assert letter["Subject"] == subject.strip()
    assert letter.get_content().replace("\r\n", "\n") == body
    assert letter["To"].addresses[0].display_name == "Lê Thị Hải An"
    assert letter["From"].addresses[0].display_name == "Sở Khoa học và Công nghệ"
    assert letter["Message-ID"] == f"<{mail.message_id}@so.example.vn>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert mail.sent_at == NOW
    # It may have held the way to a new password.
    assert mail.body == ""


@on_sqlite
def test_one_session_serves_all_that_waits(session: Session, host: MailHost) -> None:
    for number in range(5):
        put(subject=f"Thư {number}")
    assert send(host) == 5
    assert [letter["Subject"] for letter in host.letters] == [f"Thư {n}" for n in range(5)]
    assert host.sessions == 1


@on_sqlite
def test_nobody_is_written_to_who_has_no_address(session: Session) -> None:
    said = {"to_name": "An", "subject": "s", "body": "b", "now": NOW}
    assert outbox.enqueue(to_address="", **said) is None


@on_sqlite
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("subject", "Chào\r\nBcc: ke.gian@example.com\r\n\r\nnội dung khác"),
        ("subject", "Chào\u2028Bcc: ke.gian@example.com"),
        ("to_name", 'An"\r\nBcc: ke.gian@example.com'),
    ],
)
def test_no_line_end_begins_another_header(
    session: Session, host: MailHost, field: str, value: str
) -> None:
    put(**{field: value})
    assert send(host) == 1
    (letter,) = host.letters
    assert letter["Bcc"] is None
    assert letter.get_content().strip() == "Thiếu nguồn."
    assert [address.addr_spec for address in letter["To"].addresses] == ["an@so.example.vn"]


@on_sqlite
@pytest.mark.parametrize(
    "address",
    [
        "an@so.example.vn\r\nRCPT TO:<ke.gian@example.com>",
        "an@so.example.vn, ke.gian@example.com",
        "an@so.example.vn> SIZE=9",
        "khong-phai-dia-chi",
        "an@mọi-nơi.vn",
    ],
)
def test_what_is_no_address_is_given_up_with_its_reason(
    session: Session, host: MailHost, address: str
) -> None:
    mail = put(to=address)
    assert send(host) == 0
    assert host.letters == []
    assert mail.failed_at == NOW
    assert "không phải địa chỉ thư điện tử" in mail.last_error


@on_sqlite
def test_a_server_that_is_down_costs_one_try_a_run_and_nothing_is_lost(session: Session) -> None:
    port = free_port()
    with mail_host(port) as gone:
        url = gone.url
    first, second = put(subject="Một"), put(subject="Hai")
    assert send(url) == 0
    assert (first.tries, second.tries) == (1, 0)
    assert "Không vào được máy chủ thư 127.0.0.1" in first.last_error
    with mail_host(port) as host:
        # The first has its delay to wait out; the second does not suffer for it.
        assert send(host, NOW + MINUTE) == 1
        assert send(host, NOW + 3 * MINUTE) == 1
        assert [letter["Subject"] for letter in host.letters] == ["Hai", "Một"]
    assert first.sent_at is not None
    assert first.last_error == ""


@on_sqlite
def test_the_time_between_tries_grows(session: Session, host: MailHost) -> None:
    mail = put()
    host.to_data = "451 Thử lại sau"
    waits, now = [], NOW
    for _ in range(4):
        assert send(host, now) == 0
        assert mail.next_try_at is not None
        waits.append((mail.next_try_at - now) // MINUTE)
        now = mail.next_try_at
    assert waits == [2, 4, 8, 16]
    host.to_data = ""
    assert send(host, now) == 1


def test_it_is_given_up_after_so_many_tries_or_days(session: Session, host: MailHost) -> None:
    host.to_data = "451 Greylisted"
    tired, old, stale = put(), put(now=NOW - 3 * DAY - MINUTE), put(now=NOW - 4 * DAY)
    tired.tries, old.tries = 15, 1
    db.session.commit()
    assert send(host) == 0
    assert {tired.failed_at, old.failed_at, stale.failed_at} == {NOW}
    assert "451 Greylisted" in tired.last_error
    assert "451 Greylisted" in old.last_error
    assert stale.last_error == "Không gửi được trong 3 ngày nên thôi gửi."
    host.to_data = ""
    assert send(host, NOW + DAY) == 0


@on_sqlite
def test_a_permanent_refusal_is_final_for_that_mail_and_only_for_it(
    session: Session, host: MailHost
) -> None:
    host.recipients["di.roi@so.example.vn"] = "550 5.1.1 Không có người này"
    host.recipients["day.hop@so.example.vn"] = "452 Hộp thư đầy"
    gone, full, fine = put("di.roi@so.example.vn"), put("day.hop@so.example.vn"), put()
    assert send(host) == 1
    assert gone.failed_at == NOW
    assert "550 5.1.1 Không có người này" in gone.last_error
    assert (full.failed_at, full.sent_at, full.next_try_at) == (None, None, NOW + 2 * MINUTE)
    assert fine.sent_at == NOW


def test_the_administrator_can_have_it_tried_once_more(session: Session, host: MailHost) -> None:
    host.recipients["an@so.example.vn"] = "550 Chưa có hộp thư"
    mail = put()
    send(host)
    outbox.send_again(mail_id=mail.id, now=NOW + 9 * DAY)
    with pytest.raises(Conflict):
        outbox.send_again(mail_id=mail.id, now=NOW + 9 * DAY)
    host.recipients.clear()
    assert send(host, NOW + 9 * DAY) == 1
    with pytest.raises(NotFound):
        outbox.send_again(mail_id=mail.id + 1, now=NOW)


def test_killed_between_sending_and_saying_so_it_sends_a_copy_known_by_its_id(
    session: Session, host: MailHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    mail_id = put().id
    with monkeypatch.context() as patch:
        patch.setattr(outbox, "_note_sent", die)
        with pytest.raises(Killed):
            send(host)
    db.session.rollback()
    assert len(host.letters) == 1
    # Another process does not take it up while the first may still be at it.
    assert send(host, NOW + MINUTE) == 0
    assert send(host, NOW + 11 * MINUTE) == 1
    ids = [letter["Message-ID"] for letter in host.letters]
    assert len(ids) == 2
    assert len(set(ids)) == 1
    mail = db.session.get(OutboxMail, mail_id)
    assert mail is not None
    assert mail.sent_at is not None


@on_sqlite
def test_no_transaction_is_open_while_the_server_is_spoken_to(
    session: Session, host: MailHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    put()
    seen = []
    deliver = mail_server.Line.deliver

    def watch(line: Any, letter: Any) -> None:
        seen.append(db.session.registry().in_transaction())
        deliver(line, letter)

    monkeypatch.setattr(mail_server.Line, "deliver", watch)
    send(host)
    assert seen == [False]


def test_a_password_is_not_sent_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    # The host is this machine under a name that is not known to be.
    with mail_host() as host:
        monkeypatch.setattr(mail_server, "LOOPBACK", frozenset())
        server = MailServer.from_url(
            host.url.replace("smtp://", "smtp://an:bi-mat@"), sender_name="Sở"
        )
        letter = mail_server.Letter("an@so.example.vn", "An", "s", "b", "id", NOW)
        with pytest.raises(mail_server.ServerAway, match="không gửi mật khẩu; hãy dùng smtps"):
            server.line().deliver(letter)


def test_what_is_over_is_cleared_away(session: Session) -> None:
    kept, old_sent, old_failed, _waiting = put(), put(), put(), put(now=NOW - 4 * DAY)
    kept.sent_at = NOW - 89 * DAY
    old_sent.sent_at = old_failed.failed_at = NOW - 91 * DAY
    db.session.commit()
    assert outbox.prune(now=NOW, has_server=True) == 2
    # Without a mail server nothing piles up.
    assert outbox.prune(now=NOW, has_server=False) == 1
    assert db.session.scalars(select(OutboxMail)).all() == [kept]


def test_each_mail_stands_on_one_shelf_without_its_text(session: Session) -> None:
    waiting, sent, failed = put(), put(), put()
    sent.sent_at = failed.failed_at = NOW
    db.session.commit()
    db.session.expire_all()
    for shelf, mail in zip(Shelf, (waiting, sent, failed), strict=True):
        page = outbox.page_of(shelf=shelf, number=1, per_page=20)
        assert [row.id for row in page.items] == [mail.id]
        assert outbox.count_shelves()[shelf] == 1


@on_sqlite
def test_check_says_that_mail_waits_and_nobody_sends_it(app: Flask, session: Session) -> None:
    put(now=datetime.now(UTC) - timedelta(hours=2))

    def finding() -> tuple[bool, str]:
        found = health.examine(config=app.config, migrations=ROOT / "migrations")
        return next((one.is_ok, one.detail) for one in found if one.label == "Thư")

    assert finding() == (True, "không gửi (chưa đặt MAIL_URL)")
    app.config["MAIL_URL"] = "smtp://localhost?from=a@so.vn"
    assert finding() == (False, "1 thư quá giờ chưa gửi; trang có đang chạy không?")
    outbox.prune(now=datetime.now(UTC) + 4 * DAY, has_server=False)
    assert finding() == (True, "0 chờ gửi, 0 không gửi được trong 90 ngày qua")
