"""The kinds of publication: adding one is a row here and a table; a template where its page says
more than a list of its fields."""

from dataclasses import dataclass
from typing import Any

from models import (
    ComplaintDetail,
    ConsultationDetail,
    DocumentDetail,
    Genre,
    Kind,
    NoticeDetail,
    Origin,
    PageDetail,
    ProcedureDetail,
    QuestionDetail,
    Revision,
    TaskDetail,
)
from services.errors import InvalidInput
from services.kind_fields import (
    Field,
    FieldType,
    address,
    choice,
    cleaned,
    day,
    document_sign,
    documents,
    line,
    number,
    said,
    stored,
    text,
    written,
)
from services.vietnamese import fold_document_number

GENRE_LABELS: dict[Genre, str] = {
    Genre.NEWS: "Tin",
    Genre.ARTICLE: "Bài",
    Genre.REPORTAGE: "Phóng sự",
    Genre.INTERVIEW: "Phỏng vấn",
    Genre.PHOTO: "Ảnh",
    Genre.VIDEO: "Video",
}
ORIGIN_LABELS: dict[Origin, str] = {Origin.OWN: "Tự viết", Origin.COLLECTED: "Sưu tầm"}

DOCUMENT_TYPES = (
    ("quyet-dinh", "Quyết định"),
    ("chi-thi", "Chỉ thị"),
    ("nghi-quyet", "Nghị quyết"),
    ("luat", "Luật"),
    ("phap-lenh", "Pháp lệnh"),
    ("nghi-dinh", "Nghị định"),
    ("thong-tu", "Thông tư"),
    ("thong-tu-lien-tich", "Thông tư liên tịch"),
    ("quy-che", "Quy chế"),
    ("quy-dinh", "Quy định"),
    ("huong-dan", "Hướng dẫn"),
    ("ke-hoach", "Kế hoạch"),
    ("cong-van", "Công văn"),
    ("bao-cao", "Báo cáo"),
    ("khac", "Văn bản khác"),
)
# NĐ 42/2022/NĐ-CP, Điều 4 and 11: the whole of it, or a part; what is neither is only told of.
ONLINE_LEVELS = (
    ("toan-trinh", "Toàn trình"),
    ("mot-phan", "Một phần"),
    ("thong-tin", "Chỉ cung cấp thông tin"),
)
COMPLAINT_TYPES = (("khieu-nai", "Khiếu nại"), ("to-cao", "Tố cáo"), ("kien-nghi", "Kiến nghị"))
TASK_LEVELS = (
    ("quoc-gia", "Quốc gia"),
    ("bo", "Bộ"),
    ("thanh-pho", "Tỉnh, thành phố"),
    ("co-so", "Cơ sở"),
)
TASK_STATES = (
    ("dang-thuc-hien", "Đang thực hiện"),
    ("da-nghiem-thu", "Đã nghiệm thu"),
    ("dung", "Đã dừng"),
)
PAGE_PLACES = (
    ("gioi-thieu", "Giới thiệu"),
    ("co-cau", "Cơ cấu tổ chức"),
    ("lanh-dao", "Lãnh đạo"),
    ("lien-he", "Liên hệ"),
    ("dieu-khoan", "Điều khoản"),
    ("khac", "Trang khác"),
)


@dataclass(frozen=True, slots=True)
class KindInfo:
    """What the site must know of a kind.

    ``path`` is where its list stands, and before its pages' addresses. ``detail_model`` holds
    what only this kind has (None: nothing), under the relationship of the kind's name on
    Revision. ``needs`` names what of every text must be there before it is submitted.
    """

    kind: Kind
    label: str
    plural: str
    path: str
    description: str = ""
    detail_model: type[Any] | None = None
    fields: tuple[Field, ...] = ()
    needs: frozenset[str] = frozenset({"summary", "body", "section_id"})
    title_label: str = "Tiêu đề"
    summary_label: str = "Tóm tắt"
    body_label: str = "Nội dung"
    # Whether the editor asks for a lead picture; and for genre, origin and source.
    has_lead_picture: bool = False
    has_origin: bool = False

    @property
    def detail_fields(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields)

    @property
    def list_endpoint(self) -> str:
        """The name of the route that lists this kind."""
        return f"public.{self.kind.value}s"


