"""Files attached to texts: saved as the text is, sent safely, seen by whoever may see the text."""

import io
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import scoped_session

from blueprints import limits
from models import Kind, Media, Publication, User
from services import publications, uploads
from services.attachments import Attachment, attachments_of, shown_files
from services.errors import InvalidInput
from services.media import file_address
from services.publications import content_of, seen_token
from tests.support.board import Board, make_board
from tests.support.client import CheckedClient, login
from tests.support.documents import document
from tests.support.factories import NOW, make_publication, make_user

Session = scoped_session[Any]


@pytest.fixture
def root(app: Flask) -> Path:
    return Path(app.config["MEDIA_PATH"])


def stored(root: Path, actor: User, name: str = "Kế hoạch số 5.pdf", **said: Any) -> Media:
    given = {"publication": None, "now": NOW, **said}
    content = io.BytesIO(document(name.rpartition(".")[2]))
    return uploads.store_file(file=content, filename=name, actor=actor, root=root, **given)


def names(publication: Publication, which: str) -> list[str]:
    revision = getattr(publication, f"{which}_revision")
    return [file.title for file in shown_files(revision.id)] if revision else []


# ---------------------------------------------------------------- part of the text
def test_readers_get_exactly_the_files_that_were_approved(session: Session, root: Path) -> None:
    board: Board = make_board()
    plan, form = stored(root, board.author), stored(root, board.author, "Mẫu.docx")
    carried = (Attachment(form.id, "Mẫu đơn"), Attachment(plan.id))
    publication = board.draft(files=carried)
    board.walk(publication, "author submit, editor take, editor forward, chief approve")
    board.do("chief", "publish", publication)
    assert names(publication, "live") == ["Mẫu đơn", "Kế hoạch số 5.pdf"]
    # The next revision begins with the same list; what is changed in it waits as the words do.
    board.do("author", "revise", publication)
    assert names(publication, "latest") == ["Mẫu đơn", "Kế hoạch số 5.pdf"]
    board.save("author", publication, files=(Attachment(plan.id, "Kế hoạch"),))
    assert names(publication, "latest") == ["Kế hoạch"]
    assert names(publication, "live") == ["Mẫu đơn", "Kế hoạch số 5.pdf"]


def test_only_the_order_or_a_name_is_a_change_too_and_nothing_is_none(
    session: Session, root: Path
) -> None:
    board = make_board()
    one, two = stored(root, board.author), stored(root, board.author, "Mẫu.docx")
    publication = board.draft(files=(Attachment(one.id), Attachment(two.id)))
    latest = publication.latest_revision
    assert latest is not None
    board.save("author", publication, files=(Attachment(one.id), Attachment(two.id)))
    assert latest.version == 1
    board.save("author", publication, files=(Attachment(two.id), Attachment(one.id, "  Một ")))
    assert latest.version == 2
    assert attachments_of(latest) == (Attachment(two.id), Attachment(one.id, "Một"))
    session.expire_all()
    assert attachments_of(latest) == (Attachment(two.id), Attachment(one.id, "Một"))


def test_nobody_attaches_what_they_may_not_see_and_everybody_keeps_what_is_there(
    session: Session, root: Path
) -> None:
    board = make_board()
    other = make_user()
    private = make_publication(state="draft", author=other)
    theirs = stored(root, other, publication=private)
    picture = uploads.store_picture(
        data=_png(), filename="a.png", actor=board.author, publication=None, now=NOW, root=root
    )
    for media_id in (theirs.id, picture.id, 2**31 - 1):
        with pytest.raises(InvalidInput) as refusal:
            board.draft(files=(Attachment(media_id, "Tài liệu"),))
        assert "Tệp đính kèm “Tài liệu” không còn" in refusal.value.fields["files"]
    mine = stored(root, board.author, publication=None)
    publication = board.draft(files=(Attachment(mine.id),))
    board.walk(publication, "author submit, editor take")
    board.save("editor", publication, title="Đã biên tập", files=(Attachment(mine.id, "Tệp"),))
    assert names(publication, "latest") == ["Tệp"]


def _png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 40), "tomato").save(out, "PNG")
    return out.getvalue()


