"""One publication, and the counting of its readings."""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from flask import Response, abort, current_app, g, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from blueprints import http, languages, templating
from blueprints.access import access
from blueprints.public import blueprint, citing, kind_pages, metadata
from extensions import csrf, db, limiter
from models import Kind, Language, User
from services import articles, listing, media, views
from services import related as related_items
from services.articles import Article, Withdrawn
from services.kinds import KINDS, said_details
from services.translations import english_captions

NEWEST_IN_SECTION = 5
SAME_SITE = {"same-origin", "same-site", "none"}
# Of one machine. blueprints/counting counts with it.
READINGS = "120 per minute"


def _page_of_kind(kind: Kind) -> Callable[..., ResponseReturnValue]:
    @access("public")
    @http.cached()
    def show(slug: str, publication_id: int) -> ResponseReturnValue:
        return _show(kind, slug, publication_id)

    return show


for _info in KINDS.values():
    blueprint.add_url_rule(
        f"/{_info.path}/<slug>-<int:publication_id>",
        endpoint=_info.kind.value,
        view_func=_page_of_kind(_info.kind),
    )


def _show(kind: Kind, slug: str, publication_id: int) -> ResponseReturnValue:
    now = templating.now()
    article = articles.article(publication_id=publication_id, now=now)
    if article is None:
        abort(404)
    if isinstance(article, Withdrawn):
        return _gone(article)
    if article.language is not languages.language() and article.counterpart is not None:
        # Not for ever: the other version may be withdrawn.
        return redirect(templating.publication_url(article.counterpart), code=302)
    if article.slug != slug or article.kind is not kind or not _is_in_place(article):
        return redirect(templating.publication_url(article), code=301)
    return http.public(render_template(_template(kind), **page_of(article, now)))


@cache
def _template(kind: Kind) -> str:
    """The kind's own, where it has one: looking for one that is not there costs each page."""
    own = f"public/kinds/{kind.value}.html"
    is_there = (Path(current_app.root_path) / "templates" / own).is_file()
    return own if is_there else "public/publication.html"


def _is_in_place(article: Article) -> bool:
    return article.language is languages.language()


def page_of(article: Article, now: datetime) -> dict[str, Any]:
    """What the page of one publication shows; the desk's previews show the same."""
    g.section_id = article.section_id
    other = article.counterpart
    languages.set_counterpart(templating.publication_url(other) if other else "")
    first = media.first_picture(article.body)
    tree = templating.section_tree()
    path = tree.path(article.section_id)
    widening = [tree.ids_below(node) for node in reversed(path)]
    related = related_items.related_to(
        publication_id=article.id, section_path=widening, now=now, language=article.language
    )
    newest = listing.newest_near(
        now=now,
        limit=NEWEST_IN_SECTION,
        section_ids=widening[-1] if widening else None,
        excluded_ids=[article.id, *(card.id for card in related)],
        language=article.language,
    )
    more = kind_pages.more_of(article, now)
    body = english_captions(article.body) if article.language is Language.EN else article.body
    return {
        "publication": article,
        "body": templating.trusted(media.at_once(body) if first else body),
        "first_picture": first,
        "posted_by": article.posted_by,
        "lead_picture": None,
        "facts": said_details(article.kind, article.details),
        "source_name": article.source_name,
        "source_url": article.source_url,
        "corrections": article.corrections,
        "related": related,
        "newest": newest
        and templating.part(
            "public/newest_rows.html",
            tuple(card.id for card in newest),
            lambda: {"cards": newest},
        ),
        "views": article.views,
        "kind": KINDS[article.kind],
        "section": path[-1] if path else None,
        "cited": citing.citation_of(article),
        "meta": metadata.of_article(article, path, more),
        "breadcrumbs": metadata.way_to(article, path).steps,
        **more,
    }


def _gone(withdrawn: Withdrawn) -> Response:
    """410, with the reason: a reader who kept the address learns what became of the text."""
    body = render_template(
        "public/gone.html",
        title=withdrawn.title,
        reason=withdrawn.reason,
        withdrawn_at=withdrawn.withdrawn_at,
        is_expired=withdrawn.is_expired,
        section=None,
        breadcrumbs=[],
    )
    return http.public(body, status=410)


@blueprint.post("/luot-xem/<int:publication_id>")
@access("public")
@limiter.limit(READINGS)
@csrf.exempt
def record_view(publication_id: int) -> ResponseReturnValue:
    """Count a reading. No token: the page that asks is shared by everybody, and all that can be
    forged is a view from somebody else's page, which the browser tells of."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in SAME_SITE:
        abort(403)
    total = views.record_view(
        publication_id=publication_id,
        secret_key=current_app.config["SECRET_KEY"],
        address=request.remote_addr or "",
        user_agent=request.headers.get("User-Agent", ""),
        now=templating.now(),
        user=_user_if_any(),
        is_prefetch="prefetch" in request.headers.get("Sec-Purpose", ""),
    )
    db.session.commit()
    if request.headers.get("HX-Request") == "true":
        return count_fragment(publication_id, total)
    article = articles.article(publication_id=publication_id, now=templating.now())
    if not isinstance(article, Article):
        abort(404)
    page = templating.publication_url(article)
    if (pages := current_app.extensions.get("pages")) is not None:
        # Whoever has no scripts looks there whether the button has worked.
        pages.forget(page)
    return redirect(f"{page}#view-count", code=303)


@blueprint.get("/luot-xem/<int:publication_id>")
@access("public")
def view_count(publication_id: int) -> Response:
    total = views.public_total(publication_id=publication_id, now=templating.now())
    return count_fragment(publication_id, total)


def count_fragment(publication_id: int, total: int) -> Response:
    body = render_template(
        "public/_view_count.html", counting=False, publication_id=publication_id, views=total
    )
    response = make_response(body)
    response.headers["Cache-Control"] = "no-store"
    return response


def _user_if_any() -> User | None:
    """Who is logged in; without the cookie nobody, and nothing is looked up."""
    if current_app.config["SESSION_COOKIE_NAME"] not in request.cookies:
        return None
    user: User | None = current_user if current_user.is_authenticated else None
    return user
