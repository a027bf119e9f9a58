"""People and sections of a site that is moved in: found here, or made."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from extensions import db
from models import ImportItem, Role, Section, Unit, User
from services import audit
from services.accounts import NO_PASSWORD, USERNAME, new_session_token, normalise_username
from services.errors import NotFound
from services.moving import old_addresses
from services.moving.items import Group, Person, Plan
from services.publications import one_line
from services.vietnamese import clean, fold, person_sort_key, slugify

MAX_SECTION_DEPTH = 4


class Places:
    """Whose a text is and where it stands. What it remembers between two texts is rows' numbers,
    which ``forget`` drops after a rollback."""

    def __init__(self, plan: Plan, *, now: datetime) -> None:
        self.plan, self.now = plan, now
        self._users: dict[str, tuple[int, int]] = {}
        self._sections: dict[str, int | None] = {}

    def forget(self) -> None:
        self._users.clear()
        self._sections.clear()

    def author(
        self, key: str, person: Person | None = None, *, unit_id: int | None = None
    ) -> tuple[int, int]:
        """Number and unit of the account of an author there, made if there is none: closed, and
        without a password, until an administrator invites the person."""
        if key not in self._users:
            user = self._mapped_user(key) or self._brought(f"author:{key}", User)
            if user is None:
                person = person or self.plan.people.get(key) or Person(key, key)
                user = self._new_user(person, unit_id or self.plan.unit_id)
                self._remember(f"author:{key}", user_id=user.id)
            self._users[key] = (user.id, user.unit_id)
        return self._users[key]

    def _mapped_user(self, key: str) -> User | None:
        name = self.plan.authors.get(key)
        if name is None:
            return None
        user = db.session.scalar(select(User).where(User.username == normalise_username(name)))
        if user is None:
            raise NotFound(f"Tệp ánh xạ ghi tác giả “{key}” là “{name}”: không có tài khoản đó.")
        return user

    def _new_user(self, person: Person, unit_id: int) -> User:
        full_name = one_line(clean(person.name))[:120] or f"Nhập từ {self.plan.source}"[:120]
        base = slugify(person.key or self.plan.source, max_length=50).replace("-", ".")
        # What is a user name of ours stays as it is.
        base = person.key if USERNAME.fullmatch(person.key) else base
        base = base if USERNAME.fullmatch(base) else f"tac.gia.{base}".rstrip(".")
        there = db.session.scalar(select(User).where(User.username == base))
        if there is not None and fold(there.full_name) == fold(full_name):
            return there
        name, number = base, 2
        while db.session.scalar(select(User.id).where(User.username == name)):
            name, number = f"{base}.{number}", number + 1
        user = User(
            username=name,
            full_name=full_name if len(full_name) > 1 else f"{full_name} ({name})",
            sort_key=person_sort_key(full_name),
            password_hash=NO_PASSWORD,
            role=Role.CONTRIBUTOR,
            unit_id=unit_id,
            session_token=new_session_token(),
            is_active=False,
            created_at=self.now,
        )
        db.session.add(user)
        db.session.flush()
        self._audit("user.create", "user", str(user.id), f"{full_name} ({name})")
        return user

    def section(self, key: str) -> int | None:
        if not key:
            return None
        if key not in self._sections:
            self._sections[key] = self._find_section(key, depth=0)
        return self._sections[key]

    def _find_section(self, key: str, *, depth: int) -> int | None:
        mapped = self.plan.sections.get(key)
        if mapped is not None:
            found = db.session.scalar(select(Section.id).where(Section.slug == slugify(mapped)))
            if found is None and mapped:
                raise NotFound(
                    f"Tệp ánh xạ ghi chuyên mục “{key}” là “{mapped}”: không có chuyên mục đó."
                )
            return found
        if (section := self._brought(f"section:{key}", Section)) is not None:
            return section.id
        group = self.plan.groups.get(key) or Group(key, key)
        # A ring of parents ends here too.
        parent_id = (
            self._find_section(group.parent, depth=depth + 1)
            if group.parent and group.parent != key and depth < MAX_SECTION_DEPTH - 1
            else None
        )
        section = self._section_like(group) or self._new_section(group, parent_id)
        self._remember(f"section:{key}", section_id=section.id)
        old_addresses.keep(group.addresses, section_id=section.id, now=self.now)
        return section.id

    def _section_like(self, group: Group) -> Section | None:
        slug = slugify(group.slug or group.name)
        same = db.session.scalars(select(Section).where(Section.is_active)).all()
        by_slug = next((one for one in same if slug and one.slug == slug), None)
        return by_slug or next((one for one in same if fold(one.name) == fold(group.name)), None)

    def _new_section(self, group: Group, parent_id: int | None) -> Section:
        name = one_line(clean(group.name))[:120] or "Chuyên mục"
        base = slugify(group.slug or name, max_length=110) or "chuyen-muc"
        slug, number = base, 2
        while db.session.scalar(select(Section.id).where(Section.slug == slug)):
            slug, number = f"{base}-{number}", number + 1
        last = db.session.scalar(select(func.max(Section.position)))
        section = Section(
            name=name,
            slug=slug,
            parent_id=parent_id,
            position=(last or 0) + 1,
            # Where it stands on the site is for its administrator to say.
            show_in_menu=False,
            show_on_home=False,
        )
        db.session.add(section)
        db.session.flush()
        self._audit("section.create", "section", str(section.id), name)
        return section

    def _brought(self, external_id: str, model: type[Any]) -> Any:
        column = ImportItem.user_id if model is User else ImportItem.section_id
        return db.session.scalar(
            select(model)
            .join(ImportItem, column == model.id)
            .where(
                ImportItem.source == self.plan.source, ImportItem.external_id == external_id[:300]
            )
        )

    def _remember(self, external_id: str, **target: int) -> None:
        db.session.add(
            ImportItem(
                source=self.plan.source,
                external_id=external_id[:300],
                is_complete=True,
                imported_at=self.now,
                **target,
            )
        )
        db.session.flush()

    def _audit(self, action: str, subject: str, key: str, name: str) -> None:
        audit.record(
            actor=None,
            action=action,
            subject=subject,
            subject_key=key,
            subject_name=name,
            changes={"name": [None, name]},
            now=self.now,
        )


def unit_for(name: str) -> Unit:
    """The unit of this name or address; without one, the first of the site. Raises NotFound."""
    query = select(Unit).where(Unit.is_active).order_by(Unit.position, Unit.id)
    if name:
        query = query.where((Unit.name == name) | (Unit.slug == slugify(name)))
    unit = db.session.scalars(query.limit(1)).first()
    if unit is None:
        raise NotFound(
            f"Không có đơn vị “{name}”; hãy thêm đơn vị trước hoặc chọn đơn vị khác."
            if name
            else "Trang chưa có đơn vị nào; hãy tạo đơn vị và tài khoản trước khi nhập."
        )
    return unit
