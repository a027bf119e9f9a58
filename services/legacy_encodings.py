"""Text from before Unicode: TCVN3 (ABC fonts) and VNI, recognised and turned into Unicode.

Such a text shows rightly only in its own font; everywhere else "khoa học" is "khoa häc". The
tables were written for this module from TCVN 5712:1993 (as far as characters above 0xA0 go) and
from the layout of the VNI fonts for Windows, where a mark follows its vowel.

Recognising goes by words: a word counts if it is a Vietnamese syllable once it is converted and
is none as it stands. French, German, Spanish and Portuguese words hardly ever become syllables.
"""

import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from services.vietnamese_words import is_syllable

TCVN3 = "TCVN3"
VNI = "VNI"
LABELS = {TCVN3: "TCVN3 (ABC)", VNI: "VNI"}

# As much of a text as is looked at: who wrote its beginning in an old font wrote it all so.
MAX_CHARACTERS_READ = 60_000
_MIN_WORDS = 2
# Of the words with letters beyond ASCII, those that must make sense only once converted; of all
# words, those that must be Vietnamese then. Names, numbers and abbreviations are the others.
_MIN_SHARE_OF_MARKED = 0.55
_MIN_SHARE_OF_ALL = 0.6

# ---------------------------------------------------------------- the tables
# TCVN 5712:1993, 0xA1 to 0xFF, as a program that knows only Latin-1 shows those bytes. The four
# tones that stand alone (0xB0 to 0xB4) are of VN1; no font of VN3 has them.
_TCVN3_LETTERS = (
    "ĂÂÊÔƠƯĐăâêôơưđẰ\0\0\0\0\0àảãáạẲằẳẵắẴẮ"
    "ẦẨẪẤỀặầẩẫấậèỂẻẽéẹềểễếệìỉỄẾỒĩíịòỔ"
    "ỏõóọồổỗốộờởỡớợùỖủũúụừửữứựỳỷỹýỵỐ"
)
_FROM_TCVN3 = {
    0xA1 + index: letter for index, letter in enumerate(_TCVN3_LETTERS) if letter != "\0"
}
_GRAVE, _HOOK, _TILDE, _ACUTE, _DOT = "\u0300", "\u0309", "\u0303", "\u0301", "\u0323"
# A mark of VNI, after its vowel: what it adds, as combining characters.
_VNI_TONES = {"ø": _GRAVE, "û": _HOOK, "õ": _TILDE, "ù": _ACUTE, "ï": _DOT}
_VNI_SHAPES = {
    "â": "\u0302",
    "à": "\u0302" + _GRAVE,
    "å": "\u0302" + _HOOK,
    "ã": "\u0302" + _TILDE,
    "á": "\u0302" + _ACUTE,
    "ä": "\u0302" + _DOT,
}
_VNI_BREVES = {
    "ê": "\u0306",
    "è": "\u0306" + _GRAVE,
    "ú": "\u0306" + _HOOK,
    "ü": "\u0306" + _TILDE,
    "é": "\u0306" + _ACUTE,
    "ë": "\u0306" + _DOT,
}
# Each vowel as VNI writes it, its Vietnamese letter, and the marks that may follow it.
_VNI_VOWELS = {
    "a": ("a", _VNI_TONES | _VNI_SHAPES | _VNI_BREVES),
    "e": ("e", _VNI_TONES | _VNI_SHAPES),
    "o": ("o", _VNI_TONES | _VNI_SHAPES),
    "u": ("u", _VNI_TONES),
    "y": ("y", _VNI_TONES),
    "ô": ("ơ", _VNI_TONES),
    "ö": ("ư", _VNI_TONES),
}
_VNI_SINGLE = {
    "í": "í",
    "ì": "ì",
    "æ": "ỉ",
    "ó": "ĩ",
    "ò": "ị",
    "î": "ỵ",
    "ñ": "đ",
    "ô": "ơ",
    "ö": "ư",
}


def _vni_table() -> dict[str, str]:
    table = dict(_VNI_SINGLE)
    for vowel, (letter, marks) in _VNI_VOWELS.items():
        for mark, added in marks.items():
            table[vowel + mark] = unicodedata.normalize("NFC", letter + added)
    capitals = {}
    for written, letter in table.items():
        capitals[written.upper()] = letter.upper()
        # People type the vowel as a capital and leave the mark small, and the other way round.
        capitals[written[0].upper() + written[1:]] = letter.upper()
        capitals[written[0] + written[1:].upper()] = letter
    return capitals | table


_FROM_VNI = _vni_table()
_VNI_SEQUENCE = re.compile(
    "|".join(sorted(map(re.escape, _FROM_VNI), key=lambda written: -len(written)))
)

# ---------------------------------------------------------------- words
# A letter, or what stands for one in these encodings: everything of Latin-1 above the blank.
_WORD = re.compile("[A-Za-z\u00a1-\u024f\u0300-\u036f\u1e00-\u1eff]+")
_TAG_OR_ENTITY = re.compile(r"<[^>]*>|&#?\w{1,32};")
_SAID_IN_ATTRIBUTE = re.compile(r'(?<= )(alt|title)="([^"]*)"')
_BLOCK = re.compile(r"</?(?:p|h[1-6]|li|td|th|caption|figcaption|blockquote|pre|br)\b[^>]*>")


