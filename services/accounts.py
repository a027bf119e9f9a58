"""Accounts: passwords, logging in with a throttle, sessions that can be ended.

Passwords are hashed with argon2id (RFC 9106). A refused login says the same whether the name or
the password was wrong, and takes as long.
"""

import hashlib
import hmac
import re
import secrets
import unicodedata
from collections.abc import Collection
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func, select

from extensions import db
from models import LoginFailure, Role, Unit, User
from services import audit
from services.errors import InvalidInput, NotAllowed, NotFound, TooMany
from services.vietnamese import clean, person_sort_key

MIN_PASSWORD_CHARACTERS = 10
MAX_PASSWORD_CHARACTERS = 200
USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{2,63}")

THROTTLE_WINDOW = timedelta(minutes=15)
# An account is closed to one address sooner than to the world, so that a stranger cannot lock
# an official out by guessing in their name.
MAX_FAILURES_PER_ACCOUNT_AND_ADDRESS = 5
MAX_FAILURES_PER_ADDRESS = 30
MAX_FAILURES_PER_ACCOUNT = 50

GENERIC_REFUSAL = "Tên đăng nhập hoặc mật khẩu chưa đúng. Hãy kiểm tra lại, kể cả phím Caps Lock."

# Stands where there is no password yet: nothing that is typed matches it.
NO_PASSWORD = "!"  # noqa: S105 - that there is none
ROLE_NAMES = {
    Role.CONTRIBUTOR: "Cộng tác viên",
    Role.EDITOR: "Biên tập viên",
    Role.CHIEF: "Ban biên tập",
    Role.ADMIN: "Quản trị viên",
}
EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
MAX_EMAIL_CHARACTERS = 254

_hasher = PasswordHasher()
# Verified against when there is no such account, so that the answer takes as long.
_DUMMY_HASH = _hasher.hash(secrets.token_hex(16))


def _prepare(password: str) -> str:
    """Telex and the phone may spell one password in two ways; both are the same password."""
    return unicodedata.normalize("NFC", password)


def hash_password(password: str) -> str:
    """The argon2id hash. Raises InvalidInput for one that is too short or too long."""
    password = _prepare(password)
    if not MIN_PASSWORD_CHARACTERS <= len(password) <= MAX_PASSWORD_CHARACTERS:
        sentence = f"Mật khẩu cần từ {MIN_PASSWORD_CHARACTERS} đến {MAX_PASSWORD_CHARACTERS} ký tự."
        raise InvalidInput(sentence, {"password": sentence})
    return _hasher.hash(password)


def normalise_username(username: str) -> str:
    """How a user name is stored and compared: NFC, lower case, nothing unseen, no space around."""
    return clean(username).strip().casefold()


def check_identity(
    *, username: str, full_name: str, email: str, taken: Collection[str] = ()
) -> tuple[str, str, str, dict[str, str]]:
    """User name, full name and address as they are stored, and a sentence for each that is wrong.

    ``taken`` are the names that are in use.
    """
    fields: dict[str, str] = {}
    username = normalise_username(username)
    full_name = " ".join(clean(full_name).split())
    email = clean(email).strip()
    if not USERNAME.fullmatch(username):
        fields["username"] = (
            "Tên đăng nhập gồm 3–64 chữ thường không dấu, chữ số, dấu chấm, gạch ngang."
        )
    elif username in taken:
        fields["username"] = f"Tên đăng nhập “{username}” đã có người dùng; hãy chọn tên khác."
    if not 2 <= len(full_name) <= 120:
        fields["full_name"] = "Họ và tên cần từ 2 đến 120 ký tự."
    if email and not (EMAIL.fullmatch(email) and len(email) <= MAX_EMAIL_CHARACTERS):
        fields["email"] = (
            f"Thư điện tử “{email[:60]}” chưa đúng; hãy nhập dạng ten@coquan.gov.vn hoặc bỏ trống."
        )
    return username, full_name, email, fields


def create_user(
    *,
    username: str,
    full_name: str,
    role: Role,
    unit: Unit,
    password: str,
    now: datetime,
    email: str = "",
) -> User:
    """A new account. Raises InvalidInput naming each field that is wrong."""
    name = normalise_username(username)
    taken = db.session.scalars(select(User.username).where(User.username == name)).all()
    username, full_name, email, fields = check_identity(
        username=username, full_name=full_name, email=email, taken=taken
    )
    try:
        password_hash = hash_password(password)
    except InvalidInput as error:
        fields.update(error.fields)
    if fields:
        raise InvalidInput(" ".join(fields.values()), fields)
    user = User(
        username=username,
        full_name=full_name,
        sort_key=person_sort_key(full_name),
        email=email,
        password_hash=password_hash,
        role=role,
        unit=unit,
        session_token=new_session_token(),
        is_active=True,
        created_at=now,
    )
    db.session.add(user)
    db.session.flush()
    return user


