"""From text to index terms, alike for what is indexed and for what is asked.

A Vietnamese word is mostly two syllables, so beside each folded syllable ("khoa") the index
holds each pair of neighbours ("khoa_hoc"), the syllable as written where it has diacritics
("khoá"), and document numbers in one form ("5/2017/qdubnd"). Terms of the title carry "^" once
more, those that the text has often for its length "+", those of the byline "@". What a word
begins with is a term too ("kho*"), and so is what a text is filed under ("=u5": of unit 5):
whatever is asked for, as one types or with filters, is an AND of lists that are ready. Nothing
else is ever looked up, so both engines find the same.
"""

import hashlib
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from html.parser import HTMLParser
from typing import NamedTuple

from services.search.weights import (
    BODY_WEIGHT,
    SUMMARY_WEIGHT,
    TITLE_WEIGHT,
    damping,
    is_much,
)
from services.vietnamese import canonical, clean, find_document_numbers, fold

# Beyond these a text is indexed by its beginning: they bound the work of one hostile save.
MAX_BODY_CHARS = 400_000
MAX_WORD_CHARS = 40
MAX_VOCABULARY_CHARS = 20
# Beginnings of words that are terms: from two letters, which are the fewest that help.
MIN_PREFIX_CHARS, MAX_PREFIX_CHARS = 2, 20
MAX_QUERY_CHARS = 400
MAX_QUERY_WORDS = 32

# A term that every text has: without it "all but these" has nothing to begin from.
EVERY = "++"

# Up to this many words, all must be there; a longer question is answered by its rarer words.
MAX_STRICT_WORDS = 6
# From this many words on, a text that lacks some is better than none at all.
MIN_LOOSE_WORDS = 4

_ASKING = frozenset(
    {"bao_nhieu", "tai_sao", "vi_sao", "the_nao", "khi_nao", "o_dau", "la_gi", "la_ai", "nhu_nao",
     "bao_gio", "bao_lau", "lam_gi", "cai_gi", "dieu_gi", "may_gio", "noi_nao", "nguoi_nao"}
)  # fmt: skip


class _Plain(HTMLParser):
    """Collects the text of sanitised HTML, with two spaces where a block begins or ends."""

    _INLINE = frozenset({"a", "abbr", "b", "bdi", "bdo", "cite", "code", "em", "i", "kbd", "mark",
                         "q", "s", "small", "span", "strong", "sub", "sup", "u"})  # fmt: skip

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in self._INLINE:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag not in self._INLINE:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def plain_text(html: str) -> str:
    """The text of sanitised HTML; each block stands on its own line."""
    parser = _Plain()
    parser.feed(html)
    parser.close()
    return "".join(parser.parts)


def prepare(text: str, *, max_chars: int = MAX_BODY_CHARS) -> str:
    """The form in which text is stored for search: NFC, one space between words.

    Two spaces stand where a line ended, so that words of different blocks are no pair. Marks
    that no letter could take up are dropped, so that one character is one letter.
    """
    lines = (" ".join(line.split()) for line in clean(text[:max_chars]).splitlines())
    joined = "  ".join(line for line in lines if line)
    return re.sub("[\u0300-\u036f]+", "", joined).replace("Ð", "Đ").replace("ð", "đ")


