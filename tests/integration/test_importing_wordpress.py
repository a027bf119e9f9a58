"""A WordPress export moved in: all of it, twice, killed in the middle, broken and hostile."""

import csv
import json
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import scoped_session

from extensions import db
from models import (
    AuditEvent,
    ImportItem,
    ImportRun,
    Kind,
    Media,
    OldAddress,
    Publication,
    Revision,
    Section,
    Transition,
    User,
    ViewTotal,
)
from services import publications, search
from services.moving import runs
from services.moving.runs import RunState
from services.publications import content_of, seen_token
from services.search.schema import texts
from tests.support.application import ROOT, make_app
from tests.support.client import CheckedClient
from tests.support.databases import Databases
from tests.support.documents import document as file_of
from tests.support.factories import NOW, make_section, make_unit, make_user
from tests.support.wordpress import SITE, attachment, export, item, many, picture

Session = scoped_session[Any]


@pytest.fixture
def unit(session: Session) -> Any:
    made = make_unit(name="Văn phòng Sở")
    session.commit()
    return made


def run(app: Flask, *arguments: str | Path) -> Result:
    return app.test_cli_runner().invoke(args=[str(one) for one in arguments])


def bring(app: Flask, path: Path, *more: str | Path, exit_code: int = 0) -> list[dict[str, Any]]:
    """Import, and answer the report's lines."""
    report = path.parent / "report.jsonl"
    result = run(app, "import", path, "--report", report, *more)
    assert result.exit_code == exit_code, result.output
    return [json.loads(line) for line in report.read_text("utf-8").splitlines()]


def outcomes(lines: Sequence[dict[str, Any]]) -> dict[str, str]:
    return {line["id"]: line["outcome"] for line in lines}


def by_title(session: Session, title: str) -> Publication:
    session.rollback()
    session.expire_all()
    return session.scalars(select(Publication).where(Publication.title == title)).one()


def contents(session: Session) -> list[Any]:
    """Everything that an import writes, without numbers and the moment at which it was run."""
    session.rollback()
    session.expire_all()
    rows: list[Any] = []
    for one in session.scalars(select(Publication)):
        latest = one.latest_revision
        assert latest is not None
        text = content_of(latest)
        lead = one.lead_media.token if one.lead_media else ""
        rows.append(
            [
                *(one.kind, one.slug, one.title, one.summary, text.body, one.byline, latest.state),
                *(one.section.slug if one.section else "", one.author.username, one.unit.slug),
                *(str(one.published_at), str(one.created_at), one.live_revision_id is None, lead),
            ]
        )
    queries = [
        select(OldAddress.address, Publication.title, Section.slug)
        .outerjoin(Publication, Publication.id == OldAddress.publication_id)
        .outerjoin(Section, Section.id == OldAddress.section_id),
        select(Publication.title, ViewTotal.total).join(
            ViewTotal, ViewTotal.publication_id == Publication.id
        ),
        select(User.username, User.full_name, User.is_active),
        select(Section.slug, Section.name),
        select(Media.token, Media.sha256),
        select(ImportItem.source, ImportItem.external_id, ImportItem.content_hash),
        select(Publication.title, Transition.action, Transition.reason).join(
            Transition, Transition.publication_id == Publication.id
        ),
        select(texts.c.title, texts.c.body),
        select(Revision.number, Revision.title, Revision.state),
    ]
    for query in queries:
        rows += [list(row) for row in session.execute(query)]
    return sorted(map(repr, rows))


def uploads(folder: Path) -> Path:
    """A folder of pictures as wp-content/uploads is."""
    media = folder / "uploads"
    media.mkdir(exist_ok=True)
    for number in range(5):
        (media / f"anh-{number}.jpg").write_bytes(picture(number))
    return media


