"""What attached files say: of each kind, and of those that hang, lie or crash their reader."""

import io
from pathlib import Path

import openpyxl
import pytest
from docx import Document
from PIL import Image

from models import TextState
from services import bounded, file_reading
from tests.support.documents import compound, document, zipped

DEMO = Path(__file__).parents[3] / "demo" / "files"
A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
T = 'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'


def read(folder: Path, data: bytes, extension: str) -> file_reading.Reading:
    path = folder / "original"
    path.write_bytes(data)
    return file_reading.read(path, extension)


def word_file() -> bytes:
    made = Document()
    made.add_heading("Kế hoạch kiểm định")
    made.add_paragraph("Trạm cân Hoà Cầm kiểm định ngày 05/7.")
    made.add_table(rows=1, cols=2).rows[0].cells[1].text = "Ô trong bảng"
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def sheet() -> bytes:
    book = openpyxl.Workbook()
    book.active.append(["Cửa hàng xăng dầu số 7", 12, 3.5])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def slides() -> bytes:
    def slide(said: str) -> bytes:
        return f"<a:p {A}><a:r><a:t>{said}</a:t></a:r></a:p>".encode()

    return zipped(
        {f"ppt/slides/slide{n}.xml": slide(f"Trang chiếu {n}") for n in (10, 2, 1)}
        | {"ppt/notesSlides/notesSlide1.xml": slide("ghi chú riêng")}
    )


def open_document() -> bytes:
    said = f"<o {T}><text:h>Báo cáo</text:h><text:p>Quý <b>ba</b><text:s/>năm</text:p></o>"
    return zipped({"content.xml": said.encode()})


@pytest.mark.parametrize(
    ("extension", "data", "said"),
    [
        (
            "docx",
            word_file(),
            "Kế hoạch kiểm định\nTrạm cân Hoà Cầm kiểm định ngày 05/7.\nÔ trong bảng",
        ),
        ("xlsx", sheet(), "Sheet\nCửa hàng xăng dầu số 7\t12\t3.5"),
        ("pptx", slides(), "Trang chiếu 1\nTrang chiếu 2\nTrang chiếu 10"),
        ("odt", open_document(), "Báo cáo\nQuý ba năm"),
    ],
)
def test_the_words_of_each_kind_are_read(
    tmp_path: Path, extension: str, data: bytes, said: str
) -> None:
    found = read(tmp_path, data, extension)
    assert (found.state, found.text, found.note) == (TextState.DONE, said, "")


def test_a_pdf_is_read_in_sentences_and_not_in_lines() -> None:
    found = file_reading.read(DEMO / "mau-thuyet-minh.pdf", "pdf")
    assert found.state is TextState.DONE
    assert "THUYẾT MINH NHIỆM VỤ KHOA HỌC VÀ CÔNG NGHỆ CẤP THÀNH PHỐ" in found.text


def test_old_encodings_become_letters(tmp_path: Path) -> None:
    said = f"<w:p {W}><w:t>§Ò nghÞ c¸c c¬ quan nép hå s¬ khoa häc vµ c«ng nghÖ</w:t></w:p>"
    found = read(tmp_path, zipped({"word/document.xml": said.encode()}), "docx")
    assert found.text == "Đề nghị các cơ quan nộp hồ sơ khoa học và công nghệ"


def test_a_scan_is_said_to_be_one(tmp_path: Path) -> None:
    out = io.BytesIO()
    Image.new("L", (200, 280), "white").save(out, "PDF")
    found = read(tmp_path, out.getvalue(), "pdf")
    assert (found.state, found.note) == (TextState.EMPTY, file_reading.SCANNED)


def test_a_file_that_hangs_its_reader_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_reading, "TIMEOUT_S", 1.0)
    # Ten million elements without a word, in some kilobytes.
    part = b"<w>" + b"<x/>" * 10_000_000 + b"</w>"
    found = read(tmp_path, zipped({"word/document.xml": part}), "docx")
    assert (found.state, found.note) == (TextState.UNREADABLE, file_reading.LATE)
    assert found.may_pass


@pytest.mark.parametrize(
    ("extension", "data", "why"),
    [
        ("pdf", document("pdf"), "bị hỏng"),
        ("docx", document("docx")[:-200], "bị hỏng"),
        ("xlsx", sheet()[:-300], "bị hỏng"),
        ("doc", compound("WordDocument"), "Định dạng DOC cũ"),
        (
            "odt",
            zipped({"content.xml": b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'}),
            "không bao giờ ghi",
        ),
    ],
)
def test_a_file_that_lies_is_refused_with_the_reason(
    tmp_path: Path, extension: str, data: bytes, why: str
) -> None:
    found = read(tmp_path, data, extension)
    assert found.state is TextState.UNREADABLE
    assert why in found.note
    assert not found.may_pass


def test_a_reader_that_dies_has_said_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded, "ask", lambda *_, **__: b"")
    found = read(tmp_path, b"%PDF-", "pdf")
    assert (found.state, found.note) == (TextState.UNREADABLE, file_reading.STOPPED)
    assert found.may_pass


def test_a_child_that_says_too_much_is_ended(tmp_path: Path) -> None:
    path = tmp_path / "original"
    path.write_bytes(word_file())
    with path.open("rb") as file, pytest.raises(bounded.NoAnswer):
        bounded.ask("services.text_child", "docx", file=file, timeout_s=20, max_answer_bytes=10)


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    found = file_reading.read(tmp_path / "nowhere", "pdf")
    assert (found.state, found.note) == (TextState.UNREADABLE, file_reading.MISSING)
