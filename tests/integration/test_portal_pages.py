"""The city portal on the desk: the mark on a text, the queue, what is noted by hand, the report."""

from datetime import UTC, datetime, timedelta
from typing import Any

import lxml.html
import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import scoped_session

from models import PortalDelivery, PortalMark, PortalState, User
from services import dates, portal
from services.portal_figures import Contribution, contributions
from tests.support.client import CheckedClient, login
from tests.support.factories import NOW, make_publication, make_unit, make_user

Session = scoped_session[Any]
QUEUE = "/ban-lam-viec/cong-thanh-pho"
REPORT = "/ban-lam-viec/bao-cao/cong-thanh-pho"


def client_of(app: Flask, user: User) -> CheckedClient:
    client = app.test_client()
    assert isinstance(client, CheckedClient)
    login(client, user)
    return client


def test_units_are_told_what_was_sent_and_what_was_accepted(app: Flask, session: Session) -> None:
    chief = make_user(role="chief")
    unit, other = make_unit(name="Phòng A"), make_unit(name="Phòng B")
    for number, (place, is_accepted) in enumerate(((unit, True), (unit, False), (other, True))):
        text = make_publication(unit=place, published_at=NOW)
        portal.mark(actor=chief, publication=text, now=NOW)
        one = session.scalars(select(PortalDelivery).order_by(PortalDelivery.id.desc())).first()
        assert one is not None
        portal.record_outcome(
            actor=chief,
            delivery_id=one.id,
            is_accepted=is_accepted,
            address="",
            reason="Trùng tin",
            now=NOW + timedelta(days=number),
        )
    make_publication(published_at=NOW)
    day = dates.local_date(NOW)

    def counted(last: int) -> list[Contribution]:
        return list(contributions(user=chief, first=day, last=day + timedelta(days=last)))

    assert counted(9) == [
        Contribution(None, "Cả cơ quan", 3, 2),
        Contribution(unit.id, "Phòng A", 2, 1),
        Contribution(other.id, "Phòng B", 1, 1),
    ]
    assert counted(1) == [
        Contribution(None, "Cả cơ quan", 2, 1),
        Contribution(unit.id, "Phòng A", 2, 1),
    ]


def test_whoever_approves_sends_to_the_portal_with_the_same_click(
    app: Flask, session: Session
) -> None:
    chief, author = make_user(role="chief"), make_user()
    texts = [
        make_publication(state="awaiting_approval", author=author, title=f"Tin số {number}")
        for number in range(4)
    ]
    client = client_of(app, chief)
    by_button, in_its_row, without, refused = (
        f"/ban-lam-viec/bai-viet/{each.id}" for each in texts
    )
    opened = lxml.html.document_fromstring(client.get(by_button).text)
    box = opened.xpath("//form[contains(@action, 'approve_and_publish')]//input[@name='to_portal']")
    assert [one.get("checked") for one in box] == [None]

    def press(page: str, **more: str) -> Any:
        seen = lxml.html.document_fromstring(client.get(page).text).xpath(
            "//form[contains(@action, 'approve_and_publish')]//input[@name='seen']/@value"
        )[0]
        return {"seen": seen, **more}

    sent = client.post_form(
        f"{by_button}/approve_and_publish", press(by_button, to_portal="1"), follow_redirects=True
    )
    assert "Đã chọn gửi Cổng thành phố." in sent.text
    row = client.htmx(
        f"{in_its_row}/approve_and_publish", "POST", data=press(in_its_row, to_portal="1")
    )
    assert "Đã chọn gửi Cổng thành phố." in row.text
    assert (
        "Cổng"
        not in client.htmx(f"{without}/approve_and_publish", "POST", data=press(without))
        .text.partition("row-outcome")[2]
        .partition("</p>")[0]
    )
    # What is refused marks nothing, and the box stays ticked.
    wrong = client.post_form(f"{refused}/approve_and_schedule", press(refused, to_portal="1"))
    assert wrong.status_code == 422
    again = lxml.html.document_fromstring(wrong.text)
    ticked = again.xpath("//form[contains(@action, 'schedule')]//input[@name='to_portal']/@checked")
    assert len(ticked) == 1
    session.expire_all()
    queued = session.scalars(select(PortalDelivery).order_by(PortalDelivery.id)).all()
    assert [one.publication_id for one in queued] == [each.id for each in texts[:2]]
    marks = session.scalars(select(PortalMark.publication_id)).all()
    assert sorted(marks) == [each.id for each in texts[:2]]
    # What is marked is not asked again; a writer is never asked, and what they send is not heard.
    assert "to_portal" not in client.get(by_button).text


