"""What every public address promises: the same bytes for everybody, and how they are sent."""

import gzip
import re
from datetime import UTC, datetime
from typing import Any

import brotli
import pytest
from flask import Flask
from sqlalchemy.orm import scoped_session
from werkzeug.test import TestResponse

from configuration import ConfigurationError
from models import Publication, Section
from services import search, settings
from tests.support.client import CheckedClient, login
from tests.support.factories import make_publication, make_section, make_user
from tests.support.fixtures import AppFactory

Session = scoped_session[Any]
PAST = datetime(2024, 3, 5, 2, 0, tzinfo=UTC)
FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def section(session: Session) -> Section:
    return make_section(name="Tin hoạt động")


@pytest.fixture
def post(session: Session, section: Section) -> Publication:
    settings.put(key="posts_per_page", value=2)
    for number in range(4):
        make_publication(title=f"Bài cũ {number}", section=section, published_at=PAST)
    make_publication(kind="notice", title="Một thông báo", section=section, published_at=PAST)
    post = make_publication(title="Hội nghị trẻ", section=section, published_at=PAST, views=7)
    search.reindex()
    session.commit()
    return post


# Each address, by name, with what asks for its fragment.
ADDRESSES = {
    "home": "/",
    "section": "/chuyen-muc/tin-hoat-dong",
    "section, page 2": "/chuyen-muc/tin-hoat-dong?trang=2",
    "notices": "/thong-bao",
    "post": "/bai-viet/hoi-nghi-tre-{id}",
    "search": "/tim-kiem",
    "search for": "/tim-kiem?q=hoi+nghi",
    "rss": "/rss.xml",
    "section rss": "/chuyen-muc/tin-hoat-dong/rss.xml",
    "sitemap": "/sitemap.xml",
    "sitemap, file": "/sitemap-1.xml",
    "robots": "/robots.txt",
}
FRAGMENTS = ["section", "section, page 2", "notices", "search for", "search"]
ASKED = [(name, {}) for name in ADDRESSES] + [(name, FRAGMENT) for name in FRAGMENTS]
# Nothing of these depends on the engine once the page is rendered on both.
one_engine = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def ask(
    client: CheckedClient, post: Publication, name: str, headers: dict[str, str], **more: Any
) -> TestResponse:
    encoding = more.pop("encoding", "")
    sent = {**headers, **({"Accept-Encoding": encoding} if encoding else {}), **more.pop("add", {})}
    response = client.open(ADDRESSES[name].format(id=post.id), headers=sent, **more)
    assert isinstance(response, TestResponse)
    return response


def test_a_stranger_is_given_no_cookie_and_a_page_that_any_cache_may_keep(
    client: CheckedClient, post: Publication
) -> None:
    for name, headers in ASKED:
        response = ask(client, post, name, headers)
        assert response.status_code == 200, (name, headers)
        assert response.headers.getlist("Set-Cookie") == []
        vary = {part.strip().lower() for part in response.headers.get("Vary", "").split(",")}
        assert "cookie" not in vary
        assert "accept-encoding" in vary
        assert ("hx-request" in vary) == (response.mimetype == "text/html")
        assert response.cache_control.public
        assert response.cache_control.no_cache
        tag, is_weak = response.get_etag()
        assert tag
        assert not is_weak


@one_engine
def test_it_is_the_same_bytes_whoever_asks(
    app: Flask, client: CheckedClient, post: Publication
) -> None:
    people = {role: make_user(role=role) for role in ("contributor", "chief", "admin")}
    for name, headers in ASKED:
        bodies = set()
        for role in ("", *people):
            visitor = app.test_client()
            assert isinstance(visitor, CheckedClient)
            if role:
                login(visitor, people[role])
                visitor.set_cookie("dang_nhap", "1")
            response = ask(visitor, post, name, headers)
            assert response.headers.getlist("Set-Cookie") == []
            assert "Cookie" not in response.headers.get("Vary", "")
            bodies.add((response.get_data(), response.headers["ETag"]))
        assert len(bodies) == 1, (name, headers)


