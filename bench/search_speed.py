"""`python -m bench.search_speed POSTS`: how long the index takes to answer, by kind of question.

The six kinds of the Fast issue (rare words, common ones, three words, a word being typed, a
question of 10 to 20 words, nothing found) and what the page adds: filters, phrases, words left out,
counts beside the hits. Milliseconds of the clock and of this process's CPU; on PostgreSQL the
server's share is in the clock alone. Everything is asked twice, in another order: what is in
memory already is what readers meet.

The base is filled past the workflow. `--distinct` texts are written and then repeated at other
dates, units and sections, in order of time as a site grows; as many words and lists of the same
length as with all different ones, in a fraction of the hours.
"""

import argparse
import gc
import json
import os
import random
import re
import statistics
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import flask_migrate
from flask import Flask
from sqlalchemy import event, func, insert, select, text, update

from app import create_app
from demo import generator
from extensions import db, work
from models import Genre, Kind, Language, Origin, Publication, Revision, Section, State, User
from services import demo
from services.search import SearchRequest, search, suggest
from services.search.contract import Document
from services.search.filing import docid_of, filed_under
from services.search.indexing import EVERY, document_of, engine_of, store_many
from services.search.schema import document as stored
from services.search.schema import document_fields, fts, learn_words, text_fields, texts
from services.vietnamese import fold, slugify
from tests.support.servers import find_initdb, running_postgres

