"""A Word document becomes a draft, or the end of one's own text; nothing is ever written over."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.orm import scoped_session
from werkzeug.test import TestResponse

from models import Media, MediaUse, Publication, User
from services.publications import seen_token
from services.sanitising import sanitise
from tests.support.client import CheckedClient, login
from tests.support.factories import make_publication, make_user

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

Session = scoped_session[Any]
FILES = Path(__file__).parents[1] / "files" / "word"
NEW = "/ban-lam-viec/bai-viet/tu-tep-word"


@pytest.fixture
def author(session: Session, client: CheckedClient) -> User:
    user = make_user(full_name="Lê Thị Hải An")
    login(client, user)
    return user


def send(
    client: CheckedClient, data: bytes, *, to: str = NEW, name: str = "bài.docx", **fields: str
) -> TestResponse:
    return client.post_form(to, {"file": (io.BytesIO(data), name), **fields})


def written(name: str = "python-docx-bai-viet") -> bytes:
    return (FILES / f"{name}.docx").read_bytes()


def with_picture(data: bytes, kind: str, alt: str = "") -> bytes:
    """A document whose one picture is these bytes."""
    drawn = io.BytesIO()
    Image.new("RGB", (64, 64)).save(drawn, "PNG")
    document = Document()
    document.add_paragraph("Trước ảnh.")
    document.add_picture(drawn)
    document.paragraphs[-1]._p.xpath(".//wp:docPr")[0].set("descr", alt)
    document.add_paragraph("Hình 1. Sơ đồ.", "Caption")
    made, out = io.BytesIO(), io.BytesIO()
    document.save(made)
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            is_picture = member.filename.startswith("word/media/")
            new.writestr(member.filename, data if is_picture else old.read(member))
    return out.getvalue()


def only(session: Session) -> Publication:
    return session.scalars(select(Publication)).one()


def test_a_document_becomes_a_draft_that_opens_in_the_editor(
    session: Session, client: CheckedClient, author: User
) -> None:
    response = send(client, written())
    publication = only(session)
    assert response.status_code == 303
    assert response.location == f"/ban-lam-viec/bai-viet/{publication.id}/sua"
    revision = publication.latest_revision
    assert revision is not None
    assert (publication.author_id, revision.state.value) == (author.id, "draft")
    assert revision.title == "Mô hình trồng rau thuỷ canh ở Hoà Vang"
    assert revision.summary == "Sau hai vụ, năng suất tăng một phần ba."
    assert revision.byline == "Lê Thị Hải An"
    assert sanitise(revision.body) == revision.body
    stored = session.scalars(select(Media)).one()
    assert stored.alt == "Giàn rau thuỷ canh trong nhà lưới"
    assert revision.lead_media_id == stored.id
    assert f'<figure><img src="/tep/{stored.token}/480.webp"' in revision.body
    assert 'alt="Giàn rau thuỷ canh trong nhà lưới"' in revision.body
    assert "<figcaption>Hình 1. Giàn rau sau ba tuần.</figcaption></figure>" in revision.body
    assert session.scalars(select(MediaUse.media_id)).all() == [stored.id]
    page = client.get(response.location).get_data(as_text=True)
    assert "Đã đưa tệp Word vào một bản nháp mới." in page


def test_what_was_left_out_is_listed_above_the_text(
    session: Session, client: CheckedClient, author: User
) -> None:
    response = send(client, written("word-tieng-viet"))
    page = client.get(response.location).get_data(as_text=True)
    assert "1 công thức toán chưa được đưa vào" in page
    assert "[công thức chưa được đưa vào]" in page


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\x01\x00\x00\x00 no picture we know", "không phải ảnh JPEG"),
        (b"", "chỉ được liên kết"),
    ],
)
def test_a_picture_that_cannot_be_shown_is_marked_in_its_place_and_told(
    session: Session, client: CheckedClient, author: User, data: bytes, why: str
) -> None:
    response = send(client, with_picture(data, "image/x-emf", alt="Sơ đồ mạng"))
    revision = only(session).latest_revision
    assert revision is not None
    assert revision.body == (
        "<p>Trước ảnh.</p>\n<p>[ảnh chưa được tải lên: Sơ đồ mạng]</p>\n<p>Hình 1. Sơ đồ.</p>"
    )
    page = client.get(response.location).get_data(as_text=True)
    assert "Ảnh 1 chưa được tải lên: " in page
    assert why in page
    assert session.scalar(select(func.count(Media.id))) == 0


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"%PDF-1.7", "Mở tệp bằng Word rồi chọn Lưu thành .docx"),
        (b"", "Tệp rỗng"),
    ],
)
def test_a_refusal_is_told_beside_the_field_and_makes_nothing(
    session: Session, client: CheckedClient, author: User, data: bytes, sentence: str
) -> None:
    response = send(client, data)
    assert response.status_code == 422
    assert sentence in response.get_data(as_text=True)
    assert session.scalar(select(func.count(Publication.id))) == 0


def test_without_a_file_the_page_asks_for_one(client: CheckedClient, author: User) -> None:
    response = client.post_form(NEW, {})
    assert response.status_code == 422
    assert "Hãy chọn một tệp Word" in response.get_data(as_text=True)


def test_a_text_that_is_too_long_is_refused_whole(
    session: Session, client: CheckedClient, author: User
) -> None:
    document = Document()
    for _ in range(500):
        document.add_paragraph("một hai ba bốn " * 60)
    out = io.BytesIO()
    document.save(out)
    response = send(client, out.getvalue())
    assert response.status_code == 422
    assert "dài quá 400 KB" in response.get_data(as_text=True)
    assert session.scalar(select(func.count(Publication.id))) == 0


def test_a_form_sent_twice_makes_one_draft(
    session: Session, client: CheckedClient, author: User
) -> None:
    first = send(client, written(), key="khoa-cua-trang")
    again = send(client, written(), key="khoa-cua-trang")
    assert first.location == again.location
    assert session.scalar(select(func.count(Publication.id))) == 1
    assert session.scalar(select(func.count(Media.id))) == 1


def test_a_notice_may_come_from_a_document_too(
    session: Session, client: CheckedClient, author: User
) -> None:
    send(client, written(), to=f"{NEW}?loai=notice")
    assert only(session).kind.value == "notice"


# ---------------------------------------------------------------- into a text that there is
def text_of(author: User) -> Publication:
    return make_publication(
        state="draft", author=author, title="Tên cũ", summary="Tóm cũ", body="<p>Thân cũ.</p>"
    )


def test_into_a_text_it_makes_another_draft_unless_asked_otherwise(
    session: Session, client: CheckedClient, author: User
) -> None:
    mine = text_of(author)
    page = f"/ban-lam-viec/bai-viet/{mine.id}/tu-tep-word"
    response = client.submit(page, {"file": (io.BytesIO(written()), "bài.docx")}, form="word-form")
    assert response.status_code == 303
    assert f"/{mine.id}/" not in response.location
    assert mine.latest_revision is not None
    assert mine.latest_revision.body == "<p>Thân cũ.</p>"
    assert session.scalar(select(func.count(Publication.id))) == 2


def test_appended_it_follows_what_is_there_with_its_title_and_summary(
    session: Session, client: CheckedClient, author: User
) -> None:
    mine = text_of(author)
    page = f"/ban-lam-viec/bai-viet/{mine.id}/tu-tep-word"
    sent = {"file": (io.BytesIO(written()), "bài.docx"), "how": "append"}
    response = client.submit(page, sent, form="word-form")
    assert response.location == f"/ban-lam-viec/bai-viet/{mine.id}/sua"
    revision = mine.latest_revision
    assert revision is not None
    assert (revision.title, revision.summary) == ("Tên cũ", "Tóm cũ")
    assert revision.body.startswith(
        "<p>Thân cũ.</p>\n<h2>Mô hình trồng rau thuỷ canh ở Hoà Vang</h2>\n"
        "<p>Sau hai vụ, năng suất tăng một phần ba.</p>\n<p>Hợp tác xã bắt đầu từ tháng Ba.</p>"
    )


def test_a_newer_text_meanwhile_is_not_written_over(
    session: Session, client: CheckedClient, author: User
) -> None:
    mine = text_of(author)
    assert mine.latest_revision is not None
    seen = seen_token(mine.latest_revision)
    mine.latest_revision.version += 1
    mine.latest_revision.body = "<p>Thân mới.</p>"
    page = f"/ban-lam-viec/bai-viet/{mine.id}/tu-tep-word"
    response = send(client, written(), to=page, how="append", seen=seen)
    assert response.status_code == 409
    assert "bản mới hơn" in response.get_data(as_text=True)
    assert mine.latest_revision.body == "<p>Thân mới.</p>"


def test_nobody_adds_to_a_text_that_is_not_theirs(
    session: Session, client: CheckedClient, author: User
) -> None:
    theirs = text_of(make_user())
    waiting = make_publication(state="awaiting_edit", author=author)
    page = "/ban-lam-viec/bai-viet/{}/tu-tep-word"
    assert client.get(page.format(theirs.id)).status_code == 404
    assert send(client, written(), to=page.format(theirs.id), how="append").status_code == 404
    assert client.get(page.format(waiting.id)).status_code == 303
    assert send(client, written(), to=page.format(waiting.id), how="append").status_code == 403


# ---------------------------------------------------------------- old encodings
OLD = "<p>Së Khoa häc vµ C«ng nghÖ tæ chøc héi nghÞ ë §µ N½ng.</p>"
NEW_WORDS = "<p>Sở Khoa học và Công nghệ tổ chức hội nghị ở Đà Nẵng.</p>"


def old_text(author: User) -> Publication:
    return make_publication(state="draft", author=author, title="Tr\u00adêng häc", body=OLD)


def test_the_editor_is_told_of_an_old_encoding_with_a_preview_and_nothing_is_changed(
    session: Session, client: CheckedClient, author: User
) -> None:
    typed = {"title": "Tr\u00adêng häc", "summary": "", "body": OLD}
    answer = client.post_form("/ban-lam-viec/bang-ma", typed).get_json()
    assert answer["found"] is True
    assert answer["fields"] == {"title": "Trường học", "summary": "", "body": NEW_WORDS}
    assert "TCVN3 (ABC)" in answer["html"]
    assert "Khoa häc" in answer["html"]
    assert "Khoa học" in answer["html"]
    assert session.scalar(select(func.count(Publication.id))) == 0


@pytest.mark.parametrize("body", [NEW_WORDS, "", "<p>Un été à la façade.</p>", "x" * 500_000])
def test_the_editor_is_told_that_there_is_nothing_to_convert(
    client: CheckedClient, author: User, body: str
) -> None:
    answer = client.post_form("/ban-lam-viec/bang-ma", {"body": body}).get_json()
    assert answer == {"found": False}


def test_without_scripts_the_text_is_shown_as_it_would_be_and_converted_on_request(
    session: Session, client: CheckedClient, author: User
) -> None:
    mine = old_text(author)
    page = f"/ban-lam-viec/bai-viet/{mine.id}/bang-ma"
    assert page in client.get(f"/ban-lam-viec/bai-viet/{mine.id}/sua").get_data(as_text=True)
    assert "Khoa học và Công nghệ" in client.get(page).get_data(as_text=True)
    revision = mine.latest_revision
    assert revision is not None
    assert revision.body == OLD
    response = client.submit(page, {"then": "convert"}, form="bang-ma")
    assert response.location == f"/ban-lam-viec/bai-viet/{mine.id}/sua"
    session.expire_all()
    assert mine.latest_revision is not None
    assert (mine.latest_revision.title, mine.latest_revision.body) == ("Trường học", NEW_WORDS)
    assert page not in client.get(f"/ban-lam-viec/bai-viet/{mine.id}/sua").get_data(as_text=True)
    assert "không có gì phải chuyển" in client.get(page).get_data(as_text=True)


def test_a_text_that_is_left_as_it_is_is_not_asked_about_again(
    session: Session, client: CheckedClient, author: User
) -> None:
    mine = old_text(author)
    page = f"/ban-lam-viec/bai-viet/{mine.id}/bang-ma"
    client.submit(page, {"then": "leave"}, form="bang-ma")
    assert page not in client.get(f"/ban-lam-viec/bai-viet/{mine.id}/sua").get_data(as_text=True)
    assert mine.latest_revision is not None
    assert mine.latest_revision.body == OLD


def test_converting_never_goes_over_a_newer_text(
    session: Session, client: CheckedClient, author: User
) -> None:
    mine = old_text(author)
    page = f"/ban-lam-viec/bai-viet/{mine.id}/bang-ma"
    response = client.post_form(page, {"then": "convert", "seen": "1.99"})
    assert response.status_code == 409
    assert mine.latest_revision is not None
    assert mine.latest_revision.body == OLD
