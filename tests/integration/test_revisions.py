"""The history of a text: what is listed, what two revisions differ in, and going back."""

import json
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.orm import scoped_session

from extensions import db
from models import Publication, Revision, State, Transition, User
from services import presence, publications, revisions
from services.errors import InvalidInput, NotAllowed
from services.publications import StaleText, content_of, seen_token
from tests.support.board import Board, make_board
from tests.support.client import CheckedClient, login
from tests.support.factories import make_media, make_publication, make_revision, make_user

Session = scoped_session[Any]
# Where the SQL is not what is tested.
on_sqlite = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

TABLE = "<table><tbody><tr><td>Tin bài</td><td>{}</td></tr></tbody></table>"


@pytest.fixture
def board(session: Session) -> Board:
    return make_board()


def texts(publication: Publication) -> dict[int, tuple[str, State]]:
    """Every revision's body and state, by number, as the database has them."""
    db.session.flush()
    db.session.expire_all()
    rows = db.session.scalars(
        select(Revision).where(Revision.publication_id == publication.id).order_by(Revision.number)
    )
    return {row.number: (row.body, row.state) for row in rows}


def restore(board: Board, who: str, publication: Publication, number: int) -> Revision:
    board.tick()
    latest = publication.latest_revision
    assert latest is not None
    return revisions.restore(
        publication=publication,
        revision=revisions.get(publication=publication, number=number),
        actor=getattr(board, who),
        seen=seen_token(latest),
        now=board.now,
    )


def client_of(app: Flask, user: User) -> CheckedClient:
    client = app.test_client()
    assert isinstance(client, CheckedClient)
    login(client, user)
    return client


def returned_and_mended(board: Board) -> Publication:
    """A text with two revisions: returned, and mended by its author."""
    publication = board.walk(
        board.draft(body="<p>Một.</p>"), "author submit, editor take, editor return"
    )
    board.save("author", publication, body="<p>Hai.</p>")
    return publication


def test_an_old_text_is_restored_as_a_new_revision_and_the_others_stay(board: Board) -> None:
    publication = returned_and_mended(board)
    made = restore(board, "author", publication, 1)
    assert texts(publication) == {
        1: ("<p>Một.</p>", State.SUPERSEDED),
        2: ("<p>Hai.</p>", State.SUPERSEDED),
        3: ("<p>Một.</p>", State.NEEDS_CHANGES),
    }
    assert publication.latest_revision_id == made.id
    assert not made.secrecy_declared
    # The next save does not write over what was only the author's own until now.
    assert (made.written_by_id, made.author_id) == (board.author.id, board.author.id)
    steps = db.session.scalars(
        select(Transition.action).where(Transition.publication_id == publication.id)
    )
    assert list(steps)[-1] == "restore"


def test_restoring_a_published_text_begins_a_draft_and_readers_see_no_change(board: Board) -> None:
    publication = board.walk(returned_and_mended(board), "author resubmit, editor take")
    board.walk(publication, "editor forward, chief approve, chief publish")
    live = publication.live_revision_id
    made = restore(board, "editor", publication, 1)
    assert publication.live_revision_id == live
    assert (made.state, made.body, made.author_id) == (
        State.DRAFT,
        "<p>Một.</p>",
        board.editor.id,
    )
    assert texts(publication)[2] == ("<p>Hai.</p>", State.PUBLISHED)


def test_who_may_not_edit_may_not_restore(board: Board) -> None:
    publication = returned_and_mended(board)
    with pytest.raises(NotAllowed, match="Chỉ tác giả"):
        restore(board, "editor", publication, 1)
    board.walk(publication, "author resubmit")
    with pytest.raises(NotAllowed, match="Chờ biên tập"):
        restore(board, "author", publication, 1)


def test_restoring_upon_a_text_that_was_not_seen_is_refused(board: Board) -> None:
    publication = returned_and_mended(board)
    first = revisions.get(publication=publication, number=1)
    with pytest.raises(StaleText):
        revisions.restore(
            publication=publication,
            revision=first,
            actor=board.author,
            seen=seen_token(first),
            now=board.now,
        )


def test_restoring_what_is_there_already_makes_nothing(board: Board) -> None:
    publication = returned_and_mended(board)
    with pytest.raises(InvalidInput, match="giống hệt"):
        restore(board, "author", publication, 2)
    assert len(texts(publication)) == 2


