"""Many accounts from one spreadsheet: read, judged row by row, and made once somebody agrees.

Judging writes nothing, so it is the dry run and, at the end, the last look before the rows that
are still right are carried out. Rows that are there already are reported and left as they are.
"""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select

from extensions import db
from models import AccountToken, AuditEvent, OutboxMail, Role, Section, Unit, User
from services import invitations, sections, users
from services.accounts import ROLE_NAMES, check_identity, normalise_username
from services.errors import InvalidInput
from services.vietnamese import fold

COLUMNS = ("Tài khoản", "Họ và tên", "Vai trò", "Đơn vị", "Thư điện tử", "Chuyên mục")
REQUIRED = COLUMNS[:4]
# What people also write above these columns.
OTHER_NAMES = {
    "ten dang nhap": "Tài khoản",
    "ten tai khoan": "Tài khoản",
    "ho ten": "Họ và tên",
    "email": "Thư điện tử",
    "e-mail": "Thư điện tử",
    "dia chi thu dien tu": "Thư điện tử",
}
MAX_ROWS = 5000
MAX_CELL_CHARACTERS = 300
MAX_HINTS = 200
# A title and a note may stand above the names of the columns.
ROWS_BEFORE_HEADER = 10
ROLES = {fold(name): role for role, name in ROLE_NAMES.items()} | {
    **{role.value: role for role in Role},
    "truong ban bien tap": Role.CHIEF,
    "pho truong ban bien tap": Role.CHIEF,
    "thu ky ban bien tap": Role.EDITOR,
}

Cells = Sequence[str]


class Verdict(StrEnum):
    """What becomes of a row."""

    NEW = "new"
    EXISTS = "exists"
    WRONG = "wrong"
    MADE = "made"


VERDICT_LABELS = {
    Verdict.NEW: "Sẽ tạo",
    Verdict.EXISTS: "Đã có, giữ nguyên",
    Verdict.WRONG: "Cần sửa",
    Verdict.MADE: "Đã tạo",
}


@dataclass(slots=True)
class Row:
    """One row of the spreadsheet with what is said of it; ``number`` as the spreadsheet counts."""

    number: int
    values: dict[str, str]
    verdict: Verdict = Verdict.NEW
    notes: list[str] = field(default_factory=list)
    link: str = ""
    role: Role | None = None
    unit: Unit | None = None
    sections: list[Section] = field(default_factory=list)

    @property
    def username(self) -> str:
        return self.values["Tài khoản"]


def rows_of(table: Sequence[tuple[int, Cells]]) -> list[tuple[int, dict[str, str]]]:
    """The rows below the names of the columns, each by those names. Raises InvalidInput if the
    names are not found, nothing is below them, or too much is."""
    headers = ([_column(cell) for cell in cells] for _, cells in table[:ROWS_BEFORE_HEADER])
    place, names = next(
        (
            (place, names)
            for place, names in enumerate(headers)
            if {"Tài khoản", "Họ và tên"} <= set(names)
        ),
        (-1, []),
    )
    if place < 0:
        raise InvalidInput(
            "Không thấy dòng tên cột. Bảng cần một dòng có các cột "
            f"{', '.join(COLUMNS)}; hãy tải mẫu và chép dữ liệu vào đó."
        )
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise InvalidInput(
            f"Bảng thiếu cột {', '.join(missing)}; chưa có gì được tạo. Hãy thêm cột rồi tải lên "
            "lại."
        )
    found = []
    for number, cells in table[place + 1 :]:
        values = dict.fromkeys(COLUMNS, "")
        for name, cell in zip(names, cells, strict=False):
            if name:
                values[name] = cell[: MAX_CELL_CHARACTERS + 1]
        if any(values.values()):
            found.append((number, values))
    if not found:
        raise InvalidInput("Dưới dòng tên cột chưa có dòng nào; hãy điền rồi tải lên lại.")
    if len(found) > MAX_ROWS:
        raise InvalidInput(
            f"Bảng có {len(found)} dòng; mỗi lần nhận nhiều nhất {MAX_ROWS} dòng. Hãy chia bảng "
            "thành nhiều tệp."
        )
    return found


