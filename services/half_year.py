"""The half-year report: what was published between two days, line by line, and by whom.

A figure and the list that it counts come of the same condition, so that they cannot differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, select

from extensions import db
from models import (
    DocumentDetail,
    Kind,
    Language,
    Origin,
    ProcedureDetail,
    Publication,
    Revision,
    Section,
    Unit,
    User,
)
from services import duty_ledger
from services.dates import end_of_day, start_of_day
from services.duty_ledger import Chosen, Share
from services.errors import InvalidInput
from services.visibility import in_language

# Luật Ban hành văn bản quy phạm pháp luật 2025, Điều 4: these make law; other types administer.
LEGAL_TYPES = (
    "luat", "phap-lenh", "nghi-quyet", "nghi-dinh", "thong-tu", "thong-tu-lien-tich",
)  # fmt: skip
MAX_GROUPS = 60
DUE_HEADER = (
    *("Chia theo", "Việc", "Đến hạn trong kỳ", "Xong đúng hạn", "Xong trễ hạn"),
    *("Quá hạn chưa xong", "Chưa đến hạn", "Tỷ lệ đúng hạn"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the report. ``is_stock``: it counts all that stands at the last day, not only
    what was put up since the first. ``of`` is the line that it is a part of."""

    key: str
    label: str
    condition: ColumnElement[bool]
    is_stock: bool = False
    of: str = ""


_IS_LEGAL = DocumentDetail.document_type.in_(LEGAL_TYPES)
_ROWS = (
    Line("tin-bai", "Tin, bài", Publication.kind == Kind.POST),
    Line(
        "tu-viet",
        "Tin, bài tự viết",
        and_(Publication.kind == Kind.POST, Revision.origin == Origin.OWN),
        of="tin-bai",
    ),
    Line("thong-bao", "Thông báo, chỉ đạo điều hành", Publication.kind == Kind.NOTICE),
    Line("van-ban", "Văn bản pháp luật, hành chính", Publication.kind == Kind.DOCUMENT),
    Line(
        "van-ban-phap-luat",
        "Văn bản quy phạm pháp luật (luật, nghị quyết, nghị định, thông tư)",
        and_(Publication.kind == Kind.DOCUMENT, func.coalesce(_IS_LEGAL, False)),
        of="van-ban",
    ),
    Line("khieu-nai", "Kết quả giải quyết khiếu nại, tố cáo", Publication.kind == Kind.COMPLAINT),
    Line("thu-tuc", "Thủ tục, dịch vụ công", Publication.kind == Kind.PROCEDURE, is_stock=True),
    Line(
        "truc-tuyen",
        "Dịch vụ công trực tuyến (toàn trình, một phần)",
        and_(
            Publication.kind == Kind.PROCEDURE,
            ProcedureDetail.online_level.in_(("toan-trinh", "mot-phan")),
        ),
        is_stock=True,
        of="thu-tuc",
    ),
    Line("du-thao", "Dự thảo lấy ý kiến", Publication.kind == Kind.CONSULTATION),
    Line("hoi-dap", "Câu hỏi đã trả lời", Publication.kind == Kind.QUESTION),
    Line("nhiem-vu", "Nhiệm vụ khoa học và công nghệ", Publication.kind == Kind.TASK),
)
LINES: dict[str, Line] = {line.key: line for line in _ROWS}


class By(StrEnum):
    """What figures are told apart by; the values stand in addresses."""

    UNIT = "don-vi"
    SECTION = "chuyen-muc"
    AUTHOR = "tac-gia"


BY_LABELS = {By.UNIT: "Đơn vị", By.SECTION: "Chuyên mục", By.AUTHOR: "Tác giả"}
# The column that names a group, and the one that tells it.
_GROUPS: dict[By, tuple[Any, Any]] = {
    By.UNIT: (Publication.unit_id, Unit.name),
    By.SECTION: (Publication.section_id, Section.name),
    By.AUTHOR: (Publication.author_id, User.full_name),
}


