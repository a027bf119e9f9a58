"""The leaders' work schedule: written at the desk, seen by the week, taken into calendars."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import lxml.html
import pytest
import vobject
from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.orm import scoped_session

from extensions import db
from models import AuditEvent, ScheduleEntry
from services import dates, schedule_writing, search
from services.content_version import Freshness
from services.schedule_writing import EntryDraft
from services.work_schedule import monday_of, week_name
from tests.support.calendars import Component, check_icalendar
from tests.support.client import CheckedClient, login
from tests.support.factories import NOW, make_publication, make_user

Session = scoped_session[Any]
DESK = "/ban-lam-viec/lich-cong-tac"
PAGE = "/lich-cong-tac"
TODAY = dates.local_date(datetime.now(UTC))
MONDAY = monday_of(TODAY)
WEEK = timedelta(days=7)


def said(day: date) -> str:
    return dates.format_date(day)


def draft(day: date = MONDAY, **typed: str) -> EntryDraft:
    return EntryDraft(day=said(day), **({"starts": "08:00", "content": "Giao ban"} | typed))


@pytest.fixture
def editor(session: Session) -> Any:
    return make_user(role="editor")


@pytest.fixture
def at_desk(client: CheckedClient, editor: Any) -> CheckedClient:
    login(client, editor)
    return client


def write(actor: Any, day: date = MONDAY, **typed: str) -> ScheduleEntry:
    return schedule_writing.add(actor=actor, draft=draft(day, **typed), now=datetime.now(UTC))


def rows(client: CheckedClient, address: str = PAGE) -> list[str]:
    """Each line of the public table, as people read it."""
    page = lxml.html.document_fromstring(client.get(address).text)
    found = page.xpath("//table[contains(@class, 'schedule')]//tbody/tr")
    return [" ".join(" ".join(row.xpath(".//text()")).split()) for row in found]


def test_what_the_board_writes_readers_see_at_once_and_the_trail_keeps(
    app: Flask, session: Session, at_desk: CheckedClient
) -> None:
    reader = app.test_client()
    assert isinstance(reader, CheckedClient)
    assert "Chưa công bố lịch công tác" in reader.get(PAGE).text
    typed = {
        "day": said(MONDAY),
        "starts": "8h",
        "ends": "9h30",
        "content": "Giao ban  <b>tuần</b>",
        "chair": "Giám đốc",
        "place": "Phòng họp 1",
    }
    answer = at_desk.submit(DESK, typed, form="entry-form")
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith(f"?tuan={week_name(MONDAY)}")
    at_desk.submit(
        DESK, {"day": said(MONDAY), "part": "all_day", "content": "Tiếp đoàn"}, form="entry-form"
    )
    mondays = rows(reader)[:4]
    assert mondays[0].startswith(f"Thứ Hai, {said(MONDAY)}")
    assert mondays[1] == "Cả ngày Tiếp đoàn"
    assert mondays[2] == "Buổi sáng 08:00–09:30 Giao ban <b>tuần</b> Giám đốc Phòng họp 1"
    assert len(rows(reader)) == 7 + 2 + 6

    entry = session.scalars(select(ScheduleEntry).order_by(ScheduleEntry.id)).first()
    one, uid = f"{DESK}/{entry.id}", entry.uid
    at_desk.submit(
        one, {"content": "Giao ban tháng", "starts": "14:00", "ends": ""}, form="entry-form"
    )
    assert "Buổi chiều 14:00 Giao ban tháng Giám đốc Phòng họp 1" in rows(reader)
    at_desk.submit(one, {"status": "cancelled", "note": "Dời sang tuần sau."}, form="tinh-trang")
    page = reader.get(PAGE).text
    assert "<s>Giao ban tháng</s>" in page
    assert "Buổi chiều 14:00 Huỷ Giao ban tháng Dời sang tuần sau. Giám đốc Phòng họp 1" in rows(
        reader
    )
    at_desk.submit(one, {"status": "planned", "note": "bỏ"}, form="tinh-trang")
    assert "Buổi chiều 14:00 Giao ban tháng Giám đốc Phòng họp 1" in rows(reader)
    entry = session.get(ScheduleEntry, entry.id)
    assert (entry.uid, entry.sequence, entry.status_note) == (uid, 3, "")
    assert at_desk.submit(one, {}, form="remove-form").status_code == 303
    assert not any("Giao ban" in row for row in rows(reader))
    assert at_desk.get(one).status_code == 404

    trail = session.execute(
        select(AuditEvent.action, AuditEvent.changes).order_by(AuditEvent.id)
    ).all()
    assert [row.action.partition(".")[2] for row in trail] == [
        *("add", "add", "change", "status", "status", "remove")
    ]
    day = f"Thứ Hai {said(MONDAY)}"
    assert trail[2].changes == {
        "when": [f"{day}, 08:00–09:30", f"{day}, 14:00"],
        "content": ["Giao ban <b>tuần</b>", "Giao ban tháng"],
    }
    assert trail[3].changes["status"] == ["Theo lịch", "Huỷ"]
    admin = app.test_client()
    login(admin, make_user(role="admin"))
    assert "Hoãn, huỷ hoặc khôi phục việc" in admin.get("/ban-lam-viec/quan-tri/nhat-ky").text


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_what_cannot_be_taken_is_named_and_what_was_typed_stays(
    session: Session, at_desk: CheckedClient, editor: Any
) -> None:
    entry = write(editor)
    one = f"{DESK}/{entry.id}"
    whole = {"day": said(MONDAY), "starts": "8:00", "ends": "9:00", "content": "Họp bàn kế hoạch"}
    for wrong, sentence in (
        ({"day": ""}, "Hãy ghi ngày."),
        ({"day": "31/9/2026"}, "Ngày: Không có ngày “31/9/2026” trong lịch."),
        ({"day": said(TODAY + timedelta(days=400))}, "cách hôm nay quá xa"),
        ({"day": "1/1/2199"}, "cách hôm nay quá xa"),
        ({"starts": ""}, "Hãy ghi giờ bắt đầu"),
        ({"starts": "sáng"}, "Giờ bắt đầu: Giờ “sáng” chưa đúng."),
        ({"ends": "25:00"}, "Giờ kết thúc: Giờ “25:00” chưa đúng."),
        ({"ends": "8:00"}, "Giờ kết thúc phải sau giờ bắt đầu"),
        ({"part": "morning"}, "Giờ: đã ghi giờ thì chọn “Theo giờ”"),
        ({"part": "x" * 900}, "Buổi: hãy chọn một mục trong danh sách."),
        ({"content": " \u200b "}, "Hãy ghi nội dung."),
        ({"content": "Họp " * 200}, "Nội dung dài 799 ký tự; hãy rút còn nhiều nhất 500 ký tự."),
        ({"place": "đ" * 90_000}, "Địa điểm dài quá 200 ký tự rất nhiều"),
        ({"attendees": "đ" * 1001}, "Thành phần dài 1001 ký tự"),
    ):
        for address in (DESK, one):
            answer = at_desk.submit(address, whole | wrong, form="entry-form")
            assert answer.status_code == 422, wrong
            assert sentence in answer.text, wrong
            if "content" not in wrong:
                assert 'value="Họp bàn kế hoạch"' in answer.text
    long = at_desk.submit(one, {"status": "cancelled", "note": "đ" * 301}, form="tinh-trang")
    assert long.status_code == 422
    assert "Ghi chú dài 301 ký tự" in long.text
    assert '<option value="cancelled" selected>' in long.text
    odd = at_desk.submit(one, {"status": "đã họp"}, form="tinh-trang")
    assert "Tình trạng: hãy chọn một trong" in odd.text
    assert len(session.scalars(select(ScheduleEntry)).all()) == 1
    for missing in (f"{DESK}/999", f"{DESK}?tuan=2026-W99"):
        assert at_desk.get(missing).status_code == 404
    assert at_desk.post_form(f"{DESK}/chep", {"tuan": "2026-W99"}).status_code == 404
    assert at_desk.post_form(f"{DESK}/999/xoa", {}).status_code == 404


def test_of_two_who_change_one_the_second_is_told_and_nothing_is_overwritten(
    app: Flask, session: Session, at_desk: CheckedClient, editor: Any
) -> None:
    entry = write(editor)
    one = f"{DESK}/{entry.id}"
    stale = {"seen": "0", "status": "cancelled", "day": said(MONDAY), "starts": "8:00"}
    at_desk.submit(one, {"content": "Người thứ nhất"}, form="entry-form")
    for address, fields in (
        (one, {"content": "Người thứ hai"}),
        (f"{one}/tinh-trang", {}),
        (f"{one}/xoa", {}),
    ):
        answer = at_desk.post_form(address, stale | fields)
        assert answer.status_code == 409
        assert "Một người khác vừa sửa việc này." in answer.text
        # Sent again without looking, it is still refused.
        assert 'name="seen" value="0"' in answer.text
    entry = session.get(ScheduleEntry, entry.id)
    assert (entry.content, entry.status.value, entry.sequence) == ("Người thứ nhất", "planned", 1)


def test_last_week_is_copied_once_and_without_what_was_called_off(
    session: Session, at_desk: CheckedClient, editor: Any
) -> None:
    this = {"tuan": week_name(MONDAY)}
    nothing = at_desk.post_form(f"{DESK}/chep", this)
    assert nothing.status_code == 409
    assert "Tuần trước không có việc nào" in nothing.text
    write(editor, MONDAY - WEEK, chair="Giám đốc", ends="09:00")
    write(editor, MONDAY - WEEK + timedelta(days=6), part="all_day", starts="", content="Trực")
    off = write(editor, MONDAY - WEEK, starts="10:00", content="Họp đã huỷ")
    schedule_writing.set_status(
        actor=editor, entry_id=off.id, status="postponed", note="", seen="0", now=datetime.now(UTC)
    )
    write(editor, MONDAY - 2 * WEEK, content="Hai tuần trước")
    answer = at_desk.submit(DESK, {}, form="copy-form")
    assert answer.status_code == 303
    query = select(ScheduleEntry).where(ScheduleEntry.on >= MONDAY).order_by(ScheduleEntry.on)
    copies = session.scalars(query).all()
    assert [(one.on, one.part.value, one.content, one.chair) for one in copies] == [
        (MONDAY, "hours", "Giao ban", "Giám đốc"),
        (MONDAY + timedelta(days=6), "all_day", "Trực", ""),
    ]
    assert len(set(session.scalars(select(ScheduleEntry.uid)))) == 6
    again = at_desk.post_form(f"{DESK}/chep", this)
    assert again.status_code == 409
    assert "Mọi việc của tuần trước đã có trong tuần này." in again.text
    assert len(session.scalars(query).all()) == 2
    recorded = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert recorded is not None
    assert recorded.action == "schedule.copy"
    assert recorded.changes["content"] == [None, ["Giao ban", "Trực"]]


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_week_has_room_for_so_much_and_no_more(
    session: Session, at_desk: CheckedClient, editor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule_writing, "MAX_IN_A_WEEK", 2)
    for day in (MONDAY - WEEK, MONDAY - WEEK, MONDAY):
        write(editor, day, content=f"Việc {said(day)}")
    copied = at_desk.submit(DESK, {}, form="copy-form")
    assert copied.status_code == 422
    assert "mỗi tuần nhiều nhất 2 việc" in copied.text
    write(editor)
    full = at_desk.submit(
        DESK, {"day": said(MONDAY), "starts": "8h", "content": "Thêm nữa"}, form="entry-form"
    )
    assert full.status_code == 422
    assert "mỗi tuần nhiều nhất 2 việc" in full.text


def test_only_weeks_between_the_first_and_the_last_have_a_page(
    session: Session, client: CheckedClient, editor: Any
) -> None:
    write(editor, MONDAY - 3 * WEEK, content="Đầu tiên", chair="Phó Giám đốc")
    write(editor, MONDAY + WEEK, content="Cuối cùng")

    def page(weeks: int, prefix: str = "") -> Any:
        return client.get(f"{prefix}{PAGE}?tuan={week_name(MONDAY + weeks * WEEK)}")

    first, present, last = page(-3).text, client.get(PAGE).text, page(1).text
    assert 'rel="prev"' not in first
    assert f'href="{PAGE}?tuan={week_name(MONDAY - 2 * WEEK)}" rel="next"' in first
    assert 'rel="next"' not in last
    assert f'href="{PAGE}" rel="prev"' in last
    assert "Chưa công bố lịch của tuần này" in present
    assert "Chưa công bố lịch của tuần này" in page(-2).text
    canonical = f'<link rel="canonical" href="{client.application.config["SITE_URL"]}{PAGE}">'
    assert canonical in present
    assert canonical in page(0).text
    for beyond in (-4, 2, 520, -52):
        assert page(beyond).status_code == 404
    for broken in ("2026-W99", "x", "2026", "%00", "W" * 3000):
        assert client.get(f"{PAGE}?tuan={broken}").status_code == 404, broken
    english = page(-3, "/en").text
    assert "Leaders’ work schedule" in english
    assert "Chair" in english
    assert '<td class="schedule-content" lang="vi">' in english
    for address in ("/thong-tin", "/so-do"):
        assert f'href="{PAGE}"' in client.get(address).text
    assert f"{PAGE}</loc>" in client.get("/sitemap-trang.xml").text


def test_kept_pages_begin_anew_at_midnight_once_there_is_a_schedule(
    session: Session, editor: Any
) -> None:
    clock = [NOW]
    fresh = Freshness(db.engine, every_s=0, clock=lambda: clock[0])
    without = fresh.generation()
    clock[0] = NOW + timedelta(days=30)
    assert fresh.generation() == without
    clock[0] = NOW
    write(editor)
    session.commit()
    before = fresh.generation()
    assert before != without
    midnight = dates.start_of_day(dates.local_date(NOW) + timedelta(days=1))
    clock[0] = midnight - timedelta(microseconds=1)
    assert fresh.generation() == before
    clock[0] = midnight
    assert fresh.generation() != before


@pytest.fixture
def full_week(session: Session, editor: Any) -> dict[str, ScheduleEntry]:
    off = write(editor, MONDAY + timedelta(days=4), starts="14:00", content="Họp tổ soạn thảo")
    schedule_writing.set_status(
        actor=editor,
        entry_id=off.id,
        status="cancelled",
        note="Lấy ý kiến bằng văn bản.",
        seen="0",
        now=datetime.now(UTC),
    )
    return {
        "long": write(
            editor,
            ends="09:30",
            content="Giao ban; bàn “quý IV”, kế hoạch\\đề án: nghiên cứu sâm Ngọc Linh, "
            "cảm biến chất lượng nước và những việc khác của tháng",
            chair="Giám đốc",
            attendees="Các phòng, đơn vị; khách mời",
            place="Phòng họp 1, trụ sở Sở",
            preparing_unit="Văn phòng Sở",
        ),
        "open": write(editor, starts="19:00", content="Trao giải"),
        "all_day": write(editor, MONDAY + timedelta(days=6), part="all_day", starts=""),
        "morning": write(editor, part="morning", starts=""),
        "afternoon": write(editor, part="afternoon", starts=""),
        "off": off,
        "old": write(editor, MONDAY - 9 * WEEK, content="Đã lâu"),
        "far": write(editor, MONDAY + 27 * WEEK, content="Còn xa"),
    }


def events(calendar: Component) -> dict[str, Component]:
    return {part.one("UID"): part for part in calendar.parts if part.name == "VEVENT"}


def test_the_calendar_obeys_the_standard_and_another_parser_reads_the_same(
    session: Session, client: CheckedClient, full_week: dict[str, ScheduleEntry]
) -> None:
    uids = {name: entry.uid for name, entry in full_week.items()}
    answer = client.get("/lich-cong-tac.ics")
    assert answer.content_type == "text/calendar; charset=utf-8"
    calendar = check_icalendar(answer.data)
    found = events(calendar)
    assert set(found) == {uid for name, uid in uids.items() if name not in {"old", "far"}}
    assert calendar.one("REFRESH-INTERVAL") == "PT4H"

    day, sunday, monday_after = (f"{MONDAY + timedelta(days=days):%Y%m%d}" for days in (0, 6, 7))
    zone = {"TZID": "Asia/Ho_Chi_Minh"}
    times = {
        name: found[uids[name]].all_of("DTSTART") + found[uids[name]].all_of("DTEND")
        for name in ("long", "open", "all_day", "morning", "afternoon")
    }
    assert times == {
        "long": [(zone, f"{day}T080000"), (zone, f"{day}T093000")],
        "open": [(zone, f"{day}T190000")],
        "all_day": [({"VALUE": "DATE"}, sunday), ({"VALUE": "DATE"}, monday_after)],
        "morning": [(zone, f"{day}T073000"), (zone, f"{day}T113000")],
        "afternoon": [(zone, f"{day}T133000"), (zone, f"{day}T170000")],
    }
    assert (
        found[uids["long"]]
        .one("SUMMARY")
        .startswith("Giao ban\\; bàn “quý IV”\\, kế hoạch\\\\đề án: nghiên cứu")
    )
    off = found[uids["off"]]
    assert (off.one("STATUS"), off.one("SEQUENCE")) == ("CANCELLED", "1")
    assert off.one("SUMMARY") == "[Huỷ] Họp tổ soạn thảo"
    assert found[uids["long"]].one("STATUS") == "CONFIRMED"

    read = vobject.readOne(answer.text)
    by_uid = {one.uid.value: one for one in read.vevent_list}
    assert set(by_uid) == set(found)
    long = by_uid[uids["long"]]
    assert long.summary.value == (
        "Giao ban; bàn “quý IV”, kế hoạch\\đề án: nghiên cứu sâm Ngọc Linh, cảm biến chất lượng "
        "nước và những việc khác của tháng"
    )
    assert long.description.value == (
        "Chủ trì: Giám đốc\nThành phần: Các phòng, đơn vị; khách mời\nĐơn vị chuẩn bị: Văn phòng Sở"
    )
    assert long.location.value == "Phòng họp 1, trụ sở Sở"
    assert long.dtstart.value.astimezone(UTC).strftime("%H:%M") == "01:00"
    assert by_uid[uids["all_day"]].dtstart.value == MONDAY + timedelta(days=6)
    # Where it says that it is.
    week = client.get(long.url.value.removeprefix(client.application.config["SITE_URL"]))
    assert "Trao giải" in week.text


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_the_calendar_is_the_same_bytes_until_something_changes(
    session: Session, client: CheckedClient, full_week: dict[str, ScheduleEntry], editor: Any
) -> None:
    first = client.get("/lich-cong-tac.ics")
    tag, modified = first.headers["ETag"], first.last_modified
    assert tag
    assert modified is not None
    same = client.get("/lich-cong-tac.ics", headers={"If-None-Match": tag})
    assert same.status_code == 304
    page = client.get(PAGE)
    assert 'type="text/calendar"' in page.text
    assert "public" in page.headers["Cache-Control"]
    later = datetime.now(UTC) + timedelta(minutes=5)
    uid = full_week["open"].uid
    schedule_writing.remove(actor=editor, entry_id=full_week["open"].id, seen="0", now=later)
    session.commit()
    changed = client.get("/lich-cong-tac.ics", headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.last_modified == later.replace(microsecond=0)
    assert uid not in events(check_icalendar(changed.data))


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_calendar_with_nothing_in_it_is_one(client: CheckedClient) -> None:
    calendar = check_icalendar(client.get("/lich-cong-tac.ics").data)
    assert [part.name for part in calendar.parts] == ["VTIMEZONE"]


@pytest.fixture
def statements() -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_c: Any, _cu: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield seen
    event.remove(db.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_full_week_costs_as_many_questions_as_one_with_little(
    session: Session, client: CheckedClient, editor: Any, statements: list[str]
) -> None:
    counts = []
    for more in (1, 40):
        for number in range(more):
            write(editor, MONDAY + timedelta(days=number % 7), content=f"Việc {more}.{number}")
        session.commit()
        for address in (PAGE, "/lich-cong-tac.ics"):
            statements.clear()
            assert client.get(address).status_code == 200
            counts.append(len(statements))
    assert counts[:2] == counts[2:]


def test_who_searches_for_the_schedule_finds_it_and_what_stands_in_it(
    app: Flask, session: Session, client: CheckedClient
) -> None:
    editor = make_user(role="editor")
    minh = "Giám đốc Trần Quang Minh"
    next_week, last_week = MONDAY + WEEK, MONDAY - WEEK
    write(editor, next_week, content="Tiếp công dân định kỳ", chair=minh, starts="08:30")
    write(editor, next_week + timedelta(days=2), content="Kiểm tra chợ Túy Loan", part="all_day",
          starts="", chair="Phó Giám đốc Lê Thu Hiền")  # fmt: skip
    write(editor, last_week, content="Họp giao ban", chair=minh, part="morning", starts="")
    make_publication(title="Sử dụng cân đúng ở chợ", body="<p>Lịch sử đo lường.</p>")
    search.reindex()
    session.commit()

    def found(q: str, **more: str) -> list[str] | None:
        address = ("/en" if more.pop("en", "") else "") + "/tim-kiem"
        answer = client.get(address, query_string={"q": q, **more})
        box = lxml.html.document_fromstring(answer.text).xpath("//*[@id='search-schedule']")
        if not box:
            return None
        links = box[0].xpath(".//a/@href")
        for link in links:
            page = client.get(link)
            assert page.status_code == 200
            assert "#" not in link or f'id="{link.split("#")[1]}"' in page.text
        return [f"{link.partition('?')[0]} {link.partition('#')[2]}".strip() for link in links[1:]]

    def at(day: date) -> str:
        return f"/lich-cong-tac ngay-{day.isoformat()}"

    assert found("lịch tiếp công dân") == [at(next_week)]
    assert found("lich tiep cong dan") == [at(next_week)]
    # What is to come stands before what has been.
    assert found("lịch làm việc giám đốc Trần Quang Minh") == [at(next_week), at(last_week)]
    assert found(f"trần quang minh {last_week.day}/{last_week.month}") == [at(last_week)]
    assert found(f"lịch công tác {said(next_week)}") == [at(next_week)]
    assert found("kiểm tra chợ") == [at(next_week + timedelta(days=2))]
    # The schedule itself, where it is named and no entry is.
    assert found("lịch công tác của lãnh đạo") == []
    assert found("lịch làm việc phòng nào đó") == []
    assert found("work schedule", en="1") == []
    # Not what has been, where nobody asked for the schedule; nor what is another word.
    assert found("họp giao ban") is None
    assert found("lịch sử") is None
    assert found("tiếp cống dân") is None
    assert found("giám") is None
    assert found("lịch công tác", loai="bai-viet") is None
    # As one types.
    for typed in ("lịch+tiếp+công+d", "tiếp+công+d"):
        answer = client.get(f"/tim-kiem?q={typed}", headers={"HX-Request": "true"})
        assert "Tiếp công dân định kỳ" in answer.text
    # Nobody is told that nothing was found, and it is not noted as asked for in vain.
    empty = client.get("/tim-kiem?q=trần+quang+minh").text
    assert 'data-total="0"' in empty
    assert "Không tìm thấy kết quả nào" not in empty
    assert "khong-thay" not in empty
    # What was moved is found where it stands now.
    entry = session.scalars(select(ScheduleEntry).where(ScheduleEntry.on == next_week)).one()
    schedule_writing.set_status(
        actor=editor, entry_id=entry.id, status="cancelled", note="", seen="0", now=NOW
    )
    session.commit()
    assert "<strong>Huỷ</strong>" in client.get("/tim-kiem?q=lịch+tiếp+công+dân").text
