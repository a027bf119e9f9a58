"""What the paragraph styles of a Word document mean: title, heading, caption and so on.

Word names its own styles in English in the file, whatever language it speaks; LibreOffice, Google
Docs and people add their own, often in Vietnamese, often built upon Word's.
"""

import re
import unicodedata
import zipfile
from collections.abc import Iterable, Mapping
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import parse

TITLE, SUBTITLE, CAPTION, QUOTE = "title", "subtitle", "caption", "quote"
TABLE_HEADING = "table heading"
CENTRED, RIGHT = "centred", "right"
HEADINGS = tuple(f"heading{level}" for level in range(1, 7))

_NAMED = {
    "title": TITLE,
    "tieu de": TITLE,
    "tieu de bai": TITLE,
    "tua de": TITLE,
    "ten bai": TITLE,
    "subtitle": SUBTITLE,
    "phu de": SUBTITLE,
    "tieu de phu": SUBTITLE,
    "sapo": SUBTITLE,
    "tom tat": SUBTITLE,
    "caption": CAPTION,
    "chu thich": CAPTION,
    "chu thich anh": CAPTION,
    "chu thich hinh": CAPTION,
    "chu thich bang": CAPTION,
    "quote": QUOTE,
    "intense quote": QUOTE,
    "quotations": QUOTE,
    "trich dan": QUOTE,
    "table heading": TABLE_HEADING,
    "tieu de bang": TABLE_HEADING,
    "heading": HEADINGS[0],
}
_HEADING = re.compile(r"(?:heading|tieu de|dau de|de muc|muc) ?([1-9])")
# Word's own "List Bullet 2" is a list of the first level, set in further.
_INNER_LIST = re.compile(r"list (?:bullet|number|continue) ([2-5])")
INNER_LISTS = {f"list{level}": level for level in range(2, 6)}
_MAX_PARENTS = 12

# For mammoth: what each meaning becomes. Classes say to services/word_layout what is to be moved.
STYLE_MAP = "\n".join(
    [
        *(f"p[style-name='{name}'] => h{level}:fresh" for level, name in enumerate(HEADINGS, 1)),
        *(f"p[style-name='{name}'] => p.{name}:fresh" for name in (TITLE, SUBTITLE, CAPTION)),
        f"p[style-name='{QUOTE}'] => blockquote > p:fresh",
        f"p[style-name='{TABLE_HEADING}'] => p:fresh > strong",
        f"p[style-name='{CENTRED}'] => p.align-center:fresh",
        f"p[style-name='{RIGHT}'] => p.align-right:fresh",
        "r[style-name='Emphasis'] => em",
        "r[style-name='Intense Emphasis'] => em",
        "u => u",
        "comment-reference => ",
    ]
)


def meanings(package: zipfile.ZipFile) -> dict[str, str]:
    """Style id → meaning, of the styles that have one."""
    styles = {
        _value(style, "styleId"): style
        for style in _root_of(package, "word/styles.xml")
        if style.tag.endswith("}style") and _value(style, "type") == "paragraph"
    }
    found = {style_id: _meaning(style_id, styles) for style_id in styles}
    return {style_id: meaning for style_id, meaning in found.items() if meaning}


def numbers_headings(package: zipfile.ZipFile, roles: Mapping[str, str]) -> bool:
    """Whether Word counts the headings: the numbers are not in the text, and are lost with it."""
    for numbering in _root_of(package, "word/numbering.xml"):
        for level in _children(numbering, "lvl"):
            is_counted = _child_value(level, "numFmt") not in ("none", "bullet", "")
            if is_counted and roles.get(_child_value(level, "pStyle"), "") in HEADINGS:
                return True
    return False


def _root_of(package: zipfile.ZipFile, name: str) -> Iterable[Element]:
    try:
        with package.open(name) as part:
            root: Element = parse(part, forbid_dtd=True).getroot()
            return root
    except KeyError:
        return ()


def _meaning(style_id: str, styles: Mapping[str, Element]) -> str:
    """Its own name's or outline level's, else that of the style that it is built upon."""
    for _ in range(_MAX_PARENTS):
        style = styles.get(style_id)
        if style is None:
            return ""
        name = _plain(_child_value(style, "name"))
        if name in _NAMED:
            return _NAMED[name]
        if heading := _HEADING.fullmatch(name):
            return HEADINGS[min(int(heading[1]), 6) - 1]
        if inner := _INNER_LIST.fullmatch(name):
            return f"list{inner[1]}"
        for properties in _children(style, "pPr"):
            level = _child_value(properties, "outlineLvl")
            if level.isdigit() and int(level) < 9:
                return HEADINGS[min(int(level), 5)]
        style_id = _child_value(style, "basedOn")
    return ""


def _plain(name: str) -> str:
    apart = unicodedata.normalize("NFD", name.lower().replace("đ", "d").replace("_", " "))
    return " ".join("".join(c for c in apart if not unicodedata.combining(c)).split())


def _children(element: Element, name: str) -> list[Element]:
    return [child for child in element if child.tag.rpartition("}")[2] == name]


def _child_value(element: Element, name: str) -> str:
    return next((_value(child, "val") for child in _children(element, name)), "")


def _value(element: Element, name: str) -> str:
    for key, value in element.attrib.items():
        if key.rpartition("}")[2] == name:
            return value
    return ""
