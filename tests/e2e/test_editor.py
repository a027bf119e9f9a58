"""Writing: what is made in the editor is stored and published as it was made, and clean."""

import base64
import re
import sqlite3
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import expect

from services.sanitising import sanitise
from tests.e2e.conftest import VisitorFactory
from tests.support.browser import PHONE, axe_clean, no_sideways_scroll
from tests.support.editing import Editor
from tests.support.site import Site


def picture() -> bytes:
    out = BytesIO()
    Image.new("RGB", (800, 500), "#3070a0").save(out, "JPEG")
    return out.getvalue()


def test_what_is_typed_is_saved_and_is_there_after_a_reload(
    site: Site, visitor_to: VisitorFactory
) -> None:
    editor = Editor.new(visitor_to(site))
    editor.page.locator("#title").fill("Mưa lớn ở Hoà Vang")
    editor.page.locator("#summary").fill("Nước lên nhanh trong đêm.")
    editor.type("Đêm qua, nước sông Cu Đê dâng cao.")
    editor.expect_saved()
    assert re.fullmatch(r"/ban-lam-viec/bai-viet/\d+/sua", editor.path)
    editor.page.reload()
    editor.ready()
    expect(editor.page.locator("#title")).to_have_value("Mưa lớn ở Hoà Vang")
    expect(editor.page.locator("#summary")).to_have_value("Nước lên nhanh trong đêm.")
    expect(editor.frame.locator("p")).to_have_text("Đêm qua, nước sông Cu Đê dâng cao.")
    expect(editor.page.locator("#recovery button")).to_have_count(0)


def test_a_heading_a_table_and_a_centred_paragraph_are_published_as_they_were_made(
    site: Site, visitor_to: VisitorFactory
) -> None:
    editor = Editor.new(visitor_to(site))
    page = editor.page
    page.locator("#title").fill("Bảng và tiêu đề")
    page.locator("#summary").fill("Một bài có đủ kiểu đoạn.")
    editor.type("Kết quả")
    page.get_by_role("button", name="Kiểu đoạn").click()
    page.get_by_role("menuitemcheckbox", name="Tiêu đề mục").click()
    page.keyboard.press("Enter")
    page.keyboard.type("Ở giữa dòng")
    editor.tool("Canh giữa")
    page.keyboard.press("Enter")
    editor.tool("Chèn bảng")
    # The grid has ten columns: this is two rows of two.
    page.locator(".tox-insert-table-picker > div").nth(11).click()
    page.keyboard.type("Ô đầu")
    page.locator("#section_id").select_option(index=1)
    page.locator("#secrecy_declared").check()
    editor.stored("Ô đầu")
    editor.expect_saved()
    page.locator("button[value=submit]").click()
    expect(page.locator("main")).to_contain_text("Đã gửi duyệt")
    number = re.search(r"/bai-viet/(\d+)", page.url)
    assert number

    reviewer = visitor_to(site)
    reviewer.login("thu.truongban")
    reviewer.open(f"/ban-lam-viec/bai-viet/{number[1]}")
    reviewer.page.get_by_role("button", name=re.compile("^Nhận biên tập")).click()
    reviewer.page.get_by_role("button", name=re.compile("^Duyệt và đăng")).click()
    reviewer.page.get_by_role("link", name="Mở trên trang").click()
    text = reviewer.page.locator("article .prose")
    expect(text.locator("h2")).to_have_text("Kết quả")
    expect(text.locator("p.align-center").first).to_have_text("Ở giữa dòng")
    expect(text.locator("table tr")).to_have_count(2)
    expect(text.locator("table thead th").first).to_contain_text("Ô đầu")
    assert text.locator("[style]").count() == 0


def test_a_picture_is_asked_for_its_words_and_stands_in_the_text_with_its_caption(
    site: Site, visitor_to: VisitorFactory
) -> None:
    editor = Editor.new(visitor_to(site))
    page = editor.page
    editor.type("Trước ảnh.")
    editor.tool("Chèn ảnh")
    dialog = page.get_by_role("dialog", name="Chèn ảnh")
    dialog.get_by_label("Tệp ảnh").set_input_files(
        {"name": "cau.jpg", "mimeType": "image/jpeg", "buffer": picture()}
    )
    dialog.get_by_label("Chú thích dưới ảnh").fill("Cầu Rồng lúc 21 giờ.")
    dialog.get_by_role("button", name="Tải lên và chèn").click()
    expect(dialog.get_by_role("alert")).to_contain_text("ảnh cho thấy gì")
    dialog.get_by_label("Ảnh cho thấy gì").fill("Cầu Rồng phun lửa trên sông Hàn")
    dialog.get_by_label("Người chụp").fill("Lê Thị Cộng Tác")
    axe_clean(page)
    dialog.get_by_role("button", name="Tải lên và chèn").click()
    expect(dialog).to_be_hidden()
    figure = editor.frame.locator("figure")
    expect(figure.locator("figcaption")).to_contain_text("Cầu Rồng lúc 21 giờ.")
    stored = editor.stored("<figure>")
    assert 'alt="Cầu Rồng phun lửa trên sông Hàn"' in stored
    assert "Cầu Rồng lúc 21 giờ." in stored
    assert "contenteditable" not in stored
    expect(page.locator("#lead_media_id")).not_to_have_value("")

    figure.locator("img").click()
    page.get_by_role("button", name="Sửa chữ").click()
    words = page.get_by_role("dialog", name="Sửa chữ của ảnh")
    words.get_by_label("Ảnh cho thấy gì").fill("Đầu rồng phun lửa")
    words.get_by_role("button", name="Dùng chữ này").click()
    editor.stored('alt="Đầu rồng phun lửa"')


