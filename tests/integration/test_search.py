"""Search on both engines: what is found, in which order, and what a hit shows."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import scoped_session

from models import Kind
from services.search import (
    TOTAL_CAP,
    Sort,
)
from services.search.schema import texts
from tests.support.factories import NOW, kind_details, make_section, make_unit, make_user
from tests.support.searching import ask, many, publish, titles

Session = scoped_session[Any]
CASES = json.loads((Path(__file__).parents[1] / "data" / "text-cases.json").read_text("utf-8"))


@pytest.fixture
def shared(session: Session) -> dict[str, Any]:
    """One author and one section for the many texts of a test."""
    return {"author": make_user(), "section": make_section()}


# ---------------------------------------------------------------- the cases of the text file
@pytest.mark.parametrize("field", ["title", "summary", "body"])
@pytest.mark.parametrize("case", CASES["query_finds"], ids=lambda case: case["text"])
def test_a_text_is_found_by_what_people_type_and_by_nothing_else(
    session: Session, case: dict[str, Any], field: str
) -> None:
    publish(
        **{"title": "Bài", field: f"<p>{case['text']}</p>" if field == "body" else case["text"]}
    )
    missed = [typed for typed in case["found_by"] if ask(typed).total != 1]
    wrong = [typed for typed in case["not_found_by"] if ask(typed).total]
    assert (missed, wrong) == ([], [])


@pytest.mark.parametrize("case", CASES["ranks_first"], ids=lambda case: case["query"])
def test_the_spelling_that_was_typed_ranks_first(
    session: Session, shared: dict[str, Any], case: dict[str, Any]
) -> None:
    for title in case["titles"]:
        publish(title=title, **shared)
    found = titles(case["query"])
    assert found[0] == case["first"]
    assert sorted(found) == sorted(case["titles"])


@pytest.mark.parametrize("case", CASES["stored_as_nfc"], ids=lambda case: ascii(case["input"]))
def test_the_index_keeps_one_spelling_of_each_letter(
    session: Session, case: dict[str, str]
) -> None:
    typed = case["input"]
    publish(title=typed, summary=typed, body=f"<p>{typed}</p>")
    row = session.execute(select(texts.c.title, texts.c.summary, texts.c.body)).one()
    assert tuple(row) == (case["stored"],) * 3
    (hit,) = ask(typed).hits
    assert str(hit.title_html) == f"<mark>{case['stored']}</mark>"


# ---------------------------------------------------------------- filters, order, pages
def test_filters_narrow_by_kind_section_unit_and_author(session: Session) -> None:
    here, there = make_section(), make_section()
    unit = make_unit()
    publish(title="Tin một", section=here, byline="Lê Thị Hải An")
    publish(title="Tin hai", section=there, byline="Bùi Thúy An", unit=unit)
    publish(title="Tin ba", section=there, kind=Kind.NOTICE, byline="Đỗ Đức Anh")
    for q in ("tin", "", "tin nào về một hai ba thì ở đâu"):
        assert titles(q, kind=Kind.NOTICE) == ["Tin ba"]
        assert titles(q, section_ids=[here.id]) == ["Tin một"]
        assert sorted(titles(q, section_ids=[here.id, there.id])) == [
            "Tin ba",
            "Tin hai",
            "Tin một",
        ]
        assert titles(q, unit_id=unit.id) == ["Tin hai"]
        assert sorted(titles(q, author="an")) == ["Tin hai", "Tin một"]
        assert titles(q, author="Thúy An") == ["Tin hai"]
        assert titles(q, author="do duc anh") == ["Tin ba"]
        assert titles(q, author="Hải An", section_ids=[there.id]) == []
    assert titles("bùi") == ["Tin hai"], "the name under a text is part of it"


def test_days_are_those_of_vietnam_and_both_ends_count(session: Session) -> None:
    # 17:00 UTC is midnight in Đà Nẵng.
    publish(title="Tin đầu ngày", published_at=datetime(2017, 7, 4, 17, 0, tzinfo=UTC))
    publish(title="Tin cuối ngày", published_at=datetime(2017, 7, 5, 16, 59, 59, tzinfo=UTC))
    publish(title="Tin hôm sau", published_at=datetime(2017, 7, 5, 17, 0, tzinfo=UTC))
    day = date(2017, 7, 5)
    for q in ("tin", "", "vì sao tin này có ở đây"):
        assert sorted(titles(q, date_from=day, date_to=day)) == ["Tin cuối ngày", "Tin đầu ngày"]
        assert titles(q, date_from=date(2017, 7, 6)) == ["Tin hôm sau"]
        assert titles(q, date_to=date(2017, 7, 4)) == []


def test_dates_at_the_ends_of_the_calendar_are_harmless(session: Session) -> None:
    publish(title="Tin")
    for q in ("tin", ""):
        assert ask(q, date_from=date.min, date_to=date.max).total == 1
        assert ask(q, date_from=date.max, date_to=date.min).total == 0


def test_results_can_be_sorted_by_time(session: Session, shared: dict[str, Any]) -> None:
    for day, title in enumerate(["Cảng biển", "Bờ biển", "Biển"]):
        publish(title=title, published_at=NOW - timedelta(days=day + 1), **shared)
    for q in ("biển", ""):
        assert titles(q, sort=Sort.NEWEST) == ["Cảng biển", "Bờ biển", "Biển"]
        assert titles(q, sort=Sort.OLDEST) == ["Biển", "Bờ biển", "Cảng biển"]


def test_the_title_outranks_the_summary_and_that_the_body(
    session: Session, shared: dict[str, Any]
) -> None:
    publish(title="Một", body="<p>Cảng cá mới</p>", **shared)
    publish(title="Hai", summary="Cảng cá mới", **shared)
    publish(title="Cảng cá mới", **shared)
    assert titles("cảng cá") == ["Cảng cá mới", "Hai", "Một"]


def test_a_better_answer_far_back_is_ahead_of_a_thousand_newer_ones(session: Session) -> None:
    """What is common is looked at only where it is new, but for what answers best."""
    publish(title="Sở hữu trí tuệ", published_at=NOW - timedelta(days=3000))
    many(1_100, title="Tin", body="Trí và tuệ, sở hữu")
    result = ask("sở hữu trí tuệ")
    assert result.hits[0].title == "Sở hữu trí tuệ"
    assert (result.total, result.total_is_capped) == (TOTAL_CAP, True)


def test_a_document_is_ahead_of_all_that_cite_its_number(session: Session) -> None:
    """However old it is, and however loudly the others do."""
    bears = publish(
        title="Quy định về quản lý sáng kiến",
        kind=Kind.DOCUMENT,
        details=kind_details(Kind.DOCUMENT, document_number="27/2024/QĐ-UBND"),
        published_at=NOW - timedelta(days=900),
    )
    many(60, title="Về Quyết định 27/2024/QĐ-UBND", body="Quyết định số 27/2024/QĐ-UBND")
    for typed in ("27/2024/QĐ-UBND", "quyết định số 27/2024/qd-ubnd"):
        result = ask(typed)
        assert (result.hits[0].publication_id, result.total) == (bears.id, 61), typed


def test_totals_stop_at_the_cap_and_pages_with_them(session: Session) -> None:
    many(TOTAL_CAP, title="Tin", body="biển")
    exact = ask("biển")
    assert (exact.total, exact.total_is_capped, exact.pages) == (1000, False, 50)
    publish(title="Thêm một bài về biển")
    for q in ("biển", ""):
        capped = ask(q)
        assert (capped.total, capped.total_is_capped, capped.pages) == (1000, True, 50)
        assert len(ask(q, page=50).hits) == 20
        assert ask(q, page=51).hits == ()
        assert ask(q, page=10**9).hits == ()


def test_pages_follow_one_another_without_gap_or_repetition(
    session: Session, shared: dict[str, Any]
) -> None:
    for number in range(25):
        publish(title=f"Cảng số {number}", **shared)
    for sort in Sort:
        seen: list[int] = []
        for page in (1, 2, 3):
            result = ask("cảng", per_page=10, page=page, sort=sort)
            assert (result.total, result.pages, result.page) == (25, 3, page)
            seen += [hit.publication_id for hit in result.hits]
        assert len(seen) == len(set(seen)) == 25


@pytest.mark.parametrize(("page", "per_page"), [(0, 20), (-5, 0), (1, -1), (1, 10**9)])
def test_odd_page_numbers_are_put_right(session: Session, page: int, per_page: int) -> None:
    publish(title="Tin")
    assert len(ask("tin", page=page, per_page=per_page).hits) == 1


# ---------------------------------------------------------------- what a hit shows
def test_a_hit_tells_which_publication_it_is_and_its_title(session: Session) -> None:
    publication = publish(title="Đà Nẵng đổi mới", body="<p>Nội dung.</p>")
    (hit,) = ask("đổi mới").hits
    assert (hit.publication_id, hit.title) == (publication.id, "Đà Nẵng đổi mới")


def test_matches_are_marked_in_the_accents_of_the_text_and_escaped(session: Session) -> None:
    publish(
        title="Sở <b>Khoa học</b> & Công nghệ",
        body="<p>1 &lt; 2; “Công nghệ” của Đà Nẵng &amp; Huế.</p>",
    )
    (hit,) = ask("cong nghe da nang").hits
    assert str(hit.title_html) == ("Sở &lt;b&gt;Khoa học&lt;/b&gt; &amp; <mark>Công nghệ</mark>")
    assert str(hit.snippet_html) == (
        "1 &lt; 2; “<mark>Công nghệ</mark>” của <mark>Đà Nẵng</mark> &amp; Huế."
    )


def test_a_snippet_is_cut_from_where_the_text_answers(session: Session) -> None:
    filler = "Đoạn này nói về việc khác. " * 60
    publish(title="Bài dài", body=f"<p>{filler}Ở giữa có sở hữu trí tuệ. {filler}</p>")
    (hit,) = ask("sở hữu trí tuệ").hits
    assert "Ở giữa có <mark>sở hữu trí tuệ</mark>." in str(hit.snippet_html)


# ---------------------------------------------------------------- as one types, and long questions
def test_the_last_word_may_be_unfinished_while_one_types(session: Session) -> None:
    publish(title="Sở Khoa học và Công nghệ")
    typed = "công nghệ"
    for length in range(2, len(typed) + 1):
        assert titles(typed[:length], prefix_last=True), typed[:length]
    assert titles("nghệ khoa h", prefix_last=True), "one letter empties nothing"
    assert titles("cong ng", prefix_last=True)
    assert titles("cong ng", prefix_last=False) == []
    assert titles("cong ng ", prefix_last=True) == [], "a space ends the word"
    assert titles("ong", prefix_last=True) == []
    (hit,) = ask("côn", prefix_last=True).hits
    assert "<mark>Công</mark>" in str(hit.title_html)


TEXTS = (
    "Hồ sơ đăng ký nhãn hiệu nộp tại bộ phận một cửa; thời hạn thẩm định hình thức là một tháng.",
    "Kinh phí hỗ trợ doanh nghiệp đổi mới công nghệ lấy từ ngân sách thành phố hằng năm.",
    "Trạm quan trắc phóng xạ trên núi Sơn Trà gửi số liệu về trung tâm mười phút một lần.",
    "Cuộc thi sáng tạo thanh thiếu niên nhận bài dự thi đến hết ngày 30 tháng 6.",
)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("muốn đăng ký nhãn hiệu cho sản phẩm của mình thì nộp hồ sơ ở đâu và mất bao lâu", 0),
        ("muon dang ky nhan hieu cho san pham cua minh thi nop ho so o dau va mat bao lau", 0),
        ("doanh nghiệp nhỏ muốn được hỗ trợ đổi mới công nghệ thì xin kinh phí từ nguồn nào", 1),
        ("số liệu quan trắc phóng xạ ở Sơn Trà được gửi đi mấy phút một lần vậy", 2),
        ("bao giờ thì hết hạn nộp bài cuộc thi sáng tạo dành cho thanh thiếu niên năm nay", 3),
    ],
)
def test_a_long_question_finds_the_text_that_answers_it(
    session: Session, shared: dict[str, Any], question: str, answer: int
) -> None:
    for number, body in enumerate(TEXTS):
        publish(title=f"Bài {number}", body=f"<p>{body}</p>", **shared)
    result = ask(question)
    assert result.hits[0].title == f"Bài {answer}"
    assert result.any_of


def test_a_question_among_many_texts_like_it_still_finds_its_own(session: Session) -> None:
    many(400, title="Tin", body="Thành phố hỗ trợ doanh nghiệp đổi mới công nghệ hằng năm")
    publish(title="Trạm", body=f"<p>{TEXTS[2]}</p>", published_at=NOW - timedelta(days=2000))
    assert (
        titles("thành phố hỗ trợ số liệu quan trắc phóng xạ cho doanh nghiệp ra sao")[0] == "Trạm"
    )


def test_few_words_must_all_be_there_and_more_need_not(session: Session) -> None:
    publish(title="Cảng cá Thọ Quang")
    assert titles("cảng cá Hà Nội mới") == ["Cảng cá Thọ Quang"]
    assert ask("cảng cá Hà Nội mới").any_of
    assert titles("cảng hàng") == []
    assert not ask("cảng cá").any_of


def test_it_is_told_when_only_another_spelling_was_found(session: Session) -> None:
    publish(title="Ban hành quy chế")
    assert ask("bán hành").folded_only
    assert not ask("ban hành").folded_only
    assert not ask("ban hanh").folded_only, "nothing was typed with diacritics"
    assert not ask("khác hẳn").folded_only
    publish(title="Bán hành tây")
    assert not ask("bán hành").folded_only


def test_a_query_of_blanks_lists_everything_and_one_of_signs_nothing(session: Session) -> None:
    publish(title="Tin")
    assert (ask("").total, ask("   ").total, ask("!?…").total) == (1, 1, 0)
