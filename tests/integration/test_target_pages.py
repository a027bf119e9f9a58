"""The page of targets over HTTP: edited in its rows, the desk's line, the list of thanks."""

from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import scoped_session

from models import Unit, User
from services import dates
from tests.support.client import CheckedClient, login
from tests.support.factories import make_publication, make_unit, make_user

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

Session = scoped_session[Any]
PAGE = "/ban-lam-viec/chi-tieu"


@pytest.fixture
def unit(session: Session) -> Unit:
    return make_unit(name="Phòng Đo lường", monthly_target=4)


def client_of(app: Flask, user: User) -> CheckedClient:
    client = app.test_client()
    assert isinstance(client, CheckedClient)
    login(client, user)
    return client


def this_month() -> str:
    return f"{dates.local_date(datetime.now(UTC)):%Y-%m}"


def test_a_target_is_set_in_its_row_without_scripts_and_with_them(
    app: Flask, unit: Unit, session: Session
) -> None:
    chief = client_of(app, make_user(role="chief"))
    form = f"target-form-{unit.id}"
    response = chief.submit(f"{PAGE}?sua={unit.id}", {"usual": "5", "exception": "7"}, form=form)
    assert response.status_code == 303
    assert "0 trên 7 bài" in chief.get(PAGE).text
    row = chief.htmx(f"{PAGE}/{unit.id}?thang={this_month()}&sua=1")
    assert row.text.lstrip().startswith(f'<tr id="target-row-{unit.id}"')
    assert 'value="7"' in row.text
    data = {"thang": this_month(), "seen": "5.7", "usual": "5", "exception": ""}
    saved = chief.htmx(f"{PAGE}/{unit.id}", "POST", data=data)
    assert (saved.status_code, "0 trên 5 bài" in saved.text) == (200, True)
    # Sent again from the page as it was: somebody has set it since.
    again = chief.htmx(f"{PAGE}/{unit.id}", "POST", data=data)
    assert again.status_code == 409
    assert "Chưa có gì bị ghi đè" in again.text
    assert 'name="seen" value="5."' in again.text


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_what_is_no_number_comes_back_as_typed_with_why(
    app: Flask, unit: Unit, headers: dict[str, str]
) -> None:
    chief = client_of(app, make_user(role="chief"))
    data = {"thang": this_month(), "seen": "4.", "usual": "-3", "exception": "bảy"}
    response = chief.post_form(f"{PAGE}/{unit.id}", data, headers=headers)
    assert response.status_code == 422
    assert "Chỉ tiêu mỗi tháng: hãy ghi số bài từ 0 đến 999." in response.text
    assert "Chỉ tiêu riêng tháng này: hãy ghi số bài" in response.text
    assert 'value="-3"' in response.text
    assert 'value="bảy"' in response.text


@pytest.mark.parametrize("role", ["contributor", "editor"])
def test_who_may_not_set_targets_sees_them_without_a_form(
    app: Flask, unit: Unit, role: str, session: Session
) -> None:
    client = client_of(app, make_user(role=role))
    page = client.get(f"{PAGE}?sua={unit.id}").text
    assert "0 trên 4 bài" in page
    assert "<form id=" not in page[page.index('id="main"') :]
    data = {"thang": this_month(), "seen": "4.", "usual": "0"}
    assert client.post_form(f"{PAGE}/{unit.id}", data).status_code == 403
    session.refresh(unit)
    assert unit.monthly_target == 4


def test_the_desk_says_how_far_ones_own_unit_is(app: Flask, unit: Unit, session: Session) -> None:
    author = make_user(unit=unit)
    make_publication(author=author, published_at=datetime.now(UTC))
    home = client_of(app, author).get("/ban-lam-viec").text
    assert "1 trên 4 bài, còn 3 bài." in home
    unit.monthly_target = 0
    assert "unit-progress" not in client_of(app, author).get("/ban-lam-viec").text


def test_the_list_of_thanks_names_who_wrote_most(app: Flask, unit: Unit) -> None:
    author = make_user(full_name="Lê Thị Chăm", unit=unit)
    for _ in range(2):
        make_publication(author=author, published_at=datetime.now(UTC))
    client = client_of(app, author)
    page = client.get(f"{PAGE}/cam-on?thang={this_month()}").text
    assert "Lê Thị Chăm" in page
    assert "2 bài tự viết" in page
    assert "1. Lê Thị Chăm (Phòng Đo lường): 2 bài" in page
    assert "chưa có tin bài" in client.get(f"{PAGE}/cam-on?thang=2001-01").text


@pytest.mark.parametrize(
    "address", [f"{PAGE}?thang=x", f"{PAGE}/cam-on?thang=2026-99", f"{PAGE}/999999?thang=2026-09"]
)
def test_what_is_not_there_is_not_found(app: Flask, unit: Unit, address: str) -> None:
    chief = client_of(app, make_user(role="chief"))
    assert chief.htmx(address).status_code == 404
