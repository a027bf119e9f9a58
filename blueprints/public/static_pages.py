"""The short addresses of the pages that stay, and the page that lists every way into the site."""

from collections.abc import Callable

from flask import Response, abort, current_app, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from blueprints import http, languages, templating
from blueprints.access import access
from blueprints.public import blueprint, metadata
from blueprints.public.reading import page_of
from models import Kind
from services import articles, static_pages
from services.articles import Article
from services.kinds import KINDS
from services.static_pages import ADDRESSES, LABELS


def _page_of_place(place: str) -> Callable[[], ResponseReturnValue]:
    @access("public")
    @http.cached()
    def show() -> ResponseReturnValue:
        return _show(place)

    return show


for _place, _address in ADDRESSES.items():
    blueprint.add_url_rule(
        f"/{_address}",
        endpoint=f"place_{_place.replace('-', '_')}",
        view_func=_page_of_place(_place),
    )


def _show(place: str) -> ResponseReturnValue:
    now = templating.now()
    found = static_pages.all_live(now=now, place=place, language=languages.language())
    if len(found) == 1:
        # The page itself, which names its own address as the one right one.
        article = articles.article(publication_id=found[0].id, now=now)
        if not isinstance(article, Article):
            abort(404)
        templates = [f"public/kinds/{Kind.PAGE.value}.html", "public/publication.html"]
        return http.public(render_template(templates, **page_of(article, now)))
    if not found and languages.is_english() and place != "lien-he":
        # Not written in English, or not any more.
        return redirect(f"/{ADDRESSES[place]}", code=302)
    if not found and not (place == "lien-he" and _has_contact()):
        abort(404)
    return _list_of(
        LABELS[place],
        languages.here(f"/{ADDRESSES[place]}"),
        "public/place.html",
        place=place,
        pages=found,
    )


def _has_contact() -> bool:
    config = current_app.config
    return any(config[name] for name in ("SITE_ADDRESS", "SITE_PHONE", "SITE_EMAIL"))


def _list_of(title: str, path: str, template: str, **context: object) -> Response:
    body = render_template(
        template,
        title=title,
        meta=metadata.of_kind(title, "", path),
        breadcrumbs=[("Trang chủ", url_for("public.home")), (title, None)],
        **context,
    )
    return http.public(body)


@blueprint.get("/thong-tin")
@access("public")
@http.cached()
def ways_in() -> Response:
    """Every part of the site on one plain page: what the menu has no room for."""
    return _list_of(
        templating.WAYS_IN,
        url_for("public.ways_in"),
        "public/ways_in.html",
        kinds=[info for info in KINDS.values() if info.kind not in {Kind.PAGE}],
        pages=static_pages.all_live(now=templating.now(), language=languages.language()),
        places=[(ADDRESSES[key], LABELS[key], key) for key in ADDRESSES],
    )
