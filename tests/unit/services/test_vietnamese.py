"""Spelling, folding, slugs and order of Vietnamese text."""

import json
import random
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services import vietnamese

CASES = json.loads((Path(__file__).parents[2] / "data" / "text-cases.json").read_text("utf-8"))


@pytest.mark.parametrize("case", CASES["stored_as_nfc"], ids=lambda case: ascii(case["input"]))
def test_each_letter_is_stored_in_its_one_spelling(case):
    assert vietnamese.nfc(case["input"]) == case["stored"]


@pytest.mark.parametrize(
    "typed", ["a\u0303\u0306", "a\u0306\u0303", "\u00e3\u0306", "\u0103\u0303"]
)
def test_marks_typed_in_any_order_make_the_same_letter(typed):
    assert vietnamese.nfc(typed) == "\u1eb5"


def test_length_is_counted_in_letters():
    for case in CASES["length"]:
        apart = unicodedata.normalize("NFD", case["text"])
        assert len(vietnamese.nfc(apart)) == case["characters"]


@pytest.mark.parametrize("case", CASES["slug"], ids=lambda case: case["slug"])
def test_a_title_becomes_an_address(case):
    assert vietnamese.slugify(case["title"]) == case["slug"]


def test_a_slug_is_cut_between_words():
    assert vietnamese.slugify("Đà Nẵng đổi mới sáng tạo", max_length=15) == "da-nang-doi-moi"
    assert vietnamese.slugify("Đà Nẵng đổi mới sáng tạo", max_length=14) == "da-nang-doi"
    assert vietnamese.slugify("Nghiêng", max_length=4) == "nghi"


def test_a_title_without_letters_has_an_empty_slug():
    assert vietnamese.slugify("!!! — …") == ""


def test_folding_drops_case_tones_and_the_bar_of_every_d():
    assert vietnamese.fold("Đà Nẵng ĐỔI Mới, Ðặc sản ưỡn") == "da nang doi moi, dac san uon"
    assert vietnamese.fold("Đa\u0300 N\u0103\u0303ng") == "da nang"


@pytest.mark.parametrize(
    ("typed", "spelt"),
    [
        ("hòa", "hoà"),
        ("Hoà", "hoà"),
        ("thủy", "thuỷ"),
        ("thuỷ", "thuỷ"),
        ("hòe", "hoè"),
        ("quý", "quý"),
        ("qúy", "quý"),
        ("già", "già"),
        ("gìa", "già"),
        ("gìn", "gìn"),
        ("giếng", "giếng"),
        ("giữa", "giữa"),
        ("quốc", "quốc"),
        ("ngòai", "ngoài"),
        ("khuỷu", "khuỷu"),
        ("thuở", "thuở"),
        ("toán", "toán"),
        ("tiến", "tiến"),
        ("Huỳnh", "huỳnh"),
        ("của", "của"),
        ("mùa", "mùa"),
        ("\u00d0à Nẵng", "đà nẵng"),
        ("hòa bình, thủy sản", "hoà bình, thuỷ sản"),
        ("résumé", "résumé"),
        ("São", "são"),
        ("WIFI", "wifi"),
    ],
)
def test_a_syllable_has_one_spelling_wherever_its_tone_was_put(typed, spelt):
    assert vietnamese.canonical(typed) == spelt


def test_syllables_carry_offsets_into_the_text_as_it_was_given():
    text = "Đa\u0300 N\u0103\u0303ng, 2017!"
    assert vietnamese.syllables(text) == [
        ("Đa\u0300", 0, 3),
        ("N\u0103\u0303ng", 4, 9),
        ("2017", 11, 15),
    ]


def test_words_sort_in_dictionary_order():
    expected = CASES["collation"]["words"]
    shuffled = random.Random(7).sample(expected, len(expected))
    assert sorted(shuffled, key=vietnamese.sort_key) == expected


def test_tones_count_only_after_all_letters_are_equal():
    expected = ["hoà 10", "hoá 2", "hoa an", "hoá an", "hoà bình", "Hoa Vang"]
    shuffled = random.Random(7).sample(expected, len(expected))
    assert sorted(shuffled, key=vietnamese.sort_key) == expected


def test_people_sort_by_given_name_then_family_then_middle():
    expected = CASES["collation"]["people_by_given_name"]
    shuffled = random.Random(7).sample(expected, len(expected))
    assert sorted(shuffled, key=vietnamese.person_sort_key) == expected
    assert vietnamese.person_sort_key("") < vietnamese.person_sort_key("An")


@pytest.mark.parametrize("case", CASES["document_number"], ids=lambda case: case["input"])
def test_a_document_number_has_one_spelling(case):
    assert vietnamese.document_number(case["input"]) == case["canonical"]


@pytest.mark.parametrize(
    ("typed", "spelt"),
    [
        ("15/ttr-ubnd", "15/TTr-UBND"),
        ("5/QĐ-TTG", "05/QĐ-TTg"),
        ("7/hd-btc", "07/HD-BTC"),
        ("7/hđ-btc", "07/HĐ-BTC"),
        ("12/2019/nq-hdnd", "12/2019/NQ-HĐND"),
        ("Số nội bộ", "Số nội bộ"),
    ],
)
def test_abbreviations_take_the_letters_that_the_decree_gives_them(typed, spelt):
    assert vietnamese.document_number(typed) == spelt


def test_all_forms_of_a_number_meet_under_one_key():
    forms = ["05/2017/QĐ-UBND", "5/2017/qd-ubnd", "05/2017/QĐ UBND", "05 /2017/QĐ\u2013UBND"]
    assert {vietnamese.fold_document_number(form) for form in forms} == {"5/2017/qdubnd"}


def test_numbers_are_found_in_running_text_but_dates_are_not():
    text = "Theo Quyết định 05/2017/QĐ UBND thành phố ngày 05/07/2017 và 12/NQ-HĐND của hội đồng"
    found = vietnamese.find_document_numbers(text)
    assert [number.canonical for number in found] == ["05/2017/QĐ-UBND", "12/NQ-HĐND"]
    assert text[found[0].start : found[0].end] == "05/2017/QĐ UBND"


def test_cleaning_drops_what_a_column_cannot_keep_or_a_reader_cannot_see():
    assert vietnamese.clean("a\x00b\ud800c\u200bd\u00ade\nf") == "abcde\nf"


anything = st.text(max_size=200)


@given(anything)
def test_one_spelling_is_reached_in_one_step(text):
    assert vietnamese.nfc(vietnamese.nfc(text)) == vietnamese.nfc(text)
    assert vietnamese.canonical(vietnamese.canonical(text)) == vietnamese.canonical(text)


@given(anything)
def test_any_text_can_be_folded_sorted_and_made_an_address(text):
    assert set(vietnamese.slugify(text, max_length=40)) <= set(
        "abcdefghijklmnopqrstuvwxyz0123456789-"
    )
    assert len(vietnamese.slugify(text, max_length=40)) <= 40
    assert vietnamese.sort_key(text * 5).isalnum()
    assert len(vietnamese.sort_key(text * 5)) <= 400
    assert vietnamese.person_sort_key(text).isascii()
    vietnamese.document_number(text)


@given(anything)
def test_syllables_are_cut_out_of_the_text_they_came_from(text):
    for syllable in vietnamese.syllables(text):
        assert text[syllable.start : syllable.end] == syllable.text


@given(st.text(alphabet="aàảãáạăằâấbdđeêghinoôơuưyqt ", max_size=12))
def test_tone_placement_never_changes_which_letters_are_read(text):
    assert vietnamese.fold(vietnamese.canonical(text)) == vietnamese.fold(text)
