"""People with accounts, as the administrator looks after them: found, invited, changed, closed.

Everything is audited. Passwords and logging in are services/accounts', links services/invitations'.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import joinedload, selectinload

from extensions import db
from models import AccountToken, AuditEvent, Role, Section, Unit, User, unit_contact
from services import audit, invitations
from services.accounts import (
    NO_PASSWORD,
    ROLE_NAMES,
    check_identity,
    end_sessions,
    new_session_token,
    require_other_administrator,
)
from services.errors import Conflict, InvalidInput, NotAllowed, NotFound
from services.vietnamese import fold, person_sort_key

MAX_SECTIONS = 200


class Standing(StrEnum):
    """How an account stands."""

    ACTIVE = "dang-dung"
    INVITED = "cho-nhan"
    DISABLED = "da-khoa"


STANDINGS: dict[Standing, tuple[str, tuple[ColumnElement[bool], ...]]] = {
    Standing.ACTIVE: ("Đang dùng", (User.is_active.is_(True), User.password_hash != NO_PASSWORD)),
    Standing.INVITED: (
        "Chưa nhận lời mời",
        (User.is_active.is_(True), User.password_hash == NO_PASSWORD),
    ),
    Standing.DISABLED: ("Đã khoá", (User.is_active.is_(False),)),
}


def standing_of(user: User) -> Standing:
    """Where this account stands now."""
    if not user.is_active:
        return Standing.DISABLED
    return Standing.ACTIVE if invitations.has_password(user) else Standing.INVITED


@dataclass(frozen=True, slots=True)
class UserPage:
    """One page of people, by given name; ``number`` and ``pages`` count from 1."""

    items: Sequence[User]
    number: int
    pages: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UserDraft:
    """What an administrator typed of somebody. ``section_ids`` empty: every section."""

    username: str = ""
    full_name: str = ""
    email: str = ""
    role: str = ""
    unit_id: str = ""
    section_ids: Sequence[str] = ()
    may_publish_unreviewed: bool = False


def page_of(
    *,
    number: int,
    per_page: int,
    words: str = "",
    role: Role | None = None,
    unit_id: int | None = None,
    standing: Standing | None = None,
) -> UserPage:
    """People whose name, user name or address has all the words (without accents), filtered."""
    conditions: list[ColumnElement[bool]] = []
    if role is not None:
        conditions.append(User.role == role)
    if unit_id is not None:
        conditions.append(User.unit_id == unit_id)
    if standing is not None:
        conditions += STANDINGS[standing][1]
    # An agency has hundreds of people, not millions: their names are compared here, since no
    # engine folds Vietnamese as we do.
    rows = db.session.execute(
        select(User.id, User.full_name, User.username, User.email)
        .where(*conditions)
        .order_by(User.sort_key, User.id)
    )
    wanted = fold(words).split()
    ids = [
        row.id
        for row in rows
        if not wanted or all(word in fold(" ".join(row[1:])) for word in wanted)
    ]
    pages = max(1, -(-len(ids) // per_page))
    number = min(max(1, number), pages)
    shown = ids[(number - 1) * per_page : number * per_page]
    people = db.session.scalars(
        select(User)
        .options(joinedload(User.unit, innerjoin=True), selectinload(User.sections))
        .where(User.id.in_(shown))
        .order_by(User.sort_key, User.id)
    ).all()
    return UserPage(people, number, pages, len(ids))


def get(user_id: int) -> User:
    """One person with unit and sections. Raises NotFound."""
    user = db.session.scalar(
        select(User)
        .options(joinedload(User.unit, innerjoin=True), selectinload(User.sections))
        .where(User.id == user_id)
    )
    if user is None:
        raise NotFound("Không có người dùng này; có thể địa chỉ chép chưa đúng.")
    return user


def latest_link(user: User) -> AccountToken | None:
    """The newest link that this person was given."""
    return db.session.scalar(
        select(AccountToken)
        .where(AccountToken.user_id == user.id)
        .order_by(AccountToken.id.desc())
        .limit(1)
    )


def seen_token(user: User) -> str:
    """Names what a form showed of somebody, so that saving it can tell whether that is still so."""
    facts: list[Any] = [user.full_name, user.email, user.role.value, user.unit_id, user.is_active]
    facts += [user.may_publish_unreviewed, sorted(section.id for section in user.sections)]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32]


def facts_of(user: User) -> dict[str, Any]:
    """What the audit trail says of somebody, in the words of that day."""
    return {
        "full_name": user.full_name,
        "email": user.email,
        "role": ROLE_NAMES[user.role],
        "unit": user.unit.name,
        "sections": sorted(section.name for section in user.sections),
        "may_publish_unreviewed": user.may_publish_unreviewed,
    }


def invite(
    *,
    actor: User,
    draft: UserDraft,
    link_for: invitations.LinkFor,
    site_name: str,
    now: datetime,
) -> tuple[User, str]:
    """A new account without a password, and the link by which its owner chooses one.

    Raises InvalidInput naming each field that is wrong.
    """
    taken = db.session.scalars(select(User.username)).all()
    username, full_name, email, fields = check_identity(
        username=draft.username, full_name=draft.full_name, email=draft.email, taken=set(taken)
    )
    role, unit, sections = _read_duties(draft, fields)
    if fields or role is None or unit is None:
        raise InvalidInput(" ".join(fields.values()), fields)
    user = add_invited(
        username=username,
        full_name=full_name,
        email=email,
        role=role,
        unit=unit,
        sections=sections,
        may_publish_unreviewed=draft.may_publish_unreviewed,
        now=now,
    )
    db.session.flush()
    note_creation(user=user, actor=actor, now=now)
    link = invitations.issue(
        user=user, actor=actor, link_for=link_for, site_name=site_name, now=now
    )
    return user, link


def add_invited(
    *,
    username: str,
    full_name: str,
    email: str,
    role: Role,
    unit: Unit,
    sections: Sequence[Section],
    may_publish_unreviewed: bool,
    now: datetime,
) -> User:
    """The row of somebody who was checked already; added, not flushed."""
    user = User(
        username=username,
        full_name=full_name,
        sort_key=person_sort_key(full_name),
        email=email,
        password_hash=NO_PASSWORD,
        role=role,
        unit=unit,
        sections=list(sections),
        may_publish_unreviewed=may_publish_unreviewed,
        session_token=new_session_token(),
        is_active=True,
        created_at=now,
    )
    db.session.add(user)
    return user


def edit(*, actor: User, user_id: int, draft: UserDraft, seen: str, now: datetime) -> User:
    """Save what was typed of somebody; the user name stays. Raises InvalidInput, NotAllowed for
    the last administrator, Conflict if somebody else saved since ``seen``."""
    user = _lock(user_id)
    _, full_name, email, fields = check_identity(
        username=user.username, full_name=draft.full_name, email=draft.email
    )
    # Accounts that came another way may have a name that no form would take.
    fields.pop("username", None)
    role, unit, sections = _read_duties(draft, fields)
    if fields or role is None or unit is None:
        raise InvalidInput(" ".join(fields.values()), fields)
    if seen != seen_token(user):
        raise Conflict(
            "Một người khác vừa sửa tài khoản này. Chưa có gì bị ghi đè: những gì bạn nhập vẫn "
            "còn, giá trị đang lưu ghi bên dưới; hãy xem lại rồi lưu lần nữa."
        )
    if user.role is Role.ADMIN and role is not Role.ADMIN:
        require_other_administrator(user)
    before, before_unit_id = facts_of(user), user.unit_id
    user.full_name = full_name
    user.sort_key = person_sort_key(full_name)
    user.email = email
    user.role = role
    user.unit = unit
    if unit.id != before_unit_id:
        # Whoever has left a unit is no longer told what becomes of its texts.
        db.session.execute(delete(unit_contact).where(unit_contact.c.user_id == user.id))
    user.sections = sections
    user.may_publish_unreviewed = draft.may_publish_unreviewed
    db.session.flush()
    changes = audit.changed(before, facts_of(user))
    if changes:
        _record(actor, "user.edit", user, changes, now)
    return user


def disable(*, actor: User, user_id: int, now: datetime) -> User:
    """Close an account: its sessions and links end at once, its texts stay. Raises NotAllowed for
    oneself and for the last administrator."""
    user = _lock(user_id)
    if user.id == actor.id:
        raise NotAllowed("Bạn không thể tự khoá tài khoản của mình; hãy nhờ quản trị viên khác.")
    if not user.is_active:
        return user
    require_other_administrator(user)
    user.is_active = False
    end_sessions(user=user)
    invitations.revoke(user=user)
    _record(actor, "user.disable", user, {"is_active": [True, False]}, now)
    return user


def enable(*, actor: User, user_id: int, now: datetime) -> User:
    """Open a closed account again, with the password that it had."""
    user = _lock(user_id)
    if not user.is_active:
        if not user.unit.is_active:
            raise NotAllowed(
                f"Đơn vị “{user.unit.name}” đã ngừng dùng; hãy mở lại đơn vị, hoặc chuyển người "
                "này sang đơn vị khác trước khi mở lại tài khoản."
            )
        user.is_active = True
        _record(actor, "user.enable", user, {"is_active": [False, True]}, now)
    return user


def give_link(
    *, actor: User, user_id: int, link_for: invitations.LinkFor, site_name: str, now: datetime
) -> tuple[User, str]:
    """A new invitation, or a way to a new password. The old password works until the new one is
    chosen. Raises NotAllowed for a closed account."""
    user = _lock(user_id)
    if not user.is_active:
        raise NotAllowed("Tài khoản này đang bị khoá; hãy mở lại trước khi cấp liên kết.")
    action = "user.reset" if invitations.has_password(user) else "user.invite_again"
    link = invitations.issue(
        user=user, actor=actor, link_for=link_for, site_name=site_name, now=now
    )
    _record(actor, action, user, {}, now)
    return user, link


def note_creation(*, user: User, actor: User | None, now: datetime) -> None:
    """Write a new account into the audit trail."""
    db.session.add(event_of_creation(user=user, actor=actor, now=now))
    db.session.flush()


def event_of_creation(*, user: User, actor: User | None, now: datetime) -> AuditEvent:
    """What the trail says of a new account, for whoever adds thousands at once."""
    facts = {"username": user.username, **facts_of(user)}
    return audit.compose(
        actor=actor,
        action="user.create",
        subject="user",
        subject_key=str(user.id),
        subject_name=f"{user.full_name} ({user.username})",
        changes={field: [None, value] for field, value in facts.items() if value},
        now=now,
    )


def note_unlock(*, user: User, actor: User, now: datetime) -> None:
    """Write into the audit trail that somebody may try their password again."""
    _record(actor, "user.unlock", user, {}, now)


def _lock(user_id: int) -> User:
    """One person, to be changed by one administrator at a time. Raises NotFound."""
    db.session.execute(select(User.id).where(User.id == user_id).with_for_update())
    return get(user_id)


def _read_duties(
    draft: UserDraft, fields: dict[str, str]
) -> tuple[Role | None, Unit | None, list[Section]]:
    """Role, unit and sections; a sentence in ``fields`` for each that is none."""
    role = Role(draft.role) if draft.role in set(Role) else None
    if role is None:
        fields["role"] = "Hãy chọn vai trò trong danh sách."
    unit = db.session.get(Unit, number_of(draft.unit_id)) if number_of(draft.unit_id) else None
    if unit is None or not unit.is_active:
        fields["unit_id"] = "Hãy chọn đơn vị trong danh sách; đơn vị đã ngừng dùng không chọn được."
    wanted = {number_of(text) for text in draft.section_ids[:MAX_SECTIONS]}
    sections = list(
        db.session.scalars(select(Section).where(Section.id.in_(wanted)).order_by(Section.id))
    )
    if len(sections) != len(wanted):
        fields["section_ids"] = "Một chuyên mục được chọn không còn; hãy chọn lại chuyên mục."
    return role, unit, sections


def number_of(text: str) -> int:
    """An id as a form sends it; 0 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else 0


def _record(
    actor: User | None, action: str, user: User, changes: dict[str, list[Any]], now: datetime
) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject="user",
        subject_key=str(user.id),
        subject_name=f"{user.full_name} ({user.username})",
        changes=changes,
        now=now,
    )
