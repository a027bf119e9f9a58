"""The desk over HTTP: writing, saving, and every step of the review, as its people do them."""

import io
import re
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import scoped_session

from extensions import db
from models import Media, Publication, Revision, Role, State, Transition, User
from services.publications import seen_token
from tests.support.client import CheckedClient, login
from tests.support.factories import make_publication, make_section, make_user

JSON = {"Accept": "application/json"}
TEXT = {
    "title": "Cân đối chứng ở mười chợ",
    "summary": "Người mua có thể tự cân lại hàng.",
    "body": "<p>Từ ngày 20/11, mỗi chợ có một cân đối chứng.</p>",
    "byline": "Trần Thị Ánh",
    "genre": "news",
    "origin": "own",
    "secrecy_declared": "1",
}


@pytest.fixture
def people(session: scoped_session[Any]) -> dict[str, User]:
    found = {
        "author": make_user(full_name="Trần Thị Ánh"),
        "colleague": make_user(full_name="Phạm Dung"),
        "editor": make_user(role=Role.EDITOR, full_name="Lê Ân"),
        "chief": make_user(role=Role.CHIEF, full_name="Mai Thị Tường Vi"),
    }
    session.commit()
    return found


def client_of(app: Flask, user: User) -> CheckedClient:
    client = app.test_client()
    assert isinstance(client, CheckedClient)
    login(client, user)
    return client


def only() -> Publication:
    """The one publication that there is, read anew."""
    db.session.expire_all()
    return db.session.scalars(select(Publication)).one()


def latest(publication: Publication) -> Revision:
    db.session.refresh(publication)
    assert publication.latest_revision is not None
    return publication.latest_revision


def act(client: CheckedClient, publication: Publication, action: str, **fields: str) -> Any:
    seen = fields.pop("seen", None) or seen_token(latest(publication))
    return client.htmx(
        f"/ban-lam-viec/bai-viet/{publication.id}/{action}",
        "POST",
        data={"seen": seen, **fields},
    )


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (640, 400), (20, 90, 160)).save(out, "JPEG")
    return out.getvalue()


def test_a_text_goes_from_its_author_to_the_site(
    app: Flask, people: dict[str, User], session: scoped_session[Any]
) -> None:
    section = make_section(name="Đo lường")
    session.commit()
    author, editor, chief = (client_of(app, people[n]) for n in ("author", "editor", "chief"))
    response = author.submit(
        "/ban-lam-viec/bai-viet/moi",
        {**TEXT, "section_id": str(section.id), "then": "submit"},
        form="editor-form",
    )
    assert response.status_code == 303
    publication = only()
    assert latest(publication).state is State.AWAITING_EDIT
    assert "Cân đối chứng ở mười chợ" in editor.get("/ban-lam-viec/duyet").text

    assert act(editor, publication, "take").status_code == 200
    page = f"/ban-lam-viec/bai-viet/{publication.id}/sua"
    body = TEXT["body"].replace("một cân", "hai cân")
    edited = editor.submit(page, {"body": body, "then": "stay"}, form="editor-form")
    assert edited.status_code == 303
    assert latest(publication).number == 2
    assert act(editor, publication, "forward").status_code == 200

    row = act(chief, publication, "approve_and_publish")
    assert row.status_code == 200
    assert f'id="row-{publication.id}"' in row.text
    assert re.search(r"Đã duyệt lúc \d\d:\d\d, lên trang lúc \d\d:\d\d", row.text)
    assert (
        "hai cân đối chứng"
        in app.test_client().get("/bai-viet/x-" + str(publication.id), follow_redirects=True).text
    )
    actions = [t.action for t in session.scalars(select(Transition).order_by(Transition.id))]
    assert actions == ["submit", "take", "forward", "approve", "publish"]


def test_approving_an_older_text_than_the_newest_changes_nothing(
    app: Flask, people: dict[str, User]
) -> None:
    publication = make_publication(state=State.AWAITING_APPROVAL, author=people["author"])
    db.session.commit()
    seen = seen_token(latest(publication))
    chief, other = (client_of(app, people["chief"]) for _ in range(2))
    page = f"/ban-lam-viec/bai-viet/{publication.id}/sua"
    other.submit(page, {"title": "Tiêu đề đã sửa", "then": "stay"}, form="editor-form")
    response = act(chief, publication, "approve_and_publish", seen=seen)
    assert response.status_code == 409
    assert "bản mới hơn" in response.text
    assert "Tiêu đề đã sửa" in response.text
    assert latest(publication).state is State.AWAITING_APPROVAL
    assert publication.live_revision_id is None


