"""The buttons of the desk: each action of the workflow, what it asks for and what it says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from models import Publication, Revision, User
from services import dates, policy, unreviewed, workflow
from services.errors import InvalidInput
from services.publications import seen_token
from services.transitions import RULES, Target


class Asks(StrEnum):
    """What an action needs beside the click."""

    NOTHING = ""
    REASON = "reason"
    NOTE = "note"
    MOMENT = "moment"
    MOMENT_OR_NEVER = "moment_or_never"
    DAY_OR_NEVER = "day_or_never"


class Tone(StrEnum):
    """How a button stands among the others."""

    MAIN = "main"
    PLAIN = "plain"
    MORE = "more"  # behind “Việc khác”
    DANGER = "danger"  # there too, and red


@dataclass(frozen=True, slots=True)
class Action:
    """One button. ``key`` presses it from the keyboard, or goes to it where a slip would do
    harm; ``permission`` is the rule of the workflow that decides whether it is offered; ``done``
    is what is said when it has worked."""

    name: str
    label: str
    perform: Callable[..., Revision]
    done: str
    permission: str
    key: str = ""
    asks: Asks = Asks.NOTHING
    question: str = ""
    tone: Tone = Tone.PLAIN
    edits_next: bool = False
    # Whether the text may be marked for the city portal with the same click.
    marks_portal: bool = False

    @property
    def is_on_live(self) -> bool:
        """Whether it acts on what readers see, not on what is being written."""
        return RULES[self.permission].target is Target.LIVE


def _action(
    name: str,
    perform: Callable[..., Revision],
    done: str,
    *,
    label: str = "",
    permission: str = "",
    **fields: Any,
) -> Action:
    permission = permission or name
    return Action(name, label or RULES[permission].label, perform, done, permission, **fields)


ACTIONS: dict[str, Action] = {
    action.name: action
    for action in (
        _action(
            "approve_and_publish",
            workflow.approve_and_publish,
            "Đã duyệt lúc {time}, lên trang lúc {time}.",
            label="Duyệt và đăng",
            permission="approve",
            key="d",
            tone=Tone.MAIN,
            marks_portal=True,
        ),
        _action(
            "publish",
            workflow.publish,
            "Đã lên trang lúc {time}.",
            key="d",
            tone=Tone.MAIN,
            marks_portal=True,
        ),
        _action(
            "submit",
            workflow.submit,
            "Đã gửi duyệt lúc {time}.",
            key="g",
            tone=Tone.MAIN,
        ),
        _action(
            "resubmit",
            workflow.submit,
            "Đã gửi lại lúc {time}.",
            key="g",
            tone=Tone.MAIN,
        ),
        _action("take", workflow.take, "Bạn nhận biên tập từ {time}.", key="n", tone=Tone.MAIN),
        _action("forward", workflow.forward, "Đã trình duyệt lúc {time}.", key="t"),
        _action(
            "approve_and_schedule",
            workflow.approve_and_schedule,
            "Đã duyệt lúc {time}, sẽ lên trang lúc {at}.",
            label="Duyệt và hẹn giờ",
            permission="approve",
            key="h",
            asks=Asks.MOMENT,
            question="Lên trang lúc",
            marks_portal=True,
        ),
        _action(
            "schedule",
            workflow.schedule,
            "Sẽ lên trang lúc {at}.",
            key="h",
            asks=Asks.MOMENT,
            question="Lên trang lúc",
            marks_portal=True,
        ),
        _action(
            "return",
            workflow.return_for_changes,
            "Đã trả lại tác giả lúc {time}.",
            key="s",
            asks=Asks.REASON,
            question="Cần sửa những gì? Tác giả sẽ đọc lời này.",
        ),
        _action("take_back", workflow.take_back, "Đã rút lại lúc {time}.", key="r"),
        _action("take_over", workflow.take_over, "Bạn nhận thay từ {time}.", key="n"),
        _action("revise", workflow.revise, "Đã mở bản soạn mới.", key="e", edits_next=True),
        _action("republish", workflow.republish, "Đã đăng lại lúc {time}.", key="a"),
        _action(
            "reschedule",
            workflow.reschedule,
            "Đã dời lịch, sẽ lên trang lúc {at}.",
            key="h",
            asks=Asks.MOMENT,
            question="Dời sang",
        ),
        _action(
            "unschedule",
            workflow.unschedule,
            "Đã huỷ hẹn giờ lúc {time}.",
            key="u",
            tone=Tone.MORE,
        ),
        _action(
            "look_over",
            workflow.look_over,
            "Đã ghi nhận bạn xem lại bài lúc {time}.",
            key="v",
        ),
        _action(
            "correct",
            workflow.correct,
            "Đã ghi đính chính lúc {time}.",
            key="c",
            asks=Asks.NOTE,
            question="Điều gì sai, nay đúng là gì? Bạn đọc sẽ thấy lời này dưới bài.",
        ),
        _action(
            "approve",
            workflow.approve,
            "Đã duyệt lúc {time}, chưa đăng.",
            key="y",
            marks_portal=True,
            tone=Tone.MORE,
        ),
        _action(
            "release",
            workflow.release,
            "Đã thôi nhận lúc {time}, bài về hàng chờ.",
            key="i",
            tone=Tone.MORE,
        ),
        _action(
            "expire",
            workflow.expire,
            "Đã đặt lại hạn công khai.",
            key="m",
            asks=Asks.MOMENT_OR_NEVER,
            question="Rời trang lúc (để trống là không hết hạn)",
            tone=Tone.MORE,
        ),
        _action(
            "plan_review",
            workflow.plan_review,
            "Đã đặt lại ngày rà soát.",
            key="o",
            asks=Asks.DAY_OR_NEVER,
            question="Rà soát lại vào (để trống là theo kỳ chung)",
            tone=Tone.MORE,
        ),
        _action(
            "publish_unreviewed",
            workflow.publish_unreviewed,
            "Đã lên trang lúc {time}, không qua duyệt.",
            key="q",
            asks=Asks.REASON,
            question="Vì sao không qua duyệt? Lý do có trong báo cáo của Ban biên tập.",
            tone=Tone.MORE,
        ),
        _action(
            "discard", workflow.discard, "Đã bỏ bản sửa lúc {time}.", key="b", tone=Tone.DANGER
        ),
        _action("archive", workflow.archive, "Đã lưu trữ lúc {time}.", key="l", tone=Tone.DANGER),
        _action(
            "reject",
            workflow.reject,
            "Đã từ chối lúc {time}.",
            key="x",
            asks=Asks.REASON,
            question="Vì sao không đăng? Tác giả sẽ đọc lời này.",
            tone=Tone.DANGER,
        ),
        _action(
            "withdraw",
            workflow.withdraw,
            "Đã gỡ bài lúc {time}.",
            key="w",
            asks=Asks.REASON,
            question="Vì sao gỡ? Bạn đọc mở bài sẽ thấy lời này.",
            tone=Tone.DANGER,
        ),
    )
}


def offered(user: User, publication: Publication, now: datetime) -> list[Action]:
    """The buttons that work for this person and this text now, in the order of the table."""
    has_live = publication.live_revision_id is not None and publication.withdrawn_at is None
    is_waiting = publication.published_at is not None and publication.published_at > now

    def is_apt(action: Action) -> bool:
        if action.name in {"unschedule", "reschedule"}:
            return is_waiting
        if action.name in {"withdraw", "correct"}:
            return not is_waiting
        # One publication has one live text, so a new one cannot wait beside it.
        return not (has_live and action.asks is Asks.MOMENT)

    def is_open(action: Action) -> bool:
        if not policy.can(user, f"publication:{action.permission}", publication):
            return False
        # What only the audit trail knows is asked last.
        return action.name != "look_over" or not unreviewed.look_refusal(
            publication=publication, actor=user
        )

    return [action for action in ACTIONS.values() if is_apt(action) and is_open(action)]


def keys() -> list[tuple[str, list[str]]]:
    """Each key of the desk with the labels of what it does, for the panel that lists them."""
    found: dict[str, list[str]] = {}
    for action in ACTIONS.values():
        if action.key and action.label not in found.setdefault(action.key, []):
            found[action.key].append(action.label)
    return list(found.items())


def seen_for(action: Action, publication: Publication) -> str:
    """The token of the revision that the action would move."""
    revision = publication.live_revision if action.is_on_live else publication.latest_revision
    if action.name == "reschedule":
        return workflow.schedule_token(publication)
    return seen_token(revision) if revision else ""


def read_fields(action: Action, form: Mapping[str, str]) -> dict[str, Any]:
    """What the action asks for, as its service takes it. Raises InvalidInput."""
    match action.asks:
        case Asks.NOTHING:
            return {}
        case Asks.REASON:
            return {"reason": form.get("reason", "")}
        case Asks.NOTE:
            return {"note": form.get("reason", "")}
        case Asks.MOMENT:
            return {"at": _moment(form)}
        case Asks.MOMENT_OR_NEVER:
            return {"at": _moment(form) if form.get("day", "").strip() else None}
        case Asks.DAY_OR_NEVER:
            return {"on": _day(form) if form.get("day", "").strip() else None}


def _day(form: Mapping[str, str]) -> date:
    try:
        return dates.parse_date(form.get("day", ""))
    except InvalidInput as error:
        raise InvalidInput(error.sentence, {"day": error.sentence}) from None


def _moment(form: Mapping[str, str]) -> datetime:
    """Day and hour together: whoever has both wrong is told both at once."""
    fields: dict[str, str] = {}
    try:
        day = _day(form)
    except InvalidInput as error:
        fields.update(error.fields)
    try:
        time = dates.parse_time(form.get("time", ""))
    except InvalidInput as error:
        fields["time"] = error.sentence
    if fields:
        raise InvalidInput(" ".join(fields.values()), fields)
    return dates.combine(day, time)


def outcome(action: Action, fields: Mapping[str, Any], now: datetime) -> str:
    """What is said when the action has worked."""
    at = fields.get("at")
    return action.done.format(
        time=dates.format_time(now), at=dates.format_datetime(at) if at else ""
    )
