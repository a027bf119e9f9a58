"""Every page, as a browser shows it: accessible, valid, as wide as the window, still, and light."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import lxml.html
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from configuration import HTMX_CDN
from tests.e2e.conftest import VisitorFactory
from tests.support.browser import (
    NARROW,
    PHONE,
    WATCH_SHIFTS,
    WIDE,
    Visitor,
    axe_clean,
    htmx_bytes,
    no_sideways_scroll,
)
from tests.support.html import check_html
from tests.support.site import Site

PUBLIC = [
    "/",
    "/thong-bao",
    "/lien-ket",
    "/tim-kiem",
    "/tim-kiem?q=khoa+hoc",
    "/tim-kiem?q=kh%C3%B4ngc%C3%B3g%C3%AC",
    "/dang-nhap",
    "/lich-cong-tac",
]
NOT_FOUND = "/khong-co-trang-nay"
MOST_DESK_PAGES = 80
FIRST_VISIT_BYTES = 100 * 1024
NEXT_PAGE_BYTES = 15 * 1024
LOOKS = [("light", WIDE), ("dark", WIDE), ("light", PHONE), ("dark", PHONE)]


def links(page: Page, pattern: str) -> list[str]:
    """The addresses on a page, within the site, whose path matches."""
    hrefs = page.eval_on_selector_all("a[href]", "all => all.map((a) => a.href)")
    parts = [urlsplit(href) for href in hrefs if href.startswith(page.url.split("/", 3)[0])]
    inside = [p for p in parts if p.netloc == urlsplit(page.url).netloc]
    found = [p.path + (f"?{p.query}" if p.query else "") for p in inside]
    return list(dict.fromkeys(path for path in found if re.match(pattern, path)))


def public_addresses(visitor: Visitor) -> list[str]:
    """Each kind of public page, and of posts one with and one without a picture if there are."""
    visitor.open("/")
    sections = links(visitor.page, r"/chuyen-muc/[^/]+$")[:2]
    posts = links(visitor.page, r"/bai-viet/")[:3]
    visitor.open("/thong-bao")
    notices = links(visitor.page, r"/thong-bao/[^/]+-\d+$")[:1]
    assert sections
    assert posts
    assert notices
    return [*PUBLIC, *sections, *posts, *notices]


def readers_addresses(visitor: Visitor) -> list[str]:
    """Where readers write, vote and look up, and the lists of what came of it."""
    found = ["/hoi-dap", "/hoi-dap/gui", "/dung-lai", "/dung-lai/gui", "/tra-cuu"]
    for first, pattern in (
        ("/thu-tuc", r"/thu-tuc/[^/]+-\d+$"),
        ("/du-thao", r"/du-thao/[^/]+-\d+$"),
        ("/hoi-dap", r"/hoi-dap/[^/]+-\d+$"),
        # An open poll and one that is over.
        ("/tham-do", r"/tham-do/\d+$"),
    ):
        visitor.open(first)
        found += [first, *links(visitor.page, pattern)[:2]]
    draft = next(address for address in found if address.startswith("/du-thao/"))
    number = draft.rpartition("-")[2]
    found += [f"/du-thao/{number}/cac-gop-y", f"/du-thao/{number}/gop-y"]
    found += [f"/bao-sai/{number}", f"/danh-gia/{number}"]
    return list(dict.fromkeys(found))


def desk_addresses(visitor: Visitor, *, first: str = "/ban-lam-viec") -> list[str]:
    """Every page that links lead to from the desk, one for each kind of address.

    Asked for as the browser's own requests, without drawing the pages that are only passed.
    """
    waiting = [first]
    kinds: dict[str, str] = {}
    while waiting and len(kinds) < MOST_DESK_PAGES:
        path = waiting.pop(0)
        kind = re.sub(r"\d+", "#", urlsplit(path).path)
        kind += "?" + "&".join(sorted(re.findall(r"(\w[\w-]*)=", urlsplit(path).query)))
        if kind in kinds:
            continue
        answer = visitor.page.request.get(visitor.site.url + path)
        assert answer.status == 200, f"{path}: {answer.status}"
        # A file that is downloaded is no page.
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        kinds[kind] = path
        for href in lxml.html.document_fromstring(answer.text()).xpath("//a[@href]/@href"):
            if re.match(rf"{first}(?!.*\.(?:xlsx|csv)\b)", href):
                waiting.append(href.partition("#")[0])
    return list(kinds.values())


def settle(page: Page) -> None:
    """Wait for what comes after the page: fragments, pictures in sight, fonts."""
    page.wait_for_function(
        """() => !document.querySelector(".htmx-request")
            && [...document.images].every((one) => one.complete || one.loading === "lazy")"""
    )
    page.evaluate("document.fonts.ready.then(() => null)")


def check_look(visitor: Visitor, addresses: list[str]) -> None:
    problems = []
    for address in addresses:
        visitor.open(address)
        settle(visitor.page)
        for check in (axe_clean, no_sideways_scroll):
            try:
                check(visitor.page)
            except AssertionError as problem:
                problems.append(str(problem))
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_public_pages_are_accessible_and_fit_the_window(
    demo_site: Site, visitor_to: VisitorFactory, scheme: str, width: int
) -> None:
    visitor = visitor_to(demo_site, scheme=scheme, width=width)
    check_look(visitor, public_addresses(visitor))
    visitor.open(NOT_FOUND, status=404)
    axe_clean(visitor.page)
    no_sideways_scroll(visitor.page)


def test_what_readers_write_on_is_accessible_and_fits_the_narrowest_window(
    demo_site: Site, visitor_to: VisitorFactory
) -> None:
    visitor = visitor_to(demo_site, scheme="dark", width=NARROW)
    addresses = readers_addresses(visitor)
    assert len(addresses) == 20
    check_look(visitor, addresses)
    for address in addresses:
        check_html(visitor.page.request.get(demo_site.url + address).text(), about=address)


# Colours and widths vary one by one on the public pages; here the two ends will do.
@pytest.mark.parametrize(("scheme", "width"), [("light", WIDE), ("dark", PHONE)])
# What both see is looked at as the one who sees more of it.
@pytest.mark.parametrize(
    ("username", "first"),
    [("thu.truongban", "/ban-lam-viec"), ("thu.quantri", "/ban-lam-viec/quan-tri")],
)
def test_desk_pages_are_accessible_and_fit_the_window(
    demo_site: Site,
    visitor_to: VisitorFactory,
    username: str,
    first: str,
    scheme: str,
    width: int,
) -> None:
    visitor = visitor_to(demo_site, scheme=scheme, width=width)
    visitor.login(username)
    check_look(visitor, desk_addresses(visitor, first=first))


def test_public_pages_fit_the_narrowest_window(demo_site: Site, visitor_to: VisitorFactory) -> None:
    visitor = visitor_to(demo_site, width=NARROW)
    for address in public_addresses(visitor):
        visitor.open(address)
        no_sideways_scroll(visitor.page)


@pytest.mark.parametrize("username", [None, "thu.congtacvien", "thu.truongban", "thu.quantri"])
def test_pages_are_valid_html_as_sent(
    demo_site: Site, visitor_to: VisitorFactory, username: str | None
) -> None:
    visitor = visitor_to(demo_site, scripts=False)
    if username:
        visitor.login(username)
        addresses = desk_addresses(visitor)
    else:
        addresses = public_addresses(visitor)
    for address in addresses:
        answer = visitor.page.request.get(visitor.site.url + address)
        check_html(answer.text(), about=address)


@pytest.mark.parametrize("width", [WIDE, PHONE])
def test_nothing_moves_by_itself_while_a_page_loads(
    demo_site: Site, visitor_to: VisitorFactory, width: int
) -> None:
    visitor = visitor_to(demo_site, width=width)
    addresses = public_addresses(visitor)
    visitor.page.context.add_init_script(WATCH_SHIFTS)
    for address in addresses:
        visitor.open(address)
        settle(visitor.page)
        visitor.page.mouse.wheel(0, 3000)
        settle(visitor.page)
        shifted = visitor.page.evaluate("window.shifted")
        assert shifted == [], f"{address}: {shifted}"


@pytest.mark.parametrize("width", [WIDE, PHONE])
def test_a_face_that_comes_late_moves_nothing(
    demo_site: Site, visitor_to: VisitorFactory, width: int
) -> None:
    """Whatever stands in for it: no other face has the metrics of this one on every machine."""
    visitor = visitor_to(demo_site, width=width)
    fonts: list[Route] = []
    visitor.page.context.route("**/*.woff2", lambda route: fonts.append(route))
    visitor.page.context.add_init_script(WATCH_SHIFTS)
    visitor.page.goto(demo_site.url, wait_until="commit")
    expect(visitor.page.locator("h1")).to_be_visible()
    # Long past the time in which a page may wait for its face before it is painted.
    visitor.page.wait_for_timeout(500)
    assert fonts
    for font in fonts:
        font.continue_()
    settle(visitor.page)
    assert visitor.page.evaluate("window.shifted") == []


def watch_the_wire(page: Page) -> Callable[[], list[tuple[str, str, float]]]:
    """From now on, the kind, address and bytes as sent of all that the page receives."""
    session = page.context.new_cdp_session(page)
    kinds: dict[str, tuple[str, str]] = {}
    received: dict[str, float] = {}
    session.on(
        "Network.responseReceived",
        lambda e: kinds.update({e["requestId"]: (e["type"], e["response"]["url"])}),
    )
    session.on(
        "Network.loadingFinished",
        lambda e: received.update({e["requestId"]: e["encodedDataLength"]}),
    )
    session.send("Network.enable")
    return lambda: [
        (*kinds[request], size) for request, size in received.items() if request in kinds
    ]


def test_the_next_page_is_lighter_still(demo_site: Site, browser: Browser) -> None:
    """In a window of its own: where requests are played to it, a browser keeps nothing."""
    with browser.new_context(viewport={"width": WIDE, "height": 800}) as context:
        page = context.new_page()
        problems: list[str] = []
        page.on(
            "console", lambda said: problems.append(said.text) if said.type == "error" else None
        )
        page.goto(demo_site.url)
        first, *others = links(page, r"/bai-viet/")
        page.goto(demo_site.url + first)
        settle(page)
        received = watch_the_wire(page)
        for post in others[:3]:
            before = len(received())
            page.goto(demo_site.url + post)
            settle(page)
            weights = {
                address: size for kind, address, size in received()[before:] if kind != "Image"
            }
            assert any(address.endswith(post) for address in weights)
            assert sum(weights.values()) <= NEXT_PAGE_BYTES, weights
        # The network outside is away here; nothing else may go wrong.
        assert [said for said in problems if "net::ERR" not in said] == []


def test_a_page_that_is_made_ahead_is_counted_once_it_is_opened(
    demo_site: Site, visitor_to: VisitorFactory
) -> None:
    visitor = visitor_to(demo_site)
    post = next(a for a in public_addresses(visitor) if a.startswith("/bai-viet/"))
    visitor.page.context.add_init_script(
        "window.ahead = true;"
        "Object.defineProperty(document, 'prerendering', {get: () => window.ahead});"
    )
    counted: list[str] = []
    visitor.page.on(
        "request", lambda asked: counted.append(asked.url) if asked.method == "POST" else None
    )
    visitor.open(post)
    settle(visitor.page)
    visitor.page.wait_for_function("() => window.htmx")
    assert counted == []
    visitor.page.evaluate(
        "window.ahead = false; document.dispatchEvent(new Event('prerenderingchange'))"
    )
    expect(visitor.page.locator("span#view-count")).to_be_visible()
    assert len(counted) == 1


def test_the_first_visit_to_a_post_is_light(demo_site: Site, visitor_to: VisitorFactory) -> None:
    addresses = public_addresses(visitor_to(demo_site))
    post = next(address for address in addresses if address.startswith("/bai-viet/"))
    visitor = visitor_to(demo_site)
    received = watch_the_wire(visitor.page)
    visitor.open(post)
    settle(visitor.page)
    weights = {
        # The stand-in for the network outside sends htmx uncompressed, which it does not.
        address: htmx_bytes() if address == HTMX_CDN else size
        for kind, address, size in received()
        if kind != "Image"
    }
    assert HTMX_CDN in weights
    assert sum(weights.values()) <= FIRST_VISIT_BYTES, weights


def test_what_people_come_for_is_in_sight_on_the_home_page(
    demo_site: Site, visitor_to: VisitorFactory
) -> None:
    for width in (1280, PHONE):
        page = visitor_to(demo_site, width=width).open("/")
        page.set_viewport_size({"width": width, "height": 800})
        for path in ("/van-ban", "/thu-tuc", "/du-thao", "/hoi-dap/gui"):
            expect(page.locator(f'.tasks a[href="{path}"]')).to_be_in_viewport(ratio=1)


def test_every_page_is_usable_at_twice_the_text_size(
    demo_site: Site, visitor_to: VisitorFactory
) -> None:
    """WCAG 1.4.4 and 1.4.10: text doubled, on a window that shrinks to match."""
    visitor = visitor_to(demo_site, width=WIDE // 2)
    for address in public_addresses(visitor):
        visitor.open(address)
        visitor.page.evaluate("document.documentElement.style.fontSize = '200%'")
        no_sideways_scroll(visitor.page)


def test_escape_takes_back_the_question_then_closes_the_row(
    demo_site: Site, visitor_to: VisitorFactory
) -> None:
    page = visitor_to(demo_site).login("thu.truongban")
    page.goto(f"{demo_site.url}/ban-lam-viec?danh-sach=cho-duyet")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    row = page.locator(".row-opened")
    # The row has come, and the keyboard's place with it.
    row.locator("[data-row-link]:focus").wait_for()
    page.keyboard.press("s")
    row.locator("textarea:focus").wait_for()

    page.keyboard.press("Escape")
    expect(row.locator("details.ask[open]")).to_have_count(0)
    page.keyboard.press("Escape")

    row.wait_for(state="detached")
    page.locator("[data-row-link]:focus").wait_for()
