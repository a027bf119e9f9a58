"""Whether each acknowledged reading counts once, whatever is killed: `python -m bench.view_kills`.

Readers post to a site of several processes, each reading from an address of its own, while at
random moments one of the processes, or all of them, are ended with SIGKILL. Afterwards the
database must hold every reading that was acknowledged, and no reading twice.
"""

import argparse
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bench.servers import ROOT, children, free_port, wait_for

READERS = 6
SETTLE_S = 30.0
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
# One address sends all the load here; who a reader is, is what it says as the site's proxy.
CONFIGURATION = 'RATELIMIT_ENABLED = False\nTRUSTED_PROXY = "127.0.0.1"\n'


@dataclass
class Readers:
    """Who reads one publication, again and again, and what they were answered."""

    port: int
    publication_id: int
    acknowledged: set[str] = field(default_factory=set)
    sent: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> list[threading.Thread]:
        threads = [threading.Thread(target=self._read, args=(n,)) for n in range(READERS)]
        for thread in threads:
            thread.start()
        return threads

    def _read(self, number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        view = 0
        while not self.over.is_set():
            view += 1
            address = f"10.{number}.{view // 256}.{view % 256}"
            with self._lock:
                self.sent.add(address)
            try:
                connection.request("POST", f"/luot-xem/{self.publication_id}", headers=_of(address))
                response = connection.getresponse()
                response.read()
            except (OSError, http.client.HTTPException):
                connection.close()
                time.sleep(0.02)
                continue
            with self._lock:
                if response.status == 200:
                    self.acknowledged.add(address)
                else:
                    self.problems.append(f"{response.status} {response.reason}")
        connection.close()


def _of(address: str) -> dict[str, str]:
    return {"User-Agent": FIREFOX, "X-Forwarded-For": address, "HX-Request": "true"}


class Victim:
    """A site in an instance folder, with a configuration as above, that can be killed."""

    def __init__(self, instance: Path, **settings: str) -> None:
        self.port = free_port()
        self.environment = {
            **os.environ,
            "INSTANCE_PATH": str(instance),
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "WORKER": "off",
            "PROCESSES": "2",
            **settings,
        }
        self.log = instance / "kills.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("a+b") as log:
            self.process = subprocess.Popen(
                [sys.executable, "app.py"],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            wait_for(self.process, port=self.port, probe="/healthz", log=log)

    def kill_one(self, chance: random.Random) -> None:
        assert self.process is not None
        listed = children(self.process.pid)
        if listed:
            os.kill(chance.choice(listed), signal.SIGKILL)

    def kill_all(self) -> None:
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill_all()


def kill_often(
    victim: Victim, *, publication_id: int, kills: int, whole: int, seed: int
) -> Readers:
    """Have one process killed so often, or everything (``whole`` times of these), among readers.

    Returns when nobody reads any more. The site is running then.
    """
    chance = random.Random(seed)
    all_at = set(chance.sample(range(kills), whole))
    readers = Readers(victim.port, publication_id)
    victim.start()
    threads = readers.start()
    try:
        for number in range(kills):
            time.sleep(chance.uniform(0.1, 0.9))
            if number in all_at:
                victim.kill_all()
                victim.start()
            else:
                victim.kill_one(chance)
        time.sleep(0.5)
    finally:
        readers.over.set()
        for thread in threads:
            thread.join()
    return readers


def settle(total: Callable[[], int], *, at_least: int) -> int:
    """The total, once what the dead have left behind is in it and it grows no more."""
    deadline = time.monotonic() + SETTLE_S
    before = -1
    while time.monotonic() < deadline:
        now = total()
        if now >= at_least and now == before:
            return now
        before = now
        time.sleep(1.5)
    return before


def main() -> None:
    """Kill a site of its own so often, and print what came of it as JSON."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--whole", type=int, default=20, help="of these, how often everything")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 10_000)
    parser.add_argument("--database", default="", help="an empty database; else SQLite")
    parser.add_argument("--redis", default="")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-kills-") as folder:
        result = measure(Path(folder), asked.kills, asked.whole, asked.seed, asked)
    print(json.dumps(result, indent=2))
    if not result["is_exact"]:
        sys.exit(1)


def measure(
    instance: Path, kills: int, whole: int, seed: int, asked: argparse.Namespace
) -> dict[str, object]:
    from sqlalchemy import func, select

    from app import create_app, prepare
    from extensions import db
    from models import Publication, ViewSeen, ViewTotal
    from services.views import visitor_hash
    from services.visibility import visible

    (instance / "config.py").write_text(CONFIGURATION, "utf-8")
    settings = {"DATABASE_URL": asked.database, "REDIS_URL": asked.redis}
    app = create_app(environ={**os.environ, "INSTANCE_PATH": str(instance), **settings})
    prepare(app)
    with app.app_context():
        number = db.session.scalars(
            select(Publication.id).where(visible(datetime.now(UTC))).order_by(Publication.id)
        ).first()
        assert number is not None
        before = db.session.get(ViewTotal, number)
        started_with = before.total if before else 0
        db.session.remove()

    def ask(query: object) -> int:
        with app.app_context():
            answer = db.session.scalar(query)  # type: ignore[call-overload]
            db.session.remove()
        return int(answer or 0)

    total = select(ViewTotal.total).where(ViewTotal.publication_id == number)
    victim = Victim(instance, **settings)
    try:
        readers = kill_often(victim, publication_id=number, kills=kills, whole=whole, seed=seed)
        counted = settle(lambda: ask(total) - started_with, at_least=len(readers.acknowledged))
    finally:
        victim.stop()
    seen = ask(select(func.count()).select_from(ViewSeen).where(ViewSeen.publication_id == number))
    with app.app_context():
        names = set(
            db.session.scalars(
                select(ViewSeen.visitor_hash).where(ViewSeen.publication_id == number)
            )
        )
        db.session.remove()
    secret, today = app.config["SECRET_KEY"], datetime.now(UTC)
    lost = sum(
        visitor_hash(secret_key=secret, address=address, user_agent=FIREFOX, moment=today)
        not in names
        for address in readers.acknowledged
    )
    return {
        "kills": kills,
        "of everything": whole,
        "seed": seed,
        "sent": len(readers.sent),
        "acknowledged": len(readers.acknowledged),
        "counted": counted,
        "lost": lost,
        "twice": counted - seen,
        "refused": len(readers.problems),
        "is_exact": lost == 0 and counted == seen and counted <= len(readers.sent),
    }


if __name__ == "__main__":
    main()
