"""Pictures and files."""

from datetime import datetime

from sqlalchemy import (
    JSON,
    Boolean,
    ForeignKey,
    Integer,
    String,
    Text,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from extensions import Model
from tables.types import MediaKind, TextState, UTCDateTime, enum_column


class Media(Model):
    """A picture, stored as re-encoded variants, or a file, as it came, under ``token``.

    A file has no width, height and widths (0, 0, []).
    """

    __tablename__ = "media"
    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(43), unique=True)
    kind: Mapped[MediaKind] = mapped_column(
        enum_column(MediaKind, "media_kind"),
        default=MediaKind.PICTURE,
        server_default="picture",
    )
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    original_name: Mapped[str] = mapped_column(String(255))
    mime: Mapped[str] = mapped_column(String(100))
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    size_bytes: Mapped[int] = mapped_column(Integer)
    # Widths in px for which a WebP variant is stored, ascending.
    widths: Mapped[list[int]] = mapped_column(JSON)
    alt: Mapped[str] = mapped_column(String(300), default="", server_default="")
    caption: Mapped[str] = mapped_column(String(500), default="", server_default="")
    credit: Mapped[str] = mapped_column(String(200), default="", server_default="")
    is_decorative: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    uploaded_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    publication_id: Mapped[int | None] = mapped_column(
        ForeignKey("publication.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    # Where the eye should be when the picture is cropped, in per cent from the left and the top.
    focus_x: Mapped[int] = mapped_column(Integer, default=50, server_default="50")
    focus_y: Mapped[int] = mapped_column(Integer, default=50, server_default="50")
    # How often it was replaced by another picture or file at the same address.
    version: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    replaced_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class MediaUse(Model):
    """Which revision shows which picture, in its body or as its lead."""

    __tablename__ = "media_use"
    revision_id: Mapped[int] = mapped_column(
        ForeignKey("revision.id", ondelete="CASCADE"), primary_key=True
    )
    media_id: Mapped[int] = mapped_column(
        ForeignKey("media.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class RevisionFile(Model):
    """A file attached to a revision, in the order and under the name that its writer gave."""

    __tablename__ = "revision_file"
    revision_id: Mapped[int] = mapped_column(
        ForeignKey("revision.id", ondelete="CASCADE"), primary_key=True
    )
    media_id: Mapped[int] = mapped_column(
        ForeignKey("media.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    position: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    label: Mapped[str] = mapped_column(String(300), default="", server_default="")

    media: Mapped[Media] = relationship()


class MediaText(Model):
    """What a file says, read in the background (services/file_texts), for searching in.

    It is that of the version of the file that it names; a file that was replaced since is read
    anew. ``note`` says, to people, why there is none.
    """

    __tablename__ = "media_text"
    media_id: Mapped[int] = mapped_column(
        ForeignKey("media.id", ondelete="CASCADE"), primary_key=True
    )
    version: Mapped[int] = mapped_column(Integer)
    state: Mapped[TextState] = mapped_column(enum_column(TextState, "text_state"))
    text: Mapped[str] = mapped_column(Text, default="", server_default="")
    note: Mapped[str] = mapped_column(String(500), default="", server_default="")
    # How often it was begun: a file that takes its reader down with it is left alone in the end.
    attempts: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    begun_at: Mapped[datetime] = mapped_column(UTCDateTime)
    extracted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
