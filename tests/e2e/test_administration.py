"""An administrator and whoever is invited, in a real browser."""

import io
from pathlib import Path
from urllib.parse import urlsplit

import openpyxl
import pytest
from playwright.sync_api import expect

from services.user_import import COLUMNS
from tests.e2e.conftest import UNIT, VisitorFactory
from tests.support.browser import axe_clean, no_sideways_scroll
from tests.support.site import PASSWORD, Site

ROOM = "/ban-lam-viec/quan-tri"
PAGES = ("nguoi-dung", "nguoi-dung/moi", "don-vi", "chuyen-muc", "thiet-lap", "nhat-ky")


def test_whoever_is_invited_takes_the_link_and_works_at_the_desk(
    site: Site, visitor_to: VisitorFactory
) -> None:
    admin = visitor_to(site)
    admin.login("thu.quantri")
    page = admin.open(f"{ROOM}/nguoi-dung/moi")
    page.get_by_label("Họ và tên").fill("Lê Thị Mới Vào")
    page.get_by_label("Tên đăng nhập").fill("thu.moivao")
    page.get_by_label("Đơn vị", exact=True).select_option(label=UNIT)
    page.get_by_role("button", name="Mời", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Đã mời Lê Thị Mới Vào")
    axe_clean(page)
    link = page.get_by_label("Liên kết chọn mật khẩu").input_value()

    guest = visitor_to(site)
    chosen = guest.open(urlsplit(link).path)
    axe_clean(chosen)
    chosen.get_by_label("Mật khẩu mới", exact=True).fill(PASSWORD)
    chosen.get_by_label("Nhập lại mật khẩu mới").fill(PASSWORD)
    chosen.get_by_role("button", name="Lưu mật khẩu").click()
    expect(chosen.get_by_role("status").first).to_contain_text("Hãy đăng nhập với tên")
    guest.login("thu.moivao")
    expect(guest.page.locator(".desk-bar-name")).to_contain_text("Lê Thị Mới Vào")

    # Locked while at the desk: the next click is at the door.
    page.get_by_role("link", name="Xem tài khoản").click()
    page.get_by_role("button", name="Khoá tài khoản").click()
    expect(page.get_by_role("button", name="Mở lại tài khoản")).to_be_visible()
    guest.page.goto(f"{site.url}/ban-lam-viec")
    expect(guest.page.get_by_role("heading", level=1)).to_have_text("Đăng nhập")


def test_people_are_filtered_as_one_types_and_sections_moved_by_keyboard(
    site: Site, visitor_to: VisitorFactory
) -> None:
    admin = visitor_to(site)
    admin.login("thu.quantri")
    page = admin.open(f"{ROOM}/nguoi-dung")
    page.get_by_label("Tên, tài khoản hoặc thư").press_sequentially("truong ban")
    rows = page.locator("#user-list tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Võ Thị Trưởng Ban")
    assert "q=truong" in page.url

    page = admin.open(f"{ROOM}/chuyen-muc")
    names = page.locator("#section-list tbody tr > th > a")
    before = names.all_inner_texts()
    down = page.get_by_role("button", name=f"Dời xuống: {before[1]}")
    down.focus()
    page.keyboard.press("Enter")
    expect(names.nth(1)).to_have_text(before[2])
    expect(names.nth(2)).to_have_text(before[1])
    # The place is kept, for the next press.
    expect(page.get_by_role("button", name=f"Dời xuống: {before[1]}")).to_be_focused()


def test_a_spreadsheet_is_looked_at_and_carried_out(
    site: Site, visitor_to: VisitorFactory, tmp_path: Path
) -> None:
    book = openpyxl.Workbook()
    for row in (
        COLUMNS,
        ("thu.bang1", "Trần Bảng Một", "Cộng tác viên", UNIT, "", ""),
        ("thu.bang2", "Trần Bảng Hai", "Cộng tác viên", "Phòng không có", "", ""),
    ):
        book.active.append(row)
    held = io.BytesIO()
    book.save(held)
    file = tmp_path / "nguoi-dung.xlsx"
    file.write_bytes(held.getvalue())

    admin = visitor_to(site)
    admin.login("thu.quantri")
    page = admin.open(f"{ROOM}/nguoi-dung/nhap")
    page.get_by_label("Tệp bảng tính").set_input_files(file)
    page.get_by_role("button", name="Xem trước").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Xem trước khi nhập")
    axe_clean(page)
    page.get_by_role("button", name="Tạo 1 tài khoản").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Kết quả nhập người dùng")
    axe_clean(page)
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Tải kết quả từng dòng").click()
    saved = openpyxl.load_workbook(io.BytesIO(downloading.value.path().read_bytes()))
    verdicts = [row[1] for row in saved.active.values]
    assert verdicts == ["Kết quả", "Đã tạo", "Cần sửa"]


@pytest.mark.parametrize("width", [320, 1366])
def test_the_rooms_are_accessible_at_every_width(
    site: Site, visitor_to: VisitorFactory, width: int
) -> None:
    admin = visitor_to(site, width=width)
    admin.login("thu.quantri")
    for name in PAGES:
        page = admin.open(f"{ROOM}/{name}")
        axe_clean(page)
        no_sideways_scroll(page)
