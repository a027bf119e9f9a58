"""What citizens see of the workflow: when a text appears, stays, changes and goes."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import scoped_session

from extensions import db
from models import Correction, State
from services.articles import Article, Withdrawn, article
from services.errors import InvalidInput, NotAllowed
from services.listing import latest
from tests.support.board import (
    MINUTE,
    Board,
    audit,
    copied,
    everything,
    found,
    make_board,
    state_of,
)
from tests.support.factories import NOW

Session = scoped_session[Any]
APPROVED = "author submit,chief take,chief approve"
ON_THE_PAGE = APPROVED + ",chief publish"
SCHEDULED = APPROVED + ",chief schedule"
HOUR = NOW + timedelta(days=2)


@pytest.fixture
def board(session: Session) -> Board:
    return make_board()


def page(board: Board, publication_id: int) -> Article:
    shown = article(publication_id=publication_id, now=board.now)
    assert isinstance(shown, Article)
    return shown


def test_a_new_text_stays_off_the_page_until_it_is_published_and_then_takes_its_place(
    board: Board,
) -> None:
    publication = board.walk(board.draft(), ON_THE_PAGE)
    first, appeared_at = publication.live_revision, publication.published_at
    posted_by = publication.posted_by_id
    board.do("author", "revise", publication)
    newer = board.save("author", publication, title="Lễ trao giải sáng tạo", summary="Mới.")
    for step in APPROVED.split(","):
        board.walk(publication, step)
        assert publication.live_revision is first
        assert copied(publication)["title"] == "Hội nghị khoa học trẻ"
        assert publication.slug == "hoi-nghi-khoa-hoc-tre"
        assert found("trao giải", board.now) == []
        assert found("hội nghị", board.now) == [publication.id]
    board.do("chief", "publish", publication)
    assert first is not None
    assert (publication.live_revision, first.state) == (newer, State.SUPERSEDED)
    assert (publication.title, publication.slug) == (
        "Lễ trao giải sáng tạo",
        "le-trao-giai-sang-tao",
    )
    assert (publication.published_at, publication.posted_by_id) == (appeared_at, posted_by)
    assert found("trao giải", board.now) == [publication.id]
    assert found("khoa học trẻ", board.now) == []
    shown = page(board, publication.id)
    assert (shown.title, shown.summary) == ("Lễ trao giải sáng tạo", "Mới.")


def test_what_is_withdrawn_is_gone_at_once_and_comes_back_with_its_first_date(
    board: Board,
) -> None:
    publication = board.walk(board.draft(), ON_THE_PAGE)
    appeared_at = publication.published_at
    board.do("chief", "withdraw", publication)
    assert article(publication_id=publication.id, now=board.now) == Withdrawn(
        "Hội nghị khoa học trẻ", "Số liệu sai.", board.now
    )
    assert found("hội nghị", board.now) == []
    assert latest(now=board.now, limit=5) == []
    board.do("chief", "republish", publication)
    assert (publication.withdrawn_at, publication.withdrawn_reason) == (None, "")
    assert publication.published_at == appeared_at
    assert found("hội nghị", board.now) == [publication.id]
    assert [card.id for card in latest(now=board.now, limit=5)] == [publication.id]


def test_what_is_put_up_again_after_its_last_day_is_seen_again(board: Board) -> None:
    publication = board.walk(board.draft(), ON_THE_PAGE + ",chief expire,chief withdraw")
    board.now += timedelta(days=31)
    board.do("chief", "republish", publication)
    assert publication.expires_at is None
    assert page(board, publication.id).title == "Hội nghị khoa học trẻ"


def test_a_withdrawn_post_is_replaced_by_a_new_text_once_that_is_published(board: Board) -> None:
    publication = board.walk(board.draft(), ON_THE_PAGE + ",chief withdraw,author revise")
    board.save("author", publication, title="Hội nghị, bản đúng")
    board.walk(publication, APPROVED)
    assert isinstance(article(publication_id=publication.id, now=board.now), Withdrawn)
    board.do("chief", "publish", publication)
    assert page(board, publication.id).title == "Hội nghị, bản đúng"


def test_a_correction_is_told_to_readers_with_its_day(board: Board) -> None:
    publication = board.walk(board.draft(), ON_THE_PAGE + ",chief correct")
    note = db.session.scalars(select(Correction)).one()
    assert (note.text, note.noted_at) == ("Ngày 5 đúng ra là ngày 6.", board.now)
    assert note.by_id == board.chief.id
    shown = page(board, publication.id)
    assert shown.corrections == [(board.now, "Ngày 5 đúng ra là ngày 6.")]
    assert shown.updated_at == board.now


# ---------------------------------------------------------------- hours and days
def test_a_scheduled_post_appears_at_its_hour_with_nothing_having_to_happen(
    board: Board,
) -> None:
    publication = board.walk(board.draft(), SCHEDULED)
    before = HOUR - timedelta(seconds=1)
    assert article(publication_id=publication.id, now=before) is None
    assert latest(now=before, limit=5) == []
    assert found("hội nghị", before) == []
    assert isinstance(article(publication_id=publication.id, now=HOUR), Article)
    assert [card.id for card in latest(now=HOUR, limit=5)] == [publication.id]
    assert found("hội nghị", HOUR) == [publication.id]
    board.now = HOUR
    with pytest.raises(NotAllowed, match="hãy dùng “Gỡ bài”"):
        board.do("chief", "unschedule", publication)


@pytest.mark.parametrize("minutes", [0, -1, -100_000])
def test_a_post_is_not_scheduled_for_an_hour_that_has_passed(board: Board, minutes: int) -> None:
    publication = board.walk(board.draft(), APPROVED)
    with pytest.raises(InvalidInput) as refused:
        board.do("chief", "schedule", publication, at=board.now + MINUTE + minutes * MINUTE)
    assert refused.value.fields == {"at": "Giờ hẹn phải ở tương lai."}
    assert publication.live_revision_id is None
    assert state_of(publication) is State.APPROVED


@pytest.mark.parametrize("steps", ["", ",chief withdraw"])
def test_a_new_text_is_not_scheduled_over_what_is_at_its_address(board: Board, steps: str) -> None:
    """There would be two texts for one address, or the new one would appear at once."""
    publication = board.walk(board.draft(), ON_THE_PAGE + steps)
    board.walk(publication, "author revise," + APPROVED)
    before = everything(publication)
    with pytest.raises(NotAllowed, match="hãy đăng bản sửa khi đến giờ"):
        board.do("chief", "schedule", publication)
    assert everything(publication) == before


def test_an_hour_can_be_changed_to_one_after_the_last_day_that_was_set(board: Board) -> None:
    publication = board.walk(board.draft(), SCHEDULED + ",chief expire,chief unschedule")
    assert publication.published_at is None
    later = NOW + timedelta(days=60)
    board.do("chief", "schedule", publication, at=later)
    assert (publication.published_at, publication.expires_at) == (later, None)


def test_a_post_that_waits_for_its_hour_can_be_replaced_and_put_up_now(board: Board) -> None:
    publication = board.walk(board.draft(), SCHEDULED + ",author revise")
    board.save("author", publication, title="Hội nghị, bản sau")
    board.walk(publication, ON_THE_PAGE)
    assert publication.published_at == board.now
    assert page(board, publication.id).title == "Hội nghị, bản sau"


def test_a_schedule_is_called_off_though_somebody_has_begun_a_newer_text(board: Board) -> None:
    publication = board.walk(board.draft(), SCHEDULED + ",author revise")
    newer = board.save("author", publication, title="Hội nghị, bản sau")
    scheduled = board.do("chief", "unschedule", publication)
    assert scheduled.state is State.SUPERSEDED
    assert publication.latest_revision is newer
    assert (publication.live_revision_id, publication.published_at) == (None, None)
    assert publication.title == "Hội nghị, bản sau"
    board.now = HOUR
    assert article(publication_id=publication.id, now=board.now) is None
    board.walk(publication, ON_THE_PAGE)
    assert publication.published_at == board.now


def test_a_post_expires_after_it_was_published_or_not_at_all(board: Board) -> None:
    publication = board.walk(board.draft(), ON_THE_PAGE)
    appeared_at = publication.published_at
    assert appeared_at is not None
    for at in (appeared_at, appeared_at - MINUTE):
        with pytest.raises(InvalidInput) as refused:
            board.do("chief", "expire", publication, at=at)
        assert refused.value.fields == {"at": "Ngày hết hạn phải sau ngày đăng."}
    last = board.now + timedelta(days=1)
    board.do("chief", "expire", publication, at=last)
    assert isinstance(article(publication_id=publication.id, now=last - MINUTE), Article)
    assert article(publication_id=publication.id, now=last) == Withdrawn(
        "Hội nghị khoa học trẻ", "Nội dung này đã hết thời hạn công khai.", last, is_expired=True
    )
    assert found("hội nghị", last) == []
    assert latest(now=last, limit=5) == []
    board.do("chief", "expire", publication, at=None)
    assert found("hội nghị", last) == [publication.id]


# ---------------------------------------------------------------- a text begun upon a live one
def test_what_waits_for_its_hour_is_called_off_and_neither_withdrawn_nor_corrected(
    board: Board,
) -> None:
    publication = board.walk(board.draft(), SCHEDULED)
    before = everything(publication)
    for action in ("withdraw", "correct"):
        with pytest.raises(NotAllowed, match="uỷ hẹn giờ"):
            board.do("chief", action, publication)
    assert everything(publication) == before


@pytest.mark.parametrize(
    "steps", ["", ",author submit,chief return", ",author submit,chief reject"]
)
def test_a_withdrawn_post_is_archived_with_the_text_begun_upon_it(board: Board, steps: str) -> None:
    publication = board.walk(board.draft(), ON_THE_PAGE)
    live = publication.live_revision
    board.walk(publication, "author revise" + steps)
    begun = publication.latest_revision
    board.walk(publication, "chief withdraw,chief archive")
    assert begun is not None
    assert begun.state is State.SUPERSEDED
    assert live is not None
    assert (publication.latest_revision, live.state) == (live, State.ARCHIVED)
    assert [(line.action, line.revision_id) for line in audit(publication)[-2:]] == [
        ("discard", begun.id),
        ("archive", live.id),
    ]
    # What was begun upon the archived one goes the same way; that one is there already.
    board.walk(publication, "author revise,chief archive")
    assert (publication.latest_revision, live.state) == (live, State.ARCHIVED)
    assert audit(publication)[-1].action == "discard"
