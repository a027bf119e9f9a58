"""The mapping file: what the owner of a site says of it, in TOML; every wrong line is named."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models import Kind, State
from services.errors import InvalidInput
from services.moving.wxr import STATES, VIEW_KEYS, Choices

MAX_BYTES = 1_000_000
_STATES = {state.value for state in (State.PUBLISHED, State.DRAFT, State.ARCHIVED, State.WITHDRAWN)}


@dataclass(frozen=True, slots=True)
class SiteMap:
    """A mapping file that was read; ``values`` is all of it."""

    authors: Mapping[str, str] = field(default_factory=dict)
    sections: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)


def read(path: Path | None) -> SiteMap:
    """Raises InvalidInput, naming what is wrong, for a file that cannot be used."""
    if path is None:
        return SiteMap()
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InvalidInput(f"Tệp ánh xạ {path.name} lớn quá 1 MB.")
        values = tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise InvalidInput(f"Không mở được tệp ánh xạ {path} ({error.strerror}).") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"Tệp ánh xạ {path.name} viết sai TOML: {error}") from error
    return SiteMap(texts(values, "authors"), texts(values, "sections"), values)


def texts(values: Mapping[str, Any], name: str) -> dict[str, str]:
    """A table of texts. Raises InvalidInput for anything else."""
    table = values.get(name, {})
    if not isinstance(table, dict) or not all(isinstance(one, str) for one in table.values()):
        raise InvalidInput(f'Tệp ánh xạ: [{name}] phải gồm các dòng dạng tên = "chữ".')
    return dict(table)


def kind_of(text: str, where: str) -> str:
    """A kind by its name. Raises InvalidInput."""
    if text not in list(Kind):
        known = ", ".join(Kind)
        raise InvalidInput(f"Tệp ánh xạ, {where}: không có loại “{text}”; các loại là {known}.")
    return text


def choices_of(mapping: SiteMap) -> Choices:
    """What the mapping file says of a WordPress export. Raises InvalidInput."""
    page = "page" if "page" in list(Kind) else "post"
    types = {"post": "post", "page": page} | texts(mapping.values, "types")
    kinds, states = texts(mapping.values, "kinds"), texts(mapping.values, "states")
    for table, name in ((types, "types"), (kinds, "kinds")):
        for key, kind in table.items():
            kind_of(kind, f"[{name}] {key}")
    for key, state in states.items():
        if state not in _STATES | {"skip"}:
            known = ", ".join(sorted(_STATES | {"skip"}))
            raise InvalidInput(
                f"Tệp ánh xạ, [states] {key}: không có trạng thái “{state}”; hãy ghi {known}."
            )
    views = mapping.values.get("views", list(VIEW_KEYS))
    if not isinstance(views, list) or not all(isinstance(one, str) for one in views):
        raise InvalidInput('Tệp ánh xạ: views phải là danh sách tên, như ["post_views_count"].')
    return Choices(
        types, kinds, dict(STATES) | states, tuple(views), texts(mapping.values, "details")
    )
