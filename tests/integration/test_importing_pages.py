"""A folder of HTML pages moved in as its mapping file says, also from before Unicode."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import scoped_session

from models import Kind, Media, Publication, Revision, ViewTotal
from services.moving.finding import Fetcher, Folder
from services.moving.items import Found
from services.outside_web import Web
from tests.integration.test_importing_wordpress import bring, outcomes, run
from tests.support.client import CheckedClient
from tests.support.documents import document
from tests.support.factories import make_unit
from tests.support.web import running_web
from tests.support.wordpress import picture

Session = scoped_session[Any]

MAP = """
source = "cu"
base_url = "http://www.cu.vn"
[[rules]]
path = "van-ban/*"
kind = "notice"
title = "h1"
body = "#noi-dung"
date = "span.ngay"
section = "=Thông báo"
addresses = ["/{path}", "/xem.asp?id={number}"]
[rules.details]
document_number = "b.so"
[[rules]]
path = "tin/*.htm*"
title = "h1.tieu-de"
summary = "p.sapo"
body = "div.noi-dung"
remove = [".chia-se"]
date = "span.ngay"
date_format = "%d/%m/%Y %H:%M"
author = ".tac-gia"
section = ".duong-dan a"
views = ".luot"
lead = 'meta[property="og:image"]@content'
"""
PAGE = """<!DOCTYPE html><html><head><meta charset="{charset}">
<meta property="og:image" content="/anh/dai-dien.png"></head><body>
<p class="duong-dan"><a href="/">{section}</a></p><h1 class="tieu-de">{title}</h1>
<p class="sapo">{summary}</p><span class="ngay">{date}</span>
<div class="noi-dung"><p>{text}</p><div class="chia-se">Chia sẻ</div>
<img src="../anh/hinh.jpg" alt="Hình"><p><a href="../tep/a.pdf">Tệp</a>
<a href="hai.html">Bài hai</a></p><script>x()</script></div>
<p class="tac-gia">Tác giả: {author}</p><b class="luot">1.205 lượt xem</b></body></html>"""
GOOD = {
    "charset": "utf-8",
    "section": "Tin hoạt động",
    "title": "Kiểm định taximet",
    "summary": "Tóm tắt cũ",
    "date": "07/05/2012 14:05",
    "text": "Nội dung của bài viết.",
    "author": "Trần Văn Bình",
}
# "Sở Khoa học và Công nghệ thành phố Đà Nẵng" and more, as a TCVN3 font writes it.
TCVN3_TITLE = "Së Khoa häc vµ C«ng nghÖ"
TCVN3_TEXT = "Thµnh phè §µ N½ng tæ chøc kiÓm ®Þnh ph­¬ng tiÖn ®o l­êng cña c¸c hé kinh doanh."


@pytest.fixture
def folder(session: Session, tmp_path: Path) -> Path:
    make_unit(name="Văn phòng Sở")
    session.commit()
    root = tmp_path / "trang"
    for name in ("tin", "van-ban", "anh", "tep", "khac"):
        (root / name).mkdir(parents=True)
    (root / "anh" / "hinh.jpg").write_bytes(picture(1))
    (root / "anh" / "dai-dien.png").write_bytes(picture(2, form="PNG"))
    (root / "tep" / "a.pdf").write_bytes(document("pdf"))
    (tmp_path / "map.toml").write_text(MAP, "utf-8")
    return root


def page(root: Path, path: str, **said: str) -> None:
    encoding = said.pop("encoding", "utf-8")
    (root / path).write_bytes(PAGE.format(**{**GOOD, **said}).encode(encoding))


def titled(session: Session, title: str) -> Publication:
    session.rollback()
    session.expire_all()
    return session.scalars(select(Publication).where(Publication.title == title)).one()


def test_a_page_comes_with_everything_that_it_had(
    app: Flask, session: Session, client: CheckedClient, folder: Path
) -> None:
    page(folder, "tin/mot.html")
    (folder / "van-ban" / "tb-15.html").write_text(
        "<h1>Thông báo nghỉ lễ</h1><b class=so>12/TB-SKHCN</b><span class=ngay>Ngày 2/9/2012</span>"
        "<div id=noi-dung><p>Nghỉ lễ.</p></div>",
        "utf-8",
    )
    (folder / "khac" / "a.html").write_text("<p>Khác</p>")
    lines = bring(app, folder, "--map", folder.parent / "map.toml")
    assert outcomes(lines) == {
        "khac/a.html": "skipped",
        "tin/mot.html": "created",
        "van-ban/tb-15.html": "created",
    }
    assert [line["reason"] for line in lines if line["outcome"] == "created"] == ["", ""]
    post = titled(session, "Kiểm định taximet")
    revision = post.live_revision
    assert (post.summary, post.byline, post.section.name, post.author.full_name) == (
        "Tóm tắt cũ",
        "Trần Văn Bình",
        "Tin hoạt động",
        "Trần Văn Bình",
    )
    assert str(post.published_at) == "2012-05-07 07:05:00+00:00"
    assert session.get_one(ViewTotal, post.id).total == 1205
    assert post.lead_media.original_name == "dai-dien.png"
    (file,) = revision.files
    assert f'href="/tep/{file.media.token}/a.pdf"' in revision.body
    assert 'alt="Hình"' in revision.body
    assert 'href="/tin/hai.html"' in revision.body
    assert "Chia sẻ" not in revision.body
    assert "x()" not in revision.body
    notice = titled(session, "Thông báo nghỉ lễ")
    assert notice.kind is Kind.NOTICE
    assert notice.live_revision.notice.document_number == "12/TB-SKHCN"
    where = client.get("/tin/mot.html").headers["Location"]
    assert where == f"/bai-viet/kiem-dinh-taximet-{post.id}"
    for address in ("/xem.asp?ID=15", "/van-ban/tb-15.html"):
        assert client.get(address).headers["Location"].startswith("/thong-bao/")
    again = bring(app, folder, "--map", folder.parent / "map.toml")
    assert [line["outcome"] for line in again] == ["skipped", "unchanged", "unchanged"]


def test_pages_of_before_unicode_are_read(app: Flask, session: Session, folder: Path) -> None:
    (folder / "tin" / "tcvn3.html").write_bytes(
        f"""<html><head><meta http-equiv="Content-Type" content="text/html; charset=windows-1252">
        </head><body><h1 class="tieu-de">{TCVN3_TITLE}</h1><span class="ngay">07/05/2003 08:00
        </span><div class="noi-dung"><p>{TCVN3_TEXT}</p></div></body></html>""".encode("latin-1")
    )
    page(folder, "tin/khac.html", charset="utf-8", title="Da Nang", summary="", text="Ok")
    lines = bring(app, folder, "--map", folder.parent / "map.toml")
    assert {line["outcome"] for line in lines} == {"created"}
    (told,) = [line["reason"] for line in lines if line["id"] == "tin/tcvn3.html"]
    assert told == "Trang viết bằng TCVN3 (ABC), đã chuyển sang Unicode."
    post = titled(session, "Sở Khoa học và Công nghệ")
    assert "Thành phố Đà Nẵng tổ chức kiểm định phương tiện đo lường" in post.live_revision.body


def test_what_a_page_lacks_is_told_by_row_and_the_rest_goes_on(
    app: Flask, session: Session, folder: Path
) -> None:
    page(folder, "tin/a-khong-tieu-de.html", title="")
    page(folder, "tin/b-ngay-sai.html", date="31/02/2012 10:00")
    page(folder, "tin/c-khong-ngay.html", date="")
    (folder / "tin" / "d-rong.html").write_text("")
    (folder / "tin" / "e-lon.html").write_bytes(b"x" * 5_000_001)
    (folder / "tin" / "f-hong.html").write_bytes(b"\x00\xff\xfe<h1" * 50)
    page(folder, "tin/g-tot.html", title="Tốt", text="<div " * 50 + "Chữ")
    (folder / "tin" / "h-ra-ngoai.html").symlink_to("/etc/hostname")
    lines = bring(app, folder, "--map", folder.parent / "map.toml")
    told = {line["id"].removeprefix("tin/")[0]: line for line in lines}
    assert {key for key, line in told.items() if line["outcome"] == "refused"} == set("abcdef")
    assert "Không thấy tiêu đề" in told["a"]["reason"]
    assert "không có trong lịch" in told["b"]["reason"]
    assert "Không thấy ngày đăng" in told["c"]["reason"]
    assert "lớn quá 5 MB" in told["e"]["reason"]
    assert told["g"]["outcome"] == "created"
    assert "h" not in told
    (folder.parent / "map.toml").write_text(MAP.replace('"h1.tieu-de"', '"h1["'), "utf-8")
    result = run(app, "import", folder, "--map", folder.parent / "map.toml")
    assert result.exit_code == 1
    assert "bộ chọn “h1[” viết sai" in result.output
    result = run(app, "import", folder)
    assert result.exit_code == 1
    assert "cần tệp ánh xạ" in result.output
    assert session.scalars(select(Revision.title)).all() == ["Tốt"]
    assert len(session.scalars(select(Media)).all()) == 3


def test_what_is_not_in_the_folder_is_fetched_only_when_that_is_asked_for(tmp_path: Path) -> None:
    asked = Folder(tmp_path, hosts=frozenset({"cu.vn"}))
    assert asked.find("http://khac.vn/a.jpg") == "nằm ở trang khác, chỉ lấy khi có --fetch"
    assert asked.find("http://cu.vn/../../etc/passwd") == "không có trong thư mục ảnh và tệp"
    with running_web() as outside:
        data = picture(3)

        def answer(handler: Any) -> None:
            if handler.path == "/a%20b.jpg":
                handler.send_response(200)
                handler.send_header("Content-Length", str(len(data)))
                handler.end_headers()
                handler.wfile.write(data)
            elif handler.path == "/lon.pdf":
                handler.send_response(200)
                handler.end_headers()
                for _ in range(60):
                    try:
                        handler.wfile.write(b"x" * 1_000_000)
                    except OSError:
                        return
            elif handler.path == "/dut.jpg":
                handler.send_response(200)
                handler.send_header("Content-Length", "1000")
                handler.end_headers()
                handler.wfile.write(b"x")
            else:
                handler.send_response(404)
                handler.end_headers()

        outside.instead = answer
        web = Web(
            agent="thu",
            admits=lambda _address: True,
            resolve=lambda _host, _port: ["127.0.0.1"],
            ports=frozenset({outside.port}),
        )
        fetching = Folder(tmp_path, hosts=frozenset(), fetch=Fetcher(web, pause_s=0).fetch)
        assert fetching.find(outside.url("/a b.jpg".replace(" ", "%20"))) == Found("a b.jpg", data)
        assert fetching.find(outside.url("/khong.jpg")) == "máy chủ trả lời mã 404"
        assert fetching.find(outside.url("/lon.pdf")) == "Tệp lớn quá 50 MB"
        assert fetching.find(outside.url("/dut.jpg")) == "Không kết nối được với máy chủ"
        count = len(outside.asked)
        assert fetching.find(outside.url("/khong.jpg")) == "máy chủ trả lời mã 404"
        assert len(outside.asked) == count
    inside = Fetcher(Web(agent="thu"), pause_s=0)
    assert "mạng nội bộ" in str(inside.fetch("http://127.0.0.1/a.jpg"))
