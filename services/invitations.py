"""Links by which people choose their password: an invitation, or a way back in.

The address holds a secret of which only the hash is stored; it works once, for a week, and a
newer one ends those before it.
"""

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import joinedload

from extensions import db
from models import AccountToken, OutboxMail, TokenPurpose, User
from services import outbox
from services.accounts import NO_PASSWORD, end_sessions, forget_failures, hash_password
from services.dates import format_date
from services.errors import InvalidInput, NotFound

LIFETIME = timedelta(days=7)
# The same for what never was, was used, has expired or was replaced: a guess learns nothing.
GONE = (
    "Liên kết này không dùng được: đã được dùng, đã quá 7 ngày, đã có liên kết mới hơn, hoặc chép "
    "chưa đủ. Hãy mở lại đúng liên kết trong thư, hoặc nhờ quản trị viên cấp liên kết mới."
)

LinkFor = Callable[[str], str]


def has_password(user: User) -> bool:
    """Whether this person has ever chosen one; until then they are only invited."""
    return user.password_hash != NO_PASSWORD


def issue(
    *, user: User, actor: User | None, link_for: LinkFor, site_name: str, now: datetime
) -> str:
    """A new link for this person, mailed if they have an address; the link itself, to be shown
    once to whoever asked for it. Ends every link before it; flushes."""
    revoke(user=user)
    rows, link = compose(user=user, actor=actor, link_for=link_for, site_name=site_name, now=now)
    db.session.add_all(rows)
    db.session.flush()
    return link


def compose(
    *, user: User, actor: User | None, link_for: LinkFor, site_name: str, now: datetime
) -> tuple[list[AccountToken | OutboxMail], str]:
    """The rows of a link and of its mail, for the caller to add, and the link. For whoever
    invites thousands of new people at once, who have no older link to end."""
    token = secrets.token_urlsafe(32)
    purpose = TokenPurpose.RESET if has_password(user) else TokenPurpose.INVITE
    expires_at = now + LIFETIME
    link = link_for(token)
    subject, body = _mail(user, purpose, link, site_name, expires_at)
    mail = outbox.compose(
        to_address=user.email, to_name=user.full_name, subject=subject, body=body, now=now
    )
    row = AccountToken(
        user_id=user.id,
        purpose=purpose,
        token_hash=_hash(token),
        created_by_id=actor.id if actor else None,
        created_at=now,
        expires_at=expires_at,
    )
    return ([row, mail] if mail else [row]), link


def revoke(*, user: User) -> None:
    """End the links of this person that were not used yet."""
    db.session.execute(
        delete(AccountToken).where(AccountToken.user_id == user.id, AccountToken.used_at.is_(None))
    )


def find(*, token: str, now: datetime) -> AccountToken:
    """The link that this address names, if it still works. Raises NotFound with one sentence."""
    row = db.session.scalar(
        select(AccountToken)
        .options(joinedload(AccountToken.user, innerjoin=True))
        .where(AccountToken.token_hash == _hash(token[:200]))
    )
    if row is None or row.used_at is not None or row.expires_at <= now or not row.user.is_active:
        raise NotFound(GONE)
    return row


def accept(*, token: str, password: str, again: str, secret_key: str, now: datetime) -> User:
    """Set the password that was chosen; flushes. Ends the link and every session.

    Raises NotFound for a link that does not work, InvalidInput (the link still works then).
    """
    # Sent twice at once: the second waits, and finds it used.
    mine = AccountToken.token_hash == _hash(token[:200])
    db.session.execute(select(AccountToken.id).where(mine).with_for_update())
    row = find(token=token, now=now)
    hashed = hash_password(password)
    if password != again:
        sentence = "Hai lần nhập mật khẩu chưa giống nhau; hãy nhập lại cả hai."
        raise InvalidInput(sentence, {"again": sentence})
    user = row.user
    user.password_hash = hashed
    row.used_at = now
    end_sessions(user=user)
    forget_failures(username=user.username, secret_key=secret_key)
    db.session.flush()
    return user


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _mail(
    user: User, purpose: TokenPurpose, link: str, site_name: str, expires_at: datetime
) -> tuple[str, str]:
    until = format_date(expires_at)
    if purpose is TokenPurpose.INVITE:
        subject = f"Mời bạn nhận tài khoản trên {site_name}"
        what = f"Bạn được mời làm việc trên {site_name} với tên đăng nhập “{user.username}”."
    else:
        subject = f"Đặt lại mật khẩu trên {site_name}"
        what = f"Quản trị viên cấp lại mật khẩu cho tài khoản “{user.username}” trên {site_name}."
    body = (
        f"Kính gửi {user.full_name},\n\n{what}\n\n"
        f"Hãy mở liên kết sau để chọn mật khẩu của riêng bạn:\n{link}\n\n"
        f"Liên kết dùng được một lần, đến hết ngày {until}. Xin đừng chuyển thư này cho người "
        "khác.\nNếu bạn không chờ thư này, hãy báo quản trị viên.\n"
    )
    return subject, body
