"""The main job, end to end: written, reviewed, published, found, read, counted.

Once as people do it with scripts, once with scripts off.
"""

import io
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import VisitorFactory
from tests.support.browser import Visitor
from tests.support.editing import AUTOSAVE
from tests.support.pages import Article, Search
from tests.support.site import Site

TITLE = "Trạm đo độ mặn tự chế ở Trường Định"
SUMMARY = "Mười hai trạm báo độ mặn cho người nuôi tôm từng giờ."
WORDS = "Mỗi sáng, ông Khởi nhìn bảng điện tử trước khi mở cống."
CAPTION = "Trạm đo số 7 gần cầu Trường Định."
LINK = "https://dulieu.example.vn/do-man"
ALT = "Phao đo màu cam trên sông"
READER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def picture() -> dict[str, object]:
    out = io.BytesIO()
    Image.new("RGB", (1200, 800), (20, 120, 90)).save(out, "JPEG")
    return {"name": "tram-do.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def reader(visitor_to: VisitorFactory, site: Site, *, agent: str, scripts: bool = True) -> Visitor:
    """A citizen: the browser of tests calls itself a robot, which is not counted."""
    visitor = visitor_to(site, scripts=scripts)
    visitor.page.set_extra_http_headers({"User-Agent": agent})
    return visitor


def write_richly(page: Page) -> None:
    """Type a text into the rich editor: a heading, a list, a link, a table, a picture."""
    page.fill("#title", TITLE)
    page.fill("#summary", SUMMARY)
    text = page.frame_locator("#body_ifr").locator("body")
    text.click()
    page.keyboard.type(WORDS + " Xem ")
    page.get_by_role("button", name="Liên kết", exact=True).click()
    link = page.locator(".tox-dialog")
    link.get_by_label("Địa chỉ").fill(LINK)
    link.get_by_label("Chữ hiện ra").fill("cổng dữ liệu")
    link.get_by_role("button", name="Lưu").click()
    expect(text.locator("a")).to_have_attribute("href", LINK)
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Đoạn văn").click()
    page.get_by_role("menuitemcheckbox", name="Tiêu đề mục").click()
    page.keyboard.type("Gửi mỗi giờ")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Danh sách", exact=True).click()
    page.keyboard.type("Nhiệt độ")
    page.keyboard.press("Enter")
    page.keyboard.type("Độ mặn")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Chèn bảng", exact=True).click()
    # The grid has ten columns: this is two rows of two.
    page.locator(".tox-insert-table-picker > div").nth(11).click()
    for words in ("Trạm", "Độ mặn", "Số 7", "12,5‰"):
        page.keyboard.type(words)
        page.keyboard.press("ArrowRight")
    text.press("Control+End")
    page.get_by_role("button", name="Chèn ảnh").click()
    dialog = page.locator("dialog[open]")
    dialog.locator("#picture-file").set_input_files([picture()])  # type: ignore[list-item]
    dialog.locator("#picture-alt").fill(ALT)
    dialog.locator("#picture-caption").fill(CAPTION)
    dialog.get_by_role("button", name="Tải lên và chèn").click()
    expect(text.locator("figure img")).to_have_attribute("alt", ALT)
    page.select_option("#section_id", label="\u2003Chuyển đổi số")
    page.check("#secrecy_declared")


@contextmanager
def saved(page: Page) -> Iterator[None]:
    """What is typed inside is on the server, and said to be, when this is over."""
    with page.expect_response(lambda answer: bool(AUTOSAVE.search(answer.url)) and answer.ok):
        yield
    expect(page.locator("#save-state[data-state=saved]")).to_contain_text(
        re.compile(r"Đã lưu lúc \d\d:\d\d")
    )


def row_of(page: Page, title: str = TITLE) -> Locator:
    return page.locator("[data-row]").filter(has_text=title)


def find_and_read(visitor: Visitor, *, title: str) -> str:
    """Home, section, search: the citizen's three ways to a post. Answers its address."""
    page = visitor.open("/")
    expect(page.locator("main").get_by_role("link", name=title).first).to_be_visible()
    page = visitor.open("/chuyen-muc/chuyen-doi-so")
    link = page.locator("#publication-list").get_by_role("link", name=title).first
    address = str(link.get_attribute("href"))
    link.click()
    expect(page.locator("h1")).to_have_text(title)
    return address


def check_article(page: Page) -> None:
    """Everything that the issue's reader is promised on the page of a post."""
    article = page.locator("article[data-publication-id]")
    expect(article).to_contain_text("Người đăng tin: Lê Thị Cộng Tác")
    expect(article).to_contain_text("Ngày đăng tin:")
    expect(article).to_contain_text("Lượt xem:")
    expect(article.locator("figure img")).to_have_attribute("alt", ALT)
    expect(article.locator("figcaption")).to_contain_text(CAPTION)
    byline = article.locator(".byline")
    expect(byline).to_have_text("Lê Thị Cộng Tác")
    # The text is there before the style sheet is.
    expect(byline).to_have_css("text-align", re.compile("end|right"))
    expect(page.get_by_role("heading", name="Chuyên mục, tin tức liên quan")).to_be_visible()
    expect(page.get_by_role("link", name="Tìm kiếm nâng cao").first).to_be_visible()
    expect(page.locator("#toolbar").get_by_role("link", name="Đăng nhập")).to_be_visible()
    expect(page.get_by_text("Chia sẻ").first).to_be_visible()


def test_a_post_from_first_letter_to_counted_reading(
    site: Site, visitor_to: VisitorFactory
) -> None:
    author = visitor_to(site)
    page = author.login("thu.congtacvien")
    page.get_by_role("link", name="Viết bài mới").click()
    write_richly(page)
    expect(page.locator("#save-state")).to_contain_text(re.compile(r"Đã lưu lúc \d\d:\d\d"))
    expect(page).to_have_url(re.compile(r"/bai-viet/\d+/sua$"))
    page.reload()
    expect(page.frame_locator("#body_ifr").locator("body")).to_contain_text(WORDS)
    page.get_by_role("button", name="Gửi duyệt").click()
    expect(page.locator(".state")).to_have_text("Chờ biên tập")

    # An editor asks for a change first; the author reads why, mends it and sends it again.
    editor = visitor_to(site)
    desk = editor.login("thu.bientap")
    expect(row_of(desk)).to_contain_text("Phòng Thử nghiệm")
    expect(row_of(desk)).to_contain_text("Lê Thị Cộng Tác")
    expect(row_of(desk)).to_contain_text("Chờ")
    row_of(desk).get_by_role("link", name=TITLE).click()
    expect(row_of(desk).locator(".prose")).to_contain_text(WORDS)
    row_of(desk).get_by_text("Yêu cầu chỉnh sửa").first.click()
    row_of(desk).get_by_label(re.compile("Cần sửa những gì")).fill("Xin ghi rõ có bao nhiêu trạm.")
    row_of(desk).locator("details[open] form").get_by_role("button").click()
    expect(row_of(desk)).to_contain_text("Đã trả lại tác giả")

    page.goto(f"{site.url}/ban-lam-viec?danh-sach=can-chinh-sua")
    expect(row_of(page)).to_contain_text("Xin ghi rõ có bao nhiêu trạm.")
    row_of(page).get_by_role("link", name=TITLE).click()
    row_of(page).get_by_role("link", name=re.compile("^Sửa")).click()
    expect(page.locator("main")).to_contain_text("Xin ghi rõ có bao nhiêu trạm.")
    text = page.frame_locator("#body_ifr").locator("body")
    text.locator("p").first.click()
    page.keyboard.press("End")
    with saved(page):
        page.keyboard.type(" Có mười hai trạm.")
    page.get_by_role("button", name="Gửi duyệt").click()
    expect(page.locator(".state")).to_have_text("Chờ biên tập")

    # The chief editor sees what is new, takes it, mends a word, and approves in place.
    chief = visitor_to(site)
    desk = chief.login("thu.truongban")
    row_of(desk).get_by_role("link", name=TITLE).click()
    expect(row_of(desk).locator("ins")).to_contain_text("mười hai trạm")
    row_of(desk).get_by_role("button", name=re.compile("Nhận biên tập")).click()
    expect(row_of(desk)).to_contain_text("Bạn nhận biên tập từ")
    row_of(desk).get_by_role("link", name=TITLE).click()
    row_of(desk).get_by_role("link", name=re.compile("^Sửa")).click()
    with saved(desk):
        desk.fill("#summary", SUMMARY + " Số liệu mở cho mọi người.")
    desk.goto(f"{site.url}/ban-lam-viec/duyet")
    row_of(desk).get_by_role("link", name=TITLE).click()
    row_of(desk).get_by_role("button", name=re.compile("Duyệt và đăng")).click()
    expect(row_of(desk)).to_contain_text(
        re.compile(r"Đã duyệt lúc \d\d:\d\d, lên trang lúc \d\d:\d\d")
    )
    expect(row_of(desk).locator(".state")).to_have_text("Đã đăng")

    citizen = reader(visitor_to, site, agent=READER)
    address = find_and_read(citizen, title=TITLE)
    check_article(citizen.page)
    expect(citizen.page.locator("article .prose h2")).to_have_text("Gửi mỗi giờ")
    expect(citizen.page.locator("article .prose li")).to_have_text(["Nhiệt độ", "Độ mặn"])
    prose = citizen.page.locator("article .prose")
    expect(prose.get_by_role("link", name="cổng dữ liệu")).to_have_attribute("href", LINK)
    expect(prose.locator("thead th")).to_have_text(["Trạm", "Độ mặn"])
    expect(prose.locator("tbody td")).to_have_text(["Số 7", "12,5‰"])
    expect(citizen.page.get_by_role("button", name="In", exact=True)).to_be_visible()
    assert Article(citizen).views() == 1
    citizen.open(address)
    assert Article(citizen).views() == 1

    for words in ("do man tu che", "độ mặn tự chế"):
        citizen.open("/tim-kiem")
        Search(citizen).type(words)
        found = Search(citizen).hits.filter(has_text=TITLE)
        expect(found).to_be_visible()
        expect(found.locator("mark").first).to_be_visible()

    other = reader(visitor_to, site, agent=READER.replace("140.0", "139.0"))
    other.open(address)
    assert Article(other).views() == 2
    # Nobody is half-way through something when the server dies.
    for visitor in (author, editor, chief, citizen):
        visitor.page.close()
    other.page.wait_for_load_state("networkidle")
    site.kill()
    site.start()
    other.open(re.sub(r".*-(\d+)$", r"/luot-xem/\1", address))
    # What was acknowledged is in a journal, which the process that starts folds soon after.
    until = time.monotonic() + 20
    while other.page.locator("#view-count").inner_text() != "2" and time.monotonic() < until:
        other.page.wait_for_timeout(200)
        other.page.reload()
    expect(other.page.locator("#view-count.view-count")).to_have_text("2")


def test_pages_of_a_list_lead_to_every_post(site: Site, visitor_to: VisitorFactory) -> None:
    visitor = visitor_to(site)
    page = visitor.open("/chuyen-muc/tin-tuc")
    first = page.locator("#publication-list article").first.inner_text()
    page.locator("a[rel=next]").click()
    expect(page).to_have_url(re.compile(r"\?trang=2$"))
    expect(page.locator("#publication-list article").first).not_to_have_text(first)
    page.go_back()
    expect(page.locator("#publication-list article").first).to_contain_text(first.split("\n")[0])
    expect(page.locator("footer")).to_be_visible()


@pytest.mark.parametrize("width", [1366, 360])
def test_the_same_journey_with_scripts_off(
    site: Site, visitor_to: VisitorFactory, width: int
) -> None:
    title = f"Tủ hồ sơ điện tử ở phường, bản {width}"
    author = visitor_to(site, scripts=False, width=width)
    page = author.login("thu.congtacvien")
    page.get_by_role("link", name="Viết bài mới").click()
    page.fill("#title", title)
    page.fill("#summary", SUMMARY)
    page.fill("#body", f"{WORDS}\n\nĐoạn thứ hai.")
    page.select_option("#section_id", label="\u2003Chuyển đổi số")
    page.check("#secrecy_declared")
    page.set_input_files("#picture", [picture()])  # type: ignore[list-item]
    page.fill("#alt", ALT)
    page.fill("#caption", CAPTION)
    page.get_by_role("button", name="Lưu", exact=True).click()
    expect(page.locator("#messages")).to_contain_text("Đã lưu lúc")
    page.get_by_role("button", name="Gửi duyệt").click()
    expect(page.locator("#messages")).to_contain_text("Đã gửi duyệt")

    chief = visitor_to(site, scripts=False, width=width)
    desk = chief.login("thu.truongban")
    row_of(desk, title).get_by_role("link", name=title).click()
    desk.get_by_role("button", name=re.compile("Nhận biên tập")).click()
    desk.get_by_text("Yêu cầu chỉnh sửa").first.click()
    desk.get_by_label(re.compile("Cần sửa những gì")).fill("Thêm tên phường.")
    desk.locator("details[open] form").get_by_role("button").click()
    expect(desk.locator("#messages")).to_contain_text("Đã trả lại tác giả")

    page.goto(f"{site.url}/ban-lam-viec?danh-sach=can-chinh-sua")
    expect(row_of(page, title)).to_contain_text("Thêm tên phường.")
    row_of(page, title).get_by_role("link", name=title).click()
    page.get_by_role("link", name=re.compile("^Sửa")).click()
    page.fill("#summary", SUMMARY + " Thí điểm ở phường Hải Châu.")
    page.get_by_role("button", name="Gửi duyệt").click()
    expect(page.locator("#messages")).to_contain_text("Đã gửi duyệt")

    desk.goto(f"{site.url}/ban-lam-viec/duyet")
    row_of(desk, title).get_by_role("link", name=title).click()
    expect(desk.locator("ins").first).to_contain_text("Thí điểm")
    desk.get_by_role("button", name=re.compile("Nhận biên tập")).click()
    desk.get_by_role("button", name=re.compile("Duyệt và đăng")).click()
    expect(desk.locator("#messages")).to_contain_text("lên trang lúc")

    citizen = reader(visitor_to, site, agent=READER.replace("140", str(width)), scripts=False)
    find_and_read(citizen, title=title)
    check_article(citizen.page)
    citizen.page.get_by_role("button", name="Ghi nhận lượt đọc này").click()
    expect(citizen.page).to_have_url(re.compile("#view-count$"))
    expect(citizen.page.locator("#view-count")).to_contain_text("1")

    citizen.open("/tim-kiem?q=tu+ho+so+dien+tu")
    expect(Search(citizen).hits.filter(has_text=title)).to_be_visible()
