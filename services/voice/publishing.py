"""A question of general interest becomes a publication: a draft, which goes the way of every
text, four eyes and all. Who asked is not in it."""

import html
from datetime import datetime

from extensions import db
from models import Kind, Publication, User, VoiceItem
from services import publications
from services.dates import format_date
from services.publications import Content
from services.voice.handling import check, record


def make_publication(*, item: VoiceItem, actor: User, seen: str, now: datetime) -> Publication:
    """Soạn bài hỏi đáp: the draft, the actor's own. Raises as every action does."""
    check("publish", item, actor, seen)
    body_of = item.unit or actor.unit
    publication = publications.create(
        actor=actor,
        kind=Kind.QUESTION,
        content=Content(
            title=item.subject,
            summary="",
            body=as_html(item.answer),
            byline=body_of.name,
            details={
                "question": item.text,
                "asker": "Bạn đọc",
                "asked_on": format_date(item.received_at),
                "answering_body": body_of.name,
                "answered_on": format_date(item.closed_at or now),
            },
        ),
        now=now,
    )
    item.made_publication_id = publication.id
    db.session.flush()
    record("publish", item, actor, now, {"made": [None, publication.id]})
    return publication


def as_html(text: str) -> str:
    """Plain text as paragraphs, for the editor; sanitised like whatever is written there."""
    blocks = [block for block in text.split("\n\n") if block.strip()]
    lines = ["<br>".join(html.escape(line) for line in block.split("\n")) for block in blocks]
    return "".join(f"<p>{block}</p>" for block in lines)
