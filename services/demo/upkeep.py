"""What the demonstration has lying about: a source that went away, as sources do."""

from datetime import datetime, timedelta

from sqlalchemy import update

from extensions import db
from models import Link

GONE_HOSTS = ("phobien.example.vn",)


def break_links(*, now: datetime) -> None:
    """Show some links as the checks would have found them; no host of the demonstration is
    anybody's, so that its own checks would only ever find silence."""
    db.session.execute(
        update(Link)
        .where(Link.host.in_(GONE_HOSTS))
        .values(
            status=404,
            failures=2,
            broken_since=now - timedelta(days=5),
            checked_at=now - timedelta(days=5),
            next_check_at=now + timedelta(days=2),
        )
    )
