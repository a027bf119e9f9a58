"""Pages as objects: what a reader can see and do on them, by the marks that stay stable."""

import re
from dataclasses import dataclass

from playwright.sync_api import Locator, expect

from tests.support.browser import Visitor


@dataclass
class Article:
    """A publication's page."""

    visitor: Visitor

    @property
    def title(self) -> str:
        return self.visitor.page.locator("h1").inner_text()

    def views(self) -> int:
        """The count as shown, once this reading has been answered: until then it is a form."""
        count = self.visitor.page.locator("span#view-count")
        expect(count).to_have_text(self._number())
        return int(count.inner_text().replace(".", ""))

    @staticmethod
    def _number() -> re.Pattern[str]:
        return re.compile(r"^\s*[\d.]+\s*$")


@dataclass
class Search:
    """The search page."""

    visitor: Visitor

    def type(self, words: str) -> None:
        """Type as people do, a key at a time, and wait for the answer to be shown."""
        field = self.visitor.page.locator("main input[name=q]")
        field.fill("")
        field.press_sequentially(words, delay=20)
        expect(self.visitor.page).to_have_url(re.compile(r"[?&]q="))

    @property
    def total(self) -> int:
        return int(self.visitor.page.locator("#search-results").get_attribute("data-total") or "")

    @property
    def hits(self) -> Locator:
        return self.visitor.page.locator("#search-results article")
