"""Looking up by code: sent in a form, so that no address ever holds it."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from blueprints import errors, templating
from blueprints.access import access
from blueprints.voice import blueprint, throttle_look
from blueprints.voice.sending import answered
from extensions import db
from services.errors import DomainError, InvalidInput, NotAllowed, NotFound, TooMany
from services.voice import handling, tracking
from services.voice.channels import CHANNELS
from services.voice.tracking import Tracked


@blueprint.get("/tra-cuu")
@access("public")
def look_up() -> ResponseReturnValue:
    return _form()


@blueprint.post("/tra-cuu")
@access("public")
def show_tracked() -> ResponseReturnValue:
    try:
        throttle_look()
        found = _find()
    except DomainError as error:
        return _form(error=error)
    return _tracked(found)


@blueprint.post("/tra-cuu/rut")
@access("public")
def take_back() -> ResponseReturnValue:
    """The sender wants it back: what tells who they are is erased at once."""
    try:
        throttle_look()
        found = _find()
        if request.form.get("sure") != "1":
            sentence = "Hãy đánh dấu “Tôi muốn rút lại và xoá” rồi bấm lần nữa."
            return _tracked(found, error=InvalidInput(sentence, {"sure": sentence}))
        handling.take_back(item=found.item, now=templating.now())
        db.session.commit()
    except NotAllowed as error:
        db.session.rollback()
        return _tracked(found, error=error)
    except DomainError as error:
        db.session.rollback()
        return _form(error=error)
    return render_template("voice/taken_back.html", breadcrumbs=[])


def _find() -> Tracked:
    try:
        return tracking.find(code=request.form.get("code", ""), now=templating.now())
    except NotFound as error:
        raise InvalidInput(error.sentence, {"code": error.sentence}) from error


def _form(*, error: DomainError | None = None) -> ResponseReturnValue:
    body = render_template(
        "voice/look_up.html",
        # Not what was typed: a code that is nearly right is nobody's business on a shared screen.
        errors=error.fields if isinstance(error, InvalidInput) else {},
        refused=error.sentence if isinstance(error, TooMany) else "",
        breadcrumbs=[],
    )
    return answered(body, error)


def _tracked(found: Tracked, *, error: DomainError | None = None) -> ResponseReturnValue:
    body = render_template(
        "voice/tracked.html",
        found=found,
        info=CHANNELS[found.item.channel],
        code=request.form.get("code", "")[:80],
        error=error.sentence if error else "",
        breadcrumbs=[],
    )
    return body, errors.status_of(error) if error else 200
