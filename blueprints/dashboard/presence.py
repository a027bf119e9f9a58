"""Saying that one has a text open, and hearing who else has."""

from flask import make_response, render_template, request
from flask.typing import ResponseReturnValue

from blueprints import templating
from blueprints.access import access
from blueprints.dashboard import actor, blueprint
from blueprints.dashboard.reviews import get
from extensions import db
from services import presence


@blueprint.post("/bai-viet/<int:publication_id>/co-mat")
@access("contributor")
def be_present(publication_id: int) -> ResponseReturnValue:
    """Sent by the page every twenty seconds, and once more as it is left."""
    publication = get(publication_id)
    user, now = actor(), templating.now()
    if request.form.get("roi"):
        presence.leave(publication=publication, user=user)
        db.session.commit()
        return make_response("")
    presence.note(
        publication=publication, user=user, is_writing=bool(request.form.get("viet")), now=now
    )
    db.session.commit()
    return render_template(
        "dashboard/revisions/_presence.html",
        publication=publication,
        present=presence.sentences_at(publication_ids=[publication_id], user=user, now=now),
    )
