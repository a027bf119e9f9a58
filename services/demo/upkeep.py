"""What the demonstration has lying about: a source that went away, as sources do; addresses of
the site before it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import update

from demo import content
from extensions import db
from models import Link, Publication
from services.demo.people import OPENED_AT, Cast
from services.moving import old_addresses

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


def keep_old_addresses(*, cast: Cast, written: Mapping[str, Publication]) -> None:
    """Let addresses of a site of before lead to what took their place, as an import does."""
    by_number = {name[:3]: text for name, text in written.items()}
    for row in content.read_site().old_addresses:
        text, section = by_number.get(row["leads_to"]), cast.sections.get(row["leads_to"])
        old_addresses.keep(
            [row["address"]],
            now=OPENED_AT,
            publication_id=text.id if text else None,
            section_id=section.id if section else None,
        )
