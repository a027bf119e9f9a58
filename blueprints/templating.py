"""What every template may use: filters for Vietnamese dates and numbers, addresses, the site."""

import re
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from email.utils import format_datetime
from gettext import NullTranslations
from typing import Any, Protocol
from urllib.parse import urlencode

from babel.dates import format_date
from flask import Flask, current_app, g, request, url_for
from markupsafe import Markup, escape

from blueprints import languages
from blueprints.template_constants import Constants, LanguageFlask
from models import Genre, Kind, Language
from services import dates, outages, sections
from services.accounts import ROLE_NAMES
from services.errors import Sentence
from services.kinds import KINDS
from services.policy import can
from services.remembered import remembered
from services.transitions import STATE_LABELS

ROLE_LABELS = ROLE_NAMES
GENRE_LABELS = {
    Genre.NEWS: "Tin",
    Genre.ARTICLE: "Bài",
    Genre.REPORTAGE: "Phóng sự",
    Genre.INTERVIEW: "Phỏng vấn",
    Genre.PHOTO: "Ảnh",
    Genre.VIDEO: "Video",
}


# The lists that people look for by name, as the menu calls them; the last entry leads to the rest.
_MENU_KINDS = (
    (Kind.NOTICE, KINDS[Kind.NOTICE].label),
    (Kind.DOCUMENT, KINDS[Kind.DOCUMENT].label),
    (Kind.PROCEDURE, "Dịch vụ công"),
    (Kind.CONSULTATION, "Lấy ý kiến"),
    (Kind.QUESTION, KINDS[Kind.QUESTION].label),
)
WAYS_IN = "Mọi phần của trang"
MENU_WORDS = (*(label for _, label in _MENU_KINDS), WAYS_IN)
# What stands below the address of each list, with its type.
FEED_FORMS = {
    "rss.xml": "application/rss+xml; charset=utf-8",
    "atom.xml": "application/atom+xml; charset=utf-8",
    "feed.json": "application/feed+json; charset=utf-8",
}
# Letters that Vietnamese has and English has not.
_VIETNAMESE = re.compile(
    "[àáảãạăắằẳẵặâấầẩẫậđèéẻẽẹêếềểễệìíỉĩịòóỏõọôốồổỗộơớờởỡợùúủũụưứừửữựỳýỷỹỵ]", re.I
)
_ENGLISH_POINTS = str.maketrans(".,", ",.")


class Addressed(Protocol):
    """Anything that has the address of a publication."""

    id: int
    kind: Kind
    slug: str


@dataclass(frozen=True, slots=True)
class Site:
    """The agency, from configuration."""

    name: str
    parent_name: str
    place: str
    address: str
    phone: str
    email: str
    responsible: str
    licence: str
    url: str


def publication_url(item: Addressed, *, external: bool = False) -> str:
    """The one right address of a publication; one in English stands below /en."""
    # What names no language is Vietnamese.
    is_english = getattr(item, "language", Language.VI) is Language.EN
    path = f"{'/en' if is_english else ''}/{KINDS[item.kind].path}/{item.slug}-{item.id}"
    return site_url(path) if external else path


def site_url(path: str) -> str:
    """An absolute address, made of the configured one: a Host header is never trusted."""
    return str(current_app.config["SITE_URL"]) + path


def feed_links(
    path: str, title: str, query: Mapping[str, str] | None = None
) -> list[dict[str, str]]:
    """The feeds of the list at this path, for the head of its page."""
    tail = f"?{urlencode(query)}" if query else ""
    base = languages.here(path).rstrip("/")
    return [
        {"type": kind.partition(";")[0], "title": title, "href": f"{base}/{form}{tail}"}
        for form, kind in FEED_FORMS.items()
    ]


def now() -> datetime:
    """The moment of this request; the same one however often it is asked."""
    if "now" not in g:
        g.now = datetime.now(UTC)
    moment: datetime = g.now
    return moment


def catalogue() -> NullTranslations:
    """The texts of this request's language."""
    found: NullTranslations = current_app.extensions["catalogues"][languages.language()]
    return found


def section_tree() -> sections.SectionTree:
    """The sections, read once a request."""
    if "section_tree" not in g:
        g.section_tree = sections.load()
    tree: sections.SectionTree = g.section_tree
    return tree


