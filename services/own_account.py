"""What somebody changes in their own account: how they are told, address, password.

Address and password ask for the current password, with the throttle of logging in: whoever sits
down at an open computer is not to take the account over. Both are told to the address of before.
"""

from dataclasses import dataclass
from datetime import datetime

from extensions import db
from models import NotifyBy, User
from services import accounts, outbox
from services.errors import InvalidInput, NotAllowed
from services.mail_server import is_address

MAX_EMAIL_CHARACTERS = 254


@dataclass(frozen=True, slots=True)
class Proof:
    """The current password as typed, and what the throttle needs to know."""

    password: str
    address: str
    secret_key: str


def choose_notify_by(*, user: User, value: str) -> None:
    """How the mail comes; flushes. Raises InvalidInput for a choice that is none."""
    try:
        user.notify_by = NotifyBy(value)
    except ValueError:
        sentence = "Hãy chọn một trong ba cách nhận thông báo."
        raise InvalidInput(sentence, {"notify_by": sentence}) from None
    db.session.flush()


def change_email(*, user: User, email: str, proof: Proof, now: datetime) -> None:
    """Another address for mail, or none; flushes. Raises InvalidInput, TooMany."""
    email = email.strip()
    if email and (len(email) > MAX_EMAIL_CHARACTERS or not is_address(email)):
        sentence = "Địa chỉ thư chưa đúng; hãy ghi như an.nguyen@danang.gov.vn, không dấu."
        raise InvalidInput(sentence, {"email": sentence})
    _prove(user, proof, now)
    if email != user.email:
        _warn(user, f"Địa chỉ nhận thư của bạn vừa được đổi thành: {email or '(không có)'}.", now)
        user.email = email
    db.session.flush()


def change_password(
    *, user: User, password: str, repeated: str, proof: Proof, now: datetime
) -> None:
    """Another password; ends every session of this person, also the one at hand; flushes.

    Raises InvalidInput naming the field, TooMany.
    """
    password_hash = accounts.hash_password(password)
    if password != repeated:
        sentence = "Hai lần gõ mật khẩu mới chưa giống nhau; hãy gõ lại."
        raise InvalidInput(sentence, {"repeated": sentence})
    if password == proof.password:
        sentence = "Mật khẩu mới phải khác mật khẩu hiện tại."
        raise InvalidInput(sentence, {"password": sentence})
    _prove(user, proof, now)
    user.password_hash = password_hash
    accounts.end_sessions(user=user)
    _warn(user, "Mật khẩu của bạn vừa được đổi; mọi phiên đăng nhập khác đã kết thúc.", now)


def _prove(user: User, proof: Proof, now: datetime) -> None:
    try:
        accounts.authenticate(
            username=user.username,
            password=proof.password,
            address=proof.address,
            secret_key=proof.secret_key,
            now=now,
        )
    except NotAllowed as error:
        sentence = "Mật khẩu hiện tại chưa đúng. Hãy kiểm tra lại, kể cả phím Caps Lock."
        raise InvalidInput(sentence, {"current": sentence}) from error


def _warn(user: User, sentence: str, now: datetime) -> None:
    outbox.enqueue(
        to_address=user.email,
        to_name=user.full_name,
        subject="Tài khoản của bạn vừa được thay đổi",
        body=(
            f"Kính gửi {user.full_name},\n\n{sentence}\n\n"
            "Nếu không phải bạn làm việc này, hãy báo ngay cho quản trị viên của trang.\n"
        ),
        now=now,
    )
