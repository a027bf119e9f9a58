"""A few words: texts that hold all of them, the best of a bounded number first."""

import heapq
from collections.abc import Collection, Sequence
from typing import NamedTuple

from services.search.contract import TOTAL_CAP, Clause, Lexeme, Sort, StoredRow
from services.search.ranking import (
    Found,
    Plan,
    holds_phrase,
    phrase_lexemes,
    rank,
    read,
    read_best,
)
from services.search.scoring import BEARING_WEIGHT, PAIR_WEIGHT, Target, targets_of
from services.search.terms import bearing

# Texts that are read to rank them.
_RANKED = 48
# The most likely of so many, since some may be hidden.
_CONSIDERED = 2 * _RANKED
# Texts that are read at once to look for a phrase in them.
_READ_AT_ONCE = 100
# Texts that are read at most for that; what is left is told as "more than".
_MAX_READ = 400
# How far each list of texts is read that show a sign of being among the best.
_SIGNED = 200
# What such a sign adds to a score by and large, beyond that of a word that is there once.
_IN_TITLE, _OFTEN, _AS_TYPED, _SIDE_BY_SIDE = 0.8, 0.5, 0.5, 0.7
_IS_TITLE = 100.0
# How much further back than the newest thousand signs are looked for.
_REACH = 4
# Of more pairs than these, those that a text has often are not asked for.
_MAX_OFTEN = 2


def list_all(plan: Plan) -> Found:
    """All that the filters leave, newest first."""
    docids = plan.find((), limit=TOTAL_CAP + 1)
    return Found(docids[:TOTAL_CAP], len(docids) > TOTAL_CAP)


def required(plan: Plan) -> list[Clause]:
    """What each text must hold."""
    words = plan.query.words
    # One letter of a word that is being typed would only empty the list for a moment.
    if (
        plan.request.prefix_last
        and not plan.prefix
        and len(words) > 1
        and len(words[-1].folded) == 1
        and plan.request.q[-1:].isalnum()
    ):
        words = words[:-1]
    named = {at for concept in plan.concepts for at in concept.positions}
    clauses: list[Clause] = [Lexeme(key) for key in plan.query.numbers]
    # What is quoted says its words itself.
    quoted = {word.folded for phrase in plan.query.phrases for word in phrase}
    clauses += [
        Lexeme(word.folded, prefix=word.folded == plan.prefix)
        for at, word in enumerate(words)
        if at not in named and word.folded not in quoted
    ]
    clauses += [concept.clause(plan.query, prefix=plan.prefix) for concept in plan.concepts]
    for phrase in plan.query.phrases:
        clauses += phrase_lexemes(phrase)
    return clauses


def find(plan: Plan) -> Found:
    """Texts that hold every word."""
    clauses = required(plan)
    targets = targets_of(
        plan.query, weigh=lambda term: 1.0, prefix=plan.prefix, concepts=plan.concepts
    )
    newest = plan.find(clauses, limit=TOTAL_CAP + 1)
    is_capped = len(newest) > TOTAL_CAP
    if plan.query.phrases:
        is_capped = len(newest) > _MAX_READ
        return _with_phrases(plan, newest[:_MAX_READ], is_capped, targets)
    if plan.request.sort is not Sort.RELEVANCE:
        return Found(newest[:TOTAL_CAP], is_capped, targets)
    likely = newest if len(newest) <= _RANKED else _likely(plan, clauses, newest)
    rows = read_best(plan, likely, count=_RANKED)
    ranked, folded_only = rank(plan, rows, targets)
    ahead = set(ranked)
    order = ranked + [docid for docid in newest if docid not in ahead]
    return Found(order[:TOTAL_CAP], is_capped, targets, folded_only, rows)


def _with_phrases(
    plan: Plan, docids: Sequence[int], is_capped: bool, targets: tuple[Target, ...]
) -> Found:
    """Of texts that have a phrase's pairs, those that have it whole: that only the text tells."""
    kept: list[int] = []
    rows: dict[int, StoredRow] = {}
    for first in range(0, len(docids), _READ_AT_ONCE):
        some = docids[first : first + _READ_AT_ONCE]
        texts = read(some)
        for docid in some:
            row = texts.get(docid)
            if row is not None and all(holds_phrase(row, words) for words in plan.query.phrases):
                kept.append(docid)
                if len(rows) < _READ_AT_ONCE:
                    rows[docid] = row
    if plan.request.sort is not Sort.RELEVANCE:
        return Found(kept, is_capped, targets, rows=rows)
    ranked, _ = rank(plan, rows, targets)
    return Found(ranked + kept[len(rows) :], is_capped, targets, rows=rows)


