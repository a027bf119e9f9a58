"""Search as people meet it: as one types, by keyboard, on a phone, without scripts."""

import re

from playwright.sync_api import expect

from tests.e2e.conftest import VisitorFactory
from tests.support.browser import axe_clean, no_sideways_scroll
from tests.support.site import Site


def test_typing_filtering_and_what_to_try_instead(
    demo_site: Site, visitor_to: VisitorFactory
) -> None:
    visitor = visitor_to(demo_site)
    page = visitor.page
    visitor.open("/tim-kiem")
    page.locator("#q").press_sequentially("nuoc mam", delay=20)
    first = page.locator("#search-results .hit .title-link").first
    expect(first).to_contain_text("Nước mắm Nam Ô")
    expect(page.locator("details.facets")).to_have_attribute("open", "")
    axe_clean(page)
    page.locator("#q").press("ArrowDown")
    expect(first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#q")).to_be_focused()
    visitor.open("/tim-kiem?q=nuoc+mamm")
    axe_clean(page)
    page.locator(".suggestion").first.click()
    expect(page.locator("#search-results")).to_have_attribute("data-total", re.compile("[1-9]"))


def test_the_filters_work_on_a_phone_without_scripts(
    demo_site: Site, visitor_to: VisitorFactory
) -> None:
    visitor = visitor_to(demo_site, width=320, scripts=False)
    page = visitor.page
    visitor.open("/tim-kiem?q=thành+phố")
    before = int(page.locator("#search-results").get_attribute("data-total") or 0)
    page.locator("details.facets > summary").click()
    no_sideways_scroll(page)
    option = page.locator(".facet").first
    count = option.locator(".facet-count").inner_text()
    option.click()
    assert page.locator("#search-results").get_attribute("data-total") == count
    assert 0 < int(count) <= before
