"""Pictures and files on their way to the site: a cut line costs one click, and nothing typed."""

import io
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from PIL import Image
from playwright.sync_api import Route, expect

from tests.e2e.conftest import VisitorFactory
from tests.support.browser import PHONE, Visitor, axe_clean, no_sideways_scroll
from tests.support.documents import document
from tests.support.editing import Editor
from tests.support.site import Site

UPLOADS = "**/ban-lam-viec/**"


def jpeg(colour: str = "steelblue") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (900, 600), colour).save(out, "JPEG")
    return out.getvalue()


def chosen(name: str, content: bytes, mime: str = "application/octet-stream") -> dict[str, object]:
    return {"name": name, "mimeType": mime, "buffer": content}


@contextmanager
def cut_line(visitor: Visitor, *paths: str) -> Iterator[None]:
    """While this lasts, what is sent to these addresses is cut off on its way."""
    visitor.forgive("ERR_INTERNET_DISCONNECTED|ERR_FAILED|Failed to load resource")

    def cut(route: Route) -> None:
        if route.request.method == "POST" and route.request.url.endswith(paths):
            route.abort("internetdisconnected")
        else:
            route.continue_()

    visitor.page.route(UPLOADS, cut)
    yield
    visitor.page.unroute(UPLOADS, cut)


def test_a_picture_whose_upload_was_cut_off_is_sent_again_without_choosing_or_typing_anew(
    site: Site, visitor_to: VisitorFactory
) -> None:
    visitor = visitor_to(site)
    editor = Editor.new(visitor)
    page = editor.page
    editor.type("Mở đầu.")
    editor.expect_saved()
    editor.tool("Chèn ảnh")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Tệp ảnh").set_input_files(chosen("hội nghị.jpg", jpeg(), "image/jpeg"))
    dialog.get_by_label("Ảnh cho thấy gì").fill("Đại biểu trong hội trường")
    dialog.get_by_label("Chú thích dưới ảnh").fill("Toàn cảnh hội nghị")
    with cut_line(visitor, "/anh"):
        dialog.get_by_role("button", name="Tải lên và chèn").click()
        told = dialog.get_by_role("alert")
        expect(told).to_contain_text("Mất kết nối nên “hội nghị.jpg” chưa được tải lên")
        again = dialog.get_by_role("button", name="Thử lại")
        expect(again).to_be_enabled()
        axe_clean(page)
        again.click()
        expect(told).to_contain_text("Mất kết nối")
    expect(dialog.get_by_label("Chú thích dưới ảnh")).to_have_value("Toàn cảnh hội nghị")
    again.click()
    expect(editor.frame.locator("body > figure figcaption")).to_have_text("Toàn cảnh hội nghị")
    assert 'alt="Đại biểu trong hội trường"' in editor.stored("Toàn cảnh hội nghị")


def test_files_are_attached_named_and_put_in_order_and_one_that_was_cut_off_tried_again(
    site: Site, visitor_to: VisitorFactory
) -> None:
    visitor = visitor_to(site)
    visitor.login("thu.congtacvien")
    editor = Editor.at(visitor, "/ban-lam-viec/bai-viet/moi?loai=notice")
    page = editor.page
    page.get_by_label("Tiêu đề", exact=True).fill("Lịch kiểm định taximet tháng này")
    editor.type("Xem tệp đính kèm.")
    editor.expect_saved()
    adding = page.get_by_label("Thêm tệp từ máy")
    adding.set_input_files(chosen("Kế hoạch.pdf", document("pdf")))
    attached = page.locator("#attached > li")
    expect(attached).to_have_count(1)
    visitor.forgive("status of 422")
    with cut_line(visitor, "/tep"):
        adding.set_input_files(chosen("Biểu mẫu.xlsx", document("xlsx")))
        line = page.locator(".sending > li")
        expect(line).to_contain_text("Mất kết nối nên “Biểu mẫu.xlsx” chưa được tải lên")
        axe_clean(page)
    line.get_by_role("button", name="Tải lên lại Biểu mẫu.xlsx").click()
    expect(attached).to_have_count(2)
    adding.set_input_files(chosen("báo cáo.pdf", b"MZ" + b"\0" * 200))
    expect(line).to_contain_text("chương trình chạy được")
    expect(line.get_by_role("button")).to_have_count(1)
    line.get_by_role("button").click()
    # By keyboard: up, and the focus stays with the file that was moved.
    page.get_by_role("button", name="Đưa “Biểu mẫu.xlsx” lên trước").press("Enter")
    expect(attached.first).to_contain_text("Biểu mẫu.xlsx")
    expect(
        attached.first.get_by_role("button", name="Đưa “Biểu mẫu.xlsx” xuống sau")
    ).to_be_focused()
    attached.nth(1).get_by_label("Tên bạn đọc thấy").fill("Kế hoạch kiểm định")
    editor.expect_saved()
    expect(page.locator("#save-state")).to_have_attribute("data-state", "saved")
    path = editor.path
    visitor.open(path.removesuffix("/sua"))
    files = page.locator(".attachments li")
    expect(files).to_contain_text(["Biểu mẫu.xlsx (XLSX, 1 KB)", "Kế hoạch kiểm định (PDF, 1 KB)"])
    Editor.at(visitor, path)
    expect(attached).to_have_count(2)
    with page.expect_response(lambda answer: "tu-luu" in answer.url):
        page.get_by_role("button", name="Bỏ “Biểu mẫu.xlsx” ra").click()
    editor.expect_saved()
    page.reload()
    editor.ready()
    expect(attached).to_have_count(1)


