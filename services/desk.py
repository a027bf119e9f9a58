"""What lies on a person's desk: lists with counts, and their rows.

A working state is that of the latest revision; what citizens see follows from the dates of the
publication. Both are counted from an index, in a query each, and not beyond what anybody reads:
a desk with ten thousand texts opens as fast as one with a hundred.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVarTuple

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    func,
    or_,
    select,
    true,
    union,
    union_all,
)
from sqlalchemy.orm import joinedload

from extensions import db
from models import Publication, Revision, State, User
from services import sections
from services.desk_lists import BY_DATES, OF_THE_LATEST, DeskList, Group, lists_for
from services.vietnamese import fold

# A filter reads at most so many titles, newest first.
MAX_FILTERED = 20_000
# Nobody needs to know how many more there are: it is said as "hơn 1.000".
MOST_COUNTED = 1_000
# So many pages beyond the one that is open are known to be there.
PAGES_AHEAD = 40

Columns = TypeVarTuple("Columns")


@dataclass(frozen=True, slots=True)
class Count:
    """A list with how many rows it has; ``is_more``: there are more than ``total``."""

    desk_list: DeskList
    total: int
    is_more: bool = False


@dataclass(frozen=True, slots=True)
class DeskPage:
    """One page of a list; ``number`` and ``pages`` count from 1. ``is_more``: there are more
    rows than ``total``, and more pages than ``pages``."""

    items: Sequence[Publication]
    number: int
    pages: int
    total: int
    is_more: bool = False


def count_lists(*, user: User, now: datetime) -> list[Count]:
    """Every list of the person's with its number of rows: for each group a query for the states
    that the latest revisions alone have, and one for each other list."""
    lists = lists_for(user)
    counts: dict[str, Count] = {}
    for group in Group:
        chosen = [item for item in lists if item.group is group]
        if not chosen:
            continue
        is_own = group is Group.MINE
        by_state = _count_own_states(user) if is_own else _count_states(chosen, user)
        for item in chosen:
            if item.working:
                total = sum(by_state.get(state, 0) for state in item.working)
                counts[item.key] = Count(item, total)
            else:
                counts[item.key] = count(desk_list=item, user=user, now=now)
    return [counts[item.key] for item in lists]


def count(*, desk_list: DeskList, user: User, now: datetime) -> Count:
    """One list with its number of rows, counted up to ``MOST_COUNTED``."""
    total = _count_up_to(MOST_COUNTED + 1, _counted(desk_list, user, now))
    return Count(desk_list, min(total, MOST_COUNTED), is_more=total > MOST_COUNTED)


def _count_states(lists: Sequence[DeskList], user: User) -> dict[State, int]:
    states = {state for item in lists for state in item.working}
    query = (
        select(Revision.state, func.count().label("total"))
        .where(Revision.state.in_(states))
        .group_by(Revision.state)
    )
    if not _sees_all(lists[0], user):
        query = query.join(Publication, _LATEST).where(is_in_reach_of(user))
    return {row.state: row.total for row in db.session.execute(query)}


def _count_own_states(user: User) -> dict[State, int]:
    """Of the person's own texts those that somebody works on, by the state that they are in. Of
    the state itself nothing is asked: the database would begin with all that are in it."""
    query = (
        select(Revision.state, func.count().label("total"))
        .select_from(Publication)
        .join(Revision, _LATEST)
        .where(Publication.id.in_(_own_ids(user, OF_THE_LATEST)), is_own_of(user))
        .group_by(Revision.state)
    )
    return {row.state: row.total for row in db.session.execute(query)}


def _count_up_to(most: int, ids: Select[int]) -> int:
    return db.session.scalar(select(func.count()).select_from(ids.limit(most).subquery())) or 0


def rows_of(
    *,
    user: User,
    desk_list: DeskList,
    now: datetime,
    number: int = 1,
    per_page: int = 25,
    words: str = "",
) -> DeskPage:
    """One page of a list, with all that a row shows loaded. ``words`` filters by title and
    author, without regard to accents. A number past the end gives the last page."""
    wanted = fold(words).split()
    if wanted:
        matching = _filtered(desk_list, user, now, wanted)
        total = len(matching)
    else:
        # Whoever turns pages finds as many again before them; to count the rest would take
        # the longer the more there is.
        most = (number + PAGES_AHEAD) * per_page
        total = _count_up_to(most + 1, _counted(desk_list, user, now))
    is_more = not wanted and total > most
    pages = max(1, -(-total // per_page) - is_more)
    number = min(max(1, number), pages)
    first = (number - 1) * per_page
    if wanted:
        ids: Sequence[int] = matching[first : first + per_page]
    else:
        query = _in_order(desk_list, user, now, upto=first + per_page)
        ids = db.session.scalars(query.limit(per_page).offset(first)).all()
    return DeskPage(_rows(ids), number, pages, total - is_more, is_more)


def _ids(desk_list: DeskList, user: User, now: datetime) -> Select[int]:
    """The ids of what is in a list and this person's."""
    query = select(Publication.id).where(desk_list.condition(now), _whose(desk_list, user))
    if desk_list.holds in BY_DATES and _sees_all(desk_list, user):
        # Nothing is asked of the revision, so thousands of them need not be looked at.
        return query
    return query.join(Revision, _LATEST)


