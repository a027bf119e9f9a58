"""Mail that is to go out: kept in the transaction of what it tells of, sent in the background."""

import secrets
from datetime import datetime

from extensions import db
from models import OutboxMail


def enqueue(
    *, to_address: str, to_name: str, subject: str, body: str, now: datetime
) -> OutboxMail | None:
    """Put one mail (plain text) into the outbox; flushes. None if the person has no address.

    Whether a mail server is set does not matter here: without one nothing is taken out.
    """
    if not to_address:
        return None
    mail = OutboxMail(
        to_address=to_address,
        to_name=to_name,
        subject=subject,
        body=body,
        message_id=secrets.token_urlsafe(24),
        created_at=now,
        next_try_at=now,
    )
    db.session.add(mail)
    db.session.flush()
    return mail
