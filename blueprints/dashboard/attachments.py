"""Files attached to a text: sent from the editor, and with the form where there are no scripts."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from flask import Response, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from blueprints import templating
from blueprints.access import access
from blueprints.dashboard import actor, blueprint
from blueprints.dashboard.reviews import get_to_edit
from extensions import db
from models import Media, Publication, User
from services import attachments, publications, uploads
from services.attachments import Attachment
from services.errors import InvalidInput
from services.files import inspect
from services.publications import content_of, seen_token


@blueprint.post("/bai-viet/tep")
@access("contributor")
def attach_new() -> ResponseReturnValue:
    return _attach(None)


@blueprint.post("/bai-viet/<int:publication_id>/tep")
@access("contributor")
def attach(publication_id: int) -> ResponseReturnValue:
    return _attach(publication_id)


def _attach(publication_id: int | None) -> ResponseReturnValue:
    """Keep a file for a text; the text names it when it is saved."""
    get_to_edit(publication_id)
    try:
        file = sent("file")
        if file is None:
            raise InvalidInput("Hãy chọn một tệp.", {"file": "Hãy chọn một tệp."})
        stored = keep(
            file, publication=get_to_edit(publication_id), actor=actor(), now=templating.now()
        )
        db.session.commit()
    except InvalidInput as error:
        db.session.rollback()
        response = jsonify(error=error.sentence, fields=error.fields)
        response.status_code = 422
        return response
    return described(stored)


def described(stored: Media) -> Response:
    """What the editor shows of a file."""
    file = attachments.shown(stored)
    return jsonify(
        id=file.media_id, label="", name=file.name, weight=file.weight, address=file.address
    )


def sent(field: str) -> FileStorage | None:
    """The file in this field of the request, if there is one, looked through: see there."""
    file = request.files.get(field)
    if file is None or not file.filename:
        return None
    looked_through(file)
    return file


def looked_through(file: FileStorage) -> None:
    """Raises InvalidInput for what may not be attached.

    The database is let go before: nobody else's save waits while a large file is read.
    """
    db.session.rollback()
    inspect(file.stream, file.filename or "")  # type: ignore[arg-type]


def sent_with_form() -> FileStorage | InvalidInput | None:
    """The file that came with a text from a page without scripts. One that cannot be taken comes
    back as its refusal, since the text must be saved all the same."""
    try:
        return sent("attachment")
    except InvalidInput as error:
        return InvalidInput(error.sentence, {"attachment": error.sentence})


def keep(
    file: FileStorage, *, publication: Publication | None, actor: User, now: datetime
) -> Media:
    """Store the file; flushes."""
    return uploads.store_file(
        file=file.stream,  # type: ignore[arg-type]
        filename=file.filename or "",
        actor=actor,
        publication=publication,
        now=now,
        root=Path(current_app.config["MEDIA_PATH"]),
    )


def append(file: FileStorage, *, publication: Publication, actor: User, now: datetime) -> None:
    """Attach a file after those that are there."""
    stored = keep(file, publication=publication, actor=actor, now=now)
    latest = publication.latest_revision
    assert latest is not None
    content = content_of(latest)
    if any(one.media_id == stored.id for one in content.files):
        return
    publications.save(
        publication=publication,
        actor=actor,
        content=replace(content, files=(*content.files, Attachment(stored.id))),
        seen=seen_token(latest),
        now=now,
    )
