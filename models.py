"""Tables, enumerations and constraints of the site. No queries, no rules, no Flask.

Naming: ``*_at`` is an aware UTC datetime, ``*_on`` a date in Asia/Ho_Chi_Minh. The tables stand
in ``tables/``, a file for each part of the site; everybody else imports them from here.
"""

from tables.desk import (
    Link,
    LinkUse,
    Notification,
    OutboxMail,
    Presence,
    PreviewLink,
    Remark,
)
from tables.duties import (
    DayException,
    DutyItem,
    OutageNotice,
)
from tables.kinds import (
    ComplaintDetail,
    ConsultationDetail,
    DocumentDetail,
    NoticeDetail,
    PageDetail,
    ProcedureDetail,
    QuestionDetail,
    TaskDetail,
)
from tables.media import (
    Media,
    MediaText,
    MediaUse,
    RevisionFile,
)
from tables.moving import (
    ImportItem,
    OldAddress,
)
from tables.people import (
    AccountToken,
    AuditEvent,
    LoginFailure,
    Section,
    SectionAlias,
    Unit,
    UnitTarget,
    User,
    unit_contact,
    user_section,
)
from tables.portal import (
    PortalDelivery,
    PortalMark,
)
from tables.publications import (
    Correction,
    Publication,
    Revision,
    Transition,
)
from tables.search import (
    Promotion,
    RelatedPublication,
    RelatedState,
    Synonym,
    UnansweredQuery,
)
from tables.site import (
    ContentVersion,
    Setting,
    ViewDay,
    ViewSeen,
    ViewTotal,
)
from tables.types import (
    Genre,
    Kind,
    Language,
    MediaKind,
    NotifyBy,
    Origin,
    PortalEvent,
    PortalState,
    Role,
    SortKey,
    State,
    TextState,
    TokenPurpose,
    UTCDateTime,
)

__all__ = [
    "AccountToken",
    "AuditEvent",
    "ComplaintDetail",
    "ConsultationDetail",
    "ContentVersion",
    "Correction",
    "DayException",
    "DocumentDetail",
    "DutyItem",
    "Genre",
    "ImportItem",
    "Kind",
    "Language",
    "Link",
    "LinkUse",
    "LoginFailure",
    "Media",
    "MediaKind",
    "MediaText",
    "MediaUse",
    "NoticeDetail",
    "Notification",
    "NotifyBy",
    "OldAddress",
    "Origin",
    "OutageNotice",
    "OutboxMail",
    "PageDetail",
    "PortalDelivery",
    "PortalEvent",
    "PortalMark",
    "PortalState",
    "Presence",
    "PreviewLink",
    "ProcedureDetail",
    "Promotion",
    "Publication",
    "QuestionDetail",
    "RelatedPublication",
    "RelatedState",
    "Remark",
    "Revision",
    "RevisionFile",
    "Role",
    "Section",
    "SectionAlias",
    "Setting",
    "SortKey",
    "State",
    "Synonym",
    "TaskDetail",
    "TextState",
    "TokenPurpose",
    "Transition",
    "UTCDateTime",
    "UnansweredQuery",
    "Unit",
    "UnitTarget",
    "User",
    "ViewDay",
    "ViewSeen",
    "ViewTotal",
    "unit_contact",
    "user_section",
]
