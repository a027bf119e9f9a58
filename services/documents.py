"""Documents: whether they have effect on a day. Computed when asked, never stored."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, func, not_, or_

from models import DocumentDetail
from services import document_relations
from services.dates import local_date, parse_date


class DocumentStatus(StrEnum):
    """What a document's dates make of it; the values stand in addresses."""

    NOT_YET = "chua-hieu-luc"
    IN_FORCE = "con-hieu-luc"
    OVER = "het-hieu-luc"


STATUS_LABELS: dict[DocumentStatus, str] = {
    DocumentStatus.IN_FORCE: "Còn hiệu lực",
    DocumentStatus.NOT_YET: "Chưa có hiệu lực",
    DocumentStatus.OVER: "Hết hiệu lực",
}


def status_of(
    details: Mapping[str, str], on: date, *, replaced_on: date | None = None
) -> DocumentStatus:
    """The status on a day, which begins at midnight in Đà Nẵng. ``details`` are its own fields
    as text. Without a day of effect it has effect from the day it was issued; from
    ``replaced_on`` another document stands in its place."""
    begins = _day(details, "effective_on") or _day(details, "issued_on")
    ends = _day(details, "expires_on")
    if any(day is not None and day <= on for day in (ends, replaced_on)):
        return DocumentStatus.OVER
    if begins is not None and begins > on:
        return DocumentStatus.NOT_YET
    return DocumentStatus.IN_FORCE


def _day(details: Mapping[str, str], name: str) -> date | None:
    text = details.get(name, "")
    return parse_date(text) if text else None


def has_status(status: str, now: datetime) -> ColumnElement[bool]:
    """The same as a condition on Publication and ``DocumentDetail``."""
    on = local_date(now)
    begins = func.coalesce(DocumentDetail.effective_on, DocumentDetail.issued_on)
    # Each is true or false and never NULL, so that it can be turned round.
    has_begun = or_(begins.is_(None), begins <= on)
    is_over = or_(
        and_(DocumentDetail.expires_on.is_not(None), DocumentDetail.expires_on <= on),
        document_relations.is_replaced(on=on, now=now),
    )
    match DocumentStatus(status):
        case DocumentStatus.OVER:
            return is_over
        case DocumentStatus.NOT_YET:
            return and_(not_(is_over), not_(has_begun))
        case DocumentStatus.IN_FORCE:
            return and_(not_(is_over), has_begun)


def states_of(details: Mapping[int, dict[str, str]], now: datetime) -> dict[int, tuple[str, str]]:
    """The status of each, with its label, by publication."""
    on = local_date(now)
    replaced = document_relations.replaced_days(ids=list(details), now=now)
    return {each: _state(fields, on, replaced.get(each)) for each, fields in details.items()}


def _state(details: Mapping[str, str], on: date, replaced_on: date | None) -> tuple[str, str]:
    status = status_of(details, on, replaced_on=replaced_on)
    label = STATUS_LABELS[status]
    if replaced_on is not None and replaced_on <= on:
        label = f"{label}, đã bị thay thế"
    return status.value, label
