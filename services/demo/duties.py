"""What the demonstration owes: texts on their way to the city portal, an outage that was."""

from datetime import datetime, timedelta

from sqlalchemy import select

from extensions import db
from models import Kind, PortalDelivery, PortalState, Publication, Role, User
from services import dates, outages, portal
from services.demo.people import Cast
from services.outages import OutageDraft
from services.visibility import visible

SENT_TEXTS = 9
# Newest first; what is not here waits for a way to the portal.
_OUTCOMES = ("", "", "accepted", "accepted", "refused", "accepted", "failed", "accepted", "sent")


def play_duties(*, cast: Cast, now: datetime) -> None:
    """Send the newest posts to the portal, and announce an outage some weeks ago; flushes."""
    chief = cast.all_of(Role.CHIEF)[0]
    query = (
        select(Publication)
        .where(visible(now), Publication.kind == Kind.POST)
        .order_by(Publication.published_at.desc(), Publication.id.desc())
    )
    texts = [text for text in db.session.scalars(query) if not portal.mark_refusal(chief, text)]
    # In the order in which they appeared.
    for text, outcome in reversed(list(zip(texts[:SENT_TEXTS], _OUTCOMES, strict=False))):
        assert text.published_at is not None
        at = text.published_at + timedelta(minutes=20)
        portal.mark(actor=chief, publication=text, now=at)
        one = db.session.scalars(
            select(PortalDelivery).where(PortalDelivery.publication_id == text.id)
        ).one()
        if outcome == "failed":
            one.state, one.next_try_at, one.attempts = PortalState.FAILED, None, 16
            one.last_error = "Cổng trả lời 503."
        elif outcome == "sent":
            one.state, one.sent_at, one.next_try_at = PortalState.SENT, at, None
        elif outcome:
            portal.record_outcome(
                actor=chief,
                delivery_id=one.id,
                is_accepted=outcome == "accepted",
                address=f"https://danang.example.vn/tin-tuc/{text.id}",
                reason="Cổng đã có tin về việc này.",
                now=at + timedelta(hours=3),
            )
    _announce(chief, now)


def _announce(chief: User, now: datetime) -> None:
    day = dates.local_date(now - timedelta(days=9))
    outages.announce(
        actor=chief,
        draft=OutageDraft(
            starts_day=dates.format_date(day),
            starts_time="22:00",
            ends_day=dates.format_date(day),
            ends_time="23:30",
            reason="Chuyển trang sang máy chủ mới",
        ),
        now=now - timedelta(days=45),
    )
