"""The background worker: each task when it is due, by one process, whatever befalls the others."""

import os
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import scoped_session

import queueing
import worker
from extensions import db
from models import Section, Setting
from services import background
from tests.support.application import ROOT
from tests.support.factories import NOW, make_section
from tests.support.fixtures import AppFactory
from worker import HOUR, MINUTE, Job, Task, Worker

Session = scoped_session[Any]
SECOND = timedelta(seconds=1)


def claim(now: datetime, every: timedelta = HOUR) -> bool:
    taken = background.claim(name="thư", every=every, lease=15 * MINUTE, now=now)
    db.session.commit()
    return taken


def test_a_task_is_claimed_once_in_its_period(session: Session) -> None:
    assert [claim(NOW), claim(NOW + SECOND)] == [True, False]
    background.finish(name="thư", now=NOW + SECOND)
    assert [claim(NOW + 59 * MINUTE), claim(NOW + HOUR), claim(NOW + HOUR)] == [False, True, False]


def test_what_a_killed_process_claimed_is_free_after_the_lease(session: Session) -> None:
    assert claim(NOW, every=MINUTE)
    assert not claim(NOW + 14 * MINUTE, every=MINUTE)
    assert claim(NOW + 15 * MINUTE, every=MINUTE)


def test_of_several_processes_one_runs_a_task_that_is_due(app_factory: AppFactory) -> None:
    ran: list[int] = []
    start = threading.Barrier(4)
    workers = []
    for number in range(4):
        task = Task("thư", HOUR, lambda _job, number=number: ran.append(number))
        workers.append(Worker(app_factory(), (task,)))

    def run(one: Worker) -> None:
        start.wait()
        one.run("thư")

    threads = [threading.Thread(target=run, args=(one,)) for one in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ran) == 1


def test_one_that_fails_is_undone_noted_and_stops_no_other(
    app: Flask, session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_job: Job) -> None:
        make_section(name="Nửa chừng")
        raise ValueError("hỏng giữa chừng")

    def work(_job: Job) -> None:
        make_section(name="Trọn vẹn")

    both = Worker(app, (Task("hỏng", MINUTE, fail), Task("lành", MINUTE, work)))
    session.commit()
    both.run("hỏng")
    both.run("lành")
    assert session.scalars(select(Section.name)).all() == ["Trọn vẹn"]
    runs = background.last_runs()
    assert runs["hỏng"].error == "ValueError: hỏng giữa chừng"
    assert runs["hỏng"].finished_at is not None
    assert runs["lành"].error == ""
    assert "background task hỏng failed" in caplog.text


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_the_queue_runs_what_is_due_and_stops_when_told(app: Flask) -> None:
    done = threading.Event()
    seen: list[Job] = []

    def work(job: Job) -> None:
        seen.append(job)
        done.set()

    one = Worker(app, (Task("thư", HOUR, work),))
    one.start()
    assert done.wait(30)
    one.stop()
    assert not one.thread.is_alive()
    assert seen[0].config["SITE_URL"] == "http://localhost"
    one.look()
    assert len(seen) == 1


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_task_of_another_version_in_the_queue_is_passed_over(app: Flask) -> None:
    Worker(app, ()).run("không còn")


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_the_application_alone_starts_nothing(app: Flask) -> None:
    assert not (Path(app.instance_path) / "queue.db").exists()
    assert [thread for thread in threading.enumerate() if thread.name == "worker"] == []


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_it_is_not_started_where_the_configuration_says_off(app_factory: AppFactory) -> None:
    assert worker.start_beside(app_factory(WORKER="off")) is None


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_queue_that_cannot_be_opened_stops_nothing(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    queue = Path(app.instance_path) / "queue.db"
    queue.write_bytes(b"not a database at all, and long enough to be looked at" * 40)
    with pytest.raises(sqlite3.DatabaseError):
        Worker(app)
    assert worker.start_beside(app) is None
    assert "pages are served without it" in caplog.text


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_with_redis_the_queue_is_there_and_sites_do_not_share_it(
    app_factory: AppFactory, redis_url: str, tmp_path: Path
) -> None:
    done = threading.Event()
    app = app_factory(REDIS_URL=redis_url)
    one = Worker(app, (Task("thư", HOUR, lambda _job: done.set()),))
    one.start()
    assert done.wait(30)
    one.stop()
    assert not (Path(app.instance_path) / "queue.db").exists()
    names = {
        queueing.make_queue(app_factory(REDIS_URL=redis_url)).name,
        one.huey.name,
    }
    assert len(names) == 1
    app.config["DATABASE_URL"] = f"sqlite:///{tmp_path}/khac.db"
    assert queueing.make_queue(app).name not in names


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_check_says_when_it_was_last_alive(session: Session) -> None:
    assert background.alive_at(background.last_runs()) is None
    now = datetime.now(UTC)
    claim(now - HOUR)
    runs = background.last_runs()
    assert background.alive_at(runs) == now - HOUR
    assert not background.is_alive(runs, now=now)
    assert background.is_alive(runs, now=now - HOUR + MINUTE)
    assert db.session.get(Setting, "worker:thư") is not None


def test_every_task_has_a_name_of_its_own_and_whole_minutes() -> None:
    names = [task.name for task in worker.TASKS]
    assert len(set(names)) == len(names)
    assert [task.name for task in worker.TASKS if task.every % MINUTE] == []


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_alone_it_works_until_it_is_told_to_stop(app: Flask, database_url: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "app", "worker"],
        cwd=ROOT,
        env={
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            "INSTANCE_PATH": app.instance_path,
            "DATABASE_URL": database_url,
            "WORKER": "off",
            "PYTHONUTF8": "1",
            "PYTHONUNBUFFERED": "1",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "Việc nền đang chạy; dừng bằng Ctrl-C.\n"
        process.terminate()
        try:
            rest, _ = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, rest) == (0, "")
