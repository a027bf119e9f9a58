"""The tree of sections, changed: addresses that lead on, texts that move, rights that go along."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import scoped_session

from models import AuditEvent, Role, Section, SectionAlias, User
from services import search, sectioning
from services.errors import Conflict, InvalidInput, NotAllowed
from services.policy import covers
from services.sectioning import SectionDraft
from services.sections import load
from tests.support.client import CheckedClient
from tests.support.factories import NOW, make_publication, make_section, make_user

Session = scoped_session[Any]


@pytest.fixture
def actor(session: Session) -> User:
    return make_user(role=Role.ADMIN)


def edit(actor: User, section: Section, **typed: Any) -> Section:
    given = {
        "name": section.name,
        "slug": section.slug,
        "parent_id": str(section.parent_id or ""),
        **typed,
    }
    return sectioning.edit(
        actor=actor,
        section_id=section.id,
        draft=SectionDraft(**given),
        seen=sectioning.seen_token(section),
        now=NOW,
    )


def close(actor: User, section: Section, heir: Section | None = None) -> int:
    heir_id = heir.id if heir else None
    return sectioning.close(actor=actor, section_id=section.id, heir_id=heir_id, now=NOW)[1]


def where_to(client: CheckedClient, address: str) -> tuple[int, str]:
    response = client.get(address)
    return response.status_code, response.headers.get("Location", "")


def test_an_address_that_changed_leads_on_in_one_step_however_often_it_changed(
    session: Session, actor: User, client: CheckedClient
) -> None:
    section = make_section(name="Tin tức", slug="tin-tuc")
    for slug in ("tin-moi", "tin-nong"):
        edit(actor, section, slug=slug)
    for old in ("tin-tuc", "tin-moi"):
        assert where_to(client, f"/chuyen-muc/{old}") == (301, "/chuyen-muc/tin-nong")
        assert where_to(client, f"/chuyen-muc/{old}/rss.xml") == (
            301,
            "/chuyen-muc/tin-nong/rss.xml",
        )
    assert where_to(client, "/chuyen-muc/tin-nong")[0] == 200
    # Back to the first: the address is its own again.
    edit(actor, section, slug="tin-tuc")
    assert where_to(client, "/chuyen-muc/tin-tuc")[0] == 200
    assert where_to(client, "/chuyen-muc/tin-nong") == (301, "/chuyen-muc/tin-tuc")


def test_an_address_that_leads_elsewhere_cannot_be_taken(session: Session, actor: User) -> None:
    section = make_section(name="Tin tức", slug="tin-tuc")
    edit(actor, section, slug="tin-moi")
    with pytest.raises(InvalidInput, match="đang chuyển hướng tới chuyên mục “Tin tức”"):
        sectioning.create(actor=actor, draft=SectionDraft(name="Khác", slug="tin-tuc"), now=NOW)


def test_a_section_never_stands_below_itself_or_what_is_below_it(
    session: Session, actor: User
) -> None:
    top = make_section(name="Trên")
    middle = make_section(name="Giữa", parent_id=top.id)
    low = make_section(name="Dưới", parent_id=middle.id)
    session.commit()
    for wrong in (top, middle, low):
        with pytest.raises(InvalidInput) as refused:
            edit(actor, top, parent_id=str(wrong.id))
        session.rollback()
        assert set(refused.value.fields) == {"parent_id"}


def test_a_merged_section_gives_texts_children_rights_and_addresses_to_its_heir(
    session: Session, actor: User, client: CheckedClient
) -> None:
    old, heir = make_section(name="Khoa học cũ"), make_section(name="Khoa học")
    child = make_section(name="Đề tài", parent_id=old.id)
    edit(actor, old, slug="khoa-hoc-xua")
    publication = make_publication(section=old, title="Bài ở chuyên mục cũ")
    only_old, both = make_user(role=Role.EDITOR), make_user(role=Role.EDITOR)
    only_old.sections, both.sections = [old], [old, heir]
    other = make_section(name="Chuyên mục khác")
    session.flush()
    search.index_publication(publication_id=publication.id)
    assert close(actor, old, heir) == 1
    session.commit()
    session.expire_all()
    assert (publication.section, publication.latest_revision.section) == (heir, heir)
    assert child.parent_id == heir.id
    # Not "no section", which would be every section.
    assert only_old.sections == both.sections == [heir]
    assert not covers(only_old, other)
    for address in ("khoa-hoc-cu", "khoa-hoc-xua"):
        assert where_to(client, f"/chuyen-muc/{address}") == (301, "/chuyen-muc/khoa-hoc")
        found = client.get(f"/tim-kiem?q=bai&chuyen-muc={address}").get_data(as_text=True)
        assert "Bài ở chuyên mục cũ" in found.replace("<mark>", "").replace("</mark>", "")
    event = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert event.changes["merged_into"] == [None, "Khoa học"]


def test_re_users_learn_of_texts_whose_section_was_renamed_moved_or_merged(
    session: Session, actor: User, client: CheckedClient
) -> None:
    above, heir = make_section(name="Khoa học"), make_section(name="Tin khác")
    section = make_section(name="Đo lường", parent_id=above.id)
    post = make_publication(section=section, published_at=NOW - timedelta(days=9))
    elsewhere = make_publication(section=heir, published_at=NOW - timedelta(days=9))
    withdrawn = make_publication(section=section, state="withdrawn")
    later = make_publication(section=section, published_at=NOW + timedelta(days=900))
    rows = (post, elsewhere, withdrawn, later)
    before = NOW - timedelta(days=9)
    for row in rows:
        row.public_changed_at = before
    later.public_changed_at = later.published_at
    changes: tuple[Callable[[], object], ...] = (
        lambda: edit(actor, section, name="Đo lường mới"),
        lambda: edit(actor, above, slug="khoa-hoc-moi"),
        lambda: edit(actor, section, parent_id=str(heir.id)),
        lambda: close(actor, section, heir),
    )
    for change in changes:
        post.public_changed_at = before
        session.flush()
        change()
        session.expire_all()
        assert post.public_changed_at == NOW
        assert elsewhere.public_changed_at == withdrawn.public_changed_at == before
        assert later.public_changed_at == later.published_at
    edit(actor, heir, description="Chỉ mô tả thay đổi")
    assert elsewhere.public_changed_at == before
    session.commit()
    since = (NOW - timedelta(minutes=1)).isoformat().replace("+", "%2B")
    answer = client.get(f"/api/v1/publications?updated_since={since}").get_json()
    assert [one["id"] for one in answer["items"]] == [post.id]


def test_an_heir_that_is_merged_in_turn_leaves_one_step_for_all(
    session: Session, actor: User, client: CheckedClient
) -> None:
    first, second, third = (make_section(name=name) for name in ("Một", "Hai", "Ba"))
    close(actor, first, second)
    close(actor, second, third)
    for address in ("mot", "hai"):
        assert where_to(client, f"/chuyen-muc/{address}") == (301, "/chuyen-muc/ba")
    # A section that is used again stands at its own address: no alias shadows it.
    sectioning.reopen(actor=actor, section_id=first.id, now=NOW)
    assert where_to(client, "/chuyen-muc/mot")[0] == 200
    assert session.scalars(select(SectionAlias.slug)).all() == ["hai"]


def test_a_section_with_texts_or_children_is_not_closed_without_an_heir(
    session: Session, actor: User, client: CheckedClient
) -> None:
    full, empty = make_section(name="Còn bài"), make_section(name="Đã hết")
    make_publication(section=full)
    child = make_section(name="Con", parent_id=full.id)
    with pytest.raises(InvalidInput, match="còn 1 bài và 1 chuyên mục con"):
        close(actor, full)
    with pytest.raises(InvalidInput, match="không nằm trong chuyên mục này"):
        close(actor, full, child)
    close(actor, empty)
    assert where_to(client, "/chuyen-muc/da-het")[0] == 404


def test_siblings_are_ordered_by_steps_and_all_are_told_of(session: Session, actor: User) -> None:
    one, two, three = (make_section(name=name) for name in ("Một", "Hai", "Ba"))

    def order() -> list[str]:
        return [node.name for node in load().roots]

    sectioning.move(actor=actor, section_id=three.id, step=-1, now=NOW)
    assert order() == ["Một", "Ba", "Hai"]
    sectioning.move(actor=actor, section_id=one.id, step=-1, now=NOW)
    assert order() == ["Một", "Ba", "Hai"]
    sectioning.move(actor=actor, section_id=one.id, step=1, now=NOW)
    assert order() == ["Ba", "Một", "Hai"]
    events = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    assert [event.changes for event in events] == [{"position": [3, 2]}, {"position": [1, 2]}]
    assert two.position == 2


def test_two_administrators_at_once_do_not_overwrite_each_other(
    session: Session, actor: User
) -> None:
    section = make_section(name="Tin tức")
    both_saw = sectioning.seen_token(section)
    edit(actor, section, name="Tin hoạt động")
    with pytest.raises(Conflict, match="Chưa có gì bị ghi đè"):
        sectioning.edit(
            actor=actor,
            section_id=section.id,
            draft=SectionDraft(name="Tin nóng", slug="tin-tuc"),
            seen=both_saw,
            now=NOW,
        )
    session.rollback()
    closed = make_section(name="Đã ngừng", is_active=False)
    with pytest.raises(NotAllowed, match="mở lại trước khi sửa"):
        edit(actor, closed, name="Khác")
