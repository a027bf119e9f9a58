"""The list and one publication of it."""

import json
import re
from datetime import timedelta
from typing import Any

from flask import Response, abort, current_app, request, url_for
from marshmallow import ValidationError
from sqlalchemy import select

from blueprints import http, problems, templating
from blueprints.access import access
from blueprints.api import blueprint
from blueprints.api.schemas import Listing, Publication, Query, Tombstone, WholePublication
from blueprints.public import feeding
from blueprints.templating import iso, publication_url, site_url
from extensions import db, limiter
from models import Kind, Language, Origin, Unit
from services import api, articles, cursors, sectioning
from services.api import Gone, Record, Wanted
from services.articles import Article
from services.errors import InvalidInput
from services.kinds import KINDS
from services.media import refresh_pictures

JSON = "application/json; charset=utf-8"
LIMIT = "120 per minute"
# What was committed while somebody read may carry a moment before: they ask for a little twice.
OVERLAP = timedelta(minutes=5)
_ADDRESS = re.compile(r'(\s(?:src|href)=")(?=/(?!/))')
_SRCSET = re.compile(r'(\ssrcset=")([^"]*)"')
QUERY = Query()
PARAMETERS = tuple(field.data_key or name for name, field in QUERY.fields.items())


@blueprint.after_request
def open_to_all(response: Response) -> Response:
    """Scripts of other sites may read what anybody may."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = "ETag, Link, Retry-After"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
        response.headers["Access-Control-Allow-Headers"] = "If-None-Match, Accept"
        response.headers["Access-Control-Max-Age"] = "86400"
    return response


@blueprint.get("/api/v1/publications")
@access("public")
@http.cached(*PARAMETERS)
@limiter.limit(LIMIT)
def publications() -> Response:
    try:
        asked: dict[str, Any] = QUERY.load(request.args.to_dict())  # type: ignore[assignment]
        wanted, question = _wanted(asked)
    except ValidationError as error:
        return _refusal(error.normalized_messages())
    except InvalidInput as error:
        return _refusal({name: [sentence] for name, sentence in error.fields.items()})
    found = api.page_of(wanted=wanted, now=templating.now())
    next_url = None
    if found.place is not None:
        key = current_app.config["SECRET_KEY"]
        cursor = cursors.write(found.place, question=question, secret_key=key)
        values = {**question, "so-luong": wanted.per_page, "cursor": cursor}
        next_url = site_url(url_for("api.publications", **values))
    until = found.changed_until or wanted.updated_since
    body = {
        "items": [
            PUBLICATION.dump(resource(item))
            if isinstance(item, Record)
            else TOMBSTONE.dump(tombstone(item))
            for item in found.items
        ],
        "next": next_url,
        "next_updated_since": iso(until - OVERLAP) if until else None,
        "licence": current_app.config["SITE_LICENCE"],
    }
    response = _json(LISTING.dump(body))
    if next_url:
        response.headers["Link"] = f'<{next_url}>; rel="next"'
    if "updated_since" in question or wanted.after is not None:
        # Each re-user asks for another moment: such answers would push out what all ask for.
        response.headers["Cache-Control"] = "no-cache"
    return response


@blueprint.get("/api/v1/publications/<int:publication_id>")
@access("public")
@http.cached()
@limiter.limit(LIMIT)
def publication(publication_id: int) -> Response:
    now = templating.now()
    article = articles.article(publication_id=publication_id, now=now)
    if article is None:
        abort(404)
    found = api.record(publication_id=publication_id) if isinstance(article, Article) else None
    if found is None:
        return problems.problem(
            410,
            title="Nội dung đã được gỡ",
            detail="Nội dung này không còn công khai; hãy xoá bản đang dùng lại.",
        )
    whole = resource(found) | {"body_html": absolute(refresh_pictures(found.revision.body))}
    return _json(WHOLE.dump(whole))


PUBLICATION, WHOLE, TOMBSTONE, LISTING = Publication(), WholePublication(), Tombstone(), Listing()


def _wanted(asked: dict[str, Any]) -> tuple[Wanted, dict[str, str]]:
    """What is asked for, and the question that a cursor belongs to. Raises InvalidInput."""
    question = {
        name: value
        for name, value in request.args.to_dict().items()
        if name in PARAMETERS and name not in {"cursor", "so-luong"} and value
    }
    wrong: dict[str, str] = {}
    section_ids: list[int] = []
    if asked.get("section"):
        tree = templating.section_tree()
        node = tree.by_slug.get(asked["section"])
        if node is None or not node.is_active:
            node = tree.by_slug.get(sectioning.heir_of(asked["section"]) or "")
        if node is None:
            wrong["chuyen-muc"] = "Không có chuyên mục này."
        else:
            section_ids = tree.ids_below(node)
    unit_id = None
    if asked.get("unit"):
        unit_id = db.session.scalar(select(Unit.id).where(Unit.slug == asked["unit"]))
        if unit_id is None:
            wrong["don-vi"] = "Không có đơn vị này."
    if wrong:
        raise InvalidInput(" ".join(wrong.values()), wrong)
    after = None
    if asked.get("cursor"):
        key = current_app.config["SECRET_KEY"]
        after = cursors.read(asked["cursor"], question=question, secret_key=key)
    kinds: dict[str, Kind] = {info.path: kind for kind, info in KINDS.items()}
    wanted = Wanted(
        kind=kinds.get(asked.get("kind", "")),
        section_ids=section_ids,
        unit_id=unit_id,
        language=Language(asked["language"]) if asked.get("language") else None,
        updated_since=asked.get("updated_since"),
        after=after,
        per_page=asked["per_page"],
    )
    return wanted, question


def _refusal(errors: dict[str, list[str]]) -> Response:
    sentences = [f"{name}: {said}" for name, all_said in errors.items() for said in all_said]
    return problems.problem(
        400, title="Tham số chưa đúng", detail=" ".join(sentences), errors=errors
    )


def _json(body: Any) -> Response:
    return http.public(json.dumps(body, ensure_ascii=False), content_type=JSON)


def resource(record: Record) -> dict[str, Any]:
    """A publication as the API says it."""
    card, revision = record.card, record.revision
    name = current_app.config["SITE_NAME"]
    url = publication_url(card, external=True)
    section = {"name": card.section_name, "slug": card.section_slug}
    return {
        "id": card.id,
        "tag": feeding.tag_of(card.id, record.begun_at),
        "is_gone": False,
        "url": url,
        "api_url": site_url(url_for("api.publication", publication_id=card.id)),
        "kind": _kind(card.kind),
        "title": card.title,
        "summary": card.summary,
        "byline": card.byline,
        "language": card.language.value,
        "section": section if card.section_id is not None else None,
        "unit": card.unit_name,
        "published_at": iso(card.published_at),
        "changed_at": iso(max(record.changed_at, card.published_at)),
        "expires_at": iso(record.expires_at) if record.expires_at else None,
        "translation_of": record.translation_of_id,
        "is_collected": revision.origin is Origin.COLLECTED,
        "source": revision.source_name,
        "source_url": revision.source_url,
        "details": record.details,
        "files": [
            {
                "title": file.title,
                "url": site_url(file.address),
                "mime_type": file.mime,
                "size_bytes": file.size_bytes,
            }
            for file in record.files
        ],
        "pictures": [
            {"url": site_url(one.address), "alt": one.alt, "caption": one.caption}
            for one in record.pictures
        ],
        "corrections": [
            {"noted_at": iso(noted_at), "text": text} for noted_at, text in record.corrections
        ],
        "licence": current_app.config["SITE_LICENCE"],
        "attribution": f"{card.byline or card.unit_name} – {name}, {url}",
    }


def tombstone(gone: Gone) -> dict[str, Any]:
    """What is gone, as the API says it: nothing of its text."""
    return {
        "id": gone.id,
        "tag": feeding.tag_of(gone.id, gone.begun_at),
        "is_gone": True,
        "kind": _kind(gone.kind),
        "gone_at": iso(gone.gone_at),
        "reason": "expired" if gone.is_expired else "withdrawn",
    }


def _kind(kind: Kind) -> dict[str, str]:
    return {"name": KINDS[kind].label, "slug": KINDS[kind].path}


def absolute(html: str) -> str:
    """Sanitised HTML whose addresses are whole, for showing it elsewhere."""
    root = site_url("")
    html = _ADDRESS.sub(lambda match: match[1] + root, html)
    return _SRCSET.sub(
        lambda match: match[1] + re.sub(r"(^|,\s*)/(?!/)", rf"\g<1>{root}/", match[2]) + '"', html
    )
