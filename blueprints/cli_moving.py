"""Commands for moving a site in and out: ``flask --app app import PATH`` and ``export PATH``."""

import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from flask import current_app
from flask.cli import with_appcontext

from extensions import db, work
from services.errors import DomainError, InvalidInput
from services.moving import html_pages, importing, mapping, runs, site_reading, site_writing, wxr
from services.moving.finding import Fetcher, Folder
from services.moving.items import OUTCOME_LABELS, Line, Outcome, Plan, Reader
from services.moving.mapping import SiteMap
from services.moving.places import unit_for
from services.moving.reporting import Report, Reports
from services.moving.site_reading import SiteImport
from services.moving.storing import Store
from services.outside_web import Web

FORMS = ("site", "wxr", "html")
HEAD_BYTES = 65_536
# A file of 50 MB from a slow server.
FETCH_DEADLINE_S = 180.0


@click.command("import")
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@click.option("--as", "form", type=click.Choice(FORMS), help="PATH là gì, nếu không để tự nhận ra.")
@click.option("--map", "map_path", type=click.Path(path_type=Path), help="Tệp ánh xạ (TOML).")
@click.option(
    "--media",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Thư mục ảnh và tệp của trang cũ (với WordPress là wp-content/uploads).",
)
@click.option("--fetch", is_flag=True, help="Tải từ mạng những ảnh, tệp không có trong thư mục.")
@click.option("--unit", default="", help="Đơn vị của những tác giả chưa có tài khoản.")
@click.option(
    "--overwrite", is_flag=True, help="Ghi đè cả bài đã sửa trên trang sau lần nhập trước."
)
@click.option("--dry-run", is_flag=True, help="Chỉ báo sẽ làm gì; không ghi gì vào trang.")
@click.option("--report", type=click.Path(path_type=Path), help="Báo cáo từng mục (.csv, .jsonl).")
@with_appcontext
def import_command(
    path: Path,
    form: str | None,
    map_path: Path | None,
    media: Path | None,
    fetch: bool,
    unit: str,
    overwrite: bool,
    dry_run: bool,
    report: Path | None,
) -> None:
    """Nhập nội dung từ PATH: bản xuất của một trang như trang này, tệp xuất của WordPress (WXR),
    hoặc thư mục trang HTML có tệp ánh xạ. Chạy lại bao nhiêu lần cũng được."""
    now = datetime.now(UTC)
    run = runs.begin(said=path.name, is_dry=dry_run, now=now)
    run_id, report_name = run.id, run.report
    db.session.commit()
    own_report = Path(current_app.instance_path) / runs.FOLDER / report_name

    counts: Counter[Outcome] = Counter()

    def progress(done: int, total: int) -> None:
        _show_progress(done, total)
        runs.note(run_id, done=done, total=total, counts=counts, now=datetime.now(UTC))
        db.session.commit()

    try:
        form = form or recognise(path)
        site_map = mapping.read(map_path)
        click.echo("Đang đọc…")
        reader = (
            None
            if form == "site"
            else make_reader(form, path, site_map=site_map, media=media, fetch=fetch)
        )
        with ExitStack() as stack:
            media_root = Path(current_app.config["MEDIA_PATH"])
            if dry_run:
                media_root = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            source = reader.source if reader else site_reading.source_of(path)
            runs.know(run_id, form=form, source=source)
            db.session.commit()
            plan = Plan(
                source=source,
                said=path.name,
                # An export of a site brings its own units.
                unit_id=unit_for(unit).id if reader else 0,
                media_root=media_root,
                people=reader.people if reader else {},
                groups=reader.groups if reader else {},
                authors=site_map.authors,
                sections=site_map.sections,
                overwrite=overwrite,
            )
            _end(dry_run)()
            paths = dict.fromkeys([own_report, *([report] if report else [])])
            written = Reports(*(stack.enter_context(Report(each)) for each in paths))

            def tell(line: Line) -> None:
                counts[line.outcome] += 1
                written.write(line)

            store = Store(plan, now=now)
            if reader is None:
                SiteImport(
                    path,
                    store=store,
                    own_site=current_app.config["SITE_URL"],
                    checkpoint=_end(dry_run),
                    tell=tell,
                    is_dry=dry_run,
                ).run(progress)
            else:
                importing.run(
                    reader=reader,
                    store=store,
                    secret_key=current_app.config["SECRET_KEY"],
                    checkpoint=_end(dry_run),
                    tell=tell,
                    progress=progress,
                    is_dry=dry_run,
                )
            if not dry_run:
                importing.note_run(said=path.name, source=plan.source, counts=counts, now=now)
    except DomainError as error:
        _ended(run_id, counts=counts, error=error.sentence)
        click.echo(error.sentence, err=True)
        sys.exit(1)
    except BaseException:
        # Stopped by hand, or by what nobody thought of: the next run goes on from here.
        _ended(run_id, counts=counts, is_whole=False)
        raise
    _ended(run_id, counts=counts)
    said = ", ".join(
        f"{OUTCOME_LABELS[outcome]} {counts[outcome]}" for outcome in Outcome if counts[outcome]
    )
    click.echo(f"{'Chạy thử, chưa ghi gì: ' if dry_run else 'Xong: '}{said or 'không có mục nào'}.")
    click.echo(f"Báo cáo từng mục: {report or own_report}")


