"""Related items on both engines: by words and section, worked out aside, always some."""

from datetime import timedelta
from typing import Any

import lxml.html
from sqlalchemy import event, select
from sqlalchemy.orm import scoped_session

from extensions import db
from models import Publication, RelatedPublication, Revision
from services import related, search
from tests.support.client import CheckedClient
from tests.support.factories import NOW, make_section, make_user
from tests.support.searching import publish

Session = scoped_session[Any]


def work_out(after: timedelta = timedelta()) -> int:
    return related.keep_in_step(now=NOW + after, checkpoint=db.session.flush)


def near(publication: Publication, *path: list[int]) -> list[str]:
    found = related.related_to(publication_id=publication.id, section_path=path, now=NOW)
    return [card.title for card in found]


def test_what_is_near_by_its_words_comes_before_what_is_new_in_the_section(
    session: Session,
) -> None:
    section, other, author = make_section(), make_section(), make_user()
    shared = {"author": author, "published_at": NOW - timedelta(days=9)}
    wanted = publish(title="Bảo hộ sở hữu trí tuệ cho nước mắm", section=section, **shared)
    for number in range(7):
        publish(title=f"Tin mới số {number}", section=section, author=author)
    publish(title="Đăng ký sở hữu trí tuệ", section=other, **shared)
    publish(title="Nước mắm được bảo hộ", section=section, **shared)
    before = near(wanted, [section.id])
    assert len(before) == 6
    assert "Đăng ký sở hữu trí tuệ" not in before, "nothing is worked out yet"
    assert work_out() >= 10
    after = near(wanted, [section.id])
    assert set(after[:2]) == {"Nước mắm được bảo hộ", "Đăng ký sở hữu trí tuệ"}
    assert len(after) == len(set(after)) == 6, "filled up from the section"
    assert wanted.title not in after
    work_out()
    assert work_out() == 0, "it comes to an end"


def test_a_change_and_a_withdrawal_are_followed(session: Session, client: CheckedClient) -> None:
    section, author = make_section(name="Tin biển"), make_user()
    shared = {"section": section, "author": author, "published_at": NOW - timedelta(days=60)}
    first = publish(title="Rạn san hô Sơn Trà", **shared)
    second = publish(title="San hô ở Cù Lao Chàm", **shared)
    third = publish(title="Xe buýt nhanh", **shared)
    publish(title="Tuyến xe buýt đêm", **shared)
    for number in range(9):
        # What is in a third of all texts tells nothing of any.
        publish(title=f"Chuyện khác {number}", published_at=NOW - timedelta(days=99), author=author)
    while work_out():
        pass
    assert near(first)[0] == second.title
    assert near(third)[0] == "Tuyến xe buýt đêm"
    # A new text of the third, as a correction makes it.
    revision = Revision(
        **{
            column.key: getattr(third.live_revision, column.key)
            for column in Revision.__table__.columns
            if column.key not in {"id", "number", "title"}
        },
        number=2,
        title="San hô và xe buýt",
    )
    session.add(revision)
    session.flush()
    third.live_revision = third.latest_revision = revision
    third.title = revision.title
    search.index_publication(publication_id=third.id)
    while work_out():
        pass
    assert {"San hô ở Cù Lao Chàm", "Rạn san hô Sơn Trà"} <= set(near(third)[:3])
    assert third.title in near(first)[:2], "its neighbours were told"
    second.withdrawn_at = NOW
    search.remove_publication(publication_id=second.id)
    session.flush()
    assert second.title not in near(first), "gone at once, before anything is worked out"
    while work_out():
        pass
    kept = session.scalars(select(RelatedPublication.related_id)).all()
    assert second.id not in kept
    page = lxml.html.document_fromstring(client.get(f"/bai-viet/{first.slug}-{first.id}").text)
    assert "San hô và xe buýt" in page.xpath("string(//*[contains(@class, 'related')])")


def test_a_full_list_is_read_in_one_query(session: Session) -> None:
    shared = {"section": make_section(), "author": make_user()}
    made = [publish(title=f"Nước mắm Nam Ô lần {number}", **shared) for number in range(8)]
    for number in range(20):
        publish(title=f"Chuyện khác {number}", **shared)
    work_out()
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    assert len(near(made[0], [shared["section"].id])) == 6
    assert len(asked) == 1
