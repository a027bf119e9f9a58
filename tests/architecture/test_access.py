"""The access list, proved: each endpoint is requested as a stranger and as each role.

What an endpoint does is replaced by a mark, so that only its door is measured: which of a
person's own texts they may touch is services/policy's, and has a table test of its own.
"""

import pytest
from flask import Flask
from werkzeug.routing import IntegerConverter, Map, Rule
from werkzeug.test import TestResponse

from blueprints.access import declarations
from models import Role
from tests.support.client import CheckedClient, login
from tests.support.factories import make_user

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

STRANGER = "stranger"
EVERYBODY = {STRANGER, "contributor", "editor", "chief", "admin"}
ADMITTED = {
    "public": EVERYBODY,
    "contributor": {"contributor", "editor", "chief", "admin"},
    "editor": {"editor", "chief"},
    "chief": {"chief"},
    "oversight": {"chief", "admin"},
    "admin": {"admin"},
}
# What strangers may send: logging in, out, and counting a view. Anything more is a decision.
# Choosing a password: whoever was invited has no account to log in with; the secret in the
# address admits them, once, and the route is throttled.
# How one likes to see the site, without scripts: kept in the reader's own browser and nowhere else.
PUBLIC_WRITES = {
    "/cach-hien-thi",
    "/dang-nhap",
    "/dang-xuat",
    "/luot-xem/<int:publication_id>",
    "/tai-khoan/<token>",
    # That words found nothing: throttled, bounded, and nothing that names anybody.
    "/tim-kiem/khong-thay",
    # Readers' voice: each with a signed ticket and a proof that a person sent it, or counted once
    # a day, and all of them throttled (blueprints/voice).
    "/hoi-dap/gui",
    "/du-thao/<int:publication_id>/gop-y",
    "/bao-sai/<int:publication_id>",
    "/dung-lai/gui",
    "/tra-cuu",
    "/tra-cuu/rut",
    "/danh-gia/<int:publication_id>",
    "/danh-gia/<int:publication_id>/loi",
    "/tham-do/<int:poll_id>",
}
REACHED = b"the view was reached"


def requests_of(url_map: Map) -> list[tuple[Rule, str, str]]:
    """Each rule with each method that it takes and an address that matches it."""
    found = []
    adapter = url_map.bind("localhost")
    for rule in url_map.iter_rules():
        values = {
            name: 1 if isinstance(converter, IntegerConverter) else "gia-tri"
            for name, converter in rule._converters.items()
        }
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            found.append((rule, method, adapter.build(rule.endpoint, values, method=method)))
    return found


def refused(response: TestResponse) -> bool:
    to_login = response.status_code in {302, 303} and "/dang-nhap" in response.headers["Location"]
    return response.status_code in {401, 403} or to_login


@pytest.mark.parametrize("who", sorted(EVERYBODY))
def test_each_endpoint_admits_whom_its_declaration_says_and_nobody_else(
    app: Flask, client: CheckedClient, who: str
) -> None:
    levels = {endpoint: str(level) for endpoint, level in declarations(app).items()}
    for endpoint in app.view_functions:
        app.view_functions[endpoint] = lambda **_: REACHED
    if who != STRANGER:
        with app.app_context():
            login(client, make_user(role=Role(who)))
    wrong = []
    for rule, method, address in requests_of(app.url_map):
        headers = {} if method == "GET" else {"X-CSRFToken": client.token()}
        response = client.open(address, method=method, headers=headers)
        level = levels[rule.endpoint]
        # A file may be served before the application is asked.
        reached = response.get_data() == REACHED or (
            level == "public" and response.status_code < 400
        )
        admitted = who in ADMITTED[level]
        if reached != admitted or refused(response) == admitted:
            wrong.append(f"{method} {rule.rule} ({level}): {response.status}")
    assert wrong == []


def test_the_desk_has_no_public_endpoint(app: Flask) -> None:
    levels = declarations(app)
    desk = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/ban-lam-viec")]
    assert desk
    assert [rule.rule for rule in desk if levels[rule.endpoint] == "public"] == []


def test_administration_is_for_those_who_lead_or_administer(app: Flask) -> None:
    levels = declarations(app)
    rules = app.url_map.iter_rules()
    rooms = [rule for rule in rules if rule.rule.startswith("/ban-lam-viec/quan-tri")]
    assert [rule.rule for rule in rooms if levels[rule.endpoint] not in {"chief", "admin"}] == []


def test_strangers_may_send_only_what_is_listed_here(app: Flask) -> None:
    levels = declarations(app)
    writes = {
        rule.rule.removeprefix("/en")
        for rule in app.url_map.iter_rules()
        if levels[rule.endpoint] == "public"
        and (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}
    }
    assert writes <= PUBLIC_WRITES


def test_a_form_without_its_token_is_refused_everywhere(app: Flask, client: CheckedClient) -> None:
    """But for the two that count, on pages that are the same bytes for everybody, and for
    what changes nothing but the size of somebody's letters."""
    with app.app_context():
        login(client, make_user(role=Role.CHIEF))
    taken = [
        rule.rule.removeprefix("/en")
        for rule, method, address in requests_of(app.url_map)
        if method != "GET" and client.open(address, method=method).status_code < 400
    ]
    assert set(taken) <= {
        "/luot-xem/<int:publication_id>",
        "/cach-hien-thi",
        "/tim-kiem/khong-thay",
    }
