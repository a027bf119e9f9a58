"""Architecture: promises about the whole tree, proved on the running application."""

from tests.support.fixtures import (  # noqa: F401 (fixtures are used by name)
    app,
    app_factory,
    client,
    database_url,
    databases,
    session,
)
