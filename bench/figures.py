"""Rounds, what they come to, and what the Fast issue asks of it."""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

Rounds = dict[str, list["Round"]]


@dataclass(frozen=True)
class Round:
    """What one round of load met: answers in a second, how long they took, what failed."""

    per_second: float
    p50_ms: float
    p99_ms: float
    failures: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """A measure beside its base; `ratio` is the median of the pairs' ratios, `spread` the
    distance between the smallest and the largest of them."""

    measure: str
    base: str
    ratio: float
    spread: float
    p50_ms: float
    p99_ms: float
    per_second: float = 0.0
    base_per_second: float = 0.0
    failures: int = 0


@dataclass(frozen=True)
class Check:
    """One line of what must be shown: `target` in words, and whether the figure reaches it."""

    requirement: str
    measure: str
    target: str
    figure: float
    met: bool


@dataclass
class Report:
    """What a section found."""

    rows: list[Row] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    # Figures that have no base: bytes, seconds, milliseconds.
    values: dict[str, float] = field(default_factory=dict)

    def add(self, other: "Report") -> None:
        self.rows += other.rows
        self.checks += other.checks
        self.values |= other.values


def percentile(values: Iterable[float], share: float) -> float:
    """The smallest value that so large a share of all does not exceed."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("nothing was measured")
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def summed(seconds: Sequence[float], *, took_s: float, failures: dict[str, int]) -> Round:
    """A round from how long each answer took."""
    if not seconds:
        return Round(0.0, 0.0, 0.0, failures)
    return Round(
        per_second=len(seconds) / took_s,
        p50_ms=1000 * percentile(seconds, 0.5),
        p99_ms=1000 * percentile(seconds, 0.99),
        failures=failures,
    )


def alternate(subjects: Mapping[str, Callable[[], Round]], *, rounds: int) -> Rounds:
    """Measure each in turn, A B C A B C, so that whatever else the machine does meets all."""
    found: Rounds = {name: [] for name in subjects}
    for _ in range(rounds):
        for name, measure in subjects.items():
            found[name].append(measure())
    return found


def row(name: str, base: str, found: Rounds) -> Row:
    """One measure beside one base, round for round. Raises RuntimeError if it was not served."""
    ours, bare = found[name], found[base]
    failures = sum(sum(each.failures.values()) for each in ours)
    if not all(each.per_second for each in (*ours, *bare)):
        reasons = [each.failures for each in (*ours, *bare) if each.failures]
        raise RuntimeError(f"{name}, {base}: a round without an answer: {reasons}")
    ratios = [one.per_second / other.per_second for one, other in zip(ours, bare, strict=True)]
    return Row(
        measure=name,
        base=base,
        ratio=round(statistics.median(ratios), 4),
        spread=round(max(ratios) - min(ratios), 4),
        p50_ms=round(statistics.median(each.p50_ms for each in ours), 3),
        p99_ms=round(statistics.median(each.p99_ms for each in ours), 3),
        per_second=round(statistics.median(each.per_second for each in ours), 1),
        base_per_second=round(statistics.median(each.per_second for each in bare), 1),
        failures=failures,
    )


def at_least(requirement: str, measure: str, least: float, figure: float, unit: str = "") -> Check:
    target = f"≥ {least:g}{unit}"
    return Check(requirement, measure, target, round(figure, 3), figure >= least)


def at_most(requirement: str, measure: str, most: float, figure: float, unit: str = "") -> Check:
    target = f"≤ {most:g}{unit}"
    return Check(requirement, measure, target, round(figure, 3), figure <= most)


def show_rows(rows: Sequence[Row]) -> None:
    if not rows:
        return
    print(
        f"\n{'measure':42}{'base':30}{'req/s':>8}{'base':>8}{'ratio':>8}{'±':>7}"
        f"{'p50 ms':>9}{'p99 ms':>9}"
    )
    for each in rows:
        failed = f"  {each.failures} failed" if each.failures else ""
        print(
            f"{each.measure:42}{each.base:30}{each.per_second:8.0f}{each.base_per_second:8.0f}"
            f"{each.ratio:8.3f}{each.spread:7.3f}{each.p50_ms:9.2f}{each.p99_ms:9.2f}{failed}"
        )


def show_values(values: Mapping[str, float]) -> None:
    for name, value in values.items():
        print(f"{name:64}{value:12,.2f}")


def show_checks(checks: Sequence[Check]) -> None:
    if not checks:
        return
    print(f"\n{'':4}{'what must be shown':60}{'target':>12}{'figure':>10}")
    for each in checks:
        said = "met" if each.met else "NOT MET"
        print(f"{each.requirement:4}{each.measure:60}{each.target:>12}{each.figure:10.3f}  {said}")
