"""A text out of a Word document: as a new draft, or at the end of one's own text."""

import secrets
from contextlib import closing
from pathlib import Path

from flask import Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from blueprints import errors, http, templating
from blueprints.access import access
from blueprints.dashboard import actor, blueprint
from blueprints.dashboard.reviews import get
from blueprints.dashboard.writing import kind_asked_for
from extensions import db
from models import Kind, Publication
from services import policy, word, word_importing
from services.errors import DomainError, InvalidInput, NotAllowed
from services.kinds import KINDS
from services.publications import seen_token
from services.word_importing import Prepared
from services.word_package import MAX_BYTES, WordRefused

# What is told after an import travels in the session's cookie, which holds 4 KB.
_MAX_NOTES = 8
_MAX_NOTES_CHARACTERS = 1_000


@blueprint.get("/bai-viet/tu-tep-word")
@access("contributor")
def word_file() -> ResponseReturnValue:
    return _page(kind_asked_for(), None)


@blueprint.post("/bai-viet/tu-tep-word")
@access("contributor")
def import_word() -> ResponseReturnValue:
    kind = kind_asked_for()
    try:
        return _create(kind, _prepared())
    except DomainError as error:
        return _refused(error, kind, None)


@blueprint.get("/bai-viet/<int:publication_id>/tu-tep-word")
@access("contributor")
def word_file_for(publication_id: int) -> ResponseReturnValue:
    publication = get(publication_id)
    refusal = policy.refusal(actor(), "publication:edit", publication)
    if refusal is not None:
        flash(refusal, "warn")
        return redirect(url_for("dashboard.publication", publication_id=publication_id), code=303)
    return _page(publication.kind, publication)


@blueprint.post("/bai-viet/<int:publication_id>/tu-tep-word")
@access("contributor")
def import_word_for(publication_id: int) -> ResponseReturnValue:
    """Never over what is there: at its end, or as another text."""
    publication = get(publication_id)
    kind = publication.kind
    try:
        if request.form.get("how") != "append":
            return _create(kind, _prepared())
        refusal = policy.refusal(actor(), "publication:edit", publication)
        if refusal is not None:
            raise NotAllowed(refusal)
        prepared = _prepared()
        publication = get(publication_id)
        word_importing.append(
            prepared=prepared,
            publication=publication,
            actor=actor(),
            seen=request.form.get("seen", ""),
            now=templating.now(),
            root=_root(),
        )
        db.session.commit()
    except DomainError as error:
        return _refused(error, kind, publication_id)
    return _opened(publication, "Đã nối nội dung tệp Word vào cuối bài.", prepared)


def _prepared() -> Prepared:
    """The document that was sent. The database is let go while it is read."""
    file = request.files.get("file")
    if file is None or not file.filename:
        raise WordRefused("Hãy chọn một tệp Word (.docx).")
    with closing(file):
        data = file.stream.read(MAX_BYTES + 1)
    db.session.rollback()
    return word_importing.prepare(word.read(data))


def _create(kind: Kind, prepared: Prepared) -> ResponseReturnValue:
    publication = word_importing.create_draft(
        prepared=prepared,
        kind=kind,
        actor=actor(),
        byline=actor().full_name,
        now=templating.now(),
        root=_root(),
        # Sent twice it is one draft.
        draft_key=request.form.get("key", "")[:32] or None,
    )
    db.session.commit()
    return _opened(publication, "Đã đưa tệp Word vào một bản nháp mới.", prepared)


def _opened(publication: Publication, done: str, prepared: Prepared) -> ResponseReturnValue:
    """The editor, with what was left out told above it."""
    flash(f"{done} Hãy đọc lại trước khi gửi duyệt.", "ok")
    room = _MAX_NOTES_CHARACTERS
    for number, note in enumerate(prepared.notes):
        if number >= _MAX_NOTES or len(note) > room:
            more = len(prepared.notes) - number
            flash(f"Còn {more} điều khác chưa đưa vào được; hãy so bài với tệp gốc.", "warn")
            break
        flash(note, "warn")
        room -= len(note)
    return redirect(url_for("dashboard.edit_publication", publication_id=publication.id), code=303)


def _refused(error: DomainError, kind: Kind, publication_id: int | None) -> Response:
    db.session.rollback()
    publication = get(publication_id) if publication_id is not None else None
    return _page(kind, publication, error)


def _page(
    kind: Kind, publication: Publication | None, error: DomainError | None = None
) -> Response:
    latest = publication.latest_revision if publication else None
    body = render_template(
        "dashboard/importing/word.html",
        kind=KINDS[kind],
        publication=publication,
        seen=seen_token(latest) if latest else "",
        how=request.form.get("how", "new"),
        key=request.form.get("key") or secrets.token_urlsafe(12),
        max_bytes=MAX_BYTES,
        error=error.sentence if error else "",
        errors=error.fields if isinstance(error, InvalidInput) else {},
        breadcrumbs=[],
    )
    return http.private(body, status=errors.status_of(error) if error else 200)


def _root() -> Path:
    return Path(current_app.config["MEDIA_PATH"])
