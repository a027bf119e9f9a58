"""Taking in what a stranger sends: checked, cleaned, kept once, and answered with a code."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from extensions import db
from models import Channel, Publication, VoiceItem, VoiceStatus
from services import outbox
from services.accounts import EMAIL, MAX_EMAIL_CHARACTERS
from services.dates import format_date
from services.errors import InvalidInput
from services.voice import codes, ledger, plain, robots
from services.voice.channels import (
    CHANNELS,
    MAX_NAME_CHARACTERS,
    MAX_ORGANISATION_CHARACTERS,
    MAX_SUBJECT_CHARACTERS,
    MAX_URL_CHARACTERS,
    ChannelInfo,
    due_on,
)
from services.voice.robots import Proof, RobotDoubt

# An address that somebody else types must not be flooded from here.
MAX_MAILS_A_DAY = 3


@dataclass(frozen=True, slots=True)
class Letter:
    """What was typed into a form, as typed."""

    subject: str = ""
    text: str = ""
    url: str = ""
    name: str = ""
    email: str = ""
    organisation: str = ""
    shows_name: bool = False
    may_publish: bool = False
    consents: bool = False

    def echoed(self) -> "Letter":
        """The same for a form that is shown again."""
        return Letter(
            plain.echo(self.subject),
            plain.echo(self.text),
            plain.echo(self.url),
            plain.echo(self.name),
            plain.echo(self.email),
            plain.echo(self.organisation),
            self.shows_name,
            self.may_publish,
            self.consents,
        )


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was received, and the code that is shown to its sender once. ``is_repeat``: the same
    form had been sent before, and what it said then stands."""

    item: VoiceItem
    code: str
    is_repeat: bool
    is_mailed: bool = False


class NotTaken(InvalidInput):
    """The form has to be mended. ``needs_new_ticket`` as in RobotDoubt."""

    def __init__(self, fields: dict[str, str], *, needs_new_ticket: bool) -> None:
        super().__init__(" ".join(fields.values()), fields)
        self.needs_new_ticket = needs_new_ticket


def receive(
    *,
    channel: Channel,
    letter: Letter,
    proof: Proof,
    publication: Publication | None,
    form: str,
    secret_key: str,
    site_name: str,
    site_url: str,
    now: datetime,
) -> Receipt:
    """Keep what was sent; flushes. Sent again from the same page it is what is there already.

    Raises NotTaken, naming every field that is wrong, whether by its text or by the doubt that a
    person sent it.
    """
    again = _sent_before(form, proof, secret_key)
    if again is not None:
        return again
    info = CHANNELS[channel]
    values, wrong = cleaned(info, letter)
    doubt: RobotDoubt | None = None
    try:
        ticket = robots.check(form=form, proof=proof, secret_key=secret_key, now=now)
    except RobotDoubt as error:
        doubt = error
        wrong.update(error.fields)
    if wrong:
        raise NotTaken(wrong, needs_new_ticket=doubt is not None and doubt.needs_new_ticket)
    code = codes.code_for(nonce=ticket.nonce, secret_key=secret_key)
    item = VoiceItem(
        channel=channel,
        status=VoiceStatus.RECEIVED,
        code_hash=codes.hash_of(code),
        send_key=ticket.send_key,
        publication_id=publication.id if publication else None,
        received_at=now,
        due_on=due_on(channel=channel, received_at=now),
        **values,
    )
    try:
        with db.session.begin_nested():
            db.session.add(item)
    except IntegrityError:
        # A second press of the button was quicker than the first one's answer.
        again = _sent_before(form, proof, secret_key)
        if again is None:
            raise
        return again
    ledger.follow(item=item, now=now)
    is_mailed = _confirm(item, info, code, site_name=site_name, site_url=site_url, now=now)
    return Receipt(item, code, is_repeat=False, is_mailed=is_mailed)


