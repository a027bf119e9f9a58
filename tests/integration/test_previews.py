"""Previews: the page before it is published, on the desk and by a link for anybody."""

import io
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.orm import scoped_session

from models import AuditEvent, Media, MediaUse, PreviewLink, Publication, User, ViewTotal
from services import previews
from services.media import figure_markup
from services.uploads import store_picture
from tests.support.client import CheckedClient, login
from tests.support.factories import make_publication, make_revision, make_user

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

Session = scoped_session[Any]


@pytest.fixture
def author(session: Session) -> User:
    return make_user(full_name="Trần Thị Ánh", username="anh.tt")


@pytest.fixture
def draft(author: User) -> Publication:
    return make_publication(title="Cân đối chứng", state="draft", author=author)


@pytest.fixture
def desk(app: Flask, author: User, draft: Publication) -> CheckedClient:
    return client_of(app, author)


def client_of(app: Flask, user: User | None = None) -> CheckedClient:
    client = app.test_client()
    assert isinstance(client, CheckedClient)
    if user is not None:
        login(client, user)
    return client


def links_page(publication: Publication) -> str:
    return f"/ban-lam-viec/bai-viet/{publication.id}/xem-truoc"


def new_link(desk: CheckedClient, publication: Publication, days: str = "7") -> str:
    """Make a link through the form and answer its address, without the host."""
    page = links_page(publication)
    sent = desk.submit(page, {"note": "Chị Hạnh", "days": days}, form="preview-link-form")
    assert sent.status_code == 303
    return addresses(desk, publication)[0]


def addresses(desk: CheckedClient, publication: Publication) -> list[str]:
    page = desk.get(links_page(publication)).text
    return re.findall(r'<input[^>]* value="http://localhost([^"]+)"', page)


def only_link(session: Session) -> PreviewLink:
    session.expire_all()
    return session.scalars(select(PreviewLink)).one()


# ---------------------------------------------------------------- a link's life
def test_a_link_shows_the_newest_text_to_anybody_and_is_kept_by_nobody(
    app: Flask, desk: CheckedClient, draft: Publication, session: Session
) -> None:
    address = new_link(desk, draft)
    response = client_of(app).get(address)
    assert response.status_code == 200
    assert "Cân đối chứng" in response.text
    assert "Bản xem trước, chưa đăng." in response.text
    assert response.headers["Cache-Control"] == "private, no-store"
    assert "noindex" in response.headers["X-Robots-Tag"]
    assert 'name="robots" content="noindex' in response.text
    assert response.headers["Referrer-Policy"] == "no-referrer"
    make_revision(publication=draft, title="Cân đối chứng ở mười chợ")
    assert "Cân đối chứng ở mười chợ" in client_of(app).get(address).text


def test_a_preview_tells_nothing_of_the_desk_and_counts_no_reading(
    app: Flask, desk: CheckedClient, draft: Publication, session: Session
) -> None:
    response = client_of(app).get(new_link(desk, draft))
    assert "anh.tt" not in response.text
    assert "Chị Hạnh" not in response.text
    assert "/ban-lam-viec" not in response.text
    assert "/luot-xem/" not in response.text
    assert "Set-Cookie" not in response.headers
    assert session.scalar(select(func.count()).select_from(ViewTotal)) == 0


def test_a_revoked_link_opens_nothing_and_says_so(
    app: Flask, desk: CheckedClient, draft: Publication, session: Session
) -> None:
    address = new_link(desk, draft)
    assert desk.submit(links_page(draft), {}, form="/thu-hoi").status_code == 303
    response = client_of(app).get(address)
    assert response.status_code == 410
    assert "đã được thu hồi" in response.text
    assert "Cân đối chứng" not in response.text
    page = desk.get(links_page(draft)).text
    assert "Đã thu hồi" in page
    assert address not in page


def test_who_made_and_who_revoked_a_link_is_in_the_trail(
    app: Flask, desk: CheckedClient, author: User, session: Session
) -> None:
    waiting = make_publication(title="Chờ duyệt", state="awaiting_approval", author=author)
    chief = make_user(role="chief")
    new_link(desk, waiting)
    client_of(app, chief).submit(links_page(waiting), {}, form="/thu-hoi")
    events = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    assert [(e.actor_id, e.action, e.subject_name) for e in events] == [
        (author.id, "preview.create", "Chờ duyệt"),
        (chief.id, "preview.revoke", "Chờ duyệt"),
    ]
    assert events[0].changes["note"] == [None, "Chị Hạnh"]


