"""Which words can be Vietnamese: one syllable, by its parts and by where its tone stands.

For telling a text in an old font's encoding from a text in another language. Not a dictionary:
"thuyểnh" passes, "façade" does not.
"""

import re
import unicodedata
from functools import lru_cache

_TONES = "\u0300\u0309\u0303\u0301\u0323"
_SHARP_OR_HEAVY = "\u0301\u0323"
_INITIAL = re.compile(
    r"ngh(?=[eêi])|gh(?=[eêi])|ng(?![hêi])|nh|ch|th|tr|kh|ph|gi(?=[aăâeêoôơuư])|qu(?=[aăâeêiôơy])"
    r"|k(?=[eêiy])|c(?![eêiy])|g(?![eê])|[bdđhlmnrstvxp]|"
)
# What a syllable may end in after its initial, by its vowels (Đoàn Thiện Thuật, Ngữ âm tiếng Việt).
_FINALS = {
    "a": "|c|ch|i|m|n|ng|nh|o|p|t|u|y",
    "ă": "c|m|n|ng|p|t",
    "â": "c|m|n|ng|p|t|u|y",
    "e": "|c|m|n|ng|o|p|t",
    "ê": "|ch|m|n|nh|p|t|u",
    "i": "|ch|m|n|nh|p|t|u",
    "ia": "",
    "iê": "c|m|n|ng|p|t|u",
    "o": "|c|i|m|n|ng|p|t",
    "oa": "|c|ch|i|m|n|ng|nh|o|p|t|y",
    "oă": "c|m|n|ng|t",
    "oe": "|n|o|t",
    "oo": "c|ng",
    "ô": "|c|i|m|n|ng|p|t",
    "ơ": "|i|m|n|p|t",
    "u": "|c|i|m|n|ng|p|t",
    "ua": "",
    "uâ": "n|ng|t|y",
    "uê": "|ch|nh",
    "uô": "c|i|m|n|ng|t",
    "uơ": "",
    "uy": "|ch|n|nh|p|t|u",
    "uya": "",
    "uyê": "n|t",
    "ư": "|c|i|m|n|ng|t|u",
    "ưa": "",
    "ươ": "c|i|m|n|ng|p|t|u",
    "y": "|t",
    "yê": "m|n|ng|t|u",
}
_RIMES = {
    vowels + final: (vowels, final)
    for vowels, finals in _FINALS.items()
    for final in finals.split("|")
}


@lru_cache(maxsize=65_536)
def is_syllable(word: str) -> bool:
    """Whether the word, in any case, can be written in Vietnamese as one syllable."""
    apart = unicodedata.normalize("NFD", word.lower())
    tones = [mark for mark in apart if mark in _TONES]
    if len(tones) > 1:
        return False
    before = apart.partition(tones[0])[0] if tones else ""
    toned_at = len(unicodedata.normalize("NFC", before)) - 1
    bare = unicodedata.normalize("NFC", "".join(mark for mark in apart if mark not in _TONES))
    for initial in dict.fromkeys((_initial(bare), "g" if bare.startswith("gi") else "")):
        rime = _RIMES.get(bare[len(initial) :])
        # After any other consonant it is written iê.
        if rime is None or (rime[0] == "yê" and initial not in ("", "qu")):
            continue
        if rime[1] in ("c", "ch", "p", "t") and (not tones or tones[0] not in _SHARP_OR_HEAVY):
            continue
        if not tones or toned_at - len(initial) in _places(*rime):
            return True
    return False


def _initial(bare: str) -> str:
    found = _INITIAL.match(bare)
    return found[0] if found else ""


def _places(vowels: str, final: str) -> set[int]:
    """Where the tone may stand, counted from the first vowel: both "hòa" and "hoà" are written."""
    shaped = [index for index, letter in enumerate(vowels) if letter in "ăâêôơư"]
    if shaped:
        return {shaped[-1]}
    if len(vowels) == 1:
        return {0}
    if final and final not in ("i", "o", "u", "y"):
        return {len(vowels) - 1}
    if vowels in ("oa", "oe", "uy"):
        return {1} if final else {0, 1}
    return {1} if len(vowels) > 2 else {0}
