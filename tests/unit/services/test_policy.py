"""Who may do what: the whole of role × action × state, written out."""

from datetime import UTC, datetime

import pytest

from models import Kind, Publication, Revision, Role, Section, State, User
from services.policy import can, covers, refusal
from services.transitions import RULES

NOW = datetime(2026, 9, 14, 2, 0, tzinfo=UTC)
INSIDE = Section(id=1, name="Sở hữu trí tuệ", slug="so-huu-tri-tue")
ELSEWHERE = Section(id=2, name="Công nghệ cao", slug="cong-nghe-cao")
BELOW = Section(id=3, name="Sáng chế", slug="sang-che", parent=INSIDE)


def person(number: int, role: str, *sections: Section, trusted: bool = False) -> User:
    user = User(id=number, role=Role(role), is_active=True, may_publish_unreviewed=trusted)
    user.sections = list(sections)
    return user


AUTHOR, HOLDER = 1, 4
PEOPLE = {
    "author": person(AUTHOR, "contributor"),
    "stranger": person(2, "contributor"),
    "editor": person(3, "editor", INSIDE),
    "holder": person(HOLDER, "editor"),
    "chief": person(5, "chief", INSIDE),
    "editor elsewhere": person(6, "editor", ELSEWHERE),
    "chief elsewhere": person(7, "chief", ELSEWHERE),
    "administrator": person(8, "admin"),
}


def text(
    state: str,
    *,
    author: int = AUTHOR,
    holder: int = HOLDER,
    section: Section | None = INSIDE,
    over_a_live_one: bool = False,
) -> Publication:
    """A publication whose latest revision is in this state, as the workflow leaves it there.

    With `over_a_live_one` citizens read an earlier revision meanwhile.
    """
    publication = Publication(id=1, kind=Kind.POST, author_id=author)
    revision = Revision(id=2, number=1, state=State(state), author_id=author, section=section)
    if state == "in_edit":
        revision.held_by_id, revision.held_at = holder, NOW
    if state not in {"draft", "archived"}:
        revision.submitted_at = revision.frozen_at = NOW
    publication.latest_revision = revision
    if state in {"published", "withdrawn"}:
        publication.live_revision, publication.live_revision_id = revision, 2
    if state == "withdrawn":
        publication.withdrawn_at = NOW
    if over_a_live_one:
        revision.number = 2
        live = Revision(id=1, number=1, state=State.PUBLISHED, author_id=author, section=section)
        publication.live_revision, publication.live_revision_id = live, 1
    return publication


# Whoever is not named may not. "editor" and "holder" are both editors; only where somebody has
# the text in hand does it matter which of them it is.
TABLE = """
view          draft              author
view          awaiting_edit      author  editor holder  chief
view          in_edit            author  editor holder  chief
view          awaiting_approval  author  editor holder  chief
view          approved           author  editor holder  chief
view          published          author  editor holder  chief
view          withdrawn          author  editor holder  chief
view          needs_changes      author  editor holder  chief
view          rejected           author  editor holder  chief
view          archived           author  editor holder  chief
view          superseded         author  editor holder  chief
edit          draft              author
edit          needs_changes      author
edit          in_edit                           holder
edit          awaiting_approval                         chief
submit        draft              author
resubmit      needs_changes      author
take_back     awaiting_edit      author
take_back     awaiting_approval  author
take          awaiting_edit              editor holder  chief
take_over     in_edit                    editor         chief
release       in_edit                           holder
forward       in_edit                           holder
return        awaiting_edit              editor holder  chief
return        in_edit                           holder  chief
return        awaiting_approval                         chief
return        approved                                  chief
reject        awaiting_edit                             chief
reject        in_edit                                   chief
reject        awaiting_approval                         chief
approve       awaiting_approval                         chief
publish       approved                                  chief
schedule      approved                                  chief
unschedule    published                                 chief
reschedule    published                                 chief
withdraw      published                                 chief
correct       published                                 chief
expire        published                                 chief
look_over     published                                 chief
plan_review   published          author  editor holder  chief
republish     withdrawn                                 chief
revise        published          author  editor holder  chief
revise        withdrawn          author  editor holder  chief
revise        archived           author  editor holder  chief
archive       draft              author                 chief
archive       needs_changes      author                 chief
archive       rejected           author                 chief
archive       withdrawn                                 chief
"""
# The same where citizens read an earlier revision: only what differs in its conditions.
TABLE_OVER_A_LIVE_ONE = """
discard       draft              author                 chief
discard       needs_changes      author                 chief
discard       rejected           author                 chief
withdraw      draft                                     chief
withdraw      in_edit                                   chief
correct       awaiting_edit                             chief
expire        needs_changes                             chief
"""


