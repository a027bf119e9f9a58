"""Weeks as addresses write them, and what is written in which part of its day."""

from datetime import date, time

import pytest

from models import DayPart, ScheduleEntry
from services.work_schedule import half_of, hours_of, monday_of, parse_week, week_name


def test_a_week_is_written_as_iso_8601_has_it() -> None:
    assert parse_week("2026-W48") == date(2026, 11, 23)
    # The first days of a year may be of the last week of the one before.
    assert week_name(date(2027, 1, 1)) == "2026-W53"
    assert parse_week("2026-W53") == date(2026, 12, 28)
    assert parse_week("2027-W01") == date(2027, 1, 4)
    assert monday_of(date(2026, 11, 29)) == date(2026, 11, 23)
    assert monday_of(date(2026, 11, 23)) == date(2026, 11, 23)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-W00",
        "2026-W54",
        "2025-W53",
        "2026-W1",
        "2026-48",
        "2026-W48 ",
        "2026-w48",
        "0000-W01",
        "9999-W52",
        "２０２６-W48",
        "2026-W48\n",
        "x" * 5000,
    ],
)
def test_what_is_no_week_is_none(text: str) -> None:
    assert parse_week(text) is None


def entry(part: str, starts: str = "", ends: str = "") -> ScheduleEntry:
    return ScheduleEntry(
        part=DayPart(part),
        starts=time.fromisoformat(starts) if starts else None,
        ends=time.fromisoformat(ends) if ends else None,
    )


def test_each_has_its_part_of_the_day_and_hours_as_people_read_them() -> None:
    found = [
        (half_of(one), hours_of(one))
        for one in (
            entry("all_day"),
            entry("morning"),
            entry("afternoon"),
            entry("hours", "07:30", "12:30"),
            entry("hours", "12:00"),
            entry("hours", "17:59"),
            entry("hours", "18:00"),
        )
    ]
    assert found == [
        ("Cả ngày", ""),
        ("Buổi sáng", ""),
        ("Buổi chiều", ""),
        ("Buổi sáng", "07:30–12:30"),
        ("Buổi chiều", "12:00"),
        ("Buổi chiều", "17:59"),
        ("Buổi tối", "18:00"),
    ]
