"""The desk's lists: what waits for whom."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import abort, make_response, render_template, request
from flask.typing import ResponseReturnValue

from blueprints import http, templating
from blueprints.access import access
from blueprints.dashboard import actor, blueprint
from blueprints.public.paging import make_page, page_number
from services import desk, presence, remarks, reviewing, targets
from services.desk_lists import LISTS, QUEUE, DeskList, Group, default_list, lists_for

ROWS_PER_PAGE = 25
MAX_FILTER_CHARACTERS = 200


@blueprint.get("")
@access("contributor")
def home() -> ResponseReturnValue:
    user = actor()
    key = request.args.get("danh-sach", "")
    if not key:
        return _show(default_list(user), values={})
    chosen = LISTS.get(key)
    if chosen is None:
        abort(404)
    if chosen not in lists_for(user):
        abort(403)
    return _show(chosen, values={"danh-sach": key})


@blueprint.get("/duyet")
@access("editor")
def queue() -> ResponseReturnValue:
    return _show(QUEUE, values={}, endpoint="dashboard.queue")


def _show(
    chosen: DeskList, *, values: dict[str, Any], endpoint: str = "dashboard.home"
) -> ResponseReturnValue:
    user, now = actor(), templating.now()
    words = request.args.get("q", "").strip()[:MAX_FILTER_CHARACTERS]
    found = desk.rows_of(
        user=user,
        desk_list=chosen,
        now=now,
        number=page_number(),
        per_page=ROWS_PER_PAGE,
        words=words,
    )
    page = make_page(
        found,
        found.items,
        endpoint=endpoint,
        values={**values, **({"q": words} if words else {})},
    )
    context = {
        "chosen": chosen,
        "endpoint": endpoint,
        "page": page,
        "is_more": found.is_more,
        "q": words,
        "reasons": reviewing.last_reasons(found.items),
        **at_the_desk([publication.id for publication in found.items]),
        "breadcrumbs": [],
    }
    if http.wants_fragment():
        response = make_response(render_template("dashboard/_desk_list.html", **context))
    else:
        response = make_response(
            render_template(
                "dashboard/home.html",
                **context,
                unit_progress=targets.progress_of(unit_id=user.unit_id, now=now),
                **navigation(chosen.key),
            )
        )
    response.vary.add("HX-Request")
    return response


def at_the_desk(publication_ids: list[int]) -> dict[str, Any]:
    """What a row tells beside its text: who else has it open, and how many remarks wait."""
    return {
        "present": presence.sentences_at(
            publication_ids=publication_ids, user=actor(), now=templating.now()
        ),
        "open_remarks": remarks.count_open(publication_ids=publication_ids),
    }


def navigation(current: str = "") -> dict[str, Any]:
    """What the navigation at the left shows."""
    counts = desk.count_lists(user=actor(), now=templating.now())
    by_key = {count.desk_list.key: count.total for count in counts}
    waiting = sum(by_key.get(key, 0) for key in ("cho-bien-tap", "dang-bien-tap", "cho-duyet"))
    return {
        "groups": [
            (group, [count for count in counts if count.desk_list.group is group])
            for group in Group
            if any(count.desk_list.group is group for count in counts)
        ],
        "waiting": waiting,
        "current_list": current,
    }


def list_on_screen() -> str:
    """Which list the page that htmx asks from shows, so that its mark stays."""
    address = urlsplit(request.headers.get("HX-Current-URL", ""))
    key = parse_qs(address.query).get("danh-sach", [""])[0]
    if key in LISTS:
        return key
    if address.path.endswith("/don-dep"):
        return "don-dep"
    is_own_page = address.path.rstrip("/").endswith(("/ban-lam-viec", "/duyet"))
    return default_list(actor()).key if is_own_page else ""
