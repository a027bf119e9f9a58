"""Search: one contract, two engines. Text is taken apart in Python, once, for both.

index_publication(publication_id=…)      in the transaction that changes what is published
search(request=SearchRequest(q=…), now=…) never fails
reindex(progress=…, checkpoint=…)         makes the index anew while the site serves
"""

from services.search.contract import TOTAL_CAP, Hit, SearchRequest, SearchResult, Sort
from services.search.indexing import clear, index_publication, reindex, remove_publication
from services.search.searching import search

__all__ = [
    "TOTAL_CAP",
    "Hit",
    "SearchRequest",
    "SearchResult",
    "Sort",
    "clear",
    "index_publication",
    "reindex",
    "remove_publication",
    "search",
]
