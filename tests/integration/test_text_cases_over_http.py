"""The cases of text-cases.json on both engines, as people meet them: through the site's pages."""

import json
import random
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import lxml.html
from sqlalchemy import select
from sqlalchemy.orm import scoped_session

from models import Kind, Publication
from services.kinds import details_of
from services.vietnamese import person_sort_key
from tests.support.client import CheckedClient, login
from tests.support.factories import make_section, make_unit, make_user
from tests.support.searching import publish

Session = scoped_session[Any]
CASES = json.loads((Path(__file__).parents[1] / "data" / "text-cases.json").read_text("utf-8"))
NEW = "/ban-lam-viec/bai-viet/moi"
PAST = datetime(2024, 3, 5, 2, 30, tzinfo=UTC)


def write(client: CheckedClient, session: Session, *, kind: str = "", **fields: str) -> Publication:
    """Begin a text in the editor, as a contributor does; what is stored of it."""
    address = f"{NEW}?loai={kind}" if kind else NEW
    typed = {"genre": "news", "origin": "own", "then": "stay", **fields}
    answer = client.post_form(address, typed)
    assert answer.status_code == 303, answer.text
    newest = select(Publication).order_by(Publication.id.desc()).limit(1)
    return session.scalars(newest).one()


def found(client: CheckedClient, typed: str, **more: str) -> list[str]:
    response = client.get("/tim-kiem", query_string={"q": typed, **more})
    assert response.status_code == 200, ascii(typed)
    page = lxml.html.document_fromstring(response.text)
    return [str(link.text_content()) for link in page.xpath("//article//h2/a")]


def test_what_is_written_is_stored_in_one_spelling_with_its_address(
    session: Session, client: CheckedClient
) -> None:
    login(client, make_user())
    for case in CASES["stored_as_nfc"]:
        stored = write(client, session, title=case["input"]).latest_revision
        assert stored is not None
        assert stored.title == case["stored"]
    for case in CASES["slug"]:
        assert write(client, session, title=case["title"]).slug == case["slug"]
    for case in CASES["document_number"]:
        fields = {"title": "Thông báo", "document_number": case["input"]}
        notice = write(client, session, kind="notice", **fields).latest_revision
        assert notice is not None
        assert details_of(notice, Kind.NOTICE)["document_number"] == case["canonical"]


def test_searching_finds_and_ranks_what_people_type(
    session: Session, client: CheckedClient
) -> None:
    shared = {"author": make_user(), "section": make_section(), "published_at": PAST}
    # Results show the look-alike U+00D0 as the letter that is meant.
    texts = [
        publish(title=case["text"], **shared).title.replace("\u00d0", "Đ")
        for case in CASES["query_finds"]
    ]
    for case in CASES["ranks_first"]:
        for title in case["titles"]:
            publish(title=title, **shared)
    for case, text in zip(CASES["query_finds"], texts, strict=True):
        for typed in case["found_by"]:
            assert text in found(client, typed), typed
        for typed in case["not_found_by"]:
            assert text not in found(client, typed), typed
    for case in CASES["ranks_first"]:
        assert found(client, case["query"])[0] == case["first"]
    for typed in CASES["query_never_fails"]:
        found(client, typed)
        found(client, "khoa", **{"cum-tu": typed, "khong-co": typed})


def test_lists_are_in_dictionary_order(session: Session, client: CheckedClient) -> None:
    def shuffled(names: list[str]) -> list[str]:
        return random.Random(7).sample(names, len(names))

    words, people = CASES["collation"]["words"], CASES["collation"]["people_by_given_name"]
    for number, word in enumerate(shuffled(words)):
        make_unit(name=word, slug=f"tu-{number}")
    unit = make_unit(name="zzz")
    for name in shuffled(people):
        make_user(full_name=name, sort_key=person_sort_key(name), unit=unit)
    page = lxml.html.document_fromstring(client.get("/tim-kiem").text)
    options = [option.text_content() for option in page.xpath("//select[@id='don-vi']/option")]
    assert [name for name in options if name in words] == words
    login(client, make_user(role="admin", full_name="Vũ Quản Trị", unit=unit))
    page = lxml.html.document_fromstring(client.get("/ban-lam-viec/quan-tri/nguoi-dung").text)
    shown = [link.text_content().strip() for link in page.xpath("//table//a")]
    assert [name for name in shown if name in people] == people


def test_days_old_encodings_and_lengths_are_read_as_people_mean_them(
    session: Session, client: CheckedClient
) -> None:
    for case in CASES["dates"]:
        if case.get("error"):
            assert client.get(f"/tim-kiem?tu-ngay={case['input']}").status_code == 422
            continue
        day = datetime.fromisoformat(f"{case['iso']}T00:00:00+07:00")
        title = f"Tin ngày {case['input']}"
        publish(title=title, published_at=day)
        publish(title="Tin hôm trước", published_at=day - timedelta(minutes=1))
        asked = {"tu-ngay": case["input"], "den-ngay": case["input"]}
        assert title in found(client, "tin", **asked)
        assert "Tin hôm trước" not in found(client, "tin", **asked)
    login(client, make_user())
    for case in CASES["legacy_encodings"]:
        # A line more of the same, since nobody is asked about two words alone.
        typed = {"title": case["input"], "body": f"<p>{case['input']}. {case['input']}</p>"}
        answer = client.post_form("/ban-lam-viec/bang-ma", typed).get_json()
        if case["encoding"] == "none":
            assert answer == {"found": False}
        else:
            assert answer["fields"]["title"] == case["output"], answer
    for case in CASES["length"]:
        # Twice as many code points as letters: what is counted is letters.
        apart = "".join(f"{case['text']}\u200b " for _ in range(8))
        refused = client.post_form(NEW, {"title": apart, "genre": "news", "origin": "own"})
        told = re.search(r"Tiêu đề dài (\d+) ký tự", refused.text)
        assert told is not None
        assert int(told[1]) == 8 * case["characters"] + 7
