"""End to end: a real server, a real browser, nothing replaced but the network outside."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from extensions import db
from models import Role
from services import accounts
from tests.support.application import make_app
from tests.support.browser import LAUNCH_ARGUMENTS, Visitor, new_visitor
from tests.support.factories import make_unit
from tests.support.servers import find_browser
from tests.support.site import PASSWORD, Site

# A busy machine is slow, not wrong.
expect.set_options(timeout=15_000)

VisitorFactory = Callable[..., Visitor]

UNIT = "Phòng Thử nghiệm"
# The tests' own accounts, one for each role, and a second of two for four eyes.
PEOPLE = {
    "thu.congtacvien": ("contributor", "Lê Thị Cộng Tác"),
    "thu.congtacvien2": ("contributor", "Phạm Văn Cộng Tác"),
    "thu.bientap": ("editor", "Trần Văn Biên Tập"),
    "thu.bientap2": ("editor", "Hồ Thị Biên Tập"),
    "thu.truongban": ("chief", "Võ Thị Trưởng Ban"),
    "thu.quantri": ("admin", "Đặng Văn Quản Trị"),
}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_browser(), args=LAUNCH_ARGUMENTS, headless=True
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def prepared_site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site with the demonstration content and PEOPLE, made once and not running."""
    site = Site(tmp_path_factory.mktemp("prepared") / "instance")
    site.start()
    site.stop()
    app = make_app(f"sqlite:///{site.instance / 'site.db'}", site.instance)
    with app.app_context():
        unit = make_unit(name=UNIT)
        for username, (role, full_name) in PEOPLE.items():
            accounts.create_user(
                username=username,
                full_name=full_name,
                role=Role(role),
                unit=unit,
                password=PASSWORD,
                email="",
                now=datetime.now(UTC),
            )
        db.session.commit()
        db.engine.dispose()
    return site


@pytest.fixture(scope="session")
def demo_site(prepared_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A running site that tests look at and do not change."""
    site = prepared_site.copy_to(tmp_path_factory.mktemp("demo") / "instance").start()
    yield site
    site.stop()


@pytest.fixture(scope="module")
def site(prepared_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A running site that the tests of one file may change."""
    site = prepared_site.copy_to(tmp_path_factory.mktemp("site") / "instance").start()
    yield site
    site.stop()


@pytest.fixture
def visitor_to(browser: Browser) -> Iterator[VisitorFactory]:
    """Open windows: `visitor_to(site, width=360, scheme="dark", scripts=False)`.

    At the end each has to have met no script error, no refusal by the Content-Security-Policy
    and no request to elsewhere.
    """
    visitors: list[Visitor] = []

    def make(site: Site, **options: object) -> Visitor:
        visitors.append(new_visitor(browser, site, **options))  # type: ignore[arg-type]
        return visitors[-1]

    yield make
    for visitor in visitors:
        visitor.page.context.close()
    problems = [problem for visitor in visitors for problem in visitor.unforgiven()]
    assert not problems, "\n".join(problems)
