"""How much a request may carry: a picture's worth, and more only where a file is sent."""

from typing import Any

from flask import Flask, request

# One file (services/files: 50 MB) with the text beside it.
MAX_FILE_BODY_BYTES = 53 * 1024 * 1024
FILE_ENDPOINTS = frozenset(
    f"dashboard.{view}"
    for view in (
        "create_publication",
        "save_publication",
        # The same form, sent by another of its buttons.
        "set_aside",
        "attach_new",
        "attach",
        "add_to_library",
        "replace_media",
        "import_word",
        "import_word_for",
    )
)


def init_app(app: Flask) -> None:
    @app.url_value_preprocessor
    def allow(endpoint: str | None, _values: dict[str, Any] | None) -> None:
        # Before anything reads the form, as the check of its token does.
        if endpoint in FILE_ENDPOINTS:
            request.max_content_length = MAX_FILE_BODY_BYTES
