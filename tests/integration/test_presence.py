"""Who has a text open: shown by name to the others, gone after a minute, and never a lock."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.orm import scoped_session

from extensions import db
from models import Presence, Publication, User
from services import presence
from services.presence import Present
from tests.support.board import Board, make_board
from tests.support.client import CheckedClient, login
from tests.support.factories import NOW, make_publication, make_user

Session = scoped_session[Any]
# Where the SQL is not what is tested.
on_sqlite = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@pytest.fixture
def board(session: Session) -> Board:
    return make_board()


@pytest.fixture
def publication(board: Board) -> Publication:
    return board.walk(board.draft(), "author submit, editor take")


def client_of(app: Flask, user: User) -> CheckedClient:
    client = app.test_client()
    assert isinstance(client, CheckedClient)
    login(client, user)
    return client


def seen_by(user: User, publication: Publication, after_s: int = 0) -> list[Present]:
    now = NOW + timedelta(seconds=after_s)
    found = presence.others_at(publication_ids=[publication.id], user=user, now=now)
    return found.get(publication.id, [])


def test_others_see_who_is_there_for_a_minute(board: Board, publication: Publication) -> None:
    presence.note(publication=publication, user=board.editor, is_writing=False, now=NOW)
    assert seen_by(board.author, publication, after_s=59) == [Present("Trần Biên Tập", False)]
    assert seen_by(board.author, publication, after_s=60) == []
    assert seen_by(board.editor, publication) == []


def test_a_page_that_says_so_again_stays_and_one_that_leaves_is_gone(
    board: Board, publication: Publication
) -> None:
    for after_s in (0, 40):
        now = NOW + timedelta(seconds=after_s)
        presence.note(publication=publication, user=board.editor, is_writing=after_s > 0, now=now)
    assert seen_by(board.author, publication, after_s=90) == [Present("Trần Biên Tập", True)]
    presence.leave(publication=publication, user=board.editor)
    assert seen_by(board.author, publication, after_s=90) == []


def test_who_writes_is_named_first_and_many_are_counted(
    board: Board, publication: Publication
) -> None:
    for name in ("Lê An", "Lê Bình", "Lê Chi", "Lê Dung", "Lê Giang"):
        user = make_user(full_name=name)
        presence.note(publication=publication, user=user, is_writing=name == "Lê Chi", now=NOW)
    said = presence.sentences_at(publication_ids=[publication.id], user=board.author, now=NOW)
    assert said == {
        publication.id: "Lê Chi đang viết; Lê An, Lê Bình, Lê Dung và 1 người nữa đang mở bài này"
    }


def test_pruning_deletes_those_who_are_gone_only(board: Board, publication: Publication) -> None:
    presence.note(publication=publication, user=board.editor, is_writing=False, now=NOW)
    later = NOW + timedelta(seconds=60)
    presence.note(publication=publication, user=board.chief, is_writing=False, now=later)
    assert presence.prune(now=later) == 1
    left = db.session.scalars(select(Presence.user_id)).all()
    assert left == [board.chief.id]


@on_sqlite
def test_the_page_says_so_by_post_and_hears_who_else_is_there(
    app: Flask, board: Board, publication: Publication
) -> None:
    address = f"/ban-lam-viec/bai-viet/{publication.id}/co-mat"
    editor, author = client_of(app, board.editor), client_of(app, board.author)
    alone = editor.post_form(address, {"viet": "1"})
    assert alone.status_code == 200
    assert "đang" not in alone.text
    assert "Trần Biên Tập đang viết" in author.post_form(address, {}).text
    assert "Lê Thị Tác Giả đang mở bài này" in editor.get("/ban-lam-viec/duyet").text
    assert editor.post_form(address, {"roi": "1"}).status_code == 200
    assert "Trần Biên Tập" not in author.post_form(address, {}).text


@on_sqlite
def test_nobody_says_to_be_at_a_text_that_they_may_not_see(
    app: Flask, board: Board, publication: Publication
) -> None:
    stranger = client_of(app, make_user())
    address = f"/ban-lam-viec/bai-viet/{publication.id}/co-mat"
    assert stranger.post_form(address, {}).status_code == 404
    assert db.session.scalars(select(Presence)).all() == []


@on_sqlite
def test_a_list_of_many_rows_asks_as_often_as_a_list_of_few(app: Flask, board: Board) -> None:
    client = client_of(app, board.chief)
    counts = []
    for more in (2, 18):
        for _ in range(more):
            text = make_publication(state="awaiting_edit", author=board.author)
            presence.note(publication=text, user=board.editor, is_writing=False, now=NOW)
        db.session.commit()
        client.get("/ban-lam-viec/duyet")
        seen: list[str] = []

        def note(*arguments: Any, seen: list[str] = seen) -> None:
            seen.append(arguments[2])

        event.listen(db.engine, "before_cursor_execute", note)
        assert client.get("/ban-lam-viec/duyet").status_code == 200
        event.remove(db.engine, "before_cursor_execute", note)
        counts.append(len(seen))
    assert counts[0] == counts[1]
