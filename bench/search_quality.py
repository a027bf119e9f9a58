"""`python -m bench.search_quality`: how often search puts the right text first, and how fast.

Known-item questions, each answered by one paragraph, are asked as typed and without diacritics
among generated posts, on SQLite and, where it is installed, on PostgreSQL. MRR@10 is the mean of
1/rank of the right paragraph, 0 where it is not among the first ten. The questions stay where
they are (their licence is not ours): without the file there is nothing to do.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path

import flask_migrate
from sqlalchemy import insert, select, update

from app import create_app
from bench.figures import Check, Report, at_least, at_most
from extensions import db, work
from models import Genre, Kind, Origin, Publication, Revision, Section, State, User
from services import demo
from services.demo.generating import generate
from services.search import SearchRequest, index_publication, search
from services.vietnamese import fold, slugify
from tests.support.servers import find_initdb, running_postgres

ROOT = Path(__file__).resolve().parents[1]
QUESTIONS = ROOT.parent / "shared" / "data" / "known-item-questions.json"
# What people type in a search box, against the questions' one answer each.
WORDS = ("khoa học", "sở", "chuyển đổi số", "nghiên cứu khoa học", "da nang", "công nghệ thông tin")


WORDS_ALONE = "few words"
# What must be reached on SQLite, and how far PostgreSQL may be behind.
LEAST = {"as typed": 0.93, "no diacritics": 0.92}
MOST_BEHIND = 0.03


@dataclass(frozen=True)
class Outcome:
    """Figures of one run over all questions; `asked` is how, on which engine."""

    engine: str
    asked: str
    mrr: float
    first: float
    p50_ms: float
    p99_ms: float


def fill(questions: Path, *, posts: int) -> None:
    """Put in the demonstration, generated posts, and the paragraphs among them."""
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as media:
        demo.load(now=now, media_root=Path(media))
    generate(count=posts, seed=7, now=now, checkpoint=db.session.commit)
    author = db.session.scalars(select(User).order_by(User.id)).first()
    section = db.session.scalars(select(Section).order_by(Section.id)).first()
    if author is None or section is None:
        raise RuntimeError("the demonstration has no author or no section")
    for number, paragraph in enumerate(json.loads(questions.read_text("utf-8"))["paragraphs"]):
        at = now - timedelta(days=20 * number + 1)
        shared = {"title": paragraph["title"], "summary": "", "byline": "", "created_at": at}
        shared |= {"section_id": section.id, "author_id": author.id, "updated_at": at}
        publication_id = db.session.scalar(
            insert(Publication).returning(Publication.id),
            {
                **shared,
                "kind": Kind.POST,
                "slug": f"{slugify(paragraph['title'])}-{number}",
                "unit_id": author.unit_id,
                "published_at": at,
                "lock_version": 1,
                "withdrawn_reason": f"paragraph {number}",
            },
        )
        revision_id = db.session.scalar(
            insert(Revision).returning(Revision.id),
            {
                **shared,
                "publication_id": publication_id,
                "number": 1,
                "version": 1,
                "state": State.PUBLISHED,
                "body": f"<p>{escape(paragraph['text'])}</p>",
                "genre": Genre.NEWS,
                "origin": Origin.OWN,
                "secrecy_declared": True,
                "written_by_id": author.id,
            },
        )
        db.session.execute(
            update(Publication)
            .where(Publication.id == publication_id)
            .values(live_revision_id=revision_id, latest_revision_id=revision_id)
        )
        index_publication(publication_id=publication_id or 0)
    db.session.commit()


def asked(questions: Path) -> list[tuple[str, int]]:
    """Each question with the publication that answers it."""
    rows = db.session.execute(
        select(Publication.withdrawn_reason, Publication.id).where(
            Publication.withdrawn_reason.startswith("paragraph ")
        )
    )
    ids = {int(reason.split()[1]): publication_id for reason, publication_id in rows}
    return [
        (question, ids[number])
        for number, paragraph in enumerate(json.loads(questions.read_text("utf-8"))["paragraphs"])
        for question in paragraph["questions"]
    ]


def ask(engine: str, how: str, questions: list[tuple[str, int]]) -> Outcome:
    now = datetime.now(UTC)
    ranks, seconds = [], []
    for question, wanted in questions:
        started = time.perf_counter()
        result = search(request=SearchRequest(q=question, per_page=10), now=now)
        seconds.append(time.perf_counter() - started)
        db.session.rollback()
        found = [hit.publication_id for hit in result.hits]
        ranks.append(found.index(wanted) + 1 if wanted in found else 0)
    seconds.sort()
    return Outcome(
        engine=engine,
        asked=how,
        mrr=sum(1 / rank for rank in ranks if rank) / len(ranks),
        first=ranks.count(1) / len(ranks),
        p50_ms=1000 * seconds[len(seconds) // 2],
        p99_ms=1000 * seconds[int(len(seconds) * 0.99)],
    )


@contextmanager
def databases(kept: Path | None) -> Iterator[dict[str, str]]:
    """Addresses of empty databases by name, or of one kept from an earlier run."""
    with tempfile.TemporaryDirectory(prefix="quality-") as folder:
        found = {"SQLite": f"sqlite:///{(kept or Path(folder)) / 'site.db'}"}
        if kept is not None or find_initdb() is None:
            yield found
            return
        with running_postgres() as server:
            yield found | {"PostgreSQL": server.create("quality")}


def measure(name: str, url: str, *, questions: Path, posts: int) -> Iterator[Outcome]:
    with tempfile.TemporaryDirectory(prefix="quality-") as instance:
        app = create_app(
            {"DATABASE_URL": url}, environ={"PATH": os.environ["PATH"], "INSTANCE_PATH": instance}
        )
        with app.app_context():
            flask_migrate.upgrade(directory=str(ROOT / "migrations"))
            if not db.session.scalar(select(Publication.id).limit(1)):
                fill(questions, posts=posts)
                if name == "PostgreSQL":
                    with db.engine.connect() as connection:
                        autocommit = connection.execution_options(isolation_level="AUTOCOMMIT")
                        autocommit.exec_driver_sql("VACUUM ANALYZE")
            with work(writes=False):
                typed = asked(questions)
                words = [(word, 0) for word in WORDS] * 20
                for how, these in (
                    ("as typed", typed),
                    ("no diacritics", [(fold(question), wanted) for question, wanted in typed]),
                    (WORDS_ALONE, words),
                ):
                    yield ask(name, how, these)
            db.session.remove()
            db.engine.dispose()


def run(questions: Path = QUESTIONS, *, posts: int = 3000, kept: Path | None = None) -> Report:
    """Ask on each engine, and print what came of it; nothing without the questions."""
    report = Report()
    if not questions.is_file():
        print(f"No questions at {questions}: how well search answers them is not measured.")
        return report
    print(f"{'engine':12}{'questions':15}{'MRR@10':>9}{'first':>9}{'p50 ms':>9}{'p99 ms':>9}")
    with databases(kept) as urls:
        found = [
            _shown(outcome)
            for name, url in urls.items()
            for outcome in measure(name, url, questions=questions, posts=posts)
        ]
    for outcome in found:
        name = f"{outcome.engine}, {outcome.asked}"
        report.values[f"questions, {name}: p50 ms"] = round(outcome.p50_ms, 2)
        report.values[f"questions, {name}: p99 ms"] = round(outcome.p99_ms, 2)
        if outcome.asked != WORDS_ALONE:
            report.values[f"questions, {name}: MRR@10"] = round(outcome.mrr, 4)
    report.checks = checks({(each.engine, each.asked): each.mrr for each in found})
    return report


def checks(mrr: dict[tuple[str, str], float]) -> list[Check]:
    """What is asked of MRR@10, by engine and way of typing."""
    found = []
    for how, least in LEAST.items():
        on_sqlite = mrr["SQLite", how]
        found.append(at_least("5", f"MRR@10, SQLite, {how}", least, on_sqlite))
        if ("PostgreSQL", how) in mrr:
            gap = on_sqlite - mrr["PostgreSQL", how]
            found.append(at_most("5", f"MRR@10, PostgreSQL behind, {how}", MOST_BEHIND, gap))
    return found


def _shown(outcome: Outcome) -> Outcome:
    quality = f"{outcome.mrr:9.3f}{outcome.first:9.3f}" if outcome.asked != WORDS_ALONE else ""
    print(
        f"{outcome.engine:12}{outcome.asked:15}{quality:18}{outcome.p50_ms:9.2f}"
        f"{outcome.p99_ms:9.2f}",
        flush=True,
    )
    return outcome


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.search_quality", description=__doc__)
    parser.add_argument("--questions", type=Path, default=QUESTIONS)
    parser.add_argument("--posts", type=int, default=3000, help="generated posts to hide among")
    parser.add_argument("--keep", type=Path, help="folder with a SQLite site.db to make or reuse")
    options = parser.parse_args()
    run(options.questions, posts=options.posts, kept=options.keep)


if __name__ == "__main__":
    main()