def test_a_returned_text_tells_its_author_why_and_nobody_else(
    app: Flask, people: dict[str, User]
) -> None:
    publication = make_publication(state=State.AWAITING_EDIT, author=people["author"])
    db.session.commit()
    editor = client_of(app, people["editor"])
    assert act(editor, publication, "return", reason="").status_code == 422
    response = act(editor, publication, "return", reason="Cần ghi rõ ngày.")
    assert response.status_code == 200
    author = client_of(app, people["author"])
    assert "Cần ghi rõ ngày." in author.get("/ban-lam-viec?danh-sach=can-chinh-sua").text
    assert "Cần ghi rõ ngày." in author.get(f"/ban-lam-viec/bai-viet/{publication.id}/sua").text
    colleague = client_of(app, people["colleague"])
    assert "Cần ghi rõ ngày." not in colleague.get("/ban-lam-viec?danh-sach=can-chinh-sua").text
    assert colleague.get(f"/ban-lam-viec/bai-viet/{publication.id}").status_code == 404


def test_a_refused_reason_comes_back_as_typed(app: Flask, people: dict[str, User]) -> None:
    publication = make_publication(state=State.AWAITING_EDIT, author=people["author"])
    db.session.commit()
    editor = client_of(app, people["editor"])
    long = "dài quá " * 400
    response = act(editor, publication, "return", reason=long)
    assert response.status_code == 422
    assert "nhiều nhất 2000 ký tự" in response.text
    assert long.strip() in response.text


@pytest.mark.parametrize("who", ["author", "colleague"])
def test_who_may_not_approve_is_told_and_nothing_happens(
    app: Flask, people: dict[str, User], who: str
) -> None:
    publication = make_publication(state=State.AWAITING_APPROVAL, author=people["author"])
    db.session.commit()
    url = f"/ban-lam-viec/bai-viet/{publication.id}/approve"
    response = client_of(app, people[who]).post_form(url, {"seen": seen_token(latest(publication))})
    assert response.status_code == (403 if who == "author" else 404)
    assert latest(publication).state is State.AWAITING_APPROVAL


def test_nobody_approves_their_own_text(app: Flask, people: dict[str, User]) -> None:
    publication = make_publication(state=State.AWAITING_APPROVAL, author=people["chief"])
    db.session.commit()
    response = act(client_of(app, people["chief"]), publication, "approve_and_publish")
    assert response.status_code == 409
    assert "một người khác trong Ban biên tập duyệt" in response.text


def test_without_htmx_an_action_answers_with_a_page(app: Flask, people: dict[str, User]) -> None:
    publication = make_publication(state=State.AWAITING_EDIT, author=people["author"])
    db.session.commit()
    editor = client_of(app, people["editor"])
    page = f"/ban-lam-viec/bai-viet/{publication.id}"
    response = editor.submit(page, {}, form=f"{page}/take")
    assert (response.status_code, response.headers["Location"]) == (303, page)
    assert "Bạn nhận biên tập từ" in editor.get(page).text


def test_a_wrong_moment_is_named_and_typed_values_stay(app: Flask, people: dict[str, User]) -> None:
    publication = make_publication(state=State.APPROVED, author=people["author"])
    db.session.commit()
    chief = client_of(app, people["chief"])
    for day, time, sentence in (
        ("31/02/2030", "08:00", "31/02/2030"),
        ("01/02/2017", "08:00", "tương lai"),
        ("01/02/2030", "25:99", "25:99"),
    ):
        response = act(chief, publication, "schedule", day=day, time=time)
        assert response.status_code == 422
        assert sentence in response.text
        assert f'value="{day}"' in response.text
    assert act(chief, publication, "schedule", day="1/2/2030", time="8:00").status_code == 200
    assert latest(publication).state is State.PUBLISHED


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("title", "x" * 301, "Tiêu đề dài 301 ký tự"),
        ("summary", "y" * 1001, "Tóm tắt dài 1001 ký tự"),
        ("source_url", "javascript:alert(1)", "Địa chỉ nguồn phải bắt đầu bằng http"),
        ("body", "<div>" * 200 + "x", ""),
        ("section_id", "999999", "Chuyên mục này không còn"),
        ("section_id", "abc", "không có trong danh sách"),
        ("genre", "tieu-thuyet", "không có trong danh sách"),
        ("lead_media_id", "12345", "Ảnh đại diện không còn"),
    ],
)
def test_what_cannot_be_saved_is_named_and_comes_back_as_typed(
    app: Flask, people: dict[str, User], field: str, value: str, sentence: str
) -> None:
    author = client_of(app, people["author"])
    response = author.post_form(
        "/ban-lam-viec/bai-viet/moi", {**TEXT, "then": "stay", field: value}
    )
    assert response.status_code == 422
    assert sentence in response.text
    assert TEXT["summary"] in response.text or field == "summary"
    assert db.session.scalar(select(Publication.id)) is None


