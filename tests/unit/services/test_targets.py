"""How far a unit is."""

from datetime import date

import pytest

from services.targets import Progress

SEPTEMBER = date(2026, 9, 1)


@pytest.mark.parametrize(
    ("target", "published", "remaining", "percent"),
    [(4, 0, 4, 0), (3, 2, 1, 66), (3, 3, 0, 100), (3, 7, 0, 100), (0, 2, 0, 0), (300, 299, 1, 99)],
)
def test_progress_says_how_much_is_left(
    target: int, published: int, remaining: int, percent: int
) -> None:
    progress = Progress(SEPTEMBER, target, published)
    assert (progress.remaining, progress.percent) == (remaining, percent)
