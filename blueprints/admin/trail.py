"""The audit trail, in words."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from blueprints.access import access
from blueprints.admin import blueprint, show
from blueprints.public.paging import make_page, page_number
from services import audit
from services.dates import parse_date
from services.errors import InvalidInput
from services.users import number_of
from services.voice.rules import RULES as VOICE_RULES

PER_PAGE = 50
BY_COMMAND = "lenh"
MAX_KEY_CHARACTERS = 80

SUBJECTS = {
    "synonym": "Từ đồng nghĩa",
    "promotion": "Kết quả đưa lên đầu",
    "user": "Người dùng",
    "unit": "Đơn vị",
    "section": "Chuyên mục",
    "setting": "Thiết lập",
    "media": "Ảnh và tệp",
    "mail": "Thư gửi đi",
    "publication": "Bài",
    "day": "Ngày nghỉ, ngày làm bù",
    "outage": "Tạm ngừng trang",
    "schedule": "Lịch công tác",
    "portal": "Gửi Cổng thành phố",
    "old_address": "Địa chỉ cũ",
    "import": "Nhập từ trang khác",
    "voice": "Tiếng nói bạn đọc",
    "poll": "Thăm dò ý kiến",
    "site_link": "Liên kết",
}
ACTIONS = {
    "synonym.create": "Thêm nhóm từ đồng nghĩa",
    "synonym.edit": "Sửa nhóm từ đồng nghĩa",
    "synonym.delete": "Xoá nhóm từ đồng nghĩa",
    "promotion.create": "Đưa bài lên đầu kết quả tìm",
    "promotion.delete": "Thôi đưa bài lên đầu",
    "user.create": "Tạo tài khoản",
    "user.edit": "Sửa tài khoản",
    "user.disable": "Khoá tài khoản",
    "user.enable": "Mở lại tài khoản",
    "user.reset": "Cấp liên kết đặt lại mật khẩu",
    "user.invite_again": "Cấp lại lời mời",
    "user.unlock": "Cho thử đăng nhập lại",
    "unit.create": "Thêm đơn vị",
    "unit.edit": "Sửa đơn vị",
    "unit.deactivate": "Ngừng dùng đơn vị",
    "unit.activate": "Dùng lại đơn vị",
    "unit.move": "Đổi thứ tự đơn vị",
    "unit.target": "Đặt chỉ tiêu",
    "section.create": "Thêm chuyên mục",
    "section.edit": "Sửa chuyên mục",
    "section.move": "Đổi thứ tự chuyên mục",
    "section.close": "Ngừng dùng chuyên mục",
    "section.reopen": "Dùng lại chuyên mục",
    "setting.change": "Đổi thiết lập",
    "media.describe": "Sửa thông tin ảnh, tệp",
    "media.replace": "Thay ảnh, tệp",
    "media.delete": "Xoá ảnh, tệp",
    "mail.send_again": "Gửi lại thư",
    "day.set": "Đặt ngày nghỉ, ngày làm bù",
    "day.remove": "Bỏ ngày nghỉ, ngày làm bù",
    "outage.announce": "Báo tạm ngừng trang",
    "outage.cancel": "Huỷ báo tạm ngừng trang",
    "schedule.add": "Thêm việc vào lịch công tác",
    "schedule.change": "Sửa việc trong lịch công tác",
    "schedule.status": "Hoãn, huỷ hoặc khôi phục việc",
    "schedule.remove": "Xoá việc khỏi lịch công tác",
    "schedule.import": "Nhập việc vào lịch công tác",
    "schedule.copy": "Chép lịch công tác tuần trước",
    "portal.mark": "Chọn gửi Cổng thành phố",
    "portal.unmark": "Thôi gửi Cổng thành phố",
    "portal.retry": "Gửi lại Cổng thành phố",
    "portal.record": "Ghi kết quả của Cổng",
    "preview.create": "Tạo liên kết xem trước",
    "preview.revoke": "Thu hồi liên kết xem trước",
    "old_address.create": "Thêm địa chỉ cũ",
    "old_address.delete": "Bỏ địa chỉ cũ",
    "import.run": "Nhập nội dung",
    **{f"voice.{name}": rule.label for name, rule in VOICE_RULES.items()},
    "poll.create": "Tạo thăm dò",
    "poll.edit": "Sửa thăm dò",
    "poll.open": "Mở thăm dò",
    "poll.close": "Đóng thăm dò",
    "site_link.create": "Thêm liên kết",
    "site_link.edit": "Sửa liên kết",
    "site_link.move": "Đổi thứ tự liên kết",
    "site_link.move_heading": "Đổi thứ tự nhóm liên kết",
    "site_link.delete": "Bỏ liên kết",
}
FIELDS = {
    "forms": "Các cách viết",
    "words": "Từ tìm",
    "until_on": "Đến hết ngày",
    "title": "Bài",
    "username": "Tên đăng nhập",
    "full_name": "Họ và tên",
    "email": "Thư điện tử",
    "role": "Vai trò",
    "unit": "Đơn vị",
    "sections": "Chuyên mục được giao",
    "may_publish_unreviewed": "Được đăng không qua duyệt",
    "is_active": "Đang dùng",
    "name": "Tên",
    "short_name": "Tên gọi tắt",
    "slug": "Địa chỉ",
    "is_outside": "Ngoài cơ quan",
    "monthly_target": "Chỉ tiêu mỗi tháng",
    "contacts": "Người đầu mối",
    "position": "Thứ tự",
    "description": "Mô tả",
    "parent": "Nằm trong",
    "show_in_menu": "Hiện trên thanh chuyên mục",
    "show_on_home": "Hiện ở trang chủ",
    "merged_into": "Gộp vào",
    "texts": "Số bài",
    "value": "Giá trị",
    "alt": "Văn bản thay thế",
    "caption": "Chú thích",
    "credit": "Nguồn ảnh",
    "is_decorative": "Ảnh trang trí",
    "focus_x": "Tâm ảnh theo chiều ngang",
    "focus_y": "Tâm ảnh theo chiều dọc",
    "sha256": "Nội dung tệp",
    "version": "Lần thay",
    "link": "Liên kết",
    "note": "Gửi cho",
    "expires_at": "Hết hạn",
    "is_working": "Làm việc",
    "starts_at": "Từ lúc",
    "ends_at": "Đến lúc",
    "reason": "Lý do",
    "urgent_reason": "Vì sao báo gấp",
    "cancelled_at": "Huỷ lúc",
    "leads_to": "Dẫn tới",
    "created": "Mới tạo",
    "updated": "Cập nhật",
    "unchanged": "Giữ nguyên",
    "refused": "Không nhận",
    "noted": "Lưu ý",
    "skipped": "Bỏ qua",
    "report": "Báo cáo",
    "status": "Tình trạng",
    "status_note": "Ghi chú cho bạn đọc",
    "when": "Thời gian",
    "content": "Nội dung",
    "place": "Địa điểm",
    "chair": "Chủ trì",
    "attendees": "Thành phần",
    "preparing_unit": "Đơn vị chuẩn bị",
    "due_on": "Hạn trả lời",
    "is_public": "Đăng trên trang",
    "made": "Bài soạn từ đó",
    "english_name": "Tên tiếng Anh",
    "address": "Địa chỉ",
    "heading": "Nhóm",
    "english_heading": "Tên nhóm bằng tiếng Anh",
    "is_shown": "Hiện cho bạn đọc",
}


@blueprint.get("/nhat-ky")
@access("admin")
def audit_list() -> ResponseReturnValue:
    names = ("ai", "loai", "ma", "tu-ngay", "den-ngay")
    asked = {name: request.args.get(name, "").strip()[:MAX_KEY_CHARACTERS] for name in names}
    wrong: dict[str, str] = {}
    found = audit.page_of(
        number=page_number(),
        per_page=PER_PAGE,
        actor_id=number_of(asked["ai"]) or None,
        by_command=asked["ai"] == BY_COMMAND,
        subject=asked["loai"],
        subject_key=asked["ma"],
        from_on=_day(asked, "tu-ngay", "Từ ngày", wrong),
        to_on=_day(asked, "den-ngay", "Đến ngày", wrong),
    )
    values = {name: value for name, value in asked.items() if value}
    return show(
        "audit.html",
        fragment="_audit_list.html",
        room="audit",
        status=422 if wrong else 200,
        page=make_page(found, found.items, endpoint="admin.audit_list", values=values),
        asked=asked,
        is_filtered=bool(values),
        errors=wrong,
        actors=audit.actors(),
        subjects=[(key, SUBJECTS.get(key, key)) for key in audit.subjects()],
        BY_COMMAND=BY_COMMAND,
        ACTIONS=ACTIONS,
        FIELDS=FIELDS,
        in_words=in_words,
    )


def in_words(value: Any) -> str:
    """A value of the trail as people read it."""
    if value is None or value in ("", []):
        return "(trống)"
    if isinstance(value, bool):
        return "có" if value else "không"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)


def _day(asked: Mapping[str, str], name: str, label: str, wrong: dict[str, str]) -> date | None:
    if not asked[name]:
        return None
    try:
        return parse_date(asked[name])
    except InvalidInput as error:
        wrong[name] = f"{label}: {error.sentence}"
        return None
