"""The administrator's pages: what is typed stays, what is secret is shown once, nothing is slow."""

import io
import re
from typing import Any

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.orm import scoped_session

from extensions import db
from models import AuditEvent, Role, Setting, User
from services import audit, settings
from services.user_import import COLUMNS
from tests.support.client import CheckedClient, login
from tests.support.factories import NOW, make_publication, make_section, make_unit, make_user

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
Session = scoped_session[Any]
ROOM = "/ban-lam-viec/quan-tri"
LINK = re.compile(r"http://localhost(/tai-khoan/[\w-]+)")


@pytest.fixture
def admin(session: Session, client: CheckedClient) -> User:
    """Whoever sits before the client."""
    admin = make_user(
        role=Role.ADMIN, full_name="Đặng Quản Trị", unit=make_unit(name="Văn phòng Sở")
    )
    login(client, admin)
    return admin


def sheet(*rows: tuple[str, ...]) -> tuple[io.BytesIO, str]:
    book = openpyxl.Workbook()
    for row in (COLUMNS, *rows):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    out.seek(0)
    return out, "nguoi-dung.xlsx"


def queries_of(client: CheckedClient, address: str) -> int:
    """How many statements a page needs."""
    seen: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        assert client.get(address).status_code == 200
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(seen)


# ---------------------------------------------------------------- people
def test_an_invitation_is_shown_once_and_opens_a_page_to_choose_a_password(
    session: Session, app: Flask, client: CheckedClient, admin: User
) -> None:
    unit = admin.unit_id
    typed = {"full_name": "Lê Thị Bình", "username": "le.binh", "unit_id": str(unit)}
    answer = client.submit(f"{ROOM}/nguoi-dung/moi", typed, form="user-form")
    found = LINK.search(answer.get_data(as_text=True))
    assert found is not None
    person = session.scalars(select(User).where(User.username == "le.binh")).one()
    assert found[0] not in client.get(f"{ROOM}/nguoi-dung/{person.id}").get_data(as_text=True)
    guest = app.test_client()
    assert isinstance(guest, CheckedClient)
    page = guest.get(found[1])
    assert page.headers["Cache-Control"] == "private, no-store"
    assert page.headers["Referrer-Policy"] == "same-origin"
    wrong = guest.submit(found[1], {"password": "một mật khẩu", "again": "khác"}, "password-form")
    assert wrong.status_code == 422
    chosen = {"password": "mật khẩu của Bình", "again": "mật khẩu của Bình"}
    assert guest.submit(found[1], chosen, "password-form").headers["Location"] == "/dang-nhap"
    for address in (found[1], "/tai-khoan/khong-co"):
        gone = guest.get(address)
        assert gone.status_code == 404
        assert "nhờ quản trị viên cấp liên kết mới" in gone.get_data(as_text=True)


def test_choosing_a_password_cannot_be_tried_without_end(app: Flask, client: CheckedClient) -> None:
    answers = [client.post_form("/tai-khoan/doan-mo", {}).status_code for _ in range(21)]
    assert answers == [404] * 20 + [429]


def test_a_form_that_is_wrong_keeps_what_was_typed(client: CheckedClient, admin: User) -> None:
    typed = {"full_name": "Lê Thị Bình", "username": "?", "email": "b@c.vn", "role": "editor"}
    answer = client.submit(f"{ROOM}/nguoi-dung/moi", typed, form="user-form")
    body = answer.get_data(as_text=True)
    assert answer.status_code == 422
    for kept in ('value="Lê Thị Bình"', 'value="?"', 'value="b@c.vn"', 'value="editor" selected'):
        assert kept in body
    assert "Hãy chọn đơn vị trong danh sách" in body


def test_a_conflict_shows_both_and_a_second_save_is_taken(
    session: Session, client: CheckedClient, admin: User
) -> None:
    person = make_user(full_name="Trần An", unit=admin.unit)
    page = f"{ROOM}/nguoi-dung/{person.id}"
    typed = {"full_name": "Trần Văn An", "role": "contributor", "unit_id": str(admin.unit_id)}
    answer = client.post_form(page, {**typed, "seen": "lúc-trước"})
    body = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "Trần Văn An" in body
    assert "<dd>Trần An</dd>" in body
    seen = re.search(r'name="seen" value="(\w+)"', body)
    assert seen is not None
    assert client.post_form(page, {**typed, "seen": seen[1]}).status_code == 303
    session.expire_all()
    assert person.full_name == "Trần Văn An"


