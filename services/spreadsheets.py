"""Spreadsheets that strangers send, as rows of text, and small ones for people to keep.

An .xlsx is a zip of XML: what it would unpack to is bounded before any of it is read. Formulas
are text here, never evaluated; a cell that a program might take for one is written with a mark.
"""

import codecs
import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, Protocol

from services.errors import InvalidInput
from services.vietnamese import clean

MAX_BYTES = 5 * 1024 * 1024
MAX_UNPACKED_BYTES = 40 * 1024 * 1024
MAX_PARTS = 500
MAX_COLUMNS = 30
# Rows that are looked at: those that are wanted, and empty ones between them.
MAX_ROWS_READ = 20_000
DELIMITERS = ";,\t"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

Table = list[tuple[int, list[str]]]


class Readable(Protocol):
    """An uploaded file."""

    def read(self, size: int = -1, /) -> bytes: ...


def read(file: Readable) -> Table:
    """Rows that have something in them, with their numbers in the spreadsheet.

    Raises InvalidInput saying what to do with a file that is too large, another kind of file,
    locked, damaged, or in another encoding.
    """
    data = file.read(MAX_BYTES + 1)
    if not data:
        raise InvalidInput("Tệp trống; hãy chọn tệp .xlsx hoặc .csv có dữ liệu.")
    if len(data) > MAX_BYTES:
        raise InvalidInput("Tệp lớn hơn 5 MB; hãy bỏ ảnh và trang tính thừa, hoặc chia nhỏ bảng.")
    if data.startswith(b"PK\x03\x04"):
        return _read_xlsx(data)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise InvalidInput(
            "Tệp này là .xls đời cũ hoặc có mật khẩu; hãy mở bằng Excel, bỏ mật khẩu và lưu thành "
            ".xlsx rồi tải lên lại."
        )
    return _read_csv(data)


def write(header: Sequence[str], rows: Sequence[Sequence[str]], *, title: str) -> bytes:
    """An .xlsx of text; no cell of it is a formula."""
    # Not above, here and below: processes that only serve readers do without its 4 MB.
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(title)
    for letter in "ABCDEFGH":
        sheet.column_dimensions[letter].width = 26
    for row in (header, *rows):
        sheet.append([escaped(cell) for cell in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def escaped(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    text = clean(text)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _read_xlsx(data: bytes) -> Table:
    import openpyxl

    damaged = InvalidInput(
        "Không đọc được tệp này: tệp hỏng hoặc không phải bảng tính Excel. Hãy mở bằng Excel hay "
        "LibreOffice, lưu lại thành .xlsx rồi tải lên lại."
    )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise damaged from error
    # The sizes are the file's own word, and reading stops where they end.
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
        raise InvalidInput(
            "Tệp này bung ra quá lớn nên không được đọc; hãy chép riêng phần bảng cần nhập sang "
            "một tệp mới."
        )
    try:
        book = openpyxl.load_workbook(
            io.BytesIO(data), read_only=True, data_only=False, keep_links=False
        )
        try:
            sheet = next((each for each in book.worksheets), None)
            if sheet is None:
                raise damaged
            rows = sheet.iter_rows(max_row=MAX_ROWS_READ, max_col=MAX_COLUMNS, values_only=True)
            return list(_with_text(rows))
        finally:
            book.close()
    except InvalidInput:
        raise
    # Whatever a hostile file makes the reader trip over, it is a file that cannot be read.
    except Exception as error:
        raise damaged from error


def _read_csv(data: bytes) -> Table:
    text = _decode(data)
    lines = text.splitlines()
    if "\x00" in text or not lines:
        raise InvalidInput("Tệp này không phải bảng tính; hãy chọn tệp .xlsx hoặc .csv.")
    # The line with the names of the columns has the most of whatever stands between them.
    delimiter = max(DELIMITERS, key=lambda mark: max(line.count(mark) for line in lines[:10]))
    try:
        rows = []
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            rows.append(row[:MAX_COLUMNS])
            if len(rows) >= MAX_ROWS_READ:
                break
    except csv.Error as error:
        raise InvalidInput(
            "Tệp .csv có dòng không đọc được; hãy lưu lại từ Excel dạng “CSV UTF-8”."
        ) from error
    return list(_with_text(iter(rows)))


def _decode(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    else:
        encoding = "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise InvalidInput(
            "Tệp .csv không theo bảng mã UTF-8 nên chữ có dấu sẽ sai; trong Excel hãy chọn Lưu "
            "thành, kiểu “CSV UTF-8 (phân cách bằng dấu phẩy)”."
        ) from error


def _with_text(rows: Iterator[Any]) -> Iterator[tuple[int, list[str]]]:
    for number, row in enumerate(rows, start=1):
        cells = [_text(cell) for cell in row]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            yield number, cells


def _text(cell: Any) -> str:
    """A cell as people see it. Numbers and dates stand where names should: they are kept as
    they are, for the report to say."""
    if cell is None:
        return ""
    if isinstance(cell, datetime | date):
        return f"{cell:%d/%m/%Y}"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return clean(str(cell)).strip()
