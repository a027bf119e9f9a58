"""Commands for whoever looks after the machine: what they do, print, and answer to scripts."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import delete, func, select
from sqlalchemy.orm import scoped_session

from models import AuditEvent, Unit, User
from services import accounts, search
from services.search.schema import document
from tests.support.factories import NOW, make_media, make_publication, make_unit, make_user

Session = scoped_session[Any]
PASSWORD = "mật khẩu dài đủ"


def run(app: Flask, *arguments: str, typed: str = "") -> Result:
    return app.test_cli_runner().invoke(args=list(arguments), input=typed)


def create(app: Flask, name: str = "nguyen.an", **options: str) -> Result:
    given = {"role": "editor", "unit": "Phòng Quản lý", "full-name": "Nguyễn Văn An", **options}
    flags = [part for option, value in given.items() for part in (f"--{option}", value)]
    return run(app, "users", "create", name, *flags, "--password-stdin", typed=f"{PASSWORD}\n")


# ---------------------------------------------------------------- accounts
def test_an_account_is_made_that_can_log_in(app: Flask, session: Session) -> None:
    result = create(app)
    assert (result.exit_code, result.output) == (
        0,
        "Đã tạo tài khoản “nguyen.an” (Nguyễn Văn An).\n",
    )
    user = session.scalars(select(User)).one()
    assert (user.username, str(user.role), user.unit.name) == (
        "nguyen.an",
        "editor",
        "Phòng Quản lý",
    )
    assert user.password_hash.startswith("$argon2id$")
    assert PASSWORD not in result.output


def test_a_unit_that_is_there_is_used(app: Flask, session: Session) -> None:
    unit = make_unit(name="Phòng Quản lý")
    session.commit()
    assert create(app, unit="phong quan ly").exit_code == 0
    assert session.scalars(select(User)).one().unit_id == unit.id


def test_a_refused_account_is_explained_and_leaves_nothing(app: Flask, session: Session) -> None:
    for name, options in (("?", {}), ("an.an", {"full-name": "A"})):
        result = create(app, name, **options)
        assert result.exit_code == 1
        assert "Tên đăng nhập gồm" in result.output or "Họ và tên" in result.output
    assert session.scalar(select(func.count(User.id))) == 0
    assert session.scalar(select(func.count(Unit.id))) == 0


def test_what_is_done_here_is_in_the_trail_without_a_person_or_a_password(
    app: Flask, session: Session
) -> None:
    create(app)
    run(app, "users", "disable", "nguyen.an")
    events = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    assert [(event.action, event.actor_id) for event in events] == [
        ("unit.create", None),
        ("user.create", None),
        ("user.disable", None),
    ]
    assert PASSWORD not in str([event.changes for event in events])


def test_a_role_that_is_none_is_refused(app: Flask, session: Session) -> None:
    assert create(app, role="king").exit_code == 2


def test_an_account_is_closed(app: Flask, session: Session) -> None:
    user = make_user(username="nguyen.an")
    token = user.get_id()
    session.commit()
    result = run(app, "users", "disable", "nguyen.an")
    assert (result.exit_code, result.output) == (0, "Đã khoá tài khoản “nguyen.an”.\n")
    session.expire_all()
    assert not user.is_active
    assert accounts.user_for_session(token) is None
    result = run(app, "users", "disable", "khong.co")
    assert result.exit_code == 1
    assert "Không có tài khoản “khong.co”." in result.output


# ---------------------------------------------------------------- looking after it
def found(words: str) -> list[int]:
    request = search.SearchRequest(q=words)
    return [hit.publication_id for hit in search.search(request=request, now=NOW).hits]


def test_the_index_is_made_anew(app: Flask, session: Session) -> None:
    post = make_publication(title="Hội nghị khoa học trẻ")
    session.commit()
    assert found("hội nghị") == []
    result = run(app, "reindex")
    assert (result.exit_code, result.output.splitlines()[-1]) == (0, "Xong.")
    session.commit()
    assert found("hội nghị") == [post.id]


def test_a_sound_copy_is_told_line_by_line(app: Flask, session: Session) -> None:
    make_publication()
    make_publication(state="draft")
    make_publication(state="withdrawn")
    session.commit()
    run(app, "reindex")
    result = run(app, "check")
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "✓ Cơ sở dữ liệu",
        "✓ Cấu trúc dữ liệu",
        "✓ Chỉ mục tìm kiếm",
        "✓ Ảnh và tệp",
        "✓ Việc nền",
        "✓ Thư",
        "✓ Cổng thành phố",
        "✓ Đĩa",
        "✓ Khoá bí mật",
    ]


def test_an_index_that_lacks_a_text_is_told_and_fails(app: Flask, session: Session) -> None:
    make_publication()
    session.commit()
    run(app, "reindex")
    session.execute(delete(document))
    session.commit()
    result = run(app, "check")
    assert result.exit_code == 1
    assert (
        "✗ Chỉ mục tìm kiếm: 0 bài trong chỉ mục, 1 bài đang đăng; hãy chạy “flask reindex”"
        in result.output
    )


def test_lost_pictures_and_an_open_secret_are_told(app: Flask, session: Session) -> None:
    make_media()
    session.commit()
    secret = Path(app.config["INSTANCE_PATH"]) / "secret_key"
    secret.chmod(0o644)
    result = run(app, "check")
    assert result.exit_code == 1
    assert "✗ Ảnh và tệp: thiếu 1/1" in result.output
    assert "✗ Khoá bí mật: người khác đọc được" in result.output


@pytest.mark.parametrize("arguments", [["check"], ["reindex"], ["users"], ["backup"], ["restore"]])
def test_each_command_explains_itself(app: Flask, arguments: list[str]) -> None:
    result = run(app, *arguments, "--help")
    assert result.exit_code == 0
    assert not result.output.isascii()
