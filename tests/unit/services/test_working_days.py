"""Working days: weekends, Tết, days made up on a Saturday, the administrator's word over all."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.working_days import WorkingCalendar, national

PLAIN = WorkingCalendar({})
# Ten days off over Tết 2027 instead of the library's, and the Saturday that makes up for one.
OURS = WorkingCalendar({date(2027, 2, 11): False, date(2027, 2, 20): True})


@pytest.mark.parametrize(
    ("day", "is_worked"),
    [
        (date(2026, 11, 23), True),  # a Monday
        (date(2026, 11, 28), False),  # a Saturday
        (date(2026, 11, 29), False),  # a Sunday
        (date(2026, 2, 16), False),  # Giao thừa
        (date(2026, 2, 20), False),  # mùng bốn Tết
        (date(2026, 2, 23), True),  # the Monday after
        (date(2026, 4, 27), False),  # Giỗ Tổ fell on a Sunday
        (date(2026, 8, 22), True),  # a Saturday worked for Monday 31/08
        (date(2026, 8, 31), False),
        (date(2026, 9, 2), False),  # Quốc khánh
    ],
)
def test_the_week_and_the_national_calendar_say_which_days_are_worked(
    day: date, is_worked: bool
) -> None:
    assert PLAIN.is_working_day(day=day) is is_worked


def test_the_administrators_word_goes_over_the_calendar_both_ways() -> None:
    assert PLAIN.is_working_day(day=date(2027, 2, 11))
    assert not OURS.is_working_day(day=date(2027, 2, 11))
    assert OURS.is_working_day(day=date(2027, 2, 20))
    # A holiday that is worked after all.
    worked = WorkingCalendar({date(2026, 9, 2): True})
    assert worked.is_working_day(day=date(2026, 9, 2))
    # A Saturday that the State makes up on, and this agency does not.
    assert not WorkingCalendar({date(2026, 8, 22): False}).is_working_day(day=date(2026, 8, 22))


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        (date(2026, 11, 23), 0, date(2026, 11, 23)),
        (date(2026, 11, 19), 2, date(2026, 11, 23)),  # Thursday: Friday, Monday
        (date(2026, 2, 13), 2, date(2026, 2, 24)),  # the Friday before Tết
        (date(2026, 8, 21), 1, date(2026, 8, 22)),  # to the Saturday that is worked
        (date(2026, 8, 28), 2, date(2026, 9, 4)),  # over Quốc khánh and the day given for it
        (date(2026, 11, 29), 1, date(2026, 11, 30)),  # from a Sunday
        (date(2026, 11, 30), -7, date(2026, 11, 18)),  # 24/11 is Ngày Văn hóa Việt Nam
    ],
)
def test_a_limit_does_not_count_its_own_day(start: date, days: int, due: date) -> None:
    assert PLAIN.add_working_days(start=start, days=days) == due


def test_a_day_off_that_the_administrator_adds_moves_the_due_day() -> None:
    start = date(2027, 2, 3)
    assert PLAIN.add_working_days(start=start, days=2) == date(2027, 2, 12)
    assert OURS.add_working_days(start=start, days=2) == date(2027, 2, 15)
    assert OURS.add_working_days(start=start, days=7) == date(2027, 2, 20)


def test_a_limit_in_calendar_days_that_ends_on_a_day_off_ends_on_the_next_worked_day() -> None:
    assert PLAIN.add_days(start=date(2026, 11, 10), days=15) == date(2026, 11, 25)
    assert PLAIN.add_days(start=date(2026, 2, 1), days=15) == date(2026, 2, 23)


@given(
    st.dates(date(2015, 1, 1), date(2030, 12, 31)),
    st.integers(-400, 400),
    st.dictionaries(st.dates(date(2014, 1, 1), date(2031, 12, 31)), st.booleans(), max_size=8),
)
def test_counting_agrees_with_looking_at_each_day(
    start: date, days: int, exceptions: dict[date, bool]
) -> None:
    calendar = WorkingCalendar(exceptions)
    end = start + timedelta(days=days)
    low, high = sorted((start, end))
    each = [low + timedelta(days=n) for n in range(1, (high - low).days + 1)]
    worked = sum(calendar.is_working_day(day=day) for day in each)
    assert calendar.working_days_between(start=start, end=end) == (worked if days > 0 else -worked)


@pytest.mark.parametrize(
    ("due", "label"),
    [
        (date(2026, 11, 27), "còn 2 ngày làm việc"),
        (date(2026, 11, 30), "còn 3 ngày làm việc"),
        (date(2026, 11, 25), "đến hạn hôm nay"),
        (date(2026, 11, 23), "quá hạn 1 ngày làm việc"),
        (date(2026, 11, 20), "quá hạn 2 ngày làm việc"),
    ],
)
def test_what_is_left_is_said_in_working_days(due: date, label: str) -> None:
    assert PLAIN.label_left(due=due, today=date(2026, 11, 25)) == label


def test_nobody_is_told_of_zero_working_days() -> None:
    saturday = date(2026, 11, 28)
    assert PLAIN.label_left(due=date(2026, 11, 27), today=saturday) == "vừa quá hạn"
    assert PLAIN.label_left(due=date(2026, 11, 29), today=saturday) == "đến hạn ngày 29/11/2026"


def test_a_year_is_named_in_vietnamese() -> None:
    assert national(2026).off[date(2026, 2, 17)] == "Tết Nguyên Đán"
    assert date(2026, 8, 22) in national(2026).made_up
