"""Texts near another by their words, for what is related to it."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select

from models import Publication
from services.search.answering import answer
from services.search.contract import SearchRequest
from services.search.filing import ID_MASK
from services.search.ranking import rank_with_scores
from services.search.searching import plan_of
from services.search.terms import Query, parse_query

# Less than this part of the nearest is not near.
_FLOOR = 0.25
_MAX_CONSIDERED = 60


def near(
    *,
    publication_id: int,
    text: str,
    section_weights: Mapping[int, float],
    request: SearchRequest,
    limit: int,
    now: datetime,
) -> list[int]:
    """Publications that readers see now with most of the rarer words of a text, nearest first.

    ``section_weights`` says by how much those of a section are nearer. Never the one itself.
    """
    plan = plan_of(request, now=now)
    plan = plan.asking(_as_question(text))
    if plan.query.is_empty:
        return []
    found = answer(plan)
    if not found.rows:
        return []
    scored = rank_with_scores(plan, found.rows, found.targets)
    ids = [docid & ID_MASK for _, docid in scored[:_MAX_CONSIDERED]]
    sections = {
        row[0]: row[1]
        for row in plan.session.execute(
            select(Publication.id, Publication.section_id).where(Publication.id.in_(ids))
        )
    }
    weighed = sorted(
        (
            (relevance * section_weights.get(sections.get(docid & ID_MASK) or 0, 1.0), docid)
            for relevance, docid in scored[:_MAX_CONSIDERED]
            if docid & ID_MASK != publication_id
        ),
        reverse=True,
    )
    least = weighed[0][0] * _FLOOR if weighed else 0.0
    return [docid & ID_MASK for relevance, docid in weighed if relevance >= least > 0][:limit]


def _as_question(text: str) -> Query:
    """A text's words as a question; quotes and signs in it mean nothing."""
    return parse_query(text.replace('"', " ").replace("-", " "))
