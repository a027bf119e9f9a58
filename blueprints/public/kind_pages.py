"""What the page of one kind shows beside what every publication shows.

A kind whose page says more registers it here, and draws it in templates/public/kinds/.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from models import Kind
from services.articles import Article

More = Callable[[Article, datetime], dict[str, Any]]

_MORE: dict[Kind, list[More]] = {}


def more(kind: Kind) -> Callable[[More], More]:
    """Let a function give the page of this kind more names: a decorator."""

    def register(function: More) -> More:
        _MORE.setdefault(kind, []).append(function)
        return function

    return register


def more_of(article: Article, now: datetime) -> dict[str, Any]:
    """What the page of this publication shows beside the rest."""
    names: dict[str, Any] = {}
    for function in _MORE.get(article.kind, ()):
        names |= function(article, now)
    return names
