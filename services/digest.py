"""Mail of what people were told: at once, or once a day, as each of them chose.

What has waited for somebody goes into one mail, however much it is. Once a notification is in a
mail of the outbox, or will be in none, ``mailed_at`` says so; both happen in one transaction.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from itertools import groupby

from sqlalchemy import select, update
from sqlalchemy.orm import contains_eager

from extensions import db
from models import Notification, NotifyBy, User
from services import dates, outbox
from services.notifications import SITE_ONLY_EVENTS

# When the day's one mail goes out, in Asia/Ho_Chi_Minh.
DIGEST_TIME = time(7, 30)
# Nobody is written to of what happened while no mail went out.
MAX_AGE = timedelta(days=3)
MAX_PER_RUN = 500
# More than these are counted; the rest is behind the bell.
MAX_LINES = 50

FOOT = (
    "Thư này được gửi tự động; xin đừng trả lời.\n"
    "Cách nhận thông báo (ngay, mỗi ngày một thư, chỉ trên trang) chọn ở "
    "{site_url}/ban-lam-viec/tuy-chon"
)


def write_mails(*, site_name: str, site_url: str, has_server: bool, now: datetime) -> int:
    """Put into the outbox what is due for a mail; answers how many mails. Flushes."""
    _leave_out(now, everything=not has_server)
    if not has_server:
        return 0
    query = (
        select(Notification)
        .join(Notification.user)
        .options(contains_eager(Notification.user))
        .where(
            Notification.mailed_at.is_(None),
            (User.notify_by == NotifyBy.AT_ONCE)
            | (
                (User.notify_by == NotifyBy.DIGEST)
                & (Notification.created_at < last_digest_at(now))
            ),
        )
        .order_by(Notification.user_id, Notification.id)
        .limit(MAX_PER_RUN)
        .with_for_update(of=Notification, skip_locked=True)
    )
    waiting = db.session.scalars(query).all()
    written = 0
    for _, told in groupby(waiting, key=lambda notification: notification.user_id):
        group = list(told)
        user = group[0].user
        mail = outbox.enqueue(
            to_address=user.email,
            to_name=user.full_name,
            subject=subject_of(group, site_name=site_name),
            body=body_of(group, user=user, site_name=site_name, site_url=site_url),
            now=now,
        )
        written += mail is not None
        for notification in group:
            notification.mailed_at = now
    db.session.flush()
    return written


def last_digest_at(now: datetime) -> datetime:
    """The latest moment at which the day's mail was due: it holds what was told before it."""
    today = dates.combine(dates.local_date(now), DIGEST_TIME)
    if today <= now:
        return today
    return dates.combine(dates.local_date(now) - timedelta(days=1), DIGEST_TIME)


def subject_of(told: Sequence[Notification], *, site_name: str) -> str:
    """One thing by its sentence; several by their number."""
    if len(told) == 1:
        return told[0].sentence
    return f"{len(told)} thông báo mới từ {site_name}"


def body_of(told: Sequence[Notification], *, user: User, site_name: str, site_url: str) -> str:
    """The mail in plain text, oldest first."""
    lines = [f"Kính gửi {user.full_name},", ""]
    for notification in told[:MAX_LINES]:
        lines.append(notification.sentence)
        if notification.detail:
            lines += [f"    {line}" for line in notification.detail.splitlines()]
        lines.append(f"    ({dates.format_datetime(notification.created_at)})")
        if notification.address:
            lines.append(f"    {site_url}{notification.address}")
        lines.append("")
    if len(told) > MAX_LINES:
        rest = dates.format_number(len(told) - MAX_LINES)
        lines += [f"Và {rest} thông báo nữa ở {site_url}/ban-lam-viec/thong-bao", ""]
    return "\n".join([*lines, site_name, "", FOOT.format(site_url=site_url), ""])


def _leave_out(now: datetime, *, everything: bool) -> None:
    """Decide at once what goes into no mail, so that nothing piles up behind a later choice."""
    unreachable = select(User.id).where(
        (User.notify_by == NotifyBy.SITE_ONLY) | (User.email == "") | User.is_active.is_(False)
    )
    left_out = (
        Notification.event.in_(SITE_ONLY_EVENTS)
        | Notification.read_at.is_not(None)
        | (Notification.created_at < now - MAX_AGE)
        | Notification.user_id.in_(unreachable)
    )
    query = update(Notification).where(Notification.mailed_at.is_(None))
    if not everything:
        query = query.where(left_out)
    db.session.execute(query.values(mailed_at=now))