_ROWS = (
    KindInfo(
        Kind.POST,
        "Tin bài",
        "Tin bài",
        "bai-viet",
        "Tin, bài mới nhất.",
        has_lead_picture=True,
        has_origin=True,
    ),
    KindInfo(
        Kind.NOTICE,
        "Thông báo",
        "Thông báo, chỉ đạo điều hành",
        "thong-bao",
        "Thông báo, kế hoạch và văn bản chỉ đạo, điều hành mới nhất.",
        NoticeDetail,
        (
            document_sign("document_number", "Số hiệu", placeholder="12/TB-SKHCN"),
            line("issuing_body", "Cơ quan ban hành"),
        ),
        has_origin=True,
    ),
    KindInfo(
        Kind.DOCUMENT,
        "Văn bản",
        "Văn bản",
        "van-ban",
        "Văn bản quy phạm pháp luật và văn bản hành chính, với tình trạng hiệu lực.",
        DocumentDetail,
        (
            document_sign(
                "document_number", "Số, ký hiệu", placeholder="12/2026/QĐ-UBND", is_needed=True
            ),
            choice("document_type", "Loại văn bản", DOCUMENT_TYPES, is_needed=True),
            line("domain", "Lĩnh vực"),
            line("issuing_body", "Cơ quan ban hành", is_needed=True),
            line("signer", "Người ký"),
            day("issued_on", "Ngày ban hành", is_needed=True, turns_after=0),
            day("effective_on", "Ngày có hiệu lực", turns_after=0),
            day(
                "expires_on",
                "Ngày hết hiệu lực",
                hint="Từ ngày này văn bản không còn hiệu lực.",
                turns_after=0,
            ),
            documents("replaces", "Thay thế văn bản"),
            documents("amends", "Sửa đổi văn bản"),
            documents("supplements", "Bổ sung văn bản"),
            documents("relates", "Văn bản liên quan"),
        ),
        needs=frozenset({"summary"}),
        summary_label="Trích yếu",
        body_label="Toàn văn",
    ),
    KindInfo(
        Kind.CONSULTATION,
        "Lấy ý kiến dự thảo",
        "Lấy ý kiến dự thảo",
        "du-thao",
        "Dự thảo văn bản đang lấy ý kiến, và những dự thảo đã lấy xong.",
        ConsultationDetail,
        (
            line("lead_body", "Cơ quan chủ trì", is_needed=True),
            day("opens_on", "Nhận góp ý từ ngày", is_needed=True, turns_after=0),
            day(
                "closes_on",
                "Nhận góp ý đến hết ngày",
                is_needed=True,
                hint="Nhận đến 23 giờ 59 phút của ngày này.",
                turns_after=1,
            ),
            text("response", "Tiếp thu, giải trình", hint="Điền sau khi hết hạn góp ý."),
        ),
        needs=frozenset({"summary", "body"}),
        body_label="Toàn văn dự thảo",
    ),
    KindInfo(
        Kind.PROCEDURE,
        "Thủ tục, dịch vụ công",
        "Thủ tục hành chính, dịch vụ công",
        "thu-tuc",
        "Hồ sơ, thời hạn, lệ phí của từng thủ tục, và nơi nộp trực tuyến.",
        ProcedureDetail,
        (
            line("code", "Mã thủ tục", max_characters=60, placeholder="2.001234", is_needed=True),
            line("domain", "Lĩnh vực", is_needed=True),
            line("agency", "Cơ quan thực hiện", is_needed=True),
            text("subjects", "Đối tượng thực hiện"),
            text("steps", "Trình tự thực hiện", hint="Mỗi bước một dòng.", is_needed=True),
            text("method", "Cách thức thực hiện"),
            text("dossier", "Thành phần hồ sơ", hint="Mỗi giấy tờ một dòng.", is_needed=True),
            line("dossier_count", "Số lượng hồ sơ", placeholder="01 bộ"),
            text("time_limit", "Thời hạn giải quyết", is_needed=True),
            text("fee", "Phí, lệ phí"),
            text("result", "Kết quả thực hiện"),
            text("conditions", "Yêu cầu, điều kiện"),
            text("legal_basis", "Căn cứ pháp lý", hint="Mỗi văn bản một dòng."),
            choice("online_level", "Mức độ trực tuyến", ONLINE_LEVELS, is_needed=True),
            address("service_url", "Địa chỉ nộp trực tuyến", placeholder="https://"),
        ),
        needs=frozenset(),
        title_label="Tên thủ tục",
        body_label="Thông tin thêm",
    ),
    KindInfo(
        Kind.COMPLAINT,
        "Kết quả giải quyết khiếu nại, tố cáo",
        "Kết quả giải quyết khiếu nại, tố cáo",
        "khieu-nai",
        "Kết quả giải quyết khiếu nại, tố cáo đã công khai.",
        ComplaintDetail,
        (
            document_sign("document_number", "Số văn bản trả lời", is_needed=True),
            day("decided_on", "Ngày ban hành", is_needed=True),
            choice("complaint_type", "Loại việc", COMPLAINT_TYPES, is_needed=True),
            line("agency", "Cơ quan giải quyết"),
            text("result", "Kết quả giải quyết", is_needed=True),
        ),
        needs=frozenset({"summary"}),
        summary_label="Nội dung vụ việc",
        body_label="Nội dung chi tiết",
    ),
    KindInfo(
        Kind.QUESTION,
        "Hỏi đáp",
        "Hỏi đáp",
        "hoi-dap",
        "Câu hỏi của bạn đọc và câu trả lời của cơ quan.",
        QuestionDetail,
        (
            text("question", "Câu hỏi", is_needed=True),
            line(
                "asker",
                "Người hỏi (đã ẩn danh)",
                hint="Chỉ ghi điều không nhận ra người hỏi, ví dụ “Một doanh nghiệp ở Hải Châu”.",
            ),
            day("asked_on", "Ngày hỏi"),
            line("domain", "Lĩnh vực"),
            line("answering_body", "Đơn vị trả lời", is_needed=True),
            day("answered_on", "Ngày trả lời"),
        ),
        needs=frozenset({"body"}),
        body_label="Trả lời",
    ),
    KindInfo(
        Kind.TASK,
        "Nhiệm vụ khoa học và công nghệ",
        "Đề tài, nhiệm vụ khoa học và công nghệ",
        "nhiem-vu",
        "Nhiệm vụ khoa học và công nghệ đang thực hiện và đã nghiệm thu.",
        TaskDetail,
        (
            line("code", "Mã số", max_characters=60, is_needed=True),
            choice("level", "Cấp", TASK_LEVELS, is_needed=True),
            line("domain", "Lĩnh vực"),
            line("host", "Đơn vị chủ trì", is_needed=True),
            line("leader", "Chủ nhiệm"),
            day("starts_on", "Bắt đầu"),
            day("ends_on", "Kết thúc"),
            choice("status", "Tình trạng", TASK_STATES, is_needed=True),
            text("result", "Kết quả"),
        ),
        needs=frozenset({"summary"}),
        title_label="Tên nhiệm vụ",
        summary_label="Mục tiêu",
    ),
    KindInfo(
        Kind.PAGE,
        "Trang tĩnh",
        "Giới thiệu và liên hệ",
        "trang",
        "Giới thiệu, cơ cấu tổ chức, lãnh đạo, liên hệ và điều khoản.",
        PageDetail,
        (
            choice("place", "Đặt ở phần", PAGE_PLACES, is_needed=True, is_listed=False),
            number("position", "Thứ tự trong phần", is_listed=False),
        ),
        needs=frozenset({"body"}),
    ),
)
KINDS: dict[Kind, KindInfo] = {info.kind: info for info in _ROWS}


