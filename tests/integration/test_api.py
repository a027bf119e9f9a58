"""The API: pages that do not shift, marks for what is gone, and a description that is true."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate
from sqlalchemy import event
from sqlalchemy.orm import scoped_session

from extensions import db
from models import Correction, Kind
from services.kinds import KINDS
from tests.support.client import CheckedClient
from tests.support.factories import make_publication, make_section, make_unit

Session = scoped_session[Any]
PAST = datetime(2024, 3, 5, 2, 30, tzinfo=UTC)
LIST = "/api/v1/publications"
HOST = "http://localhost"


def asked(client: CheckedClient, path: str = LIST, **query: Any) -> Any:
    response = client.get(f"{path}?{urlencode({k.replace('_', '-'): v for k, v in query.items()})}")
    assert (response.status_code, response.mimetype) == (200, "application/json"), response.text
    return json.loads(response.text)


def followed(client: CheckedClient, first: str) -> list[Any]:
    items, address = [], first
    while address:
        page = json.loads(client.get(address.removeprefix(HOST)).text)
        items += page["items"]
        address = page["next"]
    return items


def titles(page: Any) -> list[str]:
    return [item["title"] for item in page["items"]]


def true_to(document: Any, name: str, value: Any) -> None:
    """Hold an answer against the description's schema of this name."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    OAS31Validator(schema).validate(value)


def test_the_description_is_openapi_and_true_of_every_kind(
    session: Session, client: CheckedClient
) -> None:
    document = json.loads(client.get("/api/v1/openapi.json").text)
    validate(document)
    section = make_section(name="Tin tức")
    made = {kind: make_publication(kind=kind, section=section, published_at=PAST) for kind in Kind}
    gone = make_publication(state="withdrawn", published_at=PAST)
    for kind, post in made.items():
        page = asked(client, loai=KINDS[kind].path)
        true_to(document, "Listing", page)
        assert [item["id"] for item in page["items"]] == [post.id]
        whole = asked(client, f"{LIST}/{post.id}")
        true_to(document, "WholePublication", whole)
        assert set(whole["details"]) == set(KINDS[kind].detail_fields)
    changed = asked(client, LIST + "?updated_since=2020-01-01&x=")
    true_to(document, "Listing", changed)
    assert {item["id"] for item in changed["items"] if item["is_gone"]} == {gone.id}
    assert asked(client, f"{LIST}/{made[Kind.DOCUMENT].id}")["details"]["issued_on"].count("-") == 2
    names = {one["name"] for one in document["paths"][LIST]["get"]["parameters"]}
    assert names == {
        *("loai", "chuyen-muc", "don-vi", "ngon-ngu", "updated_since", "cursor", "so-luong")
    }
    for name in names:
        assert f"<code>{name}</code>" in client.get("/api").text


def test_one_publication_comes_with_all_that_readers_see(
    session: Session, client: CheckedClient
) -> None:
    post = make_publication(
        slug="bai",
        title="Bài",
        body='<p><a href="/thong-bao">Xem</a> <a href="https://a.example/">a</a></p>',
        byline="Minh An",
        published_at=PAST,
    )
    session.add(
        Correction(publication_id=post.id, noted_at=PAST, text="Ngày 6.", by_id=post.author_id)
    )
    said = asked(client, f"{LIST}/{post.id}")
    assert said["body_html"] == (
        f'<p><a href="{HOST}/thong-bao">Xem</a> <a href="https://a.example/">a</a></p>'
    )
    assert said["corrections"] == [{"noted_at": "2024-03-05T09:30:00+07:00", "text": "Ngày 6."}]
    assert said["attribution"] == (
        f"Minh An – Sở Khoa học và Công nghệ, {HOST}/bai-viet/bai-{post.id}"
    )
    assert said["licence"] == "Khi sử dụng lại thông tin, xin ghi rõ tác giả và nguồn."
    assert said["tag"] == f"tag:localhost,2024:publication-{post.id}"


def test_filters_leave_what_they_say(session: Session, client: CheckedClient) -> None:
    unit = make_unit(name="Phòng Sở hữu trí tuệ")
    above = make_section(name="Tin tức")
    below = make_section(name="Trong nước", parent=above)
    make_publication(title="Một", section=below, published_at=PAST)
    make_publication(title="Hai", unit=unit, published_at=PAST + timedelta(days=1))
    make_publication(title="Chờ", state="approved")
    assert titles(asked(client)) == ["Hai", "Một"]
    assert titles(asked(client, chuyen_muc="tin-tuc")) == ["Một"]
    assert titles(asked(client, don_vi="phong-so-huu-tri-tue")) == ["Hai"]
    assert titles(asked(client, ngon_ngu="en")) == []


def test_pages_neither_repeat_nor_leave_out_while_others_publish(
    session: Session, client: CheckedClient
) -> None:
    section = make_section()
    # Several at the same moment: the id decides.
    made = [make_publication(section=section, published_at=PAST) for _ in range(5)]
    page = asked(client, so_luong=2)
    make_publication(section=section, published_at=PAST + timedelta(days=1))
    rest = followed(client, page["next"])
    ids = [item["id"] for item in [*page["items"], *rest]]
    assert ids == [post.id for post in reversed(made)]


