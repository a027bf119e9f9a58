"""Each kind of publication from its first draft to its withdrawal, wherever readers and programs
look for it: one table, of every kind that there is."""

import json
from typing import Any
from urllib.parse import quote_plus

from sqlalchemy.orm import scoped_session

from models import Kind, Role
from services import publications
from services.kinds import KINDS
from services.vietnamese import slugify
from tests.support.board import make_board
from tests.support.client import CheckedClient
from tests.support.factories import kind_details
from tests.support.standards import valid_feed, valid_json_ld, valid_sitemap

Session = scoped_session[Any]
TO_THE_PAGE = "author submit,editor take,editor forward,chief approve,chief publish"
# One for each kind, of words that no other text here has.
TITLES = dict(
    zip(
        Kind,
        ("Lúa", "Ngô", "Khoai", "Sắn", "Đậu", "Vừng", "Lạc", "Mía", "Chè", "Dâu", "Bông"),
        strict=False,
    )
)


def places(kind: Kind, title: str) -> dict[str, str]:
    """Where a publication of this kind must be found, by name."""
    path, words = KINDS[kind].path, quote_plus(title)
    return {
        "its list": f"/{path}",
        "its section": "/chuyen-muc/tin-hoat-dong",
        "search": f"/tim-kiem?q={words}",
        "search, without diacritics": f"/tim-kiem?q={slugify(title)}",
        "search by kind": f"/tim-kiem?q={words}&loai={path}",
        "search by section": f"/tim-kiem?q={words}&chuyen-muc=tin-hoat-dong",
        "feed of the site": "/rss.xml",
        "feed of the kind": f"/{path}/atom.xml",
        "feed of the section": "/chuyen-muc/tin-hoat-dong/feed.json",
        "feed of the search": f"/tim-kiem/rss.xml?q={words}",
        "text sitemap": "/so-do",
        "sitemap": "/sitemap-1.xml",
        "API": f"/api/v1/publications?loai={path}",
    }


def found(client: CheckedClient, address: str, at: str) -> bool:
    """Whether the page at this address leads to the one at ``at``."""
    response = client.get(address)
    if response.status_code == 404 and "sitemap" in address:
        return False
    assert response.status_code == 200, f"{address}: {response.status}"
    form = address.partition("?")[0].rpartition("/")[2]
    if form in {"rss.xml", "atom.xml", "feed.json"}:
        valid_feed(client, address)
    elif "sitemap" in address:
        valid_sitemap(client, address)
    return at in response.text


def test_each_kind_is_found_everywhere_and_withdrawn_is_gone_from_everywhere(
    session: Session, client: CheckedClient
) -> None:
    assert set(TITLES) == set(Kind), "give the new kind a title here"
    board = make_board()
    for kind, word in TITLES.items():
        title = f"{word} ở Hoà Vang"
        content = board.content(title=title, details=kind_details(kind))
        # Static pages are the board's to write.
        board.author.role = Role.EDITOR if kind is Kind.PAGE else Role.CONTRIBUTOR
        publication = publications.create(
            actor=board.author, kind=kind, content=content, now=board.now
        )
        at = f"/{KINDS[kind].path}/{publication.slug}-{publication.id}"
        where = places(kind, title)
        before = [name for name, address in where.items() if found(client, address, at)]
        assert (before, client.get(at).status_code) == ([], 404), kind

        board.walk(publication, TO_THE_PAGE)
        missing = [name for name, address in where.items() if not found(client, address, at)]
        assert missing == [], kind
        page = client.get(at)
        assert page.status_code == 200, kind
        assert valid_json_ld(page.text), kind
        number = publication.id
        assert client.get(f"/api/v1/publications/{number}").status_code == 200
        assert client.get(f"/trich-dan/{number}.bib").status_code == 200

        moment = board.now.isoformat().replace("+", "%2B")
        board.do("chief", "withdraw", publication)
        left = [name for name, address in where.items() if found(client, address, at)]
        assert left == [], kind
        assert client.get(at).status_code == 410, kind
        assert client.get(f"/api/v1/publications/{number}").status_code == 410
        assert client.get(f"/trich-dan/{number}.bib").status_code == 410
        told = json.loads(client.get(f"/api/v1/publications?updated_since={moment}").text)
        assert [(item["id"], item["is_gone"]) for item in told["items"]] == [(number, True)]
