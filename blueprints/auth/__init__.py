"""Logging in and out, and what a page shows to somebody who is."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user, login_user, logout_user
from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired

from blueprints import http
from blueprints.access import access
from extensions import db, limiter, login_manager
from models import User
from services import accounts, invitations
from services.errors import DomainError, InvalidInput, NotAllowed, TooMany
from services.vietnamese import clean

blueprint = Blueprint("auth", __name__)

# Says only that somebody logged in here, so that pages fetch the toolbar for them alone. Not a
# secret and not believed: the session decides.
MARKER_COOKIE = "dang_nhap"


class LoginForm(FlaskForm):
    """Tên đăng nhập, mật khẩu, and where to go then."""

    username = StringField(validators=[InputRequired("Hãy nhập tên đăng nhập.")])
    password = PasswordField(validators=[InputRequired("Hãy nhập mật khẩu.")])
    next = HiddenField()


def safe_next(target: str | None) -> str:
    """Where to go after logging in: a path of this site, or the desk."""
    home = url_for("dashboard.home")
    if not target or not target.startswith("/") or target[1:2] in {"/", "\\"}:
        return home
    if "\\" in target or any(ord(character) < 32 for character in target):
        return home
    parts = urlsplit(target)
    return home if parts.scheme or parts.netloc else target


@login_manager.user_loader
def load_user(token: str) -> User | None:
    return accounts.user_for_session(token)


@blueprint.get("/dang-nhap")
@access("public")
def login() -> ResponseReturnValue:
    target = request.args.get("tiep", "")
    if current_user.is_authenticated:
        return redirect(safe_next(target), code=303)
    form = LoginForm(formdata=None, data={"next": target})
    return _login_page(form)


@blueprint.post("/dang-nhap")
@access("public")
@limiter.limit("30 per minute")
def log_in() -> ResponseReturnValue:
    form = LoginForm()
    if not form.validate():
        return _login_page(form, status=422)
    try:
        user = accounts.authenticate(
            username=form.username.data or "",
            password=form.password.data or "",
            address=request.remote_addr or "",
            secret_key=current_app.config["SECRET_KEY"],
            now=datetime.now(UTC),
        )
    except (NotAllowed, TooMany) as error:
        # The failure is what the throttle counts, so it is kept.
        db.session.commit()
        return _login_page(form, error=error, status=429 if isinstance(error, TooMany) else 422)
    db.session.commit()
    session.clear()
    session.permanent = True
    login_user(user)
    response = redirect(safe_next(form.next.data), code=303)
    response.set_cookie(
        MARKER_COOKIE,
        "1",
        max_age=current_app.permanent_session_lifetime,
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=False,
        samesite="Lax",
    )
    return response


@blueprint.post("/dang-xuat")
@access("public")
def logout() -> ResponseReturnValue:
    if current_user.is_authenticated:
        accounts.end_sessions(user=current_user)
        db.session.commit()
    logout_user()
    session.clear()
    flash(_("Bạn đã đăng xuất."), "ok")
    response = redirect(url_for("auth.login"), code=303)
    response.delete_cookie(MARKER_COOKIE, samesite="Lax")
    return response


@blueprint.get("/tai-khoan/<token>")
@access("public")
def choose_password(token: str) -> ResponseReturnValue:
    """Where somebody who was invited, or let back in, chooses a password."""
    return _password_page(token)


@blueprint.post("/tai-khoan/<token>")
@access("public")
@limiter.limit("20 per minute")
def set_password(token: str) -> ResponseReturnValue:
    try:
        user = invitations.accept(
            token=token,
            password=request.form.get("password", ""),
            again=request.form.get("again", ""),
            secret_key=current_app.config["SECRET_KEY"],
            now=datetime.now(UTC),
        )
        username = user.username
        db.session.commit()
    except InvalidInput as error:
        db.session.rollback()
        return _password_page(token, error=error)
    # Whoever sat here before is not whom the link was for.
    logout_user()
    session.clear()
    flash(_("Đã lưu mật khẩu. Hãy đăng nhập với tên “%(name)s”.", name=username), "ok")
    return redirect(url_for("auth.login"), code=303)


def _password_page(token: str, *, error: InvalidInput | None = None) -> Response:
    invitation = invitations.find(token=token, now=datetime.now(UTC))
    body = render_template(
        "auth/choose_password.html",
        person=invitation.user,
        token=token,
        expires_at=invitation.expires_at,
        least=accounts.MIN_PASSWORD_CHARACTERS,
        most=accounts.MAX_PASSWORD_CHARACTERS,
        errors=error.fields if error else {},
        breadcrumbs=[],
    )
    response = http.private(body, status=422 if error else 200)
    # The address is a secret until it is used.
    response.headers["Referrer-Policy"] = "same-origin"
    return response


@blueprint.get("/thanh-cong-cu")
@access("public")
def toolbar() -> Response:
    user = current_user if current_user.is_authenticated else None
    response = http.private(render_template("auth/_toolbar.html", user=user))
    if user is None:
        # The session is over: the marker has nothing to say any more.
        response.delete_cookie(MARKER_COOKIE, samesite="Lax")
    return response


def _login_page(
    form: LoginForm, *, error: DomainError | None = None, status: int = 200
) -> Response:
    body = render_template(
        "auth/login.html",
        username=clean(form.username.data or ""),
        next=clean(form.next.data or ""),
        errors={name: messages[0] for name, messages in form.errors.items() if messages},
        error=error.sentence if error else "",
        breadcrumbs=[],
    )
    response = http.private(body, status=status)
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after_s)
    return response