def test_a_section_that_is_closed_by_now_is_asked_for_anew(board: Board) -> None:
    publication = returned_and_mended(board)
    board.section.is_active = False
    assert restore(board, "author", publication, 1).section_id is None


def test_a_text_that_was_set_aside_is_in_the_history_and_not_the_latest(board: Board) -> None:
    publication = returned_and_mended(board)
    latest = publication.latest_revision_id
    made = revisions.set_aside(
        publication=publication,
        actor=board.author,
        content=board.content(body="<p>Của tôi.</p>"),
        now=board.now,
    )
    assert publication.latest_revision_id == latest
    assert texts(publication)[made.number] == ("<p>Của tôi.</p>", State.SUPERSEDED)
    # Numbers go on after it.
    assert restore(board, "author", publication, made.number).number == made.number + 1


@on_sqlite
def test_two_writers_at_once_leave_both_texts_in_the_history_whoever_wins(
    app: Flask, board: Board
) -> None:
    """Here both are windows of one person, whose saves otherwise go into one revision."""
    publication = board.draft(body="<p>Chung.</p>")
    seen = seen_token(publication.latest_revision)  # type: ignore[arg-type]
    client = client_of(app, board.author)
    fields = {"title": "Bài", "genre": "news", "origin": "own", "seen": seen}
    address = f"/ban-lam-viec/bai-viet/{publication.id}"
    as_json = {"Accept": "application/json"}

    def send(path: str, body: str, seen: str) -> Any:
        token = {"csrf_token": client.token()}
        data = {**fields, "body": body, "seen": seen, **token}
        return client.post(f"{address}/{path}", data=data, headers=as_json)

    assert send("tu-luu", "<p>Cửa sổ một.</p>", seen).status_code == 200
    refused = send("tu-luu", "<p>Cửa sổ hai.</p>", seen)
    assert refused.status_code == 409
    kept = send("tu-luu", "<p>Cửa sổ hai.</p>", json.loads(refused.data)["seen"])
    assert kept.status_code == 200
    aside = send("ban/cat-giu", "<p>Cửa sổ ba.</p>", "")
    assert aside.status_code == 200
    assert [body for body, _ in texts(publication).values()] == [
        "<p>Cửa sổ một.</p>",
        "<p>Cửa sổ hai.</p>",
        "<p>Cửa sổ ba.</p>",
    ]
    assert publication.latest_revision is not None
    assert publication.latest_revision.body == "<p>Cửa sổ hai.</p>"


@on_sqlite
def test_without_scripts_the_second_to_save_sees_both_texts_and_picks(
    app: Flask, board: Board
) -> None:
    publication = board.draft(body="<p>Chung.</p>")
    seen = seen_token(publication.latest_revision)  # type: ignore[arg-type]
    board.save("author", publication, body="<p>Chung, do cửa sổ một.</p>")
    client = client_of(app, board.author)
    page = f"/ban-lam-viec/bai-viet/{publication.id}/sua"
    mine = {"body": "<p>Chung, do cửa sổ hai.</p>", "seen": seen}
    refused = client.submit(page, {**mine, "then": "stay"}, form="editor-form")
    assert refused.status_code == 409
    assert "cửa sổ <del>một</del>" in refused.text
    assert "cửa sổ <ins>hai</ins>" in refused.text
    aside = f"/ban-lam-viec/bai-viet/{publication.id}/ban/cat-giu"
    assert f'formaction="{aside}"' in refused.text
    answer = client.post_form(aside, {"title": "Bài", "genre": "news", "origin": "own", **mine})
    assert answer.status_code == 303
    assert "được cất vào lịch sử: bản thứ 2" in client.get(answer.headers["Location"]).text
    assert [body for body, _ in texts(publication).values()] == [
        "<p>Chung, do cửa sổ một.</p>",
        "<p>Chung, do cửa sổ hai.</p>",
    ]


@on_sqlite
def test_the_list_tells_of_each_revision_how_much_it_changed(app: Flask, board: Board) -> None:
    picture = make_media(uploaded_by=board.author)
    publication = board.draft(body=f"<p>Một hai ba.</p>{TABLE.format(120)}")
    board.walk(publication, "author submit, editor take")
    shown = f'<figure><img src="/tep/{picture.token}/960.webp" alt="Cân"></figure>'
    board.save("editor", publication, body=f"<p>Một hai bốn.</p>{TABLE.format(124)}{shown}")
    page = client_of(app, board.author).get(f"/ban-lam-viec/bai-viet/{publication.id}/ban").text
    assert "thêm 2 chữ, bớt 2 chữ, thêm 1 ảnh" in page
    assert "bản đầu tiên" in page
    # The editor holds it: the author may look, and not go back.
    assert "Khôi phục" not in page


