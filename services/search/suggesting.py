"""What to try where nothing was found: nearer spellings, fewer words, fewer conditions.

Near spellings come from the site's own words: every word one slip of the finger away, and what is
left of a word typed by Telex or VNI rules while the keyboard was not set to them. They are made
from what was typed and looked up, so that the work does not grow with the site. Nothing is
suggested that was not looked for first and found.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import Any

from services.search.contract import TOTAL_CAP, Clause, Lexeme, SearchRequest, Sort, StoredRow
from services.search.finding import required
from services.search.ranking import Plan, read
from services.search.schema import known_words
from services.search.searching import plan_of, run
from services.search.terms import Query, parse_query, prepare

MAX_SUGGESTIONS = 5
# Words of a query that are looked at, and lists asked for, in one round.
_MAX_WORDS = 8
_MAX_LISTS = 60
_MAX_NEAR = 12
# How many texts of a nearer spelling are counted to tell which is likelier.
_PROBED = 50
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Reason(StrEnum):
    """Why a suggestion is another question than the one asked."""

    SPELLING = "spelling"
    FEWER_WORDS = "fewer_words"
    NO_QUOTES = "no_quotes"
    NO_EXCLUSION = "no_exclusion"
    NO_FILTERS = "no_filters"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Another question, with how many hits it has (TOTAL_CAP: as many or more).

    `text` are its words as the site writes them; `dropped` is what it leaves out.
    """

    reason: Reason
    request: SearchRequest
    text: str
    total: int
    is_capped: bool
    dropped: str = ""


def suggest(*, request: SearchRequest, now: datetime) -> list[Suggestion]:
    """Questions near one that found nothing, each of which finds something; best first."""
    request = replace(request, page=1, sort=Sort.RELEVANCE, prefix_last=False, with_facets=False)
    plan = plan_of(request, now=now)
    found = [*_without_conditions(plan), *_spellings(plan), *_fewer_words(plan)]
    order = list(Reason)
    found.sort(key=lambda suggestion: order.index(suggestion.reason))
    return found[:MAX_SUGGESTIONS]


def _asked(reason: Reason, request: SearchRequest, plan: Plan, **more: Any) -> Suggestion | None:
    """The suggestion, if it leads to anything."""
    other = plan_of(request, now=plan.now, synonyms=plan.synonyms)
    found, _any_of = run(other)
    total = min(len(found.docids), TOTAL_CAP)
    if not total:
        return None
    text = more.pop("text", " ".join(filter(None, (request.q, request.phrase))))
    return Suggestion(reason, request, text, total, found.is_capped, **more)


def _without_conditions(plan: Plan) -> list[Suggestion]:
    request, query = plan.request, plan.query
    tried: list[Suggestion | None] = []
    words = " ".join(_unquoted(request.q).split())
    if query.phrases:
        loose = replace(request, q=" ".join(filter(None, (words, request.phrase))), phrase="")
        tried.append(_asked(Reason.NO_QUOTES, loose, plan))
    if query.excluded:
        wanted = " ".join(_EXCLUDED_WORDS.sub(" ", request.q).split())
        tried.append(
            _asked(Reason.NO_EXCLUSION, replace(request, q=wanted, without=""), plan, text=wanted)
        )
    bare = SearchRequest(
        q=request.q, phrase=request.phrase, without=request.without, language=request.language
    )
    if not request.is_unfiltered:
        tried.append(_asked(Reason.NO_FILTERS, bare, plan))
    return [suggestion for suggestion in tried if suggestion is not None]


_EXCLUDED_WORDS = re.compile(r'(?<!\S)[-\u2212](?:"[^"]*"|\S+)')


def _unquoted(typed: str) -> str:
    return re.sub('["“”„‟«»″]', " ", typed)


def _plain(plan: Plan) -> Query:
    """The words alone: what is suggested beyond is told by other suggestions."""
    return parse_query(plan.request.q, phrase=plan.request.phrase)


# ---------------------------------------------------------------- nearer spellings
def near_words(word: str) -> list[str]:
    """Every word one slip away from a folded one: a letter too many, too few, wrong, or swapped;
    and, before those, what was meant if it holds the keys of Telex or VNI."""
    if not (2 <= len(word) <= 20 and word.isascii()):
        return []
    splits = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    near = dict.fromkeys(_untelexed(word))
    near |= dict.fromkeys(left + right[1:] for left, right in splits if right)
    near |= dict.fromkeys(
        left + right[1] + right[0] + right[2:] for left, right in splits if len(right) > 1
    )
    near |= dict.fromkeys(
        left + letter + right[1:] for left, right in splits if right for letter in _LETTERS
    )
    near |= dict.fromkeys(left + letter + right for left, right in splits for letter in _LETTERS)
    near.pop(word, None)
    return list(near)


def _untelexed(word: str) -> list[str]:
    """What the keys stand for, folded: "ddaija" is "dai", "hojc" is "hoc", "ho5c" is "hoc"."""
    plain = re.sub(r"(?<=[a-z])[0-9]+", "", word)
    plain = re.sub(r"([aeo])\1", r"\1", plain.replace("dd", "d")).replace("w", "")
    toneless = re.sub(r"(?<=[aeiouy])([a-z]*?)[sfrxj](?![aeiouy])", r"\1", plain)
    return [each for each in (toneless, plain) if each != word and len(each) >= 2]


def _halves(word: str) -> list[tuple[str, str]]:
    return [(word[:at], word[at:]) for at in range(2, len(word) - 1)]


