"""The site's own export: what goes out comes in the same, whatever befalls it on its way."""

import json
from datetime import time
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import scoped_session

from extensions import db
from models import (
    Correction,
    Kind,
    Media,
    OldAddress,
    Publication,
    Revision,
    ScheduleEntry,
    Section,
    User,
    ViewTotal,
)
from services import publications, schedule_writing, uploads
from services.attachments import Attachment
from services.media import figure_markup
from services.moving import old_addresses, site_schedule
from services.publications import Content, content_of
from services.schedule_writing import EntryDraft
from tests.integration.test_importing_wordpress import bring, run
from tests.support.documents import document
from tests.support.factories import (
    NOW,
    make_publication,
    make_revision,
    make_section,
    make_unit,
    make_user,
)
from tests.support.wordpress import picture

Session = scoped_session[Any]


def fill(app: Flask) -> None:
    """A site with something of everything; in its context."""
    root = Path(app.config["MEDIA_PATH"])
    writer = make_user(username="lan.viet", full_name="Nguyễn Thị Lan", unit=make_unit(name="P. A"))
    parent = make_section(name="Tin tức")
    section = make_section(name="Đo lường", parent=parent, description="Về đo lường")
    known: dict[str, Any] = {"actor": writer, "publication": None, "now": NOW, "root": root}
    shown = uploads.store_picture(data=picture(1), filename="a.jpg", alt="Cân", **known)
    with (root / "x").open("w+b") as file:
        file.write(document("pdf"))
        attached = uploads.store_file(file=file, filename="Báo cáo.pdf", **known)
    post = make_publication(title="Bài có đủ mọi thứ", author=writer, section=section, views=321)
    live = post.live_revision
    assert live is not None
    content = Content(
        title=post.title,
        summary="Tóm tắt",
        body=f"<p>Chữ.</p>{figure_markup(shown, caption='Chú thích')}",
        byline="Lan",
        section_id=section.id,
        lead_media_id=shown.id,
        files=(Attachment(attached.id, "Tải về"),),
        secrecy_declared=True,
    )
    publications.fill(live, publications.cleaned(content, Kind.POST))
    publications.copy_text(post, live)
    publications.record_media(live)
    make_revision(publication=post, state="in_edit", title="Bản đang sửa")
    db.session.add(
        Correction(publication_id=post.id, noted_at=NOW, text="Sửa số 3 thành 4.", by_id=writer.id)
    )
    old_addresses.keep(["/?p=7", "/cu.html"], publication_id=post.id, now=NOW)
    old_addresses.keep(["/muc-cu"], section_id=section.id, now=NOW)
    for kind in Kind:
        make_publication(kind=kind, section=section, author=writer)
    make_publication(state="draft", author=writer)
    make_publication(state="withdrawn", author=writer)
    editor = make_user(username="bien.tap", role="editor", unit=writer.unit)
    for typed in ({"starts": "08:00", "ends": "9h30", "chair": "Giám đốc"}, {"part": "morning"}):
        draft = EntryDraft(day="25/11/2026", content="Giao ban", **typed)
        entry = schedule_writing.add(actor=editor, draft=draft, now=NOW)
    schedule_writing.set_status(
        actor=writer, entry_id=entry.id, status="postponed", note="Sang tuần sau", seen="0", now=NOW
    )
    db.session.commit()


def lines_of(folder: Path) -> list[dict[str, Any]]:
    text = (folder / "content.jsonl").read_text("utf-8")
    found = [json.loads(line) for line in text.split("\n") if line]
    return [one for one in found if one["type"] != "site"]


def test_what_goes_out_comes_in_and_goes_out_the_same(
    app: Flask, session: Session, other: Flask, tmp_path: Path
) -> None:
    fill(app)
    first, second = tmp_path / "ra", tmp_path / "ra-lai"
    result = run(app, "export", first)
    assert result.exit_code == 0, result.output
    assert f"Đã xuất {3 + len(Kind)} bài" in result.output
    with other.app_context():
        dry = bring(other, first, "--dry-run")
        assert {line["outcome"] for line in dry} == {"created"}
        assert db.session.scalars(select(Publication)).all() == []
        assert not list(Path(other.config["MEDIA_PATH"]).glob("*/*"))
        lines = bring(other, first)
        assert {(line["outcome"], line["reason"]) for line in lines} == {("created", "")}
        assert run(other, "export", second).exit_code == 0
        ours, theirs = lines_of(first), lines_of(second)
        for one, same in zip(ours, theirs, strict=True):
            # Nobody there holds it: it waits for an editor.
            if one["type"] == "publication" and one["live"] and one["latest"]:
                assert one["latest"]["state"] == "in_edit"
                one["latest"]["state"] = "awaiting_edit"
            assert one == same
        names = [sorted(p.name for p in folder.glob("media/*/*")) for folder in (first, second)]
        assert names[0] == names[1] != []
        # People come without rights and passwords.
        user = db.session.scalars(select(User).where(User.username == "lan.viet")).one()
        assert (user.is_active, user.password_hash) == (False, "!")
        # Again nothing changes.
        assert {line["outcome"] for line in bring(other, first)} == {"unchanged"}
        post = db.session.scalars(
            select(Publication).where(Publication.title == "Bài có đủ mọi thứ")
        ).one()
        assert db.session.get_one(ViewTotal, post.id).total == 321
        assert post.latest_revision.title == "Bản đang sửa"
        section = db.session.scalars(select(Section).where(Section.slug == "do-luong")).one()
        assert section.parent.name == "Tin tức"
        # A number that is given next is none of those that came.
        assert make_publication().id > post.id
        db.session.commit()
        client = other.test_client()
        page = f"/bai-viet/{post.slug}-{post.id}"
        assert client.get("/?p=7").headers["Location"] == page
        assert client.get("/muc-cu").headers["Location"] == "/chuyen-muc/do-luong"
        answer = client.get(page).get_data(as_text=True)
        assert "Sửa số 3 thành 4." in answer
        assert "Tải về" in answer
        assert client.get(f"/tep/{post.lead_media.token}/64.webp").status_code == 200
    # Into the site that it came from: what is there is known again.
    assert {line["outcome"] for line in bring(app, first)} == {"unchanged"}


