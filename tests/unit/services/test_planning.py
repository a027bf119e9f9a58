"""Months of the calendar: as addresses write them, and counted."""

from datetime import UTC, date, datetime

import pytest

from services.planning import month_of, parse_month, shift

# In Việt Nam it is 1 October already.
NOW = datetime(2026, 9, 30, 18, 0, tzinfo=UTC)


def test_a_month_is_written_as_year_and_month_and_nothing_means_this_one() -> None:
    assert parse_month("2026-11", now=NOW) == date(2026, 11, 1)
    assert parse_month("", now=NOW) == date(2026, 10, 1)


@pytest.mark.parametrize(
    "text",
    [
        "2026-13",
        "2026-00",
        "2026-1",
        "26-01",
        "11-2026",
        "2026",
        "2026-11-05",
        "0001-01",
        "9999-12",
        "٢٠٢٦-١١",
        "-",
        "tháng 11",
    ],
)
def test_what_is_no_month_of_any_calendar_is_none(text: str) -> None:
    assert parse_month(text, now=NOW) is None


def test_months_are_counted_over_the_turn_of_the_year() -> None:
    assert shift(date(2026, 11, 1), 2) == date(2027, 1, 1)
    assert shift(date(2027, 1, 1), -1) == date(2026, 12, 1)
    assert shift(date(2026, 5, 1), -29) == date(2023, 12, 1)
    assert month_of(date(2028, 2, 29)) == date(2028, 2, 1)