@one_engine
def test_who_has_it_already_is_told_so_until_it_changes(
    session: Session, client: CheckedClient, post: Publication
) -> None:
    for name, headers in ASKED:
        for encoding in ("identity", "gzip", "br"):
            first = ask(client, post, name, headers, encoding=encoding)
            tag = first.headers["ETag"]
            again = ask(client, post, name, headers, encoding=encoding, add={"If-None-Match": tag})
            assert (again.status_code, again.get_data()) == (304, b"")
            assert again.headers["ETag"] == tag
            assert "Accept-Encoding" in again.headers["Vary"]
            other = ask(
                client, post, name, headers, encoding=encoding, add={"If-None-Match": '"x"'}
            )
            assert other.status_code == 200


@one_engine
def test_each_encoding_has_a_tag_of_its_own_and_the_same_text(
    client: CheckedClient, post: Publication
) -> None:
    for name, headers in ASKED:
        plain = ask(client, post, name, headers, encoding="identity")
        assert "Content-Encoding" not in plain.headers
        tags = {plain.headers["ETag"]}
        small = len(plain.get_data()) < 600
        for encoding, decode in (("gzip", gzip.decompress), ("br", brotli.decompress)):
            # CheckedClient would take the compressed bytes for text.
            response = ask(client, post, name, {**headers, "Accept-Encoding": encoding})
            if small:
                assert "Content-Encoding" not in response.headers
                assert response.get_data() == plain.get_data()
                continue
            assert response.headers["Content-Encoding"] == encoding
            assert decode(response.get_data()) == plain.get_data()
            tags.add(response.headers["ETag"])
        assert len(tags) == (1 if small else 3)


@one_engine
def test_head_tells_what_get_would(client: CheckedClient, post: Publication) -> None:
    for name, headers in ASKED:
        got = ask(client, post, name, headers)
        head = ask(client, post, name, headers, method="HEAD")
        assert (head.status_code, head.get_data()) == (200, b"")
        for header in ("ETag", "Content-Type", "Content-Length", "Vary", "Cache-Control"):
            assert head.headers[header] == got.headers[header]


@one_engine
@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br", "br"),
        ("gzip, br;q=0", "gzip"),
        ("br;q=0, gzip;q=0", None),
        ("", None),
        ("compress", None),
        ("GZIP", "gzip"),
        (";;;,,,", None),
    ],
)
def test_only_what_the_browser_takes_is_sent(
    client: CheckedClient, post: Publication, accepted: str, encoding: str | None
) -> None:
    response = client.get("/rss.xml", headers={"Accept-Encoding": accepted})
    assert response.status_code == 200
    assert response.headers.get("Content-Encoding") == encoding


# ---------------------------------------------------------------- page and fragment
@pytest.mark.parametrize("name", FRAGMENTS)
def test_the_fragment_is_just_what_the_page_holds(
    client: CheckedClient, post: Publication, name: str
) -> None:
    page = ask(client, post, name, {}).text
    fragment = ask(client, post, name, FRAGMENT).text
    assert not fragment.lstrip().startswith("<!doctype")
    tag = "search-results" if name.startswith("search") else "publication-list"
    assert fragment.startswith(f'<section id="{tag}"')
    flat = "".join(fragment.split())
    if name == "search for":
        # While somebody types, the last word is one that they have not finished.
        flat = flat[: flat.index("</h2>")]
    assert flat in "".join(page.split())


@one_engine
def test_going_back_or_following_a_link_gives_the_whole_page(
    client: CheckedClient, post: Publication
) -> None:
    for name in FRAGMENTS:
        page = ask(client, post, name, {}).get_data()
        for header in ("HX-Boosted", "HX-History-Restore-Request"):
            assert ask(client, post, name, {**FRAGMENT, header: "true"}).get_data() == page


def test_on_a_closed_network_htmx_comes_from_the_site_itself(app_factory: AppFactory) -> None:
    client = app_factory(HTMX_URL="/static/vendor/htmx/htmx.min.js").test_client()
    page = client.get("/").get_data(as_text=True)
    assert "cdn.jsdelivr.net" not in page
    address = re.search(r'<script src="(/static/vendor/htmx/[^"]+)" defer>', page)
    assert address
    assert client.get(address[1]).status_code == 200


def test_an_htmx_that_is_not_there_stops_the_start(app_factory: AppFactory) -> None:
    with pytest.raises(ConfigurationError, match="HTMX_URL: không có tệp"):
        app_factory(HTMX_URL="/static/vendor/khong-co.js")