def test_a_link_closes_after_its_days(
    app: Flask, desk: CheckedClient, draft: Publication, session: Session
) -> None:
    address = new_link(desk, draft, days="1")
    link = only_link(session)
    assert link.expires_at - link.created_at == timedelta(days=1)
    link.expires_at = datetime.now(UTC) - timedelta(seconds=1)
    response = client_of(app).get(address)
    assert response.status_code == 410
    assert "đã hết hạn" in response.text
    assert "Đã hết hạn" in desk.get(links_page(draft)).text


def test_a_link_closes_with_the_account_of_whoever_made_it(
    app: Flask, desk: CheckedClient, draft: Publication, author: User
) -> None:
    address = new_link(desk, draft)
    author.is_active = False
    assert client_of(app).get(address).status_code == 410


@pytest.mark.parametrize("spoil", ["cut", "changed", "other", "nonsense"])
def test_an_address_that_was_not_signed_here_opens_nothing(
    app: Flask, desk: CheckedClient, draft: Publication, spoil: str
) -> None:
    address = new_link(desk, draft)
    signature = address.rsplit(".", 1)[1]
    wrong = {
        "cut": address[:-3],
        "changed": address.replace(
            signature, ("B" if signature[0] == "A" else "A") + signature[1:]
        ),
        "other": f"/xem-truoc/Mg.{signature}",
        "nonsense": "/xem-truoc/1",
    }[spoil]
    response = client_of(app).get(wrong)
    assert response.status_code == 404
    assert "Liên kết xem trước này không đúng" in response.text
    assert response.headers["Cache-Control"] == "private, no-store"


# ---------------------------------------------------------------- its pictures
def stored(app: Flask, author: User, colour: str) -> Media:
    out = io.BytesIO()
    Image.new("RGB", (960, 600), colour).save(out, "JPEG")
    return store_picture(
        actor=author,
        publication=None,
        root=Path(app.config["MEDIA_PATH"]),
        data=out.getvalue(),
        filename="a.jpg",
        alt="Quầy cân",
        now=datetime.now(UTC),
    )


def test_a_link_opens_the_pictures_of_its_text_and_no_others(
    app: Flask, desk: CheckedClient, author: User, session: Session
) -> None:
    own, other = (stored(app, author, colour) for colour in ("steelblue", "seagreen"))
    figure = figure_markup(own)
    text = make_publication(state="draft", author=author, body=f"<p>Chữ /tep/x/ còn.</p>{figure}")
    session.add(MediaUse(revision_id=text.latest_revision_id, media_id=own.id))
    address = new_link(desk, text)
    stranger = client_of(app)
    page = stranger.get(address).text
    assert "Chữ /tep/x/ còn." in page
    shown = f"{address}/tep/{own.token}/960.webp"
    assert f'src="{shown}"' in page
    assert f'srcset="{address}/tep/{own.token}/480.webp 480w, {shown} 960w"' in page
    assert '"/tep/' not in page
    picture = stranger.get(shown)
    assert (picture.status_code, picture.mimetype) == (200, "image/webp")
    assert picture.headers["Cache-Control"] == "private, no-store"
    assert stranger.get(f"/tep/{own.token}/960.webp").status_code == 404
    assert stranger.get(f"{address}/tep/{other.token}/960.webp").status_code == 404
    assert stranger.get(f"{address}/tep/{own.token}/1.webp").status_code == 404
    only_link(session).revoked_at = datetime.now(UTC)
    assert stranger.get(shown).status_code == 410


# ---------------------------------------------------------------- who makes them
@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"days": "0"}, "Số ngày phải từ 1 đến 30."),
        ({"days": "31"}, "Số ngày phải từ 1 đến 30."),
        ({"days": "một tuần"}, "Số ngày phải từ 1 đến 30."),
        ({"days": ""}, "Số ngày phải từ 1 đến 30."),
        ({"note": "dài " * 60}, "nhiều nhất 200 ký tự"),
    ],
)
def test_what_cannot_be_taken_comes_back_as_typed(
    desk: CheckedClient, draft: Publication, session: Session, typed: dict[str, str], sentence: str
) -> None:
    given = {"note": "Anh Ba ở báo", "days": "7", **typed}
    response = desk.htmx(links_page(draft), "POST", data=given)
    assert response.status_code == 422
    assert sentence in response.text
    for value in given.values():
        assert f'value="{value}"' in response.text
    assert session.scalar(select(func.count()).select_from(PreviewLink)) == 0


