"""Take the pictures of docs/pictures from a copy with fresh demonstration content.

.venv/bin/python -m tools.screenshots
"""

import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.support.browser import LAUNCH_ARGUMENTS, new_visitor
from tests.support.servers import find_browser
from tests.support.site import Site

PICTURES = Path(__file__).resolve().parents[1] / "docs" / "pictures"
LEAD = "main .lead-title a"


def main() -> None:
    """Write home.png, post.png, desk.png, editor.png and phone.png."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        site = Site(Path(folder) / "instance").start()
        browser = playwright.chromium.launch(
            executable_path=find_browser(), args=LAUNCH_ARGUMENTS, headless=True
        )
        try:
            lines = (site.instance / "demo-accounts.txt").read_text("utf-8").splitlines()
            passwords = {line.split()[0]: line.split()[1] for line in lines}
            reader = new_visitor(browser, site, height=1150)
            page = reader.open("/")
            page.wait_for_timeout(500)
            page.screenshot(path=PICTURES / "home.png")
            address = str(page.locator(LEAD).get_attribute("href"))
            page.locator(LEAD).click()
            page.wait_for_timeout(500)
            page.screenshot(path=PICTURES / "post.png")
            phone = new_visitor(browser, site, width=390, height=844, scheme="dark")
            phone.open(address).wait_for_timeout(500)
            phone.page.screenshot(path=PICTURES / "phone.png")
            chief = new_visitor(browser, site)
            desk = chief.login("tuongvi", passwords["tuongvi"])
            desk.goto(f"{site.url}/ban-lam-viec?danh-sach=cho-duyet")
            desk.locator("[data-row]").last.locator("[data-row-link]").click()
            desk.wait_for_timeout(700)
            desk.evaluate("scrollTo(0, 0)")
            desk.screenshot(path=PICTURES / "desk.png")
            author = new_visitor(browser, site)
            writing = author.login("phamdung", passwords["phamdung"])
            writing.goto(f"{site.url}/ban-lam-viec?danh-sach=ban-nhap")
            drafts = writing.locator("[data-row-link]")
            if drafts.count():
                number = str(drafts.first.get_attribute("href")).rsplit("/", 1)[1]
                writing.goto(f"{site.url}/ban-lam-viec/bai-viet/{number}/sua")
            else:
                writing.goto(f"{site.url}/ban-lam-viec/bai-viet/moi")
            writing.wait_for_timeout(1500)
            writing.screenshot(path=PICTURES / "editor.png")
        finally:
            browser.close()
            site.stop()
    for path in PICTURES.glob("*.png"):
        # A third of the size, and no difference that an eye would find.
        Image.open(path).convert("RGB").quantize(200, dither=Image.Dither.NONE).save(
            path, optimize=True
        )


if __name__ == "__main__":
    sys.exit(main())