def judge(rows: Sequence[tuple[int, Mapping[str, str]]]) -> list[Row]:
    """Say of each row what would be made of it or what is wrong; writes nothing. A constant
    number of queries, however many rows."""
    known = _Known()
    first_of: dict[str, int] = {}
    first_named: dict[str, int] = {}
    judged = []
    for number, values in rows:
        row = Row(number, {name: values.get(name, "").strip() for name in COLUMNS})
        _judge_row(row, known, first_of, first_named)
        judged.append(row)
    return judged


def carry_out(
    *,
    actor: User,
    rows: Sequence[tuple[int, Mapping[str, str]]],
    link_for: invitations.LinkFor,
    site_name: str,
    now: datetime,
) -> list[Row]:
    """Make the accounts of the rows that are right, judged anew, with an invitation for each."""
    judged = judge(rows)
    people: list[tuple[Row, User]] = []
    with db.session.no_autoflush:
        for row in judged:
            if row.verdict is not Verdict.NEW or row.role is None or row.unit is None:
                continue
            username, full_name, email, _ = check_identity(
                username=row.username,
                full_name=row.values["Họ và tên"],
                email=row.values["Thư điện tử"],
            )
            user = users.add_invited(
                username=username,
                full_name=full_name,
                email=email,
                role=row.role,
                unit=row.unit,
                sections=row.sections,
                may_publish_unreviewed=False,
                now=now,
            )
            people.append((row, user))
    # All at once: on SQLite nobody else writes meanwhile, so thousands may not take their time.
    db.session.flush()
    beside: list[AccountToken | OutboxMail | AuditEvent] = []
    with db.session.no_autoflush:
        for row, user in people:
            rows_of_link, row.link = invitations.compose(
                user=user, actor=actor, link_for=link_for, site_name=site_name, now=now
            )
            beside += [*rows_of_link, users.event_of_creation(user=user, actor=actor, now=now)]
            row.verdict = Verdict.MADE
    db.session.add_all(beside)
    db.session.flush()
    return judged


class _Known:
    """What rows are compared with, read once."""

    def __init__(self) -> None:
        people = db.session.execute(select(User.username, User.full_name)).all()
        self.full_names = {person.username: person.full_name for person in people}
        self.usernames_by_name: dict[str, str] = {}
        for person in people:
            self.usernames_by_name.setdefault(_same(person.full_name), person.username)
        self.units: dict[str, Unit] = {}
        self.unit_names: dict[str, str] = {}
        for unit in db.session.scalars(select(Unit).order_by(Unit.id)):
            for name in (unit.slug, unit.short_name, unit.name):
                if name:
                    self.units[_same(name)] = unit
            if unit.is_active:
                self.unit_names[_same(unit.name)] = unit.name
        tree = sections.load()
        rows = {row.id: row for row in db.session.scalars(select(Section))}
        self.sections: dict[str, Section] = {}
        self.section_names: dict[str, str] = {}
        for node in tree.ordered:
            if node.is_active:
                for name in (node.slug, node.name):
                    self.sections.setdefault(_same(name), rows[node.id])
                self.section_names[_same(node.name)] = node.name
        self._hints: dict[str, str] = {}

    def nearest(self, text: str, names: Mapping[str, str]) -> str:
        """What somebody may have meant. Comparing is slow: a file that is wrong throughout gets
        hints for its first names only."""
        wanted = _same(text)[:100]
        if wanted not in self._hints and len(self._hints) < MAX_HINTS:
            near = difflib.get_close_matches(wanted, list(names), n=1, cutoff=0.6)
            self._hints[wanted] = f"có phải “{names[near[0]]}”?" if near else ""
        return self._hints.get(wanted, "")


