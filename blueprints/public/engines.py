"""Addresses for engines: feeds, sitemap, robots, health."""

from flask import Response, abort, current_app, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import text

from blueprints import http, templating
from blueprints.access import access
from blueprints.public import blueprint
from blueprints.templating import site_url
from extensions import db
from services import feeds, listing, sectioning
from services.sections import Node

FEED_ITEMS = 30
RSS = "application/rss+xml; charset=utf-8"
XML = "application/xml; charset=utf-8"


@blueprint.get("/rss.xml")
@access("public")
@http.cached()
def rss() -> Response:
    return _feed(None)


@blueprint.get("/chuyen-muc/<slug>/rss.xml")
@access("public")
@http.cached()
def section_rss(slug: str) -> ResponseReturnValue:
    node = templating.section_tree().by_slug.get(slug)
    if node is None or not node.is_active:
        heir = sectioning.heir_of(slug)
        if heir is None:
            abort(404)
        return redirect(url_for("public.section_rss", slug=heir), code=301)
    return _feed(node)


def _feed(node: Node | None) -> Response:
    tree = templating.section_tree()
    cards = listing.latest(
        now=templating.now(),
        limit=FEED_ITEMS,
        section_ids=tree.ids_below(node) if node else None,
    )
    name = current_app.config["SITE_NAME"]
    body = render_template(
        "public/rss.xml",
        title=f"{node.name} – {name}" if node else name,
        description=(node.description if node else "") or f"Tin mới từ {name}",
        link=site_url(url_for("public.section", slug=node.slug) if node else "/"),
        self_link=site_url(
            url_for("public.section_rss", slug=node.slug) if node else url_for("public.rss")
        ),
        # The newest item's date, not the moment of asking: the same content is the same bytes.
        updated_at=max((card.published_at for card in cards), default=None),
        cards=cards,
        site_url=site_url,
    )
    return http.public(body, content_type=RSS)


@blueprint.get("/sitemap.xml")
@access("public")
@http.cached()
def sitemap() -> Response:
    now = templating.now()
    chunks = feeds.sitemap_chunks(now=now)
    if chunks > 1:
        files = [
            site_url(url_for("public.sitemap_chunk", chunk=chunk)) for chunk in range(1, chunks + 1)
        ]
        return http.public(
            render_template("public/sitemap-index.xml", files=files), content_type=XML
        )
    return _sitemap(1)


@blueprint.get("/sitemap-<int:chunk>.xml")
@access("public")
@http.cached()
def sitemap_chunk(chunk: int) -> Response:
    if not 1 <= chunk <= feeds.sitemap_chunks(now=templating.now()):
        abort(404)
    return _sitemap(chunk)


def _sitemap(chunk: int) -> Response:
    tree = templating.section_tree()
    pages = []
    if chunk == 1:
        pages = [site_url("/"), site_url(url_for("public.notices"))]
        pages += [
            site_url(url_for("public.section", slug=node.slug))
            for node in tree.ordered
            if node.is_active
        ]
    body = render_template(
        "public/sitemap.xml",
        pages=pages,
        addresses=feeds.sitemap_addresses(now=templating.now(), chunk=chunk),
    )
    return http.public(body, content_type=XML)


@blueprint.get("/robots.txt")
@access("public")
@http.cached()
def robots() -> Response:
    body = (
        "User-agent: *\n"
        "Disallow: /ban-lam-viec\n"
        "Disallow: /dang-nhap\n"
        "Disallow: /thanh-cong-cu\n"
        "Disallow: /luot-xem/\n"
        f"\nSitemap: {site_url(url_for('public.sitemap'))}\n"
    )
    return http.public(body, content_type="text/plain; charset=utf-8")


@blueprint.get("/healthz")
@access("public")
def healthz() -> Response:
    """200 when the site can answer from its database; otherwise 503 with the reason."""
    try:
        db.session.execute(text("SELECT 1 FROM alembic_version"))
        answer, status = {"status": "ok"}, 200
    except Exception as error:
        current_app.logger.exception("health check failed")
        answer, status = (
            {"status": "unavailable", "reason": f"database: {type(error).__name__}"},
            503,
        )
    response = jsonify(answer)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response
