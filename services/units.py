"""Units of the agency, as the administrator looks after them. Everything is audited."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from extensions import db
from models import Unit, User
from services import audit
from services.errors import Conflict, InvalidInput, NotAllowed, NotFound
from services.vietnamese import clean, fold, person_sort_key, slugify, sort_key

MAX_CONTACTS = 20
MAX_TARGET = 1000


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One unit of the list, with how many people have an open account in it."""

    unit: Unit
    people: int
    contacts: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitDraft:
    """What an administrator typed of a unit."""

    name: str = ""
    short_name: str = ""
    slug: str = ""
    is_outside: bool = False
    monthly_target: str = "0"
    contact_ids: Sequence[str] = ()


def in_order() -> list[UnitRow]:
    """Every unit in the order that the administrator gave, in a constant number of queries."""
    people = db.session.execute(
        select(User.unit_id, func.count(User.id)).where(User.is_active).group_by(User.unit_id)
    )
    counts = {row[0]: row[1] for row in people}
    units = db.session.scalars(
        select(Unit)
        .options(selectinload(Unit.contacts))
        .order_by(Unit.position, Unit.sort_key, Unit.id)
    ).all()
    return [
        UnitRow(
            unit,
            counts.get(unit.id, 0),
            [person.full_name for person in sorted(unit.contacts, key=lambda one: one.sort_key)],
        )
        for unit in units
    ]


def choices(*, also: int | None = None) -> list[tuple[int, str]]:
    """Units that somebody may be put into, and ``also`` the one where they are."""
    rows = db.session.execute(
        select(Unit.id, Unit.name)
        .where(Unit.is_active | (Unit.id == (also or 0)))
        .order_by(Unit.position, Unit.sort_key, Unit.id)
    )
    return [(row.id, row.name) for row in rows]


def get(unit_id: int) -> Unit:
    """One unit with its contacts. Raises NotFound."""
    unit = db.session.scalar(
        select(Unit).options(selectinload(Unit.contacts)).where(Unit.id == unit_id)
    )
    if unit is None:
        raise NotFound("Không có đơn vị này; có thể địa chỉ chép chưa đúng.")
    return unit


def people_of(unit_id: int) -> list[tuple[int, str]]:
    """Who has an open account in the unit: its contacts are chosen among them."""
    rows = db.session.execute(
        select(User.id, User.full_name, User.username)
        .where(User.unit_id == unit_id, User.is_active)
        .order_by(User.sort_key, User.id)
    )
    return [(row.id, f"{row.full_name} ({row.username})") for row in rows]


def seen_token(unit: Unit) -> str:
    """Names what a form showed of a unit."""
    facts: list[Any] = [unit.name, unit.short_name, unit.slug, unit.is_outside, unit.is_active]
    facts += [unit.monthly_target, sorted(person.id for person in unit.contacts)]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32]


def facts_of(unit: Unit) -> dict[str, Any]:
    """What the audit trail says of a unit."""
    people = sorted(unit.contacts, key=lambda person: person_sort_key(person.full_name))
    return {
        "name": unit.name,
        "short_name": unit.short_name,
        "slug": unit.slug,
        "is_outside": unit.is_outside,
        "monthly_target": unit.monthly_target,
        "contacts": [person.full_name for person in people],
    }


def create(*, actor: User, draft: UnitDraft, now: datetime) -> Unit:
    """A new unit at the end of the order. Raises InvalidInput naming each field that is wrong."""
    last = db.session.scalar(select(func.max(Unit.position)))
    unit = Unit(position=(last or 0) + 1, is_active=True, contacts=[])
    _apply(unit, draft)
    db.session.add(unit)
    db.session.flush()
    changes = {field: [None, value] for field, value in facts_of(unit).items() if value}
    _record(actor, "unit.create", unit, changes, now)
    return unit


def edit(*, actor: User, unit_id: int, draft: UnitDraft, seen: str, now: datetime) -> Unit:
    """Save what was typed of a unit. Raises InvalidInput, or Conflict if somebody else saved it
    since ``seen``."""
    unit = _lock(unit_id)
    before, was = facts_of(unit), seen_token(unit)
    with db.session.no_autoflush:
        _apply(unit, draft)
    if seen != was:
        raise Conflict(
            "Một người khác vừa sửa đơn vị này. Chưa có gì bị ghi đè: những gì bạn nhập vẫn còn, "
            "giá trị đang lưu ghi bên dưới; hãy xem lại rồi lưu lần nữa."
        )
    db.session.flush()
    changes = audit.changed(before, facts_of(unit))
    if changes:
        _record(actor, "unit.edit", unit, changes, now)
    return unit


