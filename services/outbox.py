"""Mail that is to go out: kept in the transaction of what it tells of, sent in the background.

A mail is claimed (its next try put off, committed), sent, and then marked as sent. A process that
is killed between the last two sends it once more after the claim has passed: the Message-ID is
the same, by which the receiving side knows the copy. The other order would lose mail instead.
"""

import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, delete, func, select, update
from sqlalchemy.orm import defer

from extensions import db
from models import OutboxMail
from services.errors import Conflict, NotFound
from services.mail_server import Letter, MailError, MailServer, Refused, ServerAway

MAX_TRIES = 16
# What has waited longer is news no more (and the tries above take about as long).
MAX_AGE = timedelta(days=3)
FIRST_DELAY = timedelta(minutes=2)
LONGEST_DELAY = timedelta(hours=6)
# Longer than all that one mail can wait for its server.
CLAIM = timedelta(minutes=10)
MAX_PER_RUN = 50
MAX_RUN_S = 40
KEPT = timedelta(days=90)
# Enough for a run of every minute to come to it, after a burst too.
OVERDUE = timedelta(hours=1)
MAX_ERROR_CHARACTERS = 500
TOO_LATE = "Không gửi được trong 3 ngày nên thôi gửi."


class Shelf(StrEnum):
    """Where a mail stands, for whoever looks after the machine."""

    WAITING = "waiting"
    SENT = "sent"
    GIVEN_UP = "given_up"


SHELVES: dict[Shelf, tuple[ColumnElement[bool], ...]] = {
    Shelf.WAITING: (OutboxMail.sent_at.is_(None), OutboxMail.failed_at.is_(None)),
    Shelf.SENT: (OutboxMail.sent_at.is_not(None),),
    Shelf.GIVEN_UP: (OutboxMail.failed_at.is_not(None),),
}


@dataclass(frozen=True, slots=True)
class MailPage:
    """One page of a shelf, newest first; ``number`` and ``pages`` count from 1."""

    items: Sequence[OutboxMail]
    number: int
    pages: int
    total: int


def enqueue(
    *, to_address: str, to_name: str, subject: str, body: str, now: datetime
) -> OutboxMail | None:
    """Put one mail (plain text) into the outbox; flushes. None if the person has no address.

    Whether a mail server is set does not matter here: without one nothing is taken out.
    """
    mail = compose(to_address=to_address, to_name=to_name, subject=subject, body=body, now=now)
    if mail is not None:
        db.session.add(mail)
        db.session.flush()
    return mail


def compose(
    *, to_address: str, to_name: str, subject: str, body: str, now: datetime
) -> OutboxMail | None:
    """The row that ``enqueue`` adds, for whoever writes to thousands at once."""
    if not to_address:
        return None
    return OutboxMail(
        to_address=to_address[:254],
        to_name=to_name[:120],
        subject=subject[:300],
        body=body,
        message_id=secrets.token_urlsafe(24),
        created_at=now,
        next_try_at=now,
    )


def send_waiting(*, server: MailServer, now: datetime, checkpoint: Callable[[], None]) -> int:
    """Send what is due, within bounds of number and time; answers how many went out.

    ``checkpoint`` commits: no transaction is open while the server is spoken to.
    """
    ends_at = time.monotonic() + MAX_RUN_S
    sent = 0
    _give_up_stale(now)
    with closing(server.line()) as line:
        for _ in range(MAX_PER_RUN):
            claimed = _claim(now)
            checkpoint()
            if claimed is None:
                break
            mail_id, letter = claimed
            try:
                line.deliver(letter)
            except MailError as error:
                _note_failure(mail_id, error, now)
                checkpoint()
                if isinstance(error, ServerAway):
                    # The others would fare no better; they are not held against it.
                    break
            else:
                _note_sent(mail_id, now)
                checkpoint()
                sent += 1
            if time.monotonic() > ends_at:
                break
    return sent


def prune(*, now: datetime, has_server: bool) -> int:
    """Delete what is over since long; without a mail server also what nobody will ever take
    out. Answers how many; flushes."""
    over = (OutboxMail.sent_at < now - KEPT) | (OutboxMail.failed_at < now - KEPT)
    if not has_server:
        over |= and_(*SHELVES[Shelf.WAITING], OutboxMail.created_at < now - MAX_AGE)
    return len(db.session.scalars(delete(OutboxMail).where(over).returning(OutboxMail.id)).all())


