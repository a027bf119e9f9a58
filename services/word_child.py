"""The process in which a Word document is read: ``python -m services.word_child``.

What strangers send meets mammoth and its XML parser here, where nothing can be harmed: a process
of its own, with a ceiling of memory and processor time where the system has them, that reads from
standard input, writes to standard output, and ends. services/word starts it.

The answer is a line of JSON, then the bytes of the pictures one after another.
"""

import io
import json
import sys
import xml.dom.minidom
import zipfile
from collections import Counter
from hashlib import sha256
from typing import Any

import mammoth
from defusedxml import DefusedXmlException, minidom
from defusedxml.ElementTree import iterparse
from mammoth import documents, transforms

from services import bounded
from services.word_layout import lay_out
from services.word_styles import CENTRED, INNER_LISTS, RIGHT, STYLE_MAP, meanings, numbers_headings

MAX_MEMORY_BYTES = 1_000_000_000
MAX_PROCESSOR_S = 25
# More than a text should show; those beyond are marked in their places.
MAX_PICTURES = 30
MAX_PICTURE_BYTES = 15_000_000
_MAX_PICTURES_BYTES = 60_000_000
_FORMULA = "[công thức chưa được đưa vào]"
# Words that mammoth leaves out or that have no place in a text here, by the element's local name.
_NOTED = {
    "oMath": "formulas",
    "chart": "charts",
    "relIds": "diagrams",
    "OLEObject": "objects",
    "altChunk": "objects",
    "del": "deletions",
    "ins": "insertions",
    "commentReference": "comments",
}


class _Pictures:
    """Takes each picture as mammoth comes to it, the same bytes once."""

    def __init__(self) -> None:
        self.found: list[bytes] = []
        self.known: dict[bytes, int] = {}
        self.total = 0
        self.left_out = 0

    def take(self, image: Any) -> dict[str, str]:
        try:
            with image.open() as opened:
                data = opened.read(MAX_PICTURE_BYTES + 1)
        except Exception:  # a picture that is only linked, or is not in the file
            data = b""
        digest = sha256(data).digest()
        if digest not in self.known:
            if len(self.found) >= MAX_PICTURES or self.total + len(data) > _MAX_PICTURES_BYTES:
                self.left_out += 1
                return {"src": "anh:thua"}
            self.known[digest] = len(self.found)
            self.found.append(data)
            self.total += len(data)
        return {"src": f"anh:{self.known[digest]}"}


def read(data: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """The document's parts and its pictures."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        roles = meanings(package)
        facts = _facts(package)
        facts["numbered_headings"] = numbers_headings(package, roles)
    pictures = _Pictures()

    def mean(paragraph: Any) -> Any:
        role = roles.get(paragraph.style_id, "")
        numbering = paragraph.numbering
        if role in INNER_LISTS:
            if numbering is not None and numbering.level_index == "0":
                level = str(INNER_LISTS[role] - 1)
                numbering = documents.numbering_level(level, is_ordered=numbering.is_ordered)
            role = ""
        if not role and paragraph.numbering is None:
            role = {"center": CENTRED, "right": RIGHT, "end": RIGHT}.get(paragraph.alignment, "")
        return paragraph.copy(style_id=None, style_name=role or None, numbering=numbering)

    result = mammoth.convert_to_html(
        io.BytesIO(data),
        style_map=STYLE_MAP,
        # A style map inside the file would be the sender's.
        include_embedded_style_map=False,
        external_file_access=False,
        transform_document=transforms.element_of_type(documents.Paragraph, mean),
        convert_image=mammoth.images.img_element(pictures.take),
    )
    laid = lay_out(result.value)
    answer = {
        "title": laid.title,
        "summary": laid.summary,
        "body": laid.body,
        "tables_left_out": laid.tables_left_out,
        "pictures_left_out": pictures.left_out,
        "facts": {name: count for name, count in facts.items() if count},
        "sizes": [len(picture) for picture in pictures.found],
    }
    return answer, pictures.found


def _facts(package: zipfile.ZipFile) -> Counter[str]:
    facts: Counter[str] = Counter()
    for name in package.namelist():
        if name == "word/document.xml":
            with package.open(name) as part:
                for _, element in iterparse(part, forbid_dtd=True):
                    fact = _NOTED.get(element.tag.rpartition("}")[2])
                    if fact:
                        facts[fact] += 1
                    element.clear()
        elif name.startswith(("word/header", "word/footer")) and name.endswith(".xml"):
            with package.open(name) as part:
                said = (e.text or "" for _, e in iterparse(part, forbid_dtd=True))
                # A page's number alone is missed by nobody.
                facts["margins"] += any(any(c.isalpha() for c in text) for text in said)
    return facts


def _parse(part: Any) -> Any:
    """The XML of a part, as mammoth asks for it: no document type, no entity; and with what
    mammoth would pass over put as it reads it. A field's result is words like any others, and a
    formula is missed where it stood."""
    document = minidom.parse(part, forbid_dtd=True)
    for field in _elements(document, "fldSimple"):
        for child in list(field.childNodes):
            field.parentNode.insertBefore(child, field)
        field.parentNode.removeChild(field)
    for formula in [*_elements(document, "oMathPara"), *_elements(document, "oMath")]:
        parent = formula.parentNode
        if parent.localName == "oMathPara":
            continue
        run = document.createElementNS(parent.namespaceURI, "w:r")
        text = document.createElementNS(parent.namespaceURI, "w:t")
        text.appendChild(document.createTextNode(_FORMULA))
        run.appendChild(text)
        parent.replaceChild(run, formula)
    return document


def _elements(document: Any, name: str) -> list[Any]:
    return list(document.getElementsByTagNameNS("*", name))


def main() -> int:
    bounded.limit(memory_bytes=MAX_MEMORY_BYTES, processor_s=MAX_PROCESSOR_S)
    # The name by which mammoth reads XML.
    xml.dom.minidom.parse = _parse  # type: ignore[assignment]
    pictures: list[bytes] = []
    try:
        answer, pictures = read(sys.stdin.buffer.read())
    except (MemoryError, RecursionError):
        answer = {"fault": "too much"}
    except DefusedXmlException:
        answer = {"fault": "hostile"}
    except Exception as fault:
        # A damaged file breaks mammoth in as many ways as there are.
        answer = {"fault": "damaged", "because": repr(fault)[:500]}
    out = sys.stdout.buffer
    out.write(json.dumps(answer).encode() + b"\n")
    for picture in pictures:
        out.write(picture)
    out.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
