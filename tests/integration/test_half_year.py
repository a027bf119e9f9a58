"""The half-year report: each figure has exactly as many rows behind it as it says."""

import io
import re
from datetime import UTC, date, datetime

import lxml.html
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy import delete
from sqlalchemy.orm import Session

from models import DutyItem, Kind, Origin, Role
from services import dates, duties, half_year
from tests.support.client import CheckedClient, login
from tests.support.factories import make_publication, make_user

JUNE = datetime(2017, 6, 30, 16, 59, tzinfo=UTC)
JULY = datetime(2017, 6, 30, 17, 0, tzinfo=UTC)
QUERY = "tu-ngay=01/01/2017&den-ngay=30/06/2017"


def fill() -> None:
    author = make_user()
    for _ in range(3):
        make_publication(published_at=JUNE, author=author)
    collected = make_publication(published_at=JUNE)
    assert collected.live_revision
    collected.live_revision.origin = Origin.COLLECTED
    make_publication(published_at=JULY)
    make_publication(published_at=JUNE, state="withdrawn")
    for kind in (Kind.NOTICE, Kind.COMPLAINT, Kind.TASK, Kind.QUESTION, Kind.CONSULTATION):
        make_publication(published_at=JUNE, kind=kind)
    for number, kind in enumerate(("thong-tu", "ke-hoach", "nghi-quyet")):
        make_publication(
            published_at=JUNE,
            kind=Kind.DOCUMENT,
            details={"document_type": kind, "document_number": f"{number}/2017/QĐ-X"},
        )
    for level in ("toan-trinh", "mot-phan", "thong-tin"):
        make_publication(
            published_at=datetime(2016, 3, 1, tzinfo=UTC),
            kind=Kind.PROCEDURE,
            details={"online_level": level},
        )


WANTED = {
    "tin-bai": 4,
    "tu-viet": 3,
    "thong-bao": 1,
    "van-ban": 3,
    "van-ban-phap-luat": 2,
    "khieu-nai": 1,
    "thu-tuc": 3,
    "truc-tuyen": 2,
    "du-thao": 1,
    "hoi-dap": 1,
    "nhiem-vu": 1,
}


def test_the_figures_are_those_of_the_period_with_all_of_its_last_day(session: Session) -> None:
    fill()
    found = half_year.report(first=date(2017, 1, 1), last=date(2017, 6, 30), now=JULY)
    assert found.figures == WANTED
    for groups in found.groups.values():
        for key, total in WANTED.items():
            assert sum(group.figures[key] for group in groups) == total


def test_each_figure_leads_to_as_many_rows_as_it_says(
    session: Session, client: CheckedClient
) -> None:
    fill()
    login(client, make_user(role=Role.CHIEF))
    page = lxml.html.document_fromstring(client.get(f"/ban-lam-viec/bao-cao?{QUERY}").text)
    links = page.xpath("//table//a[contains(@href, '/bao-cao/dong/')]")
    assert len(links) > len(WANTED)
    for link in links[:30]:
        rows = lxml.html.document_fromstring(client.get(link.get("href")).text)
        assert len(rows.xpath("//*[@id='report-rows']//tbody/tr")) == int(link.text)


def test_the_report_is_kept_as_a_spreadsheet_and_printed(
    session: Session, app: Flask, client: CheckedClient
) -> None:
    fill()
    session.commit()
    login(client, make_user(role=Role.CHIEF))
    xlsx = client.get(f"/ban-lam-viec/bao-cao/nua-nam.xlsx?{QUERY}")
    sheet = load_workbook(io.BytesIO(xlsx.data)).active
    assert sheet is not None
    assert [str(cell.value) for cell in sheet[2]][2:] == [str(n) for n in WANTED.values()]
    text = client.get(f"/ban-lam-viec/bao-cao/nua-nam.csv?{QUERY}").text
    assert "Toàn trang,,4,3,1,3,2,1,3,2,1,1,1" in text
    printed = app.test_cli_runner().invoke(
        args=["report", "--from", "1/1/2017", "--to", "30/6/2017"]
    )
    assert printed.exit_code == 0, printed.output
    assert re.search(r"Tin, bài tự viết: 3 / 4", printed.output)


def test_the_report_says_how_much_of_what_was_due_was_done_in_time_by_kind(
    session: Session, app: Flask, client: CheckedClient
) -> None:
    session.execute(delete(DutyItem))
    # Due and done on these days; None: not done.
    rows = (
        ("question", date(2017, 6, 30), date(2017, 6, 30)),
        ("question", date(2017, 3, 1), date(2017, 3, 2)),
        ("question", date(2017, 4, 3), None),
        ("own_document", date(2017, 1, 1), date(2016, 12, 30)),
        ("own_document", date(2016, 12, 31), date(2016, 12, 30)),
        ("own_document", date(2017, 7, 1), None),
    )
    for number, (duty, due, done) in enumerate(rows):
        item = duties.open_item(
            subject="question",
            subject_id=9000 + number,
            duty=duty,
            title=f"Việc {number}",
            address="",
            unit_id=None,
            started_on=date(2016, 12, 1),
        )
        item.due_on, item.done_on = due, done
        item.done_at = dates.start_of_day(done) if done else None
    session.commit()
    login(client, make_user(role=Role.CHIEF))
    page = lxml.html.document_fromstring(client.get(f"/ban-lam-viec/bao-cao?{QUERY}").text)
    told = [
        [cell.text_content() for cell in row.xpath("th|td")]
        for row in page.xpath("//*[@id='due-figures']/tbody/tr")
    ]
    wanted = [
        ["Cả cơ quan", "4", "2", "1", "1", "0", "50%"],
        ["Đăng văn bản của cơ quan", "1", "1", "0", "0", "0", "100%"],
        ["Trả lời câu hỏi, hoặc hẹn ngày", "3", "1", "1", "1", "0", "33%"],
    ]
    assert told == wanted
    # Each figure leads to as many lines of the ledger.
    links = page.xpath("//*[@id='due-figures']//a")
    assert len(links) == 10
    for link in links:
        rows_there = lxml.html.document_fromstring(client.get(link.get("href")).text)
        shown = rows_there.xpath("//table[contains(@class, 'duty-grid')]/tbody/tr")
        assert len(shown) == int(link.text), link.get("href")
    text = client.get(f"/ban-lam-viec/bao-cao/nua-nam.csv?{QUERY}").text
    for row in wanted:
        assert ",".join(["Thời hạn", f'"{row[0]}"' if "," in row[0] else row[0], *row[1:]]) in text
    printed = app.test_cli_runner().invoke(
        args=["report", "--from", "1/1/2017", "--to", "30/6/2017"]
    )
    assert (
        "Thời hạn: 4 việc đến hạn, 2 xong đúng hạn, 1 xong trễ, 1 quá hạn chưa xong, "
        "0 chưa đến hạn; tỷ lệ đúng hạn 50%"
    ) in printed.output


def test_days_in_the_wrong_order_are_told(session: Session, client: CheckedClient) -> None:
    login(client, make_user(role=Role.CHIEF))
    answer = client.get("/ban-lam-viec/bao-cao?tu-ngay=01/07/2017&den-ngay=30/02/2017")
    assert answer.status_code == 422
    assert "Đến ngày: Không có ngày" in answer.text
