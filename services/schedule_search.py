"""The leaders' work schedule for people who search: somebody types "lịch tiếp công dân" or a
leader's name with a day, and means what stands in the schedule and in no text.

It is no part of the index: entries are few, change by the hour and grow old in a week. Those that
readers' calendars have are kept in memory for each version of the content, folded, and looked
through by words.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from models import EntryStatus, ScheduleEntry
from services import dates, schedule_feed, work_schedule
from services.errors import InvalidInput
from services.remembered import remembered_at
from services.vietnamese import fold, nfc
from services.work_schedule import STATUS_LABELS

# As many as help, before the schedule itself does.
MAX_SHOWN = 3
# Two hundred a week for most of a year would be no schedule; the nearest are kept.
MAX_KEPT = 1500
# By these words the schedule itself is asked for.
NAMES = (
    " lich cong tac ",
    " lich lam viec ",
    " lich tiep cong dan ",
    " lich tiep dan ",
    " lich hop ",
    " lich tuan ",
    " lich lanh dao ",
    " lich giam doc ",
    " lich pho giam doc ",
    " work schedule ",
    " working schedule ",
    " leaders schedule ",
)
# What says nothing of an entry, once the schedule is asked for.
_EMPTY = frozenset(
    "lich cong tac lam viec tuan nay cua so lanh dao ngay cac o the of leaders schedule work "
    "working this week".split()
)
_JOINING = frozenset({"cua", "cac", "the", "of"})
_DAYS = {("hom", "nay"): 0, ("today",): 0, ("ngay", "mai"): 1, ("tomorrow",): 1}
_TOKEN = re.compile(r"\d{1,2}[/.-]\d{1,2}(?:[/.-]\d{4})?(?!\d)|\w+")
_SHORT_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})")


@dataclass(frozen=True, slots=True)
class FoundEntry:
    """One entry as a list shows it."""

    on: date
    hours: str
    half: str
    content: str
    chair: str
    is_off: bool
    status: str
    # What it is found by: as it is written, and folded; a space around each word.
    written: str
    folded: str


@dataclass(frozen=True, slots=True)
class FoundSchedule:
    """What search offers of the schedule. ``on``: a day of the week that is meant, or None for
    the present one; ``is_asked_for``: it was named, and not only met."""

    entries: Sequence[FoundEntry]
    total: int
    on: date | None
    is_asked_for: bool


def find(*, q: str, now: datetime, prefix_last: bool = False) -> FoundSchedule | None:
    """What the schedule has for these words; None where it has nothing to say to them."""
    words = _TOKEN.findall(nfc(q).lower())
    folded = [fold(word) for word in words]
    if len(words) < 2 or not work_schedule.has_any():
        return None
    today = dates.local_date(now)
    said = f" {' '.join(word for word in folded if word not in _JOINING)} "
    is_asked_for = any(name in said for name in NAMES)
    days, rest = _parted(words, folded, today)
    if is_asked_for:
        rest = [word for word in rest if fold(word) not in _EMPTY]
    else:
        rest = rest[1:] if folded[0] == "lich" else rest
        if len(rest) < 2:
            return None
    found = [
        entry
        for entry in remembered_at("schedule.search", lambda: _entries(now), now=now)
        if (entry.on in days if days else is_asked_for or entry.on >= today)
        and _has(entry, rest, prefix_last=prefix_last)
    ]
    if not (rest or days):
        # The schedule itself, with what is on today.
        found = [entry for entry in found if entry.on == today]
    if not (found or is_asked_for):
        return None
    found.sort(key=lambda entry: (entry.on < today, abs((entry.on - today).days)))
    on = found[0].on if found else min(days, default=None)
    first, last = work_schedule.span(now=now)
    if on is not None and not first <= work_schedule.monday_of(on) <= last:
        on = None
    return FoundSchedule(found[:MAX_SHOWN], len(found), on, is_asked_for)


def _entries(now: datetime) -> list[FoundEntry]:
    entries = schedule_feed.entries(now=now)
    today = dates.local_date(now)
    nearest = sorted(entries, key=lambda entry: abs((entry.on - today).days))[:MAX_KEPT]
    kept = {entry.id for entry in nearest}
    return [_found(entry) for entry in entries if entry.id in kept]


def _found(entry: ScheduleEntry) -> FoundEntry:
    told = (entry.content, entry.chair, entry.attendees, entry.place, entry.preparing_unit)
    weekday = dates.weekday_label(entry.on)
    written = f" {' '.join(_TOKEN.findall(nfc(' '.join((*told, weekday))).lower()))} "
    return FoundEntry(
        entry.on,
        work_schedule.hours_of(entry),
        work_schedule.half_of(entry),
        entry.content,
        entry.chair,
        entry.status is not EntryStatus.PLANNED,
        STATUS_LABELS[entry.status],
        written,
        fold(written),
    )


def _parted(
    words: Sequence[str], folded: Sequence[str], today: date
) -> tuple[set[date], list[str]]:
    """The days that are named, and the other words."""
    days: set[date] = set()
    rest: list[str] = []
    at = 0
    while at < len(words):
        named = next((name for name in _DAYS if tuple(folded[at : at + len(name)]) == name), None)
        if named is not None:
            days.add(today + timedelta(days=_DAYS[named]))
            at += len(named)
            continue
        if (day := _day_of(words[at], today)) is not None:
            days.add(day)
        else:
            rest.append(words[at])
        at += 1
    return days, rest


def _day_of(word: str, today: date) -> date | None:
    """The day that a word names: 25/11/2026, or 25/11, which is the one nearest to today."""
    if word.isdigit() or not word[0].isdigit():
        return None
    short = _SHORT_DAY.fullmatch(word)
    years = (today.year - 1, today.year, today.year + 1)
    typed = [f"{short[1]}/{short[2]}/{year}" for year in years] if short else [word]
    meant = []
    for one in typed:
        try:
            meant.append(dates.parse_date(one))
        except InvalidInput:
            continue
    return min(meant, key=lambda day: abs((day - today).days), default=None)


def _has(entry: FoundEntry, words: Sequence[str], *, prefix_last: bool) -> bool:
    for number, word in enumerate(words, start=1):
        # Who writes diacritics means them.
        text = entry.folded if fold(word) == word else entry.written
        end = "" if prefix_last and number == len(words) else " "
        if f" {word}{end}" not in text:
            return False
    return True
