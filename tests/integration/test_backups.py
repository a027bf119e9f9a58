"""A backup holds the whole site, and what is restored is the site as it was."""

import json
import stat
import tarfile
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import scoped_session

from extensions import db
from models import Publication
from services import backups
from services.errors import InvalidInput
from tests.support.factories import make_publication
from tests.support.servers import find_initdb

Session = scoped_session[Any]


@pytest.fixture(autouse=True)
def client_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Debian keeps the programs of the server's own version off PATH; they must match it."""
    if initdb := find_initdb():
        monkeypatch.setenv("PATH", f"{Path(initdb).resolve().parent}:/usr/bin:/bin")


@pytest.fixture
def instance(app: Flask) -> Path:
    return Path(app.config["INSTANCE_PATH"])


@pytest.fixture
def backup(app: Flask, session: Session, instance: Path, tmp_path: Path) -> Path:
    """Of a site with one post, one picture and its secret."""
    make_publication(title="Bài đã sao lưu")
    session.commit()
    picture = instance / "media" / "ab" / "abcd" / "480.webp"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"anh")
    path = tmp_path / "sao-luu.tar.gz"
    result = app.test_cli_runner().invoke(args=["backup", str(path)])
    assert result.exit_code == 0, result.output
    assert result.output.startswith(f"Đã sao lưu vào {path} (")
    return path


def restore(app: Flask, path: Path) -> None:
    db.session.remove()
    result = app.test_cli_runner().invoke(args=["restore", str(path), "--yes"])
    assert result.exit_code == 0, result.output
    assert result.output == "Đã khôi phục. Hãy chạy “flask --app app check” để kiểm tra.\n"


def titles() -> list[str]:
    return list(db.session.scalars(select(Publication.title)))


def test_what_was_saved_comes_back_and_what_came_after_is_gone(
    app: Flask, session: Session, instance: Path, backup: Path
) -> None:
    secret = (instance / "secret_key").read_text()
    make_publication(title="Bài viết sau")
    session.commit()
    (instance / "secret_key").write_text("khoá khác " * 10)
    (instance / "media" / "ab" / "abcd" / "480.webp").write_bytes(b"anh hong")
    (instance / "media" / "sau.webp").write_bytes(b"sau")
    restore(app, backup)
    assert titles() == ["Bài đã sao lưu"]
    assert (instance / "secret_key").read_text() == secret
    assert stat.S_IMODE((instance / "secret_key").stat().st_mode) == 0o600
    assert (instance / "media" / "ab" / "abcd" / "480.webp").read_bytes() == b"anh"
    assert not (instance / "media" / "sau.webp").exists()
    # It is a site that goes on: one writes on it again.
    make_publication(title="Viết tiếp")
    session.commit()
    assert sorted(titles()) == ["Bài đã sao lưu", "Viết tiếp"]


def test_a_backup_is_for_its_owner_alone_and_leaves_nothing_beside_it(backup: Path) -> None:
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert sorted(path.name for path in backup.parent.iterdir() if "tmp" in path.name) == []
    with tarfile.open(backup) as archive:
        names = {name for name in archive.getnames() if not name.startswith("media/")}
    assert names in (
        {"manifest.json", "site.db", "media", "secret_key"},
        {"manifest.json", "site.pgdump", "media", "secret_key"},
    )


def test_a_backup_is_made_while_somebody_writes(
    app: Flask, session: Session, tmp_path: Path
) -> None:
    make_publication(title="Đã ghi")
    session.commit()
    make_publication(title="Đang ghi")
    session.flush()
    path = tmp_path / "sao-luu.tar.gz"
    backups.write(path=path, config=app.config)
    session.rollback()
    restore(app, path)
    assert titles() == ["Đã ghi"]


def test_a_backup_needs_a_folder_to_be_in(app: Flask, session: Session, tmp_path: Path) -> None:
    result = app.test_cli_runner().invoke(args=["backup", str(tmp_path / "khong" / "co.tar.gz")])
    assert result.exit_code == 1
    assert "Không có thư mục" in result.output


