"""The library: the pictures and files that somebody may use, where each is used, and who may
change one without the texts that show it being looked at again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import PurePosixPath

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, true
from sqlalchemy.orm import aliased, joinedload

from extensions import db
from models import Media, MediaKind, MediaUse, Publication, Revision, RevisionFile, State, User
from services import desk, policy
from services.errors import Conflict, InvalidInput, NotAllowed
from services.media import may_see, shown_by
from services.transitions import IN_REVIEW
from services.uploads import describe_picture
from services.vietnamese import fold
from services.visibility import is_visible, visible

# A search looks through so many of the newest; more than a person will ever page through.
MAX_SEARCHED = 5_000
_MAX_USES = 100
_NAMED_USES = 3
_CHOICES = 30


class Whose(StrEnum):
    """Whose things a list holds."""

    ALL = "all"
    MINE = "mine"
    UNIT = "unit"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for in the library."""

    kind: MediaKind | None = None
    whose: Whose = Whose.ALL
    unused: bool = False
    words: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing in the list; ``uses`` counts the publications that show it."""

    media: Media
    uses: int


@dataclass(frozen=True, slots=True)
class LibraryPage:
    """One page of the list; ``number`` and ``pages`` count from 1."""

    items: Sequence[Item]
    number: int
    pages: int
    total: int


@dataclass(frozen=True, slots=True)
class Use:
    """One publication that shows it. ``publication`` is None for one that the person may not see;
    ``is_live``: what readers see shows it."""

    publication: Publication | None
    is_live: bool
    numbers: Sequence[int]


# ---------------------------------------------------------------- looking
def page_of(
    *, user: User, wanted: Wanted, now: datetime, number: int = 1, per_page: int = 24
) -> LibraryPage:
    """One page of what the user may see, newest first. A number past the end gives the last."""
    query = select(Media).where(seen_by(user, now), *_conditions(user, wanted))
    found = fold(wanted.words).split()
    ids = _matching(query, found) if found else []
    if found:
        total = len(ids)
    else:
        total = db.session.scalar(query.with_only_columns(func.count(Media.id))) or 0
    pages = max(1, -(-total // per_page))
    number = min(max(1, number), pages)
    first = (number - 1) * per_page
    query = query.order_by(Media.id.desc())
    if found:
        query = query.where(Media.id.in_(ids[first : first + per_page]))
    else:
        query = query.limit(per_page).offset(first)
    rows = db.session.scalars(query).all()
    uses = _count_uses([media.id for media in rows])
    return LibraryPage([Item(media, uses.get(media.id, 0)) for media in rows], number, pages, total)


def choices(*, user: User, kind: MediaKind, now: datetime) -> list[Media]:
    """The newest that the user may see, for a short list to choose from without scripts."""
    query = select(Media).where(seen_by(user, now), Media.kind == kind)
    return list(db.session.scalars(query.order_by(Media.id.desc()).limit(_CHOICES)))


def seen_by(user: User, now: datetime) -> ColumnElement[bool]:
    """The condition on Media that ``media.may_see`` says of one: the user's own, what texts show
    that the user may see, and what is in no text yet of the unit or, for the board, of any."""
    is_board = user.role in policy.BOARD
    readable = desk.is_own_of(user)
    if is_board:
        never_shown = and_(
            Revision.state == State.DRAFT,
            Revision.number == 1,
            Revision.submitted_at.is_(None),
        )
        readable = or_(readable, and_(desk.is_in_reach_of(user), ~never_shown), visible(now))
    else:
        # What other units have published can be seen, but is not in this unit's library.
        readable = or_(readable, and_(Media.unit_id == user.unit_id, visible(now)))
    loose = and_(
        Media.publication_id.is_(None),
        ~_is_used(),
        true() if is_board else Media.unit_id == user.unit_id,
    )
    return or_(
        Media.uploaded_by_id == user.id,
        loose,
        _in_a_text(MediaUse, readable),
        _in_a_text(RevisionFile, readable),
        select(Publication.id)
        .join(Revision, Revision.id == Publication.latest_revision_id)
        .where(Publication.id == Media.publication_id, readable)
        .correlate(Media)
        .exists(),
    )


def _in_a_text(
    use: type[MediaUse] | type[RevisionFile], readable: ColumnElement[bool]
) -> ColumnElement[bool]:
    showing = aliased(Revision)
    return (
        select(use.media_id)
        .join(showing, showing.id == use.revision_id)
        .join(Publication, Publication.id == showing.publication_id)
        .join(Revision, Revision.id == Publication.latest_revision_id)
        .where(use.media_id == Media.id, readable)
        .correlate(Media)
        .exists()
    )


def _is_used() -> ColumnElement[bool]:
    return or_(
        exists().where(MediaUse.media_id == Media.id),
        exists().where(RevisionFile.media_id == Media.id),
        exists().where(Revision.lead_media_id == Media.id),
        exists().where(Publication.lead_media_id == Media.id),
    )


def _conditions(user: User, wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.kind is not None:
        conditions.append(Media.kind == wanted.kind)
    if wanted.whose is Whose.MINE:
        conditions.append(Media.uploaded_by_id == user.id)
    if wanted.whose is Whose.UNIT:
        conditions.append(Media.unit_id == user.unit_id)
    if wanted.unused:
        conditions.append(~_is_used())
    return conditions


def _matching(query: Select[Media], wanted: list[str]) -> list[int]:
    """Those that hold every word, without regard to accents, in any of what is said of them."""
    columns = (Media.id, Media.original_name, Media.alt, Media.caption, Media.credit)
    rows = db.session.execute(
        query.with_only_columns(*columns).order_by(Media.id.desc()).limit(MAX_SEARCHED)
    )
    return [
        media_id
        for media_id, *said in rows
        if all(word in _searched(" ".join(said)) for word in wanted)
    ]


def _searched(said: str) -> str:
    # A file is called bao-cao_quy-3: a word of it should be found too.
    return fold(said.replace("-", " ").replace("_", " "))


def _count_uses(ids: Sequence[int]) -> dict[int, int]:
    if not ids:
        return {}
    parts = [
        select(use.media_id.label("media_id"), Revision.publication_id.label("publication_id"))
        .join(Revision, Revision.id == use.revision_id)
        .where(use.media_id.in_(ids))
        for use in (MediaUse, RevisionFile)
    ]
    uses = parts[0].union(parts[1]).subquery()
    query = select(uses.c.media_id, func.count()).group_by(uses.c.media_id)
    return {row[0]: row[1] for row in db.session.execute(query)}


# ---------------------------------------------------------------- where it is used
def uses_of(*, media: Media, user: User, now: datetime) -> list[Use]:
    """The publications that show it in any revision, the newest first."""
    using = _using(media)
    return [
        Use(
            publication=publication if policy.can(user, "publication:view", publication) else None,
            is_live=publication.live_revision_id in {revision.id for revision in revisions}
            and is_visible(publication, now),
            numbers=sorted(revision.number for revision in revisions),
        )
        for publication, revisions in using
    ]


def _using(media: Media) -> list[tuple[Publication, list[Revision]]]:
    rows = db.session.scalars(
        select(Revision)
        .where(Revision.id.in_(shown_by(media.id)) | (Revision.lead_media_id == media.id))
        .options(
            joinedload(Revision.publication)
            .joinedload(Publication.latest_revision)
            .joinedload(Revision.section),
            joinedload(Revision.section),
        )
        .order_by(Revision.publication_id.desc(), Revision.id)
    )
    found: dict[int, tuple[Publication, list[Revision]]] = {}
    for revision in rows:
        publication = revision.publication
        found.setdefault(publication.id, (publication, []))[1].append(revision)
    return list(found.values())[:_MAX_USES]


# ---------------------------------------------------------------- changing
def change_refusal(*, user: User, media: Media) -> str | None:
    """Why the user may not replace it or change what is said of it; None if they may.

    What the board has in hand, or readers see, does not change behind anybody's back: then only
    somebody of the board does it, and not to a text of their own.
    """
    thing = noun(media)
    if media.uploaded_by_id != user.id and user.role not in policy.BOARD:
        return f"Chỉ người tải lên hoặc Ban biên tập sửa được {thing} này."
    for publication, revisions in _using(media):
        bound = [
            revision
            for revision in revisions
            if revision.id == publication.live_revision_id
            or revision.state in IN_REVIEW
            or revision.state is State.PUBLISHED
        ]
        if not bound:
            continue
        if user.role not in policy.BOARD:
            return (
                f"{thing.capitalize()} này đang ở trong bài đã gửi duyệt hoặc đã đăng nên chỉ Ban "
                f"biên tập thay hoặc sửa được. Hãy nhờ biên tập viên, hoặc dùng {thing} khác "
                "trong bản sửa của bài."
            )
        if user.id in {publication.author_id, *(revision.author_id for revision in bound)}:
            return (
                f"Bạn là tác giả bài đang dùng {thing} này; hãy để một người khác trong Ban biên "
                "tập thay hoặc sửa."
            )
        if not all(policy.covers(user, revision.section) for revision in bound):
            return f"{thing.capitalize()} này ở trong bài ngoài phạm vi bạn phụ trách."
    return None


def check_change(*, user: User, media: Media) -> None:
    """Raises NotAllowed with the sentence of ``change_refusal``."""
    refusal = change_refusal(user=user, media=media)
    if refusal is not None:
        raise NotAllowed(refusal)


def noun(media: Media) -> str:
    return "ảnh" if media.kind is MediaKind.PICTURE else "tệp"


def describe(
    *, media: Media, actor: User, alt: str, caption: str, credit: str, is_decorative: bool
) -> None:
    """Change what is said of a picture. Raises NotAllowed, or InvalidInput naming the field."""
    check_change(user=actor, media=media)
    if not alt.strip() and not is_decorative:
        sentence = (
            "Hãy ghi ảnh cho thấy gì, cho người không nhìn thấy ảnh; "
            "hoặc đánh dấu “Ảnh trang trí” nếu ảnh không mang thông tin."
        )
        raise InvalidInput(sentence, {"alt": sentence})
    describe_picture(
        media=media, alt=alt, caption=caption, credit=credit, is_decorative=is_decorative
    )


def set_focus(*, media: Media, actor: User, x: int | None, y: int | None) -> None:
    """Where the eye should be when the picture is cropped, in per cent from the left and the top.

    Raises NotAllowed, or InvalidInput naming the field."""
    check_change(user=actor, media=media)
    fields = {
        name: "Hãy ghi một số nguyên từ 0 đến 100."
        for name, percent in (("focus_x", x), ("focus_y", y))
        if percent is None or not 0 <= percent <= 100
    }
    if fields or x is None or y is None:
        raise InvalidInput("Điểm chính của ảnh phải là hai số từ 0 đến 100.", fields)
    media.focus_x, media.focus_y = x, y
    db.session.flush()


def may_delete(user: User, media: Media) -> bool:
    """Whether it is this person's to delete, once nothing uses it."""
    return media.uploaded_by_id == user.id or user.role in policy.BOARD


