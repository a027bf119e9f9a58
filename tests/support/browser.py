"""Visitors: a browser window each, watched for whatever should not happen in it."""

import gzip
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Response, Route

from configuration import HTMX_CDN
from tests.support.html import check_html
from tests.support.site import PASSWORD, ROOT, Site

HTMX_FILE = ROOT / "static" / "vendor" / "htmx" / "htmx.min.js"
LAUNCH_ARGUMENTS = [
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    *(["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
]
WIDE = 1366
PHONE = 360
NARROW = 320

# Adds up how far things moved by themselves (Cumulative Layout Shift, without a person's doing).
WATCH_SHIFTS = """
window.shifted = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries())
    if (!entry.hadRecentInput) window.shifted.push([
      entry.value,
      entry.sources.map((s) => {
        const element = s.node && (s.node.outerHTML ? s.node : s.node.parentElement);
        return [element ? element.outerHTML.slice(0, 120) : "", s.previousRect, s.currentRect];
      }),
    ]);
}).observe({type: "layout-shift", buffered: true});
"""


@dataclass
class Visitor:
    """One person at one browser window.

    `problems` gathers script errors, refusals by the Content-Security-Policy and requests that
    leave this machine; what is in it at the end fails the test, save what was forgiven.
    """

    site: Site
    page: Page
    problems: list[str] = field(default_factory=list)
    forgiven: list[str] = field(default_factory=list)

    def open(self, path: str, *, status: int = 200) -> Page:
        """Go to an address of the site and check that it answers `status`."""
        if status >= 400:
            self.forgive(f"status of {status}")
        response = self.page.goto(self.site.url + path, wait_until="load")
        assert isinstance(response, Response)
        assert response.status == status, f"{path}: {response.status}, not {status}"
        return self.page

    def login(self, username: str, password: str = PASSWORD) -> Page:
        """Log in through the form, as people do."""
        self.open("/dang-nhap")
        form = self.page.locator("main form[method=post]")
        form.locator("[autocomplete=username]").fill(username)
        form.locator("[autocomplete=current-password]").fill(password)
        form.locator("[type=submit]").click()
        self.page.wait_for_url(lambda address: urlsplit(address).path != "/dang-nhap")
        return self.page

    def forgive(self, pattern: str) -> None:
        """Expect a problem that matches the pattern: the test brings it about on purpose."""
        self.forgiven.append(pattern)

    def unforgiven(self) -> list[str]:
        return [p for p in self.problems if not any(re.search(f, p) for f in self.forgiven)]


def new_visitor(
    browser: Browser,
    site: Site,
    *,
    width: int = WIDE,
    height: int = 900,
    scheme: str = "light",
    scripts: bool = True,
) -> Visitor:
    """Open a window of its own, with no cookie, store or cache of another's."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        java_script_enabled=scripts,
        locale="vi-VN",
        timezone_id="Asia/Ho_Chi_Minh",
        reduced_motion="reduce",
    )
    context.set_default_timeout(15_000)
    page = context.new_page()
    visitor = Visitor(site, page)

    def outside(route: Route) -> None:
        if route.request.url == HTMX_CDN:
            # With the header that the network gives, so that `integrity` is really checked.
            route.fulfill(
                body=HTMX_FILE.read_bytes(),
                content_type="application/javascript; charset=utf-8",
                headers={"Access-Control-Allow-Origin": "*"},
            )
        else:
            visitor.problems.append(f"request to elsewhere: {route.request.url}")
            route.abort()

    def is_outside(address: str) -> bool:
        parts = urlsplit(address)
        return parts.scheme in {"http", "https"} and parts.hostname != "127.0.0.1"

    context.route(is_outside, outside)
    context.on(
        "console",
        lambda message: (
            visitor.problems.append(
                f"console, on {message.page.url if message.page else ''}: {message.text}"
            )
            if message.type == "error"
            else None
        ),
    )
    page.on("pageerror", lambda error: visitor.problems.append(f"script: {error}"))
    return visitor


def axe_clean(page: Page) -> None:
    """Fail if axe finds anything on the page as it stands now: every rule, best practice too."""
    results = Axe().run(page)
    violations = results.response["violations"]
    lines = [
        f"  {violation['id']} ({violation['impact']}): {node['target']} {node['html'][:160]}"
        f" {_contrast(node)}"
        for violation in violations
        for node in violation["nodes"]
    ]
    assert not lines, "\n".join([f"axe, on {page.url}:", *lines])


def _contrast(node: dict[str, Any]) -> str:
    data = [check.get("data") for check in node["any"] if isinstance(check.get("data"), dict)]
    return " ".join(
        f"{found['fgColor']} on {found['bgColor']} is {found['contrastRatio']}"
        for found in data
        if "contrastRatio" in found
    )


def no_sideways_scroll(page: Page) -> None:
    """Fail if the page is wider than the window."""
    width, inside = page.evaluate(
        "[document.documentElement.clientWidth, document.documentElement.scrollWidth]"
    )
    if inside > width:
        sticking_out = page.evaluate(
            """(width) => [...document.querySelectorAll("body *")]
                .filter((e) => e.getBoundingClientRect().right > width + 0.5)
                .slice(0, 5).map((e) => e.outerHTML.slice(0, 120))""",
            width,
        )
        raise AssertionError(f"{page.url} is {inside} wide in {width}: {sticking_out}")


def valid_as_sent(page: Page) -> None:
    """Fetch the page once more, as it is sent, and check the HTML."""
    response = page.request.get(page.url)
    check_html(response.text(), about=page.url)


def htmx_bytes() -> int:
    """How many bytes the network sends for htmx: compressed, as it does."""
    return len(gzip.compress(Path(HTMX_FILE).read_bytes()))
