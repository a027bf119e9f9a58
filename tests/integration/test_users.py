"""People as the administrator looks after them, and the links by which they choose passwords."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import scoped_session

from models import AccountToken, AuditEvent, OutboxMail, Role, User
from services import accounts, invitations, units, users
from services.errors import Conflict, InvalidInput, NotAllowed, NotFound
from services.users import Standing, UserDraft
from services.vietnamese import person_sort_key
from tests.support.factories import NOW, make_section, make_unit, make_user

Session = scoped_session[Any]
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

KEY = "khoá chỉ để thử"


def admin(**fields: Any) -> User:
    return make_user(role=Role.ADMIN, password="mật khẩu quản trị", **fields)


def draft(**typed: Any) -> UserDraft:
    given = {"username": "le.binh", "full_name": "Lê Thị Bình", "role": "contributor", **typed}
    return UserDraft(**{"unit_id": str(make_unit().id), **given})


def invite(actor: User, **typed: Any) -> tuple[User, str]:
    return users.invite(
        actor=actor,
        draft=draft(**typed),
        link_for=lambda token: f"http://trang/tai-khoan/{token}",
        site_name="Trang thử",
        now=NOW,
    )


def accept(link: str, password: str = "mật khẩu của Bình", **said: Any) -> User:
    token = link.rsplit("/", 1)[1]
    given = {"again": password, "now": NOW, **said}
    return invitations.accept(token=token, password=password, secret_key=KEY, **given)


def last_event(session: Session) -> AuditEvent:
    event = session.scalar(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1))
    assert event is not None
    return event


# ---------------------------------------------------------------- invitations
def test_whoever_is_invited_chooses_a_password_once_and_logs_in(session: Session) -> None:
    user, link = invite(admin(), email="binh@coquan.gov.vn")
    assert users.standing_of(user) is Standing.INVITED
    assert accept(link) is user
    assert users.standing_of(user) is Standing.ACTIVE
    entered = accounts.authenticate(
        username="le.binh", password="mật khẩu của Bình", address="a", secret_key=KEY, now=NOW
    )
    assert entered is user
    with pytest.raises(NotFound, match="Liên kết này không dùng được"):
        accept(link)


def test_only_the_hash_of_a_link_is_stored_and_the_trail_has_neither(session: Session) -> None:
    _, link = invite(admin(), email="binh@coquan.gov.vn")
    secret = link.rsplit("/", 1)[1]
    stored = session.scalars(select(AccountToken)).one()
    assert secret not in stored.token_hash
    assert len(stored.token_hash) == 64
    events = session.scalars(select(AuditEvent)).all()
    assert secret not in str([(event.subject_name, event.changes) for event in events])
    assert link in session.scalars(select(OutboxMail)).one().body


def test_a_link_that_is_old_or_replaced_or_whose_owner_is_locked_says_the_same(
    session: Session,
) -> None:
    actor = admin()
    user, first = invite(actor)
    second = users.give_link(
        actor=actor, user_id=user.id, link_for=lambda t: f"/{t}", site_name="Trang", now=NOW
    )[1]
    sentences = set()
    for link, at in ((first, NOW), (second, NOW + timedelta(days=7)), ("/khong-co", NOW)):
        with pytest.raises(NotFound) as refused:
            accept(link, now=at)
        sentences.add(refused.value.sentence)
    accept(second, now=NOW + timedelta(days=7, seconds=-1))
    third = users.give_link(
        actor=actor, user_id=user.id, link_for=lambda t: f"/{t}", site_name="Trang", now=NOW
    )[1]
    users.disable(actor=actor, user_id=user.id, now=NOW)
    with pytest.raises(NotFound) as refused:
        accept(third)
    assert sentences == {refused.value.sentence}


def test_a_password_that_cannot_be_leaves_the_link_as_it_was(session: Session) -> None:
    _, link = invite(admin())
    for password, again in (("ngắn", "ngắn"), ("mật khẩu của Bình", "mật khẩu của Binh")):
        with pytest.raises(InvalidInput):
            accept(link, password, again=again)
    assert accept(link).username == "le.binh"


def test_somebody_who_has_not_chosen_a_password_cannot_log_in(session: Session) -> None:
    invite(admin())
    for password in ("!", "", "mật khẩu bất kỳ"):
        with pytest.raises(NotAllowed, match="chưa đúng"):
            accounts.authenticate(
                username="le.binh", password=password, address="a", secret_key=KEY, now=NOW
            )


def test_a_new_password_ends_every_session_and_the_wait_after_failures(session: Session) -> None:
    actor, user = admin(), make_user(username="quen.mk", password="mật khẩu đã quên")
    for _ in range(5):
        with pytest.raises(NotAllowed):
            accounts.authenticate(
                username="quen.mk", password="sai", address="a", secret_key=KEY, now=NOW
            )
    assert accounts.failures_of(username="quen.mk", secret_key=KEY, now=NOW) == 5
    session_before = user.get_id()
    link = users.give_link(
        actor=actor, user_id=user.id, link_for=lambda t: f"/{t}", site_name="Trang", now=NOW
    )[1]
    assert accounts.user_for_session(session_before) is user
    accept(link)
    assert accounts.user_for_session(session_before) is None
    assert accounts.failures_of(username="quen.mk", secret_key=KEY, now=NOW) == 0


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("username", "Có Dấu"),
        ("username", "co.roi"),
        ("full_name", "A"),
        ("email", "khong-phai-thu"),
        ("email", "a@b.vn\nBcc: c@d.vn"),
        ("role", "king"),
        ("unit_id", "999999"),
        ("section_ids", ("999999",)),
    ],
)
def test_what_is_wrong_in_an_invitation_is_named(session: Session, field: str, typed: Any) -> None:
    actor = admin(username="co.roi")
    with pytest.raises(InvalidInput) as refused:
        invite(actor, **{field: typed})
    assert set(refused.value.fields) == {field}
    assert session.scalar(select(func.count(User.id))) == 1


# ---------------------------------------------------------------- changes
def test_a_change_is_saved_and_told_before_and_after(session: Session) -> None:
    actor = admin()
    section = make_section(name="Chuyển đổi số")
    user = make_user(full_name="Trần An", unit=make_unit(name="Văn phòng"))
    unit = make_unit(name="Phòng Chuyển đổi số")
    users.edit(
        actor=actor,
        user_id=user.id,
        draft=UserDraft(
            full_name="Trần Văn An",
            role="editor",
            unit_id=str(unit.id),
            section_ids=(str(section.id),),
        ),
        seen=users.seen_token(user),
        now=NOW,
    )
    assert user.sort_key == person_sort_key("Trần Văn An")
    event = last_event(session)
    assert (event.action, event.actor_id, event.subject_key) == (
        "user.edit",
        actor.id,
        str(user.id),
    )
    assert event.changes == {
        "full_name": ["Trần An", "Trần Văn An"],
        "role": ["Cộng tác viên", "Biên tập viên"],
        "unit": ["Văn phòng", "Phòng Chuyển đổi số"],
        "sections": [[], ["Chuyển đổi số"]],
    }


def test_the_second_of_two_administrators_does_not_overwrite_the_first(session: Session) -> None:
    actor, user = admin(), make_user(full_name="Trần An")
    both_saw = users.seen_token(user)
    typed = UserDraft(full_name="Trần Văn An", role="editor", unit_id=str(user.unit_id))
    users.edit(actor=actor, user_id=user.id, draft=typed, seen=both_saw, now=NOW)
    other = UserDraft(full_name="Trần Thị An", role="contributor", unit_id=str(user.unit_id))
    with pytest.raises(Conflict, match="Chưa có gì bị ghi đè"):
        users.edit(actor=actor, user_id=user.id, draft=other, seen=both_saw, now=NOW)
    assert user.full_name == "Trần Văn An"


def test_the_last_administrator_stays(session: Session) -> None:
    alone = admin()
    make_user(role=Role.ADMIN, password="đã nghỉ việc rồi", is_active=False)
    # Somebody who was only invited cannot let anybody in yet.
    invite(alone, role="admin")
    other = make_user(role=Role.CHIEF)
    typed = UserDraft(full_name=alone.full_name, role="contributor", unit_id=str(alone.unit_id))
    with pytest.raises(NotAllowed, match="quản trị viên cuối cùng"):
        users.edit(
            actor=alone, user_id=alone.id, draft=typed, seen=users.seen_token(alone), now=NOW
        )
    with pytest.raises(NotAllowed, match="quản trị viên cuối cùng"):
        users.disable(actor=other, user_id=alone.id, now=NOW)
    with pytest.raises(NotAllowed, match="quản trị viên cuối cùng"):
        accounts.disable_user(username=alone.username, now=NOW)
    second = admin()
    with pytest.raises(NotAllowed, match="tự khoá"):
        users.disable(actor=second, user_id=second.id, now=NOW)
    users.disable(actor=second, user_id=alone.id, now=NOW)
    assert not alone.is_active


def test_locking_ends_sessions_at_once_and_can_be_undone(session: Session) -> None:
    actor, user = admin(), make_user()
    before = user.get_id()
    users.disable(actor=actor, user_id=user.id, now=NOW)
    assert accounts.user_for_session(before) is None
    assert accounts.user_for_session(user.get_id()) is None
    users.enable(actor=actor, user_id=user.id, now=NOW)
    assert user.is_active
    actions = session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    assert actions == ["user.disable", "user.enable"]


def test_whoever_leaves_a_unit_is_no_longer_its_contact(session: Session) -> None:
    actor, user = admin(), make_user()
    user.unit.contacts.append(user)
    session.flush()
    typed = UserDraft(full_name=user.full_name, role="contributor", unit_id=str(make_unit().id))
    old_id = user.unit_id
    users.edit(actor=actor, user_id=user.id, draft=typed, seen=users.seen_token(user), now=NOW)
    session.expire_all()
    assert units.get(old_id).contacts == []


# ---------------------------------------------------------------- the list
def test_people_are_found_without_accents_and_stand_by_their_given_names(
    session: Session,
) -> None:
    for name in ("Nguyễn Thị Ánh", "Đặng Văn Ân", "Trần Đình An", "Phạm Ánh Dương"):
        make_user(full_name=name).sort_key = person_sort_key(name)
    session.flush()
    found = users.page_of(number=1, per_page=10)
    assert [user.full_name for user in found.items] == [
        "Trần Đình An",
        "Nguyễn Thị Ánh",
        "Đặng Văn Ân",
        "Phạm Ánh Dương",
    ]
    by_words = users.page_of(number=1, per_page=10, words="anh duong")
    assert [user.full_name for user in by_words.items] == ["Phạm Ánh Dương"]
    assert users.page_of(number=9, per_page=3).number == 2


def test_the_list_is_filtered_by_role_unit_and_standing(session: Session) -> None:
    unit = make_unit()
    editor = make_user(role=Role.EDITOR, unit=unit, password="mật khẩu của người này")
    closed = make_user(role=Role.EDITOR, is_active=False)
    invited = make_user(unit=unit)

    def ids(**filters: Any) -> set[int]:
        return {user.id for user in users.page_of(number=1, per_page=50, **filters).items}

    assert ids(role=Role.EDITOR) == {editor.id, closed.id}
    assert ids(unit_id=unit.id) == {editor.id, invited.id}
    assert ids(standing=Standing.ACTIVE) == {editor.id}
    assert ids(standing=Standing.INVITED) == {invited.id}
    assert ids(standing=Standing.DISABLED) == {closed.id}
