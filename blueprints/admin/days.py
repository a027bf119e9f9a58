"""The table of days off and days made up, by which deadlines are counted."""

from datetime import date

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from blueprints import errors, templating
from blueprints.access import access
from blueprints.admin import blueprint, show
from blueprints.dashboard import actor
from extensions import db
from services import dates, day_table
from services.day_table import DayDraft
from services.errors import DomainError, InvalidInput, NotFound


@blueprint.get("/ngay-nghi", endpoint="day_table")
@access("admin")
def day_table_page() -> ResponseReturnValue:
    return _page(_year(), DayDraft())


@blueprint.post("/ngay-nghi")
@access("admin")
def set_days() -> ResponseReturnValue:
    form = request.form
    draft = DayDraft(
        first=form.get("first", "")[:40],
        last=form.get("last", "")[:40],
        is_working=form.get("kind") == "work",
        name=form.get("name", ""),
    )
    try:
        days = day_table.set_days(actor=actor(), draft=draft, now=templating.now())
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        return _page(_year(), draft, error=error)
    flash(f"Đã ghi {days} ngày; các thời hạn đang chạy đã tính lại.", "ok")
    year = dates.parse_date(draft.first).year
    return redirect(url_for("admin.day_table", nam=year), code=303)


@blueprint.post("/ngay-nghi/bo")
@access("admin")
def remove_day() -> ResponseReturnValue:
    typed = request.form.get("on", "")[:40]
    try:
        on = date.fromisoformat(typed)
    except ValueError:
        raise NotFound("Không có ngày này trong bảng.") from None
    day_table.remove_day(actor=actor(), on=on, now=templating.now())
    db.session.commit()
    flash(f"Đã bỏ ngày {dates.format_date(on)}; các thời hạn đang chạy đã tính lại.", "ok")
    return redirect(url_for("admin.day_table", nam=on.year), code=303)


def _year() -> int:
    typed = request.values.get("nam", "")
    year = int(typed) if typed.isascii() and typed.isdigit() and len(typed) == 4 else 0
    this_year = dates.local_date(templating.now()).year
    return year if day_table.FIRST_YEAR <= year <= day_table.LAST_YEAR else this_year


def _page(year: int, draft: DayDraft, *, error: DomainError | None = None) -> ResponseReturnValue:
    return show(
        "days.html",
        room="days",
        status=errors.status_of(error) if error else 200,
        year=year,
        this_year=dates.local_date(templating.now()).year,
        first_year=day_table.FIRST_YEAR,
        last_year=day_table.LAST_YEAR,
        rows=day_table.year_of(year),
        draft=draft,
        errors=error.fields if isinstance(error, InvalidInput) else {},
    )
