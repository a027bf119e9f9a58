"""Pages in memory: found while they are right, made once, bounded."""

import threading

from services.content_version import Generation
from services.page_cache import KEEP_S, Page, PageCache

FIRST, SECOND = Generation(1, 0), Generation(2, 0)


def page(body: bytes = b"<p>Trang</p>", *, generation: Generation = FIRST, at: float = 0) -> Page:
    return Page("200 OK", (("ETag", '"a"'),), body, generation, at)


def test_a_page_is_found_in_its_generation_only() -> None:
    cache = PageCache(1_000_000, clock=lambda: 0.0)
    cache.keep("/", page())
    assert cache.find("/", FIRST) == page()
    assert cache.find("/", SECOND) is None
    assert cache.find("/", Generation(1, 1)) is None
    assert cache.find_stale("/") == page()


def test_a_page_is_made_anew_after_a_minute_for_what_it_counts() -> None:
    moment = [0.0]
    cache = PageCache(1_000_000, clock=lambda: moment[0])
    cache.keep("/", page(at=0))
    moment[0] = KEEP_S - 1
    assert cache.find("/", FIRST) is not None
    moment[0] = KEEP_S
    assert cache.find("/", FIRST) is None


def test_memory_is_bounded_and_what_was_not_asked_for_longest_goes_first() -> None:
    cache = PageCache(100_000, clock=lambda: 0.0)
    for number in range(100):
        cache.keep(number, page(b"x" * 4_000))
        cache.find(0, FIRST)
    assert cache.used_bytes <= 100_000
    assert cache.find(0, FIRST) is not None
    assert cache.find(99, FIRST) is not None
    assert cache.find(1, FIRST) is None
    assert len(cache) == cache.used_bytes // page(b"x" * 4_000).size_bytes


def test_a_page_that_would_push_out_many_others_is_not_kept() -> None:
    cache = PageCache(100_000, clock=lambda: 0.0)
    cache.keep("/", page())
    cache.keep("/to", page(b"x" * 50_000))
    assert cache.find("/to", FIRST) is None
    assert cache.find("/", FIRST) is not None


def test_a_page_that_is_kept_again_is_counted_once() -> None:
    cache = PageCache(100_000, clock=lambda: 0.0)
    for _ in range(5):
        cache.keep("/", page())
    assert cache.used_bytes == page().size_bytes


def test_of_many_who_ask_at_once_one_makes_the_page() -> None:
    cache = PageCache(1_000_000, clock=lambda: 0.0)
    made = []
    everybody_is_here = threading.Barrier(8)

    def ask() -> None:
        everybody_is_here.wait()
        with cache.turn("/"):
            if cache.find("/", FIRST) is None:
                made.append(1)
                cache.keep("/", page())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [1]
