"""What is read of another site, before anything of it is stored: items, people, sections."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from models import Genre, Kind, Origin, State


class Outcome(StrEnum):
    """What became of an item."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REFUSED = "refused"
    SKIPPED = "skipped"
    # Beside the item's own line: something of it that only the end of the file could tell.
    NOTED = "noted"


# After any of these it is on the site.
STORED = (Outcome.CREATED, Outcome.UPDATED, Outcome.UNCHANGED)
OUTCOME_LABELS = {
    Outcome.CREATED: "mới tạo",
    Outcome.UPDATED: "cập nhật",
    Outcome.UNCHANGED: "giữ nguyên",
    Outcome.REFUSED: "không nhận",
    Outcome.SKIPPED: "bỏ qua",
    Outcome.NOTED: "lưu ý",
}


@dataclass(frozen=True, slots=True)
class Person:
    """An author there; ``key`` is the name by which items say who wrote them."""

    key: str
    name: str
    email: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """A section there."""

    key: str
    name: str
    slug: str = ""
    parent: str = ""
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a site is moved in. ``authors`` and ``sections`` are the mapping file's: the name
    there, and the user name or the address of the section here."""

    source: str
    said: str  # the file, as the trail names it
    unit_id: int
    media_root: Path
    people: Mapping[str, Person]
    groups: Mapping[str, Group]
    authors: Mapping[str, str] = field(default_factory=dict)
    sections: Mapping[str, str] = field(default_factory=dict)
    overwrite: bool = False


@dataclass(slots=True, kw_only=True)
class Item:
    """One text there. ``body`` is HTML as it was; ``lead`` and ``files`` are addresses or paths
    of pictures and files, which the reader's ``media`` finds."""

    row: int
    external_id: str
    kind: Kind
    title: str
    body: str
    state: State
    summary: str = ""
    author: str = ""
    byline: str = ""
    section: str = ""
    published_at: datetime | None = None
    written_at: datetime | None = None
    views: int = 0
    addresses: list[str] = field(default_factory=list)
    lead: str = ""
    files: list[tuple[str, str]] = field(default_factory=list)
    details: dict[str, str] = field(default_factory=dict)
    genre: Genre = Genre.NEWS
    origin: Origin = Origin.OWN
    source_name: str = ""
    source_url: str = ""
    # "TCVN3" or "VNI", where the text was written before Unicode.
    legacy: str = ""
    notes: list[str] = field(default_factory=list)

    def digest(self) -> str:
        """Names what was read, so that the same item is known again."""
        return digest_of(
            {
                name: getattr(self, name)
                for name in self.__slots__
                if name not in ("row", "notes", "views")
            }
        )


@dataclass(frozen=True, slots=True)
class Unread:
    """An item of which nothing is stored, and why."""

    row: int
    external_id: str
    title: str
    outcome: Outcome
    reason: str


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the report."""

    row: int
    external_id: str
    title: str
    outcome: Outcome
    reason: str = ""


class Finds(Protocol):
    """Knows where the pictures and files of a site lie."""

    def find(self, reference: str) -> "Found | str":
        """The bytes, or a sentence that says why there are none."""

    def is_own(self, address: str) -> bool:
        """Whether the address is one of the site that is moved."""


@dataclass(frozen=True, slots=True)
class Found:
    """A picture or a file that was found."""

    name: str
    data: bytes


class Reader(Protocol):
    """Reads one site. ``total`` is how many items there are, as far as is known."""

    source: str
    total: int
    people: Mapping[str, Person]
    groups: Mapping[str, Group]
    media: Finds

    def items(self) -> Iterator[Item | Unread]: ...


def digest_of(value: Any) -> str:
    """SHA-256 of anything that JSON holds, and of dates."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
