"""What readers send over HTTP: taken in once, cleaned, followed by its code and nothing else."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import scoped_session

from models import AuditEvent, DutyItem, OutboxMail, VoiceItem, VoiceStatus
from services import comments, settings
from services.dates import format_date, local_date
from services.voice import erasing
from tests.support.client import CheckedClient, login
from tests.support.factories import make_publication, make_unit, make_user, make_voice_item
from tests.support.voice import code_in, fields_of, make_cheap, send

QUESTION = {"subject": "Đăng ký nhãn hiệu", "text": "Nộp hồ sơ ở đâu?\n\nChờ bao lâu?"}


@pytest.fixture(autouse=True)
def cheap(session: scoped_session[Any]) -> None:
    make_cheap()
    session.commit()


def only_item(session: scoped_session[Any]) -> VoiceItem:
    return session.scalars(select(VoiceItem)).one()


def count(session: scoped_session[Any]) -> int:
    return session.scalar(select(func.count(VoiceItem.id))) or 0


def act(client: CheckedClient, item: VoiceItem, action: str, **fields: str) -> Any:
    page = f"/ban-lam-viec/tieng-noi/{item.id}"
    return client.post_form(f"{page}/{action}", {"seen": str(item.lock_version), **fields})


def today() -> datetime:
    return datetime.now(UTC)


def open_draft(**fields: Any) -> Any:
    day = local_date(today())
    details = {
        "opens_on": format_date(day - timedelta(days=3)),
        "closes_on": format_date(day + timedelta(days=3)),
    }
    return make_publication(kind="consultation", details=details, **fields)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_question_goes_from_a_citizen_to_its_answer(
    client: CheckedClient, app: Flask, session: scoped_session[Any], scripts: bool
) -> None:
    unit = make_unit(name="Phòng Sở hữu trí tuệ")
    member, editor = make_user(unit=unit), make_user(role="editor")
    unit.contacts.append(member)
    sent = send(client, "/hoi-dap/gui", QUESTION | {"may_publish": "1"}, scripts=scripts)
    assert sent.status_code == 200
    assert sent.headers["Cache-Control"] == "private, no-store"
    assert "Set-Cookie" not in sent.headers
    code = code_in(sent)
    assert re.fullmatch(r"([0-9A-Z]{4}-){5}[0-9A-Z]{4}", code)
    item = only_item(session)
    assert code not in item.code_hash
    assert session.scalars(select(DutyItem.title)).one() == f"Câu hỏi số {item.id}"

    desk = app.test_client()
    assert isinstance(desk, CheckedClient)
    login(desk, editor)
    act(desk, item, "assign", unit_id=str(unit.id))
    login(desk, member)
    assert "Đăng ký nhãn hiệu" in desk.get("/ban-lam-viec/tieng-noi").get_data(as_text=True)
    act(desk, item, "submit", answer="Nộp ở 24 Trần Phú.\n\nChờ 12 tháng.")
    waiting = client.post("/tra-cuu", data={"code": code}).get_data(as_text=True)
    assert "Phòng Sở hữu trí tuệ" in waiting
    assert "Chờ 12 tháng" not in waiting
    # That it is being reviewed is the desk's own business.
    assert "đang soạn trả lời" in waiting
    assert "duyệt" not in waiting
    login(desk, editor)
    act(desk, item, "approve")
    assert only_item(session).status is VoiceStatus.ANSWERED
    assert session.scalars(select(DutyItem.done_at)).one() is not None
    answered = client.post("/tra-cuu", data={"code": code.lower().replace("-", " ")})
    assert "Chờ 12 tháng" in answered.get_data(as_text=True)
    assert answered.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answered.headers["X-Robots-Tag"]

    made = desk.post_form(
        f"/ban-lam-viec/tieng-noi/{item.id}/soan-bai", {"seen": str(item.lock_version)}
    )
    assert made.status_code == 303
    session.refresh(item)
    publication = item.made_publication
    assert publication is not None
    assert publication.kind == "question"
    assert publication.latest_revision.question.question == QUESTION["text"]
    actions = session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    assert actions == ["voice.assign", "voice.submit", "voice.approve", "voice.publish"]


def test_who_asked_is_nowhere_but_with_the_unit_and_the_board(
    client: CheckedClient, app: Flask, session: scoped_session[Any]
) -> None:
    other, editor = make_user(), make_user(role="editor")
    admin = make_user(role="admin")
    fields = {"name": "Lê Thị Bí Mật", "email": "bimat@example.vn", "consents": "1"}
    code = code_in(send(client, "/hoi-dap/gui", QUESTION | fields))
    item = only_item(session)
    for person in (other, admin):
        login(client, person)
        assert client.get(f"/ban-lam-viec/tieng-noi/{item.id}").status_code == 404
        assert "Bí Mật" not in client.get("/ban-lam-viec/tieng-noi").get_data(as_text=True)
    login(client, editor)
    assert "bimat@example.vn" in client.get(f"/ban-lam-viec/tieng-noi/{item.id}").get_data(
        as_text=True
    )
    mail = session.scalars(select(OutboxMail)).one()
    assert code in mail.body
    assert "Nộp hồ sơ" not in mail.body + mail.subject
    trail = str([(e.subject_name, e.changes) for e in session.scalars(select(AuditEvent))])
    assert "Bí Mật" not in trail + session.scalars(select(DutyItem.title)).one()


def test_a_code_that_is_wrong_reveals_nothing_and_is_not_tried_for_long(
    client: CheckedClient, session: scoped_session[Any]
) -> None:
    make_voice_item(code="AAAA-BBBB-CCCC-DDDD-EEEE-FFFF", erased_at=today())
    wrong = [
        "",
        "abc",
        "0000-0000-0000-0000-0000-0000",
        "AAAA-BBBB-CCCC-DDDD-EEEE-FFFF",
        "x" * 9000,
    ]
    answers = {
        (page.status_code, page.get_data()) for page in (_look_up(client, one) for one in wrong)
    }
    assert len(answers) == 1
    assert next(iter(answers))[0] == 422
    statuses = [_look_up(client, "A" * 24).status_code for _ in range(6)]
    assert statuses == [422] * 5 + [429]


def _look_up(client: CheckedClient, code: str) -> Any:
    return client.post("/tra-cuu", data={"code": code})


def test_what_is_sent_twice_is_one_and_has_one_code(
    client: CheckedClient, session: scoped_session[Any]
) -> None:
    values = fields_of(client.get("/hoi-dap/gui").get_data(as_text=True)) | QUESTION
    first = client.post("/hoi-dap/gui", data=values)
    second = client.post("/hoi-dap/gui", data=values | {"text": "Câu khác"})
    assert code_in(first) == code_in(second)
    assert "đã được gửi một lần" in second.get_data(as_text=True)
    assert only_item(session).text == QUESTION["text"]


HOSTILE = {
    "script": ("<script>alert(1)</script> & hỏi", "<script>alert(1)</script> & hỏi"),
    "control": ("a\x00b\x07c\r\nd", "abc\nd"),
    "direction": ("gửi \u202etxt.exe\u2066 nhé", "gửi txt.exe nhé"),
    "zalgo": ("h" + "\u0310\u0333\u0489\u0351" * 20 + "ỏi", "h\u0333\u0310ỏi"),
}


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_hostile_text_stays_text_and_loses_what_cannot_be_seen(
    client: CheckedClient, session: scoped_session[Any]
) -> None:
    for typed, kept in HOSTILE.values():
        code = code_in(send(client, "/hoi-dap/gui", QUESTION | {"text": typed}))
        item = session.scalars(select(VoiceItem).order_by(VoiceItem.id.desc())).first()
        assert item.text == kept
        page = client.post("/tra-cuu", data={"code": code}).get_data(as_text=True)
        assert "<script>alert" not in page


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_form_that_cannot_be_taken_says_why_and_keeps_what_was_typed(
    client: CheckedClient, session: scoped_session[Any]
) -> None:
    cases: list[tuple[dict[str, str], str]] = [
        ({"subject": "", "text": ""}, "Hãy ghi nội dung câu hỏi."),
        ({"text": "x" * 5001}, "nhiều nhất 5000 ký tự"),
        ({"text": "x" * 400_000}, "dài quá 5000 ký tự rất nhiều"),
        ({"email": "không phải thư", "consents": "1"}, "chưa đúng"),
        ({"name": "An"}, "hãy đánh dấu đồng ý"),
        ({"homepage": "https://robot.example"}, "phải để trống"),
        ({"work": "", "robot": ""}, "Hãy trả lời câu hỏi kiểm tra"),
        ({"work": "", "robot": "sai bét"}, "chưa đúng; hãy trả lời câu hỏi mới"),
        ({"ticket": "giả mạo"}, "Mẫu này không còn dùng được"),
    ]
    page = client.get("/hoi-dap/gui").get_data(as_text=True)
    for changed, sentence in cases:
        values = fields_of(page) | QUESTION | {"subject": "Chữ đã gõ"} | changed
        answer = client.post("/hoi-dap/gui", data=values)
        text = answer.get_data(as_text=True)
        assert answer.status_code == 422, sentence
        assert sentence in text
        assert ("Chữ đã gõ" in text) or not changed.get("subject", "x")
        assert count(session) == 0
    assert client.post("/hoi-dap/gui", data=values).status_code == 422
    refused = client.post("/hoi-dap/gui", data=values)
    assert refused.status_code == 429
    assert "Chữ đã gõ" in refused.get_data(as_text=True)
    other_site = {"Sec-Fetch-Site": "cross-site"}
    assert client.post("/hoi-dap/gui", data=values, headers=other_site).status_code == 403


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_form_sent_faster_than_anybody_types_is_not_believed_at_once(
    client: CheckedClient, session: scoped_session[Any]
) -> None:
    settings.put(key="voice_min_seconds", value=60)
    answer = send(client, "/hoi-dap/gui", QUESTION)
    assert answer.status_code == 422
    assert "nhanh hơn người gõ" in answer.get_data(as_text=True)
    settings.put(key="voice_min_seconds", value=0)
    # The same ticket with the same work is good once time has passed.
    values = fields_of(answer.get_data(as_text=True))
    assert client.post("/hoi-dap/gui", data=values).status_code == 200
    assert only_item(session).subject == "Đăng ký nhãn hiệu"


def test_comments_are_taken_while_a_draft_is_open_and_shown_as_the_board_leaves_them(
    client: CheckedClient, app: Flask, session: scoped_session[Any]
) -> None:
    draft, editor, chief = open_draft(), make_user(role="editor"), make_user(role="chief")
    address = f"/du-thao/{draft.id}/gop-y"
    fields = {"text": "Điều 3 nên bỏ. Gọi 0905123456.", "name": "Trần Văn Góp", "consents": "1"}
    code = code_in(send(client, address, fields | {"shows_name": "1"}))
    code_in(send(client, address, {"text": "Đồng ý với dự thảo."}))
    first, second = session.scalars(select(VoiceItem).order_by(VoiceItem.id)).all()
    assert comments.page_of(publication_id=draft.id).total == 0

    desk = app.test_client()
    login(desk, editor)
    refused = act(desk, first, "submit", answer="Tiếp thu.")
    assert refused.status_code == 403
    act(desk, first, "show", text="Điều 3 nên bỏ.")
    act(desk, second, "refuse", reason="Không nêu ý kiến cụ thể.")
    act(desk, first, "submit", answer="Cơ quan tiếp thu, bỏ Điều 3.")
    shown = comments.page_of(publication_id=draft.id)
    assert [(one.name, one.text, one.response) for one in shown.items] == [
        ("Trần Văn Góp", "Điều 3 nên bỏ.", "")
    ]
    assert act(desk, first, "approve").status_code == 403
    login(desk, chief)
    act(desk, first, "approve")
    assert comments.page_of(publication_id=draft.id).items[0].response.startswith("Cơ quan tiếp")
    page = client.post("/tra-cuu", data={"code": code}).get_data(as_text=True)
    assert "Cơ quan tiếp thu, bỏ Điều 3." in page
    for public in (f"/du-thao/{draft.slug}-{draft.id}", f"/du-thao/{draft.id}/cac-gop-y"):
        page = client.get(public).get_data(as_text=True)
        assert "Cơ quan tiếp thu, bỏ Điều 3." in page
        assert "Trần Văn Góp" in page
        assert "0905123456" not in page
    act(desk, first, "hide", reason="Có số điện thoại.")
    assert comments.page_of(publication_id=draft.id).total == 0

    live = draft.live_revision
    assert live is not None
    live.consultation.closes_on = local_date(today()) - timedelta(days=1)
    session.flush()
    late = client.get(address)
    assert "đã hết hạn góp ý" in late.get_data(as_text=True)
    assert client.post(address, data=fields).status_code == 403
    assert count(session) == 2


def test_an_error_report_has_fifteen_days_and_leads_to_the_correction(
    client: CheckedClient, app: Flask, session: scoped_session[Any]
) -> None:
    post, editor, chief = make_publication(), make_user(role="editor"), make_user(role="chief")
    public = client.get(f"/bai-viet/{post.slug}-{post.id}")
    assert f'href="/bao-sai/{post.id}"' in public.get_data(as_text=True)
    code = code_in(send(client, f"/bao-sai/{post.id}", {"text": "Số 120 phải là 124."}))
    item = only_item(session)
    assert (item.due_on - local_date(item.received_at)).days >= 15
    desk = app.test_client()
    login(desk, editor)
    page = desk.get(f"/ban-lam-viec/tieng-noi/{item.id}").get_data(as_text=True)
    assert "Mở để đính chính" in page
    wrong_days = {"31/02/2027": "Không có ngày", "01/01/2020": "phải sau ngày", "mai": "chưa đúng"}
    for typed, sentence in wrong_days.items():
        answer = act(desk, item, "extend", day=typed, reason="Cần kiểm tra hồ sơ giấy.")
        text = answer.get_data(as_text=True)
        assert answer.status_code == 422
        assert sentence in text
        assert typed in text
        assert "Cần kiểm tra hồ sơ giấy." in text
    later = item.due_on + timedelta(days=10)
    act(desk, item, "extend", day=format_date(later), reason="Cần kiểm tra hồ sơ giấy.")
    assert session.scalars(select(DutyItem.due_on)).one() == later
    assert "Cần kiểm tra hồ sơ giấy." in _look_up(client, code).get_data(as_text=True)
    act(desk, item, "submit", answer="Đã đính chính thành 124.")
    login(desk, chief)
    act(desk, item, "return", reason="Ghi rõ ngày đính chính.")
    act(desk, item, "submit", answer="Đã đính chính hôm nay thành 124.")
    # Whoever wrote it does not let it out.
    assert act(desk, item, "approve").status_code == 403
    login(desk, editor)
    act(desk, item, "approve")
    told = _look_up(client, code).get_data(as_text=True)
    assert "hôm nay thành 124" in told
    # Its sender is led to where the correction stands, as long as readers see that.
    assert f'href="/bai-viet/{post.slug}-{post.id}"' in told
    post.withdrawn_at = datetime.now(UTC)
    session.commit()
    assert post.title not in _look_up(client, code).get_data(as_text=True)


def test_a_reuse_that_is_granted_stands_in_the_public_list_if_its_sender_agreed(
    client: CheckedClient, app: Flask, session: scoped_session[Any]
) -> None:
    post, editor, chief = make_publication(), make_user(role="editor"), make_user(role="chief")
    address = f"/dung-lai/gui?bai={post.id}"
    fields = {"text": "Đăng lại trên báo tường.", "organisation": "Câu lạc bộ Sông Hàn"}
    consents = {"may_publish": "1", "shows_name": "1", "url": "https://songhan.example/bao"}
    send(client, address, fields | consents)
    send(client, address, fields)
    first, second = session.scalars(select(VoiceItem).order_by(VoiceItem.id)).all()
    desk = app.test_client()
    for item in (first, second):
        login(desk, editor)
        act(desk, item, "submit", answer="Đồng ý, xin ghi nguồn.")
        login(desk, chief)
        act(desk, item, "approve")
    assert act(desk, first, "show", text=post.title).status_code == 303
    assert act(desk, second, "show", text=post.title).status_code == 403
    page = client.get("/dung-lai").get_data(as_text=True)
    assert page.count("Câu lạc bộ Sông Hàn") == 1
    assert 'rel="ugc nofollow noopener external"' in page


def test_who_comes_second_at_the_desk_overwrites_nothing(
    client: CheckedClient, session: scoped_session[Any]
) -> None:
    item, editor = make_voice_item(), make_user(role="editor")
    login(client, editor)
    seen = str(item.lock_version)
    address = f"/ban-lam-viec/tieng-noi/{item.id}/draft"
    client.post_form(address, {"seen": seen, "answer": "Bản thứ nhất."})
    second = client.post_form(address, {"seen": seen, "answer": "Bản thứ hai."})
    assert second.status_code == 409
    assert "Bản thứ hai." in second.get_data(as_text=True)
    assert only_item(session).answer == "Bản thứ nhất."


def test_a_sender_takes_it_back_and_it_is_gone(
    client: CheckedClient, session: scoped_session[Any]
) -> None:
    fields = {"name": "Lê Thị Rút", "consents": "1"}
    code = code_in(send(client, "/hoi-dap/gui", QUESTION | fields))
    unsure = client.post("/tra-cuu/rut", data={"code": code})
    assert unsure.status_code == 422
    assert client.post("/tra-cuu/rut", data={"code": code, "sure": "1"}).status_code == 200
    item = only_item(session)
    assert (item.sender_name, item.text, item.subject) == ("", "", "")
    assert _look_up(client, code).status_code == 422
    assert session.scalar(select(func.count(DutyItem.id))) == 0


def test_what_was_closed_long_ago_is_erased_but_for_what_everybody_reads(
    session: scoped_session[Any],
) -> None:
    now = today()
    draft = open_draft()
    known = {"sender_name": "Lê Thị Cũ", "sender_email": "cu@example.vn", "status": "answered"}
    old = make_voice_item(**known, closed_at=now - timedelta(days=181), answer="Kính gửi bà Cũ")
    public = make_voice_item(
        **known,
        channel="comment",
        publication=draft,
        closed_at=now - timedelta(days=181),
        public_at=now,
        public_text="Nên bỏ Điều 3.",
        answer="Tiếp thu.",
    )
    recent = make_voice_item(**known, closed_at=now - timedelta(days=179))
    assert erasing.erase_old(now=now) == 2
    assert erasing.erase_old(now=now) == 0
    left = (old.sender_name, old.sender_email, old.text, old.subject, old.answer)
    assert left == ("",) * 5
    assert (public.sender_name, public.text) == ("", "")
    assert comments.page_of(publication_id=draft.id).items[0].text == "Nên bỏ Điều 3."
    assert recent.sender_name == "Lê Thị Cũ"


def test_the_inbox_counts_filters_and_tells_the_time_left(
    client: CheckedClient, session: scoped_session[Any]
) -> None:
    today_on = local_date(today())
    make_voice_item(due_on=today_on - timedelta(days=30), subject="Câu đã trễ")
    make_voice_item(channel="reuse", due_on=today_on + timedelta(days=30), subject="Xin ảnh")
    make_voice_item(status="answered", closed_at=today(), subject="Câu đã xong")
    login(client, make_user(role="editor"))
    page = client.get("/ban-lam-viec/tieng-noi").get_data(as_text=True)
    assert page.index("Câu đã trễ") < page.index("Xin ảnh")
    assert "Câu đã xong" not in page
    assert "quá hạn" in page
    late = client.get("/ban-lam-viec/tieng-noi?muc=qua-han").get_data(as_text=True)
    assert "Xin ảnh" not in late
    reuse = client.get("/ban-lam-viec/tieng-noi?loai=dung-lai").get_data(as_text=True)
    assert "Câu đã trễ" not in reuse
    done = client.htmx("/ban-lam-viec/tieng-noi?muc=da-xong").get_data(as_text=True)
    assert "Câu đã xong" in done
    assert "<html" not in done
    for odd in ("?muc=x&loai=y&don-vi=z&trang=-1", "?q=" + "9" * 99, "?don-vi=" + "9" * 30):
        assert client.get("/ban-lam-viec/tieng-noi" + odd).status_code == 200
