"""The desk with ten times as many texts and people: as many queries, bounded counts, every row
still within reach."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, insert, select, update
from sqlalchemy.orm import scoped_session

from extensions import db
from models import (
    Genre,
    Kind,
    Link,
    LinkUse,
    Origin,
    Publication,
    Revision,
    Role,
    State,
    User,
    ViewTotal,
)
from services import desk
from services.desk_lists import LISTS, QUEUE
from services.vietnamese import sort_key
from tests.support.client import CheckedClient, login
from tests.support.factories import NOW, make_section, make_unit, make_user

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

Session = scoped_session[Any]
# Where texts stand: most are on the site, the rest lie about the desk.
STATES = (
    *(State.DRAFT, State.NEEDS_CHANGES, State.AWAITING_EDIT, State.IN_EDIT),
    *(State.AWAITING_APPROVAL, State.APPROVED, State.REJECTED, *[State.PUBLISHED] * 13),
)
# By state and by dates, of one's own and of the board; the others are made like them.
ASKED_FOR = ("ban-nhap", "da-dang", "cho-duyet", "tren-trang", "da-go")
# With what a page shows when it is filtered, turned, or of one list.
QUERIES = {
    "dashboard.home": ("?danh-sach={list}", "?danh-sach={list}&q=can", "?danh-sach={list}&trang=2"),
    "dashboard.queue": ("?q=can", "?trang=2"),
    "dashboard.tidying": (
        *("?danh-sach=tra-lai-chua-sua", "?danh-sach=ban-nhap-bo-quen", "?danh-sach=it-nguoi-xem"),
        *("?danh-sach=can-ra-soat", "?danh-sach=lien-ket-hong", "?danh-sach=thieu-mo-ta-anh"),
    ),
}


def _fill(*, texts: int, people: int, author: User, section_id: int) -> None:
    """Add so many of each, in a few statements."""
    taken = db.session.scalar(select(func.count(User.id))) or 0
    db.session.execute(
        insert(User),
        [
            {
                "username": f"nhan.vien.{number}",
                "full_name": f"Nguyễn Văn Số {number}",
                "sort_key": sort_key(f"Nguyễn Văn Số {number}"),
                "email": f"nhan.vien.{number}@example.vn",
                "password_hash": "!",
                "session_token": f"dong-{number}",
                "role": Role.CONTRIBUTOR,
                "unit_id": author.unit_id,
                "created_at": NOW,
            }
            for number in range(taken, taken + people)
        ],
    )
    first = (db.session.scalar(select(func.count(Publication.id))) or 0) + 1
    ids = range(first, first + texts)
    on_site = [State.PUBLISHED is STATES[number % len(STATES)] for number in ids]
    db.session.execute(
        insert(Publication),
        [
            {
                "id": number,
                "kind": Kind.POST,
                "slug": f"bai-{number}",
                "title": f"Cân đối chứng số {number}",
                "section_id": section_id,
                "unit_id": author.unit_id,
                "author_id": author.id,
                "published_at": NOW - timedelta(days=40, minutes=number) if is_out else None,
                "lock_version": 1,
                "created_at": NOW - timedelta(days=900),
                "updated_at": NOW - timedelta(days=800, minutes=number),
            }
            for number, is_out in zip(ids, on_site, strict=True)
        ],
    )
    db.session.execute(
        insert(Revision),
        [
            {
                "id": number,
                "publication_id": number,
                "number": 1,
                "version": 1,
                "state": STATES[number % len(STATES)],
                "title": f"Cân đối chứng số {number}",
                "section_id": section_id,
                "genre": Genre.NEWS,
                "origin": Origin.OWN,
                "author_id": author.id,
                "written_by_id": author.id,
                "submitted_at": NOW - timedelta(days=900),
                "created_at": NOW - timedelta(days=900),
                "updated_at": NOW - timedelta(days=800),
            }
            for number in ids
        ],
    )
    are_new = Publication.id.between(ids[0], ids[-1])
    without_sync = {"synchronize_session": False}
    db.session.execute(
        update(Publication).where(are_new).values(latest_revision_id=Publication.id),
        execution_options=without_sync,
    )
    db.session.execute(
        update(Publication)
        .where(are_new, Publication.published_at.is_not(None))
        .values(live_revision_id=Publication.id),
        execution_options=without_sync,
    )
    db.session.execute(
        insert(ViewTotal), [{"publication_id": number, "total": number % 7} for number in ids]
    )
    db.session.execute(
        insert(Link),
        [
            {
                "id": number,
                "url": f"http://so-{number}.example.vn/",
                "url_hash": str(number),
                "failures": 3,
                "broken_since": NOW,
            }
            for number in ids
        ],
    )
    db.session.execute(
        insert(LinkUse), [{"publication_id": number, "link_id": number} for number in ids]
    )
    db.session.commit()


@contextmanager
def _counted(app: Flask) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


def _pages(app: Flask) -> Iterator[str]:
    """Every page of the desk that is no page of one thing: new ones are in it by themselves."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/ban-lam-viec") or rule.arguments:
            continue
        if "GET" not in (rule.methods or set()):
            continue
        address = adapter.build(rule.endpoint)
        yield address
        for query in QUERIES.get(rule.endpoint, ()):
            for key in ASKED_FOR if "{list}" in query else ("",):
                yield address + query.format(list=key)


