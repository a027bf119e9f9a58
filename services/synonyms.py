"""Names of one thing, which the administrator puts together so that each finds all. Audited."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from extensions import db
from models import Synonym, User
from services import audit
from services.errors import InvalidInput, NotFound
from services.search.synonyms import form_of
from services.vietnamese import clean

MAX_GROUPS = 500
MAX_FORMS = 8
MAX_FORM_CHARACTERS = 60
MAX_FORM_WORDS = 10


def groups() -> Sequence[Synonym]:
    """All groups, in the order of their first name."""
    found = db.session.scalars(select(Synonym)).all()
    return sorted(found, key=lambda group: form_of(group.forms[0]).folded)


def get(synonym_id: int) -> Synonym:
    """One group. Raises NotFound."""
    group = db.session.get(Synonym, synonym_id)
    if group is None:
        raise NotFound("Nhóm từ này không còn; có thể người khác vừa xoá.")
    return group


def save(*, actor: User, synonym_id: int | None, forms: str, now: datetime) -> Synonym:
    """Make a group, or change one; ``forms`` has a name a line. Raises InvalidInput."""
    written = _read(forms)
    if synonym_id is None:
        if (db.session.scalar(select(func.count(Synonym.id))) or 0) >= MAX_GROUPS:
            raise InvalidInput(f"Đã có {MAX_GROUPS} nhóm từ; hãy xoá bớt trước khi thêm.")
        group = Synonym(forms=[], updated_at=now)
        db.session.add(group)
    else:
        group = get(synonym_id)
    before = list(group.forms)
    group.forms, group.updated_at = written, now
    db.session.flush()
    if before != written:
        _record(actor, "synonym.edit" if before else "synonym.create", group, before, written, now)
    return group


def delete(*, actor: User, synonym_id: int, now: datetime) -> Synonym:
    """Take a group away; each name then finds only itself. Raises NotFound."""
    group = get(synonym_id)
    _record(actor, "synonym.delete", group, list(group.forms), None, now)
    db.session.delete(group)
    db.session.flush()
    return group


def _record(
    actor: User,
    action: str,
    group: Synonym,
    before: list[str],
    after: list[str] | None,
    now: datetime,
) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject="synonym",
        subject_key=str(group.id),
        subject_name=" = ".join(after or before),
        changes={"forms": [before or None, after]},
        now=now,
    )


def _read(forms: str) -> list[str]:
    """The names, each once. Raises InvalidInput for what is no name, or only one."""
    lines = clean(forms[: MAX_FORMS * MAX_FORM_CHARACTERS * 4]).replace(";", "\n").splitlines()
    found: dict[tuple[str, ...], str] = {}
    for line in lines:
        written = " ".join(line.split())
        if not written:
            continue
        form = form_of(written)
        if not form.words:
            raise _wrong(f"“{written[:40]}” không có chữ nào; hãy sửa hoặc bỏ dòng này.")
        if len(written) > MAX_FORM_CHARACTERS or len(form.words) > MAX_FORM_WORDS:
            raise _wrong(
                f"“{written[:40]}…” quá dài; mỗi cách viết nhiều nhất {MAX_FORM_CHARACTERS} ký tự, "
                f"{MAX_FORM_WORDS} từ."
            )
        found.setdefault(form.folded, written)
    if len(found) < 2:
        raise _wrong("Cần ít nhất hai cách viết khác nhau, mỗi cách một dòng.")
    if len(found) > MAX_FORMS:
        raise _wrong(f"Một nhóm có nhiều nhất {MAX_FORMS} cách viết; hãy bỏ bớt.")
    return list(found.values())


def _wrong(sentence: str) -> InvalidInput:
    return InvalidInput(sentence, {"forms": sentence})
