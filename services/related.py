"""What readers of one publication may want next: near by its words, then by its section.

Worked out by the background worker, from the search index, and kept in a table, so that a page
reads it in one query. A text published a moment ago has what its section has that is new.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, or_, select, update
from sqlalchemy.orm import aliased

from extensions import db
from models import Language, Publication, RelatedPublication, RelatedState, Section
from services import listing
from services.listing import RELATED, Card
from services.search import SearchRequest
from services.search.near import near
from services.visibility import visible

# So many are kept: some will be withdrawn or expire before they are worked out again.
KEPT = 10
BATCH = 20
MAX_A_RUN = 200
# What was published since may be nearer.
GROWS_OLD_AFTER = timedelta(days=30)
OLD_A_RUN = 20

_READ = (
    listing.CARDS.join(RelatedPublication, RelatedPublication.related_id == Publication.id)
    .where(RelatedPublication.publication_id == bindparam("publication_id"), visible(listing.NOW))
    .order_by(RelatedPublication.position)
    .limit(RELATED)
)


def related_to(
    *,
    publication_id: int,
    section_path: Sequence[Sequence[int]],
    now: datetime,
    language: Language = Language.VI,
) -> list[Card]:
    """What is near a publication, nearest first; never itself, and always some if there are any.

    ``section_path`` gives the sets of section ids from which to fill up, narrowest first.
    """
    found = listing.cards(_READ, {"publication_id": publication_id, "now": now})
    if len(found) >= RELATED:
        return found
    return found + listing.related(
        publication_id=publication_id,
        section_path=section_path,
        excluded_ids=[card.id for card in found],
        limit=RELATED - len(found),
        now=now,
        language=language,
    )


def keep_in_step(*, now: datetime, checkpoint: Callable[[], None]) -> int:
    """Work out what is near those publications whose text has changed, a bounded number of them,
    and the ones longest unlooked at; return how many. Flushes; ``checkpoint`` commits."""
    _forget_gone(now=now)
    done = 0
    while done < MAX_A_RUN:
        some = _waiting(now=now, limit=BATCH)
        if not some:
            break
        for publication in some:
            _work_out(publication, now=now, is_new=True)
        done += len(some)
        db.session.flush()
        checkpoint()
    for publication in _old(now=now):
        _work_out(publication, now=now, is_new=False)
        done += 1
    db.session.flush()
    return done


def _waiting(*, now: datetime, limit: int) -> Sequence[Publication]:
    """Live publications whose live text is another than the one looked at, newest first."""
    return db.session.scalars(
        select(Publication)
        .outerjoin(RelatedState, RelatedState.publication_id == Publication.id)
        .where(
            visible(now),
            or_(
                RelatedState.publication_id.is_(None),
                RelatedState.revision_id.is_(None),
                RelatedState.revision_id != Publication.live_revision_id,
            ),
        )
        .order_by(Publication.published_at.desc(), Publication.id.desc())
        .limit(limit)
    ).all()


def _old(*, now: datetime) -> Sequence[Publication]:
    return db.session.scalars(
        select(Publication)
        .join(RelatedState, RelatedState.publication_id == Publication.id)
        .where(visible(now), RelatedState.worked_out_at < now - GROWS_OLD_AFTER)
        .order_by(RelatedState.worked_out_at)
        .limit(OLD_A_RUN)
    ).all()


def _forget_gone(*, now: datetime) -> None:
    """What is read no more leaves the lists; those in whose lists it stood are looked at anew."""
    gone = db.session.scalars(
        select(RelatedState.publication_id)
        .join(Publication, Publication.id == RelatedState.publication_id)
        .where(~visible(now))
        .limit(MAX_A_RUN)
    ).all()
    if not gone:
        return
    holders = select(RelatedPublication.publication_id).where(
        RelatedPublication.related_id.in_(gone)
    )
    _look_again(db.session.scalars(holders).all())
    for column in (RelatedPublication.publication_id, RelatedPublication.related_id):
        db.session.execute(delete(RelatedPublication).where(column.in_(gone)))
    db.session.execute(delete(RelatedState).where(RelatedState.publication_id.in_(gone)))


def _look_again(publication_ids: Sequence[int]) -> None:
    db.session.execute(
        update(RelatedState)
        .where(RelatedState.publication_id.in_(publication_ids))
        .values(revision_id=None)
        .execution_options(synchronize_session=False)
    )


def _work_out(publication: Publication, *, now: datetime, is_new: bool) -> None:
    state = db.session.get(RelatedState, publication.id)
    # One that is merely looked at again tells its neighbours nothing, or they would never end.
    is_first_time = is_new and (state is None or state.revision_id is not None)
    found = near(
        publication_id=publication.id,
        text=f"{publication.title}. {publication.summary}",
        section_weights=_section_weights(publication.section_id),
        request=SearchRequest(language=publication.language),
        limit=KEPT,
        now=now,
    )
    db.session.execute(
        delete(RelatedPublication).where(RelatedPublication.publication_id == publication.id)
    )
    db.session.add_all(
        RelatedPublication(publication_id=publication.id, position=position, related_id=related_id)
        for position, related_id in enumerate(found)
    )
    if state is None:
        state = RelatedState(publication_id=publication.id)
        db.session.add(state)
    state.revision_id, state.worked_out_at = publication.live_revision_id, now
    db.session.flush()
    if is_first_time and found:
        # It may be nearest to them too.
        known = select(RelatedState.publication_id).where(RelatedState.publication_id.in_(found))
        _look_again(db.session.scalars(known).all())


_parent = aliased(Section)


def _section_weights(section_id: int | None) -> dict[int, float]:
    """How much nearer a text is for standing in the same section, or beside it."""
    if section_id is None:
        return {}
    siblings = db.session.scalars(
        select(Section.id)
        .join(_parent, _parent.parent_id == Section.parent_id)
        .where(_parent.id == section_id)
    ).all()
    return {**dict.fromkeys(siblings, 1.1), section_id: 1.25}
