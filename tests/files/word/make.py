"""Make the Word documents of this folder that python-docx and our own hand write.

`python tests/files/word/make.py [FOLDER]`. Those that other programs wrote are made as README.md
says. The tests read the files, not this script: what a writer did once stays as it did it.
"""

import io
import sys
import zipfile
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm
from PIL import Image, ImageDraw

HERE = Path(__file__).resolve().parent


def picture(colour: str, kind: str = "JPEG", size: tuple[int, int] = (480, 300)) -> io.BytesIO:
    image = Image.new("RGB", size, colour)
    ImageDraw.Draw(image).ellipse((120, 60, 360, 240), fill="white")
    out = io.BytesIO()
    image.save(out, kind)
    out.seek(0)
    return out


def add_picture(document: Any, colour: str, alt: str, kind: str = "JPEG") -> Any:
    paragraph = document.add_paragraph()
    paragraph.add_run().add_picture(picture(colour, kind), width=Cm(12))
    paragraph._p.xpath(".//wp:docPr")[0].set("descr", alt)
    return paragraph


def post() -> Any:
    """What a careful writer makes with Word's own styles."""
    document = Document()
    document.add_paragraph("Mô hình trồng rau thuỷ canh ở Hoà Vang", "Title")
    document.add_paragraph("Sau hai vụ, năng suất tăng một phần ba.", "Subtitle")
    document.add_paragraph("Hợp tác xã bắt đầu từ tháng Ba.")
    document.add_heading("Cách làm", 1)
    for text in ("Chuẩn bị nước", "Gieo hạt"):
        document.add_paragraph(text, "List Number")
    document.add_heading("Giống rau", 2)
    document.add_paragraph("Xà lách", "List Bullet")
    document.add_paragraph("Xà lách tím", "List Bullet 2")
    document.add_paragraph("Cải ngọt", "List Bullet")
    document.add_heading("Kết quả", 1)
    add_picture(document, "seagreen", "Giàn rau thuỷ canh trong nhà lưới")
    document.add_paragraph("Hình 1. Giàn rau sau ba tuần.", "Caption")
    document.add_paragraph("Bảng 1. Năng suất theo vụ", "Caption")
    table = document.add_table(3, 2, "Table Grid")
    rows = [("Vụ", "Năng suất (kg)"), ("Xuân", "1.200"), ("Hè", "1.600")]
    for row, texts in zip(table.rows, rows, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    mark = OxmlElement("w:tblHeader")
    table.rows[0]._tr.get_or_add_trPr().append(mark)
    return document


def plain() -> Any:
    """What most people make: no styles, bold for titles, captions typed by hand."""
    document = Document()
    title = document.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    title.add_run("Khai trương sàn giao dịch công nghệ").bold = True
    lead = document.add_paragraph()
    lead.add_run(
        "Sáng nay, sàn giao dịch công nghệ thành phố mở cửa với 120 gian hàng."
    ).italic = True
    document.add_paragraph("Sàn mở cửa cả tuần.")
    add_picture(document, "steelblue", "", "PNG")
    caption = document.add_paragraph()
    caption.alignment = WD_ALIGN_PARAGRAPH.CENTER
    caption.add_run("Ảnh: Khách xem máy gieo hạt.").italic = True
    signed = document.add_paragraph("Lê An")
    signed.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    return document


def vietnamese_styles() -> Any:
    """Styles with names of the office's own, some built upon Word's."""
    document = Document()
    add = document.styles.add_style
    for name, base in (
        ("Tiêu đề bài", None),
        ("Sapo", None),
        ("Đề mục 1", None),
        ("Mục nhỏ của Sở", "Heading 2"),
        ("Chú thích ảnh", None),
        ("Trích dẫn", None),
    ):
        style = add(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = document.styles[base or "Normal"]
    document.add_paragraph("Hội thảo về trí tuệ nhân tạo", "Tiêu đề bài")
    document.add_paragraph("Hai trăm người dự hội thảo tại thành phố.", "Sapo")
    document.add_paragraph("Nội dung chính", "Đề mục 1")
    document.add_paragraph("Dữ liệu", "Mục nhỏ của Sở")
    document.add_paragraph("Phải có dữ liệu sạch trước đã.", "Trích dẫn")
    add_picture(document, "indianred", "Toàn cảnh hội trường")
    document.add_paragraph("Toàn cảnh hội thảo.", "Chú thích ảnh")
    return document


def merged() -> Any:
    """A table with merged cells, a picture inside a cell, a link, marks above and below."""
    document = Document()
    document.add_heading("Kế hoạch kiểm định quý III", 1)
    document.add_paragraph("Thực hiện theo bảng dưới.")
    table = document.add_table(3, 3, "Table Grid")
    table.cell(0, 0).merge(table.cell(0, 2)).text = "Quý III"
    table.cell(1, 0).merge(table.cell(2, 0)).text = "Cân"
    for row, column, text in ((1, 1, "Tháng 7"), (1, 2, "40"), (2, 1, "Tháng 8"), (2, 2, "55")):
        table.cell(row, column).text = text
    table.cell(2, 2).paragraphs[0].add_run().add_picture(picture("goldenrod"), width=Cm(2))
    document.add_heading("Ghi chú", 2)
    line = document.add_paragraph("Diện tích 10 m")
    line.add_run("2").font.superscript = True
    line.add_run(", khí CO")
    line.add_run("2").font.subscript = True
    line.add_run(" và ")
    link = OxmlElement("w:hyperlink")
    address = document.part.relate_to(
        "https://danang.gov.vn/",
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink",
        is_external=True,
    )
    link.set(qn("r:id"), address)
    run = OxmlElement("w:r")
    text = OxmlElement("w:t")
    text.text = "Cổng thành phố"
    run.append(text)
    link.append(run)
    line._p.append(link)
    return document


W = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:v="urn:schemas-microsoft-com:vml"'
)
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def package(body: str, styles: str, numbering: str, extra: dict[str, bytes] | None = None) -> bytes:
    """A package with the parts and the order that Word writes."""
    parts = {
        "[Content_Types].xml": HEAD
        + '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="jpeg" ContentType="image/jpeg"/>'
        '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-'
        'officedocument.wordprocessingml.document.main+xml"/></Types>',
        "_rels/.rels": HEAD
        + '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{RELATION}/officeDocument" Target="word/document.xml"/>'
        "</Relationships>",
        "word/document.xml": HEAD
        + f"<w:document {W}><w:body>{body}<w:sectPr/></w:body></w:document>",
        "word/_rels/document.xml.rels": HEAD
        + '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{RELATION}/styles" Target="styles.xml"/>'
        f'<Relationship Id="rId2" Type="{RELATION}/numbering" Target="numbering.xml"/>'
        f'<Relationship Id="rId3" Type="{RELATION}/image" Target="media/image1.jpeg"/>'
        "</Relationships>",
        "word/styles.xml": HEAD + f"<w:styles {W}>{styles}</w:styles>",
        "word/numbering.xml": HEAD + f"<w:numbering {W}>{numbering}</w:numbering>",
        "word/media/image1.jpeg": picture("slateblue").getvalue(),
        **(extra or {}),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(zipfile.ZipInfo(name, (2026, 11, 23, 8, 0, 0)), content)
    return out.getvalue()


def style(style_id: str, name: str, more: str = "") -> str:
    named = f'<w:name w:val="{name}"/>{more}'
    return f'<w:style w:type="paragraph" w:styleId="{style_id}">{named}</w:style>'


def paragraph(text: str, style_id: str = "", more: str = "", runs: str = "") -> str:
    named = f'<w:pStyle w:val="{style_id}"/>' if style_id else ""
    run = f'<w:r>{runs}<w:t xml:space="preserve">{text}</w:t></w:r>' if text else runs
    return f"<w:p><w:pPr>{named}{more}</w:pPr>{run}</w:p>"


def item(text: str, level: int, number: int) -> str:
    more = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>'
    return paragraph(text, "oancuaDanhsach", more)


DRAWING = (
    '<w:r><w:drawing><wp:inline><wp:extent cx="4000000" cy="2500000"/>'
    '<wp:docPr id="1" name="Picture 1" descr="Cầu Rồng nhìn từ bờ đông"/>'
    '<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture">'
    '<pic:pic><pic:nvPicPr><pic:cNvPr id="0" name="image1.jpeg"/><pic:cNvPicPr/></pic:nvPicPr>'
    '<pic:blipFill><a:blip r:embed="rId3"/></pic:blipFill><pic:spPr/></pic:pic>'
    "</a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
)
STYLES = (
    style("Binhthng", "Normal")
    + style("u1", "heading 1", '<w:basedOn w:val="Binhthng"/>')
    + style("u2", "heading 2", '<w:basedOn w:val="Binhthng"/>')
    + style("Tiu", "Title")
    + style("Tiuphu", "Subtitle")
    + style("Chuthich", "caption")
    + style("oancuaDanhsach", "List Paragraph")
)


def numbering_of(formats: tuple[str, ...]) -> str:
    out = ""
    for number, kind in enumerate(formats):
        levels = "".join(
            f'<w:lvl w:ilvl="{level}"><w:numFmt w:val="{kind}"/></w:lvl>' for level in range(4)
        )
        out += f'<w:abstractNum w:abstractNumId="{number}">{levels}</w:abstractNum>'
    return out + "".join(
        f'<w:num w:numId="{number + 1}"><w:abstractNumId w:val="{number}"/></w:num>'
        for number in range(len(formats))
    )


def as_word() -> bytes:
    """What Word in Vietnamese writes: style ids in Vietnamese, runs cut in pieces, changes and
    comments, an equation, a caption with its number as a field."""
    body = (
        paragraph("Cầu mới qua sông Hàn", "Tiu")
        + '<w:p><w:pPr><w:pStyle w:val="Tiuphu"/></w:pPr><w:r><w:t>Cầu nối </w:t></w:r>'
        '<w:proofErr w:type="spellStart"/><w:r><w:t>hai bờ từ tháng Tám.</w:t></w:r></w:p>'
        + paragraph("Bối cảnh", "u1")
        + '<w:p><w:r><w:t xml:space="preserve">Dự án có </w:t></w:r><w:ins w:id="1" w:author="A">'
        '<w:r><w:t>ba</w:t></w:r></w:ins><w:del w:id="2" w:author="A"><w:r>'
        "<w:delText>hai</w:delText>"
        '</w:r></w:del><w:r><w:t xml:space="preserve"> phần.</w:t></w:r></w:p>'
        + item("Phần một", 0, 1)
        + item("Khảo sát", 1, 2)
        + item("Phần hai", 0, 1)
        + paragraph("Chi tiết", "u2")
        + f"<w:p>{DRAWING}</w:p>"
        + '<w:p><w:pPr><w:pStyle w:val="Chuthich"/></w:pPr><w:r>'
        '<w:t xml:space="preserve">Hình </w:t></w:r>'
        '<w:fldSimple w:instr=" SEQ Hình \\* ARABIC "><w:r><w:t>1</w:t></w:r></w:fldSimple>'
        "<w:r><w:t>. Cầu Rồng.</w:t></w:r></w:p>"
        + "<w:p><m:oMath><m:r><m:t>E=m</m:t></m:r></m:oMath></w:p>"
        + paragraph("Bảng 1. Vốn", "Chuthich")
        + "<w:tbl>"
        + "".join(
            "<w:tr>"
            + "".join(f"<w:tc>{paragraph(text, runs=bold)}</w:tc>" for text in row)
            + "</w:tr>"
            for row, bold in (
                (("Nguồn", "Tỷ đồng"), "<w:rPr><w:b/></w:rPr>"),
                (("Ngân sách", "120"), ""),
            )
        )
        + "</w:tbl>"
    )
    return package(body, STYLES, numbering_of(("decimal", "bullet")))


def in_text_box() -> bytes:
    """A picture with its caption in a text box, as Word groups them for wrapping."""
    box = (
        '<w:p><w:r><mc:AlternateContent><mc:Choice Requires="wps"/><mc:Fallback><w:pict><v:shape>'
        f"<v:textbox><w:txbxContent><w:p>{DRAWING}</w:p>{paragraph('Hình 2. Bờ đông.', 'Chuthich')}"
        "</w:txbxContent></v:textbox></v:shape></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
        "<w:r><w:t>Ảnh nằm trong khung.</w:t></w:r></w:p>"
    )
    body = (
        paragraph("Bờ sông về đêm", "u1")
        + paragraph("Mục một", "u2")
        + box
        + item("Đèn", 0, 1)
        + "<w:tbl><w:tr><w:tc><w:p/></w:tc><w:tc>"
        + paragraph("Một ô")
        + "</w:tc></w:tr></w:tbl>"
    )
    return package(body, STYLES, numbering_of(("bullet",)))


def main(folder: Path) -> None:
    for name, made in (
        ("python-docx-bai-viet", post),
        ("python-docx-go-tay", plain),
        ("python-docx-kieu-tieng-viet", vietnamese_styles),
        ("python-docx-o-gop", merged),
    ):
        made().save(folder / f"{name}.docx")
    (folder / "word-tieng-viet.docx").write_bytes(as_word())
    (folder / "word-khung-anh.docx").write_bytes(in_text_box())


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
