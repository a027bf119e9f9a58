"""What the board did is told to the author and the unit's contact, and to nobody else."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import scoped_session

from extensions import db
from models import Notification, Publication, User
from services import notifications, workflow
from services.errors import NotFound
from services.publications import seen_token
from tests.support.board import Board, make_board
from tests.support.factories import NOW, make_unit, make_user

Session = scoped_session[Any]
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@pytest.fixture
def board(session: Session) -> Board:
    return make_board()


@pytest.fixture
def contact(board: Board) -> User:
    """The contact of the author's unit, beside contacts of other units and colleagues."""
    person = make_user(full_name="Phan Thị Đầu Mối")
    closed = make_user(full_name="Đã Nghỉ Việc", is_active=False)
    board.author.unit.contacts = [person, closed]
    make_unit().contacts = [make_user(full_name="Đầu Mối Nơi Khác")]
    make_user(unit=board.author.unit, full_name="Đồng Nghiệp Cùng Phòng")
    db.session.flush()
    return person


def told(event: str) -> dict[str, Notification]:
    """Who was told of this, by name."""
    rows = db.session.scalars(select(Notification).where(Notification.event == event))
    return {row.user.full_name: row for row in rows}


def everyone_told() -> set[str]:
    return {row.user.full_name for row in db.session.scalars(select(Notification))}


BOTH = {"Lê Thị Tác Giả", "Phan Thị Đầu Mối"}


def test_a_returned_text_is_told_with_its_reason_to_author_and_contact_alone(
    board: Board, contact: User
) -> None:
    post = board.walk(board.draft(), "author submit,editor take")
    board.do("editor", "return", post, reason="Thiếu nguồn số liệu ở đoạn 3.")
    assert everyone_told() == BOTH
    found = told("returned")
    assert set(found) == BOTH
    for row in found.values():
        assert row.sentence == "Bài “Hội nghị khoa học trẻ” cần chỉnh sửa."
        assert row.detail == "Thiếu nguồn số liệu ở đoạn 3."
        assert row.read_at is None
    assert found["Lê Thị Tác Giả"].address == f"/ban-lam-viec/bai-viet/{post.id}"
    # Another's text is not for the contact to open before it is on the site.
    assert found["Phan Thị Đầu Mối"].address == ""


def test_submitting_is_told_to_nobody(board: Board, contact: User) -> None:
    board.walk(board.draft(), "author submit,author take_back,author submit")
    assert everyone_told() == set()


WALKS = {
    "author submit,editor take": ("taken", "Trần Biên Tập đã nhận biên tập bài “{}”."),
    "author submit,chief reject": ("rejected", "Bài “{}” không được chọn đăng."),
    "author submit,editor take,editor forward,chief approve": (
        "approved",
        "Bài “{}” đã được duyệt.",
    ),
    "author submit,editor take,editor forward,chief approve,chief schedule": (
        "scheduled",
        "Bài “{}” sẽ được đăng lúc 09:00, 16/09/2026.",
    ),
    "author submit,editor take,editor forward,chief approve,chief schedule,chief unschedule": (
        "unscheduled",
        "Bài “{}” đã được huỷ hẹn giờ, chưa đăng.",
    ),
    "author submit,editor take,editor forward,chief approve,chief publish": (
        "published",
        "Bài “{}” đã được đăng.",
    ),
    "author submit,editor take,editor forward,chief approve,chief publish,chief withdraw": (
        "withdrawn",
        "Bài “{}” đã được gỡ khỏi trang.",
    ),
    "author submit,editor take,editor forward,chief approve,chief publish,chief correct": (
        "corrected",
        "Bài “{}” có đính chính.",
    ),
}


@pytest.mark.parametrize("steps", WALKS)
def test_each_thing_that_the_board_does_is_told_in_a_sentence(
    board: Board, contact: User, steps: str
) -> None:
    event, sentence = WALKS[steps]
    board.walk(board.draft(), steps)
    found = told(event)
    assert set(found) == BOTH
    assert {row.sentence for row in found.values()} == {sentence.format("Hội nghị khoa học trẻ")}
    assert everyone_told() == BOTH


def test_whoever_did_it_is_not_told(board: Board) -> None:
    board.trusted.unit.contacts = [board.trusted]
    post = board.draft(board.trusted)
    board.walk(post, "trusted publish_unreviewed")
    assert everyone_told() == set()


