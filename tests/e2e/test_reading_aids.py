"""What helps to read: a voice, a file shown in the page, paper; and all of it without scripts."""

import io
import re

import pypdfium2
from playwright.sync_api import Page, expect

from tests.e2e.conftest import VisitorFactory
from tests.support.browser import axe_clean, no_sideways_scroll
from tests.support.site import Site

# Chromium has no voices of its own here: these say nothing and keep what they were to say.
VOICES = """
window.spoken = [];
const voices = [{lang: "en-US", name: "Emma"}, {lang: "vi_VN", name: "An"}];
Object.defineProperty(window, "speechSynthesis", {value: {
  getVoices: () => window.voiceless ? voices.slice(0, 1) : voices,
  speak(utterance) { window.spoken.push(utterance); },
  cancel() {},
  addEventListener(name, act) { window.voicesChanged = act; },
}});
window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
"""
END_LAST = "window.spoken[window.spoken.length - 1].onend()"


def notice_with_pdf(page: Page) -> str:
    address = page.locator("main a", has_text="Kế hoạch tuyển chọn tổ chức chủ trì").first
    href = address.get_attribute("href")
    assert href
    return href


def test_a_text_is_read_aloud_paragraph_by_paragraph(
    demo_site: Site, visitor_to: VisitorFactory
) -> None:
    visitor = visitor_to(demo_site)
    visitor.page.add_init_script(VOICES)
    page = visitor.open("/thong-bao")
    visitor.open(notice_with_pdf(page))
    listen = page.get_by_role("button", name="Nghe bài viết")
    listen.click()
    now = page.locator(".is-read-now")
    expect(now).to_have_text(re.compile("^Kế hoạch tuyển chọn"))
    assert page.evaluate("window.spoken[0].voice.name") == "An"
    page.evaluate(END_LAST)
    page.evaluate(END_LAST)
    expect(now).to_have_text(re.compile("^Sở Khoa học và Công nghệ công bố kế hoạch"))
    axe_clean(page)
    page.get_by_role("button", name="Tạm dừng").click()
    said = page.evaluate("window.spoken.length")
    # What was cut off reports its end: nothing goes on.
    page.evaluate(END_LAST)
    assert page.evaluate("window.spoken.length") == said
    page.get_by_role("button", name="Đọc tiếp").click()
    assert page.evaluate("window.spoken.at(-1).text === window.spoken.at(-2).text")
    stop = page.get_by_role("button", name="Dừng đọc")
    stop.press("Enter")
    expect(now).to_have_count(0)
    expect(stop).to_be_hidden()
    expect(listen).to_be_focused()
    # To its end: a table row by row, a list point by point, then the button is as it was.
    listen.click()
    while page.evaluate("document.querySelector('.is-read-now') !== null"):
        page.evaluate(END_LAST)
    spoken = page.evaluate("window.spoken.map((one) => one.text)")
    assert "Hạn nộp hồ sơ, 17 giờ ngày 04/01/2027" in spoken
    assert any(text.startswith("Không nhận hồ sơ giấy") for text in spoken)
    assert all(len(text) <= 220 for text in spoken)
    expect(listen).to_be_visible()
    page.evaluate("window.voiceless = true; window.voicesChanged()")
    expect(listen).to_be_hidden()


def test_a_pdf_opens_in_the_page_and_the_page_on_paper_is_a_document(
    demo_site: Site, visitor_to: VisitorFactory
) -> None:
    visitor = visitor_to(demo_site)
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.url))
    page = visitor.open("/thong-bao")
    visitor.open(notice_with_pdf(page))
    files = page.locator(".attachments li")
    expect(files.first).to_contain_text("(PDF, 26 KB)")
    with page.expect_download() as kept:
        files.first.get_by_role("link", name="Tải về").click()
    assert kept.value.suggested_filename.endswith(".pdf")
    asked.clear()
    with page.expect_response(lambda answer: answer.url.endswith(".pdf")) as shown:
        files.first.locator("summary").press("Enter")
    assert shown.value.status == 200
    assert page.locator(".viewer iframe").count() == 1
    paper = pypdfium2.PdfDocument(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    said = [sheet.get_textpage().get_text_bounded() for sheet in paper]
    first, last = said[0], said[-1]
    assert "SỞ KHOA HỌC VÀ CÔNG NGHỆ" in first
    assert "Ngày đăng tin:" in first
    assert f"1 / {len(said)}" in first
    assert "Địa chỉ bài: http" in last
    assert "Địa chỉ: 24 Trần Phú" in last
    for button in ("Nghe bài viết", "Tải về", "Lượt xem", "Cỡ chữ"):
        assert button not in "".join(said)


def test_without_scripts_letters_grow_and_colours_change_on_every_page(
    demo_site: Site, visitor_to: VisitorFactory
) -> None:
    visitor = visitor_to(demo_site, scripts=False, width=360, scheme="dark")
    page = visitor.open("/")

    def looks() -> tuple[str, str]:
        style = "getComputedStyle(document.{}).{}"
        size = page.evaluate(style.format("documentElement", "fontSize"))
        return size, page.evaluate(style.format("body", "backgroundColor"))

    before = looks()
    assert before == ("16px", "rgb(15, 22, 32)")
    page.get_by_role("link", name="Cỡ chữ, tương phản").click()
    # Labels inside a noscript are not looked through by name.
    page.locator("[name=co-chu]").select_option("Rất lớn")
    page.locator("#nen").select_option("Sáng")
    page.locator("#tuong-phan").select_option("Cao")
    page.get_by_role("button", name="Lưu cách hiển thị").click()
    expect(page.get_by_role("status").filter(has_text="Đã lưu")).to_be_visible()
    visitor.open("/")
    assert looks() == ("22px", "rgb(255, 255, 255)")
    no_sideways_scroll(page)
    visitor.open("/cach-hien-thi")
    expect(page.locator("[name=co-chu]")).to_have_value("4")
    no_sideways_scroll(page)
    for name in ("co-chu", "nen", "tuong-phan"):
        page.locator(f"[name={name}]").select_option("")
    page.get_by_role("button", name="Lưu cách hiển thị").click()
    visitor.open("/")
    assert looks() == before
