"""Addresses of before the move: one spelling for each, and what they lead to now.

They are asked for only where the site has nothing of its own, so an address of ours is never
shadowed. What an address leads to is named by its number, so a publication that gets another
title later is still one redirect away.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload

from extensions import db
from models import Kind, Media, OldAddress, Publication, Section, User
from services import audit
from services.errors import Conflict, InvalidInput, NotFound
from services.vietnamese import clean, fold

MAX_CHARACTERS = 1000
# Longer than that nobody's browser sends; it is cut before anything is done with it.
MAX_TYPED_CHARACTERS = 4000
# What advertising and social networks add to any address.
TRACKING = re.compile(r"utm_|fbclid$|gclid$|zarsrc$|gidzl$|_ga$")
# What WordPress and others put after the address of a text, which is the same text.
TAILS = ("/feed", "/amp", "/trackback", "/embed", "/print")
# The home page of old sites, by its file; and what WordPress asks it for by number.
HOME_FILES = frozenset({"/index.php", "/index.html", "/index.htm", "/default.aspx", "/home.html"})
NUMBERED = ("p", "page_id", "attachment_id", "cat")
_SAFE = "/!$&'()*+,;=:@-._~"


@dataclass(frozen=True, slots=True)
class Target:
    """Where an old address leads: a publication, a section, or a picture or file."""

    publication_id: int | None = None
    kind: Kind | None = None
    slug: str = ""
    section_slug: str = ""
    media: Media | None = None


@dataclass(frozen=True, slots=True)
class AddressPage:
    """One page of the list; ``number`` and ``pages`` count from 1."""

    items: Sequence[OldAddress]
    number: int
    pages: int
    total: int


def normalise(address: str) -> str:
    """The one spelling of an old address: path and query alone, lower case, without a slash at
    the end, the query sorted and without what advertising adds. "" for what is no address.

    ``https://cu.vn/Tin-Tuc/?id=2&fbclid=x`` and ``/tin-tuc?id=2`` are one.
    """
    typed = clean(address[:MAX_TYPED_CHARACTERS]).strip()
    try:
        parts = urlsplit(typed)
    except ValueError:
        return ""
    if parts.scheme not in ("", "http", "https") or not (parts.path or parts.query or parts.netloc):
        return ""
    path = clean(unquote(parts.path)).lower().replace("\\", "/")
    path = "/" + "/".join(part for part in path.split("/") if part)
    if path in HOME_FILES and parts.query:
        path = "/"
    pairs = [
        (clean(name).lower(), clean(value).lower())
        for name, value in parse_qsl(parts.query, keep_blank_values=True, max_num_fields=None)
    ]
    pairs = sorted(pair for pair in pairs if not TRACKING.match(pair[0]))
    if path == "/":
        # WordPress answers to the number, whatever else is asked along with it.
        numbered = [pair for pair in pairs if pair[0] in NUMBERED]
        pairs = numbered[:1] or pairs
    query = urlencode(pairs)
    whole = quote(path, safe=_SAFE) + (f"?{query}" if query else "")
    return whole if len(whole) <= MAX_CHARACTERS and whole != "/" else ""


def find(*, address: str, now: datetime) -> Target | None:
    """What the site has for an old address, or None. Nothing is told of a text that readers
    have never seen."""
    asked = candidates(address)
    if not asked:
        return None
    rows = db.session.execute(
        select(
            OldAddress.address,
            Publication.id,
            Publication.kind,
            Publication.slug,
            Section.slug,
            OldAddress.media_id,
        )
        .outerjoin(Publication, Publication.id == OldAddress.publication_id)
        .outerjoin(Section, Section.id == OldAddress.section_id)
        .where(
            OldAddress.address.in_(asked),
            or_(
                # Withdrawn and expired ones too: their page tells what became of them.
                Publication.live_revision_id.is_not(None) & (Publication.published_at <= now),
                Section.is_active,
                OldAddress.media_id.is_not(None),
            ),
        )
    ).all()
    if not rows:
        return None
    _, publication_id, kind, slug, section_slug, media_id = min(
        rows, key=lambda row: asked.index(row[0])
    )
    if media_id is not None:
        return Target(media=db.session.get_one(Media, media_id))
    if publication_id is not None:
        return Target(publication_id=publication_id, kind=kind, slug=slug)
    return Target(section_slug=section_slug)


def candidates(address: str) -> list[str]:
    """The spellings under which an address may be kept, the most exact first."""
    whole = normalise(address)
    if not whole:
        return []
    path = whole.partition("?")[0]
    found = [whole]
    if path != "/":
        found.append(path)
        found += [path.removesuffix(tail) for tail in TAILS if path.endswith(tail)]
    return [one for one in dict.fromkeys(found) if one not in ("", "/")]


def keep(
    addresses: Iterable[str],
    *,
    now: datetime,
    publication_id: int | None = None,
    section_id: int | None = None,
    media_id: int | None = None,
) -> list[str]:
    """Let these addresses lead to one thing; flushes. Those that lead elsewhere already stay as
    they are and are answered."""
    wanted = [one for one in dict.fromkeys(map(normalise, addresses)) if one]
    if not wanted:
        return []
    there = {
        row.address: row
        for row in db.session.scalars(select(OldAddress).where(OldAddress.address.in_(wanted)))
    }
    target = (publication_id, section_id, media_id)
    elsewhere = []
    for address in wanted:
        row = there.get(address)
        if row is None:
            db.session.add(
                OldAddress(
                    address=address,
                    publication_id=publication_id,
                    section_id=section_id,
                    media_id=media_id,
                    created_at=now,
                )
            )
        elif (row.publication_id, row.section_id, row.media_id) != target:
            elsewhere.append(address)
    return elsewhere


# ---------------------------------------------------------------- the administrator's list
def page_of(*, words: str, number: int, per_page: int) -> AddressPage:
    """One page of the addresses that hold all of these words, by address."""
    conditions = [
        OldAddress.address.contains(_as_kept(word), autoescape=True) for word in words.split()[:8]
    ]
    total = db.session.scalar(select(func.count(OldAddress.id)).where(*conditions)) or 0
    pages = max(1, -(-total // per_page))
    number = min(max(1, number), pages)
    items = db.session.scalars(
        select(OldAddress)
        .options(
            joinedload(OldAddress.publication),
            joinedload(OldAddress.section),
            joinedload(OldAddress.media),
        )
        .where(*conditions)
        .order_by(OldAddress.address)
        .limit(per_page)
        .offset((number - 1) * per_page)
    ).all()
    return AddressPage(items, number, pages, total)


def _as_kept(word: str) -> str:
    """A word of an address as the table spells it; a whole address as far as its path."""
    if "://" in word:
        return normalise(word)
    return quote(clean(word).lower(), safe=_SAFE + "?&")


def add(
    *, actor: User, address: str, publication_id: int | None, section_slug: str, now: datetime
) -> OldAddress:
    """One more old address, typed by an administrator, for a publication or a section.

    Raises InvalidInput naming the field, or Conflict where the address leads elsewhere.
    """
    fields: dict[str, str] = {}
    kept = normalise(address)
    if not kept:
        fields["address"] = (
            "Hãy ghi địa chỉ cũ, ví dụ /2017/05/ten-bai hoặc chép cả địa chỉ từ trình duyệt."
        )
    elif not fold(kept).isascii():
        fields["address"] = "Địa chỉ có ký tự lạ; hãy chép lại từ trình duyệt."
    publication = db.session.get(Publication, publication_id) if publication_id else None
    section = (
        db.session.scalar(select(Section).where(Section.slug == section_slug, Section.is_active))
        if section_slug
        else None
    )
    if publication is None and section is None:
        fields["target"] = (
            "Không tìm thấy trang đích; hãy chép địa chỉ một bài hoặc một chuyên mục của trang "
            "này, ví dụ /bai-viet/ten-bai-12."
        )
    if fields:
        raise InvalidInput(" ".join(fields.values()), fields)
    if db.session.scalar(select(OldAddress.id).where(OldAddress.address == kept)):
        sentence = f"Địa chỉ cũ {kept} đã có trong danh sách; hãy bỏ dòng đó trước khi thêm lại."
        raise Conflict(sentence)
    row = OldAddress(
        address=kept,
        publication=publication,
        section=None if publication is not None else section,
        created_at=now,
        created_by_id=actor.id,
    )
    db.session.add(row)
    db.session.flush()
    _record(actor, "old_address.create", row, [None, target_name(row)], now)
    return row


def remove(*, actor: User, address_id: int, now: datetime) -> str:
    """Let an old address, which is answered, lead nowhere. Raises NotFound."""
    row = db.session.get(OldAddress, address_id)
    if row is None:
        raise NotFound("Dòng này không còn; có thể một người khác vừa bỏ nó.")
    _record(actor, "old_address.delete", row, [target_name(row), None], now)
    address = row.address
    db.session.delete(row)
    db.session.flush()
    return address


def target_name(row: OldAddress) -> str:
    """What people call the thing that the address leads to."""
    if row.publication is not None:
        return row.publication.title
    if row.section is not None:
        return row.section.name
    return row.media.original_name if row.media is not None else ""


def _record(
    actor: User, action: str, row: OldAddress, change: list[str | None], now: datetime
) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject="old_address",
        subject_key=str(row.id),
        subject_name=row.address,
        changes={"leads_to": change},
        now=now,
    )
