"""What lies on a person's desk: lists with counts, and their rows.

A working state is that of the latest revision; what citizens see follows from the dates of the
publication. Both are counted from an index, in a query each.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true
from sqlalchemy.orm import contains_eager, joinedload

from extensions import db
from models import Publication, Revision, State, User
from services import sections
from services.listing import visible
from services.policy import BOARD
from services.transitions import IN_REVIEW
from services.vietnamese import fold

# A filter reads at most so many titles, newest first.
MAX_FILTERED = 20_000


class Group(StrEnum):
    """Whose lists they are, as headed in the navigation."""

    MINE = "Của tôi"
    BOARD = "Ban biên tập"


@dataclass(frozen=True, slots=True)
class DeskList:
    """One list of the desk. ``key`` is its name in the address, ``holds`` the states or
    the condition of what is in it; ``oldest_first`` is a queue."""

    key: str
    label: str
    group: Group
    holds: frozenset[State] | Callable[[datetime], ColumnElement[bool]]
    empty: str
    oldest_first: bool = False

    @property
    def of_mine(self) -> bool:
        return self.group is Group.MINE

    def condition(self, now: datetime) -> ColumnElement[bool]:
        """Which texts are in it: by the latest revision's state, or by the dates."""
        if isinstance(self.holds, frozenset):
            return Revision.state.in_(self.holds)
        return self.holds(now)


@dataclass(frozen=True, slots=True)
class Count:
    """A list with how many rows it has."""

    desk_list: DeskList
    total: int


@dataclass(frozen=True, slots=True)
class DeskPage:
    """One page of a list; ``number`` and ``pages`` count from 1."""

    items: Sequence[Publication]
    number: int
    pages: int
    total: int


def _in(*states: State) -> frozenset[State]:
    return frozenset(states)


def _is_scheduled(now: datetime) -> ColumnElement[bool]:
    return and_(
        Publication.live_revision_id.is_not(None),
        Publication.withdrawn_at.is_(None),
        Publication.published_at > now,
    )


def _is_out(now: datetime) -> ColumnElement[bool]:
    return visible(now)


def _is_withdrawn(now: datetime) -> ColumnElement[bool]:
    # What was put away after it was withdrawn is in the archive's list alone.
    put_away = select(Revision.id).where(
        Revision.id == Publication.latest_revision_id, Revision.state == State.ARCHIVED
    )
    return and_(Publication.withdrawn_at.is_not(None), ~put_away.correlate(Publication).exists())


def _is_expired(now: datetime) -> ColumnElement[bool]:
    return and_(Publication.live_revision_id.is_not(None), Publication.expires_at <= now)


LISTS: dict[str, DeskList] = {
    item.key: item
    for item in (
        DeskList(
            "ban-nhap",
            "Bản nháp",
            Group.MINE,
            _in(State.DRAFT),
            "Bạn không có bản nháp nào. Chọn “Viết bài mới” để bắt đầu.",
        ),
        DeskList(
            "can-chinh-sua",
            "Cần chỉnh sửa",
            Group.MINE,
            _in(State.NEEDS_CHANGES),
            "Không có bài nào bị trả lại.",
        ),
        DeskList(
            "da-gui",
            "Đã gửi",
            Group.MINE,
            _in(*IN_REVIEW),
            "Bạn chưa gửi bài nào, hoặc các bài đã gửi đều đã xử lý xong.",
        ),
        DeskList("da-dang", "Đã đăng", Group.MINE, _is_out, "Chưa có bài nào của bạn trên trang."),
        DeskList(
            "khong-dang",
            "Từ chối, lưu trữ",
            Group.MINE,
            _in(State.REJECTED, State.ARCHIVED, State.WITHDRAWN),
            "Không có bài nào bị từ chối, gỡ hay lưu trữ.",
        ),
        DeskList(
            "cho-bien-tap",
            "Chờ biên tập",
            Group.BOARD,
            _in(State.AWAITING_EDIT),
            "Không có bài nào chờ biên tập.",
            oldest_first=True,
        ),
        DeskList(
            "dang-bien-tap",
            "Đang biên tập",
            Group.BOARD,
            _in(State.IN_EDIT),
            "Không có bài nào đang được biên tập.",
            oldest_first=True,
        ),
        DeskList(
            "cho-duyet",
            "Chờ duyệt",
            Group.BOARD,
            _in(State.AWAITING_APPROVAL),
            "Không có bài nào chờ duyệt.",
            oldest_first=True,
        ),
        DeskList(
            "da-duyet",
            "Đã duyệt, chưa đăng",
            Group.BOARD,
            _in(State.APPROVED),
            "Không có bài nào đã duyệt mà chưa đăng.",
            oldest_first=True,
        ),
        DeskList(
            "hen-gio", "Hẹn giờ", Group.BOARD, _is_scheduled, "Không có bài nào đang hẹn giờ đăng."
        ),
        DeskList(
            "tra-lai",
            "Đã trả lại",
            Group.BOARD,
            _in(State.NEEDS_CHANGES),
            "Không có bài nào đang chờ tác giả sửa.",
        ),
        DeskList("tren-trang", "Đã đăng", Group.BOARD, _is_out, "Chưa có bài nào trên trang."),
        DeskList("da-go", "Đã gỡ", Group.BOARD, _is_withdrawn, "Không có bài nào đã gỡ."),
        DeskList("het-han", "Hết hạn", Group.BOARD, _is_expired, "Không có bài nào đã hết hạn."),
        DeskList(
            "bi-tu-choi",
            "Từ chối, lưu trữ",
            Group.BOARD,
            _in(State.REJECTED, State.ARCHIVED),
            "Không có bài nào bị từ chối hay lưu trữ.",
        ),
    )
}

