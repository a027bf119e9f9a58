"""What the form of a document offers while somebody types which other document is meant."""

from flask import make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from blueprints import http, templating
from blueprints.access import access
from blueprints.dashboard import blueprint
from blueprints.dashboard.duties import unit_number
from models import Kind
from services import document_choosing
from services.document_relations import RELATIONS
from services.kinds import KINDS


@blueprint.get("/van-ban-lien-quan/<key>")
@access("contributor")
def document_choices(key: str) -> ResponseReturnValue:
    """Documents like what was typed; without scripts the public list is the page."""
    words = request.args.get("q", "")
    if key not in RELATIONS or not http.wants_fragment():
        return redirect(url_for(KINDS[Kind.DOCUMENT].list_endpoint), code=303)
    found = document_choosing.choices(
        typed=words, besides=unit_number(request.args.get("bai", "")), now=templating.now()
    )
    body = render_template(
        "dashboard/_document_choices.html",
        relation=key,
        choices=found,
        is_asked=bool(words.strip()),
    )
    return make_response(body)
