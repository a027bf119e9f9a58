"""How many hits each further filter would leave: counted among the first thousand, never beyond."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam, select

from models import Publication
from services.dates import local_date
from services.search.contract import Facet, FacetCounts, SearchRequest, Sort
from services.search.filtering import HAS_FILE, filters_of
from services.search.ranking import Found, Plan
from services.search.schema import ID_BITS, ID_MASK

_MARKS = select(
    Publication.id, Publication.kind, Publication.section_id, Publication.unit_id, HAS_FILE
).where(Publication.id.in_(bindparam("ids", expanding=True)))

# The request without the choice of one facet.
_WITHOUT: dict[Facet, dict[str, Any]] = {
    Facet.KIND: {"kind": None},
    Facet.SECTION: {"section_ids": ()},
    Facet.UNIT: {"unit_id": None},
    Facet.YEAR: {"date_from": None, "date_to": None},
    Facet.HAS_FILE: {"has_file": None},
}


def count_facets(
    plan: Plan, found: Found, *, run: Callable[[Plan], tuple[Found, bool]]
) -> dict[Facet, FacetCounts]:
    """For each facet its values with how many hits they would leave.

    A facet that is chosen already is counted as if it were not, so that the other values have
    their numbers: one search more for each of those. All else comes from `found`.
    """
    lists: dict[Facet, Found] = {}
    for facet, without in _WITHOUT.items():
        request = replace(plan.request, sort=Sort.NEWEST, **without)
        is_chosen = filters_of(request, now=plan.now).names != plan.filters.names
        lists[facet] = run(_plan_for(plan, request))[0] if is_chosen else found
    ids = {docid & ID_MASK for each in lists.values() for docid in each.docids}
    marks = {row[0]: row for row in plan.session.execute(_MARKS, {"ids": sorted(ids)})}
    values: dict[Facet, Callable[[int], Any]] = {
        Facet.KIND: lambda docid: marks[docid & ID_MASK][1],
        Facet.SECTION: lambda docid: marks[docid & ID_MASK][2],
        Facet.UNIT: lambda docid: marks[docid & ID_MASK][3],
        # The index numbers its rows by the minute of publication.
        Facet.YEAR: lambda docid: _year_of(docid >> ID_BITS),
        Facet.HAS_FILE: lambda docid: bool(marks[docid & ID_MASK][4]),
    }
    return {
        facet: FacetCounts(_count(each.docids, marks, values[facet]), each.is_capped)
        for facet, each in lists.items()
    }


def _plan_for(plan: Plan, request: SearchRequest) -> Plan:
    return replace(plan, request=request, filters=filters_of(request, now=plan.now))


def _count(
    docids: Sequence[int], marks: dict[int, Any], value_of: Callable[[int], Any]
) -> dict[Any, int]:
    counts = Counter(value_of(docid) for docid in docids if docid & ID_MASK in marks)
    return {value: count for value, count in counts.items() if value not in (None, False)}


def _year_of(minute: int) -> int:
    return local_date(datetime.fromtimestamp(minute * 60, UTC)).year
