"""What only one kind of publication has: a table for each, one row a revision.

``services/kinds.py`` says how each column is called on the screen and what may be typed into it.
"""

from datetime import date

from sqlalchemy import Date, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from extensions import Model


def _line(length: int = 200) -> Mapped[str]:
    return mapped_column(String(length), default="", server_default="")


def _text() -> Mapped[str]:
    return mapped_column(Text, default="", server_default="")


def _day() -> Mapped[date | None]:
    return mapped_column(Date)


def _number_key() -> Mapped[str]:
    """The number beside it, folded: under it all ways to write one number meet."""
    return mapped_column(String(80), default="", server_default="", index=True)


class Detail:
    """What every such row has: the revision that it belongs to."""

    @declared_attr
    def revision_id(cls) -> Mapped[int]:  # noqa: N805 - SQLAlchemy calls it on the class
        return mapped_column(ForeignKey("revision.id", ondelete="CASCADE"), primary_key=True)


class NoticeDetail(Detail, Model):
    """Thông báo, chỉ đạo điều hành."""

    __tablename__ = "notice_detail"
    issuing_body: Mapped[str] = _line()
    document_number: Mapped[str] = _line(80)
    number_key: Mapped[str] = _number_key()


class DocumentDetail(Detail, Model):
    """Văn bản: a legal or administrative document. Its summary is its trích yếu."""

    __tablename__ = "document_detail"
    document_number: Mapped[str] = _line(80)
    number_key: Mapped[str] = _number_key()
    document_type: Mapped[str] = _line(40)
    domain: Mapped[str] = _line()
    issuing_body: Mapped[str] = _line()
    signer: Mapped[str] = _line()
    issued_on: Mapped[date | None] = _day()
    effective_on: Mapped[date | None] = _day()
    # The day from which it has no effect any more.
    expires_on: Mapped[date | None] = _day()
    # Other documents as they were typed, one a line; DocumentRelation holds which they are.
    replaces: Mapped[str] = _text()
    amends: Mapped[str] = _text()
    supplements: Mapped[str] = _text()
    relates: Mapped[str] = _text()

    __table_args__ = (Index("ix_document_detail_issued", "issued_on", "revision_id"),)


class DocumentRelation(Model):
    """What a revision of a document says of another document; ``relation`` is the field's name."""

    __tablename__ = "document_relation"
    revision_id: Mapped[int] = mapped_column(
        ForeignKey("revision.id", ondelete="CASCADE"), primary_key=True
    )
    relation: Mapped[str] = mapped_column(String(20), primary_key=True)
    target_id: Mapped[int] = mapped_column(
        ForeignKey("publication.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class DocumentRegister(Model):
    """The numbers of documents that readers see, or will at an hour that is set: each is there
    once within one issuing body and year."""

    __tablename__ = "document_register"
    publication_id: Mapped[int] = mapped_column(
        ForeignKey("publication.id", ondelete="CASCADE"), primary_key=True
    )
    number_key: Mapped[str] = mapped_column(String(80))
    body_key: Mapped[str] = mapped_column(String(200))
    year: Mapped[int] = mapped_column(Integer)

    __table_args__ = (UniqueConstraint("number_key", "body_key", "year"),)


class ConsultationDetail(Detail, Model):
    """Lấy ý kiến dự thảo: its body is the whole draft."""

    __tablename__ = "consultation_detail"
    opens_on: Mapped[date | None] = _day()
    # The last day on which comments are taken, all of it.
    closes_on: Mapped[date | None] = _day()
    lead_body: Mapped[str] = _line()
    response: Mapped[str] = _text()

    __table_args__ = (Index("ix_consultation_detail_closes", "closes_on"),)


class ProcedureDetail(Detail, Model):
    """Thủ tục hành chính, dịch vụ công; its forms are its attached files."""

    __tablename__ = "procedure_detail"
    code: Mapped[str] = _line(60)
    domain: Mapped[str] = _line()
    agency: Mapped[str] = _line()
    subjects: Mapped[str] = _text()
    steps: Mapped[str] = _text()
    method: Mapped[str] = _text()
    dossier: Mapped[str] = _text()
    dossier_count: Mapped[str] = _line()
    time_limit: Mapped[str] = _text()
    fee: Mapped[str] = _text()
    result: Mapped[str] = _text()
    conditions: Mapped[str] = _text()
    legal_basis: Mapped[str] = _text()
    online_level: Mapped[str] = _line(20)
    service_url: Mapped[str] = _line(1000)


class ComplaintDetail(Detail, Model):
    """Kết quả giải quyết khiếu nại, tố cáo; people's names are left out of it."""

    __tablename__ = "complaint_detail"
    document_number: Mapped[str] = _line(80)
    number_key: Mapped[str] = _number_key()
    decided_on: Mapped[date | None] = _day()
    complaint_type: Mapped[str] = _line(20)
    agency: Mapped[str] = _line()
    result: Mapped[str] = _text()


class QuestionDetail(Detail, Model):
    """Hỏi đáp: the body is the answer."""

    __tablename__ = "question_detail"
    asker: Mapped[str] = _line()
    asked_on: Mapped[date | None] = _day()
    question: Mapped[str] = _text()
    domain: Mapped[str] = _line()
    answering_body: Mapped[str] = _line()
    answered_on: Mapped[date | None] = _day()


class TaskDetail(Detail, Model):
    """Đề tài, nhiệm vụ khoa học và công nghệ."""

    __tablename__ = "task_detail"
    code: Mapped[str] = _line(60)
    level: Mapped[str] = _line(20)
    domain: Mapped[str] = _line()
    host: Mapped[str] = _line()
    leader: Mapped[str] = _line()
    starts_on: Mapped[date | None] = _day()
    ends_on: Mapped[date | None] = _day()
    status: Mapped[str] = _line(20)
    result: Mapped[str] = _text()


class PageDetail(Detail, Model):
    """Trang tĩnh: what part of the site it stands in, and where among the others there."""

    __tablename__ = "page_detail"
    place: Mapped[str] = _line(20)
    position: Mapped[int | None] = mapped_column(Integer)