def read(table: str) -> dict[tuple[str, str], set[str]]:
    rows = [line.split() for line in table.strip().splitlines()]
    return {(action, state): set(who) for action, state, *who in rows}


EXPECTED = read(TABLE)
ACTIONS = ["view", "edit", *RULES]


@pytest.mark.parametrize("action", ACTIONS)
def test_each_person_may_in_each_state_what_the_table_says_and_nothing_more(action: str) -> None:
    wrong = []
    for state in State:
        publication = text(state)
        named = EXPECTED.get((action, str(state)), set())
        for who, user in PEOPLE.items():
            expected = who in named
            if can(user, f"publication:{action}", publication) != expected:
                wrong.append(f"{who} {action} {state}: should be {expected}")
    assert wrong == []


@pytest.mark.parametrize(("action", "state"), read(TABLE_OVER_A_LIVE_ONE))
def test_a_text_over_a_live_one_can_be_put_aside_and_the_live_one_still_handled(
    action: str, state: str
) -> None:
    publication = text(state, over_a_live_one=True)
    may = {who for who, user in PEOPLE.items() if can(user, f"publication:{action}", publication)}
    assert may == read(TABLE_OVER_A_LIVE_ONE)[action, state]


@pytest.mark.parametrize("action", ACTIONS)
def test_every_refusal_is_a_vietnamese_sentence(action: str) -> None:
    said = set()
    for state in State:
        for over_a_live_one in (False, True):
            publication = text(state, over_a_live_one=over_a_live_one)
            for user in [*PEOPLE.values(), None]:
                said.add(refusal(user, f"publication:{action}", publication))
    sentences = said - {None}
    assert sentences
    for sentence in sentences:
        assert sentence is not None
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert not sentence.isascii(), f"not Vietnamese: {sentence}"
        assert "State." not in sentence
        assert "None" not in sentence


# ---------------------------------------------------------------- four eyes
def test_a_chief_editor_cannot_approve_a_text_of_their_own() -> None:
    chief = PEOPLE["chief"]
    own = text("awaiting_approval", author=chief.id)
    assert refusal(chief, "publication:approve", own) == (
        "Bạn là tác giả bài này; hãy để một người khác trong Ban biên tập duyệt."
    )
    assert can(person(9, "chief"), "publication:approve", own)


def test_a_chief_editor_cannot_approve_a_new_text_of_theirs_on_somebody_else_s_post() -> None:
    chief = PEOPLE["chief"]
    publication = text("awaiting_approval", over_a_live_one=True)
    assert publication.latest_revision is not None
    publication.latest_revision.author_id = chief.id
    assert not can(chief, "publication:approve", publication)
    # Nor does somebody else's text on a post of their own pass by them alone.
    publication.latest_revision.author_id = AUTHOR
    publication.author_id = chief.id
    assert not can(chief, "publication:approve", publication)


def test_a_chief_editor_approves_what_they_have_in_hand_and_not_what_another_has() -> None:
    chief = PEOPLE["chief"]
    assert can(chief, "publication:approve", text("in_edit", holder=chief.id))
    assert refusal(chief, "publication:approve", text("in_edit")) == (
        "Bài đang do người khác biên tập; hãy nhận thay trước khi duyệt."
    )


