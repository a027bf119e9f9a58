"""Remarks on paragraphs: who makes them, who sees them, and where they stand later."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import scoped_session

from extensions import db
from models import Notification, Publication, Remark, User
from services import remarks
from services.errors import Conflict, InvalidInput, NotAllowed, NotFound
from services.publications import seen_token
from tests.support.board import Board, make_board
from tests.support.client import CheckedClient, login
from tests.support.factories import make_user

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

Session = scoped_session[Any]

BODY = (
    "<p>Chợ mở cửa từ sáu giờ sáng.</p>"
    "<h2>Cân đối chứng</h2>"
    "<p>Mỗi chợ có một cân để người mua tự cân lại.</p>"
)


@pytest.fixture
def board(session: Session) -> Board:
    return make_board()


@pytest.fixture
def publication(board: Board) -> Publication:
    return board.walk(board.draft(body=BODY), "author submit, editor take")


def remark(board: Board, publication: Publication, who: str = "editor", **said: Any) -> Remark:
    assert publication.latest_revision is not None
    given = {"block": 2, "text": "Ghi rõ chợ nào.", "seen": seen_token(publication.latest_revision)}
    return remarks.add(
        publication=publication, actor=getattr(board, who), now=board.now, **{**given, **said}
    )


def places(publication: Publication) -> list[int | None]:
    return [one.block for one in remarks.of_text(publication=publication).placed]


def client_of(app: Flask, user: User) -> CheckedClient:
    client = app.test_client()
    assert isinstance(client, CheckedClient)
    login(client, user)
    return client


def test_a_remark_stands_at_its_paragraph_and_the_author_is_told(
    board: Board, publication: Publication
) -> None:
    made = remark(board, publication, text="Ghi rõ chợ nào.\n\n\n\nVà từ ngày nào.")
    assert made.quote == "Mỗi chợ có một cân để người mua tự cân lại."
    assert made.text == "Ghi rõ chợ nào.\n\nVà từ ngày nào."
    assert places(publication) == [2]
    told = db.session.scalars(select(Notification)).all()
    assert ("remark", board.author.id) in [(one.event, one.user_id) for one in told]


@pytest.mark.parametrize(
    ("body", "place"),
    [
        pytest.param("<p>Thêm đoạn.</p><p>Lại thêm.</p>" + BODY, 4, id="moved-down"),
        pytest.param(BODY.replace("Mỗi chợ", "Từ nay mỗi chợ"), 2, id="its-beginning-rewritten"),
        pytest.param("<p>Bài viết lại từ đầu.</p>", None, id="gone"),
        pytest.param("", None, id="nothing-left"),
    ],
)
def test_in_a_later_revision_a_remark_is_found_again_by_how_the_paragraph_began(
    board: Board, publication: Publication, body: str, place: int | None
) -> None:
    remark(board, publication)
    board.walk(publication, "editor return")
    board.save("author", publication, body=body)
    assert places(publication) == [place]


def test_of_two_paragraphs_that_begin_alike_the_nearer_one_is_meant(board: Board) -> None:
    publication = board.draft(body="<p>Như nhau.</p><p>Khác.</p><p>Như nhau.</p>")
    board.walk(publication, "author submit")
    remark(board, publication, block=2)
    assert places(publication) == [2]


def test_the_author_and_strangers_cannot_remark(board: Board, publication: Publication) -> None:
    with pytest.raises(NotAllowed, match="Ban biên tập"):
        remark(board, publication, who="author")
    board.trusted.is_active = False
    with pytest.raises(NotAllowed):
        remark(board, publication, who="trusted")


@pytest.mark.parametrize(
    ("said", "refusal", "sentence"),
    [
        ({"text": " \n "}, InvalidInput, "Hãy ghi góp ý"),
        ({"text": "a" * 2001}, InvalidInput, "dài 2001 ký tự"),
        ({"block": 3}, InvalidInput, "chọn đoạn"),
        ({"block": -1}, InvalidInput, "chọn đoạn"),
        ({"seen": "1.99"}, Conflict, "bản mới hơn"),
    ],
)
def test_a_remark_that_cannot_be_taken_has_its_sentence(
    board: Board,
    publication: Publication,
    said: dict[str, Any],
    refusal: type[Exception],
    sentence: str,
) -> None:
    with pytest.raises(refusal, match=sentence):
        remark(board, publication, **said)
    assert db.session.scalars(select(Remark)).all() == []


def test_a_hundred_open_remarks_are_enough(board: Board, publication: Publication) -> None:
    made = [remark(board, publication, text=f"Góp ý {n}") for n in range(100)]
    with pytest.raises(InvalidInput, match="100 góp ý chưa sửa"):
        remark(board, publication)
    remarks.resolve(remark=made[0], actor=board.author, now=board.now)
    assert remark(board, publication).id


def test_what_was_dealt_with_is_kept_apart_and_can_be_taken_up_again(
    board: Board, publication: Publication
) -> None:
    made = remark(board, publication)
    counted = {publication.id: 1}
    assert remarks.count_open(publication_ids=[publication.id]) == counted
    remarks.resolve(remark=made, actor=board.author, now=board.now)
    remarks.resolve(remark=made, actor=board.chief, now=board.now + timedelta(hours=1))
    found = remarks.of_text(publication=publication)
    assert (list(found.placed), [r.resolved_by for r in found.resolved]) == ([], [board.author])
    assert remarks.count_open(publication_ids=[publication.id]) == {}
    remarks.reopen(remark=made)
    assert remarks.count_open(publication_ids=[publication.id]) == counted


def test_a_remark_of_another_text_is_not_there(board: Board, publication: Publication) -> None:
    made = remark(board, publication)
    other = board.walk(board.draft(), "author submit")
    with pytest.raises(NotFound):
        remarks.get(publication=other, remark_id=made.id)


def test_a_reviewer_remarks_in_the_row_and_the_author_ticks_it_off_in_the_editor(
    app: Flask, board: Board, publication: Publication
) -> None:
    editor, author = client_of(app, board.editor), client_of(app, board.author)
    address = f"/ban-lam-viec/bai-viet/{publication.id}"
    assert publication.latest_revision is not None
    seen = seen_token(publication.latest_revision)
    data = {"seen": seen, "block": "2", "text": "Ghi rõ <b>chợ</b> nào."}
    part = editor.htmx(f"{address}/gop-y", "POST", data=data)
    assert part.status_code == 200
    assert f'id="opened-text-{publication.id}"' in part.text
    assert "Ghi rõ &lt;b&gt;chợ&lt;/b&gt; nào." in part.text
    assert "1 góp ý chưa sửa" in editor.get("/ban-lam-viec/duyet").text

    board.walk(publication, "editor return")
    page = author.get(f"{address}/sua").text
    assert "Đoạn 3:" in page
    assert "Mỗi chợ có một cân" in page
    made = db.session.scalars(select(Remark)).one()
    side = author.htmx(
        f"{address}/gop-y/{made.id}/da-sua", "POST", headers={"HX-Target": "editor-remarks"}
    )
    assert side.status_code == 200
    assert 'id="editor-remarks"' in side.text
    assert "Ghi rõ" not in side.text
    assert "Góp ý đã sửa (1)" in editor.get(address).text


def test_without_scripts_a_remark_that_is_refused_comes_back_with_what_was_typed(
    app: Flask, board: Board, publication: Publication
) -> None:
    client = client_of(app, board.editor)
    address = f"/ban-lam-viec/bai-viet/{publication.id}"
    long = "Dài quá. " * 300
    refused = client.submit(address, {"block": "2", "text": long}, form="/gop-y")
    assert refused.status_code == 422
    assert long.strip() in refused.text
    assert 'value="2" selected' in refused.text
    sent = client.submit(address, {"block": "2", "text": "Ghi rõ."}, form="/gop-y")
    assert sent.status_code == 303
    assert "Ghi rõ." in client.get(address).text


def test_who_may_not_see_a_text_may_not_tick_off_its_remarks(
    app: Flask, board: Board, publication: Publication
) -> None:
    made = remark(board, publication)
    stranger = client_of(app, make_user())
    address = f"/ban-lam-viec/bai-viet/{publication.id}/gop-y/{made.id}/da-sua"
    assert stranger.post_form(address, {}).status_code == 404
    db.session.refresh(made)
    assert made.resolved_at is None
