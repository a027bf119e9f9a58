"""Answers a reader's words with a page of publications.

All words of a short query must be there. Its hits are taken newest first, to a bound, together
with those that have the words in the title, often, or side by side; the best of them are ranked
by their text. A question is answered by the lists of its rarer terms, added up. So the work has
a bound however large the site: what is common is looked at only where it is new.
"""

import time
from collections.abc import Sequence
from datetime import datetime

from markupsafe import Markup

from extensions import db
from models import Language
from services.search.answering import answer
from services.search.contract import (
    TOTAL_CAP,
    Hit,
    Lexeme,
    SearchRequest,
    SearchResult,
    Sort,
    StoredRow,
)
from services.search.facets import count_facets
from services.search.filing import ID_MASK
from services.search.filtering import filters_of
from services.search.finding import find, list_all
from services.search.indexing import engine_of, is_of_version
from services.search.marking import mark, snippet
from services.search.promoting import promoted
from services.search.ranking import Found, Plan, read
from services.search.scoring import Target
from services.search.synonyms import Groups, concepts_of, load
from services.search.terms import (
    MAX_QUERY_CHARS,
    Query,
    author_terms,
    issuer_terms,
    parse_query,
)

_MAX_PER_PAGE = 100


def search(*, request: SearchRequest, now: datetime) -> SearchResult:
    """Find what readers may see at `now`; never fails, whatever was typed.

    A blank `q` lists all that the filters leave, newest first; a `q` without a letter or digit
    finds nothing. Hits beyond the first TOTAL_CAP are neither counted nor shown.
    """
    started = time.perf_counter()
    per_page = min(max(request.per_page, 1), _MAX_PER_PAGE)
    page = min(max(request.page, 1), TOTAL_CAP // per_page + 1)
    plan = plan_of(request, now=now)
    query = plan.query
    found, any_of = run(plan)
    first = _promoted(plan)
    docids = list(found.docids)
    if first:
        docids = [*first, *(docid for docid in docids if docid not in first)][:TOTAL_CAP]
    shown = docids[(page - 1) * per_page : page * per_page]
    return SearchResult(
        total=min(len(docids), TOTAL_CAP),
        total_is_capped=found.is_capped,
        hits=_hits(shown, found, numbers=query.numbers),
        page=page,
        per_page=per_page,
        elapsed_ms=(time.perf_counter() - started) * 1000,
        folded_only=found.folded_only,
        any_of=any_of,
        also=tuple(
            dict.fromkeys(form.written for concept in plan.concepts for form in concept.others)
        ),
        promoted_ids=frozenset(first.values()),
        facets=count_facets(plan, found, run=run) if request.with_facets else {},
    )


def matching_ids(*, request: SearchRequest, now: datetime) -> list[int]:
    """Ids of all that a request finds, TOTAL_CAP at most, for a list that has an order and
    conditions of its own."""
    found, _ = run(plan_of(request, now=now))
    return [docid & ID_MASK for docid in found.docids]


def _promoted(plan: Plan) -> dict[int, int]:
    """What the board shows first, where nothing but words was asked for."""
    request = plan.request
    if plan.filters.names or plan.names or plan.query.phrases or plan.query.excluded:
        return {}
    if request.sort is not Sort.RELEVANCE or not request.q:
        return {}
    return promoted(plan.session, request.q, now=plan.now)


def plan_of(request: SearchRequest, *, now: datetime, synonyms: Groups | None = None) -> Plan:
    """A request, read and ready to be answered; `synonyms` are those of a plan made before."""
    session = db.session()
    # What is asked goes past the session, which makes each question twice as dear.
    session.flush()
    synonyms = load(session) if synonyms is None else synonyms
    # Cut before they are kept for the next who asks the same.
    query = parse_query(
        request.q[:MAX_QUERY_CHARS],
        phrase=request.phrase[:MAX_QUERY_CHARS],
        without=request.without[:MAX_QUERY_CHARS],
    )
    # Who filters waits for the terms of filters; until the index has them, conditions do it.
    is_filed = (request.is_unfiltered and request.language is Language.VI) or is_of_version(session)
    names = author_terms(request.author[:MAX_QUERY_CHARS])
    names += issuer_terms(request.issuing_body[:MAX_QUERY_CHARS])
    return Plan(
        session=session,
        engine=engine_of(session),
        query=query,
        names=[Lexeme(term) for term in names],
        synonyms=synonyms,
        concepts=concepts_of(query, synonyms),
        filters=filters_of(request, now=now, is_filed=is_filed),
        is_filed=is_filed,
        request=request,
        now=now,
        prefix=_prefix_of(query, request),
    )


def run(plan: Plan) -> tuple[Found, bool]:
    """What is found of a plan, and whether texts that lack some of the words were taken too."""
    query, typed = plan.query, plan.request.q.strip() or plan.request.phrase.strip()
    if query.is_empty:
        # Words to leave out are a question by themselves, signs alone are none.
        return (Found((), False) if typed and not query.excluded else list_all(plan)), False
    if query.is_question:
        return answer(plan), True
    found = find(plan)
    if found.docids or not query.may_be_loose:
        return found, False
    found = answer(plan)
    return found, bool(found.docids)


def _prefix_of(query: Query, request: SearchRequest) -> str:
    """The folded word that is still being typed, if any; "" also when it is too short to help."""
    if not request.prefix_last or not query.words or not request.q[-1:].isalnum():
        return ""
    word = query.words[-1].folded
    return word if len(word) >= 2 else ""


def _hits(docids: Sequence[int], found: Found, *, numbers: Sequence[str]) -> tuple[Hit, ...]:
    if not docids:
        return ()
    rows = dict(found.rows or {})
    rows |= read([docid for docid in docids if docid not in rows])
    hits = []
    for docid in docids:
        row = rows.get(docid)
        if row is None:
            continue
        targets = [
            target for target in found.targets if target.holders is None or docid in target.holders
        ]
        snippet_html, is_of_file = _snippet_of(row, targets, numbers)
        hits.append(
            Hit(
                publication_id=docid & ID_MASK,
                title=row.title,
                title_html=mark(
                    row.title, folded=row.folded_title, targets=targets, numbers=numbers
                ),
                snippet_html=snippet_html,
                is_of_file=is_of_file,
            )
        )
    return tuple(hits)


def _snippet_of(
    row: StoredRow, targets: Sequence[Target], numbers: Sequence[str]
) -> tuple[Markup, bool]:
    """From the body where that says more of what was asked than the summary, and from the
    attached files where they say more than both; and whether it is from those."""

    def told(folded: str) -> float:
        return sum(target.weight for target in targets if target.pattern in folded)

    in_summary, in_body = told(row.folded_summary), told(row.folded_body)
    if row.files and told(row.folded_files) > max(in_summary, in_body, told(row.folded_title)):
        return snippet(row.files, folded=row.folded_files, targets=targets, numbers=numbers), True
    if row.summary and (not row.body or in_summary >= in_body):
        return snippet(
            row.summary, folded=row.folded_summary, targets=targets, numbers=numbers
        ), False
    return snippet(row.body, folded=row.folded_body, targets=targets, numbers=numbers), False
