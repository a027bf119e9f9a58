"""Search: one address for the page and for the results as one types."""

from typing import Any

from flask import Response, abort, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from blueprints import http, templating
from blueprints.access import access
from blueprints.public import blueprint, metadata
from blueprints.public.paging import make_page
from blueprints.public.reading import SAME_SITE
from blueprints.public.search_filters import filter_groups, unit_names
from blueprints.public.search_form import FIELDS, FILTERS, MAX_CHARACTERS, Asked, read_form
from blueprints.public.work_schedule import week_url
from extensions import csrf, db, limiter
from services import listing, schedule_search, unanswered, views
from services import search as search_service
from services.kinds import KINDS
from services.schedule_search import FoundSchedule
from services.search import SearchResult
from services.vietnamese import clean

_CONDITIONS = "public/search_conditions.html"


@blueprint.get("/tim-kiem")
@access("public")
@http.cached(*FIELDS, "trang")
@limiter.limit("180 per minute")
def search() -> ResponseReturnValue:
    asked = read_form({unit.slug: unit.id for unit in unit_names()})
    context: dict[str, Any] = {
        "result": None,
        "page": None,
        "form": asked.form,
        "errors": asked.errors,
        "is_short": asked.is_short,
        "groups": [],
        "schedule": None,
        "chosen": [name for name in FILTERS if asked.form[name]],
        "week_url": week_url,
    }
    elapsed_ms = 0.0
    if not (asked.is_blank or asked.errors or asked.is_short):
        found = search_service.search(request=asked.request, now=templating.now())
        context |= _shown(asked, found)
        elapsed_ms = found.elapsed_ms
    if http.wants_fragment():
        body = render_template("public/_search_results.html", **context)
    else:
        body = render_template(
            "public/search.html",
            **context,
            conditions=_conditions(asked),
            meta=metadata.of_search(asked.form["q"]),
            breadcrumbs=[("Trang chủ", "/"), ("Tìm kiếm", None)],
        )
    response: Response = http.public(body, status=422 if asked.errors else 200)
    # In a header: in the page it would make each answer differ from the last.
    response.headers["Server-Timing"] = f"search;dur={elapsed_ms:.1f}"
    return response


def _conditions(asked: Asked) -> Markup:
    """The fields below the words: the same for everybody who has filled none in."""

    def values() -> dict[str, Any]:
        return {
            "form": asked.form,
            "errors": asked.errors,
            "is_open": is_open,
            "kinds": [(info.path, templating.translated(info.label)) for info in KINDS.values()],
            "sections": [
                (node.slug, "\u2003" * node.depth + templating.section_name(node))
                for node in templating.section_tree().choices()
            ],
            "units": [(unit.slug, unit.name) for unit in unit_names()],
        }

    is_open = bool(asked.errors) or any(asked.form[name] for name in FIELDS[1:])
    if is_open:
        return Markup(render_template(_CONDITIONS, **values()))  # noqa: S704 - a template's
    return templating.part(_CONDITIONS, (), values)


def _shown(asked: Asked, found: SearchResult) -> dict[str, Any]:
    """The hits of a page, the way to the others, the filters; or what to try instead."""
    cards = listing.by_ids([hit.publication_id for hit in found.hits])
    hits = [(cards[hit.publication_id], hit) for hit in found.hits if hit.publication_id in cards]
    suggestions = []
    if not found.total:
        suggestions = [
            (each, url_for("public.search", **asked.values_for(each)))
            for each in search_service.suggest(request=asked.request, now=templating.now())
        ]
    result = {
        "total": found.total,
        "total_is_capped": found.total_is_capped,
        "hits": hits,
        "folded_only": found.folded_only,
        "any_of": found.any_of,
        "also": found.also,
        "promoted": found.promoted_ids,
        "suggestions": suggestions,
    }
    return {
        "result": result,
        "page": make_page(found, hits, endpoint="public.search", values=asked.values()),
        "groups": filter_groups(found.facets, asked.form) if found.total else [],
        "schedule": _schedule(asked),
    }


def _schedule(asked: Asked) -> FoundSchedule | None:
    """What the leaders' work schedule has for these words, beside the texts."""
    wanted = asked.request
    if wanted.page != 1 or wanted.phrase or wanted.without or not wanted.is_unfiltered:
        return None
    return schedule_search.find(q=wanted.q, now=templating.now(), prefix_last=wanted.prefix_last)


@blueprint.post("/tim-kiem/khong-thay")
@access("public")
@limiter.limit("6 per minute; 60 per day")
@csrf.exempt
def report_unanswered() -> ResponseReturnValue:
    """Count words that found nothing. No token: the page that tells of them is shared by
    everybody, and all that can be forged is that words are asked for (docs/adr/0021)."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in SAME_SITE:
        abort(403)
    typed = clean(request.form.get("q", ""))
    agent = request.headers.get("User-Agent", "")
    if len(typed) <= MAX_CHARACTERS and views.is_reader(user_agent=agent, is_prefetch=False):
        unanswered.record(typed=typed, now=templating.now())
        db.session.commit()
    response = make_response("")
    response.headers["Cache-Control"] = "no-store"
    return response
