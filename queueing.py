"""The queue of the background work and who takes from it (see ``worker``), which are huey's.

Imported by processes that do such work and by no other: huey brings the clients of every store
that it knows along.
"""

import hashlib
import threading
from pathlib import Path
from typing import Any

from flask import Flask
from huey import Huey, RedisHuey, SqliteHuey, crontab
from huey.consumer import Consumer

__all__ = ["QuietConsumer", "crontab", "make_queue"]


class QuietConsumer(Consumer):
    """huey's consumer without its hold on the process: signals are the server's."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.has_started = threading.Event()

    def start(self) -> None:
        super().start()
        self.has_started.set()

    def _set_signal_handlers(self) -> None:
        pass


def make_queue(app: Flask) -> Huey:
    """The queue: a file of the instance folder, or Redis where one is set."""
    # Two sites may share a Redis, and must not take each other's work.
    name = hashlib.sha256(app.config["DATABASE_URL"].encode()).hexdigest()[:12]
    if app.config["REDIS_URL"]:
        return RedisHuey(name, url=app.config["REDIS_URL"], results=False)
    path = Path(app.instance_path) / "queue.db"
    return SqliteHuey(name, filename=str(path), results=False)
