"""How a reader without scripts likes to see the site: kept in a cookie that says nothing else,
shown by a style sheet, while the pages stay the same bytes for everybody."""

import pytest
from flask import Flask

from tests.support.client import CheckedClient

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
CHOSEN = {"co-chu": "3", "nen": "dark", "tuong-phan": "more"}


def test_what_is_chosen_is_a_style_sheet_and_no_page(app: Flask, client: CheckedClient) -> None:
    plain = client.get("/")
    assert '<link rel="stylesheet" href="/hien-thi.css" media="screen">' in plain.text
    assert client.get("/hien-thi.css").text == ""
    answer = client.post("/cach-hien-thi", data=CHOSEN)
    assert (answer.status_code, answer.location) == (303, "/cach-hien-thi?da-luu=1")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("hien-thi=text.3-theme.dark-contrast.more; ")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    style = client.get("/hien-thi.css")
    assert style.headers["Cache-Control"] == "private, no-cache"
    assert "font-size: 118.75%" in style.text
    assert "color-scheme: dark" in style.text
    assert "light-dark(#000, #fff)" in style.text
    assert client.get("/").data == plain.data
    assert "Set-Cookie" not in client.get("/").headers


@pytest.mark.parametrize("typed", [{}, {"co-chu": "9", "nen": "<style>"}, {"co-chu": "3;x" * 5000}])
def test_what_is_no_choice_keeps_nothing(client: CheckedClient, typed: dict[str, str]) -> None:
    client.post("/cach-hien-thi", data=CHOSEN)
    answer = client.post("/cach-hien-thi", data=typed)
    assert "hien-thi=;" in answer.headers["Set-Cookie"]
    assert client.get("/hien-thi.css").text == ""


def test_a_cookie_that_is_not_ours_changes_nothing(client: CheckedClient) -> None:
    client.set_cookie("hien-thi", "text.3}body{display:none-theme.x-a.b.c")
    assert client.get("/hien-thi.css").text == ""


def test_another_site_chooses_nothing(client: CheckedClient) -> None:
    answer = client.post("/cach-hien-thi", data=CHOSEN, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
