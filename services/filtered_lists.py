"""Which kinds have a list with filters, and which: one row each."""

from models import ComplaintDetail, DocumentDetail, Kind, TaskDetail
from services import documents
from services.kind_filters import Filter, FilteredList, FilterType

_ROWS = (
    FilteredList(
        Kind.DOCUMENT,
        (
            Filter("so", "Số, ký hiệu", FilterType.NUMBER, "document_number"),
            Filter("tu-khoa", "Từ khoá", FilterType.WORDS),
            Filter("loai", "Loại văn bản", FilterType.CHOICE, "document_type"),
            Filter("linh-vuc", "Lĩnh vực", FilterType.VALUE, "domain"),
            Filter("co-quan", "Cơ quan ban hành", FilterType.VALUE, "issuing_body"),
            Filter("nam", "Năm ban hành", FilterType.YEAR, "issued_on"),
            Filter(
                "hieu-luc",
                "Hiệu lực",
                FilterType.STATE,
                states=tuple((key.value, label) for key, label in documents.STATUS_LABELS.items()),
                condition=documents.has_status,
            ),
        ),
        order=(DocumentDetail.issued_on.desc().nulls_last(),),
        shown=("document_number", "issuing_body", "issued_on", "effective_on"),
        state_of=documents.states_of,
    ),
    FilteredList(
        Kind.NOTICE,
        (
            Filter("so", "Số hiệu", FilterType.NUMBER, "document_number"),
            Filter("tu-khoa", "Từ khoá", FilterType.WORDS),
            Filter("co-quan", "Cơ quan ban hành", FilterType.VALUE, "issuing_body"),
            Filter("nam", "Năm đăng", FilterType.PUBLISHED),
        ),
        order=(),
        shown=("document_number", "issuing_body"),
    ),
    FilteredList(
        Kind.COMPLAINT,
        (
            Filter("so", "Số văn bản", FilterType.NUMBER, "document_number"),
            Filter("loai", "Loại việc", FilterType.CHOICE, "complaint_type"),
            Filter("nam", "Năm ban hành", FilterType.YEAR, "decided_on"),
        ),
        order=(ComplaintDetail.decided_on.desc().nulls_last(),),
        shown=("document_number", "complaint_type", "decided_on", "agency"),
    ),
    FilteredList(
        Kind.TASK,
        (
            Filter("tu-khoa", "Từ khoá", FilterType.WORDS),
            Filter("cap", "Cấp", FilterType.CHOICE, "level"),
            Filter("linh-vuc", "Lĩnh vực", FilterType.VALUE, "domain"),
            Filter("don-vi", "Đơn vị chủ trì", FilterType.VALUE, "host"),
            Filter("tinh-trang", "Tình trạng", FilterType.CHOICE, "status"),
            Filter("nam", "Năm bắt đầu", FilterType.YEAR, "starts_on"),
        ),
        order=(TaskDetail.starts_on.desc().nulls_last(),),
        shown=("code", "level", "host", "starts_on", "ends_on", "status"),
    ),
)
FILTERED: dict[Kind, FilteredList] = {row.kind: row for row in _ROWS}
