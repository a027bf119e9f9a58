"""Remarks on paragraphs: made by who reviews, seen and ticked off by who writes."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from blueprints import errors, http, templating
from blueprints.access import access
from blueprints.dashboard import actor, blueprint, reviews
from blueprints.dashboard.reviews import get
from extensions import db
from models import Publication
from services import remarks
from services.errors import DomainError, InvalidInput, NotAllowed


@blueprint.post("/bai-viet/<int:publication_id>/gop-y")
@access("contributor")
def add_remark(publication_id: int) -> ResponseReturnValue:
    publication = get(publication_id)
    chosen = request.form.get("block", "")
    try:
        remarks.add(
            publication=publication,
            actor=actor(),
            seen=request.form.get("seen", ""),
            block=int(chosen) if chosen.isascii() and chosen.isdigit() else -1,
            text=request.form.get("text", ""),
            now=templating.now(),
        )
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        return _refused(publication_id, error)
    return _done(publication_id, "Đã gửi góp ý; tác giả được báo.")


@blueprint.post("/bai-viet/<int:publication_id>/gop-y/<int:remark_id>/da-sua")
@access("contributor")
def resolve_remark(publication_id: int, remark_id: int) -> ResponseReturnValue:
    remark = remarks.get(publication=get(publication_id), remark_id=remark_id)
    remarks.resolve(remark=remark, actor=actor(), now=templating.now())
    db.session.commit()
    return _done(publication_id, "Đã đánh dấu góp ý là đã sửa.")


@blueprint.post("/bai-viet/<int:publication_id>/gop-y/<int:remark_id>/mo-lai")
@access("contributor")
def reopen_remark(publication_id: int, remark_id: int) -> ResponseReturnValue:
    remark = remarks.get(publication=get(publication_id), remark_id=remark_id)
    remarks.reopen(remark=remark)
    db.session.commit()
    return _done(publication_id, "Đã mở lại góp ý.")


def _done(publication_id: int, sentence: str) -> ResponseReturnValue:
    publication = get(publication_id)
    if not http.wants_fragment():
        flash(sentence, "ok")
        address = url_for("dashboard.publication", publication_id=publication_id)
        return redirect(address, code=303)
    if request.headers.get("HX-Target") == "editor-remarks":
        return render_template(
            "dashboard/revisions/_editor_remarks.html",
            publication=publication,
            remarks=remarks.of_text(publication=publication),
            remark_outcome=sentence,
        )
    return _text(publication, remark_outcome=sentence)


def _refused(publication_id: int, error: DomainError) -> ResponseReturnValue:
    """The text as it is now, with the sentence, and what was typed."""
    publication = get(publication_id)
    refusal = {
        "sentence": error.sentence,
        "fields": error.fields if isinstance(error, InvalidInput) else {},
        "text": request.form.get("text", ""),
        "block": request.form.get("block", ""),
    }
    status = errors.status_of(error)
    if not http.wants_fragment():
        return reviews.page(publication, remark_refusal=refusal, status=status)
    if isinstance(error, NotAllowed):
        # The form was on the screen: what it stood for has changed meanwhile.
        status = 409
    return _text(publication, remark_refusal=refusal), status


def _text(publication: Publication, **said: Any) -> str:
    return render_template(
        "dashboard/revisions/_opened_text.html", **reviews.opened(publication), **said
    )
