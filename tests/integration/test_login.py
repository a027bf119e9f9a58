"""Logging in and out, as a person meets it."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import scoped_session
from werkzeug.test import TestResponse

from models import LoginFailure, User
from tests.support.client import CheckedClient, login
from tests.support.factories import make_user

Session = scoped_session[Any]
PASSWORD = "mật khẩu đúng 2026"
GENERIC = "Tên đăng nhập hoặc mật khẩu chưa đúng."


@pytest.fixture
def somebody(session: Session) -> User:
    return make_user(username="thu.nghiem", password=PASSWORD)


def log_in(client: CheckedClient, target: str = "", **typed: str) -> TestResponse:
    fields = {"username": "thu.nghiem", "password": PASSWORD, **typed}
    return client.submit(
        "/dang-nhap" + (f"?tiep={target}" if target else ""), fields, form="login-form"
    )


def may_work(client: CheckedClient) -> bool:
    return client.get("/ban-lam-viec").status_code == 200


def test_a_person_logs_in_and_out_again(somebody: User, client: CheckedClient) -> None:
    assert not may_work(client)
    response = log_in(client)
    assert (response.status_code, response.headers["Location"]) == (303, "/ban-lam-viec")
    assert may_work(client)
    assert somebody.full_name in client.get("/thanh-cong-cu").text
    assert client.get("/dang-nhap").headers["Location"] == "/ban-lam-viec"
    response = client.post_form("/dang-xuat", {})
    assert (response.status_code, response.headers["Location"]) == (303, "/dang-nhap")
    assert "Bạn đã đăng xuất." in client.get("/dang-nhap").text
    assert not may_work(client)
    assert "Đăng nhập" in client.get("/thanh-cong-cu").text


def test_whoever_is_sent_to_the_form_comes_back_to_where_they_were_going(
    somebody: User, client: CheckedClient
) -> None:
    response = client.get("/ban-lam-viec?trang=2")
    assert response.status_code == 303
    form = response.headers["Location"]
    assert form == "/dang-nhap?tiep=/ban-lam-viec?trang%3D2"
    fields = {"username": "thu.nghiem", "password": PASSWORD}
    response = client.submit(form, fields, form="login-form")
    assert response.headers["Location"] == "/ban-lam-viec?trang=2"


ELSEWHERE = [
    "//xau.vn",
    "///xau.vn",
    "/\\xau.vn",
    "/\\/xau.vn",
    "\\\\xau.vn",
    "https://xau.vn",
    "http:xau.vn",
    "HTTPS://xau.vn/ban-lam-viec",
    "javascript:alert(1)",
    "data:text/html,x",
    "/%0a/xau.vn\n",
    "/\n/xau.vn",
    "/\t/xau.vn",
    "\t//xau.vn",
    " //xau.vn",
    "xau.vn",
    "ban-lam-viec",
    "@xau.vn",
    ".xau.vn",
    "/x\x00y",
    "//[",
]


def test_nobody_is_sent_elsewhere_after_logging_in(somebody: User, client: CheckedClient) -> None:
    login(client, somebody)
    for target in ELSEWHERE:
        response = client.get("/dang-nhap", query_string={"tiep": target})
        assert (response.status_code, response.headers["Location"]) == (303, "/ban-lam-viec"), (
            target
        )


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/tim-kiem?q=an&trang=2", "/tim-kiem?q=an&trang=2"),
        ("/bai-viet/a-1#luot-xem", "/bai-viet/a-1#luot-xem"),
        ("/x?to=https://khac.vn", "/x?to=https://khac.vn"),
        ("/", "/"),
    ],
)
def test_an_address_of_this_site_is_kept(
    somebody: User, client: CheckedClient, target: str, location: str
) -> None:
    login(client, somebody)
    response = client.get("/dang-nhap", query_string={"tiep": target})
    assert response.headers["Location"] == location


def test_the_form_itself_does_not_send_elsewhere_either(
    somebody: User, client: CheckedClient
) -> None:
    fields = {"username": "thu.nghiem", "password": PASSWORD, "next": "//xau.vn"}
    assert client.post_form("/dang-nhap", fields).headers["Location"] == "/ban-lam-viec"


# ---------------------------------------------------------------- refusals
def test_a_refusal_says_the_same_for_a_wrong_name_and_a_wrong_password(
    session: Session, somebody: User, client: CheckedClient
) -> None:
    pages = []
    for typed in ({"password": "sai hoàn toàn"}, {"username": "khong.co.ai"}):
        response = log_in(client, **typed)
        assert response.status_code == 422
        assert GENERIC in response.text
        pages.append(response.text.replace(typed.get("username", "thu.nghiem"), "TÊN"))
    assert pages[0].split('name="csrf_token"')[0] == pages[1].split('name="csrf_token"')[0]
    assert session.scalar(select(func.count(LoginFailure.id))) == 2
    assert not may_work(client)


def test_what_was_typed_comes_back_but_never_the_password(
    somebody: User, client: CheckedClient
) -> None:
    response = log_in(client, target="/tim-kiem", username='an"><b>', password="sai rồi nhé")
    assert 'value="an&#34;&gt;&lt;b&gt;"' in response.text
    assert 'name="next" value="/tim-kiem"' in response.text
    assert "sai rồi nhé" not in response.text


@pytest.mark.parametrize(
    ("empty", "sentence"),
    [("username", "Hãy nhập tên đăng nhập."), ("password", "Hãy nhập mật khẩu.")],
)
def test_an_empty_field_is_named(
    somebody: User, client: CheckedClient, empty: str, sentence: str
) -> None:
    response = log_in(client, **{empty: ""})
    assert response.status_code == 422
    assert sentence in response.text


@pytest.mark.parametrize("typed", ["\x00", "\ud7ff" * 50, "'; DROP TABLE user_account; --"])
def test_hostile_names_are_refused_like_any_other(
    somebody: User, client: CheckedClient, typed: str
) -> None:
    response = client.post_form("/dang-nhap", {"username": typed, "password": typed})
    assert response.status_code == 422
    assert GENERIC in response.text


def test_the_sixth_attempt_is_told_how_long_to_wait(
    session: Session, somebody: User, client: CheckedClient
) -> None:
    for _ in range(5):
        assert log_in(client, password="sai hoàn toàn").status_code == 422
    response = log_in(client)
    assert response.status_code == 429
    assert "Hãy đợi 15 phút rồi thử lại." in response.text
    assert 890 <= int(response.headers["Retry-After"]) <= 900
    assert not may_work(client)


# ---------------------------------------------------------------- sessions
def test_a_copied_cookie_is_worthless_once_its_owner_has_left(
    app: Flask, somebody: User, client: CheckedClient
) -> None:
    log_in(client)
    cookie = client.get_cookie("phien")
    assert cookie is not None
    thief = app.test_client()
    assert isinstance(thief, CheckedClient)
    thief.set_cookie("phien", cookie.value)
    assert may_work(thief)
    client.post_form("/dang-xuat", {})
    assert not may_work(thief)


def test_leaving_in_one_place_is_leaving_in_all(
    app: Flask, somebody: User, client: CheckedClient
) -> None:
    other = app.test_client()
    assert isinstance(other, CheckedClient)
    log_in(client)
    log_in(other)
    client.post_form("/dang-xuat", {})
    assert not may_work(other)


def test_somebody_whose_account_is_closed_is_out_at_once(
    session: Session, somebody: User, client: CheckedClient
) -> None:
    log_in(client)
    assert may_work(client)
    session.get_one(User, somebody.id).is_active = False
    session.commit()
    assert not may_work(client)


def test_a_session_from_before_logging_in_is_not_carried_over(
    somebody: User, client: CheckedClient
) -> None:
    client.get("/dang-nhap")
    with client.session_transaction() as before:
        before["planted"] = "x"
    log_in(client)
    with client.session_transaction() as after:
        assert "planted" not in after


@pytest.mark.parametrize(("address", "secure"), [("https://so.vn", True), ("http://so.vn", False)])
def test_cookies_are_kept_from_scripts_and_from_other_sites(
    app_factory: Any, address: str, secure: bool
) -> None:
    app = app_factory(SITE_URL=address)
    client = app.test_client()
    with app.app_context():
        make_user(username="thu.nghiem", password=PASSWORD)
        response = client.post_form("/dang-nhap", {"username": "thu.nghiem", "password": PASSWORD})
    assert response.status_code == 303
    cookies = {
        header.split("=")[0]: {part.strip().lower() for part in header.split(";")[1:]}
        for header in response.headers.getlist("Set-Cookie")
    }
    assert set(cookies) == {"phien", "dang_nhap"}
    assert "httponly" in cookies["phien"]
    for attributes in cookies.values():
        assert "samesite=lax" in attributes
        assert ("secure" in attributes) is secure
    # The marker tells only that somebody is logged in here.
    assert any(h.startswith("dang_nhap=1;") for h in response.headers.getlist("Set-Cookie"))


def test_pages_about_a_person_are_kept_by_no_cache(somebody: User, client: CheckedClient) -> None:
    login(client, somebody)
    for path in ("/thanh-cong-cu", "/ban-lam-viec"):
        assert client.get(path).headers["Cache-Control"] == "private, no-store"
    assert client.get("/dang-nhap").status_code == 303


def test_htmx_is_told_to_go_to_the_form(client: CheckedClient) -> None:
    response = client.htmx("/ban-lam-viec")
    assert response.status_code == 401
    assert response.headers["HX-Redirect"] == "/dang-nhap?tiep=/ban-lam-viec"