# ---------------------------------------------------------------- what is brought
def test_a_text_comes_with_everything_that_it_had(
    app: Flask, session: Session, client: CheckedClient, unit: Any, tmp_path: Path
) -> None:
    media = uploads(tmp_path)
    (media / "2017").mkdir()
    (media / "2017" / "bao-cao.pdf").write_bytes(file_of("pdf"))
    content = (
        "Mở đầu, có dòng\nxuống hàng.\n\n"
        f'[caption id="attachment_9" align="aligncenter"]<a href="{SITE}/wp-content/uploads/'
        f'anh-1.jpg"><img src="{SITE}/wp-content/uploads/anh-1-300x200.jpg" alt="Phòng thí '
        'nghiệm"></a> Chú thích ảnh[/caption]\n\n'
        f'<h2>Tài liệu</h2>\n\nTải <a href="{SITE}/wp-content/uploads/2017/bao-cao.pdf">báo cáo'
        "</a> "
        f'hoặc xem <a href="{SITE}/?p=5">bài cũ</a>.\n\n[gallery ids="9,10"]\n\n'
        '[contact-form-7 id="3" title="Gửi"]\n\nhttps://www.youtube.com/watch?v=abc\n\n'
        "<script>alert(1)</script>Kết [1]."
    )
    path = export(
        tmp_path / "site.xml",
        item(
            12,
            title="Đo lường &amp; chất lượng".replace("&amp;", "&"),
            content=content,
            excerpt="Tóm tắt <b>cũ</b>.",
            category="so-huu-tri-tue",
            meta={"_thumbnail_id": "10", "post_views_count": "1.234"},
        ),
        attachment(9, "anh-1.jpg", alt="Ảnh một"),
        attachment(10, "anh-2.jpg", alt="Ảnh hai", title="Hai"),
    )
    (line,) = bring(app, path, "--media", media)
    assert (line["id"], line["outcome"]) == ("12", "created")
    assert line["reason"] == "Đã bỏ mã ngắn của WordPress: [contact-form-7]."
    post = by_title(session, "Đo lường & chất lượng")
    revision = post.live_revision
    assert revision is not None
    assert (post.summary, post.byline, post.section.name) == (
        "Tóm tắt cũ.",
        "Nguyễn Thị Lan",
        "Sở hữu trí tuệ",
    )
    assert post.section.parent.name == "Tin tức"
    assert str(post.published_at) == "2017-05-03 02:00:00+00:00"
    assert (post.author.username, post.author.is_active, post.unit.name) == (
        "lan.nguyen",
        False,
        "Văn phòng Sở",
    )
    body = revision.body
    assert body.startswith("<p>Mở đầu, có dòng<br> xuống hàng.</p>") or body.startswith(
        "<p>Mở đầu, có dòng<br>xuống hàng.</p>"
    )
    assert "<h2>Tài liệu</h2>" in body
    assert body.count("<figure>") == 3
    assert "<figcaption>Chú thích ảnh</figcaption>" in body
    assert 'alt="Phòng thí nghiệm"' in body
    assert 'href="https://www.youtube.com/watch?v=abc"' in body
    assert 'href="/?p=5"' in body
    assert "Kết [1]." in body
    assert "script" not in body
    assert "contact-form" not in body
    (file,) = revision.files
    assert f'href="/tep/{file.media.token}/bao-cao.pdf"' in body
    assert file.label == "báo cáo"
    assert post.lead_media.original_name == "anh-2.jpg"
    assert session.get(ViewTotal, post.id).total == 1234
    step = session.scalars(select(Transition)).one()
    assert (step.action, step.reason) == ("import", "Nhập từ site.xml, mục 1.")
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "import.run")).one()
    assert (event.subject_name, event.changes) == ("site.xml", {"created": [None, 1]})
    # Readers: the page, its picture and file, every address it had, and the search.
    page = f"/bai-viet/{post.slug}-{post.id}"
    answer = client.get(page)
    assert answer.status_code == 200
    assert client.get(f"/tep/{file.media.token}/bao-cao.pdf").status_code == 200
    assert client.get(f"/tep/{post.lead_media.token}/64.webp").status_code == 200
    for address in ("/?p=12", "/2017/05/bai-12/", "/2017/05/bai-12?fbclid=1"):
        assert client.get(address).headers["Location"] == page
    assert client.get("/category/so-huu-tri-tue/").headers["Location"] == (
        "/chuyen-muc/so-huu-tri-tue"
    )
    asked = search.SearchRequest(q="phong thi nghiem do luong")
    assert [hit.publication_id for hit in search.search(request=asked, now=NOW).hits] == [post.id]


