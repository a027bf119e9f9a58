"""A mail server on loopback that keeps what it is sent, and can be told to refuse."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.support.servers import free_port

SENDER = "banbientap@so.example.vn"


@dataclass
class MailHost:
    """A real SMTP server: ``letters`` is what it has taken, in order."""

    port: int
    letters: list[EmailMessage] = field(default_factory=list)
    # What it answers to a recipient, or to the text of a mail; "" takes it.
    recipients: dict[str, str] = field(default_factory=dict)
    to_data: str = ""
    sessions: int = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}?from={SENDER}"

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's names
        self, _server: SMTP, session: Session, _envelope: Envelope, name: str, answers: list[str]
    ) -> list[str]:
        self.sessions += 1
        session.host_name = name
        return answers

    async def handle_RCPT(  # noqa: N802
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        if answer := self.recipients.get(address, ""):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        if self.to_data:
            return self.to_data
        content = envelope.content
        assert isinstance(content, bytes)
        letter = message_from_bytes(content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        assert envelope.rcpt_tos == [address.addr_spec for address in letter["To"].addresses]
        self.letters.append(letter)
        return "250 OK"

    def to(self, address: str) -> list[EmailMessage]:
        return [letter for letter in self.letters if address in str(letter["To"])]


@contextmanager
def mail_host(port: int | None = None) -> Iterator[MailHost]:
    """Serve until the end of the block; with ``port``, where another one was before."""
    host = MailHost(port or free_port())
    controller: Any = Controller(host, hostname="127.0.0.1", port=host.port)
    controller.start()
    try:
        yield host
    finally:
        controller.stop()
