"""What lists show of a kind's own fields, in one question for a whole page of them."""

from collections.abc import Sequence

from sqlalchemy import select

from extensions import db
from models import Kind, Publication
from services.kind_fields import written
from services.kinds import KINDS


def details_of_many(*, kind: Kind, ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """The own fields of live publications of one kind, as text by field, by publication."""
    info = KINDS[kind]
    model = info.detail_model
    if model is None or not ids:
        return {}
    rows = db.session.execute(
        select(Publication.id, *(getattr(model, field.name) for field in info.fields))
        .join(model, model.revision_id == Publication.live_revision_id)
        .where(Publication.id.in_(ids))
    )
    return {
        row[0]: {
            field.name: written(field, value)
            for field, value in zip(info.fields, row[1:], strict=True)
        }
        for row in rows
    }
