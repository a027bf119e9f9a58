"""Search on both engines: whatever is typed or written is answered, by the service and the page."""

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.orm import scoped_session

from services.search import (
    SearchResult,
    Sort,
    index_publication,
)
from services.search.schema import document
from tests.support.factories import NOW, make_section, make_user
from tests.support.searching import ask, library, publish

Session = scoped_session[Any]
CASES = json.loads((Path(__file__).parents[1] / "data" / "text-cases.json").read_text("utf-8"))


@pytest.fixture
def shared(session: Session) -> dict[str, Any]:
    """One author and one section for the many texts of a test."""
    return {"author": make_user(), "section": make_section()}


# ---------------------------------------------------------------- hostile input
def sound(result: SearchResult) -> None:
    for hit in result.hits:
        for html in (str(hit.title_html), str(hit.snippet_html)):
            bare = html.replace("<mark>", "").replace("</mark>", "")
            assert "<" not in bare
            assert html.count("<mark>") == html.count("</mark>")


def test_signs_and_operators_are_only_text(session: Session) -> None:
    publish(title="Khoa học a b AND NEAR foo bar c DROP TABLE")
    for typed in CASES["query_never_fails"]:
        for prefix_last in (False, True):
            assert ask(typed, prefix_last=prefix_last).total in (0, 1), typed
    assert session.scalar(select(func.count()).select_from(document)) == 1


NASTY: Sequence[str] = (
    "\x00",
    "a\x00b",
    "\ud800khoa\udfff",
    "khoa " * 20_000,
    "x" * 100_000,
    "(" * 100_000,
    '"' * 5_001,
    "khoa\u0301" + "\u0301" * 10_000,
    "5/2017/" + "q-" * 20_000,
    "' OR 1=1 --",
    "\\' & !khoa | (",
    "khoa:* & học:A",
    "{lexemes} : khoa",
    "^khoa @an khoa_hoc /",
    "İstanbul ŉ ǰ ΐ ß ﬃ",
    "١٢٣ ½ ①",
    "\U0001f600 khoa",
    "\u202ekhoa\u200b học",
)


def test_hostile_input_is_answered(session: Session) -> None:
    publish(title="Khoa học", body="<p>İstanbul ŉ ǰ ΐ ß ﬃ 123</p>", byline="An")
    for typed in NASTY:
        for prefix_last in (False, True):
            sound(ask(typed, prefix_last=prefix_last))
            sound(ask("khoa", author=typed, prefix_last=prefix_last))


def test_hostile_text_is_indexed_and_can_be_replaced(session: Session) -> None:
    publication = publish(title="Khoa học")
    live = publication.live_revision
    assert live is not None
    for number, written in enumerate(NASTY):
        storable = written.replace("\x00", "").encode("utf-8", "ignore").decode()
        live.title, live.byline = storable[:200], storable[:60]
        live.body = f"<p>{storable} hết{number}</p>"
        index_publication(publication_id=publication.id)
        result = ask(f"hết{number}")
        assert result.total == 1, ascii(written[:20])
        assert ask(f"hết{number - 1}").total == 0
        sound(result)
        sound(ask(written))


typed_text = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="khoa họcđĐ\"'*:^&|!()<>\\-/_@.{}0123456789?\x00\u0301", max_size=60),
    st.lists(
        st.sampled_from(["khoa", "học", "NEAR", "AND", "sở", "5/2017/qd-ubnd", "?", "là gì"]),
        max_size=24,
    ).map(" ".join),
)


def test_whatever_is_typed_is_answered(session: Session, shared: dict[str, Any]) -> None:
    library(shared)

    @settings(
        max_examples=300,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(
        typed_text,
        typed_text,
        st.booleans(),
        st.sampled_from(list(Sort)),
        st.integers(-3, 10**12),
    )
    def check(q: str, author: str, prefix_last: bool, sort: Sort, page: int) -> None:
        sound(ask(q, prefix_last=prefix_last, sort=sort))
        sound(ask(q, author=author, sort=sort, page=page))

    check()
    assert session.scalar(text("SELECT count(*) FROM search_document")) == 3


# ---------------------------------------------------------------- through HTTP
def test_the_page_shows_what_was_found_with_its_marks(session: Session, client: Any) -> None:
    publish(title="Sở Khoa học và Công nghệ", summary="Tin về Đà Nẵng <mới>")
    page = client.get("/tim-kiem", query_string={"q": "cong nghe"}).get_data(as_text=True)
    assert "Sở Khoa học và <mark>Công nghệ</mark>" in page
    assert "Tin về Đà Nẵng &lt;mới&gt;" in page
    assert "1 kết quả" in page


def test_the_fragment_takes_the_last_word_as_unfinished_and_the_page_does_not(
    session: Session, client: Any
) -> None:
    publish(title="Sở Khoa học và Công nghệ")
    fragment = client.htmx("/tim-kiem?q=cong+ng").get_data(as_text=True)
    assert fragment.lstrip().startswith('<section id="search-results"')
    assert "<mark>Công nghệ</mark>" in fragment
    page = client.get("/tim-kiem?q=cong+ng").get_data(as_text=True)
    assert "Không tìm thấy kết quả nào" in page


def test_the_page_filters_sorts_and_pages(session: Session, client: Any) -> None:
    section = make_section(name="Sở hữu trí tuệ")
    author = make_user()
    for number in range(21):
        when = NOW - timedelta(days=number + 1)
        fields = {"section": section, "author": author, "published_at": when}
        publish(title=f"Cảng số {number:02}", **fields)
    publish(title="Cảng ở chuyên mục khác", author=author)
    address = "/tim-kiem?q=cang&chuyen-muc=so-huu-tri-tue&sap-xep=cu-nhat"
    page = client.get(address).get_data(as_text=True)
    assert "21 kết quả" in page
    assert "<mark>Cảng</mark> số 20" in page
    assert "<mark>Cảng</mark> số 00" not in page
    assert "chuyên mục khác" not in page
    second = client.get(f"{address}&trang=2").get_data(as_text=True)
    assert "<mark>Cảng</mark> số 00" in second


@pytest.mark.parametrize(
    "typed", ["%00", "%ED%A0%80", "%E2%80%AE", "%22%27%3C%3E%28", "NEAR%28", "a" * 200]
)
def test_the_page_answers_whatever_is_typed(session: Session, client: Any, typed: str) -> None:
    publish(title="Tin")
    assert client.get(f"/tim-kiem?q={typed}").status_code == 200
    assert client.htmx(f"/tim-kiem?q={typed}").status_code == 200


def test_too_long_a_query_is_refused_with_the_way_out(session: Session, client: Any) -> None:
    answer = client.get("/tim-kiem", query_string={"q": "a" * 201})
    assert answer.status_code == 422
    assert "hãy rút còn nhiều nhất 200 ký tự" in answer.get_data(as_text=True)
