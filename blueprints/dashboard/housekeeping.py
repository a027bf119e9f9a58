"""The housekeeping lists: what lies about, why, and what to do with it."""

from typing import Any

from flask import abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from blueprints import http, templating
from blueprints.access import access
from blueprints.dashboard import actor, blueprint
from blueprints.dashboard.lists import (
    MAX_FILTER_CHARACTERS,
    ROWS_PER_PAGE,
    at_the_desk,
    navigation,
)
from blueprints.public.paging import make_page, page_number
from extensions import db
from services import desk, housekeeping, link_checking, reviewing, site_links
from services.housekeeping import BROKEN_LINKS, Chore

ENDPOINT = "dashboard.tidying"
LIST = "danh-sach"


@blueprint.get("/don-dep")
@access("contributor")
def tidying() -> ResponseReturnValue:
    key = request.args.get(LIST, "")
    chosen = next((chore for chore in housekeeping.chores_for(actor()) if chore.key == key), None)
    if key and chosen is None:
        abort(404)
    if chosen is None:
        return _page("dashboard/housekeeping/overview.html")
    context = _links() if key == BROKEN_LINKS else _texts(chosen)
    if http.wants_fragment():
        fragment = "housekeeping/_broken_links" if key == BROKEN_LINKS else "_desk_list"
        response = make_response(render_template(f"dashboard/{fragment}.html", **context))
    else:
        response = make_response(
            _page("dashboard/housekeeping/chore.html", chore=chosen, **context)
        )
    response.vary.add("HX-Request")
    return response


@blueprint.post("/don-dep/lien-ket/<int:link_id>/kiem-tra")
@access("contributor")
def check_link_again(link_id: int) -> ResponseReturnValue:
    """Have a link asked in the next minutes instead of in some days."""
    item = housekeeping.check_again(link_id=link_id, user=actor(), now=templating.now())
    db.session.commit()
    if http.wants_fragment():
        return render_template(
            "dashboard/housekeeping/_broken_link.html", item=item, known_of=link_checking.known_of
        )
    flash("Liên kết sẽ được kiểm tra lại trong ít phút nữa.", "ok")
    return redirect(url_for(ENDPOINT, **{LIST: BROKEN_LINKS}), code=303)


def _page(template: str, **context: Any) -> str:
    return render_template(
        template,
        chores=housekeeping.count_chores(user=actor(), now=templating.now()),
        breadcrumbs=[],
        **context,
        **navigation("don-dep"),
    )


def _texts(chore: Chore) -> dict[str, Any]:
    now = templating.now()
    words = request.args.get("q", "").strip()[:MAX_FILTER_CHARACTERS]
    found = desk.rows_of(
        user=actor(),
        desk_list=chore.listed,
        now=now,
        number=page_number(),
        per_page=ROWS_PER_PAGE,
        words=words,
    )
    values = {LIST: chore.key, **({"q": words} if words else {})}
    return {
        "chosen": chore.listed,
        "page": make_page(found, found.items, endpoint=ENDPOINT, values=values),
        "is_more": found.is_more,
        "q": words,
        "reasons": reviewing.last_reasons(found.items),
        "notes": housekeeping.notes_of(chore, found, now=now),
        **at_the_desk([publication.id for publication in found.items]),
    }


def _links() -> dict[str, Any]:
    found = housekeeping.broken_page(
        user=actor(), now=templating.now(), number=page_number(), per_page=ROWS_PER_PAGE
    )
    return {
        "page": make_page(found, found.items, endpoint=ENDPOINT, values={LIST: BROKEN_LINKS}),
        "known_of": link_checking.known_of,
        "on_site_page": site_links.count_broken(),
        "q": "",
    }
