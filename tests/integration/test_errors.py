"""When something goes wrong: a page in Vietnamese that says what, and what to do."""

import logging
import re
from pathlib import Path
from typing import Any, NoReturn

import lxml.html
import psycopg
import pytest
from flask import Flask
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import scoped_session
from werkzeug.test import TestResponse

from blueprints.access import declarations
from extensions import db, limiter
from models import Role
from services import listing, sections
from tests.support.client import CheckedClient, login
from tests.support.factories import make_user
from tests.support.fixtures import AppFactory
from tests.support.servers import free_port

Session = scoped_session[Any]
HTMX = {"HX-Request": "true"}
FIELD_OF_3_MB = (
    b'--x\r\nContent-Disposition: form-data; name="username"\r\n\r\n'
    + b"x" * 3_000_000
    + b"\r\n--x--"
)


def heading(response: TestResponse) -> str:
    return str(lxml.html.document_fromstring(response.text).xpath("string(//h1)"))


def test_each_refusal_is_a_page_in_vietnamese_and_its_fragment_for_htmx(
    session: Session, client: CheckedClient
) -> None:
    wrong: list[tuple[dict[str, Any], int, str]] = [
        ({"path": "/khong-co"}, 404, "Không tìm thấy trang"),
        ({"path": "/", "method": "DELETE"}, 405, "Không làm được cách này"),
        ({"path": "/dang-nhap", "method": "POST"}, 400, "Yêu cầu chưa đúng"),
        (
            {
                "path": "/dang-nhap",
                "method": "POST",
                "data": FIELD_OF_3_MB,
                "content_type": "multipart/form-data; boundary=x",
            },
            413,
            "Tệp hoặc nội dung quá lớn",
        ),
        (
            {
                "path": "/dang-nhap",
                "method": "POST",
                "data": b"x" * 17_000_000,
                "content_type": "application/x-www-form-urlencoded",
            },
            413,
            "Tệp hoặc nội dung quá lớn",
        ),
    ]
    for request, status, title in wrong:
        page = client.open(**request)
        assert page.status_code == status, request["path"]
        assert heading(page) == title
        assert page.headers["Cache-Control"] == "no-store"
        assert page.text.startswith("<!doctype html>")
        fragment = client.open(**request, headers=HTMX)
        assert fragment.status_code == status
        assert fragment.text.startswith('<section id="error"')
        assert title in fragment.text


def test_a_stranger_s_refusal_sets_no_cookie(client: CheckedClient) -> None:
    response = client.get("/khong-co")
    assert response.headers.getlist("Set-Cookie") == []
    assert "Cookie" not in response.headers.get("Vary", "")


def test_what_is_allowed_is_told(client: CheckedClient) -> None:
    allowed = client.delete("/tim-kiem").headers["Allow"]
    assert {method.strip() for method in allowed.split(",")} == {"GET", "HEAD", "OPTIONS"}


def test_an_address_is_not_repeated_into_the_page(client: CheckedClient) -> None:
    assert "<b>x</b>" not in client.get("/<b>x</b>").text


def test_a_room_that_is_not_theirs_is_refused_with_a_sentence(
    session: Session, client: CheckedClient, app: Flask
) -> None:
    levels = declarations(app)
    room = next(
        str(rule)
        for rule in app.url_map.iter_rules()
        if levels[rule.endpoint] == "editor" and not rule.arguments and "GET" in rule.methods
    )
    login(client, make_user(role=Role.CONTRIBUTOR))
    response = client.get(room)
    assert response.status_code == 403
    assert heading(response) == "Bạn không có quyền vào trang này"


def test_a_form_without_its_token_changes_nothing_and_says_so(
    session: Session, client: CheckedClient
) -> None:
    login(client, make_user())
    for data in ({}, {"csrf_token": ""}, {"csrf_token": "x.y.z"}):
        response = client.post("/dang-xuat", data=data)
        assert response.status_code == 400
        assert "chưa có gì bị thay đổi. Hãy tải lại trang rồi gửi lại." in response.text
    assert client.get("/ban-lam-viec").status_code == 200


def test_too_many_requests_are_told_to_wait(app: Flask, client: CheckedClient) -> None:
    answers = [client.post("/luot-xem/1", headers=HTMX) for _ in range(121)]
    assert {response.status_code for response in answers[:120]} == {404}
    last = answers[-1]
    assert last.status_code == 429
    assert "Thao tác quá nhanh" in last.text
    assert last.headers["Retry-After"] == "60"
    assert client.get("/").status_code == 200