def part(name: str, key: Hashable, values: Callable[[], Mapping[str, Any]]) -> Markup:
    """A part of a page that is the same on many pages, made once for each version of the content.

    ``key`` tells it from the others of this template; what ``values`` gives depends on it alone.
    """

    def make() -> Markup:
        return trusted(current_app.jinja_env.get_template(name).render(values()))

    return remembered(("part", name, languages.language(), key), make)


def menu() -> Markup:
    """The sections that the administrator put there, and notices; of those that the page belongs
    to, the narrowest is marked."""
    entries = remembered(("menu", languages.language()), _menu_entries)
    shown = {entry.section_id for entry in entries}
    within = [node.id for node in section_tree().path(g.get("section_id")) if node.id in shown]
    current = tuple(entry for entry in entries if _is_current(entry, within))
    return part("_menu.html", current, lambda: {"menu": entries, "current": current})


@dataclass(frozen=True, slots=True)
class _MenuEntry:
    """What stands in the menu of every page: a section, the list of a kind, or one page."""

    label: str
    url: str
    section_id: int | None = None
    is_list: bool = False


def _is_current(entry: _MenuEntry, within: list[int]) -> bool:
    if entry.section_id is not None:
        return entry.section_id in within[-1:]
    if entry.is_list:
        return not within and request.path.startswith(entry.url)
    return request.path == entry.url


def _menu_entries() -> list[_MenuEntry]:
    nodes = [node for node in section_tree().ordered if node.is_active and node.show_in_menu]
    if languages.is_english():
        # What has no English name has little in English either.
        nodes = [node for node in nodes if node.english_name]
    return [
        *(
            _MenuEntry(section_name(node), url_for("public.section", slug=node.slug), node.id)
            for node in nodes
        ),
        *(
            _MenuEntry(translated(label), url_for(KINDS[kind].list_endpoint), is_list=True)
            for kind, label in _MENU_KINDS
        ),
        _MenuEntry(translated(WAYS_IN), url_for("public.ways_in")),
    ]


def section_name(node: sections.Node) -> str:
    """What a section is called in the language of this page."""
    return (node.english_name if languages.is_english() else "") or node.name


def section_label(section_id: int | None, name: str) -> Markup:
    """A section's name as a list shows it, said to be Vietnamese where an English page has no
    other."""
    if not languages.is_english():
        return escape(name)
    node = section_tree().by_id.get(section_id or 0)
    if node is not None and node.english_name:
        return escape(node.english_name)
    return Markup('<span lang="vi">{}</span>').format(name)


def said_in(text: object) -> Markup:
    """The attribute that says, on an English page, that this is Vietnamese: a name of a person, a
    unit, whatever has no English. Nothing where it is not needed."""
    is_foreign = languages.is_english() and _VIETNAMESE.search(str(text or "")) is not None
    return Markup(' lang="vi"') if is_foreign else Markup()


def translated(text: str) -> str:
    """A text that is data, in the language of this page if the catalogue has it; nothing in it
    is taken for a place to be filled."""
    return catalogue().gettext(text) if text else ""


def said_here(sentence: str) -> str:
    """A sentence of the services in the language of this page, with what it names; one that has
    no English stays as it is."""
    if not languages.is_english():
        return sentence
    if not isinstance(sentence, Sentence):
        return translated(sentence)
    values = {
        name: said_here(value) if isinstance(value, Sentence) else value
        for name, value in sentence.values.items()
    }
    said = translated(sentence.template)
    return said % values if values else said


def site_here() -> Site:
    """The agency as this page names it."""
    return site_of(languages.language())


def site_of(language: Language) -> Site:
    """The agency as it is called in this language."""
    site: Site = current_app.extensions["site"][language]
    return site


def day_here(value: date | datetime) -> str:
    """A day as people write it: 05/07/2017, and on an English page 5 Jul 2017."""
    if not languages.is_english():
        return dates.format_date(value)
    day = dates.local_date(value) if isinstance(value, datetime) else value
    return format_date(day, "d MMM y", locale="en")


def moment_here(value: datetime) -> str:
    return f"{dates.format_time(value)}, {day_here(value)}"


