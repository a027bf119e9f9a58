"""Pictures and files: their addresses, how they are shown, and who may see them.

Each lies under ``<root>/<ab>/<token>/``, where the token cannot be guessed and ``ab`` are its
first two letters: ``480.webp``, ``960.webp`` … (and the same as ``.avif``) and ``og.jpg`` of a
picture, ``original`` of a file. Its address is ``/tep/<token>/<name>``. What was put in its place
later lies in ``v2``, ``v3`` … below it, under the same address; where the site shows a picture,
``?v=`` tells browsers which one is meant (docs/adr/0014).
"""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from lxml import etree
from sqlalchemy import CompoundSelect, or_, select

from extensions import db
from models import Media, MediaKind, MediaUse, Publication, Revision, RevisionFile, User
from services import policy
from services.files import BY_MIME
from services.markup import MEDIA_ADDRESS, words
from services.markup_tree import Node, write
from services.pictures import height_at
from services.sanitising import sanitise
from services.vietnamese import slugify
from services.visibility import visible

OPEN_GRAPH_NAME = "og.jpg"
# Beside a WebP variant, once it is made (services/picture_formats).
AVIF = ".avif"
# What src names; a browser that knows srcset chooses for itself.
PREFERRED_WIDTH_PX = 960
# The reading column of a post: 42 rem wide beside the margin, the whole screen on a phone.
BODY_SIZES = "(min-width: 62rem) 42rem, 100vw"
# The name on the disk of a file that is no picture.
FILE_NAME = "original"
MAX_FILE_SLUG_CHARACTERS = 60
# The focal point moves a crop in quarters, each of which is a class of the style sheet: the
# pages' policy allows no style attribute.
FOCUS_STEP_PERCENT = 25
# In sanitised text, the only text that is given here, an attribute holds no bare < > or quote.
_IMG = re.compile(r"<img([^<>]*)>")
_ATTRIBUTE = re.compile(r'([a-z]+)="([^"]*)"')
# So much of a text is in sight when its page opens.
MAX_CHARACTERS_BEFORE = 1_500
_VARIANT = re.compile(r"[1-9][0-9]{1,4}\.webp")


@dataclass(frozen=True, slots=True)
class Picture:
    """What a template needs to show a picture; measures in px, addresses from our root."""

    src: str
    srcset: str
    width: int
    height: int
    alt: str
    og_src: str
    focus: str = ""


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
    version: int | None = 1,
    focus_x: int | None = 50,
    focus_y: int | None = 50,
) -> Picture | None:
    """A picture from the columns of its row, as a list reads them; None where there is none."""
    if not token or not width or not height or not widths:
        return None
    fitting = [made for made in widths if made <= PREFERRED_WIDTH_PX]
    shown = max(fitting) if fitting else min(widths)
    mark = _version_mark(version)
    return Picture(
        src=address(token, f"{shown}.webp") + mark,
        srcset=", ".join(
            f"{address(token, f'{made}.webp')}{mark} {made}w" for made in sorted(widths)
        ),
        width=shown,
        height=height_at(shown, width, height),
        alt=alt or "",
        og_src=address(token, OPEN_GRAPH_NAME) + mark,
        focus=focus_classes(focus_x, focus_y),
    )


def _version_mark(version: int | None) -> str:
    return f"?v={version}" if version and version > 1 else ""


def focus_classes(x: int | None, y: int | None) -> str:
    """The classes that move a crop to the focal point; "" for the middle."""
    named = []
    for axis, percent in (("x", x), ("y", y)):
        part = 50 if percent is None else percent
        step = round(part / FOCUS_STEP_PERCENT) * FOCUS_STEP_PERCENT
        if step != 50:
            named.append(f"f{axis}-{step}")
    return " ".join(named)


def picture_from(media: Media, *, with_version: bool = True) -> Picture:
    """The same, from the whole row. Without its version it is what a text stores."""
    alt = "" if media.is_decorative else media.alt
    picture = picture_of(
        media.token,
        media.width,
        media.height,
        media.widths,
        alt,
        media.version if with_version else 1,
        media.focus_x,
        media.focus_y,
    )
    assert picture is not None, "a stored picture has measures"
    return picture


