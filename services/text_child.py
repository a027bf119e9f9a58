"""The process in which an attached file's text is read: ``python -m services.text_child pdf``.

It reads the file from standard input, writes a line of JSON to standard output, and ends;
services/file_reading starts it and says what its answers mean.
"""

import io
import json
import re
import sys
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from services import bounded

MAX_MEMORY_BYTES = 1_500_000_000
MAX_PROCESSOR_S = 40
# About 350 pages; the rest of a longer one is not searched in.
MAX_CHARACTERS = 1_000_000
_MAX_PAGES = 5_000
_MAX_CELLS = 500_000
_SLIDE = re.compile(r"ppt/slides/slide([0-9]{1,5})\.xml")
_WORD_PARTS = re.compile(r"word/(?:document[0-9]*|footnotes|endnotes)\.xml")
# A line of a page that is as long as this and does not end a sentence goes on in the next.
_LONG_LINE = 40


class _Locked(Exception):
    """The file has a password."""


def _pdf(data: bytes, facts: dict[str, int]) -> Iterator[str]:
    # Loads a library of its own, which the other kinds need not wait for.
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as fault:
        if "password" in str(fault).lower():
            raise _Locked from fault
        raise
    facts["pages"] = len(document)
    for number in range(min(len(document), _MAX_PAGES)):
        page = document[number]
        said = page.get_textpage().get_text_bounded()
        page.close()
        if not said.strip():
            facts["pages_without_text"] = facts.get("pages_without_text", 0) + 1
        yield _paragraphs_of(said)


def _paragraphs_of(page: str) -> str:
    """The lines of a page, joined where a sentence goes on: words of two lines are neighbours."""
    out: list[str] = []
    goes_on = False
    for line in page.splitlines():
        line = line.strip()
        if not line:
            goes_on = False
        elif goes_on:
            out[-1] += " " + line
        else:
            out.append(line)
        if line:
            goes_on = len(line) >= _LONG_LINE and line[-1] not in ".:;!?…"
    return "\n".join(out)


def _docx(data: bytes, _facts: dict[str, int]) -> Iterator[str]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        names = [name for name in package.namelist() if _WORD_PARTS.fullmatch(name)]
        for name in sorted(names):
            yield from _paragraphs(package, name, _said_in_ooxml)


def _pptx(data: bytes, facts: dict[str, int]) -> Iterator[str]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        slides = {
            int(found[1]): name
            for name in package.namelist()
            if (found := _SLIDE.fullmatch(name)) is not None
        }
        facts["pages"] = len(slides)
        for number in sorted(slides):
            yield from _paragraphs(package, slides[number], _said_in_ooxml)


def _odf(data: bytes, _facts: dict[str, int]) -> Iterator[str]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        yield from _paragraphs(package, "content.xml", _said_in_odf)


def _xlsx(data: bytes, facts: dict[str, int]) -> Iterator[str]:
    import openpyxl

    book = openpyxl.load_workbook(
        io.BytesIO(data), read_only=True, data_only=True, keep_links=False
    )
    facts["pages"] = len(book.worksheets)
    cells = 0
    for sheet in book.worksheets:
        # What the sheet says of its own size may be anything.
        sheet.reset_dimensions()
        yield sheet.title
        for row in sheet.iter_rows(values_only=True):
            cells += len(row)
            if cells > _MAX_CELLS:
                return
            # Two cells are neighbours and no phrase.
            yield "\t".join(filter(None, map(_cell, row)))


def _cell(value: Any) -> str:
    if isinstance(value, datetime | date):
        return f"{value.day:02}/{value.month:02}/{value.year}"
    if isinstance(value, float):
        return f"{value:g}"
    return "" if value is None or isinstance(value, bool) else str(value).strip()


def _paragraphs(
    package: zipfile.ZipFile, name: str, said: Callable[[Any], Iterator[str]]
) -> Iterator[str]:
    """The text of each paragraph of a part, as it comes; of the part no more is held than that."""
    with package.open(name) as part:
        for _, element in iterparse(part, forbid_dtd=True):
            if _name(element) in {"p", "h"}:
                yield "".join(said(element))
                element.clear()


def _said_in_ooxml(paragraph: Any) -> Iterator[str]:
    for element in paragraph.iter():
        name = _name(element)
        if name == "t":
            yield element.text or ""
        elif name in {"tab", "br", "cr"}:
            yield " "


def _said_in_odf(paragraph: Any) -> Iterator[str]:
    for element in paragraph.iter():
        if _name(element) in {"s", "tab", "line-break"}:
            yield " "
        yield element.text or ""
        if element is not paragraph:
            yield element.tail or ""


def _name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


READERS: dict[str, Callable[[bytes, dict[str, int]], Iterator[str]]] = {
    "pdf": _pdf,
    "docx": _docx,
    "xlsx": _xlsx,
    "pptx": _pptx,
    "odt": _odf,
    "ods": _odf,
    "odp": _odf,
}


def read(data: bytes, extension: str) -> dict[str, Any]:
    """What the file says, and what there is to say of it."""
    facts: dict[str, int] = {}
    parts: list[str] = []
    length = 0
    is_cut = False
    for part in READERS[extension](data, facts):
        if not part.strip():
            continue
        parts.append(part)
        length += len(part) + 1
        if length > MAX_CHARACTERS:
            is_cut = True
            break
    return {"text": "\n".join(parts)[:MAX_CHARACTERS], "is_cut": is_cut, **facts}


def main() -> int:
    bounded.limit(memory_bytes=MAX_MEMORY_BYTES, processor_s=MAX_PROCESSOR_S)
    try:
        answer = read(sys.stdin.buffer.read(), sys.argv[1])
    except (MemoryError, RecursionError):
        answer = {"fault": "too much"}
    except _Locked:
        answer = {"fault": "locked"}
    except DefusedXmlException:
        answer = {"fault": "hostile"}
    except Exception as fault:
        # A damaged file breaks its reader in as many ways as there are.
        answer = {"fault": "damaged", "because": repr(fault)[:500]}
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