def _judge_row(
    row: Row, known: _Known, first_of: dict[str, int], first_named: dict[str, int]
) -> None:
    too_long = [name for name, text in row.values.items() if len(text) > MAX_CELL_CHARACTERS]
    formulas = [name for name, text in row.values.items() if text.startswith("=")]
    if too_long or formulas:
        row.verdict = Verdict.WRONG
        row.notes += [f"Ô “{name}” quá dài; hãy rút ngắn lại." for name in too_long]
        row.notes += [f"Ô “{name}” là công thức; hãy dán giá trị." for name in formulas]
        row.values = {name: text[:MAX_CELL_CHARACTERS] for name, text in row.values.items()}
        return
    username = normalise_username(row.username)
    full_name = " ".join(row.values["Họ và tên"].split())
    same_name = _same(full_name)
    holder = known.full_names.get(username)
    if username and username in first_of:
        _refuse(row, f"Tài khoản “{username}” trùng với dòng {first_of[username]}; hãy đổi tên.")
        return
    first_of[username] = row.number
    if holder is not None and _same(holder) == same_name:
        row.verdict = Verdict.EXISTS
        return
    _, _, _, fields = check_identity(
        username=username, full_name=full_name, email=row.values["Thư điện tử"]
    )
    for sentence in fields.values():
        _refuse(row, sentence)
    if holder is not None:
        _refuse(row, f"Tài khoản “{username}” đã là của {holder}; hãy chọn tên khác.")
    _read_duties(row, known)
    if row.verdict is Verdict.NEW:
        # Two people may well have one name: it is said, not refused.
        if same_name in first_named:
            row.notes.append(f"Trùng họ tên với dòng {first_named[same_name]}; vẫn tạo riêng.")
        elif same_name in known.usernames_by_name:
            other = known.usernames_by_name[same_name]
            row.notes.append(f"Trùng họ tên với tài khoản “{other}” đã có; vẫn tạo riêng.")
    first_named.setdefault(same_name, row.number)


def _read_duties(row: Row, known: _Known) -> None:
    row.role = ROLES.get(_same(row.values["Vai trò"]))
    if row.role is None:
        labels = ", ".join(ROLE_NAMES.values())
        _refuse(row, f"Không có vai trò “{row.values['Vai trò'][:60]}”; hãy dùng: {labels}.")
    wanted = row.values["Đơn vị"]
    row.unit = known.units.get(_same(wanted))
    if row.unit is None:
        hint = known.nearest(wanted, known.unit_names) or "hãy thêm đơn vị trước"
        _refuse(row, f"Không có đơn vị “{wanted[:80]}”; {hint}.")
    elif not row.unit.is_active:
        _refuse(row, f"Đơn vị “{row.unit.name}” đã ngừng dùng; hãy chọn đơn vị khác.")
    names = [part.strip() for part in row.values["Chuyên mục"].split(";") if part.strip()]
    for name in names:
        section = known.sections.get(_same(name))
        if section is None:
            hint = known.nearest(name, known.section_names) or "hãy bỏ trống để giao mọi chuyên mục"
            _refuse(row, f"Không có chuyên mục “{name[:80]}”; {hint}.")
        elif section not in row.sections:
            row.sections.append(section)


def _refuse(row: Row, sentence: str) -> None:
    row.verdict = Verdict.WRONG
    row.notes.append(sentence)


def _same(text: str) -> str:
    """Names that differ in accents, case and spaces are one name."""
    return " ".join(fold(text).split())


def _column(cell: str) -> str:
    """The column that a cell names, or nothing."""
    named = _same(cell).rstrip(" *:")
    by_name = {_same(column): column for column in COLUMNS}
    return by_name.get(named) or OTHER_NAMES.get(named, "")


def count(rows: Sequence[Row]) -> dict[Verdict, int]:
    """How many rows have each verdict."""
    return {verdict: sum(row.verdict is verdict for row in rows) for verdict in Verdict}