def spoil(backup: Path, how: str) -> None:
    data = backup.read_bytes()
    if how == "text":
        backup.write_text("không phải bản sao lưu")
    elif how == "empty":
        backup.write_bytes(b"")
    elif how == "cut":
        backup.write_bytes(data[: len(data) // 2])
    elif how == "flipped":
        middle = len(data) // 2
        backup.write_bytes(data[:middle] + bytes(64) + data[middle + 64 :])
    else:
        folder = backup.parent / "mo"
        with tarfile.open(backup) as archive:
            archive.extractall(folder, filter="data")
        manifest = json.loads((folder / "manifest.json").read_text())
        (database,) = folder.glob("site.*")
        if how == "other engine":
            manifest["database"] = {"site.db": "site.pgdump"}.get(database.name, "site.db")
        elif how == "other format":
            manifest["format"] = 99
        elif how == "no database":
            database.unlink()
        elif how == "no manifest":
            manifest = []
        elif how == "spoilt database":
            database.write_bytes(database.read_bytes()[:1000] + b"hong" * 200)
        (folder / "manifest.json").write_text(json.dumps(manifest))
        with tarfile.open(backup, "w:gz") as archive:
            for path in folder.iterdir():
                archive.add(path, path.name)


def test_what_is_no_sound_backup_of_this_site_is_refused_and_nothing_is_lost(
    app: Flask, session: Session, instance: Path, backup: Path
) -> None:
    sound = backup.read_bytes()
    make_publication(title="Bài viết sau")
    session.commit()
    secret = (instance / "secret_key").read_text()
    for how in (
        "text",
        "empty",
        "cut",
        "flipped",
        "other engine",
        "other format",
        "no database",
        "no manifest",
        "spoilt database",
    ):
        backup.write_bytes(sound)
        spoil(backup, how)
        db.session.remove()
        db.engine.dispose()
        with pytest.raises(InvalidInput) as refused:
            backups.read(path=backup, config=app.config)
        assert refused.value.sentence, how
        assert sorted(titles()) == ["Bài viết sau", "Bài đã sao lưu"], how
        assert (instance / "secret_key").read_text() == secret
        assert (instance / "media" / "ab" / "abcd" / "480.webp").read_bytes() == b"anh"
    assert session.scalar(select(func.count(Publication.id))) == 2


def test_without_its_program_it_says_which_to_install(
    app: Flask, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if db.engine.dialect.name == "postgresql":
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(InvalidInput, match="Máy này chưa có pg_dump"):
            backups.write(path=tmp_path / "x.tar.gz", config=app.config)
        assert not (tmp_path / "x.tar.gz").exists()


def test_a_database_that_is_not_there_is_not_backed_up_as_an_empty_one(tmp_path: Path) -> None:
    nowhere = tmp_path / "khong" / "site.db"
    config = {
        "DATABASE_URL": f"sqlite:///{nowhere}",
        "MEDIA_PATH": str(tmp_path / "media"),
        "INSTANCE_PATH": str(tmp_path),
    }
    with pytest.raises(InvalidInput, match="Không thấy cơ sở dữ liệu"):
        backups.write(path=tmp_path / "x.tar.gz", config=config)
    assert list(tmp_path.iterdir()) == []


def test_the_database_s_password_is_on_no_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "pg_dump"
    program.write_text(
        '#!/bin/sh\necho "$PGPASSWORD" "$@" > "$PWD/called"\nfor a; do case $a in'
        ' --file=*) echo x > "${a#--file=}";; esac; done\n'
    )
    program.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    config = {
        "DATABASE_URL": "postgresql+psycopg://trang:b%40t@csdl.vn/site",
        "MEDIA_PATH": str(tmp_path / "media"),
        "INSTANCE_PATH": str(tmp_path),
    }
    backups.write(path=tmp_path / "x.tar.gz", config=config)
    password, *arguments = (tmp_path / "called").read_text().split()
    assert password == "b@t"
    assert arguments[-1] == "postgresql://trang@csdl.vn/site"
    assert not any("b@t" in argument or "b%40t" in argument for argument in arguments)
