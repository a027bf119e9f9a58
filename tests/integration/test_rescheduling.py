"""Moving what is scheduled, and setting when a page is to be looked at again."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import scoped_session

from services import visibility, workflow
from services.errors import Conflict, InvalidInput, NotAllowed
from tests.support.board import MINUTE, Board, audit, everything, found, make_board

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

APPROVED = "author submit,chief take,chief approve"
SCHEDULED = APPROVED + ",chief schedule"


@pytest.fixture
def board(session: scoped_session[Any]) -> Board:
    return make_board()


def test_a_scheduled_post_that_was_moved_appears_at_its_new_hour_alone(board: Board) -> None:
    publication = board.walk(board.draft(), SCHEDULED)
    first, later = publication.published_at, board.now + timedelta(days=5)
    assert first is not None
    board.do("chief2", "reschedule", publication, at=later)
    assert publication.published_at == later
    assert not visibility.is_visible(publication, first + MINUTE)
    assert found("khoa học trẻ", first + MINUTE) == []
    assert visibility.is_visible(publication, later)
    assert found("khoa học trẻ", later) == [publication.id]
    line = audit(publication)[-1]
    assert (line.action, line.reason) == (
        "reschedule",
        f"{first.isoformat()} → {later.isoformat()}",
    )


def test_who_moves_a_post_that_somebody_has_moved_meanwhile_is_told_so(board: Board) -> None:
    publication = board.walk(board.draft(), SCHEDULED)
    seen_first = workflow.schedule_token(publication)
    board.do("chief", "reschedule", publication, at=board.now + timedelta(days=4))
    before = everything(publication)
    with pytest.raises(Conflict) as refused:
        board.do("chief2", "reschedule", publication, seen=seen_first)
    assert "Một người khác vừa dời bài này sang" in refused.value.sentence
    assert everything(publication) == before


def test_a_scheduled_post_moves_to_no_hour_that_has_passed_or_is_after_its_end(
    board: Board,
) -> None:
    publication = board.walk(board.draft(), SCHEDULED)
    board.do("chief", "expire", publication, at=board.now + timedelta(days=6))
    before = everything(publication)
    for at, sentence in (
        (board.now, "Giờ hẹn phải ở tương lai"),
        (board.now + timedelta(days=7), "Bài hết hạn lúc"),
    ):
        with pytest.raises(InvalidInput) as refused:
            board.do("chief", "reschedule", publication, at=at)
        assert sentence in refused.value.sentence
        assert "at" in refused.value.fields
    assert everything(publication) == before


def test_what_is_on_the_page_already_is_not_moved(board: Board) -> None:
    publication = board.walk(board.draft(), SCHEDULED)
    board.now += timedelta(days=9)
    with pytest.raises(NotAllowed, match="Bài đã lên trang rồi"):
        board.do("chief", "reschedule", publication, at=board.now + timedelta(days=1))


def test_a_day_of_review_is_set_and_taken_away_and_lies_ahead(board: Board) -> None:
    publication = board.walk(board.draft(), APPROVED + ",chief publish")
    board.do("author", "plan_review", publication, on=date(2027, 3, 1))
    assert publication.review_on == date(2027, 3, 1)
    with pytest.raises(InvalidInput, match="Ngày rà soát phải sau hôm nay"):
        board.do("editor", "plan_review", publication, on=date(2026, 9, 14))
    board.do("editor", "plan_review", publication, on=None)
    assert publication.review_on is None
    assert [line.reason for line in audit(publication)[-2:]] == ["2027-03-01", ""]
