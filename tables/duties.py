"""Duties with a time limit: the days that are worked."""

from datetime import date

from sqlalchemy import Boolean, Date, String
from sqlalchemy.orm import Mapped, mapped_column

from extensions import Model


class DayException(Model):
    """What the administrator says of one day, over the week and the national holidays."""

    __tablename__ = "day_exception"
    on: Mapped[date] = mapped_column(Date, primary_key=True)
    # False: a day off. True: worked, as a Saturday that makes up for a day off.
    is_working: Mapped[bool] = mapped_column(Boolean)
    name: Mapped[str] = mapped_column(String(200), default="", server_default="")
