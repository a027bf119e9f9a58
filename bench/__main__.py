"""`python -m bench`: measure, print tables, write bench/results.json.

Each measure alternates with its base, A B A B, so that whatever else the machine does meets both;
the ratio is the median of the pairs' ratios and the spread the distance between the smallest and
the largest of them. Absolute figures move with the machine; ratios hold. docs/performance.md says
what each line means.
"""

import argparse
import json
import os
import platform
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from functools import lru_cache, partial
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import corpus as corpora
from bench import judged_queries, load, pages, search_quality, searching, servers, twin, writing
from bench.corpus import Corpus
from bench.figures import Report, show_checks, show_rows, show_values
from tests.support.servers import Postgres, find_initdb, running_postgres

RESULTS = Path(__file__).with_name("results.json")
SIZES = (1_000, 100_000)
QUICK_SIZES = (1_000, 4_000)
LARGE, MILLION = 100_000, 1_000_000


class Bench:
    """What sections measure with."""

    def __init__(self, options: argparse.Namespace, stack: ExitStack) -> None:
        self.options = options
        self._stack = stack
        self.load = {"rounds": options.rounds, "seconds": options.seconds}

    def corpus(self, posts: int) -> Corpus:
        """On SQLite; made now if it was not yet."""
        return corpora.kept(posts)

    @property
    def small(self) -> Corpus:
        return self.corpus(min(self.options.sizes))

    @property
    def large(self) -> Corpus:
        """The most that pages are measured with; a million are for search alone."""
        return self.corpus(max(self.options.sizes, key=lambda size: (size <= LARGE, size)))

    def on_postgresql(self, posts: int) -> Corpus | None:
        """The same on PostgreSQL; None where it is not installed or not wanted."""
        if self.options.no_postgresql or find_initdb() is None:
            return None
        database = f"corpus_{posts}"
        server = self.postgres()
        if not corpora.is_kept(posts, engine="postgresql"):
            server.drop(database)
            server.create(database)
        return corpora.kept(
            posts,
            engine="postgresql",
            database_url=server.url(database),
            making=partial(twin.copy, self.corpus(posts)),
        )

    @lru_cache  # noqa: B019 - one for the whole run
    def postgres(self) -> Postgres:
        return self._stack.enter_context(running_postgres(kept=corpora.root() / "postgres"))


# ---------------------------------------------------------------- sections
def measure_pages(bench: Bench) -> Report:
    """Post, list, home, kept and made anew; mixed load."""
    return pages.speed(bench.small, bench.large, **bench.load)


def measure_views(bench: Bench) -> Report:
    """Counting readings, and that none is lost when a process is killed."""
    report = writing.views(bench.small, **bench.load)
    report.add(writing.kills(10 if bench.options.quick else 100))
    return report


def measure_login(bench: Bench) -> Report:
    """Logging in."""
    return writing.login(bench.small)


def measure_growth(bench: Bench) -> Report:
    """What a page costs with few texts and with many; memory and start-up time."""
    return pages.growth(bench.small, bench.large, rounds=bench.options.rounds)


def measure_search(bench: Bench) -> Report:
    """Search over HTTP at each size."""
    report = Report()
    for posts in bench.options.sizes:
        report.add(searching.over_http(bench.corpus(posts), **bench.load))
    return report


def measure_index(bench: Bench) -> Report:
    """How long the index takes to answer, how large it is, how long it takes to make."""
    report = Report()
    for posts in bench.options.sizes:
        report.add(searching.of_index(bench.corpus(posts), engine="SQLite"))
        if (other := bench.on_postgresql(posts)) is not None:
            report.add(searching.of_index(other, engine="PostgreSQL"))
    with (
        TemporaryDirectory(prefix="bench-") as folder,
        corpora.copied(bench.small, Path(folder) / "site") as own,
    ):
        report.add(searching.of_building(own, engine="SQLite"))
    return report


