"""The queue to the city portal, handed over to a real server, a real folder and a real mailbox."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import scoped_session

from models import OutboxMail, PortalDelivery, PortalEvent, PortalState, Publication, State
from services import portal, portal_sending, workflow
from services.errors import Conflict, InvalidInput, NotAllowed
from services.portal_connectors import Connector, Receipt, Webhook, connector_of
from services.portal_parcel import Parcel
from services.publications import seen_token
from tests.support.factories import NOW, make_media, make_publication, make_section, make_user
from tests.support.web import running_web

Session = scoped_session[Any]
SECRET = "khoá chung của hai bên, dài hơn 32 ký tự"
MINUTE = timedelta(minutes=1)


@dataclass
class Portal:
    """The other side: each request with its headers, and what it answers in turn."""

    url: str = ""
    came: list[tuple[dict[str, str], dict[str, Any]]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    # Status and body; the last one stays.
    answers: list[tuple[int, str]] = field(default_factory=lambda: [(202, "")])
    headers: dict[str, str] = field(default_factory=dict)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        self.came.append((dict(handler.headers), json.loads(body)))
        self.bodies.append(body)
        status, text = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        handler.send_response(status)
        for name, value in self.headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(text.encode())))
        handler.end_headers()
        handler.wfile.write(text.encode())

    @property
    def events(self) -> list[str]:
        return [said["event"] for _, said in self.came]


@pytest.fixture
def city() -> Iterator[Portal]:
    with running_web() as outside:
        city = Portal(url=f"http://127.0.0.1:{outside.port}/nhan-bai")
        outside.instead = city.answer
        yield city


@pytest.fixture
def send(app: Flask, session: Session, city: Portal) -> Callable[..., int]:
    def run(*, now: Any = NOW, connector: Connector | None = None) -> int:
        sent = portal_sending.send_waiting(
            connector=connector or Webhook(city.url, SECRET, "https://so.example.vn"),
            config=app.config,
            now=now,
            checkpoint=session.commit,
        )
        session.commit()
        return sent

    return run


def deliveries(session: Session) -> list[PortalDelivery]:
    return list(session.scalars(select(PortalDelivery).order_by(PortalDelivery.id)))


def on_live(text: Publication, **more: Any) -> dict[str, Any]:
    assert text.live_revision is not None
    return {"publication": text, "seen": seen_token(text.live_revision), **more}


def test_what_is_marked_goes_signed_when_readers_get_it_and_its_fate_after_it(
    app: Flask, session: Session, city: Portal, send: Callable[..., int]
) -> None:
    chief = make_user(role="chief")
    text = make_publication(
        state=State.AWAITING_APPROVAL, title="Tin gửi Cổng", body="<p>Nội dung.</p>"
    )
    portal.mark(actor=chief, publication=text, now=NOW)
    assert send() == 0
    latest = text.latest_revision
    assert latest is not None
    workflow.approve_and_publish(publication=text, actor=chief, seen=seen_token(latest), now=NOW)
    city.answers = [
        (200, '{"status": "accepted", "address": "https://danang.example.vn/tin/7"}'),
        (202, "đã nhận"),
    ]
    assert send() == 1
    headers, said = city.came[0]
    signed = f"{headers['X-Portal-Timestamp']}.".encode() + city.bodies[0]
    right = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert headers["X-Portal-Signature"] == f"v1={right}"
    assert headers["X-Portal-Timestamp"] == str(int(NOW.timestamp()))
    assert headers["Idempotency-Key"] == said["key"] == deliveries(session)[0].key
    assert said["event"] == "publish"
    assert said["publication"]["title"] == "Tin gửi Cổng"
    assert said["publication"]["body_html"] == "<p>Nội dung.</p>"
    site = app.config["SITE_URL"]
    assert said["publication"]["url"] == f"{site}/bai-viet/tin-gui-cong-{text.id}"
    first = deliveries(session)[0]
    assert (first.state, first.portal_address, first.accepted_at) == (
        PortalState.ACCEPTED,
        "https://danang.example.vn/tin/7",
        NOW,
    )
    workflow.correct(**on_live(text, actor=chief, note="Ngày 14, không phải 15.", now=NOW))
    assert send() == 1
    workflow.withdraw(**on_live(text, actor=chief, reason="Trùng bài.", now=NOW))
    assert send() == 1
    assert city.events == ["publish", "correct", "withdraw"]
    assert city.came[1][1]["note"] == "Ngày 14, không phải 15."
    assert "body_html" not in city.came[2][1]["publication"]
    assert [one.state for one in deliveries(session)[1:]] == [PortalState.SENT] * 2
    workflow.republish(**on_live(text, actor=chief, now=NOW))
    send()
    assert city.events[-1] == "update"


def test_a_scheduled_text_goes_at_its_hour_and_an_unsent_one_is_never_told(
    app: Flask, session: Session, city: Portal, send: Callable[..., int]
) -> None:
    chief = make_user(role="chief")
    hour = NOW + timedelta(days=1)
    text = make_publication(state=State.APPROVED)
    portal.mark(actor=chief, publication=text, now=NOW)
    latest = text.latest_revision
    assert latest is not None
    workflow.schedule(publication=text, actor=chief, seen=seen_token(latest), at=hour, now=NOW)
    assert send() == 0
    later = hour + timedelta(days=1)
    workflow.reschedule(
        publication=text, actor=chief, seen=workflow.schedule_token(text), at=later, now=NOW
    )
    assert send(now=hour) == 0
    workflow.unschedule(**on_live(text, actor=chief, now=NOW))
    assert send(now=later) == 0
    gone = make_publication(published_at=NOW)
    portal.mark(actor=chief, publication=gone, now=NOW)
    workflow.withdraw(**on_live(gone, actor=chief, reason="Nhầm bài.", now=NOW))
    assert send(now=later) == 0
    assert city.came == []
    assert {one.state for one in deliveries(session)} == {PortalState.CANCELLED}
    portal.unmark(actor=chief, publication=text, now=NOW)


def test_a_process_killed_after_handing_over_hands_over_again_under_the_same_key(
    app: Flask, session: Session, city: Portal, send: Callable[..., int]
) -> None:
    text = make_publication(published_at=NOW)
    portal.mark(actor=make_user(role="editor"), publication=text, now=NOW)
    session.commit()
    webhook = Webhook(city.url, SECRET, "https://so.example.vn")

    class Killed(Connector):
        def deliver(self, parcel: Parcel, *, now: Any) -> Receipt:
            webhook.deliver(parcel, now=now)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        send(connector=Killed())
    session.rollback()
    # Claimed: nobody else tries until the claim has passed.
    assert send(now=NOW + MINUTE) == 0
    assert send(now=NOW + 6 * MINUTE) == 1
    keys = [headers["Idempotency-Key"] for headers, _ in city.came]
    assert len(keys) == 2
    assert keys[0] == keys[1]
    assert city.bodies[0] == city.bodies[1]
    assert [(one.state, one.attempts) for one in deliveries(session)] == [(PortalState.SENT, 2)]


def test_what_fails_is_tried_again_later_in_order_and_says_why(
    app: Flask, session: Session, city: Portal, send: Callable[..., int]
) -> None:
    chief = make_user(role="chief")
    text = make_publication(published_at=NOW)
    other = make_publication(published_at=NOW)
    portal.mark(actor=chief, publication=text, now=NOW)
    city.answers = [(503, "")]
    city.headers = {"Retry-After": "3600"}
    assert send() == 0
    first = deliveries(session)[0]
    assert (first.state, first.last_error) == (PortalState.QUEUED, "Cổng trả lời 503.")
    assert first.next_try_at == NOW + timedelta(hours=1)
    workflow.correct(**on_live(text, actor=chief, note="Sửa số liệu.", now=NOW))
    portal.mark(actor=chief, publication=other, now=NOW)
    city.answers, city.headers = [(202, "")], {}
    # The other text goes; the correction waits for the text that it corrects.
    assert send(now=NOW + MINUTE) == 1
    assert send(now=NOW + timedelta(hours=2)) == 2
    assert [said["publication"]["id"] for _, said in city.came] == [
        text.id,
        other.id,
        text.id,
        text.id,
    ]
    for status, body, said, state in (
        (
            422,
            '{"reason": "Thiếu ảnh\\n đại diện"}',
            "Cổng trả lời 422: Thiếu ảnh đại diện",
            "failed",
        ),
        (200, '{"status": "refused", "reason": "Trùng tin"}', "Trùng tin", "refused"),
        (302, "", "Cổng trả lời 302, chuyển sang địa chỉ khác; hãy sửa PORTAL_URL.", "queued"),
        (401, "", "Cổng trả lời 401: không nhận chữ ký; hãy xem PORTAL_SECRET.", "queued"),
        (200, '{"status": "accepted", "address": "javascript:alert(1)"}', "", "accepted"),
        (200, "[" * 100_000, "", "sent"),
    ):
        one = make_publication(published_at=NOW)
        portal.mark(actor=chief, publication=one, now=NOW)
        city.answers = [(status, body)]
        send()
        last = deliveries(session)[-1]
        assert (last.last_error, last.state.value, last.portal_address) == (said, state, "")
        last.state = PortalState.CANCELLED if last.state is PortalState.QUEUED else last.state
    away = Webhook("http://127.0.0.1:9/x", SECRET, "https://so.example.vn")
    one = make_publication(published_at=NOW)
    portal.mark(actor=chief, publication=one, now=NOW)
    moment = NOW
    for _ in range(portal_sending.MAX_TRIES):
        send(connector=away, now=moment)
        last = deliveries(session)[-1]
        moment = (last.next_try_at or moment) + MINUTE
    assert (last.state, last.attempts) == (PortalState.FAILED, 16)
    assert last.last_error == "Không kết nối được với Cổng."
    portal.retry(actor=chief, delivery_id=last.id, now=moment)
    assert send(now=moment) == 1
    with pytest.raises(Conflict):
        portal.retry(actor=chief, delivery_id=last.id, now=moment)


def test_what_the_portal_said_by_another_way_is_noted_by_hand(app: Flask, session: Session) -> None:
    section = make_section()
    editor = make_user(role="editor", sections=[section])
    text = make_publication(published_at=NOW, section=section)
    portal.mark(actor=editor, publication=text, now=NOW)
    portal.mark(actor=editor, publication=text, now=NOW)
    one = deliveries(session)
    assert len(one) == 1
    known: dict[str, Any] = {"actor": editor, "delivery_id": one[0].id, "now": NOW}
    for address in ("javascript:alert(1)", "https:///x", "https://a b", "https://a/" + "x" * 1000):
        with pytest.raises(InvalidInput):
            portal.record_outcome(is_accepted=True, address=address, reason="", **known)
    with pytest.raises(InvalidInput):
        portal.record_outcome(is_accepted=False, address="", reason=" ", **known)
    address = "https://danang.example.vn/tin/9"
    portal.record_outcome(is_accepted=True, address=address, reason="", **known)
    assert (one[0].state, one[0].sent_at, one[0].portal_address) == (
        PortalState.ACCEPTED,
        NOW,
        address,
    )
    with pytest.raises(NotAllowed):
        portal.unmark(actor=editor, publication=text, now=NOW)
    for stranger in (make_user(), make_user(role="editor", sections=[make_section()])):
        with pytest.raises(NotAllowed):
            portal.mark(actor=stranger, publication=text, now=NOW)
        with pytest.raises(NotAllowed):
            portal.record_outcome(
                is_accepted=True, address="", reason="", **{**known, "actor": stranger}
            )


def test_a_folder_gets_each_delivery_whole_and_once(
    app: Flask, session: Session, send: Callable[..., int], tmp_path: Path
) -> None:
    folder = tmp_path / "cổng thành phố"
    connector = connector_of({"PORTAL_URL": f"file:{folder}"})
    picture = make_media()
    stored = Path(app.config["MEDIA_PATH"]) / picture.token[:2] / picture.token
    stored.mkdir(parents=True)
    (stored / "1200.webp").write_bytes(b"webp")
    text = make_publication(published_at=NOW)
    assert text.live_revision is not None
    text.live_revision.lead_media_id = picture.id
    portal.mark(actor=make_user(role="chief"), publication=text, now=NOW)
    assert send(connector=connector) == 1
    key = deliveries(session)[0].key
    made = folder / f"20260914-publish-{key}"
    assert sorted(path.name for path in made.iterdir()) == [f"{picture.token}.webp", "bai.json"]
    assert (made / f"{picture.token}.webp").read_bytes() == b"webp"
    said = json.loads((made / "bai.json").read_text("utf-8"))
    assert said["publication"]["pictures"][0]["name"] == f"{picture.token}.webp"
    # As after a kill: the next day, and with half of it left behind.
    half = folder / f".{key}.part"
    half.mkdir()
    one = deliveries(session)[0]
    one.state, one.next_try_at = PortalState.QUEUED, NOW
    assert send(connector=connector, now=NOW + timedelta(days=1)) == 1
    assert [path.name for path in folder.iterdir() if not path.name.startswith(".")] == [made.name]
    (tmp_path / "tệp").write_text("")
    blocked = connector_of({"PORTAL_URL": f"file:{tmp_path / 'tệp'}"})
    one.state, one.next_try_at = PortalState.QUEUED, NOW
    assert send(connector=blocked) == 0
    assert one.last_error.startswith("Không ghi được vào thư mục của Cổng")


def test_a_mail_is_in_the_outbox_exactly_when_the_delivery_counts_as_sent(
    app: Flask, session: Session, send: Callable[..., int]
) -> None:
    url = {"PORTAL_URL": "mailto:tinbai@danang.example.vn", "SITE_NAME": "Sở Khoa học và Công nghệ"}
    text = make_publication(published_at=NOW, title="Tin gửi bằng thư")
    portal.mark(actor=make_user(role="chief"), publication=text, now=NOW)
    assert send(connector=connector_of(url)) == 1
    mail = session.scalars(select(OutboxMail)).one()
    assert (mail.to_address, mail.subject) == (
        "tinbai@danang.example.vn",
        "Bài gửi đăng: Tin gửi bằng thư",
    )
    assert "Nội dung của bài viết dùng để thử." in mail.body
    assert f"/bai-viet/tin-gui-bang-thu-{text.id}" in mail.body
    assert deliveries(session)[0].key in mail.body
    assert deliveries(session)[0].event is PortalEvent.PUBLISH
