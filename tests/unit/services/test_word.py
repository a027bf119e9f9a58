"""Word documents: ten writers' files come in whole, whatever else is sent is refused in words."""

import io
import struct
import zipfile
from pathlib import Path

import pytest
from docx import Document
from PIL import Image

from services import word
from services.errors import InvalidInput
from services.sanitising import sanitise
from services.word_package import MAX_BYTES, MAX_MEMBERS

FILES = Path(__file__).parents[2] / "files" / "word"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
SAVE_AS = "Mở tệp bằng Word rồi chọn Lưu thành .docx"

POST = (
    "<p>Hợp tác xã bắt đầu từ tháng Ba.</p><h2>Cách làm</h2>"
    "<ol><li>Chuẩn bị nước</li><li>Gieo hạt</li></ol><h3>Giống rau</h3>"
    "<ul><li>Xà lách<ul><li>Xà lách tím</li></ul></li><li>Cải ngọt</li></ul><h2>Kết quả</h2>"
    "<figure>[0 Giàn rau thuỷ canh trong nhà lưới]"
    "<figcaption>Hình 1. Giàn rau sau ba tuần.</figcaption></figure>"
    "<table><caption>Bảng 1. Năng suất theo vụ</caption>"
    "<thead><tr><th>Vụ</th><th>Năng suất (kg)</th></tr></thead>"
    "<tbody><tr><td>Xuân</td><td>1.200</td></tr><tr><td>Hè</td><td>1.600</td></tr></tbody></table>"
)
# File → title, summary, body, of which [0 …] is the first picture and what is said of it.
EXPECTED = {
    "python-docx-bai-viet": (
        "Mô hình trồng rau thuỷ canh ở Hoà Vang",
        "Sau hai vụ, năng suất tăng một phần ba.",
        POST,
    ),
    "libreoffice-luu-lai": (
        "Mô hình trồng rau thuỷ canh ở Hoà Vang",
        "Sau hai vụ, năng suất tăng một phần ba.",
        POST,
    ),
    "python-docx-go-tay": (
        "Khai trương sàn giao dịch công nghệ",
        "Sáng nay, sàn giao dịch công nghệ thành phố mở cửa với 120 gian hàng.",
        "<p>Sàn mở cửa cả tuần.</p>"
        "<figure>[0 ]<figcaption>Ảnh: Khách xem máy gieo hạt.</figcaption></figure>"
        '<p class="align-right">Lê An</p>',
    ),
    "python-docx-kieu-tieng-viet": (
        "Hội thảo về trí tuệ nhân tạo",
        "Hai trăm người dự hội thảo tại thành phố.",
        "<h2>Nội dung chính</h2><h3>Dữ liệu</h3>"
        "<blockquote><p>Phải có dữ liệu sạch trước đã.</p></blockquote>"
        "<figure>[0 Toàn cảnh hội trường]<figcaption>Toàn cảnh hội thảo.</figcaption></figure>",
    ),
    "python-docx-o-gop": (
        "Kế hoạch kiểm định quý III",
        "",
        "<p>Thực hiện theo bảng dưới.</p><table><tbody>"
        '<tr><td colspan="3">Quý III</td></tr>'
        '<tr><td rowspan="2">Cân</td><td>Tháng 7</td><td>40</td></tr>'
        "<tr><td>Tháng 8</td><td>55[0 ]</td></tr></tbody></table>"
        "<h2>Ghi chú</h2><p>Diện tích 10 m<sup>2</sup>, khí CO<sub>2</sub> và "
        '<a href="https://danang.gov.vn/" rel="external noopener">Cổng thành phố</a></p>',
    ),
    "word-tieng-viet": (
        "Cầu mới qua sông Hàn",
        "Cầu nối hai bờ từ tháng Tám.",
        "<h2>Bối cảnh</h2><p>Dự án có ba phần.</p>"
        "<ol><li>Phần một<ul><li>Khảo sát</li></ul></li><li>Phần hai</li></ol><h3>Chi tiết</h3>"
        "<figure>[0 Cầu Rồng nhìn từ bờ đông]<figcaption>Hình 1. Cầu Rồng.</figcaption></figure>"
        "<p>[công thức chưa được đưa vào]</p>"
        "<table><caption>Bảng 1. Vốn</caption>"
        "<thead><tr><th>Nguồn</th><th>Tỷ đồng</th></tr></thead>"
        "<tbody><tr><td>Ngân sách</td><td>120</td></tr></tbody></table>",
    ),
    "word-khung-anh": (
        "Bờ sông về đêm",
        "",
        "<h2>Mục một</h2><p>Ảnh nằm trong khung.</p>"
        "<figure>[0 Cầu Rồng nhìn từ bờ đông]<figcaption>Hình 2. Bờ đông.</figcaption></figure>"
        "<ul><li>Đèn</li></ul><table><tbody><tr><td></td><td>Một ô</td></tr></tbody></table>",
    ),
    "libreoffice-odt": (
        "Trạm quan trắc không khí ở Liên Chiểu",
        "Số liệu được đăng mỗi giờ, ai cũng xem được.",
        "<h2>Vì sao đặt ở đây</h2><p>Khu vực có <strong>ba khu công nghiệp</strong> và "
        '<a href="https://danang.gov.vn/" rel="external noopener">một trường học</a>.</p>'
        "<ul><li>Bụi mịn<ul><li>PM2.5</li></ul></li><li>Ôzôn</li></ul><h3>Các bước</h3>"
        "<ol><li>Chọn chỗ</li><li>Lắp máy</li></ol>"
        "<figure>[0 Trạm quan trắc trên mái trường học]"
        "<figcaption>Hình 1. Trạm trên mái nhà.</figcaption></figure>"
        '<p class="align-center">Căn giữa</p><table><caption>Bảng 1. Số liệu</caption>'
        "<thead><tr><th>Ngày</th><th>AQI</th></tr></thead>"
        "<tbody><tr><td>1/7</td><td>42</td></tr></tbody></table>",
    ),
    "libreoffice-html": (
        "Ngày hội đọc sách khoa học",
        "Hơn một nghìn học sinh đến đọc và đổi sách trong ngày hội tại thư viện.",
        "<h2>Chương trình</h2>"
        "<ol><li>Khai mạc</li><li>Đọc sách<ul><li>Sách giấy</li><li>Sách nói</li></ul></li></ol>"
        "<h3>Buổi chiều</h3><p>Có <strong>đổi sách</strong> và <u>vẽ tranh</u>.</p>"
        "<figure>[0 Học sinh đọc sách dưới sân]"
        "<figcaption>Ảnh: Học sinh trong giờ đọc.</figcaption></figure>"
        "<table><thead><tr><th>Lớp</th><th>Số sách</th></tr></thead>"
        "<tbody><tr><td>6A</td><td>120</td></tr></tbody></table>"
        "<blockquote><p>Sách mở ra nhiều điều.</p></blockquote>",
    ),
    "pandoc": (
        "Lớp học chế tạo rô-bốt",
        "Miễn phí cho học sinh trong hè.",
        "<h2>Lịch học</h2><p>Học vào <strong>sáng thứ Bảy</strong>, mỗi tuần một buổi"
        "<sup>[1]</sup>.</p><ul><li>Lắp ráp<ul><li>Khung</li></ul></li><li>Lập trình</li></ul>"
        "<h3>Giáo viên</h3><ol><li>Cô An</li><li>Thầy Bình</li></ol>"
        "<figure>[0 Hình 1. Rô-bốt dò đường.]"
        "<figcaption>Hình 1. Rô-bốt dò đường.</figcaption></figure>"
        "<table><caption>Bảng 1. Kế hoạch</caption>"
        "<thead><tr><th>Tuần</th><th>Nội dung</th></tr></thead>"
        "<tbody><tr><td>1</td><td>Mạch điện</td></tr></tbody></table>"
        "<ol><li>Nghỉ ngày lễ.</li></ol>",
    ),
}


