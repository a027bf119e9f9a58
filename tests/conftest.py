"""Servers for the whole run, and what to do about those that this machine lacks.

Fixtures that need the application are in tests/support/fixtures.py: the tiers that may use it
import them, and the unit tier, which may not, has none.
"""

import os
from collections.abc import Iterator

import pytest

from tests.support.servers import (
    Postgres,
    find_initdb,
    missing_programs,
    running_postgres,
    running_redis,
)

# Which fixture stands on which program.
NEEDS = {"postgres": "PostgreSQL", "redis_url": "Redis", "browser": "Chromium"}


@pytest.fixture(scope="session", params=["sqlite", *(["postgresql"] if find_initdb() else [])])
def engine(request: pytest.FixtureRequest) -> str:
    """The database engine that this run of the test is on: each test runs on every one."""
    return str(request.param)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server of this session's own."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The address of a Redis of this session's own."""
    with running_redis() as url:
        yield url


def pytest_configure(config: pytest.Config) -> None:
    lacking = missing_programs()
    if lacking and os.environ.get("CI") == "true":
        raise pytest.UsageError(f"CI=true, and this machine lacks: {', '.join(lacking)}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    lacking = set(missing_programs())
    kept, left_out = [], []
    for item in items:
        needs = {NEEDS[name] for name in getattr(item, "fixturenames", ()) if name in NEEDS}
        (left_out if needs & lacking else kept).append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    lacking = missing_programs()
    if lacking:
        terminalreporter.write_line(
            f"Not on this machine, so the tests that need it did not run: {', '.join(lacking)}.",
            yellow=True,
        )
