"""Days, times and numbers as readers of the site write and read them."""

import json
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path

import pytest

from services import dates
from services.errors import InvalidInput

CASES = json.loads((Path(__file__).parents[2] / "data" / "text-cases.json").read_text("utf-8"))


@pytest.mark.parametrize("case", CASES["dates"], ids=lambda case: case["input"])
def test_a_typed_day_is_read_day_first_or_refused(case):
    if case.get("error"):
        with pytest.raises(InvalidInput) as refusal:
            dates.parse_date(case["input"])
        assert case["input"] in refusal.value.sentence
    else:
        assert dates.parse_date(case["input"]).isoformat() == case["iso"]


@pytest.mark.parametrize("typed", ["5-7-2017", " 05.07.2017 ", "2017-07-05", "5 / 7 / 2017"])
def test_other_common_ways_of_writing_a_day_are_read(typed):
    assert dates.parse_date(typed) == date(2017, 7, 5)


@pytest.mark.parametrize(
    "typed",
    ["", "hôm qua", "5/7", "5/7/17", "0/7/2017", "٥/٧/٢٠١٧", "5/7/2017x", "1/1/1776", "\x00"],
)
def test_what_is_no_day_is_refused_with_a_vietnamese_sentence(typed):
    with pytest.raises(InvalidInput, match=r"[Nn]gày"):
        dates.parse_date(typed)


def test_a_very_long_entry_is_not_repeated_whole_in_the_refusal():
    with pytest.raises(InvalidInput) as refusal:
        dates.parse_date("9" * 5000)
    assert len(refusal.value.sentence) < 200


@pytest.mark.parametrize(
    ("typed", "expected"), [("14:05", time(14, 5)), ("7h30", time(7, 30)), ("8h", time(8))]
)
def test_a_typed_time_is_read(typed, expected):
    assert dates.parse_time(typed) == expected


@pytest.mark.parametrize("typed", ["25:00", "14:60", "trưa", ""])
def test_what_is_no_time_is_refused(typed):
    with pytest.raises(InvalidInput, match="Giờ"):
        dates.parse_time(typed)


def test_a_day_starts_and_ends_in_vietnam_not_in_greenwich():
    day = date(2017, 7, 5)
    assert dates.start_of_day(day) == datetime(2017, 7, 4, 17, 0, tzinfo=UTC)
    assert dates.end_of_day(day) == datetime(2017, 7, 5, 16, 59, 59, 999999, tzinfo=UTC)


def test_an_evening_in_greenwich_is_already_the_next_day_here():
    moment = datetime(2017, 7, 4, 18, 5, tzinfo=UTC)
    assert dates.local_date(moment) == date(2017, 7, 5)
    assert dates.format_date(moment) == "05/07/2017"
    assert dates.format_time(moment) == "01:05"
    assert dates.format_datetime(moment) == "01:05, 05/07/2017"
    assert dates.weekday_label(moment) == "Thứ Tư"


def test_a_wall_clock_time_becomes_the_instant_it_names():
    assert dates.combine(date(2017, 7, 5), time(14, 5)) == datetime(2017, 7, 5, 7, 5, tzinfo=UTC)


def test_a_naive_datetime_is_a_programming_error():
    with pytest.raises(ValueError, match="naive"):
        dates.format_date(datetime(2017, 7, 5))  # noqa: DTZ001


def test_sunday_has_its_own_name():
    assert dates.weekday_label(date(2017, 7, 9)) == "Chủ Nhật"


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (0, "0"),
        (999, "999"),
        (1234567, "1.234.567"),
        (1234567.5, "1.234.567,5"),
        (-1500, "-1.500"),
        (Decimal("0.10"), "0,1"),
        (100.0, "100"),
        (1e15, "1.000.000.000.000.000"),
    ],
)
def test_numbers_have_dots_by_thousands_and_a_decimal_comma(number, shown):
    assert dates.format_number(number) == shown


def test_the_number_of_decimals_can_be_fixed():
    assert dates.format_number(12.5, decimals=2) == "12,50"
