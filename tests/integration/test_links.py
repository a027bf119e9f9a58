"""Which outside addresses the texts lead to: noted when a text is saved, changed and published."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import scoped_session

from models import Kind, Link, LinkUse, Publication, Revision, Role, Setting, State, User
from services import links, publications, settings, workflow
from services.checklist import checklist
from services.publications import Content, content_of, seen_token
from tests.support.factories import NOW, make_publication, make_section, make_user

Session = scoped_session[Any]


def _used(session: Session, publication: Publication) -> set[str]:
    query = (
        select(Link.url)
        .join(LinkUse, LinkUse.link_id == Link.id)
        .where(LinkUse.publication_id == publication.id)
    )
    return set(session.scalars(query))


def _latest(publication: Publication) -> Revision:
    assert publication.latest_revision is not None
    return publication.latest_revision


def _write(author: User, **fields: Any) -> Publication:
    content = Content(
        **{
            "title": "Cân đối chứng",
            "summary": "Ở chợ Cồn.",
            "body": '<p>Xem <a href="http://mot.example.vn/a?x=1&amp;y=2#cuoi">ở đây</a>.</p>',
            "section_id": make_section().id,
            "secrecy_declared": True,
            **fields,
        }
    )
    return publications.create(actor=author, kind=Kind.POST, content=content, now=NOW)


def _save(publication: Publication, author: User, **fields: Any) -> None:
    latest = _latest(publication)
    publications.save(
        publication=publication,
        actor=author,
        content=replace(content_of(latest), **fields),
        seen=seen_token(latest),
        now=NOW,
    )


@pytest.mark.parametrize(
    ("body", "source", "found"),
    [
        ("<p>Không có.</p>", "", []),
        ('<p><a href="/bai-viet/a-1">trong</a> <a href="mailto:a@b.vn">thư</a></p>', "", []),
        ('<p><a href="https://a.vn/x" title="t">x</a></p>', "", ["https://a.vn/x"]),
        ('<p><a href="http://a.vn/?a=1&amp;b=2#c">x</a></p>', "", ["http://a.vn/?a=1&b=2"]),
        (
            '<p><a href="http://a.vn/">x</a> <a href="http://a.vn/#b">y</a></p>',
            "",
            ["http://a.vn/"],
        ),
        ("", "https://nguon.vn/tin", ["https://nguon.vn/tin"]),
        ('<p><a href="http://[">x</a></p>', "http://", []),
    ],
)
def test_the_outside_addresses_of_a_text_are_found_once_each(
    body: str, source: str, found: list[str]
) -> None:
    assert links.addresses_in(body, source) == found


def test_a_text_leads_to_no_more_addresses_than_are_looked_after() -> None:
    body = "".join(f'<a href="http://a.vn/{n}">x</a>' for n in range(1000))

    assert len(links.addresses_in(body)) == links.MAX_LINKS_OF_A_TEXT


def test_saving_notes_where_a_text_leads_and_forgets_what_it_no_longer_says(
    session: Session,
) -> None:
    author = make_user()
    publication = _write(author, source_url="https://nguon.example.vn/tin")
    assert _used(session, publication) == {
        "http://mot.example.vn/a?x=1&y=2",
        "https://nguon.example.vn/tin",
    }

    _save(publication, author, body='<p><a href="http://hai.example.vn/">b</a></p>', source_url="")

    assert _used(session, publication) == {"http://hai.example.vn/"}
    link = session.scalars(select(Link).where(Link.host == "hai.example.vn")).one()
    assert link.next_check_at == NOW + links.SETTLES_AFTER
    assert (link.checked_at, link.status, link.failures) == (None, None, 0)


def test_two_texts_share_a_link(session: Session) -> None:
    author = make_user()
    first, second = _write(author), _write(author)

    assert _used(session, first) == _used(session, second)
    assert len(session.scalars(select(Link)).all()) == 1


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_while_a_new_text_waits_both_it_and_the_page_are_looked_after(session: Session) -> None:
    author, chief = make_user(), make_user(role=Role.CHIEF)
    settings.put(key="review_steps", value=1)
    publication = _write(author)

    def step(action: Any, actor: User) -> None:
        seen = seen_token(_latest(publication))
        action(publication=publication, actor=actor, seen=seen, now=NOW)

    step(workflow.submit, author)
    step(workflow.approve_and_publish, chief)
    step(workflow.revise, author)
    _save(publication, author, body='<p><a href="http://moi.example.vn/">mới</a></p>')
    old, new = "http://mot.example.vn/a?x=1&y=2", "http://moi.example.vn/"
    assert _used(session, publication) == {old, new}

    step(workflow.submit, author)
    step(workflow.approve_and_publish, chief)
    assert _used(session, publication) == {new}

    step(workflow.revise, author)
    _save(publication, author, body="<p>Không dẫn đi đâu.</p>")
    assert _used(session, publication) == {new}
    step(workflow.discard, author)
    assert _used(session, publication) == {new}


def test_texts_from_before_links_were_noted_are_caught_up_with(session: Session) -> None:
    body = '<p><a href="http://cu.example.vn/">cũ</a></p>'
    old = [make_publication(body=body), make_publication(body="<p>Không.</p>")]

    assert links.note_older(now=NOW) == 2
    assert links.note_older(now=NOW) == 0

    assert _used(session, old[0]) == {"http://cu.example.vn/"}
    later = make_publication(body=body)
    assert links.note_older(now=NOW) == 1
    assert _used(session, later) == {"http://cu.example.vn/"}
    assert session.get(Setting, "links:noted_up_to").value == later.id


def test_a_link_that_no_text_has_is_forgotten_once_the_typing_is_over(session: Session) -> None:
    author = make_user()
    publication = _write(author)
    _save(publication, author, body="<p>Không dẫn đi đâu.</p>")

    links.forget_unused(now=NOW)
    assert len(session.scalars(select(Link)).all()) == 1
    links.forget_unused(now=NOW + timedelta(hours=1))
    assert session.scalars(select(Link)).all() == []


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_the_checklist_names_the_broken_links_and_blocks_nothing(session: Session) -> None:
    author = make_user()
    publication = _write(author)

    def check() -> Any:
        found = checklist(_latest(publication))
        return next((line for line in found if line.key == "links"), None)

    assert check().is_met
    session.scalars(select(Link)).one().broken_since = NOW
    session.flush()

    line = check()
    assert (line.is_met, line.blocks) == (False, False)
    assert line.label == (
        "Liên kết hỏng: http://mot.example.vn/a?x=1&y=2. "
        "Hãy thay bằng địa chỉ mới hoặc bỏ liên kết."
    )
    seen = seen_token(_latest(publication))
    workflow.submit(publication=publication, actor=author, seen=seen, now=NOW)
    assert _latest(publication).state is State.AWAITING_EDIT
    plain = _write(author, body="<p>Không dẫn đi đâu.</p>")
    assert "links" not in {line.key for line in checklist(_latest(plain))}