def test_each_state_there_has_its_own_here(
    app: Flask, session: Session, unit: Any, tmp_path: Path
) -> None:
    path = export(
        tmp_path / "site.xml",
        item(1, title="Đăng"),
        item(2, title="Nháp", status="draft", date_gmt="0000-00-00 00:00:00"),
        item(3, title="Chờ", status="pending"),
        item(4, title="Riêng", status="private"),
        item(5, title="Rác", status="trash"),
        item(6, title="Hẹn giờ", status="future", date_gmt="2090-01-01 00:00:00"),
        item(7, title="Thực đơn", kind="nav_menu_item"),
        item(8, title="Trang", kind="page"),
    )
    lines = bring(app, path)
    assert outcomes(lines) == {
        **{"1": "created", "2": "created", "3": "created", "4": "created", "5": "skipped"},
        **{"6": "created", "7": "skipped", "8": "created"},
    }
    states = session.execute(
        select(Publication.title, Revision.state, Publication.live_revision_id.is_not(None))
        .join(Revision, Revision.id == Publication.latest_revision_id)
        .order_by(Publication.id)
    )
    assert [tuple(row) for row in states] == [
        ("Đăng", "published", True),
        ("Nháp", "draft", False),
        ("Chờ", "draft", False),
        ("Riêng", "archived", False),
        ("Hẹn giờ", "published", True),
        ("Trang", "published", True),
    ]
    wanted = Kind("page") if "page" in list(Kind) else Kind.POST
    assert by_title(session, "Trang").kind is wanted


def test_the_mapping_file_says_who_is_who_and_what_is_what(
    app: Flask, session: Session, unit: Any, tmp_path: Path
) -> None:
    lan = make_user(username="lan.moi", full_name="Nguyễn Thị Lan", unit=make_unit(name="Phòng A"))
    make_section(name="Thông tin", slug="thong-tin")
    session.commit()
    lan_id = lan.id
    site_map = tmp_path / "map.toml"
    site_map.write_text(
        'views = ["luot"]\n[authors]\n"lan.nguyen" = "lan.moi"\n[sections]\n'
        'tin-tuc = "thong-tin"\n[kinds]\ntin-tuc = "notice"\n[details]\n'
        'document_number = "so_hieu"\n[states]\ntrash = "withdrawn"\n',
        "utf-8",
    )
    path = export(
        tmp_path / "site.xml",
        item(1, title="Bài", meta={"luot": "7", "views": "9", "so_hieu": "12/TB-SKHCN"}),
        item(2, title="Đã gỡ", status="trash"),
    )
    assert outcomes(bring(app, path, "--map", site_map)) == {"1": "created", "2": "created"}
    post = by_title(session, "Bài")
    assert (post.author_id, post.unit.name, post.section.slug) == (lan_id, "Phòng A", "thong-tin")
    assert post.kind is Kind.NOTICE
    assert post.live_revision.notice.document_number == "12/TB-SKHCN"
    assert session.get(ViewTotal, post.id).total == 7
    assert by_title(session, "Đã gỡ").withdrawn_reason.startswith("Bài đã được gỡ ở trang cũ")
    for wrong, said in (
        ("[authors]\nlan.nguyen = 3\n", "[authors] phải gồm"),
        ('[authors]\nbinh = "khong.co"\n"lan.nguyen" = "khong.co"\n', "không có tài khoản đó"),
        ('[kinds]\ntin-tuc = "bao"\n', "không có loại “bao”"),
        ("[[[", "viết sai TOML"),
    ):
        site_map.write_text(wrong, "utf-8")
        path = export(tmp_path / "khac.xml", item(3, title="Khác"))
        report = tmp_path / "r.jsonl"
        report.write_text("", "utf-8")
        result = run(app, "import", path, "--map", site_map, "--report", report)
        told = result.output + report.read_text("utf-8")
        assert said in told, told


