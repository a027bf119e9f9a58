"""What makes one text a better answer than another."""

from dataclasses import dataclass

import pytest

from services.search.scoring import freshen, score, targets_of
from services.search.terms import fold_aligned, parse_query, prepare
from services.search.weights import inverse_frequency


@dataclass
class Row:
    title: str = ""
    summary: str = ""
    body: str = ""
    numbers: str = ""
    docid: int = 1
    files: str = ""
    folded_files: str = ""

    @property
    def folded_title(self) -> str:
        return fold_aligned(self.title)

    @property
    def folded_summary(self) -> str:
        return fold_aligned(self.summary)

    @property
    def folded_body(self) -> str:
        return fold_aligned(self.body)


def scored(typed: str, **fields: str) -> float:
    query = parse_query(typed)
    # `numbers` is stored as it is, with a space at both ends.
    row = Row(
        **{name: text if name == "numbers" else prepare(text) for name, text in fields.items()}
    )
    return score(row, targets=targets_of(query, weigh=lambda term: 1.0), numbers=query.numbers)[0]


def test_the_title_counts_more_than_the_summary_and_that_more_than_the_body():
    title = scored("khoa học", title="khoa học", summary="tin", body="tin")
    summary = scored("khoa học", title="tin", summary="khoa học", body="tin")
    body = scored("khoa học", title="tin", summary="tin", body="khoa học")
    assert title > summary > body > 0


def test_the_typed_diacritics_count_more_than_others():
    assert scored("bản", title="bản tin") > scored("bản", title="ban bàn bán") > 0


def test_without_diacritics_every_spelling_counts_alike():
    assert scored("ban", title="bản tin") == scored("ban", title="ban tin") > 0


def test_neighbours_count_more_than_words_far_apart():
    assert scored("trí tuệ", body="trí tuệ là") > scored("trí tuệ", body="trí là tuệ")


def test_a_short_text_says_more_by_a_word_than_a_long_one():
    assert scored("cảng", body="cảng") > scored("cảng", body="cảng" + " khác" * 500)


def test_a_word_repeated_without_end_gains_no_more():
    assert scored("cảng", body="cảng biển " * 12) > scored("cảng", body="cảng biển " * 500)


def test_a_document_number_outweighs_words():
    asked = "quyết định 5/2017/qd-ubnd"
    cited = scored(asked, body="x", numbers=" 5/2017/qdubnd ")
    assert cited > scored(asked, body="quyết định", numbers=" 15/2017/qdubnd ") > 0
    assert scored("5/2017/qd-ubnd", body="x", numbers=" 15/2017/qdubnd ") == 0


def test_whether_every_word_is_spelt_as_typed_is_told():
    query = parse_query("sở hữu")
    targets = targets_of(query, weigh=lambda term: 1.0)
    assert score(Row(title="Sở hữu"), targets=targets, numbers=())[1]
    assert not score(Row(title="So huu"), targets=targets, numbers=())[1]


def test_a_term_in_every_text_tells_next_to_nothing():
    assert inverse_frequency(found_in=1, of=1000) > 6
    assert inverse_frequency(found_in=1000, of=1000) < 0.001


def test_news_wins_a_tie_and_no_more():
    new, old = freshen(10.0, age_days=0), freshen(10.0, age_days=3650)
    assert new > old
    assert new == pytest.approx(10.5)
    assert freshen(10.0, age_days=730) == pytest.approx(10.25)
    assert freshen(11.0, age_days=3650) > new


def test_what_is_known_not_to_hold_a_word_is_not_searched_for_it():
    query = parse_query("cảng")
    targets = targets_of(query, weigh=lambda term: 1.0, holders={"cang": frozenset({7})})
    assert score(Row(body="cảng", docid=7), targets=targets, numbers=())[0] > 0
    assert score(Row(body="cảng", docid=8), targets=targets, numbers=()) == (0, False)
