"""The English catalogue, brought up to the pages: ``python -m tools.translations``.

Takes every text of the public pages (babel.cfg) and of what they show as data into
translations/en/LC_MESSAGES/messages.po, keeps what is translated, leaves out what is gone, and
lists what is still to be translated. Pages read it at the next start.
"""

import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "translations" / "en" / "LC_MESSAGES" / "messages.po"


def texts() -> dict[str | tuple[str, ...], bool]:
    """Every text that is to be there in English, and whether it has places to be filled."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    found = extract_from_dir(str(ROOT), methods, options, keywords=DEFAULT_KEYWORDS | {"say": None})
    of_pages = {message: True for _, _, message, _, _ in found if message}
    return of_pages | {text: False for text in said_as_data() if text not in of_pages}


def said_as_data() -> list[str]:
    """What pages show that is written beside the rules and not in a template."""
    from blueprints.public import search_form
    from blueprints.templating import MENU_WORDS
    from services import articles, filtered_lists, kinds, work_schedule

    found = [
        "Trang chủ",
        "Cách hiển thị",
        "Có tệp đính kèm",
        "Năm đăng",
        articles.EXPIRED,
        *MENU_WORDS,
        *work_schedule.WORDS,
    ]
    found += [*search_form.WORDS.values(), *search_form.NAMES.values(), "Từ ngày", "Đến ngày"]
    for filtered in filtered_lists.FILTERED.values():
        for one in filtered.filters:
            found += [one.label, *(label for _, label in one.states)]
    for info in kinds.KINDS.values():
        found += [info.label, info.plural, info.description]
        for field in info.fields:
            found += [field.label, *field.labels.values()]
    found += [kinds.GENRE_LABELS[genre] for genre in kinds.GENRE_LABELS]
    return [text for text in found if text]


def read() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="en")


def main() -> int:
    old = read()
    new = Catalog(locale="en", fuzzy=False, header_comment="# English words of the public pages.")
    missing = []
    for message in sorted(texts(), key=str):
        known = old.get(message if isinstance(message, str) else message[0])
        if known is None or not known.string:
            missing.append(message)
        new.add(message, known.string if known else "")
    with CATALOGUE.open("wb") as file:
        # Without its header, whose dates would make each run another file.
        write_po(file, new, width=0, omit_header=True, no_location=True)
    for message in missing:
        print(message)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
