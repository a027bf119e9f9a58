"""Changing the tree of sections without breaking an address that somebody has kept.

A section that gets another address leaves the old one as an alias; one that is merged into
another leaves all of its addresses to that one. An alias names a section, not an address, so
however often it moves there is one redirect. Everything is audited.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, literal, select, update

from extensions import db
from models import Publication, Revision, Section, SectionAlias, User, user_section
from services import audit, search, sections
from services.errors import Conflict, InvalidInput, NotAllowed, NotFound
from services.vietnamese import clean, fold, slugify

MAX_DEPTH = 4
MAX_SECTIONS = 500
GONE = "Không có chuyên mục này; có thể địa chỉ chép chưa đúng."


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionDraft:
    """What an administrator typed of a section; ``parent_id`` empty: at the top."""

    name: str = ""
    slug: str = ""
    description: str = ""
    english_name: str = ""
    parent_id: str = ""
    show_in_menu: bool = False
    show_on_home: bool = False


def heir_of(slug: str) -> str | None:
    """The address to which an old one leads, or None. Ask only for what no open section has: an
    alias never shadows one."""
    if "\0" in slug:
        # PostgreSQL takes no such text, even to compare.
        return None
    return db.session.scalar(
        select(Section.slug)
        .join(SectionAlias, SectionAlias.section_id == Section.id)
        .where(SectionAlias.slug == slug, Section.is_active)
    )


def get(section_id: int) -> Section:
    """One section. Raises NotFound."""
    section = db.session.get(Section, section_id)
    if section is None:
        raise NotFound(GONE)
    return section


def count_texts() -> dict[int | None, int]:
    """How many publications are in each section, by its id."""
    rows = db.session.execute(
        select(Publication.section_id, func.count(Publication.id))
        .where(Publication.section_id.is_not(None))
        .group_by(Publication.section_id)
    )
    return {row[0]: row[1] for row in rows}


def aliases_of(section_id: int) -> Sequence[str]:
    """The old addresses that lead to this section."""
    return db.session.scalars(
        select(SectionAlias.slug)
        .where(SectionAlias.section_id == section_id)
        .order_by(SectionAlias.slug)
    ).all()


def seen_token(section: Section) -> str:
    """Names what a form showed of a section."""
    facts: list[Any] = [section.name, section.slug, section.description, section.parent_id]
    facts.append(section.english_name)
    facts += [section.show_in_menu, section.show_on_home, section.is_active]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32]


def facts_of(section: Section, tree: sections.SectionTree) -> dict[str, Any]:
    """What the audit trail says of a section."""
    parent = tree.by_id.get(section.parent_id) if section.parent_id else None
    return {
        "name": section.name,
        "slug": section.slug,
        "description": section.description,
        "english_name": section.english_name,
        "parent": parent.name if parent else "",
        "show_in_menu": section.show_in_menu,
        "show_on_home": section.show_on_home,
    }


def parents_for(tree: sections.SectionTree, section_id: int | None = None) -> list[sections.Node]:
    """Below which sections this one may stand: never itself, what is under it, or too deep."""
    node = tree.by_id.get(section_id) if section_id else None
    own = set(tree.ids_below(node)) if node else set()
    height = _height(node) if node else 1
    return [
        each
        for each in tree.ordered
        if each.is_active and each.id not in own and each.depth + 1 + height <= MAX_DEPTH
    ]


def create(*, actor: User, draft: SectionDraft, now: datetime) -> Section:
    """A new section, last among its siblings. Raises InvalidInput naming each wrong field."""
    tree = _lock_tree()
    if len(tree.by_id) >= MAX_SECTIONS:
        raise NotAllowed(f"Trang đã có {MAX_SECTIONS} chuyên mục; hãy gộp bớt trước khi thêm.")
    section = Section(is_active=True)
    _apply(section, draft, tree)
    section.position = _last_position(section.parent_id) + 1
    db.session.add(section)
    db.session.flush()
    changes = {field: [None, value] for field, value in facts_of(section, tree).items() if value}
    _record(actor, "section.create", section, changes, now)
    return section


def edit(*, actor: User, section_id: int, draft: SectionDraft, seen: str, now: datetime) -> Section:
    """Save what was typed; an address that changes leaves the old one behind as an alias.

    Raises InvalidInput, or Conflict if somebody else saved the section since ``seen``.
    """
    tree = _lock_tree()
    section = get(section_id)
    if not section.is_active:
        raise NotAllowed("Chuyên mục này đã ngừng dùng; hãy mở lại trước khi sửa.")
    was, before = seen_token(section), facts_of(section, tree)
    old_slug, old_parent_id = section.slug, section.parent_id
    below = tree.ids_below(tree.by_id[section.id])
    with db.session.no_autoflush:
        _apply(section, draft, tree)
    if seen != was:
        raise Conflict(
            "Một người khác vừa sửa chuyên mục này. Chưa có gì bị ghi đè: những gì bạn nhập vẫn "
            "còn, giá trị đang lưu ghi bên dưới; hãy xem lại rồi lưu lần nữa."
        )
    if section.parent_id != old_parent_id:
        section.position = _last_position(section.parent_id) + 1
    if section.slug != old_slug:
        # It may go back to an address that it had before.
        db.session.execute(delete(SectionAlias).where(SectionAlias.slug == section.slug))
        db.session.add(SectionAlias(slug=old_slug, section_id=section.id))
    db.session.flush()
    changes = audit.changed(before, facts_of(section, tree))
    if changes:
        _record(actor, "section.edit", section, changes, now)
    if changes.keys() & {"name", "slug", "english_name"} or section.parent_id != old_parent_id:
        # The whole way to a text is said on its page, so what is below has changed too.
        _mark_texts_changed(below, now)
    return section


def move(*, actor: User, section_id: int, step: int, now: datetime) -> Section:
    """One place up (-1) or down (1) among its siblings; at the end nothing happens."""
    tree = _lock_tree()
    node = tree.by_id.get(section_id)
    if node is None:
        raise NotFound(GONE)
    parent = tree.by_id.get(node.parent_id) if node.parent_id else None
    siblings = list(parent.children if parent else tree.roots)
    here = siblings.index(node)
    there = here + (1 if step > 0 else -1)
    section = get(section_id)
    if 0 <= there < len(siblings):
        siblings[here], siblings[there] = siblings[there], siblings[here]
        # Sections that were loaded together may share positions: all are numbered anew.
        rows = {
            row.id: row
            for row in db.session.scalars(
                select(Section).where(Section.id.in_([each.id for each in siblings]))
            )
        }
        for place, each in enumerate(siblings):
            rows[each.id].position = place
        _record(actor, "section.move", section, {"position": [here + 1, there + 1]}, now)
    return section


def close(
    *, actor: User, section_id: int, heir_id: int | None, now: datetime
) -> tuple[Section, int]:
    """Stop using a section; how many texts went to its heir.

    With an heir its texts, its subsections, the rights granted for it and its addresses go
    there. Raises InvalidInput where an heir is needed or cannot be one.
    """
    tree = _lock_tree()
    section, node = get(section_id), tree.by_id.get(section_id)
    assert node is not None
    if not section.is_active:
        raise Conflict(f"Chuyên mục “{section.name}” đã ngừng dùng từ trước.")
    texts = _count_texts_of(section_id)
    heir = tree.by_id.get(heir_id) if heir_id else None
    if heir_id and (heir is None or not heir.is_active or heir_id in tree.ids_below(node)):
        sentence = "Hãy chọn một chuyên mục đang dùng, không nằm trong chuyên mục này."
        raise InvalidInput(sentence, {"heir_id": sentence})
    open_children = [child for child in node.children if child.is_active]
    if heir is None and (texts or open_children):
        sentence = (
            f"Chuyên mục “{section.name}” còn {texts} bài và {len(open_children)} chuyên mục con; "
            "hãy chọn chuyên mục nhận."
        )
        raise InvalidInput(sentence, {"heir_id": sentence})
    if heir is not None:
        if node.children and heir.depth + 1 + max(map(_height, node.children)) > MAX_DEPTH:
            sentence = (
                f"Chuyên mục con sẽ nằm quá {MAX_DEPTH} cấp; hãy chọn chuyên mục nhận ở cấp trên."
            )
            raise InvalidInput(sentence, {"heir_id": sentence})
        _hand_over(section, heir.id, now)
    section.is_active = False
    db.session.flush()
    changes: dict[str, list[Any]] = {"is_active": [True, False]}
    if heir is not None:
        changes |= {"merged_into": [None, heir.name], "texts": [texts, 0]}
    _record(actor, "section.close", section, changes, now)
    return section, texts if heir else 0


def reopen(*, actor: User, section_id: int, now: datetime) -> Section:
    """Use a section again, at its own address; what was handed over stays where it is."""
    tree = _lock_tree()
    section = get(section_id)
    if section.is_active:
        return section
    above = tree.path(section_id)[:-1]
    if any(not node.is_active for node in above):
        raise NotAllowed("Chuyên mục cấp trên đang ngừng dùng; hãy mở lại cấp trên trước.")
    db.session.execute(delete(SectionAlias).where(SectionAlias.slug == section.slug))
    section.is_active = True
    _record(actor, "section.reopen", section, {"is_active": [False, True]}, now)
    return section


def _mark_texts_changed(section_ids: Sequence[int], now: datetime) -> None:
    """Re-users and search engines learn that what is said of these texts is not what it was."""
    # A core statement on purpose: a writer who has one of them open saves it undisturbed. What
    # waits for its hour is told of then, and of what is withdrawn nothing is said but that.
    table = Publication.__table__
    db.session.execute(
        update(table)  # type: ignore[arg-type]
        .where(
            table.c.section_id.in_(section_ids),
            table.c.live_revision_id.is_not(None),
            table.c.withdrawn_at.is_(None),
            table.c.public_changed_at < now,
        )
        .values(public_changed_at=now)
    )


def _hand_over(section: Section, heir_id: int, now: datetime) -> None:
    """Give texts, subsections, rights and addresses of one section to another."""
    now_there = {"section_id": heir_id}
    moved = db.session.scalars(
        select(Publication.id).where(
            Publication.section_id == section.id, Publication.live_revision_id.is_not(None)
        )
    ).all()
    tree = sections.load()
    _mark_texts_changed(tree.ids_below(tree.by_id[section.id]), now)
    # Core statements on purpose: a writer who has one of these texts open saves it undisturbed.
    for table in (Publication.__table__, Revision.__table__):
        db.session.execute(
            update(table).where(table.c.section_id == section.id).values(**now_there)  # type: ignore[arg-type]
        )
    search.file_anew(publication_ids=moved)
    last = _last_position(heir_id)
    children = select(Section).where(Section.parent_id == section.id)
    for child in db.session.scalars(children.order_by(Section.position)):
        last += 1
        child.parent_id, child.position = heir_id, last
    # Rights go along: somebody left with none would, by the rule of that table, have all.
    had = select(user_section.c.user_id).where(user_section.c.section_id == heir_id)
    db.session.execute(
        insert(user_section).from_select(
            ["user_id", "section_id"],
            select(user_section.c.user_id, literal(heir_id)).where(
                user_section.c.section_id == section.id, user_section.c.user_id.not_in(had)
            ),
        )
    )
    db.session.execute(delete(user_section).where(user_section.c.section_id == section.id))
    db.session.execute(
        update(SectionAlias).where(SectionAlias.section_id == section.id).values(**now_there)
    )
    db.session.execute(delete(SectionAlias).where(SectionAlias.slug == section.slug))
    db.session.add(SectionAlias(slug=section.slug, section_id=heir_id))


def _lock_tree() -> sections.SectionTree:
    """The tree, which nobody else changes until this is committed: two moves at once could put
    two sections below each other."""
    db.session.execute(select(Section.id).order_by(Section.id).with_for_update())
    return sections.load()


def _height(node: sections.Node) -> int:
    return 1 + max(map(_height, node.children), default=0)


def _last_position(parent_id: int | None) -> int:
    """The last place among the sections below this one; -1 where there is none."""
    last = db.session.scalar(
        select(func.max(Section.position)).where(
            Section.parent_id.is_(None) if parent_id is None else Section.parent_id == parent_id
        )
    )
    return -1 if last is None else last


def _count_texts_of(section_id: int) -> int:
    """Publications that are here, or whose newest text is to be."""
    latest = Publication.latest_revision_id == Revision.id
    count = db.session.scalar(
        select(func.count(Publication.id))
        .outerjoin(Revision, latest)
        .where((Publication.section_id == section_id) | (Revision.section_id == section_id))
    )
    return count or 0


def _apply(section: Section, draft: SectionDraft, tree: sections.SectionTree) -> None:
    """Put what was typed into the row. Raises InvalidInput naming each field that is wrong."""
    fields: dict[str, str] = {}
    name = " ".join(clean(draft.name).split())
    slug = slugify(draft.slug or name)
    description = clean(draft.description).strip()
    english_name = " ".join(clean(draft.english_name).split())
    if len(english_name) > 120:
        fields["english_name"] = "Tên tiếng Anh nhiều nhất 120 ký tự; hãy rút ngắn lại."
    if not 2 <= len(name) <= 120:
        fields["name"] = "Tên chuyên mục cần từ 2 đến 120 ký tự."
    if len(description) > 500:
        fields["description"] = "Mô tả nhiều nhất 500 ký tự; hãy rút ngắn lại."
    taken = tree.by_slug.get(slug)
    if not slug:
        fields["slug"] = "Địa chỉ cần có chữ không dấu hoặc chữ số, như “chuyen-doi-so”."
    elif taken is not None and taken.id != section.id:
        state = "" if taken.is_active else " (đã ngừng dùng)"
        fields["slug"] = (
            f"Địa chỉ “{slug}” là của chuyên mục “{taken.name}”{state}; hãy nhập địa chỉ khác."
        )
    else:
        fields |= _alias_refusal(slug, section.id, tree)
    parent_id = (
        int(draft.parent_id) if draft.parent_id.isascii() and draft.parent_id.isdigit() else None
    )
    allowed = {node.id for node in parents_for(tree, section.id)}
    if draft.parent_id and parent_id not in allowed and parent_id != section.parent_id:
        fields["parent_id"] = (
            "Chuyên mục không thể nằm dưới chính nó, dưới chuyên mục con của nó, hay quá "
            f"{MAX_DEPTH} cấp; hãy chọn chuyên mục khác."
        )
    siblings = [
        node
        for node in tree.by_id.values()
        if node.parent_id == parent_id and node.id != section.id and node.is_active
    ]
    if fold(name) in {fold(node.name) for node in siblings}:
        fields["name"] = f"Cùng cấp đã có chuyên mục “{name}”; hãy đặt tên khác."
    if fields:
        raise InvalidInput(" ".join(fields.values()), fields)
    section.name, section.slug, section.description = name, slug, description
    section.english_name = english_name
    section.parent_id = parent_id
    section.show_in_menu = draft.show_in_menu
    section.show_on_home = draft.show_on_home


def _alias_refusal(
    slug: str, section_id: int | None, tree: sections.SectionTree
) -> Mapping[str, str]:
    """Why an address that redirects to another section cannot be taken: readers kept it."""
    heir_id = db.session.scalar(select(SectionAlias.section_id).where(SectionAlias.slug == slug))
    if heir_id is None or heir_id == section_id:
        return {}
    name = tree.by_id[heir_id].name if heir_id in tree.by_id else ""
    return {
        "slug": f"Địa chỉ “{slug}” đang chuyển hướng tới chuyên mục “{name}”; hãy nhập địa chỉ "
        "khác."
    }


def _record(
    actor: User, action: str, section: Section, changes: dict[str, list[Any]], now: datetime
) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject="section",
        subject_key=str(section.id),
        subject_name=section.name,
        changes=changes,
        now=now,
    )