def disable_user(*, username: str, now: datetime, actor: User | None = None) -> User:
    """Close an account and end its sessions, audited. Raises NotFound, or NotAllowed for the last
    administrator."""
    user = db.session.scalar(select(User).where(User.username == normalise_username(username)))
    if user is None:
        raise NotFound(f"Không có tài khoản “{username}”.")
    if not user.is_active:
        return user
    require_other_administrator(user)
    user.is_active = False
    end_sessions(user=user)
    audit.record(
        actor=actor,
        action="user.disable",
        subject="user",
        subject_key=str(user.id),
        subject_name=f"{user.full_name} ({user.username})",
        changes={"is_active": [True, False]},
        now=now,
    )
    return user


def require_other_administrator(user: User) -> None:
    """Raise NotAllowed if nobody could administer the site without this user."""
    if user.role is not Role.ADMIN or not user.is_active:
        return
    # Two administrators who demote each other at once: the second waits, and is the last one.
    # Somebody who was only invited cannot let anybody in.
    others = db.session.execute(
        select(User.id, User.is_active, User.role)
        .where(User.role == Role.ADMIN, User.is_active, User.password_hash != NO_PASSWORD)
        .order_by(User.id)
        .with_for_update()
    ).all()
    if not [row for row in others if row.id != user.id]:
        raise NotAllowed(
            "Đây là quản trị viên cuối cùng đang hoạt động nên không khoá hay đổi vai trò được; "
            "hãy giao quyền quản trị cho một người khác trước."
        )


def new_session_token() -> str:
    """A fresh name for somebody's sessions (256 random bits)."""
    return secrets.token_urlsafe(32)


def end_sessions(*, user: User) -> None:
    """Make every session cookie of this user worthless, also a copied one."""
    user.session_token = new_session_token()
    db.session.flush()


def user_for_session(token: str) -> User | None:
    """Whose session this is, or None if it was ended or the account closed."""
    if not token:
        return None
    user = db.session.scalar(select(User).where(User.session_token == token))
    return user if user is not None and user.is_active else None


def authenticate(
    *, username: str, password: str, address: str, secret_key: str, now: datetime
) -> User:
    """Who this is. Raises NotAllowed with one sentence for every reason, or TooMany.

    A refusal is recorded (flushed): the route must commit it even though it answers an error.
    """
    username = normalise_username(username)[:200]
    account_hash = _keyed(secret_key, "account", username)
    address_hash = _keyed(secret_key, "address", address)
    _throttle(account_hash=account_hash, address_hash=address_hash, now=now)
    user = db.session.scalar(select(User).where(User.username == username))
    has_password = user is not None and user.password_hash != NO_PASSWORD
    stored = user.password_hash if user is not None and has_password else _DUMMY_HASH
    try:
        _hasher.verify(stored, _prepare(password[:1000]))
        is_right = has_password and user is not None and user.is_active
    except (VerificationError, InvalidHashError):
        is_right = False
    if user is None or not is_right:
        db.session.add(LoginFailure(account_hash=account_hash, address_hash=address_hash, at=now))
        db.session.execute(delete(LoginFailure).where(LoginFailure.at < now - THROTTLE_WINDOW))
        db.session.flush()
        raise NotAllowed(GENERIC_REFUSAL)
    db.session.execute(
        delete(LoginFailure).where(
            LoginFailure.account_hash == account_hash, LoginFailure.address_hash == address_hash
        )
    )
    if _hasher.check_needs_rehash(user.password_hash):
        user.password_hash = _hasher.hash(_prepare(password))
    user.last_login_at = now
    db.session.flush()
    return user


def failures_of(*, username: str, secret_key: str, now: datetime) -> int:
    """How many wrong passwords were tried for this account within the throttle's window."""
    account_hash = _keyed(secret_key, "account", normalise_username(username))
    count = db.session.scalar(
        select(func.count(LoginFailure.id)).where(
            LoginFailure.account_hash == account_hash, LoginFailure.at > now - THROTTLE_WINDOW
        )
    )
    return count or 0


def forget_failures(*, username: str, secret_key: str) -> None:
    """Let somebody who mistyped too often try again at once."""
    account_hash = _keyed(secret_key, "account", normalise_username(username))
    db.session.execute(delete(LoginFailure).where(LoginFailure.account_hash == account_hash))


def _keyed(secret_key: str, purpose: str, value: str) -> str:
    return hmac.new(
        secret_key.encode(), f"login/{purpose}/{value}".encode(), hashlib.sha256
    ).hexdigest()


def _throttle(*, account_hash: str, address_hash: str, now: datetime) -> None:
    recent = LoginFailure.at > now - THROTTLE_WINDOW
    by_account = LoginFailure.account_hash == account_hash
    by_address = LoginFailure.address_hash == address_hash
    for conditions, limit in (
        ((by_account, by_address), MAX_FAILURES_PER_ACCOUNT_AND_ADDRESS),
        ((by_address,), MAX_FAILURES_PER_ADDRESS),
        ((by_account,), MAX_FAILURES_PER_ACCOUNT),
    ):
        count, first = db.session.execute(
            select(func.count(), func.min(LoginFailure.at)).where(recent, *conditions)
        ).one()
        if count >= limit:
            wait = first + THROTTLE_WINDOW - now
            minutes = max(1, -(-int(wait.total_seconds()) // 60))
            raise TooMany(
                f"Đã thử đăng nhập sai quá nhiều lần. Hãy đợi {minutes} phút rồi thử lại.",
                retry_after_s=max(1, int(wait.total_seconds())),
            )
