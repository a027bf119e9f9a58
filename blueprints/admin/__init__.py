"""Administration: people, units, sections, settings, and the trail of what was done to them."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from blueprints import http, templating
from blueprints.access import access
from blueprints.dashboard import keep_private, of_desk
from blueprints.dashboard.lists import navigation
from extensions import db

blueprint = Blueprint("admin", __name__, url_prefix="/ban-lam-viec/quan-tri")
blueprint.context_processor(of_desk)
blueprint.after_request(keep_private)

# key, endpoint, label: the rooms of the administration, in the order of their use.
ROOMS = (
    ("users", "admin.user_list", "Người dùng"),
    ("units", "admin.unit_list", "Đơn vị"),
    ("sections", "admin.section_list", "Chuyên mục"),
    ("links", "admin.link_list", "Liên kết"),
    ("search", "admin.synonym_list", "Tìm kiếm"),
    ("settings", "admin.settings_page", "Thiết lập"),
    ("days", "admin.day_table", "Ngày nghỉ"),
    ("imports", "admin.import_runs", "Nhập dữ liệu"),
    ("addresses", "admin.address_list", "Địa chỉ cũ"),
    ("robots", "admin.robot_questions", "Câu hỏi kiểm tra"),
    ("mails", "admin.mail_list", "Thư gửi"),
    ("audit", "admin.audit_list", "Nhật ký quản trị"),
)


@blueprint.get("")
@access("admin")
def home() -> ResponseReturnValue:
    return redirect(url_for("admin.user_list"), code=303)


def show(template: str, *, room: str, status: int = 200, **context: Any) -> Response:
    """A page of the administration; for htmx the fragment that it includes, if it has one."""
    fragment = context.pop("fragment", "")
    context |= {"room": room, "rooms": ROOMS, "breadcrumbs": [], "now": templating.now()}
    if fragment and http.wants_fragment():
        body = render_template(f"admin/{fragment}", **context)
    else:
        body = render_template(f"admin/{template}", **context, **navigation("quan-tri"))
    response = make_response(body, status)
    response.vary.add("HX-Request")
    return response


def typed_step() -> int:
    """Where something is to be moved in its list: -1 is up, 1 down."""
    return -1 if request.form.get("step") == "up" else 1


def moved(
    name: str, step: int, *, show_list: Callable[..., ResponseReturnValue], back: str
) -> ResponseReturnValue:
    """Keep what was moved by a step, and show the list in its new order: in place for htmx, else
    by leading ``back`` to the row."""
    db.session.commit()
    if http.wants_fragment():
        return show_list(said=f"Đã dời “{name}” {'lên' if step < 0 else 'xuống'}.")
    return redirect(back, code=303)


from blueprints.admin import (  # noqa: E402, F401 - routes
    days,
    importing,
    imports,
    links,
    mails,
    old_addresses,
    robots,
    sections,
    settings,
    synonyms,
    trail,
    units,
    users,
)
