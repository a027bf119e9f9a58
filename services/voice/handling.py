"""What the desk does with what readers sent; each action audited, none over somebody else's.

``seen`` is the version that the person had on the screen. The audit trail names no sender and
holds no word of theirs: it is kept longer than they are.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from extensions import db
from models import Channel, Unit, User, VoiceItem, VoiceStatus
from services import audit, notifications, outbox, policy, settings
from services.content_version import mark_changed
from services.dates import format_date, local_date, parse_date
from services.errors import Conflict, InvalidInput, NotAllowed, NotFound
from services.voice import plain
from services.voice.channels import CHANNELS
from services.voice.ledger import follow, name_of
from services.voice.rules import CLOSED, OPEN, RULES, STATUS_LABELS

MAX_ANSWER_CHARACTERS = 10_000
MAX_REASON_CHARACTERS = 1000
# A new promise further away than this is none.
MAX_EXTENSION_DAYS = 180


def get(*, item_id: int, actor: User) -> VoiceItem:
    """The item, if it is the actor's to see; else NotFound, which tells nobody that it exists."""
    item = db.session.get(VoiceItem, item_id)
    if item is None or not policy.can(actor, "voice:view", item):
        raise NotFound("Không có mục này, hoặc không phải việc của đơn vị bạn.")
    return item


def assign(*, item: VoiceItem, unit_id: int, actor: User, seen: str, now: datetime) -> None:
    """Giao đơn vị: whose it is from now on; the unit's contacts are told."""
    check("assign", item, actor, seen)
    unit = db.session.get(Unit, unit_id) if 0 < unit_id < 2**31 else None
    if unit is None or not unit.is_active or unit.is_outside:
        sentence = "Hãy chọn đơn vị xử lý."
        raise InvalidInput(sentence, {"unit_id": sentence})
    before = item.unit.name if item.unit else None
    item.unit = unit
    if item.status is VoiceStatus.RECEIVED:
        item.status = VoiceStatus.ASSIGNED
    record("assign", item, actor, now, {"unit": [before, unit.name]})
    due = f", hạn {format_date(item.due_on)}" if item.due_on else ""
    for person in unit.contacts:
        if person.is_active and person.id != actor.id:
            notifications.tell(
                user=person,
                event="voice_assigned",
                sentence=f"{name_of(item)} được giao cho đơn vị của bạn{due}.",
                address=f"/ban-lam-viec/tieng-noi/{item.id}",
                now=now,
            )


def save_answer(*, item: VoiceItem, text: str, actor: User, seen: str, now: datetime) -> None:
    """Lưu nháp trả lời: kept for the unit and the board; the sender sees that it is being
    written, and no word of it."""
    check("draft", item, actor, seen)
    item.answer = _text(text, "answer", "Câu trả lời", MAX_ANSWER_CHARACTERS)
    item.answer_by_id = actor.id
    _move("draft", item, actor, now)


def submit_answer(*, item: VoiceItem, text: str, actor: User, seen: str, now: datetime) -> bool:
    """Trình trả lời: to the board, or straight to the sender where the settings say so; whether
    it is answered now."""
    check("submit", item, actor, seen)
    item.answer = _text(text, "answer", "Câu trả lời", MAX_ANSWER_CHARACTERS)
    item.answer_by_id = actor.id
    item.return_reason = ""
    if settings.get("voice_answer_review"):
        _move("submit", item, actor, now)
        return False
    _move("submit", item, actor, now, to=VoiceStatus.ANSWERED)
    return True


def approve_answer(*, item: VoiceItem, actor: User, seen: str, now: datetime) -> None:
    """Duyệt và gửi trả lời: the sender has it from this moment."""
    check("approve", item, actor, seen)
    _move("approve", item, actor, now)