# ---------------------------------------------------------------- twice, and killed
@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_two_thousand_items_twice_and_killed_in_the_middle_come_to_the_same(
    app: Flask, session: Session, unit: Any, databases: Databases, tmp_path: Path
) -> None:
    come_to_the_same(app, session, databases, tmp_path, count=2000, killed_after=700)


def test_some_items_twice_and_killed_in_the_middle_come_to_the_same_on_each_engine(
    app: Flask, session: Session, unit: Any, databases: Databases, tmp_path: Path
) -> None:
    come_to_the_same(app, session, databases, tmp_path, count=300, killed_after=50)


def come_to_the_same(
    app: Flask,
    session: Session,
    databases: Databases,
    tmp_path: Path,
    *,
    count: int,
    killed_after: int,
) -> None:
    path = export(tmp_path / "site.xml", *many(count))
    media = uploads(tmp_path)
    kill_and_resume(app, session, path, media, after=killed_after)
    resumed = contents(session)
    assert session.scalar(select(func.count(Publication.id))) == count
    assert files_of(app) == 10
    # A site where nothing was interrupted, and where the file comes twice.
    (tmp_path / "whole").mkdir()
    with databases.new(tmp_path / "whole") as url:
        key = app.config["SECRET_KEY"]
        other = make_app(url, tmp_path / "whole" / "instance", SECRET_KEY=key)
        with other.app_context():
            make_unit(name="Văn phòng Sở")
            db.session.commit()
            assert {line["outcome"] for line in bring(other, path, "--media", media)} == {"created"}
            once = contents(db.session)
            lines = bring(other, path, "--media", media)
            assert {line["outcome"] for line in lines} == {"unchanged"}
            assert contents(db.session) == once
            db.session.remove()
            db.engine.dispose()
    assert files_of(other) == 10
    assert resumed == once


def files_of(app: Flask) -> int:
    """How many files the pictures are; those of a killed run that no row names would be more."""
    return len([one for one in Path(app.config["MEDIA_PATH"]).rglob("*") if one.is_file()])


