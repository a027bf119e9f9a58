"""What a file that is said to be a Word document is, told before any of it is unpacked.

Only the file's last bytes and the zip's directory are read here: a bomb is refused by what its
directory promises, and zipfile reads no more of a member than its directory says.
"""

import io
import struct
import zipfile
from dataclasses import dataclass

from services.errors import InvalidInput

MAX_BYTES = 15_000_000
MAX_MEMBERS = 2_000
MAX_DIRECTORY_BYTES = 500_000
MAX_UNPACKED_BYTES = 100_000_000
# The text of a document; a page of it takes about 10 KB, and a text here holds 400 KB of HTML.
MAX_XML_BYTES = 20_000_000
# Text packs to a tenth, a table of like cells to a hundredth; a bomb to a thousandth.
MAX_RATIO = 200
_RATIO_COUNTS_FROM_BYTES = 2_000_000

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_END = struct.Struct("<4s4H2LH")
_SAVE_AS_DOCX = "Mở tệp bằng Word rồi chọn Lưu thành .docx"


class WordRefused(InvalidInput):
    """The file cannot be read as a Word document; the sentence says what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, {"file": sentence})


@dataclass(frozen=True, slots=True)
class Package:
    """A .docx that is safe to unpack."""

    data: bytes
    has_macros: bool


def examine(data: bytes) -> Package:
    """The package, or WordRefused with what the file is instead and what to do about it."""
    if not data:
        raise WordRefused("Tệp rỗng. Hãy chọn lại tệp Word.")
    if len(data) > MAX_BYTES:
        raise too_large()
    _refuse_other_kinds(data)
    members = _directory(data)
    names = {member.filename for member in members}
    if any(member.flag_bits & 1 for member in members):
        raise _locked()
    _refuse_bomb(members)
    if "word/document.xml" not in names and not any(
        name.startswith("word/document") and name.endswith(".xml") for name in names
    ):
        raise _other_package(data, names)
    return Package(data, has_macros=any(name.endswith("vbaProject.bin") for name in names))


def too_large() -> WordRefused:
    return WordRefused(
        f"Tệp nặng quá {MAX_BYTES // 1_000_000} MB. Hãy mở tệp bằng Word, chọn Nén ảnh rồi lưu "
        "lại, hoặc bỏ bớt ảnh ra và tải ảnh lên riêng."
    )


def damaged() -> WordRefused:
    return WordRefused(
        "Không đọc được tệp: tệp bị hỏng, hoặc tải lên chưa trọn. "
        f"{_SAVE_AS_DOCX}, rồi tải lên lại."
    )


def too_much() -> WordRefused:
    """For what unpacks to more than a text here may be."""
    return WordRefused(
        "Tệp chứa quá nhiều dữ liệu so với một bài viết nên không mở. "
        "Hãy chia thành nhiều tệp nhỏ hơn, hoặc đính kèm tệp vào bài."
    )


def _locked() -> WordRefused:
    return WordRefused(
        "Tệp Word này có mật khẩu nên không đọc được. "
        "Hãy mở bằng Word, vào Tệp → Thông tin → Bảo vệ tài liệu để bỏ mật khẩu, rồi lưu lại."
    )


def _refuse_other_kinds(data: bytes) -> None:
    start = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise _locked()
        raise WordRefused(
            f"Đây là tệp .doc của Word 97–2003, trang chưa đọc được. {_SAVE_AS_DOCX}."
        )
    if start.startswith(b"{\\rtf"):
        raise WordRefused(f"Đây là tệp .rtf, trang chưa đọc được. {_SAVE_AS_DOCX}.")
    if start.startswith(b"%PDF"):
        raise WordRefused(
            f"Đây là tệp PDF, không lấy lại được bố cục bài. {_SAVE_AS_DOCX}; "
            "hoặc đính kèm tệp PDF vào bài."
        )
    if not data.startswith(b"PK"):
        raise WordRefused(f"Đây không phải tệp Word (.docx). {_SAVE_AS_DOCX}.")


def _other_package(data: bytes, names: set[str]) -> WordRefused:
    if "content.xml" in names and b"opendocument.text" in data[:200]:
        return WordRefused(f"Đây là tệp .odt, trang chưa đọc được. {_SAVE_AS_DOCX}.")
    if any(name.startswith(("xl/", "ppt/")) for name in names):
        return WordRefused(
            "Đây là tệp bảng tính hoặc trình chiếu, không phải văn bản Word. "
            "Hãy chọn tệp .docx, hoặc đính kèm tệp này vào bài."
        )
    return WordRefused(f"Đây không phải tệp Word (.docx). {_SAVE_AS_DOCX}.")


def _directory(data: bytes) -> list[zipfile.ZipInfo]:
    """The zip's directory, whose own size is known before it is read."""
    at = data.rfind(b"PK\x05\x06", max(0, len(data) - 65_557))
    if at < 0 or len(data) < at + _END.size:
        raise damaged()
    _, _, _, _, members, directory_bytes, _, _ = _END.unpack_from(data, at)
    # A document has no use for the form of zips beyond 4 GB.
    is_huge_form = data[max(0, at - 20) : at].startswith(b"PK\x06\x07")
    if is_huge_form or members > MAX_MEMBERS or directory_bytes > MAX_DIRECTORY_BYTES:
        raise too_much()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as opened:
            return opened.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as fault:
        raise damaged() from fault


def _refuse_bomb(members: list[zipfile.ZipInfo]) -> None:
    xml_bytes = 0
    for member in members:
        if member.filename.endswith((".xml", ".rels")):
            xml_bytes += member.file_size
        if (
            member.file_size > _RATIO_COUNTS_FROM_BYTES
            and member.file_size > MAX_RATIO * member.compress_size
        ):
            raise too_much()
    unpacked = sum(member.file_size for member in members)
    if len(members) > MAX_MEMBERS or unpacked > MAX_UNPACKED_BYTES or xml_bytes > MAX_XML_BYTES:
        raise too_much()
