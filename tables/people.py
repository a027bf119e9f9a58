"""Units, sections, and the people who have accounts."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    false,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from extensions import Model
from tables.types import NotifyBy, Role, SortKey, TokenPurpose, UTCDateTime, enum_column


class Unit(Model):
    """A division of the agency, or an outside body that contributes (phòng, đơn vị)."""

    __tablename__ = "unit"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    short_name: Mapped[str] = mapped_column(String(60), default="", server_default="")
    slug: Mapped[str] = mapped_column(String(120), unique=True)
    sort_key: Mapped[str] = mapped_column(SortKey)
    is_outside: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    position: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    is_active: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    # Posts a month that the unit is encouraged to write; 0: none is set.
    monthly_target: Mapped[int] = mapped_column(Integer, default=0, server_default="0")

    contacts: Mapped[list["User"]] = relationship(secondary="unit_contact")


# Who in the unit is told, beside the author, what the board did with a text.
unit_contact = Table(
    "unit_contact",
    Model.metadata,
    Column("unit_id", ForeignKey("unit.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True),
)

# Rights are granted per section; somebody with no row here has them in every section.
user_section = Table(
    "user_section",
    Model.metadata,
    Column("user_id", ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True),
    Column("section_id", ForeignKey("section.id", ondelete="CASCADE"), primary_key=True),
)


class User(Model):
    """Somebody with an account. ``session_token`` is what a session cookie names: a new one
    ends every session that this person has open."""

    __tablename__ = "user_account"
    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(64), unique=True)
    full_name: Mapped[str] = mapped_column(String(120))
    sort_key: Mapped[str] = mapped_column(SortKey)
    email: Mapped[str] = mapped_column(String(254), default="", server_default="")
    password_hash: Mapped[str] = mapped_column(String(200))
    role: Mapped[Role] = mapped_column(enum_column(Role, "role"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    session_token: Mapped[str] = mapped_column(String(64), unique=True)
    may_publish_unreviewed: Mapped[bool] = mapped_column(
        Boolean, default=False, server_default=false()
    )
    is_active: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    notify_by: Mapped[NotifyBy] = mapped_column(
        enum_column(NotifyBy, "notify_by"), default=NotifyBy.AT_ONCE, server_default="at_once"
    )
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    last_login_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    unit: Mapped[Unit] = relationship()
    sections: Mapped[list["Section"]] = relationship(secondary=user_section)

    # What Flask-Login asks of a user, without importing it here.
    is_authenticated = True
    is_anonymous = False

    def get_id(self) -> str:
        return self.session_token


class LoginFailure(Model):
    """A refused login, kept for the throttle only and pruned after it."""

    __tablename__ = "login_failure"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_hash: Mapped[str] = mapped_column(String(64))
    address_hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    __table_args__ = (
        Index("ix_login_failure_account", "account_hash", "at"),
        Index("ix_login_failure_address", "address_hash", "at"),
    )


class Section(Model):
    """Chuyên mục: a tree, ordered by ``position`` among its siblings."""

    __tablename__ = "section"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("section.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    slug: Mapped[str] = mapped_column(String(120), unique=True)
    description: Mapped[str] = mapped_column(String(500), default="", server_default="")
    # What it is called on English pages; "": as in Vietnamese.
    english_name: Mapped[str] = mapped_column(String(120), default="", server_default="")
    position: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    show_in_menu: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    show_on_home: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    is_active: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())

    parent: Mapped["Section | None"] = relationship(remote_side=[id])


class SectionAlias(Model):
    """An address that a section had before; it redirects for ever."""

    __tablename__ = "section_alias"
    slug: Mapped[str] = mapped_column(String(120), primary_key=True)
    section_id: Mapped[int] = mapped_column(
        ForeignKey("section.id", ondelete="CASCADE"), index=True
    )


class UnitTarget(Model):
    """How many posts a unit is asked for in one month, where it differs from its usual number."""

    __tablename__ = "unit_target"
    unit_id: Mapped[int] = mapped_column(
        ForeignKey("unit.id", ondelete="CASCADE"), primary_key=True
    )
    # The first day of the month.
    month_on: Mapped[date] = mapped_column(Date, primary_key=True)
    posts: Mapped[int] = mapped_column(Integer)


class AccountToken(Model):
    """An invitation, or a way to a new password: only the hash of what the address holds."""

    __tablename__ = "account_token"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user_account.id", ondelete="CASCADE"), index=True
    )
    purpose: Mapped[TokenPurpose] = mapped_column(enum_column(TokenPurpose, "token_purpose"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    user: Mapped[User] = relationship(foreign_keys=[user_id])


class AuditEvent(Model):
    """What somebody did in the administration: to whom or what, and what was there before."""

    __tablename__ = "audit_event"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    # None: done at the command line of the server.
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    action: Mapped[str] = mapped_column(String(60))
    # "user", "unit", "section", "setting" …, its id (or key), and its name as it was then.
    subject: Mapped[str] = mapped_column(String(40))
    subject_key: Mapped[str] = mapped_column(String(80))
    subject_name: Mapped[str] = mapped_column(String(300), default="", server_default="")
    # {"field": [before, after]}; never a password or a token.
    changes: Mapped[dict[str, Any]] = mapped_column(JSON)

    actor: Mapped[User | None] = relationship()

    __table_args__ = (Index("ix_audit_event_subject", "subject", "subject_key", "id"),)
