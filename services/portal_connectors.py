"""The three ways to the city portal, behind one: a signed webhook, a mail, a folder.

The address is the administrator's, out of the configuration, and no writer's: so it may lie in
the agency's own network, where services/outside_web never goes (docs/adr/0024). Redirects are
not followed: what was signed for one address is for that one.
"""

import hashlib
import hmac
import json
import os
import shutil
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from services import outbox
from services.outside_web import PORTS, Pinned
from services.portal import is_web_address
from services.portal_parcel import Parcel
from services.publications import one_line

TIMEOUT_S = 10.0
DEADLINE_S = 25.0
MAX_ANSWER_BYTES = 64 * 1024
MAX_REASON_CHARACTERS = 300
# It has it already.
_KNOWN = 409
# Nothing that waiting would mend; of everything else the next try may be better.
_HOPELESS = frozenset({400, 413, 415, 422})


class DeliveryError(Exception):
    """It did not arrive; the sentence is for people. ``is_final``: another try would not help.
    ``retry_after_s`` is how long the portal asks us to wait."""

    def __init__(self, sentence: str, *, is_final: bool = False, retry_after_s: int = 0) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.is_final = is_final
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the portal answered. Neither accepted nor refused: it has it, and will say later."""

    is_accepted: bool = False
    is_refused: bool = False
    address: str = ""
    reason: str = ""


class Connector(Protocol):
    """One way to the portal."""

    def deliver(self, parcel: Parcel, *, now: datetime) -> Receipt:
        """Hand it over. Raises DeliveryError. Handing over the same twice is as once."""


def connector_of(config: Mapping[str, Any]) -> Connector | None:
    """The way that PORTAL_URL names; None if none is set."""
    url = str(config["PORTAL_URL"])
    scheme, _, rest = url.partition(":")
    match scheme:
        case "":
            return None
        case "mailto":
            return ByMail(unquote(rest), str(config["SITE_NAME"]))
        case "file":
            return IntoFolder(Path(rest))
        case _:
            return Webhook(url, str(config["PORTAL_SECRET"]), str(config["SITE_URL"]))


def sign(*, secret: str, timestamp: int, body: bytes) -> str:
    """The signature that both sides compute: HMAC-SHA256 over the time and the body."""
    signed = f"{timestamp}.".encode() + body
    return "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Webhook:
    """POST of the JSON, signed."""

    url: str
    secret: str
    site_url: str
    context: ssl.SSLContext | None = None
    deadline_s: float = DEADLINE_S

    def deliver(self, parcel: Parcel, *, now: datetime) -> Receipt:
        timestamp = int(now.timestamp())
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": f"TrangTin (+{self.site_url})",
            "Connection": "close",
            "Idempotency-Key": parcel.key,
            "X-Portal-Event": parcel.event.value,
            "X-Portal-Timestamp": str(timestamp),
            "X-Portal-Signature": sign(secret=self.secret, timestamp=timestamp, body=parcel.body),
        }
        try:
            status, retry_after, body = self._post(parcel.body, headers)
        except ssl.SSLCertVerificationError:
            raise DeliveryError("Chứng chỉ bảo mật của Cổng không hợp lệ.") from None
        except TimeoutError:
            raise DeliveryError("Cổng không trả lời kịp.") from None
        except (OSError, HTTPException, ValueError):
            raise DeliveryError("Không kết nối được với Cổng.") from None
        if 200 <= status < 300 or status == _KNOWN:
            return _receipt(body)
        if 300 <= status < 400:
            raise DeliveryError(
                f"Cổng trả lời {status}, chuyển sang địa chỉ khác; hãy sửa PORTAL_URL."
            )
        if status in {401, 403}:
            raise DeliveryError(f"Cổng trả lời {status}: không nhận chữ ký; hãy xem PORTAL_SECRET.")
        reason = _receipt(body).reason
        raise DeliveryError(
            f"Cổng trả lời {status}" + (f": {reason}" if reason else "."),
            is_final=status in _HOPELESS,
            retry_after_s=retry_after,
        )

    def _post(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, int, bytes]:
        parts = urlsplit(self.url)
        host = parts.hostname or ""
        connection = Pinned(host, parts.port or PORTS[parts.scheme], host, timeout=TIMEOUT_S)
        with connection.for_at_most(self.deadline_s, scheme=parts.scheme, context=self.context):
            connection.request("POST", _target(parts), body=body, headers=dict(headers))
            answer = connection.getresponse()
            return answer.status, _retry_after(answer), answer.read(MAX_ANSWER_BYTES)


def _target(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _retry_after(answer: HTTPResponse) -> int:
    typed = (answer.getheader("Retry-After") or "").strip()
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= 6 else 0


def _receipt(body: bytes) -> Receipt:
    """What the answer says, if it says it in JSON; whoever answers otherwise has taken it in."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return Receipt()
    if not isinstance(said, dict):
        return Receipt()
    status, address, reason = (
        value if isinstance(value := said.get(name), str) else ""
        for name in ("status", "address", "reason")
    )
    return Receipt(
        is_accepted=status == "accepted",
        is_refused=status == "refused",
        address=address if is_web_address(address) else "",
        reason=one_line(reason[: MAX_REASON_CHARACTERS * 4])[:MAX_REASON_CHARACTERS],
    )


@dataclass(frozen=True, slots=True)
class ByMail:
    """A mail through the outbox, which tries until it is sent."""

    to_address: str
    site_name: str

    def deliver(self, parcel: Parcel, *, now: datetime) -> Receipt:
        outbox.enqueue(
            to_address=self.to_address,
            to_name="Cổng thông tin điện tử thành phố",
            subject=f"{_SUBJECTS[parcel.event.value]}: {parcel.title}",
            body=f"{self.site_name} kính gửi Cổng thông tin điện tử.\n\n{parcel.text}\n",
            now=now,
        )
        return Receipt()


_SUBJECTS = {
    "publish": "Bài gửi đăng",
    "update": "Bản sửa của bài đã gửi",
    "correct": "Đính chính bài đã gửi",
    "withdraw": "Đề nghị gỡ bài đã gửi",
}


@dataclass(frozen=True, slots=True)
class IntoFolder:
    """A folder of the portal's for each delivery, there whole or not at all."""

    folder: Path

    def deliver(self, parcel: Parcel, *, now: datetime) -> Receipt:
        target = self.folder / f"{now:%Y%m%d}-{parcel.event.value}-{parcel.key}"
        half = self.folder / f".{parcel.key}.part"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            # Taken up again on another day it would have another name.
            if any(self.folder.glob(f"*-{parcel.key}")):
                return Receipt()
            shutil.rmtree(half, ignore_errors=True)
            half.mkdir()
            for one in parcel.media:
                if one.path.is_file():
                    shutil.copyfile(one.path, half / one.name)
                    _settle(half / one.name)
            (half / "bai.json").write_bytes(parcel.body)
            _settle(half / "bai.json")
            half.rename(target)
        except OSError as error:
            shutil.rmtree(half, ignore_errors=True)
            raise DeliveryError(
                f"Không ghi được vào thư mục của Cổng ({error.strerror or 'lỗi đĩa'})."
            ) from error
        return Receipt()


def _settle(path: Path) -> None:
    """On the disk before the name says that it is there."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
