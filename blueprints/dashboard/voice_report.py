"""What readers sent and how it was answered; whether they are satisfied, and what they say."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from blueprints import errors, templating
from blueprints.access import access
from blueprints.dashboard import blueprint
from blueprints.dashboard.lists import navigation
from services import dates
from services.errors import InvalidInput
from services.unreviewed import half_year
from services.voice import inbox, ratings
from services.voice.channels import CHANNELS

MAX_DAY_CHARACTERS = 40


@blueprint.get("/tieng-noi/bao-cao")
@access("editor")
def voice_report() -> ResponseReturnValue:
    """Between two days; this half-year unless they are named."""
    now = templating.now()
    first, last = half_year(now)
    days = {"tu-ngay": first, "den-ngay": last}
    typed: dict[str, str] = {}
    fields: dict[str, str] = {}
    for name, label in (("tu-ngay", "Từ ngày"), ("den-ngay", "Đến ngày")):
        typed[name] = request.args.get(name, "").strip()[:MAX_DAY_CHARACTERS]
        if typed[name]:
            try:
                days[name] = dates.parse_date(typed[name])
            except InvalidInput as error:
                fields[name] = f"{label}: {error.sentence}"
        else:
            typed[name] = dates.format_date(days[name])
    if not fields and days["tu-ngay"] > days["den-ngay"]:
        fields["den-ngay"] = "Đến ngày: phải từ ngày bắt đầu trở đi."
    period = {"from_on": days["tu-ngay"], "to_on": days["den-ngay"]}
    found = (
        {}
        if fields
        else {
            "channels": inbox.report(**period, now=now),
            "totals": ratings.totals(**period),
            "rated": ratings.report(**period),
            "notes": ratings.notes(**period),
        }
    )
    body = render_template(
        "dashboard/voice/report.html",
        typed=typed,
        fields=fields,
        found=found,
        CHANNELS=CHANNELS,
        breadcrumbs=[],
        **navigation("tieng-noi"),
    )
    return body, errors.status_of(InvalidInput("")) if fields else 200