def test_without_its_redis_the_site_goes_on(
    app_factory: AppFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The limiter is one for all applications of a process: put back what this one leaves in it.
    monkeypatch.setattr(limiter, "_storage_dead", False)
    monkeypatch.setattr(limiter, "_in_memory_fallback_enabled", False)
    client = app_factory(REDIS_URL=f"redis://127.0.0.1:{free_port()}/0").test_client()
    assert client.get("/tim-kiem?q=a").status_code == 200
    answers = [client.post("/luot-xem/1", headers=HTMX).status_code for _ in range(121)]
    # Each process counts for itself, and still counts.
    assert answers == [404] * 120 + [429]


# ---------------------------------------------------------------- our own faults
@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> NoReturn:
        raise RuntimeError("bí mật của máy chủ")

    monkeypatch.setattr(listing, "latest", fail)


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
def test_a_fault_of_ours_is_told_by_a_number_that_the_log_has_too(
    client: CheckedClient, broken: None, caplog: pytest.LogCaptureFixture, headers: dict[str, str]
) -> None:
    with caplog.at_level(logging.ERROR):
        response = client.get("/", headers=headers)
    assert response.status_code == 500
    assert "Lỗi này do trang, không phải do bạn." in response.text
    assert "Nội dung đã lưu trước đó vẫn còn nguyên." in response.text
    found = re.search(r"<code>([0-9a-f]{12})</code>", response.text)
    assert found
    assert f"request {found[1]}: GET /" in caplog.text
    assert "bí mật của máy chủ" in caplog.text
    assert "bí mật" not in response.text
    assert "Traceback" not in response.text
    assert client.get("/rss.xml").status_code == 500
    assert found[1] not in client.get("/").text


def test_a_fault_on_the_way_to_an_error_page_is_told_in_the_same_way(
    app: Flask,
    client: CheckedClient,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail() -> NoReturn:
        raise RuntimeError("hỏng cả thực đơn")

    app.testing = False
    monkeypatch.setattr(sections, "load", fail)
    with caplog.at_level(logging.ERROR):
        response = client.get("/khong-co")
    assert response.status_code == 500
    found = re.search(r"<code>([0-9a-f]{12})</code>", response.text)
    assert found
    assert f"request {found[1]}: GET /khong-co" in caplog.text
    assert "hỏng cả thực đơn" in caplog.text


def lose_database() -> None:
    """As when its server has gone or its file was moved away."""
    if db.engine.dialect.name == "postgresql":
        url = make_url(str(db.engine.url.render_as_string(hide_password=False)))
        db.session.remove()
        db.engine.dispose()
        with psycopg.connect(
            host=url.host, port=url.port, user=url.username, dbname="postgres", autocommit=True
        ) as server:
            server.execute(
                sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(url.database or ""))
            )
    else:
        path = Path(str(db.engine.url.database))
        db.session.remove()
        db.engine.dispose()
        for name in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
            name.unlink(missing_ok=True)
        path.mkdir()


def test_without_its_database_the_site_says_that_it_is_busy(
    app: Flask, client: CheckedClient, caplog: pytest.LogCaptureFixture
) -> None:
    assert client.get("/healthz").json == {"status": "ok"}
    with app.app_context():
        lose_database()
    app.testing = False
    for path in ("/", "/tim-kiem?q=x", "/bai-viet/x-1", "/rss.xml", "/khong-co"):
        response = client.get(path)
        assert response.status_code == 503, path
        assert heading(response) == "Trang đang bận"
        assert "Máy chủ tạm thời chưa phục vụ được." in response.text
    assert client.get("/", headers=HTMX).status_code == 503
    health = client.get("/healthz")
    assert health.status_code == 503
    assert health.json is not None
    assert health.json["status"] == "unavailable"
    assert health.json["reason"].startswith("database: ")
    assert health.headers["Cache-Control"] == "no-store"


def test_health_is_told_in_json_and_kept_by_nobody(client: CheckedClient) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.mimetype) == (200, "application/json")
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers.getlist("Set-Cookie") == []


def test_a_database_that_was_never_migrated_is_not_healthy(
    session: Session, client: CheckedClient
) -> None:
    session.execute(text("DROP TABLE alembic_version"))
    session.commit()
    assert client.get("/healthz").status_code == 503


def test_a_form_sent_after_its_session_was_lost_comes_back_with_what_was_typed(
    session: Session, client: CheckedClient
) -> None:
    typed = "Bài gõ dở lúc phiên làm việc đã mất"

    response = client.post("/ban-lam-viec/bai-viet/moi", data={"title": typed, "csrf_token": "cũ"})

    assert response.status_code == 401
    assert heading(response) == "Phiên đăng nhập đã hết"
    assert lxml.html.document_fromstring(response.text).xpath("//textarea")[0].text.strip() == typed
