"""Settings: one page, made of what services/settings says of each."""

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from blueprints import errors, templating
from blueprints.access import access
from blueprints.admin import blueprint, show
from blueprints.dashboard import actor
from extensions import db
from services import duties, settings
from services.errors import DomainError, InvalidInput


@blueprint.get("/thiet-lap")
@access("admin")
def settings_page() -> ResponseReturnValue:
    values = settings.all_in_force()
    return _form(values, {key: str(value) for key, value in values.items()})


@blueprint.post("/thiet-lap")
@access("admin")
def save_settings() -> ResponseReturnValue:
    typed = {key: request.form[key] for key in settings.KNOWN if key in request.form}
    try:
        changed = settings.change(
            typed=typed, seen=request.form.get("seen", ""), actor=actor(), now=templating.now()
        )
        if changed:
            duties.recount()
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        return _form(settings.all_in_force(), typed, error=error)
    told = f"Đã lưu: {', '.join(changed)}." if changed else "Không có gì thay đổi."
    flash(told, "ok")
    return redirect(url_for("admin.settings_page"), code=303)


def _form(
    values: dict[str, Any], typed: dict[str, str], *, error: DomainError | None = None
) -> ResponseReturnValue:
    return show(
        "settings.html",
        room="settings",
        status=errors.status_of(error) if error else 200,
        setting_groups=[
            (group, [(key, one) for key, one in settings.KNOWN.items() if one.group is group])
            for group in settings.Group
            if any(one.group is group for one in settings.KNOWN.values())
        ],
        values=values,
        typed=typed,
        seen=settings.seen_token(values),
        errors=error.fields if isinstance(error, InvalidInput) else {},
        refused=error.sentence if error and not isinstance(error, InvalidInput) else "",
    )
