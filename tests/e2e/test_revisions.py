"""The memory of the desk in a browser: two people at one text, its history, remarks."""

import time

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from extensions import db
from models import State, User
from tests.e2e.conftest import VisitorFactory
from tests.support.application import make_app
from tests.support.browser import axe_clean, no_sideways_scroll
from tests.support.editing import PATIENCE_S, Editor
from tests.support.factories import make_publication, make_revision
from tests.support.site import Site

AUTHOR, CHIEF = "thu.congtacvien", "thu.truongban"
LIVE = "<p>Chợ mở cửa từ sáu giờ.</p><p>Mỗi chợ có một cân.</p>"


def text_of_two(site: Site, *, state: State = State.DRAFT) -> int:
    """A published text of the contributor's, upon which the chief editor has begun a new one:
    both may edit it. Or one that waits for the board, in another ``state``."""
    app = make_app(f"sqlite:///{site.instance / 'site.db'}", site.instance)
    with app.app_context():
        people = {
            name: db.session.scalars(select(User).where(User.username == name)).one()
            for name in (AUTHOR, CHIEF)
        }
        if state is State.DRAFT:
            text = make_publication(author=people[AUTHOR], body=LIVE, title="Giờ mở cửa của chợ")
            make_revision(
                publication=text, author=people[CHIEF], written_by=people[CHIEF], body=LIVE
            )
        else:
            text = make_publication(
                state=state, author=people[AUTHOR], body=LIVE, title="Cân ở chợ"
            )
        publication_id = text.id
        db.session.commit()
        db.engine.dispose()
    return publication_id


def address(publication_id: int) -> str:
    return f"/ban-lam-viec/bai-viet/{publication_id}"


def opened(site: Site, visitor_to: VisitorFactory, username: str, publication_id: int) -> Editor:
    visitor = visitor_to(site)
    visitor.login(username)
    return Editor.at(visitor, f"{address(publication_id)}/sua")


def compare(page: Page, old: int, new: int) -> None:
    page.locator(f"#a-{old}").check()
    page.locator(f"#b-{new}").check()
    page.get_by_role("button", name="So sánh").click()
    expect(page.locator("#comparison h2")).to_have_text(f"Bản {old} so với bản {new}")


@pytest.mark.parametrize("choice", ["Giữ bản của tôi", "Lấy bản kia"])
def test_two_people_write_at_once_and_both_texts_survive_in_the_history(
    site: Site, visitor_to: VisitorFactory, choice: str
) -> None:
    publication_id = text_of_two(site)
    chief = opened(site, visitor_to, CHIEF, publication_id)
    author = opened(site, visitor_to, AUTHOR, publication_id)
    expect(author.page.locator("[data-presence]")).to_contain_text("Võ Thị Trưởng Ban đang")
    author.visitor.forgive("status of 409")
    chief.type(" Thêm lời Trưởng Ban.")
    chief.expect_saved()
    author.type(" Thêm lời tác giả.")
    conflict = author.page.locator("#conflict")
    expect(conflict.locator("h2")).to_contain_text("Võ Thị Trưởng Ban đã lưu một bản khác")
    expect(conflict).to_contain_text("Thêm lời Trưởng Ban.")
    expect(conflict).to_contain_text("Thêm lời tác giả.")
    with author.page.expect_response(
        lambda answer: answer.url.endswith(("cat-giu", "tu-luu")) and answer.ok
    ):
        conflict.get_by_role("button", name=choice).click()
    author.expect_saved()
    chosen = "lời tác giả" if choice == "Giữ bản của tôi" else "lời Trưởng Ban"
    author.stored(chosen)

    page = author.visitor.open(f"{address(publication_id)}/ban")
    expect(page.locator(".revision-row")).to_have_count(3)
    compare(page, 2, 3)
    sides = page.locator(".side-changed .side")
    expect(sides.nth(0).locator("del")).to_contain_text("Trưởng Ban")
    expect(sides.nth(1).locator("ins")).to_contain_text("tác giả")
    axe_clean(page)


def test_whoever_leaves_is_no_longer_named(site: Site, visitor_to: VisitorFactory) -> None:
    publication_id = text_of_two(site, state=State.AWAITING_APPROVAL)
    visitor = visitor_to(site)
    visitor.login(AUTHOR)
    chief = opened(site, visitor_to, CHIEF, publication_id)
    chief.type(" Thêm.")
    chief.expect_saved()
    page = visitor.open("/ban-lam-viec?danh-sach=da-gui")
    row = page.locator(f"#row-{publication_id} .row-present")
    expect(row).to_contain_text("Võ Thị Trưởng Ban đang")
    chief.visitor.open("/ban-lam-viec")
    deadline = time.monotonic() + PATIENCE_S
    while row.count() and time.monotonic() < deadline:
        page.reload()
    expect(row).to_have_count(0)


def test_a_paragraph_is_remarked_upon_in_the_row_and_ticked_off_in_the_editor(
    site: Site, visitor_to: VisitorFactory
) -> None:
    publication_id = text_of_two(site, state=State.AWAITING_APPROVAL)
    reviewer = visitor_to(site)
    reviewer.login(CHIEF)
    page = reviewer.open("/ban-lam-viec/duyet")
    page.locator(f"#row-{publication_id} [data-row-link]").press("Enter")
    row = page.locator(f"#row-open-{publication_id}")
    row.get_by_role("button", name="Góp ý đoạn 2").press("Enter")
    area = row.get_by_label("Góp ý (tác giả sẽ đọc)")
    expect(area).to_be_focused()
    expect(row.get_by_label("Đoạn")).to_have_value("1")
    axe_clean(page)
    page.keyboard.type("Ghi rõ chợ nào.")
    row.get_by_role("button", name="Gửi góp ý").press("Enter")
    remark = row.locator(".para[data-block='1'] + .remark")
    expect(remark).to_contain_text("Ghi rõ chợ nào.")
    expect(remark).to_be_focused()
    axe_clean(page)
    row.get_by_role("button", name="Góp ý đoạn 1").click()
    expect(row.get_by_label("Đoạn")).to_have_value("0")

    editor = opened(site, visitor_to, CHIEF, publication_id)
    side = editor.page.locator("#editor-remarks")
    expect(side).to_contain_text("Mỗi chợ có một cân.")
    axe_clean(editor.page)
    editor.type(" Chợ Hàn.")
    side.get_by_role("button", name="Đã sửa").click()
    expect(side.locator(".remark")).to_have_count(0)
    editor.expect_saved()
    editor.stored("Chợ Hàn.")


def test_without_scripts_two_revisions_are_compared_and_one_is_restored(
    site: Site, visitor_to: VisitorFactory
) -> None:
    publication_id = text_of_two(site)
    chief = opened(site, visitor_to, CHIEF, publication_id)
    chief.type(" Đã thêm.")
    chief.expect_saved()
    visitor = visitor_to(site, scripts=False, width=360)
    visitor.login(CHIEF)
    page = visitor.open(f"{address(publication_id)}/ban")
    compare(page, 1, 2)
    no_sideways_scroll(page)
    page.get_by_role("button", name="Khôi phục bản 1").click()
    expect(page.locator(".messages")).to_contain_text("có nội dung của bản thứ 1")
    expect(page.locator("#body")).to_have_value(LIVE.replace("</p><p>", "</p>\n<p>"))
    expect(page.locator("#secrecy_declared")).not_to_be_checked()
