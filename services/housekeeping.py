"""What lies about and should be tidied: lists that say why each text is there, and what to do.

A contributor sees their own texts, the board those of its sections. Nothing is done by itself:
a list only asks somebody to look.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from extensions import db
from models import (
    Link,
    LinkUse,
    Media,
    MediaKind,
    MediaUse,
    Publication,
    Revision,
    State,
    User,
    ViewTotal,
)
from services import desk, settings
from services.dates import format_date, format_number, local_date
from services.desk import Count, DeskPage
from services.desk_lists import IN_WORK, DeskList, Group
from services.errors import NotFound
from services.policy import BOARD
from services.visibility import visible

BROKEN_LINKS = "lien-ket-hong"
# As many are named; of the others it is said how many they are.
TEXTS_OF_A_LINK = 5
# Nobody writes a new title for what is older; and a site of many years has as many to look at.
MOST_LOOKED_AT = 5_000
_DAYS_OF_A_MONTH = 30.44
_VIEWS = (
    select(ViewTotal.total)
    .where(ViewTotal.publication_id == Publication.id)
    .correlate(Publication)
    .scalar_subquery()
)


@dataclass(frozen=True, slots=True)
class Chore:
    """One list: ``why`` its texts are in it, and what ``then`` should be done with each."""

    listed: DeskList
    why: str
    then: str

    @property
    def key(self) -> str:
        return self.listed.key


@dataclass(frozen=True, slots=True)
class BrokenLink:
    """A link that leads nowhere, and the newest texts that hold it, as pairs of an id and a
    title; ``others``: how many more do."""

    link: Link
    texts: Sequence[tuple[int, str]]
    others: int


@dataclass(frozen=True, slots=True)
class BrokenPage:
    """One page of broken links; ``number`` and ``pages`` count from 1."""

    items: Sequence[BrokenLink]
    number: int
    pages: int
    total: int


def chores_for(user: User) -> list[Chore]:
    """The lists that this person tidies, with the thresholds that the settings say."""
    chosen = settings.all_in_force()
    group = Group.BOARD if user.role in BOARD else Group.MINE
    return [
        replace(chore, listed=replace(chore.listed, group=group))
        for chore in (
            _returned(chosen["tidy_returned_days"]),
            _drafts(chosen["tidy_draft_days"], user),
            _seldom_read(chosen["tidy_views_days"], chosen["tidy_views_fewer_than"], user),
            _to_review(chosen["tidy_review_months"]),
            _broken_links(),
            _without_alt(user),
        )
    ]


def count_chores(*, user: User, now: datetime) -> list[tuple[Chore, Count]]:
    """Every list with its number of rows, a query each."""
    return [
        (
            chore,
            Count(chore.listed, count_broken(user=user, now=now))
            if chore.key == BROKEN_LINKS
            else desk.count(desk_list=chore.listed, user=user, now=now),
        )
        for chore in chores_for(user)
    ]


def notes_of(chore: Chore, page: DeskPage, *, now: datetime) -> dict[int, str]:
    """Why each row of a page is in this list, in a few words."""
    if chore.key == "it-nguoi-xem":
        views = _views_of([publication.id for publication in page.items])
        return {
            publication.id: f"{views.get(publication.id, 0)} lượt xem trong "
            f"{_days(publication.published_at, now)} ngày"
            for publication in page.items
        }
    if chore.key == "can-ra-soat":
        return {
            publication.id: f"Hẹn rà soát {format_date(publication.review_on)}"
            if publication.review_on
            else f"Không ai sửa từ {format_date(local_date(publication.updated_at))}"
            for publication in page.items
        }
    if chore.key == "thieu-mo-ta-anh":
        return {publication.id: "Có ảnh chưa có văn bản thay thế" for publication in page.items}
    return {
        publication.id: f"{_days(publication.updated_at, now)} ngày không ai sửa"
        for publication in page.items
    }


def _is_in_work(user: User) -> ColumnElement[bool]:
    """What somebody still has to do something with, and this person may know of: a draft is its
    author's alone until it is submitted for the first time (services/policy)."""
    was_shown = or_(
        Revision.state != State.DRAFT,
        Revision.number > 1,
        Revision.submitted_at.is_not(None),
        desk.is_own_of(user),
    )
    return and_(Revision.state.in_(IN_WORK), was_shown)


def _days(since: datetime | None, now: datetime) -> int:
    return (now - since).days if since else 0


def _views_of(ids: Sequence[int]) -> dict[int, int]:
    query = select(ViewTotal.publication_id, ViewTotal.total).where(
        ViewTotal.publication_id.in_(ids)
    )
    return {row.publication_id: row.total for row in db.session.execute(query)}


