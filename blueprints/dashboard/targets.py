"""Targets: how many posts each unit is asked for and has published; the month's thanks."""

from datetime import date
from typing import Any

from flask import Response, abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm.exc import StaleDataError

from blueprints import errors, http, templating
from blueprints.access import access
from blueprints.dashboard import actor, blueprint
from blueprints.dashboard.lists import navigation
from extensions import db
from services import dates, planning, targets
from services.encouragement import Thanks, thanks_of
from services.errors import Conflict, DomainError, InvalidInput
from services.targets import UnitRow

OVERTAKEN = "Một người khác vừa đặt lại chỉ tiêu này; hãy xem số hiện nay rồi lưu lần nữa."


@blueprint.get("/chi-tieu", endpoint="targets")
@access("contributor")
def targets_of_month() -> Response:
    month_on = _month_asked_for()
    chosen = request.args.get("sua", "")
    return _page(month_on, editing=int(chosen) if _is_number(chosen) else None)


@blueprint.get("/chi-tieu/<int:unit_id>")
@access("contributor")
def target(unit_id: int) -> ResponseReturnValue:
    """One row of the table, with ``sua`` as a form."""
    month_on, editing = _month_asked_for(), "sua" in request.args
    if not http.wants_fragment():
        return redirect(_address(month_on, sua=unit_id if editing else None), code=303)
    return _row(unit_id, month_on, editing=editing)


@blueprint.post("/chi-tieu/<int:unit_id>")
@access("contributor")
def set_target(unit_id: int) -> ResponseReturnValue:
    month_on = _month_asked_for()
    exception = request.form.get("exception", "").strip()
    try:
        targets.set_targets(
            unit_id=unit_id,
            month_on=month_on,
            usual=_posts(request.form.get("usual", "")),
            # What is no number at all is refused as one that is too small.
            exception=None if not exception else _posts(exception, wrong=-1),
            seen=request.form.get("seen", ""),
            actor=actor(),
            now=templating.now(),
        )
        db.session.commit()
    except (DomainError, StaleDataError) as error:
        db.session.rollback()
        refusal = error if isinstance(error, DomainError) else Conflict(OVERTAKEN)
        status = errors.status_of(refusal)
        if status in {403, 404}:
            raise refusal from None
        if http.wants_fragment():
            return _row(unit_id, month_on, editing=True, error=refusal, status=status)
        return _page(month_on, editing=unit_id, error=refusal, status=status)
    if http.wants_fragment():
        return _row(unit_id, month_on, said="Đã lưu chỉ tiêu.")
    flash("Đã lưu chỉ tiêu.", "ok")
    return redirect(_address(month_on), code=303)


@blueprint.get("/chi-tieu/cam-on")
@access("contributor")
def thanks() -> Response:
    now = templating.now()
    this_month = planning.month_of(dates.local_date(now))
    month_on = _month_asked_for(default=planning.shift(this_month, -1))
    found = thanks_of(month_on=month_on, now=now)
    body = render_template(
        "dashboard/planning/thanks.html",
        thanks=found,
        text=_text_of(found),
        previous=planning.shift(month_on, -1),
        next=planning.shift(month_on, 1) if month_on < this_month else None,
        breadcrumbs=[],
        **navigation("chi-tieu"),
    )
    return make_response(body)


def _page(
    month_on: date,
    *,
    editing: int | None = None,
    error: DomainError | None = None,
    status: int = 200,
) -> Response:
    now = templating.now()
    rows = targets.board(month_on=month_on, now=now)
    body = render_template(
        "dashboard/planning/targets.html",
        rows=rows,
        total=targets.sum_of(rows),
        month_on=month_on,
        months_before=[planning.shift(month_on, -back) for back in (1, 2, 3)],
        previous=planning.shift(month_on, -1),
        next=planning.shift(month_on, 1),
        editing_id=editing if _may_set() else None,
        **_about_row(error),
        breadcrumbs=[],
        **navigation("chi-tieu"),
    )
    return make_response(body, status)


def _row(
    unit_id: int,
    month_on: date,
    *,
    editing: bool = False,
    said: str = "",
    error: DomainError | None = None,
    status: int = 200,
) -> Response:
    rows: list[UnitRow] = targets.board(month_on=month_on, now=templating.now())
    row = next((row for row in rows if row.unit_id == unit_id), None)
    if row is None:
        abort(404)
    body = render_template(
        "dashboard/planning/_target_row.html",
        row=row,
        month_on=month_on,
        editing_id=unit_id if editing and _may_set() else None,
        said=said,
        **_about_row(error),
    )
    return make_response(body, status)


def _about_row(error: DomainError | None) -> dict[str, Any]:
    return {
        "may_set": _may_set(),
        "refused": error.sentence if error else "",
        "errors": error.fields if isinstance(error, InvalidInput) else {},
        "typed": request.form if error else None,
    }


def _may_set() -> bool:
    return targets.refusal_to_set(actor()) is None


def _text_of(found: Thanks) -> str:
    """The list as plain text, for a mail or a notice board."""
    lines = [f"Cảm ơn tháng {found.month_on:%m/%Y}", "", "Tác giả"]
    lines += [f"{one.place}. {one.name} ({one.unit}): {one.written} bài" for one in found.authors]
    lines += ["", "Đơn vị"]
    lines += [f"{one.place}. {one.name}: {one.written} bài" for one in found.units]
    return "\n".join(lines)


def _month_asked_for(*, default: date | None = None) -> date:
    text = request.values.get("thang", "")
    if not text and default is not None:
        return default
    month = planning.parse_month(text, now=templating.now())
    if month is None:
        abort(404)
    return month


def _posts(text: str, *, wrong: int | None = None) -> int | None:
    return int(text) if _is_number(text.strip()) else wrong


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9


def _address(month_on: date, **values: int | None) -> str:
    return url_for("dashboard.targets", thang=f"{month_on:%Y-%m}", **values)
