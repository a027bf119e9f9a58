"""Units: the list in its order, and one of them."""

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from blueprints import errors, templating
from blueprints.access import access
from blueprints.admin import blueprint, moved, show, typed_step
from blueprints.dashboard import actor
from extensions import db
from models import Unit
from services import units
from services.errors import DomainError, InvalidInput, NotAllowed
from services.units import UnitDraft


@blueprint.get("/don-vi")
@access("admin")
def unit_list() -> ResponseReturnValue:
    return _list()


@blueprint.get("/don-vi/moi")
@access("admin")
def new_unit() -> ResponseReturnValue:
    return _form(None, UnitDraft())


@blueprint.post("/don-vi/moi")
@access("admin")
def create_unit() -> ResponseReturnValue:
    draft = _typed()
    try:
        unit = units.create(actor=actor(), draft=draft, now=templating.now())
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        return _form(None, draft, error=error)
    flash(f"Đã thêm đơn vị “{unit.name}”.", "ok")
    return redirect(url_for("admin.unit_list"), code=303)


@blueprint.get("/don-vi/<int:unit_id>")
@access("admin")
def unit_page(unit_id: int) -> ResponseReturnValue:
    unit = units.get(unit_id)
    return _form(unit, _draft_of(unit))


@blueprint.post("/don-vi/<int:unit_id>")
@access("admin")
def save_unit(unit_id: int) -> ResponseReturnValue:
    draft = _typed()
    try:
        unit = units.edit(
            actor=actor(),
            unit_id=unit_id,
            draft=draft,
            seen=request.form.get("seen", ""),
            now=templating.now(),
        )
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        return _form(units.get(unit_id), draft, error=error)
    flash(f"Đã lưu đơn vị “{unit.name}”.", "ok")
    return redirect(url_for("admin.unit_page", unit_id=unit_id), code=303)


@blueprint.post("/don-vi/<int:unit_id>/trang-thai")
@access("admin")
def set_unit_open(unit_id: int) -> ResponseReturnValue:
    """Stop or go on offering a unit, as the button says."""
    try:
        if request.form.get("to") == "inactive":
            unit = units.deactivate(actor=actor(), unit_id=unit_id, now=templating.now())
            sentence = f"Đã ngừng dùng đơn vị “{unit.name}”; bài cũ vẫn ghi tên đơn vị."
        else:
            unit = units.activate(actor=actor(), unit_id=unit_id, now=templating.now())
            sentence = f"Đã dùng lại đơn vị “{unit.name}”."
        db.session.commit()
    except NotAllowed as error:
        db.session.rollback()
        unit = units.get(unit_id)
        return _form(unit, _draft_of(unit), error=error)
    flash(sentence, "ok")
    return redirect(url_for("admin.unit_page", unit_id=unit_id), code=303)


@blueprint.post("/don-vi/<int:unit_id>/thu-tu")
@access("admin")
def move_unit(unit_id: int) -> ResponseReturnValue:
    step = typed_step()
    name = units.move(actor=actor(), unit_id=unit_id, step=step, now=templating.now()).name
    back = url_for("admin.unit_list", _anchor=f"unit-{unit_id}")
    return moved(name, step, show_list=_list, back=back)


def _list(*, said: str = "") -> ResponseReturnValue:
    return show(
        "units.html", fragment="_unit_list.html", room="units", rows=units.in_order(), said=said
    )


def _typed() -> UnitDraft:
    form = request.form
    return UnitDraft(
        name=form.get("name", ""),
        short_name=form.get("short_name", ""),
        slug=form.get("slug", ""),
        is_outside=form.get("is_outside") == "1",
        monthly_target=form.get("monthly_target", ""),
        contact_ids=tuple(form.getlist("contact_ids")),
    )


def _draft_of(unit: Unit) -> UnitDraft:
    return UnitDraft(
        name=unit.name,
        short_name=unit.short_name,
        slug=unit.slug,
        is_outside=unit.is_outside,
        monthly_target=str(unit.monthly_target),
        contact_ids=tuple(str(person.id) for person in unit.contacts),
    )


def _form(
    unit: Unit | None, draft: UnitDraft, *, error: DomainError | None = None
) -> ResponseReturnValue:
    is_overtaken = error is not None and errors.status_of(error) == 409
    return show(
        "unit.html",
        room="units",
        status=errors.status_of(error) if error else 200,
        unit=unit,
        draft=draft,
        seen=units.seen_token(unit) if unit else "",
        stored=units.facts_of(unit) if unit and is_overtaken else {},
        people=units.people_of(unit.id) if unit else [],
        errors=error.fields if isinstance(error, InvalidInput) else {},
        refused=error.sentence if error and not isinstance(error, InvalidInput) else "",
    )
