"""A text of another site with its pictures and files found: what is shown, attached and missing."""

import base64
import binascii
import hashlib
import hmac
import io
import re
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

import lxml.html
from lxml import etree
from PIL import Image

from models import MediaKind
from services import files, legacy_encodings
from services.errors import InvalidInput
from services.markup import words
from services.media import MAX_FILE_SLUG_CHARACTERS
from services.moving.items import Finds, Found, Item
from services.moving.wordpress_text import is_picture
from services.pictures import MAX_BYTES, MAX_PIXELS, PictureRefused, ProcessedPicture, process
from services.sanitising import sanitise
from services.vietnamese import slugify

MAX_BODY_CHARACTERS = 2_000_000
MAX_PICTURES = 200
_DATA = re.compile(r"data:image/[a-z+.-]{2,20};base64,([A-Za-z0-9+/=\s]+)", re.I)
_FILE_ENDS = tuple(f".{extension}" for extension in files.TYPES)
# A smaller copy that WordPress made: the picture itself is better.
_SIZED = re.compile(r"-[0-9]{2,5}x[0-9]{2,5}(?=\.[A-Za-z]{3,4}$)")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A picture or file that can be stored. ``token`` is its address's, made of its bytes: the
    same ones brought twice are one row and one folder."""

    token: str
    kind: MediaKind
    name: str
    data: bytes
    processed: ProcessedPicture | None = None
    alt: str = ""


@dataclass(slots=True)
class Ready:
    """An item that can be stored: ``body`` is sanitised, but for the measures of its pictures."""

    item: Item
    digest: str
    body: str = ""
    media: dict[str, Prepared] = field(default_factory=dict)
    lead: str = ""  # a token
    files: list[tuple[str, str]] = field(default_factory=list)  # token, label
    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def fault(self) -> str:
        """What the report says beside the outcome."""
        missing = [f"Thiếu {one}." for one in self.missing[:5]]
        if len(self.missing) > 5:
            missing.append(f"Và {len(self.missing) - 5} ảnh, tệp khác còn thiếu.")
        return " ".join([*self.notes, *missing])


class Preparer:
    """Makes items ready without the database. ``known`` tells of a token whether it is stored,
    so that its variants need not be made again."""

    def __init__(self, *, finds: Finds, secret_key: str) -> None:
        self._finds = finds
        self._key = secret_key.encode()
        self.known: set[str] = set()

    def prepare(self, item: Item) -> Ready:
        """Raises InvalidInput for a text that cannot be kept."""
        ready = Ready(item, item.digest(), notes=list(item.notes))
        if len(item.body) > MAX_BODY_CHARACTERS:
            most = MAX_BODY_CHARACTERS // 1_000_000
            raise InvalidInput(f"Nội dung dài quá {most} triệu ký tự nên không nhận.")
        ready.body = sanitise(self._body(item.body, ready)) if item.body.strip() else ""
        if item.legacy:
            ready.body = sanitise(legacy_encodings.convert_html(ready.body, item.legacy))
        if item.lead:
            ready.lead = self._picture(item.lead, "", ready) or ""
        elif first := next((m for m in ready.media.values() if m.kind is MediaKind.PICTURE), None):
            ready.lead = first.token
        for reference, label in item.files:
            self._attach(reference, label, ready)
        return ready

    # ------------------------------------------------------------ the text
    def _body(self, body: str, ready: Ready) -> str:
        try:
            root = lxml.html.fragment_fromstring(body.replace("\0", ""), create_parent="div")
        except (etree.ParserError, ValueError, AssertionError):
            return body
        for count, image in enumerate(list(root.iter("img"))):
            source = image.get("data-src") or image.get("data-lazy-src") or image.get("src") or ""
            token = (
                self._picture(source, image.get("alt") or "", ready)
                if count < MAX_PICTURES
                else None
            )
            if token is None:
                _drop(image)
                continue
            for name in list(image.attrib):
                if name != "alt":
                    del image.attrib[name]
            image.set("src", f"/tep/{token}/960.webp")
        for link in list(root.iter("a")):
            self._mend_link(link, ready)
        parts = [root.text or ""]
        parts += [etree.tostring(child, encoding="unicode", method="html") for child in root]
        return "".join(parts)

    def _mend_link(self, link: etree._Element, ready: Ready) -> None:
        href = (link.get("href") or "").strip()
        path = unquote(href.partition("#")[0].partition("?")[0]).lower()
        if is_picture(path) and link.find(".//img") is not None:
            link.attrib.pop("href")  # to the picture that stands there, larger
        elif path.endswith(_FILE_ENDS) and (href.startswith("/") or self._finds.is_own(href)):
            label = " ".join(" ".join(link.itertext()).split())
            token = self._attach(href, label, ready)
            if token is not None:
                extension = path.rpartition(".")[2]
                link.set("href", f"/tep/{token}/{_file_slug(ready.media[token].name)}.{extension}")
        elif href.startswith(("http://", "https://")) and self._finds.is_own(href):
            parts = urlsplit(href)
            own = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            # From our own root: there the old address leads on.
            link.set("href", own + (f"#{parts.fragment}" if parts.fragment else ""))

    # ------------------------------------------------------------ pictures and files
    def _picture(self, reference: str, alt: str, ready: Ready) -> str | None:
        shown = reference if len(reference) <= 120 else reference[:117] + "…"
        found: Found | str
        if embedded := _DATA.match(reference):
            found = _decoded(embedded[1])
            shown = "ảnh nhúng trong bài"
        elif reference.startswith("data:") or not reference:
            found = "không phải ảnh dùng được"
        else:
            found = self._find(reference)
        if isinstance(found, str):
            ready.missing.append(f"ảnh {shown}: {found}")
            return None
        token = self._token(found.data)
        if token in ready.media or token in self.known:
            ready.media.setdefault(token, Prepared(token, MediaKind.PICTURE, found.name, b""))
            return token
        try:
            processed = process(_as_known(found.data))
        except PictureRefused as refusal:
            ready.missing.append(f"ảnh {shown}: {refusal.sentence.rstrip('.')}")
            return None
        ready.media[token] = Prepared(
            token, MediaKind.PICTURE, found.name, found.data, processed, words(alt) or ""
        )
        return token

    def _find(self, reference: str) -> Found | str:
        whole = _SIZED.sub("", reference)
        if whole != reference and isinstance(found := self._finds.find(whole), Found):
            return found
        return self._finds.find(reference)

    def _attach(self, reference: str, label: str, ready: Ready) -> str | None:
        found = self._finds.find(reference)
        shown = reference if len(reference) <= 120 else "…" + reference[-117:]
        if isinstance(found, str):
            ready.missing.append(f"tệp {shown}: {found}")
            return None
        try:
            files.inspect(io.BytesIO(found.data), found.name)
        except InvalidInput as refusal:
            ready.missing.append(f"tệp {shown}: {refusal.sentence.rstrip('.')}")
            return None
        token = self._token(found.data)
        ready.media.setdefault(token, Prepared(token, MediaKind.FILE, found.name, found.data))
        if token not in [one for one, _ in ready.files]:
            ready.files.append((token, (words(label) or "")[:300]))
        return token

    def _token(self, data: bytes) -> str:
        made = hmac.new(self._key, b"import/" + hashlib.sha256(data).digest(), hashlib.sha256)
        return base64.urlsafe_b64encode(made.digest()[:16]).decode().rstrip("=")


def _file_slug(name: str) -> str:
    stem = name.rpartition(".")[0] or name
    return slugify(stem, max_length=MAX_FILE_SLUG_CHARACTERS) or "tep"


def _drop(image: etree._Element) -> None:
    """Take a picture out, and the caption that was its own; the words around it stay."""
    figure = next(image.iterancestors("figure"), None)
    if figure is not None and len(list(figure.iter("img"))) == 1:
        figure.drop_tree()
    else:
        image.drop_tree()


def _decoded(text: str) -> Found | str:
    if len(text) > MAX_BYTES * 4 // 3 + 4:
        return "lớn quá 15 MB"
    try:
        return Found("anh-trong-bai", base64.b64decode(text, validate=False))
    except (binascii.Error, ValueError):
        return "mã ảnh bị hỏng"


def _as_known(data: bytes) -> bytes:
    """Old sites have GIF and BMP pictures, whose first frame the site can show."""
    if not data.startswith((b"GIF8", b"BM")) or len(data) > MAX_BYTES:
        return data
    try:
        with Image.open(io.BytesIO(data), formats=("GIF", "BMP")) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                return data
            out = io.BytesIO()
            opened.convert("RGBA").save(out, "PNG")
            return out.getvalue()
    except Exception:
        # Decoders of hostile bytes raise nearly anything; pictures.process says it in words.
        return data
