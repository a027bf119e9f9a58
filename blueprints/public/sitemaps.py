"""Every address of the site: sitemaps for engines, and a page of the same for people."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from flask import Response, abort, current_app, render_template, url_for
from flask_babel import gettext as _

from blueprints import http, languages, templating
from blueprints.access import access
from blueprints.public import blueprint, metadata
from blueprints.templating import publication_url, site_here, site_url
from services import listing, sitemaps, static_pages
from services.kinds import KINDS
from services.sitemaps import Entry

XML = "application/xml; charset=utf-8"
NEWEST = 5


@dataclass(frozen=True, slots=True)
class Page:
    """One line of a sitemap; ``versions`` are (language, address), its own among them."""

    address: str
    changed_at: datetime | None = None
    versions: list[tuple[str, str]] = field(default_factory=list)


@blueprint.get("/sitemap.xml")
@access("public")
@http.cached()
def sitemap() -> Response:
    now = templating.now()
    chunks = sitemaps.chunks(now=now)
    posts = sitemaps.news(now=now)
    files: list[tuple[str, datetime | None]] = [
        (site_url(url_for("public.sitemap_pages")), max(chunks, default=None))
    ]
    files += [
        (site_url(url_for("public.sitemap_chunk", chunk=number)), changed_at)
        for number, changed_at in enumerate(chunks, start=1)
    ]
    if posts:
        # Without a news item the file would hold nothing, which no sitemap may.
        files.append((site_url(url_for("public.sitemap_news")), posts[0].published_at))
    return http.public(render_template("public/sitemap-index.xml", files=files), content_type=XML)


@blueprint.get("/sitemap-trang.xml")
@access("public")
@http.cached()
def sitemap_pages() -> Response:
    """Home, the lists, and whatever else stands at an address of its own."""
    return _sitemap(list(_pages()))


@blueprint.get("/sitemap-<int:chunk>.xml")
@access("public")
@http.cached()
def sitemap_chunk(chunk: int) -> Response:
    now = templating.now()
    if not 1 <= chunk <= len(sitemaps.chunks(now=now)):
        abort(404)
    return _sitemap([_page(entry) for entry in sitemaps.entries(now=now, chunk=chunk)])


@blueprint.get("/sitemap-tin.xml")
@access("public")
@http.cached()
def sitemap_news() -> Response:
    entries = sitemaps.news(now=templating.now())
    body = render_template("public/sitemap-news.xml", entries=entries)
    return http.public(body, content_type=XML)


def _sitemap(pages: list[Page]) -> Response:
    return http.public(render_template("public/sitemap.xml", pages=pages), content_type=XML)


def _page(entry: Entry) -> Page:
    versions = []
    if entry.other is not None:
        versions = sorted(
            ((one.language.value, publication_url(one, external=True)))
            for one in (entry.address, entry.other)
        )
    return Page(publication_url(entry.address, external=True), entry.changed_at, versions)


def _pages() -> Iterator[Page]:
    changes = sitemaps.last_changes(now=templating.now())
    tree = templating.section_tree()
    of_list = {f"/{info.path}": changes.by_kind.get(kind) for kind, info in KINDS.items()}
    yield Page(site_url("/"), changes.latest)
    for path in sorted(_fixed_paths()):
        yield Page(site_url(path), of_list.get(path))
    for node in tree.ordered:
        if node.is_active:
            path = url_for("public.section", slug=node.slug)
            yield Page(site_url(path), changes.of_sections(tree.ids_below(node)))


def _fixed_paths() -> set[str]:
    """Pages that are the same for everybody and have an address without a variable: whoever adds
    one need not think of the sitemap. What ends like a file is for engines."""
    found = set()
    for rule in current_app.url_map.iter_rules():
        view = current_app.view_functions[rule.endpoint]
        is_page = not rule.arguments and "." not in rule.rule
        if is_page and http.cached_parameters(view) is not None:
            found.add(rule.rule)
    # A short address shows a page whose right address is among the publications.
    short = {f"/{address}" for address in static_pages.ADDRESSES.values()}
    # Engines are asked not to keep what searches find.
    hidden = short | {"/tim-kiem"}
    hidden |= {f"{languages.PREFIX}{path}" for path in hidden}
    return {path for path in found if not path.startswith("/api/")} - {"/"} - hidden


@blueprint.get("/so-do")
@access("public")
@http.cached()
def site_map() -> Response:
    """The text sitemap: everything there is, with the newest of each."""
    now = templating.now()
    tree = templating.section_tree()
    kinds = [
        (info, listing.latest(now=now, limit=NEWEST, kind=kind, language=languages.language()))
        for kind, info in KINDS.items()
    ]
    body = render_template(
        "public/site_map.html",
        kinds=kinds,
        roots=[node for node in tree.roots if node.is_active],
        meta=metadata.of_page(
            _("Sơ đồ trang"),
            _("Mọi chuyên mục, danh mục và trang của %(name)s.", name=site_here().name),
            url_for("public.site_map"),
        ),
        breadcrumbs=[("Trang chủ", url_for("public.home")), ("Sơ đồ trang", None)],
    )
    return http.public(body)
