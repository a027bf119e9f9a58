"""Saving what a person writes: whole, clean, and never over somebody else's."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import scoped_session

from models import Kind, MediaUse, Publication, Revision
from services import publications
from services.errors import InvalidInput, NotAllowed, NotFound
from services.publications import Content, StaleText, content_of, seen_token
from tests.support.board import Board, make_board
from tests.support.factories import NOW, make_media, make_section, make_user

Session = scoped_session[Any]


@pytest.fixture
def board(session: Session) -> Board:
    return make_board()


def token(publication: Publication) -> str:
    assert publication.latest_revision is not None
    return seen_token(publication.latest_revision)


def latest(publication: Publication) -> Revision:
    assert publication.latest_revision is not None
    return publication.latest_revision


# ---------------------------------------------------------------- versions
def test_a_first_save_makes_a_draft_that_is_its_writer_s(board: Board) -> None:
    publication = board.draft()
    revision = latest(publication)
    assert (revision.number, revision.version, str(revision.state)) == (1, 1, "draft")
    assert (revision.author_id, revision.written_by_id) == (board.author.id, board.author.id)
    assert (publication.slug, publication.unit_id) == (
        "hoi-nghi-khoa-hoc-tre",
        board.author.unit_id,
    )
    assert publication.published_at is None


def test_saves_of_a_text_that_nobody_else_saw_go_on_in_place(
    session: Session, board: Board
) -> None:
    publication = board.draft()
    first = latest(publication)
    for version, title in ((2, "Lần hai"), (3, "Lần ba")):
        assert board.save("author", publication, title=title) is first
        assert (first.version, first.title) == (version, title)
    assert session.scalar(select(func.count(Revision.id))) == 1
    assert (publication.title, publication.slug) == ("Lần ba", "lan-ba")


def test_what_somebody_else_saw_stays_as_they_saw_it(board: Board) -> None:
    publication = board.walk(board.draft(), "author submit,editor take")
    seen_by_editor = latest(publication)
    edited = board.save("editor", publication, body="<p>Bản của biên tập.</p>")
    assert edited is not seen_by_editor
    assert (edited.number, edited.version, str(edited.state)) == (2, 1, "in_edit")
    assert (edited.author_id, edited.written_by_id) == (board.author.id, board.editor.id)
    assert (edited.held_by_id, edited.submitted_at) == (board.editor.id, NOW + timedelta(minutes=1))
    assert seen_by_editor.body == "<p>Nội dung hội nghị.</p>"
    assert str(seen_by_editor.state) == "superseded"
    again = board.save("editor", publication, body="<p>Bản của biên tập, sửa thêm.</p>")
    assert again is edited
    assert again.version == 2


def test_after_taking_it_back_the_author_writes_on_a_new_number(board: Board) -> None:
    publication = board.walk(board.draft(), "author submit,author take_back")
    sent = latest(publication)
    mended = board.save("author", publication, title="Tiêu đề đã sửa")
    assert (mended.number, sent.title) == (2, "Hội nghị khoa học trẻ")
    assert mended.submitted_at is None


def test_saving_what_is_there_already_changes_nothing(session: Session, board: Board) -> None:
    publication = board.walk(board.draft(), "author submit,editor take")
    before = (latest(publication).id, latest(publication).version, publication.lock_version)
    for seen in (token(publication), "0.0", "cũ"):
        same = publications.save(
            publication=publication,
            actor=board.editor,
            content=content_of(latest(publication)),
            seen=seen,
            now=NOW + timedelta(days=1),
        )
        assert same is latest(publication)
    session.flush()
    assert (
        latest(publication).id,
        latest(publication).version,
        publication.lock_version,
    ) == before


def test_a_notice_saved_without_its_own_fields_filled_changes_nothing_either(board: Board) -> None:
    content = board.content(details={"issuing_body": "", "document_number": ""})
    notice = publications.create(
        actor=board.author, kind=Kind.NOTICE, content=board.content(), now=NOW
    )
    assert content_of(latest(notice)) == content
    publications.save(
        publication=notice,
        actor=board.author,
        content=board.content(),
        seen=token(notice),
        now=NOW,
    )
    assert latest(notice).version == 1


def test_of_two_windows_the_second_is_told_and_nothing_is_overwritten(board: Board) -> None:
    publication = board.draft()
    opened = token(publication)
    board.save("author", publication, title="Cửa sổ thứ nhất")
    with pytest.raises(StaleText) as refused:
        publications.save(
            publication=publication,
            actor=board.author,
            content=board.content(title="Cửa sổ thứ hai"),
            seen=opened,
            now=board.now,
        )
    assert refused.value.revision is latest(publication)
    assert refused.value.sentence == (
        "Bạn ở cửa sổ khác đã lưu một bản mới hơn của bài này. "
        "Chữ bạn gõ vẫn còn nguyên; hãy xem hai bản rồi chọn."
    )
    assert (latest(publication).title, latest(publication).version) == ("Cửa sổ thứ nhất", 2)


@pytest.mark.parametrize("who", ["editor", "chief", "trusted"])
def test_a_draft_is_written_by_its_author_alone(board: Board, who: str) -> None:
    publication = board.draft()
    with pytest.raises(NotAllowed):
        board.save(who, publication, title="Chen vào")
    assert latest(publication).title == "Hội nghị khoa học trẻ"


def test_a_text_that_one_may_not_see_is_as_if_it_were_not_there(board: Board) -> None:
    publication = board.draft()
    sentences = set()
    for actor, number in (
        (board.trusted, publication.id),
        (board.editor, publication.id),
        (make_user(role="admin"), publication.id),
        (board.author, publication.id + 1),
        (board.author, 0),
        (board.author, -1),
    ):
        with pytest.raises(NotFound) as refused:
            publications.get_publication(publication_id=number, actor=actor)
        sentences.add(refused.value.sentence)
    assert sentences == {"Không có bài này, hoặc bạn không có quyền xem."}
    assert (
        publications.get_publication(publication_id=publication.id, actor=board.author)
        is publication
    )


# ---------------------------------------------------------------- what is typed
LONG = {
    "title": ("Tiêu đề", 300),
    "summary": ("Tóm tắt", 1000),
    "byline": ("Tác giả / bút danh", 200),
    "source_name": ("Tên nguồn", 200),
    "source_url": ("Địa chỉ nguồn", 1000),
}


def filled(name: str, length: int) -> str:
    start = "https://vi-du.vn/" if name == "source_url" else ""
    return start + "đ" * (length - len(start))


def test_each_field_that_is_too_long_is_named_and_nothing_is_saved(board: Board) -> None:
    publication = board.draft()
    before = content_of(latest(publication))
    with pytest.raises(InvalidInput) as refused:
        board.save(
            "author",
            publication,
            **{name: filled(name, most + 1) for name, (_, most) in LONG.items()},
        )
    assert refused.value.fields == {
        "title": "Tiêu đề dài 301 ký tự; hãy rút còn nhiều nhất 300 ký tự.",
        "summary": "Tóm tắt dài 1001 ký tự; hãy rút còn nhiều nhất 1000 ký tự.",
        "byline": "Tác giả / bút danh dài 201 ký tự; hãy rút còn nhiều nhất 200 ký tự.",
        "source_name": "Tên nguồn dài 201 ký tự; hãy rút còn nhiều nhất 200 ký tự.",
        "source_url": "Địa chỉ nguồn dài 1001 ký tự; hãy rút còn nhiều nhất 1000 ký tự.",
    }
    assert all(sentence in refused.value.sentence for sentence in refused.value.fields.values())
    assert content_of(latest(publication)) == before
    assert latest(publication).version == 1


def test_each_field_is_kept_whole_at_its_greatest_length(session: Session, board: Board) -> None:
    longest = {name: filled(name, most) for name, (_, most) in LONG.items()}
    publication = board.draft(**longest)
    session.commit()
    assert {name: getattr(latest(publication), name) for name in LONG} == longest
    assert len(publication.slug) <= 160


def test_a_body_that_is_too_long_is_named(board: Board) -> None:
    with pytest.raises(InvalidInput) as refused:
        board.draft(body="<p>" + "đ" * 500_000 + "</p>")
    assert set(refused.value.fields) == {"body"}


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "ftp://a.vn", "//a.vn", "a.vn", "data:text/html,x"]
)
def test_a_source_is_a_web_address_or_none(board: Board, address: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        board.draft(source_url=address)
    assert refused.value.fields == {
        "source_url": "Địa chỉ nguồn phải bắt đầu bằng http:// hoặc https://."
    }


def test_a_hostile_body_is_saved_without_what_is_hostile(board: Board) -> None:
    publication = board.draft(
        body='<p onclick="x()">Chữ</p><script>alert(1)</script>'
        '<a href="javascript:x()">đường dẫn</a><img src="https://xau.vn/a.png">'
        '<iframe src="https://xau.vn"></iframe><style>p{}</style>'
    )
    body = latest(publication).body
    assert "Chữ" in body
    assert "đường dẫn" in body
    for part in ("script", "alert", "onclick", "javascript", "xau.vn", "iframe", "style"):
        assert part not in body


def test_text_typed_with_marks_apart_is_kept_in_one_spelling(board: Board) -> None:
    publication = board.draft(
        title="Ho\u0323\u0302i nghi\u0323",
        summary="Kho\u0301a\u00a0ho\u0323c\ntre\u0309\x00\u200b",
        body="<p>Na\u0306\u0303m ho\u0323c</p>",
        byline=" Minh\t An ",
    )
    revision = latest(publication)
    assert (revision.title, revision.byline) == ("Hội nghị", "Minh An")
    assert revision.summary == "Khóa học trẻ"
    assert revision.body == "<p>Nẵm học</p>"
    # Sent once more as typed, it is what is there.
    board.save(
        "author",
        publication,
        title="Ho\u0323\u0302i nghi\u0323",
        summary="Kho\u0301a ho\u0323c tre\u0309",
        body="<p>Na\u0306\u0303m ho\u0323c</p>",
        byline="Minh An",
    )
    assert revision.version == 1


def test_an_empty_draft_can_be_kept(session: Session, board: Board) -> None:
    publication = publications.create(
        actor=board.author, kind=Kind.POST, content=Content(), now=NOW
    )
    session.commit()
    assert (publication.title, publication.slug) == ("", "bai")


# ---------------------------------------------------------------- what it refers to
def test_a_section_that_is_gone_or_closed_is_named_and_nothing_is_saved(board: Board) -> None:
    publication = board.draft()
    closed = make_section(is_active=False)
    for section_id in (closed.id, closed.id + 1000, 0, -1, 2**40):
        with pytest.raises(InvalidInput) as refused:
            board.save("author", publication, title="Khác", section_id=section_id)
        assert refused.value.fields == {
            "section_id": "Chuyên mục này không còn; hãy chọn chuyên mục khác."
        }
    assert latest(publication).title == "Hội nghị khoa học trẻ"
    with pytest.raises(InvalidInput):
        board.draft(section_id=closed.id)


def test_a_picture_of_somebody_else_s_cannot_lead_a_text(board: Board) -> None:
    publication = board.draft()
    theirs, own = make_media(), make_media(uploaded_by=board.author)
    for media_id in (theirs.id, theirs.id + 1000, 2**40):
        with pytest.raises(InvalidInput) as refused:
            board.save("author", publication, lead_media_id=media_id)
        assert refused.value.fields == {
            "lead_media_id": "Ảnh đại diện không còn; hãy chọn ảnh khác."
        }
    assert board.save("author", publication, lead_media_id=own.id).lead_media_id == own.id
    assert publication.lead_media_id == own.id


def test_the_pictures_that_a_text_shows_are_noted_with_it(session: Session, board: Board) -> None:
    lead, inside = (make_media(uploaded_by=board.author) for _ in range(2))
    publication = board.draft(
        lead_media_id=lead.id, body=f'<p><img src="/tep/{inside.token}/480.webp"></p>'
    )

    def noted() -> set[int]:
        used = select(MediaUse.media_id).where(MediaUse.revision_id == latest(publication).id)
        return set(session.scalars(used))

    assert noted() == {lead.id, inside.id}
    board.save("author", publication, lead_media_id=None, body="<p>Không ảnh.</p>")
    assert noted() == set()


def test_a_notice_keeps_what_only_notices_have_through_every_revision(board: Board) -> None:
    own = {"issuing_body": "Sở Khoa học và Công nghệ", "document_number": "12/TB-SKHCN"}
    content = board.content(details=own)
    notice = publications.create(actor=board.author, kind=Kind.NOTICE, content=content, now=NOW)
    board.walk(notice, "author submit,editor take")
    publications.save(
        publication=notice,
        actor=board.editor,
        content=replace(content, title="Thông báo mới"),
        seen=token(notice),
        now=board.now,
    )
    assert latest(notice).number == 2
    assert content_of(latest(notice)).details == own
    with pytest.raises(InvalidInput) as refused:
        publications.save(
            publication=notice,
            actor=board.editor,
            content=replace(content, details={**own, "document_number": "1" * 81}),
            seen=token(notice),
            now=board.now,
        )
    assert refused.value.fields == {
        "document_number": "Số hiệu dài 81 ký tự; hãy rút còn nhiều nhất 80 ký tự."
    }
