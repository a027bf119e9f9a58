"""Writing: whatever happens meanwhile, nothing that was typed is lost."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.conftest import VisitorFactory
from tests.support.browser import axe_clean
from tests.support.editing import PATIENCE_S, Editor, compose, saves_of
from tests.support.site import PASSWORD, Site


def log_in_elsewhere(page: Page, username: str) -> None:
    form = page.locator("main form[method=post]")
    form.locator("[autocomplete=username]").fill(username)
    form.locator("[autocomplete=current-password]").fill(PASSWORD)
    form.locator("[type=submit]").click()
    page.wait_for_url(lambda address: "/dang-nhap" not in address)


def test_a_lost_session_costs_nothing_that_was_typed(
    site: Site, visitor_to: VisitorFactory
) -> None:
    visitor = visitor_to(site)
    editor = Editor.new(visitor)
    editor.type("Trước khi hết phiên.")
    editor.expect_saved()
    visitor.forgive("status of 40[01]")
    editor.page.context.clear_cookies()
    editor.type(" Sau khi hết phiên.")
    state = editor.page.locator("#save-state")
    expect(state).to_contain_text("Phiên đăng nhập đã hết. Chữ vẫn còn")
    with editor.page.expect_popup() as opened:
        state.get_by_role("link", name="Đăng nhập lại").click()
    log_in_elsewhere(opened.value, "thu.congtacvien")
    opened.value.close()
    editor.page.bring_to_front()
    editor.expect_saved()
    assert "Trước khi hết phiên. Sau khi hết phiên." in editor.stored("Sau khi")


def test_what_is_typed_while_the_editor_is_still_loading_is_saved(
    site: Site, visitor_to: VisitorFactory
) -> None:
    visitor = visitor_to(site)
    editor = Editor.new(visitor)
    editor.page.locator("#title").fill("Mạng chậm")
    editor.type("Đã có từ trước.")
    editor.expect_saved()
    # The page's own scripts run; a part that the editor asks for is late.
    held: list[Route] = []
    part = "**/themes/silver/theme.min.js"
    editor.page.route(part, lambda route: held.append(route))
    with editor.page.expect_request(part):
        editor.page.reload(wait_until="commit")
    editor.page.locator("#summary").fill("Gõ khi trình soạn thảo còn đang tải.")
    for route in held:
        route.continue_()
    editor.page.unroute(part)
    editor.ready()
    editor.expect_saved()
    expect(Editor.at(visitor, editor.path).page.locator("#summary")).to_have_value(
        "Gõ khi trình soạn thảo còn đang tải."
    )


def test_somebody_else_who_logs_in_does_not_save_what_was_typed_before(
    site: Site, visitor_to: VisitorFactory
) -> None:
    visitor = visitor_to(site)
    editor = Editor.new(visitor)
    editor.type("Của người thứ nhất.")
    editor.expect_saved()
    visitor.forgive("status of 40[01]")
    editor.page.context.clear_cookies()
    editor.type(" Chưa lưu.")
    state = editor.page.locator("#save-state")
    with editor.page.expect_popup() as opened:
        state.get_by_role("link", name="Đăng nhập lại").click()
    log_in_elsewhere(opened.value, "thu.congtacvien2")
    expect(state).to_contain_text("tài khoản khác", timeout=PATIENCE_S * 1000)
    expect(editor.frame.locator("p")).to_have_text("Của người thứ nhất. Chưa lưu.")


def two_texts(site: Site, visitor_to: VisitorFactory) -> tuple[Editor, Editor]:
    """Two windows with one text; the second one has met what the first one has saved."""
    first = Editor.new(visitor_to(site))
    first.page.locator("#title").fill("Một bài hai người sửa")
    first.type("Chung.")
    first.expect_saved()
    second_visitor = visitor_to(site)
    second_visitor.login("thu.congtacvien")
    second = Editor.at(second_visitor, first.path)
    second_visitor.forgive("status of 409")
    first.type(" Của cửa sổ một.")
    first.expect_saved()
    second.type(" Của cửa sổ hai.")
    expect(second.page.locator("#conflict h2")).to_contain_text("đã lưu một bản khác")
    conflict = second.page.locator("#conflict")
    expect(conflict).to_contain_text("Chung. Của cửa sổ một.")
    expect(conflict).to_contain_text("Chung. Của cửa sổ hai.")
    axe_clean(second.page)
    return first, second


def test_in_a_conflict_ones_own_text_can_be_kept_and_the_other_stays_at_hand(
    site: Site, visitor_to: VisitorFactory
) -> None:
    _, second = two_texts(site, visitor_to)
    second.page.get_by_role("button", name="Giữ bản của tôi").click()
    second.expect_saved()
    assert second.stored("cửa sổ hai") == "<p>Chung. Của cửa sổ hai.</p>"
    second.page.get_by_role("button", name="Dùng bản đó").click()
    assert second.stored("cửa sổ một") == "<p>Chung. Của cửa sổ một.</p>"


def test_in_a_conflict_the_other_text_can_be_taken_and_ones_own_restored(
    site: Site, visitor_to: VisitorFactory
) -> None:
    _, second = two_texts(site, visitor_to)
    second.page.get_by_role("button", name="Lấy bản kia").click()
    second.expect_saved()
    expect(second.frame.locator("p")).to_have_text("Chung. Của cửa sổ một.")
    second.page.reload()
    second.ready()
    expect(second.page.locator("#recovery")).to_contain_text("Bản của bạn")
    second.page.get_by_role("button", name="Dùng bản đó").click()
    assert second.stored("cửa sổ hai") == "<p>Chung. Của cửa sổ hai.</p>"


def test_a_server_that_dies_between_two_saves_loses_nothing(
    site: Site, visitor_to: VisitorFactory
) -> None:
    visitor = visitor_to(site)
    editor = Editor.new(visitor)
    editor.type("Trước khi máy chủ chết.")
    editor.expect_saved()
    visitor.forgive("ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET")
    site.kill()
    editor.type(" Trong lúc máy chủ chết.")
    state = editor.page.locator("#save-state")
    expect(state).to_have_text("Chưa lưu: mất kết nối. Chữ vẫn còn trong máy này; sẽ tự thử lại.")
    site.start()
    editor.expect_saved()
    editor.stored("Trước khi máy chủ chết. Trong lúc máy chủ chết.")


@pytest.mark.parametrize("choice", ["Dùng bản trong máy này", "Dùng bản trên máy chủ"])
def test_after_a_crash_the_copy_in_the_browser_is_offered(
    site: Site, visitor_to: VisitorFactory, choice: str
) -> None:
    visitor = visitor_to(site)
    editor = Editor.new(visitor)
    editor.page.locator("#title").fill("Bài bị ngắt giữa chừng")
    editor.type("Đã lưu.")
    editor.expect_saved()
    path = editor.path

    # With the server gone, what the page sends as it closes is lost as well.
    visitor.forgive("ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET")
    site.kill()
    context = editor.page.context
    editor.type(" Chưa kịp lưu.")
    expect(editor.page.locator("#save-state")).to_contain_text("Chưa lưu")
    editor.page.close()
    site.start()

    visitor.page = context.new_page()
    again = Editor.at(visitor, path)
    recovery = again.page.locator("#recovery")
    expect(recovery).to_contain_text("Đã lưu. Chưa kịp lưu.")
    axe_clean(again.page)
    again.page.get_by_role("button", name=choice).click()
    if choice == "Dùng bản trong máy này":
        assert again.stored("Chưa kịp") == "<p>Đã lưu. Chưa kịp lưu.</p>"
    else:
        expect(again.frame.locator("p")).to_have_text("Đã lưu.")
        again.page.get_by_role("button", name="Dùng bản đó").click()
        assert again.stored("Chưa kịp") == "<p>Đã lưu. Chưa kịp lưu.</p>"


def test_a_word_that_is_being_composed_is_neither_saved_nor_written_into(
    site: Site, visitor_to: VisitorFactory
) -> None:
    editor = Editor.new(visitor_to(site))
    page = editor.page
    page.locator("#title").fill("Một")
    editor.expect_saved()
    page.evaluate(
        """() => {
            window.written = 0;
            const title = document.getElementById("title");
            const own = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value");
            Object.defineProperty(title, "value", {
                get() { return own.get.call(this); },
                set(value) { window.written += 1; own.set.call(this, value); },
            });
        }"""
    )
    sent = saves_of(page)
    page.locator("#title").press("End")
    compose(page, " t", " ti", " tie", " tiê", " tiêu")
    assert sent == []
    page.context.new_cdp_session(page).send("Input.insertText", {"text": " tiếng"})
    expect(page.locator("#title")).to_have_value("Một tiếng")
    editor.expect_saved()
    assert len(sent) >= 1
    assert page.evaluate("window.written") == 0


def test_a_word_that_is_being_composed_in_the_text_stays_whole(
    site: Site, visitor_to: VisitorFactory
) -> None:
    editor = Editor.new(visitor_to(site))
    page = editor.page
    editor.type("Chữ")
    editor.expect_saved()
    sent = saves_of(page)
    compose(page, " V", " Vi", " Vie", " Viê", " Việ")
    assert sent == []
    page.context.new_cdp_session(page).send("Input.insertText", {"text": " Việt"})
    assert editor.stored("Việt") == "<p>Chữ Việt</p>"


def test_enter_in_a_line_saves_and_a_link_is_followed_once_all_is_saved(
    site: Site, visitor_to: VisitorFactory
) -> None:
    editor = Editor.new(visitor_to(site))
    page = editor.page
    page.locator("#title").fill("Chưa gửi vội")
    page.locator("#title").press("Enter")
    editor.expect_saved()
    editor.type("Câu vừa gõ.")
    page.locator("#preview").click()
    expect(page.locator(".prose")).to_contain_text("Câu vừa gõ.")
