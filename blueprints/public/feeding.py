"""Feeds: of the site, of each kind and section, and of a search; as RSS, Atom and JSON Feed.

Each list's feeds stand below its address: ``rss.xml``, ``atom.xml``, ``feed.json``.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Response, abort, current_app, make_response, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import escape
from sqlalchemy import select

from blueprints import http, languages, templating
from blueprints.access import access
from blueprints.public import blueprint
from blueprints.public.search_form import read_form
from blueprints.templating import FEED_FORMS as FORMS
from blueprints.templating import publication_url, site_url
from extensions import db, limiter
from models import Kind, Unit
from services import feeds, listing, sectioning
from services import search as search_service
from services.feeds import FEED_ITEMS, Entry
from services.kinds import KINDS
from services.listing import Card
from services.search import Sort
from services.sections import Node

# A feed must say when it changed, even one that holds nothing yet.
NEVER = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Feed:
    """One feed, in whatever form; addresses are whole."""

    title: str
    description: str
    page: str
    address: str
    name: str
    entries: list[Entry]
    language: str = "vi"

    @property
    def updated_at(self) -> datetime:
        """The newest change, not the moment of asking: the same content is the same bytes."""
        return max((entry.changed_at for entry in self.entries), default=NEVER)


def tag(path: str, since: datetime) -> str:
    """A name that stays when a title, and with it the address, changes (RFC 4151)."""
    host = urlsplit(current_app.config["SITE_URL"]).hostname or "localhost"
    return f"tag:{host},{since.year}:{path}"


def tag_of(publication_id: int, begun_at: datetime) -> str:
    """The name of a publication, the same in every feed and in the API."""
    return tag(f"publication-{publication_id}", begun_at)


def entry_tag(entry: Entry) -> str:
    """The same, of an entry."""
    return tag_of(entry.card.id, entry.begun_at)


def _written(feed: Feed, form: str) -> str:
    if form == "feed.json":
        return json.dumps(_json_feed(feed), ensure_ascii=False, indent=1)
    return render_template(
        f"public/{form}",
        feed=feed,
        entry_tag=entry_tag,
        site_url=site_url,
        section_of=_section,
        kind_of=_kind,
        # A reader takes a description for HTML, in which “1 < 2” would not be seen.
        as_html=lambda text: str(escape(text)),
    )


def _json_feed(feed: Feed) -> dict[str, Any]:
    site = templating.site_here()
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.page,
        "feed_url": feed.address,
        "description": feed.description,
        "language": feed.language,
        "authors": [{"name": site.name, "url": site_url(languages.here("/"))}],
        "_licence": {"about": site_url("/api"), "text": site.licence},
        "items": [_json_item(entry) for entry in feed.entries],
    }


def _json_item(entry: Entry) -> dict[str, Any]:
    card = entry.card
    item: dict[str, Any] = {
        "id": entry_tag(entry),
        "url": publication_url(card, external=True),
        "title": card.title,
        "content_text": card.summary or card.title,
        "summary": card.summary or card.title,
        "date_published": templating.iso(card.published_at),
        "date_modified": templating.iso(entry.changed_at),
        "language": card.language.value,
        "authors": [{"name": card.byline or card.unit_name}],
        "tags": list(dict.fromkeys(filter(None, (_section(card), _kind(card))))),
    }
    if card.picture:
        item["image"] = site_url(card.picture.og_src)
    if entry.files:
        item["attachments"] = [
            {
                "url": site_url(file.address),
                "mime_type": file.mime,
                "title": file.title,
                "size_in_bytes": file.size_bytes,
            }
            for file in entry.files
        ]
    return item


def _section(card: Card) -> str:
    """What a card's section is called in the language of this feed."""
    node = templating.section_tree().by_id.get(card.section_id or 0)
    return templating.section_name(node) if node is not None else card.section_name


def _kind(card: Card) -> str:
    return templating.translated(KINDS[card.kind].label)


def _cards(kind: Kind | None = None, section_ids: list[int] | None = None) -> list[Card]:
    return listing.latest(
        now=templating.now(),
        limit=FEED_ITEMS,
        kind=kind,
        section_ids=section_ids,
        language=languages.language(),
    )


