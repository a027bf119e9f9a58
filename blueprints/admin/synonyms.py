"""Names of one thing: what search looks for beside what was typed."""

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from blueprints import errors, templating
from blueprints.access import access
from blueprints.admin import blueprint, show
from blueprints.dashboard import actor
from extensions import db
from models import Synonym
from services import synonyms
from services.errors import DomainError, InvalidInput

MAX_TYPED = 4_000


@blueprint.get("/tim-kiem")
@access("admin")
def synonym_list() -> ResponseReturnValue:
    return show("synonyms.html", room="search", synonyms=synonyms.groups())


@blueprint.get("/tim-kiem/moi")
@access("admin")
def new_synonym() -> ResponseReturnValue:
    """A new group, begun with words that somebody asked for in vain."""
    return _form(None, request.args.get("tu", "")[: synonyms.MAX_FORM_CHARACTERS])


@blueprint.post("/tim-kiem/moi")
@access("admin")
def create_synonym() -> ResponseReturnValue:
    return _save(None)


@blueprint.get("/tim-kiem/<int:synonym_id>")
@access("admin")
def synonym_page(synonym_id: int) -> ResponseReturnValue:
    group = synonyms.get(synonym_id)
    return _form(group, "\n".join(group.forms))


@blueprint.post("/tim-kiem/<int:synonym_id>")
@access("admin")
def save_synonym(synonym_id: int) -> ResponseReturnValue:
    return _save(synonym_id)


@blueprint.post("/tim-kiem/<int:synonym_id>/xoa")
@access("admin")
def delete_synonym(synonym_id: int) -> ResponseReturnValue:
    group = synonyms.delete(actor=actor(), synonym_id=synonym_id, now=templating.now())
    said = " = ".join(group.forms)
    db.session.commit()
    flash(f"Đã xoá nhóm “{said}”; tìm kiếm đổi theo ngay.", "ok")
    return redirect(url_for("admin.synonym_list"), code=303)


def _save(synonym_id: int | None) -> ResponseReturnValue:
    typed = request.form.get("forms", "")[:MAX_TYPED]
    try:
        group = synonyms.save(
            actor=actor(), synonym_id=synonym_id, forms=typed, now=templating.now()
        )
        db.session.commit()
    except InvalidInput as error:
        db.session.rollback()
        return _form(synonyms.get(synonym_id) if synonym_id else None, typed, error=error)
    flash(f"Đã lưu nhóm “{' = '.join(group.forms)}”; tìm kiếm đổi theo ngay.", "ok")
    return redirect(url_for("admin.synonym_list"), code=303)


def _form(
    group: Synonym | None, typed: str, *, error: DomainError | None = None
) -> ResponseReturnValue:
    fields = error.fields if isinstance(error, InvalidInput) else {}
    return show(
        "synonym.html",
        room="search",
        status=errors.status_of(error) if error else 200,
        group=group,
        typed=typed,
        errors=fields or ({"forms": error.sentence} if error else {}),
    )