def measure_quality(bench: Bench) -> Report:
    """Whether search puts first what people mean: judged queries, and questions among posts."""
    report = Report()
    for row in judged_queries.run():
        if row.asked in ("all", "with diacritics", "the same without"):
            report.values[f"judged queries, {row.engine}, {row.asked}: MRR@10"] = row.mrr
    report.add(search_quality.run(posts=bench.options.distractors))
    return report


SECTIONS: dict[str, Callable[[Bench], Report]] = {
    "pages": measure_pages,
    "views": measure_views,
    "login": measure_login,
    "growth": measure_growth,
    "search": measure_search,
    "index": measure_index,
    "quality": measure_quality,
}


# ---------------------------------------------------------------- the whole
def versions(postgresql: bool) -> dict[str, str | int]:
    """What was measured, on what."""
    found: dict[str, str | int] = {
        "commit": _said(["git", "describe", "--always", "--dirty"]),
        "python": platform.python_version(),
        "kernel": platform.release(),
        "platform": platform.platform(),
        "cores": os.cpu_count() or 0,
        "sqlite": sqlite3.sqlite_version,
        **{name: version(name) for name in ("flask", "sqlalchemy", "waitress", "jinja2")},
        "load": load.name(),
        "threads": servers.THREADS,
    }
    initdb = find_initdb()
    if postgresql and initdb is not None:
        found["postgresql"] = _said([initdb, "--version"])
    return found


def _said(command: Sequence[str]) -> str:
    try:
        ran = subprocess.run(
            command, cwd=servers.ROOT, capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return "?"
    return ran.stdout.strip()


def written(report: Report, *, about: dict[str, object]) -> dict[str, object]:
    """What results.json holds."""
    return {
        **about,
        "rows": [asdict(row) for row in report.rows],
        "values": report.values,
        "checks": [asdict(check) for check in report.checks],
    }


@contextmanager
def _told(name: str) -> Iterator[None]:
    print(f"\n== {name}: {SECTIONS[name].__doc__}", flush=True)
    started = time.monotonic()
    yield
    print(f"({time.monotonic() - started:.0f} s)", flush=True)


def read_options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=[*SECTIONS], help="may be repeated")
    parser.add_argument("--quick", action="store_true", help="short rounds, few posts")
    parser.add_argument("--rounds", type=int, help="of each measure and its base; 3")
    parser.add_argument("--seconds", type=float, help="of each round; 2")
    parser.add_argument("--sizes", help="numbers of posts; 1000,100000")
    parser.add_argument("--million", action="store_true", help="also 1,000,000 posts (an hour)")
    parser.add_argument("--distractors", type=int, default=3_000, help="posts beside questions")
    parser.add_argument("--no-postgresql", action="store_true")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    options.rounds = options.rounds or (2 if options.quick else 3)
    options.seconds = options.seconds or (1.0 if options.quick else 2.0)
    if options.sizes:
        options.sizes = tuple(int(size) for size in options.sizes.split(","))
    else:
        options.sizes = QUICK_SIZES if options.quick else SIZES
    if options.million:
        options.sizes = (*options.sizes, MILLION)
    return options


def main() -> None:
    options = read_options()
    report = Report()
    about: dict[str, object] = {
        "versions": versions(not options.no_postgresql),
        "options": {
            name: value for name, value in vars(options).items() if name not in ("results",)
        },
        "load_average": os.getloadavg() if hasattr(os, "getloadavg") else (),
    }
    with ExitStack() as stack:
        bench = Bench(options, stack)
        for name in options.only or SECTIONS:
            with _told(name):
                found = SECTIONS[name](bench)
                show_rows(found.rows)
                show_values(found.values)
                show_checks(found.checks)
                report.add(found)
            # What was measured stays, whatever happens to the rest.
            options.results.write_text(
                json.dumps(written(report, about=about), indent=2, ensure_ascii=False) + "\n",
                "utf-8",
            )
    print("\n== All that must be shown")
    show_checks(report.checks)
    print(f"\nWritten to {options.results}")


if __name__ == "__main__":
    main()
