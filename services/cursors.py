"""Where a re-user's reading of a list stopped: signed, so that it is only what we gave out.

A cursor names a moment and an id, after which the next page begins; what is put in meanwhile does
not shift it. It belongs to the question that it was given for.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from itsdangerous import BadSignature, URLSafeSerializer

from services.errors import InvalidInput

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_CHARACTERS = 300
_WRONG = (
    "cursor không đúng hoặc thuộc về bộ lọc khác. Hãy lấy nguyên “next” của trang trước, "
    "hoặc bỏ cursor để đọc lại từ đầu."
)


class Place(NamedTuple):
    """The last row that was given out."""

    at: datetime
    id: int


def write(place: Place, *, question: Mapping[str, str], secret_key: str) -> str:
    """The cursor that stands for this place in the answer to this question."""
    microseconds = (place.at - _EPOCH) // timedelta(microseconds=1)
    return str(_signer(secret_key).dumps([microseconds, place.id, _digest(question)]))


def read(text: str, *, question: Mapping[str, str], secret_key: str) -> Place:
    """The place. Raises InvalidInput for what we did not give out for this question."""
    try:
        value = _signer(secret_key).loads(text[: MAX_CHARACTERS + 1])
    except BadSignature:
        raise InvalidInput(_WRONG, {"cursor": _WRONG}) from None
    microseconds, id_, digest = value
    if digest != _digest(question):
        raise InvalidInput(_WRONG, {"cursor": _WRONG})
    return Place(_EPOCH + timedelta(microseconds=microseconds), id_)


def _signer(secret_key: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret_key, salt="cursor")


def _digest(question: Mapping[str, str]) -> str:
    said = json.dumps(sorted(question.items()), ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()[:16]
