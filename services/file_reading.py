"""What an attached file says, in words: read in a process of its own (services/text_child) that is
ended if it takes too long, so that a file which hangs, lies or crashes its reader stays one file
without a text, with a sentence that says why."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models import TextState
from services import bounded, legacy_encodings
from services.vietnamese import clean

TIMEOUT_S = 60
# A million characters, each written as up to six bytes in JSON.
_MAX_ANSWER_BYTES = 7_000_000
# A page that was scanned and signed may still say who signed it.
_FEW_LETTERS_A_PAGE = 40
_OLD = {"doc": "DOCX", "xls": "XLSX", "ppt": "PPTX"}
_log = logging.getLogger("site")

_SAVE_AGAIN = "Hãy mở tệp trên máy, lưu lại rồi thay tệp này bằng bản vừa lưu."
LATE = f"Đọc quá {TIMEOUT_S} giây mà chưa xong nên đã dừng. {_SAVE_AGAIN}"
STOPPED = f"Chương trình đọc tệp bị dừng giữa chừng. {_SAVE_AGAIN}"
MISSING = "Không thấy tệp trên máy chủ; hãy tải lên lại bằng mục “Thay tệp khác”."
_REFUSED = {
    "locked": "Tệp có mật khẩu nên không đọc được. Hãy bỏ mật khẩu, lưu lại rồi thay tệp.",
    "hostile": f"Tệp có khai báo mà chương trình văn phòng không bao giờ ghi. {_SAVE_AGAIN}",
    "damaged": f"Tệp bị hỏng nên không đọc được chữ bên trong. {_SAVE_AGAIN}",
}
SCANNED = (
    "Tệp chỉ có ảnh chụp các trang (bản quét) nên không tìm được theo chữ bên trong. Hãy dùng bản "
    "PDF xuất thẳng từ Word, hoặc quét lại với chức năng nhận dạng chữ (OCR)."
)
WORDLESS = "Tệp không có chữ nào đọc được."
CUT = "Tệp rất dài: chỉ phần đầu được đưa vào tìm kiếm."


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading a file. ``note`` is for people; ``may_pass``: trying again may help."""

    state: TextState
    text: str = ""
    note: str = ""
    may_pass: bool = False


def read(path: Path, extension: str) -> Reading:
    """Read a file of this kind. Never fails; takes up to ``TIMEOUT_S``: hold no transaction."""
    if extension in _OLD:
        note = (
            f"Định dạng {extension.upper()} cũ nên trang không đọc được chữ bên trong để tìm kiếm. "
            f"Nên lưu lại thành {_OLD[extension]} hoặc PDF."
        )
        return Reading(TextState.UNREADABLE, note=note)
    try:
        with path.open("rb") as file:
            answered = bounded.ask(
                "services.text_child",
                extension,
                file=file,
                timeout_s=TIMEOUT_S,
                max_answer_bytes=_MAX_ANSWER_BYTES,
            )
    except bounded.NoAnswer:
        return Reading(TextState.UNREADABLE, note=LATE, may_pass=True)
    except FileNotFoundError:
        return Reading(TextState.UNREADABLE, note=MISSING, may_pass=True)
    try:
        answer = json.loads(answered)
    except ValueError:
        # Ended by its ceilings, or by a fault of the library, before it could say anything.
        return Reading(TextState.UNREADABLE, note=STOPPED, may_pass=True)
    return _understood(answer, extension)


def _understood(answer: Mapping[str, Any], extension: str) -> Reading:
    fault = answer.get("fault")
    if fault == "too much":
        return Reading(TextState.UNREADABLE, note=STOPPED, may_pass=True)
    if fault:
        if fault == "damaged":
            _log.warning("an attached file could not be read: %s", answer.get("because"))
        return Reading(TextState.UNREADABLE, note=_REFUSED[fault])
    text = clean(answer["text"]).strip()
    if (encoding := legacy_encodings.detect(text)) is not None:
        text = legacy_encodings.convert(text, encoding)
    letters = sum(map(str.isalnum, text))
    if not letters:
        return Reading(TextState.EMPTY, note=SCANNED if extension == "pdf" else WORDLESS)
    return Reading(TextState.DONE, text=text, note=_note(answer, letters))


def _note(answer: Mapping[str, Any], letters: int) -> str:
    pages, without = answer.get("pages", 0), answer.get("pages_without_text", 0)
    if without and (without * 2 >= pages or letters < _FEW_LETTERS_A_PAGE * pages):
        return f"{without} trên {pages} trang chỉ là ảnh chụp; chữ ở các trang đó không tìm được."
    return CUT if answer["is_cut"] else ""
