"""The desk by keyboard alone, and each of its states accessible, open questions included."""

import re
import sqlite3

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import VisitorFactory
from tests.support.browser import PHONE, WIDE, Visitor, axe_clean, no_sideways_scroll
from tests.support.editing import AUTOSAVE, Editor
from tests.support.site import Site

TITLE = "Cầu treo mới ở Hoà Bắc"
REASON = "Xin ghi rõ cầu dài bao nhiêu."


def focused(page: Page) -> str:
    """The id of what has the keyboard, or its words."""
    return str(
        page.evaluate(
            "(document.activeElement.id || document.activeElement.textContent || '').trim()"
        )
    )


def tab_to(page: Page, wanted: str, *, key: str = "Tab") -> None:
    """Press Tab until the thing with this id, or whose words begin like this, is reached."""
    for _ in range(120):
        if focused(page).startswith(wanted):
            return
        page.keyboard.press(key)
    raise AssertionError(f"Tab never came to {wanted!r} on {page.url}")


def log_in(visitor: Visitor, username: str) -> Page:
    return visitor.login(username)


def row_of(page: Page) -> Locator:
    return page.locator("[data-row]").filter(has_text=TITLE)


def go_to_row(page: Page) -> None:
    """J until the row is the one, as somebody with a long list does."""
    expect(row_of(page)).to_be_visible()
    for _ in range(page.locator("[data-row]").count()):
        page.keyboard.press("j")
        if focused(page) == TITLE:
            return
    raise AssertionError("J never came to the row")


def open_row(page: Page) -> None:
    go_to_row(page)
    page.keyboard.press("Enter")
    expect(row_of(page).locator(".actions")).to_be_visible()
    # The row that came takes the keyboard's place with it.
    expect(row_of(page).locator("[data-row-link]")).to_be_focused()


