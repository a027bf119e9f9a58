"""Choices that the administrator makes while the site runs; each with its default and meaning."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select

from extensions import db
from models import Setting, User
from services import audit
from services.duty_rules import DUTIES
from services.duty_rules import MAX_DAYS as MAX_DUTY_DAYS
from services.errors import Conflict, InvalidInput
from services.remembered import remembered

MAX_TEXT_CHARACTERS = 500


class Group(StrEnum):
    """Where a choice stands on the administrator's page."""

    WORKFLOW = "Quy trình biên tập"
    PAGES = "Trang công khai"
    DESK = "Bàn làm việc"
    DUTIES = "Thời hạn phải làm"
    VOICE = "Tiếng nói bạn đọc"


@dataclass(frozen=True, slots=True)
class Choice:
    """One setting. What it admits follows from ``options`` (value: words), else from ``low`` and
    ``high`` for a number, else from the type of its default: a switch or a text."""

    group: Group
    meaning: str
    default: Any
    low: int = 0
    high: int = 0
    unit: str = ""
    options: Mapping[Any, str] | None = None
    hint: str = ""

    @property
    def is_switch(self) -> bool:
        return isinstance(self.default, bool)

    @property
    def is_number(self) -> bool:
        return isinstance(self.default, int) and not self.is_switch

    def admits(self, value: Any) -> bool:
        # True equals 1, and is no number that anybody chose.
        if isinstance(value, bool) is not self.is_switch:
            return False
        if self.options is not None:
            return isinstance(value, type(self.default)) and value in self.options
        if self.is_number:
            return isinstance(value, int) and self.low <= value <= self.high
        return self.is_switch or (isinstance(value, str) and len(value) <= MAX_TEXT_CHARACTERS)

    def admitted(self) -> str:
        """What may be chosen, for the sentence of a refusal."""
        if self.options is not None:
            return ", ".join(str(option) for option in self.options)
        if self.is_number:
            return f"từ {self.low} đến {self.high}"
        return f"tối đa {MAX_TEXT_CHARACTERS} ký tự"

    def words(self, value: Any) -> str:
        """A value as people read it."""
        if self.options is not None:
            return self.options.get(value, str(value))
        if self.is_switch:
            return "Có" if value else "Không"
        return f"{value} {self.unit}".strip()


def _hours(*spans: str) -> dict[str, str]:
    return {span: span.replace("-", "–") for span in spans}


KNOWN: dict[str, Choice] = {
    "review_steps": Choice(
        Group.WORKFLOW,
        "Số bước duyệt",
        2,
        options={
            1: "1 bước: duyệt và đăng ngay",
            2: "2 bước: biên tập, rồi Ban biên tập duyệt",
        },
        hint="Bài đang chờ biên tập không bị chuyển bước; chỉ bài gửi từ lúc đổi theo cách mới.",
    ),
    "posts_per_page": Choice(
        Group.PAGES, "Số bài trên một trang danh sách", 12, low=1, high=100, unit="bài"
    ),
    "schedule_morning": Choice(
        Group.PAGES,
        "Buổi sáng trong lịch công tác là",
        "07:30-11:30",
        options=_hours("07:00-11:00", "07:00-11:30", "07:30-11:30", "07:30-12:00", "08:00-12:00"),
        hint="Cho việc ghi “cả buổi sáng”, khi máy của bạn đọc lấy lịch về (iCalendar).",
    ),
    "schedule_afternoon": Choice(
        Group.PAGES,
        "Buổi chiều trong lịch công tác là",
        "13:30-17:00",
        options=_hours("13:00-16:30", "13:00-17:00", "13:30-17:00", "13:30-17:30", "14:00-17:30"),
    ),
    "target_reminder_day": Choice(
        Group.DESK,
        "Nhắc đơn vị chậm chỉ tiêu từ ngày",
        20,
        low=1,
        high=28,
        unit="hằng tháng",
        hint="Mỗi đơn vị được nhắc một lần trong tháng, vào giờ làm việc.",
    ),
    "target_reminder_percent": Choice(
        Group.DESK,
        "Nhắc đơn vị đạt dưới",
        70,
        low=0,
        high=100,
        unit="% chỉ tiêu",
        hint="Đặt 0 thì không nhắc ai.",
    ),
    "thanks_places": Choice(
        Group.DESK,
        "Cảm ơn hằng tháng đến thứ",
        3,
        low=0,
        high=20,
        hint="Người và đơn vị có nhiều bài tự viết nhất; bằng nhau thì cùng thứ. 0: không gửi.",
    ),
    "tidy_returned_days": Choice(
        Group.DESK, "Nhắc dọn bài bị trả lại sau", 7, low=1, high=365, unit="ngày không ai sửa"
    ),
    "tidy_draft_days": Choice(
        Group.DESK, "Nhắc dọn bản nháp sau", 30, low=1, high=365, unit="ngày không ai sửa"
    ),
    "tidy_views_days": Choice(
        Group.DESK, "Xét bài ít người xem từ", 30, low=1, high=365, unit="ngày sau khi đăng"
    ),
    "tidy_views_fewer_than": Choice(
        Group.DESK, "Bài ít người xem là bài có dưới", 5, low=1, high=1000, unit="lượt xem"
    ),
    "tidy_review_months": Choice(
        Group.DESK,
        "Rà soát lại trang sau",
        24,
        low=0,
        high=120,
        unit="tháng không ai sửa",
        hint="Áp dụng cho trang chưa đặt ngày rà soát. Đặt 0 thì chỉ nhắc trang đã đặt ngày.",
    ),
    **{
        duty.setting: Choice(
            Group.DUTIES,
            duty.label,
            duty.days,
            low=1,
            high=MAX_DUTY_DAYS,
            unit=duty.counted.value,
            hint=f"{duty.source}.",
        )
        for duty in DUTIES.values()
    },
    "voice_answer_review": Choice(
        Group.VOICE,
        "Ban biên tập duyệt câu trả lời trước khi gửi",
        True,
        hint="Người duyệt là người khác người soạn. Tắt thì đơn vị gửi thẳng cho người hỏi.",
    ),
    "voice_keep_days": Choice(
        Group.VOICE,
        "Xoá tên, thư điện tử và lời của người gửi sau",
        180,
        low=90,
        high=3650,
        unit="ngày kể từ khi kết thúc",
        hint="Luật Bảo vệ dữ liệu cá nhân 2025: chỉ lưu trong thời gian cần cho mục đích đã nói.",
    ),
    "voice_work_bits": Choice(
        Group.VOICE,
        "Bằng chứng tính toán chống máy gửi hàng loạt",
        15,
        low=1,
        high=22,
        unit="bit",
        hint="Mỗi bit thêm thì máy của người gửi tính lâu gấp đôi; 15 bit chừng một giây.",
    ),
    "voice_min_seconds": Choice(
        Group.VOICE,
        "Mẫu gửi sớm hơn thì coi là máy",
        3,
        low=0,
        high=60,
        unit="giây sau khi mở",
    ),
    "voice_max_hours": Choice(
        Group.VOICE, "Mẫu mở lâu quá thì phải gửi lại", 12, low=1, high=72, unit="giờ"
    ),
}


