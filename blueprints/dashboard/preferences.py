"""One's own account: how one is told, the address for mail, the password."""

from collections.abc import Callable

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import login_user

from blueprints import errors, templating
from blueprints.access import access
from blueprints.dashboard import actor, blueprint
from blueprints.dashboard.lists import navigation
from extensions import db, limiter
from models import NotifyBy
from services import own_account
from services.errors import DomainError, InvalidInput, TooMany
from services.own_account import Proof

# Value, label and what it means.
NOTIFY_BY = (
    (
        NotifyBy.AT_ONCE,
        "Ngay khi có việc",
        "Gửi trong vài phút; nhiều việc cùng lúc được gộp vào một thư.",
    ),
    (NotifyBy.DIGEST, "Mỗi ngày một thư", "Gửi lúc 07:30, gộp những gì bạn chưa đọc."),
    (NotifyBy.SITE_ONLY, "Chỉ trên trang", "Không gửi thư; xem ở mục Thông báo."),
)


@blueprint.get("/tuy-chon")
@access("contributor")
def preferences() -> ResponseReturnValue:
    return _page()


@blueprint.post("/tuy-chon/thong-bao")
@access("contributor")
def choose_notify_by() -> ResponseReturnValue:
    return _change(
        lambda: own_account.choose_notify_by(user=actor(), value=request.form.get("notify_by", "")),
        done=_("Đã lưu cách nhận thông báo."),
    )


@blueprint.post("/tuy-chon/thu")
@access("contributor")
@limiter.limit("30 per minute")
def change_email() -> ResponseReturnValue:
    return _change(
        lambda: own_account.change_email(
            user=actor(), email=request.form.get("email", ""), proof=_proof(), now=templating.now()
        ),
        done=_("Đã đổi địa chỉ nhận thư."),
    )


@blueprint.post("/tuy-chon/mat-khau")
@access("contributor")
@limiter.limit("30 per minute")
def change_password() -> ResponseReturnValue:
    return _change(
        lambda: own_account.change_password(
            user=actor(),
            password=request.form.get("password", ""),
            repeated=request.form.get("repeated", ""),
            proof=_proof(),
            now=templating.now(),
        ),
        done=_("Đã đổi mật khẩu. Các thiết bị khác phải đăng nhập lại."),
    )


def _proof() -> Proof:
    return Proof(
        password=request.form.get("current", ""),
        address=request.remote_addr or "",
        secret_key=current_app.config["SECRET_KEY"],
    )


def _change(act: Callable[[], None], *, done: str) -> ResponseReturnValue:
    user = actor()
    try:
        act()
    except (InvalidInput, TooMany) as error:
        # A wrong password is what the throttle counts, so it is kept; nothing else was changed.
        db.session.commit()
        return _page(error)
    db.session.commit()
    # Under the name that the session may have got: this one goes on.
    login_user(user)
    flash(done, "ok")
    return redirect(url_for("dashboard.preferences"), code=303)


def _page(error: DomainError | None = None) -> ResponseReturnValue:
    fields = error.fields if isinstance(error, InvalidInput) else {}
    body = render_template(
        "dashboard/notifications/preferences.html",
        choices=NOTIFY_BY,
        email=request.form.get("email", actor().email),
        chosen=actor().notify_by,
        changed=request.path.rpartition("/")[2],
        errors=fields,
        refusal=error.sentence if error and not fields else "",
        breadcrumbs=[],
        **navigation("tuy-chon"),
    )
    headers = {"Retry-After": str(error.retry_after_s)} if isinstance(error, TooMany) else {}
    return body, errors.status_of(error) if error else 200, headers
