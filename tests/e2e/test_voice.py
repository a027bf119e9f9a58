"""What readers send, in the browser: from the form to its answer, with scripts and without."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from extensions import db
from models import Poll, Role, User
from services import outages
from services.dates import format_date, local_date
from services.outages import OutageDraft
from services.voice import polls
from services.voice.polls import PollDraft
from tests.e2e.conftest import VisitorFactory
from tests.support.application import make_app
from tests.support.browser import WATCH_SHIFTS, axe_clean, no_sideways_scroll, valid_as_sent
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
        # Over every page that is looked at here stands the notice of an outage, which is long.
        outages.announce(
            actor=db.session.scalars(select(User).where(User.role == Role.CHIEF)).first(),
            draft=OutageDraft(
                starts_day=format_date(today + timedelta(days=28)),
                starts_time="22:00",
                ends_day=format_date(today + timedelta(days=29)),
                ends_time="02:30",
                reason="Nâng cấp cơ sở dữ liệu và chuyển trang sang phòng máy mới của thành phố",
            ),
            now=now,
        )
        db.session.commit()
        db.engine.dispose()
    site.start()
    yield site
    site.stop()


def send(page: Page, *, scripts: bool, **typed: str) -> str:
    """Fill the form in, send it, and answer with the code that is shown."""
    look(page, scripts)
    for name, text in typed.items():
        page.locator(f"#voice-form [name={name}]").fill(text)
    if not scripts:
        question = page.locator("label[for=robot]").inner_text()
        page.locator("#robot").fill(answer_for(question))
    page.locator("#voice-form [type=submit]").click()
    code = page.locator("#tracking-code").inner_text().strip()
    if scripts:
        axe_clean(page)
    return code


def look(page: Page, scripts: bool) -> None:
    """What a desk's page owes its people: axe needs scripts, the page as it is sent does not."""
    page.wait_for_load_state()
    axe_clean(page) if scripts else valid_as_sent(page)


def status_of(page: Page, site: Site, code: str) -> str:
    """What the tracking page says of this code."""
    page.goto(f"{site.url}/tra-cuu")
    page.locator("#look-up-form [name=code]").fill(code)
    page.locator("#look-up-form [type=submit]").click()
    return page.locator("main").inner_text()


def open_item(desk: Page, site: Site, text: str) -> None:
    """Go from the inbox to what holds these words."""
    desk.goto(f"{site.url}{INBOX}")
    desk.locator(".voice-filter [name=q]").fill(text)
    desk.locator(".voice-filter [type=submit]").click()
    expect(desk.locator("#voice-list [data-row]")).to_have_count(1)
    desk.locator("#voice-list [data-row] a[data-row-link]").click()
    expect(desk.locator("main .voice-sent-text").first).to_contain_text(text)