def address(token: str, name: str) -> str:
    return f"/tep/{token}/{name}"


def file_name(media: Media) -> str:
    """The last part of a file's address: its name, as addresses are written."""
    stem = slugify(PurePosixPath(media.original_name).stem, max_length=MAX_FILE_SLUG_CHARACTERS)
    return f"{stem or 'tep'}.{BY_MIME[media.mime].extension}"


def file_address(media: Media) -> str:
    """Where a file is fetched."""
    return address(media.token, file_name(media))


def file_header(media: Media, *, inline: bool) -> str:
    """The Content-Disposition of a file: its own name, for programs old and new (RFC 6266)."""
    kind = BY_MIME[media.mime]
    stem = PurePosixPath(media.original_name).stem or "tep"
    how = "inline" if inline else "attachment"
    whole = quote(f"{stem}.{kind.extension}", safe="")
    return f"{how}; filename=\"{file_name(media)}\"; filename*=UTF-8''{whole}"


def path_of(root: Path, media: Media, name: str) -> Path | None:
    """The file on the disk that stands at this name; None if the name is none of its own.

    A picture that took the place of a larger one has fewer variants: an address in an older text
    then gives the next one that there is.
    """
    folder = folder_of(root, media)
    if media.kind is MediaKind.FILE:
        return folder / FILE_NAME if name == file_name(media) else None
    names = {f"{width}.webp" for width in media.widths} | {OPEN_GRAPH_NAME}
    if name in names:
        return folder / name
    if media.version == 1 or not _VARIANT.fullmatch(name):
        return None
    wanted = int(name.removesuffix(".webp"))
    larger = [width for width in media.widths if width >= wanted]
    return folder / f"{min(larger) if larger else max(media.widths)}.webp"


def best_for(path: Path, accept: str) -> Path:
    """The file to send for a WebP variant to a browser that accepts these types: AVIF if it takes
    that and there is one, JPEG if it knows no WebP, else what was asked for.

    One address for all: what texts store and what was sent before stay right. A program that
    names no type of picture gets what it asked for.
    """
    if path.suffix != ".webp":
        return path
    if "image/avif" in accept:
        lighter = path.with_suffix(AVIF)
        # An empty one says that it would not have been lighter.
        return lighter if lighter.is_file() and lighter.stat().st_size else path
    if "image/" in accept and "image/webp" not in accept:
        older = path.with_name(OPEN_GRAPH_NAME)
        return older if older.is_file() else path
    return path


def folder_of(root: Path, media: Media, version: int | None = None) -> Path:
    """Where the files of a version lie; of the present one, if none is named."""
    version = version or media.version
    first = root / media.token[:2] / media.token
    return first if version == 1 else first / f"v{version}"


def figure_markup(
    media: Media,
    *,
    alt: str = "",
    caption: str | None = None,
    credit: str | None = None,
) -> str:
    """A picture with its caption and credit, as the editor puts it into a text: as they were
    said when it was uploaded, unless this text says something else."""
    caption = media.caption if caption is None else words(caption)
    credit = media.credit if credit is None else words(credit)
    figure = Node("figure")
    figure.children.append(Node("img", _shown(media, alt)))
    below = Node("figcaption")
    if caption:
        below.children.append(caption)
    if credit:
        by = Node("em")
        by.children.append(f"Ảnh: {credit}")
        below.children += [" ", by] if caption else [by]
    if below.children:
        figure.children.append(below)
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
    stored = _stored_pictures(tokens)
    result = _with_pictures(text, stored, keep_others=False)
    return result if tokens <= stored.keys() else sanitise(result)


def refresh_pictures(text: str) -> str:
    """A stored text as it is shown now: pictures that were replaced since have the measures of
    what took their place, and an address that no browser has kept. It is not to be stored."""
    tokens = media_in(text)
    if not tokens:
        return text
    stored = _stored_pictures(tokens)
    replaced = {token: media for token, media in stored.items() if media.version > 1}
    return _with_pictures(text, replaced, keep_others=True) if replaced else text


