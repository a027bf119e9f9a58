"""Administrative procedures as readers look for them: by domain, by how far they go online.

There are some dozens of them in an agency, so one question brings them all; that also keeps each
within two steps of the home page, without pages of a list.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, func, select

from extensions import db
from models import Kind, Language, ProcedureDetail, Publication, ViewTotal
from services.listing import NOW
from services.remembered import remembered_at
from services.vietnamese import clean, fold, slugify, sort_key
from services.visibility import in_language, visible

# Far above what one agency has; a bound on the page's weight.
MAX_LISTED = 1000
MAX_QUERY_CHARACTERS = 200
WHOLE, PART = "toan-trinh", "mot-phan"


@dataclass(frozen=True, slots=True)
class Procedure:
    """One procedure in a list."""

    id: int
    kind: Kind
    language: Language
    slug: str
    title: str
    code: str
    domain: str
    time_limit: str
    online_level: str
    views: int


@dataclass(frozen=True, slots=True)
class OnlineCounts:
    """How many of the live procedures can be done online: all the way, or a part of the way."""

    total: int
    whole: int
    part: int

    @property
    def online(self) -> int:
        return self.whole + self.part


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list was asked for. ``domain`` is a slug, ``level`` a key of ONLINE_LEVELS."""

    q: str = ""
    domain: str = ""
    level: str = ""

    @property
    def is_any(self) -> bool:
        return bool(self.q or self.domain or self.level)


@dataclass(frozen=True, slots=True)
class Group:
    """The procedures of one domain, by name."""

    slug: str
    name: str
    procedures: Sequence[Procedure]


def read(*, q: str, domain: str, level: str) -> Asked:
    """What was typed, tidied; never refused: an unknown choice finds nothing and says so."""
    most = MAX_QUERY_CHARACTERS
    return Asked(
        " ".join(clean(q[: most * 4]).split())[:most], slugify(domain[:most]), slugify(level[:most])
    )


def all_live(*, now: datetime, language: Language = Language.VI) -> list[Procedure]:
    """Every procedure that readers see now, by name."""
    found = _rows(_by_name(language), now)
    return sorted(found, key=lambda one: (sort_key(one.title), one.id))


def most_used(*, now: datetime, limit: int, language: Language = Language.VI) -> list[Procedure]:
    """The most read ones."""
    return _rows(_by_views(language, limit), now)


def counts(*, now: datetime, language: Language = Language.VI) -> OnlineCounts:
    """Counted from what is live at this moment, and from nothing else."""
    return remembered_at(("online", language), lambda: _counts(now=now, language=language), now=now)


def _counts(*, now: datetime, language: Language) -> OnlineCounts:
    rows = db.session.execute(
        select(ProcedureDetail.online_level, func.count())
        .select_from(Publication)
        .join(ProcedureDetail, ProcedureDetail.revision_id == Publication.live_revision_id)
        .where(*_live(now, language))
        .group_by(ProcedureDetail.online_level)
    )
    by_level: dict[str, int] = {row[0]: row[1] for row in rows}
    return OnlineCounts(sum(by_level.values()), by_level.get(WHOLE, 0), by_level.get(PART, 0))


def counts_of(procedures: Sequence[Procedure]) -> OnlineCounts:
    """The same of a list at hand."""
    by_level = Counter(one.online_level for one in procedures)
    return OnlineCounts(len(procedures), by_level[WHOLE], by_level[PART])


def chosen(procedures: Sequence[Procedure], asked: Asked) -> list[Procedure]:
    """Those that were asked for: every word typed is in the name, the code or the domain,
    whatever its tones."""
    words = fold(asked.q).split()
    return [
        one
        for one in procedures
        if (not asked.domain or slugify(one.domain) == asked.domain)
        and (not asked.level or one.online_level == asked.level)
        and all(word in fold(f"{one.title} {one.code} {one.domain}") for word in words)
    ]


def grouped(procedures: Sequence[Procedure]) -> list[Group]:
    """By domain, in the order of the alphabet; several ways to write one are one."""
    groups: dict[str, list[Procedure]] = {}
    for one in procedures:
        groups.setdefault(slugify(one.domain), []).append(one)
    made = [Group(slug, min(one.domain for one in rows), rows) for slug, rows in groups.items()]
    return sorted(made, key=lambda group: (not group.name, sort_key(group.name)))


def _live(
    now: datetime | BindParameter[datetime], language: Language
) -> tuple[ColumnElement[bool], ...]:
    return (Publication.kind == Kind.PROCEDURE, visible(now), in_language(language))


# Statements are built once: that costs more than running them.
@cache
def _by_name(language: Language) -> Select[*tuple[Any, ...]]:
    return _select(language).limit(MAX_LISTED)


@cache
def _by_views(language: Language, limit: int) -> Select[*tuple[Any, ...]]:
    most = func.coalesce(ViewTotal.total, 0).desc()
    return _select(language).order_by(most, Publication.id.desc()).limit(limit)


def _select(language: Language) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Publication.id,
            Publication.kind,
            Publication.language,
            Publication.slug,
            Publication.title,
            ProcedureDetail.code,
            ProcedureDetail.domain,
            ProcedureDetail.time_limit,
            ProcedureDetail.online_level,
            func.coalesce(ViewTotal.total, 0),
        )
        .join(ProcedureDetail, ProcedureDetail.revision_id == Publication.live_revision_id)
        .outerjoin(ViewTotal, ViewTotal.publication_id == Publication.id)
        .where(*_live(NOW, language))
    )


def _rows(query: Select[*tuple[Any, ...]], now: datetime) -> list[Procedure]:
    return [Procedure(*row) for row in db.session.execute(query, {"now": now})]
