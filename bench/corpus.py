"""`python -m bench.corpus POSTS`: a site with so many generated posts, kept between runs.

Everything that search and lists must cope with is there: the written demonstration, accounts by
the hundred, texts with dates over years, readings, pictures, some attached files, the index, and
as many texts in every state of the desk as a real board has. Words follow real news, so that some
are in nearly all texts, some in a third, some in one of a hundred.

A corpus is known by what it is made of (number of posts, generator, form of the index): as long
as that is the same it is made once, under instance/bench or BENCH_CORPUS, and goes through the
migrations that come. Prints the folder, which is an instance: `INSTANCE_PATH=… python app.py`
serves it.
"""

import argparse
import hashlib
import multiprocessing
import os
import shutil
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from multiprocessing.pool import AsyncResult, Pool
from pathlib import Path
from typing import Any, TypeVar

import flask_migrate
from flask import Flask
from sqlalchemy import event, func, select

from app import create_app
from bench.desk import SHARES, add_people, put_to_work
from extensions import db
from models import Publication
from services import demo, file_texts, search
from services.search.schema import VERSION

ROOT = Path(__file__).resolve().parents[1]
# What decides, with the version of the index, what a corpus holds; a change asks for a new one.
MADE_OF = (
    "demo/generator.py",
    "demo/syllable-pairs.tsv.gz",
    "services/demo/generating.py",
    "bench/corpus.py",
    "bench/desk.py",
)
SEED = 7
# One account for so many texts, but no more of them than a city's departments have.
TEXTS_PER_PERSON, MAX_PEOPLE = 100, 500
# Of all texts, those that stay on the site.
ON_SITE = 1 - sum(SHARES.values()) / 100
# How many batches may wait for the database: they are large.
AHEAD = 6
_FINISHED = "corpus.txt"

Batch = TypeVar("Batch")
Made = TypeVar("Made")


@dataclass(frozen=True)
class Corpus:
    """An instance folder with a database, or one beside a database elsewhere."""

    folder: Path
    database_url: str
    posts: int
    # What making it took, of the index alone and of all.
    seconds: float

    @property
    def environ(self) -> dict[str, str]:
        """Settings under which the site serves it."""
        return {"INSTANCE_PATH": str(self.folder), "DATABASE_URL": self.database_url}


def key() -> str:
    """A name for what is made, out of all that it is made of."""
    return _digest([ROOT / name for name in MADE_OF], f"index {VERSION}")


def _digest(paths: Iterable[Path], more: str = "") -> str:
    found = hashlib.sha256(more.encode())
    for path in paths:
        found.update(path.name.encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:12]


def _schema() -> str:
    return _digest(sorted((ROOT / "migrations" / "versions").glob("*.py")))


def root() -> Path:
    """Where corpora are kept."""
    return Path(os.environ.get("BENCH_CORPUS") or ROOT / "instance" / "bench")


def kept(
    posts: int,
    *,
    engine: str = "sqlite",
    database_url: str = "",
    making: Callable[..., None] | None = None,
) -> Corpus:
    """The corpus of so many posts, made now if there is none; not to be written to.

    Without `database_url` it is a SQLite file in its folder. `making` fills an empty folder and
    database otherwise than `make` does.
    """
    folder = _folder(posts, engine)
    marker = folder / _FINISHED
    if not is_kept(posts, engine=engine):
        _forget(f"{engine}-{posts}-")
        folder.mkdir(parents=True)
        # One address sends all the load, which the limit on one address would rightly refuse.
        (folder / "config.py").write_text("RATELIMIT_ENABLED = False\n", "utf-8")
        started = time.perf_counter()
        making = making or partial(make, posts)
        making(folder=folder, database_url=database_url)
        marker.write_text(f"{time.perf_counter() - started:.1f} {_schema()}\n", "utf-8")
    seconds, schema = marker.read_text("utf-8").split()
    if schema != _schema():
        upgrade(folder, database_url)
        marker.write_text(f"{seconds} {_schema()}\n", "utf-8")
    return Corpus(folder, database_url, posts, float(seconds))


def upgrade(folder: Path, database_url: str) -> None:
    """Take a corpus through the migrations that it has not seen."""
    app = application(folder, database_url)
    with app.app_context():
        flask_migrate.upgrade(directory=str(ROOT / "migrations"))
        db.session.remove()
        db.engine.dispose()


def is_kept(posts: int, *, engine: str = "sqlite") -> bool:
    """Whether there is one, whole and of today's program."""
    return (_folder(posts, engine) / _FINISHED).is_file()


