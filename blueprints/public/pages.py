"""Home and the lists."""

from collections.abc import Callable
from datetime import timedelta

from flask import Response, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from blueprints import http, languages, templating
from blueprints.access import access
from blueprints.public import blueprint, home_blocks, metadata
from blueprints.public.paging import make_page, page_number
from models import Kind, Language
from services import listing, sectioning, settings
from services.filtered_lists import FILTERED
from services.kinds import KINDS, KindInfo
from services.moving.old_addresses import NUMBERED
from services.sections import Node

SECONDS = 4
LATEST = 6
NOTICES = 6
MOST_READ = 5
MOST_READ_SINCE = timedelta(days=90)
BLOCKS = 6
BLOCK_CARDS = 4


@blueprint.get("/")
@access("public")
@http.cached(*NUMBERED)
def home() -> ResponseReturnValue:
    if any(name in request.args for name in NUMBERED):
        # What an old site showed at this number; the answer to 404 knows where that is now.
        abort(404)
    now = templating.now()
    language = languages.language()
    tree = templating.section_tree()
    cards = listing.latest(
        now=now,
        limit=1 + SECONDS + LATEST,
        kind=Kind.POST,
        with_picture_first=True,
        language=language,
    )
    notices = listing.latest(now=now, limit=NOTICES, kind=Kind.NOTICE, language=language)
    shown = [card.id for card in cards]
    sections = [node for node in tree.ordered if node.is_active and node.show_on_home]
    blocks = [
        (
            node,
            listing.latest(
                now=now,
                limit=BLOCK_CARDS,
                kind=Kind.POST,
                section_ids=tree.ids_below(node),
                excluded_ids=shown,
                language=language,
            ),
        )
        for node in sections[:BLOCKS]
    ]
    body = render_template(
        "public/home.html",
        lead=cards[0] if cards else None,
        seconds=cards[1 : 1 + SECONDS],
        latest=cards[1 + SECONDS :],
        notices=notices,
        most_read=[]
        if language is Language.EN
        else listing.most_read(now=now, since=now - MOST_READ_SINCE, limit=MOST_READ),
        vietnamese=listing.latest(now=now, limit=LATEST) if language is Language.EN else [],
        section_blocks=[(node, cards) for node, cards in blocks if cards],
        **home_blocks.of_home(now=now, language=language),
        meta=metadata.of_home(),
        breadcrumbs=[],
    )
    return http.public(body)


@blueprint.get("/chuyen-muc/<slug>")
@access("public")
@http.cached("trang")
def section(slug: str) -> ResponseReturnValue:
    tree = templating.section_tree()
    node = tree.by_slug.get(slug)
    if node is None or not node.is_active:
        heir = sectioning.heir_of(slug)
        if heir is None:
            abort(404)
        return redirect(url_for("public.section", slug=heir), code=301)
    g.section_id = node.id
    path = tree.path(node.id)
    return _list_page(
        node,
        kind=None,
        section_ids=tree.ids_below(node),
        subsections=[child for child in node.children if child.is_active],
        breadcrumbs=[
            ("Trang chủ", url_for("public.home")),
            *(
                (templating.section_name(step), url_for("public.section", slug=step.slug))
                for step in path[:-1]
            ),
            (templating.section_name(node), None),
        ],
        endpoint="public.section",
        values={"slug": slug},
    )


def _list_of_kind(info: KindInfo) -> Callable[[], Response]:
    @access("public")
    @http.cached("trang")
    def show() -> Response:
        node = Node(
            id=0,
            parent_id=None,
            name=info.plural,
            slug="",
            description=info.description,
            is_active=True,
            show_in_menu=True,
            show_on_home=True,
        )
        return _list_page(
            node,
            kind=info.kind,
            section_ids=None,
            subsections=[],
            breadcrumbs=[("Trang chủ", url_for("public.home")), (info.plural, None)],
            endpoint=info.list_endpoint,
            values={},
        )

    return show


# Kinds whose list is more than the newest first: those with filters (kind_listing), and those
# whose route is in a file of its own.
HAVE_OWN_LIST: frozenset[Kind] = frozenset(FILTERED) | {Kind.CONSULTATION, Kind.PROCEDURE}

for _info in KINDS.values():
    if _info.kind not in HAVE_OWN_LIST:
        blueprint.add_url_rule(
            f"/{_info.path}",
            endpoint=_info.list_endpoint.removeprefix("public."),
            view_func=_list_of_kind(_info),
        )


def _list_page(
    node: Node,
    *,
    kind: Kind | None,
    section_ids: list[int] | None,
    subsections: list[Node],
    breadcrumbs: list[tuple[str, str | None]],
    endpoint: str,
    values: dict[str, str],
) -> Response:
    found = listing.page_of(
        now=templating.now(),
        number=page_number(),
        per_page=settings.get("posts_per_page"),
        kind=kind,
        section_ids=section_ids,
        language=languages.language(),
    )
    page = make_page(found, found.items, endpoint=endpoint, values=values)
    if http.wants_fragment():
        return http.public(render_template("public/_publication_list.html", page=page))
    body = render_template(
        "public/section.html",
        section=node,
        subsections=subsections,
        kind=kind,
        page=page,
        meta=metadata.of_list(node, page, url_for(endpoint, **values)),
        breadcrumbs=breadcrumbs,
    )
    return http.public(body)