@on_sqlite
@pytest.mark.parametrize("way", ["doi-chieu", "gop"])
def test_any_two_revisions_are_compared_tables_and_fields_included(
    app: Flask, board: Board, way: str
) -> None:
    publication = board.draft(title="Tên cũ", body=f"<p>Như nhau.</p>{TABLE.format(120)}")
    board.walk(publication, "author submit, editor take")
    board.save("editor", publication, title="Tên mới", body=f"<p>Như nhau.</p>{TABLE.format(124)}")
    address = f"/ban-lam-viec/bai-viet/{publication.id}/ban?a=1&b=2&kieu={way}"
    client = client_of(app, board.author)
    page, part = client.get(address), client.htmx(address)
    assert part.text.lstrip().startswith('<section id="comparison"')
    for text in (page.text, part.text):
        for mark in ("Tên <del>cũ</del>", "<ins>mới</ins>", "<del>120</del>", "<ins>124</ins>"):
            assert mark in text
    assert ("<td><del>120</del><ins>124</ins></td>" in part.text) == (way == "gop")


@on_sqlite
def test_a_number_that_there_is_not_is_said_so(app: Flask, board: Board) -> None:
    publication = returned_and_mended(board)
    client = client_of(app, board.author)
    address = f"/ban-lam-viec/bai-viet/{publication.id}/ban"
    for asked in ("?a=1&b=99", "?a=x&b=1", "?a=1", f"?a=1&b={2**40}", "/99", f"/{2**31}"):
        assert client.get(address + asked).status_code == 404, asked
    stranger = client_of(app, make_user())
    assert stranger.get(f"{address}?a=1&b=2").status_code == 404


@on_sqlite
def test_restoring_by_the_button_says_what_happened(app: Flask, board: Board) -> None:
    publication = returned_and_mended(board)
    client = client_of(app, board.author)
    address = f"/ban-lam-viec/bai-viet/{publication.id}"
    response = client.submit(f"{address}/ban", {}, form="/ban/1/khoi-phuc")
    assert response.status_code == 303
    page = client.get(response.headers["Location"]).text
    assert "Bản thứ 3 là bản mới nhất và có nội dung của bản thứ 1." in page
    assert "Bản thứ 2 vẫn còn trong lịch sử." in page
    stale = client.post_form(f"{address}/ban/2/khoi-phuc", {"seen": "1.1"})
    assert stale.status_code == 409
    assert "bản mới hơn" in stale.text


@on_sqlite
def test_a_page_of_revisions_takes_as_many_queries_as_a_page_of_few(
    app: Flask, board: Board
) -> None:
    client = client_of(app, board.author)
    counts = []
    for length in (2, 30):
        publication = make_publication(author=board.author)
        for _ in range(length):
            make_revision(publication=publication, state=State.SUPERSEDED, written_by=make_user())
        address = f"/ban-lam-viec/bai-viet/{publication.id}/ban"
        db.session.commit()
        client.get(address)
        seen: list[str] = []

        def note(*arguments: Any, seen: list[str] = seen) -> None:
            seen.append(arguments[2])

        event.listen(db.engine, "before_cursor_execute", note)
        assert client.get(address).status_code == 200
        event.remove(db.engine, "before_cursor_execute", note)
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_content_that_was_restored_is_what_was_written_then(board: Board) -> None:
    publication = returned_and_mended(board)
    old = content_of(revisions.get(publication=publication, number=1))
    made = restore(board, "author", publication, 1)
    ticked = publications.save(
        publication=publication,
        actor=board.author,
        content=old,
        seen=seen_token(made),
        now=board.now,
    )
    assert content_of(ticked) == old


@on_sqlite
def test_presence_is_not_part_of_a_lock(app: Flask, board: Board) -> None:
    publication = returned_and_mended(board)
    presence.note(publication=publication, user=board.editor, is_writing=True, now=board.now)
    assert restore(board, "author", publication, 1).number == 3
