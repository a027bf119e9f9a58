"""Where the pictures and files of another site lie: in a folder beside the export; else, only if
that was asked for, on the Web."""

import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from services.moving.items import Found
from services.outside_web import Web

MAX_BYTES = 50_000_000
# What stands before the path of a file in WordPress, and is often not in the folder given.
_UPLOADS = "wp-content/uploads/"

Fetch = Callable[[str], Found | str]
# Between two requests, so that an old server is not brought to its knees.
PAUSE_S = 0.5


class Fetcher:
    """Fetches from the Web, politely: one at a time, with a pause, and nothing twice in vain."""

    def __init__(self, web: Web, *, pause_s: float = PAUSE_S) -> None:
        self._web, self._pause_s = web, pause_s
        self._refused: dict[str, str] = {}

    def fetch(self, address: str) -> Found | str:
        if address in self._refused:
            return self._refused[address]
        time.sleep(self._pause_s)
        answer, data = self._web.fetch(address, max_bytes=MAX_BYTES)
        if answer.status == 200:
            name = unquote(urlsplit(address).path).rpartition("/")[2] or "tep"
            return Found(name, data)
        reason = answer.error.rstrip(".") or f"máy chủ trả lời mã {answer.status}"
        self._refused[address] = reason
        return reason


class Folder:
    """Finds files under ``root`` by their address on the old site (``hosts``, "" for itself)."""

    def __init__(
        self, root: Path | None, *, hosts: frozenset[str], fetch: Fetch | None = None
    ) -> None:
        self._root = root.resolve() if root else None
        self._hosts = hosts
        self._fetch = fetch

    def is_own(self, address: str) -> bool:
        try:
            host = urlsplit(address).hostname
        except ValueError:
            return False
        return host is not None and host.removeprefix("www.") in self._hosts

    def find(self, reference: str) -> Found | str:
        try:
            parts = urlsplit(reference)
            host = parts.hostname
        except ValueError:
            return "địa chỉ viết sai"
        path = unquote(parts.path).replace("\\", "/").lstrip("/")
        is_upload = _UPLOADS in path
        if host is None or is_upload or self.is_own(reference):
            for candidate in self._candidates(path):
                if (found := self._read(candidate)) is not None:
                    return found
        if self._fetch is not None and parts.scheme in ("http", "https"):
            return self._fetch(reference)
        if host is not None and not is_upload and not self.is_own(reference):
            return "nằm ở trang khác, chỉ lấy khi có --fetch"
        return "không có trong thư mục ảnh và tệp"

    def _candidates(self, path: str) -> list[str]:
        found = [path]
        if _UPLOADS in path:
            found.insert(0, path.partition(_UPLOADS)[2])
        return found

    def _read(self, path: str) -> Found | str | None:
        if self._root is None or not path or "\0" in path or len(path) > 1000:
            return None
        try:
            # Neither ".." nor a link leads out of the folder.
            file = (self._root / path).resolve()
            if not file.is_relative_to(self._root) or not file.is_file():
                return None
            if file.stat().st_size > MAX_BYTES:
                return f"lớn quá {MAX_BYTES // 1_000_000} MB"
            return Found(file.name, file.read_bytes())
        except (OSError, ValueError):
            return None