def test_written_sent_returned_sent_again_and_published_by_keyboard_alone(
    site: Site, visitor_to: VisitorFactory
) -> None:
    author = visitor_to(site)
    page = log_in(author, "thu.congtacvien")
    tab_to(page, "Viết bài mới")
    page.keyboard.press("Enter")
    Editor(author, page).ready()
    tab_to(page, "title")
    page.keyboard.type(TITLE)
    tab_to(page, "summary")
    page.keyboard.type("Cầu nối hai thôn qua sông Cu Đê.")
    tab_to(page, "body_ifr")
    with page.expect_response(lambda answer: bool(AUTOSAVE.search(answer.url)) and answer.ok):
        page.keyboard.type("Cầu thông xe sáng nay.")
    # Out of the text backwards: forwards lead the editor's own tools.
    tab_to(page, "summary", key="Shift+Tab")
    tab_to(page, "section_id", key="Shift+Tab")
    page.keyboard.type("Chuyển")
    expect(page.locator("#section_id option:checked")).to_contain_text("Chuyển đổi số")
    tab_to(page, "secrecy_declared")
    page.keyboard.press("Space")
    expect(page.locator("#secrecy_declared")).to_be_checked()
    tab_to(page, "Gửi duyệt", key="Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".state")).to_have_text("Chờ biên tập")

    editor = visitor_to(site)
    desk = log_in(editor, "thu.bientap")
    open_row(desk)
    desk.keyboard.press("k")
    go_to_row(desk)
    expect(row_of(desk).locator("kbd").filter(has_text="S")).to_be_visible()
    desk.keyboard.press("s")
    expect(row_of(desk).get_by_label(re.compile("Cần sửa những gì"))).to_be_focused()
    # What is asked can be put away, and is not sent without an answer.
    desk.keyboard.press("Escape")
    expect(row_of(desk).locator("details.ask[open]")).to_have_count(0)
    desk.keyboard.press("s")
    desk.keyboard.press("Tab")
    editor.forgive("status of 422")
    desk.keyboard.press("Enter")
    expect(row_of(desk).locator("textarea[aria-invalid=true]")).to_be_focused()
    desk.keyboard.type(REASON)
    desk.keyboard.press("Tab")
    desk.keyboard.press("Enter")
    expect(row_of(desk)).to_contain_text("Đã trả lại tác giả")

    page.goto(f"{site.url}/ban-lam-viec?danh-sach=can-chinh-sua")
    open_row(page)
    expect(row_of(page)).to_contain_text(REASON)
    page.keyboard.press("e")
    Editor(author, page).ready()
    expect(page.locator("main")).to_contain_text(REASON)
    tab_to(page, "summary")
    page.keyboard.press("End")
    with page.expect_response(lambda answer: bool(AUTOSAVE.search(answer.url)) and answer.ok):
        page.keyboard.type(" Cầu dài 120 m.")
    tab_to(page, "Gửi duyệt", key="Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".state")).to_have_text("Chờ biên tập")

    chief = visitor_to(site)
    desk = log_in(chief, "thu.truongban")
    open_row(desk)
    expect(row_of(desk).locator("ins")).to_contain_text("120 m")
    desk.keyboard.press("n")
    expect(row_of(desk)).to_contain_text("Bạn nhận biên tập từ")
    expect(row_of(desk).locator("[data-row-link]")).to_be_focused()
    desk.keyboard.press("Enter")
    expect(row_of(desk).locator(".actions")).to_be_visible()
    expect(row_of(desk).locator("[data-row-link]")).to_be_focused()
    # A slip does not do what is hard to undo: the key only leads there.
    desk.keyboard.press("i")
    expect(row_of(desk).get_by_role("button", name=re.compile("Thôi nhận"))).to_be_focused()
    expect(row_of(desk).locator(".state")).to_have_text("Đang biên tập")
    desk.keyboard.press("Escape")
    desk.keyboard.press("?")
    keys = desk.get_by_role("dialog", name="Phím tắt")
    expect(keys).to_be_visible()
    desk.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    desk.keyboard.press("d")
    expect(row_of(desk)).to_contain_text(
        re.compile(r"Đã duyệt lúc \d\d:\d\d, lên trang lúc \d\d:\d\d")
    )
    expect(row_of(desk).locator(".state")).to_have_text("Đã đăng")


# ---------------------------------------------------------------- each state, looked through
def texts_in_each_state(site: Site) -> dict[str, int]:
    """One text of the demonstration content for each state that it has."""
    database = sqlite3.connect(site.instance / "site.db")
    found = dict(
        database.execute(
            "SELECT r.state, min(p.id) FROM publication p"
            " JOIN revision r ON r.id = p.latest_revision_id GROUP BY r.state"
        )
    )
    database.close()
    return found


@pytest.mark.parametrize(("scheme", "width"), [("light", WIDE), ("dark", PHONE)])
def test_each_state_with_every_question_open_is_accessible_and_fits_the_window(
    demo_site: Site, visitor_to: VisitorFactory, scheme: str, width: int
) -> None:
    visitor = visitor_to(demo_site, scheme=scheme, width=width)
    page = log_in(visitor, "thu.truongban")
    texts = texts_in_each_state(demo_site)
    assert {"awaiting_edit", "in_edit", "awaiting_approval", "needs_changes", "published"} <= set(
        texts
    )
    problems = []
    for state, publication_id in texts.items():
        if state == "draft":
            continue
        visitor.open(f"/ban-lam-viec/bai-viet/{publication_id}")
        page.evaluate("document.querySelectorAll('details').forEach((e) => { e.open = true; })")
        for check in (axe_clean, no_sideways_scroll):
            try:
                check(page)
            except AssertionError as problem:
                problems.append(f"{state}: {problem}")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    axe_clean(page)
    page.keyboard.press("Escape")
    # A row in its list, a refusal, and what is said when something has been done.
    visitor.open("/ban-lam-viec/duyet")
    page.locator("[data-row-link]").first.click()
    expect(page.locator(".row-opened .actions")).to_be_visible()
    page.evaluate("document.querySelectorAll('details').forEach((e) => { e.open = true; })")
    visitor.forgive("status of 422")
    page.locator("form[action$='/return'] button").click()
    expect(page.locator("textarea[aria-invalid=true]")).to_be_focused()
    axe_clean(page)
    no_sideways_scroll(page)
    visitor.open("/ban-lam-viec/bao-cao/khong-qua-duyet")
    axe_clean(page)
    no_sideways_scroll(page)
    visitor.open("/ban-lam-viec/bao-cao/khong-qua-duyet?tu-ngay=x", status=422)
    axe_clean(page)
    assert not problems, "\n".join(problems)