def test_an_export_that_was_cut_or_changed_on_its_way_is_told_by_line(
    app: Flask, session: Session, other: Flask, tmp_path: Path
) -> None:
    fill(app)
    folder = tmp_path / "ra"
    run(app, "export", folder)
    path = folder / "content.jsonl"
    whole = path.read_text("utf-8").splitlines()
    at = next(n for n, line in enumerate(whole) if '"type": "publication"' in line)
    hostile = json.loads(whole[at + 1])
    hostile["live"]["body"] = "<p onclick=x()>Chữ</p><script>alert(1)</script>"
    hostile["live"]["title"] = "Lạ"
    broken = [
        *whole[: at + 1],
        json.dumps(hostile, ensure_ascii=False),
        json.dumps({"type": "publication", "id": "x"}),
        "[" * 100_000,
        '{"type": "media", "token": "../../etc/passwd"}',
        '{"type": "khac"}',
        "x" * 8_100_000,
        *whole[at + 2 : -1],
        whole[-1][:30],
    ]
    path.write_text("\n".join(broken), "utf-8")
    with other.app_context():
        lines = bring(other, folder)
        refused = {line["row"]: line["reason"] for line in lines if line["outcome"] == "refused"}
        assert sorted(refused) == [*range(at + 3, at + 8), len(broken)]
        assert "cắt ngang" in refused[len(broken)]
        created = [line for line in lines if line["outcome"] == "created"]
        # The last line is an entry of the schedule; the other one is whole.
        assert len(created) == 3 + len(Kind) + 1
        strange = db.session.scalars(select(Revision).where(Revision.title == "Lạ")).one()
        assert strange.body == "<p>Chữ</p>"
        # Mended: only what differs changes.
        path.write_text("\n".join(whole) + "\n", "utf-8")
        lines = bring(other, folder)
        told = [line["outcome"] for line in lines]
        # The text that was changed, and the entry that was cut off.
        assert (told.count("updated"), told.count("created")) == (1, 1)
        assert set(told) == {"updated", "created", "unchanged"}
        assert db.session.scalar(select(OldAddress.id).where(OldAddress.address == "/muc-cu"))


