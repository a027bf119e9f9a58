"""Procedures and public services: the list by domain, and what their pages say first."""

from datetime import datetime
from typing import Any

from flask import Response, render_template, request, url_for

from blueprints import http, languages, templating
from blueprints.access import access
from blueprints.public import blueprint, kind_pages, metadata
from models import Kind
from services import procedures
from services.articles import Article
from services.kinds import KINDS, ONLINE_LEVELS

LEVELS = dict(ONLINE_LEVELS)


@blueprint.get("/thu-tuc", endpoint=KINDS[Kind.PROCEDURE].list_endpoint.removeprefix("public."))
@access("public")
@http.cached("q", "linh-vuc", "muc-do")
def procedure_list() -> Response:
    info = KINDS[Kind.PROCEDURE]
    asked = procedures.read(
        q=request.args.get("q", ""),
        domain=request.args.get("linh-vuc", ""),
        level=request.args.get("muc-do", ""),
    )
    every = procedures.all_live(now=templating.now(), language=languages.language())
    shown = procedures.chosen(every, asked)
    context: dict[str, Any] = {
        "asked": asked,
        "counts": procedures.counts_of(every),
        "groups": procedures.grouped(shown),
        "shown": len(shown),
        "levels": LEVELS,
    }
    if http.wants_fragment():
        return http.public(render_template("public/_procedure_list.html", **context))
    body = render_template(
        "public/procedure_list.html",
        **context,
        kind=info,
        domains=procedures.grouped(every),
        meta=metadata.of_kind(info.plural, info.description, url_for(info.list_endpoint)),
        breadcrumbs=[("Trang chủ", url_for("public.home")), (info.plural, None)],
    )
    return http.public(body)


@kind_pages.more(Kind.PROCEDURE)
def procedure_page(article: Article, now: datetime) -> dict[str, Any]:
    return {"details": article.details, "online_levels": LEVELS}
