"""How a reader likes to see the site, without scripts: a page that says what browsers can do, and a
style sheet of the reader's own.

Pages are the same bytes for everybody, so what somebody chose cannot be in them. With scripts the
browser keeps it (static/js/preferences.js). Without, every page names one style sheet more, in a
``noscript``: it is made of a cookie that holds three choices and tells nothing of who chose.
"""

import re
from functools import lru_cache
from pathlib import Path

from flask import Response, abort, current_app, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from blueprints import http, languages
from blueprints.access import access
from blueprints.public import blueprint, metadata
from blueprints.public.reading import SAME_SITE
from extensions import csrf

COOKIE = "hien-thi"
COOKIE_MAX_AGE_S = 365 * 24 * 3600
# Of each choice, its values besides the usual one.
CHOICES = {"text": ("1", "3", "4"), "theme": ("light", "dark"), "contrast": ("more",)}
# Names that people see in the address of the form's fields.
FIELDS = {"text": "co-chu", "theme": "nen", "contrast": "tuong-phan"}


@blueprint.get("/cach-hien-thi")
@access("public")
def display() -> Response:
    body = render_template(
        "public/display.html",
        chosen=_chosen(),
        fields=FIELDS,
        kept=request.args.get("da-luu") == "1",
        meta=metadata.of_display(),
        breadcrumbs=[("Trang chủ", "/"), ("Cách hiển thị", None)],
    )
    return http.private(body)


@blueprint.post("/cach-hien-thi")
@access("public")
@csrf.exempt
def keep_display() -> ResponseReturnValue:
    """Keep what was chosen. No token: all that another site could do is to enlarge our letters,
    and the browser tells of it."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in SAME_SITE:
        abort(403)
    chosen = {
        name: value
        for name, field in FIELDS.items()
        if (value := request.form.get(field, "")) in CHOICES[name]
    }
    response = make_response(redirect(languages.here("/cach-hien-thi?da-luu=1"), code=303))
    if chosen:
        response.set_cookie(
            COOKIE,
            "-".join(f"{name}.{value}" for name, value in chosen.items()),
            max_age=COOKIE_MAX_AGE_S,
            httponly=True,
            samesite="Lax",
            secure=current_app.config["SESSION_COOKIE_SECURE"],
        )
    else:
        response.delete_cookie(COOKIE)
    return response


@blueprint.get("/hien-thi.css")
@access("public")
def display_style() -> Response:
    """What somebody without scripts chose, as a style sheet; empty for everybody else."""
    response = make_response(_style(tuple(sorted(_chosen().items()))))
    response.content_type = "text/css; charset=utf-8"
    response.headers["Cache-Control"] = "private, no-cache"
    response.vary.add("Cookie")
    return response


def _chosen() -> dict[str, str]:
    found = {}
    for part in request.cookies.get(COOKIE, "")[:100].split("-"):
        name, _, value = part.partition(".")
        if value in CHOICES.get(name, ()):
            found[name] = value
    return found


@lru_cache(maxsize=32)
def _style(chosen: tuple[tuple[str, str], ...]) -> str:
    blocks = [f":root:root:root {{{_declarations(name, value)}}}" for name, value in chosen]
    return f"@layer tokens {{\n{chr(10).join(blocks)}\n}}\n" if blocks else ""


def _declarations(name: str, value: str) -> str:
    """What the site's own style sheet says of a choice; of the light theme, what it begins with."""
    css = (Path(current_app.root_path) / "static/css/site.css").read_text("utf-8")
    selector = ":root" if value == "light" else f':root[data-{name}="{value}"]'
    block = re.search(rf"^  {re.escape(selector)} {{(.*?)}}", css, re.S | re.M)
    if block is None:
        raise LookupError(f"site.css says nothing of {selector}")
    return block[1]
