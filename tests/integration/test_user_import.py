"""People from a spreadsheet: what is said of each row, and what is made of it."""

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import scoped_session

from models import AccountToken, AuditEvent, Role, User
from services import user_import
from services.errors import InvalidInput
from services.user_import import COLUMNS, MAX_ROWS, Row, Verdict
from tests.support.factories import NOW, make_section, make_unit, make_user

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
Session = scoped_session[Any]
GOOD = ("le.binh", "Lê Thị Bình", "Cộng tác viên", "Văn phòng Sở", "binh@coquan.gov.vn", "")


@pytest.fixture(autouse=True)
def known(session: Session) -> None:
    make_unit(name="Văn phòng Sở", short_name="Văn phòng")
    make_unit(name="Phòng Chuyển đổi số")
    make_unit(name="Phòng cũ", is_active=False)
    make_section(name="Tin tức")
    make_user(username="co.san", full_name="Trần Có Sẵn", role=Role.ADMIN)


def table(*rows: Any) -> list[tuple[int, Any]]:
    return [(number, list(row)) for number, row in enumerate((COLUMNS, *rows), start=1)]


def judge(*rows: Any) -> list[Row]:
    return user_import.judge(user_import.rows_of(table(*rows)))


def changed(**values: str) -> tuple[str, ...]:
    names = ("username", "name", "role", "unit", "email", "sections")
    return tuple(values.get(name, cell) for name, cell in zip(names, GOOD, strict=True))


def carry_out(session: Session, *rows: Any) -> list[Row]:
    return user_import.carry_out(
        actor=session.scalars(select(User).where(User.username == "co.san")).one(),
        rows=user_import.rows_of(table(*rows)),
        link_for=lambda token: f"/tai-khoan/{token}",
        site_name="Trang thử",
        now=NOW,
    )


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"username": "Có Dấu"}, "chữ thường không dấu"),
        ({"username": "co.san"}, "đã là của Trần Có Sẵn"),
        ({"name": "B"}, "Họ và tên"),
        ({"role": "Giám đốc"}, "Không có vai trò “Giám đốc”"),
        ({"unit": "Phòng Chuyển đổi"}, "có phải “Phòng Chuyển đổi số”?"),
        ({"unit": "Không đâu cả"}, "hãy thêm đơn vị trước"),
        ({"unit": "Phòng cũ"}, "đã ngừng dùng"),
        ({"email": "binh@"}, "Thư điện tử “binh@” chưa đúng"),
        ({"sections": "Tin tưc; Không có"}, "Không có chuyên mục “Không có”"),
        ({"name": "=1+1"}, "“Họ và tên” là công thức"),
        ({"name": "x" * 400}, "“Họ và tên” quá dài"),
    ],
)
def test_what_is_wrong_with_a_row_is_said(values: dict[str, str], sentence: str) -> None:
    (row,) = judge(changed(**values))
    assert row.verdict is Verdict.WRONG
    assert sentence in " ".join(row.notes)


def test_a_second_row_of_one_name_is_refused_and_names_the_first() -> None:
    first, second = judge(GOOD, changed(username="LE.BINH", name="Người Khác"))
    assert (first.verdict, second.verdict) == (Verdict.NEW, Verdict.WRONG)
    assert second.notes == ["Tài khoản “le.binh” trùng với dòng 2; hãy đổi tên."]


def test_two_people_may_have_one_full_name_and_it_is_said() -> None:
    _, second, third = judge(
        GOOD, changed(username="binh.hai"), changed(username="co.moi", name="TRẦN CÓ SẴN")
    )
    assert (second.verdict, third.verdict) == (Verdict.NEW, Verdict.NEW)
    assert second.notes == ["Trùng họ tên với dòng 2; vẫn tạo riêng."]
    assert third.notes == ["Trùng họ tên với tài khoản “co.san” đã có; vẫn tạo riêng."]


def test_right_rows_are_invited_and_wrong_ones_left_out(session: Session) -> None:
    judged = carry_out(
        session,
        GOOD,
        changed(username="hai", unit="văn phòng", role="editor", sections="tin-tuc", email=""),
        changed(username="sai", unit="?"),
    )
    assert [row.verdict for row in judged] == [Verdict.MADE, Verdict.MADE, Verdict.WRONG]
    made = session.scalars(select(User).where(User.username == "hai")).one()
    assert (made.role, made.unit.name) == (Role.EDITOR, "Văn phòng Sở")
    assert [section.name for section in made.sections] == ["Tin tức"]
    assert [bool(row.link) for row in judged] == [True, True, False]
    assert session.scalar(select(func.count(AccountToken.id))) == 2
    assert session.scalars(select(AuditEvent.action)).all() == ["user.create"] * 2


def test_the_same_file_again_changes_nothing(session: Session) -> None:
    carry_out(session, GOOD)
    count = session.scalar(select(func.count(AccountToken.id)))
    (row,) = carry_out(session, GOOD)
    assert (row.verdict, row.link) == (Verdict.EXISTS, "")
    assert session.scalar(select(func.count(AccountToken.id))) == count


def test_the_columns_may_stand_in_any_order_below_a_title() -> None:
    rows = user_import.rows_of(
        [
            (1, ["DANH SÁCH NHÂN SỰ"]),
            (3, ["Họ tên", "Ghi chú", "Email", "TÀI KHOẢN *", "vai trò", "Đơn vị"]),
            (4, ["Lê Thị Bình", "x", "b@c.vn", "le.binh", "Cộng tác viên", "Văn phòng"]),
        ]
    )
    ((number, values),) = rows
    assert (number, values["Tài khoản"], values["Thư điện tử"]) == (4, "le.binh", "b@c.vn")
    assert user_import.judge(rows)[0].verdict is Verdict.NEW


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([(1, ["a", "b"])], "Không thấy dòng tên cột"),
        ([(1, ["Tài khoản", "Họ và tên"]), (2, ["a", "b"])], "thiếu cột Vai trò, Đơn vị"),
        ([(1, list(COLUMNS))], "chưa có dòng nào"),
        ([(1, list(COLUMNS)), *[(2, list(GOOD))] * (MAX_ROWS + 1)], "nhiều nhất 5000 dòng"),
    ],
)
def test_a_table_that_cannot_be_read_is_explained(rows: Any, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        user_import.rows_of(rows)