def test_an_administrator_has_no_editorial_right_on_any_text() -> None:
    administrator = PEOPLE["administrator"]
    allowed = [
        (action, state)
        for action in ACTIONS
        for state in State
        for live in (False, True)
        if can(administrator, f"publication:{action}", text(state, over_a_live_one=live))
    ]
    assert allowed == []


def test_an_administrator_writes_posts_of_their_own() -> None:
    administrator = PEOPLE["administrator"]
    own = text("draft", author=administrator.id)
    assert can(administrator, "publication:create")
    assert can(administrator, "publication:submit", own)
    assert not can(administrator, "publication:approve", text("awaiting_approval", author=8))


# ---------------------------------------------------------------- conditions
def test_the_author_takes_a_text_back_only_until_an_editor_has_had_it() -> None:
    forwarded = text("awaiting_approval")
    assert forwarded.latest_revision is not None
    forwarded.latest_revision.held_at = NOW
    assert refusal(PEOPLE["author"], "publication:take_back", forwarded) == (
        "Ban biên tập đã nhận bài này; hãy nhờ biên tập viên trả lại nếu cần sửa."
    )


@pytest.mark.parametrize("state", ["draft", "needs_changes"])
def test_publishing_without_review_is_a_right_of_its_own(state: str) -> None:
    permission = "publication:publish_unreviewed"
    trusted = person(AUTHOR, "contributor", trusted=True)
    assert can(trusted, permission, text(state))
    assert not can(PEOPLE["author"], permission, text(state))
    assert not can(person(2, "contributor", trusted=True), permission, text(state))
    assert not can(person(AUTHOR, "contributor", ELSEWHERE, trusted=True), permission, text(state))


def test_a_contributor_submits_only_to_sections_that_they_were_given() -> None:
    limited = person(AUTHOR, "contributor", ELSEWHERE)
    assert refusal(limited, "publication:submit", text("draft")) == (
        "Bạn chưa được giao viết cho chuyên mục này; hãy chọn chuyên mục khác."
    )
    assert not can(limited, "publication:resubmit", text("needs_changes"))
    assert can(limited, "publication:submit", text("draft", section=ELSEWHERE))


def test_whoever_holds_a_text_need_not_take_it_over() -> None:
    assert refusal(PEOPLE["holder"], "publication:take_over", text("in_edit")) == (
        "Bạn đang nhận biên tập bài này rồi."
    )


def test_what_was_never_published_cannot_be_put_back_to_what_citizens_read() -> None:
    assert refusal(PEOPLE["author"], "publication:discard", text("draft")) == (
        "Bài chưa từng đăng nên không có bản nào để quay về; hãy dùng “Lưu trữ”."
    )


def test_a_text_over_a_live_one_cannot_be_archived_and_leave_the_live_one_without_an_owner() -> (
    None
):
    for who in ("author", "chief"):
        assert refusal(PEOPLE[who], "publication:archive", text("draft", over_a_live_one=True)) == (
            "Bài đang có bản trên trang; hãy dùng “Bỏ bản sửa” hoặc gỡ bài trước."
        )


def test_a_chief_withdraws_a_live_text_whatever_is_being_written_and_may_then_archive() -> None:
    for state in ("draft", "needs_changes", "rejected", "awaiting_edit", "in_edit", "approved"):
        publication = text(state, over_a_live_one=True)
        assert can(PEOPLE["chief"], "publication:withdraw", publication)
    for state in ("draft", "needs_changes", "rejected"):
        publication = text(state, over_a_live_one=True)
        publication.withdrawn_at = NOW
        assert can(PEOPLE["chief"], "publication:archive", publication)
        assert refusal(PEOPLE["author"], "publication:archive", publication) == (
            "Chỉ Trưởng, Phó Ban biên tập lưu trữ được bài đã gỡ."
        )


