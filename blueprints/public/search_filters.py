"""The filters beside the hits, as links that say how many each would leave."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import url_for
from sqlalchemy import select

from blueprints import languages, templating
from extensions import db
from models import Unit
from services.kinds import KINDS
from services.remembered import remembered
from services.search import Facet, FacetCounts
from services.sections import SectionTree

MAX_OPTIONS = 8


@dataclass(frozen=True, slots=True)
class Option:
    """One choice; ``url`` of a chosen one leads back to before it was chosen."""

    label: str
    count: int
    is_capped: bool
    url: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Group:
    """The choices of one filter, those that leave most first."""

    key: str
    label: str
    options: Sequence[Option]


@dataclass(frozen=True, slots=True)
class UnitName:
    """A unit as filters show it."""

    id: int
    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class _Choice:
    """What may be chosen: its name, the fields of the form that say so, and those in an address."""

    label: str
    fields: Mapping[str, str]
    query: str


def unit_names() -> Sequence[UnitName]:
    """All units, in the order of lists."""
    query = select(Unit.id, Unit.slug, Unit.name).order_by(Unit.sort_key)
    return remembered("unit names", lambda: [UnitName(*row) for row in db.session.execute(query)])


# Key, name, what is counted, the fields of the form.
_GROUPS = (
    ("loai", "Loại", Facet.KIND, ("loai",)),
    ("chuyen-muc", "Chuyên mục", Facet.SECTION, ("chuyen-muc",)),
    ("don-vi", "Đơn vị", Facet.UNIT, ("don-vi",)),
    ("nam", "Năm đăng", Facet.YEAR, ("tu-ngay", "den-ngay")),
    ("co-tep", "Tệp đính kèm", Facet.HAS_FILE, ("co-tep",)),
)


def filter_groups(facets: Mapping[Facet, FacetCounts], form: dict[str, str]) -> list[Group]:
    """Every filter with something to choose. One that leaves all as it is, is not a choice."""
    if not facets:
        return []
    known = remembered(("search choices", languages.language()), _choices)
    groups = []
    for key, label, facet, fields in _GROUPS:
        counts = facets[facet]
        if facet is Facet.SECTION:
            counts = _with_those_above(counts, templating.section_tree())
        if facet is Facet.YEAR:
            choices = {year: _year(year) for year in sorted(counts.counts, reverse=True)}
        else:
            choices = known[facet]
        if options := _options(counts, choices, form, fields, by_count=facet is not Facet.YEAR):
            groups.append(Group(key, label, options))
    return groups


def _choices() -> dict[Facet, dict[Any, _Choice]]:
    """What may be chosen of all but the years, by what is counted."""
    return {
        Facet.KIND: {
            info.kind: _choice(templating.translated(info.label), loai=info.path)
            for info in KINDS.values()
        },
        Facet.SECTION: {
            node.id: _choice(templating.section_name(node), **{"chuyen-muc": node.slug})
            for node in templating.section_tree().ordered
            if node.is_active
        },
        Facet.UNIT: {unit.id: _choice(unit.name, **{"don-vi": unit.slug}) for unit in unit_names()},
        Facet.HAS_FILE: {
            True: _choice(templating.translated("Có tệp đính kèm"), **{"co-tep": "co"})
        },
    }


def _choice(label: str, **fields: str) -> _Choice:
    return _Choice(label, fields, urlencode(fields, safe="/"))


def _year(year: int) -> _Choice:
    return _choice(str(year), **{"tu-ngay": f"01/01/{year}", "den-ngay": f"31/12/{year}"})


def _options(
    counts: FacetCounts,
    choices: Mapping[Any, _Choice],
    form: dict[str, str],
    fields: Sequence[str],
    *,
    by_count: bool,
) -> list[Option]:
    shown = [
        (counts.counts.get(value, 0), choice, _is_chosen(choice, form))
        for value, choice in choices.items()
        if value in counts.counts or _is_chosen(choice, form)
    ]
    if by_count:
        shown.sort(key=lambda each: (not each[2], -each[0]))
    others = {name: text for name, text in form.items() if text and name not in fields}
    without = url_for("public.search", **others)
    start = f"{without}{'&' if others else '?'}"
    return [
        Option(
            choice.label,
            count,
            counts.is_capped,
            without if is_chosen else start + choice.query,
            is_chosen,
        )
        for count, choice, is_chosen in shown[:MAX_OPTIONS]
    ]


def _is_chosen(choice: _Choice, form: dict[str, str]) -> bool:
    return all(form[name] == text for name, text in choice.fields.items())


def _with_those_above(counts: FacetCounts, tree: SectionTree) -> FacetCounts:
    """A section's number is of what is below it too."""
    summed: dict[int, int] = {}
    for section_id, count in counts.counts.items():
        for node in tree.path(section_id):
            summed[node.id] = summed.get(node.id, 0) + count
    return FacetCounts(summed, counts.is_capped)