def test_a_text_has_only_so_many_open_links(
    desk: CheckedClient, draft: Publication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previews, "MAX_OPEN_LINKS", 2)
    for _ in range(2):
        new_link(desk, draft)
    refused = desk.htmx(links_page(draft), "POST", data={"note": "", "days": "7"})
    assert refused.status_code == 422
    assert "hãy thu hồi bớt" in refused.text
    desk.submit(links_page(draft), {}, form=f"{links_page(draft)}/1/thu-hoi")
    assert new_link(desk, draft)


def test_who_may_not_see_the_text_makes_and_revokes_no_link(
    app: Flask, desk: CheckedClient, draft: Publication, session: Session
) -> None:
    new_link(desk, draft)
    link_id = only_link(session).id
    for role in ("contributor", "chief", "admin"):
        # A first draft is its author's alone.
        client = client_of(app, make_user(role=role))
        assert client.get(links_page(draft)).status_code == 404
        assert client.post_form(links_page(draft), {"days": "7"}).status_code == 404
        away = f"{links_page(draft)}/{link_id}/thu-hoi"
        assert client.post_form(away, {}).status_code == 404
    assert only_link(session).revoked_at is None


def test_a_link_is_revoked_below_its_own_text_alone(
    desk: CheckedClient, draft: Publication, author: User, session: Session
) -> None:
    new_link(desk, draft)
    link_id = only_link(session).id
    other = make_publication(author=author)
    away = f"{links_page(other)}/{link_id}/thu-hoi"
    assert desk.post_form(away, {}).status_code == 404
    assert only_link(session).revoked_at is None


def test_the_board_makes_links_of_what_it_reviews(app: Flask, session: Session) -> None:
    waiting = make_publication(title="Chờ duyệt", state="awaiting_approval")
    chief = client_of(app, make_user(role="chief"))
    assert "Chờ duyệt" in client_of(app).get(new_link(chief, waiting)).text


# ---------------------------------------------------------------- on the desk
def test_the_desk_shows_the_page_itself_of_a_draft(desk: CheckedClient, draft: Publication) -> None:
    page = desk.get(f"/ban-lam-viec/bai-viet/{draft.id}/xem-thu")
    assert page.status_code == 200
    assert "Bản xem trước, chưa đăng." in page.text
    assert "Người đăng tin:" in page.text
    assert "/luot-xem/" not in page.text
    assert "noindex" in page.text


def test_the_phone_frames_the_page_and_nothing_else_may_be_framed(
    desk: CheckedClient, draft: Publication
) -> None:
    here = f"/ban-lam-viec/bai-viet/{draft.id}/xem-thu"
    frame = desk.get(f"{here}/dien-thoai")
    assert f'src="{here}/khung"' in frame.text
    assert "frame-src 'self'" in frame.headers["Content-Security-Policy"]
    assert frame.headers["X-Frame-Options"] == "DENY"
    framed = desk.get(f"{here}/khung")
    assert "frame-ancestors 'self'" in framed.headers["Content-Security-Policy"]
    assert framed.headers["X-Frame-Options"] == "SAMEORIGIN"
    for address in (here, f"/ban-lam-viec/bai-viet/{draft.id}", "/", "/dang-nhap"):
        answer = desk.get(address)
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("page", ["xem-thu", "xem-thu/dien-thoai", "xem-thu/khung", "xem-truoc"])
def test_who_may_not_see_a_text_previews_nothing_of_it(
    app: Flask, draft: Publication, page: str
) -> None:
    client = client_of(app, make_user())
    assert client.get(f"/ban-lam-viec/bai-viet/{draft.id}/{page}").status_code == 404


def test_what_is_on_the_site_is_not_called_unpublished(app: Flask, session: Session) -> None:
    published = make_publication(title="Đã lên trang")
    desk = client_of(app, published.author)
    shown = desk.get(f"/ban-lam-viec/bai-viet/{published.id}/xem-thu").text
    assert "Bản đang trên trang." in shown
    assert "chưa đăng" not in shown
    by_link = client_of(app).get(new_link(desk, published)).text
    assert "Bài này đã đăng." in by_link
    assert "chưa đăng" not in by_link
