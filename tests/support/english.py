"""What an English page says in Vietnamese without saying so."""

import re
from collections.abc import Iterator

import lxml.html

VIETNAMESE = re.compile(
    "[ăâđêôơưáàảãạắằẳẵặấầẩẫậéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ]", re.IGNORECASE
)
# Attributes whose words people read or hear.
SAID = ("aria-label", "title", "placeholder", "alt", "value", "content", "label")
SAID += ("data-announce", "data-text", "data-done", "data-table-label", "data-network")
NOT_SAID = {"script", "style"}
# Whose words a name of a person may be.
NAMES = {"DC.creator"}


def unmarked(page: str) -> list[str]:
    """Every text with a Vietnamese letter that stands in no element of ``lang="vi"``."""
    document = lxml.html.document_fromstring(page)
    assert document.get("lang") == "en"
    return [
        f"<{owner.tag} {name}> {text.strip()[:80]}"
        for owner, name, text in _texts(document)
        if VIETNAMESE.search(text) and _language(owner) != "vi"
    ]


def _texts(document: lxml.html.HtmlElement) -> Iterator[tuple[lxml.html.HtmlElement, str, str]]:
    for element in document.iter():
        if not isinstance(element.tag, str) or element.tag in NOT_SAID:
            continue
        yield element, "", element.text or ""
        yield from ((element, "tail", child.tail or "") for child in element)
        if element.get("name") not in NAMES:
            yield from ((element, name, element.get(name) or "") for name in SAID)


def _language(element: lxml.html.HtmlElement | None) -> str:
    while element is not None:
        if element.get("lang"):
            return str(element.get("lang"))
        element = element.getparent()
    return ""
