"""Commands: ``flask --app app …``. Each prints what it did, in Vietnamese, and exits 1 if it
could not."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext
from sqlalchemy import func, select

from blueprints import cli_moving, cli_report
from extensions import db
from models import Publication, Role, Unit, User
from services import accounts, audit, backups, file_texts, health, search
from services import users as user_service
from services.errors import DomainError
from services.vietnamese import slugify, sort_key

ACCOUNTS_FILE = "demo-accounts.txt"

users = AppGroup("users", help="Tài khoản người dùng.")


def init_app(app: Flask) -> None:
    for command in (
        users,
        demo_command,
        reindex,
        read_files,
        check,
        backup,
        restore,
        cli_report.report,
        *cli_moving.COMMANDS,
    ):
        app.cli.add_command(command)


def demonstrate(app: Flask) -> list[str]:
    """Load demonstration content into an empty database; returns what to tell whoever starts."""
    with app.app_context():
        is_empty = not db.session.scalar(select(func.count(User.id)))
        if is_empty:
            print("Đang nạp nội dung mẫu cho trang mới…", flush=True)
            _load_demonstration(app)
        db.session.remove()
    lines = [f"Trang chạy tại http://{app.config['HOST']}:{app.config['PORT']}"]
    kept = Path(app.instance_path) / ACCOUNTS_FILE
    if kept.is_file():
        lines += ["", "Tài khoản mẫu (mật khẩu tạo riêng cho bản này):"]
        lines += kept.read_text("utf-8").splitlines()
    return lines


def _load_demonstration(app: Flask) -> None:
    # Not above, here and below: a site that has its own content has no use for it in memory.
    from services import demo

    loaded = demo.load(now=datetime.now(UTC), media_root=Path(app.config["MEDIA_PATH"]))
    db.session.commit()
    lines = [
        f"  {account.username:<20} {account.password:<24} {account.role_label}, {account.unit_name}"
        for account in loaded
    ]
    path = Path(app.instance_path) / ACCOUNTS_FILE
    path.touch(mode=0o600)
    path.write_text("\n".join(lines) + "\n", "utf-8")


def _fail(error: DomainError) -> None:
    db.session.rollback()
    click.echo(error.sentence, err=True)
    sys.exit(1)


def _progress(label: str) -> Callable[[int, int], None]:
    def show(done: int, total: int) -> None:
        end = "\n" if done >= total else ""
        click.echo(f"\r{label}: {done}/{total}", nl=False)
        click.echo(end, nl=False)

    return show


@users.command("create")
@click.argument("name")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--unit", "unit_name", required=True, help="Tên đơn vị; được tạo nếu chưa có.")
@click.option("--full-name", required=True)
@click.option("--email", default="")
@click.option("--password-stdin", is_flag=True, help="Đọc mật khẩu từ dòng đầu của đầu vào chuẩn.")
@with_appcontext
def create_user(
    name: str, role: str, unit_name: str, full_name: str, email: str, password_stdin: bool
) -> None:
    """Tạo tài khoản NAME."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = click.prompt("Mật khẩu", hide_input=True, confirmation_prompt="Nhập lại")
    unit = db.session.scalar(
        select(Unit).where((Unit.name == unit_name) | (Unit.slug == slugify(unit_name)))
    )
    if unit is None:
        unit = Unit(name=unit_name, slug=slugify(unit_name), sort_key=sort_key(unit_name))
        db.session.add(unit)
        db.session.flush()
        audit.record(
            actor=None,
            action="unit.create",
            subject="unit",
            subject_key=str(unit.id),
            subject_name=unit.name,
            changes={"name": [None, unit.name]},
            now=datetime.now(UTC),
        )
    try:
        user = accounts.create_user(
            username=name,
            full_name=full_name,
            role=Role(role),
            unit=unit,
            password=password,
            email=email,
            now=datetime.now(UTC),
        )
    except DomainError as error:
        _fail(error)
    else:
        user_service.note_creation(user=user, actor=None, now=datetime.now(UTC))
        db.session.commit()
        click.echo(f"Đã tạo tài khoản “{user.username}” ({full_name}).")


