"""Liên kết: other sites that readers are led to."""

from flask import Response, render_template, url_for

from blueprints import http
from blueprints.access import access
from blueprints.public import blueprint, metadata
from services import site_links as service


@blueprint.get("/lien-ket")
@access("public")
@http.cached()
def site_links() -> Response:
    body = render_template(
        "public/site_links.html",
        groups=service.groups(only_shown=True),
        meta=metadata.of_kind(
            "Liên kết", "Các trang khác mà bạn đọc hay cần.", url_for("public.site_links")
        ),
        breadcrumbs=[("Trang chủ", url_for("public.home")), ("Liên kết", None)],
    )
    return http.public(body)
