"""Which lists lie on a desk, and what is in each: by the state of the latest text, or by the dates
of the publication. ``services/desk`` counts and reads them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select

from models import Publication, Revision, State, User
from services.policy import BOARD
from services.transitions import IN_REVIEW
from services.visibility import visible

# What somebody still has to do something with.
IN_WORK = frozenset({State.DRAFT, State.NEEDS_CHANGES, State.APPROVED}) | IN_REVIEW
# States that only the latest revision of a text can be in: what comes before it is superseded
# (publications.next_revision), or what readers have or had. So the revisions' index alone knows
# how many there are, and which come first.
OF_THE_LATEST = IN_WORK | {State.REJECTED}


class Group(StrEnum):
    """Whose lists they are, as headed in the navigation."""

    MINE = "Của tôi"
    BOARD = "Ban biên tập"


@dataclass(frozen=True, slots=True)
class DeskList:
    """One list of the desk. ``key`` is its name in the address, ``holds`` the states or
    the condition of what is in it; ``oldest_first`` is a queue; ``order`` stands where neither
    that nor the latest change is what it is read by."""

    key: str
    label: str
    group: Group
    holds: frozenset[State] | Callable[[datetime], ColumnElement[bool]]
    empty: str
    oldest_first: bool = False
    order: tuple[Any, ...] = ()

    @property
    def of_mine(self) -> bool:
        return self.group is Group.MINE

    @property
    def working(self) -> frozenset[State]:
        """The states that it is made of, where the revisions alone tell what is in it."""
        is_of_states = isinstance(self.holds, frozenset) and self.holds <= OF_THE_LATEST
        return frozenset(self.holds) if is_of_states else frozenset()  # type: ignore[arg-type]

    def condition(self, now: datetime) -> ColumnElement[bool]:
        """Which texts are in it: by the latest revision's state, or by the dates."""
        if not isinstance(self.holds, frozenset):
            return self.holds(now)
        if self.of_mine:
            # Not from the index of states, which holds everybody's: from whose they are.
            return func.coalesce(Revision.state, Revision.state).in_(self.holds)
        return Revision.state.in_(self.holds)


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


_AS_ON_THE_SITE = (Publication.published_at.desc(), Publication.id.desc())

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
        DeskList(
            "da-dang",
            "Đã đăng",
            Group.MINE,
            _is_out,
            "Chưa có bài nào của bạn trên trang.",
            order=_AS_ON_THE_SITE,
        ),
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
            "hen-gio",
            "Hẹn giờ",
            Group.BOARD,
            _is_scheduled,
            "Không có bài nào đang hẹn giờ đăng.",
            order=_AS_ON_THE_SITE,
        ),
        DeskList(
            "tra-lai",
            "Đã trả lại",
            Group.BOARD,
            _in(State.NEEDS_CHANGES),
            "Không có bài nào đang chờ tác giả sửa.",
        ),
        DeskList(
            "tren-trang",
            "Đã đăng",
            Group.BOARD,
            _is_out,
            "Chưa có bài nào trên trang.",
            order=_AS_ON_THE_SITE,
        ),
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

# Lists that go by the publication's dates alone.
BY_DATES = (_is_out, _is_scheduled, _is_withdrawn, _is_expired)

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
