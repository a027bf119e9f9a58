"""What may be done with what readers sent: one table, read aloud by whoever asks why.

``refusal`` is asked through services/policy, as “voice:<action>”. Who sent it is for the unit
that answers and for the board; a unit sees nothing of what was not given to it.
"""

from dataclasses import dataclass
from enum import StrEnum

from models import Channel, Role, User, VoiceItem, VoiceStatus

S, C = VoiceStatus, Channel
OPEN = frozenset({S.RECEIVED, S.ASSIGNED, S.ANSWERING, S.IN_REVIEW})
WRITABLE = OPEN - {S.IN_REVIEW}
CLOSED = frozenset({S.ANSWERED, S.REFUSED, S.TAKEN_BACK})
ALL = frozenset(Channel)
WITH_LIMIT = ALL - {C.COMMENT}
COMMENTS, QUESTIONS = frozenset({C.COMMENT}), frozenset({C.QUESTION})
REVIEWED, DONE = frozenset({S.IN_REVIEW}), frozenset({S.ANSWERED})
JUDGED, SHOWN = frozenset({S.ANSWERED, S.REFUSED}), OPEN | {S.ANSWERED}
BOARD = frozenset({Role.EDITOR, Role.CHIEF})

STATUS_LABELS = {
    S.RECEIVED: "Đã tiếp nhận",
    S.ASSIGNED: "Đã chuyển đơn vị",
    S.ANSWERING: "Đang soạn trả lời",
    S.IN_REVIEW: "Chờ duyệt trả lời",
    S.ANSWERED: "Đã trả lời",
    S.REFUSED: "Không tiếp nhận",
    S.TAKEN_BACK: "Người gửi đã rút",
}


class Who(StrEnum):
    """Whose hand an action needs."""

    BOARD = "board"
    OTHER_BOARD = "other_board"  # and not who wrote the answer
    HANDLER = "handler"  # the unit that it was given to, or the board


class Asks(StrEnum):
    """What an action needs beside the click."""

    NOTHING = ""
    UNIT = "unit"
    ANSWER = "answer"
    REASON = "reason"
    DAY = "day"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Rule:
    """One action. ``to`` is where it leads; None: where it stood, or as the action says."""

    action: str
    label: str
    channels: frozenset[Channel]
    sources: frozenset[VoiceStatus]
    to: VoiceStatus | None
    who: Who
    asks: Asks = Asks.NOTHING
    key: str = ""


_TABLE = (
    Rule("assign", "Giao đơn vị", ALL, OPEN, None, Who.BOARD, Asks.UNIT, "g"),
    Rule("show", "Duyệt đăng", ALL, SHOWN, None, Who.BOARD, Asks.TEXT, "d"),
    Rule("draft", "Lưu nháp trả lời", ALL, WRITABLE, S.ANSWERING, Who.HANDLER, Asks.ANSWER, "l"),
    Rule("submit", "Trình trả lời", ALL, WRITABLE, S.IN_REVIEW, Who.HANDLER, Asks.ANSWER, "t"),
    Rule("approve", "Duyệt, gửi trả lời", ALL, REVIEWED, S.ANSWERED, Who.OTHER_BOARD, key="a"),
    Rule("return", "Trả lại để sửa", ALL, REVIEWED, S.ANSWERING, Who.BOARD, Asks.REASON, "r"),
    Rule("extend", "Hẹn ngày trả lời", WITH_LIMIT, OPEN, None, Who.HANDLER, Asks.DAY, "h"),
    Rule("refuse", "Không tiếp nhận", ALL, OPEN, S.REFUSED, Who.BOARD, Asks.REASON),
    Rule("finish", "Kết thúc, giải trình chung", COMMENTS, WRITABLE, S.ANSWERED, Who.BOARD),
    Rule("hide", "Gỡ khỏi trang", ALL, SHOWN, None, Who.BOARD, Asks.REASON),
    Rule("publish", "Soạn bài hỏi đáp", QUESTIONS, DONE, None, Who.HANDLER),
    Rule("reopen", "Mở lại", ALL, JUDGED, None, Who.BOARD, Asks.REASON),
)  # fmt: skip
RULES: dict[str, Rule] = {rule.action: rule for rule in _TABLE}
# Channels whose items readers may see, once they are let out.
SHOWN_CHANNELS = frozenset({C.COMMENT, C.REUSE})