def test_the_check_tells_how_the_queue_to_the_portal_stands(app: Flask, session: Session) -> None:
    app.config["PORTAL_URL"] = "https://cong.example.vn/nhan"

    def told() -> str:
        lines = app.test_cli_runner().invoke(args=["check"]).output.splitlines()
        return next(line for line in lines if "Cổng thành phố" in line)

    chief, now = make_user(role="chief"), datetime.now(UTC)
    texts = [make_publication(published_at=NOW) for _ in range(2)]
    for text in texts:
        portal.mark(actor=chief, publication=text, now=now)
    make_publication(state="draft")
    first, second = session.scalars(select(PortalDelivery).order_by(PortalDelivery.id)).all()
    session.commit()
    since = dates.format_datetime(now)
    assert told() == f"✓ Cổng thành phố: 2 chờ gửi, lâu nhất từ {since}, 0 không gửi được"
    first.next_try_at = now - timedelta(hours=2)
    session.commit()
    assert told() == (
        f"✗ Cổng thành phố: 2 chờ gửi, lâu nhất từ {since}, 0 không gửi được; "
        "1 quá giờ, trang có đang chạy không?"
    )
    first.state, first.next_try_at = PortalState.FAILED, None
    second.state, second.next_try_at = PortalState.SENT, None
    session.commit()
    assert told() == (
        "✗ Cổng thành phố: 0 chờ gửi, 1 không gửi được; hãy mở hàng gửi Cổng trên bàn làm việc"
    )


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_text_is_marked_on_its_page_and_followed_in_the_queue(
    app: Flask, session: Session
) -> None:
    editor, chief = make_user(role="editor"), make_user(role="chief")
    text = make_publication(published_at=NOW, title="Tin về chợ đêm")
    page = f"/ban-lam-viec/bai-viet/{text.id}"
    client = client_of(app, editor)
    assert "Bài chưa chọn gửi sang Cổng thành phố." in client.get(page).text
    assert client.submit(page, {"to": "mark"}, form="portal-form").status_code == 303
    assert "Chờ gửi" in client.get(page).text
    panel = client.htmx(f"{page}/cong-thanh-pho", "POST", data={"to": "unmark"})
    assert panel.text.lstrip().startswith('<section id="portal-panel"')
    client.post_form(f"{page}/cong-thanh-pho", {"to": "mark"})
    one = session.scalars(
        select(PortalDelivery).where(PortalDelivery.state == PortalState.QUEUED)
    ).one()
    queue = client.get(QUEUE).text
    assert "Chưa có đường gửi tự động (PORTAL_URL)." in queue
    form = f"record-{one.id}"
    wrong = client.submit(QUEUE, {"address": "javascript:alert(1)"}, form=form)
    assert wrong.status_code == 422
    assert "Địa chỉ trên Cổng phải bắt đầu bằng https://" in wrong.text
    assert 'value="javascript:alert(1)"' in wrong.text
    refused = client.submit(QUEUE, {"outcome": "refused", "reason": "Trùng tin"}, form=form)
    assert refused.status_code == 303
    assert "Trùng tin" in client.get(page).text
    assert client.post_form(f"{QUEUE}/{one.id}/gui-lai", {}).status_code == 303
    assert client.post_form(f"{QUEUE}/{one.id}/gui-lai", {}).status_code == 409
    address = "https://danang.example.vn/tin/7"
    client.submit(QUEUE, {"address": address}, form=form)
    assert f'href="{address}"' in client.htmx(f"{QUEUE}?tinh-trang=accepted").text
    assert client.post_form(f"{page}/cong-thanh-pho", {"to": "unmark"}).status_code == 403
    assert client.get(REPORT).status_code == 403
    leader = client_of(app, chief)
    report = leader.get(REPORT).text
    today = dates.format_date(datetime.now(UTC))
    assert "<a href" in report[report.index("đã gửi Cổng thành phố") :]
    listed = leader.get(f"{QUEUE}?so=duoc-nhan&tu-ngay={today}&den-ngay={today}").text
    assert "Tin về chợ đêm" in listed
    assert leader.get(f"{QUEUE}?so=bia&tinh-trang=bia&bai=bia&don-vi=bia").status_code == 200
    for bad in (f"{QUEUE}?tu-ngay=31/2/2026", f"{REPORT}?tu-ngay=2/9/2026&den-ngay=1/9/2026"):
        assert leader.get(bad).status_code == 422
    # Its author sees where it stands and changes nothing; a colleague does not see it.
    author = client_of(app, text.author)
    assert "Tin về chợ đêm" in author.get(QUEUE).text
    assert 'id="record-' not in author.get(QUEUE).text
    assert "Tin về chợ đêm" not in client_of(app, make_user()).get(QUEUE).text
    assert "Tin về chợ đêm" in client_of(app, make_user(role="admin")).get(QUEUE).text
