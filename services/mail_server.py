"""The mail server: what MAIL_URL says, the mail as it goes out, and what came back from it."""

import re
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.charset import QP, Charset
from email.errors import MessageError
from email.header import Header
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

# For each answer of the server: a dead one must not hold the background work.
TIMEOUT_S = 10
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
# The newer EmailMessage loses spaces where it breaks a long Vietnamese subject (Python 3.11).
POLICY = compat32.clone(mangle_from_=False)
# Every server takes it; not every one takes eight bits.
UTF8: Any = Charset("utf-8")
UTF8.body_encoding = QP
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class MailError(Exception):
    """A mail did not go out; the message is for the administrator."""


class Refused(MailError):
    """This mail will never be taken (an answer of 5xx to it, or an address that is none)."""


class Delayed(MailError):
    """This mail may be taken later (an answer of 4xx)."""


class ServerAway(MailError):
    """The server takes no mail at all now: it is away, or does not know us."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to one person, in plain text. ``message_id`` is what knows it again."""

    to_address: str
    to_name: str
    subject: str
    body: str
    message_id: str
    written_at: datetime


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail goes out, and in whose name."""

    host: str
    port: int
    is_tls: bool
    username: str
    password: str
    sender: str
    sender_name: str

    @classmethod
    def from_url(cls, url: str, *, sender_name: str) -> "MailServer":
        """Read a MAIL_URL that the configuration has checked."""
        parts = urlsplit(url)
        is_tls = parts.scheme == "smtps"
        return cls(
            host=parts.hostname or "",
            port=parts.port or (465 if is_tls else 25),
            is_tls=is_tls,
            username=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            sender=parse_qs(parts.query)["from"][0],
            sender_name=one_line(sender_name),
        )

    @property
    def domain(self) -> str:
        return self.sender.rpartition("@")[2]

    def compose(self, letter: Letter) -> MIMEText:
        """The mail as it goes out. Raises Refused for an address that is none."""
        if not is_address(letter.to_address):
            raise Refused(f"“{letter.to_address[:80]}” không phải địa chỉ thư điện tử.")
        try:
            message: Any = MIMEText(letter.body, "plain", UTF8, policy=POLICY)
            message["From"] = _mailbox(self.sender_name, self.sender)
            message["To"] = _mailbox(letter.to_name, letter.to_address)
            message["Subject"] = Header(one_line(letter.subject), "utf-8")
            message["Date"] = format_datetime(letter.written_at)
            message["Message-ID"] = f"<{letter.message_id}@{self.domain}>"
            # So that no "I am on holiday" comes back (RFC 3834).
            message["Auto-Submitted"] = "auto-generated"
        except (ValueError, MessageError) as error:
            raise Refused(f"Không soạn được thư ({error}).") from error
        composed: MIMEText = message
        return composed

    def line(self) -> "Line":
        """A line to the server, not opened yet."""
        return Line(self)

    def open(self) -> smtplib.SMTP:
        """A session, private and logged in. Raises what smtplib does, and OSError."""
        if self.is_tls:
            session: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host,
                self.port,
                local_hostname=self.domain,
                timeout=TIMEOUT_S,
                context=ssl.create_default_context(),
            )
        else:
            session = smtplib.SMTP(
                self.host, self.port, local_hostname=self.domain, timeout=TIMEOUT_S
            )
        try:
            session.ehlo_or_helo_if_needed()
            is_private = self.is_tls or self.host in LOOPBACK
            if not self.is_tls and session.has_extn("starttls"):
                session.starttls(context=ssl.create_default_context())
                is_private = True
            if self.username:
                if not is_private:
                    raise smtplib.SMTPException(
                        "máy chủ không có STARTTLS nên không gửi mật khẩu; hãy dùng smtps://"
                    )
                session.login(self.username, self.password)
        except BaseException:
            session.close()
            raise
        return session


class Line:
    """One session for several mails, opened with the first."""

    def __init__(self, server: MailServer) -> None:
        self.server = server
        self.session: smtplib.SMTP | None = None

    def deliver(self, letter: Letter) -> None:
        """Send one. Raises Refused or Delayed for this mail, ServerAway for all."""
        server = self.server
        message = server.compose(letter)
        if self.session is None:
            try:
                self.session = server.open()
            except (OSError, smtplib.SMTPException) as error:
                raise ServerAway(
                    f"Không vào được máy chủ thư {server.host}: {said(error)}"
                ) from error
        try:
            self.session.send_message(message, server.sender, [letter.to_address])
        except smtplib.SMTPRecipientsRefused as error:
            code, answer = next(iter(error.recipients.values()))
            raise _by_code(code, answer) from error
        except smtplib.SMTPSenderRefused as error:
            # Of us, not of this mail: the next one would fare no better.
            raise ServerAway(
                f"Máy chủ thư không nhận địa chỉ gửi {server.sender}: {said(error)}"
            ) from error
        except smtplib.SMTPDataError as error:
            raise _by_code(error.smtp_code, error.smtp_error) from error
        except (OSError, smtplib.SMTPException) as error:
            raise ServerAway(f"Mất kết nối với máy chủ thư: {said(error)}") from error

    def close(self) -> None:
        if self.session is not None:
            with suppress(OSError, smtplib.SMTPException):
                self.session.quit()
            self.session = None


def is_address(text: str) -> bool:
    """Whether a mail can be addressed to this."""
    return bool(_ADDRESS.fullmatch(text)) and "." in text.rpartition("@")[2]


def one_line(text: str) -> str:
    """What may stand in a header: one line, nothing unseen. A line end would begin another."""
    return " ".join(_UNPRINTABLE.sub(" ", text).split())


def _mailbox(name: str, address: str) -> Header:
    header = Header()
    if name := one_line(name):
        header.append(name, "utf-8")
    header.append(f"<{address}>", "us-ascii")
    return header


def said(error: Exception) -> str:
    """What the server (or the system) answered, for the administrator."""
    if isinstance(error, smtplib.SMTPResponseException):
        return _answer(error.smtp_code, error.smtp_error)
    return one_line(str(error))[:200] or type(error).__name__


def _answer(code: int, answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
    return f"{code} {one_line(text)[:200]}"


def _by_code(code: int, answer: bytes | str) -> MailError:
    kind = Refused if 500 <= code <= 599 else Delayed
    return kind(f"Máy chủ thư trả lời: {_answer(code, answer)}")