def deactivate(*, actor: User, unit_id: int, now: datetime) -> Unit:
    """No longer offer a unit; its texts stay. Raises NotAllowed while people work in it."""
    unit = _lock(unit_id)
    people = db.session.scalar(
        select(func.count(User.id)).where(User.unit_id == unit.id, User.is_active)
    )
    if people:
        raise NotAllowed(
            f"Đơn vị “{unit.name}” còn {people} người đang dùng tài khoản; hãy chuyển họ sang đơn "
            "vị khác hoặc khoá tài khoản của họ trước khi ngừng dùng đơn vị."
        )
    if unit.is_active:
        unit.is_active = False
        _record(actor, "unit.deactivate", unit, {"is_active": [True, False]}, now)
    return unit


def activate(*, actor: User, unit_id: int, now: datetime) -> Unit:
    """Offer a unit again."""
    unit = _lock(unit_id)
    if not unit.is_active:
        unit.is_active = True
        _record(actor, "unit.activate", unit, {"is_active": [False, True]}, now)
    return unit


def move(*, actor: User, unit_id: int, step: int, now: datetime) -> Unit:
    """One place up (-1) or down (1) in the order; at the end of it nothing happens."""
    db.session.execute(select(Unit.id).order_by(Unit.id).with_for_update())
    units = list(
        db.session.scalars(select(Unit).order_by(Unit.position, Unit.sort_key, Unit.id)).all()
    )
    here = next((place for place, unit in enumerate(units) if unit.id == unit_id), None)
    if here is None:
        raise NotFound("Không có đơn vị này; có thể địa chỉ chép chưa đúng.")
    unit, there = units[here], here + (1 if step > 0 else -1)
    if 0 <= there < len(units):
        units[here], units[there] = units[there], units[here]
        for place, each in enumerate(units):
            each.position = place
        _record(actor, "unit.move", unit, {"position": [here + 1, there + 1]}, now)
    return unit


def _lock(unit_id: int) -> Unit:
    db.session.execute(select(Unit.id).where(Unit.id == unit_id).with_for_update())
    return get(unit_id)


def _apply(unit: Unit, draft: UnitDraft) -> None:
    """Put what was typed into the row. Raises InvalidInput naming each field that is wrong."""
    fields: dict[str, str] = {}
    name = " ".join(clean(draft.name).split())
    short_name = " ".join(clean(draft.short_name).split())
    slug = slugify(draft.slug or name)
    others = db.session.execute(select(Unit.name, Unit.slug).where(Unit.id != (unit.id or 0))).all()
    if not 2 <= len(name) <= 200:
        fields["name"] = "Tên đơn vị cần từ 2 đến 200 ký tự."
    elif fold(name) in {fold(other.name) for other in others}:
        fields["name"] = f"Đã có đơn vị “{name}”; hãy dùng tên khác hoặc sửa đơn vị đó."
    if len(short_name) > 60:
        fields["short_name"] = "Tên gọi tắt nhiều nhất 60 ký tự; hãy rút ngắn lại."
    if not slug:
        fields["slug"] = "Phần địa chỉ cần có chữ không dấu hoặc chữ số, như “van-phong”."
    elif slug in {other.slug for other in others}:
        fields["slug"] = f"Phần địa chỉ “{slug}” đã có đơn vị khác dùng; hãy nhập phần khác."
    target = draft.monthly_target.strip() or "0"
    is_number = target.isascii() and target.isdigit() and len(target) <= 4
    if not is_number or int(target) > MAX_TARGET:
        fields["monthly_target"] = (
            f"Chỉ tiêu mỗi tháng là số bài từ 0 đến {MAX_TARGET}; 0 là không đặt chỉ tiêu."
        )
    contacts = _read_contacts(unit, draft, fields)
    if fields:
        raise InvalidInput(" ".join(fields.values()), fields)
    unit.name, unit.short_name, unit.slug = name, short_name, slug
    unit.sort_key = sort_key(name)
    unit.is_outside = draft.is_outside
    unit.monthly_target = int(target)
    unit.contacts = contacts


def _read_contacts(unit: Unit, draft: UnitDraft, fields: dict[str, str]) -> list[User]:
    wanted = {
        int(text)
        for text in draft.contact_ids[: MAX_CONTACTS + 1]
        if text.isascii() and text.isdigit() and len(text) <= 9
    }
    if len(wanted) > MAX_CONTACTS:
        fields["contact_ids"] = f"Nhiều nhất {MAX_CONTACTS} người đầu mối; hãy bỏ bớt."
        return []
    people = list(
        db.session.scalars(
            select(User)
            .where(User.id.in_(wanted), User.unit_id == (unit.id or 0), User.is_active)
            .order_by(User.sort_key)
        )
    )
    if len(people) != len(wanted):
        fields["contact_ids"] = (
            "Người đầu mối phải đang dùng tài khoản và thuộc đơn vị; hãy chọn lại."
        )
    return people


def _record(
    actor: User, action: str, unit: Unit, changes: dict[str, list[Any]], now: datetime
) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject="unit",
        subject_key=str(unit.id),
        subject_name=unit.name,
        changes=changes,
        now=now,
    )