def test_a_picture_that_is_refused_says_why_and_keeps_what_was_typed(
    site: Site, visitor_to: VisitorFactory
) -> None:
    visitor = visitor_to(site)
    editor = Editor.new(visitor)
    visitor.forgive("status of 422")
    editor.tool("Chèn ảnh")
    dialog = editor.page.get_by_role("dialog", name="Chèn ảnh")
    dialog.get_by_label("Tệp ảnh").set_input_files(
        {"name": "gia.jpg", "mimeType": "image/jpeg", "buffer": b"not a picture at all"}
    )
    dialog.get_by_label("Ảnh cho thấy gì").fill("Không phải ảnh")
    dialog.get_by_role("button", name="Tải lên và chèn").click()
    expect(dialog.get_by_role("alert")).to_contain_text("ảnh")
    expect(dialog.get_by_label("Ảnh cho thấy gì")).to_have_value("Không phải ảnh")
    expect(editor.frame.locator("figure")).to_have_count(0)


WORD = """<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style>
p.MsoNormal{color:red}</style><!--[if gte mso 9]><xml><w:WordDocument/></xml><![endif]--></head>
<body lang=VI><!--StartFragment-->
<h1 style="mso-pagination:none"><span style="font-family:Times">Kế hoạch
năm</span></h1><p class=MsoNormal align=center style="text-align:center"><b
style="mso-bidi-font-weight:normal"><span style="font-size:14pt">Chữ đậm</span></b> và <span
style="font-style:italic">chữ nghiêng</span><o:p></o:p></p><p class=MsoNormal><o:p>&nbsp;</o:p></p>
<p class=MsoListParagraphCxSpFirst style="text-indent:-18pt;mso-list:l0 level1 lfo1"><![if
!supportLists]><span style="mso-list:Ignore">1.<span>&nbsp; </span></span><![endif]>Việc một</p>
<p class=MsoListParagraphCxSpMiddle style="mso-list:l0 level2 lfo1"><span
style="mso-list:Ignore">a)<span>&nbsp; </span></span>Việc nhỏ</p>
<p class=MsoListParagraphCxSpLast style="mso-list:l0 level1 lfo1"><span
style="mso-list:Ignore">2.<span>&nbsp; </span></span>Việc hai</p>
<table class=MsoTableGrid border=1 width=600 style="border-collapse:collapse"><tr><td width=300
style="padding:5pt"><p class=MsoNormal>Ô</p></td></tr></table>
<p class=MsoNormal><a href="https://danang.gov.vn/" style="color:blue">Cổng thành phố</a>
<a href="javascript:alert(1)">xấu</a><img width=10 height=10 src="file:///C:/a.png"></p>
<!--EndFragment--></body></html>"""


def test_a_paste_from_a_word_processor_keeps_its_structure_and_nothing_else(
    site: Site, visitor_to: VisitorFactory
) -> None:
    editor = Editor.new(visitor_to(site))
    editor.paste(WORD)
    expect(editor.frame.locator("h2")).to_have_text("Kế hoạch năm")
    assert re.sub(r"\s*\n\s*", "", editor.body()) == (
        "<h2>Kế hoạch năm</h2>"
        '<p class="align-center"><strong>Chữ đậm</strong> và <em>chữ nghiêng</em></p>'
        "<ol><li>Việc một<ol><li>Việc nhỏ</li></ol></li><li>Việc hai</li></ol>"
        "<table><tbody><tr><td><p>Ô</p></td></tr></tbody></table>"
        '<p><a href="https://danang.gov.vn/">Cổng thành phố</a> xấu[ảnh chưa được tải lên]</p>'
    )
    editor.stored("Việc nhỏ")


def test_a_picture_inside_a_paste_is_uploaded(site: Site, visitor_to: VisitorFactory) -> None:
    data = base64.b64encode(picture()).decode()
    editor = Editor.new(visitor_to(site))
    editor.paste(f'<p>Trước</p><img src="data:image/jpeg;base64,{data}" alt="Nền xanh"><p>Sau</p>')
    expect(editor.frame.locator("figure img")).to_have_attribute("alt", "Nền xanh")
    stored = editor.stored("/tep/")
    assert "data:" not in stored
    assert "đang tải lên" not in stored


