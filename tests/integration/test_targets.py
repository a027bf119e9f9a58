"""Targets of units: what counts, what is asked for, and who sets it."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import scoped_session

from models import AuditEvent, Unit, UnitTarget, User
from services import targets
from services.errors import Conflict, InvalidInput, NotAllowed, NotFound
from services.targets import Progress, UnitRow
from tests.support.factories import NOW, make_publication, make_unit, make_user

Session = scoped_session[Any]
SEPTEMBER = date(2026, 9, 1)
AUGUST = date(2026, 8, 1)


@pytest.fixture
def unit(session: Session) -> Unit:
    return make_unit(name="Phòng Quản lý đo lường", monthly_target=4)


@pytest.fixture
def chief(session: Session) -> User:
    return make_user(role="chief")


def row_of(unit: Unit, month_on: date = SEPTEMBER, now: datetime = NOW) -> UnitRow:
    rows = targets.board(month_on=month_on, now=now)
    return next(row for row in rows if row.unit_id == unit.id)


def set_to(unit: Unit, actor: User, **said: Any) -> None:
    given = {
        "month_on": SEPTEMBER,
        "usual": 4,
        "exception": None,
        "now": NOW,
        **said,
    }
    if "seen" not in given:
        given["seen"] = row_of(unit).seen
    targets.set_targets(unit_id=unit.id, actor=actor, **given)


# ---------------------------------------------------------------- what counts
def test_a_post_counts_in_the_month_in_vietnam_in_which_it_first_appeared(
    session: Session, unit: Unit
) -> None:
    author = make_user(unit=unit)
    # The last second of August and the first of September in Việt Nam.
    make_publication(author=author, published_at=datetime(2026, 8, 31, 16, 59, 59, tzinfo=UTC))
    make_publication(author=author, published_at=datetime(2026, 8, 31, 17, 0, tzinfo=UTC))
    make_publication(author=author, published_at=datetime(2026, 6, 10, tzinfo=UTC))
    # None of these counts: withdrawn, not yet there, a notice, a draft, another unit's.
    make_publication(author=author, state="withdrawn", published_at=NOW)
    make_publication(author=author, published_at=datetime(2026, 9, 29, tzinfo=UTC))
    make_publication(author=author, kind="notice", published_at=NOW)
    make_publication(author=author, state="draft")
    make_publication(published_at=NOW)
    row = row_of(unit)
    assert row.now == Progress(SEPTEMBER, 4, 1)
    assert [(past.month_on, past.published) for past in row.before] == [
        (AUGUST, 1),
        (date(2026, 7, 1), 0),
        (date(2026, 6, 1), 1),
    ]
    assert targets.progress_of(unit_id=unit.id, now=NOW) == row.now


def test_a_month_of_its_own_overrides_the_usual_number(session: Session, unit: Unit) -> None:
    session.add(UnitTarget(unit_id=unit.id, month_on=SEPTEMBER, posts=6))
    session.add(UnitTarget(unit_id=unit.id, month_on=AUGUST, posts=0))
    session.flush()
    row = row_of(unit)
    assert (row.usual, row.exception, row.now.target) == (4, 6, 6)
    assert [past.target for past in row.before] == [0, 4, 4]
    assert targets.progress_of(unit_id=unit.id, now=NOW).target == 6


def test_units_come_in_their_order_and_closed_ones_do_not(session: Session) -> None:
    make_unit(name="Đơn vị B", position=2)
    make_unit(name="Đơn vị C", position=1)
    make_unit(name="Đơn vị A", position=2)
    make_unit(name="Đã giải thể", is_active=False)
    rows = targets.board(month_on=SEPTEMBER, now=NOW)
    assert [row.name for row in rows] == ["Đơn vị C", "Đơn vị A", "Đơn vị B"]
    assert targets.sum_of(rows) == (0, 0)


# ---------------------------------------------------------------- setting
def test_what_is_set_is_audited_with_what_was_there(
    session: Session, unit: Unit, chief: User
) -> None:
    set_to(unit, chief, usual=5, exception=8)
    assert row_of(unit).now.target == 8
    set_to(unit, chief, usual=5, exception=None)
    assert row_of(unit).now.target == 5
    set_to(unit, chief, usual=5, exception=None)
    events = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    assert [(e.actor_id, e.subject_name, e.changes) for e in events] == [
        (
            chief.id,
            unit.name,
            {"monthly_target": [4, 5], "Chỉ tiêu riêng tháng 09/2026": [None, 8]},
        ),
        (chief.id, unit.name, {"Chỉ tiêu riêng tháng 09/2026": [8, None]}),
    ]


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"usual": None}, "usual"),
        ({"usual": -1}, "usual"),
        ({"usual": 1000}, "usual"),
        ({"exception": -1}, "exception"),
        ({"exception": 1000}, "exception"),
        ({"exception": 5, "month_on": AUGUST}, "exception"),
    ],
)
def test_what_is_no_number_of_posts_is_refused(
    session: Session, unit: Unit, chief: User, said: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        set_to(unit, chief, **said)
    assert list(refused.value.fields) == [field]
    assert (row_of(unit).usual, row_of(unit).exception) == (4, None)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_who_sets_what_another_has_set_meanwhile_is_told(
    session: Session, unit: Unit, chief: User
) -> None:
    seen = row_of(unit).seen
    set_to(unit, chief, exception=9)
    with pytest.raises(Conflict) as refused:
        set_to(unit, make_user(role="admin"), usual=1, seen=seen)
    assert "Phòng Quản lý đo lường" in refused.value.sentence
    assert (row_of(unit).usual, row_of(unit).exception) == (4, 9)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_only_chiefs_and_administrators_set_targets_and_only_of_open_units(
    session: Session, unit: Unit
) -> None:
    for role in ("contributor", "editor"):
        with pytest.raises(NotAllowed):
            set_to(unit, make_user(role=role))
    set_to(unit, make_user(role="admin"), usual=2)
    assert row_of(unit).usual == 2
    seen = row_of(unit).seen
    unit.is_active = False
    with pytest.raises(NotFound):
        set_to(unit, make_user(role="chief"), seen=seen)
