"""The outbox as the administrator sees it: what waits, what went out, what was given up and why."""

from flask import abort, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from blueprints import templating
from blueprints.access import access
from blueprints.admin import blueprint, show
from blueprints.dashboard import actor
from blueprints.public.paging import make_page, page_number
from extensions import db
from services import audit, background, outbox
from services.outbox import Shelf

PER_PAGE = 50
# By their names in the address.
SHELVES = {"cho-gui": Shelf.WAITING, "da-gui": Shelf.SENT, "khong-gui-duoc": Shelf.GIVEN_UP}
LABELS = {
    Shelf.WAITING: "Chờ gửi",
    Shelf.SENT: "Đã gửi",
    Shelf.GIVEN_UP: "Không gửi được",
}


@blueprint.get("/thu-gui")
@access("admin")
def mail_list() -> ResponseReturnValue:
    key = request.args.get("muc", "cho-gui")
    shelf = SHELVES.get(key)
    if shelf is None:
        abort(404)
    found = outbox.page_of(shelf=shelf, number=page_number(), per_page=PER_PAGE)
    runs = background.last_runs()
    return show(
        "mails.html",
        room="mails",
        fragment="_mail_list.html",
        page=make_page(found, found.items, endpoint="admin.mail_list", values={"muc": key}),
        shelf=shelf,
        Shelf=Shelf,
        shelves=[(name, LABELS[item], item) for name, item in SHELVES.items()],
        counts=outbox.count_shelves(),
        has_server=bool(current_app.config["MAIL_URL"]),
        worker_is_alive=background.is_alive(runs, now=templating.now()),
        worker_at=background.alive_at(runs),
    )


@blueprint.post("/thu-gui/<int:mail_id>/gui-lai")
@access("admin")
def send_mail_again(mail_id: int) -> ResponseReturnValue:
    mail = outbox.send_again(mail_id=mail_id, now=templating.now())
    audit.record(
        actor=actor(),
        action="mail.send_again",
        subject="mail",
        subject_key=str(mail.id),
        subject_name=mail.subject,
        changes={},
        now=templating.now(),
    )
    db.session.commit()
    flash(_("Thư sẽ được gửi lại trong ít phút."), "ok")
    return redirect(url_for("admin.mail_list", muc="khong-gui-duoc"), code=303)
