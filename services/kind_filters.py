"""Filters of a kind's list: read from an address, turned into conditions, asked.

Which list has which filters is declared in ``services/filtered_lists``. Whatever a list has, it
asks the same number of questions: what its filters offer, how many there are, one page of them.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, extract, func, or_, select

from extensions import db
from models import Kind, Language, Publication
from services import listing, search
from services.dates import end_of_day, local_date, start_of_day
from services.errors import InvalidInput, say
from services.kind_fields import Field
from services.kind_lists import details_of_many
from services.kinds import KINDS, said_details
from services.listing import Card
from services.remembered import remembered_at
from services.vietnamese import clean, fold_document_number, slugify, sort_key
from services.visibility import in_language, visible

MAX_CHARACTERS = 200
# Longer lists are put in order for each page.
MAX_REMEMBERED = 20_000
_FIRST_YEAR, _LAST_YEAR = 1900, 2200

State = tuple[str, str]


class FilterType(StrEnum):
    """What is typed or chosen in a filter."""

    CHOICE = "choice"  # one of the closed choices of a field
    VALUE = "value"  # one of what is written in a field, whatever its capitals and tones
    YEAR = "year"  # that of a field's day
    PUBLISHED = "published"  # the year in which it was published
    STATE = "state"  # what is computed from dates at the moment
    NUMBER = "number"  # a document's number, however it is typed, or a part of it
    WORDS = "words"  # through the search


# Whose choices are the site's own words, and not what texts say.
CLOSED = frozenset({FilterType.CHOICE, FilterType.STATE})


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter. ``name`` is its parameter in the address, ``field`` the kind's own field.

    Of a STATE, ``states`` are the choices, and ``condition`` what must hold of Publication and the
    detail table for one of them at a moment.
    """

    name: str
    label: str
    type: FilterType
    field: str = ""
    states: tuple[State, ...] = ()
    condition: Callable[[str, datetime], ColumnElement[bool]] | None = None
    hint: str = ""


