"""Pages in memory: found while they are right, made once, bounded."""

import threading

from services.content_version import Generation
from services.page_cache import KEEP_S, Body, Page, PageCache

FIRST, SECOND = Generation(1, 0), Generation(2, 0)


def page(body: bytes = b"<p>Trang</p>", *, generation: Generation = FIRST, at: float = 0) -> Page:
    return Page("200 OK", {"": Body((("ETag", '"a"'),), body)}, generation, at)


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


def test_a_flood_of_one_class_leaves_the_others_what_is_theirs() -> None:
    cache = PageCache(1_000_000, shares={"page": 0.7, "query": 0.3}, clock=lambda: 0.0)
    news = [f"/bai-viet/{number}" for number in range(100)]
    for path in news:
        cache.keep(path, page(b"x" * 4_000), "page")
    for number in range(5_000):
        cache.keep(("/danh-sach", number), page(b"x" * 4_000), "query")
        # Even where each is asked for again.
        cache.find(("/danh-sach", number), FIRST)
    assert [path for path in news if cache.find(path, FIRST) is None] == []
    assert cache.used_bytes <= 1_000_000


def test_one_class_may_use_what_the_others_leave_free_and_gives_it_back() -> None:
    cache = PageCache(1_000_000, shares={"page": 0.7, "query": 0.3}, clock=lambda: 0.0)
    for number in range(500):
        cache.keep(("/danh-sach", number), page(b"x" * 4_000), "query")
    assert cache.used_bytes > 900_000
    for number in range(500):
        cache.keep(f"/bai-viet/{number}", page(b"x" * 4_000), "page")
    held = sum(cache.find_quietly(f"/bai-viet/{number}") is not None for number in range(500))
    assert held * page(b"x" * 4_000).size_bytes > 650_000


def test_what_is_passed_by_once_does_not_push_out_what_is_read_again() -> None:
    cache = PageCache(1_000_000, clock=lambda: 0.0)
    for number in range(50):
        cache.keep(f"/doc/{number}", page(b"x" * 4_000))
        cache.find(f"/doc/{number}", FIRST)
    for number in range(5_000):
        cache.keep(f"/qua/{number}", page(b"x" * 4_000))
    assert all(cache.find(f"/doc/{number}", FIRST) for number in range(50))


def test_every_encoding_of_a_page_counts_towards_the_memory() -> None:
    cache = PageCache(1_000_000, clock=lambda: 0.0)
    one = page(b"x" * 4_000)
    cache.keep("/", one)
    before = cache.used_bytes
    cache.add_body("/", one, "br", Body((), b"x" * 900))
    cache.add_body("/", one, "gzip", one.bodies[""])
    assert cache.used_bytes == before + 900 == one.size_bytes
    cache.drop("/")
    assert cache.used_bytes == 0


def test_what_was_asked_for_most_is_made_anew_first() -> None:
    cache = PageCache(1_000_000, clock=lambda: 0.0)
    for key, times in (("/it", 1), ("/nhieu", 5), ("/vua", 3)):
        cache.keep(key, page())
        for _ in range(times):
            cache.find(key, FIRST)
    cache.keep("/moi", page(generation=SECOND))
    assert cache.outdated(SECOND) == ["/nhieu", "/vua", "/it"]


def test_who_waits_too_long_for_another_is_told() -> None:
    cache = PageCache(1_000_000, clock=lambda: 0.0)
    with cache.turn("/") as first, cache.turn("/khac") as other, cache.turn("/", wait_s=0) as late:
        assert (first, other, late) == (True, True, False)
    with cache.turn("/", wait_s=0) as free:
        assert free
