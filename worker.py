"""The background worker: what the site does by itself, minute by minute.

It runs in threads of the process that serves (WORKER=in, the default), or alone as
``flask --app app worker``. Pages never wait for it: without it mail stays in the outbox and
links stay unchecked, and citizens and the desk notice nothing.

Add a task by adding a line to TASKS. Its function is one of services, which flushes and does
not commit: the worker gives each run an application context and a session of its own, commits
when it returns, rolls back and logs when it raises, and goes on with the others either way.
"""

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from extensions import db, work
from services import (
    background,
    digest,
    duties,
    duty_reminders,
    encouragement,
    file_texts,
    link_checking,
    notifications,
    outbox,
    picture_formats,
    portal_sending,
    presence,
    related,
    search,
    unanswered,
)
from services.mail_server import MailServer
from services.portal_connectors import connector_of
from services.voice import erasing, votes

log = logging.getLogger("site.worker")

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
# One that waits for another machine (mail, links) does not hold up the rest.
THREADS = 2
STOP_TIMEOUT_S = 3
# A signal that comes at the moment when a wait begins is noticed when it ends: none is for ever.
LOOK_S = 0.5


@dataclass(frozen=True, slots=True)
class Job:
    """What a run is given."""

    now: datetime
    config: Mapping[str, Any]
    # Commits what was done so far. A run that asks another machine calls it first: until then
    # it holds SQLite's write lock, for which everybody who writes is waiting.
    checkpoint: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Task:
    """Something done every so often, by one process at a time."""

    name: str
    # At most this often; counted in whole minutes, by which the tasks are looked through.
    every: timedelta
    run: Callable[[Job], object]
    # A run that takes longer than this is taken for killed, and another process starts it anew.
    lease: timedelta = 15 * MINUTE


def send_mail(job: Job) -> None:
    """Write the mails that are due, and send what waits."""
    url = job.config["MAIL_URL"]
    digest.write_mails(
        site_name=job.config["SITE_NAME"],
        site_url=job.config["SITE_URL"],
        has_server=bool(url),
        now=job.now,
    )
    job.checkpoint()
    if url:
        server = MailServer.from_url(url, sender_name=job.config["SITE_NAME"])
        outbox.send_waiting(server=server, now=job.now, checkpoint=job.checkpoint)


def clear_away(job: Job) -> None:
    """Delete what people were told, and the mails that were sent, long ago, and who had a text
    open and closed it without a word, and what was asked for in vain."""
    notifications.prune(now=job.now)
    presence.prune(now=job.now)
    unanswered.prune(now=job.now)
    outbox.prune(now=job.now, has_server=bool(job.config["MAIL_URL"]))


def forget_senders(job: Job) -> None:
    """Erase who sent what was closed long ago, and yesterday's marks of who voted."""
    votes.prune(now=job.now)
    while erasing.erase_old(now=job.now):
        job.checkpoint()


def encourage(job: Job) -> None:
    """Remind the units that are behind and thank those who wrote most, each once a month."""
    encouragement.remind_units(now=job.now)
    encouragement.thank(now=job.now)


def read_files(job: Job) -> None:
    """Read what attached files say, so that the texts which carry them are found by it."""
    file_texts.read_waiting(
        now=job.now, root=Path(job.config["MEDIA_PATH"]), checkpoint=job.checkpoint
    )


def lighten_pictures(job: Job) -> None:
    """Make the lighter variants of pictures that were uploaded since."""
    picture_formats.make_missing(root=Path(job.config["MEDIA_PATH"]), checkpoint=job.checkpoint)


def keep_index(job: Job) -> None:
    """Make the search index anew where another version of the program made it."""
    if not search.is_current():
        search.reindex(checkpoint=job.checkpoint)


def tidy_index(job: Job) -> None:
    """Keep the search index in few pieces."""
    search.tidy(checkpoint=job.checkpoint)


def relate(job: Job) -> None:
    """Work out what is near those texts that are new or have changed."""
    related.keep_in_step(now=job.now, checkpoint=job.checkpoint)


def check_links(job: Job) -> None:
    """Ask some of the outside links that are due."""
    link_checking.check_links(
        now=job.now, site_url=job.config["SITE_URL"], checkpoint=job.checkpoint
    )


def watch_deadlines(job: Job) -> None:
    """Give what came by another way its line in the ledger, and remind of what is due."""
    duties.catch_up(checkpoint=job.checkpoint)
    duties.recount()
    job.checkpoint()
    duty_reminders.remind(now=job.now)


def send_to_portal(job: Job) -> None:
    """Hand over to the city portal what waits for it, if there is a way to it."""
    connector = connector_of(job.config)
    if connector is not None:
        portal_sending.send_waiting(
            connector=connector, config=job.config, now=job.now, checkpoint=job.checkpoint
        )


