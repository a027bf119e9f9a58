"""The index on both engines: in step with what is published, whole after damage."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import scoped_session

from extensions import db
from services.search import (
    Sort,
    clear,
    index_publication,
    reindex,
    remove_publication,
    tidy,
)
from services.search.schema import document, texts
from tests.support.factories import NOW, make_section, make_user
from tests.support.searching import ask, library, publish, titles

Session = scoped_session[Any]


@pytest.fixture
def shared(session: Session) -> dict[str, Any]:
    """One author and one section for the many texts of a test."""
    return {"author": make_user(), "section": make_section()}


# ---------------------------------------------------------------- who sees what, and when
def test_a_scheduled_text_is_found_from_its_minute_on(session: Session) -> None:
    publish(title="Lịch tiếp công dân", published_at=NOW + timedelta(hours=1))
    assert titles("lịch tiếp") == []
    assert titles("", author="") == []
    assert titles("lịch tiếp", now=NOW + timedelta(minutes=59, seconds=59)) == []
    assert titles("lịch tiếp", now=NOW + timedelta(hours=1)) == ["Lịch tiếp công dân"]


def test_a_text_of_later_in_this_minute_is_not_found_yet(session: Session) -> None:
    publish(title="Lịch tiếp công dân", published_at=NOW + timedelta(seconds=30))
    for q in ("lịch tiếp", "lịch", "", "vì sao có lịch tiếp công dân"):
        assert titles(q, now=NOW + timedelta(seconds=29)) == []
        assert titles(q, now=NOW + timedelta(seconds=30)) == ["Lịch tiếp công dân"]


def test_an_expired_text_is_found_until_its_moment(session: Session) -> None:
    publish(title="Thông báo nghỉ lễ", expires_at=NOW + timedelta(minutes=5))
    assert titles("nghỉ lễ") == ["Thông báo nghỉ lễ"]
    assert titles("nghỉ lễ", now=NOW + timedelta(minutes=5)) == []
    assert ask("nghỉ lễ", now=NOW + timedelta(minutes=5)).total == 0


@pytest.mark.parametrize("q", ["hội nghị", "vì sao hội nghị ở đây lại hoãn", ""])
def test_a_withdrawn_text_is_gone_and_comes_back_when_published_anew(
    session: Session, q: str
) -> None:
    publication = publish(title="Hội nghị", body="<p>vì sao hội nghị ở đây lại hoãn</p>")
    publication.withdrawn_at = NOW
    assert titles(q) == [], "even before the index has heard of it"
    index_publication(publication_id=publication.id)
    assert titles(q) == []
    assert session.scalar(select(func.count()).select_from(document)) == 0
    publication.withdrawn_at = None
    index_publication(publication_id=publication.id)
    assert titles(q) == ["Hội nghị"]


@pytest.mark.parametrize("state", ["draft", "awaiting_approval", "approved"])
def test_what_is_not_published_is_not_indexed(session: Session, state: str) -> None:
    publish(title="Dự thảo mật", state=state)
    assert titles("dự thảo") == []
    assert session.scalar(select(func.count()).select_from(document)) == 0


def test_a_new_text_takes_the_place_of_the_old(session: Session) -> None:
    publication = publish(title="Bản cũ", body="<p>chữ xưa</p>")
    assert publication.live_revision is not None
    publication.live_revision.title = publication.title = "Bản mới"
    publication.live_revision.body = "<p>chữ nay</p>"
    index_publication(publication_id=publication.id)
    assert (titles("xưa"), titles("bản cũ")) == ([], [])
    assert titles("chữ nay") == ["Bản mới"]


def test_a_text_published_again_at_another_time_is_found_once(session: Session) -> None:
    publication = publish(title="Kế hoạch", published_at=NOW - timedelta(days=9))
    publish(title="Kế hoạch khác", published_at=NOW - timedelta(days=5))
    publication.published_at = NOW - timedelta(days=1)
    index_publication(publication_id=publication.id)
    assert titles("kế hoạch", sort=Sort.NEWEST) == ["Kế hoạch", "Kế hoạch khác"]


# ---------------------------------------------------------------- the index and the transaction
def test_a_transaction_taken_back_leaves_nothing_in_the_index(session: Session) -> None:
    kept = publish(title="Bài giữ lại")
    session.commit()
    remove_publication(publication_id=kept.id)
    publish(title="Bài bị hủy")
    session.rollback()
    assert titles("hủy") == []
    assert titles("bài") == ["Bài giữ lại"]


def test_a_committed_text_is_found_by_other_connections(session: Session) -> None:
    publish(title="Đã ghi")
    session.commit()
    session.remove()
    assert titles("đã ghi") == ["Đã ghi"]


def test_a_removed_text_is_found_no_more_and_removing_twice_is_harmless(
    session: Session,
) -> None:
    publication = publish(title="Cần gỡ")
    remove_publication(publication_id=publication.id)
    remove_publication(publication_id=publication.id)
    remove_publication(publication_id=987_654)
    index_publication(publication_id=987_654)
    assert titles("cần gỡ") == []


QUESTIONS = ("khoa học", "so huu tri tue", "05/2017/qd-ubnd", "bản", "hội nghị", "")


def answers() -> list[list[str]]:
    return [titles(q) for q in QUESTIONS]


def test_indexing_anew_gives_the_same_answers(session: Session, shared: dict[str, Any]) -> None:
    library(shared)
    before = answers()
    told: list[tuple[int, int]] = []
    commits: list[int] = []
    count = reindex(
        progress=lambda done, total: told.append((done, total)),
        checkpoint=lambda: commits.append(1),
    )
    assert answers() == before
    assert [len(found) for found in before] == [3, 2, 1, 2, 1, 3]
    assert (count, told[-1]) == (3, (3, 3))
    assert commits


def damage_emptied() -> None:
    clear()


def damage_lost_rows() -> None:
    db.session.execute(delete(document))


def damage_stale_row() -> None:
    first = select(func.min(texts.c.docid)).scalar_subquery()
    db.session.execute(
        update(texts).where(texts.c.docid == first).values(title="Hỏng", folded_title=" hong ")
    )


def damage_withdrawn_behind_its_back() -> None:
    stale = publish(title="Khoa học đã thu hồi")
    stale.withdrawn_at = NOW
    db.session.flush()


@pytest.mark.parametrize(
    "damage",
    [damage_emptied, damage_stale_row, damage_withdrawn_behind_its_back],
    ids=lambda damage: damage.__name__,
)
def test_indexing_anew_repairs_a_damaged_index(
    session: Session, shared: dict[str, Any], damage: Callable[[], None]
) -> None:
    library(shared)
    before = answers()
    damage()
    reindex()
    assert answers() == before
    assert session.scalar(select(func.count()).select_from(document)) == 3


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_what_single_changes_leave_in_pieces_is_put_together_and_found_as_before(
    session: Session, shared: dict[str, Any]
) -> None:
    def pieces() -> int:
        return session.scalar(text("SELECT count(DISTINCT segid) FROM search_index_idx")) or 0

    for number in range(7):
        publish(title=f"Cảng biển số {number}", **shared)
        session.commit()
    found, in_pieces = titles("cảng biển"), pieces()
    steps = []
    tidy(checkpoint=lambda: steps.append(session.commit()))
    session.commit()
    assert in_pieces > 3
    assert pieces() == 1, "all of them were small"
    assert steps, "the write lock is let go between steps"
    assert titles("cảng biển") == found
    assert len(found) == 7
    remove_publication(publication_id=1)
    tidy()
    assert len(titles("cảng biển")) == 6, "what is gone is gone from all pieces"


def test_an_index_that_lost_its_texts_is_whole_again_after_clearing(
    session: Session, shared: dict[str, Any]
) -> None:
    library(shared)
    before = answers()
    damage_lost_rows()
    answers()
    clear()
    reindex()
    assert answers() == before
