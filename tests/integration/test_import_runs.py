"""Past imports, as administrators see them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import lxml.html
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import scoped_session

from models import ImportRun, Publication, Role
from services.moving import runs
from services.moving.runs import RunState
from tests.integration.test_importing_wordpress import run
from tests.support.client import CheckedClient, login
from tests.support.factories import make_unit, make_user
from tests.support.wordpress import export, item, many

Session = scoped_session[Any]
PAGE = "/ban-lam-viec/quan-tri/nhap-du-lieu"


def test_each_run_is_there_with_how_it_went_and_its_report(
    app: Flask, session: Session, client: CheckedClient, tmp_path: Path
) -> None:
    make_unit(name="Văn phòng Sở")
    login(client, make_user(role=Role.ADMIN))
    assert "Chưa nhập lần nào" in client.get(PAGE).text
    path = export(tmp_path / "trang-cu.xml", *many(55), item(99, title="Rác", status="trash"))
    broken = tmp_path / "hong.txt"
    broken.write_text("không phải gì cả", "utf-8")
    assert run(app, "import", path, "--dry-run").exit_code == 0
    assert session.scalar(select(func.count(Publication.id))) == 0
    own = tmp_path / "cua-toi.jsonl"
    assert run(app, "import", path, "--report", own).exit_code == 0
    assert len(own.read_text("utf-8").splitlines()) == 56
    assert run(app, "import", broken).exit_code == 1
    rows = lxml.html.document_fromstring(client.get(PAGE).text).xpath("//table//tbody/tr")
    told = [
        [" ".join(cell.text_content().split()) for cell in row.xpath("th|td[position() > 1]")]
        for row in rows
    ]
    assert [row[0] for row in told] == [
        "hong.txtChưa rõ loại",
        "trang-cu.xmlWordPress (WXR) · wordpress:cu.danang.gov.vn",
        "trang-cu.xmlWordPress (WXR) · wordpress:cu.danang.gov.vn",
    ]
    assert told[0][1].startswith("Không chạy được")
    assert "Không nhận ra hong.txt là gì." in told[0][2]
    assert told[0][3] == "–"
    assert told[1][1].startswith("Đã xong")
    assert told[1][2] == "mới tạo 55, bỏ qua 1"
    assert "Chạy thử, không ghi gì" in told[2][1]
    assert told[2][2] == "mới tạo 55, bỏ qua 1"
    for link in rows[1].xpath(".//a/@href"), rows[2].xpath(".//a/@href"):
        answer = client.get(link[0])
        assert answer.headers["Content-Disposition"].startswith("attachment; filename=nhap-")
        report = answer.data.decode("utf-8-sig").splitlines()
        assert report[0] == "Mục,Số ở trang cũ,Tiêu đề,Kết quả,Ghi chú"
        assert len(report) == 57
    gone = client.get(f"{PAGE}/{session.scalar(select(func.max(ImportRun.id)))}/bao-cao.csv")
    assert gone.status_code == 404
    assert "không còn trên máy chủ" in gone.text
    login(client, make_user(role=Role.CHIEF))
    assert client.get(PAGE).status_code == 403


def test_what_was_killed_is_told_as_broken_off(session: Session) -> None:
    now = datetime.now(UTC)
    one = runs.begin(said="a.xml", is_dry=False, now=now)
    # This very process runs it.
    assert runs.state_of(one, now=now + timedelta(days=1)) is RunState.RUNNING
    # Its number is beyond any that there are.
    one.process = 2**22 + 1
    assert runs.state_of(one, now=now) is RunState.BROKEN_OFF
    # Of another machine only its silence tells.
    one.host = "may-khac"
    assert runs.state_of(one, now=now + timedelta(minutes=14)) is RunState.RUNNING
    assert runs.state_of(one, now=now + timedelta(minutes=16)) is RunState.BROKEN_OFF
    runs.end(one.id, counts={}, is_whole=False, now=now)
    assert runs.state_of(one, now=now) is RunState.BROKEN_OFF
