"""The lines of a site's own export, taken apart: values for columns, what is lacking, what is not
what it says, and why a line was not taken."""

import json
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from PIL import Image
from sqlalchemy import Date, Enum, Time, select, text

from extensions import db
from models import Media, MediaKind, Section, Unit, UTCDateTime
from services import files
from services.errors import InvalidInput
from services.media import FILE_NAME, OPEN_GRAPH_NAME, media_in
from services.moving.items import Line, Outcome
from services.moving.site_writing import plain_columns
from services.vietnamese import slugify

# What a line raises that somebody has changed on its way.
FAULTS = (KeyError, TypeError, ValueError, AttributeError, RecursionError)


def given_of(model: type[Any], without: frozenset[str], values: dict[str, Any]) -> dict[str, Any]:
    """The columns of a table out of a line, as Python has them. A column that the line does not
    have keeps its default: the file may be an older site's."""
    found: dict[str, Any] = {}
    for column in plain_columns(model, without):
        if column.name not in values:
            continue
        value, kind = values[column.name], column.type
        if value is not None and isinstance(kind, Enum) and kind.enum_class is not None:
            value = kind.enum_class(value)
        elif value is not None and isinstance(kind, UTCDateTime):
            value = datetime.fromisoformat(value)
        elif value is not None and isinstance(kind, Date):
            value = date.fromisoformat(value)
        elif value is not None and isinstance(kind, Time):
            value = time.fromisoformat(value)
        elif isinstance(value, str):
            value = value.replace("\0", "")
        found[column.name] = value
    return found


def lacking(values: dict[str, Any]) -> set[str]:
    """The tokens of pictures and files that the texts need and the site does not have."""
    wanted: set[str] = set()
    for one in filter(None, (values["live"], values["latest"])):
        wanted |= media_in(text_of(one, "body")) | {text_of(row, "media") for row in one["files"]}
        wanted |= {text_of(one, "lead")} if one["lead"] else set()
    if not wanted:
        return set()
    return wanted - set(db.session.scalars(select(Media.token).where(Media.token.in_(wanted))))


def text_of(values: Any, name: Any) -> str:
    value = values[name]
    if not isinstance(value, str):
        raise TypeError(name)
    return value


def unit_id_of(slug: str) -> int:
    found = db.session.scalar(select(Unit.id).where(Unit.slug == slugify(slug)))
    if found is None:
        raise InvalidInput(f"Không có đơn vị “{slug[:60]}”; dòng của đơn vị đó thiếu hoặc hỏng.")
    return found


def section_id_of(slug: str) -> int | None:
    return db.session.scalar(select(Section.id).where(Section.slug == slugify(slug)))


def checked_files(media: Media, folder: Path) -> list[str]:
    """The names of the files of a picture or file, which are what they say. Raises InvalidInput."""
    if media.kind is MediaKind.FILE:
        path = folder / FILE_NAME
        if not path.is_file() or path.is_symlink():
            raise InvalidInput(f"Thiếu tệp {media.original_name} trong thư mục media.")
        with path.open("rb") as file:
            kind = files.inspect(file, media.original_name)
        if kind.mime != media.mime:
            raise InvalidInput(f"Tệp {media.original_name} không phải loại như đã ghi.")
        return [FILE_NAME]
    names = {f"{int(width)}.webp": ("WEBP", int(width)) for width in media.widths}
    names[OPEN_GRAPH_NAME] = ("JPEG", 0)
    for name, (form, width) in names.items():
        path = folder / name
        if not path.is_file() or path.is_symlink():
            raise InvalidInput(f"Thiếu ảnh {media.original_name} ({name}) trong thư mục media.")
        try:
            with Image.open(path, formats=(form,)) as opened:
                is_right = not width or opened.width == width
        except Exception:
            is_right = False
        if not is_right:
            raise InvalidInput(f"Ảnh {media.original_name} ({name}) bị hỏng.")
    return list(names)


def move_sequence() -> None:
    """PostgreSQL counts on from where it was; numbers that were given are passed over."""
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(
            text(
                "SELECT setval(pg_get_serial_sequence('publication', 'id'), "
                "(SELECT max(id) FROM publication))"
            )
        )


def fault_of(row: int, raw: bytes, error: Exception) -> Line:
    sentence = getattr(error, "sentence", "")
    if not sentence and not raw.endswith(b"\n"):
        sentence = "Tệp bị cắt ngang ở dòng này; hãy xuất lại rồi nhập lần nữa."
    elif not sentence and isinstance(error, KeyError):
        sentence = f"Dòng này thiếu mục {error}."
    elif not sentence:
        sentence = f"Dòng này hỏng nên không đọc được ({type(error).__name__})."
    title, number = "", ""
    try:
        values = json.loads(raw)
        shown = values.get("live") or values.get("latest") or values
        title = str(shown.get("title") or shown.get("name") or shown.get("original_name") or "")
        title = title or str(shown.get("content") or "")
        number = str(next(filter(None, map(values.get, ("id", "token", "username", "uid"))), ""))
    except FAULTS:
        pass
    return Line(row, number[:300], title[:300], Outcome.REFUSED, sentence)
