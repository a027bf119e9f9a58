"""What the board did reaches the author and the unit's contact, behind the bell and by mail."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from extensions import db
from models import Section, Unit, User
from services import publications, workflow
from services.publications import Content, seen_token
from tests.e2e.conftest import UNIT, VisitorFactory
from tests.support.application import make_app
from tests.support.browser import NARROW, axe_clean, no_sideways_scroll
from tests.support.mail import MailHost, mail_host
from tests.support.site import Site

TITLE = "Phao đo độ mặn ở Cửa Đại"
REASON = "Thiếu nguồn số liệu ở đoạn hai."
AUTHOR, CONTACT = "thu.congtacvien", "thu.congtacvien2"
# Starting a site and a first look at what is due, on a busy machine.
PATIENCE_S = 90


@pytest.fixture
def desk_site(prepared_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A running site on which AUTHOR has sent in a text, CONTACT answers for the unit, and
    everybody has an address."""
    site = prepared_site.copy_to(tmp_path_factory.mktemp("told") / "instance")
    app = make_app(f"sqlite:///{site.instance / 'site.db'}", site.instance)
    with app.app_context():
        people = {user.username: user for user in db.session.scalars(select(User))}
        for name, user in people.items():
            if name.startswith("thu."):
                user.email = f"{name}@so.example.vn"
        unit = db.session.scalars(select(Unit).where(Unit.name == UNIT)).one()
        unit.contacts = [people[CONTACT]]
        _send_in(people[AUTHOR])
        db.session.commit()
        db.engine.dispose()
    yield site.start()
    site.stop()


def _send_in(author: User) -> None:
    section = db.session.scalars(select(Section).where(Section.parent_id.is_not(None))).first()
    assert section is not None
    content = Content(
        title=TITLE,
        summary="Báo độ mặn từng giờ.",
        body="<p>Mười hai trạm đo.</p>",
        byline="Lê Thị Cộng Tác",
        section_id=section.id,
        secrecy_declared=True,
    )
    now = datetime.now(UTC)
    post = publications.create(actor=author, kind=publications.Kind.POST, content=content, now=now)
    latest = post.latest_revision
    assert latest is not None
    workflow.submit(publication=post, actor=author, seen=seen_token(latest), now=now)


def return_it(page: Page) -> None:
    row = page.locator("[data-row]").filter(has_text=TITLE)
    row.get_by_role("link", name=TITLE).click()
    row.get_by_text("Yêu cầu chỉnh sửa").first.click()
    row.get_by_label(re.compile("Cần sửa những gì")).fill(REASON)
    row.locator("details[open] form").get_by_role("button").click()
    expect(row).to_contain_text("Đã trả lại tác giả")


def arrived(host: MailHost, letters: int) -> list[str]:
    """To whom mail has come, once there are so many."""
    deadline = time.monotonic() + PATIENCE_S
    while len(host.letters) < letters and time.monotonic() < deadline:
        time.sleep(0.2)
    return sorted(letter["To"].addresses[0].addr_spec for letter in host.letters)


def test_a_return_with_its_reason_reaches_the_author_and_the_contact_alone(
    desk_site: Site, visitor_to: VisitorFactory
) -> None:
    author = visitor_to(desk_site)
    # The bell asks every minute, and nobody waits for one here.
    author.page.clock.install()
    page = author.login(AUTHOR)
    expect(page.locator("#bell")).to_have_text("Thông báo")
    return_it(visitor_to(desk_site).login("thu.bientap"))

    page.clock.fast_forward("01:01")
    expect(page.locator("#bell")).to_contain_text("1 chưa đọc")
    page.locator("#bell").click()
    told = page.locator(".told").filter(has_text=TITLE)
    expect(told).to_contain_text("cần chỉnh sửa")
    expect(told).to_contain_text(REASON)
    axe_clean(page)
    page.set_viewport_size({"width": NARROW, "height": 800})
    no_sideways_scroll(page)
    told.get_by_role("button", name="Mở bài").click()
    expect(page.locator("h1, .row-title").first).to_contain_text(TITLE)
    expect(page.locator("#bell")).to_have_text("Thông báo")

    contact = visitor_to(desk_site, scripts=False)
    page = contact.login(CONTACT)
    page.locator("#bell").click()
    expect(page.locator(".told")).to_contain_text(REASON)
    page.get_by_role("button", name="Đánh dấu đã đọc", exact=True).click()
    expect(page.locator("#bell")).to_have_text("Thông báo")
    for other in ("thu.bientap", "thu.bientap2", "thu.truongban"):
        page = visitor_to(desk_site, scripts=False).login(other)
        expect(page.locator("#bell")).to_have_text("Thông báo")


def test_the_mail_goes_out_although_the_server_was_killed_before_it_did(
    desk_site: Site, visitor_to: VisitorFactory
) -> None:
    editor = visitor_to(desk_site).login("thu.bientap")
    return_it(editor)
    # Nobody is half-way through something when the server dies.
    editor.close()
    desk_site.kill()
    with mail_host() as host:
        # The worker is part of the site: no second command.
        desk_site.environment |= {"WORKER": "in", "MAIL_URL": host.url}
        desk_site.start()
        assert arrived(host, 2) == sorted([f"{AUTHOR}@so.example.vn", f"{CONTACT}@so.example.vn"])
        for letter in host.letters:
            assert letter["Subject"] == f"Bài “{TITLE}” cần chỉnh sửa."
            assert REASON in letter.get_content()
        # It ends when it is asked to, and holds nothing up.
        assert desk_site.process is not None
        desk_site.process.terminate()
        assert desk_site.process.wait(30) == 0
        desk_site.process = None
        desk_site.start()
        desk_site.flask("check")
        assert len(host.letters) == 2
