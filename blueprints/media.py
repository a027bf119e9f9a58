"""Pictures and attached files: ``/tep/<token>/<name>``."""

from datetime import UTC, datetime
from pathlib import Path

from flask import Blueprint, Response, abort, current_app, request, send_file
from flask_login import current_user

from blueprints.access import access
from models import Media, MediaKind
from services import files, media

blueprint = Blueprint("media", __name__)

# A picture's address that names its version always means the same picture. Another may be
# replaced; a text shows the replacement under an address that does name it, at once.
VERSIONED_MAX_AGE_S = 7 * 24 * 3600
BROWSER_MAX_AGE_S = 3600
# What stands between (nginx, a CDN) asks again after ten minutes, so that the picture of a
# withdrawn post is soon gone for new readers.
SHARED_MAX_AGE_S = 600
TYPES = {".avif": "image/avif", ".webp": "image/webp", ".jpg": "image/jpeg"}
# Even if a decoder of a browser were fooled, nothing in the file may act.
NOTHING_ACTS = "default-src 'none'; sandbox"
# Browsers' own readers of PDF do not start in a sandbox; they run nothing of the site's, and
# the type is told and may not be guessed otherwise. Pages of the site show them in a frame.
PDF_READER = (
    "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'self'"
)


@blueprint.get("/tep/<token>/<name>")
@access("public")
def show(token: str, name: str) -> Response:
    """Send a variant of a picture, or a file, to whoever may see it; to others there is no such
    thing."""
    found = media.get_media(token)
    if found is None:
        abort(404)
    public = media.is_public(found, datetime.now(UTC))
    # Who asks is looked at only if it matters: a public picture reads no session.
    if not public and not media.may_see_unpublished(current_user, found):
        abort(404)
    return send(found, name, public=public)


def send(found: Media, name: str, *, public: bool) -> Response:
    """A variant of a picture, or a file, for somebody who may see it; 404 if it has none of the
    name. What is not public is kept by nobody."""
    path = media.path_of(Path(current_app.config["MEDIA_PATH"]), found, name)
    if path is None:
        abort(404)
    asked = path
    if found.kind is MediaKind.PICTURE:
        path = media.best_for(path, request.headers.get("Accept", ""))
    try:
        response = _file(found, path) if found.kind is MediaKind.FILE else _picture(path)
    except FileNotFoundError:
        current_app.logger.error("picture %s has no file %s", found.token, name)
        abort(404)
    # Files never change under their name and version, so both are a strong tag.
    response.set_etag(f"{found.token}-{found.version}-{path.name}")
    if asked.suffix == ".webp":
        response.vary.add("Accept")
    response.headers["Cache-Control"] = _caching(found) if public else "private, no-store"
    return response.make_conditional(
        request, accept_ranges=found.kind is MediaKind.FILE, complete_length=path.stat().st_size
    )


def _picture(path: Path) -> Response:
    # A variant is at most some hundred KB: read whole, no file stays open for a slow reader.
    response = Response(path.read_bytes(), mimetype=TYPES[path.suffix])
    response.headers["Content-Security-Policy"] = NOTHING_ACTS
    response.headers["Content-Disposition"] = f'inline; filename="{path.name}"'
    return response


def _file(found: Media, path: Path) -> Response:
    # The server sends it on as it is read: a large one takes neither memory nor a thread.
    response = send_file(path, mimetype=found.mime, conditional=False, etag=False)
    is_pdf = found.mime == files.PDF.mime
    response.headers["Content-Security-Policy"] = PDF_READER if is_pdf else NOTHING_ACTS
    response.headers["Content-Disposition"] = media.file_header(found, inline=is_pdf)
    if is_pdf:
        response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def _caching(found: Media) -> str:
    if found.kind is MediaKind.FILE:
        # Whoever opens a document gets the one that is there now.
        return "public, no-cache"
    if request.args.get("v") == str(found.version):
        return f"public, max-age={VERSIONED_MAX_AGE_S}, s-maxage={SHARED_MAX_AGE_S}, immutable"
    return f"public, max-age={BROWSER_MAX_AGE_S}, s-maxage={SHARED_MAX_AGE_S}"
