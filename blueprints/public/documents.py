"""What a document's page shows beside its fields: its status and the documents around it."""

from datetime import datetime
from itertools import groupby
from typing import Any

from blueprints.public.kind_pages import more
from models import Kind
from services import document_relations, documents
from services.articles import Article


@more(Kind.DOCUMENT)
def of_document(article: Article, now: datetime) -> dict[str, Any]:
    found = document_relations.relations_of(publication_id=article.id, now=now)
    return {
        "state": documents.states_of({article.id: article.details}, now)[article.id],
        "relations": [
            (label, list(group)) for label, group in groupby(found, key=lambda one: one.label)
        ],
    }
