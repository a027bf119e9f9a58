"""Two languages of the site's own words, told by the address: ``/en/tim-kiem`` is ``/tim-kiem``
with English words around it.

Public pages are the same bytes for everybody and are kept by their address, so neither a cookie nor
what a browser prefers may choose. The catalogue is text (translations/en/LC_MESSAGES/messages.po);
what programs read is made of it at start.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from functools import lru_cache
from gettext import NullTranslations, translation
from pathlib import Path
from typing import Any
from urllib.parse import quote

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, current_app, g, has_request_context, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect, Rule

from blueprints import http
from blueprints.template_constants import LanguageFlask
from extensions import babel
from models import Language
from services.kinds import KINDS
from services.static_pages import ADDRESSES

PREFIX = "/en"
_ENDPOINT_PREFIX = "en."
# Beside the lists and pages of the kinds. What a reader sends is read in Vietnamese, so its forms
# stay so.
_PATHS = {
    "/",
    "/chuyen-muc/<slug>",
    "/tim-kiem",
    "/cach-hien-thi",
    "/thong-tin",
    "/lien-ket",
    "/so-do",
    "/lich-cong-tac",
    "/luot-xem/<int:publication_id>",
}
_FEEDS = ("rss.xml", "atom.xml", "feed.json")
# The click that says whether a page satisfied is answered in the language of that page.
_RATE = "voice.rate"
CATALOGUE = Path("translations/en/LC_MESSAGES/messages.po")


class BilingualFlask(LanguageFlask):
    """Whose addresses, on an English page, lead to English pages where there are any."""

    def language_here(self) -> Language:
        return language()

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """No view here is asynchronous, and to find out costs each request a dozen looks."""
        return func

    def url_for(self, /, endpoint: str, **values: Any) -> str:
        if language() is Language.EN and _ENDPOINT_PREFIX + endpoint in self.view_functions:
            endpoint = _ENDPOINT_PREFIX + endpoint
        return super().url_for(endpoint, **values)


# Of the request that is being answered: a page asks fifty times, and Flask's own look is long.
_here: ContextVar[Language | None] = ContextVar("language", default=None)


def language() -> Language:
    """The language of this request's page."""
    found = _here.get()
    if found is not None:
        return found
    if not has_request_context():
        return Language.VI
    return Language.EN if _is_english(request.path) else Language.VI


def is_english() -> bool:
    return language() is Language.EN


def _is_english(path: str) -> bool:
    return path == PREFIX or path.startswith(f"{PREFIX}/")


def vietnamese_path(path: str) -> str:
    """The same address without the language."""
    return path.removeprefix(PREFIX) or "/" if _is_english(path) else path


def here(path: str) -> str:
    """An address of the site in the language of this page, if it is there in it."""
    return english_path(path) or path if is_english() else path


def english_path(path: str) -> str | None:
    """The English page beside a Vietnamese one; None: there is none."""
    way, _, rest = path.partition("?")
    found = _has_english(current_app._get_current_object(), way)  # type: ignore[attr-defined]
    if not found:
        return None
    return f"{PREFIX}{'' if way == '/' else way}{'?' if rest else ''}{rest}"


@lru_cache(maxsize=2_048)
def _has_english(app: Flask, path: str) -> bool:
    adapter = app.url_map.bind("localhost")
    try:
        adapter.match(PREFIX + ("" if path == "/" else path), method="GET")
    except (HTTPException, RequestRedirect):
        return False
    return True


def counterparts() -> dict[str, str]:
    """The addresses of this page in each language; empty where it is in one alone.

    A publication says which its other version is (``set_counterpart``); of other pages the address
    tells.
    """
    own = quote(request.path)
    other = g.get("counterpart", "")
    if not other and "counterpart" not in g:
        other = quote(
            (vietnamese_path(request.path) if is_english() else english_path(request.path)) or ""
        )
    if not other:
        return {}
    return {"en": own, "vi": other} if is_english() else {"vi": own, "en": other}


def alternates() -> dict[str, str]:
    """``counterparts``, for the head of the page: of the first page of a list alone, since the
    others hold other things in each language. What the page does not know of is no other page."""
    view = current_app.view_functions.get(request.endpoint or "")
    known = http.cached_parameters(view) if view is not None else None
    asked = set(request.args) if known is None else set(request.args).intersection(known)
    if http.read_page_number(request.args.get("trang", "")) == 1:
        asked.discard("trang")
    return {} if asked else counterparts()


def set_counterpart(path: str) -> None:
    """Say where this page is in the other language; "": nowhere."""
    g.counterpart = path


def switch() -> str:
    """Where the link to the other language leads: the same page, or that language's home."""
    other = "vi" if is_english() else "en"
    return counterparts().get(other) or ("/" if is_english() else PREFIX)


def init_app(app: Flask, *, instance: Path) -> None:
    """Make the catalogue, before anything is shown."""
    folder = instance / "translations"
    _compile(Path(app.root_path) / CATALOGUE, folder / "en" / "LC_MESSAGES" / "messages.mo")
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(folder)
    # The Vietnamese texts are the keys.
    app.extensions["catalogues"] = {
        Language.VI: NullTranslations(),
        Language.EN: translation("messages", folder, languages=[Language.EN.value]),
    }
    babel.init_app(app, locale_selector=lambda: language().value)

    @app.before_request
    def begin() -> None:
        _here.set(Language.EN if _is_english(request.path) else Language.VI)

    @app.teardown_request
    def end(_error: BaseException | None) -> None:
        _here.set(None)


def _compile(source: Path, made: Path) -> None:
    with source.open("rb") as file:
        catalogue = read_po(file, locale="en")
    made.parent.mkdir(parents=True, exist_ok=True)
    # Several processes may start at once: each puts a whole file in its place.
    handle, draft = tempfile.mkstemp(dir=made.parent)
    with os.fdopen(handle, "wb") as out:
        write_mo(out, catalogue)
    Path(draft).replace(made)


def add_english(app: Flask) -> None:
    """Give every public page that is there in both languages its second address."""
    for rule in list(_bilingual(app)):
        app.add_url_rule(
            PREFIX + ("" if rule.rule == "/" else rule.rule),
            endpoint=_ENDPOINT_PREFIX + rule.endpoint,
            view_func=app.view_functions[rule.endpoint],
            methods=(rule.methods or set()) - {"HEAD", "OPTIONS"},
        )


def _bilingual(app: Flask) -> Iterator[Rule]:
    paths = set(_PATHS)
    paths |= {f"/{address}" for address in ADDRESSES.values()}
    for info in KINDS.values():
        paths |= {f"/{info.path}", f"/{info.path}/<slug>-<int:publication_id>"}
    paths |= {f"{path.rstrip('/')}/{feed}" for path in paths for feed in _FEEDS}
    for rule in app.url_map.iter_rules():
        is_public = rule.endpoint.startswith("public.") and rule.rule in paths
        if is_public or rule.endpoint == _RATE:
            yield rule
