"""A test client that behaves as a browser does and checks every page it is given."""

import secrets
from collections.abc import Mapping
from contextvars import Context
from functools import partial
from typing import Any
from urllib.parse import urljoin

import lxml.html
from flask import has_app_context
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from extensions import db
from models import User
from tests.support.html import check_html


class CheckedClient(FlaskClient):
    """Each request runs as it would in production: in a context of its own.

    A test may hold an application context open to make and look at rows. What it has done is
    committed before the request, and its objects are read anew after it. `with client:` is not
    supported, since nothing of the request outlives it.
    """

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        if has_app_context():
            db.session.commit()
        # The whole answer is read and its file closed, as a server does once it has sent it.
        kwargs.setdefault("buffered", True)
        response: TestResponse = Context().run(partial(super().open, *args, **kwargs))
        # So is a large body's: Werkzeug keeps it in a file that whichever test comes next, when
        # it is collected, would be blamed for.
        if (sent := response.request.environ.get("wsgi.input")) is not None:
            sent.close()
        # Nobody is shown the body of a redirect, whether the browser follows it or htmx.
        is_shown = not (
            300 <= response.status_code < 400
            or "HX-Redirect" in response.headers
            # The same page is checked where it comes uncompressed.
            or "Content-Encoding" in response.headers
        )
        if is_shown and response.mimetype == "text/html" and response.get_data():
            check_html(response.get_data(as_text=True), about=_about(response))
        return response

    def htmx(self, url: str, method: str = "GET", **kwargs: Any) -> TestResponse:
        """Request as htmx does; anything but a GET carries the token."""
        headers = {"HX-Request": "true", **kwargs.pop("headers", {})}
        if method != "GET":
            headers["X-CSRFToken"] = self.token()
        return self.open(url, method=method, headers=headers, **kwargs)

    def post_form(self, url: str, data: Mapping[str, Any], **kwargs: Any) -> TestResponse:
        """Post fields as a form would, with the token that its page would have had."""
        return self.post(url, data={**data, "csrf_token": self.token()}, **kwargs)

    def submit(self, page: str, fields: Mapping[str, Any], form: str = "") -> TestResponse:
        """Open a page, fill in its form and send it, as somebody without scripts does.

        `form` is the form's id, or part of its action; without it the page must have one form
        that posts. Unknown fields are a failure: the person could not have typed them.
        """
        response = self.get(page)
        assert response.status_code == 200, f"{page}: {response.status}"
        document = lxml.html.document_fromstring(response.get_data(as_text=True))
        forms = [
            candidate
            for candidate in document.forms
            if (form and (candidate.get("id") == form or form in (candidate.get("action") or "")))
            or (not form and (candidate.get("method") or "").lower() == "post")
        ]
        assert len(forms) == 1, f"{page}: {len(forms)} forms match {form!r}"
        chosen = forms[0]
        names = set(chosen.inputs.keys()) | {e.get("name") for e in chosen.iter("button")}
        assert set(fields) <= names, f"{page}: no field {sorted(set(fields) - names)}"
        values: dict[str, Any] = {}
        for name, value in chosen.form_values():
            values.setdefault(name, []).append(value)
        values.update(fields)
        method = (chosen.get("method") or "get").upper()
        target = urljoin(page, chosen.get("action") or page)
        if method == "GET":
            return self.get(target, query_string=values)
        return self.open(target, method=method, data=values)

    def token(self) -> str:
        """Answer a CSRF token for this session, as a page of the site would carry."""
        with self.session_transaction() as session:
            raw = session.setdefault("csrf_token", secrets.token_hex(20))
        key = self.application.secret_key
        assert key
        return str(URLSafeTimedSerializer(key, salt="wtf-csrf-token").dumps(raw))


def login(client: FlaskClient, user: User) -> None:
    """Give the client the session that the login form gives, without the cost of argon2."""
    identity = user.get_id()
    if has_app_context():
        db.session.commit()
    with client.session_transaction() as session:
        session.clear()
        session["_user_id"] = identity
        session["_fresh"] = True


def logout(client: FlaskClient) -> None:
    with client.session_transaction() as session:
        session.clear()


def _about(response: TestResponse) -> str:
    return f"{response.request.method} {response.request.path} ({response.status_code})"
