"""Writing: the page on which a text is typed, with scripts and without."""

import secrets
from typing import Any

from flask import Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from blueprints import errors, http, templating
from blueprints.access import access
from blueprints.dashboard import actor, attachments, blueprint, encodings, pictures
from blueprints.dashboard.forms import FORMS, PublicationForm
from blueprints.dashboard.lists import at_the_desk
from blueprints.dashboard.reviews import get
from extensions import db
from models import Kind, Language, Publication, Revision, State, User
from services import (
    comparison,
    dates,
    policy,
    publications,
    remarks,
    reviewing,
    revisions,
    workflow,
)
from services.attachments import as_typed
from services.checklist import checklist_of
from services.errors import DomainError, InvalidInput, NotAllowed
from services.kinds import KINDS
from services.publications import Content, StaleText, content_of, seen_token


def kind_asked_for() -> Kind:
    """The kind named in ``loai``; a post if none is; 404 for one that there is not. Raises
    NotAllowed for one that is not theirs to write."""
    try:
        kind = Kind(request.args.get("loai") or Kind.POST)
    except ValueError:
        abort(404)
    if kind is Kind.PAGE and (refused := policy.refusal(actor(), "page:write")) is not None:
        raise NotAllowed(refused)
    return kind


def new_content(user: User, kind: Kind) -> Content:
    """What a new text begins with: what is no news is the agency's, not a writer's."""
    return Content(byline=user.full_name if KINDS[kind].has_origin else "")


@blueprint.get("/bai-viet/moi")
@access("contributor")
def new_publication() -> ResponseReturnValue:
    kind = kind_asked_for()
    form = FORMS[kind](formdata=None)
    form.fill(new_content(actor(), kind))
    return _page(form, kind=kind, publication=None)


@blueprint.post("/bai-viet/moi")
@access("contributor")
def create_publication() -> ResponseReturnValue:
    return _save(kind_asked_for(), None)


@blueprint.get("/bai-viet/<int:publication_id>/sua")
@access("contributor")
def edit_publication(publication_id: int) -> ResponseReturnValue:
    publication = get(publication_id)
    refusal = policy.refusal(actor(), "publication:edit", publication)
    if refusal is not None:
        flash(refusal, "warn")
        return redirect(url_for("dashboard.publication", publication_id=publication_id), code=303)
    form = FORMS[publication.kind](formdata=None)
    latest = publication.latest_revision
    assert latest is not None
    form.fill(content_of(latest))
    form.seen.data = seen_token(latest)
    return _page(form, kind=publication.kind, publication=publication)


@blueprint.post("/bai-viet/<int:publication_id>/sua")
@access("contributor")
def save_publication(publication_id: int) -> ResponseReturnValue:
    publication = get(publication_id)
    return _save(publication.kind, publication)


def store(form: PublicationForm, *, kind: Kind, publication: Publication | None) -> Publication:
    """Save what the form holds; flushes. Raises DomainError."""
    if not form.validate():
        sentences = form.sentences()
        raise InvalidInput("Chưa lưu được: " + " ".join(sentences.values()), sentences)
    content, user, now = form.content(), actor(), templating.now()
    if publication is None:
        key = request.args.get("khoa", "")[:32] or None
        return publications.create(actor=user, kind=kind, content=content, now=now, draft_key=key)
    publications.save(
        publication=publication,
        actor=user,
        content=content,
        seen=form.seen.data or "",
        now=now,
    )
    return publication


def _save(kind: Kind, publication: Publication | None) -> ResponseReturnValue:
    form = FORMS[kind]()
    picture, file = pictures.sent_with_form(), attachments.sent_with_form()
    saved = publication
    try:
        saved = store(form, kind=kind, publication=publication)
        has_more = False
        for part, append in ((picture, pictures.append), (file, attachments.append)):
            if part is not None and not isinstance(part, InvalidInput):
                append(part, publication=saved, actor=actor(), now=templating.now())
                has_more = True
        # What was typed is kept even if what came with it is refused, or it cannot be submitted.
        db.session.commit()
        for part in (picture, file):
            if isinstance(part, InvalidInput) and has_more:
                # More is stored than the form shows: the other of the two was taken.
                flash(part.sentence, "bad")
                return redirect(url_for("dashboard.edit_publication", publication_id=saved.id), 303)
            if isinstance(part, InvalidInput):
                stored = saved.latest_revision
                form.seen.data = seen_token(stored) if stored is not None else ""
                return _refused(form, part, kind=kind, publication=saved)
        if request.form.get("then") == "submit":
            latest = saved.latest_revision
            assert latest is not None
            workflow.submit(
                publication=saved, actor=actor(), seen=seen_token(latest), now=templating.now()
            )
            db.session.commit()
            flash("Đã gửi duyệt. Bạn sẽ thấy kết quả ở “Đã gửi”.", "ok")
            return redirect(url_for("dashboard.publication", publication_id=saved.id), code=303)
    except DomainError as error:
        db.session.rollback()
        return _refused(form, error, kind=kind, publication=saved)
    flash(f"Đã lưu lúc {dates.format_time(templating.now())}.", "ok")
    return redirect(url_for("dashboard.edit_publication", publication_id=saved.id), code=303)