@dataclass(frozen=True, slots=True)
class FilteredList:
    """The list of one kind: its filters, its order, and which own fields an entry shows.

    ``state_of`` gives the state of each entry as (key, label) on a day, from own fields by id.
    """

    kind: Kind
    filters: tuple[Filter, ...]
    order: tuple[ColumnElement[Any], ...]
    shown: tuple[str, ...]
    state_of: Callable[[Mapping[int, dict[str, str]], datetime], Mapping[int, State]] | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One publication in such a list."""

    card: Card
    facts: Sequence[tuple[Field, str]]
    state: State | None


@dataclass(frozen=True, slots=True)
class EntryPage:
    """One page of such a list; ``number`` and ``pages`` count from 1."""

    items: Sequence[Entry]
    number: int
    pages: int
    total: int


@dataclass(slots=True)
class Asked:
    """What was typed, what there is to choose from, and what is wrong with it."""

    form: dict[str, str]
    options: dict[str, list[tuple[str, str]]]
    language: Language = Language.VI
    errors: dict[str, str] = field(default_factory=dict)
    conditions: list[ColumnElement[bool]] = field(default_factory=list)

    def values(self) -> dict[str, str]:
        """What goes into addresses: only what was chosen."""
        return {name: value for name, value in self.form.items() if value}


def read(
    filtered: FilteredList,
    *,
    typed: Mapping[str, str],
    now: datetime,
    language: Language = Language.VI,
) -> Asked:
    """What was asked for; what cannot be taken has a sentence in ``errors``."""
    form = {
        one.name: " ".join(clean(typed.get(one.name, "")[: MAX_CHARACTERS * 5]).split())
        for one in filtered.filters
    }
    asked = Asked(form, {}, language)
    for one in filtered.filters:
        reader = _READERS[one.type]
        try:
            condition = reader(filtered, one, form[one.name], asked, now)
        except InvalidInput as error:
            asked.errors[one.name] = error.sentence
        else:
            if condition is not None:
                asked.conditions.append(condition)
    return asked


def page_of(
    filtered: FilteredList,
    *,
    conditions: Sequence[ColumnElement[bool]],
    now: datetime,
    number: int,
    per_page: int,
    language: Language = Language.VI,
) -> EntryPage:
    """One page of what the conditions leave. A number past the end gives the last page."""
    chosen = _visible(filtered.kind, now, language).where(*conditions)
    ordered = chosen.order_by(
        *filtered.order, Publication.published_at.desc(), Publication.id.desc()
    )
    whole: Sequence[int] = ()
    if not conditions:
        # What is asked for most, and needs all of it to be put in order.
        key = ("filtered", filtered.kind, language)
        whole = remembered_at(
            key, lambda: db.session.scalars(ordered.limit(MAX_REMEMBERED)).all(), now=now
        )
    if 0 < len(whole) < MAX_REMEMBERED:
        total = len(whole)
    else:
        total = db.session.scalar(chosen.with_only_columns(func.count(Publication.id))) or 0
    pages = max(1, -(-total // per_page))
    number = min(max(1, number), pages)
    first = (number - 1) * per_page
    if total == len(whole):
        ids: Sequence[int] = whole[first : first + per_page]
    else:
        ids = db.session.scalars(ordered.limit(per_page).offset(first)).all()
    return EntryPage(entries_of(filtered, ids=ids, now=now), number, pages, total)


def entries_of(filtered: FilteredList, *, ids: Sequence[int], now: datetime) -> list[Entry]:
    """These publications as the list shows them, in their order."""
    cards = listing.by_ids(ids)
    details = details_of_many(kind=filtered.kind, ids=ids)
    states = filtered.state_of(details, now) if filtered.state_of else {}
    return [
        Entry(
            cards[each],
            [
                (own, said)
                for own, said in said_details(filtered.kind, details.get(each, {}))
                if own.name in filtered.shown
            ],
            states.get(each),
        )
        for each in ids
        if each in cards
    ]


def _visible(kind: Kind, now: datetime, language: Language = Language.VI) -> Select[int]:
    model = KINDS[kind].detail_model
    assert model is not None
    return (
        select(Publication.id)
        .join(model, model.revision_id == Publication.live_revision_id)
        .where(Publication.kind == kind, visible(now), in_language(language))
    )


def _column(filtered: FilteredList, name: str) -> Any:
    return getattr(KINDS[filtered.kind].detail_model, name)


def _not_there(one: Filter) -> InvalidInput:
    return InvalidInput(
        say("%(field)s: lựa chọn này không có; hãy chọn trong danh sách.", field=say(one.label))
    )


def _read_choice(
    filtered: FilteredList, one: Filter, value: str, asked: Asked, _now: datetime
) -> ColumnElement[bool] | None:
    own = next(each for each in KINDS[filtered.kind].fields if each.name == one.field)
    asked.options[one.name] = list(own.choices)
    if not value:
        return None
    if value not in own.labels:
        raise _not_there(one)
    return cast(ColumnElement[bool], _column(filtered, one.field) == value)


def _read_value(
    filtered: FilteredList, one: Filter, value: str, asked: Asked, now: datetime
) -> ColumnElement[bool] | None:
    column = _column(filtered, one.field)

    def read() -> dict[str, list[str]]:
        found = db.session.scalars(
            _visible(filtered.kind, now, asked.language)
            .with_only_columns(column)
            .where(column != "")
            .distinct()
        )
        # Several ways to write one name are one choice, called as the first of them.
        spellings: dict[str, list[str]] = {}
        for name in sorted(found, key=lambda text: (sort_key(text), text)):
            spellings.setdefault(slugify(name) or name, []).append(name)
        return spellings

    spellings = remembered_at(
        ("spellings", asked.language, filtered.kind, one.field), read, now=now
    )
    asked.options[one.name] = [(slug, names[0]) for slug, names in spellings.items()]
    if not value:
        return None
    if value not in spellings:
        raise _not_there(one)
    return cast(ColumnElement[bool], column.in_(spellings[value]))


def _read_year(
    filtered: FilteredList, one: Filter, value: str, asked: Asked, now: datetime
) -> ColumnElement[bool] | None:
    column = _column(filtered, one.field)
    year = extract("year", column)

    def read() -> list[tuple[str, str]]:
        found = db.session.scalars(
            _visible(filtered.kind, now, asked.language)
            .with_only_columns(year)
            .where(column.is_not(None))
            .distinct()
            .order_by(year.desc())
        )
        return [(str(int(each)), str(int(each))) for each in found]

    asked.options[one.name] = remembered_at(
        ("years", asked.language, filtered.kind, one.field), read, now=now
    )
    chosen = _year(one, value)
    if chosen is None:
        return None
    # Not the year taken out of each day: so an index on the day serves.
    return cast(ColumnElement[bool], column.between(date(chosen, 1, 1), date(chosen, 12, 31)))


def _read_published(
    filtered: FilteredList, one: Filter, value: str, asked: Asked, now: datetime
) -> ColumnElement[bool] | None:

    def read() -> tuple[datetime | None, datetime | None]:
        ends = (func.min(Publication.published_at), func.max(Publication.published_at))
        first, last = db.session.execute(
            _visible(filtered.kind, now, asked.language).with_only_columns(*ends)
        ).one()
        return first, last

    moments = remembered_at(("published", asked.language, filtered.kind), read, now=now)
    if moments[0] is not None and moments[1] is not None:
        first, last = local_date(moments[0]).year, local_date(moments[1]).year
        asked.options[one.name] = [(str(year), str(year)) for year in range(last, first - 1, -1)]
    else:
        asked.options[one.name] = []
    chosen = _year(one, value)
    if chosen is None:
        return None
    begins, ends = start_of_day(date(chosen, 1, 1)), end_of_day(date(chosen, 12, 31))
    return Publication.published_at.between(begins, ends)


def _year(one: Filter, value: str) -> int | None:
    if not value:
        return None
    if not re.fullmatch(r"[0-9]{4}", value) or not _FIRST_YEAR <= int(value) <= _LAST_YEAR:
        raise InvalidInput(
            say(
                "%(field)s phải là một năm từ %(first)s đến %(last)s, ví dụ 2026.",
                field=say(one.label),
                first=_FIRST_YEAR,
                last=_LAST_YEAR,
            )
        )
    return int(value)


def _read_state(
    _filtered: FilteredList, one: Filter, value: str, asked: Asked, now: datetime
) -> ColumnElement[bool] | None:
    asked.options[one.name] = list(one.states)
    if not value:
        return None
    if value not in dict(one.states) or one.condition is None:
        raise _not_there(one)
    return one.condition(value, now)


def _read_number(
    filtered: FilteredList, one: Filter, value: str, _asked: Asked, _now: datetime
) -> ColumnElement[bool] | None:
    if not value:
        return None
    _short(one, value)
    key = fold_document_number(value)
    if not any(character.isalnum() for character in key):
        raise InvalidInput(
            say("%(field)s phải có chữ hoặc số, ví dụ 05/2017/QĐ-UBND.", field=say(one.label))
        )
    return number_is(_column(filtered, "number_key"), key)


def number_is(column: Any, key: str) -> ColumnElement[bool]:
    """The condition to bear this number, of which the end or the beginning may be missing."""
    if key.isdigit():
        # 5 is not 50.
        return or_(column == key, cast(Any, column.startswith(f"{key}/", autoescape=True)))
    if key[0].isdigit():
        return cast(ColumnElement[bool], column.startswith(key, autoescape=True))
    return cast(ColumnElement[bool], column.contains(key, autoescape=True))


def _read_words(
    filtered: FilteredList, one: Filter, value: str, asked: Asked, now: datetime
) -> ColumnElement[bool] | None:
    if not value:
        return None
    _short(one, value)
    request = search.SearchRequest(q=value, kind=filtered.kind, language=asked.language)
    return Publication.id.in_(search.matching_ids(request=request, now=now))


def _short(one: Filter, value: str) -> None:
    if len(value) > MAX_CHARACTERS:
        raise InvalidInput(
            say(
                "%(field)s dài %(n)s ký tự; hãy rút còn nhiều nhất %(most)s ký tự.",
                field=say(one.label),
                n=len(value),
                most=MAX_CHARACTERS,
            )
        )


Reader = Callable[[FilteredList, Filter, str, Asked, datetime], ColumnElement[bool] | None]
_READERS: dict[FilterType, Reader] = {
    FilterType.CHOICE: _read_choice,
    FilterType.VALUE: _read_value,
    FilterType.YEAR: _read_year,
    FilterType.PUBLISHED: _read_published,
    FilterType.STATE: _read_state,
    FilterType.NUMBER: _read_number,
    FilterType.WORDS: _read_words,
}
