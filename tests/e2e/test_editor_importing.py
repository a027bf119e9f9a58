"""Text that comes from elsewhere: Word files, pastes from Word, Docs and the web, old encodings."""

import re
import sqlite3
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from services.sanitising import sanitise
from tests.e2e.conftest import VisitorFactory
from tests.support.browser import PHONE, axe_clean, no_sideways_scroll
from tests.support.editing import Editor
from tests.support.site import Site

FILES = Path(__file__).parents[1] / "files" / "word"
PASTES = Path(__file__).parents[1] / "files" / "pastes"
IMPORT = "/ban-lam-viec/bai-viet/tu-tep-word"
OLD = "Së Khoa häc vµ C«ng nghÖ tæ chøc héi nghÞ ë §µ N½ng."
NEW = "Sở Khoa học và Công nghệ tổ chức hội nghị ở Đà Nẵng."


def send(page: Page, name: str) -> None:
    page.get_by_label("Tệp Word (.docx)").set_input_files(FILES / f"{name}.docx")
    page.get_by_role("button", name="Mở tệp").click()
    page.wait_for_url(re.compile(r"/bai-viet/\d+/sua"), timeout=60_000)


def one_line(text: str) -> str:
    return re.sub(r"\s*\n\s*", "", text)


def test_each_word_file_opens_in_the_editor_and_passes_through_it_unchanged(
    site: Site, visitor_to: VisitorFactory
) -> None:
    visitor = visitor_to(site)
    page = visitor.login("thu.congtacvien")
    names = sorted(path.stem for path in FILES.glob("*.docx"))
    for name in names:
        visitor.open(IMPORT)
        send(page, name)
    editor = Editor(visitor, page).ready()
    with sqlite3.connect(f"file:{site.instance}/site.db?mode=ro", uri=True) as database:
        rows = database.execute("SELECT body FROM revision ORDER BY id DESC LIMIT ?", [len(names)])
        texts = [body for (body,) in rows]
    assert sum("<figure><img" in text for text in texts) == len(names) - 1  # one is in a cell
    for text in texts:
        page.evaluate("(text) => hugerte.activeEditor.setContent(text)", text)
        assert sanitise(editor.body()) == text


def test_a_word_file_is_opened_from_the_editor_and_what_was_left_out_is_told(
    site: Site, visitor_to: VisitorFactory
) -> None:
    visitor = visitor_to(site)
    editor = Editor.new(visitor)
    page = editor.page
    page.locator("#title").fill("Bài đang viết dở")
    editor.type("Chữ đã gõ.")
    page.get_by_role("link", name="Mở tệp Word").click()
    # What was typed was saved first, so the document may be put at its end.
    page.get_by_label("Nối vào cuối bài “Bài đang viết dở”").check()
    axe_clean(page)
    send(page, "word-tieng-viet")
    editor.ready()
    expect(page.locator("#title")).to_have_value("Bài đang viết dở")
    expect(editor.frame.locator("body")).to_contain_text("Chữ đã gõ.")
    expect(editor.frame.locator("h2").first).to_have_text("Cầu mới qua sông Hàn")
    expect(editor.frame.locator("figcaption")).to_have_text("Hình 1. Cầu Rồng.")
    expect(page.locator("#messages")).to_contain_text("1 công thức toán chưa được đưa vào")
    axe_clean(page)


@pytest.mark.parametrize(("width", "scheme"), [(1366, "light"), (PHONE, "dark")])
def test_a_file_that_is_no_document_is_refused_beside_its_field(
    site: Site, visitor_to: VisitorFactory, width: int, scheme: str
) -> None:
    visitor = visitor_to(site, width=width, scheme=scheme)
    visitor.forgive("status of 422")
    page = visitor.login("thu.congtacvien")
    visitor.open(IMPORT)
    page.get_by_label("Tệp Word (.docx)").set_input_files(
        {"name": "bai.docx", "mimeType": "application/msword", "buffer": b"{\\rtf1 x}"}
    )
    page.get_by_role("button", name="Mở tệp").click()
    expect(page.locator("#file-error")).to_contain_text("chọn Lưu thành .docx")
    expect(page.locator("#file")).to_have_attribute("aria-invalid", "true")
    axe_clean(page)
    no_sideways_scroll(page)


# ---------------------------------------------------------------- pastes
PASTED = {
    "word": (
        "<h2>Kế hoạch năm 2026</h2><h3>Việc phải làm</h3>"
        "<p>Văn bản có <strong>chữ đậm</strong>, <em>chữ nghiêng</em> và "
        '<a href="https://danang.gov.vn/">đường dẫn</a>.</p>'
        "<ol><li>Việc một<ul><li>Ý nhỏ<ul><li>Ý nhỏ hơn</li></ul></li><li>Ý nhỏ hai</li></ul></li>"
        "<li>Việc hai</li></ol><p>Xen giữa.</p>"
        '<ol start="3"><li>Việc ba</li></ol>'
        "<p>[ảnh chưa được tải lên]</p><p>[ảnh chưa được tải lên]</p>"
        "<table><tbody><tr><td><p><strong>Nội dung</strong></p></td><td><p>Hạn</p></td></tr>"
        '<tr><td colspan="2"><p>Gộp</p></td></tr></tbody></table><p>Hết.</p>'
    ),
    "docs": (
        "<h2>Biên bản họp</h2><p>Cuộc họp <strong>bắt đầu</strong> lúc <em>8 giờ</em>.</p>"
        "<ul><li>Điểm danh<ul><li>Vắng một</li></ul></li><li>Báo cáo</li></ul>"
        "<table><tbody><tr><td><p>Tên</p></td><td><p>Phòng</p></td></tr></tbody></table>"
        '<p><a href="https://danang.gov.vn/">Cổng thành phố</a></p>'
    ),
    "web": (
        "<h2>Tin trên mạng</h2><p>Đoạn đầu có <a "
        'href="https://example.vn/bai?id=1">liên kết</a>.</p>'
        "<ul><li>Một</li><li>Hai</li></ul><blockquote><p>Lời trích.</p></blockquote>"
        "<p>[ảnh chưa được tải lên]</p>"
    ),
}


