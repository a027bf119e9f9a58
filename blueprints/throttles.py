"""What counts how often one asks, for all processes of a site at once.

One process counts in its memory, several hosts in Redis. Several processes of one host share a
small file of the instance folder: a counter in each one's memory would let through as many times
what is allowed. It is not the site's database, which a look at a page must not change.
"""

import sqlite3
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from limits.storage import Storage

SCHEME = "counters"
FILE_NAME = "limits.db"
# Who waits longer is counted in memory instead.
BUSY_TIMEOUT_S = 1.0
# So many countings from one clearing to the next.
CLEAR_EACH = 1_000

_TABLE = (
    "CREATE TABLE IF NOT EXISTS counter "
    "(key TEXT PRIMARY KEY, amount INTEGER NOT NULL, ends_at REAL NOT NULL) WITHOUT ROWID"
)
_COUNT = (
    "INSERT INTO counter (key, amount, ends_at) VALUES (:key, :amount, :now + :expiry) "
    "ON CONFLICT (key) DO UPDATE SET "
    "amount = CASE WHEN ends_at <= :now THEN 0 ELSE amount END + :amount, "
    "ends_at = CASE WHEN ends_at <= :now THEN :now + :expiry ELSE ends_at END "
    "RETURNING amount"
)
_CLEAR = "DELETE FROM counter WHERE ends_at <= ?"


def is_shared(settings: Mapping[str, Any]) -> bool:
    """Whether what counts is outside this process, and may be away."""
    return bool(settings["REDIS_URL"]) or settings["PROCESSES"] != 1


def storage_of(settings: Mapping[str, Any], instance: Path) -> str:
    """Where it is counted, as Flask-Limiter takes it."""
    if settings["REDIS_URL"]:
        return str(settings["REDIS_URL"])
    if settings["PROCESSES"] == 1:
        return "memory://"
    return f"{SCHEME}://{quote(str(instance / FILE_NAME))}"


class SharedCounters(Storage):
    """Counters of fixed windows in a file, found under ``counters://<path>``."""

    STORAGE_SCHEME = [SCHEME]

    def __init__(self, uri: str | None = None, wrap_exceptions: bool = False, **_: Any) -> None:
        super().__init__(uri, wrap_exceptions=wrap_exceptions)
        self._path = Path(unquote((uri or "").removeprefix(f"{SCHEME}://")))
        self._local = threading.local()
        self._counted = 0

    @property
    def base_exceptions(self) -> type[Exception]:
        return sqlite3.Error

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        values = {"key": key, "amount": amount, "expiry": expiry, "now": time.time()}
        ((counted,),) = self._connection().execute(_COUNT, values).fetchall()
        self._counted += 1
        if self._counted % CLEAR_EACH == 0:
            self._connection().execute(_CLEAR, (time.time(),))
        return int(counted)

    def get(self, key: str) -> int:
        row = self._row(key)
        return int(row[0]) if row else 0

    def get_expiry(self, key: str) -> float:
        row = self._row(key)
        return float(row[1]) if row else time.time()

    def check(self) -> bool:
        try:
            self._connection().execute("SELECT count(*) FROM counter LIMIT 1")
        except sqlite3.Error:
            return False
        return True

    def reset(self) -> int | None:
        return int(self._connection().execute("DELETE FROM counter").rowcount)

    def clear(self, key: str) -> None:
        self._connection().execute("DELETE FROM counter WHERE key = ?", (key,))

    def _row(self, key: str) -> tuple[int, float] | None:
        query = "SELECT amount, ends_at FROM counter WHERE key = ? AND ends_at > ?"
        row: tuple[int, float] | None = (
            self._connection().execute(query, (key, time.time())).fetchone()
        )
        return row

    def _connection(self) -> sqlite3.Connection:
        """One for each thread, opened when it first asks: after the process was copied."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            # It holds addresses, for as long as they count.
            self._path.touch(mode=0o600)
            connection = sqlite3.connect(self._path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
            # A power cut may cost what was counted; whoever is killed costs nothing.
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute(_TABLE)
            connection.execute(_CLEAR, (time.time(),))
            self._local.connection = connection
        return connection