def kill_and_resume(app: Flask, session: Session, path: Path, media: Path, *, after: int) -> None:
    """Run the command itself in a process, kill it once so many items are in, run it again."""
    arguments = [sys.executable, "-m", "flask", "--app", "app", "import", str(path)]
    arguments += ["--media", str(media)]
    environment = {
        "PATH": "/usr/bin:/bin",
        "PYTHONUTF8": "1",
        "INSTANCE_PATH": app.instance_path,
        "DATABASE_URL": app.config["DATABASE_URL"],
        "SECRET_KEY": app.config["SECRET_KEY"],
        "WORKER": "off",
    }
    count = select(func.count(Publication.id))
    with subprocess.Popen(arguments, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as job:
        deadline = time.monotonic() + 240
        while True:
            session.rollback()
            done = session.scalar(count) or 0
            session.rollback()
            if done >= after:
                break
            assert job.poll() is None, "it ended before it could be killed"
            assert time.monotonic() < deadline
            time.sleep(0.02)
        job.send_signal(signal.SIGKILL)
    session.rollback()
    left = session.scalar(count) or 0
    session.rollback()
    assert left % 50 == 0, "half a batch was left"
    broken_off = session.scalars(select(ImportRun)).one()
    assert runs.state_of(broken_off, now=NOW) is RunState.BROKEN_OFF
    session.rollback()
    lines = bring(app, path, "--media", media)
    told = [line["outcome"] for line in lines]
    assert told.count("unchanged") == left
    assert set(told[left:]) <= {"created"}


# ---------------------------------------------------------------- changed meanwhile
def test_what_was_changed_here_is_not_written_over_unless_that_is_asked_for(
    app: Flask, session: Session, unit: Any, tmp_path: Path
) -> None:
    path = export(tmp_path / "site.xml", item(1, title="Một"), item(2, title="Hai", status="draft"))
    bring(app, path)
    two = by_title(session, "Hai")
    two_id, two.author.is_active = two.id, True
    draft = two.latest_revision
    publications.save(
        publication=two,
        actor=two.author,
        content=publications.Content(title="Hai, sửa ở đây", body="<p>Mới.</p>"),
        seen=seen_token(draft),
        now=NOW,
    )
    session.commit()
    export(
        tmp_path / "site.xml",
        item(1, title="Một, sửa ở trang cũ", meta={"views": "5"}),
        item(2, title="Hai, sửa ở trang cũ", status="draft"),
    )
    lines = bring(app, path)
    assert outcomes(lines) == {"1": "updated", "2": "unchanged"}
    assert "đã được sửa trên trang" in lines[1]["reason"]
    one = by_title(session, "Một, sửa ở trang cũ")
    assert [
        row.state
        for row in session.scalars(
            select(Revision).where(Revision.publication_id == one.id).order_by(Revision.number)
        )
    ] == ["superseded", "published"]
    assert session.get(ViewTotal, one.id).total == 5
    assert outcomes(bring(app, path, "--overwrite")) == {"1": "unchanged", "2": "updated"}
    assert by_title(session, "Hai, sửa ở trang cũ").id == two_id
    assert outcomes(bring(app, path)) == {"1": "unchanged", "2": "unchanged"}


# ---------------------------------------------------------------- bad input
def test_a_dry_run_says_what_would_happen_and_writes_nothing(
    app: Flask, session: Session, unit: Any, tmp_path: Path
) -> None:
    path = export(
        tmp_path / "site.xml",
        *many(8),
        item(99, title="Hỏng", date_gmt="2017-02-30 00:00:00", date="x", more="").replace(
            "Wed, 03 May 2017 02:00:00 +0000", "hôm qua"
        ),
    )
    before = contents(session)
    lines = bring(app, path, "--media", uploads(tmp_path), "--dry-run")
    assert [line["outcome"] for line in lines] == ["created"] * 8 + ["refused"]
    assert contents(session) == before
    assert not list(Path(app.config["MEDIA_PATH"]).glob("*/*"))
    assert session.scalar(select(func.count(AuditEvent.id))) == 0


def test_what_is_broken_or_hostile_is_told_by_row_and_the_rest_goes_on(
    app: Flask, session: Session, unit: Any, tmp_path: Path
) -> None:
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b '
        '"&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY x SYSTEM "file:///etc/passwd">]>\n<rss version="2.0" '
        'xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" '
        f'xmlns:wp="http://wordpress.org/export/1.2/"><channel><link>{SITE}</link>\n'
    )
    data = "<img src=\"data:image/svg+xml;base64,PHN2Zz4=\"><img src='data:text/html,x'>"
    unclosed = item(9, title="Nuốt").replace("thẻ]]>", "thẻ")
    path = export(
        tmp_path / "site.xml",
        item(1, title="Trước"),
        item(2, title="Thực thể").replace("<![CDATA[Thực thể]]>", "&b;&x;"),
        item(3, title="Sai thẻ").replace("</wp:status>", "</wp:stat>"),
        item(4, title="Lớn", content="x" * 900_000),
        item(5, title="Rất lớn", content="x" * 9_000_000),
        item(6, title="Sâu", content="<blockquote>" * 300 + "a"),
        item(7, title="Ký tự \x08lạ", content=f"<p>A\x0b</p>{data}<p onclick=x()>B</p>"),
        item(8, title="Ngày", date_gmt="2017-02-30 00:00:00", date="2017-02-30 07:00:00"),
        unclosed,
        item(10, title="Sau"),
        item(1, title="Trùng"),
        item(11, title="[caption]" * 3000 + "Mở", content="[caption]<pre>[a]<!-- wp:" * 9000),
        item(12, title="Thiếu ảnh", content='<p>A</p><img src="/wp-content/uploads/../../etc/x">'),
        head=head,
    )
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.rindex(b"<wp:post_id>12")])
    lines = bring(app, path)
    told = {line["row"]: (line["id"], line["outcome"], line["reason"]) for line in lines}
    refused = {2: "sai XML", 3: "sai XML", 4: "dài quá 800 KB", 5: "lớn quá 8 MB", 6: "lớp lồng"}
    refused |= {9: "CDATA", 11: "Trùng số với mục 1", 13: "bị cắt ngang"}
    for row, said in refused.items():
        assert told[row][1] == "refused", told[row]
        assert said in told[row][2], told[row]
    assert {row for row, line in told.items() if line[1] == "created"} == {1, 7, 8, 10, 12}
    assert "không có trong lịch" in told[8][2]
    assert str(by_title(session, "Ngày").published_at) == "2017-05-03 02:00:00+00:00"
    strange = by_title(session, "Ký tự lạ")
    assert strange.live_revision.body == "<p>A</p>\n<p>B</p>"
    assert "Thiếu ảnh" in told[7][2]
    everything = " ".join(session.scalars(select(Revision.body)))
    assert "root:" not in everything
    assert "haha" not in everything
    # The whole file, mended: the second run brings what was lacking.
    path.write_bytes(whole)
    lines = bring(app, path)
    (last,) = [line for line in lines if line["id"] == "12"]
    assert last["outcome"] == "created"
    assert "không có trong thư mục" in last["reason"]


