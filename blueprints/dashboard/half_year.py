"""The half-year report: its page, the lists behind its figures, and it as a spreadsheet."""

import csv
import io
from datetime import date
from typing import Any

from flask import Response, abort, make_response, render_template, request
from flask.typing import ResponseReturnValue

from blueprints import errors, templating
from blueprints.access import access
from blueprints.dashboard import actor, blueprint
from blueprints.dashboard.lists import navigation
from blueprints.dashboard.reports import days_asked
from blueprints.public.paging import make_page, page_number
from services import dates, half_year, portal_figures, spreadsheets
from services.errors import InvalidInput
from services.half_year import BY_LABELS, LINES, By

MAX_TYPED_CHARACTERS = 40
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.get("/bao-cao")
@access("oversight")
def half_year_report() -> ResponseReturnValue:
    """All figures; of this half-year unless days are named."""
    typed = _typed()
    context: dict[str, Any] = {"typed": typed, "fields": {}, "report": None}
    status = 200
    try:
        first, last = days_asked(typed)
        found = half_year.report(first=first, last=last, now=templating.now(), user=actor())
    except InvalidInput as error:
        context["fields"] = {_NAMES.get(name, name): said for name, said in error.fields.items()}
        status = errors.status_of(error)
    else:
        portal = portal_figures.contributions(user=actor(), first=first, last=last)[0]
        context |= {
            "typed": _said(first, last),
            "report": found,
            "lines": LINES,
            "by_labels": BY_LABELS,
            "portal": portal,
        }
    body = render_template(
        "dashboard/half_year/report.html", **context, **navigation("bao-cao"), breadcrumbs=[]
    )
    return make_response(body, status)


@blueprint.get("/bao-cao/nua-nam.csv")
@access("oversight")
def half_year_csv() -> ResponseReturnValue:
    """The same figures, for whatever reads text."""
    return _file("csv")


@blueprint.get("/bao-cao/nua-nam.xlsx")
@access("oversight")
def half_year_xlsx() -> ResponseReturnValue:
    """The same figures as a spreadsheet."""
    return _file("xlsx")


def _file(ending: str) -> ResponseReturnValue:
    try:
        first, last = days_asked(_typed())
        header, rows = half_year.rows_of(
            half_year.report(first=first, last=last, now=templating.now(), user=actor())
        )
    except InvalidInput as error:
        return make_response(error.sentence, errors.status_of(error))
    if ending == "xlsx":
        body, kind = spreadsheets.write(header, rows, title="Báo cáo"), XLSX
    else:
        text = io.StringIO()
        written = csv.writer(text)
        written.writerows([[spreadsheets.escaped(cell) for cell in row] for row in [header, *rows]])
        # Excel takes a file for UTF-8 only by its mark.
        body, kind = text.getvalue().encode("utf-8-sig"), "text/csv; charset=utf-8"
    response = Response(body, content_type=kind)
    file_name = f"bao-cao-{first.isoformat()}-{last.isoformat()}.{ending}"
    response.headers["Content-Disposition"] = f'attachment; filename="{file_name}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


@blueprint.get("/bao-cao/dong/<key>")
@access("oversight")
def half_year_line(key: str) -> ResponseReturnValue:
    """What one figure counts."""
    line = LINES.get(key)
    if line is None:
        abort(404)
    by = next((each for each in By if request.args.get(each.value)), None)
    group = request.args.get(by.value, "") if by else "0"
    if not (group.isascii() and group.isdigit() and len(group) <= 9):
        abort(404)
    try:
        first, last = days_asked(_typed())
        found = half_year.counted(
            line=line, first=first, last=last, by=by, group_id=int(group), number=page_number()
        )
    except InvalidInput as error:
        return make_response(error.sentence, errors.status_of(error))
    typed = _said(first, last)
    values = {"key": key, **typed, **({by.value: group} if by else {})}
    body = render_template(
        "dashboard/half_year/line.html",
        line=line,
        typed=typed,
        by_label=BY_LABELS[by] if by else "",
        page=make_page(found, found.items, endpoint="dashboard.half_year_line", values=values),
        **navigation("bao-cao"),
        breadcrumbs=[],
    )
    return make_response(body)


_NAMES = {"first": "tu-ngay", "last": "den-ngay"}


def _typed() -> dict[str, str]:
    return {
        name: request.args.get(name, "").strip()[:MAX_TYPED_CHARACTERS]
        for name in ("tu-ngay", "den-ngay")
    }


def _said(first: date, last: date) -> dict[str, str]:
    return {"tu-ngay": dates.format_date(first), "den-ngay": dates.format_date(last)}
