"""The other sites that the demonstration leads to, put there as its administrator would."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from models import Role
from services import site_links
from services.demo.people import Cast
from services.site_links import LinkDraft

BEGUN_BEFORE = timedelta(days=40)


def put_links(rows: Sequence[Mapping[str, Any]], *, cast: Cast, now: datetime) -> None:
    """Put these there, in their order; flushes."""
    administrator = cast.all_of(Role.ADMIN)[0]
    for row in rows:
        site_links.create(actor=administrator, draft=LinkDraft(**row), now=now - BEGUN_BEFORE)
