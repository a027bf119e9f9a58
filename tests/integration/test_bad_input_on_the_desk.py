"""More than the desk takes: each time a sentence, what was typed, and what is stored unharmed."""

from typing import Any

import pytest
from sqlalchemy.orm import scoped_session

from models import Publication, State
from tests.support.client import CheckedClient, login
from tests.support.factories import make_publication

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@pytest.fixture
def draft(session: scoped_session[Any], client: CheckedClient) -> Publication:
    publication = make_publication(state=State.DRAFT, title="Giá xăng dầu")
    login(client, publication.author)
    return publication


def _stored(session: scoped_session[Any], draft: Publication) -> tuple[int, str]:
    session.expire_all()
    assert draft.latest_revision is not None
    return draft.latest_revision.version, draft.latest_revision.body


def test_a_table_of_ten_thousand_cells_is_refused_and_stays_in_the_form(
    client: CheckedClient, session: scoped_session[Any], draft: Publication
) -> None:
    before = _stored(session, draft)
    row = "<tr>" + "".join(f"<td>Ô {n}</td>" for n in range(100)) + "</tr>"
    body = f"<table>{row * 100}</table>"

    response = client.submit(
        f"/ban-lam-viec/bai-viet/{draft.id}/sua",
        {"title": "Giá xăng dầu quý ba", "body": body},
        form="editor-form",
    )

    page = response.get_data(as_text=True)
    assert response.status_code == 422
    assert "Nội dung" in page
    assert page.count("Ô 99") == 100
    assert "Giá xăng dầu quý ba" in page
    assert _stored(session, draft) == before


def test_a_paste_of_many_megabytes_is_refused_with_a_sentence_and_the_text_stays(
    client: CheckedClient, session: scoped_session[Any], draft: Publication
) -> None:
    before = _stored(session, draft)

    response = client.post_form(
        f"/ban-lam-viec/bai-viet/{draft.id}/sua",
        {"title": "Giá", "body": "x" * 3_000_000, "seen": "1.1"},
        # As the editor's form is sent.
        content_type="multipart/form-data",
    )

    assert response.status_code == 413
    assert "Tệp hoặc nội dung quá lớn" in response.get_data(as_text=True)
    assert _stored(session, draft) == before


@pytest.mark.parametrize("genre", [None, "không có loại này"])
def test_a_choice_that_is_missing_or_made_up_is_refused_and_the_text_stays(
    client: CheckedClient, session: scoped_session[Any], draft: Publication, genre: str | None
) -> None:
    before = _stored(session, draft)
    fields = {"title": "Giá điện", "body": "Chữ đã gõ", "seen": "1.1", "origin": "own"}

    response = client.post_form(
        f"/ban-lam-viec/bai-viet/{draft.id}/sua",
        fields if genre is None else {**fields, "genre": genre},
    )

    page = response.get_data(as_text=True)
    assert response.status_code == 422
    assert "Thể loại" in page
    assert "Chữ đã gõ" in page
    assert _stored(session, draft) == before
