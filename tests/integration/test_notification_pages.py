"""The bell, the page behind it, one's own account, and the administrator's list of mail."""

import re
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import scoped_session

from extensions import db
from models import AuditEvent, LoginFailure, NotifyBy, OutboxMail, Role, User
from services import notifications, outbox
from tests.support.client import CheckedClient, login
from tests.support.factories import NOW, make_publication, make_user

Session = scoped_session[Any]
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

TOLD = "/ban-lam-viec/thong-bao"
OWN = "/ban-lam-viec/tuy-chon"
MAILS = "/ban-lam-viec/quan-tri/thu-gui"
PASSWORD = "câu dài dễ nhớ của An"


@pytest.fixture
def reader(session: Session, client: CheckedClient) -> User:
    user = make_user(full_name="Lê Thị Hải An", email="an@so.example.vn", password=PASSWORD)
    login(client, user)
    return user


def tell(user: User, sentence: str = "Bài “Một” cần chỉnh sửa.", **said: Any) -> int:
    given = {"event": "returned", "now": NOW, **said}
    row = notifications.tell(user=user, sentence=sentence, **given)
    assert row is not None
    db.session.commit()
    return row.id


def unread(user: User) -> int:
    return notifications.count_unread(user=user)


def bell(client: CheckedClient) -> str:
    """What the bell of a desk page says."""
    page = client.get("/ban-lam-viec").get_data(as_text=True)
    found = re.search(r'<a id="bell".*?</a>', page, re.S)
    assert found is not None
    return re.sub(r"<[^>]+>", "", found[0]).strip()


def test_the_bell_counts_what_is_unread_with_scripts_or_without(
    client: CheckedClient, reader: User
) -> None:
    assert bell(client) == "Thông báo"
    for _ in range(3):
        tell(reader)
    tell(make_user())
    assert bell(client) == "Thông báo 3 chưa đọc"
    answer = client.htmx(f"{TOLD}/so?dang=0")
    assert answer.status_code == 200
    assert "3<span" in answer.get_data(as_text=True)
    # The page shows it already: nothing is swapped under somebody's hands.
    assert client.htmx(f"{TOLD}/so?dang=3").status_code == 204


def test_the_bell_takes_no_page_away_from_somebody_whose_session_has_ended(
    client: CheckedClient, session: Session
) -> None:
    answer = client.htmx(f"{TOLD}/so?dang=0", headers={"X-Background": "1"})
    assert answer.status_code == 401
    assert "HX-Redirect" not in answer.headers
    assert answer.headers["HX-Reswap"] == "none"
    assert answer.get_data() == b""


def test_the_page_says_what_was_told_and_leads_on_without_scripts(
    client: CheckedClient, reader: User
) -> None:
    post = make_publication(state="needs_changes", author=reader)
    address = f"/ban-lam-viec/bai-viet/{post.id}"
    first = tell(reader, publication=post, address=address, detail="Thiếu nguồn.")
    tell(reader, publication=post, address=address)
    other = tell(reader, "Bài “Hai” đã được đăng.")
    page = client.get(TOLD).get_data(as_text=True)
    assert "Thiếu nguồn." in page
    # Looking reads nothing.
    assert unread(reader) == 3
    opened = client.submit(TOLD, {}, form=f"{TOLD}/{first}/mo")
    assert (opened.status_code, opened.location) == (303, address)
    assert unread(reader) == 1
    assert client.submit(TOLD, {}, form=f"{TOLD}/{other}/da-doc").status_code == 303
    assert unread(reader) == 0


def test_all_that_was_on_the_page_is_read_at_once_with_htmx(
    client: CheckedClient, reader: User
) -> None:
    seen = tell(reader)
    tell(reader)
    answer = client.htmx(f"{TOLD}/da-doc", "POST", data={"den": seen})
    text = answer.get_data(as_text=True)
    assert text.lstrip().startswith('<section id="told-list"')
    assert 'id="bell"' in text
    assert "hx-swap-oob" in text
    assert unread(reader) == 1
    client.htmx(f"{TOLD}/da-doc", "POST", data={"den": "tất cả"})
    assert unread(reader) == 1


def test_nobody_marks_or_opens_what_another_was_told(client: CheckedClient, reader: User) -> None:
    other = make_user()
    number = tell(other, address="/ban-lam-viec")
    for act in ("mo", "da-doc"):
        assert client.post_form(f"{TOLD}/{number}/{act}", {}).status_code == 404
    client.post_form(f"{TOLD}/da-doc", {"den": number})
    assert unread(other) == 1


def test_an_address_elsewhere_is_not_followed(client: CheckedClient, reader: User) -> None:
    number = tell(reader, address="//ke-gian.example.com/")
    answer = client.post_form(f"{TOLD}/{number}/mo", {})
    assert answer.location == "/ban-lam-viec"


def test_as_many_queries_for_many_as_for_one(client: CheckedClient, reader: User) -> None:
    counts = []
    statements: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
    for number in (1, 60):
        for _ in range(number):
            tell(reader, publication=make_publication(author=reader), address="/ban-lam-viec")
        statements.clear()
        assert client.get(TOLD).status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_the_way_of_being_told_is_chosen(client: CheckedClient, reader: User) -> None:
    form = f"{OWN}/thong-bao"
    assert client.submit(OWN, {"notify_by": "digest"}, form=form).status_code == 303
    assert reader.notify_by is NotifyBy.DIGEST
    assert client.post_form(form, {"notify_by": "smoke signals"}).status_code == 422
    assert reader.notify_by is NotifyBy.DIGEST


