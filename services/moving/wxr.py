"""A WordPress export file (WXR), item by item, however broken one of them is.

The file is cut into its items by a scanner that knows CDATA and comments, and each is parsed by
itself: without a DTD, so that no entity can be declared (no XXE, no billion laughs), and within
bounds. So one hostile or broken item is one line of the report, and the file's size does not
matter. WordPress declares no DTD; what declares one is not believed.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from lxml import etree

from models import Kind, State
from services.dates import HO_CHI_MINH
from services.moving import wordpress_text
from services.moving.items import Finds, Group, Item, Outcome, Person, Unread
from services.vietnamese import clean

MAX_ITEM_BYTES = 8_000_000
MAX_HEAD_BYTES = 4_000_000
# Twice what a stored text may be; the markup of the old site goes.
MAX_CONTENT_CHARACTERS = 800_000
CHUNK_BYTES = 1 << 18
VIEW_KEYS = ("post_views_count", "views", "_post_views", "post_view_count", "entry_views")
STATES = {
    "publish": State.PUBLISHED.value,
    "future": State.PUBLISHED.value,
    "inherit": "skip",
    "draft": State.DRAFT.value,
    "pending": State.DRAFT.value,
    "auto-draft": "skip",
    # Written, and shown to nobody outside: kept, and in nobody's way.
    "private": State.ARCHIVED.value,
    "trash": "skip",
}
NO_SECTION = frozenset({"uncategorized", "chua-phan-loai", "khong-phan-loai"})
# What other encodings of the file's declaration may be: those that ASCII is part of.
_DECLARED = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_ROOT = re.compile(rb"<rss\b[^>]*>")
_NAMESPACE = re.compile(rb"xmlns:([A-Za-z]{1,20})\s*=\s*[\"']([^\"'<>&]{1,200})[\"']")
_NAMESPACES = {
    b"excerpt": b"http://wordpress.org/export/1.2/excerpt/",
    b"content": b"http://purl.org/rss/1.0/modules/content/",
    b"wfw": b"http://wellformedweb.org/CommentAPI/",
    b"dc": b"http://purl.org/dc/elements/1.1/",
    b"wp": b"http://wordpress.org/export/1.2/",
}
_MARK = re.compile(rb"<!\[CDATA\[|<!--|<item>|<item\s[^>]*>|</item\s*>")
_NESTED = re.compile(rb"<item>\s*<title>")
_CONTROLS = bytes(sorted(set(range(32)) - {9, 10, 13}))
_LONGEST_MARK = 64


@dataclass(frozen=True, slots=True)
class Piece:
    """The bytes of one item, or why there are none."""

    row: int
    data: bytes = b""
    fault: str = ""


@dataclass(slots=True)
class Choices:
    """What the mapping file may say of a WordPress export."""

    types: Mapping[str, str] = field(default_factory=lambda: {"post": "post", "page": "page"})
    kinds: Mapping[str, str] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=lambda: dict(STATES))
    views: tuple[str, ...] = VIEW_KEYS
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _File:
    """An attachment of the library there."""

    url: str
    title: str
    parent: str
    alt: str
    caption: str


def looks_like(head: bytes) -> bool:
    """Whether a file that begins like this is a WordPress export."""
    return b"<rss" in head and (b"wordpress.org/export/" in head or b"<wp:" in head)


class WxrReader:
    """Reads a WordPress export. The first pass, at once, gathers authors, categories and the
    library; ``items`` is the second."""

    media: Finds

    def __init__(self, path: Path, *, choices: Choices) -> None:
        self.path, self.choices = path, choices
        self.people: dict[str, Person] = {}
        self.groups: dict[str, Group] = {}
        self.total = 0
        self._files: dict[str, _File] = {}
        self._children: dict[str, list[str]] = {}
        self.base_url = ""
        with path.open("rb") as file:
            head = self._read_head(file)
        self._prefix = _wrapper(head)
        self._read_channel(head)
        for piece in self._pieces():
            self.total += 1
            self._note_attachment(piece)
        host = urlsplit(self.base_url).hostname or path.name
        self.source = f"wordpress:{host}"[:200]

    # ------------------------------------------------------------ the file
    def _read_head(self, file: BinaryIO) -> bytes:
        head = file.read(MAX_HEAD_BYTES)
        at = re.search(rb"<item[\s>]", head)
        return head[: at.start()] if at else head

    def _read_channel(self, head: bytes) -> None:
        """Authors and categories, each parsed by itself: a broken one is left out."""
        for found in re.finditer(
            rb"<(wp:author|wp:category|wp:base_blog_url|wp:base_site_url|link)>.{0,8000}?</\1>",
            head,
            re.S,
        ):
            try:
                element = self._parse(found[0])
            except etree.XMLSyntaxError:
                continue
            values = _values(element)
            if found[1] == b"wp:author":
                login = values.get("author_login", "")
                name = values.get("author_display_name") or login
                if login:
                    self.people[login] = Person(login, name, values.get("author_email", ""))
            elif found[1] == b"wp:category":
                slug = values.get("category_nicename", "")
                if slug and slug not in NO_SECTION:
                    name = values.get("cat_name") or slug
                    addresses = [f"/category/{slug}/"]
                    if number := values.get("term_id", ""):
                        addresses.append(f"/?cat={number}")
                    parent = values.get("category_parent", "")
                    self.groups[slug] = Group(slug, name, slug, parent, tuple(addresses))
            elif not self.base_url or found[1] == b"wp:base_blog_url":
                self.base_url = (element.text or "").strip()

    def _parse(self, data: bytes) -> etree._Element:
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
        )
        root = etree.fromstring(self._prefix + data.translate(None, _CONTROLS) + b"</rss>", parser)
        return root[0]

    def _pieces(self) -> Iterator[Piece]:
        """The items of the file one after the other, in bounded memory."""
        with self.path.open("rb") as file:
            yield from cut(file)

    def _note_attachment(self, piece: Piece) -> None:
        if b"attachment" not in piece.data:
            return
        try:
            values = _item_values(self._parse(piece.data))
        except (etree.XMLSyntaxError, IndexError):
            return
        if values.get("post_type") != "attachment" or not values.get("attachment_url"):
            return
        number = values.get("post_id", "")
        parent = values.get("post_parent", "0")
        self._files[number] = _File(
            values["attachment_url"],
            values.get("title", ""),
            parent,
            values["meta"].get("_wp_attachment_image_alt", ""),
            values.get("excerpt", ""),
        )
        if parent != "0":
            self._children.setdefault(parent, []).append(number)

    # ------------------------------------------------------------ the items
    def items(self) -> Iterator[Item | Unread]:
        for piece in self._pieces():
            if piece.fault:
                yield Unread(piece.row, "", "", Outcome.REFUSED, piece.fault)
                continue
            try:
                values = _item_values(self._parse(piece.data))
            except (etree.XMLSyntaxError, IndexError) as error:
                said = str(error).split(", line")[0][:150]
                reason = f"Mục này viết sai XML nên không đọc được ({said})."
                yield Unread(piece.row, *_guess(piece.data), Outcome.REFUSED, reason)
                continue
            found = self._item(piece.row, values)
            if found is not None:
                yield found

    def _item(self, row: int, values: dict[str, Any]) -> Item | Unread | None:
        number, kind_there = values.get("post_id", ""), values.get("post_type", "")
        title = clean(values.get("title", "")).strip()
        known = (row, number, title)
        if kind_there == "attachment":
            return None
        if kind_there not in self.choices.types:
            reason = f"Loại “{kind_there[:60]}” của WordPress không phải nội dung để chuyển."
            return Unread(*known, Outcome.SKIPPED, reason)
        if not number.isascii() or not number.isdigit():
            return Unread(*known, Outcome.REFUSED, "Mục này không có số (wp:post_id).")
        status = values.get("status", "")
        state = self.choices.states.get(status, "skip")
        if state == "skip":
            where = "nằm trong thùng rác" if status == "trash" else f"ở trạng thái “{status[:40]}”"
            return Unread(*known, Outcome.SKIPPED, f"Bài {where} nên không chuyển.")
        notes: list[str] = []
        moment, fault = _moment(values)
        if fault and state in (State.PUBLISHED, State.WITHDRAWN) and moment is None:
            return Unread(*known, Outcome.REFUSED, fault)
        if fault:
            notes.append(fault + (" Đã lấy ngày khác của bài." if moment else ""))
        if values.get("post_password") and state == State.PUBLISHED:
            state = State.ARCHIVED.value
            notes.append("Bài đặt mật khẩu nên chuyển vào Lưu trữ, không đăng.")
        categories = [one for one in values["categories"] if one[0] not in NO_SECTION]
        section = self._section(values, categories)
        kind = self.choices.kinds.get(section, self.choices.types[kind_there])
        content = values.get("content", "")
        if len(content) > MAX_CONTENT_CHARACTERS:
            most = MAX_CONTENT_CHARACTERS // 1000
            return Unread(
                *known, Outcome.REFUSED, f"Nội dung dài quá {most} KB; hãy chia thành nhiều bài."
            )
        body, dropped = wordpress_text.to_html(
            content, gallery=lambda ids: self._pictures(number, ids)
        )
        notes += dropped
        meta = values["meta"]
        lead = self._files.get(meta.get("_thumbnail_id", ""))
        files = [
            (file.url, file.title)
            for file in (self._files[one] for one in self._children.get(number, ()))
            if not wordpress_text.is_picture(file.url)
        ]
        summary = wordpress_text.summary(values.get("excerpt", ""), body)
        login = values.get("creator", "")
        person = self.people.get(login)
        return Item(
            row=row,
            external_id=number,
            kind=Kind(kind) if kind in list(Kind) else Kind.POST,
            title=title or f"Bài số {number}",
            summary=summary,
            body=body,
            state=State(state),
            author=login,
            byline=person.name if person else login,
            section=section,
            published_at=moment,
            written_at=moment,
            views=_views(meta, self.choices.views),
            addresses=self._addresses(number, kind_there, values),
            lead=lead.url if lead else "",
            files=files,
            details={name: meta[key] for name, key in self.choices.details.items() if key in meta},
            notes=notes,
        )

    def _section(self, values: dict[str, Any], categories: list[tuple[str, str]]) -> str:
        """The category that the site's owner marked as the first one, or the deepest."""
        for slug, name in categories:
            # A broken head lost it; the item itself names it too.
            self.groups.setdefault(slug, Group(slug, name, slug, "", (f"/category/{slug}/",)))
        children = {self.groups[slug].parent for slug, _ in categories}
        deepest = [slug for slug, _ in categories if slug not in children]
        return deepest[0] if deepest else ""

    def _addresses(self, number: str, kind: str, values: dict[str, Any]) -> list[str]:
        found = [values.get("link", ""), values.get("guid", ""), f"/?p={number}"]
        if kind == "page":
            found.append(f"/?page_id={number}")
        own = urlsplit(self.base_url).hostname
        kept = [one for one in found if one and urlsplit(one).hostname in (None, own)]
        return list(dict.fromkeys(kept))

    def _pictures(self, number: str, ids: list[str] | None) -> list[tuple[str, str, str]]:
        """Address, alternative text and caption of the pictures of a gallery."""
        wanted = self._children.get(number, []) if ids is None else ids
        files = [self._files[one] for one in wanted if one in self._files]
        return [
            (file.url, file.alt, file.caption)
            for file in files
            if wordpress_text.is_picture(file.url)
        ]


