"""Search: one contract, two engines. Text is taken apart in Python, once, for both.

index_publication(publication_id=…)      in the transaction that changes what is published
search(request=SearchRequest(q=…), now=…) never fails
suggest(request=…, now=…)                 what to ask instead, where nothing was found
reindex(progress=…, checkpoint=…)         makes the index anew while the site serves
"""

from services.search.contract import (
    TOTAL_CAP,
    Facet,
    FacetCounts,
    Hit,
    SearchRequest,
    SearchResult,
    Sort,
)
from services.search.indexing import (
    clear,
    file_anew,
    index_publication,
    index_publications,
    is_current,
    reindex,
    remove_publication,
    tidy,
)
from services.search.searching import matching_ids, search
from services.search.suggesting import Reason, Suggestion, suggest

__all__ = [
    "TOTAL_CAP",
    "Facet",
    "FacetCounts",
    "Hit",
    "Reason",
    "SearchRequest",
    "SearchResult",
    "Sort",
    "Suggestion",
    "clear",
    "file_anew",
    "index_publication",
    "index_publications",
    "is_current",
    "matching_ids",
    "reindex",
    "remove_publication",
    "search",
    "suggest",
    "tidy",
]
