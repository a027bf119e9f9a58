"""The bell and the page behind it: what somebody was told, and that they have read it."""

from flask import make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from blueprints import http, templating
from blueprints.access import access
from blueprints.auth import safe_next
from blueprints.dashboard import actor, blueprint
from blueprints.dashboard.lists import navigation
from blueprints.public.paging import make_page, page_number
from extensions import db
from services import notifications

PER_PAGE = 30


@blueprint.get("/thong-bao")
@access("contributor")
def told() -> ResponseReturnValue:
    return _page()


@blueprint.get("/thong-bao/so")
@access("contributor")
def bell() -> ResponseReturnValue:
    """The bell, if it has changed since the page that asks showed ``dang`` things unread."""
    unread = notifications.count_unread(user=actor())
    if request.args.get("dang") == str(unread):
        return "", 204
    return render_template("dashboard/notifications/_bell.html", unread=unread)


@blueprint.post("/thong-bao/<int:notification_id>/mo")
@access("contributor")
def open_told(notification_id: int) -> ResponseReturnValue:
    """Go to what it tells of; whatever was told of the same text is read with it."""
    notification = notifications.open_text(
        user=actor(), notification_id=notification_id, now=templating.now()
    )
    target = notification.address
    db.session.commit()
    return redirect(safe_next(target), code=303)


@blueprint.post("/thong-bao/<int:notification_id>/da-doc")
@access("contributor")
def read_one(notification_id: int) -> ResponseReturnValue:
    notifications.read(user=actor(), notification_id=notification_id, now=templating.now())
    db.session.commit()
    return _after_reading()


@blueprint.post("/thong-bao/da-doc")
@access("contributor")
def read_all() -> ResponseReturnValue:
    """Mark as read what the page showed; what has come since then stays unread."""
    notifications.read_all(
        user=actor(), up_to=request.form.get("den", 0, type=int), now=templating.now()
    )
    db.session.commit()
    return _after_reading()


def _after_reading() -> ResponseReturnValue:
    if http.wants_fragment():
        return _page(has_read=True)
    return redirect(url_for("dashboard.told"), code=303)


def _page(*, has_read: bool = False) -> ResponseReturnValue:
    found = notifications.page_of(user=actor(), number=page_number(), per_page=PER_PAGE)
    page = make_page(found, found.items, endpoint="dashboard.told", values={})
    context = {
        "page": page,
        "newest": max((item.id for item in page.items), default=0),
        "has_read": has_read,
        "breadcrumbs": [],
    }
    if http.wants_fragment():
        body = render_template("dashboard/notifications/_told_list.html", **context)
        if has_read:
            body += render_template(
                "dashboard/notifications/_bell.html",
                unread=notifications.count_unread(user=actor()),
                out_of_band=True,
            )
    else:
        body = render_template(
            "dashboard/notifications/told.html", **context, **navigation("thong-bao")
        )
    response = make_response(body)
    response.vary.add("HX-Request")
    return response
