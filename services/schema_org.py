"""How each kind is said in schema.org's words: a type, and where each property comes from.

Beside ``services/kinds``: a kind that is not named here is an Article. What a row names is looked
up in the kind's own fields; a function is given the whole and says the value itself. Empty values
are left out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from services import dates
from services.articles import Article
from services.documents import DocumentStatus
from services.errors import InvalidInput
from services.kinds import KINDS
from services.sanitising import plain_text

Node = dict[str, Any]
IN_FORCE, NOT_IN_FORCE = "https://schema.org/InForce", "https://schema.org/NotInForce"
MAX_HEADLINE_CHARACTERS = 110


@dataclass(frozen=True, slots=True)
class Related:
    """Another document that readers see: ``relation`` is what this one does to it."""

    relation: str
    url: str
    name: str
    number: str


@dataclass(frozen=True, slots=True)
class Source:
    """One publication as a mapping reads it, on the day of reading. ``status`` and ``related``
    are a document's: whether it has effect, and what it says of others."""

    article: Article
    url: str
    on: date
    status: str = ""
    related: Sequence[Related] = ()

    def said(self, name: str) -> str:
        """A field of its kind as readers are told it."""
        value = str(self.article.details.get(name, "") or "")
        known = {one.name: one for one in getattr(KINDS[self.article.kind], "fields", ())}
        choices = dict(getattr(known.get(name), "choices", ()))
        return str(choices.get(value, value))

    def day(self, name: str) -> str:
        """A day as ISO 8601 writes it; "" where there is none."""
        found = self.date(name)
        return found.isoformat() if found else ""

    def date(self, name: str) -> date | None:
        value = self.article.details.get(name, "")
        try:
            return dates.parse_date(str(value)) if value else None
        except InvalidInput:
            return None


Value = str | Callable[[Source], Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """A type and its properties; ``is_work``: it has author, dates and the like of a text."""

    type: str
    properties: Mapping[str, Value] = field(default_factory=dict)
    is_work: bool = True


def _named(kind: str, name: str) -> Callable[[Source], Node | str]:
    """An organisation, a person … of which only the name is known."""

    def say(source: Source) -> Node | str:
        said = source.said(name)
        return {"@type": kind, "name": said} if said else ""

    return say


def _day(name: str) -> Callable[[Source], str]:
    return lambda source: source.day(name)


def _force(source: Source) -> str:
    """As the page says it, replacement and all; nothing where nobody asked after the status."""
    if not source.status:
        return ""
    return IN_FORCE if source.status == DocumentStatus.IN_FORCE else NOT_IN_FORCE


def _others(relation: str) -> Callable[[Source], list[Node]]:
    """The documents to which this one stands so. What others do to this one is said on their
    pages: schema.org has no words for the way back."""

    def say(source: Source) -> list[Node]:
        return [
            filled(
                {
                    "@type": "Legislation",
                    "@id": other.url,
                    "url": other.url,
                    "name": other.name,
                    "legislationIdentifier": other.number,
                }
            )
            for other in source.related
            if other.relation == relation
        ]

    return say


def _channel(source: Source) -> Node | str:
    address = source.said("service_url")
    return {"@type": "ServiceChannel", "serviceUrl": address} if address else ""


def _audience(source: Source) -> Node | str:
    said = source.said("subjects")
    return {"@type": "Audience", "audienceType": said} if said else ""


def _question(source: Source) -> Node:
    article = source.article
    answer: Node = {
        "@type": "Answer",
        "text": plain_text(article.body),
        "url": source.url,
        "dateCreated": source.day("answered_on"),
        "author": _named("Organization", "answering_body")(source),
    }
    asked: Node = {
        "@type": "Question",
        "name": article.title,
        "text": source.said("question") or article.title,
        "answerCount": 1,
        "dateCreated": source.day("asked_on"),
        "acceptedAnswer": filled(answer),
    }
    return filled(asked)


def _place(source: Source) -> Node:
    return {"@type": "VirtualLocation", "url": source.url}


def _headline(source: Source) -> str:
    return source.article.title[:MAX_HEADLINE_CHARACTERS]


# By the kind's value.
MAPPINGS: dict[str, Shape] = {
    "post": Shape("NewsArticle", {"headline": _headline}),
    "notice": Shape(
        "Article",
        {
            "headline": _headline,
            "identifier": "document_number",
            "sourceOrganization": _named("GovernmentOrganization", "issuing_body"),
        },
    ),
    "document": Shape(
        "Legislation",
        {
            "legislationIdentifier": "document_number",
            "legislationType": "document_type",
            "legislationDate": _day("issued_on"),
            "legislationPassedBy": _named("GovernmentOrganization", "issuing_body"),
            "legislationLegalForce": _force,
            "legislationRepeals": _others("replaces"),
            "legislationAmends": _others("amends"),
            "legislationChanges": _others("supplements"),
            "citation": _others("relates"),
            "temporalCoverage": lambda source: (
                f"{source.day('effective_on')}/{source.day('expires_on') or '..'}"
                if source.day("effective_on")
                else ""
            ),
            "about": "domain",
        },
    ),
    "consultation": Shape(
        "Event",
        {
            "startDate": _day("opens_on"),
            "endDate": _day("closes_on"),
            "organizer": _named("GovernmentOrganization", "lead_body"),
            "eventAttendanceMode": lambda _: "https://schema.org/OnlineEventAttendanceMode",
            "location": _place,
        },
        is_work=False,
    ),
    "procedure": Shape(
        "GovernmentService",
        {
            "identifier": "code",
            "serviceType": "domain",
            "provider": _named("GovernmentOrganization", "agency"),
            "audience": _audience,
            "serviceOutput": _named("Thing", "result"),
            "availableChannel": _channel,
        },
        is_work=False,
    ),
    "complaint": Shape(
        "Report",
        {
            "headline": _headline,
            "reportNumber": "document_number",
            "dateCreated": _day("decided_on"),
            "sourceOrganization": _named("GovernmentOrganization", "agency"),
        },
    ),
    "question": Shape("QAPage", {"mainEntity": _question}),
    "task": Shape(
        "ResearchProject",
        {
            "identifier": "code",
            "foundingDate": _day("starts_on"),
            "dissolutionDate": _day("ends_on"),
            "parentOrganization": _named("Organization", "host"),
            "knowsAbout": "domain",
        },
        is_work=False,
    ),
    "page": Shape("WebPage"),
}
OTHERWISE = Shape("Article", {"headline": _headline})


def filled(node: Node) -> Node:
    """Without what is empty."""
    return {name: value for name, value in node.items() if value not in ("", None, [], {})}


def described(source: Source) -> tuple[Node, bool]:
    """The node of one publication, as far as its kind says; and whether it is a work, to which
    author, dates and publisher are added."""
    mapping = MAPPINGS.get(source.article.kind.value, OTHERWISE)
    said = {
        name: source.said(value) if isinstance(value, str) else value(source)
        for name, value in mapping.properties.items()
    }
    node = {"@type": mapping.type, "name": source.article.title, "url": source.url, **said}
    return filled(node), mapping.is_work
