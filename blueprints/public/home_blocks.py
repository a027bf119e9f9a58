"""What the home page shows beside news: services, documents, drafts open for comments."""

from datetime import datetime
from typing import Any

from models import Kind, Language
from services import consultations, listing, procedures
from services.kind_lists import details_of_many

SERVICES = 5
DOCUMENTS = 5
CONSULTATIONS = 3
QUESTIONS = 3


def of_home(*, now: datetime, language: Language) -> dict[str, Any]:
    """Always so many questions, whatever the site holds."""
    documents = listing.latest(now=now, limit=DOCUMENTS, kind=Kind.DOCUMENT, language=language)
    numbers = details_of_many(kind=Kind.DOCUMENT, ids=[card.id for card in documents])
    return {
        "online": procedures.counts(now=now, language=language),
        "services": procedures.most_used(now=now, limit=SERVICES, language=language),
        "documents": [
            (card, numbers.get(card.id, {}).get("document_number", "")) for card in documents
        ],
        "consultations": consultations.open_now(now=now, limit=CONSULTATIONS, language=language),
        "questions": listing.latest(
            now=now, limit=QUESTIONS, kind=Kind.QUESTION, language=language
        ),
    }
