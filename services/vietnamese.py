"""Vietnamese text: one spelling for each word, folding, slugs and dictionary order.

Both database engines index, sort and compare only what these functions make, so that a word
means the same on SQLite and on PostgreSQL.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

# Shape marks make another letter (ă â ê ô ơ ư); tone marks only inflect it. The order of the
# tones is the dictionary's: huyền, hỏi, ngã, sắc, nặng (ngang has no mark and comes first).
_SHAPES = "\u0302\u0306\u031b"
_TONES = "\u0300\u0309\u0303\u0301\u0323"
_TONE_RANK = {mark: str(rank) for rank, mark in enumerate(_TONES, start=2)}
_NO_TONE = "1"

_TONE_BEFORE_SHAPE = re.compile(
    f"([aeouyAEOUY])([{_TONES}])([\u0300-\u036f]*?)([{_SHAPES}])", re.UNICODE
)
_SYLLABLE = re.compile(r"[^\W_](?:[^\W_]|[\u0300-\u036f])*", re.UNICODE)
_UNWANTED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff\ud800-\udfff]"
)

# Letters that Unicode does not take apart, though a reader would type them so.
_PLAIN = str.maketrans(
    {"đ": "d", "ð": "d", "ł": "l", "ø": "o", "ı": "i", "ß": "ss", "æ": "ae", "œ": "oe", "þ": "th"}
)


# What a column for keys must hold; longer text is in order by its first 200 letters or so.
SORT_KEY_LENGTH = 400


class Syllable(NamedTuple):
    """A run of letters and digits: `text` is `original[start:end]`, untouched."""

    text: str
    start: int
    end: int


def nfc(text: str) -> str:
    """Give each letter its one precomposed spelling (TCVN 6909:2001, Unicode NFC).

    Unlike plain NFC this also mends a tone that was typed before the letter's own mark
    (a + ngã + breve is ẵ), which some keyboards and old converters leave behind.
    """
    if text.isascii():
        return text
    apart = unicodedata.normalize("NFD", text)
    while True:
        mended = _TONE_BEFORE_SHAPE.sub(r"\1\4\2\3", apart)
        if mended == apart:
            return unicodedata.normalize("NFC", apart)
        apart = mended


def clean(text: str) -> str:
    """NFC without what no column can keep or no reader can see.

    Control characters (tab and line ends stay), soft hyphens, zero-width and direction marks
    and lone surrogates go; PostgreSQL refuses NUL, and UTF-8 refuses surrogates.
    """
    return nfc(_UNWANTED.sub("", text))


@lru_cache(maxsize=65_536)
def _fold_word(text: str) -> str:
    apart = unicodedata.normalize("NFD", text.lower())
    return "".join(char for char in apart if not unicodedata.combining(char)).translate(_PLAIN)


def fold(text: str) -> str:
    """Lower case without diacritics, as people type in a hurry: "Đà Nẵng" is "da nang".

    The look-alike Ð (U+00D0) counts as đ. Digits and punctuation stay.
    """
    if text.isascii():
        return text.lower()
    if len(text) <= 16:
        return _fold_word(text)
    apart = unicodedata.normalize("NFD", text.lower())
    return "".join(char for char in apart if not unicodedata.combining(char)).translate(_PLAIN)


_PARTS = re.compile(
    r"(?P<initial>ngh?|gh|gi(?=[aăâeêioôơuưy])|kh|nh|ph|qu(?=[aăâeêioôơuưy])|th|tr|ch"
    r"|[bcdđghklmnpqrstvxfjwz])?"
    r"(?P<vowels>[aăâeêioôơuưy]+)(?P<final>ng|nh|ch|[cmnpt])?"
)


def _toned_vowel(vowels: str, final: str | None) -> int:
    """Which vowel carries the tone, by Quyết định 1989/QĐ-BGDĐT of 2018 (hoà, thuý)."""
    for index in range(len(vowels) - 1, -1, -1):
        if vowels[index] in "ăâêôơư":
            return index
    if final is not None:
        return len(vowels) - 1
    if vowels in ("oa", "oe", "uy") or len(vowels) > 2:
        return 1
    return 0


@lru_cache(maxsize=65_536)
def _canonical_word(word: str) -> str:
    apart = unicodedata.normalize("NFD", word)
    tones = [char for char in apart if char in _TONE_RANK]
    if len(tones) != 1:
        return word
    bare = unicodedata.normalize("NFC", apart.replace(tones[0], ""))
    parts = _PARTS.fullmatch(bare)
    if parts is None:
        return word
    at = parts.start("vowels") + _toned_vowel(parts["vowels"], parts["final"])
    return unicodedata.normalize("NFC", bare[: at + 1] + tones[0] + bare[at + 1 :])


def canonical(text: str) -> str:
    """Lower case, with diacritics, each syllable spelt one way: "Hòa" and "hoà" are "hoà".

    For comparing, not for showing. U+00D0 becomes đ; qu- and gi- count as consonants, so that
    quý and già keep their tones; what is no Vietnamese syllable only loses its capitals.
    """
    lowered = nfc(text.lower()).replace("ð", "đ")
    if lowered.isascii():
        return lowered
    return _SYLLABLE.sub(lambda match: _canonical_word(match[0]), lowered)


def iterate_syllables(text: str) -> Iterator[Syllable]:
    """Yield the runs of letters and digits of `text` with their offsets in it, lazily."""
    for match in _SYLLABLE.finditer(text):
        yield Syllable(match[0], match.start(), match.end())


def syllables(text: str) -> list[Syllable]:
    """Split into runs of letters and digits, with offsets into `text` as it was given.

    Combining marks belong to the letter before them, so text that isn't NFC splits alike.
    """
    return list(iterate_syllables(text))


def slugify(text: str, *, max_length: int = 120) -> str:
    """Make the part of an address that people read: "Đà Nẵng 2" is "da-nang-2".

    Only a-z, 0-9 and single hyphens; cut between words at `max_length` characters. Empty if
    `text` has no letter or digit that folds to these.
    """
    words = re.findall(r"[a-z0-9]+", fold(unicodedata.normalize("NFKC", text)))
    slug = "-".join(words)
    if len(slug) <= max_length:
        return slug
    cut = slug.rfind("-", 0, max_length + 1)
    return slug[:max_length] if cut <= 0 else slug[:cut]


_LETTER_KEYS = {letter: f"{letter}1" for letter in "abcdefghijklmnopqrstuvwxyz"} | {
    "ă": "a2", "â": "a3", "đ": "d2", "ê": "e2", "ô": "o2", "ơ": "o3", "ư": "u2",
}  # fmt: skip


def sort_key(text: str) -> str:
    """A string whose code-point order is Vietnamese dictionary order, for a stored column.

    First level the letters (a ă â b c d đ e ê …), with spaces before marks before digits before
    letters; second level the tones (ngang, huyền, hỏi, ngã, sắc, nặng), as CLDR and
    PostgreSQL's vi-x-icu do. Case and tone placement don't count: break ties by id. Holds only
    a-z and 0-9, so that it sorts alike under every collation that a database may have; up to
    three times as long as `text`, cut at SORT_KEY_LENGTH.
    """
    letters: list[str] = []
    tones: list[str] = []
    for char in unicodedata.normalize("NFD", " ".join(canonical(clean(text)).split())):
        if char in _TONE_RANK and tones:
            if tones[-1] == _NO_TONE:
                tones[-1] = _TONE_RANK[char]
        elif char in _SHAPES and letters:
            composed = unicodedata.normalize("NFC", letters[-1][0] + char)
            letters[-1] = _LETTER_KEYS.get(composed, letters[-1])
        elif not unicodedata.combining(char):
            letters.append(_letter_key(char))
            tones.append(_NO_TONE)
    return ("".join(letters) + "0" + "".join(tones).rstrip(_NO_TONE))[:SORT_KEY_LENGTH]


def _letter_key(char: str) -> str:
    if char in _LETTER_KEYS:
        return _LETTER_KEYS[char]
    if char == " ":
        return "1"
    if char.isdecimal():
        return f"3{unicodedata.decimal(char)}"
    plain = fold(unicodedata.normalize("NFKC", char))
    if plain and all(letter in _LETTER_KEYS for letter in plain):
        return "".join(_LETTER_KEYS[letter] for letter in plain)
    return f"z9{ord(char):06x}" if char.isalpha() else f"2{ord(char):06x}"


def person_sort_key(full_name: str) -> str:
    """Order people as a Vietnamese list does: given name, then family name, then middle names.

    The given name is the last word. Each part is compared whole, tones too, before the next.
    """
    words = full_name.split()
    if not words:
        return sort_key("")
    family = words[0] if len(words) > 1 else ""
    parts = (words[-1], family, " ".join(words[1:-1]))
    return "0".join(sort_key(part) for part in parts)[:SORT_KEY_LENGTH]


# Abbreviations of document types and issuing bodies that carry đ or lower case, or that are often
# run together; the rest is upper case as typed. NĐ 30/2020/NĐ-CP, Phụ lục III.
_TYPES = (
    "TTLT", "NQLT", "QĐ", "NĐ", "NQ", "TT", "CT", "TB", "KH", "BC", "TTr", "CTr", "CĐ", "PA", "HD",
    "QC", "QyĐ", "TC", "HĐ", "CV", "GM", "BB", "PL", "SL", "ĐA",
)  # fmt: skip
_BODIES = (
    "CP", "UBND", "HĐND", "TTg", "CTN", "UBTVQH", "QH", "TW", "TU", "VP", "VPCP", "VPUBND", "BNV",
    "BTTTT", "BKHCN", "BKHĐT", "BTC", "BCT", "BCA", "BQP", "BTP", "BYT", "BXD", "BGTVT", "BGDĐT",
    "BVHTTDL", "BTNMT", "BNNPTNT", "BNNMT", "BLĐTBXH", "BNG", "BDTTG", "NHNN", "TTCP", "UBDT",
    "TANDTC", "VKSNDTC", "KTNN", "SKHCN", "STTTT", "STC", "SNV", "SXD", "SYT", "STP", "SCT",
    "SGDĐT", "SLĐTBXH", "SKHĐT", "TĐC", "TLĐ", "LĐLĐ", "BKHCNMT", "MTTQ", "ĐU", "ĐHĐN",
)  # fmt: skip
_FOLDED_TYPES = {name.lower().replace("đ", "d"): name for name in _TYPES}
_FOLDED_BODIES = {name.lower().replace("đ", "d"): name for name in _BODIES}
_TYPES_FIRST = _FOLDED_BODIES | _FOLDED_TYPES
_BODIES_FIRST = _FOLDED_TYPES | _FOLDED_BODIES
# Folded alike but written differently: only what was typed tells HD (hướng dẫn) from HĐ (hợp đồng).
_AMBIGUOUS = frozenset({"hd", "da"})

_WORD = r"[^\W\d_][^\W_]{0,14}"
_NUMBER = re.compile(
    r"(?<![\w/])(?P<number>\d{1,6}(?:\.\d{1,4})?)"
    r"(?:\s{0,2}/\s{0,2}(?P<year>(?:19|20)\d\d))?"
    rf"\s{{0,2}}/\s{{0,2}}(?P<type>{_WORD})(?P<rest>(?:\s{{0,2}}[-\u2010-\u2015\u2212]\s{{0,2}}{_WORD}){{0,4}})"
    rf"(?:\s(?P<loose>{_WORD})(?!\w))?"
)


class DocumentNumber(NamedTuple):
    """A document's number and symbol found in running text.

    `canonical` is its one right spelling; `original[start:end]` is how it stood there.
    """

    canonical: str
    start: int
    end: int


def _split_type(word: str) -> list[str]:
    """Take "NĐCP" apart into its type and issuing body; leave other words whole."""
    folded = fold(word)
    if folded in _FOLDED_TYPES or folded in _FOLDED_BODIES:
        return [word]
    for length in (4, 3, 2):
        if folded[:length] in _FOLDED_TYPES and folded[length:] in _FOLDED_BODIES:
            return [word[:length], word[length:]]
    return [word]


def _spell(word: str, known: dict[str, str]) -> str:
    folded = fold(word)
    if folded in known and folded not in _AMBIGUOUS:
        return known[folded]
    return word.upper().replace("Ð", "Đ")


def find_document_numbers(text: str) -> list[DocumentNumber]:
    """Find numbers like 05/2017/QĐ-UBND in running text, however their parts were spaced.

    Needs a symbol in letters: 05/07/2017 is a date. A body after a mere space ("QĐ UBND") is
    taken only if it is known, so that the next word of the sentence is not. `text` must be NFC.
    """
    found = []
    for match in _NUMBER.finditer(text):
        words = _split_type(match["type"])
        words += re.findall(_WORD, match["rest"])
        end = match.end("rest")
        loose = match["loose"]
        if loose is not None and len(words) == 1 and fold(loose) in _FOLDED_BODIES:
            words.append(loose)
            end = match.end("loose")
        number = match["number"]
        if "." not in number:
            number = (number.lstrip("0") or "0").zfill(2)
        symbol = [_spell(words[0], _TYPES_FIRST)]
        symbol += [_spell(word, _BODIES_FIRST) for word in words[1:]]
        parts = [number, match["year"], "-".join(symbol)]
        found.append(DocumentNumber("/".join(part for part in parts if part), match.start(), end))
    return found


def document_number(text: str) -> str:
    """Spell a document's number one way: "5 /2017/qd–ubnd" is "05/2017/QĐ-UBND".

    Two digits at least, hyphens, no spaces, đ where the abbreviation has it (Nghị định
    30/2020/NĐ-CP). Text that is no such number comes back NFC, trimmed, otherwise as it was.
    """
    tidy = " ".join(clean(text).split())
    found = find_document_numbers(tidy)
    if len(found) == 1 and found[0].start == 0 and found[0].end == len(tidy):
        return found[0].canonical
    return tidy


def fold_document_number(text: str) -> str:
    """A key under which every form of one number meets: "5/2017/qdubnd".

    For comparing and for indexes: no diacritics, no hyphens or spaces, no leading zeros.
    """
    folded = re.sub(r"[\s\-\u2010-\u2015\u2212]+", "", fold(document_number(text)))
    return re.sub(r"^0+(?=\d)", "", folded)