def _likely(plan: Plan, clauses: Sequence[Clause], newest: Sequence[int]) -> list[int]:
    """Those of very many hits that are worth ranking, judged by the index alone."""
    signs = _signs(plan)
    # If all hits are at hand, they tell who is visible; if not, reading them will.
    is_cut = len(newest) > TOTAL_CAP
    # The best are looked for however old they are. Of what only hints, a list that nearly nothing
    # is in would be read to its end: it is, as far back as a few thousand hits reach.
    recent = 0
    if is_cut:
        recent = newest[0] - _REACH * (newest[0] - newest[-1])
    promise = dict.fromkeys(newest[:_RANKED] if is_cut else newest, 0.0)
    asked = [sign for sign in signs if sign.is_sure] + [s for s in signs if not s.is_sure]
    sure = sum(sign.is_sure for sign in signs)
    all_of = [
        # What a sign says already need not be looked up: "khoa_hoc" has both of its words.
        (
            *(
                clause
                for clause in clauses
                if not (isinstance(clause, Lexeme) and clause.text in sign.words)
            ),
            *sign.terms,
        )
        for sign in asked
    ]
    lists = [
        *plan.find_each(all_of[:sure], limit=_SIGNED, checked=False),
        *plan.find_each(all_of[sure:], limit=_SIGNED, checked=False, since=recent),
    ]
    for docids, sign in zip(lists, asked, strict=True):
        for docid in docids:
            if is_cut or docid in promise:
                promise[docid] = promise.get(docid, 0.0) + sign.weight
    best = heapq.nlargest(_CONSIDERED, zip(promise.values(), promise, strict=True))
    return [docid for _, docid in best]


class _Sign(NamedTuple):
    """Terms that tell that a text is among the best, what they add, and the words they say."""

    terms: tuple[Lexeme, ...]
    weight: float
    words: Collection[str]
    # Whether a text with it is surely among the best.
    is_sure: bool = False


def _signs(plan: Plan) -> list[_Sign]:
    query = plan.query
    all_words = [word.folded for word in query.words]
    in_title = tuple(Lexeme("^" + word, word == plan.prefix) for word in all_words)
    signs = [_Sign((Lexeme(query.title),), _IS_TITLE, [*all_words, *query.numbers], True)]
    if len(in_title) > 1:
        signs.append(_Sign(in_title, _IN_TITLE * len(in_title), all_words, True))
    pairs = [query.pair_text(pair) for pair in query.pairs]
    paired = {query.words[at].folded for pair in query.pairs for at in pair}
    if len(pairs) > 1 and plan.prefix not in paired:
        signs.append(_Sign(tuple(map(Lexeme, pairs)), _SIDE_BY_SIDE, paired, True))
    for key in query.numbers:
        borne = (Lexeme(bearing(key)),)
        signs.append(_Sign(borne, BEARING_WEIGHT, (key,), is_sure=True))
    for word in query.words:
        term = word.exact if query.has_diacritics else word.folded
        is_prefix = word.folded == plan.prefix
        words: tuple[str, ...] = (word.folded,)
        # Pairs tell more than words, and that a pair is written as typed goes nearly without
        # saying. What is only begun is looked for in titles alone.
        if word.folded not in paired or is_prefix:
            signs.append(_Sign((Lexeme("^" + term, is_prefix),), _IN_TITLE, words))
        if not query.pairs and not is_prefix:
            signs.append(_Sign((Lexeme("+" + term),), _OFTEN, words))
            if term != word.folded:
                signs.append(_Sign((Lexeme(term),), _AS_TYPED, words))
    for first, second in query.pairs:
        term = query.pair_text((first, second))
        words = (query.words[first].folded, query.words[second].folded)
        is_prefix = words[1] == plan.prefix
        signs.append(_Sign((Lexeme("^" + term, is_prefix),), _IN_TITLE * PAIR_WEIGHT, words))
        if not is_prefix:
            signs.append(_Sign((Lexeme(term),), _SIDE_BY_SIDE, words))
            if len(pairs) <= _MAX_OFTEN:
                signs.append(_Sign((Lexeme("+" + term),), _OFTEN * PAIR_WEIGHT, words))
    for concept in plan.concepts:
        for form in concept.others:
            term = form.lexemes()[0].text
            signs.append(_Sign((Lexeme("^" + term),), _IN_TITLE * PAIR_WEIGHT, ()))
            signs.append(_Sign((Lexeme("+" + term),), _OFTEN * PAIR_WEIGHT, ()))
    return signs