# ---------------------------------------------------------------- the lists
def _returned(days: int) -> Chore:
    return Chore(
        DeskList(
            "tra-lai-chua-sua",
            "Bài bị trả lại, chưa sửa",
            Group.BOARD,
            lambda now: and_(
                Revision.state == State.NEEDS_CHANGES,
                Publication.updated_at <= now - timedelta(days=days),
            ),
            "Không có bài nào bị trả lại mà để quên.",
            order=_OLDEST_CHANGE,
        ),
        f"Ban biên tập đã yêu cầu chỉnh sửa, và {days} ngày nay chưa ai sửa.",
        "Sửa theo lý do trả lại rồi gửi lại; nếu không làm nữa thì lưu trữ.",
    )


def _drafts(days: int, user: User) -> Chore:
    return Chore(
        DeskList(
            "ban-nhap-bo-quen",
            "Bản nháp bỏ quên",
            Group.BOARD,
            lambda now: and_(
                Revision.state == State.DRAFT,
                _is_in_work(user),
                Publication.updated_at <= now - timedelta(days=days),
            ),
            "Không có bản nháp nào bỏ quên.",
            order=_OLDEST_CHANGE,
        ),
        f"Bản nháp đã {days} ngày không ai sửa.",
        "Viết tiếp rồi gửi duyệt; nếu không dùng nữa thì lưu trữ hoặc bỏ bản sửa.",
    )


def _newest_before(now: datetime, until: datetime, user: User) -> Select[int]:
    """The newest of what readers can see and was published until then."""
    query = select(Publication.id).where(visible(now), Publication.published_at <= until)
    if user.role not in BOARD:
        query = query.where(Publication.author_id == user.id)
    newest = query.order_by(Publication.published_at.desc(), Publication.id.desc())
    return select(newest.limit(MOST_LOOKED_AT).subquery().c.id)


def _seldom_read(days: int, fewer_than: int, user: User) -> Chore:
    return Chore(
        DeskList(
            "it-nguoi-xem",
            "Bài ít người xem",
            Group.BOARD,
            lambda now: and_(
                Publication.id.in_(_newest_before(now, now - timedelta(days=days), user)),
                func.coalesce(_VIEWS, 0) < fewer_than,
            ),
            "Bài nào cũng có người xem.",
            order=(Publication.published_at.desc(), Publication.id.desc()),
        ),
        f"Đăng đã quá {days} ngày mà chưa tới {fewer_than} lượt xem, trong "
        f"{format_number(MOST_LOOKED_AT)} bài mới nhất.",
        "Đặt lại tiêu đề và tóm tắt cho rõ, hoặc chọn chuyên mục khác.",
    )


def _to_review(months: int) -> Chore:
    def holds(now: datetime) -> ColumnElement[bool]:
        is_due: ColumnElement[bool] = Publication.review_on <= local_date(now)
        if months:
            since = now - timedelta(days=_DAYS_OF_A_MONTH * months)
            unplanned = and_(Publication.review_on.is_(None), Publication.updated_at <= since)
            is_due = or_(is_due, unplanned)
        return and_(visible(now), is_due)

    unset = f", hoặc chưa đặt ngày mà đã {months} tháng không ai sửa" if months else ""
    return Chore(
        DeskList(
            "can-ra-soat",
            "Trang đến hạn rà soát",
            Group.BOARD,
            holds,
            "Không có trang nào đến hạn rà soát.",
            order=(Publication.published_at, Publication.id),
        ),
        f"Đã đến ngày rà soát{unset}.",
        "Đọc lại xem còn đúng không: sửa chỗ đã cũ, rồi đặt ngày rà soát lần sau.",
    )


def _broken_links() -> Chore:
    return Chore(
        DeskList(
            BROKEN_LINKS,
            "Liên kết hỏng",
            Group.BOARD,
            # Its rows are links; what it holds of texts is asked nowhere.
            lambda now: visible(now),
            "Không có liên kết nào hỏng.",
        ),
        "Trang ngoài không còn, hoặc không mở được ở ba lần kiểm tra trong ít nhất hai ngày.",
        "Mở thử; nếu hỏng thật thì sửa bài: thay bằng địa chỉ mới hoặc bỏ liên kết.",
    )


