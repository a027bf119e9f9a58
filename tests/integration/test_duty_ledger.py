"""The ledger read: what is due, who did it in time, and who is reminded; the table of days."""

import io
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import scoped_session

from models import AuditEvent, DutyItem, Notification, Unit, User
from services import dates, duties, duty_ledger, duty_reminders
from services.duty_ledger import Chosen, Status
from tests.support.client import CheckedClient, login
from tests.support.factories import make_publication, make_section, make_unit, make_user

Session = scoped_session[Any]
# A Monday at nine in Đà Nẵng; the weeks around it have no holiday.
NOW = datetime(2026, 9, 14, 2, 0, tzinfo=UTC)
PAGE = "/ban-lam-viec/thoi-han"
DAYS = "/ban-lam-viec/quan-tri/ngay-nghi"


def add_line(number: int, due: date, done: datetime | None = None, **fields: Any) -> DutyItem:
    item = duties.open_item(
        **{
            "duty": "question",
            "subject": "question",
            "subject_id": number,
            "title": f"Câu hỏi H-{number:02}",
            "address": f"/ban-lam-viec/hoi-dap/{number}",
            "started_on": date(2026, 9, 1),
            **fields,
        }
    )
    item.due_on = due
    if done is not None:
        duties.close_item(subject=item.subject, subject_id=number, at=done)
    return item


@pytest.fixture
def units(session: Session) -> Iterator[tuple[Unit, Unit]]:
    first, second = make_unit(name="Phòng A"), make_unit(name="Phòng B")
    monday = date(2026, 9, 14)
    add_line(1, monday, NOW - timedelta(days=3), unit_id=first.id)
    add_line(2, date(2026, 9, 8), NOW - timedelta(days=3), unit_id=first.id)
    add_line(3, date(2026, 9, 10), unit_id=first.id)
    add_line(4, date(2026, 9, 16), unit_id=second.id)
    add_line(5, date(2026, 9, 25), unit_id=second.id)
    # To be done at an hour that has not come.
    add_line(6, monday, NOW + timedelta(hours=1))
    return first, second


def test_each_line_says_how_it_stands_and_units_how_they_did(
    units: tuple[Unit, Unit], session: Session
) -> None:
    chief = make_user(role="chief")

    def words(**chosen: Any) -> list[tuple[str, str]]:
        found = duty_ledger.page_of(
            user=chief, chosen=Chosen(**chosen), now=NOW, number=1, per_page=9
        )
        return [(line.item.title[-2:], line.words) for line in found.items]

    assert words() == [
        ("05", "còn 9 ngày làm việc"),
        ("04", "còn 2 ngày làm việc"),
        ("01", "đúng hạn"),
        ("06", "đến hạn hôm nay"),
        ("03", "quá hạn 2 ngày làm việc"),
        ("02", "trễ 3 ngày làm việc"),
    ]
    assert [name for name, _ in words(status=Status.OPEN)] == ["03", "06", "04", "05"]
    assert [name for name, _ in words(status=Status.SOON)] == ["06", "04"]
    assert [name for name, _ in words(status=Status.OVERDUE)] == ["03"]
    assert [name for name, _ in words(status=Status.IN_TIME)] == ["06", "04", "05"]
    assert [name for name, _ in words(unit_id=units[0].id, status=Status.LATE)] == ["02"]
    assert [name for name, _ in words(first=date(2026, 9, 16), last=date(2026, 9, 16))] == ["04"]
    total, shares = duty_ledger.shares_of(user=chief, chosen=Chosen(), now=NOW)
    assert [(one.name, one.percent, one.waiting) for one in shares] == [
        ("Phòng A", 33, 0),
        ("Phòng B", None, 2),
        ("(không thuộc đơn vị nào)", None, 1),
    ]
    assert (total.on_time, total.late, total.overdue, total.waiting) == (1, 1, 1, 3)


def test_people_see_the_lines_that_they_may_know_of(
    units: tuple[Unit, Unit], session: Session
) -> None:
    author = make_user(unit=units[1])
    colleague = make_user(unit=units[1])
    section = make_section()
    text = make_publication(state="in_edit", author=author, section=section, title="Bài riêng")
    duties.follow_publication(publication=text)

    def titles(user: User) -> set[str]:
        found = duty_ledger.page_of(user=user, chosen=Chosen(), now=NOW, number=1, per_page=50)
        return {line.item.title for line in found.items}

    of_unit = {"Câu hỏi H-04", "Câu hỏi H-05"}
    assert titles(author) == of_unit | {"Bài riêng"}
    assert titles(colleague) == of_unit
    assert "Bài riêng" in titles(make_user(role="admin"))
    assert "Bài riêng" in titles(make_user(role="editor", sections=[section]))
    assert "Bài riêng" not in titles(make_user(role="editor", sections=[make_section()]))


