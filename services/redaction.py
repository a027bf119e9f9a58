"""What looks like a person's name or number in a text that should not tell who somebody is.

Only a hint for whoever writes: names are told by family names and what stands before them, so
some are missed and some are none.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from services.vietnamese import fold, nfc

# The family names of nearly everybody (Lê Trung Hoa, Họ và tên người Việt Nam, 2005), folded.
_FAMILIES = frozenset(
    "nguyen tran le pham hoang huynh phan vu vo dang bui do ho ngo duong ly dinh doan luong luu "
    "mai trinh truong cao chau chu dao ha kieu lam la lieu lo luc ma mac nghiem ninh nong ong "
    "phung quach ta thach thai than thi to tong trieu tu van vi vuong an au bach banh bien ca "
    "cam cat giang giap khuc khuong lai lang lu nhan nham pho phi quan sam tang thieu tiet ton "
    "tran trang tuong ung uong vien xa y".split()
)
# Written just so they are nearly always a family; without their marks, or as other words, less so.
_SURE = frozenset(
    "nguyễn trần lê phạm hoàng huỳnh phan vũ võ đặng bùi đỗ hồ ngô dương lý đinh đoàn lương lưu "
    "mai trịnh trương cao châu đào hà kiều lâm nghiêm phùng quách tạ thạch thái tô tống triệu từ "
    "văn vương".split()
)
_MIDDLES = frozenset({"thi", "van", "duc", "huu", "ngoc", "minh", "thanh", "xuan", "quoc"})
# Names that are of places and in every text.
_NO_PERSON = frozenset({"hồ chí minh"})
_ADDRESS = (
    r"(?:ông|bà|anh|chị|cô|chú|bác|em|cháu|công dân|bị đơn|nguyên đơn|người khiếu nại|"
    r"người tố cáo|người bị tố cáo|đương sự)"
)
# Capitals and small letters lie mixed in Unicode, so ranges would not tell them apart.
_LETTERS = [chr(code) for code in (*range(0x41, 0x250), *range(0x1EA0, 0x1EFA))]
_CAPITAL = "[" + "".join(each for each in _LETTERS if each.isupper()) + "]"
_SMALL = "[" + "".join(each for each in _LETTERS if each.islower()) + "]"
_WORD = rf"{_CAPITAL}(?:{_SMALL}{{1,6}}|{_CAPITAL}{{1,6}}|\.)?"
_NAME = re.compile(rf"(?<![\w.])(?P<name>{_WORD}(?:[ \u00a0]{_WORD}){{1,4}})(?!\w)")
_CALLED = re.compile(
    rf"(?<!\w)(?i:{_ADDRESS})(?:[ \u00a0]\(?(?i:bà|ông)\)?)?[ \u00a0:]{{1,2}}"
    rf"(?P<name>{_WORD}(?:[ \u00a0]{_WORD}){{0,4}})(?!\w)"
)
_DIGITS = re.compile(r"(?<![\d/.,-])(?:\+?\d[\d .\u00a0-]{7,17}\d)(?![\d/]|-[A-ZĐ])")
_HIDDEN = re.compile(rf"(?:{_CAPITAL}\.?[ \u00a0]?){{1,4}}")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that looks like a person's. ``place`` is the field's label, ``label`` says what
    it looks like."""

    place: str
    label: str
    text: str


def findings_in(texts: Mapping[str, str]) -> list[Finding]:
    """What was found in each text, in its order; the same twice in one place is told once."""
    found: dict[Finding, None] = {}
    for place, text in texts.items():
        for _, label, said in sorted(_found(nfc(text))):
            found.setdefault(Finding(place, label, said))
    return list(found)


def _found(text: str) -> list[tuple[int, str, str]]:
    found: list[tuple[int, str, str]] = []
    taken: set[int] = set()
    for match in _CALLED.finditer(text):
        name = match["name"]
        # N.V.A or “ông A.” has been hidden already.
        if not _HIDDEN.fullmatch(name):
            found.append((match.start(), "tên người", match[0]))
            taken.update(range(match.start("name"), match.end("name")))
    for match in _NAME.finditer(text):
        if match.start() not in taken and _is_name(match["name"]):
            found.append((match.start(), "tên người", match["name"]))
    for match in _DIGITS.finditer(text):
        label = _number_label(match[0])
        if label:
            found.append((match.start(), label, match[0]))
    return found


def _is_name(name: str) -> bool:
    words = name.replace("\u00a0", " ").split()
    family = fold(words[0])
    if family not in _FAMILIES or any(len(word.rstrip(".")) < 2 for word in words):
        return False
    if name.lower() in _NO_PERSON or len(words) == 1:
        return False
    if words[0].lower() in _SURE:
        return len(words) >= 3 or fold(words[1]) in {"thi", "van"}
    return fold(words[1]) in _MIDDLES and len(words) in {3, 4}


def _number_label(typed: str) -> str:
    digits = re.sub(r"\D", "", typed)
    if re.fullmatch(r"(?:84|0)(?:[35789]\d{8}|2\d{9})", digits) and not typed.lstrip().startswith(
        "00"
    ):
        return "số điện thoại"
    if len(digits) in {9, 12} and (typed.isdigit() or re.fullmatch(r"\d{3}(?:[ .]\d{3})+", typed)):
        # 1.200.000.000 đồng is money: groups of three after a shorter first one.
        return "số CMND/CCCD"
    return ""