def _spellings(plan: Plan) -> list[Suggestion]:
    """The question with one word spelt as the site has it, or two where two are unknown."""
    words = [word.folded for word in _plain(plan).words][:_MAX_WORDS]
    if not words or len(plan.query.words) > _MAX_WORDS:
        return []
    near = {word: near_words(word) for word in words}
    asked = [*words, *(each for some in near.values() for each in some)]
    asked += [half for word in words for pair in _halves(word) for half in pair]
    known = known_words(plan.session, list(dict.fromkeys(asked)))
    unknown = [at for at, word in enumerate(words) if word not in known and not word.isdigit()]
    if len(unknown) > 2 or (plan.query.phrases and not unknown):
        return []
    ways: list[list[str]] = []
    first, *rest = unknown or [-1]
    places = [first] if unknown else range(len(words))
    for at in places:
        for instead in _instead(words[at], near, known):
            other = [*words[:at], *instead, *words[at + 1 :]]
            if not rest:
                ways.append(other)
                continue
            moved = rest[0] + len(instead) - 1
            ways += [
                [*other[:moved], *second, *other[moved + 1 :]]
                for second in _instead(words[rest[0]], near, known)[:4]
            ]
    return _best_of(plan, ways[:_MAX_LISTS])


def _instead(word: str, near: dict[str, list[str]], known: set[str]) -> list[list[str]]:
    # Vietnamese syllables are short and near each other, so most slips make another real one.
    close = sorted(
        (each for each in near[word] if each in known),
        key=lambda each: (each[:1] != word[:1], abs(len(each) - len(word)) > 0),
    )
    found = [[each] for each in close[:_MAX_NEAR]]
    halves = [list(pair) for pair in _halves(word) if known >= set(pair)]
    return [*halves[:3], *found]


def _best_of(plan: Plan, ways: Sequence[Sequence[str]]) -> list[Suggestion]:
    """Of other spellings, those that most texts have side by side."""
    if not ways:
        return []
    numbers: list[Clause] = [Lexeme(key) for key in plan.query.numbers]
    together: list[Sequence[Clause]] = [
        [
            *numbers,
            *([Lexeme(f"{a}_{b}") for a, b in pairwise(way)] if len(way) > 1 else [Lexeme(way[0])]),
        ]
        for way in ways
    ]
    apart: list[Sequence[Clause]] = [[*numbers, *map(Lexeme, way)] for way in ways]
    found = plan.find_each([*together, *apart], limit=_PROBED)
    beside, anywhere = found[: len(ways)], found[len(ways) :]
    ranked = sorted(
        (
            (len(b), len(a), way, (b or a)[0])
            for way, b, a in zip(ways, beside, anywhere, strict=True)
            if a
        ),
        key=lambda each: (-each[0], -each[1]),
    )[:2]
    rows = read([docid for *_, docid in ranked])
    suggestions: list[Suggestion] = []
    for _beside, _anywhere, way, docid in ranked:
        text = as_written(rows[docid], way) if docid in rows else " ".join(way)
        if plan.query.numbers:
            text = f"{text} {_numbers_typed(plan)}".strip()
        request = replace(plan.request, q=text, phrase="")
        told = _asked(Reason.SPELLING, request, plan)
        if told is not None and told.text not in {each.text for each in suggestions}:
            suggestions.append(told)
    return suggestions


def _numbers_typed(plan: Plan) -> str:
    return " ".join(part for part in plan.request.q.split() if "/" in part)


def as_written(row: StoredRow, way: Sequence[str]) -> str:
    """Folded words as this text writes them: all of them where it has them side by side, else
    two by two."""
    fields = (
        (row.title, row.folded_title),
        (row.summary, row.folded_summary),
        (row.body, row.folded_body),
    )

    def stretch(words: Sequence[str]) -> str | None:
        looked_for = " ".join(words)
        for text, folded in fields:
            at = folded.find(f" {looked_for} ")
            if at >= 0:
                # Who wrote it in capitals meant no other word.
                return " ".join(re.split(r"[\W_]+", text[at : at + len(looked_for)])).lower()
        return None

    if (whole := stretch(way)) is not None:
        return whole
    written: list[str] = []
    at = 0
    while at < len(way):
        pair = stretch(way[at : at + 2]) if at + 1 < len(way) else None
        written.append(pair or stretch(way[at : at + 1]) or way[at])
        at += 2 if pair else 1
    return " ".join(written)


# ---------------------------------------------------------------- fewer words
def _fewer_words(plan: Plan) -> list[Suggestion]:
    """The question without one of its words, those first that leave most."""
    typed = [part for part in prepare(plan.request.q).split() if re.search(r"\w", part)]
    left_out = [part for part in typed if part[0] in "-\u2212"]
    typed = [part for part in typed if part not in left_out]
    if plan.query.phrases or not 2 <= len(typed) <= _MAX_WORDS:
        return []
    tried = [
        (" ".join([*typed[:at], *typed[at + 1 :], *left_out]), dropped)
        for at, dropped in enumerate(typed)
    ]
    plans = [
        plan_of(replace(plan.request, q=kept), now=plan.now, synonyms=plan.synonyms)
        for kept, _ in tried
    ]
    lists = plan.find_each([required(each) for each in plans], limit=TOTAL_CAP + 1)
    found = [
        Suggestion(
            Reason.FEWER_WORDS,
            replace(plan.request, q=kept),
            kept,
            min(len(docids), TOTAL_CAP),
            len(docids) > TOTAL_CAP,
            dropped,
        )
        for (kept, dropped), docids in zip(tried, lists, strict=True)
        if docids
    ]
    found.sort(key=lambda suggestion: -suggestion.total)
    return found[:3]
