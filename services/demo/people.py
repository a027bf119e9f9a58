"""Units, sections and accounts of the demonstration, from ``demo/site.toml``."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from demo.content import Site
from extensions import db
from models import Role, Section, Unit, User
from services.accounts import create_user
from services.vietnamese import sort_key

# When the invented agency opened its site: before the first post.
OPENED_AT = datetime(2017, 1, 3, 1, 0, tzinfo=UTC)
_ROLE_LABELS = {
    Role.CONTRIBUTOR: "Cộng tác viên",
    Role.EDITOR: "Biên tập viên",
    Role.CHIEF: "Trưởng / Phó Ban biên tập",
    Role.ADMIN: "Quản trị viên",
}
_CONSONANTS, _VOWELS = "bcdghklmnrstvx", "aeiou"


@dataclass(frozen=True, slots=True)
class Account:
    """What to tell whoever tries the site. The password is nowhere else."""

    username: str
    full_name: str
    password: str
    role: Role
    role_label: str
    unit_name: str


@dataclass(slots=True)
class Cast:
    """The rows that publications refer to, by their keys in the files."""

    units: dict[str, Unit]
    sections: dict[str, Section]
    users: dict[str, User]
    accounts: list[Account]
    leaving: list[User]

    def all_of(self, role: Role) -> list[User]:
        return [user for user in self.users.values() if user.role is role]


def make_password() -> str:
    """About 46 random bits that can be read out over the telephone: ``bamo-tuke-liru-482``."""
    groups = [
        "".join(secrets.choice(letters) for letters in (_CONSONANTS, _VOWELS) * 2) for _ in range(3)
    ]
    return "-".join([*groups, f"{secrets.randbelow(1000):03}"])


def add_cast(site: Site) -> Cast:
    """Everybody and everything that the publications name; accounts open, to be closed later
    for those who have left."""
    units: dict[str, Unit] = {}
    for position, row in enumerate(site.units):
        units[row["key"]] = Unit(
            name=row["name"],
            short_name=row["short_name"],
            slug=row["key"],
            sort_key=sort_key(row["name"]),
            is_outside=row.get("is_outside", False),
            position=position,
            monthly_target=row.get("monthly_target", 0),
        )
    sections: dict[str, Section] = {}
    for position, row in enumerate(site.sections):
        sections[row["key"]] = Section(
            name=row["name"],
            slug=row["key"],
            description=row["description"],
            english_name=row.get("english_name", ""),
            parent=sections[row["parent"]] if "parent" in row else None,
            position=position,
            show_in_menu=row.get("show_in_menu", "parent" not in row),
            show_on_home=row.get("show_on_home", True),
        )
    db.session.add_all([*units.values(), *sections.values()])
    db.session.flush()
    cast = Cast(units, sections, {}, [], [])
    for row in site.users:
        password = make_password()
        user = create_user(
            username=row["username"],
            full_name=row["full_name"],
            role=Role(row["role"]),
            unit=units[row["unit"]],
            password=password,
            now=OPENED_AT,
        )
        cast.users[row["username"]] = user
        if not row.get("is_active", True):
            cast.leaving.append(user)
            continue
        cast.accounts.append(
            Account(
                username=user.username,
                full_name=user.full_name,
                password=password,
                role=user.role,
                role_label=_ROLE_LABELS[user.role],
                unit_name=user.unit.name,
            )
        )
    for row in site.units:
        units[row["key"]].contacts.append(cast.users[row["contact"]])
    db.session.flush()
    return cast
