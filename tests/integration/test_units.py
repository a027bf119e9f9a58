"""Units: added, changed, put in order, and no longer offered."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import scoped_session

from models import AuditEvent, Role, Unit, User
from services import units
from services.errors import Conflict, InvalidInput, NotAllowed
from services.units import UnitDraft
from tests.support.factories import NOW, make_unit, make_user

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
Session = scoped_session[Any]


@pytest.fixture
def actor(session: Session) -> User:
    return make_user(role=Role.ADMIN, unit=make_unit(name="Văn phòng Sở"))


def test_a_unit_is_added_last_with_an_address_of_its_name(session: Session, actor: User) -> None:
    unit = units.create(
        actor=actor, draft=UnitDraft(name=" Phòng  Đo lường ", monthly_target="4"), now=NOW
    )
    assert (unit.name, unit.slug, unit.monthly_target) == ("Phòng Đo lường", "phong-do-luong", 4)
    assert [row.unit for row in units.in_order()][-1] is unit
    event = session.scalars(select(AuditEvent)).one()
    assert event.changes == {
        "name": [None, "Phòng Đo lường"],
        "slug": [None, "phong-do-luong"],
        "monthly_target": [None, 4],
    }


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("name", "X"),
        ("name", "VĂN PHÒNG SỞ"),
        ("short_name", "x" * 61),
        ("slug", "van-phong-so"),
        ("monthly_target", "-1"),
        ("monthly_target", "bốn"),
        ("contact_ids", ("999999",)),
    ],
)
def test_what_is_wrong_with_a_unit_is_named(
    session: Session, actor: User, field: str, typed: Any
) -> None:
    given = {"name": "Phòng mới", "slug": "phong-moi", field: typed}
    with pytest.raises(InvalidInput) as refused:
        units.create(actor=actor, draft=UnitDraft(**given), now=NOW)
    assert set(refused.value.fields) == {field}


def test_only_people_of_the_unit_are_its_contacts(session: Session, actor: User) -> None:
    unit, stranger = make_unit(), make_user()
    member = make_user(unit=unit)

    def save(person: User) -> Unit:
        draft = UnitDraft(name=unit.name, slug=unit.slug, contact_ids=(str(person.id),))
        seen = units.seen_token(unit)
        return units.edit(actor=actor, unit_id=unit.id, draft=draft, seen=seen, now=NOW)

    assert save(member).contacts == [member]
    with pytest.raises(InvalidInput, match="thuộc đơn vị"):
        save(stranger)


def test_a_unit_with_people_is_not_closed_and_says_how_many(session: Session, actor: User) -> None:
    unit = make_unit(name="Phòng Đo lường")
    people = [make_user(unit=unit), make_user(unit=unit)]
    make_user(unit=unit, is_active=False)
    with pytest.raises(NotAllowed, match="còn 2 người đang dùng tài khoản"):
        units.deactivate(actor=actor, unit_id=unit.id, now=NOW)
    for person in people:
        person.is_active = False
    units.deactivate(actor=actor, unit_id=unit.id, now=NOW)
    assert unit.id not in {id for id, _ in units.choices()}
    units.activate(actor=actor, unit_id=unit.id, now=NOW)
    assert unit.id in {id for id, _ in units.choices()}


def test_units_are_put_in_order_and_the_second_writer_is_told(
    session: Session, actor: User
) -> None:
    first, second = actor.unit, make_unit(name="Thanh tra")
    units.move(actor=actor, unit_id=second.id, step=-1, now=NOW)
    assert [row.unit for row in units.in_order()] == [second, first]
    both_saw = units.seen_token(second)
    for name in ("Thanh tra Sở", "Thanh tra mới"):
        draft = UnitDraft(name=name, slug="thanh-tra")
        if name == "Thanh tra mới":
            with pytest.raises(Conflict, match="Chưa có gì bị ghi đè"):
                units.edit(actor=actor, unit_id=second.id, draft=draft, seen=both_saw, now=NOW)
        else:
            units.edit(actor=actor, unit_id=second.id, draft=draft, seen=both_saw, now=NOW)
