"""The pages of a site with ten times as many texts: as much work for the database, counted in its
own steps, which no load on the machine changes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, insert, select, update
from sqlalchemy.orm import scoped_session

from extensions import db
from models import DocumentDetail, Genre, Kind, Origin, Publication, Revision, State, ViewTotal
from tests.support.client import CheckedClient
from tests.support.factories import make_publication, make_section, make_user

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

Session = scoped_session[Any]
EACH_STEPS = 100
# Of the same work ten times as far apart: B-trees are a level deeper.
MOST = 1.5


def _fill(*, texts: int, author_id: int, unit_id: int, section_ids: list[int]) -> None:
    """Older and older texts in every section, every fifth a document, in a few statements."""
    first = (db.session.scalar(select(func.max(Publication.id))) or 0) + 1
    ids = range(first, first + texts)
    # Of one pace, so that what is of the last months grows no more than the calendar does.
    start = datetime.now(UTC) - timedelta(hours=1)
    at = {number: start - timedelta(hours=8 * number) for number in ids}
    revision_offset = 100_000
    common = {"unit_id": unit_id, "author_id": author_id, "lock_version": 1}
    db.session.execute(
        insert(Publication),
        [
            {
                **common,
                "id": number,
                "kind": Kind.DOCUMENT if number % 5 == 0 else Kind.POST,
                "slug": f"bai-{number}",
                "title": f"Bài số {number}",
                "section_id": section_ids[number % len(section_ids)],
                "published_at": at[number],
                "created_at": at[number],
                "updated_at": at[number],
                "public_changed_at": at[number],
            }
            for number in ids
        ],
    )
    db.session.execute(
        insert(Revision),
        [
            {
                "id": revision_offset + number,
                "publication_id": number,
                "number": 1,
                "version": 1,
                "state": State.PUBLISHED,
                "title": f"Bài số {number}",
                "body": "<p>Nội dung.</p>",
                "genre": Genre.NEWS,
                "origin": Origin.OWN,
                "author_id": author_id,
                "written_by_id": author_id,
                "created_at": at[number],
                "updated_at": at[number],
            }
            for number in ids
        ],
    )
    db.session.execute(
        insert(DocumentDetail),
        [
            {
                "revision_id": revision_offset + number,
                "document_number": f"{number}/QĐ-SKHCN",
                "number_key": f"{number}/qd-skhcn",
                "document_type": "Quyết định",
                "issuing_body": "Sở Khoa học và Công nghệ",
                "issued_on": at[number].date(),
            }
            for number in ids
            if number % 5 == 0
        ],
    )
    db.session.execute(
        update(Publication)
        .where(Publication.id.in_(ids))
        .values(
            live_revision_id=Publication.id + revision_offset,
            latest_revision_id=Publication.id + revision_offset,
        ),
        execution_options={"synchronize_session": False},
    )
    db.session.execute(
        insert(ViewTotal), [{"publication_id": number, "total": number % 7 + 1} for number in ids]
    )
    db.session.commit()


@contextmanager
def counted(app: Flask) -> Iterator[list[int]]:
    """The steps of SQLite's machine, in hundreds."""
    steps = [0]

    def step() -> None:
        steps[0] += 1

    def watch(connection: Any, *_: Any) -> None:
        connection.set_progress_handler(step, EACH_STEPS)

    def leave(connection: Any, *_: Any) -> None:
        connection.set_progress_handler(None, 0)

    with app.app_context():
        pool = db.engine.pool
    event.listen(pool, "checkout", watch)
    event.listen(pool, "checkin", leave)
    yield steps
    event.remove(pool, "checkout", watch)
    event.remove(pool, "checkin", leave)


def test_pages_ask_as_much_of_the_database_when_there_is_ten_times_as_much(
    app: Flask, session: Session, client: CheckedClient
) -> None:
    author = make_user()
    top = make_section(name="Tin hoạt động")
    below = [make_section(name=f"Mục {number}", parent=top) for number in range(5)]
    post = make_publication(title="Bài đang đọc", section=top)
    document = make_publication(kind="document", title="Văn bản đang đọc", section=top)
    paths = [
        "/",
        f"/chuyen-muc/{top.slug}",
        f"/chuyen-muc/{top.slug}?trang=3",
        f"/chuyen-muc/{below[0].slug}",
        f"/bai-viet/{post.slug}-{post.id}",
        f"/van-ban/{document.slug}-{document.id}",
        "/van-ban",
        "/van-ban?trang=3",
        "/rss.xml",
    ]
    where = {
        "author_id": author.id,
        "unit_id": author.unit_id,
        "section_ids": [one.id for one in (top, *below)],
    }

    def work() -> dict[str, int]:
        found = {}
        with counted(app) as steps:
            for path in paths:
                # What is counted once for each version of the content is not the page's.
                assert client.get(path).status_code == 200
                before = steps[0]
                assert client.get(path).status_code == 200
                found[path] = steps[0] - before
        return found

    _fill(texts=400, **where)
    small = work()
    _fill(texts=3_600, **where)
    large = work()
    assert sum(small.values()) > 20
    grown = {
        path: (small[path], steps)
        for path, steps in large.items()
        if steps > MOST * small[path] + 5
    }
    assert grown == {}