def test_every_text_of_the_demonstration_passes_through_the_editor_unchanged(
    demo_site: Site, visitor_to: VisitorFactory
) -> None:
    with sqlite3.connect(f"file:{demo_site.instance}/site.db?mode=ro", uri=True) as database:
        texts = [body for (body,) in database.execute("SELECT body FROM revision")]
    assert len(texts) > 60
    visitor = visitor_to(demo_site)
    visitor.forgive("status of 404")  # pictures of other people's drafts
    editor = Editor.new(visitor)
    for text in texts:
        editor.page.evaluate("(text) => hugerte.activeEditor.setContent(text)", text)
        assert sanitise(editor.body()) == text


def test_what_the_server_refuses_is_told_beside_its_field(
    site: Site, visitor_to: VisitorFactory
) -> None:
    visitor = visitor_to(site)
    editor = Editor.new(visitor)
    visitor.forgive("status of 422")
    title = editor.page.locator("#title")
    title.fill("dài " * 100)
    expect(editor.page.locator("#counter-title")).to_have_text("399/300")
    expect(editor.page.locator("#save-state")).to_contain_text("Chưa lưu")
    expect(title).to_have_attribute("aria-invalid", "true")
    expect(title).to_have_accessible_description(re.compile("300"))
    title.fill("Ngắn")
    editor.expect_saved()
    assert title.get_attribute("aria-invalid") is None


def test_without_the_rich_editor_the_plain_area_saves_by_itself(
    site: Site, visitor_to: VisitorFactory
) -> None:
    visitor = visitor_to(site)
    visitor.forgive("ERR_FAILED")
    visitor.page.route("**/hugerte.min.js", lambda route: route.abort())
    editor = Editor.new(visitor)
    editor.page.get_by_label("Nội dung").fill("Một đoạn.\n\nHai đoạn.")
    editor.expect_saved()
    assert editor.stored("Hai đoạn.") == "<p>Một đoạn.</p>\n<p>Hai đoạn.</p>"


def test_without_scripts_a_text_is_written_saved_and_submitted(
    site: Site, visitor_to: VisitorFactory
) -> None:
    visitor = visitor_to(site, scripts=False)
    visitor.login("thu.congtacvien")
    page = visitor.open("/ban-lam-viec/bai-viet/moi")
    page.locator("#title").fill("Viết không cần mã lệnh")
    page.locator("#summary").fill("Vẫn viết được.")
    page.locator("#body").fill("Đoạn một.\n\nĐoạn hai.")
    page.locator("button.button[value=stay]").click()
    expect(page.locator("#save-state")).to_contain_text("Đã lưu lúc")
    expect(page.locator("#body")).to_have_value("<p>Đoạn một.</p>\n<p>Đoạn hai.</p>")
    page.locator("#section_id").select_option(index=1)
    page.locator("#secrecy_declared").check()
    page.locator("button[value=submit]").click()
    expect(page.locator("main")).to_contain_text("Đã gửi duyệt")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1366, PHONE])
def test_the_page_is_open_to_everybody(
    site: Site, visitor_to: VisitorFactory, scheme: str, width: int
) -> None:
    editor = Editor.new(visitor_to(site, scheme=scheme, width=width))
    editor.page.locator("#title").fill("Ai cũng dùng được")
    editor.type("Một đoạn văn.")
    editor.expect_saved()
    axe_clean(editor.page)
    no_sideways_scroll(editor.page)


def test_the_document_that_another_one_replaces_is_found_by_its_title(
    site: Site, visitor_to: VisitorFactory
) -> None:
    visitor = visitor_to(site)
    visitor.login("thu.congtacvien")
    page = Editor.at(visitor, "/ban-lam-viec/bai-viet/moi?loai=document").page
    page.get_by_role("searchbox", name="Tìm theo số hoặc tên: thay thế văn bản").fill(
        "quy dinh moi"
    )
    choice = page.locator("#document-choices-replaces li").first
    expect(choice).to_contain_text("27/2024/QĐ-UBND")
    axe_clean(page)
    choice.get_by_role("button").click()
    expect(page.locator("#replaces")).to_have_value("27/2024/QĐ-UBND")
    # By keyboard: the first one of what is found; what is there already is not added again.
    page.keyboard.type("27/2024")
    expect(choice).to_contain_text("27/2024/QĐ-UBND")
    page.keyboard.press("Enter")
    page.keyboard.type("18/2019")
    expect(choice).to_contain_text("18/2019/QĐ-UBND")
    page.keyboard.press("Enter")
    expect(page.locator("#replaces")).to_have_value("27/2024/QĐ-UBND\n18/2019/QĐ-UBND")
