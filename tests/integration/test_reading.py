"""One publication as a reader meets it: its page, its address, and what is left when it is gone."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import lxml.html
import pytest
from flask import Flask
from sqlalchemy.orm import scoped_session

from models import Correction, Publication
from services import search
from tests.support.client import CheckedClient
from tests.support.factories import make_media, make_publication, make_section, make_user

Session = scoped_session[Any]
# 09:30 on 5 March 2024 in Đà Nẵng.
PAST = datetime(2024, 3, 5, 2, 30, tzinfo=UTC)
FUTURE = datetime.now(UTC) + timedelta(days=3650)


def head(client: CheckedClient, path: str) -> dict[str, str]:
    document = lxml.html.document_fromstring(client.get(path).text)
    found = {
        meta.get("name") or meta.get("property"): meta.get("content")
        for meta in document.iter("meta")
    }
    found["canonical"] = document.xpath("string(//link[@rel='canonical']/@href)")
    found["title"] = document.xpath("string(//title)")
    return found


def linked_data(client: CheckedClient, path: str) -> dict[str, Any]:
    document = lxml.html.document_fromstring(client.get(path).text)
    (script,) = document.xpath("//script[@type='application/ld+json']")
    data = json.loads(script.text)
    assert data["@context"] == "https://schema.org"
    return {node["@type"]: node for node in data["@graph"]}


def address(post: Publication) -> str:
    kind = {"post": "bai-viet", "notice": "thong-bao"}[str(post.kind)]
    return f"/{kind}/{post.slug}-{post.id}"


@pytest.fixture
def post(session: Session) -> Publication:
    section = make_section(name="Tin hoạt động", parent=make_section(name="Tin tức"))
    return make_publication(
        title="Hội nghị “trẻ” & <mới>",
        summary="Tóm tắt của hội nghị.",
        body="<h2>Phần một</h2><p>Nội dung hội nghị.</p>",
        byline="Minh An",
        author=make_user(full_name="Lê Thị Đăng"),
        section=section,
        published_at=PAST,
        views=1234,
    )


def test_the_page_carries_what_the_reader_looks_for(
    client: CheckedClient, post: Publication
) -> None:
    text = lxml.html.document_fromstring(client.get(address(post)).text)
    page = " ".join(text.xpath("string(//main)").split())
    for expected in (
        "Hội nghị “trẻ” & <mới>",
        "Người đăng tin: Lê Thị Đăng",
        "Ngày đăng tin: 05/03/2024",
        "Lượt xem: 1.234",
        "Nội dung hội nghị.",
        "Minh An",
        "Tìm kiếm nâng cao",
    ):
        assert expected in page
    assert text.xpath("string(//p[@class='byline'])") == "Minh An"
    assert text.xpath("string(//time/@datetime)") == "2024-03-05T09:30:00+07:00"


def test_a_notice_tells_its_number_and_who_issued_it(
    session: Session, client: CheckedClient
) -> None:
    notice = make_publication(kind="notice", published_at=PAST)
    page = client.get(address(notice)).text
    assert "12/TB-SKHCN" in page
    assert "Sở Khoa học và Công nghệ" in page


def test_what_others_wrote_on_it_is_near_and_never_itself(
    session: Session, client: CheckedClient, post: Publication
) -> None:
    near = make_publication(title="Bài cùng mục", section=post.section, published_at=PAST)
    make_publication(title="Bài hẹn giờ", section=post.section, published_at=FUTURE)
    document = lxml.html.document_fromstring(client.get(address(post)).text)
    links = document.xpath("//section[@class='related']//a/@href")
    assert address(near) in links
    assert address(post) not in links
    assert "Bài hẹn giờ" not in client.get(address(post)).text


def test_a_correction_stands_under_the_text_with_its_day(
    session: Session, client: CheckedClient, post: Publication
) -> None:
    note = "Ngày 5 đúng ra là <6>."
    session.add(
        Correction(
            publication_id=post.id,
            noted_at=PAST + timedelta(days=1),
            text=note,
            by_id=post.author_id,
        )
    )
    page = client.get(address(post)).text
    assert "<strong>Đính chính 06/03/2024.</strong> Ngày 5 đúng ra là &lt;6&gt;." in page


# ---------------------------------------------------------------- what engines read
def test_the_six_elements_of_dublin_core_are_never_empty(
    session: Session, client: CheckedClient, post: Publication
) -> None:
    bare = make_publication(summary="", byline="", body="", published_at=PAST)
    make_section(name="Trống")
    for path in (
        "/",
        "/chuyen-muc/tin-hoat-dong",
        "/chuyen-muc/trong",
        "/thong-bao",
        "/tim-kiem",
        "/tim-kiem?q=x",
        address(post),
        address(bare),
    ):
        found = head(client, path)
        for element in ("title", "creator", "subject", "description", "publisher", "date"):
            assert (found.get(f"DC.{element}") or "").strip(), f"{path}: DC.{element}"


def test_a_post_s_head_says_what_it_is(client: CheckedClient, post: Publication) -> None:
    found = head(client, address(post))
    url = f"http://localhost{address(post)}"
    assert found["canonical"] == found["DC.identifier"] == found["og:url"] == url
    assert found["DC.title"] == found["og:title"] == "Hội nghị “trẻ” & <mới>"
    assert found["DC.creator"] == "Minh An"
    assert found["DC.subject"] == "Tin hoạt động"
    assert found["DC.date"] == found["article:published_time"] == "2024-03-05T09:30:00+07:00"
    assert found["DC.language"] == "vi"
    assert found["description"] == found["og:description"] == "Tóm tắt của hội nghị."
    assert found["og:type"] == "article"
    assert found["og:image"].startswith("http://localhost/")
    assert "robots" not in found


def test_linked_data_tells_who_wrote_what_when_and_where_it_stands(
    client: CheckedClient, post: Publication
) -> None:
    data = linked_data(client, address(post))
    assert set(data) == {"NewsArticle", "BreadcrumbList"}
    news = data["NewsArticle"]
    assert news["headline"] == "Hội nghị “trẻ” & <mới>"
    assert news["url"] == news["mainEntityOfPage"] == f"http://localhost{address(post)}"
    assert news["datePublished"] == "2024-03-05T09:30:00+07:00"
    assert news["author"] == {"@type": "Person", "name": "Minh An"}
    assert news["publisher"]["@type"] == "GovernmentOrganization"
    steps = data["BreadcrumbList"]["itemListElement"]
    assert [(step["position"], step["name"]) for step in steps] == [
        (1, "Trang chủ"),
        (2, "Tin tức"),
        (3, "Tin hoạt động"),
        (4, "Hội nghị “trẻ” & <mới>"),
    ]
    assert steps[1]["item"] == "http://localhost/chuyen-muc/tin-tuc"


@pytest.mark.parametrize(
    ("path", "types"),
    [
        ("/", {"GovernmentOrganization", "WebSite"}),
        ("/chuyen-muc/tin-hoat-dong", {"GovernmentOrganization", "CollectionPage"}),
        ("/thong-bao", {"GovernmentOrganization", "CollectionPage"}),
    ],
)
def test_linked_data_of_the_other_pages(
    client: CheckedClient, post: Publication, path: str, types: set[str]
) -> None:
    assert set(linked_data(client, path)) == types


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_title_cannot_leave_the_linked_data(session: Session, client: CheckedClient) -> None:
    title = '</script><script>alert(1)</script><!--"\\'
    post = make_publication(title=title, slug="x", published_at=PAST)
    assert linked_data(client, address(post))["NewsArticle"]["headline"] == title
    assert "<script>alert" not in client.get(address(post)).text


def test_a_picture_leads_the_page_where_it_is_shared(session: Session, app: Flask) -> None:
    media = make_media()
    post = make_publication(lead_media_id=media.id, published_at=PAST)
    client = app.test_client()
    assert isinstance(client, CheckedClient)
    found = head(client, address(post))
    assert found["og:image"] == f"http://localhost/tep/{media.token}/og.jpg"


# ---------------------------------------------------------------- one address
@pytest.mark.parametrize("path", ["bai-viet", "thong-bao"])
@pytest.mark.parametrize("kind", ["post", "notice"])
def test_every_other_address_of_a_text_leads_to_the_one_right_one(
    session: Session, client: CheckedClient, path: str, kind: str
) -> None:
    text = make_publication(kind=kind, title="Tên mới", published_at=PAST)
    right = address(text)
    for slug in ("ten-cu", "ten-moi", "TEN-MOI", "x", "ten-moi-1"):
        wrong = f"/{path}/{slug}-{text.id}"
        response = client.get(wrong)
        if wrong == right:
            assert response.status_code == 200
        else:
            assert (response.status_code, response.headers["Location"]) == (301, right)


NOWHERE = [
    "/bai-viet/khong-co-999",
    "/bai-viet/x-0",
    "/bai-viet/x--1",
    "/bai-viet/x-2147483648",
    "/bai-viet/x-99999999999999999999",
    "/bai-viet/x-1e3",
    "/bai-viet/x",
    "/bai-viet/-",
    "/bai-viet/",
    "/chuyen-muc/khong-co",
    "/chuyen-muc/khong-co/rss.xml",
    "/chuyen-muc/%00",
    "/bai-viet/%00-1",
    "/sitemap-0.xml",
    "/sitemap-2.xml",
    "/sitemap-99999999999999999999.xml",
]


def test_an_address_of_nothing_is_not_found(client: CheckedClient) -> None:
    for path in NOWHERE:
        response = client.get(path)
        assert response.status_code == 404, path
        assert "Không tìm thấy trang" in response.text


def test_a_closed_section_is_not_found(session: Session, client: CheckedClient) -> None:
    make_section(name="Đã đóng", is_active=False)
    assert client.get("/chuyen-muc/da-dong").status_code == 404
    assert client.get("/chuyen-muc/da-dong/rss.xml").status_code == 404


# ---------------------------------------------------------------- not to be seen
HIDDEN = {
    "draft": ({"state": "draft"}, 404),
    "approved": ({"state": "approved"}, 404),
    "scheduled": ({"published_at": FUTURE}, 404),
    "withdrawn": ({"state": "withdrawn", "published_at": PAST}, 410),
    "archived": (
        {
            "state": "archived",
            "published_at": PAST,
            "withdrawn_at": PAST,
            "withdrawn_reason": "Cũ.",
        },
        410,
    ),
    "expired": ({"published_at": PAST, "expires_at": PAST + timedelta(days=1)}, 410),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_what_is_not_public_is_on_no_page(
    session: Session, client: CheckedClient, name: str
) -> None:
    fields, status = HIDDEN[name]
    section = make_section(name="Tin hoạt động")
    shown = make_publication(title="Bài thấy được", section=section, published_at=PAST)
    hidden = make_publication(title="Bài ẩn kín", section=section, views=999, **fields)
    notice = make_publication(kind="notice", title="Tin ẩn kín", section=section, **fields)
    search.reindex()
    assert client.get(address(hidden)).status_code == status
    assert client.get(address(notice)).status_code == status
    assert client.get(f"/bai-viet/ten-khac-{hidden.id}").status_code == status
    for path in (
        "/",
        "/chuyen-muc/tin-hoat-dong",
        "/thong-bao",
        "/tim-kiem?q=ẩn+kín",
        "/tim-kiem?chuyen-muc=tin-hoat-dong",
        "/rss.xml",
        "/chuyen-muc/tin-hoat-dong/rss.xml",
        "/sitemap.xml",
        address(shown),
    ):
        page = client.get(path).text
        assert "Bài ẩn kín" not in page, path
        assert "Tin ẩn kín" not in page, path
        assert hidden.slug not in page, path


def test_what_was_taken_off_says_so_with_the_reason(
    session: Session, client: CheckedClient
) -> None:
    gone = make_publication(
        state="withdrawn",
        title="Bài <sai>",
        published_at=PAST,
        withdrawn_at=PAST + timedelta(days=2),
        withdrawn_reason="Số liệu <chưa> đúng.",
        body="<p>Nội dung sai.</p>",
    )
    response = client.get(address(gone))
    assert response.status_code == 410
    assert "Bài &lt;sai&gt;" in response.text
    assert "ngày 07/03/2024" in response.text
    assert "Số liệu &lt;chưa&gt; đúng." in response.text
    assert "Nội dung sai." not in response.text
    assert response.headers.getlist("Set-Cookie") == []
    assert 'content="noindex"' in response.text


def test_what_has_expired_says_so(session: Session, client: CheckedClient) -> None:
    gone = make_publication(published_at=PAST, expires_at=PAST + timedelta(days=1))
    response = client.get(address(gone))
    assert response.status_code == 410
    assert "Nội dung này đã hết thời hạn công khai." in response.text
