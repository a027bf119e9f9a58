"""What engines read: feeds, sitemap, robots."""

import xml.etree.ElementTree as ElementTree
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import scoped_session

from services import feeds
from tests.support.client import CheckedClient
from tests.support.factories import make_publication, make_section

Session = scoped_session[Any]
PAST = datetime(2024, 3, 5, 2, 30, tzinfo=UTC)
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
DC = "{http://purl.org/dc/elements/1.1/}"


def xml(client: CheckedClient, path: str, mimetype: str) -> ElementTree.Element:
    response = client.get(path)
    assert (response.status_code, response.mimetype) == (200, mimetype)
    return ElementTree.fromstring(response.get_data())


def rss(client: CheckedClient, path: str = "/rss.xml") -> ElementTree.Element:
    channel = xml(client, path, "application/rss+xml").find("channel")
    assert channel is not None
    return channel


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
    channel = rss(client)
    assert channel.findtext("link") == "http://localhost/"
    assert channel.findtext("language") == "vi"
    assert channel.findtext("lastBuildDate") == "Tue, 05 Mar 2024 02:30:00 +0000"
    (item,) = channel.findall("item")
    address = f"http://localhost/bai-viet/hoi-nghi-{post.id}"
    assert {child.tag: child.text for child in item} == {
        "title": "Hội nghị <trẻ> & ]]>",
        "link": address,
        "guid": address,
        "description": "Tóm tắt “1 < 2”.",
        "pubDate": "Tue, 05 Mar 2024 02:30:00 +0000",
        "category": "Tin & bài",
        f"{DC}creator": "Minh An",
    }
    assert client.get(address.removeprefix("http://localhost")).status_code == 200


def test_a_feed_holds_the_thirty_newest(session: Session, client: CheckedClient) -> None:
    section = make_section()
    for number in range(32):
        make_publication(
            title=f"Bài {number}", section=section, published_at=PAST - timedelta(days=number)
        )
    titles = [item.findtext("title") for item in rss(client).findall("item")]
    assert titles == [f"Bài {number}" for number in range(30)]


def test_a_section_s_feed_holds_what_is_in_it_and_below(
    session: Session, client: CheckedClient
) -> None:
    above = make_section(name="Tin tức", description="Mọi tin.")
    below = make_section(name="Trong nước", parent=above)
    make_publication(title="Ở dưới", section=below, published_at=PAST)
    make_publication(title="Nơi khác", published_at=PAST)
    channel = rss(client, "/chuyen-muc/tin-tuc/rss.xml")
    assert channel.findtext("title") == "Tin tức – Sở Khoa học và Công nghệ"
    assert channel.findtext("description") == "Mọi tin."
    assert [item.findtext("title") for item in channel.findall("item")] == ["Ở dưới"]


def test_an_empty_site_has_feeds_too(session: Session, client: CheckedClient) -> None:
    assert rss(client).findall("item") == []
    assert xml(client, "/sitemap.xml", "application/xml").findall(f"{SITEMAP}url")


def test_the_sitemap_names_every_page_and_when_it_changed(
    session: Session, client: CheckedClient
) -> None:
    section = make_section(name="Tin tức")
    make_section(name="Đã đóng", is_active=False)
    post = make_publication(section=section, slug="bai", published_at=PAST)
    notice = make_publication(kind="notice", section=section, slug="tin", published_at=PAST)
    urls = xml(client, "/sitemap.xml", "application/xml").findall(f"{SITEMAP}url")
    found = {url.findtext(f"{SITEMAP}loc"): url.findtext(f"{SITEMAP}lastmod") for url in urls}
    assert found == {
        "http://localhost/": None,
        "http://localhost/thong-bao": None,
        "http://localhost/chuyen-muc/tin-tuc": None,
        f"http://localhost/bai-viet/bai-{post.id}": "2024-03-05T09:30:00+07:00",
        f"http://localhost/thong-bao/tin-{notice.id}": "2024-03-05T09:30:00+07:00",
    }
    for address in found:
        assert address is not None
        assert client.get(address.removeprefix("http://localhost")).status_code == 200


def test_a_great_sitemap_is_split_and_every_file_is_there(
    session: Session, client: CheckedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "SITEMAP_CHUNK", 2)
    section = make_section()
    made = [
        make_publication(
            section=section, slug=f"bai-{number}", published_at=PAST + timedelta(hours=number)
        )
        for number in range(5)
    ]
    files = [
        str(loc.text)
        for loc in xml(client, "/sitemap.xml", "application/xml").iter(f"{SITEMAP}loc")
    ]
    assert files == [f"http://localhost/sitemap-{number}.xml" for number in (1, 2, 3)]
    addresses = [
        str(loc.text)
        for file in files
        for loc in xml(client, file.removeprefix("http://localhost"), "application/xml").iter(
            f"{SITEMAP}loc"
        )
    ]
    posts = [address for address in addresses if "/bai-viet/" in address]
    assert posts == [f"http://localhost/bai-viet/{post.slug}-{post.id}" for post in made]
    assert client.get("/sitemap-4.xml").status_code == 404


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
