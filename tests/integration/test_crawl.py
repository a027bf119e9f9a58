"""The demonstration site as somebody walks through it: three clicks to anything, no dead link."""

import re
from collections import Counter, deque
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urldefrag, urljoin, urlsplit

import lxml.html
import pytest
from flask import Flask, has_request_context, request
from sqlalchemy import event, select

from blueprints import http
from blueprints.templating import publication_url
from extensions import db, limiter
from models import Publication
from services import demo
from services.content_version import SHOWN
from services.visibility import visible
from tests.support.application import make_app
from tests.support.databases import Databases
from tests.support.english import unmarked
from tests.support.html import check_html

# A site has one demonstration, whatever it is kept in.
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

HOST = "http://localhost"
Walk = tuple[dict[str, int], list[str], dict[str, list[str]]]
_READ_TABLE = re.compile(r'(?:FROM|JOIN)\s+"?([a-z_]+)"?', re.IGNORECASE)
MAX_CLICKS = 3
# Pages of one sort are made by one template: so many of each are held against the standard.
CHECKED_OF_EACH = 3
_FROZEN = "of the live text, which is frozen; which one is live is the publication's"
_MARKED = "its service marks the changes that readers see (content_version.mark_changed)"
_MINUTE = "comes from the background, and may be a minute late"
# What kept pages read of tables that SHOWN in services/content_version does not name, and why.
NOT_IN_SHOWN = {
    "audit_event": "gives the calendar its date; its bytes are those of the schedule",
    "complaint_detail": _FROZEN,
    "consultation_detail": _FROZEN,
    "content_version": "is the version",
    "document_detail": _FROZEN,
    "document_relation": "kept with the live text; an import that adds one later marks it",
    "media_use": _FROZEN,
    "notice_detail": _FROZEN,
    "page_detail": _FROZEN,
    "poll": _MARKED,
    "poll_choice": "of a poll that was opened, it never changes",
    "procedure_detail": _FROZEN,
    "question_detail": _FROZEN,
    "related_publication": _MINUTE,
    "revision": _FROZEN,
    "revision_file": _FROZEN,
    "search_document": "written with the publication; what attached files say " + _MINUTE,
    "search_index": "written with the publication; what attached files say " + _MINUTE,
    "search_text": "written with the publication; what attached files say " + _MINUTE,
    "task_detail": _FROZEN,
    "view_total": "readings are shown up to a minute late",
    "voice_item": _MARKED,
}
# Functions that stand where a table does.
_NO_TABLES = {"json_each"}
# Behind the door, or an answer that is not a page.
NOT_WALKED = ("/ban-lam-viec", "/tep/", "/static/", "/api/")


@pytest.fixture(scope="module")
def site(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    folder = tmp_path_factory.mktemp("crawl")
    with databases.new(folder) as url:
        app = make_app(url, folder / "instance")
        with app.app_context():
            demo.load(now=datetime.now(UTC), media_root=Path(app.config["MEDIA_PATH"]))
            db.session.commit()
        yield app
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture(scope="module")
def walked(site: Flask) -> tuple[Walk, dict[str, str]]:
    """The whole site walked through once; each table that a kept page read, with such a page."""
    tables: dict[str, str] = {}

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if not has_request_context() or request.endpoint is None:
            return
        if http.cached_parameters(site.view_functions[request.endpoint]) is not None:
            for name in _READ_TABLE.findall(statement):
                tables.setdefault(name, request.path)

    with site.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    was, limiter.enabled = limiter.enabled, False
    try:
        return walk(site), tables
    finally:
        limiter.enabled = was
        event.remove(engine, "before_cursor_execute", note)


def shape(path: str) -> str:
    """Searches that differ only in what is sought lead to the same sort of page."""
    parts = urlsplit(path)
    if parts.path.startswith("/tim-kiem"):
        names = sorted(name for name, _ in parse_qsl(parts.query))
        return f"{parts.path}?{'&'.join(names)}"
    return path


def test_anything_is_three_clicks_away_and_no_link_is_dead(
    site: Flask, walked: tuple[Walk, dict[str, str]]
) -> None:
    (clicks, dead, english), _ = walked
    assert dead == [], "\n".join(dead)
    # The English pages were among them, and say nothing in Vietnamese without saying so.
    assert len(english) >= 35
    assert {path: said for path, said in english.items() if said} == {}
    with site.app_context(), site.test_request_context():
        shown = db.session.scalars(select(Publication).where(visible(datetime.now(UTC)))).all()
        far = [url for one in shown if clicks.get(url := publication_url(one), 99) > MAX_CLICKS]
    assert len(shown) >= 54
    assert far == []


def test_whatever_a_kept_page_reads_is_known_to_change_it(
    walked: tuple[Walk, dict[str, str]],
) -> None:
    _, tables = walked
    shown = {model.__tablename__ for model in SHOWN}
    unknown = {
        name: path
        for name, path in tables.items()
        if name not in shown and name not in NOT_IN_SHOWN and name not in _NO_TABLES
    }
    assert unknown == {}, "add these to SHOWN in services/content_version, or say why not here"
    # The walk saw what it is to watch.
    assert {"schedule_entry", "site_link", "outage_notice", "section", "synonym"} <= set(tables)


def walk(site: Flask) -> Walk:
    """How many clicks each address is from home, the links that lead nowhere, and what each
    English page says in Vietnamese unmarked."""
    client = site.test_client()
    urls = site.url_map.bind("localhost")
    clicks = {"/": 0}
    queue = deque(["/"])
    known_shapes = {"/"}
    ids: dict[str, set[str]] = {}
    wanted: list[tuple[str, str, str]] = []
    checked: Counter[str] = Counter()
    dead = []
    english: dict[str, list[str]] = {}
    while queue:
        path = queue.popleft()
        response = client.get(path, buffered=True)
        if 300 <= response.status_code < 400:
            target = response.headers["Location"].removeprefix(HOST)
            if target.startswith("/") and target not in clicks:
                clicks[target] = clicks[path]
                queue.appendleft(target)
            continue
        if response.status_code >= 400:
            dead.append(f"{path}: {response.status}")
            continue
        if response.mimetype != "text/html":
            continue
        text = response.get_data(as_text=True)
        endpoint, _ = urls.match(unquote(urlsplit(path).path))
        checked[endpoint] += 1
        if checked[endpoint] <= CHECKED_OF_EACH:
            check_html(text, about=path)
        if path == "/en" or path.startswith("/en/"):
            english[path] = unmarked(text)
        document = lxml.html.document_fromstring(text)
        ids[path] = set(document.xpath("//@id"))
        for element in document.iter("a", "link", "img"):
            href = element.get("href") or element.get("src")
            if not href or element.get("rel") == "nofollow":
                continue
            target, fragment = urldefrag(urljoin(HOST + path, href))
            if not target.startswith(HOST + "/"):
                continue
            target = target.removeprefix(HOST)
            if fragment:
                wanted.append((path, target, unquote(fragment)))
            if target in clicks:
                continue
            if any(target.startswith(start) for start in NOT_WALKED):
                clicks[target] = clicks[path] + 1
                if not target.startswith("/ban-lam-viec"):
                    answer = client.get(target, buffered=True)
                    if answer.status_code >= 400:
                        dead.append(f"{target} on {path}: {answer.status}")
                continue
            if shape(target) in known_shapes:
                continue
            known_shapes.add(shape(target))
            clicks[target] = clicks[path] + 1
            queue.append(target)
    for path, target, fragment in wanted:
        if target in ids and fragment not in ids[target]:
            dead.append(f"{target}#{fragment} on {path}: no such place")
    return clicks, dead, english
