"""Announcing a planned outage, and taking the announcement back."""

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from blueprints import errors, templating
from blueprints.access import access
from blueprints.dashboard import actor, blueprint
from blueprints.dashboard.lists import navigation
from extensions import db
from services import duties, outages
from services.errors import DomainError, InvalidInput
from services.outages import OutageDraft

MAX_TYPED_CHARACTERS = 40


@blueprint.get("/tam-ngung", endpoint="outages")
@access("oversight")
def outage_page() -> ResponseReturnValue:
    return _page(OutageDraft())


@blueprint.post("/tam-ngung")
@access("oversight")
def announce_outage() -> ResponseReturnValue:
    form = request.form
    draft = OutageDraft(
        **{
            name: form.get(name, "")[:MAX_TYPED_CHARACTERS]
            for name in ("starts_day", "starts_time", "ends_day", "ends_time")
        },
        reason=form.get("reason", ""),
        is_urgent=form.get("is_urgent") == "1",
        urgent_reason=form.get("urgent_reason", ""),
    )
    try:
        outages.announce(actor=actor(), draft=draft, now=templating.now())
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        return _page(draft, error=error)
    flash("Đã báo: mọi trang công khai hiện thông báo này từ bây giờ đến khi kết thúc.", "ok")
    return redirect(url_for("dashboard.outages"), code=303)


@blueprint.post("/tam-ngung/<int:notice_id>/huy")
@access("oversight")
def cancel_outage(notice_id: int) -> ResponseReturnValue:
    outages.cancel(actor=actor(), notice_id=notice_id, now=templating.now())
    db.session.commit()
    flash("Đã huỷ; thông báo không còn trên trang.", "ok")
    return redirect(url_for("dashboard.outages"), code=303)


def _page(draft: OutageDraft, *, error: DomainError | None = None) -> ResponseReturnValue:
    now = templating.now()
    body = render_template(
        "dashboard/duties/outages.html",
        draft=draft,
        errors=error.fields if isinstance(error, InvalidInput) else {},
        notices=outages.latest(),
        days=duties.limit_of("outage"),
        first_day=outages.first_day(now=now),
        breadcrumbs=[],
        **navigation("thoi-han"),
    )
    return make_response(body, errors.status_of(error) if error else 200)