def return_answer(*, item: VoiceItem, reason: str, actor: User, seen: str, now: datetime) -> None:
    """Trả lại để sửa: whoever wrote it is told why."""
    check("return", item, actor, seen)
    item.return_reason = _reason(reason)
    _move("return", item, actor, now)
    if item.answer_by is not None and item.answer_by_id != actor.id:
        notifications.tell(
            user=item.answer_by,
            event="voice_returned",
            sentence=f"Câu trả lời cho {name_of(item).lower()} cần sửa.",
            detail=item.return_reason,
            address=f"/ban-lam-viec/tieng-noi/{item.id}",
            now=now,
        )


def extend(
    *, item: VoiceItem, day: str, reason: str, actor: User, seen: str, now: datetime
) -> date:
    """Hẹn ngày trả lời: a later day, with the reason that the sender reads."""
    check("extend", item, actor, seen)
    wrong: dict[str, str] = {}
    promised = None
    try:
        promised = parse_date(day)
    except InvalidInput as error:
        wrong["day"] = f"Ngày hẹn: {error.sentence}"
    today = local_date(now)
    earliest = max(today, item.due_on or today)
    if promised is not None and promised <= earliest:
        wrong["day"] = f"Ngày hẹn phải sau ngày {format_date(earliest)}."
    elif promised is not None and (promised - today).days > MAX_EXTENSION_DAYS:
        wrong["day"] = f"Ngày hẹn xa quá; hãy hẹn trong {MAX_EXTENSION_DAYS} ngày."
    try:
        reason = _reason(reason)
    except InvalidInput as error:
        wrong.update(error.fields)
    if wrong or promised is None:
        raise InvalidInput(" ".join(wrong.values()), wrong)
    before = item.due_on
    item.due_on, item.extended_reason = promised, reason
    dates = [format_date(before) if before else None, format_date(promised)]
    record("extend", item, actor, now, {"due_on": dates})
    _tell_sender(
        item,
        f"Hẹn trả lời {CHANNELS[item.channel].noun} của bạn",
        f"Chúng tôi cần thêm thời gian và hẹn trả lời ngày {format_date(promised)}.",
        now,
    )
    return promised


def refuse(*, item: VoiceItem, reason: str, actor: User, seen: str, now: datetime) -> None:
    """Không tiếp nhận, with the reason that the sender reads."""
    check("refuse", item, actor, seen)
    item.refusal_reason = _reason(reason)
    _move("refuse", item, actor, now)


def show(*, item: VoiceItem, text: str, actor: User, seen: str, now: datetime) -> None:
    """Duyệt đăng: what readers see of it, as the board leaves it after taking out what does not
    belong there. Named as the sender chose, and not otherwise."""
    check("show", item, actor, seen)
    limit = CHANNELS[item.channel].max_text_characters
    item.public_text = _text(text, "text", "Phần đăng lên trang", limit)
    chosen = item.organisation or item.sender_name
    item.public_name = chosen if item.shows_name else ""
    item.public_at = now
    record("show", item, actor, now, {"is_public": [False, True]})
    mark_changed(db.session())


def hide(*, item: VoiceItem, reason: str, actor: User, seen: str, now: datetime) -> None:
    """Gỡ khỏi trang: no reader sees it any more; a comment that was open is refused with it."""
    check("hide", item, actor, seen)
    item.refusal_reason = _reason(reason)
    item.public_at, item.public_text, item.public_name = None, "", ""
    if item.channel is Channel.COMMENT:
        item.status, item.closed_at = VoiceStatus.REFUSED, item.closed_at or now
    record("hide", item, actor, now, {"is_public": [True, False]})
    mark_changed(db.session())


def finish(*, item: VoiceItem, actor: User, seen: str, now: datetime) -> None:
    """Kết thúc một góp ý: answered in what the draft's page says of all of them."""
    check("finish", item, actor, seen)
    item.answer, item.answer_by_id = "", None
    _move("finish", item, actor, now)


def reopen(*, item: VoiceItem, reason: str, actor: User, seen: str, now: datetime) -> None:
    """Mở lại what was closed by mistake, or not answered well."""
    check("reopen", item, actor, seen)
    item.return_reason = _reason(reason)
    item.refusal_reason = ""
    to = VoiceStatus.ASSIGNED if item.unit_id else VoiceStatus.RECEIVED
    _move("reopen", item, actor, now, to=to)


