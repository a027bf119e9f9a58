"""What goes to the city portal."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from extensions import Model
from tables.people import User
from tables.publications import Publication, Revision
from tables.types import PortalEvent, PortalState, UTCDateTime, enum_column


class PortalMark(Model):
    """That a publication goes to the city portal whenever readers get it."""

    __tablename__ = "portal_mark"
    publication_id: Mapped[int] = mapped_column(
        ForeignKey("publication.id", ondelete="CASCADE"), primary_key=True
    )
    marked_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    marked_at: Mapped[datetime] = mapped_column(UTCDateTime)

    marked_by: Mapped[User] = relationship()


class PortalDelivery(Model):
    """One thing that the portal is told of a publication: tried until it is sent or given up."""

    __tablename__ = "portal_delivery"
    id: Mapped[int] = mapped_column(primary_key=True)
    publication_id: Mapped[int] = mapped_column(ForeignKey("publication.id", ondelete="CASCADE"))
    revision_id: Mapped[int] = mapped_column(ForeignKey("revision.id", ondelete="CASCADE"))
    event: Mapped[PortalEvent] = mapped_column(enum_column(PortalEvent, "portal_event"))
    state: Mapped[PortalState] = mapped_column(enum_column(PortalState, "portal_state"))
    # By it the portal knows what it was sent twice.
    key: Mapped[str] = mapped_column(String(40), unique=True)
    # What readers are told with it: a correction's text, the reason of a withdrawal.
    note: Mapped[str] = mapped_column(String(2000), default="", server_default="")
    attempts: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    next_try_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_error: Mapped[str] = mapped_column(String(500), default="", server_default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    accepted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    portal_address: Mapped[str] = mapped_column(String(1000), default="", server_default="")

    publication: Mapped[Publication] = relationship()
    revision: Mapped[Revision] = relationship()

    __table_args__ = (
        Index("ix_portal_delivery_publication", "publication_id", "id"),
        Index("ix_portal_delivery_due", "state", "next_try_at", "id"),
    )