def body_of(text: word.WordText) -> str:
    """The body as it is stored, each picture as its number and what is said of it."""
    parts = text.body.split("<img ")
    out = [parts[0]]
    for part in parts[1:]:
        attributes, _, rest = part.partition(">")
        said = attributes.split('alt="')[1].split('"')[0] if 'alt="' in attributes else ""
        number = attributes.split('src="anh:')[1].split('"')[0]
        out.append(f"[{number} {said}]{rest}")
    # A figure without its picture would go.
    kept = "".join(out).replace("<figure>", "<p>FIGURE").replace("</figure>", "</p>")
    kept = kept.replace("<figcaption>", "</p><p>CAPTION").replace("</figcaption>", "</p>")
    clean = sanitise(kept).replace("\n", "")
    clean = clean.replace("<p>FIGURE", "<figure>").replace("</p><p>CAPTION", "<figcaption>")
    for start in range(clean.count("<figcaption>")):
        at = -1
        for _ in range(start + 1):
            at = clean.index("<figcaption>", at + 1)
        end = clean.index("</p>", at)
        clean = clean[:end] + "</figcaption></figure>" + clean[end + 4 :]
    return clean


def document(body: str, **parts: str | bytes) -> bytes:
    """The smallest package that is a Word document."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("word/document.xml", body)
        for name, content in parts.items():
            made.writestr(name.replace("__", "/").replace("_bin", ".bin"), content)
    return out.getvalue()


def paragraphs(inner: str) -> str:
    return f'<w:document xmlns:w="{W}"><w:body>{inner}</w:body></w:document>'


def said(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


@pytest.mark.parametrize("name", EXPECTED)
def test_each_writers_document_comes_in_with_everything_in_its_place(name: str) -> None:
    text = word.read((FILES / f"{name}.docx").read_bytes())
    title, summary, body = EXPECTED[name]
    assert (text.title, text.summary) == (title, summary)
    assert body_of(text) == body
    assert [Image.open(io.BytesIO(picture)).size for picture in text.pictures] == [(480, 300)]


def test_every_file_of_the_folder_is_read_here() -> None:
    assert {path.stem for path in FILES.glob("*.docx")} == set(EXPECTED)


def test_what_cannot_be_taken_over_is_told() -> None:
    text = word.read((FILES / "word-tieng-viet.docx").read_bytes())
    assert text.notes == (
        "1 công thức toán chưa được đưa vào; hãy chụp thành ảnh hoặc gõ lại.",
        "1 chỗ đánh dấu xoá (Track Changes) đã được bỏ.",
        "1 chỗ đánh dấu thêm (Track Changes) đã được coi là chữ của bài.",
    )


def test_macros_are_left_out_and_told() -> None:
    text = word.read(document(paragraphs(said("Chữ")), word__vbaProject_bin=b"macro"))
    assert "<p>Chữ</p>" in text.body
    assert text.notes == (
        "Tệp có macro. Macro đã bị bỏ và không được chạy; bài chỉ lấy chữ và ảnh.",
    )


def test_a_table_of_ten_thousand_cells_is_marked_and_the_rest_comes_in() -> None:
    row = "<w:tr>" + f"<w:tc>{said('ô')}</w:tc>" * 100 + "</w:tr>"
    inner = said("Trước") + "<w:tbl>" + row * 100 + "</w:tbl>" + said("Sau")
    text = word.read(document(paragraphs(inner)))
    assert text.body == "<p>Trước</p><p>[bảng 10000 ô chưa được đưa vào]</p><p>Sau</p>"
    assert "10000 ô quá lớn" in text.notes[0]


def test_of_two_hundred_pictures_the_first_thirty_are_taken_and_the_others_marked() -> None:
    made = Document()
    for number in range(200):
        picture = io.BytesIO()
        Image.new("RGB", (32, 32), (number, 0, 0)).save(picture, "PNG")
        made.add_picture(picture)
    out = io.BytesIO()
    made.save(out)
    text = word.read(out.getvalue())
    assert len(text.pictures) == 30
    assert text.body.count("<img") == 200
    assert text.body.count('src="anh:thua"') == 170
    assert "170 ảnh cuối chưa được tải lên" in text.notes[0]


def test_a_title_that_is_too_long_stays_in_the_body() -> None:
    heading = said("Dài " * 100).replace("<w:p>", "<w:p><w:pPr><w:outlineLvl/></w:pPr>")
    text = word.read(document(paragraphs(heading)))
    assert text.title == ""
    assert text.body.count("Dài") == 100


# ---------------------------------------------------------------- what is no document
def zipped(**parts: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, content in parts.items():
            made.writestr(name.replace("__", "/"), content)
    return out.getvalue()


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("word/document.xml", paragraphs(""))
        made.writestr("word/media/image1.png", bytes(50_000_000))
    return out.getvalue()


def many_members() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for number in range(MAX_MEMBERS + 1):
            made.writestr(str(number), b"")
    return out.getvalue()


def false_directory() -> bytes:
    """A file that says its directory is large, though there is none."""
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 10, 10, 10_000_000, 30, 0)
    return b"PK\x03\x04" + bytes(100) + end


def locked_member() -> bytes:
    data = bytearray(document(paragraphs("")))
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    return bytes(data)


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
TOO_MUCH = "quá nhiều dữ liệu"
ENTITIES = (
    '<!DOCTYPE d [<!ENTITY a "hahahaha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c SYSTEM "file:///etc/passwd">]>'
)
REFUSED = {
    "empty": (b"", "Tệp rỗng"),
    "too large": (b"PK" + bytes(MAX_BYTES), "Tệp nặng quá 15 MB"),
    "encrypted": (OLE + "EncryptedPackage".encode("utf-16-le"), "có mật khẩu"),
    "encrypted zip": (locked_member(), "có mật khẩu"),
    "doc": (OLE + "WordDocument".encode("utf-16-le"), f"tệp .doc của Word.*{SAVE_AS}"),
    "rtf": (rb"{\rtf1\ansi Xin chao}", f"tệp .rtf.*{SAVE_AS}"),
    "pdf": (b"%PDF-1.7\n", f"tệp PDF.*{SAVE_AS}"),
    "odt": (
        zipped(mimetype="application/vnd.oasis.opendocument.text", **{"content.xml": "<x/>"}),
        f"tệp .odt.*{SAVE_AS}",
    ),
    "spreadsheet": (zipped(xl__workbook="<x/>"), "bảng tính"),
    "other zip": (zipped(readme="chữ"), f"không phải tệp Word.*{SAVE_AS}"),
    "plain text": ("Xin chào".encode(), f"không phải tệp Word.*{SAVE_AS}"),
    "cut off": (document(paragraphs(said("Chữ")))[:-40], "tải lên chưa trọn"),
    "bomb": (bomb(), TOO_MUCH),
    "many members": (many_members(), TOO_MUCH),
    "false directory": (false_directory(), TOO_MUCH),
    "zip64": (
        b"PK\x03\x04" + b"PK\x06\x07" + bytes(16) + false_directory()[-22:],
        TOO_MUCH,
    ),
    "entities": (document(ENTITIES + paragraphs(said("&b;"))), "khai báo mà Word không bao giờ"),
    "not XML": (document("<w:document"), "tệp bị hỏng"),
    "too deep": (
        document(paragraphs("<w:r>" * 50_000 + "</w:r>" * 50_000)),
        TOO_MUCH,
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_document_is_refused_with_what_to_do(name: str) -> None:
    data, sentence = REFUSED[name]
    with pytest.raises(InvalidInput, match=sentence) as refusal:
        word.read(data)
    assert refusal.value.fields == {"file": refusal.value.sentence}


def test_a_document_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word, "TIMEOUT_S", 0.001)
    with pytest.raises(InvalidInput, match=TOO_MUCH):
        word.read(document(paragraphs(said("Chữ"))))


def test_a_reader_that_is_ended_by_the_system_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word, "_ask", lambda data: b"")
    with pytest.raises(InvalidInput, match=TOO_MUCH):
        word.read(document(paragraphs(said("Chữ"))))
