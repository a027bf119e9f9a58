"""The city portal on the desk: the mark on a text, the queue, and the report's lines."""

from collections.abc import Mapping
from typing import Any

from flask import current_app, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from blueprints import errors, http, templating
from blueprints.access import access
from blueprints.dashboard import actor, blueprint
from blueprints.dashboard.duties import days_between, unit_number
from blueprints.dashboard.lists import navigation
from blueprints.dashboard.reviews import get
from blueprints.public.paging import make_page, page_number
from extensions import db
from models import PortalState, Publication
from services import dates, portal, portal_figures, units, unreviewed
from services.errors import DomainError, InvalidInput
from services.policy import BOARD
from services.portal import EVENT_LABELS, STATE_LABELS, Standing
from services.portal_figures import FIGURE_LABELS, Chosen, Figure

PER_PAGE = 30
MAX_TYPED_CHARACTERS = 40
NAMES = ("tinh-trang", "so", "don-vi", "bai", "tu-ngay", "den-ngay")
_FIELDS = {"first": "tu-ngay", "last": "den-ngay"}


@blueprint.context_processor
def of_portal() -> dict[str, Any]:
    return {
        "portal_standing": _standing,
        "PORTAL_EVENTS": EVENT_LABELS,
        "PORTAL_STATES": STATE_LABELS,
    }


def _standing(publication: Publication) -> Standing:
    return portal.standing_of(publication=publication, user=actor())


@blueprint.post("/bai-viet/<int:publication_id>/cong-thanh-pho")
@access("editor")
def mark_for_portal(publication_id: int) -> ResponseReturnValue:
    """Send it to the portal, or not after all, as the button says."""
    publication = get(publication_id)
    known: dict[str, Any] = {
        "actor": actor(),
        "publication": publication,
        "now": templating.now(),
    }
    if request.form.get("to") == "unmark":
        portal.unmark(**known)
        sentence = "Đã bỏ chọn; bài không gửi sang Cổng thành phố."
    else:
        portal.mark(**known)
        sentence = "Đã chọn gửi Cổng thành phố."
    db.session.commit()
    if http.wants_fragment():
        body = render_template(
            "dashboard/portal/_portal_panel.html", publication=publication, said=sentence
        )
        return make_response(body)
    flash(sentence, "ok")
    return redirect(url_for("dashboard.publication", publication_id=publication_id), code=303)


@blueprint.get("/cong-thanh-pho", endpoint="portal")
@access("contributor")
def portal_queue() -> ResponseReturnValue:
    return _page()


@blueprint.post("/cong-thanh-pho/<int:delivery_id>/gui-lai")
@access("editor")
def retry_delivery(delivery_id: int) -> ResponseReturnValue:
    portal.retry(actor=actor(), delivery_id=delivery_id, now=templating.now())
    db.session.commit()
    flash("Sẽ gửi lại trong ít phút nữa.", "ok")
    return redirect(url_for("dashboard.portal"), code=303)


@blueprint.post("/cong-thanh-pho/<int:delivery_id>/ket-qua")
@access("editor")
def record_delivery(delivery_id: int) -> ResponseReturnValue:
    """What the portal said by another way."""
    form = request.form
    try:
        portal.record_outcome(
            actor=actor(),
            delivery_id=delivery_id,
            is_accepted=form.get("outcome") == "accepted",
            address=form.get("address", ""),
            reason=form.get("reason", ""),
            now=templating.now(),
        )
        db.session.commit()
    except InvalidInput as error:
        db.session.rollback()
        return _page(error=error, recording=delivery_id)
    flash("Đã ghi kết quả của Cổng.", "ok")
    return redirect(url_for("dashboard.portal"), code=303)


@blueprint.get("/bao-cao/cong-thanh-pho")
@access("oversight")
def portal_report() -> ResponseReturnValue:
    """What was sent and accepted between two days; this half-year unless they are named."""
    typed = {
        name: request.args.get(name, "").strip()[:MAX_TYPED_CHARACTERS]
        for name in ("tu-ngay", "den-ngay")
    }
    context: dict[str, Any] = {"typed": typed, "fields": {}, "lines": None}
    status = 200
    try:
        named_first, named_last = days_between(typed)
        half_year = unreviewed.half_year(templating.now())
        first, last = named_first or half_year[0], named_last or half_year[1]
        lines = portal_figures.contributions(user=actor(), first=first, last=last)
    except InvalidInput as error:
        context["fields"] = {_FIELDS.get(name, name): said for name, said in error.fields.items()}
        status = errors.status_of(error)
    else:
        context |= {
            "typed": {"tu-ngay": dates.format_date(first), "den-ngay": dates.format_date(last)},
            "total": lines[0],
            "lines": lines[1:],
            "labels": FIGURE_LABELS,
            "Figure": Figure,
        }
    body = render_template(
        "dashboard/portal/report.html",
        **context,
        **navigation("khong-qua-duyet"),
        breadcrumbs=[],
    )
    return make_response(body, status)


def _page(*, error: DomainError | None = None, recording: int | None = None) -> ResponseReturnValue:
    typed = {name: request.args.get(name, "").strip()[:MAX_TYPED_CHARACTERS] for name in NAMES}
    user = actor()
    context: dict[str, Any] = {
        "typed": typed,
        "fields": {},
        "page": None,
        "counts": portal_figures.count_states(user=user),
        "figure_labels": FIGURE_LABELS,
        "units": units.choices(),
        "has_way": bool(current_app.config["PORTAL_URL"]),
        "may_record": user.role in BOARD,
        "recording": recording,
        "errors": error.fields if isinstance(error, InvalidInput) else {},
        "form": request.form if recording else {},
    }
    status = errors.status_of(error) if error else 200
    try:
        found = portal_figures.page_of(
            user=user, chosen=_chosen(typed), number=page_number(), per_page=PER_PAGE
        )
    except InvalidInput as wrong:
        context["fields"] = {_FIELDS.get(name, name): said for name, said in wrong.fields.items()}
        status = errors.status_of(wrong)
    else:
        values = {name: value for name, value in typed.items() if value}
        context |= {
            "page": make_page(found, found.items, endpoint="dashboard.portal", values=values),
            "values": values,
        }
    if http.wants_fragment():
        body = render_template("dashboard/portal/_portal_queue.html", **context)
    else:
        body = render_template(
            "dashboard/portal/queue.html", **context, **navigation("cong"), breadcrumbs=[]
        )
    response = make_response(body, status)
    response.vary.add("HX-Request")
    return response


def _chosen(typed: Mapping[str, str]) -> Chosen:
    first, last = days_between(typed)
    return Chosen(
        state=PortalState(typed["tinh-trang"]) if typed["tinh-trang"] in set(PortalState) else None,
        figure=Figure(typed["so"]) if typed["so"] in set(Figure) else None,
        unit_id=unit_number(typed["don-vi"]),
        publication_id=unit_number(typed["bai"]),
        first=first,
        last=last,
    )
