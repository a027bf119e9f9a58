"""What readers send, in the browser: from the form to its answer, with scripts and without."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from extensions import db
from services.dates import format_date, local_date
from tests.e2e.conftest import VisitorFactory
from tests.support.application import make_app
from tests.support.browser import axe_clean, no_sideways_scroll, valid_as_sent
from tests.support.factories import make_publication
from tests.support.site import Site
from tests.support.voice import answer_for, make_cheap

INBOX = "/ban-lam-viec/tieng-noi"
EDITOR, CHIEF = "thu.bientap", "thu.truongban"


@pytest.fixture(scope="module")
def site(prepared_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site with a draft that takes comments, whose proof of work is quick."""
    site = prepared_site.copy_to(tmp_path_factory.mktemp("voice") / "instance")
    app = make_app(f"sqlite:///{site.instance / 'site.db'}", site.instance)
    with app.app_context():
        make_cheap()
        now = datetime.now(UTC)
        today = local_date(now)
        make_publication(
            kind="consultation",
            title="Dự thảo quy chế thử nghiệm",
            published_at=now - timedelta(hours=2),
            details={
                "opens_on": format_date(today - timedelta(days=2)),
                "closes_on": format_date(today + timedelta(days=9)),
            },
        )
        db.session.commit()
        db.engine.dispose()
    site.start()
    yield site
    site.stop()


def send(page: Page, *, scripts: bool, **typed: str) -> str:
    """Fill the form in, send it, and answer with the code that is shown."""
    axe_clean(page) if scripts else valid_as_sent(page)
    for name, text in typed.items():
        page.locator(f"#voice-form [name={name}]").fill(text)
    if not scripts:
        question = page.locator("label[for=robot]").inner_text()
        page.locator("#robot").fill(answer_for(question))
    page.locator("#voice-form [type=submit]").click()
    return page.locator("#tracking-code").inner_text().strip()


def status_of(page: Page, site: Site, code: str) -> str:
    """What the tracking page says of this code."""
    page.goto(f"{site.url}/tra-cuu")
    page.locator("#look-up-form [name=code]").fill(code)
    page.locator("#look-up-form [type=submit]").click()
    return page.locator("main").inner_text()


def open_item(desk: Page, site: Site, text: str) -> None:
    """Go from the inbox to what holds these words."""
    desk.goto(f"{site.url}{INBOX}")
    rows = desk.locator(f"[data-row] a[href^='{INBOX}/']")
    for address in rows.evaluate_all("all => [...new Set(all.map((a) => a.href))]"):
        desk.goto(address)
        if text in desk.locator("main").inner_text():
            return
    raise AssertionError(f"nothing in the inbox says {text}")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_what_a_reader_sends_is_answered_and_read_by_its_code(
    site: Site, visitor_to: VisitorFactory, scripts: bool
) -> None:
    mark = "lượt một" if scripts else "lượt hai"
    citizen = visitor_to(site, scripts=scripts, width=360)
    page = citizen.open("/")
    lead = str(page.locator("main .lead-title a").get_attribute("href"))
    sent: dict[str, str] = {}

    page = citizen.open("/hoi-dap/gui")
    sent["Câu hỏi"] = send(
        page, scripts=scripts, subject=f"Đăng ký nhãn hiệu {mark}", text=f"Nộp ở đâu? {mark}"
    )
    no_sideways_scroll(page)
    citizen.open(lead).get_by_role("link", name="Báo thông tin chưa chính xác").click()
    sent["Báo sai"] = send(page, scripts=scripts, text=f"Ngày trong bài chưa đúng {mark}")
    # Whoever leaves a name says themselves that it may be used.
    citizen.open("/dung-lai/gui").locator("#voice-form [name=consents]").check()
    sent["Dùng lại"] = send(
        page,
        scripts=scripts,
        subject=f"Bảng số liệu {mark}",
        text=f"In trong kỷ yếu {mark}",
        name="Trần Thị Kỷ Yếu",
    )
    citizen.open("/du-thao").get_by_role("link", name="Dự thảo quy chế thử nghiệm").click()
    page.locator("main a[href$='/gop-y']").first.click()
    sent["Góp ý"] = send(page, scripts=scripts, text=f"Nên nêu rõ kinh phí {mark}")

    editor = visitor_to(site).login(EDITOR)
    chief = visitor_to(site).login(CHIEF)
    editor.goto(f"{site.url}{INBOX}")
    axe_clean(editor)
    for text in (
        "Nộp ở đâu?",
        "Ngày trong bài chưa đúng",
        "In trong kỷ yếu",
        "Nên nêu rõ kinh phí",
    ):
        open_item(editor, site, f"{text} {mark}")
        axe_clean(editor)
        if text.startswith("Nên nêu"):
            # What was said of a draft is let out first, as the board leaves it.
            editor.locator("details.ask:has(#voice-show-form) > summary").click()
            editor.locator("#voice-show-form [type=submit]").click()
        editor.locator("#answer-form #answer").fill(f"Trả lời cho: {text} {mark}")
        editor.locator("#answer-form button.button-primary").click()
        expect(editor.locator("#answer-form")).to_have_count(0)
        chief.goto(editor.url)
        chief.locator("#voice-approve-form button").click()
        expect(chief.locator("#voice-approve-form")).to_have_count(0)

    for code in sent.values():
        assert "Trả lời cho: " in status_of(page, site, code)
    # Without the right code nobody is told anything.
    citizen.forgive("status of 422")
    wrong = status_of(page, site, "0000-0000-0000-0000-0000-0000")
    assert "Trả lời cho" not in wrong
    assert mark not in wrong