class _Folding(dict[int, str]):
    """Folds letter by letter, filled as letters are met; what is no letter or digit is a space."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        if char.isalnum():
            folded = fold(char)
            value = folded[0] if folded and folded[0].isalnum() else char
        else:
            value = char if unicodedata.category(char).startswith("M") else " "
        self[code] = value
        return value


_FOLDING = _Folding()


def fold_aligned(prepared: str) -> str:
    """Fold prepared text so that each character stays at its place, with a space at both ends.

    Punctuation becomes spaces: words that touch, or that one space or hyphen parts, are
    neighbours; words parted by more are not. Character i of the text is i + 1 here.
    """
    return f" {prepared.translate(_FOLDING)} "


exact_spelling = lru_cache(maxsize=65_536)(canonical)


class Word(NamedTuple):
    """A syllable of prepared text: folded, as written in its one spelling, and where."""

    folded: str
    exact: str
    start: int
    end: int
    follows: bool  # whether it is the neighbour of the word before it


_RUN = re.compile(r"[^ ]+")


def words_of(prepared: str) -> Iterator[Word]:
    """Yield the words of prepared text in order."""
    previous_end = -2
    folded_text = fold_aligned(prepared)
    for match in _RUN.finditer(folded_text):
        start, end = match.start() - 1, match.end() - 1
        folded = match[0]
        written = prepared[start:end]
        exact = folded if written == folded else exact_spelling(written)
        yield Word(
            folded[:MAX_WORD_CHARS], exact[:MAX_WORD_CHARS], start, end, start == previous_end + 1
        )
        previous_end = end


def number_keys(prepared: str) -> list[str]:
    """Keys of the document numbers in prepared text, each with its shorter beginnings.

    "05/2017/QĐ-UBND" gives "5/2017/qdubnd" and "5/2017/qd", since people cite the latter too.
    """
    keys: dict[str, None] = {}
    for number in find_document_numbers(prepared):
        head, _, symbol = fold(number.canonical).rpartition("/")
        head = head.lstrip("0") or "0"
        parts = symbol.split("-")
        for length in range(len(parts), 0, -1):
            keys[f"{head}/{''.join(parts[:length])}"[:MAX_WORD_CHARS]] = None
    return list(keys)


def _terms(words: Iterable[Word]) -> Iterator[str]:
    previous = ""
    for word in words:
        yield word.folded
        if word.exact != word.folded:
            yield word.exact
        if word.follows and previous:
            yield f"{previous}_{word.folded}"
        previous = word.folded


def lexemes(
    *,
    title: str,
    summary: str,
    body: str,
    byline: str,
    files: str = "",
    issuing_body: str = "",
    own_number: str = "",
) -> tuple[list[str], str]:
    """All terms under which a document is found, and its number keys joined by spaces.

    Takes prepared texts. The list is sorted and holds each term once. What the document itself
    has as its number carries "=" before it once more: others only cite it.
    """
    in_title = list(_terms(words_of(title)))
    weighted: dict[str, float] = defaultdict(float)
    for text, weight in ((body, BODY_WEIGHT), (summary, SUMMARY_WEIGHT)):
        for term, times in Counter(_terms(words_of(text))).items():
            weighted[term] += weight * times
    for term in in_title:
        weighted[term] += TITLE_WEIGHT
    damped_by = damping(len(title) + len(summary) + len(body))
    found = set(weighted)
    found.update("+" + term for term, weight in weighted.items() if is_much(weight, damped_by))
    found.update("^" + term for term in in_title)
    found.update(_terms(words_of(files)))
    found.update(_terms(words_of(byline)))
    everywhere = " ".join(map(fold_aligned, (title, summary, body, byline, files)))
    found.update(begun for word in set(everywhere.split()) for begun in _beginnings(word))
    found.update(f"^{beginning}" for term in in_title for beginning in _beginnings(term))
    if in_title:
        found.add(title_key(title))
    found.update("@" + word.folded for word in words_of(byline))
    found.update("@@" + word.folded for word in words_of(issuing_body))
    own = number_keys(f"{title}  {summary}")
    numbers = list(dict.fromkeys(own + number_keys(body) + number_keys(files)))
    found.update(numbers)
    found.update("^" + key for key in own)
    borne = [bearing(key) for key in number_keys(own_number)]
    found.update(borne)
    return sorted(found), f" {' '.join(numbers + borne)} "


def bearing(key: str) -> str:
    """The index term of documents that bear a number, not of those that cite it."""
    return f"={key}"


def _prefix_lengths(term: str) -> tuple[int, int]:
    """From and to how many characters its beginnings are terms; of a pair, its second word's."""
    first = term.find("_") + 1
    return first + MIN_PREFIX_CHARS, first + MAX_PREFIX_CHARS


