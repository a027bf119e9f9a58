"""The deadline ledger's lines: a publication's follows its way, a stranger's is opened by hand."""

from datetime import date, datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import delete
from sqlalchemy.orm import scoped_session

from models import DayException, DutyItem, Publication, State
from services import duties, settings, workflow
from services.publications import seen_token
from tests.support.factories import NOW, make_publication, make_unit, make_user

Session = scoped_session[Any]
MONDAY = date(2026, 9, 14)


def line_of(publication: Publication) -> DutyItem | None:
    return duties.item_of(subject="publication", subject_id=publication.id)


def steps(publication: Publication, **action: Any) -> dict[str, Any]:
    revision = publication.latest_revision
    assert revision is not None
    return {"publication": publication, "seen": seen_token(revision), **action}


def test_a_publications_line_begins_when_it_is_sent_and_ends_when_readers_have_it(
    app: Flask, session: Session
) -> None:
    author, chief = make_user(), make_user(role="chief")
    text = make_publication(state=State.DRAFT, author=author, title="Tin về ngày hội đo lường")
    assert text.latest_revision is not None
    text.latest_revision.secrecy_declared = True
    assert line_of(text) is None
    workflow.submit(**steps(text, actor=author, now=NOW))
    line = line_of(text)
    assert line is not None
    # Written on Sunday 13/09: five working days from then.
    assert (line.duty, line.started_on, line.due_on) == (
        "publication",
        date(2026, 9, 13),
        date(2026, 9, 18),
    )
    assert (line.title, line.unit_id, line.done_at) == (text.title, text.unit_id, None)
    workflow.take(**steps(text, actor=chief, now=NOW))
    workflow.approve(**steps(text, actor=chief, now=NOW))
    hour = NOW + timedelta(days=1)
    workflow.schedule(**steps(text, actor=chief, now=NOW, at=hour))
    assert (line.done_at, line.done_on) == (hour, date(2026, 9, 15))
    workflow.unschedule(**steps(text, actor=chief, now=NOW))
    assert line.done_at is None
    workflow.publish(**steps(text, actor=chief, now=NOW + timedelta(days=8)))
    assert line.done_on == date(2026, 9, 22)


def test_what_its_author_takes_back_or_the_board_rejects_is_owed_to_nobody(
    app: Flask, session: Session
) -> None:
    author, chief = make_user(), make_user(role="chief")
    text = make_publication(state=State.AWAITING_EDIT, author=author)
    duties.follow_publication(publication=text)
    assert line_of(text) is not None
    workflow.take_back(**steps(text, actor=author, now=NOW))
    assert line_of(text) is None
    workflow.submit(**steps(text, actor=author, now=NOW))
    workflow.take(**steps(text, actor=chief, now=NOW))
    workflow.reject(**steps(text, actor=chief, now=NOW, reason="Trùng bài đã đăng."))
    assert line_of(text) is None


def test_what_a_stranger_sent_is_opened_once_and_closed_at_its_first_answer(
    app: Flask, session: Session
) -> None:
    unit = make_unit()
    known = {"duty": "question", "subject": "question", "subject_id": 7, "unit_id": unit.id}
    line = duties.open_item(title="Câu hỏi H-07", started_on=MONDAY, address="/x", **known)
    again = duties.open_item(title="Câu hỏi H-07, chuyển đơn vị", started_on=MONDAY, **known)
    assert again is line
    assert (line.due_on, line.title) == (date(2026, 10, 5), "Câu hỏi H-07, chuyển đơn vị")
    first: datetime = NOW + timedelta(days=1)
    duties.close_item(subject="question", subject_id=7, at=first)
    duties.close_item(subject="question", subject_id=7, at=first + timedelta(days=30))
    assert line.done_on == date(2026, 9, 15)
    duties.reopen_item(subject="question", subject_id=7)
    assert line.done_at is None
    report = duties.open_item(
        duty="error_report", subject="error_report", subject_id=7, title="R-07", started_on=MONDAY
    )
    # Fifteen days of the calendar, Saturdays and all.
    assert report.due_on == date(2026, 9, 29)
    assert set(duties.items_of(subject="question", subject_ids=[7, 8])) == {7}
    duties.drop_item(subject="question", subject_id=7)
    assert duties.item_of(subject="question", subject_id=7) is None


def test_a_new_day_off_or_limit_moves_open_lines_but_no_promise_comes_sooner(
    app: Flask, session: Session
) -> None:
    text = make_publication(state=State.AWAITING_EDIT)
    duties.follow_publication(publication=text)
    asked = duties.open_item(
        duty="question", subject="question", subject_id=1, title="H-1", started_on=MONDAY
    )
    done = make_publication(published_at=NOW)
    duties.follow_publication(publication=done)
    line, kept = line_of(text), line_of(done)
    assert line is not None
    assert kept is not None
    kept_due = kept.due_on
    session.add(DayException(on=date(2026, 9, 18), is_working=False, name="Nghỉ bù"))
    assert duties.recount() == 2
    assert (line.due_on, asked.due_on) == (date(2026, 9, 21), date(2026, 10, 6))
    session.execute(delete(DayException))
    session.commit()
    settings.put(key="duty_days_publication", value=1)
    settings.put(key="duty_days_question", value=2)
    assert duties.recount() == 1
    assert (line.due_on, asked.due_on) == (MONDAY, date(2026, 10, 6))
    assert kept.due_on == kept_due


def test_what_came_by_another_way_gets_its_line_in_the_background(
    app: Flask, session: Session
) -> None:
    published = make_publication(published_at=NOW)
    waiting = make_publication(state=State.AWAITING_APPROVAL)
    make_publication(state=State.DRAFT)
    make_publication(state=State.REJECTED)
    assert duties.catch_up(checkpoint=session.commit) == 2
    assert duties.catch_up(checkpoint=session.commit) == 0
    lines = [line_of(published), line_of(waiting)]
    assert [line is not None and line.done_on for line in lines] == [MONDAY, None]


def test_a_documents_duty_follows_from_who_issued_it_and_when(app: Flask, session: Session) -> None:
    unit = make_unit(name="Chi cục Tiêu chuẩn Đo lường")
    make_unit(name="Câu lạc bộ Sáng chế", is_outside=True)
    issued = {"issued_on": "10/09/2026"}  # a Thursday
    for details, title, duty, due in (
        ({"issuing_body": "Sở Khoa học và Công nghệ"}, "Quyết định", "own_document", 14),
        (
            {"issuing_body": "SO KHOA HOC VA CONG NGHE  thành phố Đà Nẵng"},
            "Quyết định",
            "own_document",
            14,
        ),
        ({"issuing_body": unit.name}, "Hướng dẫn", "own_document", 14),
        ({"issuing_body": "Sở Khoa học và Công nghệ tỉnh Quảng Trị"}, "X", "other_document", 24),
        ({"issuing_body": "Câu lạc bộ Sáng chế"}, "X", "other_document", 24),
        ({"issuing_body": unit.name, "document_type": "ke-hoach"}, "X", "plan", 24),
        ({"issuing_body": unit.name}, "Mời thầu thiết bị đo", "plan", 24),
    ):
        text = make_publication(
            state=State.AWAITING_EDIT, kind="document", title=title, details=issued | details
        )
        duties.follow_publication(publication=text)
        line = line_of(text)
        assert line is not None
        assert (line.duty, line.started_on, line.due_on) == (
            duty,
            date(2026, 9, 10),
            date(2026, 9, due),
        ), details