def test_what_is_refused_is_said_on_the_page_itself(client: CheckedClient, admin: User) -> None:
    answer = client.post_form(f"{ROOM}/nguoi-dung/{admin.id}/trang-thai", {"to": "disabled"})
    assert answer.status_code == 403
    body = answer.get_data(as_text=True)
    assert "Bạn không thể tự khoá tài khoản của mình" in body
    assert 'value="Đặng Quản Trị"' in body


# ---------------------------------------------------------------- units, sections
def test_a_unit_and_a_section_are_added_moved_and_closed_without_scripts(
    session: Session, client: CheckedClient, admin: User
) -> None:
    client.submit(f"{ROOM}/don-vi/moi", {"name": "Thanh tra Sở"}, form="unit-form")
    client.submit(f"{ROOM}/chuyen-muc/moi", {"name": "Cải cách"}, form="section-form")
    home = make_section(name="Tin tức", position=9)
    make_publication(section=home)
    session.commit()
    listed = client.get(f"{ROOM}/don-vi").get_data(as_text=True)
    assert "Thanh tra Sở" in listed
    moved = client.post_form(f"{ROOM}/chuyen-muc/{home.id}/thu-tu", {"step": "up"})
    assert moved.headers["Location"] == f"{ROOM}/chuyen-muc#section-{home.id}"
    fragment = client.htmx(
        f"{ROOM}/chuyen-muc/{home.id}/thu-tu", "POST", data={"step": "down"}
    ).get_data(as_text=True)
    assert fragment.lstrip().startswith('<section id="section-list"')
    assert "Đã dời “Tin tức” xuống." in fragment
    refused = client.submit(f"{ROOM}/chuyen-muc/{home.id}", {}, form="close-form")
    assert refused.status_code == 422
    assert "còn 1 bài" in refused.get_data(as_text=True)
    heir = next(node for node in (1, 2) if node != home.id)
    taken = client.submit(f"{ROOM}/chuyen-muc/{home.id}", {"heir_id": str(heir)}, "close-form")
    assert taken.status_code == 303
    again = client.submit(f"{ROOM}/chuyen-muc/{home.id}", {}, form="open-form")
    assert again.status_code == 303


# ---------------------------------------------------------------- settings
def test_settings_are_checked_saved_told_and_not_overwritten(
    session: Session, client: CheckedClient, admin: User
) -> None:
    wrong = client.submit(f"{ROOM}/thiet-lap", {"posts_per_page": "0"}, form="settings-form")
    assert wrong.status_code == 422
    assert "hãy chọn từ 1 đến 100" in wrong.get_data(as_text=True)
    stale = settings.seen_token(settings.all_in_force())
    saved = client.submit(f"{ROOM}/thiet-lap", {"review_steps": "1"}, form="settings-form")
    assert saved.status_code == 303
    session.expire_all()
    assert session.get_one(Setting, "review_steps").value == 1
    told = session.scalars(select(AuditEvent)).one()
    assert told.changes["value"][1] == "1 bước: duyệt và đăng ngay"
    values = {key: str(value) for key, value in settings.all_in_force().items()}
    second = client.post_form(
        f"{ROOM}/thiet-lap", {**values, "posts_per_page": "50", "seen": stale}
    )
    assert second.status_code == 409
    assert 'value="50"' in second.get_data(as_text=True)
    session.expire_all()
    assert settings.get("posts_per_page") == 12


