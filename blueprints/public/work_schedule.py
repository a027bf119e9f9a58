"""The leaders' work schedule: a page for each week, and the calendar of it for readers' own
programs."""

from datetime import date

from flask import Response, abort, current_app, render_template, request, url_for
from flask_babel import gettext as _

from blueprints import http, templating
from blueprints.access import access
from blueprints.public import blueprint, metadata
from blueprints.templating import day_here, site_url
from services import dates, schedule_feed, work_schedule
from services.work_schedule import Week

TITLE = "Lịch công tác của lãnh đạo"
CALENDAR = "text/calendar; charset=utf-8"


def week_url(day: date) -> str:
    """The page of the week of a day; the present week's is the one without a week."""
    present = work_schedule.monday_of(dates.local_date(templating.now()))
    if work_schedule.monday_of(day) == present:
        return url_for("public.work_schedule")
    return url_for("public.work_schedule", tuan=work_schedule.week_name(day))


@blueprint.get("/lich-cong-tac", endpoint="work_schedule")
@access("public")
@http.cached("tuan")
def schedule_page() -> Response:
    """The week asked for; a week that has no page is an address that is not there, so that
    nobody, and no robot, walks weeks without end."""
    now, asked = templating.now(), request.args.get("tuan", "")
    on = (
        work_schedule.parse_week(asked) if asked else work_schedule.monday_of(dates.local_date(now))
    )
    week = work_schedule.week(on=on, now=now) if on is not None else None
    if week is None:
        abort(404)
    # Without anything to show, ever, the page names no week: then nothing in it grows old.
    if not work_schedule.has_any():
        return _page(None)
    return _page(week)


def _page(week: Week | None) -> Response:
    title = _(TITLE)
    if week is not None and not week.is_present:
        title = _(
            "Lịch công tác tuần từ %(first)s đến %(last)s",
            first=day_here(week.on),
            last=day_here(week.last),
        )
    body = render_template(
        "public/work_schedule.html",
        title=title,
        week=week,
        week_url=week_url,
        hours_of=work_schedule.hours_of,
        STATUS_LABELS=work_schedule.STATUS_LABELS,
        meta=metadata.of_kind(
            title,
            _("Lịch làm việc của lãnh đạo %(name)s theo tuần.", name=templating.site_here().name),
            week_url(week.on) if week is not None else url_for("public.work_schedule"),
        ),
        breadcrumbs=[
            ("Trang chủ", url_for("public.home")),
            (title, None),
        ],
    )
    return http.public(body)


@blueprint.get("/lich-cong-tac.ics")
@access("public")
@http.cached()
def schedule_calendar() -> Response:
    now, name = templating.now(), current_app.config["SITE_NAME"]
    text = schedule_feed.written(
        schedule_feed.entries(now=now),
        name=f"Lịch công tác của lãnh đạo – {name}",
        description=f"Lịch làm việc của lãnh đạo {name}.",
        # Named by its week always: the same entry is the same bytes when the week has begun.
        address_of=lambda day: site_url(
            url_for("public.work_schedule", tuan=work_schedule.week_name(day))
        ),
    )
    response = http.public(text, content_type=CALENDAR)
    response.last_modified = schedule_feed.changed_at(now=now)
    return response
