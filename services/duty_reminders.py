"""Reminders of what is due in two working days or overdue: behind the bell, and in the mail that
people chose. Each line is told once when it comes near and once when it is late, all of a
person's in one notification.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload, selectinload

from extensions import db
from models import DutyItem, Publication, Role, Unit, User
from services import notifications, policy, working_days
from services.dates import HO_CHI_MINH, format_date, local_date
from services.duties import PUBLICATION
from services.duty_ledger import SOON_DAYS
from services.duty_rules import DUTIES

ADDRESS = "/ban-lam-viec/thoi-han"
WORKING_HOURS = range(7, 18)
# Older than this is history (imported, say), and for the ledger alone.
MAX_LATE = timedelta(days=30)
MAX_PER_RUN = 500
MAX_NAMED = 10


def remind(*, now: datetime) -> int:
    """Tell of what has come near or is late since the last run, on working days; answers how
    many people were told. Flushes."""
    today, calendar = local_date(now), working_days.calendar()
    if now.astimezone(HO_CHI_MINH).hour not in WORKING_HOURS:
        return 0
    if not calendar.is_working_day(day=today):
        return 0
    soon = calendar.add_working_days(start=today, days=SOON_DAYS)
    query = (
        select(DutyItem)
        .where(
            or_(DutyItem.done_at.is_(None), DutyItem.done_at > now),
            DutyItem.due_on <= soon,
            DutyItem.due_on >= today - MAX_LATE,
            or_(
                DutyItem.reminded == "",
                (DutyItem.reminded == "soon") & (DutyItem.due_on < today),
            ),
        )
        .options(joinedload(DutyItem.unit).selectinload(Unit.contacts))
        .order_by(DutyItem.due_on, DutyItem.id)
        .limit(MAX_PER_RUN)
        .with_for_update(of=DutyItem, skip_locked=True)
    )
    items = db.session.scalars(query).all()
    told: dict[int, list[DutyItem]] = defaultdict(list)
    people: dict[int, User] = {}
    texts = _texts_of(items)
    chiefs = _chiefs() if items else []
    for item in items:
        item.reminded = "overdue" if item.due_on < today else "soon"
        for user in _people_of(item, texts.get(item.subject_id), chiefs):
            people[user.id] = user
            told[user.id].append(item)
    for user_id, lines in sorted(told.items()):
        _tell(people[user_id], lines, now)
    db.session.flush()
    return len(told)


def _tell(user: User, items: Sequence[DutyItem], now: datetime) -> None:
    today, calendar = local_date(now), working_days.calendar()
    late = sum(item.due_on < today for item in items)
    near = len(items) - late
    parts = [f"{late} việc quá hạn"] if late else []
    parts += [f"{near} việc sắp đến hạn"] if near else []
    lines = [
        f"{DUTIES[item.duty].label}: {item.title} "
        f"({calendar.label_left(due=item.due_on, today=today)}, hạn {format_date(item.due_on)})"
        for item in items[:MAX_NAMED]
        if item.duty in DUTIES
    ]
    if len(items) > MAX_NAMED:
        lines.append(f"và {len(items) - MAX_NAMED} việc khác")
    notifications.tell(
        user=user,
        event="duty_reminder",
        sentence=f"Có {' và '.join(parts)}.",
        detail="\n".join(lines),
        address=items[0].address if len(items) == 1 and items[0].address else ADDRESS,
        now=now,
    )


def _texts_of(items: Sequence[DutyItem]) -> dict[int, Publication]:
    ids = [item.subject_id for item in items if item.subject == PUBLICATION]
    if not ids:
        return {}
    query = (
        select(Publication)
        .where(Publication.id.in_(ids))
        .options(joinedload(Publication.author), joinedload(Publication.latest_revision))
    )
    return {publication.id: publication for publication in db.session.scalars(query)}


def _chiefs() -> list[User]:
    query = (
        select(User)
        .where(User.role == Role.CHIEF, User.is_active)
        .options(selectinload(User.sections))
    )
    return list(db.session.scalars(query))


def _people_of(item: DutyItem, text: Publication | None, chiefs: Sequence[User]) -> list[User]:
    """Of a text: its author, whoever has it in hand, and the chiefs who answer for its section.
    Of anything else: the contacts of its unit, or the chiefs where it has none."""
    people: list[User] = []
    if item.subject == PUBLICATION:
        if text is None:
            return []
        people.append(text.author)
        latest = text.latest_revision
        if latest is not None and latest.held_by is not None:
            people.append(latest.held_by)
        people += [user for user in chiefs if policy.can(user, "publication:view", text)]
    elif item.unit is not None:
        people += item.unit.contacts
    people = people or list(chiefs)
    return list({user.id: user for user in people if user.is_active}.values())
