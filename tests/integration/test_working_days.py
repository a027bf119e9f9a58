"""The table of days: read with each request, forgotten when it changes."""

from datetime import date
from typing import Any

from flask import Flask
from sqlalchemy import delete
from sqlalchemy.orm import Session as OneSession
from sqlalchemy.orm import scoped_session

from extensions import db
from models import DayException
from services import working_days

Session = scoped_session[Any]
FRIDAY, MONDAY = date(2026, 11, 27), date(2026, 11, 30)


def test_a_change_is_seen_at_once_here_and_with_the_next_transaction_elsewhere(
    app: Flask, session: Session
) -> None:
    start = date(2026, 11, 26)
    assert working_days.add_working_days(start=start, days=1) == FRIDAY
    session.add(DayException(on=FRIDAY, is_working=False, name="Nghỉ bù"))
    session.flush()
    assert working_days.add_working_days(start=start, days=1) == MONDAY
    assert working_days.label_left(due=MONDAY, today=start) == "còn 1 ngày làm việc"
    session.commit()
    # As another process would.
    with OneSession(db.engine) as other:
        other.execute(delete(DayException))
        other.commit()
    session.rollback()
    assert working_days.is_working_day(day=FRIDAY)
    assert working_days.working_days_between(start=start, end=MONDAY) == 2
