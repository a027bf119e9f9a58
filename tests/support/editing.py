"""The page on which a text is written, as an object: what a writer sees and does there."""

import html
import re
import time
from dataclasses import dataclass

from playwright.sync_api import FrameLocator, Page, expect

from tests.support.browser import Visitor

AUTOSAVE = re.compile(r"/ban-lam-viec/bai-viet/(\d+/)?tu-luu")
PATIENCE_S = 20


@dataclass
class Editor:
    """The page on which a text is written."""

    visitor: Visitor
    page: Page

    @classmethod
    def new(cls, visitor: Visitor, username: str = "thu.congtacvien") -> "Editor":
        visitor.login(username)
        return cls.at(visitor, "/ban-lam-viec/bai-viet/moi")

    @classmethod
    def at(cls, visitor: Visitor, path: str) -> "Editor":
        visitor.open(path)
        return cls(visitor, visitor.page).ready()

    def ready(self) -> "Editor":
        expect(self.page.locator("#editor-form[data-ready]")).to_be_visible()
        return self

    @property
    def frame(self) -> FrameLocator:
        return self.page.frame_locator(".tox-edit-area__iframe")

    @property
    def path(self) -> str:
        return self.page.url.removeprefix(self.visitor.site.url)

    def type(self, text: str) -> None:
        self.frame.locator("body").press("Control+End")
        self.page.keyboard.type(text)

    def tool(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def paste(self, pasted: str) -> None:
        self.frame.locator("body").press("Control+End")
        self.frame.locator("body").evaluate(
            """(body, html) => {
                const data = new DataTransfer();
                data.setData("text/html", html);
                body.dispatchEvent(new ClipboardEvent(
                    "paste", {clipboardData: data, bubbles: true, cancelable: true}));
            }""",
            pasted,
        )

    def body(self) -> str:
        """The text as the editor would send it."""
        return str(self.page.evaluate("hugerte.activeEditor.getContent({indent: false})"))

    def expect_saved(self) -> None:
        state = self.page.locator("#save-state")
        expect(state).to_contain_text(re.compile(r"^Đã lưu lúc \d\d:\d\d"), timeout=40_000)
        expect(state).to_have_attribute("data-state", "saved")

    def stored(self, wanted: str) -> str:
        """The body that the server has, once it holds the words that are wanted."""
        deadline = time.monotonic() + PATIENCE_S
        found = ""
        while time.monotonic() < deadline:
            answer = self.page.request.get(self.page.url)
            if answer.ok and (
                area := re.search(r'id="body"[^>]*>\n?(.*?)</textarea>', answer.text(), re.S)
            ):
                found = html.unescape(area[1])
                if wanted in found:
                    return found
            self.page.wait_for_timeout(250)
        raise AssertionError(f"{wanted!r} is not in what is stored: {found!r}")


def saves_of(page: Page) -> list[str]:
    """The addresses of the saves that the page asks for from now on, as they come."""
    sent: list[str] = []
    page.on(
        "request",
        lambda request: sent.append(request.url) if AUTOSAVE.search(request.url) else None,
    )
    return sent


def compose(page: Page, *steps: str) -> None:
    """Compose a word as an input method does, slowly enough that a save would fall due."""
    keyboard = page.context.new_cdp_session(page)
    for text in steps:
        keyboard.send(
            "Input.imeSetComposition",
            {"text": text, "selectionStart": len(text), "selectionEnd": len(text)},
        )
        page.wait_for_timeout(700)
