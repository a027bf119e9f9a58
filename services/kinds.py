"""The kinds of publication: adding one is a row here, a table, a form and a template."""

from dataclasses import dataclass

from models import Genre, Kind, NoticeDetail, Origin, Revision

GENRE_LABELS: dict[Genre, str] = {
    Genre.NEWS: "Tin",
    Genre.ARTICLE: "Bài",
    Genre.REPORTAGE: "Phóng sự",
    Genre.INTERVIEW: "Phỏng vấn",
    Genre.PHOTO: "Ảnh",
    Genre.VIDEO: "Video",
}
ORIGIN_LABELS: dict[Origin, str] = {Origin.OWN: "Tự viết", Origin.COLLECTED: "Sưu tầm"}
DETAIL_LABELS: dict[str, str] = {
    "issuing_body": "Cơ quan ban hành",
    "document_number": "Số, ký hiệu",
}


@dataclass(frozen=True, slots=True)
class KindInfo:
    """What the site must know of a kind. ``path`` is its address, ``detail`` the name of the
    relationship on Revision that holds what only this kind has (None: nothing)."""

    kind: Kind
    label: str
    plural: str
    path: str
    detail: str | None = None
    detail_model: type[NoticeDetail] | None = None
    detail_fields: tuple[str, ...] = ()


KINDS: dict[Kind, KindInfo] = {
    info.kind: info
    for info in (
        KindInfo(Kind.POST, "Tin bài", "Tin bài", "bai-viet"),
        KindInfo(
            Kind.NOTICE,
            "Thông báo",
            "Thông báo, chỉ đạo điều hành",
            "thong-bao",
            "notice",
            NoticeDetail,
            ("issuing_body", "document_number"),
        ),
    )
}


def details_of(revision: Revision, kind: Kind) -> dict[str, str]:
    """The kind's own fields of a revision, by name; empty strings where nothing is written."""
    info = KINDS[kind]
    row = getattr(revision, info.detail) if info.detail else None
    return {field: getattr(row, field) if row else "" for field in info.detail_fields}


def set_details(revision: Revision, kind: Kind, values: dict[str, str]) -> None:
    """Write the kind's own fields onto a revision."""
    info = KINDS[kind]
    if info.detail is None or info.detail_model is None:
        return
    row = getattr(revision, info.detail)
    if row is None:
        row = info.detail_model()
        setattr(revision, info.detail, row)
    for field in info.detail_fields:
        setattr(row, field, values.get(field, ""))
