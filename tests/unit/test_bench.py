"""What the measurements are made with. What they measure is nobody's to assert here."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from itertools import islice
from multiprocessing.pool import ThreadPool
from pathlib import Path

import pytest

from bench import __main__ as main
from bench import corpus, figures, load, questions, search_quality, servers, writing
from bench.figures import Round


@pytest.fixture
def kept_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BENCH_CORPUS", str(tmp_path))
    return tmp_path


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Instead of making a corpus, note that it was asked for."""
    asked: list[int] = []
    monkeypatch.setattr(corpus, "make", lambda posts, **_: asked.append(posts))
    return asked


@pytest.fixture
def upgraded(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    asked: list[Path] = []
    monkeypatch.setattr(corpus, "upgrade", lambda folder, _: asked.append(folder))
    return asked


def test_a_corpus_is_made_once_and_again_when_what_makes_it_changes(
    kept_in: Path, made: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = corpus.kept(1000)
    assert corpus.kept(1000) == first
    assert made == [1000]
    corpus.kept(100_000)
    monkeypatch.setattr(corpus, "key", lambda: "another")
    second = corpus.kept(1000)
    assert made == [1000, 100_000, 1000]
    assert second.folder != first.folder
    # The old one is gone, the one of another size is not.
    assert not first.folder.exists()
    assert len(list(kept_in.iterdir())) == 2


def test_a_corpus_that_broke_off_is_made_again(
    kept_in: Path, made: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(posts: int, **_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(corpus, "make", break_off)
        with pytest.raises(KeyboardInterrupt):
            corpus.kept(1000)
    corpus.kept(1000)
    assert made == [1000]


def test_a_corpus_is_known_by_the_form_of_its_index(monkeypatch: pytest.MonkeyPatch) -> None:
    first = corpus.key()
    assert corpus.key() == first
    monkeypatch.setattr(corpus, "VERSION", "another")
    assert corpus.key() != first


def test_a_corpus_goes_through_the_migrations_that_come(
    kept_in: Path, made: list[int], upgraded: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = corpus.kept(1000)
    monkeypatch.setattr(corpus, "_schema", lambda: "newer")
    assert corpus.kept(1000) == corpus.kept(1000) == first
    assert made == [1000]
    assert upgraded == [first.folder]


def test_several_processes_make_batches_in_order_and_not_far_ahead() -> None:
    begun: list[int] = []

    def batches() -> Iterator[int]:
        for number in range(30):
            begun.append(number)
            yield number

    with ThreadPool(3) as pool:
        made = corpus.ahead(pool, lambda number: number * number, batches())
        assert next(made) == 0
        assert len(begun) == corpus.AHEAD
        assert list(made) == [number * number for number in range(1, 30)]


def _rounds(*rates: float, p50_ms: float = 1.0) -> list[Round]:
    return [Round(rate, p50_ms, 2 * p50_ms) for rate in rates]


def test_subjects_are_measured_in_turn() -> None:
    order: list[str] = []

    def measured(name: str) -> Round:
        order.append(name)
        return Round(1.0, 1.0, 1.0)

    found = figures.alternate(
        {name: partial(measured, name) for name in ("base", "ours")}, rounds=3
    )
    assert order == ["base", "ours"] * 3
    assert {name: len(rounds) for name, rounds in found.items()} == {"base": 3, "ours": 3}


def test_a_ratio_is_the_median_of_pairs_and_not_of_medians() -> None:
    # The machine was busy in the second round, for both alike.
    row = figures.row("ours", "base", {"base": _rounds(100, 10, 80), "ours": _rounds(50, 5, 60)})
    assert (row.ratio, row.spread) == (0.5, 0.25)
    assert (row.per_second, row.base_per_second) == (50, 80)


def test_a_round_without_an_answer_is_no_figure() -> None:
    with pytest.raises(RuntimeError, match="ours"):
        figures.row("ours", "base", {"base": _rounds(100), "ours": _rounds(0)})


@pytest.mark.parametrize(("share", "expected"), [(0.0, 1), (0.5, 51), (0.99, 100), (1.0, 100)])
def test_percentiles(share: float, expected: float) -> None:
    assert figures.percentile(range(100, 0, -1), share) == expected


def test_targets_say_whether_they_are_met() -> None:
    assert figures.at_least("1", "post", 4.0, 4.0).met
    assert not figures.at_least("1", "post", 4.0, 3.999).met
    assert figures.at_most("6", "memory", 200, 200, " MB").target == "≤ 200 MB"
    assert not figures.at_most("6", "memory", 200, 200.1).met


def test_quality_is_held_to_its_targets_on_both_engines() -> None:
    mrr = {
        ("SQLite", "as typed"): 0.94,
        ("SQLite", "no diacritics"): 0.91,
        ("PostgreSQL", "as typed"): 0.90,
        ("PostgreSQL", "no diacritics"): 0.90,
    }
    assert [check.met for check in search_quality.checks(mrr)] == [True, False, False, True]


WRK = """Running 2s test @ http://127.0.0.1:1
  1 threads and 16 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     0.93ms    1.06ms  18.01ms   96.01%
    Req/Sec    19.59k     1.24k   21.70k    70.00%
  Latency Distribution
     50%  750.00us
     75%    0.93ms
     90%    1.33ms
     99%    1.20s
  39011 requests in 2.00s, 785.32MB read
  Socket errors: connect 0, read 3, write 0, timeout 1
  Non-2xx or 3xx responses: 12
Requests/sec:  19483.32
Transfer/sec:    392.21MB
"""


def test_what_wrk_prints_is_read() -> None:
    found = load.read_wrk(WRK)
    assert found == Round(19483.32, 0.75, 1200.0, {"status": 12, "read": 3, "timeout": 1})


def test_both_generators_ask_from_another_browser_each_time() -> None:
    asked = load.Asked(["/a", "/b"], method="POST", distinct=True)
    first, second, third = islice(asked.requests(), 3)
    assert [request.split()[1] for request in (first, second, third)] == [b"/a", b"/b", b"/a"]
    assert len({first, third}) == 2
    # Lua would write a large number as 1.8e+15, the same for all.
    assert '"%d", number' in load.script(asked, Path("paths"), number=1)
    assert next(load.Asked(["/a"]).requests()).startswith(b"GET /a HTTP/1.1\r\n")


def test_the_own_generator_counts_answers_and_failures() -> None:
    with servers.base() as bare:
        asked = load.Asked(["/"])
        served = load.run_own(bare.port, asked, connections=2, seconds=0.2)
        refused = load.run_own(bare.port, replace(asked, status=404), connections=2, seconds=0.1)
    assert served.per_second > 0
    assert not served.failures
    assert list(refused.failures) == ["status 200"]


def test_the_six_kinds_of_question_are_always_the_same() -> None:
    asked = questions.questions(each=5)
    assert tuple(asked) == questions.KINDS
    assert all(len(each) == 5 for each in asked.values())
    assert asked == questions.questions.__wrapped__(each=5)
    assert {len(words.split()) for words in asked["three words"]} == {3}
    assert all(10 <= len(words.split()) <= 20 for words in asked["question"])


def test_results_hold_what_was_measured_and_with_what() -> None:
    report = figures.Report()
    rows = {"base": _rounds(100), "ours": _rounds(50)}
    report.add(figures.Report(rows=[figures.row("ours", "base", rows)], values={"MB": 1.0}))
    report.add(figures.Report(checks=[figures.at_least("1", "ours", 0.4, 0.5)]))
    about = {"versions": main.versions(postgresql=False)}
    held = json.loads(json.dumps(main.written(report, about=about)))
    assert {"measure", "base", "ratio", "spread", "p50_ms", "p99_ms"} <= set(held["rows"][0])
    assert held["values"] == {"MB": 1.0}
    assert held["checks"][0]["met"] is True
    known = {"commit", "python", "kernel", "cores", "sqlite", "flask", "sqlalchemy", "waitress"}
    assert known <= set(held["versions"])


def test_sections_and_sizes_are_chosen_on_the_command_line() -> None:
    options = main.read_options(["--quick", "--only", "views", "--only", "search"])
    assert options.only == ["views", "search"]
    assert options.sizes == main.QUICK_SIZES
    assert main.read_options(["--million"]).sizes == (1_000, 100_000, 1_000_000)
    assert main.read_options(["--sizes", "500,2000"]).sizes == (500, 2_000)


@pytest.mark.parametrize(
    ("arguments", "large"),
    [([], 100_000), (["--million"], 100_000), (["--sizes", "1000000"], 1_000_000)],
)
def test_pages_are_measured_with_a_hundred_thousand_posts_whatever_search_is_asked_among(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], large: int
) -> None:
    monkeypatch.setattr(corpus, "kept", lambda posts: posts)
    with ExitStack() as stack:
        assert main.Bench(main.read_options(arguments), stack).large == large


@pytest.mark.parametrize(
    ("lost", "twice", "is_exact", "met"),
    [(0, 0, True, True), (1, 0, False, False), (0, 2, False, False), (0, 0, False, False)],
)
def test_a_reading_that_is_lost_or_counted_twice_is_told(
    lost: int, twice: int, is_exact: bool, met: bool
) -> None:
    found = {"kills": 100, "acknowledged": 90, "counted": 90, "refused": 0}
    printed = json.dumps(found | {"lost": lost, "twice": twice, "is_exact": is_exact})
    report = writing.of_kills(f"Đang nạp nội dung mẫu…\n{printed}")
    assert [check.met for check in report.checks] == [met]


def test_killing_that_came_to_no_end_is_no_figure() -> None:
    with pytest.raises(RuntimeError, match="did not start"):
        writing.of_kills("", "the site did not start")
