"""Whether the copy is sound: one finding a line, for whoever looks after the machine."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alembic.script import ScriptDirectory
from sqlalchemy import func, select, text

from extensions import db
from models import Media, MediaKind, Publication
from services import background, dates, outbox, portal_figures
from services.media import FILE_NAME, folder_of
from services.search.schema import document

MIN_FREE_BYTES = 500 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing examined."""

    label: str
    is_ok: bool
    detail: str


def examine(*, config: Mapping[str, Any], migrations: Path) -> list[Finding]:
    """Look at the database, its version, the index, the pictures, the disk, the configuration."""
    try:
        db.session.execute(text("SELECT 1"))
    except Exception as error:
        return [Finding("Cơ sở dữ liệu", False, f"không mở được ({type(error).__name__})")]
    version = _version(migrations)
    findings = [_database(), version]
    if version.is_ok:
        # Of another version the tables may not even be there.
        findings += [_index(), _media(Path(config["MEDIA_PATH"])), _worker(), _mail(config)]
        findings.append(_portal(config))
    free = shutil.disk_usage(config["INSTANCE_PATH"]).free
    findings.append(
        Finding("Đĩa", free >= MIN_FREE_BYTES, f"còn trống {free / 1e9:.1f} GB nơi để dữ liệu")
    )
    findings.append(_secret(config))
    return findings


def _database() -> Finding:
    if db.engine.dialect.name == "sqlite":
        answer = str(db.session.scalar(text("PRAGMA quick_check")))
        return Finding(
            "Cơ sở dữ liệu", answer == "ok", "SQLite, tệp lành" if answer == "ok" else answer
        )
    version = str(db.session.scalar(text("SHOW server_version")))
    return Finding("Cơ sở dữ liệu", True, f"PostgreSQL {version}")


def _version(migrations: Path) -> Finding:
    script = ScriptDirectory(str(migrations))
    try:
        current = db.session.scalar(text("SELECT version_num FROM alembic_version"))
    except Exception:
        db.session.rollback()
        current = None
    head = script.get_current_head()
    if current == head:
        return Finding("Cấu trúc dữ liệu", True, f"đúng phiên bản {head}")
    return Finding(
        "Cấu trúc dữ liệu", False, f"đang ở {current}, cần {head}; hãy chạy “flask db upgrade”"
    )


def _index() -> Finding:
    live = select(func.count(Publication.id)).where(
        Publication.live_revision_id.is_not(None), Publication.withdrawn_at.is_(None)
    )
    expected = db.session.scalar(live) or 0
    indexed = db.session.scalar(select(func.count()).select_from(document)) or 0
    is_ok = expected == indexed
    detail = f"{indexed} bài trong chỉ mục, {expected} bài đang đăng"
    return Finding(
        "Chỉ mục tìm kiếm", is_ok, detail if is_ok else f"{detail}; hãy chạy “flask reindex”"
    )


def _media(root: Path) -> Finding:
    """Whether everything that pictures and attached files consist of is on the disk, whole."""
    stored = db.session.scalars(select(Media)).all()
    missing = [media for media in stored if not _is_whole(root, media)]
    if missing:
        named = ", ".join(media.token for media in missing[:3])
        return Finding("Ảnh và tệp", False, f"thiếu {len(missing)}/{len(stored)} ({named}…)")
    return Finding("Ảnh và tệp", True, f"đủ {len(stored)} ảnh và tệp")


def _is_whole(root: Path, media: Media) -> bool:
    folder = folder_of(root, media)
    if media.kind is MediaKind.FILE:
        path = folder / FILE_NAME
        return path.is_file() and path.stat().st_size == media.size_bytes
    return all((folder / f"{width}.webp").is_file() for width in media.widths)


def _worker() -> Finding:
    """Whether the background work is done. A site that is not running does none, and is sound:
    what has failed is told, and that mail waits is ``_mail``'s."""
    runs, now = background.last_runs(), datetime.now(UTC)
    latest = background.alive_at(runs)
    if latest is None:
        return Finding("Việc nền", True, "chưa chạy lần nào")
    failed = sorted(name for name, run in runs.items() if run.error)
    if failed:
        name = failed[0]
        return Finding("Việc nền", False, f"“{name}” lỗi: {runs[name].error}")
    said = "đang chạy" if background.is_alive(runs, now=now) else "đang dừng"
    return Finding("Việc nền", True, f"{said}, lần cuối lúc {dates.format_datetime(latest)}")


def _mail(config: Mapping[str, Any]) -> Finding:
    if not config["MAIL_URL"]:
        return Finding("Thư", True, "không gửi (chưa đặt MAIL_URL)")
    overdue = outbox.count_overdue(now=datetime.now(UTC))
    if overdue:
        return Finding("Thư", False, f"{overdue} thư quá giờ chưa gửi; trang có đang chạy không?")
    counts = outbox.count_shelves()
    detail = (
        f"{counts[outbox.Shelf.WAITING]} chờ gửi, "
        f"{counts[outbox.Shelf.GIVEN_UP]} không gửi được trong 90 ngày qua"
    )
    return Finding("Thư", True, detail)


def _portal(config: Mapping[str, Any]) -> Finding:
    """The queue to the city portal. Without a way there whatever waits is handed over by hand."""
    now = datetime.now(UTC)
    queue = portal_figures.backlog(now=now)
    oldest = f", lâu nhất từ {dates.format_datetime(queue.oldest)}" if queue.oldest else ""
    said = f"{queue.waiting} chờ gửi{oldest}, {queue.failed} không gửi được"
    label = "Cổng thành phố"
    if not config["PORTAL_URL"]:
        return Finding(label, True, f"không tự gửi (chưa đặt PORTAL_URL); {said}")
    if queue.overdue:
        return Finding(label, False, f"{said}; {queue.overdue} quá giờ, trang có đang chạy không?")
    if queue.failed:
        return Finding(label, False, f"{said}; hãy mở hàng gửi Cổng trên bàn làm việc")
    return Finding(label, True, said)


def _secret(config: Mapping[str, Any]) -> Finding:
    path = Path(config["INSTANCE_PATH"]) / "secret_key"
    if path.is_file() and os.name == "posix" and path.stat().st_mode & 0o077:
        return Finding("Khoá bí mật", False, f"người khác đọc được {path}; hãy chmod 600")
    return Finding("Khoá bí mật", True, "riêng cho bản này")
