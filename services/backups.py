"""One file that holds the whole site: database, pictures and files, secret.

Made while the site runs.
"""

import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
import zlib
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from sqlalchemy.engine import URL, make_url

from services.errors import InvalidInput

MANIFEST = "manifest.json"
FORMAT = 1
DATABASES = {"sqlite": "site.db", "postgresql": "site.pgdump"}


def write(*, path: Path, config: Mapping[str, Any]) -> int:
    """Write the backup to ``path``, whole or not at all, and return its size in bytes.

    SQLite is copied by its own online backup, PostgreSQL by ``pg_dump``. Raises InvalidInput.
    """
    url = make_url(config["DATABASE_URL"])
    if not path.parent.is_dir():
        raise InvalidInput(f"Không có thư mục {path.parent}.")
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        name = DATABASES[url.get_backend_name()]
        copy = Path(folder) / name
        if name.endswith(".db"):
            _copy_sqlite(Path(url.database or ""), copy)
        else:
            _run(["pg_dump", "--format=custom", f"--file={copy}", _libpq(url)], url)
        manifest = {
            "format": FORMAT,
            "database": name,
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        partial = Path(folder) / "backup.tar.gz"
        with tarfile.open(partial, "w:gz") as archive:
            _add_bytes(archive, MANIFEST, json.dumps(manifest).encode())
            archive.add(copy, name)
            media, secret = Path(config["MEDIA_PATH"]), Path(config["INSTANCE_PATH"]) / "secret_key"
            if media.is_dir():
                archive.add(media, "media")
            if secret.is_file():
                archive.add(secret, "secret_key")
        partial.chmod(0o600)
        partial.replace(path)
    return path.stat().st_size


def read(*, path: Path, config: Mapping[str, Any]) -> None:
    """Put a backup in the place of what is there. The site must be stopped.

    Everything is unpacked and checked beside its place first; what was there before is kept
    until the new one stands. Raises InvalidInput.
    """
    url = make_url(config["DATABASE_URL"])
    instance = Path(config["INSTANCE_PATH"])
    with tempfile.TemporaryDirectory(dir=instance) as folder:
        fresh = Path(folder)
        try:
            with tarfile.open(path, "r:gz") as archive:
                _extract(archive, fresh)
            manifest = json.loads((fresh / MANIFEST).read_text("utf-8"))
        except (tarfile.TarError, zlib.error, OSError, ValueError, EOFError) as error:
            raise InvalidInput(f"{path} không phải bản sao lưu của trang này.") from error
        if not isinstance(manifest, dict):
            raise InvalidInput(f"{path} không phải bản sao lưu của trang này.")
        name = DATABASES[url.get_backend_name()]
        if manifest.get("format") != FORMAT or manifest.get("database") != name:
            raise InvalidInput(
                f"Bản sao lưu này dùng cho cơ sở dữ liệu khác ({manifest.get('database')})."
            )
        copy = fresh / name
        # Opening what is not there would make an empty database, and put it in the place of all.
        if not copy.is_file():
            raise InvalidInput(f"{path} thiếu cơ sở dữ liệu; hãy dùng một bản sao lưu khác.")
        if name.endswith(".db"):
            _check_sqlite(copy)
            target = Path(url.database or "")
            # Beside its place first: the database may be on another disk than the instance.
            beside = target.with_name(f"{target.name}.restored")
            shutil.copyfile(copy, beside)
            for suffix in ("-wal", "-shm"):
                Path(f"{target}{suffix}").unlink(missing_ok=True)
            beside.replace(target)
        else:
            _run(
                [
                    "pg_restore",
                    "--clean",
                    "--if-exists",
                    "--single-transaction",
                    f"--dbname={_libpq(url)}",
                    str(copy),
                ],
                url,
            )
        _swap_folder(fresh / "media", Path(config["MEDIA_PATH"]), Path(folder))
        if (fresh / "secret_key").is_file():
            (fresh / "secret_key").replace(instance / "secret_key")


def _extract(archive: tarfile.TarFile, folder: Path) -> None:
    """Unpack plain files and folders that stay inside ``folder``; anything else is an error.

    ``extractall(filter="data")`` does this only from Python 3.11.4 on; Debian 12 has 3.11.2.
    """
    # Checked here; later versions of Python want to hear that somebody does.
    archive.extraction_filter = lambda member, _folder: member
    for member in archive:
        name = PurePosixPath(member.name)
        if name.is_absolute() or ".." in name.parts or not (member.isreg() or member.isdir()):
            raise tarfile.TarError(f"{member.name} is not a plain file inside the archive")
        member.mode = 0o700 if member.isdir() else 0o600
        archive.extract(member, folder, set_attrs=True)


def _copy_sqlite(source: Path, target: Path) -> None:
    # Opening what is not there would make an empty database, and call that a backup.
    if not source.is_file():
        raise InvalidInput(f"Không thấy cơ sở dữ liệu {source}; chưa sao lưu được gì.")
    with closing(sqlite3.connect(source)) as here, closing(sqlite3.connect(target)) as there:
        here.backup(there)


def _check_sqlite(path: Path) -> None:
    try:
        with closing(sqlite3.connect(path)) as connection:
            (answer,) = connection.execute("PRAGMA integrity_check").fetchone()
    except sqlite3.DatabaseError as error:
        answer = str(error)
    if answer != "ok":
        raise InvalidInput(f"Cơ sở dữ liệu trong bản sao lưu bị hỏng: {answer}")


def _swap_folder(fresh: Path, place: Path, spare: Path) -> None:
    if not fresh.is_dir():
        return
    if place.is_dir():
        shutil.move(str(place), spare / "media-before")
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(str(fresh), place)


def _libpq(url: URL) -> str:
    """The address for PostgreSQL's own programs, without the password: see ``_run``."""
    return url._replace(drivername="postgresql", password=None).render_as_string()


def _run(command: list[str], url: URL) -> None:
    """Run a program of PostgreSQL's. The password goes through the environment: everybody on
    the machine can read a command line."""
    environment = {**os.environ, **({"PGPASSWORD": str(url.password)} if url.password else {})}
    try:
        subprocess.run(  # noqa: S603
            command, check=True, capture_output=True, text=True, env=environment
        )
    except FileNotFoundError as error:
        raise InvalidInput(f"Máy này chưa có {command[0]}; hãy cài postgresql-client.") from error
    except subprocess.CalledProcessError as error:
        raise InvalidInput(f"{command[0]} báo lỗi: {error.stderr.strip()[:500]}") from error


def _add_bytes(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    archive.addfile(info, io.BytesIO(data))
