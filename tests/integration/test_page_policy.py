"""Static pages speak for the agency: contributors are not offered them, and may not write them."""

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import scoped_session

from models import Kind, Publication, Role
from tests.support.client import CheckedClient, login
from tests.support.factories import make_publication, make_user

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
NEW = "/ban-lam-viec/bai-viet/moi?loai=page"
TYPED = {"title": "Giới thiệu", "body": "<p>Sở ở đây.</p>", "place": "gioi-thieu"}
TYPED |= {"genre": "news", "origin": "own"}


def test_whoever_may_write_a_static_page_is_offered_it_and_nobody_else(
    client: CheckedClient, session: scoped_session[Any]
) -> None:
    for role, may in (
        (Role.CONTRIBUTOR, False),
        (Role.EDITOR, True),
        (Role.CHIEF, True),
        (Role.ADMIN, True),
    ):
        login(client, make_user(role=role))
        offered = NEW in client.get("/ban-lam-viec").text
        opened = client.get(NEW).status_code
        before = session.scalar(select(func.count(Publication.id))) or 0
        if may:
            answer = client.submit(NEW, TYPED, form="editor-form")
        else:
            answer = client.post_form(NEW, TYPED)
        made = (session.scalar(select(func.count(Publication.id))) or 0) - before
        assert (offered, opened, answer.status_code, made) == (
            (True, 200, 303, 1) if may else (False, 403, 403, 0)
        ), role


def test_a_contributor_may_neither_change_nor_translate_a_page_that_was_theirs(
    client: CheckedClient, session: scoped_session[Any]
) -> None:
    author = make_user(role=Role.CONTRIBUTOR)
    draft = make_publication(kind=Kind.PAGE, author=author, state="draft", title="Cũ")
    live = make_publication(kind=Kind.PAGE, author=author, title="Đang hiện")
    login(client, author)
    desk = "/ban-lam-viec/bai-viet"
    answer = client.get(f"{desk}/{draft.id}/sua")
    assert answer.location == f"{desk}/{draft.id}"
    assert "Chỉ Ban biên tập và quản trị viên" in client.get(answer.location).text
    for path in (f"{desk}/{draft.id}/sua", f"{desk}/{live.id}/ban-tieng-anh"):
        assert client.post_form(path, TYPED).status_code == 403
    session.refresh(draft)
    assert draft.title == "Cũ"
