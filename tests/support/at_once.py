"""Several people who act at the same moment, each in a transaction of their own."""

import threading
from collections.abc import Callable
from contextvars import Context

from flask import Flask
from sqlalchemy import select

from extensions import db
from models import Publication

Job = Callable[[], object]


def at_once(app: Flask, *jobs: Job) -> list[BaseException]:
    """Run the jobs together, each in a transaction of its own, and answer what was refused.

    On PostgreSQL each has read everything before any writes. SQLite lets them in one by one.
    """
    together = threading.Barrier(len(jobs))
    refused: list[BaseException] = []
    overlap = db.engine.dialect.name == "postgresql"

    def run(job: Job) -> None:
        with app.app_context():
            try:
                for publication in db.session.scalars(select(Publication)):
                    _ = publication.latest_revision, publication.live_revision
                if overlap:
                    together.wait(20)
                job()
                db.session.commit()
            except Exception as error:
                refused.append(error)
                db.session.rollback()

    threads = [threading.Thread(target=Context().run, args=(run, job)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return refused
