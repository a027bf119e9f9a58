"""The calendar: a month of what appeared, is to appear and falls due; moving what is scheduled."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm.exc import StaleDataError

from blueprints import errors, http, templating
from blueprints.access import access
from blueprints.dashboard import actor, blueprint
from blueprints.dashboard.actions import ACTIONS, read_fields
from blueprints.dashboard.lists import navigation
from blueprints.dashboard.reviews import OVERTAKEN, get
from extensions import db
from models import Publication
from services import dates, planning, workflow
from services.errors import Conflict, DomainError, InvalidInput

WEEKDAYS = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ Nhật")
# What a cell of the grid shows before it says how many more there are.
ENTRIES_IN_A_CELL = 4
LIST = "danh-sach"
# The fragment in the dialog.
FORM = "move-form"


@blueprint.get("/lich")
@access("contributor")
def calendar() -> ResponseReturnValue:
    return _calendar(_month_asked_for(request.args))


@blueprint.get("/lich/doi")
@access("contributor")
def move_form() -> ResponseReturnValue:
    """Where a scheduled text is given another day and hour."""
    return _form(_publication_asked_for(request.args), month=_month_asked_for(request.args))


@blueprint.post("/lich/doi")
@access("contributor")
def move() -> ResponseReturnValue:
    """Move a scheduled text: from the form with day and hour, or dragged to a day."""
    publication = _publication_asked_for(request.form)
    month, now = _month_asked_for(request.form), templating.now()
    try:
        fields = read_fields(ACTIONS["reschedule"], _moment_asked_for(publication))
        workflow.reschedule(
            publication=publication,
            actor=actor(),
            seen=request.form.get("seen", ""),
            now=now,
            **fields,
        )
        db.session.commit()
    except (DomainError, StaleDataError) as error:
        db.session.rollback()
        refusal = error if isinstance(error, DomainError) else Conflict(OVERTAKEN)
        return _refused(publication.id, refusal, month=month)
    sentence = f"Đã dời “{publication.title}” sang {dates.format_datetime(fields['at'])}."
    if http.wants_fragment():
        return _calendar(month, said=sentence)
    flash(sentence, "ok")
    return redirect(_address(month), code=303)


def _refused(publication_id: int, error: DomainError, *, month: date) -> ResponseReturnValue:
    """The form with what was typed; for what was dragged, the calendar as it is, with why."""
    status = errors.status_of(error)
    if http.wants_fragment() and request.headers.get("HX-Target") != FORM:
        # The link was on the screen: what it stood for has changed meanwhile.
        status = 409 if status == 403 else status
        return _calendar(month, refused=error.sentence, status=status)
    return _form(get(publication_id), month=month, error=error, status=status)


def _calendar(
    month_on: date, *, said: str = "", refused: str = "", status: int = 200
) -> ResponseReturnValue:
    as_list = _is_list()
    month = planning.month(user=actor(), month_on=month_on, now=templating.now())
    context: dict[str, Any] = {
        "month": month,
        "as_list": as_list,
        "weekdays": WEEKDAYS,
        "entries_in_a_cell": ENTRIES_IN_A_CELL,
        "now_on": planning.month_of(dates.local_date(templating.now())),
        "may_move": any(
            entry.schedule_token for week in month.weeks for day in week for entry in day.entries
        ),
        "address_of": _address,
        "said": said,
        "refused": refused,
        "breadcrumbs": [],
    }
    if http.wants_fragment():
        body = render_template("dashboard/planning/_calendar.html", **context)
    else:
        body = render_template("dashboard/planning/calendar.html", **context, **navigation("lich"))
    response = make_response(body, status)
    if request.headers.get("HX-Target") == FORM:
        # What the dialog asked for is done, or can no longer be: the calendar tells.
        response.headers["HX-Retarget"] = "#calendar"
        response.headers["HX-Reswap"] = "outerHTML"
    response.vary.add("HX-Request")
    return response


def _form(
    publication: Publication,
    *,
    month: date,
    error: DomainError | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    now = templating.now()
    if not planning.movable(user=actor(), publication=publication, now=now):
        # It was published or called off while the calendar was open.
        sentence = error.sentence if error else "Bài này hiện không dời lịch được."
        if http.wants_fragment():
            return _calendar(month, refused=sentence, status=409)
        flash(sentence, "warn")
        return redirect(_address(month), code=303)
    assert publication.published_at is not None
    at = publication.published_at
    typed = {
        "day": request.form.get("day") or dates.format_date(at),
        "time": request.form.get("time") or dates.format_time(at),
    }
    context: dict[str, Any] = {
        "publication": publication,
        "seen": workflow.schedule_token(publication),
        "typed": typed,
        "month_on": month,
        "as_list": _is_list(),
        "back": _address(month),
        "refused": error.sentence if error else "",
        "errors": error.fields if isinstance(error, InvalidInput) else {},
        "breadcrumbs": [],
    }
    if http.wants_fragment():
        body = render_template("dashboard/planning/_move_form.html", **context)
    else:
        body = render_template("dashboard/planning/move.html", **context, **navigation("lich"))
    response = make_response(body, status)
    response.vary.add("HX-Request")
    return response


def _month_asked_for(values: Mapping[str, str]) -> date:
    month = planning.parse_month(values.get("thang", ""), now=templating.now())
    if month is None:
        abort(404)
    return month


def _publication_asked_for(values: Mapping[str, str]) -> Publication:
    number = values.get("bai", "")
    if not (number.isascii() and number.isdigit() and len(number) <= 10):
        abort(404)
    return get(int(number))


def _moment_asked_for(publication: Publication) -> dict[str, str]:
    """Day and hour as typed; what is dragged to a day keeps its hour."""
    at = publication.published_at
    kept = dates.format_time(at) if at else ""
    return {"day": request.form.get("day", ""), "time": request.form.get("time", kept)}


def _is_list() -> bool:
    return request.values.get("dang") == LIST


def _address(month: date, **chosen: str | None) -> str:
    """A month in the shape that is on the screen, unless another is chosen."""
    shape = chosen.get("dang", LIST if _is_list() else None)
    return url_for("dashboard.calendar", thang=f"{month:%Y-%m}", dang=shape)
