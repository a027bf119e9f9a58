"""Addresses for engines: robots, whom to tell of a hole, health."""

from datetime import UTC, datetime

from flask import Response, abort, current_app, jsonify, url_for
from sqlalchemy import text

from blueprints import http, templating
from blueprints.access import access
from blueprints.public import blueprint
from blueprints.templating import site_url
from extensions import db

TEXT = "text/plain; charset=utf-8"


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
    return http.public(body, content_type=TEXT)


@blueprint.get("/.well-known/security.txt")
@access("public")
@http.cached()
def security_txt() -> Response:
    """RFC 9116. It expires half a year after the month in which it is read."""
    config = current_app.config
    contact = config["SECURITY_CONTACT"]
    if not contact and config["SITE_EMAIL"]:
        contact = f"mailto:{config['SITE_EMAIL']}"
    if not contact:
        abort(404)
    now = templating.now()
    months = now.month + 5
    expires = datetime(now.year + months // 12, months % 12 + 1, 1, tzinfo=UTC)
    body = (
        f"Contact: {contact}\n"
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}\n"
        "Preferred-Languages: vi, en\n"
        f"Canonical: {site_url(url_for('public.security_txt'))}\n"
    )
    return http.public(body, content_type=TEXT)


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
