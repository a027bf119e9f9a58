"""What readers see at a moment: the one rule, for a query and for an object.

Out, not withdrawn, not expired. Because it is asked and never stored, a scheduled post appears
on time with nothing having to fire.
"""

from datetime import datetime

from sqlalchemy import BindParameter, ColumnElement, and_, literal_column, or_

from models import Language, Publication


def visible(
    now: datetime | BindParameter[datetime], of: type[Publication] = Publication
) -> ColumnElement[bool]:
    """The condition on Publication for readers to see it at ``now``, which a statement that is
    kept and used again gives as a parameter. ``of``: an alias of it in the same query."""
    return and_(
        of.live_revision_id.is_not(None),
        of.withdrawn_at.is_(None),
        of.published_at <= now,
        or_(of.expires_at.is_(None), of.expires_at > now),
    )


def is_visible(publication: Publication, now: datetime) -> bool:
    """Whether readers see this publication at ``now``."""
    return (
        publication.live_revision_id is not None
        and publication.withdrawn_at is None
        and publication.published_at is not None
        and publication.published_at <= now
        and (publication.expires_at is None or publication.expires_at > now)
    )


def in_language(language: Language) -> ColumnElement[bool]:
    """The condition on Publication to be written in this language: a list, a feed or a search
    holds one. Written out, so that the index of the few that are English serves it."""
    return Publication.language == literal_column(f"'{language.value}'")