def status_label(item: VoiceItem) -> str:
    """Where it stands, in words that fit its channel."""
    if item.channel is C.COMMENT and item.public_at is not None:
        return "Đã đăng, đã giải trình" if item.status is S.ANSWERED else "Đã đăng"
    if item.channel is C.REUSE and item.status is S.ANSWERED:
        return "Đã đồng ý"
    if item.channel is C.REUSE and item.status is S.REFUSED:
        return "Không đồng ý"
    return STATUS_LABELS[item.status]


def refusal(user: User, action: str, item: VoiceItem | None) -> str | None:
    """Why this person may not, or None if they may. ``list`` needs no item; ``view`` goes with
    seeing who sent it. Raises LookupError for an unknown action."""
    if action == "list":
        return None
    if item is None:
        raise LookupError(action)
    if not _is_handler(user, item):
        return "Việc này do đơn vị khác xử lý; chỉ đơn vị được giao và Ban biên tập xem được."
    if action == "view":
        return None
    rule = RULES[action]
    return (
        _state_refusal(rule, item) or _who_refusal(rule, user, item) or _condition(rule, user, item)
    )


def _is_handler(user: User, item: VoiceItem) -> bool:
    return user.role in BOARD or (item.unit_id is not None and item.unit_id == user.unit_id)


def _state_refusal(rule: Rule, item: VoiceItem) -> str | None:
    if item.erased_at is not None:
        return "Nội dung đã được xoá theo thời hạn lưu nên không làm gì thêm được."
    if item.channel not in rule.channels:
        return f"“{rule.label}” không dùng cho loại này."
    if item.status not in rule.sources:
        return f"Không thể “{rule.label}” khi đang ở bước “{status_label(item)}”."
    return None


def _who_refusal(rule: Rule, user: User, item: VoiceItem) -> str | None:
    if rule.who is Who.HANDLER or user.role in BOARD:
        if rule.who is Who.OTHER_BOARD and item.answer_by_id == user.id:
            return "Bạn là người soạn trả lời này; hãy để một người khác trong Ban biên tập duyệt."
        return None
    return "Chỉ Ban biên tập làm được việc này."


def _condition(rule: Rule, user: User, item: VoiceItem) -> str | None:
    """What the status alone does not tell."""
    is_public = item.public_at is not None
    if rule.action == "show":
        if item.channel not in SHOWN_CHANNELS:
            return "Loại này không đăng trực tiếp."
        if is_public:
            return "Đã đăng rồi."
        if item.channel is C.REUSE and item.status is not S.ANSWERED:
            return "Hãy trả lời đồng ý trước khi ghi vào danh sách công khai."
        if item.channel is C.REUSE and not item.may_publish:
            return "Người gửi không đồng ý ghi vào danh sách công khai."
        if item.channel is C.COMMENT and item.status is S.ANSWERED:
            return "Góp ý đã kết thúc; hãy mở lại trước khi đăng."
    if rule.action == "hide" and not is_public:
        return "Chưa đăng nên không có gì để gỡ."
    if item.channel is C.COMMENT:
        if rule.action in {"draft", "submit", "finish"} and not is_public:
            return "Hãy duyệt đăng góp ý trước khi giải trình."
        if rule.action == "refuse" and is_public:
            return "Góp ý đã đăng; hãy dùng “Gỡ khỏi trang”."
    if rule.action == "publish":
        if not item.may_publish:
            return "Người hỏi không đồng ý đăng câu hỏi."
        if item.made_publication_id is not None:
            return "Câu hỏi này đã có bài hỏi đáp."
    return None
