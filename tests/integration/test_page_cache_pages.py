"""Kept pages: the same answers as without the cache, and right from the moment of a change."""

import gzip
import hashlib
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import brotli
import lxml.html
import pytest
from flask import Flask, template_rendered
from werkzeug.test import TestResponse

from blueprints.caching import CachedPages, Key
from blueprints.remaking import Remaker
from extensions import db
from models import Language, Publication, Role, Section
from services import articles
from services.page_cache import KEEP_S
from tests.support.client import CheckedClient, login
from tests.support.factories import make_publication, make_section, make_user
from tests.support.fixtures import AppFactory


def cache_of(app: Flask) -> CachedPages:
    """The cache inside the application's WSGI layers."""
    pages: CachedPages = app.extensions["pages"]
    return pages


def client_of(app: Flask) -> CheckedClient:
    client = app.test_client()
    assert isinstance(client, CheckedClient)
    return client


@pytest.fixture
def cached_app(app_factory: AppFactory) -> Flask:
    return app_factory(PAGE_CACHE_MB=8)


@pytest.fixture
def plain_app(app_factory: AppFactory) -> Flask:
    return app_factory(PAGE_CACHE_MB=0)


@pytest.fixture
def addresses(cached_app: Flask) -> dict[str, str]:
    """A small site: enough posts for two pages of a list, a notice, one that was withdrawn."""
    with cached_app.app_context():
        section = make_section(name="Tin hoạt động")
        hour = timedelta(hours=1)
        start = datetime.now(UTC) - 100 * hour
        for number in range(15):
            make_publication(
                title=f"Bài số {number}", section=section, published_at=start + number * hour
            )
        post = make_publication(
            title="Ngày hội khoa học", section=section, published_at=start + 40 * hour
        )
        notice = make_publication(kind="notice", title="Lịch nghỉ Tết", section=section)
        gone = make_publication(state="withdrawn", title="Bài đã gỡ", section=section)
        db.session.commit()
        return {
            "post": f"/bai-viet/{post.slug}-{post.id}",
            "notice": f"/thong-bao/{notice.slug}-{notice.id}",
            "gone": f"/bai-viet/{gone.slug}-{gone.id}",
            "section": f"/chuyen-muc/{section.slug}",
        }


@pytest.fixture
def renderings(cached_app: Flask) -> Iterator[list[str]]:
    """Which templates the application renders."""
    seen: list[str] = []

    def note(_app: Flask, template: Any, **_: Any) -> None:
        seen.append(template.name)

    with template_rendered.connected_to(note, cached_app):
        yield seen


UNPACK: dict[str, Callable[[bytes], bytes]] = {
    "br": brotli.decompress,
    "gzip": gzip.decompress,
    "": bytes,
}