@users.command("disable")
@click.argument("name")
@with_appcontext
def disable_user(name: str) -> None:
    """Khoá tài khoản NAME và kết thúc mọi phiên đăng nhập của người đó."""
    try:
        accounts.disable_user(username=name, now=datetime.now(UTC))
    except DomainError as error:
        _fail(error)
    else:
        db.session.commit()
        click.echo(f"Đã khoá tài khoản “{name}”.")


@click.command("demo")
@click.option("--publications", type=click.IntRange(1, 10_000_000), help="Thêm N bài sinh tự động.")
@click.option("--seed", type=int, default=1, show_default=True)
@with_appcontext
def demo_command(publications: int | None, seed: int) -> None:
    """Nạp nội dung mẫu; với --publications N thì thêm N bài sinh tự động."""
    if not db.session.scalar(select(func.count(Publication.id))):
        _load_demonstration(current_app._get_current_object())  # type: ignore[attr-defined]
        click.echo("Đã nạp nội dung mẫu.")
    elif publications is None:
        click.echo("Trang đã có nội dung nên không nạp thêm; dùng --publications N để sinh bài.")
    if publications is not None:
        from services import demo

        demo.generate(
            count=publications,
            seed=seed,
            now=datetime.now(UTC),
            progress=_progress("Đã sinh"),
            checkpoint=db.session.commit,
        )
        db.session.commit()


@click.command("reindex")
@with_appcontext
def reindex() -> None:
    """Lập lại chỉ mục tìm kiếm trong khi trang vẫn chạy."""
    search.reindex(progress=_progress("Đã lập chỉ mục"), checkpoint=db.session.commit)
    db.session.commit()
    click.echo("Xong.")


@click.command("read-files")
@with_appcontext
def read_files() -> None:
    """Đọc chữ trong các tệp đính kèm còn chờ, để tìm kiếm được; việc nền cũng tự làm."""
    done = file_texts.read_waiting(
        now=datetime.now(UTC),
        root=Path(current_app.config["MEDIA_PATH"]),
        checkpoint=db.session.commit,
    )
    click.echo(f"Đã đọc {done} tệp.")


@click.command("check")
@with_appcontext
def check() -> None:
    """Kiểm tra cơ sở dữ liệu, chỉ mục, tệp và cấu hình; mỗi mục một dòng."""
    findings = health.examine(
        config=current_app.config, migrations=Path(current_app.root_path) / "migrations"
    )
    for finding in findings:
        click.echo(f"{'✓' if finding.is_ok else '✗'} {finding.label}: {finding.detail}")
    if not all(finding.is_ok for finding in findings):
        sys.exit(1)


@click.command("backup")
@click.argument("path", type=click.Path(path_type=Path))
@with_appcontext
def backup(path: Path) -> None:
    """Sao lưu dữ liệu, ảnh và khoá bí mật vào tệp PATH (.tar.gz), không cần dừng trang."""
    try:
        size_bytes = backups.write(path=path, config=current_app.config)
    except DomainError as error:
        _fail(error)
    else:
        click.echo(f"Đã sao lưu vào {path} ({size_bytes / 1e6:.1f} MB).")


@click.command("restore")
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@click.option("--yes", is_flag=True, help="Không hỏi lại.")
@with_appcontext
def restore(path: Path, yes: bool) -> None:
    """Khôi phục từ bản sao lưu PATH. Hãy dừng trang trước; nội dung hiện tại bị thay thế."""
    if not yes:
        click.confirm("Nội dung hiện tại sẽ bị thay bằng bản sao lưu. Tiếp tục?", abort=True)
    db.session.remove()
    db.engine.dispose()
    try:
        backups.read(path=path, config=current_app.config)
    except DomainError as error:
        _fail(error)
    else:
        click.echo("Đã khôi phục. Hãy chạy “flask --app app check” để kiểm tra.")