def _beginnings(term: str) -> Iterator[str]:
    """What a word or a pair begins with, and itself, as terms."""
    shortest, longest = _prefix_lengths(term)
    for length in range(shortest, min(len(term), longest) + 1):
        yield term[:length] + "*"


def prefix_term(text: str) -> str:
    """The index term of all words that begin so; of a longer text, of its beginning."""
    mark = "^" if text.startswith("^") else ""
    bare = text.removeprefix("^")
    return f"{mark}{bare[: _prefix_lengths(bare)[1]]}*"


def title_key(prepared: str) -> str:
    """One term for all words of a title: what somebody copied whole is found whatever its age."""
    said = " ".join(fold_aligned(prepared).split())
    return f"=={hashlib.blake2b(said.encode(), digest_size=8).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Query:
    """A reader's words, taken apart.

    `words` are distinct, in the order typed, without those inside `numbers`. `pairs` are
    positions (i, j) in `words` of neighbours, `runs` whole rows of neighbours outside quotes.
    `phrases` must stand in a text as they are (their words are among `words` too); `excluded`
    must not. `has_diacritics` says whether any was typed with them: then each word counts for
    more where it stands so.
    """

    words: tuple[Word, ...]
    pairs: tuple[tuple[int, int], ...]
    numbers: tuple[str, ...]
    has_diacritics: bool
    asks: bool
    runs: tuple[tuple[int, ...], ...] = ()
    phrases: tuple[tuple[Word, ...], ...] = ()
    excluded: tuple[tuple[Word, ...], ...] = ()
    # All words as typed, folded, and the term of texts that have just these as their title.
    said: str = ""
    title: str = ""

    @property
    def is_empty(self) -> bool:
        return not self.words and not self.numbers

    @property
    def is_question(self) -> bool:
        """Whether it is a question, or too long for all of its words to be required."""
        return not self.phrases and (
            len(self.words) > MAX_STRICT_WORDS or (self.asks and len(self.words) >= MIN_LOOSE_WORDS)
        )

    @property
    def may_be_loose(self) -> bool:
        """Whether texts that lack some of its words may stand in when none has all."""
        # A question that quotes something is one still; a quotation alone is meant as it stands.
        quoted = sum(map(len, self.phrases))
        return len(self.words) - quoted >= MIN_LOOSE_WORDS

    def pair_text(self, pair: tuple[int, int]) -> str:
        """The index term of a pair: "khoa_hoc"."""
        return f"{self.words[pair[0]].folded}_{self.words[pair[1]].folded}"


_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»″", '"'))
_PHRASE = re.compile(r'"([^"]+)"')
# A minus before a letter or a quote, where a word begins: "foo-bar" and "2016 -2020" are none.
_EXCLUDED = re.compile(r'(?<!\S)[-\u2212](?:"([^"]+)"|([^\W\d_][^\s"]*))')
MAX_PHRASES = 8
MAX_EXCLUDED = 16


def _blank(text: str, start: int, end: int) -> str:
    """Two spaces or more in place of a part: what stood before and after it is no pair."""
    return text[:start] + " " * max(2, end - start) + text[end:]


def _neighbours(text: str) -> tuple[Word, ...]:
    return tuple(words_of(text))[:MAX_QUERY_WORDS]