TASKS: tuple[Task, ...] = (
    # A mail asks for at most some seconds at each step: see services/mail_server.
    Task("mail", MINUTE, send_mail, lease=3 * MINUTE),
    Task("clear_away", 6 * HOUR, clear_away),
    Task("encourage", HOUR, encourage),
    # Four minutes, and the file that is being read then: see services/file_texts.
    Task("files", MINUTE, read_files, lease=10 * MINUTE),
    # A third of a minute of encoding, and the picture that is under way then.
    Task("pictures", 2 * MINUTE, lighten_pictures, lease=5 * MINUTE),
    Task("deadlines", 10 * MINUTE, watch_deadlines),
    Task("search_index", 10 * MINUTE, keep_index, lease=60 * MINUTE),
    Task("search_upkeep", 24 * HOUR, tidy_index, lease=60 * MINUTE),
    Task("related", MINUTE, relate, lease=5 * MINUTE),
    # A minute, and the delivery that is under way then: see services/portal_sending.
    Task("portal", MINUTE, send_to_portal, lease=3 * MINUTE),
    Task("forget_senders", 6 * HOUR, forget_senders),
    # At most five minutes of asking: see services/link_checking.
    Task("links", 10 * MINUTE, check_links),
)


class Worker:
    """The threads of one process that do the background work."""

    def __init__(self, app: Flask, tasks: tuple[Task, ...] | None = None) -> None:
        # Not above: it brings 15 MB along, which processes that only serve do without.
        import queueing

        self.app = app
        self.tasks = {task.name: task for task in (TASKS if tasks is None else tasks)}
        self.huey = queueing.make_queue(app)
        self.consumer = queueing.QuietConsumer(
            self.huey, workers=THREADS, max_delay=5.0, shutdown_timeout=STOP_TIMEOUT_S
        )
        self.thread = threading.Thread(target=self.consumer.run, name="worker", daemon=True)
        self._enqueue = self.huey.task(name="run", expires=int(MINUTE.total_seconds()))(self.run)
        self.huey.periodic_task(
            queueing.crontab(), name="look", expires=int(MINUTE.total_seconds())
        )(self.look)

    def start(self) -> None:
        """Begin, in threads that end with the process."""
        self.thread.start()

    def stop(self) -> None:
        """End; waits a few seconds for what is being done."""
        # Who is told to stop at once may be told before the threads are there to be waited for.
        if self.consumer.has_started.wait(STOP_TIMEOUT_S):
            self.consumer.stop(graceful=True)
        self.thread.join(STOP_TIMEOUT_S)

    def look(self) -> None:
        """Put each task that is due into the queue. Two processes may both do so: see ``run``."""
        with self._context(writes=False):
            runs, now = background.last_runs(), datetime.now(UTC)
        for name, task in self.tasks.items():
            last = runs.get(name)
            if last is None or last.is_due(every=task.every, lease=task.lease, now=now):
                self._enqueue(name)

    def run(self, name: str) -> None:
        """Run one task if it is due and no other process has it."""
        task = self.tasks.get(name)
        if task is None:
            # Of another version of the program, from the queue that they share.
            return
        now = datetime.now(UTC)
        with self._context(writes=True):
            is_ours = background.claim(name=name, every=task.every, lease=task.lease, now=now)
            db.session.commit()
        if not is_ours:
            return
        error = ""
        with self._context(writes=True):
            try:
                task.run(Job(now=now, config=self.app.config, checkpoint=db.session.commit))
                db.session.commit()
            except Exception as failure:
                db.session.rollback()
                log.exception("background task %s failed", name)
                error = f"{type(failure).__name__}: {failure}"
        with self._context(writes=True):
            background.finish(name=name, now=datetime.now(UTC), error=error)
            db.session.commit()

    @contextmanager
    def _context(self, *, writes: bool) -> Iterator[None]:
        with work(writes=writes), self.app.app_context():
            yield


def start_beside(app: Flask) -> Worker | None:
    """Start it in this process if the configuration says so; None if not, or if it cannot.

    The site serves without it, so what is wrong with the queue is logged and stops nothing.
    """
    if app.config["WORKER"] != "in":
        return None
    try:
        worker = Worker(app)
        worker.start()
    except Exception:
        log.exception("the background worker could not start; pages are served without it")
        return None
    return worker


def init_app(app: Flask) -> None:
    app.cli.add_command(worker_command)


@click.command("worker")
@with_appcontext
def worker_command() -> None:
    """Chạy riêng việc nền (gửi thư, kiểm tra liên kết…), khi trang đặt WORKER=off."""
    logging.basicConfig()
    told: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _frame: told.append(number))
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    worker = Worker(app)
    worker.start()
    click.echo("Việc nền đang chạy; dừng bằng Ctrl-C.")
    while not told:
        time.sleep(LOOK_S)
    worker.stop()
