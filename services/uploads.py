"""Keeping what was uploaded: pictures as variants, files as they came, and their replacement.

A row names its folder and its version; each version's files lie in a folder of their own, so
that the moment of the commit is the moment of the change, and a request that is under way finds
what it began with. ``discard_version`` and ``discard_all`` clear up after the commit.
"""

import hashlib
import io
import secrets
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from sqlalchemy import select

from extensions import db
from models import Media, MediaKind, Publication, User
from services.errors import InvalidInput
from services.files import BY_MIME, inspect, size_label
from services.markup import words
from services.media import FILE_NAME, OPEN_GRAPH_NAME, folder_of
from services.pictures import ProcessedPicture, process
from services.vietnamese import nfc

MAX_ALT_CHARACTERS = 300
MAX_CAPTION_CHARACTERS = 500
MAX_CREDIT_CHARACTERS = 200
_MAX_NAME_CHARACTERS = 255
_CHUNK_BYTES = 1 << 20

Writer = Callable[[Path], None]


# ---------------------------------------------------------------- pictures
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
    token: str | None = None,
) -> Media:
    """Keep a picture that was uploaded: its variants under ``root``, its row in the database.

    The same file sent again for the same publication (or, before there is one, by the same
    person) is the picture that is there, described as it now is. Raises PictureRefused for what
    cannot be shown and InvalidInput, naming the field, for a description that is too long.
    ``processed`` is what ``pictures.process`` made of ``data``, if the caller has already done
    that outside the transaction. ``token`` is given by an import, which knows its pictures by it.
    """
    said = _description(alt=alt, caption=caption, credit=credit)
    digest = hashlib.sha256(data).hexdigest()
    media = _stored_before(digest, actor=actor, publication=publication, token=token)
    if media is not None and folder_of(root, media).is_dir():
        # Sent again without words: what was said of it before still holds.
        _describe(media, {name: value for name, value in said.items() if value}, is_decorative)
        return media
    processed = processed or process(data)
    if media is None:
        media = _new_row(
            digest, filename, "image/webp", actor=actor, publication=publication, now=now
        )
        media.token = token or media.token
    _write_folder(folder_of(root, media), _variants(processed))
    _measure(media, processed)
    db.session.add(media)
    _describe(media, said, is_decorative)
    return media


def describe_picture(
    *, media: Media, alt: str, caption: str, credit: str, is_decorative: bool
) -> None:
    """Change what is said of a stored picture. Raises InvalidInput naming the field."""
    _describe(media, _description(alt=alt, caption=caption, credit=credit), is_decorative)


def replace_picture(
    *,
    media: Media,
    data: bytes,
    now: datetime,
    root: Path,
    processed: ProcessedPicture | None = None,
) -> None:
    """Another picture under the same address. Raises PictureRefused; the old one then stays."""
    processed = processed or process(data)
    _next_version(media, hashlib.sha256(data).hexdigest(), now)
    _write_folder(folder_of(root, media), _variants(processed))
    _measure(media, processed)
    db.session.flush()


def _variants(processed: ProcessedPicture) -> Writer:
    def write(folder: Path) -> None:
        for width, content in processed.webp.items():
            (folder / f"{width}.webp").write_bytes(content)
        (folder / OPEN_GRAPH_NAME).write_bytes(processed.open_graph)

    return write


def _measure(media: Media, processed: ProcessedPicture) -> None:
    media.width, media.height = processed.width, processed.height
    media.widths = list(processed.webp)
    media.size_bytes = sum(map(len, processed.webp.values())) + len(processed.open_graph)


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


# ---------------------------------------------------------------- files
def store_file(
    *,
    file: BinaryIO,
    filename: str,
    actor: User,
    publication: Publication | None,
    now: datetime,
    root: Path,
    token: str | None = None,
) -> Media:
    """Keep a file that was uploaded, as it came, once for each publication (or person).

    Raises FileRefused for what may not be attached.
    """
    kind = inspect(file, filename)
    digest = _digest(file)
    media = _stored_before(digest, actor=actor, publication=publication, token=token)
    if media is not None and folder_of(root, media).is_dir():
        return media
    if media is None:
        media = _new_row(digest, filename, kind.mime, actor=actor, publication=publication, now=now)
        media.token = token or media.token
        media.kind = MediaKind.FILE
        media.width, media.height, media.widths = 0, 0, []
    media.size_bytes = _write_file(media, file, root)
    db.session.add(media)
    db.session.flush()
    return media