def cut(file: BinaryIO) -> Iterator[Piece]:
    """The items of a file, as bytes, each with its number from 1. What is too large is passed
    over without being kept; what has no end is told as such."""
    row = 0
    buffer = bytearray()
    inside = skipping = False
    waits_for = b""  # the end of a CDATA section or comment that is open
    at = 0  # as far as the buffer has been looked through
    while True:
        chunk = file.read(CHUNK_BYTES)
        buffer += chunk
        while True:
            if waits_for:
                end = buffer.find(waits_for, at)
                if end < 0:
                    at = max(at, len(buffer) - len(waits_for) + 1)
                    break
                at, waits_for = end + len(waits_for), b""
            mark = _MARK.search(buffer, at)
            if mark is None:
                at = max(at, len(buffer) - _LONGEST_MARK)
                break
            if mark[0] == b"<![CDATA[" or mark[0] == b"<!--":
                waits_for = b"]]>" if mark[0][2:3] == b"[" else b"-->"
                at = mark.end()
            elif mark[0].startswith(b"</item"):
                if inside and not skipping:
                    yield from _whole(row, bytes(buffer[: mark.end()]))
                    row += len(_NESTED.findall(buffer, 1, mark.end()))
                del buffer[: mark.end()]
                at, inside, skipping = 0, False, False
            else:
                if inside and not skipping:
                    yield Piece(row, fault="Mục này không có chỗ kết thúc nên không đọc được.")
                del buffer[: mark.start()]
                row += 1
                at, inside, skipping = mark.end() - mark.start(), True, False
        if inside and not skipping and len(buffer) > MAX_ITEM_BYTES:
            skipping = True
            most = MAX_ITEM_BYTES // 1_000_000
            yield Piece(row, fault=f"Mục này lớn quá {most} MB nên không nhận.")
        if (skipping or not inside) and at > _LONGEST_MARK:
            del buffer[: at - _LONGEST_MARK]
            at = _LONGEST_MARK
        if not chunk:
            break
    if inside and not skipping:
        yield Piece(
            row,
            b"",
            "Tệp bị cắt ngang ở mục này; hãy xuất lại tệp rồi nhập lần nữa, các mục trước đã đủ.",
        )


