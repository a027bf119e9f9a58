"""The report of an import, row by row, as CSV (for Excel) or JSON Lines, by the file's name."""

import csv
import json
from pathlib import Path
from types import TracebackType
from typing import Self

from services.moving.items import OUTCOME_LABELS, Line
from services.spreadsheets import FORMULA_STARTS

COLUMNS = ("Mục", "Số ở trang cũ", "Tiêu đề", "Kết quả", "Ghi chú")


class Report:
    """Written as the import goes on, so that what a killed run did can be read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._is_json = path.suffix.lower() in (".jsonl", ".json", ".ndjson")
        # The mark tells Excel that the file is UTF-8.
        encoding = "utf-8" if self._is_json else "utf-8-sig"
        self._file = path.open("w", encoding=encoding, newline="")
        self._csv = csv.writer(self._file)
        if not self._is_json:
            self._csv.writerow(COLUMNS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def write(self, line: Line) -> None:
        if self._is_json:
            values = {
                "row": line.row,
                "id": line.external_id,
                "title": line.title,
                "outcome": line.outcome.value,
                "reason": line.reason,
            }
            self._file.write(json.dumps(values, ensure_ascii=False) + "\n")
        else:
            outcome = OUTCOME_LABELS[line.outcome]
            cells = (str(line.row), line.external_id, line.title, outcome, line.reason)
            self._csv.writerow([_plain(cell) for cell in cells])
        self._file.flush()


class Reports:
    """The same lines into several files."""

    def __init__(self, *reports: Report) -> None:
        self.reports = reports

    def write(self, line: Line) -> None:
        for one in self.reports:
            one.write(line)


def _plain(cell: str) -> str:
    """A spreadsheet would carry out a cell that begins like a formula."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
