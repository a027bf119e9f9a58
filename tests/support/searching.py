"""Publishing, asking and filling the index in a line each, for the tests of search."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, text, update

from extensions import db
from models import Publication, Revision
from services.search import (
    SearchRequest,
    SearchResult,
    index_publication,
    index_publications,
    search,
)
from tests.support.factories import NOW, make_publication


def publish(**fields: Any) -> Publication:
    publication = make_publication(**{"body": "", "summary": "", "byline": "", **fields})
    index_publication(publication_id=publication.id)
    return publication


def ask(q: str = "", *, now: datetime = NOW, **fields: Any) -> SearchResult:
    return search(request=SearchRequest(q=q, **fields), now=now)


def titles(q: str = "", **fields: Any) -> list[str]:
    return [hit.title for hit in ask(q, **fields).hits]


def library(shared: dict[str, Any]) -> None:
    publish(title="Hội nghị khoa học", body="<p>Bàn về sở hữu trí tuệ.</p>", **shared)
    publish(title="Sở hữu trí tuệ", summary="Khoa học", byline="Lê Ân", **shared)
    publish(title="Quyết định 05/2017/QĐ-UBND", body="<p>Bản chính, khoa học.</p>", **shared)


def many(count: int, *, title: str, body: str) -> None:
    """Index the same text under many publications, as quickly as it goes."""
    first = publish(title=title, body=f"<p>{body}</p>", published_at=NOW - timedelta(days=2))
    own = {"id", "live_revision_id", "latest_revision_id", "publication_id"}

    def copies(row: Publication | Revision | None) -> dict[str, Any]:
        assert row is not None
        table = row.__table__
        values = db.session.execute(select(table).filter_by(id=row.id)).mappings().one()
        return {name: value for name, value in values.items() if name not in own}

    publication, revision = copies(first), copies(first.live_revision)
    ids = db.session.scalars(
        insert(Publication).returning(Publication.id), [publication] * (count - 1)
    ).all()
    db.session.execute(
        insert(Revision), [{**revision, "publication_id": publication_id} for publication_id in ids]
    )
    live = select(Revision.id).where(Revision.publication_id == Publication.id)
    db.session.execute(
        update(Publication)
        .where(Publication.id.in_(ids))
        .values(live_revision_id=live.correlate(Publication).scalar_subquery())
        .execution_options(synchronize_session=False)
    )
    index_publications(publication_ids=ids)
    # What a server does by itself before long: else it plans for empty tables.
    db.session.execute(text("ANALYZE"))
