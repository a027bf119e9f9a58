"""What a file is, told by its content: names prove nothing, and hostile ones cost little."""

import io
import zipfile
from contextlib import suppress

import docx
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services import files
from services.files import FileRefused, inspect, size_label
from tests.support.documents import PDF, compound, document, odf, ooxml, zipped

MACRO_WORD = "application/vnd.ms-word.document.macroEnabled.main+xml"


@pytest.mark.parametrize(
    "extension", ["pdf", "docx", "xlsx", "pptx", "odt", "ods", "odp", "doc", "xls", "ppt"]
)
def test_each_kind_that_may_be_attached_is_known_by_its_content(extension: str) -> None:
    file = io.BytesIO(document(extension))
    assert inspect(file, f"Báo cáo.{extension.upper()}").extension == extension
    assert file.tell() == 0


def test_what_other_programs_write_is_known() -> None:
    written, sheet = io.BytesIO(), io.BytesIO()
    docx.Document().save(written)
    openpyxl.Workbook().save(sheet)
    assert inspect(written, "a.docx").label == "DOCX"
    assert inspect(sheet, "a.xlsx").label == "XLSX"


def huge_directory() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(10_001):
            archive.writestr(f"{number}", b"")
    return out.getvalue()


REFUSED = {
    "a program called a report": (b"MZ" + b"\0" * 200, "bao-cao.pdf", "chương trình chạy được"),
    "a program that also says PDF": (b"MZ\0\0%PDF-1.7", "bao-cao.pdf", "chương trình chạy được"),
    "a shell script": (b"#!/bin/sh\nrm -rf /", "a.pdf", "chương trình chạy được"),
    "a page": (b"<!DOCTYPE html><script>alert(1)</script>", "a.pdf", "không thuộc loại"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "a.png", "nút “Chèn ảnh”"),
    "an archive": (zipped({"a.exe": b"MZ"}), "a.zip", "Tệp nén không đính kèm được"),
    "a RAR": (b"Rar!\x1a\x07\x00" + b"\0" * 50, "a.rar", "Tệp nén không đính kèm được"),
    "rich text": (rb"{\rtf1 Xin chao}", "a.rtf", "Nội dung tệp này là RTF"),
    "nothing": (b"", "a.pdf", "Tệp rỗng"),
    "a document cut short": (document("docx")[:-40], "a.docx", "bị hỏng hoặc tải lên chưa trọn"),
    "a document with macros": (ooxml(MACRO_WORD), "a.docm", "có macro"),
    "macros in a plain document": (
        ooxml(files.TYPES["docx"].mime + ".main+xml", **{"word/vbaProject.bin": b"x"}),
        "a.docx",
        "có macro",
    ),
    "macros in an open document": (odf("text", **{"Basic/M.xml": b"x"}), "a.odt", "có macro"),
    "macros in an old document": (compound("WordDocument", "VBA"), "a.doc", "có macro"),
    "a document with a password": (compound("EncryptedPackage"), "a.docx", "đặt mật khẩu"),
    "an installer": (compound("Property"), "a.doc", "không phải DOC, XLS hoặc PPT"),
    "another name than content": (PDF, "luong.docx", "đuôi .docx nhưng nội dung là PDF"),
    "types of a million entities": (
        zipped({"[Content_Types].xml": b'<!DOCTYPE x [<!ENTITY a "b">]><Types>&a;</Types>'}),
        "a.docx",
        "cấu trúc bất thường",
    ),
    "types that unpack to a flood": (
        zipped({"[Content_Types].xml": b" " * 20_000_000}),
        "a.docx",
        "cấu trúc bất thường",
    ),
    "a directory of ten thousand parts": (huge_directory(), "a.docx", "cấu trúc bất thường"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_may_not_be_attached_is_refused_with_what_to_do(case: str) -> None:
    data, name, words = REFUSED[case]
    with pytest.raises(FileRefused) as refusal:
        inspect(io.BytesIO(data), name)
    assert words in refusal.value.sentence
    assert refusal.value.fields == {"file": refusal.value.sentence}


def test_a_file_beyond_the_limit_is_refused_before_it_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(files, "MAX_BYTES", 1_000_000)
    with pytest.raises(FileRefused, match=r"Tệp nặng 1,2 MB, quá 1 MB\."):
        inspect(io.BytesIO(PDF + b"\0" * 1_200_000), "a.pdf")


@settings(max_examples=80, deadline=None)
@given(
    start=st.sampled_from([b"", b"%PDF-", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"]),
    rest=st.binary(max_size=600),
    name=st.text(max_size=20),
)
def test_whatever_is_sent_is_a_kind_or_a_refusal(start: bytes, rest: bytes, name: str) -> None:
    with suppress(FileRefused):
        assert inspect(io.BytesIO(start + rest), name) in files.TYPES.values()


@pytest.mark.parametrize(
    ("size", "label"),
    [(1, "1 KB"), (849_500, "850 KB"), (1_240_000, "1,2 MB"), (50_000_000, "50 MB")],
)
def test_a_weight_is_said_as_people_say_it(size: int, label: str) -> None:
    assert size_label(size) == label
