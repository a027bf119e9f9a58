"""Reminders to units that are behind, and the month's thanks: who is told, when, and once."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import scoped_session

from models import Notification, Origin, Unit, User
from services import encouragement, settings
from tests.support.factories import make_publication, make_unit, make_user

Session = scoped_session[Any]
# A Monday; in Việt Nam it is nine in the morning.
WHEN = datetime(2026, 9, 21, 2, 0, tzinfo=UTC)
FIRST_OF_OCTOBER = datetime(2026, 10, 1, 2, 0, tzinfo=UTC)
SEPTEMBER = date(2026, 9, 1)


@pytest.fixture
def unit(session: Session) -> Unit:
    return make_unit(name="Phòng Đo lường", monthly_target=4)


@pytest.fixture
def contact(unit: Unit) -> User:
    person = make_user(unit=unit)
    unit.contacts.append(person)
    return person


def write(author: User, count: int, **said: Any) -> None:
    for _ in range(count):
        publication = make_publication(author=author, published_at=said.get("at", WHEN))
        assert publication.live_revision is not None
        publication.live_revision.origin = said.get("origin", Origin.OWN)


def told(session: Session) -> list[tuple[int, str, str]]:
    session.flush()
    query = select(Notification).order_by(Notification.id)
    return [(n.user_id, n.event, n.sentence) for n in session.scalars(query)]


# ---------------------------------------------------------------- reminders
def test_the_contacts_of_a_unit_that_is_behind_are_reminded_once_a_month(
    session: Session, unit: Unit, contact: User
) -> None:
    write(make_user(unit=unit), 2)
    assert encouragement.remind_units(now=WHEN) == 1
    assert told(session) == [
        (
            contact.id,
            "target_reminder",
            "Tháng 09/2026, Phòng Đo lường đã đăng 2 trên 4 tin bài; thêm 2 bài nữa là đạt "
            "chỉ tiêu.",
        )
    ]
    assert encouragement.remind_units(now=WHEN + timedelta(days=1)) == 0
    assert encouragement.remind_units(now=datetime(2026, 10, 20, 2, 0, tzinfo=UTC)) == 1


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "when",
    [
        datetime(2026, 9, 18, 2, 0, tzinfo=UTC),  # before the 20th
        datetime(2026, 9, 20, 2, 0, tzinfo=UTC),  # a Sunday
        datetime(2026, 9, 26, 2, 0, tzinfo=UTC),  # a Saturday
        datetime(2026, 9, 21, 0, 59, tzinfo=UTC),  # before eight
        datetime(2026, 9, 21, 10, 0, tzinfo=UTC),  # after five
        datetime(2026, 9, 21, 17, 30, tzinfo=UTC),  # past midnight in Việt Nam
    ],
)
def test_nobody_is_reminded_early_or_out_of_hours(
    session: Session, unit: Unit, contact: User, when: datetime
) -> None:
    assert encouragement.remind_units(now=when) == 0


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_who_is_near_enough_has_no_target_or_no_account_is_left_alone(
    session: Session, unit: Unit, contact: User
) -> None:
    write(make_user(unit=unit), 3)
    idle = make_unit(name="Không chỉ tiêu")
    idle.contacts.append(make_user(unit=idle))
    closed = make_unit(name="Người đã nghỉ", monthly_target=3)
    closed.contacts.append(make_user(unit=closed, is_active=False))
    assert encouragement.remind_units(now=WHEN) == 0
    settings.put(key="target_reminder_percent", value=80)
    assert encouragement.remind_units(now=WHEN) == 1
    assert [user_id for user_id, _, _ in told(session)] == [contact.id]


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_reminding_goes_by_the_settings(session: Session, unit: Unit, contact: User) -> None:
    settings.put(key="target_reminder_percent", value=0)
    assert encouragement.remind_units(now=WHEN) == 0
    settings.put(key="target_reminder_percent", value=70)
    settings.put(key="target_reminder_day", value=28)
    assert encouragement.remind_units(now=WHEN) == 0
    assert encouragement.remind_units(now=datetime(2026, 9, 28, 2, 0, tzinfo=UTC)) == 1


# ---------------------------------------------------------------- thanks
def test_places_go_by_what_was_self_written_and_equal_numbers_share_one(
    session: Session, unit: Unit
) -> None:
    settings.put(key="thanks_places", value=3)
    an, binh, chi, dung, em = (
        make_user(full_name=name, unit=make_unit(name=f"Phòng {name}"))
        for name in ("Trần An", "Lê Bình", "Phạm Chi", "Hồ Dung", "Võ Em")
    )
    write(chi, 5)
    write(binh, 3)
    write(an, 3)
    write(binh, 4, origin=Origin.COLLECTED)
    write(dung, 1)
    write(em, 9, origin=Origin.COLLECTED)
    write(em, 9, at=datetime(2026, 8, 5, tzinfo=UTC))
    thanks = encouragement.thanks_of(month_on=SEPTEMBER, now=WHEN)
    assert [(one.place, one.name, one.written, one.published) for one in thanks.authors] == [
        (1, "Phạm Chi", 5, 5),
        (2, "Trần An", 3, 3),
        (2, "Lê Bình", 3, 7),
    ]
    assert [(one.place, one.name) for one in thanks.units] == [
        (1, "Phòng Phạm Chi"),
        (2, "Phòng Lê Bình"),
        (2, "Phòng Trần An"),
    ]
    settings.put(key="thanks_places", value=1)
    assert len(encouragement.thanks_of(month_on=SEPTEMBER, now=WHEN).authors) == 1


def test_those_on_the_list_are_thanked_once_in_the_first_days_of_the_next_month(
    session: Session, unit: Unit, contact: User
) -> None:
    author = make_user(unit=unit)
    write(author, 2)
    assert encouragement.thank(now=FIRST_OF_OCTOBER) == 2
    assert told(session) == [
        (
            author.id,
            "thanks",
            "Cảm ơn bạn: tháng 09/2026 bạn có 2 tin bài tự viết được đăng, đứng thứ 1.",
        ),
        (
            contact.id,
            "thanks",
            "Cảm ơn Phòng Đo lường: tháng 09/2026 đơn vị có 2 tin bài tự viết được đăng, "
            "đứng thứ 1.",
        ),
    ]
    assert encouragement.thank(now=FIRST_OF_OCTOBER + timedelta(hours=1)) == 0


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "when",
    [
        datetime(2026, 10, 8, 2, 0, tzinfo=UTC),
        datetime(2026, 10, 3, 2, 0, tzinfo=UTC),
        datetime(2026, 10, 1, 15, 0, tzinfo=UTC),
    ],
)
def test_nobody_is_thanked_late_or_out_of_hours(
    session: Session, unit: Unit, contact: User, when: datetime
) -> None:
    write(contact, 1)
    assert encouragement.thank(now=when) == 0


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_without_places_nobody_is_thanked(session: Session, unit: Unit, contact: User) -> None:
    write(contact, 1)
    settings.put(key="thanks_places", value=0)
    assert encouragement.thank(now=FIRST_OF_OCTOBER) == 0
