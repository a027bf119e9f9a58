"""`python -m bench`: measure, print a table, write bench/results.json.

Each measure alternates with its base, A B A B, so that whatever else the machine does meets both;
the ratio is the median of the pairs' ratios and the spread the distance between the smallest and
the largest of them. Absolute figures move with the machine; ratios hold.
"""

import argparse
import json
import platform
import re
import sqlite3
import statistics
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from bench import judged_queries, servers
from bench.load import Round, requests, run_round

RESULTS = Path(__file__).with_name("results.json")
# What a browser says that it takes; the base is asked alike.
BROWSER = {"Accept": "text/html", "Accept-Encoding": "gzip, br"}


@dataclass(frozen=True)
class Measure:
    """One thing to measure: a request, and the method that its base is asked with."""

    name: str
    method: str
    path: str
    distinct: bool = False


@dataclass(frozen=True)
class Row:
    measure: str
    base: str
    per_second: float
    base_per_second: float
    ratio: float
    spread: float
    p50_ms: float
    p99_ms: float
    failures: int


def measures(port: int) -> list[Measure]:
    """Find a post and a section on the site itself, and say what to measure."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as response:
        home = response.read().decode()
    post = re.search(r'href="(/bai-viet/[^"]+-(\d+))"', home)
    section = re.search(r'href="(/chuyen-muc/[^"/]+)"', home)
    if post is None or section is None:
        raise RuntimeError("the home page shows no post or no section")
    return [
        Measure("post", "GET", post[1]),
        Measure("list", "GET", section[1]),
        Measure("home", "GET", "/"),
        Measure("search", "GET", "/tim-kiem?q=khoa+h%E1%BB%8Dc"),
        Measure("view counter", "POST", f"/luot-xem/{post[2]}", distinct=True),
    ]


def desk_measures() -> list[Measure]:
    """What the board opens all day."""
    return [
        Measure("desk list", "GET", "/ban-lam-viec?danh-sach=tren-trang"),
        Measure("desk queue", "GET", "/ban-lam-viec/duyet"),
        Measure("desk filter", "GET", "/ban-lam-viec?danh-sach=tren-trang&q=khoa+hoc"),
        Measure("desk tidying", "GET", "/ban-lam-viec/don-dep"),
    ]


def measure(wanted: Measure, site_port: int, base_port: int, options: argparse.Namespace) -> Row:
    def rounds() -> Iterator[tuple[Round, Round]]:
        headers = {**BROWSER, "HX-Request": "true"} if wanted.method == "POST" else BROWSER
        ours = requests(wanted.method, wanted.path, headers, distinct=wanted.distinct)
        bare = requests(wanted.method, "/", BROWSER, distinct=wanted.distinct)
        load = {"connections": options.connections, "seconds": options.seconds}
        run_round(site_port, ours, connections=options.connections, seconds=0.5)
        for _ in range(options.rounds):
            yield run_round(base_port, bare, **load), run_round(site_port, ours, **load)

    return _row(wanted, f"bare waitress, {wanted.method}", list(rounds()))


def measure_desk(
    wanted: Measure, large: tuple[int, str], small: tuple[int, str], options: argparse.Namespace
) -> Row:
    """The same page of the same program with more texts and people behind it: one request at a
    time, since what is asked is how long a person waits."""

    def asked(port: int, cookie: str) -> Round:
        wanted_of = requests(
            wanted.method, wanted.path, {**BROWSER, "Cookie": cookie}, distinct=False
        )
        return run_round(port, wanted_of, connections=1, seconds=options.seconds)

    asked(*large)
    pairs = [(asked(*small), asked(*large)) for _ in range(options.rounds)]
    return _row(wanted, f"the same with {options.desk_few} posts", pairs)


def _row(wanted: Measure, base: str, pairs: list[tuple[Round, Round]]) -> Row:
    ratios = [ours.per_second / bare.per_second for bare, ours in pairs if bare.per_second]
    latencies = sorted(second for _, ours in pairs for second in ours.latencies_s)
    failures: dict[str, int] = {}
    for _, ours in pairs:
        for reason, count in ours.failures.items():
            failures[reason] = failures.get(reason, 0) + count
    if failures:
        print(f"{wanted.name}: {failures}", file=sys.stderr)
    if not latencies:
        raise RuntimeError(f"{wanted.name}: no request succeeded: {failures}")
    return Row(
        measure=wanted.name,
        base=base,
        per_second=round(statistics.median(ours.per_second for _, ours in pairs), 1),
        base_per_second=round(statistics.median(bare.per_second for bare, _ in pairs), 1),
        ratio=round(statistics.median(ratios), 4),
        spread=round(max(ratios) - min(ratios), 4),
        p50_ms=round(1000 * latencies[len(latencies) // 2], 2),
        p99_ms=round(1000 * latencies[int(len(latencies) * 0.99)], 2),
        failures=sum(failures.values()),
    )


def versions(options: argparse.Namespace) -> dict[str, str | int | float]:
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "sqlite": sqlite3.sqlite_version,
        **{name: version(name) for name in ("flask", "sqlalchemy", "waitress", "jinja2")},
        "threads": servers.THREADS,
        "connections": options.connections,
        "rounds": options.rounds,
        "seconds": options.seconds,
        "posts": options.posts,
        "desk_posts": options.desk_posts,
        "desk_people": options.desk_people,
    }


def show(rows: list[Row]) -> None:
    print(f"{'measure':14}{'req/s':>9}{'base':>9}{'ratio':>8}{'±':>8}{'p50 ms':>9}{'p99 ms':>9}")
    for row in rows:
        print(
            f"{row.measure:14}{row.per_second:9.0f}{row.base_per_second:9.0f}{row.ratio:8.3f}"
            f"{row.spread:8.3f}{row.p50_ms:9.2f}{row.p99_ms:9.2f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="pairs of rounds for each measure")
    parser.add_argument("--seconds", type=float, default=1.5, help="seconds of each round")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--posts", type=int, default=1000, help="generated posts")
    parser.add_argument("--desk-posts", type=int, default=10_000, help="texts of the large desk")
    parser.add_argument("--desk-few", type=int, default=100, help="texts of the small one")
    parser.add_argument("--desk-people", type=int, default=500, help="accounts of the large desk")
    parser.add_argument("--only", choices=["quality"], help="only how well search answers")
    options = parser.parse_args()
    quality = judged_queries.run()
    if options.only:
        return
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        print(f"Preparing a site with {options.posts} generated posts ...", flush=True)
        with (
            servers.base() as base_port,
            servers.site(Path(folder) / "instance", posts=options.posts) as site_port,
        ):
            rows = [measure(m, site_port, base_port, options) for m in measures(site_port)]
        print(
            f"Preparing desks of {options.desk_few} and of {options.desk_posts} posts with "
            f"{options.desk_people} people ...",
            flush=True,
        )
        few = servers.desk_site(Path(folder) / "few", posts=options.desk_few, people=0)
        many = servers.desk_site(
            Path(folder) / "many", posts=options.desk_posts, people=options.desk_people
        )
        with few as small, many as large:
            rows += [measure_desk(m, large, small, options) for m in desk_measures()]
    show(rows)
    written = {
        "versions": versions(options),
        "rows": [asdict(row) for row in rows],
        "search_quality": [asdict(row) for row in quality],
    }
    RESULTS.write_text(json.dumps(written, indent=2, ensure_ascii=False) + "\n", "utf-8")
    print(f"Written to {RESULTS.relative_to(servers.ROOT)}")


if __name__ == "__main__":
    main()
