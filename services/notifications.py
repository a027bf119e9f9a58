"""What people are told: behind the bell on the desk, and by mail as they chose."""

from datetime import datetime

from sqlalchemy import select

from extensions import db
from models import Notification, Publication, User


def tell(
    *,
    user: User,
    event: str,
    sentence: str,
    now: datetime,
    detail: str = "",
    address: str = "",
    publication: Publication | None = None,
    once_key: str | None = None,
) -> Notification | None:
    """Tell one person one thing; flushes. With ``once_key`` only the first time: then None.

    ``sentence`` is what they read first, ``detail`` what they should know (a reason, say),
    ``address`` a path of this site where they go on.
    """
    if once_key is not None:
        query = select(Notification.id).where(
            Notification.user_id == user.id, Notification.once_key == once_key
        )
        if db.session.scalar(query) is not None:
            return None
    notification = Notification(
        user_id=user.id,
        event=event,
        sentence=sentence,
        detail=detail,
        address=address,
        publication_id=publication.id if publication else None,
        once_key=once_key,
        created_at=now,
    )
    db.session.add(notification)
    db.session.flush()
    return notification