def _feed(path: str, form: str, title: str, description: str, cards: list[Card]) -> Response:
    path = languages.here(path)
    base = path.rstrip("/")
    feed = Feed(
        title=title,
        description=description,
        page=site_url(path),
        address=site_url(f"{base}/{form}"),
        name=tag(f"feed:{path}", NEVER),
        entries=feeds.entries_of(cards),
        language=languages.language().value,
    )
    return http.public(_written(feed, form), content_type=FORMS[form])


def _of_site(form: str) -> Callable[[], Response]:
    @access("public")
    @http.cached()
    def site_feed() -> Response:
        name = templating.site_here().name
        return _feed("/", form, name, _("Tin mới từ %(name)s", name=name), _cards())

    return site_feed


def _of_kind(kind: Kind, form: str) -> Callable[[], Response]:
    @access("public")
    @http.cached()
    def kind_feed() -> Response:
        info, name = KINDS[kind], templating.site_here().name
        plural = templating.translated(info.plural)
        said = _("%(list)s của %(name)s", list=plural, name=name)
        return _feed(f"/{info.path}", form, f"{plural} – {name}", said, _cards(kind))

    return kind_feed


def _of_section(form: str) -> Callable[[str], ResponseReturnValue]:
    @access("public")
    @http.cached()
    def section_feed(slug: str) -> ResponseReturnValue:
        tree = templating.section_tree()
        node: Node | None = tree.by_slug.get(slug)
        if node is None or not node.is_active:
            heir = sectioning.heir_of(slug)
            if heir is None:
                abort(404)
            return redirect(languages.here(f"/chuyen-muc/{heir}/{form}"), code=301)
        name = templating.site_here().name
        # A section is described in Vietnamese alone.
        described = "" if languages.is_english() else node.description
        return _feed(
            f"/chuyen-muc/{slug}",
            form,
            f"{templating.section_name(node)} – {name}",
            described or _("Tin mới từ %(name)s", name=name),
            _cards(section_ids=tree.ids_below(node)),
        )

    return section_feed


def _of_search(form: str) -> Callable[[], ResponseReturnValue]:
    @access("public")
    @limiter.limit("60 per minute")
    def search_feed() -> ResponseReturnValue:
        units = db.session.execute(select(Unit.slug, Unit.id))
        asked = read_form({unit.slug: unit.id for unit in units})
        asked.form["sap-xep"] = ""
        if asked.errors:
            answer = make_response("\n".join(asked.errors.values()), 422)
            answer.content_type = "text/plain; charset=utf-8"
            answer.headers["Cache-Control"] = "no-store"
            return answer
        if asked.is_blank or asked.is_short:
            return redirect(languages.here(f"/{form}"), code=302)
        # What a feed holds is the newest, the first page of it, and words that are whole.
        request = replace(
            asked.request,
            sort=Sort.NEWEST,
            page=1,
            per_page=FEED_ITEMS,
            prefix_last=False,
            with_facets=False,
        )
        found = search_service.search(request=request, now=templating.now())
        cards = listing.by_ids([hit.publication_id for hit in found.hits])
        query = urlencode(asked.values())
        words = asked.form["q"]
        name, path = templating.site_here().name, languages.here("/tim-kiem")
        feed = Feed(
            title=_("Tìm kiếm: %(words)s – %(name)s", words=words, name=name)
            if words
            else _("Tìm kiếm – %(name)s", name=name),
            description=_("Tin mới từ %(name)s khớp với điều kiện tìm kiếm", name=name),
            page=site_url(f"{path}?{query}"),
            address=site_url(f"{path}/{form}?{query}"),
            name=tag(f"feed:{path}?{query}", NEVER),
            language=languages.language().value,
            entries=feeds.entries_of(
                [cards[h.publication_id] for h in found.hits if h.publication_id in cards]
            ),
        )
        return http.public(_written(feed, form), content_type=FORMS[form])

    return search_feed


for _form in FORMS:
    _key = _form.partition(".")[0]
    _views = {
        f"/{_form}": (f"site_{_key}", _of_site(_form)),
        f"/chuyen-muc/<slug>/{_form}": (f"section_{_key}", _of_section(_form)),
        f"/tim-kiem/{_form}": (f"search_{_key}", _of_search(_form)),
        **{
            f"/{info.path}/{_form}": (f"{info.kind.value}_{_key}", _of_kind(info.kind, _form))
            for info in KINDS.values()
        },
    }
    for _rule, (_endpoint, _view) in _views.items():
        blueprint.add_url_rule(_rule, endpoint=_endpoint, view_func=_view)
