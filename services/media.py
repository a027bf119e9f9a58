"""Pictures on disk and in the database: storing, showing, and who may see them.

A picture lies under ``<root>/<ab>/<token>/``, where the token cannot be guessed and ``ab`` are
its first two letters: ``480.webp``, ``960.webp`` … and ``og.jpg``. Its address is
``/tep/<token>/<name>``. Files never change once they are there; another picture is another token.
"""

import hashlib
import html
import re
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from lxml import etree
from sqlalchemy import or_, select

from extensions import db
from models import Media, MediaUse, Publication, Revision, User
from services import policy
from services.errors import InvalidInput
from services.markup import MEDIA_ADDRESS, words
from services.markup_tree import Node, write
from services.pictures import ProcessedPicture, height_at, process
from services.sanitising import sanitise
from services.vietnamese import nfc
from services.visibility import visible

OPEN_GRAPH_NAME = "og.jpg"
# What src names; a browser that knows srcset chooses for itself.
PREFERRED_WIDTH_PX = 960
# The reading column of a post: 42 rem wide beside the margin, the whole screen on a phone.
BODY_SIZES = "(min-width: 62rem) 42rem, 100vw"
MAX_ALT_CHARACTERS = 300
MAX_CAPTION_CHARACTERS = 500
MAX_CREDIT_CHARACTERS = 200
_MAX_NAME_CHARACTERS = 255
# In sanitised text, the only text that is given here, an attribute holds no bare < > or quote.
_IMG = re.compile(r"<img([^<>]*)>")
_ATTRIBUTE = re.compile(r'([a-z]+)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Picture:
    """What a template needs to show a picture; measures in px, addresses from our root."""

    src: str
    srcset: str
    width: int
    height: int
    alt: str
    og_src: str


@dataclass(frozen=True, slots=True)
class BodyPicture:
    """A picture as it stands in a text, with what is said of it there."""

    token: str
    alt: str
    caption: str


# ---------------------------------------------------------------- showing
def picture_of(
    token: str | None,
    width: int | None,
    height: int | None,
    widths: Sequence[int] | None,
    alt: str | None,
) -> Picture | None:
    """A picture from the columns of its row, as a list reads them; None where there is none."""
    if not token or not width or not height or not widths:
        return None
    fitting = [made for made in widths if made <= PREFERRED_WIDTH_PX]
    shown = max(fitting) if fitting else min(widths)
    return Picture(
        src=address(token, f"{shown}.webp"),
        srcset=", ".join(f"{address(token, f'{made}.webp')} {made}w" for made in sorted(widths)),
        width=shown,
        height=height_at(shown, width, height),
        alt=alt or "",
        og_src=address(token, OPEN_GRAPH_NAME),
    )


def picture_from(media: Media) -> Picture:
    """The same, from the whole row."""
    alt = "" if media.is_decorative else media.alt
    picture = picture_of(media.token, media.width, media.height, media.widths, alt)
    assert picture is not None, "a stored picture has measures"
    return picture


def address(token: str, name: str) -> str:
    return f"/tep/{token}/{name}"


def names_of(media: Media) -> set[str]:
    """The names of the files that there are of a picture."""
    return {f"{width}.webp" for width in media.widths} | {OPEN_GRAPH_NAME}


def folder_of(root: Path, token: str) -> Path:
    return root / token[:2] / token


def figure_markup(media: Media) -> str:
    """A picture with its caption and credit, as the editor puts it into a text."""
    figure = Node("figure")
    figure.children.append(Node("img", _shown(media, "")))
    caption = Node("figcaption")
    if media.caption:
        caption.children.append(media.caption)
    if media.credit:
        credit = Node("em")
        credit.children.append(f"Ảnh: {media.credit}")
        caption.children += [" ", credit] if media.caption else [credit]
    if caption.children:
        figure.children.append(caption)
    out: list[str] = []
    write(figure, out)
    return sanitise("".join(out))


def decorate_pictures(text: str) -> str:
    """A sanitised text whose pictures have their variants and measures, so that nothing shifts.

    A picture without alternative text gets the one that was given when it was uploaded, unless
    it is only decoration. One that is no longer stored goes, with its figure. The result is a
    fixed point of ``sanitise`` as the text was.
    """
    tokens = media_in(text)
    if not tokens:
        return text
    stored = {
        media.token: media
        for media in db.session.scalars(select(Media).where(Media.token.in_(tokens)))
    }

    def decorated(found: re.Match[str]) -> str:
        attributes = dict(_ATTRIBUTE.findall(found[1]))
        address_found = MEDIA_ADDRESS.fullmatch(attributes.get("src", ""))
        media = stored.get(address_found[1]) if address_found else None
        if media is None:
            return ""
        out: list[str] = []
        write(Node("img", _shown(media, html.unescape(attributes.get("alt", "")))), out)
        return "".join(out)

    result = _IMG.sub(decorated, text)
    return result if tokens <= stored.keys() else sanitise(result)


def _shown(media: Media, alt: str) -> dict[str, str]:
    picture = picture_from(media)
    return {
        "src": picture.src,
        "srcset": picture.srcset,
        "sizes": BODY_SIZES,
        "width": str(picture.width),
        "height": str(picture.height),
        "alt": words(alt) or words(picture.alt) or "",
        "loading": "lazy",
        "decoding": "async",
    }


def media_in(text: str) -> set[str]:
    """The tokens of all pictures that a text shows."""
    return {picture.token for picture in pictures_in(text)}


def pictures_in(text: str) -> list[BodyPicture]:
    """The pictures of a sanitised text in order, each with its alternative text and caption."""
    if "<img" not in text:
        return []
    root = etree.fromstring(text.encode(), etree.HTMLParser(encoding="utf-8", huge_tree=True))
    found = []
    for img in root.iter("img"):
        match = MEDIA_ADDRESS.fullmatch(img.get("src") or "")
        if not match:
            continue
        figure = next(img.iterancestors("figure"), None)
        caption = figure.find("figcaption") if figure is not None else None
        below = "" if caption is None else " ".join("".join(caption.itertext()).split())
        found.append(BodyPicture(token=match[1], alt=(img.get("alt") or "").strip(), caption=below))
    return found


def decorative_among(pictures: Sequence[BodyPicture]) -> set[str]:
    """The tokens of those pictures that were said to be only decoration."""
    unnamed = [picture.token for picture in pictures if not picture.alt]
    if not unnamed:
        return set()
    query = select(Media.token).where(Media.token.in_(unnamed), Media.is_decorative)
    return set(db.session.scalars(query))


# ---------------------------------------------------------------- storing
def store_picture(
    *,
    data: bytes,
    filename: str,
    actor: User,
    publication: Publication | None,
    alt: str = "",
    caption: str = "",
    credit: str = "",
    is_decorative: bool = False,
    now: datetime,
    root: Path,
    processed: ProcessedPicture | None = None,
) -> Media:
    """Keep a picture that was uploaded: its variants under ``root``, its row in the database.

    The same file sent again for the same publication (or, before there is one, by the same
    person) is the picture that is there, described as it now is. Raises PictureRefused for what
    cannot be shown and InvalidInput, naming the field, for a description that is too long.
    ``processed`` is what ``pictures.process`` made of ``data``, if the caller has already done
    that outside the transaction.
    """
    said = _description(alt=alt, caption=caption, credit=credit)
    digest = hashlib.sha256(data).hexdigest()
    media = _stored_before(digest, actor=actor, publication=publication)
    if media is not None and folder_of(root, media.token).is_dir():
        # Sent again without words: what was said of it before still holds.
        _describe(media, {name: value for name, value in said.items() if value}, is_decorative)
        return media
    processed = processed or process(data)
    files = {f"{width}.webp": content for width, content in processed.webp.items()}
    files[OPEN_GRAPH_NAME] = processed.open_graph
    token = media.token if media is not None else secrets.token_urlsafe(16)
    _write_folder(folder_of(root, token), files)
    if media is None:
        media = Media(
            token=token,
            sha256=digest,
            original_name=_clean_name(filename),
            mime="image/webp",
            unit_id=actor.unit_id,
            uploaded_by_id=actor.id,
            publication_id=publication.id if publication is not None else None,
            created_at=now,
        )
        db.session.add(media)
    media.width, media.height = processed.width, processed.height
    media.widths = list(processed.webp)
    media.size_bytes = sum(map(len, files.values()))
    _describe(media, said, is_decorative)
    return media


def describe_picture(
    *, media: Media, alt: str, caption: str, credit: str, is_decorative: bool
) -> None:
    """Change what is said of a stored picture. Raises InvalidInput naming the field."""
    _describe(media, _description(alt=alt, caption=caption, credit=credit), is_decorative)


def _describe(media: Media, said: dict[str, str], is_decorative: bool) -> None:
    for name, value in said.items():
        setattr(media, name, value)
    media.is_decorative = is_decorative
    db.session.flush()


def _description(*, alt: str, caption: str, credit: str) -> dict[str, str]:
    limits = {
        "alt": ("Văn bản thay thế", alt, MAX_ALT_CHARACTERS),
        "caption": ("Chú thích", caption, MAX_CAPTION_CHARACTERS),
        "credit": ("Nguồn ảnh", credit, MAX_CREDIT_CHARACTERS),
    }
    said = {name: words(text, 10_000) or "" for name, (_, text, _) in limits.items()}
    wrong = {
        name: f"{label} dài {len(said[name])} ký tự; hãy rút còn nhiều nhất {limit} ký tự."
        for name, (label, _, limit) in limits.items()
        if len(said[name]) > limit
    }
    if wrong:
        raise InvalidInput("Chưa lưu được ảnh: " + " ".join(wrong.values()), wrong)
    return said


def _stored_before(digest: str, *, actor: User, publication: Publication | None) -> Media | None:
    query = select(Media).where(Media.sha256 == digest).order_by(Media.id).limit(1)
    if publication is not None:
        query = query.where(Media.publication_id == publication.id)
    else:
        query = query.where(Media.publication_id.is_(None), Media.uploaded_by_id == actor.id)
    return db.session.scalars(query).first()


def _clean_name(filename: str) -> str:
    name = PurePosixPath(nfc(filename).replace("\\", "/")).name
    printable = "".join(character for character in name if character.isprintable()).strip()
    return printable[-_MAX_NAME_CHARACTERS:] or "anh"


def _write_folder(folder: Path, files: dict[str, bytes]) -> None:
    """All of the files or none: written beside the folder, which then appears at once."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = folder.with_name(f".{folder.name}-{secrets.token_hex(4)}")
    draft.mkdir()
    try:
        for name, content in files.items():
            (draft / name).write_bytes(content)
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


# ---------------------------------------------------------------- who may see it
def get_media(token: str) -> Media | None:
    return db.session.scalars(select(Media).where(Media.token == token)).one_or_none()


def is_public(media: Media, now: datetime) -> bool:
    """Whether a text that citizens can read now shows the picture, in its body or as its lead."""
    used = (
        select(MediaUse.media_id)
        .where(MediaUse.media_id == media.id, MediaUse.revision_id == Publication.live_revision_id)
        .correlate(Publication)
        .exists()
    )
    query = select(Publication.id).where(
        visible(now), or_(used, Publication.lead_media_id == media.id)
    )
    return db.session.scalars(query.limit(1)).first() is not None


def may_see(user: User | None, media: Media, now: datetime) -> bool:
    """Whether the picture may be shown to this person (None: a citizen) now.

    Until a text that shows it is public: whoever uploaded it, and whoever may see a text that
    shows it or that it was uploaded for.
    """
    return is_public(media, now) or may_see_unpublished(user, media)


def may_see_unpublished(user: User | None, media: Media) -> bool:
    """``may_see``, for a picture that is known not to be public."""
    if user is None or not user.is_authenticated or not user.is_active:
        return False
    if media.uploaded_by_id == user.id:
        return True
    uses = select(Revision.publication_id).join(MediaUse).where(MediaUse.media_id == media.id)
    query = select(Publication).where(
        or_(Publication.id.in_(uses), Publication.id == media.publication_id)
    )
    return any(
        policy.can(user, "publication:view", publication)
        for publication in db.session.scalars(query)
    )


def may_use(actor: User, media: Media, publication: Publication | None) -> bool:
    """Whether the actor may make this picture the lead of the publication (None: a new one).

    Leads are chosen by number, which can be guessed: a picture of a text that the actor may not
    see must not become public that way.
    """
    if publication is not None and media.publication_id == publication.id:
        return True
    return may_see_unpublished(actor, media)