# ---------------------------------------------------------------- fetching
@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_file_is_sent_so_that_nothing_in_it_can_act(
    session: Session, client: CheckedClient, root: Path
) -> None:
    board = make_board()
    pdf, sheet = stored(root, board.author), stored(root, board.author, "Số liệu quý 3.xlsx")
    publication = board.draft(files=(Attachment(pdf.id), Attachment(sheet.id)))
    board.walk(publication, "author submit, editor take, editor forward, chief approve")
    board.do("chief", "publish", publication)
    read = client.get(file_address(pdf))
    assert file_address(pdf) == f"/tep/{pdf.token}/ke-hoach-so-5.pdf"
    assert (read.status_code, read.mimetype, read.data) == (200, "application/pdf", document("pdf"))
    assert read.headers["X-Content-Type-Options"] == "nosniff"
    assert read.headers["Cache-Control"] == "public, no-cache"
    assert read.headers["Content-Disposition"] == (
        'inline; filename="ke-hoach-so-5.pdf"; '
        "filename*=UTF-8''K%E1%BA%BF%20ho%E1%BA%A1ch%20s%E1%BB%91%205.pdf"
    )
    # Shown in a frame of the site's own pages, and of nobody else's.
    assert "frame-ancestors 'self'" in read.headers["Content-Security-Policy"]
    assert read.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "Set-Cookie" not in read.headers
    again = client.get(file_address(pdf), headers={"If-None-Match": read.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    part = client.get(file_address(pdf), headers={"Range": "bytes=5-7"})
    assert (part.status_code, part.data) == (206, document("pdf")[5:8])
    kept = client.get(file_address(sheet))
    assert kept.headers["Content-Disposition"].startswith("attachment; ")
    assert kept.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert kept.headers["X-Frame-Options"] == "DENY"
    for name in ("original", "ke-hoach-so-5.docx", "480.webp"):
        assert client.get(f"/tep/{pdf.token}/{name}").status_code == 404
    answer = client.get(f"/bai-viet/{publication.slug}-{publication.id}")
    assert "frame-src 'self'" in answer.headers["Content-Security-Policy"]
    page = answer.text
    assert page.count("<iframe ") == 1
    assert f'<iframe src="{file_address(pdf)}" loading="lazy"' in page
    assert f'<a class="attachment-save" href="{file_address(sheet)}" download>' in page
    assert f'<a href="{file_address(pdf)}">Kế hoạch số 5.pdf</a>' in page
    assert "(XLSX, 1 KB)" in page


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_draft_s_file_is_there_only_for_whoever_may_see_the_draft(
    session: Session, client: CheckedClient, root: Path
) -> None:
    author, colleague = make_user(), make_user()
    colleague.unit_id = author.unit_id
    media = stored(root, author)
    publications.create(
        actor=author,
        kind=Kind.NOTICE,
        content=content_with(media),
        now=NOW,
    )
    assert client.get(file_address(media)).status_code == 404
    login(client, colleague)
    assert client.get(file_address(media)).status_code == 404
    login(client, author)
    seen = client.get(file_address(media))
    assert (seen.status_code, seen.headers["Cache-Control"]) == (200, "private, no-store")


def content_with(*media: Media) -> publications.Content:
    files = tuple(Attachment(one.id) for one in media)
    return publications.Content(title="Thông báo", files=files)


# ---------------------------------------------------------------- from the editor
@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_the_editor_sends_a_file_and_saves_the_list_with_the_text(
    session: Session, client: CheckedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    author = make_user()
    login(client, author)
    json = {"Accept": "application/json"}

    def send(content: bytes, name: str) -> Any:
        data = {"file": (io.BytesIO(content), name), "csrf_token": client.token()}
        return client.post("/ban-lam-viec/bai-viet/tep", data=data, headers=json)

    answer = send(document("pdf"), "Kế hoạch.pdf").get_json()
    assert (answer["name"], answer["weight"]) == ("Kế hoạch.pdf", "PDF, 1 KB")
    refused = send(b"MZ" + b"\0" * 90, "Kế hoạch.pdf")
    assert (refused.status_code, "chương trình" in refused.get_json()["error"]) == (422, True)
    monkeypatch.setattr(limits, "MAX_FILE_BODY_BYTES", 5_000)
    assert send(b"%PDF-" + b"\0" * 6_000, "a.pdf").status_code == 413
    saved = client.post_form(
        "/ban-lam-viec/bai-viet/tu-luu?loai=notice",
        {
            "title": "Thông báo mới",
            "genre": "news",
            "origin": "own",
            "files": f'[{{"id":{answer["id"]},"label":"Bản ký"}}]',
        },
        headers=json,
    )
    assert saved.status_code == 200, saved.text
    publication = session.scalars(select(Publication)).one()
    assert names(publication, "latest") == ["Bản ký"]
    wrong = client.post_form(
        saved.get_json()["autosave_url"],
        {"genre": "news", "origin": "own", "files": "[1]", "seen": saved.get_json()["seen"]},
        headers=json,
    )
    assert (wrong.status_code, list(wrong.get_json()["fields"])) == (422, ["files"])


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_without_scripts_files_are_added_named_ordered_and_taken_out(
    session: Session, client: CheckedClient, root: Path
) -> None:
    author = make_user()
    login(client, author)
    publication = publications.create(
        actor=author, kind=Kind.NOTICE, content=content_with(), now=NOW
    )
    page = f"/ban-lam-viec/bai-viet/{publication.id}/sua"

    def save(fields: dict[str, Any], name: str = "") -> Any:
        content = io.BytesIO(document(name.rpartition(".")[2]) if name else b"")
        data = {**fields, "attachment": (content, name)}
        return client.submit(page, data, form="editor-form")

    assert save({}, "Kế hoạch.pdf").status_code == 303
    assert save({"summary": "Tóm tắt"}, "Mẫu.docx").status_code == 303
    assert names(publication, "latest") == ["Kế hoạch.pdf", "Mẫu.docx"]
    latest = publication.latest_revision
    assert latest is not None
    plan, form = (one.media_id for one in content_of(latest).files)
    moved = {f"file-place-{form}": "1", f"file-place-{plan}": "2", f"file-label-{form}": "Mẫu đơn"}
    assert save(moved).status_code == 303
    assert names(publication, "latest") == ["Mẫu đơn", "Kế hoạch.pdf"]
    assert save({f"file-remove-{plan}": "1"}).status_code == 303
    assert names(publication, "latest") == ["Mẫu đơn"]
    data = {"title": "Tiêu đề mới", "attachment": (io.BytesIO(b"MZ" + b"\0" * 90), "a.pdf")}
    refused = client.submit(page, data, form="editor-form")
    assert refused.status_code == 422
    assert "chương trình chạy được" in refused.text
    assert "Tiêu đề mới" in refused.text
    assert publication.title == "Tiêu đề mới"
    assert seen_token(latest) in refused.text
