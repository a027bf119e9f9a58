"""What readers see has changed: every process knows with the commit, and nothing else tells it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import scoped_session

from extensions import db
from models import ContentVersion, Publication, Section, User
from services import publications, settings, views, workflow
from services.content_version import Freshness, Generation
from tests.support.board import Board, make_board
from tests.support.factories import (
    NOW,
    make_media,
    make_publication,
    make_section,
    make_unit,
    make_user,
)

Rows = dict[str, Any]


def number() -> int:
    db.session.expire_all()
    return db.session.scalars(select(ContentVersion.number)).one()


@pytest.fixture
def rows(session: scoped_session[Any]) -> Rows:
    found = {
        "live": make_publication(title="Đang trên trang"),
        "draft": make_publication(title="Bản nháp", state="draft"),
        "section": make_section(name="Tin hoạt động"),
        "unit": make_unit(name="Phòng Kế hoạch"),
        "user": make_user(full_name="Lê Thị An"),
        "media": make_media(),
    }
    session.commit()
    return found


def withdraw(rows: Rows) -> None:
    rows["live"].withdrawn_at = NOW


def retitle(rows: Rows) -> None:
    rows["live"].title = "Tên khác"


def publish(rows: Rows) -> None:
    draft: Publication = rows["draft"]
    draft.live_revision = draft.latest_revision
    draft.published_at = NOW


def take_off(rows: Rows) -> None:
    rows["live"].live_revision = None


def move_to_section(rows: Rows) -> None:
    rows["live"].section = rows["section"]


def rename_section(rows: Rows) -> None:
    rows["section"].name = "Tin tức"


def add_section(_rows: Rows) -> None:
    make_section(name="Chuyên mục mới")


def rename_unit(rows: Rows) -> None:
    rows["unit"].name = "Phòng Kế hoạch – Tài chính"


def rename_person(rows: Rows) -> None:
    rows["user"].full_name = "Lê Thị Bình An"


def describe_picture(rows: Rows) -> None:
    rows["media"].alt = "Lễ trao giải"


def change_setting(_rows: Rows) -> None:
    settings.put(key="posts_per_page", value=20)


def rename_all_sections(_rows: Rows) -> None:
    db.session.execute(update(Section).values(description="Tin mới"))


def begin_a_draft(rows: Rows) -> None:
    make_publication(title="Đang viết", state="draft", author=rows["user"], section=rows["section"])


def type_in_a_draft(rows: Rows) -> None:
    rows["draft"].title = "Gõ thêm"
    rows["draft"].latest_revision.body = "<p>Gõ thêm.</p>"


def revise_what_is_live(rows: Rows) -> None:
    live: Publication = rows["live"]
    publications.touch(live, NOW)


def log_in(rows: Rows) -> None:
    rows["user"].last_login_at = NOW


def read(rows: Rows) -> None:
    views.record_view(
        publication_id=rows["live"].id,
        secret_key="k" * 32,
        address="203.0.113.7",
        user_agent="Mozilla/5.0 Firefox/140.0",
        now=NOW,
    )


def upload(rows: Rows) -> None:
    make_media(uploaded_by=rows["user"])


@pytest.mark.parametrize(
    "change",
    [
        withdraw,
        retitle,
        publish,
        take_off,
        move_to_section,
        rename_section,
        add_section,
        rename_unit,
        rename_person,
        describe_picture,
        change_setting,
        rename_all_sections,
    ],
)
def test_what_readers_see_gets_a_new_version(rows: Rows, change: Callable[[Rows], None]) -> None:
    before = number()
    change(rows)
    db.session.commit()
    assert number() != before


@pytest.mark.parametrize(
    "change",
    [begin_a_draft, type_in_a_draft, revise_what_is_live, log_in, read, upload],
)
def test_what_readers_do_not_see_leaves_the_version(
    rows: Rows, change: Callable[[Rows], None]
) -> None:
    before = number()
    change(rows)
    db.session.commit()
    assert number() == before


def test_what_was_rolled_back_leaves_the_version(rows: Rows) -> None:
    before = number()
    retitle(rows)
    db.session.flush()
    db.session.rollback()
    rows["user"].last_login_at = NOW
    db.session.commit()
    assert number() == before


def test_every_action_of_the_board_that_readers_notice_gets_a_new_version(
    session: scoped_session[Any],
) -> None:
    board: Board = make_board()
    publication = board.draft()
    board.walk(publication, "author submit, editor take, editor forward, chief approve")
    session.commit()
    for who, action in [
        ("chief", "publish"),
        ("chief", "correct"),
        ("chief", "expire"),
        ("chief", "withdraw"),
        ("chief", "republish"),
    ]:
        before = number()
        board.do(who, action, publication)
        session.commit()
        assert number() != before, action
    before = number()
    workflow.revise(
        publication=publication,
        actor=board.author,
        seen=publications.seen_token(publication.live_revision),
        now=board.now,
    )
    session.commit()
    assert number() == before


def freshness(clock: list[datetime], *, every_s: float = 0) -> Freshness:
    return Freshness(db.engine, every_s=every_s, clock=lambda: clock[0])


def test_a_change_by_another_process_is_seen(rows: Rows) -> None:
    clock = [NOW]
    fresh = freshness(clock)
    before = fresh.generation()
    assert fresh.generation() == before
    with db.engine.connect() as other:
        other.execute(update(ContentVersion).values(number=4711))
        other.commit()
    assert fresh.generation() == Generation(4711, before.falls)


def test_between_two_questions_a_change_of_this_process_is_seen_at_once(rows: Rows) -> None:
    fresh = freshness([NOW], every_s=3600)
    before = fresh.generation()
    retitle(rows)
    db.session.commit()
    assert fresh.generation() != before


def test_what_appears_and_expires_by_itself_makes_a_new_generation_on_time(rows: Rows) -> None:
    hour = timedelta(hours=1)
    rows["live"].expires_at = NOW + 2 * hour
    make_publication(title="Hẹn giờ", published_at=NOW + hour)
    make_publication(title="Đã gỡ", state="withdrawn", published_at=NOW + hour / 2)
    db.session.commit()
    clock = [NOW]
    fresh = freshness(clock)
    seen = [fresh.generation()]
    for moment in (hour / 2, hour - timedelta(microseconds=1)):
        clock[0] = NOW + moment
        assert fresh.generation() == seen[0]
    for moment in (hour, 2 * hour):
        clock[0] = NOW + moment
        seen.append(fresh.generation())
        assert fresh.generation() == seen[-1]
    assert len(set(seen)) == 3
    clock[0] = NOW + 500 * hour
    assert fresh.generation() == seen[-1]


def test_asking_takes_no_lock_that_writers_wait_for(rows: Rows) -> None:
    rows["user"].last_login_at = NOW
    db.session.flush()  # on SQLite the write lock is taken from here on
    fresh = freshness([NOW])
    assert fresh.generation() == fresh.generation()
    db.session.rollback()
    assert db.session.get(User, rows["user"].id) is not None