def _folder(posts: int, engine: str) -> Path:
    return root() / f"{engine}-{posts}-{key()}"


@contextmanager
def copied(corpus: Corpus, folder: Path) -> Iterator[Corpus]:
    """A copy of a corpus on SQLite, for what writes; gone afterwards."""
    shutil.copytree(corpus.folder, folder)
    try:
        yield Corpus(folder, corpus.database_url, corpus.posts, corpus.seconds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _forget(beginning: str) -> None:
    """Take away corpora that were made of something else: one of a million posts is large."""
    for folder in root().glob(f"{beginning}*"):
        if folder.is_dir():
            shutil.rmtree(folder)


def application(folder: Path, database_url: str = "") -> Flask:
    """The site on a corpus, in this process."""
    environ = {"PATH": os.environ["PATH"], "INSTANCE_PATH": str(folder), "WORKER": "off"}
    return create_app({"DATABASE_URL": database_url} if database_url else None, environ=environ)


def make(posts: int, *, folder: Path, database_url: str = "") -> None:
    """Fill an empty database with a corpus, saying on stderr how far it is."""
    app = application(folder, database_url)
    now = datetime.now(UTC)
    media_root = Path(app.config["MEDIA_PATH"])
    with app.app_context(), _hurried():
        flask_migrate.upgrade(directory=str(ROOT / "migrations"))
        demo.load(now=now, media_root=media_root)
        db.session.commit()
        file_texts.read_waiting(now=now, root=media_root, checkpoint=db.session.commit)
        add_people(min(posts // TEXTS_PER_PERSON, MAX_PEOPLE))
        db.session.commit()
        last_of_demonstration = db.session.scalar(select(func.max(Publication.id))) or 0
        with spread() as several:
            demo.generate(
                count=round(posts / ON_SITE),
                seed=SEED,
                now=now,
                progress=_progress,
                checkpoint=db.session.commit,
                spread=several,
            )
        _work(after=last_of_demonstration)
        _settle()
        db.session.remove()
        db.engine.dispose()


def _work(*, after: int) -> None:
    """Put texts on the desk, where search no longer finds them."""
    put_to_work(after=after)
    off_site = db.session.scalars(
        select(Publication.id).where(Publication.id > after, Publication.live_revision_id.is_(None))
    ).all()
    search.index_publications(publication_ids=off_site)
    db.session.commit()


def _settle() -> None:
    """Leave it as its own upkeep does: the worker's each day, the server's now and then."""
    search.tidy(checkpoint=db.session.commit)
    db.session.commit()
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect() as connection:
            bare = connection.execution_options(isolation_level="AUTOCOMMIT")
            bare.exec_driver_sql("VACUUM ANALYZE")


@contextmanager
def _hurried() -> Iterator[None]:
    """SQLite that writes as fast as it can: a corpus that breaks off is thrown away."""

    def hurry(connection: Any, _record: Any) -> None:
        if db.engine.dialect.name == "sqlite":
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("PRAGMA cache_size = -500000")
            connection.execute("PRAGMA wal_autocheckpoint = 20000")

    event.listen(db.engine, "connect", hurry)
    yield
    event.remove(db.engine, "connect", hurry)


@contextmanager
def spread(processes: int | None = None) -> Iterator[Callable[..., Iterator[Any]]]:
    """A `map` over several processes, in order, never far ahead of who takes the results."""
    # spawn: a fork would take the database's connections along.
    with multiprocessing.get_context("spawn").Pool(processes) as pool:

        def several(make_one: Callable[[Batch], Made], batches: Iterable[Batch]) -> Iterator[Made]:
            return ahead(pool, make_one, batches)

        yield several


def ahead(
    pool: Pool, make_one: Callable[[Batch], Made], batches: Iterable[Batch]
) -> Iterator[Made]:
    under_way: deque[AsyncResult[Made]] = deque()
    for batch in batches:
        under_way.append(pool.apply_async(make_one, (batch,)))
        if len(under_way) == AHEAD:
            yield under_way.popleft().get()
    while under_way:
        yield under_way.popleft().get()


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty() or done == total or done % 25_000 == 0:
        end = "\n" if done == total or not sys.stderr.isatty() else "\r"
        print(f"  {done} of {total} texts", file=sys.stderr, end=end, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.corpus")
    parser.add_argument("posts", type=int)
    corpus = kept(parser.parse_args().posts)
    print(corpus.folder)


if __name__ == "__main__":
    main()
