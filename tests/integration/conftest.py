"""Integration: services and routes, on real databases."""

from tests.support.fixtures import (  # noqa: F401 (fixtures are used by name)
    app,
    app_factory,
    client,
    database_url,
    databases,
    other,
    session,
)
