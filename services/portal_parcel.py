"""What the city portal is given of a publication: JSON of one form, whichever way it goes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from extensions import db
from models import Correction, Media, PortalDelivery, PortalEvent
from services import dates
from services.attachments import shown_files
from services.kinds import GENRE_LABELS, KINDS, ORIGIN_LABELS, details_of
from services.media import FILE_NAME, address, file_address, media_in, path_of
from services.sanitising import plain_text

FORM = "trang-tin/portal/1"


@dataclass(frozen=True, slots=True)
class MediaFile:
    """One picture or file: the name under which it goes along, and where it lies here."""

    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class Parcel:
    """One delivery, ready to go. ``text`` is the same for people, as a mail."""

    key: str
    event: PortalEvent
    title: str
    body: bytes
    text: str
    media: Sequence[MediaFile]


def make_parcel(delivery: PortalDelivery, *, config: Mapping[str, Any]) -> Parcel:
    """Everything that the portal needs of one delivery. Addresses are whole ones."""
    publication, revision = delivery.publication, delivery.revision
    site_url = str(config["SITE_URL"])
    page = f"{site_url}/{KINDS[publication.kind].path}/{publication.slug}-{publication.id}"
    said: dict[str, Any] = {
        "form": FORM,
        "event": delivery.event.value,
        "key": delivery.key,
        "site": {"name": config["SITE_NAME"], "url": site_url},
        "publication": {
            "id": publication.id,
            "revision": revision.number,
            "url": page,
            "kind": publication.kind.value,
            "title": revision.title,
            "published_at": _iso(publication.published_at),
        },
        "note": delivery.note,
    }
    media: list[MediaFile] = []
    if delivery.event is not PortalEvent.WITHDRAW:
        pictures = _pictures(delivery)
        files = shown_files(revision.id)
        root = Path(config["MEDIA_PATH"])
        said["publication"] |= {
            "summary": revision.summary,
            "body_html": _with_whole_addresses(revision.body, site_url),
            "byline": revision.byline,
            "section": revision.section.name if revision.section else "",
            "unit": publication.unit.name,
            "genre": GENRE_LABELS[revision.genre],
            "origin": ORIGIN_LABELS[revision.origin],
            "source": {"name": revision.source_name, "url": revision.source_url},
            "details": details_of(revision, publication.kind),
            "language": publication.language.value,
            "licence": config["SITE_LICENCE"],
            "corrections": [
                {"at": _iso(one.noted_at), "text": one.text} for one in _corrections(delivery)
            ],
            "pictures": [
                {
                    "url": site_url + address(one.token, f"{max(one.widths)}.webp"),
                    "name": _picture_name(one),
                    "alt": one.alt,
                    "caption": one.caption,
                    "credit": one.credit,
                }
                for one in pictures
            ],
            "files": [{"url": site_url + file.address, "label": file.label} for file in files],
        }
        media = _media_files(pictures, delivery, root)
    return Parcel(
        key=delivery.key,
        event=delivery.event,
        title=revision.title,
        body=json.dumps(said, ensure_ascii=False, sort_keys=True).encode(),
        text=_as_mail(delivery, page),
        media=media,
    )


def _as_mail(delivery: PortalDelivery, page: str) -> str:
    revision, publication = delivery.revision, delivery.publication
    if delivery.event is PortalEvent.WITHDRAW:
        return "\n".join(
            [
                f"Kính đề nghị Cổng gỡ bài “{revision.title}”.",
                f"Lý do: {delivery.note}",
                "",
                f"Địa chỉ bài: {page}",
                f"Mã gửi: {delivery.key}",
            ]
        )
    lines = [revision.title, "", revision.summary, "", plain_text(revision.body), ""]
    if delivery.event is PortalEvent.CORRECT:
        lines = [f"Đính chính: {delivery.note}", "", *lines]
    published = publication.published_at
    lines += [
        f"Tác giả: {revision.byline}",
        f"Đơn vị: {publication.unit.name}",
        f"Đăng lúc: {dates.format_datetime(published) if published else ''}",
        f"Địa chỉ bài, kèm ảnh và tệp: {page}",
        f"Mã gửi: {delivery.key}",
    ]
    return "\n".join(lines)


def _pictures(delivery: PortalDelivery) -> list[Media]:
    """The lead picture, and those of the body."""
    revision = delivery.revision
    tokens = media_in(revision.body)
    query = select(Media).where(
        (Media.token.in_(tokens)) | (Media.id == (revision.lead_media_id or 0))
    )
    return [one for one in db.session.scalars(query.order_by(Media.id)) if one.width and one.widths]


def _media_files(
    pictures: Sequence[Media], delivery: PortalDelivery, root: Path
) -> list[MediaFile]:
    found = []
    for one in pictures:
        path = path_of(root, one, f"{max(one.widths)}.webp")
        if path is not None:
            found.append(MediaFile(_picture_name(one), path))
    for attached in delivery.revision.files:
        path = path_of(root, attached.media, file_address(attached.media).rpartition("/")[2])
        if path is not None:
            name = file_address(attached.media).rpartition("/")[2] or FILE_NAME
            found.append(MediaFile(f"{attached.media.token}-{name}", path))
    return found


def _picture_name(media: Media) -> str:
    return f"{media.token}.webp"


def _corrections(delivery: PortalDelivery) -> Sequence[Correction]:
    return list(delivery.publication.corrections)


def _with_whole_addresses(body: str, site_url: str) -> str:
    """The sanitised text, whose addresses of our own begin at our root."""
    for attribute in ("src", "href"):
        body = body.replace(f'{attribute}="/', f'{attribute}="{site_url}/')
    return body


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
