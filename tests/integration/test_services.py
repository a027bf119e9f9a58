"""Procedures, consultations and the pages that stay, as readers meet them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import scoped_session

from extensions import db
from models import Kind
from services import consultations, static_pages
from services.consultations import Stage, standing
from services.content_version import Freshness
from tests.support.client import CheckedClient
from tests.support.factories import make_publication

Session = scoped_session[Any]


def procedure(title: str, **details: str) -> Any:
    return make_publication(kind=Kind.PROCEDURE, title=title, details=details)


@pytest.fixture
def some(session: Session) -> Any:
    procedure("Gia hạn giấy phép bức xạ", domain="An toàn bức xạ", online_level="toan-trinh")
    procedure("Công bố hợp quy", domain="Đo lường", online_level="mot-phan")
    first = procedure(
        "Cấp phép X-quang",
        domain="An toàn bức xạ",
        online_level="toan-trinh",
        steps="Chuẩn bị hồ sơ\nNộp hồ sơ",
        service_url="https://dichvucong.example.vn/1",
    )
    procedure("Giải thưởng chất lượng", domain="Đo lường", online_level="thong-tin")
    make_publication(
        kind=Kind.PROCEDURE,
        title="Thủ tục đã bỏ",
        state="withdrawn",
        details={"online_level": "toan-trinh"},
    )
    session.commit()
    return first


def test_the_list_counts_what_is_live_and_groups_it_by_domain(
    client: CheckedClient, some: Any
) -> None:
    page = client.get("/thu-tuc").text
    assert "2 trên 4 dịch vụ công trực tuyến toàn trình" in page
    assert "1 dịch vụ trực tuyến một phần" in page
    assert page.index('id="domain-an-toan-buc-xa"') < page.index('id="domain-do-luong"')
    assert "Thủ tục đã bỏ" not in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=buc+xa", {"Gia hạn giấy phép bức xạ", "Cấp phép X-quang"}),
        ("linh-vuc=do-luong", {"Công bố hợp quy", "Giải thưởng chất lượng"}),
        ("muc-do=mot-phan", {"Công bố hợp quy"}),
        ("q=%00%3Cscript%3E&linh-vuc=zzz", set()),
        ("q=" + "x" * 900, set()),
    ],
)
def test_a_procedure_is_found_by_words_domain_and_level(
    client: CheckedClient, some: Any, query: str, found: set[str]
) -> None:
    answer = client.htmx(f"/thu-tuc?{query}")
    assert answer.status_code == 200
    titles = (
        "Gia hạn giấy phép bức xạ",
        "Cấp phép X-quang",
        "Công bố hợp quy",
        "Giải thưởng chất lượng",
    )
    assert {title for title in titles if title in answer.text} == found
    assert ("Không có thủ tục nào khớp" in answer.text) == (not found)


def test_a_procedure_page_leads_to_where_it_is_done_and_numbers_its_steps(
    client: CheckedClient, some: Any
) -> None:
    page = client.get(f"/thu-tuc/{some.slug}-{some.id}").text
    assert 'href="https://dichvucong.example.vn/1" rel="noopener external">Nộp trực tuyến' in page
    assert '<ol class="steps"><li>Chuẩn bị hồ sơ</li>' in page


def test_a_consultation_is_open_on_both_of_its_days() -> None:
    first, last = date(2026, 11, 1), date(2026, 11, 30)

    def at(day: date) -> tuple[Stage, int | None]:
        found = standing(opens_on=first, closes_on=last, today=day)
        return found.stage, found.days_left

    assert at(date(2026, 10, 31)) == (Stage.SOON, None)
    assert at(first) == (Stage.OPEN, 29)
    assert at(last) == (Stage.OPEN, 0)
    assert at(date(2026, 12, 1)) == (Stage.CLOSED, None)


def test_consultations_are_listed_open_ones_first_and_told_by_the_day_of_da_nang(
    session: Session, client: CheckedClient
) -> None:
    def draft(title: str, opens: date, closes: date) -> Any:
        details = {"opens_on": f"{opens:%d/%m/%Y}", "closes_on": f"{closes:%d/%m/%Y}"}
        return make_publication(kind=Kind.CONSULTATION, title=title, details=details)

    # 17:30 UTC is half past midnight of the 15th in Đà Nẵng.
    now = datetime(2026, 9, 14, 17, 30, tzinfo=UTC)
    today = date(2026, 9, 15)
    day = timedelta(days=1)
    draft("Đã đóng", today - 9 * day, today - day)
    draft("Đóng sau", today - 9 * day, today + 5 * day)
    draft("Sắp mở", today + day, today + 9 * day)
    draft("Đóng hôm nay", today, today)
    found = consultations.page_of(now=now, number=1, per_page=3)
    assert [one.title for one in found.items] == ["Đóng hôm nay", "Đóng sau", "Sắp mở"]
    assert [one.standing.days_left for one in found.items] == [0, 5, None]
    assert found.pages == 2
    last = consultations.page_of(now=now, number=99, per_page=3)
    assert [one.title for one in last.items] == ["Đã đóng"]
    assert len(consultations.open_now(now=now, limit=9)) == 2
    assert client.get("/du-thao?trang=99").status_code == 200


def test_a_place_shows_its_page_or_a_list_of_them(session: Session, client: CheckedClient) -> None:
    assert client.get("/gioi-thieu").status_code == 404
    assert "Điện thoại" in client.get("/lien-he").text
    one = make_publication(kind=Kind.PAGE, title="Về cơ quan", details={"place": "gioi-thieu"})
    alone = client.get("/gioi-thieu").text
    assert "<h1>Về cơ quan</h1>" in alone
    assert f'rel="canonical" href="http://localhost/trang/{one.slug}-{one.id}"' in alone
    make_publication(
        kind=Kind.PAGE, title="Lịch sử", details={"place": "gioi-thieu", "position": "0"}
    )
    both = client.get("/gioi-thieu").text
    assert both.index("Lịch sử") < both.index("Về cơ quan")
    assert '<a href="/gioi-thieu">' in client.get("/thong-tin").text
    assert set(static_pages.ADDRESSES) < set(static_pages.LABELS)


def test_home_shows_services_documents_drafts_and_where_to_ask(
    session: Session, client: CheckedClient, some: Any
) -> None:
    make_publication(
        kind=Kind.DOCUMENT, title="Quy chế mới", details={"document_number": "41/2026/QĐ-UBND"}
    )
    make_publication(
        kind=Kind.CONSULTATION,
        title="Dự thảo đang mở",
        details={"opens_on": "01/01/2020", "closes_on": "31/12/2199"},
    )
    page = client.get("/").text
    assert "<strong>2 trên 4</strong> dịch vụ công trực tuyến toàn trình" in page
    assert "41/2026/QĐ-UBND" in page
    assert "Dự thảo đang mở" in page
    for address in ("/thu-tuc", "/van-ban", "/du-thao", "/hoi-dap", "/thong-tin"):
        assert f'href="{address}"' in page


def test_while_a_draft_is_open_pages_are_made_anew_each_midnight_of_da_nang(
    session: Session,
) -> None:
    make_publication(
        kind=Kind.CONSULTATION,
        details={"opens_on": "01/09/2026", "closes_on": "16/09/2026"},
    )
    session.commit()
    clock = [datetime(2026, 9, 14, 2, 0, tzinfo=UTC)]
    fresh = Freshness(db.engine, every_s=0, clock=lambda: clock[0])
    seen = [fresh.generation()]
    # 17:00 UTC is midnight in Đà Nẵng; the draft is closed from the 17th on.
    for day in (14, 15, 16):
        clock[0] = datetime(2026, 9, day, 16, 59, 59, tzinfo=UTC)
        assert fresh.generation() == seen[-1]
        clock[0] = datetime(2026, 9, day, 17, 0, tzinfo=UTC)
        seen.append(fresh.generation())
    assert len(set(seen)) == 4
    clock[0] = datetime(2027, 1, 1, tzinfo=UTC)
    assert fresh.generation() == seen[-1]