def cleaned(info: ChannelInfo, letter: Letter) -> tuple[dict[str, object], dict[str, str]]:
    """The fields as they are kept, and a sentence for each that is wrong."""
    asked = (
        ("subject", letter.subject, info.subject_label, MAX_SUBJECT_CHARACTERS, True),
        ("text", letter.text, info.text_label, info.max_text_characters, True),
        ("name", letter.name, "Họ và tên", MAX_NAME_CHARACTERS, False),
        ("email", letter.email, "Thư điện tử", MAX_EMAIL_CHARACTERS, False),
        (
            "organisation",
            letter.organisation,
            info.organisation_label,
            MAX_ORGANISATION_CHARACTERS,
            False,
        ),
        ("url", letter.url, info.url_label, MAX_URL_CHARACTERS, False),
    )
    values: dict[str, str] = {}
    wrong: dict[str, str] = {}
    for field, typed, label, limit, is_needed in asked:
        values[field], sentence = "", ""
        if label:
            values[field], sentence = plain.taken(
                typed, label=label, limit=limit, is_needed=is_needed, lines=field == "text"
            )
        if sentence:
            wrong[field] = sentence
    wrong = {**_wrong_together(info, letter, values), **wrong}
    return {
        "subject": values["subject"],
        "text": values["text"],
        "url": values["url"],
        "sender_name": values["name"],
        "sender_email": values["email"],
        "organisation": values["organisation"],
        "shows_name": bool(info.name_label) and letter.shows_name,
        "may_publish": bool(info.publish_label) and letter.may_publish,
    }, wrong


def _wrong_together(info: ChannelInfo, letter: Letter, values: dict[str, str]) -> dict[str, str]:
    """What no field tells by its length alone."""
    wrong: dict[str, str] = {}
    email, url = values["email"], values["url"]
    if email and not EMAIL.fullmatch(email):
        wrong["email"] = (
            f"Thư điện tử “{email[:60]}” chưa đúng; hãy nhập dạng ten@vidu.vn hoặc bỏ trống."
        )
    if url and not _is_address(url):
        wrong["url"] = "Địa chỉ nơi đăng phải bắt đầu bằng http:// hoặc https://."
    is_somebody = values["name"] or values["organisation"]
    if info.names_somebody and not is_somebody:
        wrong["name"] = "Hãy ghi tên người hoặc tên tổ chức muốn dùng lại."
    elif info.name_label and letter.shows_name and not is_somebody:
        wrong["name"] = "Bạn chọn nêu tên nhưng chưa ghi tên; hãy ghi tên hoặc bỏ chọn."
    if (values["name"] or email) and not letter.consents:
        wrong["consents"] = (
            "Bạn có ghi tên hoặc thư điện tử: hãy đánh dấu đồng ý để cơ quan dùng chúng vào việc "
            "trả lời, hoặc xoá hai ô ấy."
        )
    return wrong


def _is_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and " " not in value


def _sent_before(form: str, proof: Proof, secret_key: str) -> Receipt | None:
    """What this very form has brought already."""
    found = robots.read(form=form, signed=proof.ticket, secret_key=secret_key)
    if found is None:
        return None
    item = db.session.scalar(select(VoiceItem).where(VoiceItem.send_key == found[0].send_key))
    if item is None:
        return None
    code = codes.code_for(nonce=found[0].nonce, secret_key=secret_key)
    return Receipt(item, code, is_repeat=True)


def _confirm(
    item: VoiceItem,
    info: ChannelInfo,
    code: str,
    *,
    site_name: str,
    site_url: str,
    now: datetime,
) -> bool:
    """Mail the code to the address that was given. Nothing of what was typed is in it, so that
    nobody can have the site send words of theirs to others."""
    if not item.sender_email:
        return False
    lately = db.session.scalar(
        select(func.count(VoiceItem.id)).where(
            VoiceItem.sender_email == item.sender_email,
            VoiceItem.received_at > now - timedelta(days=1),
        )
    )
    if (lately or 0) > MAX_MAILS_A_DAY:
        return False
    due = f"Hạn trả lời: {format_date(item.due_on)}.\n" if item.due_on else ""
    body = (
        f"{site_name} đã nhận {info.noun} gửi từ trang thông tin.\n\n"
        f"Mã tra cứu: {code}\n{due}\n"
        f"Xem tình trạng và câu trả lời: mở {site_url}/tra-cuu rồi nhập mã trên. Ai có mã đều xem "
        "được, nên xin giữ kín.\n\n"
        "Nếu bạn không gửi, xin bỏ qua thư này.\n"
    )
    outbox.enqueue(
        to_address=item.sender_email,
        to_name="",
        subject=f"Đã nhận {info.noun} của bạn",
        body=body,
        now=now,
    )
    return True
