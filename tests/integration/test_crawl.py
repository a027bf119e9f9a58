"""The demonstration site as somebody walks through it: three clicks to anything, no dead link."""

from collections import Counter, deque
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urldefrag, urljoin, urlsplit

import lxml.html
import pytest
from flask import Flask
from sqlalchemy import select

from blueprints.templating import publication_url
from extensions import db, limiter
from models import Publication
from services import demo
from services.visibility import visible
from tests.support.application import make_app
from tests.support.databases import Databases
from tests.support.english import unmarked
from tests.support.html import check_html

# A site has one demonstration, whatever it is kept in.
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

HOST = "http://localhost"
MAX_CLICKS = 3
# Pages of one sort are made by one template: so many of each are held against the standard.
CHECKED_OF_EACH = 3
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


def shape(path: str) -> str:
    """Searches that differ only in what is sought lead to the same sort of page."""
    parts = urlsplit(path)
    if parts.path.startswith("/tim-kiem"):
        names = sorted(name for name, _ in parse_qsl(parts.query))
        return f"{parts.path}?{'&'.join(names)}"
    return path


def test_anything_is_three_clicks_away_and_no_link_is_dead(site: Flask) -> None:
    was, limiter.enabled = limiter.enabled, False
    try:
        clicks, dead, english = walk(site)
    finally:
        limiter.enabled = was
    assert dead == [], "\n".join(dead)
    # The English pages were among them, and say nothing in Vietnamese without saying so.
    assert len(english) >= 35
    assert {path: said for path, said in english.items() if said} == {}
    with site.app_context(), site.test_request_context():
        shown = db.session.scalars(select(Publication).where(visible(datetime.now(UTC)))).all()
        far = [url for one in shown if clicks.get(url := publication_url(one), 99) > MAX_CLICKS]
    assert len(shown) >= 54
    assert far == []


def walk(site: Flask) -> tuple[dict[str, int], list[str], dict[str, list[str]]]:
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