@dataclass(frozen=True, slots=True)
class Group:
    """One unit, section or author with its figures, by line; ``id`` 0 is none at all."""

    id: int
    name: str
    figures: dict[str, int]


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of a period, both days included."""

    first: date
    last: date
    figures: dict[str, int]
    groups: dict[By, list[Group]]
    # What was due in these days: all together, and by the duty's key.
    due: Share
    duties: dict[str, Share]


@dataclass(frozen=True, slots=True)
class Counted:
    """One page of what a figure counts."""

    items: Sequence[Publication]
    number: int
    pages: int
    total: int


def report(*, first: date, last: date, now: datetime, user: User | None = None) -> Report:
    """All figures of a period; of duties as they stand now, those that this person may know of.
    Raises InvalidInput for days in the wrong order."""
    _check(first, last)
    sums = _sums(first)
    figures = db.session.execute(_published(last).with_only_columns(*sums)).one()
    groups: dict[By, list[Group]] = {}
    for by, (key, name) in _GROUPS.items():
        rows = db.session.execute(
            _published(last)
            .with_only_columns(key, name, *sums)
            .group_by(key, name)
            .order_by(sums[0].desc(), name)
            .limit(MAX_GROUPS)
        )
        found = [Group(row[0] or 0, row[1] or "—", _figures(row[2:])) for row in rows]
        groups[by] = [group for group in found if any(group.figures.values())]
    chosen = Chosen(first=first, last=last)
    due, duties = duty_ledger.shares_by_duty(user=user, chosen=chosen, now=now)
    return Report(first, last, _figures(figures), groups, due, duties)


def counted(
    *,
    line: Line,
    first: date,
    last: date,
    by: By | None = None,
    group_id: int = 0,
    number: int = 1,
    per_page: int = 25,
) -> Counted:
    """What a figure counts, newest first. A number past the end gives the last page."""
    _check(first, last)
    chosen = _published(last).where(_holds(line, first))
    if by is not None:
        key = _GROUPS[by][0]
        chosen = chosen.where(key == group_id if group_id else key.is_(None))
    total = db.session.scalar(chosen.with_only_columns(func.count(Publication.id))) or 0
    pages = max(1, -(-total // per_page))
    number = min(max(1, number), pages)
    ordered = chosen.with_only_columns(Publication).order_by(
        Publication.published_at.desc(), Publication.id.desc()
    )
    items = db.session.scalars(ordered.limit(per_page).offset((number - 1) * per_page)).all()
    return Counted(items, number, pages, total)


def rows_of(found: Report) -> tuple[list[str], list[list[str]]]:
    """The report as a table to keep: a header, and rows of text."""
    header = ["Chia theo", "Tên", *(line.label for line in LINES.values())]
    rows = [["Toàn trang", "", *(str(found.figures[key]) for key in LINES)]]
    for by, groups in found.groups.items():
        rows += [
            [BY_LABELS[by], group.name, *(str(group.figures[key]) for key in LINES)]
            for group in groups
        ]
    rows += [[], list(DUE_HEADER)]
    rows += [
        ["Thời hạn", share.name, *said_of(share)] for share in (found.due, *found.duties.values())
    ]
    return header, rows


def said_of(share: Share) -> list[str]:
    """The cells under ``DUE_HEADER``, after the name."""
    counts = (share.total, share.on_time, share.late, share.overdue, share.waiting)
    return [*map(str, counts), f"{share.percent}%" if share.percent is not None else "–"]


def _check(first: date, last: date) -> None:
    if first > last:
        sentence = "“Đến ngày” phải sau hoặc bằng “Từ ngày”."
        raise InvalidInput(sentence, {"last": sentence})


def _published(last: date) -> Select[Any]:
    """What was put up until the last day and not taken off: what has expired since counts."""
    return (
        select(Publication.id)
        .join(Revision, Revision.id == Publication.live_revision_id)
        .join(Unit, Unit.id == Publication.unit_id)
        .join(User, User.id == Publication.author_id)
        .outerjoin(Section, Section.id == Publication.section_id)
        .outerjoin(DocumentDetail, DocumentDetail.revision_id == Revision.id)
        .outerjoin(ProcedureDetail, ProcedureDetail.revision_id == Revision.id)
        .where(
            Publication.withdrawn_at.is_(None),
            Publication.published_at <= end_of_day(last),
            in_language(Language.VI),
        )
    )


def _holds(line: Line, first: date) -> ColumnElement[bool]:
    if line.is_stock:
        return line.condition
    return and_(line.condition, Publication.published_at >= start_of_day(first))


def _sums(first: date) -> list[Any]:
    return [func.sum(case((_holds(line, first), 1), else_=0)) for line in LINES.values()]


def _figures(row: Sequence[Any]) -> dict[str, int]:
    return {key: int(value or 0) for key, value in zip(LINES, row, strict=True)}
