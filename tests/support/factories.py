"""Plain functions that make rows, flushed and not committed, with what a test does not say.

All take keywords only. Names count up, so that two calls never collide.
"""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import uuid4

from argon2 import PasswordHasher

from extensions import db
from models import (
    Channel,
    DayPart,
    Genre,
    Kind,
    Media,
    Origin,
    Poll,
    PollChoice,
    Publication,
    Revision,
    Role,
    ScheduleEntry,
    Section,
    SiteLink,
    State,
    Unit,
    User,
    ViewTotal,
    VoiceItem,
    VoiceStatus,
)
from services.dates import local_date
from services.kind_fields import Field, FieldType
from services.kinds import KINDS, cleaned_details, set_details
from services.vietnamese import person_sort_key, slugify, sort_key
from services.voice.codes import hash_of

# A Monday morning in Đà Nẵng; whatever a test does not date happened then.
NOW = datetime(2026, 9, 14, 2, 0, tzinfo=UTC)
# States in which a citizen can read the revision, or could.
PUBLIC_STATES = {State.PUBLISHED, State.WITHDRAWN, State.ARCHIVED, State.SUPERSEDED}
# States in which nobody but the author has seen the revision.
PRIVATE_STATES = {State.DRAFT}
# What a test does not say of a kind's own fields; the others follow from their type.
_TYPED = {
    "document_number": "12/TB-SKHCN",
    "issuing_body": "Sở Khoa học và Công nghệ",
    "closes_on": "31/12/2026",
    "expires_on": "31/12/2030",
    "ends_on": "31/12/2027",
}
# No password matches it. Tests that log in through the form give `password`.
NO_PASSWORD = "!"

Row = TypeVar("Row")

_numbers = itertools.count(1)


def make_unit(*, name: str | None = None, **fields: Any) -> Unit:
    name = name or f"Phòng Chuyên môn số {next(_numbers)}"
    defaults = {"slug": slugify(name), "sort_key": sort_key(name)}
    return _add(Unit(name=name, **{**defaults, **fields}))


def make_section(*, name: str | None = None, **fields: Any) -> Section:
    name = name or f"Chuyên mục số {next(_numbers)}"
    return _add(Section(name=name, **{"slug": slugify(name), **fields}))


def make_user(
    *,
    role: Role | str = Role.CONTRIBUTOR,
    full_name: str = "Nguyễn Thị Thử Nghiệm",
    password: str | None = None,
    unit: Unit | None = None,
    **fields: Any,
) -> User:
    """Make an account; with `password` it can log in through the form (argon2, so slow)."""
    number = next(_numbers)
    defaults = {
        "username": f"nguoi.dung.{number}",
        "sort_key": person_sort_key(full_name),
        "password_hash": _hash(password) if password else NO_PASSWORD,
        "session_token": f"session-{number}",
        "created_at": NOW,
    }
    unit = unit or make_unit()
    user = User(full_name=full_name, role=Role(role), unit=unit, **{**defaults, **fields})
    return _add(user)


def make_publication(
    *,
    state: State | str = State.PUBLISHED,
    kind: Kind | str = Kind.POST,
    title: str | None = None,
    summary: str = "Tóm tắt của bài viết dùng để thử.",
    body: str = "<p>Nội dung của bài viết dùng để thử.</p>",
    byline: str = "Thử Nghiệm",
    author: User | None = None,
    section: Section | None = None,
    unit: Unit | None = None,
    published_at: datetime | None = None,
    views: int = 0,
    details: dict[str, str] | None = None,
    **fields: Any,
) -> Publication:
    """Make a publication whose only revision is in `state`, with dates and people to match.

    A published one was published at `published_at`, or an hour before NOW.
    """
    state, kind = State(state), Kind(kind)
    title = title or f"Bài viết thử nghiệm số {next(_numbers)}"
    author = author or make_user()
    is_public = state in PUBLIC_STATES
    published_at = published_at or (NOW - timedelta(hours=1) if is_public else None)
    written_at = (published_at or NOW) - timedelta(days=1)
    publication = Publication(
        kind=kind,
        title=title,
        summary=summary,
        byline=byline,
        author=author,
        section=section or make_section(),
        unit=unit or author.unit,
        published_at=published_at,
        **{
            "slug": slugify(title),
            "created_at": written_at,
            "updated_at": published_at or written_at,
            "withdrawn_at": NOW if state is State.WITHDRAWN else None,
            "withdrawn_reason": "Số liệu cần kiểm tra lại." if state is State.WITHDRAWN else "",
            **fields,
        },
    )
    _add(publication)
    revision = make_revision(publication=publication, state=state, body=body, details=details)
    if is_public:
        publication.live_revision = revision
        publication.posted_by = fields.get("posted_by") or author
    if views:
        db.session.add(ViewTotal(publication_id=publication.id, total=views))
    db.session.flush()
    return publication


