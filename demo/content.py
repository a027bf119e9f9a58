"""The written content, read from ``site.toml`` and one file for each publication.

A file is TOML between two lines of ``+++``, then HTML. ``<!-- picture: key -->`` marks where a
picture stands. A moment is a local time (``2017-08-01 08:00``) or told from the day of loading:
``-1d 09:30``, ``+5d 07:30``, ``-3h``; so the newest items are always of this week. In texts
``{{date +12}}``, ``{{day +6}}`` and ``{{year +1}}`` are counted from that day too, and fall on a
working day when they lie ahead.
"""

import re
import tomllib
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

FOLDER = Path(__file__).parent
FILES = FOLDER / "files"
PICTURE_MARK = re.compile(r"<!-- picture: ([a-z0-9-]+) -->")
HO_CHI_MINH = ZoneInfo("Asia/Ho_Chi_Minh")
_TOLD = re.compile(r"\{\{(date|day|year) ([+-]?\d+)\}\}")
_DAYS = re.compile(r"([+-]\d+)d (\d{2}):(\d{2})")
_HOURS = re.compile(r"-(\d+)h")
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class PictureUse:
    """A drawn picture as one publication shows it; the first is its lead."""

    key: str
    alt: str
    caption: str
    credit: str = ""


@dataclass(frozen=True, slots=True)
class FileUse:
    """A file of ``files/`` as one publication carries it."""

    name: str
    label: str


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A newer text in work upon what is published: ``replace`` pairs old words with new ones."""

    state: str
    at: str
    replace: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Note:
    """A correction that readers are shown."""

    at: str
    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in the leaders' schedule: ``week`` 0 is that of loading, ``day`` 2 is Monday."""

    week: int
    day: int
    content: str
    part: str = "hours"
    starts: str = ""
    ends: str = ""
    chair: str = ""
    attendees: str = ""
    place: str = ""
    preparing_unit: str = ""
    status: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One publication as written; texts still hold ``{{…}}`` and moments are as typed."""

    name: str
    title: str
    summary: str
    body: str
    author: str
    section: str = ""
    kind: str = "post"
    state: str = "published"
    genre: str = "news"
    byline: str = ""
    origin: str = "own"
    source_name: str = ""
    source_url: str = ""
    published: str = ""
    expires: str = ""
    at: str = ""
    reason: str = ""
    views: int = 0
    editor: str = ""
    holder: str = ""
    issuing_body: str = ""
    number: str = ""
    # The name of the file of which this is the English version.
    translation_of: str = ""
    # What only its kind has, by the names of services/kinds; texts may hold ``{{…}}``.
    details: dict[str, str] = field(default_factory=dict)
    pictures: tuple[PictureUse, ...] = ()
    files: tuple[FileUse, ...] = ()
    corrections: tuple[Note, ...] = ()
    revision: Rewrite | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """Rows of ``site.toml``, in its order."""

    units: list[dict[str, Any]] = field(default_factory=list)
    sections: list[dict[str, Any]] = field(default_factory=list)
    users: list[dict[str, Any]] = field(default_factory=list)
    links: list[dict[str, Any]] = field(default_factory=list)
    old_addresses: list[dict[str, Any]] = field(default_factory=list)


def read_site() -> Site:
    """Units, sections, people, the other sites that readers are led to, and addresses of
    before."""
    rows = tomllib.loads((FOLDER / "site.toml").read_text("utf-8"))
    return Site(
        units=rows["unit"],
        sections=rows["section"],
        users=rows["user"],
        links=rows["link"],
        old_addresses=rows["old_address"],
    )


def read_schedule() -> list[Entry]:
    """The leaders' weeks, in the order of the file."""
    rows = tomllib.loads((FOLDER / "schedule.toml").read_text("utf-8"))
    return [Entry(**row) for row in rows["entry"]]


def read_items() -> list[Item]:
    """Every publication, in the order of the files' names."""
    return [_read(path) for path in sorted((FOLDER / "publications").glob("*.html"))]


def _read(path: Path) -> Item:
    _, front, body = path.read_text("utf-8").split("+++\n", 2)
    fields = tomllib.loads(front)
    rewrite = fields.pop("revision", None)
    return Item(
        name=path.stem,
        body=body.strip(),
        pictures=tuple(PictureUse(**row) for row in fields.pop("picture", [])),
        files=tuple(FileUse(**row) for row in fields.pop("file", [])),
        corrections=tuple(Note(**row) for row in fields.pop("correction", [])),
        revision=rewrite
        and Rewrite(
            state=rewrite["state"],
            at=rewrite["at"],
            replace=tuple((row["old"], row["new"]) for row in rewrite["replace"]),
        ),
        **fields,
    )


def moment(text: str, *, now: datetime) -> datetime:
    """The instant that ``text`` names, seen from ``now``; what is past never lies ahead of it."""
    if found := _HOURS.fullmatch(text):
        return now - timedelta(hours=int(found[1]))
    local = now.astimezone(HO_CHI_MINH)
    if found := _DAYS.fullmatch(text):
        days, hour, minute = (int(part) for part in found.groups())
        day = local + timedelta(days=days)
        told = day.replace(hour=hour, minute=minute, second=0, microsecond=0)
        return min(told, now) if days <= 0 else told
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=HO_CHI_MINH)


def filled(text: str, *, now: datetime) -> str:
    """``text`` with its ``{{date …}}``, ``{{day …}}`` and ``{{year …}}`` told from ``now``."""
    today = now.astimezone(HO_CHI_MINH).date()

    def told(found: re.Match[str]) -> str:
        if found[1] == "year":
            return str(today.year + int(found[2]))
        day = _working_day(today, int(found[2]))
        return f"{day:%d/%m/%Y}" if found[1] == "date" else f"{day:%d/%m}"

    return _TOLD.sub(told, text)


def _working_day(today: date, days: int) -> date:
    day = today + timedelta(days=days)
    while days > 0 and day.weekday() >= _SATURDAY:
        day += timedelta(days=1)
    return day
