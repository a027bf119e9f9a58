"""Static files under names that hold their own fingerprint.

At start `collect` copies `static/` into a store beside the instance, each file named after its
content and compressed once; pages ask for `asset_url("css/site.css")` and get an address that a
browser may keep for ever. The source tree is only read. The store only grows until files have been
out of use for a month, so a page cached before an upgrade still finds its style sheet.
"""

import gzip
import hashlib
import json
import os
import posixpath
import re
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import brotli
from whitenoise import WhiteNoise

PREFIX = "static/"
# Packages that load their own parts by relative address: the folder is fingerprinted as one.
WHOLE_FOLDERS = ("vendor/hugerte",)
# Asked for at the root by programs that read no page first.
AT_ROOT = {"favicon.ico": "icons/favicon.ico", "apple-touch-icon.png": "icons/emblem-180.png"}
# What browsers take for rules on what to fetch ahead by no other type.
TYPES = {".speculationrules": "application/speculationrules+json"}
NOT_SERVED = {".md", ".py"}
COMPRESSED = {".css", ".js", ".svg", ".json", ".txt", ".html", ".xml", ".ico"}
KEEP_UNUSED_S = 30 * 24 * 3600
# Raised when the layout of the store changes, so that an older store is built again.
LAYOUT = "1"

_CSS_URL = re.compile(r"""url\(\s*(['"]?)(?!['"]?(?:data:|https?:|//|/|\#))([^'")]+)\1\s*\)""")
_FINGERPRINTED = re.compile(r"[.-][0-9a-f]{12}(?=[./])")


class MissingAssetError(LookupError):
    """A page or a style sheet names a static file that is not in the tree."""


class Assets:
    """The collected files: their addresses, and the WSGI wrapper that serves them."""

    def __init__(self, *, store: Path, names: dict[str, str], source: Path) -> None:
        self._files = store / "files"
        self._names = names
        self._source = source

    def url(self, path: str) -> str:
        """The address of a static file, given its path below `static/`.

        Raises MissingAssetError, so that a misspelt name shows in the first test that renders it.
        """
        try:
            return f"/{PREFIX}{self._names[path]}"
        except KeyError:
            raise MissingAssetError(f"static/{path} is not among the collected files") from None

    def wrap(self, wsgi_app: Callable[..., Iterable[bytes]]) -> WhiteNoise:
        """Serve `/static/…` before the application is asked; nothing here sets a cookie.

        Fingerprinted names may be kept for ever. Packages that load their own parts answer under
        their plain names too, kept for an hour.
        """
        served = WhiteNoise(
            wsgi_app,
            max_age=3600,
            immutable_file_test=lambda path, url: bool(_FINGERPRINTED.search(url)),
            add_headers_function=_add_headers,
            mimetypes=TYPES,
        )
        served.add_files(str(self._files), prefix=PREFIX)
        for name in self._names:
            if name.startswith(tuple(f"{folder}/" for folder in WHOLE_FOLDERS)):
                served.add_file_to_dictionary(f"/{PREFIX}{name}", str(self._source / name))
        for name, path in AT_ROOT.items():
            if path in self._names:
                served.add_file_to_dictionary(f"/{name}", str(self._files / self._names[path]))
        return served


def collect(*, source: Path, store: Path) -> Assets:
    """Bring the store up to date with `source` and return what pages need.

    Quick when nothing changed: one look at sizes and times. Two processes may start at once: every
    file is written under a temporary name and renamed, and the list of names comes last. Raises
    MissingAssetError when a style sheet points to a file that is not there.
    """
    source = source.resolve()
    paths = sorted(_served_paths(source))
    manifest = store / f"names-{_listing_key(source, paths)}.json"
    if manifest.is_file():
        names = json.loads(manifest.read_text(encoding="utf-8"))
        if all((store / "files" / name).is_file() for name in names.values()):
            os.utime(manifest)
            return Assets(store=store, names=names, source=source)
    names = _build(source, paths, store / "files")
    _write(manifest, json.dumps(names, indent=0, sort_keys=True).encode())
    _forget_unused(store)
    return Assets(store=store, names=names, source=source)


