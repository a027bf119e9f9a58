"""Which kinds have a list with filters, and which: one row each."""

from models import DocumentDetail, Kind
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
)
FILTERED: dict[Kind, FilteredList] = {row.kind: row for row in _ROWS}