def test_a_picture_that_was_missing_is_brought_by_the_next_run(
    app: Flask, session: Session, unit: Any, tmp_path: Path
) -> None:
    content = f'<p>Chữ.</p><img src="{SITE}/wp-content/uploads/2017/moi.png" alt="Mới">'
    path = export(tmp_path / "site.xml", item(1, title="Bài", content=content))
    (line,) = bring(app, path)
    assert "Thiếu ảnh" in line["reason"]
    (line,) = bring(app, path)
    assert (line["outcome"], "Thiếu ảnh" in line["reason"]) == ("unchanged", True)
    media = tmp_path / "u"
    (media / "2017").mkdir(parents=True)
    (media / "2017" / "moi.png").write_bytes(picture(1, form="GIF"))
    (line,) = bring(app, path, "--media", media)
    assert (line["outcome"], line["reason"]) == ("updated", "")
    assert 'alt="Mới"' in by_title(session, "Bài").live_revision.body
    (line,) = bring(app, path, "--media", media)
    assert line["outcome"] == "unchanged"


def test_the_report_opens_in_a_spreadsheet_and_holds_no_formula(
    app: Flask, session: Session, unit: Any, tmp_path: Path
) -> None:
    path = export(tmp_path / "site.xml", item(1, title="=HYPERLINK(1)"))
    result = run(app, "import", path)
    assert "Xong: mới tạo 1." in result.output
    report = next(Path(app.instance_path, "import-reports").glob("*.csv"))
    rows = list(csv.reader(report.read_text("utf-8-sig").splitlines()))
    assert rows[0] == ["Mục", "Số ở trang cũ", "Tiêu đề", "Kết quả", "Ghi chú"]
    assert rows[1][:4] == ["1", "1", "'=HYPERLINK(1)", "mới tạo"]


def test_a_path_that_is_nothing_of_these_is_refused(
    app: Flask, session: Session, unit: Any, tmp_path: Path
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("abc")
    result = run(app, "import", path)
    assert result.exit_code == 1
    assert "Không nhận ra a.txt" in result.output


def test_a_site_without_a_unit_says_what_to_do(
    app: Flask, session: Session, tmp_path: Path
) -> None:
    result = run(app, "import", export(tmp_path / "site.xml", item(1)))
    assert result.exit_code == 1
    assert "chưa có đơn vị nào" in result.output