def _served_paths(source: Path) -> Iterable[str]:
    for path in source.rglob("*"):
        if path.is_file() and path.suffix not in NOT_SERVED and not path.name.startswith("."):
            yield path.relative_to(source).as_posix()


def _listing_key(source: Path, paths: list[str]) -> str:
    listing = hashlib.sha256(LAYOUT.encode())
    for path in paths:
        status = (source / path).stat()
        listing.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return listing.hexdigest()[:20]


def _build(source: Path, paths: list[str], files: Path) -> dict[str, str]:
    """Write every file under its fingerprinted name; return original path → stored path."""
    contents: dict[str, bytes] = {}
    names: dict[str, str] = {}

    for folder in WHOLE_FOLDERS:
        inside = [path for path in paths if path.startswith(f"{folder}/")]
        digest = hashlib.sha256()
        for path in inside:
            contents[path] = (source / path).read_bytes()
            digest.update(path.encode() + b"\0" + contents[path])
        for path in inside:
            names[path] = f"{folder}-{digest.hexdigest()[:12]}{path.removeprefix(folder)}"

    def stored_name(path: str, asked_by: tuple[str, ...] = ()) -> str:
        """Name one file, after the files that it points to, whose names its content holds."""
        if path in names:
            return names[path]
        if path not in known or path in asked_by:
            raise MissingAssetError(f"static/{asked_by[-1]} points to static/{path}")
        data = (source / path).read_bytes()
        if path.endswith(".css"):
            folder = posixpath.dirname(path)

            def point(match: re.Match[str]) -> str:
                address, _, fragment = match[2].partition("#")
                wanted = posixpath.normpath(posixpath.join(folder, address))
                renamed = stored_name(wanted, (*asked_by, path))
                relative = posixpath.relpath(renamed, folder or ".")
                return f'url("{relative}{"#" + fragment if fragment else ""}")'

            data = _CSS_URL.sub(point, data.decode("utf-8")).encode()
        stem, suffix = posixpath.splitext(path)
        contents[path] = data
        names[path] = f"{stem}.{hashlib.sha256(data).hexdigest()[:12]}{suffix}"
        return names[path]

    known = set(paths)
    for path in paths:
        stored_name(path)
    # brotli and zlib work outside the interpreter's lock, so threads do shorten a first start.
    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(lambda path: _store(files / names[path], contents[path]), paths))
    return names


def _store(target: Path, data: bytes) -> None:
    if target.exists():
        return
    if target.suffix in COMPRESSED and len(data) > 200:
        for suffix, packed in (
            (".br", brotli.compress(data, quality=11, mode=brotli.MODE_TEXT)),
            (".gz", gzip.compress(data, 9, mtime=0)),
        ):
            if len(packed) < len(data):
                _write(target.with_name(target.name + suffix), packed)
    _write(target, data)


def _write(target: Path, data: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".part-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _forget_unused(store: Path) -> None:
    """Delete lists that no start has used for a month, and files that no remaining list names."""
    oldest = time.time() - KEEP_UNUSED_S
    wanted: set[str] = set()
    for manifest in store.glob("names-*.json"):
        if manifest.stat().st_mtime < oldest:
            manifest.unlink(missing_ok=True)
        else:
            wanted.update(json.loads(manifest.read_text(encoding="utf-8")).values())
    files = store / "files"
    for path in files.rglob("*"):
        if not path.is_file():
            continue
        name = path.relative_to(files).as_posix()
        plain = name.removesuffix(".br").removesuffix(".gz")
        # A file without a list may be one that another process is about to list.
        if plain not in wanted and path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)


def _add_headers(headers: Any, path: str, url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Resource-Policy"] = "cross-origin"