def number_here(number: float | Decimal, *, decimals: int | None = None) -> str:
    """1.234,5, and on an English page 1,234.5."""
    written = dates.format_number(number, decimals=decimals)
    return written.translate(_ENGLISH_POINTS) if languages.is_english() else written


def weekday_here(value: date | datetime) -> str:
    if not languages.is_english():
        return dates.weekday_label(value)
    day = dates.local_date(value) if isinstance(value, datetime) else value
    return format_date(day, "EEEE", locale="en")


def iso(value: date | datetime) -> str:
    """For a ``datetime`` attribute: local time with its offset."""
    if isinstance(value, datetime):
        return value.astimezone(dates.HO_CHI_MINH).isoformat(timespec="seconds")
    return value.isoformat()


def trusted(html: str) -> Markup:
    """HTML that was sanitised when it was saved (services/sanitising), shown as it is."""
    return Markup(html)  # noqa: S704


def icon(name: str) -> Markup:
    """One of the pictures of templates/_icons.html, which says nothing to who does not see it."""
    return Markup(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="#icon-{}"></use></svg>'
    ).format(name)


def _constants(app: Flask, language: Language) -> Constants:
    """What is written into the templates of one language when they are compiled."""
    site: Site = app.extensions["site"][language]

    def here(path: str) -> str:
        return path if language is Language.VI else languages.english_path(path) or path

    return Constants(
        text=app.extensions["catalogues"][language].gettext,
        functions={"asset_url": app.extensions["assets"].url, "here": here, "icon": icon},
        methods={
            ("languages", "language"): language.value,
            ("languages", "is_english"): language is Language.EN,
        },
        # What they say on an English page alone.
        plain={}
        if language is Language.EN
        else {"here": 0, "translated": 0, "section_label": 1, "said_in": None},
        filters={}
        if language is Language.EN
        else {
            "date_vn": dates.format_date,
            "datetime_vn": dates.format_datetime,
            "number_vn": dates.format_number,
            "weekday_vn": dates.weekday_label,
        },
        attributes={("site", own.name): getattr(site, own.name) for own in fields(site)},
    )


def init_app(app: LanguageFlask) -> None:
    config = app.config
    site = Site(
        name=config["SITE_NAME"],
        parent_name=config["SITE_PARENT_NAME"],
        place=config["SITE_PLACE"],
        address=config["SITE_ADDRESS"],
        phone=config["SITE_PHONE"],
        email=config["SITE_EMAIL"],
        responsible=config["SITE_RESPONSIBLE"],
        licence=config["SITE_LICENCE"],
        url=config["SITE_URL"],
    )
    english = {
        name: config[f"SITE_{name.upper()}_EN"] or getattr(site, name)
        for name in ("name", "parent_name", "place", "address", "responsible", "licence")
    }
    app.extensions["site"] = {
        Language.VI: site,
        Language.EN: replace(site, **english),
    }
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    # Flask-Babel's own look the catalogue up anew for each of the hundred texts of a page.
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: catalogue().gettext(text),
        lambda one, many, n: catalogue().ngettext(one, many, n),
        newstyle=True,
    )
    app.jinja_env.filters.update(
        date_vn=day_here,
        time_vn=dates.format_time,
        datetime_vn=moment_here,
        number_vn=number_here,
        weekday_vn=weekday_here,
        iso=iso,
        rfc822=format_datetime,
        trusted=trusted,
    )
    app.jinja_env.globals.update(
        site=site,
        languages=languages,
        here=languages.here,
        icon=icon,
        translated=translated,
        section_label=section_label,
        section_name=section_name,
        said_in=said_in,
        asset_url=app.extensions["assets"].url,
        htmx_url=config["HTMX_URL"],
        publication_url=publication_url,
        feed_links=feed_links,
        can=can,
        KINDS=KINDS,
        STATE_LABELS=STATE_LABELS,
        ROLE_LABELS=ROLE_LABELS,
        GENRE_LABELS=GENRE_LABELS,
    )

    @app.context_processor
    def of_request() -> dict[str, Any]:
        found: dict[str, Any] = {
            "now": now(),
            "main_menu": menu,
            "outage_notices": lambda: outages.current(now=now()),
        }
        if languages.is_english():
            found["site"] = site_here()
        return found

    plain = app.jinja_env
    app.language_environments = {
        language: plain.of(_constants(app, language)) for language in Language
    }
