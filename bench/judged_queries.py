"""`python -m bench --only quality`: whether search puts first what people mean.

``judged-queries.tsv`` holds what people type, in several ways, with the texts of the
demonstration that answer, of every kind. MRR@10 is the mean of 1/rank of the first that does, 0
where none is among the first ten; success@1 how often it is first. Those typed with diacritics are
asked again without. On SQLite and, where it is installed, on PostgreSQL; ``python -m
bench.judged_queries SQLite`` asks one of them, and lists what was not first.
"""

import csv
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import flask_migrate
from sqlalchemy import select

from app import create_app
from demo import content
from extensions import db, work
from models import Publication
from services import demo
from services.search import SearchRequest, search
from services.vietnamese import fold
from services.visibility import visible
from tests.support.servers import find_initdb, running_postgres

ROOT = Path(__file__).resolve().parents[1]
QUERIES = Path(__file__).with_name("judged-queries.tsv")
# How far what is typed without diacritics may fall behind.
ALLOWED_GAP = 0.1


@dataclass(frozen=True, slots=True)
class Judged:
    """One question; ``wanted`` are beginnings of the names of files that answer it, or, of what
    came to the site from its readers, of addresses."""

    how: str
    typed: str
    wanted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Quality:
    """How well a set of questions was answered."""

    engine: str
    asked: str
    count: int
    mrr: float
    first: float


def read() -> list[Judged]:
    """The questions, in the file's order."""
    lines = [line for line in QUERIES.read_text("utf-8").splitlines() if not line.startswith("#")]
    return [
        Judged(how, typed, tuple(wanted.split(",")))
        for how, typed, wanted in csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
    ]


@dataclass(frozen=True, slots=True)
class Shown:
    """What readers see: publications by what the file of questions calls them, and their kinds."""

    ids: dict[str, int]
    kinds: dict[int, str]

    def of(self, name: str) -> int:
        """The publication of this name. Raises LookupError: a question about what is not there
        would count against search."""
        if name in self.ids:
            return self.ids[name]
        found = [key for slug, key in self.ids.items() if slug.startswith(name)]
        if len(found) != 1:
            raise LookupError(f"{name}: {len(found)} texts of the demonstration")
        return found[0]


def published(now: datetime) -> Shown:
    """Publications of the demonstration by the number that their file's name begins with, and by
    the slug of their address."""
    rows = db.session.execute(
        select(Publication.title, Publication.id, Publication.slug, Publication.kind).where(
            visible(now)
        )
    ).all()
    by_title = {row.title: row.id for row in rows}
    ids = {row.slug: row.id for row in rows}
    for item in content.read_items():
        if (key := by_title.get(content.filled(item.title, now=now))) is not None:
            ids[item.name.split("-")[0]] = key
    return Shown(ids, {row.id: row.kind.value for row in rows})


def rank_of(judged: Judged, typed: str, shown: Shown, now: datetime) -> int:
    """The rank of the first answer among ten, or 0."""
    wanted = {shown.of(name) for name in judged.wanted}
    request = SearchRequest(q=typed, per_page=10, prefix_last=judged.how == "prefix")
    hits = search(request=request, now=now).hits
    return next((at for at, hit in enumerate(hits, 1) if hit.publication_id in wanted), 0)


def measure(engine: str, *, now: datetime, tell_missed: bool = False) -> list[Quality]:
    """Ask all, and in which ways: overall, by the way of typing, by the kind of what is wanted
    most, with and without diacritics."""
    shown = published(now)
    judged = read()
    ranks = [rank_of(each, each.typed, shown, now) for each in judged]
    if tell_missed:
        for each, rank in zip(judged, ranks, strict=True):
            if rank != 1:
                print(f"  {rank:2} {each.how:7}{each.typed}")
    marked = [each for each in judged if fold(each.typed) != each.typed.lower()]
    as_typed = [rank for each, rank in zip(judged, ranks, strict=True) if each in marked]
    bare = [rank_of(each, fold(each.typed), shown, now) for each in marked]
    found = [_quality(engine, "all", ranks)]
    for how in dict.fromkeys(each.how for each in judged):
        of_way = [rank for each, rank in zip(judged, ranks, strict=True) if each.how == how]
        found.append(_quality(engine, how, of_way))
    kinds = [shown.kinds[shown.of(each.wanted[0])] for each in judged]
    for kind in dict.fromkeys(kinds):
        of_kind = [rank for own, rank in zip(kinds, ranks, strict=True) if own == kind]
        found.append(_quality(engine, f"kind: {kind}", of_kind))
    found.append(_quality(engine, "with diacritics", as_typed))
    found.append(_quality(engine, "the same without", bare))
    return found


def _quality(engine: str, asked: str, ranks: Sequence[int]) -> Quality:
    count = len(ranks)
    mrr = sum(1 / rank for rank in ranks if rank) / count
    return Quality(engine, asked, count, round(mrr, 3), round(ranks.count(1) / count, 3))


@contextmanager
def _databases(only: str) -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory(prefix="judged-") as folder:
        found = {"SQLite": f"sqlite:///{Path(folder) / 'site.db'}"}
        if only == "SQLite" or find_initdb() is None:
            yield found
            return
        with running_postgres() as server:
            others = {"PostgreSQL": server.create("judged")}
            yield others if only else found | others


def run(*, tell_missed: bool = False, only: str = "") -> list[Quality]:
    """Load the demonstration on each engine, or ``only`` on one, and ask; print what came of
    it."""
    rows: list[Quality] = []
    now = datetime.now(UTC)
    print(f"{'engine':12}{'judged queries':18}{'count':>6}{'MRR@10':>9}{'first':>9}")
    with _databases(only) as urls:
        for engine, url in urls.items():
            with tempfile.TemporaryDirectory(prefix="judged-") as instance:
                environ = {"PATH": os.environ["PATH"], "INSTANCE_PATH": instance}
                app = create_app({"DATABASE_URL": url}, environ=environ)
                with app.app_context():
                    flask_migrate.upgrade(directory=str(ROOT / "migrations"))
                    demo.load(now=now, media_root=Path(instance) / "media")
                    db.session.commit()
                    with work(writes=False):
                        rows += measure(engine, now=now, tell_missed=tell_missed)
                    db.session.remove()
                    db.engine.dispose()
    for row in rows:
        print(f"{row.engine:12}{row.asked:18}{row.count:6}{row.mrr:9.3f}{row.first:9.3f}")
    for engine in urls:
        gap = _gap([row for row in rows if row.engine == engine])
        verdict = "" if gap <= ALLOWED_GAP else f" – more than {ALLOWED_GAP}"
        print(f"{engine}: without diacritics MRR@10 is {gap:+.3f} lower than with{verdict}")
    return rows


def _gap(rows: Sequence[Quality]) -> float:
    mrr = {row.asked: row.mrr for row in rows}
    return mrr["with diacritics"] - mrr["the same without"]


if __name__ == "__main__":
    run(tell_missed=True, only=sys.argv[1] if len(sys.argv) > 1 else "")
