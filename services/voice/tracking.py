"""What a sender sees with the code, and what nobody sees without it."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from extensions import db
from models import Channel, Publication, VoiceItem, VoiceStatus
from services.errors import NotFound
from services.visibility import is_visible
from services.voice.channels import CHANNELS
from services.voice.codes import hash_of
from services.voice.rules import OPEN, STATUS_LABELS, status_label

# One sentence for every code that opens nothing, whatever the cause.
NOT_FOUND = (
    "Không tìm thấy gì với mã này. Mã gồm 24 chữ và số; hãy chép lại từ trang đã nhận hoặc từ thư. "
    "Nội dung đã xoá theo thời hạn lưu cũng không còn tra cứu được."
)


@dataclass(frozen=True, slots=True)
class Step:
    """One stage on the way; ``state`` is done, current or ahead."""

    label: str
    state: str
    note: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Tracked:
    """Where it stands, for its sender."""

    item: VoiceItem
    label: str
    steps: tuple[Step, ...]
    due_on: date | None
    answer: str
    reason: str
    may_take_back: bool
    # The address of what was made of it, if readers see that.
    has_public_page: bool
    # What it is about, if readers see it: there a correction or a comment is read.
    about: Publication | None


def find(*, code: str, now: datetime) -> Tracked:
    """What the code opens. Raises NotFound, in the same words for whatever does not open."""
    hashed = hash_of(code)
    item = db.session.scalar(select(VoiceItem).where(VoiceItem.code_hash == (hashed or "-")))
    if item is None or item.erased_at is not None:
        raise NotFound(NOT_FOUND)
    is_answered = item.status is VoiceStatus.ANSWERED
    made, about = item.made_publication, item.publication
    return Tracked(
        item=item,
        label=_label(item),
        steps=_steps(item),
        due_on=item.due_on if item.status in OPEN else None,
        answer=item.answer if is_answered else "",
        reason=item.refusal_reason if item.status is VoiceStatus.REFUSED else "",
        may_take_back=item.status in OPEN,
        has_public_page=made is not None and is_visible(made, now),
        about=about if about is not None and is_visible(about, now) else None,
    )


def _label(item: VoiceItem) -> str:
    """Where it stands. That an answer is being reviewed is the desk's own business."""
    if item.status is VoiceStatus.IN_REVIEW and item.public_at is None:
        return STATUS_LABELS[VoiceStatus.ANSWERING]
    return status_label(item)


def _steps(item: VoiceItem) -> tuple[Step, ...]:
    noun = CHANNELS[item.channel].noun
    rank = {
        VoiceStatus.RECEIVED: 0,
        VoiceStatus.ASSIGNED: 1,
        VoiceStatus.ANSWERING: 2,
        # That somebody is reviewing it is the desk's own business.
        VoiceStatus.IN_REVIEW: 2,
        VoiceStatus.ANSWERED: 3,
    }.get(item.status, 3)
    to_unit = f"Đơn vị xử lý: {item.unit.name}" if item.unit and rank >= 1 else ""
    ends = {
        VoiceStatus.REFUSED: "Không tiếp nhận",
        VoiceStatus.TAKEN_BACK: "Đã rút lại",
    }.get(item.status, "Có trả lời")
    if item.channel is Channel.COMMENT:
        shown = item.public_at is not None
        is_over = item.status not in OPEN
        steps = [
            Step(f"Đã nhận {noun}", "done" if shown or is_over else "current", at=item.received_at)
        ]
        if shown or not is_over:
            steps.append(
                Step(
                    "Đăng dưới dự thảo",
                    ("done" if is_over else "current") if shown else "ahead",
                    at=item.public_at,
                )
            )
        last = "Tiếp thu, giải trình" if ends == "Có trả lời" else ends
        steps.append(Step(last, "current" if is_over else "ahead", at=item.closed_at))
        return tuple(steps)
    labels = (f"Đã nhận {noun}", "Chuyển đơn vị xử lý", "Đang trả lời", ends)
    notes = ("", to_unit, "", "")
    moments = (item.received_at, None, None, item.closed_at)
    is_cut_short = item.status in {VoiceStatus.REFUSED, VoiceStatus.TAKEN_BACK}
    return tuple(
        Step(
            label,
            "done" if place < rank else "current" if place == rank else "ahead",
            notes[place],
            moments[place],
        )
        for place, label in enumerate(labels)
        # What never happened is not told of.
        if not (is_cut_short and place in {1, 2} and (place == 2 or item.unit is None))
    )
