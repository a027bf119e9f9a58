"""What engines read: feeds of every list, sitemaps, robots, whom to tell of a hole."""

import json
import xml.etree.ElementTree as ElementTree
from datetime import UTC, datetime, timedelta
from typing import Any

import feedparser
import pytest
from sqlalchemy.orm import scoped_session

from models import Kind, Language, MediaKind, RevisionFile
from services import search, sitemaps
from services.kinds import KINDS
from tests.support.client import CheckedClient
from tests.support.factories import make_media, make_publication, make_section
from tests.support.standards import valid_feed, valid_sitemap

Session = scoped_session[Any]
PAST = datetime(2024, 3, 5, 2, 30, tzinfo=UTC)
DC = "{http://purl.org/dc/elements/1.1/}"
ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
HOST = "http://localhost"


def rss(client: CheckedClient, path: str = "/rss.xml") -> ElementTree.Element:
    channel = ElementTree.fromstring(valid_feed(client, path)).find("channel")
    assert channel is not None
    return channel


def located(client: CheckedClient, path: str) -> dict[str | None, str | None]:
    root = ElementTree.fromstring(valid_sitemap(client, path))
    return {url.findtext(f"{SITEMAP}loc"): url.findtext(f"{SITEMAP}lastmod") for url in root}


def test_a_feed_tells_each_text_whole_and_escaped(session: Session, client: CheckedClient) -> None:
    section = make_section(name="Tin & bài")
    post = make_publication(
        title="Hội nghị <trẻ> & ]]>",
        summary="Tóm tắt “1 < 2”.",
        byline="Minh An",
        section=section,
        slug="hoi-nghi",
        published_at=PAST,
    )
    file = make_media(
        kind=MediaKind.FILE,
        mime="application/pdf",
        original_name="ke hoach.pdf",
        size_bytes=1234,
        width=0,
        height=0,
        widths=[],
    )
    assert post.live_revision
    post.live_revision.files = [RevisionFile(media_id=file.id, position=0, label="Kế hoạch")]
    channel = rss(client)
    assert channel.findtext("link") == "http://localhost/"
    assert channel.findtext("language") == "vi"
    assert channel.findtext("lastBuildDate") == "Tue, 05 Mar 2024 02:30:00 +0000"
    (item,) = channel.findall("item")
    address = f"{HOST}/bai-viet/hoi-nghi-{post.id}"
    tag = f"tag:localhost,2024:publication-{post.id}"
    assert [(child.tag, child.text) for child in item] == [
        ("title", "Hội nghị <trẻ> & ]]>"),
        ("link", address),
        ("guid", tag),
        ("description", "Tóm tắt “1 &lt; 2”."),
        ("pubDate", "Tue, 05 Mar 2024 02:30:00 +0000"),
        ("category", "Tin & bài"),
        ("category", "Tin bài"),
        ("enclosure", None),
        (f"{DC}creator", "Minh An"),
        (f"{ATOM}updated", "2024-03-05T09:30:00+07:00"),
    ]
    enclosure = item.find("enclosure")
    assert enclosure is not None
    assert (enclosure.get("length"), enclosure.get("type")) == ("1234", "application/pdf")
    assert client.get(address.removeprefix(HOST)).status_code == 200

    entry = feedparser.parse(valid_feed(client, "/atom.xml")).entries[0]
    assert (entry.id, entry.link, entry.author) == (tag, address, "Minh An")
    assert entry.summary == "Tóm tắt “1 < 2”."
    assert [link.href for link in entry.links if link.rel == "enclosure"] == [enclosure.get("url")]

    (said,) = json.loads(valid_feed(client, "/feed.json"))["items"]
    assert (said["id"], said["url"], said["title"]) == (tag, address, "Hội nghị <trẻ> & ]]>")
    assert said["content_text"] == "Tóm tắt “1 < 2”."
    assert said["tags"] == ["Tin & bài", "Tin bài"]
    assert said["attachments"][0]["title"] == "Kế hoạch"


def test_a_feed_holds_the_thirty_newest(session: Session, client: CheckedClient) -> None:
    section = make_section()
    for number in range(32):
        make_publication(
            title=f"Bài {number}", section=section, published_at=PAST - timedelta(days=number)
        )
    titles = [item.findtext("title") for item in rss(client).findall("item")]
    assert titles == [f"Bài {number}" for number in range(30)]


