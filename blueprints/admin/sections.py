"""Sections: the tree in its order, and one of them."""

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from blueprints import errors, templating
from blueprints.access import access
from blueprints.admin import blueprint, moved, show, typed_step
from blueprints.dashboard import actor
from extensions import db
from models import Section
from services import sectioning
from services.errors import DomainError, InvalidInput, NotAllowed
from services.sectioning import SectionDraft
from services.sections import load
from services.users import number_of


@blueprint.get("/chuyen-muc")
@access("admin")
def section_list() -> ResponseReturnValue:
    return _list()


@blueprint.get("/chuyen-muc/moi")
@access("admin")
def new_section() -> ResponseReturnValue:
    parent = request.args.get("trong", "")
    return _form(None, SectionDraft(parent_id=parent, show_in_menu=not parent, show_on_home=True))


@blueprint.post("/chuyen-muc/moi")
@access("admin")
def create_section() -> ResponseReturnValue:
    draft = _typed()
    try:
        section = sectioning.create(actor=actor(), draft=draft, now=templating.now())
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        return _form(None, draft, error=error)
    flash(f"Đã thêm chuyên mục “{section.name}”.", "ok")
    return redirect(url_for("admin.section_list"), code=303)


@blueprint.get("/chuyen-muc/<int:section_id>")
@access("admin")
def section_page(section_id: int) -> ResponseReturnValue:
    section = sectioning.get(section_id)
    return _form(section, _draft_of(section))


@blueprint.post("/chuyen-muc/<int:section_id>")
@access("admin")
def save_section(section_id: int) -> ResponseReturnValue:
    draft = _typed()
    try:
        section = sectioning.edit(
            actor=actor(),
            section_id=section_id,
            draft=draft,
            seen=request.form.get("seen", ""),
            now=templating.now(),
        )
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        return _form(sectioning.get(section_id), draft, error=error)
    flash(f"Đã lưu chuyên mục “{section.name}”.", "ok")
    return redirect(url_for("admin.section_page", section_id=section_id), code=303)


@blueprint.post("/chuyen-muc/<int:section_id>/thu-tu")
@access("admin")
def move_section(section_id: int) -> ResponseReturnValue:
    step, now = typed_step(), templating.now()
    name = sectioning.move(actor=actor(), section_id=section_id, step=step, now=now).name
    back = url_for("admin.section_list", _anchor=f"section-{section_id}")
    return moved(name, step, show_list=_list, back=back)


@blueprint.post("/chuyen-muc/<int:section_id>/ngung-dung")
@access("admin")
def close_section(section_id: int) -> ResponseReturnValue:
    chosen = request.form.get("heir_id", "")
    try:
        section, moved = sectioning.close(
            actor=actor(),
            section_id=section_id,
            heir_id=number_of(chosen) or None,
            now=templating.now(),
        )
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        section = sectioning.get(section_id)
        return _form(section, _draft_of(section), error=error, heir_id=chosen)
    told = f" {moved} bài đã chuyển; địa chỉ cũ dẫn tới chuyên mục nhận." if chosen else ""
    flash(f"Đã ngừng dùng chuyên mục “{section.name}”.{told}", "ok")
    return redirect(url_for("admin.section_list"), code=303)


@blueprint.post("/chuyen-muc/<int:section_id>/mo-lai")
@access("admin")
def reopen_section(section_id: int) -> ResponseReturnValue:
    try:
        section = sectioning.reopen(actor=actor(), section_id=section_id, now=templating.now())
        db.session.commit()
    except NotAllowed as error:
        db.session.rollback()
        section = sectioning.get(section_id)
        return _form(section, _draft_of(section), error=error)
    flash(f"Đã dùng lại chuyên mục “{section.name}”.", "ok")
    return redirect(url_for("admin.section_page", section_id=section_id), code=303)


def _list(*, said: str = "") -> ResponseReturnValue:
    return show(
        "sections.html",
        fragment="_section_list.html",
        room="sections",
        # Read anew: the order may just have changed.
        tree=load(),
        texts=sectioning.count_texts(),
        said=said,
    )


def _typed() -> SectionDraft:
    form = request.form
    return SectionDraft(
        name=form.get("name", ""),
        slug=form.get("slug", ""),
        description=form.get("description", ""),
        english_name=form.get("english_name", ""),
        parent_id=form.get("parent_id", ""),
        show_in_menu=form.get("show_in_menu") == "1",
        show_on_home=form.get("show_on_home") == "1",
    )


def _draft_of(section: Section) -> SectionDraft:
    return SectionDraft(
        name=section.name,
        slug=section.slug,
        description=section.description,
        english_name=section.english_name,
        parent_id=str(section.parent_id or ""),
        show_in_menu=section.show_in_menu,
        show_on_home=section.show_on_home,
    )


def _form(
    section: Section | None,
    draft: SectionDraft,
    *,
    error: DomainError | None = None,
    heir_id: str = "",
) -> ResponseReturnValue:
    tree = load()
    is_overtaken = error is not None and errors.status_of(error) == 409
    below = set(tree.ids_below(tree.by_id[section.id])) if section else set()
    return show(
        "section.html",
        room="sections",
        status=errors.status_of(error) if error else 200,
        section=section,
        draft=draft,
        heir_id=heir_id,
        seen=sectioning.seen_token(section) if section else "",
        stored=sectioning.facts_of(section, tree) if section and is_overtaken else {},
        parents=sectioning.parents_for(tree, section.id if section else None),
        heirs=[node for node in tree.ordered if node.is_active and node.id not in below],
        aliases=sectioning.aliases_of(section.id) if section else [],
        texts=sectioning.count_texts().get(section.id, 0) if section else 0,
        errors=error.fields if isinstance(error, InvalidInput) else {},
        refused=error.sentence if error and not isinstance(error, InvalidInput) else "",
    )
