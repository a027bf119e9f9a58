"""The library: what each person finds there, and what they may change without a second pair of
eyes."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import event, select
from sqlalchemy.orm import scoped_session

from extensions import db
from models import AuditEvent, Media, MediaKind, MediaUse, Publication, RevisionFile, User
from services import library, uploads
from services.errors import Conflict, NotAllowed
from services.library import Wanted, Whose
from services.media import may_see
from tests.support.client import CheckedClient, login
from tests.support.documents import document
from tests.support.factories import (
    NOW,
    make_media,
    make_publication,
    make_revision,
    make_section,
    make_unit,
    make_user,
)

Session = scoped_session[Any]


def jpeg(width: int = 1200, height: int = 800, colour: str = "steelblue") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "JPEG")
    return out.getvalue()


@pytest.fixture
def root(app: Flask) -> Path:
    return Path(app.config["MEDIA_PATH"])


def picture(root: Path, actor: User, publication: Publication | None = None, **said: Any) -> Media:
    given = {"data": jpeg(), "filename": "hội nghị.jpg", "now": NOW, **said}
    return uploads.store_picture(actor=actor, publication=publication, root=root, **given)


def file(root: Path, actor: User, name: str = "Kế hoạch.pdf", **said: Any) -> Media:
    given = {"publication": None, "now": NOW, **said}
    content = io.BytesIO(document(name.rpartition(".")[2]))
    return uploads.store_file(file=content, filename=name, actor=actor, root=root, **given)


def show_in(publication: Publication, media: Media) -> None:
    use = MediaUse if media.kind is MediaKind.PICTURE else RevisionFile
    db.session.add(use(revision_id=publication.latest_revision_id, media_id=media.id))
    db.session.flush()


def found(user: User, **wanted: Any) -> set[str]:
    page = library.page_of(user=user, wanted=Wanted(**wanted), now=NOW)
    return {item.media.original_name for item in page.items}


# ---------------------------------------------------------------- who finds what
def test_the_list_holds_what_may_be_seen_one_by_one(session: Session) -> None:
    unit, section = make_unit(), make_section()
    people = {
        "author": make_user(unit=unit),
        "colleague": make_user(unit=unit),
        "stranger": make_user(),
        "editor": make_user(role="editor"),
        "chief of another section": make_user(role="chief", sections=[make_section()]),
        "administrator": make_user(role="admin"),
    }
    author = people["author"]
    draft = make_publication(state="draft", author=author, section=section)
    waiting = make_publication(state="awaiting_edit", author=author, section=section)
    live = make_publication(author=author, section=section)

    def made(name: str, kind: MediaKind, **fields: Any) -> Media:
        measures = {"width": 0, "height": 0, "widths": []} if kind is MediaKind.FILE else {}
        mime = "application/pdf" if kind is MediaKind.FILE else "image/webp"
        return make_media(
            uploaded_by=author, original_name=name, kind=kind, mime=mime, **measures, **fields
        )

    for kind in MediaKind:
        made(f"loose {kind}", kind)
        made(f"for the draft {kind}", kind, publication_id=draft.id)
        show_in(draft, made(f"in the draft {kind}", kind))
        show_in(waiting, made(f"waiting {kind}", kind))
        show_in(live, made(f"live {kind}", kind))
    shared = {"loose", "live"}
    expected = {
        "author": {"loose", "for the draft", "in the draft", "waiting", "live"},
        "colleague": shared,
        "stranger": set(),
        "editor": {*shared, "waiting"},
        "chief of another section": shared,
        "administrator": set(),
    }
    for who, user in people.items():
        names = {f"{name} {kind}" for name in expected[who] for kind in MediaKind}
        assert found(user) == names, who
        # What others have published may be seen by all; it is just not in their library.
        seen = {m.original_name for m in session.scalars(select(Media)) if may_see(user, m, NOW)}
        assert seen == names | {f"live {kind}" for kind in MediaKind}, who


def test_a_search_minds_no_accents_and_looks_at_all_that_is_said(session: Session) -> None:
    me = make_user()
    given: dict[str, dict[str, Any]] = {
        "a": {"alt": "Đoàn khảo sát rạn san hô"},
        "b": {"alt": "", "caption": "Lễ trao giải ở Đà Nẵng"},
        "c": {"alt": "", "credit": "Trần Minh Đức"},
        "bao-cao_quy-3.pdf": {"alt": ""},
    }
    for name, said in given.items():
        make_media(uploaded_by=me, original_name=name, **said)
    assert found(me, words="doan SAN ho") == {"a"}
    assert found(me, words="đà nẵng") == {"b"}
    assert found(me, words="duc") == {"c"}
    assert found(me, words="báo quý") == {"bao-cao_quy-3.pdf"}
    assert found(me, words="doan duc") == set()


def test_it_can_be_narrowed_to_a_kind_a_person_and_what_is_not_used(session: Session) -> None:
    unit = make_unit()
    me, colleague = make_user(unit=unit), make_user(unit=unit)
    live = make_publication(author=me)
    show_in(live, make_media(uploaded_by=me, original_name="used"))
    make_media(uploaded_by=me, original_name="mine")
    make_media(uploaded_by=colleague, original_name="theirs")
    of_file = {"kind": MediaKind.FILE, "mime": "application/pdf", "widths": []}
    make_media(uploaded_by=me, original_name="file", **of_file)
    assert found(me, kind=MediaKind.FILE) == {"file"}
    assert found(me, whose=Whose.MINE) == {"used", "mine", "file"}
    assert found(me, whose=Whose.UNIT) == {"used", "mine", "theirs", "file"}
    assert found(me, unused=True) == {"mine", "theirs", "file"}


def test_a_page_asks_as_much_of_the_database_however_much_it_shows(session: Session) -> None:
    me = make_user(role="chief")
    counts = []
    for _ in range(2):
        for _ in range(6):
            show_in(make_publication(author=me), make_media(uploaded_by=me))
        session.commit()
        asked: list[str] = []

        def listen(*said: Any, kept: list[str] = asked) -> None:
            kept.append(said[2])

        event.listen(db.engine, "before_cursor_execute", listen)
        page = library.page_of(user=me, wanted=Wanted(), now=NOW)
        event.remove(db.engine, "before_cursor_execute", listen)
        assert {item.uses for item in page.items} == {1}
        counts.append(len(asked))
    assert counts[0] == counts[1]


# ---------------------------------------------------------------- who changes what
def test_what_the_board_has_in_hand_or_readers_see_is_the_board_s_to_change(
    session: Session,
) -> None:
    section = make_section()
    author, editor = make_user(), make_user(role="editor")
    chief_author = make_user(role="chief")
    elsewhere = make_user(role="editor", sections=[make_section()])

    def may(user: User, state: str, writer: User = author) -> bool:
        media = make_media(uploaded_by=writer)
        show_in(make_publication(state=state, author=writer, section=section), media)
        return library.change_refusal(user=user, media=media) is None

    assert {
        s: may(author, s) for s in ("draft", "needs_changes", "awaiting_edit", "published")
    } == {
        "draft": True,
        "needs_changes": True,
        "awaiting_edit": False,
        "published": False,
    }
    assert may(editor, "approved")
    assert may(editor, "published")
    assert not may(elsewhere, "published")
    assert not may(chief_author, "published", chief_author)
    assert may(editor, "published", chief_author)
    assert not may(make_user(), "draft")


def test_what_any_revision_uses_is_not_deleted_and_the_texts_are_named(session: Session) -> None:
    me, other = make_user(), make_user()
    media = make_media(uploaded_by=me)
    old = make_publication(author=me, title="Bài cũ", state="draft")
    show_in(old, media)
    make_revision(publication=old)
    show_in(make_publication(author=other, state="draft"), media)
    with pytest.raises(Conflict, match="“Bài cũ” và 1 bài khác"):
        library.delete(media=media, actor=me, now=NOW)
    lead = make_media(uploaded_by=me)
    make_publication(author=me, lead_media_id=lead.id)
    with pytest.raises(Conflict):
        library.delete(media=lead, actor=me, now=NOW)
    loose = make_media(uploaded_by=me)
    with pytest.raises(NotAllowed):
        library.delete(media=loose, actor=other, now=NOW)
    library.delete(media=loose, actor=me, now=NOW)
    assert session.get(Media, loose.id) is None


# ---------------------------------------------------------------- the pages
@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_picture_is_described_where_it_is_looked_at(
    session: Session, client: CheckedClient, root: Path
) -> None:
    me = make_user()
    media = picture(root, me)
    live = make_publication(author=make_user(), title="Bài đang đăng")
    draft = make_publication(author=make_user(), state="draft", title="Bài riêng của người khác")
    show_in(draft, media)
    login(client, me)
    page = f"/ban-lam-viec/thu-vien/{media.id}"
    refused = client.submit(page, {"alt": " ", "caption": "Toàn cảnh"}, form="describe")
    assert refused.status_code == 422
    assert "Ảnh trang trí" in refused.text
    assert 'value="Toàn cảnh"' in refused.text
    assert "Một bài bạn không có quyền xem" in refused.text
    assert "Bài riêng của người khác" not in refused.text
    wrong = client.submit(page, {"alt": "Hội trường", "focus_x": "101"}, form="describe")
    assert "Hãy ghi một số nguyên từ 0 đến 100." in wrong.text
    kept = client.submit(
        page, {"alt": "Hội trường", "focus_x": "10", "focus_y": "90"}, form="describe"
    )
    assert kept.status_code == 303
    assert (media.alt, media.focus_x, media.focus_y) == ("Hội trường", 10, 90)
    event_kept = session.scalars(select(AuditEvent)).one()
    assert (event_kept.action, event_kept.actor_id) == ("media.describe", me.id)
    assert event_kept.changes["alt"] == ["", "Hội trường"]
    # Crops follow the point: in a list that readers see, too.
    live.lead_media_id = media.id
    assert 'class="fx-0 fy-100"' in client.get("/").text


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_replaced_picture_keeps_its_address_and_no_reader_is_shown_the_old_one(
    session: Session, client: CheckedClient, root: Path
) -> None:
    author, chief = make_user(), make_user(role="chief")
    media = picture(root, author)
    src = f"/tep/{media.token}/960.webp"
    body = (
        f'<figure><img src="{src}" srcset="/tep/{media.token}/480.webp 480w, {src} 960w"'
        ' sizes="100vw" width="960" height="640" alt="Cũ" loading="lazy" decoding="async"></figure>'
    )
    live = make_publication(author=author, body=body, lead_media_id=media.id, title="Bài có ảnh")
    show_in(live, media)
    address = f"/bai-viet/{live.slug}-{live.id}"
    assert f'src="{src}"' in client.get(address).text
    page = f"/ban-lam-viec/thu-vien/{media.id}"
    login(client, author)
    assert "chỉ Ban biên tập" in client.get(page).text
    data = {"file": (io.BytesIO(jpeg(700, 700, "tomato")), "moi.jpg"), "csrf_token": client.token()}
    assert client.post(f"{page}/thay", data=data).status_code == 403
    assert media.version == 1
    login(client, chief)
    data = {"file": (io.BytesIO(jpeg(700, 700, "tomato")), "moi.jpg"), "csrf_token": client.token()}
    assert client.post(f"{page}/thay", data=data).status_code == 303
    assert (media.version, media.width, media.widths) == (2, 700, [480, 700])
    # The stored text is as it was; what readers are sent names the version and the new measures.
    assert live.live_revision is not None
    assert live.live_revision.body == body
    shown = client.get(address).text
    assert f'src="/tep/{media.token}/700.webp?v=2"' in shown
    assert 'width="700" height="700" alt="Cũ"' in shown
    assert f"/tep/{media.token}/700.webp?v=2" in client.get("/").text
    # The old address gives the new picture, and may not be kept for long.
    plain, named = client.get(src), client.get(f"/tep/{media.token}/700.webp?v=2")
    assert Image.open(io.BytesIO(plain.data)).size == (700, 700)
    assert plain.headers["Cache-Control"] == "public, max-age=3600, s-maxage=600"
    assert named.headers["Cache-Control"] == "public, max-age=604800, s-maxage=600, immutable"
    assert plain.headers["ETag"] == f'"{media.token}-2-700.webp"'
    assert client.get(f"/tep/{media.token}/960.png").status_code == 404
    folder = root / media.token[:2] / media.token
    assert sorted(path.name for path in folder.iterdir()) == ["v2"]
    noted = session.scalars(select(AuditEvent)).one()
    assert (noted.action, noted.changes["version"]) == ("media.replace", [1, 2])


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_file_is_replaced_by_one_of_its_kind_only(
    session: Session, client: CheckedClient, root: Path
) -> None:
    me = make_user()
    media = file(root, me)
    login(client, me)
    page = f"/ban-lam-viec/thu-vien/{media.id}"

    def replace(name: str, content: bytes) -> Any:
        data = {"file": (io.BytesIO(content), name), "csrf_token": client.token()}
        return client.post(f"{page}/thay", data=data)

    assert "cùng loại PDF" in replace("b.docx", document("docx")).text
    assert "chính là tệp đang dùng" in replace("b.pdf", document("pdf")).text
    assert "chương trình chạy được" in replace("b.pdf", b"MZ" + b"\0" * 100).text
    assert media.version == 1
    assert replace("Bản sửa.pdf", document("pdf") + b"moi").status_code == 303
    fetched = client.get(f"/tep/{media.token}/ke-hoach.pdf")
    assert fetched.data == document("pdf") + b"moi"


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_several_are_added_at_once_and_one_that_is_refused_holds_up_no_other(
    session: Session, client: CheckedClient
) -> None:
    me = make_user()
    login(client, me)
    files = [
        (io.BytesIO(jpeg()), "anh.jpg"),
        (io.BytesIO(b"MZ" + b"\0" * 99), "bao-cao.pdf"),
        (io.BytesIO(document("xlsx")), "so-lieu.xlsx"),
    ]
    data = {"file": files, "csrf_token": client.token()}
    assert client.post("/ban-lam-viec/thu-vien", data=data).status_code == 303
    page = client.get("/ban-lam-viec/thu-vien?cua=cua-toi").text
    assert "bao-cao.pdf: Đây là chương trình chạy được" in page
    assert "Đã tải lên 2 tệp." in page
    assert "Thiếu văn bản thay thế" in page
    assert {m.original_name: m.kind for m in session.scalars(select(Media))} == {
        "anh.jpg": MediaKind.PICTURE,
        "so-lieu.xlsx": MediaKind.FILE,
    }
    none = client.post("/ban-lam-viec/thu-vien", data={"csrf_token": client.token()})
    assert (none.status_code, "Hãy chọn ít nhất một" in none.text) == (422, True)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_the_editor_gets_choices_and_a_figure_with_the_words_of_this_text(
    session: Session, client: CheckedClient, root: Path
) -> None:
    me = make_user()
    media = picture(root, me, alt="Hội trường", credit="An")
    file(root, me)
    login(client, me)
    offered = client.htmx("/ban-lam-viec/thu-vien/chon?loai=anh&q=hoi").text
    assert f'value="{media.id}"' in offered
    assert 'data-credit="An"' in offered
    assert "ke-hoach" not in offered
    assert client.get("/ban-lam-viec/thu-vien/chon").status_code == 303
    answer = json.loads(
        client.get(
            f"/ban-lam-viec/thu-vien/{media.id}/hinh?alt=Sân khấu&caption=Khai mạc&credit="
        ).data
    )
    assert 'alt="Sân khấu"' in answer["figure_html"]
    assert "<figcaption>Khai mạc</figcaption>" in answer["figure_html"]
    login(client, make_user())
    assert client.get(f"/ban-lam-viec/thu-vien/{media.id}/hinh").status_code == 404


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_what_is_deleted_leaves_no_file(
    session: Session, client: CheckedClient, root: Path
) -> None:
    me = make_user()
    media = file(root, me)
    folder = root / media.token[:2] / media.token
    assert folder.is_dir()
    media_id = media.id
    login(client, me)
    page = f"/ban-lam-viec/thu-vien/{media_id}"
    assert client.submit(page, {}, form="xoa").status_code == 303
    assert not folder.exists()
    assert session.get(Media, media_id) is None