def test_a_new_text_meant_for_another_section_is_not_out_of_the_sight_of_the_old_one_s_board() -> (
    None
):
    publication = text("draft", section=ELSEWHERE, over_a_live_one=True)
    assert publication.live_revision is not None
    assert not can(PEOPLE["chief"], "publication:view", publication)
    publication.live_revision.section = INSIDE
    assert can(PEOPLE["chief"], "publication:view", publication)
    assert can(PEOPLE["chief"], "publication:withdraw", publication)
    assert not can(PEOPLE["chief"], "publication:discard", publication)


def test_a_first_draft_is_the_author_s_alone_until_it_has_been_sent() -> None:
    taken_back = text("draft")
    assert not can(PEOPLE["chief"], "publication:view", taken_back)
    assert taken_back.latest_revision is not None
    taken_back.latest_revision.number = 2
    assert can(PEOPLE["chief"], "publication:view", taken_back)


# ---------------------------------------------------------------- sections
def test_a_right_on_a_section_reaches_those_below_it_and_no_other() -> None:
    editor = PEOPLE["editor"]
    assert covers(editor, INSIDE)
    assert covers(editor, BELOW)
    assert not covers(editor, ELSEWHERE)
    assert not covers(person(9, "editor", BELOW), INSIDE)


def test_somebody_given_no_section_has_them_all() -> None:
    assert all(covers(person(9, "editor"), section) for section in (INSIDE, BELOW, ELSEWHERE))


def test_a_text_without_a_section_yet_is_for_every_editor() -> None:
    assert can(PEOPLE["editor elsewhere"], "publication:take", text("awaiting_edit", section=None))


def test_the_refusal_tells_an_editor_that_the_section_is_not_theirs() -> None:
    assert refusal(PEOPLE["chief elsewhere"], "publication:withdraw", text("published")) == (
        "Chuyên mục của bài này nằm ngoài phạm vi bạn phụ trách."
    )


# ---------------------------------------------------------------- the rest
@pytest.mark.parametrize(
    ("permission", "who"),
    [
        ("queue:view", {"editor", "holder", "chief", "editor elsewhere", "chief elsewhere"}),
        ("admin:view", {"administrator"}),
        ("publication:create", set(PEOPLE)),
        ("page:write", set(PEOPLE) - {"author", "stranger"}),
    ],
)
def test_rooms_of_the_desk_are_open_to_whom_they_are_for(permission: str, who: set[str]) -> None:
    assert {name for name, user in PEOPLE.items() if can(user, permission)} == who


def test_a_static_page_is_written_by_the_board_and_administrators_alone() -> None:
    for kind, may in ((Kind.POST, True), (Kind.PAGE, False)):
        draft = text("draft")
        draft.kind = kind
        for permission in ("publication:edit", "publication:submit"):
            assert can(PEOPLE["author"], permission, draft) is may
        old = text("published")
        old.kind = kind
        assert can(PEOPLE["author"], "publication:revise", old) is may
    page = text("draft", author=8)
    page.kind = Kind.PAGE
    assert can(PEOPLE["administrator"], "publication:submit", page)
    assert "trang tĩnh" in (refusal(PEOPLE["author"], "page:write") or "")


def test_nobody_may_anything_without_an_account_in_force() -> None:
    closed = person(5, "chief")
    closed.is_active = False
    for permission in ("queue:view", "publication:create"):
        assert refusal(None, permission) == "Hãy đăng nhập để tiếp tục."
        assert refusal(closed, permission) == (
            "Tài khoản này đã bị khoá; hãy liên hệ quản trị viên."
        )
    assert not can(closed, "publication:publish", text("approved"))


@pytest.mark.parametrize(
    "permission",
    ["publication:fly", "publication:", "publication", "queue:edit", "approve", "", "section:view"],
)
def test_an_unknown_permission_is_an_error_and_not_a_no(permission: str) -> None:
    with pytest.raises(LookupError):
        can(PEOPLE["chief"], permission, text("approved"))


def test_a_permission_on_a_text_needs_the_text() -> None:
    with pytest.raises(LookupError):
        can(PEOPLE["chief"], "publication:approve")
