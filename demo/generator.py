"""Any number of texts that read like news from afar: a walk from syllable to syllable, each step
as likely as in real news. They mean nothing; they have the lengths, the letters and the
distribution of words that lists, search and measurements must cope with.
"""

import gzip
import random
from bisect import bisect
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from pathlib import Path

_TABLE = Path(__file__).with_name("syllable-pairs.tsv.gz")
# Names that the table holds in small letters.
_NAMES = {
    f"{first} {second}": f"{first.capitalize()} {second.capitalize()}"
    for first, second in (
        ("việt", "nam"),
        ("đà", "nẵng"),
        ("hà", "nội"),
        ("trung", "quốc"),
        ("nhật", "bản"),
        ("hàn", "quốc"),
        ("ấn", "độ"),
        ("quảng", "nam"),
        ("hội", "an"),
        ("sài", "gòn"),
    )
}

_Steps = tuple[list[str], list[int]]


@dataclass(frozen=True, slots=True)
class Text:
    """A generated publication; ``body`` is HTML of p and h2, about 335 syllables."""

    title: str
    summary: str
    body: str


@lru_cache(maxsize=1)
def _steps() -> tuple[dict[str, _Steps], _Steps]:
    """For each syllable what may follow it, and what a sentence may begin with; both with
    running sums of the counts, to be looked up by bisection."""
    follows: dict[str, tuple[list[str], list[int]]] = {}
    for line in gzip.decompress(_TABLE.read_bytes()).decode().splitlines():
        if line.startswith("#"):
            continue
        first, second, count = line.split("\t")
        seconds, counts = follows.setdefault(first, ([], []))
        seconds.append(second)
        counts.append(int(count))
    starts = {first: sum(counts) for first, (_, counts) in follows.items()}
    return (
        {
            first: (seconds, list(accumulate(counts)))
            for first, (seconds, counts) in follows.items()
        },
        (list(starts), list(accumulate(starts.values()))),
    )


def write(*, seed: int, number: int) -> Text:
    """Text ``number`` of those that ``seed`` gives: always the same, whatever came before it."""
    walk = _Walk(seed, number)
    title = _named(" ".join(walk.syllables(walk.between(7, 13))))
    summary = walk.sentence(18, 32)
    blocks = []
    paragraphs = walk.between(4, 6)
    for index in range(paragraphs):
        if index == 2 and walk.between(1, 3) == 1:
            blocks.append(f"<h2>{_named(' '.join(walk.syllables(walk.between(4, 8))))}</h2>")
        sentences = " ".join(walk.sentence(12, 28) for _ in range(walk.between(2, 5)))
        blocks.append(f"<p>{sentences}</p>")
    return Text(title=title, summary=summary, body="\n".join(blocks))


class _Walk:
    def __init__(self, seed: int, number: int) -> None:
        self.random = random.Random((seed << 40) + number).random  # noqa: S311 - not for secrets
        self.follows, (self.starts, self.start_sums) = _steps()

    def between(self, low: int, high: int) -> int:
        return low + int(self.random() * (high - low + 1))

    def syllables(self, count: int) -> list[str]:
        draw, follows = self.random, self.follows
        said = [self._start()]
        current = said[0]
        for _ in range(count - 1):
            steps = follows.get(current)
            if steps is None:
                current = self._start()
            else:
                seconds, sums = steps
                current = seconds[bisect(sums, int(draw() * sums[-1]))]
            said.append(current)
        return said

    def sentence(self, shortest: int, longest: int) -> str:
        """A capital, a comma now and then, a full stop."""
        said = self.syllables(self.between(shortest, longest))
        place = self.between(6, 12)
        while place < len(said) - 3:
            said[place] += ","
            place += self.between(6, 12)
        return _named(" ".join(said)) + "."

    def _start(self) -> str:
        return self.starts[bisect(self.start_sums, int(self.random() * self.start_sums[-1]))]


def _named(text: str) -> str:
    for small, name in _NAMES.items():
        if small in text:
            text = text.replace(small, name)
    return text[0].upper() + text[1:]