def test_an_incomplete_text_is_kept_and_what_it_lacks_is_named(
    app: Flask, people: dict[str, User]
) -> None:
    author = client_of(app, people["author"])
    response = author.post_form(
        "/ban-lam-viec/bai-viet/moi",
        {"title": "Chỉ có tiêu đề", "genre": "news", "origin": "own", "then": "submit"},
    )
    assert response.status_code == 422
    assert "Hãy chọn chuyên mục." in response.text
    assert latest(only()).title == "Chỉ có tiêu đề"
    assert latest(only()).state is State.DRAFT


def test_autosave_creates_once_and_then_saves_version_by_version(
    app: Flask, people: dict[str, User]
) -> None:
    author = client_of(app, people["author"])
    headers = {**JSON, "X-CSRFToken": author.token()}
    first = author.post("/ban-lam-viec/bai-viet/tu-luu?loai=post", data=TEXT, headers=headers)
    assert first.status_code == 200
    url = first.json["autosave_url"]
    second = author.post(
        url, data={**TEXT, "title": "Sửa một", "seen": first.json["seen"]}, headers=headers
    )
    assert second.status_code == 200
    revision = latest(only())
    assert (revision.number, revision.version, revision.title) == (1, 2, "Sửa một")
    assert second.json["seen"] == f"{revision.id}.2"
    assert 'id="checklist"' in second.json["checklist_html"]
    again = author.post(
        url, data={**TEXT, "title": "Sửa một", "seen": second.json["seen"]}, headers=headers
    )
    assert again.json["seen"] == second.json["seen"]


def test_a_first_save_sent_twice_makes_one_text(app: Flask, people: dict[str, User]) -> None:
    author = client_of(app, people["author"])
    page = author.get("/ban-lam-viec/bai-viet/moi").text
    action = re.search(r'id="editor-form"[^>]* action="([^"]+)"', page)
    assert action
    url = action[1].replace("&amp;", "&")
    first = author.post_form(url, {**TEXT, "then": "stay"})
    again = author.post_form(url, {**TEXT, "body": "<p>Gõ thêm.</p>", "then": "stay"})
    assert first.headers["Location"] == again.headers["Location"]
    assert latest(only()).body == "<p>Gõ thêm.</p>"
    author.post_form(url, {**TEXT, "title": "Một bài khác", "then": "stay"})
    titles = set(db.session.scalars(select(Publication.title)))
    assert titles == {TEXT["title"], "Một bài khác"}


def test_the_second_of_two_windows_gets_both_texts_and_overwrites_nothing(
    app: Flask, people: dict[str, User]
) -> None:
    publication = make_publication(state=State.DRAFT, author=people["author"])
    db.session.commit()
    author = client_of(app, people["author"])
    seen = seen_token(latest(publication))
    url = f"/ban-lam-viec/bai-viet/{publication.id}/tu-luu"
    headers = {**JSON, "X-CSRFToken": author.token()}
    one = author.post(url, data={**TEXT, "title": "Cửa sổ một", "seen": seen}, headers=headers)
    assert one.status_code == 200
    two = author.post(url, data={**TEXT, "title": "Cửa sổ hai", "seen": seen}, headers=headers)
    assert two.status_code == 409
    assert two.json["theirs"]["fields"]["title"] == "Cửa sổ một"
    assert latest(publication).title == "Cửa sổ một"
    mine = {**TEXT, "title": "Cửa sổ hai", "seen": two.json["seen"]}
    assert author.post(url, data=mine, headers=headers).status_code == 200
    assert latest(publication).title == "Cửa sổ hai"


