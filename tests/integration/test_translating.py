"""An English version: begun at the desk, translated, reviewed and published like any text."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import scoped_session

from extensions import db
from models import Publication
from services import translations
from services.checklist import checklist
from services.errors import Conflict, NotAllowed
from services.publications import content_of
from tests.support.client import CheckedClient, login
from tests.support.factories import NOW, make_publication, make_section, make_user

Session = scoped_session[Any]
BODY = "<p>Trạm quan trắc mới đặt ở Thọ Quang, đo bụi mịn và tiếng ồn cho các phường ven biển.</p>"


@pytest.fixture
def original(session: Session) -> Publication:
    return make_publication(title="Trạm quan trắc mới ở Thọ Quang", body=BODY)


def test_somebody_writes_the_english_version_and_finds_it_beside_the_text(
    session: Session, client: CheckedClient, original: Publication
) -> None:
    translator = original.author
    login(client, translator)
    page = f"/ban-lam-viec/bai-viet/{original.id}"
    assert "Viết bản tiếng Anh" in client.get(page).text
    answer = client.post_form(f"{page}/ban-tieng-anh", {"chep": "1"})
    draft = db.session.scalars(select(Publication).where(Publication.language == "en")).one()
    assert answer.location == f"/ban-lam-viec/bai-viet/{draft.id}/sua"
    assert (draft.translation_of_id, draft.author_id) == (original.id, translator.id)
    assert draft.latest_revision is not None
    assert draft.latest_revision.body == BODY
    assert draft.latest_revision.section_id == original.section_id
    assert "Bản tiếng Việt:" in client.get(answer.location).text
    assert f'href="/ban-lam-viec/bai-viet/{draft.id}"' in client.get(page).text
    assert (
        f'href="/ban-lam-viec/bai-viet/{original.id}"'
        in client.get(f"/ban-lam-viec/bai-viet/{draft.id}").text
    )
    again = client.post_form(f"{page}/ban-tieng-anh", {})
    assert again.status_code == 409
    assert "đã có bản tiếng Anh" in again.text


def test_without_the_words_only_what_both_share_is_there(
    session: Session, original: Publication
) -> None:
    draft = translations.begin(original=original, actor=original.author, with_text=False, now=NOW)
    assert draft.latest_revision is not None
    content = content_of(draft.latest_revision)
    assert (content.title, content.summary, content.body) == ("", "", "")
    assert content.section_id == original.section_id
    with pytest.raises(NotAllowed):
        translations.begin(original=draft, actor=original.author, with_text=False, now=NOW)
    with pytest.raises(Conflict):
        translations.begin(original=original, actor=original.author, with_text=True, now=NOW)


def test_who_may_not_see_a_text_begins_no_version_of_it(
    client: CheckedClient, session: Session
) -> None:
    draft = make_publication(state="draft")
    login(client, make_user())
    answer = client.post_form(f"/ban-lam-viec/bai-viet/{draft.id}/ban-tieng-anh", {})
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("body", "is_met"),
    [
        (BODY, False),
        ("<p>A station in Thọ Quang measures fine dust and noise for the coastal wards.</p>", True),
    ],
)
def test_what_is_not_translated_is_not_sent_for_review(
    session: Session, original: Publication, body: str, is_met: bool
) -> None:
    draft = translations.begin(original=original, actor=original.author, with_text=True, now=NOW)
    revision = draft.latest_revision
    assert revision is not None
    revision.title, revision.summary, revision.body = "A new station", "It measures.", body
    (line,) = [check for check in checklist(revision) if check.key == "english"]
    assert (line.is_met, line.blocks) == (is_met, True)


def test_an_administrator_names_a_section_in_english(
    session: Session, client: CheckedClient
) -> None:
    section = make_section(name="Chuyển đổi số")
    login(client, make_user(role="admin"))
    path = f"/ban-lam-viec/quan-tri/chuyen-muc/{section.id}"
    answer = client.submit(path, {"english_name": "Digital transformation"}, form="section-form")
    assert answer.status_code == 303
    assert "Digital transformation" in client.get("/en").text
    assert client.submit(path, {"english_name": "x" * 121}, form="section-form").status_code == 422
