"""Pages of a list as real links, whose addresses carry everything that was chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from flask import request, url_for

from blueprints.http import read_page_number

# As many as stand beside each other on a phone.
NEIGHBOURS = 1


@dataclass(frozen=True, slots=True)
class PageLink:
    """One number under a list; None stands for the gap."""

    number: int | None
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list with the way to the others."""

    items: Sequence[Any]
    number: int
    pages: int
    total: int
    prev_url: str | None
    next_url: str | None
    links: Sequence[PageLink]


def page_number() -> int:
    """The page asked for in ``trang``; 1 for anything that is not a page number."""
    return read_page_number(request.args.get("trang", ""))


class Paged(Protocol):
    """One page of whatever a service lists; ``number`` and ``pages`` count from 1."""

    @property
    def number(self) -> int: ...
    @property
    def pages(self) -> int: ...
    @property
    def total(self) -> int: ...


def make_page(
    found: Paged, items: Sequence[Any], *, endpoint: str, values: Mapping[str, Any]
) -> Page:
    """The page with its links. The first page has no number in its address, so that it has one
    address only."""
    number, pages = found.number, found.pages
    first = url_for(endpoint, **values)
    others = f"{first}{'&' if '?' in first else '?'}trang="

    def url(to: int) -> str:
        return f"{others}{to}" if to > 1 else first

    shown = sorted(
        {1, pages, *range(max(1, number - NEIGHBOURS), min(pages, number + NEIGHBOURS) + 1)}
    )
    links: list[PageLink] = []
    for position, to in enumerate(shown):
        if position and to - shown[position - 1] > 1:
            links.append(PageLink(None, "", False))
        links.append(PageLink(to, url(to), to == number))
    return Page(
        items=items,
        number=number,
        pages=pages,
        total=found.total,
        prev_url=url(number - 1) if number > 1 else None,
        next_url=url(number + 1) if number < pages else None,
        links=links,
    )