def test_lists_and_searches_have_feeds_of_their_own(
    session: Session, client: CheckedClient
) -> None:
    above = make_section(name="Tin tức", description="Mọi tin.")
    below = make_section(name="Trong nước", parent=above)
    post = make_publication(title="Cảm biến nước", section=below, published_at=PAST)
    make_publication(title="Nơi khác", published_at=PAST - timedelta(days=1))
    make_publication(title="Thông báo ở dưới", kind="notice", section=below, published_at=PAST)
    session.commit()
    search.reindex()
    session.commit()
    for form in ("rss.xml", "atom.xml", "feed.json"):
        titles = {
            path: {entry.title for entry in feedparser.parse(valid_feed(client, path)).entries}
            if form != "feed.json"
            else {item["title"] for item in json.loads(valid_feed(client, path))["items"]}
            for path in (
                f"/chuyen-muc/tin-tuc/{form}",
                f"/thong-bao/{form}",
                f"/tim-kiem/{form}?q=cam+bien&loai=bai-viet",
            )
        }
        assert list(titles.values()) == [
            {"Cảm biến nước", "Thông báo ở dưới"},
            {"Thông báo ở dưới"},
            {"Cảm biến nước"},
        ]
    channel = rss(client, "/chuyen-muc/tin-tuc/rss.xml")
    assert channel.findtext("title") == "Tin tức – Sở Khoa học và Công nghệ"
    assert channel.findtext("description") == "Mọi tin."
    page = client.get("/chuyen-muc/tin-tuc").text
    assert 'href="/chuyen-muc/tin-tuc/atom.xml"' in page
    assert 'href="/thong-bao/feed.json"' in client.get("/thong-bao").text
    assert "/tim-kiem/rss.xml?q=cam+bien" in client.get("/tim-kiem?q=cam+bien").text
    assert client.get("/tim-kiem/rss.xml").headers["Location"] == "/rss.xml"
    refused = client.get("/tim-kiem/rss.xml?q=x&tu-ngay=31/02/2026")
    assert (refused.status_code, refused.mimetype) == (422, "text/plain")
    assert post.title == "Cảm biến nước"


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_search_s_feed_that_is_asked_for_too_often_says_when_to_come_again(
    session: Session, client: CheckedClient
) -> None:
    make_publication(title="Bão vào bờ", published_at=PAST)
    for form in ("rss.xml", "atom.xml", "feed.json"):
        path = f"/tim-kiem/{form}?q=bao"
        answers = [client.get(path) for _ in range(61)]
        assert {answer.status_code for answer in answers[:60]} == {200}, form
        refused = answers[-1]
        assert refused.status_code == 429, form
        assert refused.headers["Retry-After"] == "60"
        assert "no-store" in refused.headers["Cache-Control"]
    # The feeds of lists cost nothing, and are never refused.
    assert client.get("/rss.xml").status_code == 200


def test_a_feed_that_has_not_changed_is_not_sent_again(
    session: Session, client: CheckedClient
) -> None:
    make_publication(published_at=PAST)
    for path in ("/rss.xml", "/atom.xml", "/feed.json", "/tim-kiem/rss.xml?q=bai"):
        tag = client.get(path).headers["ETag"]
        assert client.get(path, headers={"If-None-Match": tag}).status_code == 304


def test_an_empty_site_has_feeds_too(session: Session, client: CheckedClient) -> None:
    for form in ("rss.xml", "atom.xml", "feed.json"):
        valid_feed(client, f"/{form}")
    assert rss(client).findall("item") == []
    assert f"{HOST}/" in located(client, "/sitemap-trang.xml")
    assert list(located(client, "/sitemap.xml")) == [f"{HOST}/sitemap-trang.xml"]