# ---------------------------------------------------------------- import
def test_a_spreadsheet_is_looked_at_first_and_then_carried_out_without_a_second_upload(
    session: Session, client: CheckedClient, admin: User
) -> None:
    file = sheet(
        ("le.binh", "Lê Thị Bình", "Cộng tác viên", "Văn phòng Sở", "", ""),
        ("sai", "=CMD()", "Cộng tác viên", "Văn phòng Sở", "", ""),
    )
    looked = client.post_form(f"{ROOM}/nguoi-dung/nhap", {"file": file})
    body = looked.get_data(as_text=True)
    assert "Chưa có gì được tạo." in body
    assert session.scalars(select(User.username)).all() == [admin.username]
    carried = re.search(r'name="rows" value="([^"]+)"', body)
    assert carried is not None
    target = f"{ROOM}/nguoi-dung/nhap/thuc-hien"
    forged = client.post_form(target, {"rows": carried[1][:-1] + "A"})
    assert forged.status_code == 409
    done = client.post_form(target, {"rows": carried[1]}).get_data(as_text=True)
    assert "Đã tạo 1 tài khoản" in done
    assert LINK.search(done) is not None
    report = re.search(r'name="report" value="([^"]+)"', done)
    assert report is not None
    answer = client.post_form(f"{ROOM}/nguoi-dung/nhap/bao-cao.xlsx", {"report": report[1]})
    rows = list(openpyxl.load_workbook(io.BytesIO(answer.data)).active.values)
    assert [(row[0], row[1], row[4]) for row in rows[1:]] == [
        ("2", "Đã tạo", "Lê Thị Bình"),
        ("3", "Cần sửa", "'=CMD()"),
    ]
    assert LINK.fullmatch(rows[1][-1])


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 hong", b"a,b\n1,2\n"])
def test_a_file_that_cannot_be_read_is_explained_on_the_page(
    client: CheckedClient, admin: User, data: bytes
) -> None:
    file = (io.BytesIO(data), "bang.xlsx")
    answer = client.post_form(f"{ROOM}/nguoi-dung/nhap", {"file": file})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.get_data(as_text=True)


def test_the_template_can_be_filled_in_and_sent_back(client: CheckedClient, admin: User) -> None:
    data = client.get(f"{ROOM}/nguoi-dung/nhap/mau.xlsx").data
    file = (io.BytesIO(data), "mau.xlsx")
    answer = client.post_form(f"{ROOM}/nguoi-dung/nhap", {"file": file})
    assert answer.status_code == 200


# ---------------------------------------------------------------- the trail
def test_the_trail_says_what_was_done_in_words_and_is_filtered(
    session: Session, client: CheckedClient, admin: User
) -> None:
    audit.record(
        actor=admin,
        action="user.edit",
        subject="user",
        subject_key="7",
        subject_name="Trần An (tran.an)",
        changes={"role": ["Cộng tác viên", "Biên tập viên"], "is_active": [True, False]},
        now=NOW,
    )
    audit.record(
        actor=None,
        action="unit.create",
        subject="unit",
        subject_key="1",
        subject_name="Thanh tra Sở",
        changes={},
        now=NOW,
    )
    everything = client.get(f"{ROOM}/nhat-ky").get_data(as_text=True)
    for words in ("Sửa tài khoản", "Cộng tác viên", "Biên tập viên", "Dòng lệnh máy chủ"):
        assert words in everything

    def shown(query: str) -> tuple[bool, bool]:
        body = client.get(f"{ROOM}/nhat-ky?{query}").get_data(as_text=True)
        return "Trần An (tran.an)" in body, "Thanh tra Sở" in body

    assert shown(f"ai={admin.id}") == (True, False)
    assert shown("ai=lenh") == (False, True)
    assert shown("loai=unit") == (False, True)
    assert shown("loai=user&ma=7") == (True, False)
    assert shown("tu-ngay=14/09/2026&den-ngay=14/09/2026") == (True, True)
    assert shown("tu-ngay=15/09/2026") == (False, False)
    assert client.get(f"{ROOM}/nhat-ky?tu-ngay=hôm+qua").status_code == 422


def test_no_password_or_token_gets_into_the_trail(session: Session, admin: User) -> None:
    for field in ("password", "password_hash", "session_token", "mat_khau"):
        with pytest.raises(ValueError, match="may not hold"):
            audit.record(
                actor=admin,
                action="user.edit",
                subject="user",
                subject_key="1",
                changes={field: ["a", "b"]},
                now=NOW,
            )


# ---------------------------------------------------------------- however many
def test_lists_need_as_many_queries_for_many_as_for_few(
    session: Session, client: CheckedClient, admin: User
) -> None:
    pages = [f"{ROOM}/{name}" for name in ("nguoi-dung", "don-vi", "chuyen-muc", "nhat-ky")]

    def add(count: int) -> None:
        for _ in range(count):
            unit, section = make_unit(), make_section()
            person = make_user(unit=unit, sections=[section])
            unit.contacts.append(person)
            audit.record(
                actor=person,
                action="user.edit",
                subject="user",
                subject_key="1",
                changes={},
                now=NOW,
            )
        session.commit()

    add(2)
    few = {page: queries_of(client, page) for page in pages}
    add(60)
    assert {page: queries_of(client, page) for page in pages} == few
