"""Two people who decide at the same moment: one does, the other is told."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import scoped_session
from sqlalchemy.orm.exc import StaleDataError

from extensions import db
from models import Publication, Revision, User
from services import publications
from services.errors import NotAllowed
from services.publications import StaleText, content_of, seen_token
from tests.support.at_once import Job, at_once
from tests.support.board import (
    EXTRA,
    FUNCTIONS,
    MINUTE,
    Board,
    audit,
    make_board,
    seen,
    state_of,
)

Session = scoped_session[Any]
APPROVABLE = "author submit,editor take,editor forward"
ON_THE_PAGE = "author submit,chief take,chief approve,chief publish"


@pytest.fixture
def board(session: Session) -> Board:
    return make_board()


def acting(board: Board, who: str, action: str, publication: Publication) -> Job:
    """What this person does, in another process; `save` is a text of theirs."""
    publication_id, actor_id = publication.id, getattr(board, who).id
    token, now = seen(publication, action), board.now + MINUTE

    def job() -> None:
        mine = db.session.get_one(Publication, publication_id)
        actor = db.session.get_one(User, actor_id)
        if action == "save":
            assert mine.latest_revision is not None
            content = content_of(mine.latest_revision)
            publications.save(
                publication=mine,
                actor=actor,
                content=replace(content, title=f"Chữ của luồng {id(job)}"),
                seen=token,
                now=now,
            )
        else:
            FUNCTIONS[action](
                publication=mine, actor=actor, seen=token, now=now, **EXTRA.get(action, {})
            )

    return job


@pytest.mark.parametrize(
    ("steps", "first", "second", "results", "lines"),
    [
        (APPROVABLE, "chief approve", "chief2 approve", {"approved"}, 1),
        (APPROVABLE, "chief approve", "chief2 reject", {"approved", "rejected"}, 1),
        ("author submit", "editor take", "chief take", {"in_edit"}, 1),
        ("author submit", "author take_back", "editor take", {"draft", "in_edit"}, 1),
        (ON_THE_PAGE, "author revise", "editor revise", {"draft"}, 1),
        (ON_THE_PAGE, "chief withdraw", "chief2 withdraw", {"withdrawn"}, 1),
        # Two windows of one person: upon a text that others have seen, and upon their own.
        ("author submit,author take_back", "author save", "author save", {"draft"}, 0),
        ("", "author save", "author save", {"draft"}, 0),
    ],
)
def test_of_two_who_act_at_once_one_does_and_the_other_is_told(
    app: Flask,
    session: Session,
    board: Board,
    steps: str,
    first: str,
    second: str,
    results: set[str],
    lines: int,
) -> None:
    publication = board.draft()
    if steps:
        board.walk(publication, steps)
    before = len(audit(publication))
    jobs = [acting(board, *pair.split(), publication) for pair in (first, second)]
    session.commit()
    refused = at_once(app, *jobs)
    # Each of these is answered with a sentence and the fresh text: 409, or 403.
    assert [isinstance(e, (StaleText, StaleDataError, NotAllowed)) for e in refused] == [True], (
        refused
    )
    session.expire_all()
    assert str(state_of(publication)) in results
    assert len(audit(publication)) == before + lines
    numbers = session.scalars(
        select(Revision.number).where(Revision.publication_id == publication.id)
    ).all()
    assert sorted(numbers) == list(range(1, len(numbers) + 1))


def test_an_approval_and_an_edit_at_once_never_publish_what_was_not_seen(
    app: Flask, session: Session, board: Board
) -> None:
    publication = board.walk(board.draft(), APPROVABLE)
    assert publication.latest_revision is not None
    shown = seen_token(publication.latest_revision)
    jobs = [
        acting(board, "chief", "approve", publication),
        acting(board, "chief2", "save", publication),
    ]
    session.commit()
    refused = at_once(app, *jobs)
    assert len(refused) == 1, refused
    session.expire_all()
    latest = publication.latest_revision
    assert latest is not None
    if state_of(publication) == "approved":
        assert seen_token(latest) == shown
    else:
        assert latest.title.startswith("Chữ của luồng")
        assert state_of(publication) == "awaiting_approval"
