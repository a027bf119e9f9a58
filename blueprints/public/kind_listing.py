"""The lists that have filters: for each row of services/filtered_lists a route."""

from collections.abc import Callable
from typing import Any

from flask import Response, render_template, request, url_for

from blueprints import http, languages, templating
from blueprints.access import access
from blueprints.public import blueprint, metadata
from blueprints.public.paging import make_page, page_number
from services import kind_filters, settings
from services.filtered_lists import FILTERED
from services.kind_filters import CLOSED, Asked, EntryPage, Filter, FilteredList
from services.kinds import KINDS
from services.sections import Node


def _list_of(filtered: FilteredList) -> Callable[[], Response]:
    names = [one.name for one in filtered.filters]

    @access("public")
    @http.cached("trang", *names)
    def show() -> Response:
        typed = {name: request.args.get(name, "") for name in names}
        return _show(filtered, typed)

    return show


for _filtered in FILTERED.values():
    blueprint.add_url_rule(
        f"/{KINDS[_filtered.kind].path}",
        endpoint=KINDS[_filtered.kind].list_endpoint.removeprefix("public."),
        view_func=_list_of(_filtered),
    )


def _show(filtered: FilteredList, typed: dict[str, str]) -> Response:
    now = templating.now()
    info = KINDS[filtered.kind]
    asked = kind_filters.read(filtered, typed=typed, now=now, language=languages.language())
    asked.errors = {name: templating.said_here(said) for name, said in asked.errors.items()}
    found = EntryPage((), 1, 1, 0)
    if not asked.errors:
        found = kind_filters.page_of(
            filtered,
            conditions=asked.conditions,
            now=now,
            number=page_number(),
            per_page=settings.get("posts_per_page"),
            language=languages.language(),
        )
    page = make_page(found, found.items, endpoint=info.list_endpoint, values=asked.values())
    context: dict[str, Any] = {
        "kind": info,
        "filtered": filtered,
        "asked": asked,
        "chosen": _chosen(filtered, asked),
        "page": page,
        "list_url": languages.here(f"/{info.path}"),
    }
    status = 422 if asked.errors else 200
    if http.wants_fragment():
        return http.public(
            render_template("public/kinds/_publication_list.html", **context), status=status
        )
    node = Node(0, None, info.plural, "", info.description, True, True, True)
    body = render_template(
        "public/kind_list.html",
        **context,
        meta=metadata.of_list(node, page, url_for(info.list_endpoint)),
        breadcrumbs=[("Trang chủ", url_for("public.home")), (info.plural, None)],
    )
    return http.public(body, status=status)


def _said(asked: Asked, one: Filter) -> str:
    """What was chosen, in the language of the page where it is no data."""
    chosen = asked.form[one.name]
    said = dict(asked.options.get(one.name, ())).get(chosen, chosen)
    return templating.translated(said) if one.type in CLOSED else said


def _chosen(filtered: FilteredList, asked: Asked) -> list[tuple[str, str, str]]:
    """Each filter that is set: its label, what was chosen, and the list's address without it."""
    endpoint = KINDS[filtered.kind].list_endpoint
    return [
        (
            one.label,
            _said(asked, one),
            url_for(endpoint, **{k: v for k, v in asked.values().items() if k != one.name}),
        )
        for one in filtered.filters
        if asked.form[one.name]
    ]
