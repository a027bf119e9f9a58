"""The API's description: OpenAPI for programs, a page for people, both of the same schemas."""

import json
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Response, current_app, render_template

from blueprints import http, templating
from blueprints.access import access
from blueprints.api import blueprint
from blueprints.api.reading import JSON, LIMIT
from blueprints.api.schemas import (
    Listing,
    Problem,
    Publication,
    Query,
    Tombstone,
    WholePublication,
)
from blueprints.public import metadata
from blueprints.templating import site_url
from services.kinds import KINDS

VERSION = "1.0.0"
# By the type of a kind's field; whatever is not named is text.
_TYPES: dict[str, dict[str, Any]] = {
    "day": {"type": ["string", "null"], "format": "date"},
    "number": {"type": ["integer", "null"]},
    "address": {"type": ["string", "null"], "format": "uri"},
}
_TEXT = {"type": ["string", "null"]}
_PROBLEM = {
    "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}},
}


def description() -> dict[str, Any]:
    """The OpenAPI document."""
    config = current_app.config
    spec = APISpec(
        title=f"API của {config['SITE_NAME']}",
        version=VERSION,
        openapi_version="3.1.0",
        info={
            "description": "Nội dung công khai của trang, chỉ đọc. " + config["SITE_LICENCE"],
            "contact": {"name": config["SITE_NAME"], "url": site_url("/api")},
        },
        servers=[{"url": site_url("")}],
        plugins=[MarshmallowPlugin()],
    )
    for schema in (Publication, WholePublication, Tombstone, Listing, Problem):
        spec.components.schema(schema.__name__, schema=schema)
    details = []
    for kind, info in KINDS.items():
        if not info.detail_fields:
            continue
        name = f"{kind.value.title()}Details"
        spec.components.schema(name, {"type": "object", **_details(info)})
        details.append({"$ref": f"#/components/schemas/{name}"})
    details.append({"type": "object", "maxProperties": 0})
    problems = {
        "400": {"description": "Tham số chưa đúng.", "content": _PROBLEM},
        "429": {"description": f"Quá nhiều yêu cầu ({LIMIT}).", "content": _PROBLEM},
    }
    unchanged = {"304": {"description": "Không đổi so với If-None-Match."}}
    spec.path(
        "/api/v1/publications",
        operations={
            "get": {
                "operationId": "listPublications",
                "summary": "Danh sách nội dung công khai",
                "parameters": [{"in": "query", "schema": Query}],
                "responses": {
                    "200": _answer("Một trang của danh sách.", "Listing"),
                    **unchanged,
                    **problems,
                },
            }
        },
    )
    number = {"in": "path", "name": "id", "required": True, "schema": {"type": "integer"}}
    spec.path(
        "/api/v1/publications/{id}",
        operations={
            "get": {
                "operationId": "getPublication",
                "summary": "Một nội dung, với toàn văn",
                "parameters": [number],
                "responses": {
                    "200": _answer("Nội dung.", "WholePublication"),
                    **unchanged,
                    "404": {"description": "Không có.", "content": _PROBLEM},
                    "410": {"description": "Đã gỡ hoặc hết hạn.", "content": _PROBLEM},
                    "429": problems["429"],
                },
            }
        },
    )
    document: dict[str, Any] = spec.to_dict()
    schemas = document["components"]["schemas"]
    for name in ("Publication", "WholePublication"):
        own = schemas[name]["properties"]["details"]
        own.pop("additionalProperties", None)
        own["anyOf"] = details
    schemas["Listing"]["properties"]["items"]["items"] = {
        "oneOf": [
            {"$ref": "#/components/schemas/Publication"},
            {"$ref": "#/components/schemas/Tombstone"},
        ]
    }
    return document


def _answer(about: str, schema: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {
        "description": about,
        "content": content,
        "headers": {"ETag": {"schema": {"type": "string"}}},
    }


def _details(info: Any) -> dict[str, Any]:
    known = {one.name: one for one in getattr(info, "fields", ())}
    properties = {}
    for name in info.detail_fields:
        field = known.get(name)
        properties[name] = {
            **_TYPES.get(str(getattr(field, "type", "")), _TEXT),
            "description": getattr(field, "label", name),
        }
        if choices := dict(getattr(field, "choices", ())):
            properties[name]["enum"] = [*choices, None]
    return {
        "description": f"Trường riêng của loại “{info.label}”.",
        "properties": properties,
        "required": list(info.detail_fields),
        "additionalProperties": False,
    }


@blueprint.get("/api/v1/openapi.json")
@access("public")
@http.cached()
def openapi() -> Response:
    return http.public(json.dumps(description(), ensure_ascii=False, indent=1), content_type=JSON)


@blueprint.get("/api")
@access("public")
@http.cached()
def about() -> Response:
    """What may be reused and how, for people."""
    tree = templating.section_tree()
    body = render_template(
        "public/api.html",
        document=description(),
        limit=LIMIT.partition(" ")[0],
        sections=[node for node in tree.ordered if node.is_active],
        kinds=list(KINDS.values()),
        meta=metadata.of_page(
            "Dữ liệu mở: RSS và API",
            f"Cách dùng lại nội dung của {current_app.config['SITE_NAME']}: RSS, Atom, JSON.",
            "/api",
        ),
        breadcrumbs=[("Trang chủ", "/"), ("Dữ liệu mở", None)],
    )
    return http.public(body)