def test_without_scripts_a_stale_form_shows_the_other_text_and_keeps_what_was_typed(
    app: Flask, people: dict[str, User]
) -> None:
    publication = make_publication(state=State.DRAFT, author=people["author"])
    db.session.commit()
    author = client_of(app, people["author"])
    seen = seen_token(latest(publication))
    url = f"/ban-lam-viec/bai-viet/{publication.id}/sua"
    author.post_form(url, {**TEXT, "title": "Bản kia", "seen": seen, "then": "stay"})
    response = author.post_form(url, {**TEXT, "title": "Bản này", "seen": seen, "then": "stay"})
    assert response.status_code == 409
    assert "Bản kia" in response.text
    assert 'value="Bản này"' in response.text
    fresh = re.search(r'name="seen" value="([^"]+)"', response.text)
    assert fresh
    kept = {**TEXT, "title": "Bản này", "seen": fresh[1], "then": "stay"}
    assert author.post_form(url, kept).status_code == 303
    assert latest(publication).title == "Bản này"


def test_an_ended_session_answers_the_editor_in_json_and_a_form_with_what_was_typed(
    app: Flask, people: dict[str, User]
) -> None:
    publication = make_publication(state=State.DRAFT, author=people["author"])
    db.session.commit()
    stranger = app.test_client()
    assert isinstance(stranger, CheckedClient)
    url = f"/ban-lam-viec/bai-viet/{publication.id}"
    token = {"X-CSRFToken": stranger.token()}
    autosave = stranger.post(f"{url}/tu-luu", data=TEXT, headers={**JSON, **token})
    assert autosave.status_code == 401
    assert autosave.json["login_url"].startswith("/dang-nhap")
    form = stranger.post_form(f"{url}/sua", {**TEXT, "summary": "Chữ quý giá của tác giả."})
    assert form.status_code == 401
    assert "Chữ quý giá của tác giả." in form.text


def test_a_form_without_its_token_changes_nothing(app: Flask, people: dict[str, User]) -> None:
    author = client_of(app, people["author"])
    response = author.post("/ban-lam-viec/bai-viet/moi", data={**TEXT, "then": "stay"})
    assert response.status_code == 400
    assert "tải lại trang" in response.text
    assert db.session.scalar(select(Publication.id)) is None


def test_a_picture_sent_from_the_editor_comes_back_as_a_figure(
    app: Flask, people: dict[str, User]
) -> None:
    publication = make_publication(state=State.DRAFT, author=people["author"])
    db.session.commit()
    author = client_of(app, people["author"])
    url = f"/ban-lam-viec/bai-viet/{publication.id}/anh"
    headers = {**JSON, "X-CSRFToken": author.token()}
    sent = {"file": (io.BytesIO(picture()), "cho.jpg"), "alt": "Chợ Hàn", "caption": "Buổi sáng"}
    response = author.post(url, data=sent, headers=headers)
    assert response.status_code == 200
    assert response.json["location"].startswith("/tep/")
    assert 'alt="Chợ Hàn"' in response.json["figure_html"]
    assert "<figcaption>Buổi sáng" in response.json["figure_html"]
    assert author.get(response.json["location"]).status_code == 200
    assert app.test_client().get(response.json["location"]).status_code == 404
    broken = {"file": (io.BytesIO(b"khong phai anh"), "a.jpg")}
    refused = author.post(url, data=broken, headers=headers)
    assert refused.status_code == 422
    assert refused.json["error"]
    colleague = client_of(app, people["colleague"])
    other = {**JSON, "X-CSRFToken": colleague.token()}
    theirs = {"file": (io.BytesIO(picture()), "cho.jpg")}
    assert colleague.post(url, data=theirs, headers=other).status_code == 404


def test_without_scripts_a_picture_goes_to_the_end_of_the_text(
    app: Flask, people: dict[str, User]
) -> None:
    publication = make_publication(state=State.DRAFT, author=people["author"])
    db.session.commit()
    author = client_of(app, people["author"])
    url = f"/ban-lam-viec/bai-viet/{publication.id}/sua"
    fields = {**TEXT, "seen": seen_token(latest(publication)), "then": "stay"}
    sent = {"picture": (io.BytesIO(picture()), "cho.jpg"), "alt": "Chợ Hàn", "caption": "Sáng"}
    assert author.post_form(url, {**fields, **sent}).status_code == 303
    revision = latest(publication)
    media = db.session.scalars(select(Media)).one()
    assert revision.body.endswith("</figure>")
    assert f"/tep/{media.token}/" in revision.body
    assert revision.lead_media_id == media.id
    fields["seen"] = seen_token(revision)
    wrong = {"picture": (io.BytesIO(b"khong phai anh"), "a.jpg")}
    refused = author.post_form(url, {**fields, "title": "Chữ vẫn còn", **wrong})
    assert refused.status_code == 422
    assert latest(publication).title == "Chữ vẫn còn"


