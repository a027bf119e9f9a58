"""A Word document, read: its title, summary, body, pictures, and what could not be taken over.

The file is examined by services/word_package and read in a process of its own
(services/word_child) that is ended if it takes too long; what comes back is as little trusted as
what a browser sends, and is sanitised as that is.
"""

import json
import logging
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services import bounded
from services.errors import TooMany
from services.markup import MAX_BYTES as MAX_BODY_BYTES
from services.word_package import WordRefused, damaged, examine, too_much

TIMEOUT_S = 40
# Each may take as much memory as services/word_child lets it.
MAX_AT_ONCE = 2
_WAIT_S = 20
# Its pictures, and the longest text that there may be.
_MAX_ANSWER_BYTES = 80_000_000
_turns = threading.BoundedSemaphore(MAX_AT_ONCE)
_log = logging.getLogger("site")

_NOTES = {
    "formulas": "{n} công thức toán chưa được đưa vào; hãy chụp thành ảnh hoặc gõ lại.",
    "charts": "{n} biểu đồ chưa được đưa vào; hãy lưu biểu đồ thành ảnh rồi chèn lại.",
    "diagrams": "{n} sơ đồ SmartArt chưa được đưa vào; hãy lưu thành ảnh rồi chèn lại.",
    "objects": "{n} đối tượng nhúng từ chương trình khác chưa được đưa vào.",
    "deletions": "{n} chỗ đánh dấu xoá (Track Changes) đã được bỏ.",
    "insertions": "{n} chỗ đánh dấu thêm (Track Changes) đã được coi là chữ của bài.",
    "comments": "{n} nhận xét bên lề không đưa vào bài.",
    "margins": "Chữ ở đầu trang và chân trang không đưa vào bài.",
    "numbered_headings": "Số thứ tự mà Word tự đánh cho đề mục không đưa vào; nếu cần hãy gõ lại.",
}


@dataclass(frozen=True, slots=True)
class WordText:
    """A document as services/word_importing takes it.

    ``body`` is HTML that is not sanitised yet, in which ``<img src="anh:2">`` stands for the third
    of ``pictures``. ``notes`` are sentences: what was left out, and what to do.
    """

    title: str
    summary: str
    body: str
    pictures: tuple[bytes, ...]
    notes: tuple[str, ...]


def read(data: bytes) -> WordText:
    """Read a .docx. Raises WordRefused, with what to do, for whatever else is given, and TooMany
    if others are being read and stay so. Takes up to ``TIMEOUT_S``: hold no transaction meanwhile.
    """
    package = examine(data)
    if not _turns.acquire(timeout=_WAIT_S):
        raise TooMany("Đang có nhiều tệp Word được mở cùng lúc. Hãy thử lại sau một phút.", 60)
    try:
        answered = _ask(package.data)
    finally:
        _turns.release()
    head, _, rest = answered.partition(b"\n")
    try:
        answer = json.loads(head)
    except ValueError as fault:
        # Ended by its ceilings before it could say anything.
        raise too_much() from fault
    if "fault" in answer:
        raise _refusal(answer)
    if len(answer["body"]) > 2 * MAX_BODY_BYTES:
        raise WordRefused(
            f"Nội dung trong tệp dài quá {MAX_BODY_BYTES // 1000} KB. "
            "Hãy chia tệp thành nhiều bài rồi đưa vào từng phần."
        )
    pictures = []
    for size in answer["sizes"]:
        pictures.append(rest[:size])
        rest = rest[size:]
    return WordText(
        title=answer["title"],
        summary=answer["summary"],
        body=answer["body"],
        pictures=tuple(pictures),
        notes=tuple(_notes(answer, has_macros=package.has_macros)),
    )


def _ask(data: bytes) -> bytes:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        try:
            return bounded.ask(
                "services.word_child",
                file=file,
                timeout_s=TIMEOUT_S,
                max_answer_bytes=_MAX_ANSWER_BYTES,
            )
        except bounded.NoAnswer as late:
            raise too_much() from late


def _refusal(answer: Mapping[str, Any]) -> WordRefused:
    if answer["fault"] == "too much":
        return too_much()
    if answer["fault"] == "hostile":
        return WordRefused(
            "Tệp có khai báo mà Word không bao giờ ghi nên không mở. "
            "Hãy mở tệp bằng Word, lưu thành tệp .docx mới rồi tải lên."
        )
    _log.warning("a Word document could not be read: %s", answer.get("because"))
    return damaged()


def _notes(answer: Mapping[str, Any], *, has_macros: bool) -> list[str]:
    notes = []
    if has_macros:
        notes.append("Tệp có macro. Macro đã bị bỏ và không được chạy; bài chỉ lấy chữ và ảnh.")
    notes += [
        f"Một bảng {cells} ô quá lớn cho một trang nên chưa được đưa vào; chỗ đó có ghi trong bài. "
        "Hãy đính kèm bảng thành tệp riêng."
        for cells in answer["tables_left_out"]
    ]
    notes += [
        sentence.format(n=answer["facts"][fact])
        for fact, sentence in _NOTES.items()
        if fact in answer["facts"]
    ]
    if left := answer["pictures_left_out"]:
        notes.append(
            f"Tệp có quá nhiều ảnh: {left} ảnh cuối chưa được tải lên, chỗ của chúng được ghi "
            "trong bài. Hãy chọn những ảnh cần và chèn từng ảnh."
        )
    return notes