def _whole(row: int, data: bytes) -> Iterator[Piece]:
    """One item; or, where a CDATA section had no end and swallowed the next ones, all of them."""
    starts = [0, *(found.start() for found in _NESTED.finditer(data, 1))]
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(data)], strict=True)):
        if end < len(data):
            fault = "Một đoạn CDATA của mục này không có chỗ kết thúc nên không đọc được."
            yield Piece(row + number, fault=fault)
        else:
            yield Piece(row + number, data[start:end])


def _wrapper(head: bytes) -> bytes:
    """What must stand before an item so that it can be parsed by itself."""
    declared = _DECLARED.search(head[:200])
    encoding = declared[1] if declared else b"UTF-8"
    root = _ROOT.search(head)
    names = dict(_NAMESPACES) | dict(_NAMESPACE.findall(root[0] if root else b""))
    spaces = b" ".join(b'xmlns:%s="%s"' % pair for pair in names.items())
    return b'<?xml version="1.0" encoding="%s"?><rss %s>' % (encoding, spaces)


def _values(element: etree._Element) -> dict[str, str]:
    return {etree.QName(child).localname: (child.text or "").strip() for child in element}


def _item_values(item: etree._Element) -> dict[str, Any]:
    """What an item says, by the local names of its elements."""
    values: dict[str, Any] = {"meta": {}, "categories": []}
    for child in item:
        if not isinstance(child.tag, str):
            continue
        name = etree.QName(child)
        text = child.text or ""
        if name.localname == "encoded":
            is_excerpt = "excerpt" in (name.namespace or "")
            values["excerpt" if is_excerpt else "content"] = text
        elif name.localname == "postmeta":
            pair = _values(child)
            values["meta"].setdefault(pair.get("meta_key", ""), pair.get("meta_value", ""))
        elif name.localname == "category":
            if child.get("domain") == "category" and child.get("nicename"):
                values["categories"].append((child.get("nicename"), text.strip()))
        elif name.localname != "comment":
            values.setdefault(name.localname, text.strip())
    return values


