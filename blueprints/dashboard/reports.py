"""Reports for those who answer for the site."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import make_response, render_template, request
from flask.typing import ResponseReturnValue

from blueprints import errors, http, templating
from blueprints.access import access
from blueprints.dashboard import actor, blueprint
from blueprints.dashboard.duties import days_between
from blueprints.dashboard.lists import navigation
from blueprints.public.paging import make_page, page_number
from services import dates, unreviewed
from services.errors import InvalidInput

MAX_DAY_CHARACTERS = 40


@blueprint.get("/bao-cao/khong-qua-duyet")
@access("oversight")
def unreviewed_report() -> ResponseReturnValue:
    """What was put up without review between two days; this half-year unless they are named."""
    typed = {
        name: request.args.get(name, "").strip()[:MAX_DAY_CHARACTERS]
        for name in ("tu-ngay", "den-ngay")
    }
    context: dict[str, Any] = {"typed": typed, "fields": {}, "report": None, "page": None}
    status = 200
    try:
        first, last = days_asked(typed)
        found = unreviewed.report(user=actor(), first=first, last=last, number=page_number())
    except InvalidInput as error:
        context["fields"] = {_NAMES.get(name, name): said for name, said in error.fields.items()}
        status = errors.status_of(error)
    else:
        days = {"tu-ngay": dates.format_date(first), "den-ngay": dates.format_date(last)}
        context |= {
            "typed": days,
            "report": found,
            "page": make_page(
                found, found.items, endpoint="dashboard.unreviewed_report", values=days
            ),
        }
    if http.wants_fragment():
        body = render_template("dashboard/_unreviewed_report.html", **context)
    else:
        body = render_template(
            "dashboard/unreviewed.html", **context, **navigation("khong-qua-duyet"), breadcrumbs=[]
        )
    response = make_response(body, status)
    response.vary.add("HX-Request")
    return response


_NAMES = {"first": "tu-ngay", "last": "den-ngay"}


def days_asked(typed: Mapping[str, str]) -> tuple[date, date]:
    """The days that were typed; the half-year's where nothing was. Raises InvalidInput that
    names each that is wrong."""
    first, last = unreviewed.half_year(templating.now())
    begins, ends = days_between(typed)
    return begins or first, ends or last
