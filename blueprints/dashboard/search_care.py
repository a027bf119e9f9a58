"""Looking after search: what is shown first for some words, and what was asked for in vain."""

from datetime import timedelta

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from blueprints import errors, templating
from blueprints.access import access
from blueprints.dashboard import actor, blueprint
from blueprints.dashboard.lists import navigation
from extensions import db
from services import dates, promotions, unanswered
from services.errors import InvalidInput
from services.promotions import PromotionDraft

REPORT_DAYS = 30
MAX_TYPED = 600


@blueprint.get("/tim-kiem")
@access("oversight")
def search_care() -> ResponseReturnValue:
    words = request.args.get("tu", "")[:MAX_TYPED]
    return _page(PromotionDraft(words=words))


@blueprint.post("/tim-kiem/dua-len")
@access("oversight")
def promote() -> ResponseReturnValue:
    draft = PromotionDraft(
        **{
            name: request.form.get(name, "")[:MAX_TYPED]
            for name in ("words", "publication", "until_on")
        }
    )
    try:
        promotion = promotions.create(actor=actor(), draft=draft, now=templating.now())
        db.session.commit()
    except InvalidInput as error:
        db.session.rollback()
        return _page(draft, error=error)
    flash(f"Từ nay ai tìm “{promotion.words}” thấy bài này trước.", "ok")
    return redirect(url_for("dashboard.search_care"), code=303)


@blueprint.post("/tim-kiem/dua-len/<int:promotion_id>/bo")
@access("oversight")
def stop_promoting(promotion_id: int) -> ResponseReturnValue:
    promotion = promotions.delete(actor=actor(), promotion_id=promotion_id, now=templating.now())
    words = promotion.words
    db.session.commit()
    flash(f"Đã thôi đưa bài lên đầu cho “{words}”.", "ok")
    return redirect(url_for("dashboard.search_care"), code=303)


def _page(draft: PromotionDraft, *, error: InvalidInput | None = None) -> Response:
    today = dates.local_date(templating.now())
    body = render_template(
        "dashboard/search_care.html",
        draft=draft,
        errors=error.fields if error else {},
        promotions=promotions.all_promotions(),
        today=today,
        report_days=REPORT_DAYS,
        unanswered=unanswered.most_asked(since=today - timedelta(days=REPORT_DAYS)),
        breadcrumbs=[],
        **navigation("tim-kiem"),
    )
    return make_response(body, errors.status_of(error) if error else 200)