def test_the_work_schedule_comes_once_and_what_was_done_to_it_here_stays(
    app: Flask, session: Session, other: Flask, tmp_path: Path
) -> None:
    fill(app)
    folder = tmp_path / "ra"
    run(app, "export", folder)
    path = folder / "content.jsonl"
    head, *lines = path.read_text("utf-8").splitlines()
    wrote = [line for line in lines if json.loads(line)["type"] in ("unit", "user")]
    by_hours, by_half = (json.loads(line) for line in lines if "schedule_entry" in line)
    if by_hours["part"] != "hours":
        by_hours, by_half = by_half, by_hours

    def brought(*entries: dict[str, Any], overwrite: bool = False) -> list[tuple[str, str]]:
        text = [head, *wrote, *(json.dumps(one, ensure_ascii=False) for one in entries)]
        path.write_text("\n".join(text) + "\n", "utf-8")
        told = bring(other, folder, *(["--overwrite"] if overwrite else []))
        return [(line["outcome"], line["reason"]) for line in told]

    def entry(uid: str) -> ScheduleEntry:
        db.session.rollback()
        return db.session.scalars(select(ScheduleEntry).where(ScheduleEntry.uid == uid)).one()

    with other.app_context():
        assert brought(by_hours, by_half) == [("created", "")] * 2
        one = entry(by_hours["uid"])
        assert f"{one.starts:%H:%M} {one.ends:%H:%M} {one.chair}" == "08:00 09:30 Giám đốc"
        assert entry(by_half["uid"]).status_note == "Sang tuần sau"
        page = other.test_client().get("/lich-cong-tac?tuan=2026-W48").get_data(as_text=True)
        assert page.count("Giao ban") >= 2
        # What changed there since is brought; calendars that have it count on.
        moved = by_hours | {"starts": "10:00:00", "ends": None, "sequence": 0}
        assert brought(moved, by_half) == [("updated", ""), ("unchanged", "")]
        one = entry(by_hours["uid"])
        assert (one.starts, one.ends, one.sequence) == (time(10), None, 1)
        # What somebody did here stays.
        actor = make_user(role="editor")
        known: dict[str, Any] = {"actor": actor, "now": NOW}
        now_here = EntryDraft(day="26/11/2026", starts="14:00", content="Đổi ở đây")
        schedule_writing.change(entry_id=one.id, draft=now_here, seen="1", **known)
        db.session.commit()
        half = entry(by_half["uid"])
        schedule_writing.remove(entry_id=half.id, seen=str(half.sequence), **known)
        db.session.commit()
        again = moved | {"content": "Đổi ở đó"}
        assert brought(again, by_half) == [
            ("unchanged", site_schedule.CHANGED_HERE),
            ("unchanged", site_schedule.REMOVED_HERE),
        ]
        assert entry(by_hours["uid"]).content == "Đổi ở đây"
        assert brought(again, by_half, overwrite=True) == [("updated", ""), ("created", "")]
        assert entry(by_hours["uid"]).content == "Đổi ở đó"
        # What was changed on its way is cleaned, or told by its line.
        told = brought(
            by_hours | {"uid": "a-moi-hoan-toan", "content": "<b>Họp</b>\n\u202e kín"},
            by_hours | {"uid": "<script>alert(1)</script>"},
            by_hours | {"uid": "b-khong-co-gio", "starts": None},
            by_hours | {"uid": "c-qua-dai", "content": "x" * 501},
            by_hours | {"uid": "d-ngay-la", "on": "2026-02-30"},
            by_hours | {"uid": "e-lan-la", "sequence": "nhiều"},
        )
        assert [outcome for outcome, _ in told] == ["created", *["refused"] * 5]
        assert entry("a-moi-hoan-toan").content == "<b>Họp</b> kín"
        assert "ký tự lạ" in told[1][1]
        assert "Hãy ghi giờ bắt đầu" in told[2][1]
        assert "Nội dung dài 501 ký tự" in told[3][1]


def test_a_number_that_is_taken_gives_way_and_its_old_address_leads_on(
    app: Flask, session: Session, other: Flask, tmp_path: Path
) -> None:
    post = make_publication(title="Từ nơi khác")
    folder = tmp_path / "ra"
    run(app, "export", folder)
    number, slug = post.id, "tu-noi-khac"
    with other.app_context():
        taken = make_publication(id=number, title="Đã ở đây")
        taken_page = f"/bai-viet/{taken.slug}-{number}"
        db.session.commit()
        (line,) = bring(other, folder)
        assert line["outcome"] == "created"
        assert f"Số {number} đã có bài khác" in line["reason"]
        assert other.test_client().get(taken_page).status_code == 200
        row = db.session.scalars(select(OldAddress)).one()
        assert row.address == f"/bai-viet/{slug}-{number}"


def test_what_is_there_is_not_written_over_by_an_export(
    app: Flask, session: Session, tmp_path: Path
) -> None:
    result = run(app, "export", tmp_path / "ra")
    assert result.exit_code == 0
    result = run(app, "export", tmp_path / "ra")
    assert result.exit_code == 1
    assert "hãy chọn một thư mục mới" in result.output
    (tmp_path / "khac.jsonl").write_text('{"type": "site", "version": 99}\n')
    result = run(app, "import", tmp_path / "khac.jsonl")
    assert result.exit_code == 1
    assert "không phải bản xuất của trang này" in result.output


def test_media_that_is_not_what_it_says_is_refused(
    app: Flask, session: Session, other: Flask, tmp_path: Path
) -> None:
    fill(app)
    folder = tmp_path / "ra"
    run(app, "export", folder)
    paths = [*folder.glob("media/*/64.webp"), *folder.glob("media/*/original")]
    kept = {path: path.read_bytes() for path in paths}
    for path in paths:
        path.write_bytes(b"MZ" + b"\0" * 100)
    with other.app_context():
        lines = bring(other, folder)
        reasons = [line["reason"] for line in lines if line["outcome"] == "refused"]
        assert len(reasons) == 2
        assert any("bị hỏng" in reason for reason in reasons)
        assert db.session.scalars(select(Media)).all() == []
        post = db.session.scalars(
            select(Publication).where(Publication.title == "Bài có đủ mọi thứ")
        ).one()
        assert content_of(post.live_revision).files == ()
        db.session.rollback()
        # Mended: the next run completes the text.
        for path, data in kept.items():
            path.write_bytes(data)
        told = [line["outcome"] for line in bring(other, folder)]
        assert told.count("updated") == 1
        assert set(told) == {"updated", "unchanged"}
        post = db.session.scalars(
            select(Publication).where(Publication.title == "Bài có đủ mọi thứ")
        ).one()
        assert len(content_of(post.live_revision).files) == 1
        assert "<img" in post.live_revision.body