def get(key: str) -> Any:
    """The value in force. Raises KeyError for a setting that does not exist."""
    default = KNOWN[key].default

    def read() -> Any:
        row = db.session.get(Setting, key)
        return default if row is None else row.value

    return remembered(("setting", key), read)


def all_in_force() -> dict[str, Any]:
    """Every setting with its value, in one query."""
    stored = {row.key: row.value for row in db.session.scalars(select(Setting))}
    return {key: stored.get(key, choice.default) for key, choice in KNOWN.items()}


def put(*, key: str, value: Any) -> None:
    """Set one. Raises InvalidInput if the value is not among those that it admits."""
    choice = KNOWN[key]
    if not choice.admits(value):
        sentence = f"{choice.meaning}: chỉ nhận một trong các giá trị {choice.admitted()}."
        raise InvalidInput(sentence, {key: sentence})
    row = db.session.get(Setting, key)
    if row is None:
        db.session.add(Setting(key=key, value=value))
    else:
        row.value = value
    db.session.flush()


def seen_token(values: Mapping[str, Any]) -> str:
    """Names what a page showed, so that saving it can tell whether that is still so."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:32]


def change(*, typed: Mapping[str, str], seen: str, actor: User, now: datetime) -> list[str]:
    """Save the whole page as typed, audited; the meanings of what changed.

    A key that is not in ``typed`` is a switch that is off. Raises InvalidInput naming each field
    that is wrong (nothing is saved then), Conflict if somebody else saved since ``seen``.
    """
    # Two administrators at once: the second waits here, and then sees what the first chose.
    db.session.execute(select(Setting.key).with_for_update())
    before = all_in_force()
    wanted: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for key, choice in KNOWN.items():
        value = _read(choice, typed.get(key))
        if choice.admits(value):
            wanted[key] = value
        else:
            wrong[key] = f"{choice.meaning}: hãy chọn {choice.admitted()}."
    if wrong:
        raise InvalidInput(" ".join(wrong.values()), wrong)
    if seen != seen_token(before):
        raise Conflict(
            "Một người khác vừa đổi thiết lập. Chưa có gì bị ghi đè: giá trị đang dùng ghi dưới "
            "mỗi mục; hãy xem lại rồi lưu lần nữa."
        )
    changed = [key for key in KNOWN if wanted[key] != before[key]]
    for key in changed:
        put(key=key, value=wanted[key])
        choice = KNOWN[key]
        audit.record(
            actor=actor,
            action="setting.change",
            subject="setting",
            subject_key=key,
            subject_name=choice.meaning,
            changes={"value": [choice.words(before[key]), choice.words(wanted[key])]},
            now=now,
        )
    return [KNOWN[key].meaning for key in changed]


def _read(choice: Choice, text: str | None) -> Any:
    """A typed value as the setting's own type; None for what cannot be one."""
    if choice.is_switch:
        return text == "1"
    text = (text or "").strip()
    if choice.is_number:
        is_whole = text.isascii() and text.isdigit() and len(text) <= 9
        return int(text) if is_whole else None
    return text
