"""Spreadsheets from strangers: read as text, bounded, never evaluated."""

import io
import zipfile
from typing import Any

import openpyxl
import pytest

from services import spreadsheets
from services.errors import InvalidInput


def book(*rows: list[Any]) -> bytes:
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def read(data: bytes) -> list[tuple[int, list[str]]]:
    return spreadsheets.read(io.BytesIO(data))


def repacked(data: bytes, part: str, content: bytes) -> bytes:
    """The same book with one of its parts replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", 8) as new:
        for name in old.namelist():
            new.writestr(name, content if name == part else old.read(name))
    return out.getvalue()


def test_an_xlsx_is_read_as_text_with_its_own_row_numbers() -> None:
    data = book(["Tài khoản", "Số"], [], ["an", 12.0])
    assert read(data) == [(1, ["Tài khoản", "Số"]), (3, ["an", "12"])]


def test_a_formula_is_text() -> None:
    assert read(book(["=1+1", '=HYPERLINK("http://x")'])) == [
        (1, ["=1+1", '=HYPERLINK("http://x")'])
    ]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_csv_is_read_whatever_stands_between_its_cells(mark: str, encoding: str) -> None:
    data = f'Tên{mark}Đơn vị\r\n"Ân"{mark}"Văn{mark}phòng"\r\n'.encode(encoding)
    assert read(data) == [(1, ["Tên", "Đơn vị"]), (2, ["Ân", f"Văn{mark}phòng"])]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "Tệp trống"),
        (b"x" * (spreadsheets.MAX_BYTES + 1), "lớn hơn 5 MB"),
        (b"PK\x03\x04 not a zip", "tệp hỏng"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "mật khẩu"),
        ("Tên;Số".encode("cp1252", "replace"), "UTF-8"),
        (b"%PDF-1.7\x00\x01", "không phải bảng tính"),
        (b'a,"' + b"x" * 200_000, "dòng không đọc được"),
    ],
)
def test_what_is_no_spreadsheet_is_explained(data: bytes, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        read(data)


def test_a_zip_that_would_unpack_to_too_much_is_not_read() -> None:
    huge = b"<x>" + b" " * (spreadsheets.MAX_UNPACKED_BYTES + 1) + b"</x>"
    with pytest.raises(InvalidInput, match="bung ra quá lớn"):
        read(repacked(book(["a"]), "xl/worksheets/sheet1.xml", huge))


def test_an_entity_that_multiplies_is_not_unfolded() -> None:
    entities = "".join(
        f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' if n else '<!ENTITY l0 "ha">' for n in range(10)
    )
    sheet = (
        f'<!DOCTYPE x [{entities}]><worksheet xmlns="http://schemas.openxmlformats.org/'
        'spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&l9;</t>'
        "</is></c></row></sheetData></worksheet>"
    )
    with pytest.raises(InvalidInput, match="tệp hỏng"):
        read(repacked(book(["a"]), "xl/worksheets/sheet1.xml", sheet.encode()))


@pytest.mark.parametrize("cell", ["=1+1", "+84", "-1", "@an", "\t=1"])
def test_what_is_written_is_never_a_formula(cell: str) -> None:
    data = spreadsheets.write(["Tên"], [[cell]], title="Thử")
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert sheet["A2"].data_type == "s"
    assert sheet["A2"].value.startswith("'")
