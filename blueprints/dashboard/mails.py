"""The administrator's view of the outbox: what waits, what went out, what was given up and why."""

from flask import (
    abort,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from blueprints import http, templating
from blueprints.access import access
from blueprints.dashboard import blueprint
from blueprints.dashboard.lists import navigation
from blueprints.public.paging import make_page, page_number
from extensions import db
from services import background, outbox
from services.outbox import Shelf

PER_PAGE = 50
# By their names in the address.
SHELVES = {"cho-gui": Shelf.WAITING, "da-gui": Shelf.SENT, "khong-gui-duoc": Shelf.GIVEN_UP}
LABELS = {
    Shelf.WAITING: "Chờ gửi",
    Shelf.SENT: "Đã gửi",
    Shelf.GIVEN_UP: "Không gửi được",
}


@blueprint.get("/quan-tri/thu-gui")
@access("admin")
def mails() -> ResponseReturnValue:
    key = request.args.get("muc", "cho-gui")
    shelf = SHELVES.get(key)
    if shelf is None:
        abort(404)
    found = outbox.page_of(shelf=shelf, number=page_number(), per_page=PER_PAGE)
    context = {
        "page": make_page(found, found.items, endpoint="dashboard.mails", values={"muc": key}),
        "shelf": shelf,
        "Shelf": Shelf,
        "breadcrumbs": [],
    }
    if http.wants_fragment():
        response = make_response(
            render_template("dashboard/notifications/_mail_list.html", **context)
        )
    else:
        runs = background.last_runs()
        response = make_response(
            render_template(
                "dashboard/notifications/mails.html",
                **context,
                shelves=[(name, LABELS[item], item) for name, item in SHELVES.items()],
                counts=outbox.count_shelves(),
                has_server=bool(current_app.config["MAIL_URL"]),
                worker_is_alive=background.is_alive(runs, now=templating.now()),
                worker_at=background.alive_at(runs),
                **navigation("quan-tri"),
            )
        )
    response.vary.add("HX-Request")
    return response


@blueprint.post("/quan-tri/thu-gui/<int:mail_id>/gui-lai")
@access("admin")
def send_mail_again(mail_id: int) -> ResponseReturnValue:
    outbox.send_again(mail_id=mail_id, now=templating.now())
    db.session.commit()
    flash(_("Thư sẽ được gửi lại trong ít phút."), "ok")
    return redirect(url_for("dashboard.mails", muc="khong-gui-duoc"), code=303)
