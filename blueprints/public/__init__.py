"""What citizens see: pages that are the same bytes for everybody, and their fragments."""

from flask import Blueprint

blueprint = Blueprint("public", __name__)

from blueprints.public import (  # noqa: E402, F401 - routes
    citing,
    consultations,
    display,
    documents,
    engines,
    feeding,
    kind_listing,
    pages,
    previewing,
    procedures,
    reading,
    searching,
    site_links,
    sitemaps,
    static_pages,
    work_schedule,
)
