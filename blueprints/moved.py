"""Addresses of before a move: where nothing of ours answers, they lead to what took their place."""

import logging
from urllib.parse import unquote

from flask import Response, redirect, request
from sqlalchemy.exc import SQLAlchemyError

from blueprints import http, templating
from extensions import db
from services import media
from services.kinds import KINDS
from services.moving import old_addresses
from services.moving.old_addresses import Target

log = logging.getLogger("site")

# Of these nobody has an old address; whoever tries them is not asked after in the database.
OWN = ("/ban-lam-viec", "/static/", "/tep/", "/api/")
# Browsers keep a permanent redirect for ever, and an administrator may mend one.
KEPT_S = 3600


def redirection() -> Response | None:
    """The redirect, in one hop, from the address that was not found; None if it is no old one."""
    if request.method not in ("GET", "HEAD") or request.path.startswith(OWN):
        return None
    if http.wants_json() or http.wants_fragment():
        return None
    asked = request.path
    if request.query_string:
        asked += "?" + request.query_string.decode("latin-1")
    try:
        target = old_addresses.find(address=asked, now=templating.now())
    except SQLAlchemyError as error:
        # The page that says what happened needs no database.
        log.error("looking for an old address: %s", error)
        db.session.rollback()
        return None
    to = address_of(target) if target else None
    if to is None or unquote(to) == request.path:
        return None
    response: Response = redirect(to, code=301)  # type: ignore[assignment]
    response.headers["Cache-Control"] = f"public, max-age={KEPT_S}"
    return response


def address_of(target: Target) -> str | None:
    """The address on this site of what an old one leads to."""
    if target.media is not None:
        if target.media.widths:
            return media.address(target.media.token, f"{max(target.media.widths)}.webp")
        return media.file_address(target.media)
    if target.publication_id is not None and target.kind is not None:
        return f"/{KINDS[target.kind].path}/{target.slug}-{target.publication_id}"
    return f"/chuyen-muc/{target.section_slug}" if target.section_slug else None