def make_revision(
    *,
    publication: Publication,
    state: State | str = State.DRAFT,
    details: dict[str, str] | None = None,
    **fields: Any,
) -> Revision:
    """Make the publication's next revision, a copy of its title and the like, and its latest.

    ``details`` are the own fields of its kind that a test says, as somebody would type them.
    """
    state = State(state)
    latest = publication.latest_revision
    written_at = publication.created_at
    seen = state not in PRIVATE_STATES
    revision = Revision(
        publication=publication,
        state=state,
        **{
            "number": latest.number + 1 if latest else 1,
            "title": publication.title,
            "summary": publication.summary,
            "body": "<p>Nội dung của bài viết dùng để thử.</p>",
            "byline": publication.byline,
            "section": publication.section,
            "genre": Genre.NEWS,
            "origin": Origin.OWN,
            "author": publication.author,
            "written_by": publication.author,
            "secrecy_declared": seen,
            "submitted_at": written_at if seen else None,
            "frozen_at": written_at if seen else None,
            "created_at": written_at,
            "updated_at": written_at,
            **fields,
        },
    )
    _add(revision)
    set_details(revision, publication.kind, kind_details(publication.kind, **(details or {})))
    publication.latest_revision = revision
    db.session.flush()
    return revision


def kind_details(kind: Kind, **said: str) -> dict[str, str]:
    """A value for each of a kind's own fields, as somebody would type it."""
    unknown = set(said) - set(KINDS[kind].detail_fields)
    if unknown:
        raise LookupError(f"{kind.value} has no {unknown}")
    typed = {field.name: _TYPED.get(field.name, _by_type(field)) for field in KINDS[kind].fields}
    values, wrong = cleaned_details(kind, typed | said)
    if wrong:
        raise ValueError(wrong)
    return values


def _by_type(field: Field) -> str:
    match field.type:
        case FieldType.DAY:
            return "05/07/2026"
        case FieldType.NUMBER:
            return "1"
        case FieldType.DOCUMENTS:
            return ""
        case FieldType.CHOICE:
            return field.choices[0][0]
        case FieldType.ADDRESS:
            return "https://dichvucong.gov.vn/"
        case _:
            return f"{field.label} dùng để thử"


def make_media(*, uploaded_by: User | None = None, **fields: Any) -> Media:
    """Make the row of a picture; no file is behind it."""
    number = next(_numbers)
    uploaded_by = uploaded_by or make_user()
    defaults: dict[str, Any] = {
        "token": f"anh-thu-{number:08d}",
        "sha256": f"{number:064x}",
        "original_name": f"anh-{number}.jpg",
        "mime": "image/webp",
        "width": 1200,
        "height": 800,
        "size_bytes": 90_000,
        "widths": [480, 960, 1200],
        "alt": "Người dân nộp hồ sơ ở bộ phận một cửa",
        "unit_id": uploaded_by.unit.id,
        "uploaded_by_id": uploaded_by.id,
        "created_at": NOW,
    }
    return _add(Media(**{**defaults, **fields}))


def make_voice_item(
    *,
    channel: Channel | str = Channel.QUESTION,
    status: VoiceStatus | str = VoiceStatus.RECEIVED,
    code: str = "",
    **fields: Any,
) -> VoiceItem:
    """Make what a reader sent, as if through its form; `code` opens its tracking page."""
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "code_hash": hash_of(code) if code else f"{number:064x}",
        "send_key": f"{number:064x}",
        "subject": "Thủ tục đăng ký nhãn hiệu" if Channel(channel) is not Channel.COMMENT else "",
        "text": "Tôi muốn hỏi nơi nộp hồ sơ và thời gian chờ.",
        "received_at": NOW,
    }
    item = VoiceItem(channel=Channel(channel), status=VoiceStatus(status), **{**defaults, **fields})
    return _add(item)


def make_poll(*, created_by: User, is_open: bool = True, **fields: Any) -> Poll:
    """Make a poll of three choices, open unless told otherwise."""
    poll = Poll(
        question="Bạn đọc trang này bằng gì?",
        is_open=is_open,
        created_by_id=created_by.id,
        created_at=NOW,
        opened_at=NOW if is_open else None,
        **fields,
    )
    poll.choices = [
        PollChoice(position=at, text=text)
        for at, text in enumerate(("Điện thoại", "Máy tính", "Máy tính bảng"))
    ]
    return _add(poll)


def make_site_link(**fields: Any) -> SiteLink:
    """Make a link of the page of links, shown unless told otherwise."""
    given = {
        "name": "Cổng Dịch vụ công quốc gia",
        "address": "https://dichvucong.example.vn/",
        "heading": "Nộp hồ sơ",
        "position": 0,
    }
    return _add(SiteLink(**(given | fields)))


def make_schedule_entry(*, created_by: User, **fields: Any) -> ScheduleEntry:
    """Make something that leaders do, all of the day of NOW unless told otherwise."""
    values = {
        "uid": str(uuid4()),
        "on": local_date(NOW),
        "part": DayPart.ALL_DAY,
        "content": "Giao ban",
        "created_at": NOW,
        "changed_at": NOW,
    }
    entry = ScheduleEntry(**{**values, **fields})
    entry.created_by_id = entry.changed_by_id = created_by.id
    return _add(entry)


def _hash(password: str) -> str:
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(password)


def _add(row: Row) -> Row:
    db.session.add(row)
    db.session.flush()
    return row
