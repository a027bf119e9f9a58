"""Forgetting: who wrote, and what they wrote, some time after it is closed.

What stays is what statistics count: the kind, the days, the unit and how it ended; and what the
board let out for everybody to read, under the name that its sender chose to give.
"""

from datetime import datetime, timedelta

from sqlalchemy import select

from extensions import db
from models import Channel, VoiceItem
from services import settings

AT_ONCE = 200


def erase_old(*, now: datetime) -> int:
    """Erase what was closed longer ago than the settings keep it; flushes, answers how many.

    The tracking code opens nothing from then on.
    """
    before = now - timedelta(days=settings.get("voice_keep_days"))
    items = db.session.scalars(
        select(VoiceItem)
        .where(VoiceItem.closed_at < before, VoiceItem.erased_at.is_(None))
        .order_by(VoiceItem.closed_at)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    for item in items:
        is_public = item.public_at is not None
        item.sender_name = item.sender_email = ""
        item.organisation = ""
        item.subject = item.text = ""
        item.return_reason = item.refusal_reason = item.extended_reason = ""
        if not is_public:
            item.url = item.public_text = item.public_name = ""
        if not (is_public and item.channel is Channel.COMMENT):
            item.answer = ""
        item.erased_at = now
    db.session.flush()
    return len(items)
