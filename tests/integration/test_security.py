"""Headers that every answer carries, and what a request cannot make the site say."""

from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import scoped_session
from werkzeug.test import TestResponse

from blueprints.security import content_security_policy
from extensions import may_write, work
from models import Publication
from tests.support.client import CheckedClient, login
from tests.support.factories import make_publication, make_user

Session = scoped_session[Any]
PAST = datetime(2024, 3, 5, 2, 30, tzinfo=UTC)
CDN = "https://cdn.jsdelivr.net/npm/htmx.org@2.0.11/dist/htmx.min.js"


@pytest.fixture
def post(session: Session) -> Publication:
    return make_publication(title="Một bài", slug="mot-bai", published_at=PAST)


def rules(response: TestResponse) -> dict[str, str]:
    policy = response.headers["Content-Security-Policy"]
    return {rule.split()[0]: " ".join(rule.split()[1:]) for rule in policy.split("; ")}


def every_page(client: CheckedClient, post: Publication) -> list[tuple[str, TestResponse]]:
    """Each address without arguments, and each kind of answer."""
    paths = [
        str(rule)
        for rule in client.application.url_map.iter_rules()
        if not rule.arguments and "GET" in (rule.methods or ())
    ]
    paths += [f"/bai-viet/mot-bai-{post.id}", f"/bai-viet/cu-{post.id}", "/khong-co", "/tep/x/y"]
    answers = [(path, client.get(path)) for path in paths]
    answers.append(("POST", client.post("/dang-nhap")))
    answers.append(("DELETE", client.delete("/")))
    return answers


@pytest.mark.parametrize("role", ["", "chief", "admin"])
def test_every_answer_carries_the_headers_that_keep_browsers_safe(
    client: CheckedClient, post: Publication, role: str
) -> None:
    if role:
        login(client, make_user(role=role))
    rules_of_the_map = client.application.url_map.iter_rules()
    letters = {rule.rule for rule in rules_of_the_map if rule.endpoint.startswith("voice.")}
    for path, response in every_page(client, post):
        assert response.status_code < 500, path
        found = rules(response)
        assert found["default-src"] == "'none'", path
        assert found["script-src"] == f"'self' {CDN}", path
        assert found["frame-ancestors"] == "'none'", path
        assert found["form-action"] == "'self'", path
        assert found["base-uri"] == "'none'", path
        assert "unsafe-eval" not in str(found)
        assert response.headers["X-Content-Type-Options"] == "nosniff", path
        # Where a code or a message is typed, no other site is told even of this one.
        is_letter = path in letters and not response.cache_control.public
        says = "no-referrer" if is_letter else "strict-origin-when-cross-origin"
        assert response.headers["Referrer-Policy"] == says, path
        assert response.headers["X-Frame-Options"] == "DENY", path


def test_styles_in_line_are_for_the_editor_alone(client: CheckedClient, post: Publication) -> None:
    login(client, make_user())
    loose = {
        path
        for path, response in every_page(client, post)
        if "unsafe-inline" in response.headers["Content-Security-Policy"]
    }
    assert all(path.startswith("/ban-lam-viec/") for path in loose)
    assert len(loose) <= 2


@pytest.mark.parametrize("editor", [False, True])
@pytest.mark.parametrize("htmx", [CDN, "/static/vendor/htmx/htmx.min.js"])
def test_scripts_come_from_here_and_from_one_file_elsewhere(htmx: str, editor: bool) -> None:
    policy = content_security_policy(htmx_url=htmx, editor=editor, secure=True)
    scripts = next(rule for rule in policy.split("; ") if rule.startswith("script-src"))
    assert scripts == f"script-src 'self' {CDN}" if htmx == CDN else "script-src 'self'"
    assert "upgrade-insecure-requests" in policy


def test_static_files_are_not_guessed_at_either(client: CheckedClient) -> None:
    page = client.get("/").text
    path = page.split('rel="stylesheet" href="')[1].split('"')[0]
    response = client.get(path)
    assert (response.status_code, response.mimetype) == (200, "text/css")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers.getlist("Set-Cookie") == []


@pytest.mark.parametrize(("address", "secure"), [("https://so.vn", True), ("http://so.vn", False)])
def test_a_site_on_https_says_so_to_browsers(
    app_factory: Any, session: Session, address: str, secure: bool
) -> None:
    response = app_factory(SITE_URL=address).test_client().get("/")
    assert ("Strict-Transport-Security" in response.headers) is secure
    assert ("upgrade-insecure-requests" in response.headers["Content-Security-Policy"]) is secure


def test_no_address_is_made_of_what_the_request_calls_the_site(
    app: Flask, client: CheckedClient, post: Publication
) -> None:
    spoken = {
        "Host": "xau.example",
        "X-Forwarded-Host": "xau.example",
        "Forwarded": "host=xau.example",
    }
    paths = [
        "/",
        "/rss.xml",
        "/sitemap.xml",
        "/robots.txt",
        "/thong-bao",
        "/tim-kiem?q=x",
        f"/bai-viet/mot-bai-{post.id}",
        f"/bai-viet/cu-{post.id}",
        "/ban-lam-viec",
        "/bai-viet//mot-bai",
        "/thong-bao/",
        "/khong-co",
        "/dang-nhap",
    ]
    for path in paths:
        response = client.get(path, headers=spoken)
        assert "xau.example" not in response.text, path
        assert "xau.example" not in str(response.headers), path
        assert not response.headers.get("Location", "").startswith("//"), path


def test_what_a_thread_does_after_a_request_may_write_as_before(app: Flask) -> None:
    """It would begin read-only after a GET, and fail once somebody else had written meanwhile."""
    # The tests' own client runs each request in a context of its own.
    client = FlaskClient(app, app.response_class)
    for answer in (client.get("/"), client.get("/khong-co"), client.post("/dang-nhap")):
        assert answer.status_code < 500
        assert may_write.get()
    with work(writes=False):
        client.post("/dang-nhap")
        assert not may_write.get()
