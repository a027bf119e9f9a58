"""Every text of the public pages is there in English, with the same places to be filled, and no
page holds Vietnamese outside the catalogue."""

import re

from tests.support.application import ROOT
from tools import translations

VIETNAMESE = re.compile(
    "[ăâđêôơưáàảãạắằẳẵặấầẩẫậéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ]", re.I
)
PLACE = re.compile(r"%\((\w+)\)[sd]|%%")
# Said in its own language, whatever the page's: what leads to the other one, and an example.
IN_ITS_OWN = ("Trang tiếng Việt", "Đọc bản tiếng Việt", "Tiếng Việt", "q=khoa+học")
# Engines read these, in Vietnamese alone.
NOT_PAGES = {"rss.xml"}


def test_every_text_of_a_public_page_is_there_in_english() -> None:
    catalogue = translations.read()
    missing = [
        text
        for text in translations.texts()
        if not getattr(catalogue.get(text if isinstance(text, str) else text[0]), "string", "")
    ]
    assert missing == []


def test_an_english_text_has_the_places_of_the_vietnamese_one() -> None:
    for message in translations.read():
        if isinstance(message.id, str) and message.id:
            places = [
                sorted(found[0] for found in PLACE.finditer(text))
                for text in (message.id, message.string)
            ]
            assert places[0] == places[1], message.id


def test_no_public_page_holds_vietnamese_outside_the_catalogue() -> None:
    pages = [
        *(ROOT / "templates").glob("*.html"),
        *(ROOT / "templates" / "public").rglob("*.*"),
        *(ROOT / "templates" / "errors").glob("*.html"),
    ]
    for page in pages:
        if page.name in NOT_PAGES:
            continue
        text = re.sub(r"\{#.*?#\}", "", page.read_text("utf-8"), flags=re.S)
        bare = re.sub(r'_\(\s*"[^"]*"', "", text)
        for own in IN_ITS_OWN:
            bare = bare.replace(own, "")
        found = [line.strip() for line in bare.splitlines() if VIETNAMESE.search(line)]
        assert found == [], page.name
