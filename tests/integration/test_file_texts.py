"""Attached files are read in the background, and the publications that carry them are found by
what they say, until they say something else or nothing."""

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import scoped_session

from extensions import db
from models import Media, MediaText, Publication, RevisionFile, TextState
from services import file_reading, file_texts, search, uploads
from services.file_reading import Reading
from services.file_texts import INTERRUPTED_AFTER, RETRY_AFTER
from tests.support.client import CheckedClient, login
from tests.support.documents import zipped
from tests.support.factories import NOW, make_publication, make_user
from tests.support.searching import ask, titles

Session = scoped_session[Any]
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override '
    'PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.'
    'wordprocessingml.document.main+xml"/></Types>'
)
LATER = NOW + RETRY_AFTER + timedelta(minutes=1)


def docx(said: str) -> bytes:
    part = f"<w:document {W}><w:p><w:t>{said}</w:t></w:p></w:document>"
    return zipped({"[Content_Types].xml": TYPES.encode(), "word/document.xml": part.encode()})


@pytest.fixture
def root(app: Flask) -> Path:
    return Path(app.config["MEDIA_PATH"])


@pytest.fixture
def notice(session: Session) -> Publication:
    found = make_publication(title="Thông báo số 7", kind="notice", author=make_user(role="chief"))
    search.index_publication(publication_id=found.id)
    return found


def attach(notice: Publication, said: str, root: Path) -> Media:
    media = uploads.store_file(
        file=io.BytesIO(docx(said)),
        filename="phụ lục.docx",
        actor=notice.author,
        publication=notice,
        now=NOW,
        root=root,
    )
    db.session.add(RevisionFile(revision_id=notice.live_revision_id, media_id=media.id))
    db.session.commit()
    return media


def read_all(root: Path, now: Any = NOW) -> int:
    return file_texts.read_waiting(now=now, root=root, checkpoint=db.session.commit)


def kept(media: Media) -> MediaText:
    db.session.expire_all()
    return db.session.get_one(MediaText, media.id)


def test_a_text_is_found_by_what_its_file_says_and_says_so(
    session: Session, client: CheckedClient, notice: Publication, root: Path
) -> None:
    attach(notice, "Danh mục máy quang phổ hấp thụ nguyên tử", root)
    assert titles("máy quang phổ") == []
    assert read_all(root) == 1
    hit = ask("may quang pho").hits[0]
    assert (hit.publication_id, hit.is_of_file) == (notice.id, True)
    assert "<mark>máy quang phổ</mark>" in hit.snippet_html
    page = client.get("/tim-kiem?q=máy+quang+phổ").text
    assert "(trong tệp đính kèm)" in page
    # What the text itself says is shown before what its file says.
    assert not ask("Thông báo").hits[0].is_of_file
    assert read_all(root) == 0


def test_a_word_of_a_file_counts_less_than_one_of_the_text(
    session: Session, notice: Publication, root: Path
) -> None:
    attach(notice, "quang phổ " * 3, root)
    said = make_publication(title="Bài khác", body="<p>Một máy quang phổ.</p>")
    search.index_publication(publication_id=said.id)
    read_all(root)
    assert titles("quang phổ") == ["Bài khác", "Thông báo số 7"]


def test_a_replaced_file_is_found_by_nothing_until_it_is_read_anew(
    session: Session, client: CheckedClient, notice: Publication, root: Path
) -> None:
    media = attach(notice, "Bản nhầm có số điện thoại riêng", root)
    read_all(root)
    assert titles("bản nhầm") == ["Thông báo số 7"]
    login(client, make_user(role="chief"))
    answer = client.post_form(
        f"/ban-lam-viec/thu-vien/{media.id}/thay",
        {"file": (io.BytesIO(docx("Bản đúng của phụ lục")), "phụ lục.docx")},
    )
    assert answer.status_code == 303
    db.session.expire_all()
    assert titles("bản nhầm") == []
    assert read_all(root) == 1
    assert titles("bản đúng") == ["Thông báo số 7"]


def test_one_file_that_hangs_does_not_hold_up_the_rest_and_is_said_on_the_desk(
    session: Session,
    client: CheckedClient,
    notice: Publication,
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hanging, good = attach(notice, "Treo", root), attach(notice, "Phụ lục lành", root)
    really = file_reading.read

    def read(path: Path, extension: str) -> Reading:
        if hanging.token in str(path):
            return Reading(TextState.UNREADABLE, note=file_reading.LATE, may_pass=True)
        return really(path, extension)

    monkeypatch.setattr(file_reading, "read", read)
    assert read_all(root) == 2
    assert titles("phụ lục lành") == ["Thông báo số 7"]
    login(client, make_user(role="chief"))
    page = client.get(f"/ban-lam-viec/thu-vien/{hanging.id}").text
    assert "không đọc được" in page
    assert file_reading.LATE in page
    assert "đã đưa vào tìm kiếm" in client.get(f"/ban-lam-viec/thu-vien/{good.id}").text
    # It is tried a few times, an hour apart, and then left alone.
    assert [read_all(root, NOW + timedelta(minutes=5)), read_all(root, LATER)] == [0, 1]
    assert [read_all(root, LATER + RETRY_AFTER * tries) for tries in (2, 4, 6)] == [1, 0, 0]
    assert kept(hanging).note == file_reading.LATE


def test_what_was_interrupted_is_read_again_but_not_for_ever(
    session: Session, notice: Publication, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    media = attach(notice, "Phụ lục", root)

    def die(_path: Path, _extension: str) -> Reading:
        raise KeyboardInterrupt

    now = NOW
    for _ in range(3):
        with monkeypatch.context() as patch:
            patch.setattr(file_reading, "read", die)
            with pytest.raises(KeyboardInterrupt):
                read_all(root, now)
        db.session.rollback()
        assert read_all(root, now + timedelta(minutes=1)) == 0
        now += INTERRUPTED_AFTER + timedelta(minutes=1)
    assert read_all(root, now + RETRY_AFTER * 2) == 0
    assert (kept(media).state, kept(media).note) == (TextState.UNREADABLE, file_reading.STOPPED)


def test_what_was_killed_once_is_read_the_next_time(
    session: Session, notice: Publication, root: Path
) -> None:
    media = attach(notice, "Phụ lục về giống lúa", root)
    killed = MediaText(
        media_id=media.id, version=1, state=TextState.READING, attempts=1, begun_at=NOW
    )
    db.session.add(killed)
    db.session.commit()
    assert read_all(root, NOW + INTERRUPTED_AFTER * 2) == 1
    assert titles("giống lúa") == ["Thông báo số 7"]


def test_a_file_replaced_while_it_was_read_keeps_nothing_of_the_old_one(
    session: Session, notice: Publication, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    media = attach(notice, "Chữ cũ", root)
    really = file_reading.read

    def replaced_meanwhile(path: Path, extension: str) -> Reading:
        reading = really(path, extension)
        new = io.BytesIO(docx("Chữ mới"))
        uploads.replace_file(media=media, file=new, filename="a.docx", now=NOW, root=root)
        db.session.commit()
        return reading

    with monkeypatch.context() as patch:
        patch.setattr(file_reading, "read", replaced_meanwhile)
        read_all(root)
    assert titles("chữ cũ") == []
    assert read_all(root) == 1
    assert titles("chữ mới") == ["Thông báo số 7"]


def test_the_command_reads_what_waits(app: Flask, notice: Publication, root: Path) -> None:
    attach(notice, "Phụ lục chờ đọc", root)
    answer = app.test_cli_runner().invoke(args=["read-files"])
    assert "Đã đọc 1 tệp." in answer.output
