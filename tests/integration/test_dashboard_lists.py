"""The desk's lists: who finds what in them, and that the counts beside them are true."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import scoped_session

from models import Publication, Role, State, User
from services import desk
from services.desk_lists import LISTS, QUEUE
from tests.support.factories import NOW, make_publication, make_revision, make_section, make_user

Session = scoped_session[Any]


def _titles(user: User, key: str, **options: Any) -> list[str]:
    chosen = QUEUE if key == "duyet" else LISTS[key]
    page = desk.rows_of(user=user, desk_list=chosen, now=NOW, **options)
    return [row.latest_revision.title for row in page.items if row.latest_revision]


def _counts(user: User) -> dict[str, int]:
    return {c.desk_list.key: c.total for c in desk.count_lists(user=user, now=NOW)}


def _one_of_each(author: User) -> None:
    for state in (
        *(State.DRAFT, State.NEEDS_CHANGES, State.AWAITING_EDIT, State.IN_EDIT),
        *(State.AWAITING_APPROVAL, State.APPROVED, State.PUBLISHED, State.WITHDRAWN),
        State.REJECTED,
    ):
        make_publication(state=state, title=f"Bài {state.value}", author=author)
    # As it happens: a text is withdrawn first, and put away then.
    make_publication(state=State.ARCHIVED, title="Bài lưu trữ", author=author, withdrawn_at=NOW)
    make_publication(
        state=State.PUBLISHED,
        title="Bài hẹn giờ",
        author=author,
        published_at=NOW + timedelta(hours=2),
    )
    make_publication(
        state=State.PUBLISHED,
        title="Bài hết hạn",
        author=author,
        published_at=NOW - timedelta(days=9),
        expires_at=NOW - timedelta(days=1),
    )


@pytest.mark.parametrize(
    ("key", "titles"),
    [
        ("cho-bien-tap", {"Bài awaiting_edit"}),
        ("dang-bien-tap", {"Bài in_edit"}),
        ("cho-duyet", {"Bài awaiting_approval"}),
        ("da-duyet", {"Bài approved"}),
        ("hen-gio", {"Bài hẹn giờ"}),
        ("tra-lai", {"Bài needs_changes"}),
        ("tren-trang", {"Bài published"}),
        ("da-go", {"Bài withdrawn"}),
        ("het-han", {"Bài hết hạn"}),
        ("bi-tu-choi", {"Bài rejected", "Bài lưu trữ"}),
        ("duyet", {"Bài awaiting_edit", "Bài in_edit", "Bài awaiting_approval"}),
    ],
)
def test_each_list_of_the_board_holds_what_it_says(
    session: Session, key: str, titles: set[str]
) -> None:
    _one_of_each(make_user())

    assert set(_titles(make_user(role=Role.CHIEF), key)) == titles


def test_the_count_of_every_list_is_the_number_of_its_rows(session: Session) -> None:
    chief = make_user(role=Role.CHIEF)
    _one_of_each(chief)
    _one_of_each(make_user())

    counts = _counts(chief)

    assert set(counts) == set(LISTS)
    for key, total in counts.items():
        assert total == len(_titles(chief, key)), key
    assert counts["ban-nhap"] == 1
    assert counts["cho-duyet"] == 2


def test_own_lists_hold_nobody_elses_texts(session: Session) -> None:
    author, other = make_user(), make_user()
    _one_of_each(other)
    make_publication(state=State.DRAFT, title="Bài của tôi", author=author)

    assert _titles(author, "ban-nhap") == ["Bài của tôi"]
    assert {key: n for key, n in _counts(author).items() if n} == {"ban-nhap": 1}


def test_an_editor_of_some_sections_finds_those_what_is_under_them_and_what_has_none(
    session: Session,
) -> None:
    science = make_section(name="Khoa học")
    under = make_section(name="Sở hữu trí tuệ", parent=science)
    elsewhere = make_section(name="Đo lường")
    editor = make_user(role=Role.EDITOR, sections=[science])
    for title, section in (("Một", science), ("Hai", under), ("Ba", elsewhere)):
        make_publication(state=State.AWAITING_EDIT, title=title, section=section)
        make_publication(state=State.PUBLISHED, title=f"{title} đã đăng", section=section)
    loose: Publication = make_publication(state=State.AWAITING_EDIT, title="Bốn")
    assert loose.latest_revision is not None
    loose.section = loose.latest_revision.section = None
    session.flush()

    assert set(_titles(editor, "cho-bien-tap")) == {"Một", "Hai", "Bốn"}
    assert set(_titles(editor, "tren-trang")) == {"Một đã đăng", "Hai đã đăng"}
    counts = _counts(editor)
    assert (counts["cho-bien-tap"], counts["tren-trang"]) == (3, 2)


def test_the_queue_begins_with_what_has_waited_longest(session: Session) -> None:
    for title, hours in (("Gửi hôm nay", 1), ("Gửi hôm kia", 50), ("Gửi hôm qua", 26)):
        publication = make_publication(state=State.AWAITING_APPROVAL, title=title)
        assert publication.latest_revision is not None
        publication.latest_revision.submitted_at = NOW - timedelta(hours=hours)
    session.flush()

    assert _titles(make_user(role=Role.EDITOR), "duyet") == [
        "Gửi hôm kia",
        "Gửi hôm qua",
        "Gửi hôm nay",
    ]


def test_a_new_draft_upon_a_published_text_is_among_the_drafts_and_still_on_the_site(
    session: Session,
) -> None:
    author = make_user()
    publication = make_publication(title="Lịch thi", author=author)
    make_revision(publication=publication, state=State.DRAFT, title="Lịch thi đã đổi")

    assert _titles(author, "ban-nhap") == ["Lịch thi đã đổi"]
    assert _titles(author, "da-dang") == ["Lịch thi đã đổi"]
    assert _counts(author)["ban-nhap"] == 1


def test_a_filter_counts_and_pages_what_it_found(session: Session) -> None:
    author = make_user(full_name="Trần Thị Ánh")
    for number in range(5):
        make_publication(state=State.DRAFT, title=f"Kiểm định cân số {number}", author=author)
    make_publication(state=State.DRAFT, title="Hội chợ", author=author)

    page = desk.rows_of(
        user=author,
        desk_list=LISTS["ban-nhap"],
        now=NOW,
        number=9,
        per_page=2,
        words="kiem dinh anh",
    )

    assert (page.total, page.pages, page.number, len(page.items)) == (5, 3, 3, 1)
