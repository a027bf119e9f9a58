"""Each kind: written in the editor, sent, published, read on its page and in its list."""

import pytest
from sqlalchemy.orm import Session

from models import Kind, Publication, Role
from services.kinds import KINDS, details_of
from tests.support.client import CheckedClient, login
from tests.support.factories import kind_details, make_publication, make_section, make_user

NEW = "/ban-lam-viec/bai-viet/moi"
OWN = [kind for kind in Kind if KINDS[kind].fields]


@pytest.mark.parametrize("kind", OWN)
def test_a_kind_is_written_with_its_own_fields_and_read_on_its_page(
    session: Session, client: CheckedClient, kind: Kind
) -> None:
    info = KINDS[kind]
    # Static pages are the board's to write.
    role = Role.EDITOR if kind is Kind.PAGE else Role.CONTRIBUTOR
    author, section = make_user(role=role), make_section()
    login(client, author)
    details = kind_details(kind)
    typed = {
        "title": f"Bản viết thử của {info.label}",
        "summary": "Tóm tắt dùng để thử.",
        "body": "<p>Nội dung dùng để thử.</p>",
        "section_id": str(section.id),
        "secrecy_declared": "1",
        "genre": "news",
        "origin": "own",
        **details,
        "then": "submit",
    }
    answer = client.post_form(f"{NEW}?loai={kind.value}", typed)
    assert answer.status_code == 303, answer.text
    publication = session.query(Publication).one()
    assert publication.kind is kind
    revision = publication.latest_revision
    assert revision is not None
    assert details_of(revision, kind) == details
    shown = client.get(f"/ban-lam-viec/bai-viet/{publication.id}").text
    for field in info.fields:
        if details[field.name]:
            assert field.label in shown


@pytest.mark.parametrize("kind", list(Kind))
def test_a_kind_has_a_list_and_pages(session: Session, client: CheckedClient, kind: Kind) -> None:
    info = KINDS[kind]
    text = make_publication(kind=kind, title=f"Một {info.label} để đọc")
    page = client.get(f"/{info.path}/{text.slug}-{text.id}")
    assert page.status_code == 200
    for field in info.fields:
        if field.is_listed:
            assert field.label in page.text
    assert text.title in client.get(f"/{info.path}").text


def test_a_day_that_does_not_exist_is_named_and_what_was_typed_is_still_there(
    session: Session, client: CheckedClient
) -> None:
    login(client, make_user())
    answer = client.post_form(
        f"{NEW}?loai=document",
        {
            "title": "Quyết định về việc thử",
            "genre": "news",
            "origin": "own",
            "issued_on": "31/02/2017",
            "document_type": "quyet-dinh",
        },
    )
    assert answer.status_code == 422
    assert "Ngày ban hành: " in answer.text
    assert 'value="31/02/2017"' in answer.text
    assert 'value="quyet-dinh" selected' in answer.text


def test_what_a_kind_needs_is_on_its_checklist_and_stops_it(
    session: Session, client: CheckedClient
) -> None:
    login(client, make_user())
    typed = {"title": "Chưa đủ", "genre": "news", "origin": "own", "then": "submit"}
    answer = client.post_form(f"{NEW}?loai=document", typed)
    assert answer.status_code == 422
    for line in ("Có ngày ban hành", "Có cơ quan ban hành", "Có toàn văn hoặc tệp đính kèm"):
        assert line in answer.text
