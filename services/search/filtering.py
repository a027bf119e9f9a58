"""What must hold of a publication to be among the hits, as conditions that are built once.

Making a statement costs more than running most of these, so each combination of filters is
made once, with parameters for what was asked. The index finds those that pass (`filing`); the
conditions on the publications say the same once more, of those that were found: they are the
truth, and all there is while the index is of another version.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import ColumnElement, bindparam, exists

from models import Language, Publication, RevisionFile
from services.dates import end_of_day, start_of_day
from services.search import filing
from services.search.contract import Clause, SearchRequest
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
    """Which conditions are asked for, and their parameters; what readers see is always asked,
    except where ``names`` is None: then only the index is."""

    names: tuple[str, ...] | None
    parameters: dict[str, Any] = field(hash=False)
    # The same as index terms, and between which docids.
    clauses: tuple[Clause, ...] = ()
    first: int = 0
    last: int = 2**63 - 1

    def of_index_alone(self) -> "Filters":
        """The same without asking the publications."""
        return replace(self, names=None)


@lru_cache(maxsize=64)
def conditions(names: tuple[str, ...]) -> tuple[ColumnElement[bool], ...]:
    """What must hold of Publication; its parameters are those of `filters_of`."""
    language = () if "english" in names else (_VIETNAMESE,)
    return (_VISIBLE, *language, *(_CONDITIONS[name] for name in names))


def filters_of(request: SearchRequest, *, now: datetime, is_filed: bool = True) -> Filters:
    """The filters that a request asks for; ``is_filed``: whether the index has terms for them."""
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
    first, last = 0, filing.last_docid(now)
    if isinstance(start := chosen.get("date_from"), datetime):
        first = min(max(first, filing.first_docid(start)), last + 1)
    if isinstance(end := chosen.get("date_to"), datetime):
        last = min(last, filing.last_docid(end))
    clauses = tuple(_clauses(request)) if is_filed else ()
    return Filters(names, {"now": now, **chosen}, clauses, first, last)


def _clauses(request: SearchRequest) -> Iterator[Clause]:
    if request.kind:
        yield filing.kind_clause(request.kind)
    if request.section_ids:
        yield filing.section_clause(request.section_ids)
    if request.unit_id is not None:
        yield filing.unit_clause(request.unit_id)
    if request.has_file is not None:
        yield filing.file_clause(request.has_file)
    if request.language is not Language.VI:
        yield filing.language_clause(request.language)


def _day(day: date) -> date:
    """A day whose midnight there is in UTC too, which the calendar's first and last have not."""
    return min(max(day, date(1900, 1, 1)), date(9000, 1, 1))