def take_back(*, item: VoiceItem, now: datetime) -> None:
    """Rút lại, by who sent it: who they are and what they wrote is erased at once."""
    if item.status not in OPEN:
        raise NotAllowed("Đã kết thúc nên không rút lại được; thông tin cá nhân sẽ tự được xoá.")
    was_public = item.public_at is not None
    item.status = VoiceStatus.TAKEN_BACK
    item.closed_at = now
    item.public_at = None
    item.public_text = item.public_name = ""
    item.subject = item.text = item.url = item.answer = ""
    item.sender_name = item.sender_email = item.organisation = ""
    item.return_reason = item.extended_reason = ""
    item.erased_at = now
    db.session.flush()
    follow(item=item, now=now)
    if was_public:
        mark_changed(db.session())


def units() -> list[Unit]:
    """To whom something can be given: the agency's own units."""
    query = select(Unit).where(Unit.is_active, Unit.is_outside.is_(False))
    return list(db.session.scalars(query.order_by(Unit.position, Unit.sort_key, Unit.id)))


# ---------------------------------------------------------------- shared
def check(action: str, item: VoiceItem, actor: User, seen: str) -> None:
    """Whether it may be done now, to what the person saw. Of two at once on PostgreSQL the second
    finds the row's version changed when it is written."""
    if seen != str(item.lock_version):
        raise Conflict(
            "Một người khác vừa xử lý mục này. Chưa có gì bị ghi đè, chữ bạn gõ vẫn còn; hãy xem "
            "lại rồi làm tiếp."
        )
    refusal = policy.refusal(actor, f"voice:{action}", item)
    if refusal is not None:
        raise NotAllowed(refusal)


def _move(
    action: str, item: VoiceItem, actor: User, now: datetime, *, to: VoiceStatus | None = None
) -> None:
    before, after = item.status, to or RULES[action].to
    assert after is not None
    item.status = after
    item.closed_at = now if after in CLOSED else None
    changes = {"status": [STATUS_LABELS[before], STATUS_LABELS[after]]}
    record(action, item, actor, now, changes)
    noun = CHANNELS[item.channel].noun
    if after is VoiceStatus.ANSWERED and (item.answer or item.channel is not Channel.COMMENT):
        _tell_sender(item, f"Đã trả lời {noun} của bạn", f"Đã có trả lời cho {noun} của bạn.", now)
    elif after is VoiceStatus.REFUSED:
        sentence = f"Rất tiếc, {noun} của bạn không được tiếp nhận; lý do ghi ở trang tra cứu."
        _tell_sender(item, f"Về {noun} của bạn", sentence, now)
    if item.public_at is not None:
        mark_changed(db.session())


def record(
    action: str, item: VoiceItem, actor: User, now: datetime, changes: dict[str, list[Any]]
) -> None:
    db.session.flush()
    follow(item=item, now=now)
    audit.record(
        actor=actor,
        action=f"voice.{action}",
        subject="voice",
        subject_key=str(item.id),
        subject_name=name_of(item),
        changes=changes,
        now=now,
    )


def _tell_sender(item: VoiceItem, subject: str, sentence: str, now: datetime) -> None:
    """By mail, if there is an address. What was asked and answered is not in it: mail goes
    astray."""
    outbox.enqueue(
        to_address=item.sender_email,
        to_name="",
        subject=subject,
        body=(
            f"{sentence}\n\nBạn đã gửi ngày {format_date(item.received_at)}. Để xem, mở trang tra "
            "cứu (/tra-cuu trên trang thông tin) và nhập mã đã nhận khi gửi.\n"
        ),
        now=now,
    )


def _reason(typed: str) -> str:
    return _text(typed, "reason", "Lý do", MAX_REASON_CHARACTERS)


def _text(typed: str, field: str, label: str, limit: int) -> str:
    value, sentence = plain.taken(typed, label=label, limit=limit, is_needed=True, lines=True)
    if sentence:
        raise InvalidInput(sentence, {field: sentence})
    return value