ROOT = Path(__file__).resolve().parents[1]
SEED = 11
BATCH = 2_000
OPENED_AT = datetime(2017, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Speed:
    """How long one kind of question took."""

    engine: str
    posts: int
    kind: str
    p50_ms: float
    p99_ms: float
    cpu_p50_ms: float
    cpu_p99_ms: float
    found: float


@dataclass(frozen=True, slots=True)
class Built:
    """What the index took to make, and takes to keep."""

    engine: str
    posts: int
    seconds: float
    index_bytes: int
    texts_bytes: int


# ---------------------------------------------------------------- a large base, quickly
def fill(posts: int, *, distinct: int) -> float:
    """Put in so many texts, made of so many different ones; return the seconds of the index."""
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as media:
        demo.load(now=now, media_root=Path(media))
    db.session.commit()
    authors = db.session.execute(select(User.id, User.unit_id).order_by(User.id)).all()
    section_ids = db.session.scalars(select(Section.id).order_by(Section.id)).all()
    written = [_written(number) for number in range(min(distinct, posts))]
    chance = random.Random(SEED)
    next_id = (db.session.scalar(select(func.max(Publication.id))) or 0) + 1
    next_revision = (db.session.scalar(select(func.max(Revision.id))) or 0) + 1
    step = (now - timedelta(minutes=5) - OPENED_AT) / posts
    loader = _Loader(written)
    indexing_s = 0.0
    for first in range(0, posts, BATCH):
        publications, revisions, documents = [], [], []
        for number in range(first, min(first + BATCH, posts)):
            author_id, unit_id = chance.choice(authors)
            document = written[number % len(written)]
            at = OPENED_AT + step * number
            shared: dict[str, Any] = {
                "title": document.title,
                "summary": document.summary,
                "byline": "",
                "section_id": chance.choice(section_ids),
                "author_id": author_id,
                "created_at": at,
                "updated_at": at,
            }
            publications.append(
                {
                    **shared,
                    "id": next_id + number,
                    "kind": Kind.NOTICE if chance.random() < 0.2 else Kind.POST,
                    "slug": slugify(document.title) or "bai",
                    "unit_id": unit_id,
                    "published_at": at,
                    "lock_version": 1,
                }
            )
            revisions.append(
                {
                    **shared,
                    "id": next_revision + number,
                    "publication_id": next_id + number,
                    "number": 1,
                    "version": 1,
                    "state": State.PUBLISHED,
                    "body": "",
                    "genre": Genre.NEWS,
                    "origin": Origin.OWN,
                    "secrecy_declared": True,
                    "written_by_id": author_id,
                }
            )
            documents.append(_filed(document, publications[-1]))
        db.session.execute(insert(Publication), publications)
        db.session.execute(insert(Revision), revisions)
        offset = next_revision - next_id
        db.session.execute(
            update(Publication)
            .where(Publication.id.between(publications[0]["id"], publications[-1]["id"]))
            .values(
                live_revision_id=Publication.id + offset, latest_revision_id=Publication.id + offset
            )
            .execution_options(synchronize_session=False)
        )
        started = time.perf_counter()
        loader.store(documents, numbers=range(first, first + len(documents)))
        db.session.commit()
        indexing_s += time.perf_counter() - started
        print(f"\r  {first + len(publications)} of {posts} texts", end="", flush=True)
    started = time.perf_counter()
    loader.close()
    engine_of(db.session()).optimise(db.session(), checkpoint=db.session.commit)
    db.session.commit()
    print()
    return indexing_s + time.perf_counter() - started


class _Loader:
    """Stores documents as the engine does. On SQLite what repeated texts share is made once, and
    FTS5 is given room to sort in; the index is the same, but that it could forget no text."""

    def __init__(self, written: Sequence[Document]) -> None:
        self._is_sqlite = db.engine.dialect.name == "sqlite"
        self._shared: list[dict[str, Any]] = []
        if not self._is_sqlite:
            return
        for document in written:
            said = " ".join(document.lexemes).encode()
            self._shared.append({**text_fields(document), "lexemes": zlib.compress(said, 1)})
        learn_words(db.session(), written)
        self._configure("hashsize", 96_000_000)
        self._configure("automerge", 0)
        self._configure("crisismerge", 1_000)

    def store(self, documents: Sequence[Document], *, numbers: range) -> None:
        if not self._is_sqlite:
            store_many(documents)
            return
        docids = [document.docid for document in documents]
        kept = [self._shared[number % len(self._shared)] for number in numbers]
        session = db.session
        session.execute(insert(stored), list(map(document_fields, documents)))
        rows = [{**shared, "docid": docid} for shared, docid in zip(kept, docids, strict=True)]
        session.execute(insert(texts), rows)
        session.execute(
            insert(fts),
            [
                {"rowid": document.docid, "lexemes": " ".join(document.lexemes)}
                for document in documents
            ],
        )

    def close(self) -> None:
        if self._is_sqlite:
            self._configure("hashsize", 1_048_576)
            self._configure("automerge", 4)
            self._configure("crisismerge", 16)

    def _configure(self, name: str, value: int) -> None:
        db.session.execute(
            text("INSERT INTO search_index (search_index, rank) VALUES (:name, :value)"),
            {"name": name, "value": value},
        )
        db.session.commit()


def _written(number: int) -> Document:
    made = generator.write(seed=SEED, number=number)
    return document_of(
        publication_id=1,
        published_at=OPENED_AT,
        kind=Kind.POST,
        section_id=None,
        unit_id=1,
        title=made.title,
        summary=made.summary,
        body=made.body,
        byline="",
    )


def _filed(document: Document, publication: dict[str, Any]) -> Document:
    docid = docid_of(publication_id=publication["id"], published_at=publication["published_at"])
    filed: dict[str, Any] = {name: publication[name] for name in ("kind", "section_id", "unit_id")}
    said = [term for term in document.lexemes if term[0] != "=" or term.startswith("==")]
    terms = filed_under(docid=docid, has_file=False, language=Language.VI, **filed)
    return replace(
        document,
        docid=docid,
        publication_id=publication["id"],
        lexemes=[EVERY, *terms, *said[1:]],
        **filed,
    )


# ---------------------------------------------------------------- what is asked
def questions(*, each: int = 60) -> dict[str, list[SearchRequest]]:
    """Requests of each kind, out of the words of the generated texts; always the same."""
    chance = random.Random(SEED)
    texts = [generator.write(seed=SEED, number=number) for number in range(2_000)]
    said = [re.findall(r"\w+", f"{made.title}. {made.body}".lower()) for made in texts]
    held = Counter(word for words in said for word in set(words) if len(word) > 1)

    def between(low: float, high: float) -> list[str]:
        return sorted(w for w, n in held.items() if low <= n / len(texts) <= high and w.isalpha())

    rare, common = between(0.001, 0.01), between(0.3, 1.0)

    def stretch(length: int) -> list[str]:
        words = chance.choice(said)
        at = chance.randrange(len(words) - length)
        return words[at : at + length]

    def begun() -> str:
        words = stretch(chance.randint(1, 2))
        kept = chance.randint(2, max(2, len(words[-1]) - 1))
        return " ".join([*words[:-1], words[-1][:kept].ljust(2, "a")])

    def asking() -> str:
        words = stretch(chance.randint(14, 28))
        kept = [word for word in words if chance.random() < 0.72][:20]
        return f"{' '.join(kept)} ở đâu?"

    def nothing() -> str:
        words = stretch(chance.randint(1, 3))
        return " ".join([*words, chance.choice(["xqzk", "wwvb", "kkhoax", "zzqu"])])

    def of(make: Any, **fields: Any) -> list[SearchRequest]:
        return [SearchRequest(q=make(), **fields) for _ in range(each)]

    def three() -> str:
        return " ".join(stretch(3))

    units = db.session.scalars(select(User.unit_id).distinct().order_by(User.unit_id)).all()
    sections = db.session.scalars(select(Section.id).order_by(Section.id)).all()

    def narrowed() -> SearchRequest:
        year = chance.randint(2017, 2026)
        return SearchRequest(
            q=" ".join(stretch(chance.randint(1, 2))),
            unit_id=chance.choice(units),
            date_from=date(year, 1, 1),
            date_to=date(year, 12, 31),
            with_facets=True,
        )

    def in_section() -> SearchRequest:
        return SearchRequest(
            q=chance.choice(common),
            kind=Kind.NOTICE,
            section_ids=chance.sample(sections, 3),
            with_facets=True,
        )

    return {
        "rare": of(lambda: chance.choice(rare)),
        "common": of(lambda: chance.choice(common)),
        "two common": of(lambda: " ".join(chance.sample(common, 2))),
        "three words": of(three),
        "three apart": of(lambda: " ".join(chance.choice(chance.choice(said)) for _ in range(3))),
        "prefix": of(begun, prefix_last=True),
        "question": of(asking),
        "nothing found": of(nothing),
        "with counts": of(three, with_facets=True),
        "common, counts": of(lambda: chance.choice(common), with_facets=True),
        "prefix, counts": of(begun, prefix_last=True, with_facets=True),
        "phrase": [SearchRequest(q=f'"{" ".join(stretch(2))}"') for _ in range(each)],
        "without a word": [
            SearchRequest(q=f"{chance.choice(common)} -{chance.choice(common)}")
            for _ in range(each)
        ],
        "unit and year": [narrowed() for _ in range(each)],
        "kind and section": [in_section() for _ in range(each)],
        "copied titles": of(lambda: chance.choice(texts).title),
        "bare list": [SearchRequest(unit_id=chance.choice(units)) for _ in range(each)],
    }


def measure(engine: str, posts: int, *, only: str = "") -> Iterator[Speed]:
    """Ask all, kind by kind."""
    now = datetime.now(UTC)
    asked = questions()
    # As each process of the site does once it is made.
    gc.collect()
    gc.freeze()
    for kind, requests in asked.items():
        if only and only not in kind:
            continue
        wall, cpu, found = [], [], []
        for turn in range(2):
            for request in sorted(requests, key=lambda each: fold(each.q)[:: -1 if turn else 1]):
                started, cpu_started = time.perf_counter(), time.process_time()
                result = search(request=request, now=now)
                if kind == "nothing found" and not result.total:
                    suggest(request=request, now=now)
                wall.append(1000 * (time.perf_counter() - started))
                cpu.append(1000 * (time.process_time() - cpu_started))
                db.session.rollback()
                found.append(result.total)
        p50, p99 = _spread(wall)
        cpu_p50, cpu_p99 = _spread(cpu)
        yield Speed(engine, posts, kind, p50, p99, cpu_p50, cpu_p99, statistics.median(found))


def _spread(values: Sequence[float]) -> tuple[float, float]:
    ordered = sorted(values)
    return round(ordered[len(ordered) // 2], 2), round(ordered[int(len(ordered) * 0.99)], 2)


def sizes() -> tuple[int, int]:
    """Bytes of the index, and of the texts that are kept for it."""
    if db.engine.dialect.name == "sqlite":
        statement = "SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE name GLOB :like"
        try:
            return (
                db.session.scalar(text(statement), {"like": "search_index*"}) or 0,
                db.session.scalar(text(statement), {"like": "*search_[dt]*"}) or 0,
            )
        except Exception:  # this build of SQLite does not tell
            db.session.rollback()
            return 0, 0
    relation = "SELECT pg_total_relation_size(:name) - pg_indexes_size(:name)"
    index = db.session.scalar(text("SELECT pg_relation_size('ix_search_document_lexemes')"))
    kept = [
        db.session.scalar(text(relation), {"name": name})
        for name in ("search_document", "search_text")
    ]
    return int(index or 0), sum(map(int, filter(None, kept)))


# ---------------------------------------------------------------- where
@contextmanager
def _application(url: str, instance: Path) -> Iterator[Flask]:
    app = create_app(
        {"DATABASE_URL": url} if url else None,
        environ={"PATH": os.environ["PATH"], "INSTANCE_PATH": str(instance), "WORKER": "off"},
    )
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def _hurry(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -400000")
    connection.execute("PRAGMA wal_autocheckpoint = 20000")


def _prepare(engine: str, posts: int, *, distinct: int) -> Built:
    flask_migrate.upgrade(directory=str(ROOT / "migrations"))
    seconds = fill(posts, distinct=distinct)
    if engine == "PostgreSQL":
        with db.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql(
                "VACUUM ANALYZE"
            )
    built = Built(engine, posts, round(seconds, 1), *sizes())
    print(built, flush=True)
    return built


def run(
    engine: str, url: str, instance: Path, posts: int, *, distinct: int, only: str = ""
) -> list[Speed]:
    """Measure on one database, which is filled if it is empty; print as it goes."""
    marker = instance / "filled"
    with _application(url, instance):
        if not marker.exists():
            hurry = engine == "SQLite"
            if hurry:
                event.listen(db.engine, "connect", _hurry)
            _prepare(engine, posts, distinct=distinct)
            if hurry:
                event.remove(db.engine, "connect", _hurry)
            db.session.remove()
            db.engine.dispose()
            marker.touch()
        print(f"{'engine':12}{'posts':>9} {'kind':18}{'p50 ms':>9}{'p99':>9}{'cpu':>9}{'p99':>9}")
        rows = []
        with work(writes=False):
            for row in measure(engine, posts, only=only):
                rows.append(row)
                print(
                    f"{row.engine:12}{row.posts:9} {row.kind:18}{row.p50_ms:9.2f}{row.p99_ms:9.2f}"
                    f"{row.cpu_p50_ms:9.2f}{row.cpu_p99_ms:9.2f}{row.found:8.0f}",
                    flush=True,
                )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.search_speed", description=__doc__)
    parser.add_argument("posts", type=int)
    parser.add_argument("--distinct", type=int, default=20_000, help="texts that differ")
    parser.add_argument("--keep", type=Path, help="folder of a site to make, or made before")
    parser.add_argument("--postgresql", action="store_true", help="on a server of the run's own")
    parser.add_argument("--only", default="", help="kinds whose name has this")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="search-") as folder:
        kept = options.keep or Path(folder)
        kept.mkdir(parents=True, exist_ok=True)
        given = {"distinct": options.distinct, "only": options.only}
        if not options.postgresql:
            rows = run("SQLite", "", kept, options.posts, **given)
        elif find_initdb() is None:
            raise SystemExit("PostgreSQL is not installed here.")
        else:
            with running_postgres() as server:
                rows = run("PostgreSQL", server.create("speed"), kept, options.posts, **given)
    if options.json:
        written = [{name: getattr(row, name) for name in row.__slots__} for row in rows]
        options.json.write_text(json.dumps(written, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
