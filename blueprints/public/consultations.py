"""Consultations on drafts: the list with the open ones first, and the state of each on its page."""

from datetime import datetime
from typing import Any

from flask import Response, render_template, url_for

from blueprints import http, languages, templating
from blueprints.access import access
from blueprints.public import blueprint, kind_pages, metadata
from blueprints.public.paging import make_page, page_number
from models import Kind
from services import consultations, settings
from services.articles import Article
from services.dates import local_date, parse_date
from services.kinds import KINDS


@blueprint.get("/du-thao", endpoint=KINDS[Kind.CONSULTATION].list_endpoint.removeprefix("public."))
@access("public")
@http.cached("trang")
def consultation_list() -> Response:
    info = KINDS[Kind.CONSULTATION]
    found = consultations.page_of(
        now=templating.now(),
        number=page_number(),
        per_page=settings.get("posts_per_page"),
        language=languages.language(),
    )
    page = make_page(found, found.items, endpoint=info.list_endpoint, values={})
    if http.wants_fragment():
        return http.public(render_template("public/_consultation_list.html", page=page))
    body = render_template(
        "public/consultation_list.html",
        kind=info,
        page=page,
        meta=metadata.of_kind(info.plural, info.description, url_for(info.list_endpoint), page),
        breadcrumbs=[("Trang chủ", url_for("public.home")), (info.plural, None)],
    )
    return http.public(body)


@kind_pages.more(Kind.CONSULTATION)
def consultation_page(article: Article, now: datetime) -> dict[str, Any]:
    opens, closes = article.details.get("opens_on", ""), article.details.get("closes_on", "")
    standing = consultations.standing(
        opens_on=parse_date(opens) if opens else None,
        closes_on=parse_date(closes) if closes else None,
        today=local_date(now),
    )
    return {"details": article.details, "standing": standing}
