"""A text as readers will see it, on a desk's screen and a phone's; links for others to see it."""

from typing import Any

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from blueprints import errors, http, templating
from blueprints.access import access
from blueprints.dashboard import actor, blueprint
from blueprints.dashboard.lists import navigation
from blueprints.dashboard.reviews import get
from blueprints.public.previewing import address_of
from blueprints.public.reading import page_of
from extensions import db
from models import Publication
from services import dates, policy, previews, visibility
from services.errors import DomainError, InvalidInput
from services.previews import LinkState

LINK_LABELS = {
    LinkState.OPEN: "Đang mở",
    LinkState.EXPIRED: "Đã hết hạn",
    LinkState.REVOKED: "Đã thu hồi",
}


@blueprint.get("/bai-viet/<int:publication_id>/xem-thu")
@access("contributor")
def preview(publication_id: int) -> Response:
    return _page("dashboard/planning/preview.html", get(publication_id))


@blueprint.get("/bai-viet/<int:publication_id>/xem-thu/dien-thoai")
@access("contributor")
def preview_phone(publication_id: int) -> Response:
    publication = get(publication_id)
    body = render_template(
        "dashboard/planning/preview_phone.html", **_about(publication), breadcrumbs=[]
    )
    return http.private(body)


@blueprint.get("/bai-viet/<int:publication_id>/xem-thu/khung")
@access("contributor")
def preview_framed(publication_id: int) -> Response:
    """The page inside the phone's frame: the one answer that our own pages may frame."""
    return _page("dashboard/planning/preview_framed.html", get(publication_id))


def _page(template: str, publication: Publication) -> Response:
    now = templating.now()
    article = previews.article_of(publication=publication, now=now)
    return http.private(
        render_template(template, **page_of(article, now), **_about(publication), link=None)
    )


def _about(publication: Publication) -> dict[str, Any]:
    is_latest_live = publication.latest_revision_id == publication.live_revision_id
    return {
        "desk_publication": publication,
        "revision": publication.latest_revision,
        "is_live": is_latest_live and visibility.is_visible(publication, templating.now()),
        "may_edit": policy.can(actor(), "publication:edit", publication),
    }


@blueprint.get("/bai-viet/<int:publication_id>/xem-truoc")
@access("contributor")
def preview_links(publication_id: int) -> ResponseReturnValue:
    return _links(get(publication_id))


@blueprint.post("/bai-viet/<int:publication_id>/xem-truoc")
@access("contributor")
def create_preview_link(publication_id: int) -> ResponseReturnValue:
    publication = get(publication_id)
    days = request.form.get("days", "").strip()
    try:
        link = previews.create(
            publication=publication,
            actor=actor(),
            note=request.form.get("note", ""),
            days=int(days) if days.isascii() and days.isdigit() and len(days) <= 3 else None,
            now=templating.now(),
        )
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        return _links(get(publication_id), error=error, status=errors.status_of(error))
    return _done(
        publication, f"Đã tạo liên kết, mở được đến {dates.format_datetime(link.expires_at)}."
    )


@blueprint.post("/bai-viet/<int:publication_id>/xem-truoc/<int:link_id>/thu-hoi")
@access("contributor")
def revoke_preview_link(publication_id: int, link_id: int) -> ResponseReturnValue:
    publication = get(publication_id)
    previews.revoke(publication=publication, link_id=link_id, actor=actor(), now=templating.now())
    db.session.commit()
    return _done(publication, "Đã thu hồi liên kết; từ nay không ai mở được nữa.")


def _done(publication: Publication, sentence: str) -> ResponseReturnValue:
    if http.wants_fragment():
        return _links(publication, said=sentence)
    flash(sentence, "ok")
    return redirect(url_for("dashboard.preview_links", publication_id=publication.id), code=303)


def _links(
    publication: Publication,
    *,
    said: str = "",
    error: DomainError | None = None,
    status: int = 200,
) -> Response:
    now = templating.now()
    states = [
        (link, previews.state_of(link, publication, now)) for link in previews.links_of(publication)
    ]
    context: dict[str, Any] = {
        "publication": publication,
        "links": [
            {
                "link": link,
                "state": state.value,
                "label": LINK_LABELS[state],
                "address": address_of(link) if state is LinkState.OPEN else "",
            }
            for link, state in states
        ],
        "typed": {
            "note": request.form.get("note", "") if error else "",
            "days": request.form.get("days", "") if error else str(previews.DEFAULT_DAYS),
        },
        "errors": error.fields if isinstance(error, InvalidInput) else {},
        "refused": error.sentence if error else "",
        "said": said,
        "breadcrumbs": [],
    }
    if http.wants_fragment():
        body = render_template("dashboard/planning/_preview_links.html", **context)
    else:
        body = render_template("dashboard/planning/preview_links.html", **context, **navigation())
    response = make_response(body, status)
    response.vary.add("HX-Request")
    return response