def _ended(
    run_id: int, *, counts: Mapping[Outcome, int], error: str = "", is_whole: bool = True
) -> None:
    if error or not is_whole:
        db.session.rollback()
    runs.end(run_id, counts=counts, error=error, is_whole=is_whole, now=datetime.now(UTC))
    db.session.commit()


def recognise(path: Path) -> str:
    """What PATH is, by what it holds. Raises InvalidInput."""
    if path.is_dir():
        if (path / "content.jsonl").is_file():
            return "site"
        return "html"
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if wxr.looks_like(head):
        return "wxr"
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b'{"'):
        return "site"
    raise InvalidInput(
        f"Không nhận ra {path.name} là gì. Trang nhận bản xuất của trang (thư mục có "
        "content.jsonl), tệp WXR của WordPress, hoặc thư mục trang HTML; hãy ghi rõ bằng --as."
    )


def make_reader(
    form: str, path: Path, *, site_map: SiteMap, media: Path | None, fetch: bool
) -> Reader:
    """Whoever reads PATH as that. Raises InvalidInput."""
    if form == "html":
        if not path.is_dir():
            raise InvalidInput(f"{path.name} không phải thư mục trang HTML.")
        pages = html_pages.HtmlReader(path, site_map=site_map)
        pages.media = _files(media or path, pages.base_url, fetch=fetch)
        return pages
    if path.is_dir():
        raise InvalidInput(f"{path.name} là thư mục; tệp xuất của WordPress là một tệp .xml.")
    export = wxr.WxrReader(path, choices=mapping.choices_of(site_map))
    export.media = _files(media, export.base_url, fetch=fetch)
    return export


def _files(root: Path | None, base_url: str, *, fetch: bool) -> Folder:
    host = (urlsplit(base_url).hostname or "").removeprefix("www.")
    web = None
    if fetch:
        agent = f"Mozilla/5.0 (compatible; TrangTin/1.0; +{current_app.config['SITE_URL']})"
        web = Web(agent=agent, deadline_s=FETCH_DEADLINE_S)
    return Folder(root, hosts=frozenset({host} - {""}), fetch=Fetcher(web).fetch if web else None)


@click.command("export")
@click.argument("path", type=click.Path(path_type=Path))
@with_appcontext
def export_command(path: Path) -> None:
    """Xuất toàn bộ nội dung ra thư mục PATH (content.jsonl và media), để nhập vào trang khác."""
    # It only reads: nobody who writes waits for it.
    try:
        with work(writes=False):
            count = site_writing.write(
                path=path,
                site=current_app.config["SITE_URL"],
                media_root=Path(current_app.config["MEDIA_PATH"]),
                progress=_show_progress,
            )
    except DomainError as error:
        click.echo(error.sentence, err=True)
        sys.exit(1)
    finally:
        db.session.rollback()
    click.echo(f"Đã xuất {count} bài vào {path}.")


def _end(dry_run: bool) -> Callable[[], Any]:
    return db.session.rollback if dry_run else db.session.commit


def _show_progress(done: int, total: int) -> None:
    click.echo(f"\rĐã xong: {done}/{total}", nl=False)
    if done >= total:
        click.echo()


COMMANDS = (import_command, export_command)
