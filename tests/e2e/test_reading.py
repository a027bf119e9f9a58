"""A citizen finds a post, reads it and is counted; with scripts and without."""

import re

from playwright.sync_api import expect

from tests.e2e.conftest import VisitorFactory
from tests.support.pages import Article, Search
from tests.support.site import Site


def first_post(visitor_to: VisitorFactory, site: Site) -> str:
    page = visitor_to(site).open("/")
    href = page.locator("main a[href^='/bai-viet/']").first.get_attribute("href")
    assert href
    return href


def test_a_reading_counts_once_for_each_visitor(site: Site, visitor_to: VisitorFactory) -> None:
    address = first_post(visitor_to, site)
    reader = visitor_to(site)
    reader.page.set_extra_http_headers({"User-Agent": "Mozilla/5.0 (X11; Linux) Firefox/140.0"})
    reader.open(address)
    before = Article(reader).views()
    reader.open(address)
    assert Article(reader).views() == before
    other = visitor_to(site)
    other.page.set_extra_http_headers({"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Edge/140.0"})
    other.open(address)
    assert Article(other).views() == before + 1


def test_search_answers_while_typing_and_back_shows_a_whole_page(
    demo_site: Site, visitor_to: VisitorFactory
) -> None:
    visitor = visitor_to(demo_site)
    visitor.open("/tim-kiem")
    search = Search(visitor)
    search.type("khoa hoc")
    expect(search.hits.first).to_be_visible()
    assert search.total > 0
    assert search.hits.first.locator("mark").count() > 0
    search.hits.first.locator("a[href*='-']").first.click()
    expect(visitor.page.locator("article[data-publication-id]")).to_be_visible()
    visitor.page.go_back()
    expect(visitor.page.locator("header").first).to_be_visible()
    expect(visitor.page.locator("#search-results article").first).to_be_visible()
    expect(visitor.page.locator("main input[name=q]")).to_have_value("khoa hoc")


def test_search_and_pages_of_results_work_without_scripts(
    demo_site: Site, visitor_to: VisitorFactory
) -> None:
    visitor = visitor_to(demo_site, scripts=False)
    page = visitor.open("/tim-kiem")
    page.locator("main input[name=q]").fill("người")
    page.locator("main input[name=q]").press("Enter")
    expect(page).to_have_url(re.compile(r"/tim-kiem\?q=ng%C6%B0"))
    assert Search(visitor).total > Search(visitor).hits.count() > 0
    first = Search(visitor).hits.first.inner_text()
    page.locator("a[href*='trang=2']").first.click()
    expect(page).to_have_url(re.compile(r"trang=2"))
    assert Search(visitor).hits.first.inner_text() != first
