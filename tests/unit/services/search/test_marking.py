"""Matches marked in the text as it was written."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.search.marking import mark, snippet
from services.search.scoring import targets_of
from services.search.terms import fold_aligned, parse_query, prepare


def marked(text: str, typed: str, prefix: str = "") -> str:
    query = parse_query(typed)
    targets = targets_of(query, weigh=lambda term: 1.0, prefix=prefix)
    text = prepare(text)
    return str(mark(text, folded=fold_aligned(text), targets=targets, numbers=query.numbers))


def cut(text: str, typed: str) -> str:
    query = parse_query(typed)
    text = prepare(text)
    targets = targets_of(query, weigh=lambda term: 1.0)
    return str(snippet(text, folded=fold_aligned(text), targets=targets, numbers=query.numbers))


@pytest.mark.parametrize(
    ("text", "typed", "expected"),
    [
        ("Thành phố Đà Nẵng", "da nang", "Thành phố <mark>Đà Nẵng</mark>"),
        ("Thành phố Đà Nẵng", "Đa\u0300 N\u0103\u0303ng", "Thành phố <mark>Đà Nẵng</mark>"),
        ("Thuỷ sản", "thủy", "<mark>Thuỷ</mark> sản"),
        ("Bản tin ban hành", "bản", "<mark>Bản</mark> tin ban hành"),
        ("Ban hành bàn giao", "bản", "<mark>Ban</mark> hành <mark>bàn</mark> giao"),
        ("Khoa nhi", "kho", "Khoa nhi"),
        ("1 < 2 & khoa", "khoa", "1 &lt; 2 &amp; <mark>khoa</mark>"),
        ("<b>khoa</b>", "b", "&lt;<mark>b</mark>&gt;khoa&lt;/<mark>b</mark>&gt;"),
        ("Số 05/2017/QĐ–UBND mới", "5/2017/qd-ubnd", "Số <mark>05/2017/QĐ–UBND</mark> mới"),
        ("Bài viết", "", "Bài viết"),
    ],
)  # fmt: skip
def test_matches_are_marked_with_the_diacritics_of_the_text(text, typed, expected):
    assert marked(text, typed) == expected


def test_a_word_still_being_typed_marks_the_whole_word_it_begins():
    assert marked("Khoa học", "kho", prefix="kho") == "<mark>Khoa</mark> học"


LONG = "Mở đầu dài dòng về nhiều chuyện khác nhau. " * 20
END = "Phần kết không nói gì thêm về chuyện ấy nữa. " * 20


def test_a_snippet_is_cut_where_the_text_answers():
    shown = cut(LONG + "Đây là câu về sở hữu trí tuệ của thành phố. " + END, "so huu tri tue")
    assert "Đây là câu về <mark>sở hữu trí tuệ</mark> của thành phố." in shown
    assert shown.startswith("… ")
    assert shown.endswith(" …")
    assert len(re.sub("</?mark>", "", shown)) <= 245


def test_a_snippet_prefers_different_words_to_one_word_again_and_again():
    text = "Sở sở sở sở sở. " + LONG + "Sở hữu trí tuệ. " + END
    assert "<mark>Sở hữu trí tuệ</mark>" in cut(text, "sở hữu trí tuệ")


def test_a_short_text_is_shown_whole():
    assert cut("Một câu ngắn về khoa học.", "khoa học") == (
        "Một câu ngắn về <mark>khoa học</mark>."
    )


def test_without_a_match_a_snippet_is_the_beginning():
    assert cut(LONG, "khủng long").startswith("Mở đầu dài dòng")


@given(st.text(max_size=400), st.text(max_size=30))
def test_marking_only_ever_adds_marks(text, typed):
    prepared = str(mark(prepare(text), folded=fold_aligned(prepare(text)), targets=()))
    assert re.sub("</?mark>", "", marked(text, typed)) == prepared
    assert marked(text, typed).count("<mark>") == marked(text, typed).count("</mark>")


@given(st.text(alphabet="aàbđ <&.-/0", max_size=900), st.text(alphabet="aàbđ ", max_size=12))
def test_any_snippet_is_escaped_and_bounded(text, typed):
    shown = cut(text, typed)
    bare = re.sub("</?mark>", "", shown)
    assert "<" not in bare
    assert len(bare.replace("&lt;", "<").replace("&amp;", "&")) <= 244
