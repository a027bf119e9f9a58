"""Pictures: ``/tep/<token>/<name>``."""

from datetime import UTC, datetime
from pathlib import Path

from flask import Blueprint, Response, abort, current_app, request
from flask_login import current_user

from blueprints.access import access
from services import media as pictures

blueprint = Blueprint("media", __name__)

# A reader's own browser keeps a picture for a week. What stands between (nginx, a CDN) asks
# again after ten minutes, so that the picture of a withdrawn post is soon gone for new readers.
BROWSER_MAX_AGE_S = 7 * 24 * 3600
SHARED_MAX_AGE_S = 600
TYPES = {".webp": "image/webp", ".jpg": "image/jpeg"}


@blueprint.get("/tep/<token>/<name>")
@access("public")
def show(token: str, name: str) -> Response:
    """Send one variant of a picture to whoever may see it; to others there is no such thing."""
    media = pictures.get_media(token)
    if media is None or name not in pictures.names_of(media):
        abort(404)
    public = pictures.is_public(media, datetime.now(UTC))
    # Who asks is looked at only if it matters: a public picture reads no session.
    if not public and not pictures.may_see_unpublished(current_user, media):
        abort(404)
    path = pictures.folder_of(Path(current_app.config["MEDIA_PATH"]), token) / name
    try:
        # A variant is at most some hundred KB: read whole, no file stays open for a slow reader.
        response = Response(path.read_bytes(), mimetype=TYPES[path.suffix])
    except FileNotFoundError:
        current_app.logger.error("picture %s has no file %s", token, name)
        abort(404)
    # Files never change under their name, so the name is a strong tag.
    response.set_etag(f"{token}-{name}")
    if public:
        response.headers["Cache-Control"] = (
            f"public, max-age={BROWSER_MAX_AGE_S}, s-maxage={SHARED_MAX_AGE_S}, immutable"
        )
    else:
        response.headers["Cache-Control"] = "private, no-store"
    # Even if a decoder of a browser were fooled, nothing in the file may act.
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return response.make_conditional(request)
