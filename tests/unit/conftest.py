"""Unit: plain functions. What reaches for a database here belongs in tests/integration."""

from typing import Any, NoReturn

import pytest
from sqlalchemy.engine import Engine


@pytest.fixture(autouse=True)
def no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: Any, **_kwargs: Any) -> NoReturn:
        raise AssertionError("a unit test reached for the database")

    monkeypatch.setattr(Engine, "connect", refuse)
