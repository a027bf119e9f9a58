"""What readers send: forms at addresses of their own, never kept by a cache, with no cookie.

There is no session here whose authority a forged form could use, so there is no session's token
either: a form carries a ticket that the site has signed (services/voice/robots), and the browser
tells from where it was sent.
"""

from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, current_app, request
from flask_limiter import RateLimitExceeded

from extensions import csrf, limiter
from services.errors import TooMany, say
from services.voice.robots import Proof
from services.voice.votes import Visitor

blueprint = Blueprint("voice", __name__)
csrf.exempt(blueprint)

SAME_SITE = {"same-origin", "same-site", "none"}
# Of one machine, for each form; an office of many people may be one machine.
SENDINGS = "10 per minute; 60 per hour"
LOOKS = "10 per minute; 60 per hour"
# Of everybody together, counted after the proof that a person sent it.
CEILING = "400 per hour"


def _machine_and_form() -> str:
    return f"{request.remote_addr}/{request.endpoint}"


@limiter.limit(SENDINGS, key_func=_machine_and_form)
def _count_sending() -> None:
    """Called for each sending, so that the limit is reached before anything is read."""


@limiter.limit(LOOKS, key_func=_machine_and_form)
def _count_look() -> None:
    """The same for each try of a code."""


@limiter.shared_limit(CEILING, scope="voice", key_func=lambda: "everybody")
def _count_among_all() -> None:
    """The same for what was taken in."""


def throttle_sending() -> None:
    """Raises TooMany; what was typed can then be shown again."""
    try:
        _count_sending()
    except RateLimitExceeded as error:
        raise TooMany(
            say(
                "Từ máy này đã gửi nhiều lần trong thời gian ngắn. Chữ bạn gõ vẫn còn; hãy đợi vài "
                "phút rồi gửi lại."
            ),
            60,
        ) from error


def throttle_look() -> None:
    """Raises TooMany for whoever tries one code after another."""
    try:
        _count_look()
    except RateLimitExceeded as error:
        raise TooMany("Bạn đã thử nhiều mã trong thời gian ngắn; hãy đợi vài phút.", 60) from error


def throttle_all() -> None:
    """Raises TooMany when everybody together sends more than anybody could read."""
    try:
        _count_among_all()
    except RateLimitExceeded as error:
        raise TooMany(
            "Trang đang nhận quá nhiều thư cùng lúc. Chữ bạn gõ vẫn còn; hãy gửi lại sau ít lâu.",
            600,
        ) from error


def proof() -> Proof:
    """What came with the form to show that a person sent it."""
    form = request.form
    return Proof(
        form.get("ticket", ""),
        form.get("work", ""),
        form.get("robot", ""),
        form.get("homepage", ""),
    )


def visitor() -> Visitor:
    """Who asks, as far as a request tells; for counting once a day."""
    return Visitor(
        request.remote_addr or "",
        request.headers.get("User-Agent", ""),
        current_app.config["SECRET_KEY"],
    )


@blueprint.before_request
def refuse_other_sites() -> None:
    """A form of another site is none of ours. A browser that tells nothing is let in: its user
    has no authority here that could be misused."""
    if request.method != "POST":
        return
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in SAME_SITE:
        abort(403)
    origin = request.headers.get("Origin", "")
    own = {request.host, urlsplit(current_app.config["SITE_URL"]).netloc}
    # “null” is what a page without a referrer sends, as the tracking page is.
    if origin not in {"", "null"} and urlsplit(origin).netloc not in own:
        abort(403)


@blueprint.after_request
def keep_apart(response: Response) -> Response:
    """Whatever is not a page for everybody is kept by no cache and found by no search engine."""
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "private, no-store"
    if not response.cache_control.public:
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        response.headers["Referrer-Policy"] = "no-referrer"
    return response


from blueprints.voice import (  # noqa: E402, F401 - routes
    drafts,
    polls,
    ratings,
    reuse,
    sending,
    tracking,
)