@lru_cache(maxsize=2_048)
def parse_query(text: str, *, phrase: str = "", without: str = "") -> Query:
    """Take apart whatever somebody typed; what holds no letter or digit is an empty query.

    Parts in quotes, and all of `phrase`, must stand in a text as they are; words after a minus,
    and all of `without`, must not be in it. A quote that is not closed is only a sign.
    """
    rest = typed = prepare(text[:MAX_QUERY_CHARS]).translate(_QUOTES)
    numbers: dict[str, None] = {}
    for number in find_document_numbers(typed):
        numbers[number_keys(typed[number.start : number.end])[0]] = None
        rest = rest[: number.start] + " " * (number.end - number.start) + rest[number.end :]
    excluded: list[tuple[Word, ...]] = []
    while (found := _EXCLUDED.search(rest)) is not None:
        excluded.append(_neighbours(found[1] or found[2]))
        rest = _blank(rest, found.start(), found.end())
    excluded += _excluded_of(without)
    phrases: list[tuple[Word, ...]] = []
    while (found := _PHRASE.search(rest)) is not None:
        phrases.append(_neighbours(found[1]))
        rest = _blank(rest, found.start(), found.end())
    wanted = prepare(phrase[:MAX_QUERY_CHARS]).translate(_QUOTES).replace('"', " ")
    # One space between words again: whoever quotes inside this field wants one phrase.
    phrases.append(_neighbours(" ".join(wanted.split())))
    phrases = [words for words in phrases if words][:MAX_PHRASES]
    collected = _Collected()
    collected.take(words_of(rest))
    runs = tuple(collected.runs)
    for words in phrases:
        collected.take(words)
    kept, pairs = collected.words, collected.pairs
    return Query(
        words=tuple(kept),
        pairs=tuple(pairs),
        numbers=tuple(numbers),
        has_diacritics=any(word.exact != word.folded for word in kept),
        asks="?" in typed
        or any(f"{kept[a].folded}_{kept[b].folded}" in _ASKING for a, b in pairs)
        or bool(kept and kept[0].folded == "ai"),
        runs=runs,
        phrases=tuple(phrases),
        excluded=tuple(words for words in excluded if words)[:MAX_EXCLUDED],
        said=" ".join(fold_aligned(typed).split()),
        title=title_key(typed),
    )


def _excluded_of(without: str) -> list[tuple[Word, ...]]:
    """Each word of the field by itself, and what is in quotes as a phrase."""
    rest = prepare(without[:MAX_QUERY_CHARS]).translate(_QUOTES)
    excluded = [_neighbours(found) for found in _PHRASE.findall(rest)]
    rest = _PHRASE.sub("  ", rest)
    return excluded + [(word,) for word in _neighbours(rest)]


class _Collected:
    """Distinct words in their order, with who stood beside whom."""

    def __init__(self) -> None:
        self.words: list[Word] = []
        self.pairs: dict[tuple[int, int], None] = {}
        self.runs: list[tuple[int, ...]] = []
        self._at: dict[str, int] = {}

    def take(self, words: Iterable[Word]) -> None:
        run: list[int] = []
        for word in words:
            at = self._at.get(word.folded)
            if at is None:
                if len(self.words) == MAX_QUERY_WORDS:
                    break
                at = self._at[word.folded] = len(self.words)
                self.words.append(word)
            if word.follows and run:
                self.pairs[run[-1], at] = None
                run.append(at)
            else:
                self._end(run)
                run = [at]
        self._end(run)

    def _end(self, run: list[int]) -> None:
        if run:
            self.runs.append(tuple(run))


def _name_terms(text: str, mark: str) -> tuple[str, ...]:
    words = words_of(prepare(text[:MAX_QUERY_CHARS]))
    return tuple(dict.fromkeys(mark + word.folded for word in words))[:8]


@lru_cache(maxsize=512)
def author_terms(text: str) -> tuple[str, ...]:
    """The terms that a byline must hold for somebody to be its author, by any of their names."""
    return _name_terms(text, "@")


@lru_cache(maxsize=512)
def issuer_terms(text: str) -> tuple[str, ...]:
    """The terms that a text must have to be issued by a body, by any words of its name."""
    return _name_terms(text, "@@")


def vocabulary(terms: Iterable[str]) -> set[str]:
    """Those of a document's terms that are folded words, from which near spellings are taken."""
    return {
        term
        for term in terms
        if 2 <= len(term) <= MAX_VOCABULARY_CHARS and term.isascii() and term.isalpha()
    }
