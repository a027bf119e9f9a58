"""One text on the desk: opened in its row or on a page of its own, and what is done to it."""

from typing import Any

from flask import Response, abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm.exc import StaleDataError

from blueprints import errors, http, templating
from blueprints.access import access
from blueprints.dashboard import actor, blueprint
from blueprints.dashboard.actions import ACTIONS, Action, offered, outcome, read_fields, seen_for
from blueprints.dashboard.lists import at_the_desk, list_on_screen, navigation
from extensions import db
from models import Publication
from services import (
    policy,
    portal,
    publications,
    remarks,
    reviewing,
    revisions,
    translations,
    visibility,
)
from services.attachments import shown_files
from services.checklist import checklist
from services.errors import Conflict, DomainError, InvalidInput, NotAllowed, NotFound
from services.kinds import details_of, said_details
from services.publications import seen_token

OVERTAKEN = "Một người khác vừa làm trước với bài này; hãy xem lại rồi quyết định."


def get(publication_id: int) -> Publication:
    """The publication, if this person may see it; else 404."""
    if publication_id > 2**31 - 1:
        abort(404)
    return publications.get_publication(publication_id=publication_id, actor=actor())


def get_to_edit(publication_id: int | None) -> Publication | None:
    """The text that something is to be added to; None for one that has not been saved yet. Raises
    NotAllowed if this person may not edit it."""
    if publication_id is None:
        return None
    publication = get(publication_id)
    refusal = policy.refusal(actor(), "publication:edit", publication)
    if refusal is not None:
        raise NotAllowed(refusal)
    return publication


@blueprint.get("/bai-viet/<int:publication_id>")
@access("contributor")
def publication(publication_id: int) -> ResponseReturnValue:
    return page(get(publication_id))


@blueprint.get("/bai-viet/<int:publication_id>/mo")
@access("contributor")
def open_row(publication_id: int) -> ResponseReturnValue:
    publication = get(publication_id)
    if not http.wants_fragment():
        return redirect(url_for("dashboard.publication", publication_id=publication.id), code=303)
    return render_template("dashboard/_row_open.html", **opened(publication))


@blueprint.get("/bai-viet/<int:publication_id>/dong")
@access("contributor")
def close_row(publication_id: int) -> ResponseReturnValue:
    publication = get(publication_id)
    if not http.wants_fragment():
        return redirect(url_for("dashboard.home"), code=303)
    return render_template("dashboard/_row.html", **_closed(publication))


@blueprint.get("/bai-viet/<int:publication_id>/<action_name>")
@access("contributor")
def act_again(publication_id: int, action_name: str) -> ResponseReturnValue:
    """Where somebody comes who opens anew the address to which they sent an action."""
    if action_name not in ACTIONS:
        abort(404)
    return redirect(url_for("dashboard.publication", publication_id=publication_id), code=303)


@blueprint.post("/bai-viet/<int:publication_id>/<action_name>")
@access("contributor")
def act(publication_id: int, action_name: str) -> ResponseReturnValue:
    """Carry out one action of the workflow upon the revision that was seen."""
    action = ACTIONS.get(action_name)
    if action is None:
        abort(404)
    publication = get(publication_id)
    now = templating.now()
    try:
        fields = read_fields(action, request.form)
        goes_to_portal = action.marks_portal and "to_portal" in request.form
        if goes_to_portal:
            # Before the action, which then queues what it puts up; both or neither.
            portal.mark(actor=actor(), publication=publication, now=now)
        action.perform(
            publication=publication,
            actor=actor(),
            seen=request.form.get("seen", ""),
            now=now,
            **fields,
        )
        db.session.commit()
    except (DomainError, StaleDataError) as error:
        db.session.rollback()
        refusal = error if isinstance(error, DomainError) else Conflict(OVERTAKEN)
        return _refused(publication_id, action, refusal)
    sentence = outcome(action, fields, now)
    if goes_to_portal:
        sentence += " " + _("Đã chọn gửi Cổng thành phố.")
    return _done(publication_id, action, sentence)