def test_the_contact_is_told_where_citizens_read_it(board: Board, contact: User) -> None:
    steps = "author submit,editor take,editor forward,chief approve,chief publish"
    post = board.walk(board.draft(), steps)
    address = told("published")["Phan Thị Đầu Mối"].address
    assert address == f"/bai-viet/{post.slug}-{post.id}"


def test_approved_and_published_in_one_go_is_one_thing_to_know(board: Board) -> None:
    post = board.walk(board.draft(), "author submit,editor take,editor forward")
    assert post.latest_revision is not None
    workflow.approve_and_publish(
        publication=post, actor=board.chief, seen=seen_token(post.latest_revision), now=board.now
    )
    assert [row.event for row in mine(board.author)] == ["published", "taken"]


def mine(user: User) -> list[Notification]:
    return list(notifications.page_of(user=user, number=1, per_page=50).items)


def tell(user: User, now: datetime = NOW, **said: Any) -> Notification | None:
    given = {"event": "returned", "sentence": "Bài cần chỉnh sửa.", **said}
    return notifications.tell(user=user, now=now, **given)


def test_remarks_are_told_once_until_they_are_read(board: Board, contact: User) -> None:
    post = board.walk(board.draft(), "author submit,editor take")
    said = {"publication": post, "actor": board.editor}
    for text in ("Câu này tối nghĩa.", "Thiếu nguồn."):
        notifications.on_remark(**said, text=text, now=NOW)
    assert set(told("remark")) == BOTH
    assert told("remark")["Lê Thị Tác Giả"].detail == "Câu này tối nghĩa."
    notifications.read_all(user=board.author, up_to=10**6, now=NOW)
    notifications.on_remark(**said, text="Còn một chỗ.", now=NOW)
    assert [row.detail for row in mine(board.author) if row.read_at is None] == ["Còn một chỗ."]


def test_what_has_a_key_is_told_once(board: Board) -> None:
    assert tell(board.author, once_key="target:2026-09") is not None
    assert tell(board.author, once_key="target:2026-09") is None
    assert tell(board.editor, once_key="target:2026-09") is not None


def test_what_is_long_is_cut_to_what_the_table_holds(board: Board) -> None:
    row = tell(board.author, sentence="d" * 600, detail="đ" * 2500)
    assert row is not None
    assert (len(row.sentence), len(row.detail)) == (500, 2000)


def test_unread_comes_first_and_then_the_newest(board: Board) -> None:
    rows = [tell(board.author, sentence=str(number)) for number in range(4)]
    assert rows[3] is not None
    notifications.read(user=board.author, notification_id=rows[3].id, now=NOW)
    assert [row.sentence for row in mine(board.author)] == ["2", "1", "0", "3"]
    assert notifications.count_unread(user=board.author) == 3


def test_opening_a_text_reads_all_that_was_told_of_it(board: Board) -> None:
    one, other = board.draft(), board.draft()
    first = tell(board.author, publication=one)
    tell(board.author, publication=one)
    tell(board.author, publication=other)
    assert first is not None
    notifications.open_text(user=board.author, notification_id=first.id, now=NOW)
    unread: list[Publication | None] = [
        row.publication for row in mine(board.author) if row.read_at is None
    ]
    assert unread == [other]


def test_what_came_after_the_page_was_shown_stays_unread(board: Board) -> None:
    seen = tell(board.author)
    tell(board.author)
    assert seen is not None
    assert notifications.read_all(user=board.author, up_to=seen.id, now=NOW) == 1
    assert notifications.count_unread(user=board.author) == 1


def test_nobody_reads_what_another_was_told(board: Board) -> None:
    row = tell(board.author)
    assert row is not None
    for act in (notifications.read, notifications.open_text):
        with pytest.raises(NotFound):
            act(user=board.editor, notification_id=row.id, now=NOW)
    assert notifications.read_all(user=board.editor, up_to=row.id, now=NOW) == 0


def test_what_was_told_half_a_year_ago_is_cleared_away(board: Board) -> None:
    tell(board.author, NOW - timedelta(days=181))
    kept = tell(board.author, NOW - timedelta(days=179))
    assert notifications.prune(now=NOW) == 1
    assert mine(board.author) == [kept]