def _refused(
    form: PublicationForm, error: DomainError, *, kind: Kind, publication: Publication | None
) -> Response:
    """The page as it was typed, with what is wrong; beside somebody else's newer text, both."""
    if publication is not None and publication.id is not None:
        publication = db.session.get(Publication, publication.id)
    theirs = None
    if isinstance(error, StaleText) and publication is not None:
        theirs = publication.latest_revision
        if theirs is not None:
            # Saving again puts the text here upon theirs, which stays in the history.
            form.seen.data = seen_token(theirs)
            revisions.keep(revision=theirs, now=templating.now())
            db.session.commit()
    elif publication is not None and publication.latest_revision is not None:
        latest = publication.latest_revision
        if form_content(form) == content_of(latest) or not form.seen.data:
            form.seen.data = seen_token(latest)
    return _page(
        form,
        kind=kind,
        publication=publication,
        error=error,
        theirs=theirs,
        status=errors.status_of(error),
    )


def _page(
    form: PublicationForm,
    *,
    kind: Kind,
    publication: Publication | None,
    error: DomainError | None = None,
    theirs: Any = None,
    status: int = 200,
) -> Response:
    form.offer_sections(actor())
    # The list as it stands in the form, so that what was taken out does not come back.
    files = form.shown_files()
    form.files.data = as_typed(files)
    latest = publication.latest_revision if publication else None
    assets = current_app.extensions["assets"]
    if publication is None:
        key = request.args.get("khoa", "")[:32] or secrets.token_urlsafe(12)
        urls = {
            "action": url_for("dashboard.new_publication", loai=kind.value, khoa=key),
            "autosave": url_for("dashboard.autosave_new", loai=kind.value, khoa=key),
            "upload": url_for("dashboard.upload_new"),
            "attach": url_for("dashboard.attach_new"),
        }
    else:
        urls = {
            "action": url_for("dashboard.edit_publication", publication_id=publication.id),
            "autosave": url_for("dashboard.autosave", publication_id=publication.id),
            "upload": url_for("dashboard.upload", publication_id=publication.id),
            "attach": url_for("dashboard.attach", publication_id=publication.id),
            "preview": url_for("dashboard.preview", publication_id=publication.id),
            "set_aside": url_for("dashboard.set_aside", publication_id=publication.id),
        }
    reason = reviewing.last_reasons([publication]).get(publication.id) if publication else None
    body = render_template(
        "dashboard/edit.html",
        form=form,
        kind=KINDS[kind],
        publication=publication,
        revision=latest,
        urls=urls,
        editor_base=assets.url("vendor/hugerte/hugerte.min.js").rsplit("/", 1)[0],
        pictures=pictures.choices(publication),
        library_pictures=pictures.from_library(publication, actor(), templating.now()),
        files=files,
        checklist=checklist_of(
            form_content(form),
            kind,
            publication.language if publication else Language.VI,
            publication_id=publication.id if publication else None,
        ),
        states_own_text=publication is None
        or (latest is not None and latest.state in {State.DRAFT, State.NEEDS_CHANGES}),
        reason=reason,
        remarks=remarks.of_text(publication=publication) if publication else None,
        **(at_the_desk([publication.id]) if publication else {}),
        sides=_sides(form, theirs) if theirs is not None else None,
        error=error.sentence if error else "",
        errors=error.fields if isinstance(error, InvalidInput) else {},
        theirs=theirs,
        legacy=encodings.offer_for(publication),
        user=current_user,
        breadcrumbs=[],
    )
    return http.private(body, status=status)


def _sides(form: PublicationForm, theirs: Revision) -> dict[str, Any] | None:
    """Somebody else's text beside what is typed; None if that cannot be read at all."""
    try:
        typed = form.content()
        difference = reviewing.compare_typed(
            old=theirs, title=typed.title, summary=typed.summary, body=typed.body
        )
    except (DomainError, ValueError):
        return None
    return {"difference": difference, "rows": comparison.side_by_side(difference.comparison)}


def form_content(form: PublicationForm) -> Content:
    """What is typed, for the checklist; an empty text where it cannot even be read."""
    try:
        return form.content()
    except (DomainError, ValueError):
        return Content()
