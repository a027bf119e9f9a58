"""Static files: names that change with content, addresses that never go stale."""

import gzip
import os
import threading
import time
from pathlib import Path

import brotli
import pytest
from werkzeug.test import Client

from assets import MissingAssetError, collect


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write(
        tmp_path / "static",
        {
            "css/site.css": '@font-face { src: url("../fonts/a.woff2"); }' + " " * 400,
            "fonts/a.woff2": "letters",
            "js/site.js": "var page = 1;\n" * 50,
            "fonts/README.md": "how the font was made",
            "vendor/hugerte/hugerte.min.js": "load('./plugins/x.js')",
            "vendor/hugerte/plugins/x.js": "part",
        },
    )


def fallthrough(environ, start_response):
    start_response("404 NOT FOUND", [("Content-Type", "text/plain")])
    return [b"the application"]


def get(assets, address, **headers):
    return Client(assets.wrap(fallthrough)).get(address, headers=headers, buffered=True)


def test_an_address_holds_a_fingerprint_and_may_be_kept_for_ever(source, tmp_path):
    assets = collect(source=source, store=tmp_path / "store")

    address = assets.url("js/site.js")
    response = get(assets, address)

    # sha256 of 50 lines of "var page = 1;"
    assert address == "/static/js/site.db6f1ae1747b.js"
    assert response.status_code == 200
    assert "immutable" in response.headers["Cache-Control"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in response.headers
    assert response.text == "var page = 1;\n" * 50


def test_a_changed_file_gets_another_address_and_the_old_one_still_answers(source, tmp_path):
    before = collect(source=source, store=tmp_path / "store").url("js/site.js")
    (source / "js/site.js").write_text("var page = 2;\n" * 50, encoding="utf-8")

    assets = collect(source=source, store=tmp_path / "store")

    assert assets.url("js/site.js") != before
    assert get(assets, assets.url("js/site.js")).text.startswith("var page = 2;")
    assert get(assets, before).text.startswith("var page = 1;")


def test_a_style_sheet_points_to_the_fingerprinted_font(source, tmp_path):
    assets = collect(source=source, store=tmp_path / "store")

    font = assets.url("fonts/a.woff2").removeprefix("/static/fonts/")

    assert f'url("../fonts/{font}")' in get(assets, assets.url("css/site.css")).text


def test_a_changed_font_gives_its_style_sheet_another_address(source, tmp_path):
    before = collect(source=source, store=tmp_path / "store").url("css/site.css")
    (source / "fonts/a.woff2").write_text("other letters", encoding="utf-8")

    assert collect(source=source, store=tmp_path / "store").url("css/site.css") != before


def test_compressed_forms_are_served_to_those_who_take_them(source, tmp_path):
    assets = collect(source=source, store=tmp_path / "store")
    address = assets.url("js/site.js")

    packed = get(assets, address, **{"Accept-Encoding": "br"})
    zipped = get(assets, address, **{"Accept-Encoding": "gzip"})

    assert packed.headers["Content-Encoding"] == "br"
    assert brotli.decompress(packed.data) == b"var page = 1;\n" * 50
    assert gzip.decompress(zipped.data) == b"var page = 1;\n" * 50
    assert packed.headers["Vary"] == "Accept-Encoding"


def test_a_package_that_loads_its_own_parts_keeps_its_names_in_one_fingerprinted_folder(
    source, tmp_path
):
    assets = collect(source=source, store=tmp_path / "store")
    address = assets.url("vendor/hugerte/hugerte.min.js")

    beside = get(assets, address.replace("hugerte.min.js", "plugins/x.js"))
    plain = get(assets, "/static/vendor/hugerte/plugins/x.js")

    assert address.startswith("/static/vendor/hugerte-")
    assert beside.text == "part"
    assert "immutable" in beside.headers["Cache-Control"]
    assert plain.text == "part"
    assert "immutable" not in plain.headers["Cache-Control"]


def test_an_icon_asked_for_at_the_root_is_there_and_not_kept_for_ever(source, tmp_path):
    write(source, {"icons/favicon.ico": "drawing"})

    response = get(collect(source=source, store=tmp_path / "store"), "/favicon.ico")

    assert response.text == "drawing"
    assert "immutable" not in response.headers["Cache-Control"]


def test_a_misspelt_name_is_refused_with_its_path(source, tmp_path):
    assets = collect(source=source, store=tmp_path / "store")

    with pytest.raises(MissingAssetError, match=r"static/css/sight\.css"):
        assets.url("css/sight.css")


def test_a_style_sheet_that_points_nowhere_stops_the_start(source, tmp_path):
    write(source, {"css/desk.css": "a { background: url(../icons/none.svg); }"})

    with pytest.raises(MissingAssetError, match=r"css/desk\.css points to static/icons/none\.svg"):
        collect(source=source, store=tmp_path / "store")


def test_notes_and_unknown_addresses_go_on_to_the_application(source, tmp_path):
    assets = collect(source=source, store=tmp_path / "store")

    assert get(assets, "/static/fonts/README.md").text == "the application"
    assert get(assets, "/static/../static/js/site.js").text == "the application"
    with pytest.raises(MissingAssetError):
        assets.url("fonts/README.md")


def test_nothing_is_written_again_when_nothing_changed(source, tmp_path):
    collect(source=source, store=tmp_path / "store")
    files = tmp_path / "store" / "files"
    marks = {path: path.stat().st_ino for path in files.rglob("*") if path.is_file()}

    collect(source=source, store=tmp_path / "store")

    assert {path: path.stat().st_ino for path in files.rglob("*") if path.is_file()} == marks


def test_a_store_that_lost_a_file_is_mended_at_the_next_start(source, tmp_path):
    address = collect(source=source, store=tmp_path / "store").url("js/site.js")
    (tmp_path / "store/files" / address.removeprefix("/static/")).unlink()

    assert get(collect(source=source, store=tmp_path / "store"), address).status_code == 200


def test_processes_that_start_at_once_end_with_whole_files(source, tmp_path):
    ready = threading.Barrier(4)
    results = []

    def start():
        ready.wait()
        results.append(collect(source=source, store=tmp_path / "store").url("js/site.js"))

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assets = collect(source=source, store=tmp_path / "store")
    assert results == [assets.url("js/site.js")] * 4
    assert get(assets, results[0]).text == "var page = 1;\n" * 50
    assert not list((tmp_path / "store").rglob(".part-*"))


def test_a_read_only_tree_is_enough(source, tmp_path):
    folders = [source, *(path for path in source.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    try:
        assets = collect(source=source, store=tmp_path / "store")
    finally:
        for folder in folders:
            folder.chmod(0o755)

    assert get(assets, assets.url("js/site.js")).status_code == 200


def test_files_unused_for_a_month_are_forgotten(source, tmp_path):
    store = tmp_path / "store"
    before = collect(source=source, store=store).url("js/site.js")
    long_ago = time.time() - 31 * 24 * 3600
    for path in store.rglob("*"):
        os.utime(path, (long_ago, long_ago))
    (source / "js/site.js").write_text("var page = 2;\n" * 50, encoding="utf-8")

    assets = collect(source=source, store=store)

    assert get(assets, before).text == "the application"
    assert get(assets, assets.url("fonts/a.woff2")).text == "letters"