def page_of(*, shelf: Shelf, number: int, per_page: int) -> MailPage:
    """One page of a shelf, newest first."""
    conditions = SHELVES[shelf]
    total = db.session.scalar(select(func.count(OutboxMail.id)).where(*conditions)) or 0
    pages = max(1, -(-total // per_page))
    number = min(max(1, number), pages)
    query = (
        select(OutboxMail)
        # The text may hold the way to a new password, which is its reader's alone.
        .options(defer(OutboxMail.body, raiseload=True))
        .where(*conditions)
        .order_by(OutboxMail.id.desc())
        .limit(per_page)
        .offset((number - 1) * per_page)
    )
    return MailPage(db.session.scalars(query).all(), number, pages, total)


def count_shelves() -> dict[Shelf, int]:
    """How many mails stand on each shelf."""
    columns = [func.count(OutboxMail.id).filter(*SHELVES[shelf]) for shelf in Shelf]
    counts = db.session.execute(select(*columns)).one()
    return dict(zip(Shelf, counts, strict=True))


def count_overdue(*, now: datetime) -> int:
    """How many mails should have been tried long ago, and were not: nobody takes them out."""
    query = select(func.count(OutboxMail.id)).where(
        *SHELVES[Shelf.WAITING], OutboxMail.next_try_at < now - OVERDUE
    )
    return db.session.scalar(query) or 0


def send_again(*, mail_id: int, now: datetime) -> OutboxMail:
    """Gửi lại: one more try at what was given up; flushes. Raises NotFound or Conflict."""
    mail = db.session.get(OutboxMail, mail_id, with_for_update=True)
    if mail is None:
        raise NotFound("Không còn thư này trong sổ; thư cũ được dọn sau 90 ngày.")
    if mail.failed_at is None:
        raise Conflict("Thư này không còn ở mục “Không gửi được”; hãy tải lại trang để xem.")
    mail.failed_at = None
    mail.next_try_at = now
    # One try, whose outcome whoever asked for it will see.
    mail.tries = MAX_TRIES - 1
    db.session.flush()
    return mail


def _claim(now: datetime) -> tuple[int, Letter] | None:
    """The next mail that is due, put off for everybody else; flushes."""
    query = (
        select(OutboxMail)
        .where(*SHELVES[Shelf.WAITING], OutboxMail.next_try_at <= now)
        .order_by(OutboxMail.next_try_at, OutboxMail.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    mail = db.session.scalar(query)
    if mail is None:
        return None
    mail.tries += 1
    mail.next_try_at = now + CLAIM
    letter = Letter(
        to_address=mail.to_address,
        to_name=mail.to_name,
        subject=mail.subject,
        body=mail.body,
        message_id=mail.message_id,
        written_at=mail.created_at,
    )
    db.session.flush()
    return mail.id, letter


def _note_sent(mail_id: int, now: datetime) -> None:
    mail = db.session.get(OutboxMail, mail_id)
    if mail is not None:
        mail.sent_at = now
        mail.next_try_at = None
        mail.last_error = ""
        # It may hold the way to a new password; it has done its work.
        mail.body = ""
        db.session.flush()


def _note_failure(mail_id: int, error: MailError, now: datetime) -> None:
    mail = db.session.get(OutboxMail, mail_id)
    if mail is None:
        return
    mail.last_error = str(error)[:MAX_ERROR_CHARACTERS]
    is_over = mail.tries >= MAX_TRIES or now - mail.created_at > MAX_AGE
    if isinstance(error, Refused) or is_over:
        mail.failed_at = now
        mail.next_try_at = None
    else:
        # The exponent is bounded by MAX_TRIES.
        mail.next_try_at = now + min(FIRST_DELAY * 2 ** (mail.tries - 1), LONGEST_DELAY)
    db.session.flush()


def _give_up_stale(now: datetime) -> None:
    """What waited for days without a try (nothing ran, or no server was set) is not news."""
    db.session.execute(
        update(OutboxMail)
        .where(
            *SHELVES[Shelf.WAITING], OutboxMail.tries == 0, OutboxMail.created_at < now - MAX_AGE
        )
        .values(failed_at=now, next_try_at=None, last_error=TOO_LATE)
    )