def test_what_readers_sent_is_led_to_only_for_those_who_may_open_it(
    units: tuple[Unit, Unit], session: Session
) -> None:
    line = duties.open_item(
        duty="question",
        subject="voice",
        subject_id=7,
        title="Câu hỏi số 7",
        address="/ban-lam-viec/tieng-noi/7",
        unit_id=units[1].id,
        started_on=NOW.date(),
    )

    def is_linked(**fields: Any) -> bool:
        return duty_ledger.line_of(line, user=make_user(**fields), now=NOW).is_linked

    assert is_linked(role="editor")
    assert is_linked(unit=units[1])
    assert not is_linked(unit=units[0])
    assert not is_linked(role="admin")


def test_reminders_come_once_near_the_day_and_once_when_it_is_past(
    units: tuple[Unit, Unit], session: Session
) -> None:
    contact, chief = make_user(unit=units[0]), make_user(role="chief")
    units[0].contacts = [contact]
    text = make_publication(state="in_edit", title="Bài chờ duyệt", published_at=None)
    duties.follow_publication(publication=text)
    line = duties.item_of(subject="publication", subject_id=text.id)
    assert line is not None
    line.due_on = date(2026, 9, 15)

    def told(user: User) -> list[str]:
        query = select(Notification).where(Notification.user_id == user.id)
        return [one.sentence for one in session.scalars(query.order_by(Notification.id))]

    night = datetime(2026, 9, 13, 18, 0, tzinfo=UTC)
    assert duty_reminders.remind(now=night) == 0
    assert duty_reminders.remind(now=NOW) == 3
    assert told(contact) == ["Có 1 việc quá hạn."]
    assert told(text.author) == ["Có 1 việc sắp đến hạn."]
    # The lines of units without contacts are the chiefs' to hand on.
    assert told(chief) == ["Có 3 việc sắp đến hạn."]
    assert duty_reminders.remind(now=NOW + timedelta(hours=1)) == 0
    later = NOW + timedelta(days=2)
    assert duty_reminders.remind(now=later) == 2
    assert told(text.author)[1:] == ["Có 1 việc quá hạn."]
    detail = session.scalar(
        select(Notification.detail)
        .where(Notification.user_id == text.author_id)
        .order_by(Notification.id.desc())
    )
    assert detail == (
        "Đăng thông tin khác: Bài chờ duyệt (quá hạn 1 ngày làm việc, hạn 15/09/2026)"
    )


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_the_page_filters_by_its_address_and_gives_the_same_lines_as_a_file(
    app: Flask, units: tuple[Unit, Unit], session: Session, client: CheckedClient
) -> None:
    add_line(7, date(2026, 9, 1), title="=CMD|kẻ xấu", unit_id=units[0].id)
    login(client, make_user(role="chief"))
    page = client.get(PAGE)
    assert ("Câu hỏi H-03" in page.text, "Câu hỏi H-02" in page.text) == (True, False)
    assert 'href="/ban-lam-viec/hoi-dap/3"' in page.text
    assert "NĐ 43/2011/NĐ-CP, Điều 17" in page.text
    late = client.htmx(f"{PAGE}?tinh-trang=tre-han&viec=question&don-vi={units[0].id}")
    assert late.text.lstrip().startswith('<section id="duty-ledger"')
    assert ("H-02" in late.text, "H-03" in late.text) == (True, False)
    assert client.get(f"{PAGE}?tinh-trang=bia&viec=bia&don-vi=bia&trang=bia").status_code == 200
    wrong = client.get(f"{PAGE}?tu-ngay=31/02/2026")
    assert wrong.status_code == 422
    assert "Từ ngày: Không có ngày “31/02/2026” trong lịch." in wrong.text
    assert 'value="31/02/2026"' in wrong.text
    assert client.get(f"{PAGE}?tu-ngay=2/9/2026&den-ngay=1/9/2026").status_code == 422
    book = openpyxl.load_workbook(
        io.BytesIO(client.get(f"{PAGE}/tai-ve?tinh-trang=tat-ca&don-vi={units[0].id}").data)
    )
    rows = [[cell.value for cell in row] for row in book.active.iter_rows()]
    assert rows[0][4] == "Hạn"
    assert [row[1] for row in rows[1:]] == [
        "Câu hỏi H-01",
        "Câu hỏi H-03",
        "Câu hỏi H-02",
        "'=CMD|kẻ xấu",
    ]
    csv = client.get(f"{PAGE}/tai-ve?dang=csv&tinh-trang=tre-han")
    assert (
        csv.data.decode("utf-8-sig")
        .splitlines()[1]
        .startswith(
            '"Trả lời câu hỏi, hoặc hẹn ngày",Câu hỏi H-02,Phòng A,01/09/2026,08/09/2026,11/09/2026'
        )
    )


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_the_administrator_names_days_off_and_days_made_up(
    app: Flask, session: Session, client: CheckedClient
) -> None:
    login(client, make_user(role="admin"))
    start = date(2027, 2, 3)
    line = add_line(1, start, started_on=start)
    duties.recount()
    assert line.due_on == date(2027, 3, 3)
    assert "Thứ Bảy, 06/02/2027" in client.get(f"{DAYS}?nam=2027").text
    typed = {"first": "11/2/2027", "last": "14/2/2027", "kind": "off", "name": "Nghỉ thêm Tết"}
    assert client.submit(f"{DAYS}?nam=2027", typed, form="days-form").status_code == 303
    # Thursday and Friday; the weekend was off anyway.
    session.refresh(line)
    assert line.due_on == date(2027, 3, 5)
    work = {"first": "20/2/2027", "kind": "work", "name": "Làm bù"}
    assert client.submit(f"{DAYS}?nam=2027", work, form="days-form").status_code == 303
    page = client.get(f"{DAYS}?nam=2027").text
    assert page.count("Nghỉ thêm Tết") == 2
    assert "Làm bù" in page
    client.post_form(f"{DAYS}/bo", {"on": "2027-02-11"})
    session.refresh(line)
    # What somebody was promised comes no sooner for it.
    assert line.due_on == date(2027, 3, 5)
    assert duties.due_on(duty="question", started_on=start) == date(2027, 3, 3)
    again = client.post_form(f"{DAYS}/bo", {"on": "2027-02-11"})
    assert again.status_code == 404
    assert client.post_form(f"{DAYS}/bo", {"on": "hôm qua"}).status_code == 404
    trail = client.get("/ban-lam-viec/quan-tri/nhat-ky?loai=day").text
    assert "Bỏ ngày nghỉ, ngày làm bù" in trail
    assert session.scalar(select(func.count(AuditEvent.id))) == 4
    for wrong, said in (
        ({"first": "30/2/2027"}, "Từ ngày: Không có ngày “30/2/2027” trong lịch."),
        ({"first": "2/2/2027", "last": "1/2/2027"}, "phải cùng ngày hoặc sau"),
        ({"first": "1/1/2027", "last": "1/3/2027"}, "nhiều nhất 31 ngày"),
        ({"first": "1/1/2199"}, "hãy ghi năm từ 2000 đến 2100"),
        ({"first": "6/3/2027", "last": "7/3/2027"}, "vốn đã là ngày nghỉ"),
        ({"first": "1/3/2027", "name": ""}, "Hãy ghi lý do"),
        ({"first": "1/3/2027", "name": "đ" * 300}, "dài quá 200 ký tự"),
    ):
        answer = client.submit(DAYS, {"name": "Nghỉ", "kind": "off"} | wrong, form="days-form")
        assert answer.status_code == 422
        assert said in answer.text
        assert f'value="{wrong["first"]}"' in answer.text


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_limit_is_a_setting_with_its_article_beside_it(
    app: Flask, session: Session, client: CheckedClient
) -> None:
    login(client, make_user(role="admin"))
    line = add_line(1, date(2030, 1, 1), started_on=dates.local_date(NOW))
    duties.recount()
    page = client.get("/ban-lam-viec/quan-tri/thiet-lap").text
    assert "Luật Tiếp cận thông tin 2016, Điều 22." in page
    client.submit(
        "/ban-lam-viec/quan-tri/thiet-lap", {"duty_days_question": "300"}, form="settings-form"
    )
    session.refresh(line)
    assert line.due_on > date(2027, 9, 1)
    assert "300 ngày làm việc" in client.get(PAGE).text
