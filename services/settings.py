"""Choices that the administrator makes while the site runs; each with its default and meaning."""

from collections.abc import Sequence
from typing import Any

from extensions import db
from models import Setting
from services.errors import InvalidInput

# key: (default, admissible values or None, meaning)
KNOWN: dict[str, tuple[Any, Sequence[Any] | None, str]] = {
    "review_steps": (2, (1, 2), "Số bước duyệt: 2 = biên tập rồi duyệt; 1 = duyệt và đăng ngay"),
    "posts_per_page": (12, range(1, 101), "Số bài trên một trang danh sách"),
}


def get(key: str) -> Any:
    """The value in force. Raises KeyError for a setting that does not exist."""
    default = KNOWN[key][0]
    row = db.session.get(Setting, key)
    return default if row is None else row.value


def put(*, key: str, value: Any) -> None:
    """Set one. Raises InvalidInput if the value is not among those that it admits."""
    _, admissible, meaning = KNOWN[key]
    # True equals 1, and is no number that anybody chose.
    if admissible is not None and (isinstance(value, bool) or value not in admissible):
        if isinstance(admissible, range):
            values = f"từ {admissible[0]} đến {admissible[-1]}"
        else:
            values = ", ".join(str(item) for item in admissible)
        raise InvalidInput(f"{meaning}: chỉ nhận một trong các giá trị {values}.")
    row = db.session.get(Setting, key)
    if row is None:
        db.session.add(Setting(key=key, value=value))
    else:
        row.value = value
    db.session.flush()
