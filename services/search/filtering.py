"""What must hold of a publication to be among the hits, as conditions that are built once.

Making a statement costs more than running most of these, so each combination of filters is
made once, with parameters for what was asked. The index finds those that pass (`filing`) and
holds what is published, in the transaction that publishes it. What it can't know is the moment:
what has expired since, and what comes later in this very minute. Only that is looked up of what
was found, in an index of the few that can be hidden at all: a publication's row is nearly a page
of the file to itself. While the index is of another version, all is asked of the publications.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    bindparam,
    exists,
    literal_column,
    or_,
    select,
    text,
)

from models import Language, Publication, RevisionFile
from services.dates import end_of_day, start_of_day
from services.search import filing
from services.search.contract import Clause, Lexeme, SearchRequest
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


# What is looked up of each text where the index has terms for all else.
_BY_INDEX = ("by index",)
_NOW: BindParameter[datetime] = bindparam("now", type_=Publication.__table__.c.expires_at.type)


@dataclass(frozen=True, slots=True)
class Filters:
    """What was asked for, and how it is looked up."""

    # Which conditions, and their parameters.
    names: tuple[str, ...]
    parameters: dict[str, Any] = field(hash=False)
    # The same as terms that a text must have or may not have, and between which docids it is.
    clauses: tuple[Clause, ...] = ()
    none_of: tuple[Lexeme, ...] = ()
    first: int = 0
    last: int = 2**63 - 1
    # What is looked up of each text that the index finds; None: nothing.
    checks: tuple[str, ...] | None = ()

    def of_index_alone(self) -> "Filters":
        """The same without looking anything up."""
        return replace(self, checks=None)


def passes(
    checks: tuple[str, ...] | None, *, docid: ColumnElement[int], engine: str
) -> tuple[ColumnElement[bool], ...]:
    """What must hold of a text that the index found, as ``Filters.checks`` has it, on an engine;
    its parameters are those of ``filters_of``."""
    if checks is None:
        return ()
    # A docid ends in its publication's id.
    publication_id = docid.op("&", return_type=Integer())(filing.ID_MASK)
    if checks == _BY_INDEX:
        is_past = docid < bindparam("this_minute", type_=BigInteger)
        # A value, not EXISTS, for which PostgreSQL may make a list of all that are out.
        out_at = select(Publication.published_at).where(Publication.id == publication_id)
        is_out = out_at.correlate_except(Publication).scalar_subquery() <= _NOW
        return (~_is_hidden(publication_id, engine), or_(is_past, is_out))
    language = () if "english" in checks else (_VIETNAMESE,)
    conditions = (_VISIBLE, *language, *(_CONDITIONS[name] for name in checks))
    # Of each text by itself: joined, SQLite begins with all publications that pass a filter.
    found = exists().where(Publication.id == publication_id, *conditions)
    return (found.correlate_except(Publication),)


def _is_hidden(publication_id: ColumnElement[int], engine: str) -> ColumnElement[bool]:
    """Whether it has expired or, should the index not have been told, is withdrawn."""
    # Left to itself, SQLite looks into the publication's row, whose key it knows.
    by = " INDEXED BY ix_publication_hidden" if engine == "sqlite" else ""
    expires_at = literal_column("hidden.expires_at", _NOW.type)
    withdrawn_at = literal_column("hidden.withdrawn_at", _NOW.type)
    found: Select[Any] = select(literal_column("1")).where(
        literal_column("hidden.id", Integer) == publication_id,
        # In the words of the index, which serves nothing else.
        or_(expires_at.is_not(None), withdrawn_at.is_not(None)),
        or_(withdrawn_at.is_not(None), expires_at <= _NOW),
    )
    return found.select_from(text(f"publication AS hidden{by}")).exists()


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
    if not is_filed:
        return Filters(names, {"now": now, **chosen}, first=first, last=last, checks=names)
    others = (language for language in Language if language is not request.language)
    return Filters(
        names,
        {"now": now, "this_minute": filing.first_docid(now)},
        clauses=tuple(_clauses(request)),
        # All but a few are Vietnamese: what is left out has the shorter list.
        none_of=tuple(map(filing.language_clause, others))
        if request.language is Language.VI
        else (),
        first=first,
        last=last,
        checks=_BY_INDEX,
    )


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