def test_the_address_changes_with_the_password_and_the_old_one_is_told(
    client: CheckedClient, reader: User
) -> None:
    said = {"email": "hai.an@so.example.vn", "current": PASSWORD}
    assert client.submit(OWN, said, form=f"{OWN}/thu").status_code == 303
    assert reader.email == "hai.an@so.example.vn"
    mail = db.session.scalars(select(OutboxMail)).one()
    assert mail.to_address == "an@so.example.vn"
    assert "hai.an@so.example.vn" in mail.body


@pytest.mark.parametrize(
    ("email", "current", "sentence"),
    [
        ("hai.an@so.example.vn", "sai", "Mật khẩu hiện tại chưa đúng"),
        ("không phải", PASSWORD, "Địa chỉ thư chưa đúng"),
        ("a@b.vn\r\nBcc: c@d.vn", PASSWORD, "Địa chỉ thư chưa đúng"),
    ],
)
def test_a_refused_address_keeps_what_was_typed(
    client: CheckedClient, reader: User, email: str, current: str, sentence: str
) -> None:
    answer = client.post_form(f"{OWN}/thu", {"email": email, "current": current})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert sentence in page
    assert email.split("\r")[0] in page
    assert reader.email == "an@so.example.vn"


def test_another_password_ends_the_sessions_elsewhere_and_this_one_goes_on(
    client: CheckedClient, reader: User
) -> None:
    elsewhere = client.application.test_client()
    login(elsewhere, reader)
    said = {"current": PASSWORD, "password": "một câu khác hẳn", "repeated": "một câu khác hẳn"}
    assert client.submit(OWN, said, form=f"{OWN}/mat-khau").status_code == 303
    assert client.get(OWN).status_code == 200
    assert elsewhere.get(OWN).status_code == 303
    again = client.post_form(
        f"{OWN}/mat-khau", {**said, "password": "p" * 12, "repeated": "p" * 12}
    )
    assert "Mật khẩu hiện tại chưa đúng" in again.get_data(as_text=True)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"password": "ngắn", "repeated": "ngắn"}, "Mật khẩu cần từ 10"),
        ({"repeated": "một câu khác nữa"}, "chưa giống nhau"),
        ({"password": PASSWORD, "repeated": PASSWORD}, "phải khác mật khẩu hiện tại"),
        ({"current": "sai"}, "Mật khẩu hiện tại chưa đúng"),
    ],
)
def test_a_refused_password_says_why(
    client: CheckedClient, reader: User, said: dict[str, str], sentence: str
) -> None:
    given = {"current": PASSWORD, "password": "một câu khác", "repeated": "một câu khác", **said}
    before = reader.password_hash
    answer = client.post_form(f"{OWN}/mat-khau", given)
    assert answer.status_code == 422
    assert sentence in answer.get_data(as_text=True)
    assert reader.password_hash == before
    for typed in given.values():
        assert typed == "sai" or typed not in answer.get_data(as_text=True)


def test_guessing_at_an_open_computer_is_throttled(client: CheckedClient, reader: User) -> None:
    for _ in range(5):
        client.post_form(f"{OWN}/thu", {"email": "", "current": "đoán"})
    assert len(db.session.scalars(select(LoginFailure)).all()) == 5
    answer = client.post_form(f"{OWN}/thu", {"email": "", "current": PASSWORD})
    assert answer.status_code == 429
    assert "Hãy đợi" in answer.get_data(as_text=True)
    assert reader.email == "an@so.example.vn"


def test_the_administrator_sees_what_went_out_and_why_not_and_never_the_text(
    client: CheckedClient, session: Session
) -> None:
    admin = make_user(role=Role.ADMIN)
    for number in range(3):
        outbox.enqueue(
            to_address=f"an{number}@so.example.vn",
            to_name="An",
            subject=f"Thư {number}",
            body="đường vào bí mật",
            now=NOW,
        )
    waiting, sent, failed = db.session.scalars(select(OutboxMail).order_by(OutboxMail.id))
    sent.sent_at = NOW
    failed.failed_at, failed.last_error = NOW, "Máy chủ thư trả lời: 550 <không có>"
    login(client, admin)
    pages = {
        shelf: client.get(f"{MAILS}?muc={shelf}").get_data(as_text=True)
        for shelf in ("cho-gui", "da-gui", "khong-gui-duoc")
    }
    for subject, page in zip(("Thư 0", "Thư 1", "Thư 2"), pages.values(), strict=True):
        assert [one for one in ("Thư 0", "Thư 1", "Thư 2") if one in page] == [subject]
        assert "bí mật" not in page
    assert "550 &lt;không có&gt;" in pages["khong-gui-duoc"]
    assert client.get(f"{MAILS}?muc=khac").status_code == 404
    again = client.submit(f"{MAILS}?muc=khong-gui-duoc", {}, form=f"/thu-gui/{failed.id}/gui-lai")
    assert again.status_code == 303
    assert failed.failed_at is None
    trail = db.session.scalars(select(AuditEvent)).one()
    assert (trail.action, trail.subject_name, trail.actor) == ("mail.send_again", "Thư 2", admin)
    assert client.post_form(f"{MAILS}/{failed.id}/gui-lai", {}).status_code == 409
    assert client.post_form(f"{MAILS}/999/gui-lai", {}).status_code == 404
    assert waiting.sent_at is None