def _cost(app: Flask, client: CheckedClient) -> dict[str, int]:
    costs = {}
    for address in _pages(app):
        with _counted(app) as statements:
            status = client.get(address).status_code
        assert status < 500, address
        if status == 200:
            costs[address] = len(statements)
    return costs


@pytest.mark.parametrize("role", [Role.CHIEF, Role.ADMIN])
def test_every_page_of_the_desk_asks_as_much_of_1000_texts_as_of_100(
    app: Flask, client: CheckedClient, session: Session, role: Role
) -> None:
    author = make_user(unit=make_unit(), role=role)
    section_id = make_section().id
    login(client, author)
    _fill(texts=100, people=30, author=author, section_id=section_id)
    few = _cost(app, client)

    _fill(texts=900, people=270, author=author, section_id=section_id)
    many = _cost(app, client)

    assert "/ban-lam-viec/lich" in few
    if role is Role.CHIEF:
        assert {"/ban-lam-viec/duyet?q=can", "/ban-lam-viec?danh-sach=tren-trang&q=can"} <= set(few)
    dearer = {page: (few[page], many[page]) for page in few if many[page] > few[page]}
    assert dearer == {}


def test_counts_stop_where_nobody_counts_on_and_every_row_is_within_reach(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    chief = make_user(role=Role.CHIEF)
    _fill(texts=200, people=1, author=chief, section_id=make_section().id)
    monkeypatch.setattr(desk, "MOST_COUNTED", 50)
    monkeypatch.setattr(desk, "PAGES_AHEAD", 3)
    on_site = LISTS["tren-trang"]

    counts = {c.desk_list.key: c for c in desk.count_lists(user=chief, now=NOW)}
    assert (counts["tren-trang"].total, counts["tren-trang"].is_more) == (50, True)

    first = desk.rows_of(user=chief, desk_list=on_site, now=NOW, per_page=10)
    assert (first.number, first.pages, first.total, first.is_more) == (1, 4, 40, True)
    seen = []
    number = 1
    while True:
        page = desk.rows_of(user=chief, desk_list=on_site, now=NOW, per_page=10, number=number)
        seen += [publication.id for publication in page.items]
        if number == page.pages:
            break
        number += 1
    expected = session.scalars(
        select(Publication.id)
        .where(Publication.published_at.is_not(None))
        .order_by(Publication.published_at.desc())
    ).all()
    assert seen == list(expected)
    assert (page.total, page.is_more) == (len(expected), False)
    beyond = desk.rows_of(user=chief, desk_list=on_site, now=NOW, per_page=10, number=99)
    assert (beyond.number, beyond.is_more) == (page.pages, False)


# What SQLite calls an index that answers by itself.
ALONE = "COVERING INDEX"


def _plan(session: Session, query: Any) -> list[str]:
    compiled = query.compile(db.engine, compile_kwargs={"literal_binds": True})
    rows = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}").all()
    return [row[3] for row in rows if row[3].split()[1] in ("publication", "revision")]


@pytest.mark.parametrize("key", ["da-go", "het-han", "hen-gio", "tren-trang", "cho-duyet"])
def test_a_count_in_the_navigation_reads_no_table_from_end_to_end(
    session: Session, key: str
) -> None:
    chief = make_user(role=Role.CHIEF)

    plan = _plan(session, desk._counted(LISTS[key], chief, NOW).limit(1001))

    assert plan
    assert [step for step in plan if step.startswith("SCAN")] == []


def test_what_waits_is_counted_and_put_in_order_by_an_index_alone(session: Session) -> None:
    chief = make_user(role=Role.CHIEF)

    counted = _plan(session, desk._counted(QUEUE, chief, NOW).limit(1001))
    ordered = _plan(session, desk._in_order(QUEUE, chief, NOW, upto=25).limit(25))

    assert [ALONE in step for step in counted] == [True]
    # One step for each state; then the rows of the few that came first, by their numbers.
    assert [ALONE in step for step in ordered] == [True, True, True, False]
    assert "INTEGER PRIMARY KEY" in ordered[-1]


def test_of_a_busy_author_only_what_is_worked_on_is_looked_at(session: Session) -> None:
    author = make_user()
    _fill(texts=2_000, people=1, author=author, section_id=make_section().id)
    session.connection().exec_driver_sql("ANALYZE")

    plan = _plan(session, desk._ids(LISTS["ban-nhap"], author, NOW))

    assert any("ix_publication_in_work" in step for step in plan)
    assert any("ix_revision_author_state (author_id=? AND state=?)" in step for step in plan)
    assert [step for step in plan if "ix_revision_state_submitted" in step] == []


def test_the_queue_is_in_the_order_in_which_texts_were_handed_in(session: Session) -> None:
    chief = make_user(role=Role.CHIEF)
    _fill(texts=200, people=1, author=chief, section_id=make_section().id)
    waiting = session.scalars(select(Revision).where(Revision.state.in_(QUEUE.working))).all()
    for place, revision in enumerate(waiting):
        revision.submitted_at = NOW - timedelta(hours=place * 7 % 31, minutes=place)
    session.flush()
    expected = [r.publication_id for r in sorted(waiting, key=lambda r: (r.submitted_at, r.id))]

    pages = [
        desk.rows_of(user=chief, desk_list=QUEUE, now=NOW, per_page=10, number=number)
        for number in (1, 2, 3)
    ]

    assert [item.id for page in pages for item in page.items] == expected[:30]
    assert len(expected) == 30
    assert {page.total for page in pages} == {30}
