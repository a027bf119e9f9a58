"""Texts in an old font's encoding: the offer to convert them, with a preview, never unasked."""

from dataclasses import dataclass, replace

from flask import flash, jsonify, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from blueprints import errors, http, templating
from blueprints.access import access
from blueprints.dashboard import actor, blueprint
from blueprints.dashboard.reviews import get
from extensions import db
from models import Publication
from services import legacy_encodings, policy, publications
from services.errors import DomainError, InvalidInput, NotAllowed
from services.publications import content_of, seen_token
from services.sanitising import sanitise

_SHOWN = 3
# Texts that their writer wants left as they are, in this browser; the newest of them.
_LEFT = "giu_bang_ma"
_MAX_LEFT = 40


@dataclass(frozen=True, slots=True)
class Offer:
    """A text as it is and as it would be."""

    label: str
    title: str
    summary: str
    body: str
    changes: list[tuple[str, str]]


def offer(title: str, summary: str, body: str) -> Offer | None:
    """What converting would make of a text; None if nothing in it seems to be in an old encoding.
    ``body`` is sanitised."""
    encoding = legacy_encodings.detect_html(body) or legacy_encodings.detect(f"{title}\n{summary}")
    if encoding is None:
        return None
    lines = [legacy_encodings.convert_line(line, encoding) for line in (title, summary)]
    converted = legacy_encodings.convert_html(body, encoding)
    changes = [
        (old, new) for old, new in zip((title, summary), lines, strict=True) if old != new
    ] + list(legacy_encodings.differences(body, converted, limit=_SHOWN))
    if not changes:
        return None
    label = legacy_encodings.LABELS[encoding]
    return Offer(label, lines[0], lines[1], converted, changes[:_SHOWN])


def offer_for(publication: Publication | None) -> Offer | None:
    """The same for a stored text, unless its writer wants it left as it is."""
    latest = publication.latest_revision if publication else None
    if publication is None or latest is None or publication.id in session.get(_LEFT, []):
        return None
    return offer(latest.title, latest.summary, latest.body)


@blueprint.post("/bang-ma")
@access("contributor")
def look_at_encoding() -> ResponseReturnValue:
    """For the editor: whether what is typed should be converted, and into what. Stores nothing."""
    try:
        found = offer(
            request.form.get("title", ""),
            request.form.get("summary", ""),
            sanitise(request.form.get("body", "")),
        )
    except InvalidInput:
        # What is wrong with it is told when it is saved.
        found = None
    if found is None:
        return jsonify(found=False)
    return jsonify(
        found=True,
        fields={"title": found.title, "summary": found.summary, "body": found.body},
        html=render_template("dashboard/importing/_legacy_offer.html", offer=found),
    )


@blueprint.get("/bai-viet/<int:publication_id>/bang-ma")
@access("contributor")
def encoding(publication_id: int) -> ResponseReturnValue:
    return _page(get(publication_id))


@blueprint.post("/bai-viet/<int:publication_id>/bang-ma")
@access("contributor")
def convert_encoding(publication_id: int) -> ResponseReturnValue:
    publication = get(publication_id)
    editor = url_for("dashboard.edit_publication", publication_id=publication_id)
    if request.form.get("then") == "leave":
        left = [number for number in session.get(_LEFT, []) if number != publication_id]
        session[_LEFT] = [*left, publication_id][-_MAX_LEFT:]
        return redirect(editor, code=303)
    latest = publication.latest_revision
    found = offer(latest.title, latest.summary, latest.body) if latest else None
    try:
        refusal = policy.refusal(actor(), "publication:edit", publication)
        if refusal is not None:
            raise NotAllowed(refusal)
        if latest is not None and found is not None:
            content = content_of(latest)
            publications.save(
                publication=publication,
                actor=actor(),
                content=replace(content, title=found.title, summary=found.summary, body=found.body),
                seen=request.form.get("seen", ""),
                now=templating.now(),
            )
            db.session.commit()
            flash("Đã chuyển bài sang Unicode. Hãy đọc lại trước khi gửi duyệt.", "ok")
    except DomainError as error:
        db.session.rollback()
        return _page(get(publication_id), error)
    return redirect(editor, code=303)


def _page(publication: Publication, error: DomainError | None = None) -> ResponseReturnValue:
    latest = publication.latest_revision
    assert latest is not None
    body = render_template(
        "dashboard/importing/encoding.html",
        publication=publication,
        offer=offer(latest.title, latest.summary, latest.body),
        seen=seen_token(latest),
        error=error.sentence if error else "",
        breadcrumbs=[],
    )
    return http.private(body, status=errors.status_of(error) if error else 200)