def test_a_picture_is_chosen_from_the_library_by_keyboard_alone(
    site: Site, visitor_to: VisitorFactory
) -> None:
    visitor = visitor_to(site, width=PHONE)
    visitor.login("thu.congtacvien2")
    page = visitor.open("/ban-lam-viec/thu-vien")
    page.locator("#library-file").set_input_files(chosen("rạn-san-hô.jpg", jpeg(), "image/jpeg"))
    page.get_by_role("button", name="Tải lên").click()
    page.locator(".sending").get_by_role("link", name="rạn-san-hô.jpg").click()
    page.get_by_label("Ảnh cho thấy gì").fill("Rạn san hô ở Sơn Trà")
    page.get_by_role("button", name="Lưu").click()
    expect(page.get_by_role("status").filter(has_text="Đã lưu")).to_be_visible()
    editor = Editor.at(visitor, "/ban-lam-viec/bai-viet/moi")
    editor.type("Mở đầu.")
    editor.expect_saved()
    page.get_by_role("button", name="Chèn ảnh", exact=True).press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Chọn từ thư viện").press("Enter")
    expect(dialog.get_by_label("Tìm trong thư viện")).to_be_focused()
    page.keyboard.type("ran san ho")
    expect(dialog.get_by_role("radio")).to_have_count(1)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(dialog.get_by_label("Ảnh cho thấy gì")).to_have_value("Rạn san hô ở Sơn Trà")
    axe_clean(page)
    no_sideways_scroll(page)
    dialog.get_by_role("button", name="Chèn ảnh", exact=True).press("Enter")
    expect(editor.frame.locator("body > figure img")).to_have_attribute(
        "alt", "Rạn san hô ở Sơn Trà"
    )
    lead = page.get_by_label("Ảnh đại diện", exact=True)
    expect(lead.locator("option:checked")).to_have_text("Rạn san hô ở Sơn Trà")
    lead.select_option("")
    page.get_by_role("button", name="Chọn ảnh đại diện từ thư viện").press("Enter")
    dialog.get_by_label("Tìm trong thư viện").fill("san hô Sơn Trà")
    expect(dialog.get_by_role("radio")).to_have_count(1)
    dialog.get_by_role("radio").check()
    dialog.get_by_role("button", name="Dùng làm ảnh đại diện").press("Enter")
    expect(dialog).to_be_hidden()
    expect(lead.locator("option:checked")).to_have_text("Rạn san hô ở Sơn Trà")


@pytest.mark.parametrize(("width", "scheme"), [(1366, "light"), (PHONE, "dark")])
def test_the_library_is_open_to_everybody(
    site: Site, visitor_to: VisitorFactory, width: int, scheme: str
) -> None:
    visitor = visitor_to(site, width=width, scheme=scheme)
    visitor.login("thu.bientap")
    page = visitor.open("/ban-lam-viec/thu-vien")
    visitor.forgive("status of 422")
    files = [
        chosen(f"xyz-{scheme}.jpg", jpeg("gold" if width == PHONE else "tomato"), "image/jpeg"),
        chosen("hai.pdf", b"MZ" + b"\0" * 200),
    ]
    page.locator("#library-file").set_input_files(files)
    with cut_line(visitor, "/thu-vien"):
        page.get_by_role("button", name="Tải lên").click()
        sending = page.locator(".sending > li")
        expect(sending.get_by_text("Mất kết nối")).to_have_count(2)
        axe_clean(page)
    sending.first.get_by_role("button", name="Thử lại").click()
    expect(sending.first).to_contain_text("đã tải lên")
    sending.nth(1).get_by_role("button", name="Thử lại").click()
    expect(sending.nth(1)).to_contain_text("chương trình chạy được")
    page.get_by_label("Tìm", exact=True).fill(f"xyz {scheme}")
    expect(page.locator(".library-card")).to_have_count(1)
    axe_clean(page)
    no_sideways_scroll(page)
    page.locator(".library-card a").click()
    picture = page.locator("#focus-picker img")
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    assert box is not None
    picture.click(position={"x": box["width"] * 0.1, "y": box["height"] * 0.9})
    expect(page.get_by_label("Từ trái")).to_have_value("10")
    expect(page.get_by_label("Từ trên")).to_have_value("90")
    expect(page.locator(".focus-crops img").first).to_have_class("fx-0 fy-100")
    page.get_by_label("Ảnh trang trí: không mang thông tin").check()
    page.get_by_role("button", name="Lưu").click()
    expect(page.get_by_role("status").filter(has_text="Đã lưu")).to_be_visible()
    axe_clean(page)
    no_sideways_scroll(page)