def _stored_pictures(tokens: set[str]) -> dict[str, Media]:
    query = select(Media).where(Media.token.in_(tokens), Media.kind == MediaKind.PICTURE)
    return {media.token: media for media in db.session.scalars(query)}


def _with_pictures(text: str, stored: dict[str, Media], *, keep_others: bool) -> str:
    def decorated(found: re.Match[str]) -> str:
        attributes = dict(_ATTRIBUTE.findall(found[1]))
        address_found = MEDIA_ADDRESS.fullmatch(attributes.get("src", ""))
        media = stored.get(address_found[1]) if address_found else None
        if media is None:
            return found[0] if keep_others else ""
        out: list[str] = []
        alt = html.unescape(attributes.get("alt", ""))
        # What is stored names no version, so that a text is the same text after a replacement.
        write(Node("img", _shown(media, alt, with_version=keep_others)), out)
        return "".join(out)

    return _IMG.sub(decorated, text)


def _shown(media: Media, alt: str, *, with_version: bool = False) -> dict[str, str]:
    picture = picture_from(media, with_version=with_version)
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


def first_picture(text: str) -> dict[str, str] | None:
    """The attributes of the picture with which a sanitised text begins, as far as it is one of
    ours; None where the text begins otherwise."""
    found = _IMG.search(text, 0, MAX_CHARACTERS_BEFORE)
    if found is None:
        return None
    attributes = {name: html.unescape(said) for name, said in _ATTRIBUTE.findall(found[1])}
    return attributes if MEDIA_ADDRESS.fullmatch(attributes.get("src", "")) else None


def at_once(text: str) -> str:
    """A text whose first picture is fetched before the others, for it is seen at once."""

    def hurried(found: re.Match[str]) -> str:
        return found[0].replace(' loading="lazy"', ' fetchpriority="high"')

    return _IMG.sub(hurried, text, count=1)


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


# ---------------------------------------------------------------- who may see it
def get_media(token: str) -> Media | None:
    return db.session.scalars(select(Media).where(Media.token == token)).one_or_none()


def shown_by(media_id: int) -> CompoundSelect[int]:
    """The revisions that show a picture or carry a file."""
    return (
        select(MediaUse.revision_id)
        .where(MediaUse.media_id == media_id)
        .union(select(RevisionFile.revision_id).where(RevisionFile.media_id == media_id))
    )


def is_public(media: Media, now: datetime) -> bool:
    """Whether a text that citizens can read now shows the picture, in its body or as its lead,
    or carries the file."""
    uses = shown_by(media.id)
    query = select(Publication.id).where(
        visible(now),
        or_(Publication.live_revision_id.in_(uses), Publication.lead_media_id == media.id),
    )
    return db.session.scalars(query.limit(1)).first() is not None


def may_see(user: User | None, media: Media, now: datetime) -> bool:
    """Whether the picture or file may be shown to this person (None: a citizen) now.

    Until a text that shows it is public: whoever uploaded it, and whoever may see a text that
    shows it or that it was uploaded for. What is in the library and in no text yet is its
    unit's and the board's.
    """
    return is_public(media, now) or may_see_unpublished(user, media)


def may_see_unpublished(user: User | None, media: Media) -> bool:
    """``may_see``, for a picture or file that is known not to be public."""
    if user is None or not user.is_authenticated or not user.is_active:
        return False
    if media.uploaded_by_id == user.id:
        return True
    uses = select(Revision.publication_id).where(Revision.id.in_(shown_by(media.id)))
    query = select(Publication).where(
        or_(Publication.id.in_(uses), Publication.id == media.publication_id)
    )
    publications = db.session.scalars(query).all()
    if not publications:
        is_shared = user.unit_id == media.unit_id or user.role in policy.BOARD
        return media.publication_id is None and is_shared
    return any(policy.can(user, "publication:view", one) for one in publications)


def may_use(actor: User, media: Media, publication: Publication | None, now: datetime) -> bool:
    """Whether the actor may make this the lead of the publication (None: a new one), or attach it.

    They are chosen by number, which can be guessed: what belongs to a text that the actor may
    not see must not become public that way.
    """
    if publication is not None and media.publication_id == publication.id:
        return True
    return may_see(actor, media, now)
