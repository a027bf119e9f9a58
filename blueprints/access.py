"""The access list: who may use each endpoint, said above each view and checked before it runs.

An endpoint that says nothing stops the start, so that forgetting is not a hole. What a person
may do with one publication is services/policy's; this is only the door.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

from flask import Flask, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from blueprints.http import wants_json
from models import Role

# Shorter values are choices and ids, not words that somebody would miss.
MIN_PRECIOUS_CHARACTERS = 12
NOT_WORDS = frozenset({"csrf_token", "seen", "then", "password", "next"})

View = TypeVar("View", bound=Callable[..., object])


class Access(StrEnum):
    """Who may come in. Each level after PUBLIC needs an account."""

    PUBLIC = "public"
    CONTRIBUTOR = "contributor"
    EDITOR = "editor"
    CHIEF = "chief"
    OVERSIGHT = "oversight"
    ADMIN = "admin"


ADMITTED: dict[Access, frozenset[Role]] = {
    # An administrator looks after accounts and has no editorial rights by default.
    Access.CONTRIBUTOR: frozenset(Role),
    Access.EDITOR: frozenset({Role.EDITOR, Role.CHIEF}),
    Access.CHIEF: frozenset({Role.CHIEF}),
    # Who answers for the site: what is reported to them, and changes nothing.
    Access.OVERSIGHT: frozenset({Role.CHIEF, Role.ADMIN}),
    Access.ADMIN: frozenset({Role.ADMIN}),
}

_ATTRIBUTE = "_access"


def access(level: str) -> Callable[[View], View]:
    """Declare who may use a view: public, contributor, editor, chief, oversight or admin."""

    def declare(view: View) -> View:
        setattr(view, _ATTRIBUTE, Access(level))
        return view

    return declare


def declarations(app: Flask) -> dict[str, Access]:
    """Every endpoint of the application with its level; raises LookupError if one has none."""
    found: dict[str, Access] = {}
    for endpoint, view in app.view_functions.items():
        level = getattr(view, _ATTRIBUTE, None)
        if level is None:
            raise LookupError(f"endpoint {endpoint} is not on the access list")
        found[endpoint] = level
    return found


def kept_words() -> list[str]:
    """What somebody typed into the form that cannot be taken, to be given back for copying."""
    return [
        value
        for name, value in request.form.items()
        if name not in NOT_WORDS and len(value) > MIN_PRECIOUS_CHARACTERS
    ]


def lost_session(login: str) -> ResponseReturnValue:
    """401 with what was typed, for a form that was sent after the session had ended."""
    page = render_template(
        "errors/lost_session.html", login=login, kept=kept_words(), breadcrumbs=[]
    )
    return page, 401, {"Cache-Control": "no-store"}


def refuse_lost_session() -> ResponseReturnValue | None:
    """What to answer a form without a valid token, if that is because nobody is logged in."""
    view = current_app.view_functions.get(request.endpoint or "")
    level = getattr(view, _ATTRIBUTE, Access.PUBLIC)
    return None if current_user.is_authenticated else refuse_strangers(level)


def refuse_strangers(level: Access) -> ResponseReturnValue | None:
    """What to answer somebody who may not come in, or None if they may."""
    if level is Access.PUBLIC:
        # Not even a look at who is asking: that would touch the session, and the page could
        # no longer be shared by everybody.
        return None
    if not current_user.is_authenticated:
        here = request.full_path.rstrip("?") if request.method == "GET" else ""
        login = url_for("auth.login", tiep=here or None)
        if wants_json():
            sentence = "Phiên đăng nhập đã hết. Chữ bạn gõ vẫn còn; hãy đăng nhập lại."
            return {"error": sentence, "login_url": login}, 401
        if "X-Background" in request.headers:
            # What a page asks by itself must not take it away from somebody who is typing.
            return "", 401, {"HX-Reswap": "none"}
        if request.headers.get("HX-Request") == "true":
            response = redirect(login)
            response.status_code = 401
            response.headers["HX-Redirect"] = login
            response.headers.pop("Location", None)
            return response
        if request.method != "GET":
            # Whatever was typed comes back to be copied, since this answer ends its page.
            return lost_session(login)
        return redirect(login, code=303)
    if current_user.role not in ADMITTED[level]:
        abort(403)
    return None


def init_app(app: Flask) -> None:
    """Check the list once, and every request against it."""
    levels = declarations(app)

    @app.before_request
    def check_access() -> ResponseReturnValue | None:
        if request.endpoint is None:
            return None
        return refuse_strangers(levels[request.endpoint])
