"""What readers said of a draft: under its text, and page by page."""

from datetime import datetime
from typing import Any

from flask import render_template
from flask.typing import ResponseReturnValue

from blueprints import http, templating
from blueprints.access import access
from blueprints.public.kind_pages import more
from blueprints.public.paging import page_number
from blueprints.voice import blueprint
from models import Kind
from services import comments
from services.articles import Article
from services.errors import NotFound
from services.voice import ratings


@more(Kind.CONSULTATION)
def comments_of_draft(article: Article, now: datetime) -> dict[str, Any]:
    """The first of them, and whether more are taken; nothing in a preview."""
    try:
        publication = ratings.require_visible(publication_id=article.id, now=now)
    except NotFound:
        return {}
    return {
        "comments": comments.page_of(publication_id=article.id),
        "comments_open": comments.is_open(publication=publication, now=now),
    }


@blueprint.get("/du-thao/<int:publication_id>/cac-gop-y")
@access("public")
@http.cached("trang")
def draft_comments(publication_id: int) -> ResponseReturnValue:
    now = templating.now()
    publication = ratings.require_visible(publication_id=publication_id, now=now)
    body = render_template(
        "voice/comments.html",
        publication=publication,
        comments=comments.page_of(publication_id=publication_id, number=page_number()),
        comments_open=comments.is_open(publication=publication, now=now),
        breadcrumbs=[],
    )
    return http.public(body)
