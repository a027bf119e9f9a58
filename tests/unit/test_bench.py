"""What the measurements are made with. What they measure is nobody's to assert here."""

from collections.abc import Iterator
from multiprocessing.pool import ThreadPool
from pathlib import Path

import pytest

from bench import corpus


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


def test_a_corpus_is_known_by_every_file_that_makes_it() -> None:
    assert corpus.key() == corpus.key()
    for pattern in corpus.MADE_OF:
        assert list(corpus.ROOT.glob(pattern)), pattern


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
