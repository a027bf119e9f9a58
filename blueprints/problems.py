"""Errors for programs: RFC 9457, in Vietnamese."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, make_response

PROBLEM = "application/problem+json; charset=utf-8"


def problem(
    status: int,
    *,
    title: str,
    detail: str,
    errors: Mapping[str, Sequence[str]] | None = None,
) -> Response:
    """What went wrong and what to do; ``errors`` are sentences by parameter."""
    said: dict[str, Any] = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
    }
    if errors:
        said["errors"] = {name: list(sentences) for name, sentences in errors.items()}
    response = make_response(json.dumps(said, ensure_ascii=False), status)
    response.content_type = PROBLEM
    response.headers["Cache-Control"] = "no-store"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response
