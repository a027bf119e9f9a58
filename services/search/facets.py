"""How many hits each further filter would leave: counted among the first thousand, never beyond."""

import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import BigInteger, String, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from extensions import connection
from models import Kind
from services.dates import local_date, start_of_day
from services.search.contract import Facet, FacetCounts, SearchRequest, Sort
from services.search.filing import ID_BITS, first_docid
from services.search.filtering import filters_of
from services.search.ranking import Found, Plan
from services.search.schema import document as stored

_COUNTED = (Facet.KIND, Facet.SECTION, Facet.UNIT, Facet.HAS_FILE)
_COLUMNS = (stored.c.kind, stored.c.section_id, stored.c.unit_id, stored.c.has_file)
# The docids come as one value: a parameter for each would cost more than the counting.
_GIVEN = func.json_each(bindparam("docids", type_=String)).table_valued("value", name="given")
_MARKS = {
    "sqlite": select(*_COLUMNS).join_from(_GIVEN, stored, stored.c.docid == _GIVEN.c.value),
    "postgresql": select(*_COLUMNS).where(
        stored.c.docid == func.any(cast(bindparam("docids"), ARRAY(BigInteger)))
    ),
}

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
    rest = _counts_of(plan, found)
    counted: dict[Facet, FacetCounts] = {}
    for facet, without in _WITHOUT.items():
        request = replace(plan.request, sort=Sort.NEWEST, **without)
        if filters_of(request, now=plan.now).names == plan.filters.names:
            counted[facet] = rest[facet]
        else:
            wide = _counts_of(plan, run(_plan_for(plan, request))[0])[facet]
            # What is chosen may lie further back than the first thousand of all.
            for value, count in rest[facet].counts.items():
                wide.counts[value] = max(count, wide.counts.get(value, 0))
            counted[facet] = wide
    return counted


def _plan_for(plan: Plan, request: SearchRequest) -> Plan:
    return replace(
        plan, request=request, filters=filters_of(request, now=plan.now, is_filed=plan.is_filed)
    )


def _counts_of(plan: Plan, found: Found) -> dict[Facet, FacetCounts]:
    """All facets of these hits."""
    engine = plan.session.get_bind().dialect.name
    docids: Any = list(found.docids)
    if engine == "sqlite":
        docids = json.dumps(docids)
    rows = connection().execute(_MARKS[engine], {"docids": docids}).all()
    # Column by column: the counting is then Counter's own, not a loop of ours.
    columns = zip(*rows, strict=True) if rows else ((),) * len(_COUNTED)
    counts: dict[Facet, dict[Any, int]] = dict(zip(_COUNTED, map(Counter, columns), strict=True))
    counts[Facet.KIND] = {Kind(kind): count for kind, count in counts[Facet.KIND].items()}
    counts[Facet.YEAR] = _years_of(found.docids)
    return {
        facet: FacetCounts(
            {value: count for value, count in counts[facet].items() if value not in (None, 0)},
            found.is_capped,
        )
        for facet in Facet
    }


def _years_of(docids: Sequence[int]) -> dict[int, int]:
    """How many are of each year in Vietnam: docids tell the time."""
    ordered = sorted(docids)
    counts: dict[int, int] = {}
    at = 0
    while at < len(ordered):
        minute = ordered[at] >> ID_BITS
        year = local_date(datetime.fromtimestamp(minute * 60, UTC)).year
        after = bisect_left(ordered, first_docid(start_of_day(date(year + 1, 1, 1))), at)
        counts[year] = after - at
        at = after
    return counts