@dataclass(frozen=True, slots=True)
class _Tally:
    """The words of a text, counted for one encoding."""

    words: int
    marked: int  # with a letter beyond ASCII
    only_converted: int  # of those: a syllable after conversion, and not before
    sense: int  # of all: Vietnamese once converted

    @property
    def is_it(self) -> bool:
        return (
            self.only_converted >= _MIN_WORDS
            and self.only_converted >= self.marked * _MIN_SHARE_OF_MARKED
            and self.sense >= self.words * _MIN_SHARE_OF_ALL
        )


def detect(text: str) -> str | None:
    """TCVN3 or VNI if the text seems to be in it, else None. ``text`` is without markup.

    Asks for two words at least, so that a single name in a foreign spelling is left alone.
    """
    words = [match[0] for match in _WORD.finditer(text[:MAX_CHARACTERS_READ])]
    marked = [word for word in words if not word.isascii()]
    if len(marked) < _MIN_WORDS:
        return None
    tallies = {encoding: _tally(words, encoding) for encoding in LABELS}
    likely = [encoding for encoding, tally in tallies.items() if tally.is_it]
    return max(likely, key=lambda encoding: tallies[encoding].only_converted, default=None)


def detect_html(text: str) -> str | None:
    """The same, of sanitised HTML: by its whole, or else by its most telling paragraph."""
    blocks = [_plain(block) for block in _BLOCK.split(text[: 4 * MAX_CHARACTERS_READ])]
    return detect("\n".join(blocks)) or next(filter(None, map(detect, blocks)), None)


def convert(text: str, encoding: str) -> str:
    """The text in Unicode, NFC. What is Unicode Vietnamese already stays as it is."""
    return _WORD.sub(lambda word: _converted(word[0], encoding), text)


def convert_html(text: str, encoding: str) -> str:
    """Sanitised HTML with its words converted: tags and addresses stay, and so do paragraphs
    that are not in this encoding, such as one that was written afterwards."""
    out = []
    start = 0
    for edge in [*_BLOCK.finditer(text), None]:
        block = text[start : edge.start() if edge else len(text)]
        out.append(_convert_block(block, encoding))
        if edge:
            out.append(edge[0])
            start = edge.end()
    return "".join(out)


def convert_line(text: str, encoding: str) -> str:
    """The same of a line without markup, such as a title."""
    return text if _is_left(text, encoding) else convert(text, encoding)


def _convert_block(block: str, encoding: str) -> str:
    if _is_left(_plain(block), encoding):
        return block
    parts = []
    start = 0
    for found in _TAG_OR_ENTITY.finditer(block):
        parts += [
            convert(block[start : found.start()], encoding),
            _convert_said(found[0], encoding),
        ]
        start = found.end()
    return "".join([*parts, convert(block[start:], encoding)])


def _convert_said(tag: str, encoding: str) -> str:
    return _SAID_IN_ATTRIBUTE.sub(
        lambda said: f'{said[1]}="{_convert_escaped(said[2], encoding)}"', tag
    )


def _convert_escaped(text: str, encoding: str) -> str:
    return html.escape(convert(html.unescape(text), encoding), quote=True)


def _plain(block: str) -> str:
    return html.unescape(_TAG_OR_ENTITY.sub(lambda part: "" if part[0][0] == "<" else " ", block))


def _is_left(text: str, encoding: str) -> bool:
    """Whether the paragraph, in a text that is in this encoding, is not: it is Unicode already,
    or in another language. A heading of a word or two goes with the text around it."""
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    modern = sum(map(_is_modern, words))
    right_then = sum(_is_right_then(word, encoding) for word in words)
    if modern:
        return modern >= right_then
    if right_then * 4 < len(words):
        return len(words) >= _MIN_WORDS
    right_now = sum(map(is_syllable, words))
    return right_now > right_then and len(words) > _MIN_WORDS


def _tally(words: list[str], encoding: str) -> _Tally:
    marked = only_converted = sense = 0
    for word in words:
        if word.isascii():
            sense += is_syllable(word)
            continue
        marked += 1
        is_right_then = _is_right_then(word, encoding)
        sense += is_right_then
        only_converted += is_right_then and not is_syllable(word)
    return _Tally(len(words), marked, only_converted, sense)


def _is_right_then(word: str, encoding: str) -> bool:
    return not _is_modern(word) and is_syllable(_converted(word, encoding))


def _is_modern(word: str) -> bool:
    """Whether the word has a letter that no old font could have put there."""
    return any(character > "\u00ff" for character in word)


@lru_cache(maxsize=65_536)
def _converted(word: str, encoding: str) -> str:
    if word.isascii() or _is_modern(word):
        return word
    if encoding == TCVN3:
        return word.translate(_FROM_TCVN3)
    return _VNI_SEQUENCE.sub(lambda written: _FROM_VNI[written[0]], word)


def differences(before: str, after: str, *, limit: int) -> Iterator[tuple[str, str]]:
    """The paragraphs that a conversion changes, as words, the first ``limit`` of them."""
    found = 0
    for old, new in zip(_BLOCK.split(before), _BLOCK.split(after), strict=False):
        if old != new and found < limit:
            found += 1
            yield " ".join(_plain(old).split()), " ".join(_plain(new).split())