@pytest.mark.parametrize("source", PASTED)
def test_a_paste_keeps_its_structure_and_nothing_else(
    site: Site, visitor_to: VisitorFactory, source: str
) -> None:
    visitor = visitor_to(site)
    # The frame meets the page's own handlers before they are cleaned away, and runs none.
    visitor.forgive("Executing inline event handler")
    editor = Editor.new(visitor)
    editor.paste((PASTES / f"{source}.html").read_text("utf-8"))
    expect(editor.frame.locator("h2").first).to_be_visible()
    body = one_line(editor.body())
    assert body == PASTED[source]
    assert not re.search(r"class=|style=|<!--|<span|mso|Mso|o:p", body)
    stored = one_line(editor.stored("</p>"))
    assert not re.search(r"class=|style=|<!--|<span|mso|Mso|o:p", stored)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        ('"<p>" + "chữ ".repeat(12500000) + "</p>"', "50 MB, quá nhiều cho một bài"),
        ('"<table>" + ("<tr>" + "<td>ô</td>".repeat(100) + "</tr>").repeat(100)', "10.000 ô"),
    ],
)
def test_a_paste_that_is_too_much_is_refused_in_words_and_loses_nothing(
    site: Site, visitor_to: VisitorFactory, make: str, sentence: str
) -> None:
    editor = Editor.new(visitor_to(site))
    editor.type("Chữ có trước.")
    editor.frame.locator("body").evaluate(
        f"""(body) => {{
            const data = new DataTransfer();
            data.setData("text/html", {make});
            body.dispatchEvent(new ClipboardEvent(
                "paste", {{clipboardData: data, bubbles: true, cancelable: true}}));
        }}"""
    )
    expect(editor.page.locator(".tox-notification")).to_contain_text(sentence)
    assert editor.body() == "<p>Chữ có trước.</p>"
    editor.type(" Gõ tiếp được.")
    editor.stored("Gõ tiếp được.")


# ---------------------------------------------------------------- old encodings
def test_a_paste_in_an_old_encoding_is_converted_when_the_writer_says_so(
    site: Site, visitor_to: VisitorFactory
) -> None:
    editor = Editor.new(visitor_to(site))
    page = editor.page
    editor.paste(f"<p>{OLD}</p>")
    offer = page.locator("#legacy")
    expect(offer.get_by_role("heading")).to_contain_text("TCVN3 (ABC)")
    expect(offer).to_contain_text(NEW)
    assert editor.body() == f"<p>{OLD}</p>"
    axe_clean(page)
    no_sideways_scroll(page)
    offer.get_by_role("button", name="Chuyển sang Unicode").click()
    expect(editor.frame.locator("p")).to_have_text(NEW)
    expect(offer.get_by_role("heading")).to_have_count(0)
    assert editor.stored(NEW) == f"<p>{NEW}</p>"


def test_a_text_that_is_left_as_it_is_is_not_asked_about_again_in_this_browser(
    site: Site, visitor_to: VisitorFactory
) -> None:
    editor = Editor.new(visitor_to(site))
    page = editor.page
    editor.paste(f"<p>{OLD}</p>")
    page.get_by_role("button", name="Để nguyên").click()
    expect(page.locator("#legacy h2")).to_have_count(0)
    editor.expect_saved()
    looked: list[str] = []
    page.on("request", lambda request: looked.append(request.url))
    page.reload()
    editor.ready()
    editor.type(" ")
    editor.type("Thêm.")
    editor.stored("Thêm.")
    assert [address for address in looked if address.endswith("/bang-ma")] == []
    assert OLD in editor.body()


def test_without_scripts_the_offer_is_a_page(site: Site, visitor_to: VisitorFactory) -> None:
    visitor = visitor_to(site, scripts=False, width=PHONE)
    visitor.login("thu.congtacvien")
    page = visitor.open("/ban-lam-viec/bai-viet/moi")
    page.locator("#title").fill("Bài cũ")
    page.locator("#body").fill(OLD)
    page.locator("button.button[value=stay]").click()
    page.get_by_role("link", name="Xem thử và chuyển sang Unicode").click()
    expect(page.locator(".legacy-preview")).to_contain_text(NEW)
    no_sideways_scroll(page)
    page.get_by_role("button", name="Chuyển sang Unicode").click()
    expect(page.locator("#body")).to_have_value(f"<p>{NEW}</p>")