def delete(*, media: Media, actor: User, now: datetime) -> None:
    """Take it out of the library; its files go after the commit (``uploads.discard_all``).

    Raises NotAllowed for whoever has neither sent it nor sits on the board, and Conflict, with
    the texts that show it, for what any revision uses.
    """
    if not may_delete(actor, media):
        raise NotAllowed(f"Chỉ người tải lên hoặc Ban biên tập xoá được {noun(media)} này.")
    # On PostgreSQL somebody may be saving a text that uses it: one of the two waits.
    db.session.execute(select(Media.id).where(Media.id == media.id).with_for_update())
    used = db.session.scalar(select(_is_used()).where(Media.id == media.id))
    if used:
        raise Conflict(_used_sentence(media, uses_of(media=media, user=actor, now=now)))
    db.session.delete(media)
    db.session.flush()


def _used_sentence(media: Media, uses: Sequence[Use]) -> str:
    titles = [
        f"“{use.publication.title or 'chưa có tiêu đề'}”"
        for use in uses
        if use.publication is not None
    ][:_NAMED_USES]
    others = len(uses) - len(titles)
    named = ", ".join(titles)
    if others:
        named += f"{' và ' if named else ''}{others} bài khác"
    return (
        f"Chưa xoá: {noun(media)} này đang dùng trong {named}. "
        "Các bản cũ của bài vẫn cần nó; hãy thay bằng tệp khác nếu nội dung sai."
    )


def get(*, media_id: int, user: User, now: datetime) -> Media | None:
    """The picture or file, if the user may see it."""
    # A number that no column can hold would be an error on PostgreSQL.
    media = db.session.get(Media, media_id) if 0 < media_id < 2**31 else None
    return media if media is not None and may_see(user, media, now) else None


def uploader_of(media: Media) -> User:
    """Who sent it."""
    return db.session.get_one(User, media.uploaded_by_id)


def title_of(media: Media) -> str:
    """What it is called in a list: what was said of it, or its file's name."""
    return media.caption or media.alt or PurePosixPath(media.original_name).name