def ask_for(desk: Page, action: str, text: str = "") -> None:
    """Do what asks for a few words first, as it stands or with these words."""
    form = desk.locator(f"#voice-{action}-form")
    desk.locator(f"details.ask:has(#voice-{action}-form) > summary").click()
    if text:
        form.locator("textarea").fill(text)
    form.locator("[type=submit]").click()
    expect(form).to_have_count(0)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_what_a_reader_sends_is_answered_and_read_by_its_code(
    site: Site, visitor_to: VisitorFactory, scripts: bool
) -> None:
    """From the citizen's form to closed, both sides with scripts or both without."""
    mark = "lượt một" if scripts else "lượt hai"
    citizen = visitor_to(site, scripts=scripts, width=360)
    page = citizen.open("/")
    expect(page.locator("body")).to_contain_text("Trang tạm ngừng từ 22:00")
    no_sideways_scroll(page)
    if scripts:
        axe_clean(page)
    lead = urlsplit(str(page.locator("main .lead-title a").get_attribute("href"))).path
    sent: dict[str, str] = {}

    page = citizen.open("/hoi-dap/gui")
    sent["Câu hỏi"] = send(
        page, scripts=scripts, subject=f"Đăng ký nhãn hiệu {mark}", text=f"Nộp ở đâu? {mark}"
    )
    no_sideways_scroll(page)
    citizen.open(lead).get_by_role("link", name="Báo thông tin chưa chính xác").click()
    sent["Báo sai"] = send(page, scripts=scripts, text=f"Ngày trong bài chưa đúng {mark}")
    # Whoever leaves a name says themselves that it may be used, and whether it may be read.
    page = citizen.open("/dung-lai/gui")
    for box in ("consents", "may_publish", "shows_name"):
        page.locator(f"#voice-form [name={box}]").check()
    sent["Dùng lại"] = send(
        page,
        scripts=scripts,
        subject=f"Bảng số liệu {mark}",
        text=f"In trong kỷ yếu {mark}",
        name="Trần Thị Kỷ Yếu",
    )
    citizen.open("/du-thao").get_by_role("link", name="Dự thảo quy chế thử nghiệm").click()
    draft = urlsplit(page.url).path
    page.locator("main a[href$='/gop-y']").first.click()
    sent["Góp ý"] = send(page, scripts=scripts, text=f"Nên nêu rõ kinh phí {mark}")

    editor = visitor_to(site, scripts=scripts).login(EDITOR)
    chief = visitor_to(site, scripts=scripts).login(CHIEF)
    editor.goto(f"{site.url}{INBOX}")
    look(editor, scripts)
    for text in (
        "Nộp ở đâu?",
        "Ngày trong bài chưa đúng",
        "In trong kỷ yếu",
        "Nên nêu rõ kinh phí",
    ):
        open_item(editor, site, f"{text} {mark}")
        look(editor, scripts)
        if text.startswith("Nên nêu"):
            # What was said of a draft is let out first, as the board leaves it.
            ask_for(editor, "show")
        if text.startswith("Ngày trong"):
            # What is wrong is put right in public, from the row on the desk.
            chief.goto(editor.url)
            chief.get_by_role("link", name="Mở để đính chính").click()
            correct = chief.locator("form[action$='/correct']")
            chief.locator("details.ask:has(form[action$='/correct']) > summary").click()
            correct.locator("textarea").fill(f"Ngày đúng là 02/03 {mark}.")
            correct.locator("[type=submit]").click()
            expect(chief.locator("main")).to_contain_text(f"Ngày đúng là 02/03 {mark}.")
        editor.locator("#answer-form #answer").fill(f"Trả lời cho: {text} {mark}")
        editor.locator("#answer-form button.button-primary").click()
        expect(editor.locator("#answer-form")).to_have_count(0)
        chief.goto(editor.url)
        look(chief, scripts)
        chief.locator("#voice-approve-form button").click()
        expect(chief.locator("#voice-approve-form")).to_have_count(0)
        if text.startswith("In trong"):
            ask_for(chief, "show", f"In trong một kỷ yếu {mark}")

    for code in sent.values():
        assert "Trả lời cho: " in status_of(page, site, code)
    if scripts:
        axe_clean(page)
    for address, words in (
        (lead, f"Ngày đúng là 02/03 {mark}."),
        (draft, f"Nên nêu rõ kinh phí {mark}"),
        ("/dung-lai", f"In trong một kỷ yếu {mark}"),
    ):
        assert words in citizen.open(address).locator("main").inner_text()
    # Without the right code nobody is told anything.
    citizen.forgive("status of 422")
    wrong = status_of(page, site, "0000-0000-0000-0000-0000-0000")
    assert "Trả lời cho" not in wrong
    assert mark not in wrong


def test_the_poll_on_the_home_page_is_answered_in_its_place(
    site: Site, visitor_to: VisitorFactory
) -> None:
    app = make_app(f"sqlite:///{site.instance / 'site.db'}", site.instance)
    with app.app_context():
        now = datetime.now(UTC)
        by = db.session.scalars(select(User)).first()
        assert by is not None
        for other in db.session.scalars(select(Poll).where(Poll.is_open)):
            polls.close_poll(poll=other, actor=by, now=now)
        draft = PollDraft(question="Bạn đọc bằng gì?", choices="Điện thoại\nMáy tính")
        polls.open_poll(poll=polls.create(draft=draft, actor=by, now=now), actor=by, now=now)
        db.session.commit()
        db.engine.dispose()
    visitor = visitor_to(site)
    visitor.page.add_init_script(WATCH_SHIFTS)
    page = visitor.open("/")
    poll = page.locator("#poll")
    poll.get_by_label("Máy tính").check()
    axe_clean(page)
    poll.get_by_role("button", name="Gửi ý kiến").click()
    expect(poll).to_contain_text("Đã ghi nhận ý kiến của bạn")
    expect(poll.get_by_role("row", name="Máy tính")).to_contain_text("100%")
    assert urlsplit(page.url).path == "/"
    assert page.evaluate("window.shifted") == []
    axe_clean(page)