def _done(publication_id: int, action: Action, sentence: str) -> ResponseReturnValue:
    try:
        publication = get(publication_id)
    except NotFound:
        # An editor's own action can take a text out of their sight.
        publication = None
    if action.edits_next and publication is not None:
        target = url_for("dashboard.edit_publication", publication_id=publication_id)
        if http.wants_fragment():
            response = make_response("", 204)
            response.headers["HX-Redirect"] = target
            return response
        return redirect(target, code=303)
    if http.wants_fragment():
        if publication is None:
            row = render_template(
                "dashboard/_row_gone.html", publication_id=publication_id, outcome=sentence
            )
        else:
            row = render_template("dashboard/_row.html", **_closed(publication), outcome=sentence)
        counts = render_template(
            "dashboard/_desk_nav.html", **navigation(list_on_screen()), out_of_band=True
        )
        return make_response(row + counts)
    flash(sentence, "ok")
    if publication is None:
        return redirect(url_for("dashboard.home"), code=303)
    return redirect(url_for("dashboard.publication", publication_id=publication_id), code=303)


def _refused(publication_id: int, action: Action, error: DomainError) -> ResponseReturnValue:
    """The text as it is now, with the sentence, and what was typed."""
    publication = get(publication_id)
    status = errors.status_of(error)
    if status == 403 and http.wants_fragment():
        # The button was on the screen: what it stood for has changed meanwhile.
        status = 409
    refusal = {
        "action": action.name,
        "sentence": error.sentence,
        "fields": error.fields if isinstance(error, InvalidInput) else {},
        "typed": {
            name: request.form.get(name, "") for name in ("reason", "day", "time", "to_portal")
        },
    }
    if http.wants_fragment():
        row = render_template("dashboard/_row_open.html", **opened(publication), refusal=refusal)
        return make_response(row, status)
    return page(publication, refusal=refusal, status=status)


def page(
    publication: Publication,
    *,
    refusal: dict[str, Any] | None = None,
    remark_refusal: dict[str, Any] | None = None,
    status: int = 200,
) -> Response:
    """The text on a page of its own; ``refusal``: of an action or a remark, with what was typed."""
    body = render_template(
        "dashboard/publication.html",
        **opened(publication),
        english=translations.english_of(publication),
        **navigation(),
        refusal=refusal,
        remark_refusal=remark_refusal,
        breadcrumbs=[],
    )
    return http.private(body, status=status)


def _closed(publication: Publication) -> dict[str, Any]:
    return {
        "publication": publication,
        "revision": publication.latest_revision,
        "reason": reviewing.last_reasons([publication]).get(publication.id),
        **at_the_desk([publication.id]),
    }


def opened(publication: Publication) -> dict[str, Any]:
    """What the text, opened, is drawn from."""
    revision = publication.latest_revision
    if revision is None:
        abort(404)
    user = actor()
    actions = offered(user, publication, templating.now())
    section_path = templating.section_tree().path(revision.section_id)
    review = reviewing.review(publication=publication)
    may_remark = policy.can(user, "publication:remark", publication)
    return {
        **_closed(publication),
        "review": review,
        "blocks": reviewing.text_blocks(review=review, body=revision.body),
        "details": said_details(publication.kind, details_of(revision, publication.kind)),
        "remarks": remarks.of_text(publication=publication),
        "may_remark": may_remark,
        "openings": remarks.openings(revision.body) if may_remark else [],
        "remark_seen": seen_token(revision),
        "revision_count": revisions.count_revisions(publication=publication),
        "checklist": checklist(revision),
        "history": reviewing.history(publication=publication),
        "actions": actions,
        "may_mark_portal": any(one.marks_portal for one in actions)
        and portal.may_mark(user, publication),
        "seen_for": seen_for,
        "may_edit": policy.can(user, "publication:edit", publication),
        "is_on_site": visibility.is_visible(publication, templating.now()),
        "section_path": section_path,
        "files": shown_files(revision.id),
    }
