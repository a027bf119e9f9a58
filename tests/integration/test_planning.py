"""The calendar's months: what is on which day, and who sees and moves it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import scoped_session

from extensions import db
from models import Section, User
from services import planning
from services.planning import Entry, Happening, Month
from tests.support.factories import NOW, make_publication, make_section, make_user

Session = scoped_session[Any]
SEPTEMBER = date(2026, 9, 1)


@pytest.fixture
def section(session: Session) -> Section:
    return make_section(name="Tin hoạt động")


def seen_by(user: User, month_on: date = SEPTEMBER, now: datetime = NOW) -> Month:
    return planning.month(user=user, month_on=month_on, now=now)


def entries(month: Month) -> list[Entry]:
    return [entry for week in month.weeks for day in week for entry in day.entries]


def what(month: Month) -> set[tuple[str, str]]:
    return {(entry.title, entry.happening.value) for entry in entries(month)}


def test_a_month_is_whole_weeks_from_monday_with_today_marked(session: Session) -> None:
    month = seen_by(make_user())
    assert [len(week) for week in month.weeks] == [7, 7, 7, 7, 7]
    assert month.weeks[0][0].on == date(2026, 8, 31)
    assert month.weeks[-1][-1].on == date(2026, 10, 4)
    assert [day.on for day in month.days] == [date(2026, 9, n) for n in range(1, 31)]
    assert [day.on for week in month.weeks for day in week if day.is_today] == [date(2026, 9, 14)]
    assert (month.previous, month.next) == (date(2026, 8, 1), date(2026, 10, 1))


def test_each_date_of_a_text_is_an_entry_on_its_day_in_vietnam(
    session: Session, section: Section
) -> None:
    chief = make_user(role="chief")
    make_publication(
        title="Đã lên",
        section=section,
        # Half past midnight of the 5th in Việt Nam.
        published_at=datetime(2026, 9, 4, 17, 30, tzinfo=UTC),
        expires_at=datetime(2026, 9, 20, 3, 0, tzinfo=UTC),
        review_on=date(2026, 9, 25),
    )
    make_publication(title="Sẽ lên", section=section, published_at=NOW + timedelta(days=2))
    make_publication(
        title="Đã hết hạn",
        section=section,
        published_at=datetime(2026, 7, 1, tzinfo=UTC),
        expires_at=datetime(2026, 9, 2, 3, 0, tzinfo=UTC),
    )
    make_publication(title="Đã gỡ", section=section, state="withdrawn", published_at=NOW)
    make_publication(title="Nháp", section=section, state="draft")
    make_publication(
        title="Tháng trước", section=section, published_at=datetime(2026, 8, 3, tzinfo=UTC)
    )
    found = {(e.on.day, e.time, e.title, e.label) for e in entries(seen_by(chief))}
    assert found == {
        (5, "00:30", "Đã lên", "Đã đăng"),
        (20, "10:00", "Đã lên", "Hết hạn"),
        (25, "", "Đã lên", "Rà soát"),
        (16, "09:00", "Sẽ lên", "Hẹn giờ"),
        (2, "10:00", "Đã hết hạn", "Đã hết hạn"),
    }


def test_the_board_sees_its_sections_and_everybody_their_own(
    session: Session, section: Section
) -> None:
    elsewhere = make_section(name="Chuyên mục khác")
    author = make_user()
    editor = make_user(role="editor", sections=[elsewhere])
    make_publication(title="Của tôi", section=section, author=author)
    make_publication(title="Của người khác", section=elsewhere)
    make_publication(title="Của biên tập viên", section=section, author=editor)
    assert what(seen_by(author)) == {("Của tôi", "published")}
    assert what(seen_by(editor)) == {
        ("Của người khác", "published"),
        ("Của biên tập viên", "published"),
    }
    assert len(entries(seen_by(make_user(role="chief")))) == 3
    assert entries(seen_by(make_user(role="admin"))) == []


def test_only_a_chief_of_the_section_may_move_and_only_what_waits(
    session: Session, section: Section
) -> None:
    below = make_section(name="Mục con", parent=section)
    author = make_user()
    make_publication(
        title="Chờ", section=below, author=author, published_at=NOW + timedelta(days=2)
    )
    make_publication(title="Đã lên", section=below, author=author)

    def movable(user: User) -> list[str]:
        return [entry.title for entry in entries(seen_by(user)) if entry.schedule_token]

    assert movable(make_user(role="chief")) == ["Chờ"]
    assert movable(make_user(role="chief", sections=[section])) == ["Chờ"]
    assert movable(make_user(role="chief", sections=[make_section()])) == []
    assert movable(make_user(role="editor")) == []
    assert movable(author) == []


def test_the_days_entries_go_by_the_hour_and_what_has_none_comes_first(
    session: Session, section: Section
) -> None:
    for title, hour in (("Chiều", 7), ("Sáng", 1)):
        make_publication(
            title=title,
            section=section,
            published_at=datetime(2026, 9, 10, hour, tzinfo=UTC),
            review_on=date(2026, 9, 10) if title == "Chiều" else None,
        )
    day = next(day for day in seen_by(make_user(role="chief")).days if day.on.day == 10)
    assert [(entry.time, entry.title) for entry in day.entries] == [
        ("", "Chiều"),
        ("08:00", "Sáng"),
        ("14:00", "Chiều"),
    ]


def test_more_than_anybody_reads_is_cut_and_said(
    session: Session, section: Section, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "MAX_ENTRIES_OF_A_KIND", 2)
    for _ in range(3):
        make_publication(section=section)
    month = seen_by(make_user(role="chief"))
    assert (len(entries(month)), month.is_cut) == (2, True)


def test_a_month_costs_the_same_queries_for_few_texts_and_for_many(
    session: Session, section: Section
) -> None:
    chief = make_user(role="chief", sections=[section])
    counted: list[str] = []

    def queries() -> int:
        db.session.commit()
        db.session.expire_all()
        user = db.session.get_one(User, chief.id)
        assert user.sections
        counted.clear()
        assert len(entries(seen_by(user))) > 1
        return len(counted)

    def listen(*call: Any) -> None:
        counted.append(call[2])

    def fill(count: int) -> None:
        for number in range(count):
            below = make_section(parent=section)
            make_publication(section=below, published_at=NOW + timedelta(hours=number + 1))
            make_publication(section=below)

    fill(1)
    event.listen(db.engine, "before_cursor_execute", listen)
    try:
        few = queries()
        fill(9)
        many = queries()
    finally:
        event.remove(db.engine, "before_cursor_execute", listen)
    assert many == few


def test_every_happening_has_words_of_its_own() -> None:
    assert set(planning.LABELS) == set(Happening)
    assert len(set(planning.LABELS.values())) == len(Happening)