def _without_alt(user: User) -> Chore:
    # A text that was saved without one took what the picture was uploaded with; where both said
    # nothing, the attribute is empty.
    silent = select(Media.id).where(
        Media.kind == MediaKind.PICTURE, Media.alt == "", Media.is_decorative.is_(False)
    )
    shown = (
        select(Revision.publication_id)
        .join(MediaUse, MediaUse.revision_id == Revision.id)
        .join(Publication, Publication.id == Revision.publication_id)
        .where(
            # First the pictures, of which there are few: else all their uses would be read.
            MediaUse.media_id.in_(silent),
            Revision.id.in_((Publication.latest_revision_id, Publication.live_revision_id)),
            or_(Revision.lead_media_id == MediaUse.media_id, Revision.body.contains('alt=""')),
        )
    )
    return Chore(
        DeskList(
            "thieu-mo-ta-anh",
            "Ảnh thiếu văn bản thay thế",
            Group.BOARD,
            lambda now: and_(Publication.id.in_(shown), or_(visible(now), _is_in_work(user))),
            "Ảnh nào cũng có văn bản thay thế.",
            order=_OLDEST_CHANGE,
        ),
        "Người khiếm thị nghe đọc trang sẽ không biết trong ảnh có gì.",
        "Ghi văn bản thay thế cho ảnh; nếu ảnh chỉ để trang trí thì đánh dấu “trang trí”.",
    )


_OLDEST_CHANGE: tuple[Any, ...] = (Publication.updated_at, Publication.id)


# ---------------------------------------------------------------- broken links
def count_broken(*, user: User, now: datetime) -> int:
    """How many links in this person's texts are broken."""
    query = select(func.count(Link.id)).where(_is_broken_for(user, now))
    return db.session.scalar(query) or 0


def broken_page(*, user: User, now: datetime, number: int, per_page: int) -> BrokenPage:
    """One page of the broken links in this person's texts, longest broken first."""
    total = count_broken(user=user, now=now)
    pages = max(1, -(-total // per_page))
    number = min(max(1, number), pages)
    rows = db.session.scalars(
        select(Link)
        .where(_is_broken_for(user, now))
        .order_by(Link.broken_since, Link.id)
        .limit(per_page)
        .offset((number - 1) * per_page)
    ).all()
    holding = _holding([link.id for link in rows], user, now)
    items = [BrokenLink(link, *holding[link.id]) for link in rows if link.id in holding]
    return BrokenPage(items, number, pages, total)


def broken_link(*, link_id: int, user: User, now: datetime) -> BrokenLink:
    """One of them as its row shows it. Raises NotFound if no text of the user's has it."""
    holding = _holding([link_id], user, now)
    link = db.session.get(Link, link_id) if holding else None
    if link is None:
        raise NotFound("Không có liên kết này, hoặc bài chứa liên kết không thuộc phần bạn xem.")
    return BrokenLink(link, *holding[link_id])


def check_again(*, link_id: int, user: User, now: datetime) -> BrokenLink:
    """Kiểm tra lại: have this link asked next. Raises NotFound if no text of the user's has it."""
    found = broken_link(link_id=link_id, user=user, now=now)
    found.link.next_check_at = now
    db.session.flush()
    return found


def _holding(
    link_ids: Sequence[int], user: User, now: datetime
) -> dict[int, tuple[list[tuple[int, str]], int]]:
    """For each link the newest texts that hold it, and how many more there are."""
    of_link = LinkUse.link_id
    ranked = (
        select(
            LinkUse.link_id.label("link_id"),
            Publication.id.label("publication_id"),
            Revision.title.label("title"),
            func.row_number()
            .over(partition_by=of_link, order_by=Publication.id.desc())
            .label("place"),
            func.count().over(partition_by=of_link).label("total"),
        )
        .join(Publication, Publication.id == LinkUse.publication_id)
        .join(Revision, Revision.id == Publication.latest_revision_id)
        .where(LinkUse.link_id.in_(link_ids), _is_looked_after(user, now))
        .subquery()
    )
    query = select(ranked).where(ranked.c.place <= TEXTS_OF_A_LINK).order_by(ranked.c.place)
    found: dict[int, tuple[list[tuple[int, str]], int]] = {}
    for row in db.session.execute(query):
        texts, _ = found.setdefault(row.link_id, ([], max(0, row.total - TEXTS_OF_A_LINK)))
        texts.append((row.publication_id, row.title))
    return found


def _is_broken_for(user: User, now: datetime) -> ColumnElement[bool]:
    uses = (
        select(LinkUse.link_id)
        .join(Publication, Publication.id == LinkUse.publication_id)
        .join(Revision, Revision.id == Publication.latest_revision_id)
        .where(LinkUse.link_id == Link.id, _is_looked_after(user, now))
    )
    return and_(Link.broken_since.is_not(None), uses.correlate(Link).exists())


def _is_looked_after(user: User, now: datetime) -> ColumnElement[bool]:
    """This person's texts that readers see, or that somebody works on."""
    whose = desk.is_in_reach_of(user) if user.role in BOARD else desk.is_own_of(user)
    return and_(whose, or_(visible(now), _is_in_work(user)))
