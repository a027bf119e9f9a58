"""Which words can be Vietnamese."""

import pytest

from services.vietnamese_words import is_syllable


@pytest.mark.parametrize(
    "word",
    "khoa học và công nghệ Đà Nẵng nghiêng ngoằn ngoèo khuỷu thuyền quý quốc gì giếng gìn giữa "
    "hoà hòa thuý thúy uyên yêu ý y ước khuya người nghe xoong mưa mười cừu huơ tuần rượu kỳ "
    "NƯỚC Ở ăn uống oái oăm quyết khoẻ khỏe bia mía lý tuyết".split(),
)
def test_a_syllable_is_told_with_its_tone_in_either_spelling(word: str) -> None:
    assert is_syllable(word)


@pytest.mark.parametrize(
    "word",
    "façade été où için chaînes Müller größer niño coração häc vµ chaøo "
    "house brown kông geo ngi tôt bac aí hóan dẽng0 tơt mát\u0300".split(),
)
def test_what_cannot_be_spelt_so_is_none(word: str) -> None:
    assert not is_syllable(word)
