"""The English version of a text."""

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from blueprints import errors, templating
from blueprints.access import access
from blueprints.dashboard import actor, blueprint
from blueprints.dashboard.reviews import get, page
from extensions import db
from services import translations
from services.errors import DomainError


@blueprint.post("/bai-viet/<int:publication_id>/ban-tieng-anh")
@access("contributor")
def begin_english(publication_id: int) -> ResponseReturnValue:
    """Begin it, and open it in the editor."""
    original = get(publication_id)
    try:
        draft = translations.begin(
            original=original,
            actor=actor(),
            with_text=request.form.get("chep") == "1",
            now=templating.now(),
        )
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        refusal = {"action": "", "sentence": error.sentence, "fields": {}, "typed": {}}
        return page(get(publication_id), refusal=refusal, status=errors.status_of(error))
    flash("Đã tạo bản tiếng Anh. Hãy dịch rồi gửi duyệt như mọi bài.", "ok")
    return redirect(url_for("dashboard.edit_publication", publication_id=draft.id), code=303)
