"""Ai đang dùng lại thông tin: who reuses what, of those who agreed to stand in the list."""

from flask import render_template
from flask.typing import ResponseReturnValue

from blueprints import http, templating
from blueprints.access import access
from blueprints.public.paging import make_page, page_number
from blueprints.voice import blueprint
from services.voice import reuse

PER_PAGE = 20


@blueprint.get("/dung-lai")
@access("public")
@http.cached("trang")
def reuses() -> ResponseReturnValue:
    found = reuse.page_of(number=page_number(), per_page=PER_PAGE, now=templating.now())
    page = make_page(found, found.items, endpoint="voice.reuses", values={})
    body = render_template("voice/reuses.html", page=page, breadcrumbs=[])
    return http.public(body)
