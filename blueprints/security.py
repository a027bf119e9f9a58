"""Headers that every answer carries, and the identity of the request in the log."""

import secrets
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Request, Response, g, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

from extensions import may_write

# The editor (HugeRTE) sets style attributes on what it draws; nowhere else may do that.
EDITOR_ENDPOINTS = frozenset(
    f"dashboard.{view}"
    for view in (
        "new_publication",
        "create_publication",
        "edit_publication",
        "save_publication",
    )
)
# What the phone of the desk's preview shows; attached PDFs say it of themselves.
FRAMED_ENDPOINTS = frozenset({"dashboard.preview_framed"})

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def content_security_policy(
    *,
    htmx_url: str,
    editor: bool,
    secure: bool,
    framed: bool = False,
) -> str:
    """The policy of one page: scripts only from here and from htmx's address, nothing inline.

    Any page may frame what is here and lets itself be framed: ``framed`` ones do, by our own.
    """
    scripts = ["'self'"]
    if htmx_url.startswith("https://"):
        parts = urlsplit(htmx_url)
        # The very file, not the whole CDN: anybody can publish on a CDN.
        scripts.append(f"{parts.scheme}://{parts.netloc}{parts.path}")
    styles = "'self' 'unsafe-inline'" if editor else "'self'"
    images = "'self' data: blob:" if editor else "'self' data:"
    rules = [
        "default-src 'none'",
        f"script-src {' '.join(scripts)}",
        f"style-src {styles}",
        f"img-src {images}",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'" if framed else "frame-ancestors 'none'",
        "base-uri 'none'",
        "manifest-src 'self'",
    ]
    rules.append("frame-src 'self' blob:" if editor else "frame-src 'self'")
    if secure:
        rules.append("upgrade-insecure-requests")
    return "; ".join(rules)


def _kind_of(endpoint: str | None) -> str:
    if endpoint in EDITOR_ENDPOINTS:
        return "editor"
    return "framed" if endpoint in FRAMED_ENDPOINTS else ""


class Sessions(SecureCookieSessionInterface):
    """Flask's own. It makes ready to read a cookie before it looks whether there is one, and hardly
    any reader has one."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if self.get_cookie_name(app) in request.cookies:
            return super().open_session(app, request)
        return self.session_class()


def init_app(app: Flask) -> None:
    app.session_interface = Sessions()
    secure = app.config["SITE_URL"].startswith("https://")
    policies = {
        kind: content_security_policy(
            htmx_url=app.config["HTMX_URL"],
            editor=kind == "editor",
            secure=secure,
            framed=kind == "framed",
        )
        for kind in ("", "editor", "framed")
    }

    @app.before_request
    def begin() -> None:
        g.request_id = secrets.token_hex(6)
        g.may_write_before = may_write.get()
        may_write.set(request.method not in SAFE_METHODS)

    @app.teardown_request
    def end(_error: BaseException | None) -> None:
        # What the thread does next is not this request's: after a GET it would begin read-only,
        # and its first write would fail as soon as somebody else had written.
        if "may_write_before" in g:
            may_write.set(g.may_write_before)

    @app.after_request
    def add_headers(response: Response) -> Response:
        headers: Any = response.headers
        kind = _kind_of(request.endpoint)
        headers.setdefault("Content-Security-Policy", policies[kind])
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
        headers.setdefault("X-Frame-Options", "SAMEORIGIN" if kind == "framed" else "DENY")
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        headers.setdefault(
            "Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()"
        )
        if secure:
            headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        return response