def told(response: TestResponse) -> tuple[int, list[tuple[str, str]], bytes]:
    """All of an answer, save that what is packed for one reader is packed in less time: the tag
    says so, and what comes out is the same."""
    headers = dict(response.headers)
    encoding, body = headers.get("Content-Encoding", ""), response.get_data()
    headers.pop("Date", None)
    if "ETag" in headers:
        headers["ETag"] = headers["ETag"].replace("-quick", "")
    if encoding:
        assert int(headers.pop("Content-Length")) == len(body) or not body
    packed = UNPACK[encoding](body) if body else body
    return response.status_code, sorted(headers.items()), packed


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_the_cache_answers_as_the_application_does(
    cached_app: Flask, plain_app: Flask, addresses: dict[str, str]
) -> None:
    with_cache, without = client_of(cached_app), client_of(plain_app)
    paths = [
        "/",
        "/?trang=2",
        addresses["section"],
        f"{addresses['section']}?trang=2",
        f"{addresses['section']}?trang=02&utm_source=thu",
        f"{addresses['section']}?trang=khong",
        f"{addresses['section']}?trang=99",
        f"{addresses['section']}?trang=2&trang=1",
        "/thong-bao",
        addresses["post"],
        f"{addresses['post']}?fbclid=1",
        addresses["post"].replace("ngay", "ten-cu"),
        addresses["notice"],
        addresses["gone"],
        "/chuyen-muc/khong-co",
        "/rss.xml",
        f"{addresses['section']}/rss.xml",
        "/sitemap.xml",
        "/robots.txt",
        "/khong-co",
        "//",
        "/tim-kiem",
    ]
    accepted: list[dict[str, str]] = [
        {},
        {"Accept-Encoding": "gzip"},
        {"Accept-Encoding": "gzip, deflate, br"},
        {"Accept-Encoding": "br;q=0, gzip;q=0.5"},
    ]
    asked_by: list[dict[str, str]] = [
        {},
        {"HX-Request": "true"},
        {"HX-Request": "true", "HX-Boosted": "true"},
        {"HX-Request": "true", "HX-History-Restore-Request": "true"},
    ]
    for path, encoding, by in product(paths, accepted, asked_by):
        for method in ("GET", "HEAD", "GET"):
            headers = {**encoding, **by}
            kept = with_cache.open(path, method=method, headers=headers)
            made = without.open(path, method=method, headers=headers)
            if "Server-Timing" in kept.headers:
                kept.headers.pop("Server-Timing"), made.headers.pop("Server-Timing")
            assert told(kept) == told(made), (method, path, headers)
        tags = kept.headers.get("ETag", ""), made.headers.get("ETag", "")
        for sent in ("{}", "W/{}", '"khac", {}', '"khac"', "*") if all(tags) else ():
            kept, made = (
                client.get(path, headers={**headers, "If-None-Match": sent.format(tag)})
                for client, tag in zip((with_cache, without), tags, strict=True)
            )
            assert told(kept) == told(made), (path, sent)


def test_a_page_is_kept_packed_and_whoever_takes_it_plain_gets_the_same(
    cached_app: Flask, plain_app: Flask, addresses: dict[str, str], renderings: list[str]
) -> None:
    with_cache, without = client_of(cached_app), client_of(plain_app)
    pages = cache_of(cached_app)
    key = pages.key_of(addresses["section"])
    assert key is not None
    for encoding in ("", "br", "", "gzip", "br", ""):
        headers = {"Accept-Encoding": encoding}
        kept = with_cache.get(addresses["section"], headers=headers)
        assert told(kept) == told(without.get(addresses["section"], headers=headers)), encoding
    held = pages.cache.used_bytes
    pages.forget(addresses["section"])
    with_cache.get(addresses["section"], headers={"Accept-Encoding": "br"})
    page = pages.cache.find_quietly(key)
    assert page is not None
    assert list(page.bodies) == ["br"]
    # Plain it weighs several times as much, and hardly anybody asks for it so.
    assert pages.cache.used_bytes < held / 2
    assert renderings.count("public/section.html") == 2


def test_a_page_is_rendered_once_for_all_who_ask(
    cached_app: Flask, addresses: dict[str, str], renderings: list[str]
) -> None:
    for query in ("", "?a=1", "?b=2&c=3", "?trang=1", "?trang=abc"):
        assert client_of(cached_app).get(f"{addresses['section']}{query}").status_code == 200
    assert renderings.count("public/section.html") == 1


def test_of_many_who_ask_at_the_same_time_one_makes_the_page(
    cached_app: Flask, addresses: dict[str, str], renderings: list[str]
) -> None:
    together = threading.Barrier(6)

    def ask() -> None:
        together.wait()
        assert client_of(cached_app).get(addresses["post"]).status_code == 200

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert renderings.count("public/publication.html") == 1


