"""Liên kết: other sites that readers are led to, as the administrator puts them together.

They stand under headings, in one order; the link checker asks them as it asks those of the texts.
Everything is audited.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import SplitResult, urlsplit

from sqlalchemy import func, select

from extensions import db
from models import Link, SiteLink, User
from services import audit, links
from services.errors import Conflict, InvalidInput, NotAllowed, NotFound
from services.vietnamese import clean, fold

MAX_LINKS = 200
MAX_NAME, MAX_HEADING, MAX_ADDRESS = 120, 80, 1000
# What no address of the web holds as it is written; some of it browsers take out in silence.
_NO_ADDRESS = re.compile(
    r"[\s\\<>\"'`{}|^\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202f\u2060-\u206f]"
)
_MAX_PORT = 65_535

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkDraft:
    """What an administrator typed of a link."""

    name: str = ""
    english_name: str = ""
    address: str = ""
    heading: str = ""
    english_heading: str = ""
    is_shown: bool = True


@dataclass(frozen=True, slots=True)
class LinkGroup:
    """A heading with what stands under it, in order."""

    heading: str
    english_heading: str
    links: Sequence[SiteLink]


def groups(*, only_shown: bool = False) -> list[LinkGroup]:
    """Every heading with its links; for readers only those that are shown."""
    query = select(SiteLink).order_by(SiteLink.position, SiteLink.id)
    if only_shown:
        query = query.where(SiteLink.is_shown)
    return _grouped(db.session.scalars(query))


def _grouped(rows: Iterable[SiteLink]) -> list[LinkGroup]:
    found: dict[str, list[SiteLink]] = {}
    for row in rows:
        found.setdefault(row.heading, []).append(row)
    return [LinkGroup(heading, own[0].english_heading, own) for heading, own in found.items()]


def broken() -> dict[int, Link]:
    """What the checker says of those that lead nowhere, by the id of the link of the site."""
    query = (
        select(SiteLink.id, Link)
        .join(Link, Link.id == SiteLink.link_id)
        .where(Link.broken_since.is_not(None))
    )
    return {row[0]: row[1] for row in db.session.execute(query)}


def get(link_id: int) -> SiteLink:
    """One link. Raises NotFound."""
    link = db.session.get(SiteLink, link_id)
    if link is None:
        raise NotFound("Không có liên kết này; có thể người khác vừa bỏ.")
    return link


def seen_token(link: SiteLink) -> str:
    """Names what a form showed of a link."""
    facts = [link.address, *facts_of(link).values()]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32]


def facts_of(link: SiteLink) -> dict[str, Any]:
    """What the audit trail says of a link."""
    return {
        "name": link.name,
        "english_name": link.english_name,
        "address": link.address,
        "heading": link.heading,
        "english_heading": link.english_heading,
        "is_shown": link.is_shown,
    }


def create(*, actor: User, draft: LinkDraft, now: datetime) -> SiteLink:
    """A new link, last under its heading. Raises InvalidInput naming each field that is wrong."""
    rows = _lock_all()
    if len(rows) >= MAX_LINKS:
        raise NotAllowed(f"Đã có {MAX_LINKS} liên kết; hãy bỏ bớt trước khi thêm.")
    link = SiteLink(position=_after(rows))
    _apply(link, draft, rows)
    link.link_id = links.watch(address=link.address, now=now)
    db.session.add(link)
    db.session.flush()
    changes = {field: [None, value] for field, value in facts_of(link).items() if value}
    _record(actor, "create", link, changes, now)
    return link


def edit(*, actor: User, link_id: int, draft: LinkDraft, seen: str, now: datetime) -> SiteLink:
    """Save what was typed of a link. Raises InvalidInput, or Conflict if somebody else saved it
    since ``seen``."""
    rows = _lock_all()
    link = get(link_id)
    before, was = facts_of(link), seen_token(link)
    if seen != was:
        raise Conflict(
            "Một người khác vừa sửa liên kết này. Chưa có gì bị ghi đè: những gì bạn nhập vẫn còn, "
            "giá trị đang lưu ghi bên dưới; hãy xem lại rồi lưu lần nữa."
        )
    with db.session.no_autoflush:
        _apply(link, draft, rows)
    if link.address != before["address"]:
        link.link_id = links.watch(address=link.address, now=now)
    db.session.flush()
    changes = audit.changed(before, facts_of(link))
    if changes:
        _record(actor, "edit", link, changes, now)
    return link


def delete(*, actor: User, link_id: int, now: datetime) -> SiteLink:
    """Take a link away. Raises NotFound."""
    link = get(link_id)
    _record(
        actor, "delete", link, {"name": [link.name, None], "address": [link.address, None]}, now
    )
    db.session.delete(link)
    db.session.flush()
    return link


def move(*, actor: User, link_id: int, step: int, now: datetime) -> SiteLink:
    """One place up (-1) or down (1) under its heading; at the end of it nothing happens."""
    rows = _lock_all()
    link = get(link_id)
    ordered = _grouped(rows)
    own = next(list(group.links) for group in ordered if group.heading == link.heading)
    if (moved := _swapped(own, own.index(link), step)) is not None:
        here, there = own.index(link) + 1, moved.index(link) + 1
        _number(
            row
            for group in ordered
            for row in (moved if group.heading == link.heading else group.links)
        )
        _record(actor, "move", link, {"position": [here, there]}, now)
    return link


def move_heading(*, actor: User, link_id: int, step: int, now: datetime) -> str:
    """The heading of this link, with all under it, one place up or down; answers the heading."""
    rows = _lock_all()
    link = get(link_id)
    ordered = _grouped(rows)
    here = next(at for at, group in enumerate(ordered) if group.heading == link.heading)
    if (moved := _swapped(ordered, here, step)) is not None:
        _number(row for group in moved for row in group.links)
        there = moved.index(ordered[here])
        _record(actor, "move_heading", link, {"position": [here + 1, there + 1]}, now)
    return link.heading


def _swapped(rows: Sequence[Row], here: int, step: int) -> list[Row] | None:
    there = here + (1 if step > 0 else -1)
    if not 0 <= there < len(rows):
        return None
    moved = list(rows)
    moved[here], moved[there] = moved[there], moved[here]
    return moved


def _after(rows: Sequence[SiteLink]) -> int:
    return rows[-1].position + 1 if rows else 0


def _number(rows: Iterable[SiteLink]) -> None:
    for place, row in enumerate(rows):
        row.position = place


def _lock_all() -> list[SiteLink]:
    """All links in their order, for whoever changes it."""
    db.session.execute(select(SiteLink.id).order_by(SiteLink.id).with_for_update())
    query = select(SiteLink).order_by(SiteLink.position, SiteLink.id)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def _apply(link: SiteLink, draft: LinkDraft, rows: Sequence[SiteLink]) -> None:
    """Put what was typed into the row. Raises InvalidInput naming each field that is wrong."""
    wrong: dict[str, str] = {}
    name = _line(draft.name, "name", "Tên trang", MAX_NAME, wrong, is_needed=True)
    english = _line(draft.english_name, "english_name", "Tên tiếng Anh", MAX_NAME, wrong)
    heading = _line(draft.heading, "heading", "Nhóm", MAX_HEADING, wrong, is_needed=True)
    said = "Tên nhóm bằng tiếng Anh"
    english_heading = _line(draft.english_heading, "english_heading", said, MAX_HEADING, wrong)
    try:
        address = checked_address(draft.address)
    except InvalidInput as error:
        wrong["address"], address = error.sentence, ""
    others = [row for row in rows if row is not link]
    # Written with other capitals or tones it is the same heading.
    alike = [row for row in others if fold(row.heading) == fold(heading)]
    heading = alike[0].heading if alike else heading
    if twin := next((row for row in others if address and row.address == address), None):
        wrong["address"] = f"Địa chỉ này đã có ở liên kết “{twin.name}”; hãy sửa liên kết đó."
    if wrong:
        raise InvalidInput(" ".join(wrong.values()), wrong)
    if alike and link.heading != heading and not english_heading:
        english_heading = alike[0].english_heading
    for row in alike:
        row.english_heading = english_heading
    if alike and link.heading != heading:
        # Last under its heading, wherever that stands.
        link.position = _after(rows)
    link.name, link.english_name, link.address = name, english, address
    link.heading, link.english_heading = heading, english_heading
    link.is_shown = draft.is_shown


def checked_address(typed: str) -> str:
    """An address of the web as it may stand in a page. Raises InvalidInput.

    Only http and https; no name or password before the host, by which one site pretends to be
    another; nothing that browsers would take out of it in silence.
    """
    written = typed[: MAX_ADDRESS * 4].strip()
    address = clean(written)
    if not address:
        raise InvalidInput("Hãy ghi địa chỉ của trang, bắt đầu bằng https://.")
    if len(address) > MAX_ADDRESS:
        raise InvalidInput(f"Địa chỉ nhiều nhất {MAX_ADDRESS} ký tự; hãy bỏ phần sau dấu “?”.")
    if not re.match(r"https?://", address, re.IGNORECASE):
        raise InvalidInput("Địa chỉ phải bắt đầu bằng http:// hoặc https://.")
    if _NO_ADDRESS.search(written):
        raise InvalidInput("Địa chỉ không được có dấu cách hay ký tự lạ; hãy chép lại cho đúng.")
    parts = _split(address)
    if parts is None or not _is_host(parts.hostname or ""):
        raise InvalidInput("Địa chỉ này không có tên trang; hãy chép lại cho đúng.")
    if "@" in parts.netloc:
        raise InvalidInput("Địa chỉ không được có tên đăng nhập (phần trước dấu @).")
    return address


def _split(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
        is_port = parts.port is None or 0 < parts.port <= _MAX_PORT
    except ValueError:
        return None
    return parts if is_port else None


def _is_host(host: str) -> bool:
    return bool(re.fullmatch(r"[^.]+(\.[^.]+)+\.?", host)) and len(host) <= 253


def _line(
    typed: str,
    field: str,
    label: str,
    most: int,
    wrong: dict[str, str],
    *,
    is_needed: bool = False,
) -> str:
    value = " ".join(clean(typed[: most * 4]).split())
    if is_needed and not value:
        wrong[field] = f"{label} còn trống; hãy ghi."
    elif len(value) > most:
        wrong[field] = f"{label} dài {len(value)} ký tự; hãy rút còn nhiều nhất {most} ký tự."
    return value


def _record(
    actor: User, action: str, link: SiteLink, changes: dict[str, list[Any]], now: datetime
) -> None:
    db.session.flush()
    audit.record(
        actor=actor,
        action=f"site_link.{action}",
        subject="site_link",
        subject_key=str(link.id),
        subject_name=link.name,
        changes=changes,
        now=now,
    )


def count_broken() -> int:
    """How many of those that readers are shown lead nowhere."""
    query = (
        select(func.count(SiteLink.id))
        .join(Link, Link.id == SiteLink.link_id)
        .where(Link.broken_since.is_not(None), SiteLink.is_shown)
    )
    return db.session.scalar(query) or 0
