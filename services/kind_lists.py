"""What lists show of a kind's own fields, in one question for a whole page of them."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, select

from extensions import db
from models import Kind, Language, Publication
from services.kind_fields import written
from services.kinds import KINDS
from services.visibility import in_language, visible


def rows_of_kind(
    kind: Kind, detail: Any, *own: Any, now: datetime, language: Language
) -> Select[*tuple[Any, ...]]:
    """What a link to each text of one kind that readers see now needs, and then its ``own``."""
    return (
        select(
            Publication.id,
            Publication.kind,
            Publication.language,
            Publication.slug,
            Publication.title,
            Publication.summary,
            *own,
        )
        .join(detail, detail.revision_id == Publication.live_revision_id)
        .where(Publication.kind == kind, visible(now), in_language(language))
    )


@cache
def _details(kind: Kind) -> Select[*tuple[Any, ...]] | None:
    info = KINDS[kind]
    model = info.detail_model
    if model is None:
        return None
    return (
        select(Publication.id, *(getattr(model, field.name) for field in info.fields))
        .join(model, model.revision_id == Publication.live_revision_id)
        .where(Publication.id.in_(bindparam("ids", expanding=True)))
    )


def details_of_many(*, kind: Kind, ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """The own fields of live publications of one kind, as text by field, by publication."""
    query = _details(kind)
    if query is None or not ids:
        return {}
    return {
        row[0]: {
            field.name: written(field, value)
            for field, value in zip(KINDS[kind].fields, row[1:], strict=True)
        }
        for row in db.session.execute(query, {"ids": list(ids)})
    }


def live_details(*, kind: Kind, publication_id: int) -> dict[str, str]:
    """The same of one publication; empty strings where nothing is written."""
    found = details_of_many(kind=kind, ids=[publication_id]).get(publication_id)
    return found or {field.name: "" for field in KINDS[kind].fields}
