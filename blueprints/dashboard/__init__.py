"""The desk: where contributors write and the board reviews. Private, never cached."""

from typing import Any

from flask import Blueprint, Response
from flask_login import current_user

from blueprints.dashboard.actions import keys
from models import User
from services import policy, reviewing
from services.notifications import count_unread
from services.transitions import RULES
from services.voice.inbox import count_waiting

blueprint = Blueprint("dashboard", __name__, url_prefix="/ban-lam-viec")


# What is in the audit trail beside the actions of the workflow: see services/revisions.
KEPT_LABELS = {
    "restore": "Khôi phục bản cũ",
    "set_aside": "Cất bản không chọn",
    "import": "Nhập từ trang khác",
}


def actor() -> User:
    """Who is at this desk; the access list has let nobody else in."""
    user: User = current_user._get_current_object()
    return user


@blueprint.context_processor
def of_desk() -> dict[str, Any]:
    """Flask-Login's own context processor is off, since public pages must not know who asks."""
    return {
        "user": actor(),
        # Counted only by a page that shows the bell.
        "count_unread": lambda: count_unread(user=actor()),
        "count_voice": lambda: count_waiting(user=actor()),
        "writes_pages": policy.can(actor(), "page:write"),
        "is_board": policy.can(actor(), "queue:view"),
        "age_label": reviewing.age_label,
        "state_label": reviewing.state_label,
        "action_keys": keys,
        "ACTION_LABELS": {name: rule.label for name, rule in RULES.items()} | KEPT_LABELS,
    }


@blueprint.after_request
def keep_private(response: Response) -> Response:
    response.headers["Cache-Control"] = "private, no-store"
    return response


from blueprints.dashboard import (  # noqa: E402, F401 - routes
    attachments,
    calendar,
    document_choices,
    duties,
    encodings,
    half_year,
    housekeeping,
    importing,
    library,
    lists,
    notifications,
    outages,
    portal,
    preferences,
    presence,
    previews,
    remarks,
    reports,
    reviews,
    revisions,
    saving,
    search_care,
    targets,
    translating,
    voice,
    voice_polls,
    voice_report,
    work_schedule,
    writing,
)
