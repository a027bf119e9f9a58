"""Previews: the page that readers would get of the newest text, and links to it for people
without an account.

The address of a link is signed outside (blueprints/public/previewing.py) and names the row here;
the row says until when it opens and whether it was revoked.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import joinedload

from extensions import db
from models import (
    Correction,
    Media,
    MediaUse,
    PreviewLink,
    Publication,
    Revision,
    RevisionFile,
    User,
)
from services import audit, policy
from services.articles import Article
from services.attachments import shown_files
from services.dates import format_datetime
from services.errors import InvalidInput, NotAllowed, NotFound
from services.kinds import details_of
from services.media import refresh_pictures
from services.publications import one_line
from services.vietnamese import slugify

DEFAULT_DAYS = 7
MAX_DAYS = 30
MAX_NOTE_CHARACTERS = 200
# Each of them is somebody who can read a text that is not public.
MAX_OPEN_LINKS = 20

# In sanitised text, the only text that is given here, an attribute holds no bare quote.
_TAG = re.compile(r"<(?:img|a)\b[^<>]*>")
_ADDRESSED = re.compile(r'\b(src|srcset|href)="([^"]*)"')
_MEDIA_ADDRESS = re.compile(r"(?:(?<=, )|^)/tep/(?=[\w-]+/)")


class LinkState(StrEnum):
    """Whether a link opens."""

    OPEN = "open"
    EXPIRED = "expired"
    REVOKED = "revoked"


# ---------------------------------------------------------------- the page
def article_of(*, publication: Publication, now: datetime) -> Article:
    """The newest text as readers would see it. Raises NotFound if nothing is written yet."""
    revision = publication.latest_revision
    if revision is None:
        raise NotFound("Bài này chưa có nội dung để xem.")
    corrections = db.session.execute(
        select(Correction.noted_at, Correction.text)
        .where(Correction.publication_id == publication.id)
        .order_by(Correction.noted_at)
    ).all()
    poster = publication.posted_by or publication.author
    return Article(
        id=publication.id,
        kind=publication.kind,
        language=publication.language,
        counterpart=None,
        slug=slugify(revision.title) or "bai",
        title=revision.title,
        summary=revision.summary,
        body=refresh_pictures(revision.body),
        byline=revision.byline,
        posted_by=poster.full_name,
        unit_name=publication.unit.name,
        section_id=revision.section_id,
        genre=revision.genre,
        origin=revision.origin,
        source_name=revision.source_name,
        source_url=revision.source_url,
        published_at=publication.published_at or now,
        updated_at=revision.updated_at,
        views=0,
        picture=None,
        details=details_of(revision, publication.kind),
        files=shown_files(revision.id),
        corrections=[(noted_at, text) for noted_at, text in corrections],
    )


def readdressed(article: Article, *, prefix: str) -> Article:
    """The same with its pictures and files asked for below ``prefix``, where whoever has the
    link may see them."""
    files = [replace(file, address=prefix + file.address) for file in article.files]
    return replace(article, body=readdress(article.body, prefix), files=files)


def readdress(text: str, prefix: str) -> str:
    """A sanitised text whose pictures and files are asked for below ``prefix``."""

    def of_attribute(found: re.Match[str]) -> str:
        return f'{found[1]}="{_MEDIA_ADDRESS.sub(prefix + "/tep/", found[2])}"'

    return _TAG.sub(lambda tag: _ADDRESSED.sub(of_attribute, tag[0]), text)


# ---------------------------------------------------------------- the links
def create(
    *, publication: Publication, actor: User, note: str, days: int | None, now: datetime
) -> PreviewLink:
    """A new link that opens for so many days; ``note`` says for whom. Whoever may see the text
    on the desk may let somebody else read it. Raises InvalidInput, NotAllowed."""
    _require_view(actor, publication)
    note = one_line(note)
    fields: dict[str, str] = {}
    if len(note) > MAX_NOTE_CHARACTERS:
        fields["note"] = (
            f"Ghi chú dài {len(note)} ký tự; hãy rút còn nhiều nhất {MAX_NOTE_CHARACTERS} ký tự."
        )
    if days is None or not 1 <= days <= MAX_DAYS:
        fields["days"] = f"Số ngày phải từ 1 đến {MAX_DAYS}."
    if fields or days is None:
        raise InvalidInput("Chưa tạo được liên kết: " + " ".join(fields.values()), fields)
    open_links = db.session.scalar(
        select(func.count(PreviewLink.id)).where(
            PreviewLink.publication_id == publication.id, _is_open(now)
        )
    )
    if (open_links or 0) >= MAX_OPEN_LINKS:
        raise InvalidInput(
            f"Bài này đã có {MAX_OPEN_LINKS} liên kết còn hiệu lực; hãy thu hồi bớt rồi tạo mới."
        )
    link = PreviewLink(
        publication_id=publication.id,
        note=note,
        created_by_id=actor.id,
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    db.session.add(link)
    db.session.flush()
    said = {"note": [None, note], "expires_at": [None, format_datetime(link.expires_at)]}
    _record(actor, "preview.create", link, publication, said, now)
    return link


def links_of(publication: Publication) -> Sequence[PreviewLink]:
    """Every link to the text that was made, newest first, with whoever made it."""
    query = (
        select(PreviewLink)
        .where(PreviewLink.publication_id == publication.id)
        .options(joinedload(PreviewLink.created_by))
        .order_by(PreviewLink.id.desc())
    )
    return db.session.scalars(query).all()


def revoke(*, publication: Publication, link_id: int, actor: User, now: datetime) -> PreviewLink:
    """Close a link at once; one that is closed already stays as it is."""
    _require_view(actor, publication)
    link = db.session.get(PreviewLink, link_id)
    if link is None or link.publication_id != publication.id:
        raise NotFound("Không có liên kết này.")
    if link.revoked_at is None:
        link.revoked_at = now
        _record(actor, "preview.revoke", link, publication, {"note": [link.note, None]}, now)
    return link


def find(link_id: int) -> tuple[PreviewLink, Publication] | None:
    """The link with its publication, whether it opens or not."""
    row = db.session.execute(
        select(PreviewLink, Publication)
        .join(Publication, Publication.id == PreviewLink.publication_id)
        .where(PreviewLink.id == link_id)
    ).one_or_none()
    return (row[0], row[1]) if row else None


def state_of(link: PreviewLink, publication: Publication, now: datetime) -> LinkState:
    """Whether the link opens. It closes too when whoever made it may no longer see the text."""
    if link.revoked_at is not None:
        return LinkState.REVOKED
    if link.expires_at <= now:
        return LinkState.EXPIRED
    may_view = policy.can(link.created_by, "publication:view", publication)
    return LinkState.OPEN if may_view else LinkState.REVOKED


def shows(publication: Publication, media: Media) -> bool:
    """Whether the newest text shows this picture or file: a link opens nothing else."""
    revision_id = publication.latest_revision_id
    uses = select(MediaUse.media_id).where(
        MediaUse.revision_id == revision_id, MediaUse.media_id == media.id
    )
    attached = select(RevisionFile.media_id).where(
        RevisionFile.revision_id == revision_id, RevisionFile.media_id == media.id
    )
    leads = Revision.lead_media_id == media.id
    query = select(Revision.id).where(
        Revision.id == revision_id, or_(uses.exists(), attached.exists(), leads)
    )
    return db.session.scalar(query) is not None


def _record(
    actor: User,
    action: str,
    link: PreviewLink,
    publication: Publication,
    changes: dict[str, list[str | None]],
    now: datetime,
) -> None:
    """Who let whom read a text that is not public, and who ended it; flushes."""
    audit.record(
        actor=actor,
        action=action,
        subject="publication",
        subject_key=str(publication.id),
        subject_name=publication.title,
        changes={"link": [None, link.id], **changes},
        now=now,
    )


def _is_open(now: datetime) -> ColumnElement[bool]:
    return PreviewLink.revoked_at.is_(None) & (PreviewLink.expires_at > now)


def _require_view(actor: User, publication: Publication) -> None:
    refusal = policy.refusal(actor, "publication:view", publication)
    if refusal is not None:
        raise NotAllowed(refusal)