def _sees_all(desk_list: DeskList, user: User) -> bool:
    """Whether the list is the same for everybody who has it, whosever the texts are."""
    return not desk_list.of_mine and not user.sections


def _counted(desk_list: DeskList, user: User, now: datetime) -> Select[int]:
    """As many rows as ``_ids`` has, from an index alone where one knows."""
    if not (isinstance(desk_list.holds, frozenset) and _sees_all(desk_list, user)):
        return _ids(desk_list, user, now)
    query = select(Revision.id).where(Revision.state.in_(desk_list.holds))
    if desk_list.working:
        return query
    is_latest = (
        select(Publication.id)
        .where(
            Publication.id == Revision.publication_id,
            Publication.latest_revision_id == Revision.id,
        )
        .exists()
    )
    return query.where(or_(Revision.state.in_(OF_THE_LATEST), is_latest))


def _in_order(desk_list: DeskList, user: User, now: datetime, *, upto: int) -> Select[int]:
    """The ids in the order of the list; of no use beyond the first ``upto``."""
    if not (desk_list.working and desk_list.oldest_first and _sees_all(desk_list, user)):
        return _ordered(_ids(desk_list, user, now), desk_list)
    # The first of each state are the first of its part of the index. Of all states together,
    # every text that waits would be sorted.
    first = union_all(
        *(
            select(
                select(Revision.id, Revision.submitted_at)
                .where(Revision.state == state)
                .order_by(Revision.submitted_at, Revision.id)
                .limit(upto)
                .subquery()
            )
            for state in sorted(desk_list.working)
        )
    ).subquery()
    return (
        select(Revision.publication_id)
        .join(first, first.c.id == Revision.id)
        .order_by(first.c.submitted_at, first.c.id)
    )


def _filtered(desk_list: DeskList, user: User, now: datetime, words: list[str]) -> list[int]:
    # What is on the site is looked for by the title that it has there. The texts, which lie
    # beside the titles of the revisions, then need not be read past.
    of: Any = Publication if desk_list.holds in BY_DATES else Revision
    query = (
        _ids(desk_list, user, now)
        .with_only_columns(Publication.id, of.title, of.author_id)
        .limit(MAX_FILTERED)
    )
    # Which of the words an author's name has. There are far fewer authors than texts.
    of_author = {
        row.id: [word for word in words if word in fold(row.full_name)]
        for row in db.session.execute(select(User.id, User.full_name))
    }
    return [
        publication_id
        for publication_id, title, author_id in db.session.execute(_ordered(query, desk_list))
        if all(word in _folded(title) or word in of_author[author_id] for word in words)
    ]


