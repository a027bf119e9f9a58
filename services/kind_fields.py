"""The fields that one kind has and others have not: what may be typed, how it is kept and shown.

A value travels as text between the editor, its conflicts and comparisons: a day as 05/07/2017,
a choice as its key. ``cleaned`` makes that text canonical, ``stored`` what the column holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from services import dates
from services.errors import InvalidInput
from services.vietnamese import clean, document_number

MAX_LINE_CHARACTERS = 200
MAX_TEXT_CHARACTERS = 20_000
MAX_URL_CHARACTERS = 1000
MAX_NUMBER = 9999


class FieldType(StrEnum):
    """What kind of thing a field holds."""

    LINE = "line"
    TEXT = "text"  # several lines, each a paragraph or an item
    DAY = "day"
    NUMBER = "number"
    CHOICE = "choice"
    ADDRESS = "address"  # of a page elsewhere
    DOCUMENT_NUMBER = "document_number"
    DOCUMENTS = "documents"  # other documents of this site, one a line


@dataclass(frozen=True, slots=True)
class Field:
    """One field. ``is_needed``: a text cannot be submitted without it."""

    name: str
    label: str
    type: FieldType = FieldType.LINE
    max_characters: int = MAX_LINE_CHARACTERS
    choices: tuple[tuple[str, str], ...] = ()
    hint: str = ""
    placeholder: str = ""
    is_needed: bool = False
    # Whether the page lists it by itself; what is said otherwise (a banner, a table) is not.
    is_listed: bool = True
    # Of a day on which pages say something else: so many days after it begins, at midnight.
    turns_after: int | None = None

    @property
    def labels(self) -> dict[str, str]:
        """The choices' labels by key."""
        return dict(self.choices)


def line(name: str, label: str, **more: Any) -> Field:
    return Field(name, label, **more)


def text(name: str, label: str, **more: Any) -> Field:
    return Field(name, label, FieldType.TEXT, MAX_TEXT_CHARACTERS, **more)


def day(name: str, label: str, **more: Any) -> Field:
    return Field(name, label, FieldType.DAY, 10, placeholder="ngày/tháng/năm", **more)


def number(name: str, label: str, **more: Any) -> Field:
    return Field(name, label, FieldType.NUMBER, 4, **more)


def choice(name: str, label: str, choices: Sequence[tuple[str, str]], **more: Any) -> Field:
    return Field(name, label, FieldType.CHOICE, 40, choices=tuple(choices), **more)


def address(name: str, label: str, **more: Any) -> Field:
    return Field(name, label, FieldType.ADDRESS, MAX_URL_CHARACTERS, **more)


def document_sign(name: str, label: str, **more: Any) -> Field:
    return Field(name, label, FieldType.DOCUMENT_NUMBER, 80, **more)


def documents(name: str, label: str, **more: Any) -> Field:
    hint = "Mỗi dòng một văn bản đã có trên trang: số, ký hiệu, hoặc # và mã, ví dụ #123."
    return Field(name, label, FieldType.DOCUMENTS, 4000, hint=hint, is_listed=False, **more)


def cleaned(field: Field, typed: str) -> str:
    """What was typed, written the one way that it is kept. Raises InvalidInput naming the field."""
    has_lines = field.type in {FieldType.TEXT, FieldType.DOCUMENTS}
    value = _lines(typed) if has_lines else _one_line(typed)
    if not value:
        return ""
    if len(value) > field.max_characters and field.type is not FieldType.DAY:
        raise _wrong(
            field,
            f"{field.label} dài {len(value)} ký tự; hãy rút còn nhiều nhất "
            f"{field.max_characters} ký tự.",
        )
    if field.type is FieldType.DAY:
        try:
            return dates.format_date(dates.parse_date(value))
        except InvalidInput as error:
            raise _wrong(field, f"{field.label}: {error.sentence}") from error
    if field.type is FieldType.NUMBER:
        if not (value.isascii() and value.isdigit()):
            raise _wrong(field, f"{field.label} phải là một số từ 0 đến {MAX_NUMBER}.")
        return str(int(value))
    if field.type is FieldType.CHOICE and value not in field.labels:
        raise _wrong(field, f"{field.label}: lựa chọn này không có trong danh sách; hãy chọn lại.")
    if field.type is FieldType.ADDRESS and not _is_address(value):
        raise _wrong(field, f"{field.label} phải bắt đầu bằng http:// hoặc https://.")
    if field.type is FieldType.DOCUMENT_NUMBER:
        return document_number(value)
    if field.type is FieldType.DOCUMENTS:
        return "\n".join(document_number(part) for part in value.splitlines() if part)
    return value


def stored(field: Field, value: str) -> str | date | int | None:
    """What the column holds of a cleaned value."""
    if field.type is FieldType.DAY:
        return dates.parse_date(value) if value else None
    if field.type is FieldType.NUMBER:
        return int(value) if value else None
    return value


def written(field: Field, value: str | date | int | None) -> str:
    """A column's value as the editor writes it: what ``cleaned`` gave."""
    if value is None:
        return ""
    return dates.format_date(value) if isinstance(value, date) else str(value)


def said(field: Field, value: str) -> str:
    """A cleaned value as readers are told it."""
    return field.labels.get(value, value) if field.type is FieldType.CHOICE else value


def _wrong(field: Field, sentence: str) -> InvalidInput:
    return InvalidInput(sentence, {field.name: sentence})


def _one_line(typed: str) -> str:
    return " ".join(clean(typed).split())


def _lines(typed: str) -> str:
    """Several lines, each tidied; no more than one empty one between two."""
    lines = [" ".join(part.split()) for part in clean(typed).splitlines()]
    kept: list[str] = []
    for said_line in lines:
        if said_line or (kept and kept[-1]):
            kept.append(said_line)
    return "\n".join(kept).strip()


def _is_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
