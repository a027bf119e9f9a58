"""Pictures on the desk: sent from the editor, sent with the form, chosen as the lead."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from flask import current_app, request
from sqlalchemy import or_, select

from extensions import db
from models import Media, MediaKind, MediaUse, Publication, Revision, User
from services import library, media, publications, uploads
from services.errors import InvalidInput
from services.pictures import MAX_BYTES, ProcessedPicture, process
from services.publications import content_of, seen_token


@dataclass(frozen=True, slots=True)
class Sent:
    """A picture that came with a request, already made small."""

    data: bytes
    filename: str
    processed: ProcessedPicture
    alt: str
    caption: str
    credit: str
    is_decorative: bool = False


def sent(field: str) -> Sent | None:
    """The picture in this field of the request, if there is one. Raises InvalidInput.

    Making it small takes a while, so the database is let go meanwhile: nobody else's save
    waits for it.
    """
    file = request.files.get(field)
    if file is None or not file.filename:
        return None
    data = file.stream.read(MAX_BYTES + 1)
    db.session.rollback()
    return Sent(
        data=data,
        filename=file.filename,
        processed=process(data),
        alt=request.form.get("alt", ""),
        caption=request.form.get("caption", ""),
        credit=request.form.get("credit", ""),
        is_decorative=bool(request.form.get("decorative")),
    )


def sent_with_form() -> Sent | int | InvalidInput | None:
    """The picture that came with a text from a page without scripts, or the number of one in the
    library. One that cannot be taken comes back as its refusal, since the text must be saved all
    the same."""
    try:
        return sent("picture") or request.form.get("library_picture", type=int)
    except InvalidInput as error:
        return InvalidInput(error.sentence, {"picture": error.sentence})


def keep(picture: Sent, *, publication: Publication | None, actor: User, now: datetime) -> Media:
    """Store the picture; flushes."""
    return uploads.store_picture(
        data=picture.data,
        filename=picture.filename,
        processed=picture.processed,
        actor=actor,
        publication=publication,
        alt=picture.alt,
        caption=picture.caption,
        credit=picture.credit,
        is_decorative=picture.is_decorative,
        now=now,
        root=Path(current_app.config["MEDIA_PATH"]),
    )


def append(picture: Sent | int, *, publication: Publication, actor: User, now: datetime) -> None:
    """Put a picture, or one of the library, at the end of the text; the first becomes its lead."""
    if isinstance(picture, int):
        found = library.get(media_id=picture, user=actor, now=now)
        if found is None or found.kind is not MediaKind.PICTURE:
            return
        stored = found
    else:
        stored = keep(picture, publication=publication, actor=actor, now=now)
    latest = publication.latest_revision
    assert latest is not None
    content = content_of(latest)
    content = replace(
        content,
        body=content.body + media.figure_markup(stored),
        lead_media_id=content.lead_media_id or stored.id,
    )
    publications.save(
        publication=publication, actor=actor, content=content, seen=seen_token(latest), now=now
    )


def choices(publication: Publication | None) -> list[Media]:
    """The pictures that may lead this text: sent for it, or shown in one of its revisions."""
    if publication is None:
        return []
    shown = (
        select(MediaUse.media_id)
        .join(Revision, Revision.id == MediaUse.revision_id)
        .where(Revision.publication_id == publication.id)
    )
    query = select(Media).where(
        Media.kind == MediaKind.PICTURE,
        or_(Media.publication_id == publication.id, Media.id.in_(shown)),
    )
    return list(db.session.scalars(query.order_by(Media.id)))


def from_library(publication: Publication | None, user: User, now: datetime) -> list[Media]:
    """The newest of the library, beside those, that may lead this text or stand in it."""
    present = {media.id for media in choices(publication)}
    offered = library.choices(user=user, kind=MediaKind.PICTURE, now=now)
    return [media for media in offered if media.id not in present]
