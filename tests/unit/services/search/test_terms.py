"""How text becomes what the index holds, and a reader's words what is looked up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.search import terms


def whole(found):
    """The terms that are neither beginnings of others nor of a whole title."""
    return [term for term in found if not term.endswith("*") and not term.startswith("==")]


def test_a_text_is_found_by_syllables_pairs_and_spelling():
    found, _numbers = terms.lexemes(title="", summary="", body="Khoá học số", byline="")
    assert whole(found) == ["hoc", "hoc_so", "học", "khoa", "khoa_hoc", "khoá", "so", "số"]


def test_words_parted_by_a_comma_or_a_line_are_no_pair():
    found, _numbers = terms.lexemes(title="", summary="", body="khoa, hoc", byline="")
    assert whole(found) == ["hoc", "khoa"]
    block = terms.prepare(terms.plain_text("<p>khoa</p><p>hoc</p>"))
    found, _numbers = terms.lexemes(title="", summary="", body=block, byline="")
    assert whole(found) == ["hoc", "khoa"]


def test_what_words_begin_with_is_a_term_and_in_titles_also_of_pairs_and_as_written():
    found, _numbers = terms.lexemes(title="Sở hữu", summary="", body="đăng ký", byline="Lê Ân")
    begun = [term for term in found if term.endswith("*")]
    assert begun == [
        "^hu*", "^huu*", "^hữ*", "^hữu*", "^so*", "^so_hu*", "^so_huu*", "^sở*",
        "an*", "da*", "dan*", "dang*", "hu*", "huu*", "ky*", "le*", "so*",
    ]  # fmt: skip


def test_a_beginning_that_is_typed_is_one_of_those_terms():
    found, _numbers = terms.lexemes(title="Sở hữu " + "x" * 39, summary="", body="", byline="")
    for typed in ("hu", "huu", "^hu", "^so_hu", "x" * 20, "x" * 39, "^huu_" + "x" * 30):
        assert terms.prefix_term(typed) in found, typed


def test_inline_markup_does_not_part_words():
    assert terms.prepare(terms.plain_text("<p>kh<b>oa</b> <i>học</i></p>")) == "khoa học"


def test_html_entities_are_read_as_text():
    assert terms.prepare(terms.plain_text("<p>R&amp;D &lt;mới&gt;</p>")) == "R&D <mới>"


def test_the_title_and_the_byline_are_also_found_as_such():
    found, _numbers = terms.lexemes(title="tin", summary="", body="bai", byline="an")
    assert whole(found) == ["+tin", "@an", "^tin", "an", "bai", "tin"]


def test_what_a_text_has_often_for_its_length_is_also_found_as_such():
    short = "cảng cá, cảng biển: cảng"
    found, _numbers = terms.lexemes(title="", summary="", body=short, byline="")
    assert [term for term in found if term.startswith("+")] == ["+cang", "+cảng"]
    long = f"{short} " + "lời khác " * 400
    found, _numbers = terms.lexemes(title="", summary="", body=long, byline="")
    assert "+cang" not in found


def test_a_document_number_is_one_term_and_its_shorter_form_another():
    found, numbers = terms.lexemes(
        title="", summary="", body="Quyết định 05/2017/QĐ-UBND", byline=""
    )
    assert {"5/2017/qdubnd", "5/2017/qd"} <= set(found)
    assert numbers == " 5/2017/qdubnd 5/2017/qd "


@pytest.mark.parametrize(
    "typed", ["05/2017/QĐ-UBND", "5/2017/qd-ubnd", "05/2017/QĐ UBND", "05 /2017/QĐ-UBND"]
)
def test_each_form_of_a_number_asks_for_the_same_term(typed):
    query = terms.parse_query(typed)
    assert query.numbers == ("5/2017/qdubnd",)
    assert query.words == ()


def test_a_query_knows_its_words_pairs_and_whether_diacritics_were_typed():
    query = terms.parse_query("Thủy sản, hoà Vang")
    assert [(word.folded, word.exact) for word in query.words] == [
        ("thuy", "thuỷ"),
        ("san", "sản"),
        ("hoa", "hoà"),
        ("vang", "vang"),
    ]
    assert [query.pair_text(pair) for pair in query.pairs] == ["thuy_san", "hoa_vang"]
    assert query.has_diacritics
    assert not terms.parse_query("thuy san").has_diacritics


@pytest.mark.parametrize(
    ("typed", "is_question"),
    [
        ("khoa học công nghệ", False),
        ("sở khoa học và công nghệ", False),
        ("đăng ký quyền sở hữu công nghiệp ở đâu", True),
        ("lệ phí là bao nhiêu", True),
        ("Ai ký quyết định?", True),
        ("ở đâu?", False),
    ],
)
def test_questions_and_long_queries_do_not_need_every_word(typed, is_question):
    assert terms.parse_query(typed).is_question is is_question


@pytest.mark.parametrize("typed", ["", "   ", "\x00", '"', "(((", "*", "\ud800", "—…"])
def test_what_has_no_letter_or_digit_is_an_empty_query(typed):
    assert terms.parse_query(typed).is_empty


def test_a_huge_query_is_cut():
    assert len(terms.parse_query("a b c d e f g h i j k l m n o p " * 10_000).words) <= 32
    assert [len(word.folded) for word in terms.parse_query("x" * 100_000).words] == [40]


def test_folded_text_keeps_each_letter_at_its_place():
    assert terms.fold_aligned("Đà Nẵng, ½ “Hoà”") == " da nang  ½  hoa  "


@given(st.text(max_size=300))
def test_any_text_keeps_its_length_when_folded(text):
    prepared = terms.prepare(text)
    assert len(terms.fold_aligned(prepared)) == len(prepared) + 2
    for word in terms.words_of(prepared):
        assert prepared[word.start : word.end].strip() != ""


@given(st.text(max_size=300))
def test_no_term_holds_a_space_or_a_quote(text):
    found, _numbers = terms.lexemes(
        title=terms.prepare(text), summary="", body="", byline=terms.prepare(text)
    )
    assert not [term for term in found if not term or set(term) & set(" \t\n\x00'\"\\")]
