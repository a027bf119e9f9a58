"""Dates, times and numbers as Vietnamese readers write them.

Instants are aware UTC datetimes (`*_at`); days are dates in Asia/Ho_Chi_Minh (`*_on`).
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from services.errors import InvalidInput, say

HO_CHI_MINH = ZoneInfo("Asia/Ho_Chi_Minh")

_DAY_MONTH_YEAR = re.compile(
    r"(?P<day>[0-9]{1,2})\s*[/.\-]\s*(?P<month>[0-9]{1,2})\s*[/.\-]\s*(?P<year>[0-9]{4})"
)
# What <input type="date"> sends, and what other systems write.
_ISO = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})")
_TIME = re.compile(r"(?P<hour>[0-9]{1,2})(?::|h|\s*giờ\s*)(?P<minute>[0-9]{2})?(?:\s*phút)?")
# Keeps a day's bounds inside what a datetime can hold, and a typing slip out of the statistics.
_FIRST_YEAR, _LAST_YEAR = 1900, 2200

_WEEKDAYS = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ Nhật")


def parse_date(text: str) -> date:
    """Read a day written 5/7/2017, 05-07-2017 or 05.07.2017 (day first), or ISO 2017-07-05.

    Raises InvalidInput, with a sentence naming what was typed, for anything else and for days
    that don't exist.
    """
    typed = text.strip()
    match = _DAY_MONTH_YEAR.fullmatch(typed) or _ISO.fullmatch(typed)
    if match is None:
        raise InvalidInput(
            say(
                "Ngày “%(day)s” chưa đúng. Hãy ghi ngày/tháng/năm, ví dụ 05/07/2017.",
                day=_shorten(typed),
            )
        )
    year = int(match["year"])
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise InvalidInput(
            say(
                "Năm %(year)s nằm ngoài khoảng %(first)s–%(last)s. Hãy xem lại ngày “%(day)s”.",
                year=year,
                first=_FIRST_YEAR,
                last=_LAST_YEAR,
                day=typed,
            )
        )
    try:
        return date(year, int(match["month"]), int(match["day"]))
    except ValueError:
        raise InvalidInput(
            say(
                "Không có ngày “%(day)s” trong lịch. Hãy ghi ngày/tháng/năm, ví dụ 05/07/2017.",
                day=typed,
            )
        ) from None


def parse_time(text: str) -> time:
    """Read a time of day written 14:05, 14h05 or 14h. Raises InvalidInput for anything else."""
    typed = text.strip().lower()
    match = _TIME.fullmatch(typed)
    if match is not None:
        hour, minute = int(match["hour"]), int(match["minute"] or 0)
        if hour < 24 and minute < 60:
            return time(hour, minute)
    raise InvalidInput(f"Giờ “{_shorten(typed)}” chưa đúng. Hãy ghi giờ:phút, ví dụ 14:05.")


def _shorten(text: str) -> str:
    return text if len(text) <= 40 else text[:40] + "…"


def local_date(moment: datetime) -> date:
    """The day in Asia/Ho_Chi_Minh on which an aware datetime falls."""
    return _aware(moment).astimezone(HO_CHI_MINH).date()


def start_of_day(day: date) -> datetime:
    """The first instant of a day in Asia/Ho_Chi_Minh, as an aware UTC datetime."""
    return datetime.combine(day, time.min, tzinfo=HO_CHI_MINH).astimezone(UTC)


def end_of_day(day: date) -> datetime:
    """The last microsecond of a day in Asia/Ho_Chi_Minh, as an aware UTC datetime.

    So that "đến ngày" includes the whole day that was typed.
    """
    return start_of_day(day + timedelta(days=1)) - timedelta(microseconds=1)


def combine(day: date, at: time) -> datetime:
    """The instant of a wall-clock time in Asia/Ho_Chi_Minh, as an aware UTC datetime."""
    return datetime.combine(day, at, tzinfo=HO_CHI_MINH).astimezone(UTC)


def format_date(moment: date | datetime) -> str:
    """Write a day as 05/07/2017; an aware datetime falls on its day in Asia/Ho_Chi_Minh."""
    day = local_date(moment) if isinstance(moment, datetime) else moment
    return f"{day.day:02}/{day.month:02}/{day.year:04}"


def format_time(moment: datetime) -> str:
    """Write the time of day in Asia/Ho_Chi_Minh as 14:05."""
    local = _aware(moment).astimezone(HO_CHI_MINH)
    return f"{local.hour:02}:{local.minute:02}"


def format_datetime(moment: datetime) -> str:
    """Write an aware datetime as 14:05, 05/07/2017 in Asia/Ho_Chi_Minh."""
    return f"{format_time(moment)}, {format_date(moment)}"


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a naive datetime has no place in time: pass an aware one")
    return moment


def format_number(number: float | Decimal, *, decimals: int | None = None) -> str:
    """Write 1234567.5 as 1.234.567,5: dots by thousands, a decimal comma.

    `decimals` fixes how many digits follow the comma; left out, as many as the number has.
    """
    if type(number) is int and decimals is None:
        return f"{number:,}".replace(",", ".")
    value = Decimal(str(number))
    shown = f"{value:,f}" if decimals is None else f"{value:,.{decimals}f}"
    if decimals is None and "." in shown:
        shown = shown.rstrip("0").rstrip(".")
    return shown.translate({ord(","): ".", ord("."): ","})


def weekday_label(moment: date | datetime) -> str:
    """Name the day of the week: "Thứ Hai" … "Chủ Nhật"."""
    day = local_date(moment) if isinstance(moment, datetime) else moment
    return _WEEKDAYS[day.weekday()]
