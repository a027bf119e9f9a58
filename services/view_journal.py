"""Journals of readings: where they are kept from the answer until they are in the counters.

A reading is acknowledged once it is in a journal, and a journal is folded into the database as a
whole, with its name, so that whatever is killed in between counts each reading once. A journal is
a file of this process, of which the system keeps what was written when the process is killed; or
a list in Redis, where several hosts share one.
"""

import os
import re
import secrets
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from services.views import Reading

try:
    import fcntl
except ImportError:  # Windows, where one process serves: what is not its own is left behind
    fcntl = None  # type: ignore[assignment]

SUFFIX = ".journal"
MAX_BYTES = 8 * 1024 * 1024
# A process that says nothing for so long has died, or will not notice that its journal was taken.
ALIVE_S = 4
LEFT_AFTER_S = 2.5
REDIS_PREFIX = "readings"

_LINE = re.compile(r"(\d{1,10}) ([0-9a-f]{32}) (\d{1,12}\.\d{6}) ([0-9a-f]{32}|-);")


def line_of(reading: Reading) -> bytes:
    """One line. What is not whole, from its number to the semicolon, is none: a full disk may
    take half of it, and was then not acknowledged."""
    return (
        f"{reading.publication_id} {reading.visitor_hash} {reading.moment.timestamp():.6f} "
        f"{reading.hash_before or '-'};\n"
    ).encode("ascii")


def readings_in(lines: Iterable[bytes]) -> Iterator[Reading]:
    """The readings that these lines hold."""
    for line in lines:
        whole = _LINE.fullmatch(line.strip().decode("ascii", "replace"))
        if whole:
            moment = datetime.fromtimestamp(float(whole[3]), UTC)
            yield Reading(int(whole[1]), whole[2], moment, "" if whole[4] == "-" else whole[4])


class Journals(Protocol):
    """Where this process writes, and what is ready to be folded, its own or left behind."""

    def append(self, line: bytes) -> None:
        """Keep a line. Raises OSError if it is not kept."""

    def rotate(self) -> None:
        """End the journal that is written to, so that it can be folded."""

    def ready(self) -> list[str]:
        """The names of journals to which nobody writes any more."""

    def read(self, name: str) -> list[Reading]:
        """What is in a journal that is ready."""

    def drop(self, name: str) -> None:
        """Forget a journal that is in the database."""


class FileJournals:
    """A file at a time, locked by its process for as long as it is written to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._descriptor: int | None = None
        self._name = ""
        self._ended: set[str] = set()
        self._written = 0

    def append(self, line: bytes) -> None:
        with self._lock:
            if self._descriptor is None:
                self._open()
            assert self._descriptor is not None
            written = os.write(self._descriptor, line)
            if written != len(line):
                # Half a line: what comes next must not continue it.
                self._close()
                raise OSError("the disk took only a part")
            self._written += written
            if self._written >= MAX_BYTES:
                self._close()

    def rotate(self) -> None:
        with self._lock:
            self._close()

    def ready(self) -> list[str]:
        if not self._folder.is_dir():
            return []
        with self._lock:
            own, ended = self._name, set(self._ended)
        found = sorted(path.name for path in self._folder.iterdir() if path.suffix == SUFFIX)
        return [name for name in found if name in ended or (name != own and self._is_left(name))]

    def read(self, name: str) -> list[Reading]:
        with suppress(FileNotFoundError), (self._folder / name).open("rb") as file:
            return list(readings_in(file))
        return []

    def drop(self, name: str) -> None:
        (self._folder / name).unlink(missing_ok=True)
        with self._lock:
            self._ended.discard(name)

    def _open(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        name = f"{secrets.token_hex(12)}{SUFFIX}"
        # Under its name only once it is locked, or another process takes it for left behind.
        draft = self._folder / f"{name}.new"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
        descriptor = os.open(draft, flags, 0o600)
        try:
            if fcntl is not None:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            draft.rename(self._folder / name)
        except OSError:
            os.close(descriptor)
            raise
        self._descriptor, self._name, self._written = descriptor, name, 0

    def _close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._ended.add(self._name)
        self._descriptor, self._name = None, ""

    def _is_left(self, name: str) -> bool:
        """Whether no process writes to it: the system takes the lock from who dies. What another
        has just ended it will fold itself."""
        try:
            with (self._folder / name).open("rb") as file:
                if time.time() - os.fstat(file.fileno()).st_mtime < LEFT_AFTER_S:
                    return False
                if fcntl is None:
                    return True
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


class RedisJournals:
    """A list for each process; that of one which is silent is taken over by another.

    A list is renamed before it is folded. Whoever writes to it does not notice: the next line
    begins a new one.
    """

    def __init__(self, redis: Any, *, site: str) -> None:
        self._redis = redis
        self._prefix = f"{REDIS_PREFIX}:{site}"
        self._token = secrets.token_hex(12)

    def append(self, line: bytes) -> None:
        # Not above: most sites have no Redis, and its client is 5 MB of every process.
        from redis.exceptions import RedisError

        try:
            self._redis.rpush(self._key("open", self._token), line)
        except RedisError as error:
            raise OSError("Redis did not take it") from error

    def rotate(self) -> None:
        self._redis.set(self._key("alive", self._token), b"1", ex=ALIVE_S)
        self._close(self._token)

    def ready(self) -> list[str]:
        for token in self._names("open"):
            if token != self._token and not self._is_of_living(token):
                self._close(token)
        return [name for name in self._names("closed") if not self._is_of_living(name)]

    def _is_of_living(self, name: str) -> bool:
        """Whether another process will see to it."""
        token = name.partition(":")[0]
        return token != self._token and bool(self._redis.exists(self._key("alive", token)))

    def read(self, name: str) -> list[Reading]:
        return list(readings_in(self._redis.lrange(self._key("closed", name), 0, -1)))

    def drop(self, name: str) -> None:
        self._redis.delete(self._key("closed", name))

    def _close(self, token: str) -> None:
        from redis.exceptions import ResponseError

        # A new name each time: one that the database knows would not be added any more.
        with suppress(ResponseError):  # nothing was written
            closed = self._key("closed", f"{token}:{secrets.token_hex(12)}")
            self._redis.renamenx(self._key("open", token), closed)

    def _names(self, kind: str) -> list[str]:
        start = self._key(kind, "")
        keys = self._redis.scan_iter(f"{start}*", count=1_000)
        return sorted(key.decode("ascii").removeprefix(start) for key in keys)

    def _key(self, kind: str, name: str) -> str:
        return f"{self._prefix}:{kind}:{name}"