def test_a_change_is_seen_by_the_next_reader_of_every_process(
    cached_app: Flask, app_factory: AppFactory, addresses: dict[str, str]
) -> None:
    other_app = app_factory(PAGE_CACHE_MB=8)
    cache_of(other_app).freshness._every_s = 0
    readers = [client_of(cached_app), client_of(other_app)]
    for reader in readers:
        assert "Ngày hội khoa học" in reader.get("/").get_data(as_text=True)
    with cached_app.app_context():
        post = db.session.get(Publication, int(addresses["post"].rsplit("-", 1)[1]))
        assert post is not None
        post.withdrawn_at = datetime.now(UTC)
        post.withdrawn_reason = "Số liệu cần kiểm tra lại."
        db.session.commit()
    for reader in readers:
        assert "Ngày hội khoa học" not in reader.get("/").get_data(as_text=True)
        assert reader.get(addresses["post"]).status_code == 410


def test_a_scheduled_post_appears_although_nothing_changes_in_the_database(
    cached_app: Flask, addresses: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    at = datetime.now(UTC) + timedelta(hours=1)
    with cached_app.app_context():
        make_publication(title="Hẹn giờ lên trang", published_at=at)
        db.session.commit()
    reader = client_of(cached_app)
    assert "Hẹn giờ lên trang" not in reader.get("/").get_data(as_text=True)
    cache_of(cached_app).freshness._clock = lambda: at
    monkeypatch.setattr("blueprints.templating.now", lambda: at)
    assert "Hẹn giờ lên trang" in reader.get("/").get_data(as_text=True)


def test_a_reader_without_scripts_sees_the_reading_that_they_had_counted(
    cached_app: Flask, addresses: dict[str, str]
) -> None:
    reader = client_of(cached_app)
    agent = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
    for headers in ({}, {"Accept-Encoding": "br"}):
        reader.get(addresses["post"], headers=headers)
    counter = f"/luot-xem/{addresses['post'].rsplit('-', 1)[1]}"
    to = reader.post(counter, headers=agent).headers["Location"]
    page = lxml.html.document_fromstring(reader.get(to).get_data(as_text=True))
    assert "1" in page.get_element_by_id("view-count").text_content()


def test_nothing_of_one_reader_reaches_another(
    cached_app: Flask, addresses: dict[str, str]
) -> None:
    with cached_app.app_context():
        chief = make_user(role=Role.CHIEF, full_name="Võ Thị Trưởng Ban")
        someone = client_of(cached_app)
        login(someone, chief)
    first = someone.get(
        f"{addresses['post']}?next=<b>",
        headers={"Host": "xau.example", "Accept-Language": "en", "X-Forwarded-Host": "xau.example"},
    )
    second = client_of(cached_app).get(addresses["post"])
    assert told(first)[2] == told(second)[2]
    page = second.get_data(as_text=True)
    assert "Võ Thị Trưởng Ban" not in page
    assert "xau.example" not in page
    assert "Set-Cookie" not in second.headers
    assert "Cookie" not in second.headers["Vary"]


@pytest.mark.parametrize("path", ["/dang-nhap", "/ban-lam-viec", "/healthz", "/tim-kiem?loai=x"])
def test_what_is_not_declared_or_is_refused_is_not_kept(
    cached_app: Flask, addresses: dict[str, str], path: str
) -> None:
    client_of(cached_app).get(path)
    assert len(cache_of(cached_app).cache) == 0


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_while_the_database_is_away_what_was_last_known_is_shown(
    cached_app: Flask, addresses: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = client_of(cached_app)
    before = reader.get(addresses["post"]).get_data()

    def fail(*_: Any, **__: Any) -> None:
        raise db_error()

    monkeypatch.setattr(cache_of(cached_app).freshness, "_read_number", fail)
    assert reader.get(addresses["post"]).get_data() == before


def db_error() -> Exception:
    import sqlite3

    return sqlite3.OperationalError("unable to open database file")


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_when_a_page_cannot_be_made_the_last_one_stays(
    cached_app: Flask, addresses: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cached_app.testing = False
    reader = client_of(cached_app)
    before = reader.get(addresses["post"]).get_data()

    def fail(**_: Any) -> None:
        raise RuntimeError("hỏng")

    monkeypatch.setattr(articles, "article", fail)
    with cached_app.app_context():
        make_section(name="Chuyên mục mới")
        db.session.commit()
    assert reader.get(addresses["post"]).get_data() == before
    assert reader.get(addresses["notice"]).status_code == 500


def rename(app: Flask, addresses: dict[str, str], title: str) -> None:
    with app.app_context():
        post = db.session.get(Publication, int(addresses["post"].rsplit("-", 1)[1]))
        assert post is not None
        post.title = title
        db.session.commit()


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_while_one_makes_a_page_the_others_read_the_one_before_but_not_whoever_may_have_changed_it(
    cached_app: Flask, addresses: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = cache_of(cached_app)
    now = [0.0]
    pages._clock = lambda: now[0]
    client_of(cached_app).get(addresses["post"])
    rename(cached_app, addresses, "Tên vừa sửa")
    is_making, may_end, asked = threading.Event(), threading.Event(), articles.article

    def slowly(**named: Any) -> Any:
        is_making.set()
        assert may_end.wait(30)
        return asked(**named)

    monkeypatch.setattr(articles, "article", slowly)
    said: dict[str, str] = {}

    def ask(name: str, **headers: str) -> None:
        # The one that makes it runs in a thread: clients and their sessions are nobody's.
        said[name] = client_of(cached_app).get(addresses["post"], headers=headers).text

    threads = [threading.Thread(target=ask, args=["first"])]
    threads[0].start()
    assert is_making.wait(30)
    ask("meanwhile")
    threads.append(threading.Thread(target=ask, args=["editor"], kwargs={"Cookie": "phien=mot"}))
    threads[1].start()
    key = pages.key_of(addresses["post"])
    assert key is not None
    generation = pages.generation()
    assert pages._stand_in(key, generation, {"HTTP_COOKIE": "phien=mot"}) is None
    now[0] = 0.6
    too_late = pages._stand_in(key, generation, {})
    may_end.set()
    for thread in threads:
        thread.join()
    assert "Tên vừa sửa" not in said["meanwhile"]
    assert "Tên vừa sửa" in said["first"]
    assert "Tên vừa sửa" in said["editor"]
    assert too_late is None


def test_nobody_waits_for_what_is_only_a_minute_old(
    cached_app: Flask,
    addresses: dict[str, str],
    renderings: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Remaker, "wake", lambda _: None)
    pages, now = cache_of(cached_app), [0.0]
    pages._clock = pages.cache._clock = lambda: now[0]
    pages.make_anew()
    reader = client_of(cached_app)
    before = reader.get(addresses["post"]).get_data()
    renderings.clear()
    now[0] = KEEP_S + 1
    assert reader.get(addresses["post"]).get_data() == before
    assert renderings == []
    remaker = pages.remaker
    assert remaker is not None
    assert remaker.make_asked() == 1
    assert renderings == ["public/publication.html"]
    now[0] += 2 * KEEP_S
    renderings.clear()
    reader.get(addresses["post"])
    assert renderings == ["public/publication.html"]


def test_what_was_wrong_before_this_change_is_shown_to_nobody(
    cached_app: Flask, addresses: dict[str, str]
) -> None:
    pages = cache_of(cached_app)
    client_of(cached_app).get(addresses["post"])
    for title in ("Lần một", "Lần hai"):
        rename(cached_app, addresses, title)
        generation = pages.generation()
    key = pages.key_of(addresses["post"])
    assert key is not None
    assert pages._stand_in(key, generation, {}) is None


def test_after_a_publication_the_pages_that_show_it_are_there_before_anybody_asks(
    cached_app: Flask, addresses: dict[str, str], renderings: list[str]
) -> None:
    pages = cache_of(cached_app)
    reader = client_of(cached_app)
    for _ in range(2):
        reader.get(addresses["notice"], headers={"Accept-Encoding": "gzip"})
    reader.get("/", headers={"HX-Request": "true"})
    with cached_app.app_context():
        section = db.session.scalars(db.select(Section)).first()
        new = make_publication(
            title="Vừa đăng xong", section=section, published_at=datetime.now(UTC)
        )
        new.public_changed_at = datetime.now(UTC)
        db.session.commit()
        own = f"/bai-viet/{new.slug}-{new.id}"
    generation = pages.generation()
    assert Remaker(cached_app, pages).after_change(generation) > 0
    renderings.clear()
    for path in (own, "/", addresses["section"], "/bai-viet", "/rss.xml"):
        for encoding in ("", "br", "gzip"):
            answer = reader.get(path, headers={"Accept-Encoding": encoding})
            assert answer.status_code == 200
        assert "Vừa đăng xong" in reader.get(path).text, path
    assert reader.get(addresses["notice"], headers={"Accept-Encoding": "gzip"}).status_code == 200
    assert renderings == []
    assert Remaker(cached_app, pages).after_change(generation) == 0
    # What is written in English is shown by other lists, which nobody has asked for either.
    with cached_app.app_context():
        english = make_publication(
            title="Just published",
            language=Language.EN,
            translation_of_id=new.id,
            section=db.session.scalars(db.select(Section)).first(),
            published_at=datetime.now(UTC),
        )
        english.public_changed_at = datetime.now(UTC)
        db.session.commit()
        its_own = f"/en/bai-viet/{english.slug}-{english.id}"
    assert Remaker(cached_app, pages).after_change(pages.generation()) > 0
    renderings.clear()
    lists = ("/en", f"/en{addresses['section']}", "/en/bai-viet", "/en/rss.xml")
    for path in (its_own, *lists, "/en/bai-viet/rss.xml"):
        assert "Just published" in reader.get(path).text, path
    # The text in the other language leads to it now.
    assert its_own in reader.get(own).text
    assert renderings == []


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_no_answer_is_a_mix_of_before_and_after_while_many_read_and_it_changes(
    cached_app: Flask, app_factory: AppFactory, addresses: dict[str, str]
) -> None:
    apps = [cached_app, app_factory(PAGE_CACHE_MB=8)]
    remakers = [Remaker(app, cache_of(app)) for app in apps]
    is_over, wrong, read = threading.Event(), [], [0]

    def check(answer: TestResponse) -> None:
        body = answer.get_data()
        if answer.headers.get("Content-Encoding") == "br":
            body = brotli.decompress(body)
        tag = answer.headers["ETag"].strip('"').removesuffix("-br")
        if hashlib.sha256(body).hexdigest()[:32] != tag:
            wrong.append(answer.headers["ETag"])
        if int(answer.headers["Content-Length"]) != len(answer.get_data()):
            wrong.append("length")
        read[0] += 1

    def ask(app: Flask, encoding: str) -> None:
        client = client_of(app)
        while not is_over.is_set():
            for path in ("/", addresses["post"]):
                check(client.get(path, headers={"Accept-Encoding": encoding}))

    threads = [
        threading.Thread(target=ask, args=(app, encoding))
        for app in apps
        for encoding in ("", "br")
    ]
    for thread in threads:
        thread.start()
    for number in range(12):
        rename(cached_app, addresses, f"Tên thứ {number}")
        for app, remaker in zip(apps, remakers, strict=True):
            remaker.after_change(cache_of(app).generation())
            # Whoever comes after the change is known reads the new one, on every process.
            assert f"Tên thứ {number}" in client_of(app).get(addresses["post"]).text
    is_over.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert read[0] > 12


def test_pages_with_a_query_and_parts_of_pages_have_their_own_share_of_the_memory() -> None:
    assert [
        Key("/bai-viet", "", False).share,
        Key("/bai-viet", "trang=2", False).share,
        Key("/bai-viet", "trang=2", True).share,
    ] == ["page", "query", "fragment"]
