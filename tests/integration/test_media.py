"""Pictures: kept whole or not at all, public only while a public text shows them."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.orm import scoped_session

from models import Media, MediaUse, Publication, User
from services import picture_formats
from services.errors import InvalidInput
from services.media import decorate_pictures, figure_markup, folder_of, may_see, may_use
from services.sanitising import sanitise
from services.uploads import describe_picture, store_picture
from tests.support.client import CheckedClient, login
from tests.support.factories import NOW, make_media, make_publication, make_revision, make_user

Session = scoped_session[Any]


def jpeg(width: int = 1200, height: int = 800, colour: str = "steelblue") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "JPEG")
    return out.getvalue()


@pytest.fixture
def root(app: Flask) -> Path:
    return Path(app.config["MEDIA_PATH"])


def upload(root: Path, actor: User, publication: Publication | None, **said: Any) -> Media:
    given = {"data": jpeg(), "filename": "hội nghị.jpg", "now": NOW, **said}
    return store_picture(actor=actor, publication=publication, root=root, **given)


def show_in(session: Session, publication: Publication, media: Media) -> None:
    session.add(MediaUse(revision_id=publication.latest_revision_id, media_id=media.id))
    session.flush()


# ---------------------------------------------------------------- storing
def test_a_picture_is_kept_in_its_widths_under_a_name_nobody_guesses(
    session: Session, root: Path
) -> None:
    author = make_user()
    media = upload(root, author, None, alt=" Hội  trường ", caption="Toàn cảnh", credit="An")
    folder = root / media.token[:2] / media.token
    assert sorted(file.name for file in folder.iterdir()) == [
        "1200.webp",
        "480.webp",
        "960.webp",
        "og.jpg",
    ]
    assert len(media.token) >= 22
    assert (media.width, media.height, media.widths) == (1200, 800, [480, 960, 1200])
    assert media.size_bytes == sum(file.stat().st_size for file in folder.iterdir())
    assert (media.alt, media.caption, media.credit) == ("Hội trường", "Toàn cảnh", "An")
    assert media.original_name == "hội nghị.jpg"
    assert (media.uploaded_by_id, media.unit_id) == (author.id, author.unit_id)
    assert [path.name for path in folder.parent.iterdir()] == [media.token]


def test_the_same_file_for_the_same_text_is_kept_once(session: Session, root: Path) -> None:
    author = make_user()
    one, two = make_publication(author=author), make_publication(author=author)
    first = upload(root, author, one, alt="Cũ", caption="Chú thích")
    again = upload(root, author, one, alt="Mới")
    assert again.id == first.id
    assert (again.alt, again.caption) == ("Mới", "Chú thích")
    assert upload(root, author, two).token != first.token
    assert session.scalar(select(func.count(Media.id))) == 2


def test_lost_files_come_back_under_the_same_name_when_the_picture_is_sent_again(
    session: Session, root: Path
) -> None:
    author = make_user()
    media = upload(root, author, None)
    folder = root / media.token[:2] / media.token
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    assert upload(root, author, None).token == media.token
    assert (folder / "960.webp").is_file()


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("C:\\Ảnh\\hop.jpg", "hop.jpg"),
        ("../../etc/passwd", "passwd"),
        ("", "anh"),
        ("a\x00\nb.png", "ab.png"),
        ("x" * 300 + ".png", "x" * 251 + ".png"),
    ],
)
def test_a_file_name_is_remembered_without_its_path(
    session: Session, root: Path, name: str, kept: str
) -> None:
    assert upload(root, make_user(), None, filename=name).original_name == kept


def test_what_is_refused_leaves_nothing_behind(session: Session, root: Path) -> None:
    author = make_user()
    with pytest.raises(InvalidInput, match="không phải ảnh"):
        upload(root, author, None, data=b"MZ khong phai anh")
    with pytest.raises(InvalidInput) as refusal:
        upload(root, author, None, alt="đ" * 301, credit="x" * 201)
    assert refusal.value.fields == {
        "alt": "Văn bản thay thế dài 301 ký tự; hãy rút còn nhiều nhất 300 ký tự.",
        "credit": "Nguồn ảnh dài 201 ký tự; hãy rút còn nhiều nhất 200 ký tự.",
    }
    assert session.scalar(select(func.count(Media.id))) == 0
    assert not root.exists() or list(root.iterdir()) == []


def test_a_description_can_be_changed_and_taken_away(session: Session) -> None:
    media = make_media(alt="Cũ", caption="Cũ")
    describe_picture(media=media, alt="Mới", caption="", credit="An", is_decorative=False)
    assert (media.alt, media.caption, media.credit) == ("Mới", "", "An")


# ---------------------------------------------------------------- in a text
def test_pictures_of_a_text_get_their_variants_and_measures(session: Session) -> None:
    media = make_media(token="k7Qx2mPz9LrT4vWb8NcY1s", alt='Hội "trường"')
    body = sanitise(f'<p>a</p><figure><img src="/tep/{media.token}/480.webp"></figure>')
    decorated = decorate_pictures(body)
    assert decorated == (
        "<p>a</p>\n"
        '<figure><img src="/tep/k7Qx2mPz9LrT4vWb8NcY1s/960.webp"'
        ' srcset="/tep/k7Qx2mPz9LrT4vWb8NcY1s/480.webp 480w,'
        " /tep/k7Qx2mPz9LrT4vWb8NcY1s/960.webp 960w,"
        ' /tep/k7Qx2mPz9LrT4vWb8NcY1s/1200.webp 1200w"'
        ' sizes="(min-width: 62rem) 42rem, 100vw" width="960" height="640"'
        ' alt="Hội &quot;trường&quot;" loading="lazy" decoding="async"></figure>'
    )
    assert sanitise(decorated) == decorated
    assert decorate_pictures(decorated) == decorated


def test_what_the_author_says_of_a_picture_goes_before_what_was_said_at_upload(
    session: Session,
) -> None:
    media = make_media(alt="Lúc tải lên")
    body = sanitise(f'<p><img src="/tep/{media.token}/480.webp" alt="Sân &lt;A&gt; &amp; B"></p>')
    assert 'alt="Sân &lt;A&gt; &amp; B"' in decorate_pictures(body)


def test_a_decoration_stays_without_words(session: Session) -> None:
    media = make_media(alt="Hoa văn", is_decorative=True)
    decorated = decorate_pictures(sanitise(f'<p><img src="/tep/{media.token}/480.webp"></p>'))
    assert 'alt=""' in decorated


def test_a_picture_that_is_not_stored_goes_with_its_figure(session: Session) -> None:
    media = make_media()
    body = sanitise(
        '<figure><img src="/tep/khong-co-anh-nay-dau/960.webp"><figcaption>a</figcaption></figure>'
        f'<p>b <img src="/tep/{media.token}/960.webp"></p>'
    )
    decorated = decorate_pictures(body)
    assert "khong-co-anh" not in decorated
    assert "figcaption" not in decorated
    assert decorated.startswith(f'<p>b <img src="/tep/{media.token}/960.webp"')
    assert sanitise(decorated) == decorated


def test_the_editor_is_given_a_figure_that_sanitising_leaves_as_it_is(session: Session) -> None:
    media = make_media(caption="Toàn cảnh <hội nghị>", credit="Trần An")
    figure = figure_markup(media)
    assert figure.endswith(
        "<figcaption>Toàn cảnh &lt;hội nghị&gt; <em>Ảnh: Trần An</em></figcaption></figure>"
    )
    assert sanitise(figure) == figure
    assert "<figcaption>" not in figure_markup(make_media(caption="", credit=""))


# ---------------------------------------------------------------- who may see it
def test_a_picture_is_public_while_a_text_that_citizens_read_shows_it(session: Session) -> None:
    media = make_media()
    publication = make_publication(published_at=NOW, expires_at=NOW + timedelta(days=10))
    assert not may_see(None, media, NOW + timedelta(days=1))
    show_in(session, publication, media)
    assert not may_see(None, media, NOW - timedelta(seconds=1))
    assert may_see(None, media, NOW)
    assert may_see(None, media, NOW + timedelta(days=9))
    assert not may_see(None, media, NOW + timedelta(days=10))
    publication.withdrawn_at = NOW
    session.flush()
    assert not may_see(None, media, NOW + timedelta(days=1))


def test_a_lead_picture_is_public_with_its_text(session: Session) -> None:
    media, of_draft = make_media(), make_media()
    make_publication(lead_media_id=media.id, published_at=NOW)
    make_publication(state="draft", lead_media_id=of_draft.id)
    assert may_see(None, media, NOW)
    assert not may_see(None, of_draft, NOW)


def test_a_picture_that_only_a_newer_unapproved_revision_shows_is_not_public(
    session: Session,
) -> None:
    publication = make_publication(published_at=NOW)
    media = make_media()
    newer = make_revision(publication=publication, state="draft")
    session.add(MediaUse(revision_id=newer.id, media_id=media.id))
    session.flush()
    assert not may_see(None, media, NOW)


def test_a_draft_s_picture_is_seen_by_whoever_may_see_the_draft(session: Session) -> None:
    author, colleague, editor = make_user(), make_user(), make_user(role="editor")
    uploader = make_user()
    draft = make_publication(state="draft", author=author)
    waiting = make_publication(state="awaiting_edit", author=author)
    of_draft = make_media(uploaded_by=uploader)
    of_waiting = make_media(uploaded_by=uploader)
    show_in(session, draft, of_draft)
    show_in(session, waiting, of_waiting)
    people = {"author": author, "colleague": colleague, "editor": editor, "uploader": uploader}
    assert {name for name, user in people.items() if may_see(user, of_draft, NOW)} == {
        "author",
        "uploader",
    }
    assert {name for name, user in people.items() if may_see(user, of_waiting, NOW)} == {
        "author",
        "uploader",
        "editor",
    }


def test_nobody_takes_a_lead_from_a_text_that_they_may_not_see(session: Session) -> None:
    author, other = make_user(), make_user()
    mine = make_publication(state="draft", author=author)
    theirs = make_publication(state="draft", author=other)
    media = make_media(uploaded_by=other, publication_id=theirs.id)
    assert may_use(other, media, theirs, NOW)
    assert not may_use(author, media, mine, NOW)
    assert may_use(author, make_media(uploaded_by=author), mine, NOW)
    assert may_use(author, make_media(uploaded_by=other, publication_id=mine.id), mine, NOW)


# ---------------------------------------------------------------- the address
def test_a_public_picture_is_the_same_for_everyone_and_reads_no_session(
    session: Session, client: CheckedClient, root: Path
) -> None:
    author = make_user()
    media = upload(root, author, None)
    show_in(session, make_publication(published_at=NOW), media)
    address = f"/tep/{media.token}/960.webp"
    stranger = client.get(address)
    assert stranger.status_code == 200
    assert stranger.mimetype == "image/webp"
    assert Image.open(io.BytesIO(stranger.data)).size == (960, 640)
    assert stranger.headers["Cache-Control"] == "public, max-age=3600, s-maxage=600"
    assert stranger.headers["ETag"] == f'"{media.token}-1-960.webp"'
    assert stranger.headers["X-Content-Type-Options"] == "nosniff"
    assert stranger.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert stranger.headers["Content-Disposition"] == 'inline; filename="960.webp"'
    login(client, author)
    known = client.get(address)
    for response in (stranger, known):
        assert "Set-Cookie" not in response.headers
        assert response.headers["Vary"] == "Accept"
    assert known.data == stranger.data
    again = client.get(address, headers={"If-None-Match": stranger.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert client.get(f"/tep/{media.token}/og.jpg").mimetype == "image/jpeg"
    head = client.head(address)
    assert head.headers["Content-Length"] == str(len(stranger.data))


def test_each_browser_gets_the_lightest_picture_that_it_can_show(
    session: Session, client: CheckedClient, root: Path
) -> None:
    media = upload(root, make_user(), None)
    show_in(session, make_publication(published_at=NOW), media)
    address = f"/tep/{media.token}/480.webp"
    new = "image/avif,image/webp,image/apng,*/*;q=0.8"
    assert client.get(address, headers={"Accept": new}).mimetype == "image/webp"
    folder = folder_of(root, media)
    # Noise packs badly in any format: the test's own pixels would not tell.
    for width in media.widths:
        Image.radial_gradient("L").convert("RGB").resize((width, width)).save(
            folder / f"{width}.webp", "WEBP", quality=95
        )
    ended = []
    assert picture_formats.make_missing(root=root, checkpoint=lambda: ended.append(1)) == 1
    assert picture_formats.make_missing(root=root, checkpoint=lambda: ended.append(1)) == 0
    assert ended == [1, 1]
    told = {}
    for accept in (new, "image/webp,image/png,*/*", "image/png,image/svg+xml,image/*;q=0.8", "*/*"):
        answer = client.get(address, headers={"Accept": accept})
        told[accept.partition(",")[0]] = (answer.mimetype, answer.headers["Content-Disposition"])
        assert answer.headers["Vary"] == "Accept"
        assert Image.open(io.BytesIO(answer.data)).get_format_mimetype() == answer.mimetype
    assert told == {
        "image/avif": ("image/avif", 'inline; filename="480.avif"'),
        "image/webp": ("image/webp", 'inline; filename="480.webp"'),
        "image/png": ("image/jpeg", 'inline; filename="og.jpg"'),
        "*/*": ("image/webp", 'inline; filename="480.webp"'),
    }
    tags = {
        client.get(address, headers={"Accept": accept}).headers["ETag"] for accept in (new, "*/*")
    }
    assert len(tags) == 2


def test_an_avif_that_is_no_lighter_is_neither_sent_nor_made_again(
    session: Session, client: CheckedClient, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    media = upload(root, make_user(), None)
    show_in(session, make_publication(published_at=NOW), media)
    monkeypatch.setattr(picture_formats, "WORTH_IT", 0.0)
    picture_formats.make_missing(root=root, checkpoint=lambda: None)
    assert picture_formats.make_missing(root=root, checkpoint=lambda: None) == 0
    answer = client.get(f"/tep/{media.token}/480.webp", headers={"Accept": "image/avif"})
    assert answer.mimetype == "image/webp"


def test_a_draft_s_picture_is_not_there_for_strangers_and_not_kept_by_caches(
    session: Session, app: Flask, client: CheckedClient, root: Path
) -> None:
    author, colleague = make_user(), make_user()
    draft = make_publication(state="draft", author=author)
    media = upload(root, author, draft)
    show_in(session, draft, media)
    address = f"/tep/{media.token}/960.webp"
    refused = client.get(address)
    assert refused.status_code == 404
    assert refused.headers["Cache-Control"] == "no-store"
    login(client, colleague)
    assert client.get(address).status_code == 404
    login(client, author)
    shown = client.get(address)
    assert shown.status_code == 200
    assert shown.headers["Cache-Control"] == "private, no-store"


def test_a_picture_is_public_from_the_moment_its_text_is(
    session: Session, client: CheckedClient, root: Path
) -> None:
    now = datetime.now(UTC)
    author = make_user()
    media = upload(root, author, None)
    scheduled = make_publication(published_at=now + timedelta(hours=1))
    show_in(session, scheduled, media)
    address = f"/tep/{media.token}/960.webp"
    assert client.get(address).status_code == 404
    scheduled.published_at = now - timedelta(seconds=1)
    assert client.get(address).status_code == 200


@pytest.mark.parametrize(
    "name", ["1600.webp", "961.webp", "..%2F..%2Fsecret_key", "og.png", "960.WEBP", "."]
)
def test_only_the_files_of_a_picture_have_addresses(
    session: Session, client: CheckedClient, root: Path, name: str
) -> None:
    media = upload(root, make_user(), None)
    show_in(session, make_publication(published_at=NOW), media)
    assert client.get(f"/tep/{media.token}/{name}").status_code == 404


def test_a_picture_without_its_file_is_not_found_and_logged(
    session: Session, client: CheckedClient, caplog: pytest.LogCaptureFixture
) -> None:
    media = make_media()
    show_in(session, make_publication(published_at=NOW), media)
    assert client.get(f"/tep/{media.token}/480.webp").status_code == 404
    assert f"picture {media.token} has no file 480.webp" in caplog.text
    assert client.get("/tep/khong-co/480.webp").status_code == 404