def replace_file(*, media: Media, file: BinaryIO, filename: str, now: datetime, root: Path) -> None:
    """Another file under the same address. Raises FileRefused, also for one of another kind."""
    kind = inspect(file, filename)
    if kind.mime != media.mime:
        before = BY_MIME[media.mime].label
        raise InvalidInput(
            f"Tệp thay phải cùng loại {before} để địa chỉ cũ vẫn đúng; tệp vừa gửi là "
            f"{kind.label}. Hãy đính kèm nó thành tệp mới.",
            {"file": f"Hãy chọn tệp {before}."},
        )
    _next_version(media, _digest(file), now)
    media.size_bytes = _write_file(media, file, root)
    db.session.flush()


def _write_file(media: Media, file: BinaryIO, root: Path) -> int:
    file.seek(0)

    def write(folder: Path) -> None:
        with (folder / FILE_NAME).open("wb") as kept:
            shutil.copyfileobj(file, kept)

    _write_folder(folder_of(root, media), write)
    return file.seek(0, io.SEEK_END)


def _digest(file: BinaryIO) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(_CHUNK_BYTES):
        digest.update(chunk)
    return digest.hexdigest()


# ---------------------------------------------------------------- rows and folders
def _new_row(
    digest: str,
    filename: str,
    mime: str,
    *,
    actor: User,
    publication: Publication | None,
    now: datetime,
) -> Media:
    return Media(
        token=secrets.token_urlsafe(16),
        kind=MediaKind.PICTURE,
        version=1,
        sha256=digest,
        original_name=_clean_name(filename),
        mime=mime,
        unit_id=actor.unit_id,
        uploaded_by_id=actor.id,
        publication_id=publication.id if publication is not None else None,
        created_at=now,
    )


def _stored_before(
    digest: str, *, actor: User, publication: Publication | None, token: str | None
) -> Media | None:
    query = select(Media).where(Media.sha256 == digest).order_by(Media.id).limit(1)
    if token is not None:
        query = select(Media).where(Media.token == token)
    elif publication is not None:
        query = query.where(Media.publication_id == publication.id)
    else:
        query = query.where(Media.publication_id.is_(None), Media.uploaded_by_id == actor.id)
    return db.session.scalars(query).first()


def _next_version(media: Media, digest: str, now: datetime) -> None:
    if digest == media.sha256:
        sentence = "Đây chính là tệp đang dùng. Hãy chọn tệp khác."
        raise InvalidInput(sentence, {"file": sentence})
    media.sha256 = digest
    media.version += 1
    media.replaced_at = now


def _clean_name(filename: str) -> str:
    name = PurePosixPath(nfc(filename).replace("\\", "/")).name
    printable = "".join(character for character in name if character.isprintable()).strip()
    return printable[-_MAX_NAME_CHARACTERS:] or "anh"


def _write_folder(folder: Path, write: Writer) -> None:
    """All of the files or none: written beside the folder, which then appears at once."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = folder.with_name(f".{folder.name}-{secrets.token_hex(4)}")
    draft.mkdir()
    try:
        write(draft)
        # Left by a replacement that was not committed.
        shutil.rmtree(folder, ignore_errors=True)
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def discard_version(media: Media, *, version: int, root: Path) -> None:
    """Take the files of a version that was replaced off the disk; after the commit."""
    folder = folder_of(root, media, version)
    if version > 1:
        shutil.rmtree(folder, ignore_errors=True)
        return
    # The first version's folder holds those of the later ones.
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.is_file():
            path.unlink(missing_ok=True)


def discard_all(token: str, *, root: Path) -> None:
    """Take everything of a deleted picture or file off the disk; after the commit."""
    shutil.rmtree(root / token[:2] / token, ignore_errors=True)


def weight_label(media: Media) -> str:
    """“PDF, 1,2 MB”, as it is shown beside the name of a file."""
    return f"{BY_MIME[media.mime].label}, {size_label(media.size_bytes)}"
