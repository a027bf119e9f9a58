"""What was done in the administration: written with the change itself, in one transaction.

Texts have a trail of their own (Transition); this one is of accounts, units, sections, settings.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload

from extensions import db
from models import AuditEvent, User
from services.dates import end_of_day, start_of_day

# What no row may hold, whatever a caller passes: the trail is read by people and backed up.
SECRET = re.compile(r"password|mat_khau|token|secret", re.IGNORECASE)
MAX_VALUE_CHARACTERS = 1000


def record(
    *,
    actor: User | None,
    action: str,
    subject: str,
    subject_key: str,
    subject_name: str = "",
    changes: Mapping[str, Sequence[Any]],
    now: datetime,
) -> AuditEvent:
    """Note who did what to which thing, with ``{"field": [before, after]}``; flushes.

    No ``actor``: it was done at the server's command line. Raises ValueError for a field whose
    name says that it holds a password or a token.
    """
    event = compose(
        actor=actor,
        action=action,
        subject=subject,
        subject_key=subject_key,
        subject_name=subject_name,
        changes=changes,
        now=now,
    )
    db.session.add(event)
    db.session.flush()
    return event


def compose(
    *,
    actor: User | None,
    action: str,
    subject: str,
    subject_key: str,
    subject_name: str = "",
    changes: Mapping[str, Sequence[Any]],
    now: datetime,
) -> AuditEvent:
    """The row that ``record`` adds, for whoever adds thousands at once."""
    secret = [field for field in changes if SECRET.search(field)]
    if secret:
        raise ValueError(f"the audit trail may not hold {', '.join(secret)}")
    return AuditEvent(
        at=now,
        actor_id=actor.id if actor else None,
        action=action,
        subject=subject,
        subject_key=subject_key[:80],
        subject_name=subject_name[:300],
        changes={field: [_plain(value) for value in pair] for field, pair in changes.items()},
    )


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """What differs between two states of one thing, for ``record``."""
    return {
        field: [before.get(field), value]
        for field, value in after.items()
        if before.get(field) != value
    }


def _plain(value: Any) -> Any:
    """Something that JSON holds and people can read."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    return str(value)[:MAX_VALUE_CHARACTERS]


@dataclass(frozen=True, slots=True)
class AuditPage:
    """One page of the trail, newest first; ``number`` and ``pages`` count from 1."""

    items: Sequence[AuditEvent]
    number: int
    pages: int
    total: int


def page_of(
    *,
    number: int,
    per_page: int,
    actor_id: int | None = None,
    by_command: bool = False,
    subject: str = "",
    subject_key: str = "",
    from_on: date | None = None,
    to_on: date | None = None,
) -> AuditPage:
    """The trail, filtered; both days are included, in Asia/Ho_Chi_Minh."""
    conditions: list[ColumnElement[bool]] = []
    if by_command:
        conditions.append(AuditEvent.actor_id.is_(None))
    elif actor_id is not None:
        conditions.append(AuditEvent.actor_id == actor_id)
    if subject:
        conditions.append(AuditEvent.subject == subject)
    if subject_key:
        conditions.append(AuditEvent.subject_key == subject_key)
    if from_on is not None:
        conditions.append(AuditEvent.at >= start_of_day(from_on))
    if to_on is not None:
        conditions.append(AuditEvent.at <= end_of_day(to_on))
    total = db.session.scalar(select(func.count(AuditEvent.id)).where(*conditions)) or 0
    pages = max(1, -(-total // per_page))
    number = min(max(1, number), pages)
    items = db.session.scalars(
        select(AuditEvent)
        .options(joinedload(AuditEvent.actor))
        .where(*conditions)
        .order_by(AuditEvent.id.desc())
        .limit(per_page)
        .offset((number - 1) * per_page)
    ).all()
    return AuditPage(items, number, pages, total)


def actors() -> list[tuple[int, str]]:
    """Who is in the trail, for the filter."""
    done = select(AuditEvent.actor_id).where(AuditEvent.actor_id.is_not(None))
    rows = db.session.execute(
        select(User.id, User.full_name).where(User.id.in_(done)).order_by(User.sort_key, User.id)
    )
    return [(row.id, row.full_name) for row in rows]


def subjects() -> list[str]:
    """What kinds of thing are in the trail, for the filter."""
    return list(
        db.session.scalars(select(AuditEvent.subject).distinct().order_by(AuditEvent.subject))
    )
