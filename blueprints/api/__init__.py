"""Read-only JSON for the city portal and re-users, with its description and a page about it."""

from flask import Blueprint

blueprint = Blueprint("api", __name__)

from blueprints.api import describing, reading  # noqa: E402, F401 - routes
