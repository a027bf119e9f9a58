"""Files attached to a revision: which, in what order, under what name; and how lists show them."""

import html
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select

from extensions import db
from models import Media, MediaKind, Revision, RevisionFile
from services.errors import InvalidInput
from services.files import PDF
from services.listing import rows
from services.media import file_address
from services.uploads import weight_label

MAX_FILES = 20
MAX_LABEL_CHARACTERS = 300
_MAX_ID = 2**31 - 1
# Twenty names of 300 letters, each of which JSON may write as six signs.
_MAX_TYPED_CHARACTERS = 60_000


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file as somebody attached it; ``label`` is what readers see ("": the file's name)."""

    media_id: int
    label: str = ""


@dataclass(frozen=True, slots=True)
class ShownFile:
    """What a template needs to show an attached file."""

    media_id: int
    label: str
    name: str
    weight: str
    address: str
    # Browsers show it by themselves, in a frame too.
    is_viewable: bool = False

    @property
    def title(self) -> str:
        return self.label or self.name


def attachments_of(revision: Revision) -> tuple[Attachment, ...]:
    """The files of a revision, in order."""
    return tuple(Attachment(row.media_id, row.label) for row in revision.files)


def shown_files(revision_id: int) -> list[ShownFile]:
    """The files of a revision as they are shown, in one query."""
    return [shown(row, row.label) for row in rows(_SHOWN, {"revision_id": revision_id})]


# What ``shown`` asks of a file.
_SHOWN = (
    select(
        Media.id,
        Media.token,
        Media.original_name,
        Media.mime,
        Media.size_bytes,
        RevisionFile.label,
    )
    .join(RevisionFile, RevisionFile.media_id == Media.id)
    .where(RevisionFile.revision_id == bindparam("revision_id"))
    .order_by(RevisionFile.position, Media.id)
)


def shown(media: Media | Any, label: str = "") -> ShownFile:
    """One file as it is shown: the object, or a row of its columns."""
    return ShownFile(
        media_id=media.id,
        label=label,
        name=media.original_name,
        weight=weight_label(media),
        address=file_address(media),
        is_viewable=media.mime == PDF.mime,
    )


def chosen(attachments: Sequence[Attachment]) -> list[ShownFile]:
    """The files that a form names, for showing them in it; what is no file is left out."""
    ids = [attachment.media_id for attachment in attachments]
    if not ids:
        return []
    query = select(Media).where(Media.id.in_(ids), Media.kind == MediaKind.FILE)
    stored = {media.id: media for media in db.session.scalars(query)}
    return [
        shown(stored[attachment.media_id], attachment.label)
        for attachment in attachments
        if attachment.media_id in stored
    ]


def attach(revision: Revision, attachments: Sequence[Attachment]) -> None:
    """Make these the files of a revision."""
    present = {row.media_id: row for row in revision.files}
    rows = []
    for position, attachment in enumerate(attachments):
        row = present.get(attachment.media_id) or RevisionFile(media_id=attachment.media_id)
        row.position, row.label = position, attachment.label
        rows.append(row)
    revision.files = rows


def typed(text: str) -> tuple[Attachment, ...]:
    """The files that the editor's field names: JSON, a list of objects with ``id`` and ``label``.

    Raises InvalidInput for anything else, which no page of ours sends.
    """
    if not text:
        return ()
    wrong = "Danh sách tệp đính kèm gửi lên chưa đúng; hãy tải lại trang rồi đính kèm lại."
    try:
        rows = json.loads(text) if len(text) <= _MAX_TYPED_CHARACTERS else None
        if not isinstance(rows, list):
            raise InvalidInput(wrong, {"files": wrong})
        found = [Attachment(row["id"], row.get("label", "")) for row in rows]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as fault:
        raise InvalidInput(wrong, {"files": wrong}) from fault
    for one in found:
        is_id = type(one.media_id) is int and 0 < one.media_id <= _MAX_ID
        if not is_id or not isinstance(one.label, str):
            raise InvalidInput(wrong, {"files": wrong})
    # A file can be attached once: the first place counts.
    once: dict[int, Attachment] = {}
    for one in found:
        once.setdefault(one.media_id, one)
    return tuple(once.values())


def as_typed(files: Sequence[ShownFile]) -> str:
    """The editor's field: what ``typed`` reads, and what the page shows of each file."""
    rows = [
        {
            "id": file.media_id,
            "label": file.label,
            "name": file.name,
            "weight": file.weight,
            "address": file.address,
        }
        for file in files
    ]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":")) if rows else ""


def refusal_of(attachments: Sequence[Attachment]) -> str | None:
    """What is wrong with a list of files as such, as a sentence."""
    if len(attachments) > MAX_FILES:
        return f"Bài có {len(attachments)} tệp đính kèm; hãy để nhiều nhất {MAX_FILES} tệp."
    if any(len(one.label) > MAX_LABEL_CHARACTERS for one in attachments):
        return f"Tên hiển thị của tệp dài quá {MAX_LABEL_CHARACTERS} ký tự; hãy rút ngắn."
    return None


def compare_files(old: Sequence[ShownFile], new: Sequence[ShownFile]) -> str:
    """What changed between two lists of files, as escaped HTML with <ins> and <del>; "" if
    nothing did."""
    before = {(file.media_id, file.title): file for file in old}
    after = {(file.media_id, file.title): file for file in new}
    if list(before) == list(after):
        return ""
    removed = [f"<del>{_said(file)}</del>" for key, file in before.items() if key not in after]
    now = [
        _said(file) if key in before else f"<ins>{_said(file)}</ins>" for key, file in after.items()
    ]
    return "; ".join(removed + now)


def _said(file: ShownFile) -> str:
    return html.escape(f"{file.title} ({file.weight})")