# Everything that waits for the board, in one list.
QUEUE = DeskList(
    "duyet",
    "Hàng chờ duyệt",
    Group.BOARD,
    _in(State.AWAITING_EDIT, State.IN_EDIT, State.AWAITING_APPROVAL),
    "Không còn bài nào chờ xử lý. Khi cộng tác viên gửi bài, bài sẽ hiện ở đây.",
    oldest_first=True,
)


def lists_for(user: User) -> list[DeskList]:
    """The lists on this person's desk: own ones for all, the board's for its members."""
    return [item for item in LISTS.values() if item.of_mine or user.role in BOARD]


def default_list(user: User) -> DeskList:
    """What opens first: the queue for the board, else what is being written."""
    return QUEUE if user.role in BOARD else LISTS["ban-nhap"]


def count_lists(*, user: User, now: datetime) -> list[Count]:
    """Every list of the person's with its number of rows: a query for all states, and one for
    each list that goes by dates."""
    lists = lists_for(user)
    totals: dict[str, int] = {}
    for group in Group:
        chosen = [item for item in lists if item.group is group]
        states = {
            state for item in chosen if isinstance(item.holds, frozenset) for state in item.holds
        }
        whose = is_own_of(user) if group is Group.MINE else is_in_reach_of(user)
        counted = select(func.count(Publication.id)).where(whose)
        if group is Group.MINE or user.sections:
            counted = counted.join(Revision, Revision.id == Publication.latest_revision_id)
        by_state: dict[State, int] = {}
        if chosen:
            query = (
                select(Revision.state, func.count().label("total"))
                .join(Publication, Publication.latest_revision_id == Revision.id)
                .where(Revision.state.in_(states), whose)
                .group_by(Revision.state)
            )
            by_state = {row.state: row.total for row in db.session.execute(query)}
        for item in chosen:
            if isinstance(item.holds, frozenset):
                totals[item.key] = sum(by_state.get(state, 0) for state in item.holds)
            else:
                totals[item.key] = db.session.scalar(counted.where(item.holds(now))) or 0
    return [Count(item, totals[item.key]) for item in lists]


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
    conditions = [
        desk_list.condition(now),
        is_own_of(user) if desk_list.of_mine else is_in_reach_of(user),
    ]
    base = (
        select(Publication)
        .join(Revision, Revision.id == Publication.latest_revision_id)
        .where(*conditions)
    )
    wanted = fold(words).split()
    if wanted:
        ids = _filtered(base, desk_list, wanted)
        total = len(ids)
    else:
        total = db.session.scalar(base.with_only_columns(func.count(Publication.id))) or 0
    pages = max(1, -(-total // per_page))
    number = min(max(1, number), pages)
    first = (number - 1) * per_page
    query = _ordered(_loaded(base), desk_list)
    if wanted:
        query = query.where(Publication.id.in_(ids[first : first + per_page]))
    else:
        query = query.limit(per_page).offset(first)
    items = db.session.scalars(query).unique().all()
    return DeskPage(items, number, pages, total)


def _filtered(base: Select[Publication], desk_list: DeskList, words: list[str]) -> list[int]:
    columns = (Publication.id, Revision.title, User.full_name)
    query = _ordered(base, desk_list).join(User, User.id == Revision.author_id)
    rows = db.session.execute(query.with_only_columns(*columns).limit(MAX_FILTERED))
    return [
        publication_id
        for publication_id, title, author in rows
        if all(word in fold(f"{title} {author}") for word in words)
    ]


def _ordered(query: Select[Publication], desk_list: DeskList) -> Select[Publication]:
    if desk_list.oldest_first:
        return query.order_by(Revision.submitted_at, Publication.id)
    if desk_list.holds in (_is_out, _is_scheduled):
        return query.order_by(Publication.published_at.desc(), Publication.id.desc())
    return query.order_by(Publication.updated_at.desc(), Publication.id.desc())


def _loaded(query: Select[Publication]) -> Select[Publication]:
    latest = contains_eager(Publication.latest_revision)
    return query.options(
        latest.joinedload(Revision.author),
        latest.joinedload(Revision.held_by),
        latest.joinedload(Revision.section),
        joinedload(Publication.unit),
        joinedload(Publication.live_revision),
    )


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