def details_of(revision: Revision, kind: Kind) -> dict[str, str]:
    """The kind's own fields of a revision as the editor writes them, by name; empty strings
    where nothing is written."""
    info = KINDS[kind]
    row = getattr(revision, kind.value) if info.detail_model else None
    return {
        field.name: written(field, getattr(row, field.name)) if row else "" for field in info.fields
    }


def cleaned_details(kind: Kind, typed: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Just the fields of this kind, each written as it is kept; and a sentence for each that
    cannot be taken."""
    values: dict[str, str] = {}
    wrong: dict[str, str] = {}
    for field in KINDS[kind].fields:
        try:
            values[field.name] = cleaned(field, typed.get(field.name, ""))
        except InvalidInput as error:
            wrong.update(error.fields)
    return values, wrong


def set_details(revision: Revision, kind: Kind, values: dict[str, str]) -> None:
    """Write the kind's own fields, cleaned, onto a revision."""
    info = KINDS[kind]
    if info.detail_model is None:
        return
    row = getattr(revision, kind.value)
    if row is None:
        row = info.detail_model()
        setattr(revision, kind.value, row)
    for field in info.fields:
        value = values.get(field.name, "")
        setattr(row, field.name, stored(field, value))
        if field.type is FieldType.DOCUMENT_NUMBER:
            row.number_key = fold_document_number(value)


def said_details(kind: Kind, values: dict[str, str]) -> list[tuple[Field, str]]:
    """What is written of the kind's own fields, each as readers are told it."""
    return [
        (field, said(field, values[field.name]))
        for field in KINDS[kind].fields
        if values.get(field.name)
    ]