def _guess(data: bytes) -> tuple[str, str]:
    """Number and title of an item that cannot be parsed, for the report."""
    number = re.search(rb"<wp:post_id>\s*(?:<!\[CDATA\[)?([0-9]{1,12})", data)
    title = re.search(rb"<title>\s*(?:<!\[CDATA\[)?([^<\]]{1,300})", data)
    said = title[1].decode("utf-8", "replace") if title else ""
    return number[1].decode() if number else "", clean(said).strip()


def _moment(values: dict[str, Any]) -> tuple[datetime | None, str]:
    """When it appeared, and a sentence where what the file says is no date."""
    fault = ""
    for name, zone in (("post_date_gmt", UTC), ("post_date", HO_CHI_MINH)):
        text = values.get(name, "")
        if not text or text.startswith("0000"):
            continue
        try:
            moment = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone)
            if 1900 <= moment.year <= 2200:
                return moment.astimezone(UTC), fault
        except ValueError:
            pass
        fault = f"Ngày đăng “{text[:40]}” không có trong lịch."
    try:
        moment = parsedate_to_datetime(values.get("pubDate", ""))
        if moment.tzinfo is not None and 1990 <= moment.year <= 2200:
            return moment.astimezone(UTC), fault
    except (ValueError, TypeError, IndexError):
        pass
    return None, fault or "Bài không ghi ngày đăng."


def _views(meta: Mapping[str, str], keys: tuple[str, ...]) -> int:
    for key in keys:
        text = re.sub(r"[.,\s]", "", meta.get(key, ""))
        if text.isascii() and text.isdigit() and len(text) <= 12:
            return int(text)
    return 0
