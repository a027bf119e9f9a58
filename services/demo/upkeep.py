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
from services.moving import old_addresses, runs
from services.moving.items import Outcome

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


def remember_imports() -> None:
    """How the site of before came here: tried, cut off by the power, and carried through."""
    tried = {Outcome.CREATED: 118, Outcome.REFUSED: 2, Outcome.SKIPPED: 14}
    cut_off = {Outcome.CREATED: 50}
    whole = {Outcome.CREATED: 68, Outcome.UNCHANGED: 50, Outcome.REFUSED: 2, Outcome.SKIPPED: 14}
    rows = ((tried, True, True), (cut_off, False, False), (whole, False, True))
    for hours, (counts, is_dry, is_whole) in enumerate(rows):
        began_at = OPENED_AT + timedelta(hours=hours)
        ended_at = began_at + timedelta(minutes=3)
        run = runs.begin(said="trang-cu-2016.xml", is_dry=is_dry, now=began_at)
        runs.know(run.id, form="wxr", source="wordpress:cu.example.vn")
        done = sum(counts.values())
        runs.note(run.id, done=done, total=134, counts=counts, now=ended_at)
        if is_whole:
            runs.end(run.id, counts=counts, now=ended_at)
        # Another machine, whose reports are there.
        run.host, run.by, run.report = "may-chu-cu", "quantri", ""
