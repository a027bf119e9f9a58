"""The calendar moved by mouse and keyboard, a preview link's life, and targets in their rows."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from extensions import db
from models import Kind, Publication, Section, User
from services import dates, publications, workflow
from services.publications import Content, seen_token
from tests.e2e.conftest import VisitorFactory
from tests.support.application import make_app
from tests.support.browser import PHONE, Visitor, axe_clean, no_sideways_scroll, valid_as_sent
from tests.support.site import Site

TITLE = "Lịch kiểm định cân ở chợ"
CHIEF = "thu.truongban"
AUTHOR = "thu.congtacvien"


@dataclass
class Scheduled:
    """A text that waits for its hour, on the 10th of a month that is two months ahead."""

    id: int
    month: str

    @property
    def calendar(self) -> str:
        return f"/ban-lam-viec/lich?thang={self.month}"

    def day(self, number: int) -> str:
        return f"{self.month}-{number:02}"


@pytest.fixture
def scheduled(site: Site) -> Iterator[Scheduled]:
    """One for each test, made through the services beside the running site."""
    now = datetime.now(UTC)
    far = dates.local_date(now).replace(day=1) + timedelta(days=65)
    at = dates.combine(far.replace(day=10), dates.parse_time("09:00"))
    app = make_app(f"sqlite:///{site.instance / 'site.db'}", site.instance)
    with app.app_context():
        author = db.session.scalars(select(User).where(User.username == AUTHOR)).one()
        chief = db.session.scalars(select(User).where(User.username == CHIEF)).one()
        section = db.session.scalars(select(Section).where(Section.is_active)).first()
        assert section is not None
        publication = publications.create(
            actor=author,
            kind=Kind.POST,
            content=Content(
                title=TITLE,
                summary="Mỗi chợ một ngày.",
                body="<p>Người bán mang cân đến.</p>",
                byline="Cộng Tác",
                section_id=section.id,
                secrecy_declared=True,
            ),
            now=now,
        )
        for action, actor in ((workflow.submit, author), (workflow.take, chief)):
            action(publication=publication, actor=actor, seen=_seen(publication), now=now)
        workflow.approve_and_schedule(
            publication=publication, actor=chief, seen=_seen(publication), at=at, now=now
        )
        db.session.commit()
        made = Scheduled(publication.id, f"{far:%Y-%m}")
    yield made
    with app.app_context():
        publication = db.session.get_one(Publication, made.id)
        chief = db.session.scalars(select(User).where(User.username == CHIEF)).one()
        if publication.live_revision is not None:
            workflow.unschedule(
                publication=publication,
                actor=chief,
                seen=seen_token(publication.live_revision),
                now=datetime.now(UTC),
            )
        db.session.commit()
        db.engine.dispose()


def _seen(publication: Publication) -> str:
    assert publication.latest_revision is not None
    return seen_token(publication.latest_revision)


def on_day(page: Page, day: str) -> None:
    """Wait until the text stands in the cell of this day, and nowhere else."""
    expect(page.locator(f'#calendar td[data-day="{day}"] [data-movable]')).to_contain_text(TITLE)
    expect(page.locator("#calendar td [data-movable]")).to_have_count(1)


def test_a_chief_drags_a_scheduled_text_to_another_day(
    site: Site, scheduled: Scheduled, visitor_to: VisitorFactory
) -> None:
    visitor: Visitor = visitor_to(site)
    page = visitor.login(CHIEF)
    visitor.open(scheduled.calendar)
    on_day(page, scheduled.day(10))
    axe_clean(page)
    valid_as_sent(page)
    entry = page.locator("#calendar td [data-movable]")
    expect(entry).to_have_attribute("draggable", "true")
    entry.drag_to(page.locator(f'#calendar td[data-day="{scheduled.day(19)}"]'))
    expect(page.locator("#calendar .message-ok")).to_contain_text("Đã dời")
    on_day(page, scheduled.day(19))
    expect(entry).to_contain_text("09:00")
    # A day that has passed is refused, and the text stays where it was.
    visitor.forgive("status of 422")
    page.locator("#drag-form [name=day]").evaluate("field => field.value = '2020-01-01'")
    seen = entry.get_attribute("data-seen")
    page.locator("#drag-form").evaluate(
        """(form, [bai, seen]) => {
            form.elements.bai.value = bai;
            form.elements.seen.value = seen;
            form.requestSubmit();
        }""",
        [str(scheduled.id), seen],
    )
    expect(page.locator("#calendar .message-bad")).to_contain_text("Giờ hẹn phải ở tương lai")
    on_day(page, scheduled.day(19))
    axe_clean(page)


def test_a_chief_moves_a_scheduled_text_with_the_keyboard_alone(
    site: Site, scheduled: Scheduled, visitor_to: VisitorFactory
) -> None:
    visitor: Visitor = visitor_to(site)
    page = visitor.login(CHIEF)
    visitor.open(scheduled.calendar)
    link = page.locator("#calendar td [data-move]")
    link.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    hint = page.locator("#move-hint")
    expect(hint).to_contain_text(f"18/{scheduled.month[5:]}/{scheduled.month[:4]}")
    axe_clean(page)
    page.keyboard.press("Escape")
    expect(hint).to_be_empty()
    on_day(page, scheduled.day(10))
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    on_day(page, scheduled.day(9))
    # The keyboard goes on from the text that was moved.
    expect(link).to_be_focused()

    # Enter without an arrow asks for day and hour, in a dialog.
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    axe_clean(page)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(link).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    visitor.forgive("status of 422")
    dialog.get_by_label("Giờ").fill("26:00")
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("Giờ “26:00” chưa đúng")
    expect(dialog.get_by_label("Giờ")).to_have_value("26:00")
    axe_clean(page)
    dialog.get_by_label("Giờ").fill("15:45")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    on_day(page, scheduled.day(9))
    expect(page.locator("#calendar td [data-movable]")).to_contain_text("15:45")


def test_on_a_phone_and_without_scripts_the_calendar_is_a_list_and_moving_a_page(
    site: Site, scheduled: Scheduled, visitor_to: VisitorFactory
) -> None:
    phone: Visitor = visitor_to(site, width=PHONE, scheme="dark")
    page = phone.login(CHIEF)
    phone.open(scheduled.calendar)
    expect(page.locator("#calendar table")).to_be_hidden()
    expect(page.locator(".agenda [data-movable]")).to_contain_text(TITLE)
    axe_clean(page)
    no_sideways_scroll(page)

    plain: Visitor = visitor_to(site, scripts=False)
    page = plain.login(CHIEF)
    plain.open(scheduled.calendar + "&dang=danh-sach")
    page.get_by_role("link", name="Dời lịch").click()
    page.get_by_label("Ngày").fill(f"25/{scheduled.month[5:]}/{scheduled.month[:4]}")
    page.get_by_role("button", name="Dời lịch").click()
    expect(page.locator("#messages")).to_contain_text("Đã dời")
    expect(page.locator(f"#ngay-{scheduled.day(25)} + ul")).to_contain_text(TITLE)


def test_a_preview_link_is_made_read_and_revoked(
    site: Site, scheduled: Scheduled, visitor_to: VisitorFactory
) -> None:
    author: Visitor = visitor_to(site)
    page = author.login(AUTHOR)
    author.open(f"/ban-lam-viec/bai-viet/{scheduled.id}")
    page.get_by_role("link", name="Gửi bản xem trước").click()
    box = page.locator("#preview-links")
    box.get_by_label("Gửi cho ai").fill("Chị Hạnh")
    box.get_by_role("button", name="Tạo liên kết").click()
    expect(box.locator(".message-ok")).to_contain_text("Đã tạo liên kết")
    axe_clean(page)
    address = box.get_by_label("Địa chỉ của liên kết Chị Hạnh").input_value()
    path = re.sub("^https?://[^/]+", "", address)

    reader: Visitor = visitor_to(site, width=PHONE)
    reader.open(path)
    expect(reader.page.locator("h1")).to_have_text(TITLE)
    expect(reader.page.locator(".preview-bar")).to_contain_text("Bản xem trước, chưa đăng.")
    axe_clean(reader.page)
    no_sideways_scroll(reader.page)

    box.get_by_role("button", name="Thu hồi").click()
    expect(box.locator(".message-ok")).to_contain_text("Đã thu hồi")
    reader.open(path, status=410)
    expect(reader.page.locator("main")).to_contain_text("đã được thu hồi")
    axe_clean(reader.page)


def test_the_preview_on_the_desk_shows_the_page_and_a_phone_with_it(
    site: Site, scheduled: Scheduled, visitor_to: VisitorFactory
) -> None:
    visitor: Visitor = visitor_to(site)
    page = visitor.login(AUTHOR)
    visitor.open(f"/ban-lam-viec/bai-viet/{scheduled.id}/xem-thu")
    expect(page.locator("article h1")).to_have_text(TITLE)
    axe_clean(page)
    page.get_by_role("link", name="Điện thoại").click()
    frame = page.frame_locator("iframe.preview-phone")
    expect(frame.locator("article h1")).to_have_text(TITLE)
    assert frame.locator("html").evaluate("html => html.clientWidth") <= PHONE
    axe_clean(page)


@pytest.mark.parametrize("width", [1366, PHONE])
def test_a_target_is_set_in_its_row(site: Site, visitor_to: VisitorFactory, width: int) -> None:
    visitor: Visitor = visitor_to(site, width=width)
    page = visitor.login(CHIEF)
    visitor.open("/ban-lam-viec/chi-tieu")
    name = "Phòng Thử nghiệm"
    row = page.locator(".targets tr", has_text=name)
    row.get_by_role("link", name="Đặt").click()
    visitor.forgive("status of 422")
    row.get_by_label("Mỗi tháng").fill("-2")
    row.get_by_role("button", name="Lưu").click()
    expect(row).to_contain_text("hãy ghi số bài từ 0 đến 999")
    axe_clean(page)
    no_sideways_scroll(page)
    row.get_by_label("Mỗi tháng").fill("6")
    row.get_by_role("button", name="Lưu").click()
    expect(row).to_contain_text("0 trên 6 bài")
    axe_clean(page)
    no_sideways_scroll(page)