def test_plain_words_typed_without_scripts_become_paragraphs(
    app: Flask, people: dict[str, User]
) -> None:
    author = client_of(app, people["author"])
    typed = "Đoạn một.\n\nĐoạn hai có a < b & c."
    author.post_form("/ban-lam-viec/bai-viet/moi", {**TEXT, "body": typed, "then": "stay"})
    assert latest(only()).body == "<p>Đoạn một.</p>\n<p>Đoạn hai có a &lt; b &amp; c.</p>"


def test_editing_a_published_post_leaves_the_page_until_approved(
    app: Flask, people: dict[str, User]
) -> None:
    publication = make_publication(title="Bản đang đăng", author=people["author"])
    db.session.commit()
    author = client_of(app, people["author"])
    response = act(author, publication, "revise")
    assert response.headers["HX-Redirect"].endswith(f"/{publication.id}/sua")
    page = f"/ban-lam-viec/bai-viet/{publication.id}/sua"
    author.submit(page, {"title": "Bản sửa", "then": "submit"}, form="editor-form")
    reader = app.test_client()
    address = f"/bai-viet/ban-dang-dang-{publication.id}"
    assert "Bản sửa" not in reader.get(address).text
    chief = client_of(app, people["chief"])
    opened = chief.htmx(f"/ban-lam-viec/bai-viet/{publication.id}/mo")
    assert "<ins>sửa</ins>" in opened.text
    assert act(chief, publication, "take").status_code == 200
    assert act(chief, publication, "approve_and_publish").status_code == 200
    moved = reader.get(address)
    assert (moved.status_code, moved.headers["Location"]) == (
        301,
        f"/bai-viet/ban-sua-{publication.id}",
    )


def test_lists_filter_without_regard_to_accents(app: Flask, people: dict[str, User]) -> None:
    make_publication(state=State.AWAITING_EDIT, title="Nước mắm Nam Ô", author=people["author"])
    make_publication(state=State.AWAITING_EDIT, title="Cảm biến sông", author=people["author"])
    db.session.commit()
    editor = client_of(app, people["editor"])
    found = editor.get("/ban-lam-viec/duyet?q=nuoc+mam").text
    assert "Nước mắm Nam Ô" in found
    assert "Cảm biến sông" not in found


def test_a_contributor_has_no_lists_of_the_board(app: Flask, people: dict[str, User]) -> None:
    author = client_of(app, people["author"])
    assert author.get("/ban-lam-viec/duyet").status_code == 403
    assert author.get("/ban-lam-viec?danh-sach=cho-duyet").status_code == 403
    assert author.get("/ban-lam-viec?danh-sach=khong-co").status_code == 404


def test_the_desk_costs_the_same_queries_for_five_rows_and_for_twenty(
    app: Flask, people: dict[str, User], session: scoped_session[Any]
) -> None:
    from sqlalchemy import event

    section = make_section()
    counted: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *a: counted.append(a[2]))
    editor = client_of(app, people["editor"])
    found = []
    for rows in (5, 15):
        for _ in range(rows):
            author = make_user()
            make_publication(state=State.AWAITING_EDIT, author=author, section=section)
        session.commit()
        counted.clear()
        assert editor.get("/ban-lam-viec/duyet").status_code == 200
        found.append(len(counted))
    assert found[0] == found[1]


def test_a_stale_token_gives_back_what_was_typed(app: Flask, people: dict[str, User]) -> None:
    author = client_of(app, people["author"])
    words = "Chữ đã gõ rất lâu của tác giả."
    response = author.post("/ban-lam-viec/bai-viet/moi", data={**TEXT, "summary": words})
    assert response.status_code == 400
    assert "Mẫu này đã cũ" in response.text
    assert words in response.text


def test_what_acts_on_the_live_text_says_so_beside_a_newer_draft(
    app: Flask, people: dict[str, User]
) -> None:
    publication = make_publication(author=people["author"])
    db.session.commit()
    act(client_of(app, people["author"]), publication, "revise")
    chief = client_of(app, people["chief"])
    page = f"/ban-lam-viec/bai-viet/{publication.id}"
    assert "Gỡ bài (bản trên trang)" in chief.get(page).text
    db.session.refresh(publication)
    assert publication.live_revision is not None
    seen = seen_token(publication.live_revision)
    response = act(chief, publication, "withdraw", reason="Số liệu sai.", seen=seen)
    assert response.status_code == 200
    assert "Bản đăng: đã gỡ" in response.text
