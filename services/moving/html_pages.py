"""A folder of HTML pages, read as its mapping file says: which pages, and by which CSS selectors
what stands where in them. Pages of before Unicode (TCVN3, VNI) are recognised and converted."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import lxml.html
from lxml import etree
from lxml.cssselect import CSSSelector

from models import Kind, State
from services import legacy_encodings
from services.dates import HO_CHI_MINH, combine, parse_date
from services.errors import InvalidInput
from services.moving import wordpress_text
from services.moving.items import Finds, Group, Item, Outcome, Person, Unread
from services.moving.mapping import SiteMap, kind_of, texts
from services.sanitising import plain_text
from services.vietnamese import clean, slugify

MAX_PAGE_BYTES = 5_000_000
PAGE_ENDS = (".html", ".htm", ".xhtml", ".shtml", ".php", ".asp", ".aspx", ".jsp")
SELECTED = ("title", "summary", "body", "date", "author", "section", "views", "lead", "source")
_SAYS = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([A-Za-z0-9._-]{1,40})", re.I)
_DATE = re.compile(
    r"([0-9]{1,2}\s*[/.\-]\s*[0-9]{1,2}\s*[/.\-]\s*[0-9]{4}|[0-9]{4}-[0-9]{2}-[0-9]{2})"
)
_TIME = re.compile(r"\b([0-9]{1,2})\s*(?::|h|giờ)\s*([0-9]{2})\b")
_STATES = {state.value: state for state in (State.PUBLISHED, State.DRAFT, State.ARCHIVED)}
_BY_WORDS = re.compile(r"^\s*(?:tác giả|bài và ảnh|bài, ảnh|người viết|theo)\s*:?\s*", re.I)


@dataclass(frozen=True, slots=True)
class Rule:
    """What is so of the pages whose path is like ``path``."""

    path: str
    select: Mapping[str, tuple[CSSSelector, str]]
    details: Mapping[str, tuple[CSSSelector, str]]
    fixed: Mapping[str, str] = field(default_factory=dict)
    remove: tuple[CSSSelector, ...] = ()
    kind: str = "post"
    state: str = State.PUBLISHED.value
    date_format: str = ""
    addresses: tuple[str, ...] = ("/{path}",)


class HtmlReader:
    """Reads the pages of a folder, in the order of their paths. Raises InvalidInput for a mapping
    file that says something impossible."""

    media: Finds

    def __init__(self, root: Path, *, site_map: SiteMap) -> None:
        values = site_map.values
        if not values.get("rules"):
            raise InvalidInput(
                "Thư mục HTML cần tệp ánh xạ (--map) có ít nhất một [[rules]]; xem tài liệu "
                "“Chuyển dữ liệu”."
            )
        self.root = root.resolve()
        self.base_url = str(values.get("base_url", ""))
        self.encoding = str(values.get("encoding", "auto"))
        if self.encoding != "auto":
            _known_encoding(self.encoding)
        self.source = (
            f"html:{values.get('source') or urlsplit(self.base_url).hostname or root.name}"
        )
        self.source = self.source[:200]
        self._rules = [_rule(one, number) for number, one in enumerate(values["rules"], 1)]
        self.people: dict[str, Person] = {}
        self.groups: dict[str, Group] = {}
        self._paths = sorted(self._found())
        self.total = len(self._paths)

    def _found(self) -> Iterator[str]:
        for path in self.root.rglob("*"):
            is_page = path.suffix.lower() in PAGE_ENDS and path.is_file()
            # No link leads out of the folder.
            if is_page and path.resolve().is_relative_to(self.root):
                yield path.relative_to(self.root).as_posix()

    def items(self) -> Iterator[Item | Unread]:
        for row, path in enumerate(self._paths, 1):
            rule = next((one for one in self._rules if fnmatchcase(path, one.path)), None)
            if rule is None:
                reason = "Không có quy tắc nào trong tệp ánh xạ cho trang này."
                yield Unread(row, path[:300], "", Outcome.SKIPPED, reason)
                continue
            try:
                yield self._item(row, path, rule)
            except InvalidInput as error:
                yield Unread(row, path[:300], "", Outcome.REFUSED, error.sentence)
            except (OSError, etree.LxmlError, ValueError, AssertionError) as error:
                reason = f"Không đọc được trang này ({type(error).__name__})."
                yield Unread(row, path[:300], "", Outcome.REFUSED, reason)

    def _item(self, row: int, path: str, rule: Rule) -> Item:
        file = self.root / path
        if file.stat().st_size > MAX_PAGE_BYTES:
            raise InvalidInput(f"Trang lớn quá {MAX_PAGE_BYTES // 1_000_000} MB nên không nhận.")
        text, notes = self._decoded(file.read_bytes())
        page = lxml.html.document_fromstring(text.replace("\0", "") or "<p></p>")
        said = {name: self._said(page, rule, name) for name in SELECTED if name != "body"}
        body = self._body(page, rule, path)
        legacy = legacy_encodings.detect(f"{said['title']}\n{plain_text(body[:200_000])}") or ""
        if legacy:
            label = legacy_encodings.LABELS[legacy]
            notes.append(f"Trang viết bằng {label}, đã chuyển sang Unicode.")
            said = {
                name: legacy_encodings.convert_line(value, legacy) if name != "lead" else value
                for name, value in said.items()
            }
        if not said["title"]:
            raise InvalidInput("Không thấy tiêu đề: hãy xem lại bộ chọn title của quy tắc.")
        if not plain_text(body).strip() and "<img" not in body:
            raise InvalidInput("Không thấy nội dung: hãy xem lại bộ chọn body của quy tắc.")
        state, moment = _STATES[rule.state], None
        if said["date"]:
            moment = _moment(said["date"], rule.date_format)
        elif state is State.PUBLISHED:
            raise InvalidInput("Không thấy ngày đăng: hãy xem lại bộ chọn date của quy tắc.")
        author = _BY_WORDS.sub("", said["author"])[:120].strip()
        section = said["section"]
        if author:
            self.people.setdefault(author, Person(author, author))
        if section:
            self.groups.setdefault(section, Group(section, section, slugify(section)))
        digits = re.sub(r"[^0-9]", "", said["views"])[:12]
        details = {}
        for name, selected in rule.details.items():
            value = _first(page, *selected)
            details[name] = legacy_encodings.convert_line(value, legacy) if legacy else value
        return Item(
            row=row,
            external_id=path[:300],
            kind=Kind(rule.kind),
            title=said["title"],
            summary=said["summary"] or wordpress_text.summary("", body if not legacy else ""),
            body=body,
            state=state,
            author=author,
            byline=author,
            section=section,
            published_at=moment,
            written_at=moment,
            views=int(digits) if digits else 0,
            addresses=self._addresses(page, rule, path),
            lead=self._absolute(path, said["lead"]) if said["lead"] else "",
            source_name=said["source"][:200],
            details=details,
            legacy=legacy,
            notes=notes,
        )

    def _said(self, page: Any, rule: Rule, name: str) -> str:
        if name in rule.select:
            found = _first(page, *rule.select[name])
            if found:
                return found
        return rule.fixed.get(name, "")

    def _body(self, page: Any, rule: Rule, path: str) -> str:
        selector, _ = rule.select["body"]
        parts = []
        for part in selector(page):
            for unwanted in rule.remove:
                for one in unwanted(part):
                    if one is not part and one.getparent() is not None:
                        one.drop_tree()
            for tag, name in (("img", "src"), ("img", "data-src"), ("a", "href")):
                for one in part.iter(tag):
                    if one.get(name) and not one.get(name).startswith("data:"):
                        one.set(name, self._absolute(path, one.get(name)))
            parts.append(lxml.html.tostring(part, encoding="unicode", with_tail=False))
        return "\n".join(parts)

    def _absolute(self, path: str, reference: str) -> str:
        """An address as a page at this path means it, from the root of the old site."""
        try:
            if urlsplit(reference).scheme or reference.startswith("#"):
                return reference
            return urljoin("/" + quote(path), reference.strip())
        except ValueError:
            return ""

    def _addresses(self, page: Any, rule: Rule, path: str) -> list[str]:
        stem = path.rpartition(".")[0]
        number = next(iter(re.findall(r"[0-9]+", stem.rpartition("/")[2])[-1:]), "")
        names = {"path": path, "stem": stem, "name": stem.rpartition("/")[2], "number": number}
        found = []
        for pattern in rule.addresses:
            if "{number}" not in pattern or number:
                found.append(re.sub(r"\{(path|stem|name|number)\}", lambda m: names[m[1]], pattern))
        if path.endswith(("/index.html", "/index.htm")):
            found.append("/" + path.rpartition("/")[0])
        canonical = _first(page, CSSSelector('link[rel="canonical"]'), "href")
        if canonical and urlsplit(canonical).hostname == urlsplit(self.base_url).hostname:
            found.append(canonical)
        return list(dict.fromkeys(found))

    def _decoded(self, data: bytes) -> tuple[str, list[str]]:
        """The page as text: as its mark, the mapping file or it itself says, in this order."""
        for mark, encoding in (
            (b"\xef\xbb\xbf", "utf-8-sig"),
            (b"\xff\xfe", "utf-16"),
            (b"\xfe\xff", "utf-16"),
        ):
            if data.startswith(mark):
                return data.decode(encoding, "replace"), []
        encoding = self.encoding
        if encoding == "auto":
            try:
                return data.decode("utf-8"), []
            except UnicodeDecodeError:
                said = _SAYS.search(data[:8192])
                encoding = said[1].decode() if said else "windows-1252"
        try:
            text = data.decode(_known_encoding(encoding), "replace")
        except InvalidInput:
            text = data.decode("windows-1252", "replace")
        is_lossy = "\ufffd" in text
        if is_lossy and encoding.lower() in ("windows-1252", "iso-8859-1", "us-ascii", "utf-8"):
            # The old fonts use every byte, also those that these have no letter for.
            text, is_lossy = data.decode("latin-1"), encoding.lower() == "utf-8"
        notes = [f"Có chữ không đọc được theo bảng mã {encoding}."] if is_lossy else []
        return text, notes


def _known_encoding(name: str) -> str:
    try:
        b"".decode(name)
    except (LookupError, UnicodeError) as error:
        raise InvalidInput(f"Không có bảng mã “{name}”; hãy ghi utf-8, windows-1258…") from error
    return name


def _rule(values: Any, number: int) -> Rule:
    where = f"[[rules]] thứ {number}"
    if not isinstance(values, dict) or not isinstance(values.get("path"), str):
        raise InvalidInput(f'Tệp ánh xạ, {where}: hãy ghi path, như "tin-tuc/*.html".')
    for name in ("title", "body"):
        if not values.get(name):
            raise InvalidInput(f"Tệp ánh xạ, {where}: thiếu bộ chọn {name}.")
    select, fixed = {}, {}
    for name in SELECTED:
        text = values.get(name)
        if text is None:
            continue
        if isinstance(text, str) and text.startswith("="):
            fixed[name] = text[1:].strip()
        else:
            select[name] = _selector(text, f"{where}, {name}")
    state = values.get("state", State.PUBLISHED.value)
    if state not in _STATES:
        raise InvalidInput(f"Tệp ánh xạ, {where}: state phải là {', '.join(_STATES)}.")
    remove, addresses = values.get("remove", []), values.get("addresses", ["/{path}"])
    if not isinstance(remove, list) or not isinstance(addresses, list):
        raise InvalidInput(f"Tệp ánh xạ, {where}: remove và addresses phải là danh sách.")
    return Rule(
        path=values["path"],
        select=select,
        fixed=fixed,
        details={
            name: _selector(text, f"{where}, details.{name}")
            for name, text in texts(values, "details").items()
        },
        remove=tuple(_selector(one, f"{where}, remove")[0] for one in remove),
        kind=kind_of(str(values.get("kind", "post")), where),
        state=state,
        date_format=str(values.get("date_format", "")),
        addresses=tuple(map(str, addresses)),
    )


def _selector(text: Any, where: str) -> tuple[CSSSelector, str]:
    """``h1.tieu-de``, or ``meta[name=author]@content`` for what an attribute says."""
    try:
        selector, _, attribute = str(text).partition("@")
        return CSSSelector(selector.strip(), translator="html"), attribute.strip()
    except Exception as error:
        # cssselect's own errors, and XPath's of what it made.
        raise InvalidInput(f"Tệp ánh xạ, {where}: bộ chọn “{text}” viết sai.") from error


def _first(page: Any, selector: CSSSelector, attribute: str) -> str:
    for found in selector(page):
        value = found.get(attribute) or "" if attribute else found.text_content()
        # A soft hyphen is a letter in TCVN3.
        if said := " ".join(
            clean(value.replace("\xad", "\ue000")).replace("\ue000", "\xad").split()
        ):
            return said
    return ""


def _moment(text: str, date_format: str) -> datetime:
    """When a page says that it appeared, in Việt Nam. Raises InvalidInput."""
    if date_format:
        try:
            return datetime.strptime(text, date_format).replace(tzinfo=HO_CHI_MINH).astimezone(UTC)
        except ValueError as error:
            raise InvalidInput(
                f"Ngày “{text[:60]}” không đúng dạng {date_format} hoặc không có trong lịch."
            ) from error
    found = _DATE.search(text)
    if found is None:
        raise InvalidInput(f"Không thấy ngày trong “{text[:60]}”.")
    day = parse_date(found[1])
    at = _TIME.search(text.replace(found[1], " "))
    hour, minute = (int(at[1]), int(at[2])) if at else (0, 0)
    if hour > 23 or minute > 59:
        raise InvalidInput(f"Giờ trong “{text[:60]}” không có thật.")
    return combine(day, datetime(2000, 1, 1, hour, minute, tzinfo=UTC).time())
