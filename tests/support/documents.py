"""Small files of each kind that may be attached, and of kinds that may not, made as bytes."""

import io
import zipfile

_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_MAIN = {
    "docx": "officedocument.wordprocessingml.document.main+xml",
    "xlsx": "officedocument.spreadsheetml.sheet.main+xml",
    "pptx": "officedocument.presentationml.presentation.main+xml",
}
_ODF = {"odt": "text", "ods": "spreadsheet", "odp": "presentation"}
_STREAMS = {"doc": "WordDocument", "xls": "Workbook", "ppt": "PowerPoint Document"}

PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"


def document(extension: str) -> bytes:
    """The least that is a file of this kind."""
    if extension == "pdf":
        return PDF
    if extension in _MAIN:
        return ooxml(f"application/vnd.openxmlformats-{_MAIN[extension]}")
    if extension in _ODF:
        return odf(_ODF[extension])
    return compound(_STREAMS[extension])


def zipped(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def ooxml(main: str, **others: bytes) -> bytes:
    types = (
        f'<Types xmlns="{_TYPES}"><Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/main.xml" ContentType="{main}"/></Types>'
    )
    return zipped({"[Content_Types].xml": types.encode(), "main.xml": b"<main/>", **others})


def odf(kind: str, **others: bytes) -> bytes:
    mime = f"application/vnd.oasis.opendocument.{kind}".encode()
    return zipped({"mimetype": mime, "content.xml": b"<content/>", **others})


def compound(*streams: str) -> bytes:
    """An old office file: a header, then a directory of the streams' names (MS-CFB)."""
    entries = []
    for name in ("Root Entry", *streams):
        written = name.encode("utf-16-le") + b"\0\0"
        entries.append(written.ljust(64, b"\0") + len(written).to_bytes(2, "little") + b"\0" * 62)
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\0") + b"".join(entries)
