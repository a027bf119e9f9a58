"""Search over HTTP beside bare waitress, and how long the index itself takes to answer."""

import gc
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from urllib.parse import urlencode

from sqlalchemy import text

from bench import servers
from bench.corpus import Corpus, application
from bench.figures import Report, Round, alternate, at_least, at_most, percentile, row
from bench.load import BROWSER, Asked, run_round
from bench.pages import READERS, UNPINNED
from bench.questions import questions
from extensions import db, work
from services import search as service
from services.search import SearchRequest, search, suggest

# The index's answer, p99 in milliseconds, by the number of texts that it may have up to.
MOST_MS = {100_000: 20.0, 1_000_000: 50.0}
POSTGRESQL_MAY_TAKE = 3
MUST_BE_FAST = ("rare", "common", "three words")


def asked_over_http(kind: str, words: Sequence[str]) -> Asked:
    """The page as a browser asks for it; while one types, only the results."""
    paths = [f"/tim-kiem?{urlencode({'q': each})}" for each in words]
    headers = {**BROWSER, "HX-Request": "true"} if kind == "prefix" else dict(BROWSER)
    return Asked(paths, headers=headers)


def over_http(corpus: Corpus, *, rounds: int, seconds: float) -> Report:
    """Sixty questions of each kind in turn: of the site as it is deployed, which makes each page
    once and keeps it, and of one that keeps nothing and answers each question anew."""
    report = Report()
    with (
        servers.base() as bare,
        servers.site(corpus) as deployed,
        servers.site(corpus, PAGE_CACHE_MB="0") as anew,
    ):
        for server in (deployed, anew):
            # What each process reads once; none of the questions, which nobody has asked yet.
            run_round(server.port, asked_over_http("", ["tin"]), connections=2, seconds=1)
        for kind, words in questions().items():
            asked = asked_over_http(kind, words)
            name = f"search {corpus.posts}, {kind}"
            spent: list[float] = []
            subjects = {
                UNPINNED: partial(
                    run_round, bare.port, Asked(["/"]), connections=READERS, seconds=seconds
                ),
                f"{name}, as deployed": partial(
                    run_round, deployed.port, asked, connections=READERS, seconds=seconds
                ),
                f"{name}, made anew": partial(_made_anew, anew, asked, spent, seconds=seconds),
            }
            found = alternate(subjects, rounds=rounds)
            report.rows += [row(each, UNPINNED, found) for each in found if each != UNPINNED]
            report.values[f"{name}, made anew: ms of processor"] = round(
                statistics.median(spent), 2
            )
    if corpus.posts == 100_000:
        ratio = {each.measure: each.ratio for each in report.rows}
        report.checks = [
            at_least("4", f"search over HTTP, {corpus.posts}, {kind} ÷ bare waitress", 0.2,
                     ratio[f"search {corpus.posts}, {kind}, as deployed"])
            for kind in MUST_BE_FAST
        ]  # fmt: skip
    return report


def _made_anew(
    server: servers.Server, asked: Asked, spent: list[float], *, seconds: float
) -> Round:
    """A round, noting what each of its answers took of the server's processors."""
    before = server.cpu_s()
    found = run_round(server.port, asked, connections=READERS, seconds=seconds)
    spent.append(1000 * (server.cpu_s() - before) / max(1.0, found.per_second * seconds))
    return found


@contextmanager
def _reading(corpus: Corpus) -> Iterator[None]:
    app = application(corpus.folder, corpus.database_url)
    with work(writes=False), app.app_context():
        try:
            yield
        finally:
            db.session.remove()
            db.engine.dispose()


def of_index(corpus: Corpus, *, engine: str) -> Report:
    """What the index takes to answer, in this process: each question twice, so that most of what
    is read is in memory, as it is where people search all day. The first question that a process
    is ever asked (statements are put together, modules read) is not among them; it is told."""
    report = Report()
    allowed = next((ms for most, ms in MOST_MS.items() if corpus.posts <= most), MOST_MS[1_000_000])
    if engine != "SQLite":
        allowed *= POSTGRESQL_MAY_TAKE
    with _reading(corpus):
        now = datetime.now(UTC)
        asked = questions()
        first = time.perf_counter()
        for kind, words in asked.items():
            _answer(words[0], kind=kind, now=now)
        first_s = time.perf_counter() - first
        # As each process of the site does once it is made.
        gc.collect()
        gc.freeze()
        for kind, words in asked.items():
            took, worked = [], []
            for each in [*words, *reversed(words)]:
                started, worked_before = time.perf_counter(), time.process_time()
                _answer(each, kind=kind, now=now)
                took.append(1000 * (time.perf_counter() - started))
                worked.append(1000 * (time.process_time() - worked_before))
            name = f"{engine}, {corpus.posts} posts, {kind}"
            report.values[f"index, {name}: p50 ms"] = round(percentile(took, 0.5), 2)
            report.values[f"index, {name}: p99 ms"] = round(percentile(took, 0.99), 2)
            report.values[f"index, {name}: p99 ms of processor here"] = round(
                percentile(worked, 0.99), 2
            )
            report.checks.append(
                at_most("4", f"index p99 ms, {name}", allowed, percentile(took, 0.99))
            )
        report.values[f"index, {engine}, {corpus.posts} posts: first of each kind, ms"] = round(
            1000 * first_s, 1
        )
        report.values[f"index, {engine}, {corpus.posts} posts: MB"] = round(_megabytes(), 1)
        report.values[f"site, {engine}, {corpus.posts} posts: seconds to make"] = corpus.seconds
    return report


def _answer(words: str, *, kind: str, now: datetime) -> None:
    request = SearchRequest(q=words, prefix_last=kind == "prefix")
    if not search(request=request, now=now).total:
        suggest(request=request, now=now)
    db.session.rollback()


def of_building(corpus: Corpus, *, engine: str) -> Report:
    """How long `flask reindex` takes, on a copy."""
    app = application(corpus.folder, corpus.database_url)
    with app.app_context():
        started = time.perf_counter()
        count = service.reindex(checkpoint=db.session.commit)
        seconds = time.perf_counter() - started
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    return Report(
        values={
            f"reindex, {engine}, {count} texts: seconds": round(seconds, 1),
            f"reindex, {engine}: texts a second": round(count / seconds, 1),
        }
    )


def _megabytes() -> float:
    """Of all that search keeps; 0 where the engine does not tell."""
    if db.engine.dialect.name == "sqlite":
        statement = "SELECT sum(pgsize) FROM dbstat WHERE name LIKE '%search\\_%' ESCAPE '\\'"
    else:
        statement = (
            "SELECT sum(pg_total_relation_size(oid)) FROM pg_class "
            "WHERE relkind = 'r' AND relname LIKE 'search\\_%'"
        )
    try:
        return float(db.session.scalar(text(statement)) or 0) / 1024 / 1024
    except Exception:  # this build of SQLite does not tell
        db.session.rollback()
        return 0.0