def test_the_sitemaps_name_every_page_and_when_it_changed(
    session: Session, client: CheckedClient
) -> None:
    section = make_section(name="Tin tức")
    make_section(name="Đã đóng", is_active=False)
    post = make_publication(section=section, slug="bai", published_at=PAST)
    english = make_publication(
        slug="post", published_at=PAST, language=Language.EN, translation_of_id=post.id
    )
    notice = make_publication(kind="notice", section=section, slug="tin", published_at=PAST)
    when = "2024-03-05T09:30:00+07:00"
    assert located(client, "/sitemap.xml") == {
        f"{HOST}/sitemap-trang.xml": when,
        f"{HOST}/sitemap-1.xml": when,
    }
    assert located(client, "/sitemap-1.xml") == {
        f"{HOST}/bai-viet/bai-{post.id}": when,
        f"{HOST}/en/bai-viet/post-{english.id}": when,
        f"{HOST}/thong-bao/tin-{notice.id}": when,
    }
    body = client.get("/sitemap-1.xml").text
    assert body.count(f'hreflang="en" href="{HOST}/en/bai-viet/post-{english.id}"') == 2
    pages = located(client, "/sitemap-trang.xml")
    assert pages[f"{HOST}/"] == when
    assert pages[f"{HOST}/thong-bao"] == when
    assert pages[f"{HOST}/chuyen-muc/tin-tuc"] == when
    assert f"{HOST}/chuyen-muc/da-dong" not in pages
    assert {f"{HOST}/{info.path}" for info in KINDS.values()} | {f"{HOST}/so-do"} <= set(pages)
    for address in pages:
        assert address is not None
        page = client.get(address.removeprefix(HOST))
        assert page.status_code == 200, address
        assert 'name="robots" content="noindex' not in page.text, address


def test_a_great_sitemap_is_split_and_every_file_is_there(
    session: Session, client: CheckedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sitemaps, "CHUNK", 2)
    section = make_section()
    made = [
        make_publication(
            section=section, slug=f"bai-{number}", published_at=PAST + timedelta(hours=number)
        )
        for number in range(5)
    ]
    files = [file for file in located(client, "/sitemap.xml") if file and "-trang" not in file]
    assert files == [f"{HOST}/sitemap-{number}.xml" for number in (1, 2, 3)]
    posts = [address for file in files for address in located(client, file.removeprefix(HOST))]
    assert posts == [f"{HOST}/bai-viet/{post.slug}-{post.id}" for post in made]
    assert client.get("/sitemap-4.xml").status_code == 404


def test_the_news_sitemap_holds_the_posts_of_two_days(
    session: Session, client: CheckedClient
) -> None:
    now = datetime.now(UTC)
    fresh = make_publication(
        title="Mới < 2 ngày", slug="moi", published_at=now - timedelta(hours=3)
    )
    make_publication(published_at=now - timedelta(days=3))
    make_publication(kind="notice", published_at=now - timedelta(hours=3))
    assert f"{HOST}/sitemap-tin.xml" in located(client, "/sitemap.xml")
    assert list(located(client, "/sitemap-tin.xml")) == [f"{HOST}/bai-viet/moi-{fresh.id}"]
    assert "<news:title>Mới &lt; 2 ngày</news:title>" in client.get("/sitemap-tin.xml").text


def test_people_find_every_list_on_the_text_sitemap(
    session: Session, client: CheckedClient
) -> None:
    above = make_section(name="Tin tức")
    make_section(name="Trong nước", parent=above)
    for kind in Kind:
        make_publication(kind=kind, title=f"Mục mới {kind.value}", section=above)
    page = client.get("/so-do").text
    for info in KINDS.values():
        assert f'href="/{info.path}"' in page
        assert f"Mục mới {info.kind.value}" in page
    assert 'href="/chuyen-muc/trong-nuoc"' in page


def test_robots_are_kept_from_what_is_not_to_read(session: Session, client: CheckedClient) -> None:
    response = client.get("/robots.txt")
    assert (response.status_code, response.mimetype) == (200, "text/plain")
    assert response.text.splitlines() == [
        "User-agent: *",
        "Disallow: /ban-lam-viec",
        "Disallow: /dang-nhap",
        "Disallow: /thanh-cong-cu",
        "Disallow: /luot-xem/",
        "",
        "Sitemap: http://localhost/sitemap.xml",
    ]


def test_whoever_finds_a_hole_is_told_whom_to_tell(session: Session, client: CheckedClient) -> None:
    response = client.get("/.well-known/security.txt")
    assert response.mimetype == "text/plain"
    said = dict(line.split(": ", 1) for line in response.text.splitlines())
    assert said["Contact"] == "mailto:banbientap@example.vn"
    assert said["Canonical"] == f"{HOST}/.well-known/security.txt"
    expires = datetime.fromisoformat(said["Expires"])
    assert timedelta(days=120) < expires - datetime.now(UTC) < timedelta(days=366)
