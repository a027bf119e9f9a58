"""Files that strangers send to be attached: what each one is, told by its content alone.

A name proves nothing: a program may be called ``bao-cao.pdf``. Nothing of a file is unpacked but
two small parts of an office document, both bounded, and the directory of its zip is measured
before it is read.
"""

import io
import re
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

import puremagic
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from services.dates import format_number
from services.errors import InvalidInput

MAX_BYTES = 50_000_000
# An office document has some dozens of parts; a long presentation a few thousand.
_MAX_ZIP_ENTRIES = 10_000
_MAX_ZIP_DIRECTORY_BYTES = 2_000_000
_MAX_TYPES_BYTES = 1_000_000
_HEAD_BYTES = 8_192
# The end record of a zip, with the longest comment that it may carry.
_ZIP_TAIL_BYTES = 22 + 65_535
_OLE_CHUNK_BYTES = 1 << 20
_OLE_ENTRY_BYTES = 128


class FileRefused(InvalidInput):
    """The file cannot be attached; the sentence says what it is and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, {"file": sentence})


@dataclass(frozen=True, slots=True)
class FileType:
    """A kind of file that may be attached."""

    extension: str
    mime: str

    @property
    def label(self) -> str:
        return self.extension.upper()


_OOXML = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."
PDF = FileType("pdf", "application/pdf")
TYPES = {
    kind.extension: kind
    for kind in (
        PDF,
        FileType("docx", f"{_OOXML}wordprocessingml.document"),
        FileType("xlsx", f"{_OOXML}spreadsheetml.sheet"),
        FileType("pptx", f"{_OOXML}presentationml.presentation"),
        FileType("odt", f"{_ODF}text"),
        FileType("ods", f"{_ODF}spreadsheet"),
        FileType("odp", f"{_ODF}presentation"),
        FileType("doc", "application/msword"),
        FileType("xls", "application/vnd.ms-excel"),
        FileType("ppt", "application/vnd.ms-powerpoint"),
    )
}
BY_MIME = {kind.mime: kind for kind in TYPES.values()}
# What [Content_Types].xml calls the part that holds the document itself.
_MAIN_PARTS = {
    f"{TYPES['docx'].mime}.main+xml": TYPES["docx"],
    f"{TYPES['xlsx'].mime}.main+xml": TYPES["xlsx"],
    f"{TYPES['pptx'].mime}.main+xml": TYPES["pptx"],
    f"{_OOXML}presentationml.slideshow.main+xml": TYPES["pptx"],
}
_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Names in the directory of an old office file (a compound file: MS-CFB, 2.6.1).
_OLE_TYPES = {
    "WordDocument": TYPES["doc"],
    "Workbook": TYPES["xls"],
    "Book": TYPES["xls"],
    "PowerPoint Document": TYPES["ppt"],
}
_OLE_MACROS = ("_VBA_PROJECT_CUR", "_VBA_PROJECT", "VBA")
_OLE_ENCRYPTED = "EncryptedPackage"

_MEND = "Hãy lưu thành PDF, DOCX, XLSX hoặc PPTX rồi tải lên."
_MACROS = (
    "Tệp có macro (chương trình chạy kèm) nên không đính kèm được. "
    "Hãy lưu thành bản không có macro (DOCX, XLSX, PPTX) hoặc PDF rồi tải lên."
)
_ENCRYPTED = "Tệp đặt mật khẩu nên bạn đọc không mở được. Hãy bỏ mật khẩu rồi lưu và tải lên lại."
_DAMAGED = "Tệp bị hỏng hoặc tải lên chưa trọn. Hãy mở tệp trên máy, lưu lại rồi tải lên lần nữa."


def size_label(size_bytes: int) -> str:
    """How much a file weighs: “850 KB”, “1,2 MB”."""
    if size_bytes < 1_000_000:
        return f"{format_number(max(1, round(size_bytes / 1_000)))} KB"
    return f"{format_number(round(size_bytes / 1_000_000, 1))} MB"


def type_label(mime: str) -> str:
    """What people call the kind: “PDF”, “XLSX”; "" for what is no attached file."""
    kind = BY_MIME.get(mime)
    return kind.label if kind else ""


def inspect(file: BinaryIO, filename: str) -> FileType:
    """What the file is. Raises FileRefused, and nothing else, for what may not be attached.

    The file is left at its beginning.
    """
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    if size == 0:
        raise FileRefused("Tệp rỗng. Hãy chọn lại tệp.")
    if size > MAX_BYTES:
        raise FileRefused(
            f"Tệp nặng {size_label(size)}, quá {MAX_BYTES // 1_000_000} MB. "
            "Hãy giảm dung lượng hoặc tách thành nhiều tệp."
        )
    head = file.read(_HEAD_BYTES)
    try:
        kind = _kind_of(file, head, size)
    except FileRefused:
        raise
    except Exception as fault:
        # Readers of hostile bytes raise nearly anything: BadZipFile, ParseError, KeyError …
        raise FileRefused(_DAMAGED) from fault
    finally:
        file.seek(0)
    _refuse_other_name(filename, kind)
    return kind


def _kind_of(file: BinaryIO, head: bytes, size: int) -> FileType:
    if head.lstrip(b"\xef\xbb\xbf \t\r\n\0").startswith(b"%PDF-"):
        return PDF
    if head.startswith(b"PK\x03\x04"):
        return _zipped(file, size)
    if head.startswith(_OLE_MAGIC):
        return _compound(file)
    raise FileRefused(_what_it_is(head))


def _what_it_is(head: bytes) -> str:
    """A sentence that names what was sent instead."""
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG", b"GIF8")) or head[8:12] == b"WEBP":
        return "Đây là ảnh. Hãy chèn ảnh vào bài bằng nút “Chèn ảnh”."
    if head.startswith((b"MZ", b"\x7fELF", b"#!")):
        return f"Đây là chương trình chạy được, không đính kèm được. {_MEND}"
    if head.startswith((b"Rar!", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b")):
        return _ARCHIVE
    try:
        found = puremagic.from_string(head).lstrip(".").upper()
    except (puremagic.PureError, ValueError):
        found = ""
    named = f"Nội dung tệp này là {found}, " if found else "Tệp này "
    return f"{named}không thuộc loại đính kèm được. {_MEND}"


_ARCHIVE = (
    "Tệp nén không đính kèm được: bạn đọc trên điện thoại khó mở, và trang không biết bên trong "
    "có gì. Hãy đính kèm từng tệp."
)


def _refuse_other_name(filename: str, kind: FileType) -> None:
    said = PurePosixPath(filename.replace("\\", "/")).suffix.lower().lstrip(".")
    if said and said != kind.extension:
        raise FileRefused(
            f"Tên tệp có đuôi .{said[:12]} nhưng nội dung là {kind.label}. "
            f"Hãy đổi đuôi thành .{kind.extension} nếu đúng là tệp cần gửi, rồi tải lên lại."
        )


# ---------------------------------------------------------------- zips: OOXML, ODF
def _zipped(file: BinaryIO, size: int) -> FileType:
    _refuse_large_directory(file, size)
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
        names = {entry.filename for entry in entries}
        if entries and entries[0].filename == "mimetype":
            return _open_document(archive, entries[0], names)
        if "[Content_Types].xml" not in names:
            raise FileRefused(_ARCHIVE)
        types = _content_types(archive)
    if any("macroenabled" in found.lower() or "vbaproject" in found.lower() for found in types):
        raise FileRefused(_MACROS)
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise FileRefused(_MACROS)
    kinds = {_MAIN_PARTS[found] for found in types if found in _MAIN_PARTS}
    if len(kinds) != 1:
        raise FileRefused(f"Tệp này không phải DOCX, XLSX hoặc PPTX. {_MEND}")
    return kinds.pop()


def _refuse_large_directory(file: BinaryIO, size: int) -> None:
    """A zip of 50 MB may list a million parts, each an object in memory: its own count first."""
    file.seek(max(0, size - _ZIP_TAIL_BYTES))
    tail = file.read()
    file.seek(0)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < 22:
        raise FileRefused(_DAMAGED)
    count = int.from_bytes(tail[at + 10 : at + 12], "little")
    directory_bytes = int.from_bytes(tail[at + 12 : at + 16], "little")
    is_huge = b"PK\x06\x07" in tail[max(0, at - 20) : at]
    if is_huge or count > _MAX_ZIP_ENTRIES or directory_bytes > _MAX_ZIP_DIRECTORY_BYTES:
        raise FileRefused(f"Tệp có cấu trúc bất thường. {_MEND}")


def _content_types(archive: zipfile.ZipFile) -> set[str]:
    text = _read(archive, archive.getinfo("[Content_Types].xml"), _MAX_TYPES_BYTES)
    try:
        root = fromstring(text, forbid_dtd=True)
    except DefusedXmlException as fault:
        raise FileRefused(f"Tệp có cấu trúc bất thường. {_MEND}") from fault
    return {element.get("ContentType") or "" for element in root}


def _open_document(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, names: set[str]) -> FileType:
    mime = _read(archive, entry, 200).decode("ascii", "replace").strip()
    kind = BY_MIME.get(mime)
    if kind is None or kind.extension not in {"odt", "ods", "odp"}:
        raise FileRefused(f"Tệp này không phải ODT, ODS hoặc ODP. {_MEND}")
    if any(re.match(r"(?:Basic|Scripts)/.*[^/]$", name) for name in names):
        raise FileRefused(_MACROS)
    return kind


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limit: int) -> bytes:
    """A part of the zip, never more of it than ``limit``, whatever its header says."""
    if entry.flag_bits & 0x1:
        raise FileRefused(_ENCRYPTED)
    with archive.open(entry) as part:
        data = part.read(limit + 1)
    if len(data) > limit:
        raise FileRefused(f"Tệp có cấu trúc bất thường. {_MEND}")
    return data


# ---------------------------------------------------------------- compound files: DOC, XLS, PPT
def _compound(file: BinaryIO) -> FileType:
    """Entries of the directory lie at multiples of their own length, wherever its sectors are:
    so the whole chain of sectors need not be followed, which a hostile file could make long."""
    names = _ole_names(file)
    if _OLE_ENCRYPTED in names:
        raise FileRefused(_ENCRYPTED)
    if names.intersection(_OLE_MACROS):
        raise FileRefused(_MACROS)
    for name, kind in _OLE_TYPES.items():
        # A document may hold a sheet as an object within it; a sheet holds no document stream.
        if name in names:
            return kind
    raise FileRefused(f"Tệp này không phải DOC, XLS hoặc PPT. {_MEND}")


def _ole_names(file: BinaryIO) -> set[str]:
    wanted = {*_OLE_TYPES, *_OLE_MACROS, _OLE_ENCRYPTED}
    by_entry = {name.encode("utf-16-le") + b"\0\0": name for name in wanted}
    found = set()
    file.seek(0)
    while chunk := file.read(_OLE_CHUNK_BYTES):
        for entry, name in by_entry.items():
            at = chunk.find(entry)
            while at >= 0:
                # The entry's own length stands 64 bytes after the start of its name.
                length = int.from_bytes(chunk[at + 64 : at + 66], "little")
                if at % _OLE_ENTRY_BYTES == 0 and length == len(entry):
                    found.add(name)
                    break
                at = chunk.find(entry, at + 2)
    return found
