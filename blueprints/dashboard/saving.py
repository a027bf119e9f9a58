"""What the editor asks while somebody types: saving, sending a picture, a fresh token. JSON."""

from typing import Any

from flask import Response, jsonify, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from blueprints import templating
from blueprints.access import access
from blueprints.dashboard import actor, blueprint, pictures, writing
from blueprints.dashboard.forms import FORMS
from blueprints.dashboard.reviews import get, get_to_edit
from extensions import db
from models import Kind, Publication, Revision
from services import dates, media, revisions
from services.attachments import as_typed, shown_files
from services.checklist import checklist
from services.errors import InvalidInput
from services.kinds import details_of
from services.publications import StaleText, seen_token


@blueprint.get("/phien")
@access("contributor")
def session_state() -> Response:
    """Whose session this is, and a token for it: after logging in again the editor goes on."""
    return jsonify(user_id=actor().id, csrf_token=generate_csrf())


@blueprint.post("/bai-viet/tu-luu")
@access("contributor")
def autosave_new() -> ResponseReturnValue:
    return _autosave(writing.kind_asked_for(), None)


@blueprint.post("/bai-viet/<int:publication_id>/tu-luu")
@access("contributor")
def autosave(publication_id: int) -> ResponseReturnValue:
    publication = get(publication_id)
    return _autosave(publication.kind, publication)


def _autosave(kind: Kind, publication: Publication | None) -> ResponseReturnValue:
    form = FORMS[kind]()
    try:
        saved = writing.store(form, kind=kind, publication=publication)
        db.session.commit()
    except StaleText as error:
        db.session.rollback()
        assert publication is not None
        theirs = get(publication.id).latest_revision
        assert theirs is not None
        # Whichever is chosen, the other one stays in the history.
        revisions.keep(revision=theirs, now=templating.now())
        db.session.commit()
        return _json(
            409,
            error=error.sentence,
            seen=seen_token(theirs),
            theirs=_shown(theirs),
            set_aside_url=url_for("dashboard.set_aside", publication_id=theirs.publication_id),
        )
    except InvalidInput as error:
        db.session.rollback()
        return _json(422, error=error.sentence, fields=error.fields)
    revision = saved.latest_revision
    assert revision is not None
    now = templating.now()
    return _json(
        200,
        seen=seen_token(revision),
        saved_at=now.isoformat(),
        saved_at_label=dates.format_time(now),
        publication_id=saved.id,
        edit_url=url_for("dashboard.edit_publication", publication_id=saved.id),
        autosave_url=url_for("dashboard.autosave", publication_id=saved.id),
        upload_url=url_for("dashboard.upload", publication_id=saved.id),
        attach_url=url_for("dashboard.attach", publication_id=saved.id),
        preview_url=url_for("dashboard.preview", publication_id=saved.id),
        checklist_html=render_template("dashboard/_checklist.html", checklist=checklist(revision)),
    )


@blueprint.post("/bai-viet/anh")
@access("contributor")
def upload_new() -> ResponseReturnValue:
    return _upload(None)


@blueprint.post("/bai-viet/<int:publication_id>/anh")
@access("contributor")
def upload(publication_id: int) -> ResponseReturnValue:
    return _upload(publication_id)


def _upload(publication_id: int | None) -> ResponseReturnValue:
    get_to_edit(publication_id)
    try:
        picture = pictures.sent("file")
        if picture is None:
            raise InvalidInput("Hãy chọn một tệp ảnh.", {"file": "Hãy chọn một tệp ảnh."})
        stored = pictures.keep(
            picture,
            publication=get_to_edit(publication_id),
            actor=actor(),
            now=templating.now(),
        )
        db.session.commit()
    except InvalidInput as error:
        db.session.rollback()
        return _json(422, error=error.sentence, fields=error.fields)
    shown = media.picture_from(stored)
    return _json(
        200,
        location=shown.src,
        media_id=stored.id,
        alt=stored.alt,
        width=shown.width,
        height=shown.height,
        figure_html=media.figure_markup(stored),
    )


def _shown(revision: Revision) -> dict[str, Any]:
    """Somebody else's newer text, for showing beside one's own."""
    return {
        "by": "Bạn ở cửa sổ khác"
        if revision.written_by_id == actor().id
        else revision.written_by.full_name,
        "saved_at_label": dates.format_time(revision.updated_at),
        "fields": {
            "title": revision.title,
            "summary": revision.summary,
            "body": revision.body,
            "byline": revision.byline,
            "section_id": revision.section_id or "",
            "genre": revision.genre.value,
            "origin": revision.origin.value,
            "source_name": revision.source_name,
            "source_url": revision.source_url,
            "lead_media_id": revision.lead_media_id or "",
            "secrecy_declared": revision.secrecy_declared,
            "files": as_typed(shown_files(revision.id)),
            **details_of(revision, revision.publication.kind),
        },
    }


def _json(status: int, **values: Any) -> Response:
    response = jsonify(**values)
    response.status_code = status
    return response
