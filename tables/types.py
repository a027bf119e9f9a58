"""Column types and enumerations that the tables share."""

from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import DateTime, Dialect, Enum, String, TypeDecorator
from sqlalchemy.dialects import postgresql


class UTCDateTime(TypeDecorator[datetime]):
    """An aware datetime, kept in UTC on both engines (SQLite has no zones of its own)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without a zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# Sorting keys are ASCII and made in Python; PostgreSQL must compare them by byte, as SQLite does.
SortKey = String(400).with_variant(postgresql.VARCHAR(400, collation="C"), "postgresql")


def enum_column(kind: type[StrEnum], name: str) -> Enum:
    """A StrEnum kept by its value, as text, so that a new member needs no ALTER TYPE."""
    return Enum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=False,
        length=32,
        values_callable=lambda members: [member.value for member in members],
    )


class Role(StrEnum):
    CONTRIBUTOR = "contributor"
    EDITOR = "editor"
    CHIEF = "chief"
    ADMIN = "admin"


class Kind(StrEnum):
    """What a publication is; ``services/kinds.py`` says what each has."""

    POST = "post"
    NOTICE = "notice"
    DOCUMENT = "document"
    CONSULTATION = "consultation"
    PROCEDURE = "procedure"
    COMPLAINT = "complaint"
    QUESTION = "question"
    TASK = "task"
    PAGE = "page"


class State(StrEnum):
    """Where a revision stands (domain.md, States). Scheduled and expired follow from dates."""

    DRAFT = "draft"
    AWAITING_EDIT = "awaiting_edit"
    IN_EDIT = "in_edit"
    AWAITING_APPROVAL = "awaiting_approval"
    APPROVED = "approved"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"
    NEEDS_CHANGES = "needs_changes"
    REJECTED = "rejected"
    ARCHIVED = "archived"
    SUPERSEDED = "superseded"


class Origin(StrEnum):
    OWN = "own"
    COLLECTED = "collected"


class Genre(StrEnum):
    """Thể loại, as NĐ 18/2014 Điều 5 tells them apart for royalties."""

    NEWS = "news"
    ARTICLE = "article"
    REPORTAGE = "reportage"
    INTERVIEW = "interview"
    PHOTO = "photo"
    VIDEO = "video"


class NotifyBy(StrEnum):
    """How somebody is told what the board did, beside the bell on the desk."""

    AT_ONCE = "at_once"  # a mail for each
    DIGEST = "digest"  # one mail a day
    SITE_ONLY = "site_only"


class TokenPurpose(StrEnum):
    INVITE = "invite"
    RESET = "reset"


class Language(StrEnum):
    """What a publication is written in; the site's own texts are there in the same two."""

    VI = "vi"
    EN = "en"


class TextState(StrEnum):
    """What came of reading a file's text."""

    READING = "reading"  # begun; if nobody is at it, it was interrupted
    DONE = "done"
    EMPTY = "empty"  # a scan, or pictures only
    UNREADABLE = "unreadable"


class MediaKind(StrEnum):
    PICTURE = "picture"
    FILE = "file"


class PortalEvent(StrEnum):
    """What the city portal is told of a publication."""

    PUBLISH = "publish"
    UPDATE = "update"
    CORRECT = "correct"
    WITHDRAW = "withdraw"


class PortalState(StrEnum):
    """Where a delivery to the city portal stands."""

    QUEUED = "queued"
    SENT = "sent"
    ACCEPTED = "accepted"
    REFUSED = "refused"  # by the portal
    FAILED = "failed"  # could not be delivered, and is not tried any more
    CANCELLED = "cancelled"  # by us, before it was sent


class DayPart(StrEnum):
    """When on its day something of the work schedule is."""

    HOURS = "hours"
    MORNING = "morning"
    AFTERNOON = "afternoon"
    ALL_DAY = "all_day"


class EntryStatus(StrEnum):
    """Whether something of the work schedule takes place."""

    PLANNED = "planned"
    POSTPONED = "postponed"
    CANCELLED = "cancelled"
