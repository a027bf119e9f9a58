"""A question: texts that hold its rarer words, and above all its pairs of neighbours."""

import heapq
from collections.abc import Sequence

from sqlalchemy import select

from models import Publication
from services.remembered import remembered
from services.search.contract import Lexeme, Sort
from services.search.ranking import Found, Plan, rank, read_best
from services.search.scoring import targets_of
from services.search.weights import inverse_frequency

# How far the list of each term is read at first, and that of the rarer ones, newest first.
_PROBED = 200
_POSTINGS = 1_000
_LONG_LISTS = 4
_CANDIDATES = 300
# Adding up has sorted the candidates roughly: so many are read to rank them.
_RANKED = 40
# A term in more of the texts than this tells nothing where rarer ones remain.
_COMMON = 0.3
# What part of the best answer's score a text must reach, to be an answer at all.
_FLOOR = 0.3

# About how many texts there are; the index may be half made.
_NEWEST_ID = (
    select(Publication.id)
    .where(Publication.live_revision_id.is_not(None))
    .order_by(Publication.id.desc())
    .limit(1)
)


def answer(plan: Plan) -> Found:
    """Texts that answer a question, best first."""
    query = plan.query
    documents = remembered("newest id", lambda: plan.session.scalar(_NEWEST_ID)) or 1
    terms = [
        # Somebody who copied a whole title means it, whatever its age.
        query.title,
        *query.numbers,
        *(query.pair_text(pair) for pair in query.pairs),
        *(word.folded for word in query.words),
    ]
    terms += [
        lexeme.text
        for concept in plan.concepts
        for form in concept.others
        for lexeme in form.lexemes()
    ]
    common = remembered(
        "common terms", lambda: plan.engine.known_common(plan.session, above=_COMMON)
    )
    terms = list(dict.fromkeys(terms))
    lists = _probe(plan, [term for term in terms if term not in common])
    if not any(lists.values()):
        # The common ones are all that there is: on a small site most words are.
        lists |= _probe(plan, [term for term in terms if term in common])
    terms = list(lists)
    frequency = _frequencies(lists, documents)
    rarer = {term for term, count in frequency.items() if 0 < count <= documents * _COMMON}
    weights = {
        term: inverse_frequency(found_in=count, of=documents)
        if count and (term in rarer or not rarer)
        else 0.0
        for term, count in frequency.items()
    }
    cut = [term for term in terms if len(lists[term]) == _PROBED and weights[term] > 0]
    longer = sorted(cut, key=frequency.__getitem__)[:_LONG_LISTS]
    more = plan.find_each([[Lexeme(term)] for term in longer], limit=_POSTINGS, checked=False)
    lists.update(zip(longer, more, strict=True))
    sums: dict[int, float] = {}
    for term, docids in lists.items():
        weight = weights[term]
        if weight > 0:
            for docid in docids:
                sums[docid] = sums.get(docid, 0.0) + weight
    # Of equal sums the newest.
    ordered = heapq.nlargest(_CANDIDATES, zip(sums.values(), sums, strict=True))
    candidates = [docid for _, docid in ordered]
    whole = {
        term: frozenset(docids)
        for term, docids in lists.items()
        if len(docids) < (_POSTINGS if term in longer else _PROBED)
    }
    targets = targets_of(
        query, weigh=lambda term: weights.get(term, 0.0), holders=whole, concepts=plan.concepts
    )
    rows = read_best(plan, candidates, count=_RANKED)
    ranked, folded_only = rank(plan, rows, targets, floor=_FLOOR)
    if plan.request.sort is not Sort.RELEVANCE:
        ranked.sort(reverse=plan.request.sort is Sort.NEWEST)
    return Found(ranked, False, targets, folded_only, rows)


def _probe(plan: Plan, terms: Sequence[str]) -> dict[str, Sequence[int]]:
    """The newest that have each term."""
    lists = plan.find_each([[Lexeme(term)] for term in terms], limit=_PROBED, checked=False)
    return dict(zip(terms, lists, strict=True))


def _frequencies(lists: dict[str, Sequence[int]], documents: int) -> dict[str, float]:
    """How many texts have each term: counted, or for a list that was cut, by how far it reached.

    The longest list reaches back least for its length; a cut list that reached half as far back
    as the site is old stands for twice its length.
    """
    newest = max((docids[0] for docids in lists.values() if docids), default=0)
    oldest = min((docids[-1] for docids in lists.values() if docids), default=0)
    frequency: dict[str, float] = {}
    for term, docids in lists.items():
        count = float(len(docids))
        if len(docids) >= _PROBED:
            reached = (newest - docids[-1]) / max(newest - oldest, 1)
            count = min(float(documents), count / max(reached, 1e-6))
        frequency[term] = count
    return frequency
