"""Lists with filters: what they leave, how they are asked, what they say of a wrong address."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import lxml.html
import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session

from extensions import db
from models import Kind, Publication
from services import search
from services.dates import format_date, local_date
from services.documents import DocumentStatus, status_of
from tests.support.client import CheckedClient
from tests.support.factories import NOW, make_publication

CASES = json.loads((Path(__file__).parents[1] / "data/text-cases.json").read_text("utf-8"))


def document(number: str, **details: str) -> Publication:
    title = details.pop("title", f"Văn bản {number}")
    made = make_publication(
        kind=Kind.DOCUMENT,
        title=title,
        details={"document_number": number, "effective_on": "", "expires_on": "", **details},
    )
    search.index_publication(publication_id=made.id)
    return made


def titles(client: CheckedClient, query: str = "") -> list[str]:
    page = lxml.html.document_fromstring(client.get(f"/van-ban?{query}").text)
    return [
        title.text_content() for title in page.xpath("//*[@id='publication-list']//article//h2")
    ]


@pytest.fixture
def shelf(session: Session) -> None:
    today = local_date(datetime.now(UTC))
    document(
        "05/2017/QĐ-UBND",
        title="Cũ",
        issued_on="05/07/2017",
        domain="Sở hữu trí tuệ",
        issuing_body="Ủy ban nhân dân thành phố",
        expires_on=format_date(today),
    )
    document(
        "05/2026/QĐ-UBND",
        title="Mới",
        issued_on="01/09/2026",
        domain="Đo lường",
        issuing_body="Uỷ ban nhân dân thành phố",
    )
    document("50/2026/TT-BKHCN", title="Sắp", issued_on="10/09/2026", document_type="thong-tu",
             issuing_body="Bộ Khoa học và Công nghệ",
             effective_on=format_date(today + timedelta(days=1)))  # fmt: skip


def test_documents_are_listed_by_the_day_they_were_issued(
    shelf: None, client: CheckedClient
) -> None:
    assert titles(client) == ["Sắp", "Mới", "Cũ"]


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("so=05/2026", ["Mới"]),
        ("so=5+/2017/qd–ubnd", ["Cũ"]),
        ("so=5", ["Mới", "Cũ"]),
        ("so=tt-bkhcn", ["Sắp"]),
        ("loai=thong-tu", ["Sắp"]),
        ("linh-vuc=do-luong", ["Mới"]),
        ("co-quan=uy-ban-nhan-dan-thanh-pho", ["Mới", "Cũ"]),
        ("nam=2026", ["Sắp", "Mới"]),
        ("hieu-luc=con-hieu-luc", ["Mới"]),
        ("hieu-luc=chua-hieu-luc", ["Sắp"]),
        ("hieu-luc=het-hieu-luc", ["Cũ"]),
        ("tu-khoa=moi", ["Mới"]),
        ("nam=2026&loai=thong-tu&hieu-luc=con-hieu-luc", []),
    ],
)
def test_a_filter_leaves_what_it_says(
    shelf: None, client: CheckedClient, query: str, left: list[str]
) -> None:
    assert titles(client, query) == left


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("nam=xưa", "Năm ban hành phải là một năm"),
        ("loai=khong-co", "Loại văn bản: lựa chọn này không có"),
        ("co-quan=khong-co", "Cơ quan ban hành: lựa chọn này không có"),
        ("so=---", "Số, ký hiệu phải có chữ hoặc số"),
        ("tu-khoa=" + "a" * 300, "Từ khoá dài 300 ký tự"),
    ],
)
def test_what_cannot_be_taken_is_named_and_still_there(
    shelf: None, client: CheckedClient, query: str, sentence: str
) -> None:
    answer = client.get(f"/van-ban?{query}")
    assert answer.status_code == 422
    assert sentence in answer.text
    typed = lxml.html.document_fromstring(answer.text)
    name, value = query.split("=")
    fields = typed.xpath(f"//input[@name='{name}']/@value")
    assert not fields or fields == [value]


def test_a_chosen_filter_is_a_link_back_and_stays_in_the_next_pages(
    session: Session, client: CheckedClient
) -> None:
    for number in range(1, 25):
        document(f"{number:02}/2026/QĐ-SKHCN", issued_on="01/09/2026")
    text = client.get("/van-ban?nam=2026&hieu-luc=con-hieu-luc", headers={"HX-Request": "true"})
    part = lxml.html.fromstring(text.text)
    assert part.get("id") == "publication-list"
    links = part.xpath(".//ul[contains(@class, 'kind-chosen')]//a/@href")
    assert links == ["/van-ban?hieu-luc=con-hieu-luc", "/van-ban?nam=2026"]
    assert "/van-ban?nam=2026&hieu-luc=con-hieu-luc&trang=2" in part.xpath(".//nav//a/@href")


def test_a_list_asks_the_same_number_of_questions_however_long_it_is(
    session: Session, app: Flask, client: CheckedClient
) -> None:
    def questions() -> int:
        asked: list[str] = []

        def note(*arguments: object) -> None:
            asked.append(str(arguments[2]))

        event.listen(db.engine, "before_cursor_execute", note)
        client.get("/van-ban?nam=2026&so=/2026")
        event.remove(db.engine, "before_cursor_execute", note)
        return len(asked)

    document("01/2026/QĐ-SKHCN", issued_on="01/09/2026")
    few = questions()
    for number in range(2, 12):
        document(f"{number:02}/2026/QĐ-SKHCN", issued_on="01/09/2026")
    assert questions() == few


def test_a_status_turns_at_midnight_in_da_nang() -> None:
    details = {"issued_on": "01/09/2026", "effective_on": "15/09/2026", "expires_on": "20/09/2026"}
    of_day = [status_of(details, local_date(NOW) + timedelta(days=days)) for days in (0, 1, 5, 6)]
    assert of_day == [
        DocumentStatus.NOT_YET,
        DocumentStatus.IN_FORCE,
        DocumentStatus.IN_FORCE,
        DocumentStatus.OVER,
    ]


def test_every_way_to_write_a_number_finds_the_document(
    session: Session, client: CheckedClient
) -> None:
    cases = CASES["document_number"]
    for canonical in {case["canonical"] for case in cases}:
        document(canonical, title=canonical, issued_on="01/09/2026")
    for case in cases:
        query = urlencode({"so": case["input"]})
        assert titles(client, query) == [case["canonical"]]
