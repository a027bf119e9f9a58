"""What must hold of a publication to be among the hits, as conditions that are built once.

Making a statement costs more than running most of these, so each combination of filters is
made once, with parameters for what was asked.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import ColumnElement, bindparam, exists

from models import Language, Publication, RevisionFile
from services.dates import end_of_day, start_of_day
from services.search.contract import SearchRequest
from services.visibility import in_language, visible

HAS_FILE = (
    exists()
    .where(RevisionFile.revision_id == Publication.live_revision_id)
    .correlate(Publication.__table__)
)
_CONDITIONS: dict[str, ColumnElement[bool]] = {
    "kind": Publication.kind == bindparam("kind"),
    "section_ids": Publication.section_id.in_(bindparam("section_ids", expanding=True)),
    "unit_id": Publication.unit_id == bindparam("unit_id"),
    "has_file": HAS_FILE,
    "has_no_file": ~HAS_FILE,
    "date_from": Publication.published_at >= bindparam("date_from"),
    "date_to": Publication.published_at <= bindparam("date_to"),
    # Vietnamese is what is meant where nothing is said: no filter, so that it costs none.
    "english": in_language(Language.EN),
}
_VIETNAMESE = in_language(Language.VI)
_VISIBLE = visible(cast(datetime, bindparam("now")))


@dataclass(frozen=True, slots=True)
class Filters:
    """Which conditions are asked for, and their parameters; what readers see is always asked."""

    names: tuple[str, ...]
    parameters: dict[str, Any] = field(hash=False)


@lru_cache(maxsize=64)
def conditions(names: tuple[str, ...]) -> tuple[ColumnElement[bool], ...]:
    """What must hold of Publication; its parameters are those of `filters_of`."""
    language = () if "english" in names else (_VIETNAMESE,)
    return (_VISIBLE, *language, *(_CONDITIONS[name] for name in names))


def filters_of(request: SearchRequest, *, now: datetime) -> Filters:
    """The filters that a request asks for."""
    asked = {
        "kind": request.kind,
        "section_ids": list(request.section_ids) or None,
        "unit_id": request.unit_id,
        "english": request.language is Language.EN or None,
        "has_file": request.has_file or None,
        "has_no_file": True if request.has_file is False else None,
        "date_from": request.date_from and start_of_day(_day(request.date_from)),
        "date_to": request.date_to and end_of_day(_day(request.date_to)),
    }
    chosen = {name: value for name, value in asked.items() if value is not None}
    names = tuple(chosen)
    chosen.pop("english", None)
    return Filters(names, {"now": now, **chosen})


def _day(day: date) -> date:
    """A day whose midnight there is in UTC too, which the calendar's first and last have not."""
    return min(max(day, date(1900, 1, 1)), date(9000, 1, 1))
