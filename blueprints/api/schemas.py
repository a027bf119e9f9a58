"""What the API takes and gives: the routes read and write by these, the description is made of
them."""

from datetime import UTC, date, datetime, time
from typing import Any

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields, validate

from models import Language
from services import api
from services.dates import HO_CHI_MINH
from services.kinds import KINDS

DEFAULT_PER_PAGE = 30
MAX_SLUG_CHARACTERS = 160
_FIRST = datetime(1900, 1, 1, tzinfo=UTC)


class Moment(fields.Field[datetime]):
    """A moment as RFC 3339 writes it, or a day, which begins in Việt Nam."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **more: Any) -> datetime:
        text = str(value).strip()
        try:
            # A plus in an address that was not quoted has become a space.
            moment = datetime.fromisoformat(text.replace(" ", "+"))
            if len(text) == 10:
                day = date.fromisoformat(text)
                moment = datetime.combine(day, time.min, HO_CHI_MINH)
            if moment.tzinfo is None:
                raise ValueError
            moment = moment.astimezone(UTC)
        except (ValueError, OverflowError):
            raise ValidationError(
                "Phải là ngày (2026-07-05) hoặc thời điểm kèm múi giờ (2026-07-05T14:05:00+07:00)."
            ) from None
        return max(moment, _FIRST)


def _text(about: str, **more: Any) -> fields.String:
    return fields.String(required=True, metadata={"description": about, **more})


def _address(about: str) -> fields.String:
    return _text(about, format="uri")


def _moment(about: str, *, nullable: bool = False) -> fields.String:
    metadata = {"description": about, "format": "date-time"}
    return fields.String(required=True, allow_none=nullable, metadata=metadata)


class Query(Schema):
    """The parameters of the list."""

    class Meta:
        unknown = EXCLUDE

    kind = fields.String(
        data_key="loai",
        validate=validate.OneOf([info.path for info in KINDS.values()], error="Không có loại này."),
        metadata={"description": "Loại nội dung, như trên trang tìm kiếm.", "example": "thong-bao"},
    )
    section = fields.String(
        data_key="chuyen-muc",
        validate=validate.Length(max=MAX_SLUG_CHARACTERS, error="Không có chuyên mục này."),
        metadata={"description": "Chuyên mục, kể cả các mục con, như trong địa chỉ của nó."},
    )
    unit = fields.String(
        data_key="don-vi",
        validate=validate.Length(max=MAX_SLUG_CHARACTERS, error="Không có đơn vị này."),
        metadata={"description": "Đơn vị đăng, như trên trang tìm kiếm."},
    )
    language = fields.String(
        data_key="ngon-ngu",
        validate=validate.OneOf([one.value for one in Language], error="Chỉ có vi và en."),
        metadata={"description": "Ngôn ngữ; bỏ trống là mọi ngôn ngữ."},
    )
    updated_since = Moment(
        metadata={
            "type": "string",
            "description": (
                "Chỉ những gì thay đổi từ lúc này, thay đổi cũ trước; nội dung đã gỡ hoặc hết hạn "
                "có “is_gone”: true để bên dùng lại xoá theo. Bỏ trống thì mới nhất trước."
            ),
            "example": "2026-07-05T14:05:00+07:00",
        }
    )
    cursor = fields.String(
        metadata={"description": "Chỗ đọc tiếp, lấy nguyên trong “next” của trang trước."}
    )
    per_page = fields.Integer(
        data_key="so-luong",
        load_default=DEFAULT_PER_PAGE,
        validate=validate.Range(1, api.MAX_PER_PAGE, error=f"Phải từ 1 đến {api.MAX_PER_PAGE}."),
        error_messages={"invalid": "Phải là số nguyên.", "too_large": "Số quá lớn."},
        metadata={"description": "Số mục trong một trang."},
    )


class Strict(Schema):
    """What is given out holds nothing that is not said here."""

    class Meta:
        unknown = RAISE


class Named(Strict):
    name = _text("Tên.")
    slug = _text("Tên trong địa chỉ và trong bộ lọc.")


class File(Strict):
    title = _text("Tên hiển thị.")
    url = _address("Địa chỉ tải.")
    mime_type = _text("Kiểu tệp.")
    size_bytes = fields.Integer(required=True, metadata={"description": "Dung lượng, byte."})


class Picture(Strict):
    url = _address("Địa chỉ ảnh.")
    alt = _text("Văn bản thay thế.")
    caption = _text("Chú thích.")


class CorrectionNote(Strict):
    noted_at = _moment("Lúc đính chính.")
    text = _text("Điều đã đính chính.")


class Publication(Strict):
    """Một nội dung đang công khai."""

    id = fields.Integer(required=True, metadata={"description": "Số, không đổi."})
    tag = _text("Tên không đổi (RFC 4151), cũng là id trong RSS, Atom.")
    is_gone = fields.Boolean(required=True, metadata={"description": "Luôn là false ở đây."})
    url = _address("Trang cho người đọc.")
    api_url = _address("Nội dung đầy đủ dạng JSON.")
    kind = fields.Nested(Named, required=True, metadata={"description": "Loại."})
    title = _text("Tiêu đề.")
    summary = _text("Tóm tắt, chữ thuần.")
    byline = _text("Tác giả như ghi dưới bài; có thể rỗng.")
    language = _text("vi hoặc en.")
    section = fields.Nested(
        Named, required=True, allow_none=True, metadata={"description": "Chuyên mục."}
    )
    unit = _text("Đơn vị đăng.")
    published_at = _moment("Lúc đăng.")
    changed_at = _moment("Lúc nội dung công khai thay đổi lần cuối.")
    expires_at = _moment("Lúc hết hạn công khai.", nullable=True)
    translation_of = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "Bản tiếng Anh: id của bản tiếng Việt."},
    )
    is_collected = fields.Boolean(required=True, metadata={"description": "Bài sưu tầm."})
    source = _text("Nguồn của bài sưu tầm; rỗng nếu tự viết.")
    source_url = _text("Địa chỉ nguồn; rỗng nếu không có.")
    details = fields.Dict(
        required=True, metadata={"description": "Trường riêng của loại; ngày theo ISO 8601."}
    )
    files = fields.List(
        fields.Nested(File), required=True, metadata={"description": "Tệp đính kèm."}
    )
    pictures = fields.List(fields.Nested(Picture), required=True, metadata={"description": "Ảnh."})
    corrections = fields.List(
        fields.Nested(CorrectionNote), required=True, metadata={"description": "Đính chính."}
    )
    licence = _text("Điều kiện dùng lại.")
    attribution = _text("Dòng ghi nguồn phải kèm theo khi dùng lại.")


class WholePublication(Publication):
    """Một nội dung đang công khai, với toàn văn."""

    body_html = _text("Toàn văn, HTML đã làm sạch, địa chỉ đầy đủ.")


class Tombstone(Strict):
    """Nội dung không còn công khai: bên dùng lại hãy xoá."""

    id = fields.Integer(required=True, metadata={"description": "Số, không đổi."})
    tag = _text("Tên không đổi (RFC 4151).")
    is_gone = fields.Boolean(required=True, metadata={"description": "Luôn là true ở đây."})
    kind = fields.Nested(Named, required=True, metadata={"description": "Loại."})
    gone_at = _moment("Lúc không còn công khai.")
    reason = fields.String(
        required=True,
        validate=validate.OneOf(["withdrawn", "expired"]),
        metadata={"description": "withdrawn: đã gỡ; expired: hết hạn."},
    )


class Listing(Strict):
    """Một trang của danh sách."""

    items = fields.List(fields.Raw(), required=True, metadata={"description": "Các mục."})
    next = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Địa chỉ trang sau; null là hết.", "format": "uri"},
    )
    next_updated_since = _moment(
        "Giá trị updated_since cho lần hỏi sau; lùi năm phút để không sót gì.", nullable=True
    )
    licence = _text("Điều kiện dùng lại.")


class Problem(Strict):
    """Lỗi, theo RFC 9457."""

    type = _text("Luôn là about:blank.")
    title = _text("Tên lỗi.")
    status = fields.Integer(required=True, metadata={"description": "Mã HTTP."})
    detail = _text("Điều gì sai và phải làm gì.")
    errors = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        metadata={"description": "Câu báo lỗi của từng tham số."},
    )
