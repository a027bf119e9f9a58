"""What the agency must do by when, as data: the limit, how it is counted, and the law that says
so. The administrator may change the number of days (services/settings); the article stays cited.
"""

from dataclasses import dataclass
from enum import StrEnum


class Counted(StrEnum):
    """How the days of a limit are counted."""

    WORKING = "ngày làm việc"
    CALENDAR = "ngày"


@dataclass(frozen=True, slots=True)
class Duty:
    """One duty. ``days`` is the default limit; with ``is_ahead`` it lies before what it is for,
    not after what it comes from."""

    key: str
    label: str
    days: int
    source: str
    counted: Counted = Counted.WORKING
    is_ahead: bool = False

    @property
    def setting(self) -> str:
        """Under which name the administrator's number of days is kept."""
        return f"duty_days_{self.key}"


DUTIES: dict[str, Duty] = {
    duty.key: duty
    for duty in (
        Duty("own_document", "Đăng văn bản của cơ quan", 2, "NĐ 43/2011/NĐ-CP, Điều 17"),
        Duty(
            "other_document",
            "Đăng văn bản của cơ quan khác, thuộc lĩnh vực quản lý",
            10,
            "NĐ 43/2011/NĐ-CP, Điều 17",
        ),
        Duty("plan", "Đăng kế hoạch, dự án, mua sắm", 10, "NĐ 43/2011/NĐ-CP, Điều 17"),
        Duty("publication", "Đăng thông tin khác", 5, "Luật Tiếp cận thông tin 2016, Điều 18"),
        Duty("question", "Trả lời câu hỏi, hoặc hẹn ngày", 15, "NĐ 43/2011/NĐ-CP, Điều 17"),
        Duty(
            "error_report",
            "Xử lý báo sai của bạn đọc",
            15,
            "Luật Tiếp cận thông tin 2016, Điều 22",
            Counted.CALENDAR,
        ),
        Duty("reuse", "Trả lời xin dùng lại thông tin", 5, "Luật Tiếp cận thông tin 2016, Điều 18"),
        Duty(
            "outage",
            "Báo trước khi tạm ngừng trang",
            7,
            "NĐ 224/2026/NĐ-CP, Điều 13",
            is_ahead=True,
        ),
    )
}
# What a document's title or kind begins with that is a plan, a project or a procurement.
PLANS = (
    *("ke hoach", "chien luoc", "quy hoach", "de an", "du an"),
    *("dau thau", "moi thau", "mua sam", "thong bao moi thau", "ke hoach lua chon nha thau"),
)
MAX_DAYS = 365
