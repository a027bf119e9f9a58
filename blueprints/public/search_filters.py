"""The filters beside the hits, as links that say how many each would leave."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for

from blueprints import templating
from services.kinds import KINDS
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


def filter_groups(
    facets: Mapping[Facet, FacetCounts], form: dict[str, str], units: Sequence[UnitName]
) -> list[Group]:
    """Every filter with something to choose. One that leaves all as it is, is not a choice."""
    if not facets:
        return []
    tree = templating.section_tree()
    choices: list[tuple[str, str, FacetCounts, list[tuple[Any, str, dict[str, str]]]]] = [
        (
            "loai",
            "Loại",
            facets[Facet.KIND],
            [
                (info.kind, templating.translated(info.label), {"loai": info.path})
                for info in KINDS.values()
            ],
        ),
        (
            "chuyen-muc",
            "Chuyên mục",
            _with_those_above(facets[Facet.SECTION], tree),
            [
                (node.id, templating.section_name(node), {"chuyen-muc": node.slug})
                for node in tree.ordered
                if node.is_active
            ],
        ),
        (
            "don-vi",
            "Đơn vị",
            facets[Facet.UNIT],
            [(unit.id, unit.name, {"don-vi": unit.slug}) for unit in units],
        ),
        (
            "nam",
            "Năm đăng",
            facets[Facet.YEAR],
            [
                (
                    year,
                    str(year),
                    {"tu-ngay": f"01/01/{year}", "den-ngay": f"31/12/{year}"},
                )
                for year in sorted(facets[Facet.YEAR].counts, reverse=True)
            ],
        ),
        (
            "co-tep",
            "Tệp đính kèm",
            facets[Facet.HAS_FILE],
            [(True, templating.translated("Có tệp đính kèm"), {"co-tep": "co"})],
        ),
    ]
    groups = [
        Group(key, label, _options(counts, options, form, by_count=key != "nam"))
        for key, label, counts, options in choices
    ]
    return [group for group in groups if group.options]


def _options(
    counts: FacetCounts,
    options: Sequence[tuple[Any, str, dict[str, str]]],
    form: dict[str, str],
    *,
    by_count: bool,
) -> list[Option]:
    shown = []
    for value, label, fields in options:
        is_chosen = all(form[name] == choice for name, choice in fields.items())
        count = counts.counts.get(value, 0)
        if not count and not is_chosen:
            continue
        asked = {**form, **(dict.fromkeys(fields, "") if is_chosen else fields)}
        url = url_for("public.search", **{name: text for name, text in asked.items() if text})
        shown.append(Option(label, count, counts.is_capped, url, is_chosen))
    if by_count:
        shown.sort(key=lambda option: (not option.is_chosen, -option.count))
    return shown[:MAX_OPTIONS]


def _with_those_above(counts: FacetCounts, tree: SectionTree) -> FacetCounts:
    """A section's number is of what is below it too."""
    summed: dict[int, int] = {}
    for section_id, count in counts.counts.items():
        for node in tree.path(section_id):
            summed[node.id] = summed.get(node.id, 0) + count
    return FacetCounts(summed, counts.is_capped)