# More than one list reads: the least recent would else be forgotten just before it is asked for.
@lru_cache(maxsize=MAX_FILTERED + 5_000)
def _folded(title: str) -> str:
    """What is compared of a title; the next filter asks for the same ones."""
    return fold(title)


def _ordered(query: Select[*Columns], desk_list: DeskList) -> Select[*Columns]:
    if desk_list.order:
        return query.order_by(*desk_list.order)
    if desk_list.oldest_first:
        return query.order_by(Revision.submitted_at, Revision.id)
    return query.order_by(Publication.updated_at.desc(), Publication.id.desc())


def _rows(ids: Sequence[int]) -> Sequence[Publication]:
    """The publications, in this order, with all that a row shows."""
    if not ids:
        return []
    latest = joinedload(Publication.latest_revision)
    query = (
        select(Publication)
        .where(Publication.id.in_(ids))
        .options(
            latest.joinedload(Revision.author),
            latest.joinedload(Revision.held_by),
            latest.joinedload(Revision.section),
            joinedload(Publication.unit),
            joinedload(Publication.live_revision),
        )
    )
    found = {publication.id: publication for publication in db.session.scalars(query).unique()}
    return [found[publication_id] for publication_id in ids if publication_id in found]


# The join that every list is made of. It says twice which publication is meant, so that the
# database may begin with whichever side it finds fewer rows on: both have an index for it.
_LATEST = and_(
    Revision.id == Publication.latest_revision_id, Revision.publication_id == Publication.id
)


def _whose(desk_list: DeskList, user: User) -> ColumnElement[bool]:
    if not desk_list.of_mine:
        return is_in_reach_of(user)
    states = desk_list.holds if isinstance(desk_list.holds, frozenset) else frozenset()
    return and_(Publication.id.in_(_own_ids(user, states)), is_own_of(user))


def _own_ids(user: User, states: frozenset[State]) -> CompoundSelect[int]:
    """What the user has anything to do with, by indexes: the rule alone, which looks at two
    tables, would have to be tried on every text of the site. Of a busy author's thousands only
    those that may be in these states, if any are given."""
    texts = select(Publication.id).where(Publication.author_id == user.id)
    revisions = select(Revision.publication_id).where(Revision.author_id == user.id)
    if not states:
        return union(texts, revisions)
    in_work = texts.where(
        or_(
            Publication.live_revision_id.is_(None),
            Publication.latest_revision_id != Publication.live_revision_id,
        )
    )
    found = [in_work, revisions.where(Revision.state.in_(states))]
    if not states <= OF_THE_LATEST:
        # What readers had may be the latest text too.
        found.append(texts.where(Publication.withdrawn_at.is_not(None)))
    return union(*found)


def is_own_of(user: User) -> ColumnElement[bool]:
    """Texts of the user's own, in a query that joins the latest revision."""
    return or_(Publication.author_id == user.id, Revision.author_id == user.id)


def _allowed_sections(user: User) -> list[int] | None:
    """The sections that the user's rights reach, or None for all."""
    if not user.sections:
        return None
    tree = sections.load()
    return [
        reached
        for granted in user.sections
        if granted.id in tree.by_id
        for reached in tree.ids_below(tree.by_id[granted.id])
    ]


def is_in_reach_of(user: User) -> ColumnElement[bool]:
    """Texts in the board member's sections, in a query that joins the latest revision; the same
    rule as ``policy`` has for seeing one: a new text may be meant for another section than the
    one in which readers have the old."""
    allowed = _allowed_sections(user)
    if allowed is None:
        return true()
    return or_(
        Revision.section_id.is_(None),
        Revision.section_id.in_(allowed),
        Publication.section_id.in_(allowed),
    )