def test_re_users_learn_of_changes_and_of_what_is_gone_in_order(
    session: Session, client: CheckedClient
) -> None:
    section = make_section()
    now = datetime.now(UTC)
    kept = make_publication(section=section, published_at=PAST)
    withdrawn = make_publication(section=section, state="withdrawn", published_at=PAST)
    expired = make_publication(
        section=section, published_at=PAST, expires_at=now - timedelta(hours=1)
    )
    make_publication(section=section, state="draft")
    make_publication(section=section, published_at=now + timedelta(days=1))
    kept.public_changed_at = now - timedelta(minutes=1)
    withdrawn.public_changed_at = now - timedelta(hours=2)
    session.commit()
    first = f"{LIST}?updated_since={(now - timedelta(days=1)).isoformat()[:19]}%2B00:00&so-luong=1"
    items = followed(client, first)
    assert [(item["id"], item["is_gone"]) for item in items] == [
        (withdrawn.id, True),
        (expired.id, True),
        (kept.id, False),
    ]
    assert [item.get("reason") for item in items] == ["withdrawn", "expired", None]
    assert withdrawn.title not in json.dumps(items, ensure_ascii=False)
    last = client.get(f"{LIST}?updated_since={(now - timedelta(minutes=30)).isoformat()[:19]}Z")
    assert [item["id"] for item in json.loads(last.text)["items"]] == [kept.id]
    for gone in (withdrawn, expired):
        response = client.get(f"{LIST}/{gone.id}")
        assert (response.status_code, response.mimetype) == (410, "application/problem+json")
        assert gone.title not in response.text


def test_what_is_asked_wrongly_is_told_in_a_problem(
    session: Session, client: CheckedClient
) -> None:
    document = json.loads(client.get("/api/v1/openapi.json").text)
    make_publication(published_at=PAST)
    make_publication(published_at=PAST)
    cursor = asked(client, so_luong=1)["next"].partition("cursor=")[2].partition("&")[0]
    for query, name in (
        ("loai=khong-co", "loai"),
        ("chuyen-muc=khong-co", "chuyen-muc"),
        ("don-vi=khong-co", "don-vi"),
        ("ngon-ngu=fr", "ngon-ngu"),
        ("updated_since=hom-qua", "updated_since"),
        ("updated_since=2026-02-31", "updated_since"),
        ("updated_since=2026-02-01T00:00:00", "updated_since"),
        ("so-luong=0", "so-luong"),
        ("so-luong=9999999999999999999999", "so-luong"),
        ("so-luong=nhieu", "so-luong"),
        (f"cursor={cursor}x", "cursor"),
        (f"loai=bai-viet&cursor={cursor}", "cursor"),
        ("cursor=" + "A" * 5000, "cursor"),
    ):
        response = client.get(f"{LIST}?{query}")
        assert (response.status_code, response.mimetype) == (400, "application/problem+json"), query
        problem = json.loads(response.text)
        true_to(document, "Problem", problem)
        assert list(problem["errors"]) == [name]
        assert name in problem["detail"]
    for path, status in ((f"{LIST}/999999", 404), ("/api/v1/khong-co", 404)):
        response = client.get(path)
        assert (response.status_code, response.mimetype) == (status, "application/problem+json")
    assert client.post(LIST).status_code in {400, 405}


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_whoever_asks_too_often_is_told_when_to_come_again(
    session: Session, client: CheckedClient
) -> None:
    post = make_publication(published_at=PAST)
    for path, often in ((LIST, 120), (f"{LIST}/{post.id}", 120)):
        answers = [client.get(path) for _ in range(often + 1)]
        assert {answer.status_code for answer in answers[:often]} == {200}, path
        refused = answers[-1]
        assert refused.status_code == 429, path
        assert refused.headers["Retry-After"] == "60"
        assert refused.mimetype == "application/problem+json"
        document = json.loads(client.get("/api/v1/openapi.json").text)
        true_to(document, "Problem", json.loads(refused.text))
        # Nobody keeps it for others, and the pages for people go on.
        assert "no-store" in refused.headers["Cache-Control"]
    assert client.get("/").status_code == 200
    assert client.get(LIST, environ_base={"REMOTE_ADDR": "192.0.2.77"}).status_code == 200


def test_it_is_open_to_other_sites_and_says_when_nothing_changed(
    session: Session, client: CheckedClient
) -> None:
    post = make_publication(published_at=PAST)
    for path in (LIST, f"{LIST}/{post.id}", f"{LIST}?updated_since=2020-01-01"):
        response = client.get(path)
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert "Set-Cookie" not in response.headers
        again = client.get(path, headers={"If-None-Match": response.headers["ETag"]})
        assert again.status_code == 304
    before = client.options(LIST, headers={"Origin": "https://a.example"})
    assert "If-None-Match" in before.headers["Access-Control-Allow-Headers"]


def test_a_page_costs_as_many_queries_however_long_it_is(
    app: Flask, session: Session, client: CheckedClient
) -> None:
    section = make_section()
    counted: list[str] = []

    def count(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        counted.append(statement)

    def queries(path: str) -> int:
        counted.clear()
        client.get(path)
        return len(counted)

    for kind in Kind:
        make_publication(kind=kind, section=section, published_at=PAST)
    session.commit()
    event.listen(db.engine, "before_cursor_execute", count)
    paths = [f"{LIST}?updated_since=2020-01-01", "/feed.json?x", "/tim-kiem/atom.xml?q=bai"]
    few = [queries(path) for path in paths]
    for number in range(12):
        make_publication(kind=list(Kind)[number % len(Kind)], section=section, published_at=PAST)
    session.commit()
    many = [queries(path + "&y=2") for path in paths]
    event.remove(db.engine, "before_cursor_execute", count)
    assert many[0] == few[0]
    assert many[1] <= few[1] + 2
