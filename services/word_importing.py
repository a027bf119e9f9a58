"""A Word document taken into the site: as a new draft, or at the end of a text that there is.

``prepare`` does what takes long, without the database; ``create_draft`` and ``append`` store. The
pictures are uploads like any others. One that cannot be shown is marked where it stood, and told.
"""

import re
import time
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from lxml import etree, html

from models import Kind, Media, Publication, Revision, User
from services import media, publications, uploads
from services.errors import InvalidInput
from services.markup import words
from services.pictures import PictureRefused, ProcessedPicture, process
from services.publications import Content, content_of, one_line
from services.sanitising import sanitise
from services.word import WordText
from services.word_package import WordRefused

NO_PICTURE = "[ảnh chưa được tải lên]"
# Thirty photographs of a telephone take half of this.
_PICTURES_WITHIN_S = 60.0
_MAX_PICTURE_NOTES = 4
_PLACE = re.compile(r'(?<= src=")anh:([0-9]+)(?=")')
# Stands for any picture while the length of a text is judged.
_SAMPLE = "/tep/0000000000000000/960.webp"


@dataclass(frozen=True, slots=True)
class _Picture:
    number: int  # in the document, from 0
    data: bytes
    processed: ProcessedPicture
    alt: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document that can be stored: its pictures are made, its text is of a length that may be."""

    title: str
    summary: str
    body: str
    pictures: tuple[_Picture, ...]
    notes: tuple[str, ...]


# ---------------------------------------------------------------- without the database
def prepare(text: WordText) -> Prepared:
    """Make the pictures, mark those that cannot be shown, and see that the text can be kept.

    Raises WordRefused with the sentence of services/sanitising for a text that is too long. Takes
    up to a minute: hold no transaction meanwhile.
    """
    root = html.fragment_fromstring(text.body or "<p></p>", create_parent="div")
    alts: dict[int, str] = {}
    for image in root.iter("img"):
        number = _number(image)
        if number is not None and not alts.get(number):
            alts[number] = words(image.get("alt") or "") or ""
    made, refusals = _process(text.pictures, alts)
    for image in list(root.iter("img")):
        if _number(image) not in {picture.number for picture in made}:
            _mark(image)
    body = "".join(etree.tostring(child, encoding="unicode", method="html") for child in root)
    try:
        sanitise(_PLACE.sub(_SAMPLE, body))
    except InvalidInput as refusal:
        raise WordRefused(refusal.sentence) from refusal
    notes = [*text.notes, *refusals]
    if not text.title:
        notes.append("Chưa nhận ra tiêu đề trong tệp; hãy đặt tiêu đề.")
    return Prepared(one_line(text.title), one_line(text.summary), body, made, tuple(notes))


def _number(image: etree._Element) -> int | None:
    number = (image.get("src") or "").removeprefix("anh:")
    return int(number) if number.isdecimal() else None


def _process(
    pictures: tuple[bytes, ...], alts: dict[int, str]
) -> tuple[tuple[_Picture, ...], list[str]]:
    until = time.monotonic() + _PICTURES_WITHIN_S
    made, refusals = [], []
    for number, data in enumerate(pictures):
        if number not in alts:
            continue
        if not data:
            why = "ảnh chỉ được liên kết, không nằm trong tệp. Hãy chèn lại ảnh."
            refusals.append((number, why))
        elif time.monotonic() > until:
            refusals.append((number, "xử lý quá lâu. Hãy thu nhỏ ảnh rồi chèn lại."))
        else:
            try:
                made.append(_Picture(number, data, process(data), alts[number]))
            except PictureRefused as refusal:
                refusals.append((number, refusal.sentence))
    notes = [f"Ảnh {number + 1} chưa được tải lên: {why}" for number, why in refusals]
    if (more := len(notes) - _MAX_PICTURE_NOTES) > 1:
        notes[_MAX_PICTURE_NOTES:] = [
            f"Còn {more} ảnh khác cũng chưa được tải lên; chỗ của chúng được ghi trong bài."
        ]
    return tuple(made), notes


def _mark(image: etree._Element) -> None:
    """Say in its place that there was a picture, with the words that were said of it."""
    figure = image.getparent()
    while figure is not None and figure.tag != "figure":
        figure = figure.getparent()
    mark = html.Element("span")
    said = words(image.get("alt") or "")
    mark.text = f"[ảnh chưa được tải lên: {said}]" if said else NO_PICTURE
    if figure is None:
        mark.tail = image.tail
        image.getparent().replace(image, mark)
        return
    lines = [html.Element("p")]
    lines[0].append(mark)
    for caption in figure.iter("figcaption"):
        caption.tag = "p"
        lines.append(caption)
    parent = figure.getparent()
    at = parent.index(figure)
    parent[at : at + 1] = lines


# ---------------------------------------------------------------- storing
def create_draft(
    *,
    prepared: Prepared,
    kind: Kind,
    actor: User,
    byline: str,
    now: datetime,
    root: Path,
    draft_key: str | None = None,
) -> Publication:
    """A new draft that holds the document; its first picture leads. Raises InvalidInput."""
    stored = _store(prepared, publication=None, actor=actor, now=now, root=root)
    content = Content(
        title=prepared.title,
        summary=prepared.summary,
        body=_with_pictures(prepared.body, stored),
        byline=byline,
        lead_media_id=_lead(stored),
    )
    return publications.create(
        actor=actor, kind=kind, content=content, now=now, draft_key=draft_key
    )


def append(
    *,
    prepared: Prepared,
    publication: Publication,
    actor: User,
    seen: str,
    now: datetime,
    root: Path,
) -> Revision:
    """Put the document after what is there already. Raises as ``publications.save`` does.

    Its title and summary take the text's places where those are empty; else they begin what is
    appended, as a heading and a paragraph.
    """
    latest = publication.latest_revision
    assert latest is not None
    content = content_of(latest)
    before = []
    if prepared.title and content.title:
        before.append(_element("h2", prepared.title))
    if prepared.summary and content.summary:
        before.append(_element("p", prepared.summary))
    stored = _store(prepared, publication=publication, actor=actor, now=now, root=root)
    body = "".join([content.body, *before, _with_pictures(prepared.body, stored)])
    return publications.save(
        publication=publication,
        actor=actor,
        content=replace(
            content,
            title=content.title or prepared.title,
            summary=content.summary or prepared.summary,
            body=body,
            lead_media_id=content.lead_media_id or _lead(stored),
        ),
        seen=seen,
        now=now,
    )


def _store(
    prepared: Prepared,
    *,
    publication: Publication | None,
    actor: User,
    now: datetime,
    root: Path,
) -> dict[int, Media]:
    return {
        picture.number: uploads.store_picture(
            data=picture.data,
            filename=f"anh-{picture.number + 1}-trong-tep-word",
            processed=picture.processed,
            actor=actor,
            publication=publication,
            alt=picture.alt,
            now=now,
            root=root,
        )
        for picture in prepared.pictures
    }


def _lead(stored: dict[int, Media]) -> int | None:
    return stored[min(stored)].id if stored else None


def _with_pictures(body: str, stored: dict[int, Media]) -> str:
    return _PLACE.sub(lambda place: media.picture_from(stored[int(place[1])]).src, body)


def _element(tag: str, text: str) -> str:
    element = html.Element(tag)
    element.text = text
    return str(etree.tostring(element, encoding="unicode", method="html"))
