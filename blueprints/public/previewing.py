"""A text that is not public yet, for somebody without an account who was sent a link."""

from flask import Response, abort, current_app, make_response, render_template, url_for
from itsdangerous import BadSignature, URLSafeSerializer

from blueprints import errors, templating
from blueprints import media as media_routes
from blueprints.access import access
from blueprints.public import blueprint
from blueprints.public.reading import page_of
from models import PreviewLink, Publication
from services import media, previews, visibility
from services.previews import LinkState

UNKNOWN = (
    "Liên kết xem trước này không đúng; có thể khi chép đã thiếu vài chữ. "
    "Hãy xin lại liên kết từ người đã gửi cho bạn."
)
CLOSED = {
    LinkState.EXPIRED: "Liên kết xem trước này đã hết hạn. Hãy xin người gửi một liên kết mới.",
    LinkState.REVOKED: "Liên kết xem trước này đã được thu hồi. Hãy hỏi người đã gửi cho bạn.",
}


def address_of(link: PreviewLink) -> str:
    """The whole address to be sent to somebody."""
    token = _serializer().dumps(link.id)
    return templating.site_url(url_for("public.preview", token=token))


@blueprint.get("/xem-truoc/<token>")
@access("public")
def preview(token: str) -> Response:
    """The newest text on the page that readers would get. Counts no reading."""
    opened = _open(token)
    if isinstance(opened, Response):
        return opened
    link, publication = opened
    now = templating.now()
    article = previews.article_of(publication=publication, now=now)
    prefix = url_for("public.preview", token=token)
    page = page_of(previews.readdressed(article, prefix=prefix), now)
    is_live = publication.latest_revision_id == publication.live_revision_id
    body = render_template(
        "public/preview.html",
        **page,
        revision=publication.latest_revision,
        is_live=is_live and visibility.is_visible(publication, now),
        link=link,
    )
    return _kept_by_nobody(make_response(body))


@blueprint.get("/xem-truoc/<token>/tep/<media_token>/<name>")
@access("public")
def preview_media(token: str, media_token: str, name: str) -> Response:
    """A picture or file that the newest text shows."""
    opened = _open(token)
    if isinstance(opened, Response):
        return opened
    found = media.get_media(media_token)
    if found is None or not previews.shows(opened[1], found):
        abort(404)
    return _kept_by_nobody(media_routes.send(found, name, public=False))


def _open(token: str) -> tuple[PreviewLink, Publication] | Response:
    """What the link opens; or the page that says why it does not."""
    try:
        link_id = _serializer().loads(token)
    except BadSignature:
        return _kept_by_nobody(errors.answer(404, sentence=UNKNOWN))
    found = previews.find(link_id)
    if found is None:
        return _kept_by_nobody(errors.answer(404, sentence=UNKNOWN))
    state = previews.state_of(*found, templating.now())
    if state is not LinkState.OPEN:
        return _kept_by_nobody(errors.answer(410, sentence=CLOSED[state]))
    return found


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="preview-link")


def _kept_by_nobody(response: Response) -> Response:
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    # The address is the key: no other site is to learn it from a link in the text.
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
