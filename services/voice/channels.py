"""The four forms by which readers write: what each asks, and by when it is to be answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from models import Channel
from services import duties
from services.dates import local_date


@dataclass(frozen=True, slots=True)
class ChannelInfo:
    """One form. A label left empty is a field that it does not ask."""

    channel: Channel
    label: str
    plural: str
    # As it stands in a sentence: “câu hỏi của bạn”.
    noun: str
    title: str
    intro: str
    text_label: str
    text_hint: str
    subject_label: str = ""
    subject_hint: str = ""
    organisation_label: str = ""
    url_label: str = ""
    # Consents to being shown, and to being named; each a box that nobody has ticked.
    publish_label: str = ""
    name_label: str = ""
    names_somebody: bool = False
    answer_label: str = "Trả lời"
    max_text_characters: int = 5000
    # The key of its limit in services/duty_rules; empty: no text sets one.
    duty: str = ""


_ROWS = (
    ChannelInfo(
        Channel.QUESTION,
        "Câu hỏi",
        "Câu hỏi",
        "câu hỏi",
        "Gửi câu hỏi",
        "Hỏi về việc thuộc trách nhiệm của cơ quan. Không cần tài khoản: bạn nhận một mã để theo "
        "dõi câu trả lời.",
        "Nội dung câu hỏi",
        "Ghi rõ việc cần hỏi. Đừng ghi số căn cước, tài khoản hay bí mật riêng.",
        subject_label="Hỏi về việc gì",
        subject_hint="Một câu ngắn, ví dụ: Thủ tục đăng ký nhãn hiệu ở Đà Nẵng",
        publish_label="Tôi đồng ý để cơ quan đăng câu hỏi này cùng câu trả lời nếu nhiều người "
        "cần biết. Tên và cách liên hệ của tôi không được đăng.",
        duty="question",
    ),
    ChannelInfo(
        Channel.COMMENT,
        "Góp ý dự thảo",
        "Góp ý dự thảo",
        "góp ý",
        "Góp ý cho dự thảo",
        "Góp ý được đọc trước khi đăng dưới dự thảo. Bạn chọn có nêu tên hay không.",
        "Góp ý của bạn",
        "Nên nói rõ điều, khoản nào và đề nghị sửa thế nào.",
        name_label="Đăng góp ý này kèm tên tôi ghi ở trên. Không chọn thì góp ý được đăng ẩn danh.",
        answer_label="Tiếp thu, giải trình",
        max_text_characters=10_000,
    ),
    ChannelInfo(
        Channel.ERROR_REPORT,
        "Báo sai sót",
        "Báo sai sót",
        "báo sai sót",
        "Báo thông tin chưa chính xác",
        "Cảm ơn bạn đã chỉ ra. Nếu đúng là sai, bài được đính chính công khai ngay tại chỗ.",
        "Chỗ nào chưa đúng, và đúng ra thế nào",
        "Chép lại câu sai; nếu biết nguồn đúng thì ghi kèm.",
        duty="error_report",
    ),
    ChannelInfo(
        Channel.REUSE,
        "Xin dùng lại",
        "Xin dùng lại thông tin",
        "yêu cầu dùng lại",
        "Xin dùng lại thông tin",
        "Trích dẫn có ghi tác giả và nguồn thì không phải xin. Hãy gửi mẫu này khi muốn đăng lại "
        "toàn văn, dùng ảnh, hoặc dùng dữ liệu thường xuyên.",
        "Dùng vào việc gì",
        "Nơi đăng, số lượng, thời gian; có thu tiền hay không.",
        subject_label="Muốn dùng lại gì",
        subject_hint="Tên bài, ảnh, văn bản hoặc bộ dữ liệu",
        organisation_label="Tổ chức (nếu có)",
        url_label="Địa chỉ nơi sẽ đăng (nếu có)",
        publish_label="Nếu được đồng ý, tôi cho phép ghi việc dùng lại này vào danh sách công "
        "khai “Ai đang dùng lại thông tin”.",
        name_label="Trong danh sách ấy, ghi tên tổ chức hoặc tên tôi. Không chọn thì danh sách "
        "không nêu tên.",
        names_somebody=True,
        duty="reuse",
    ),
)
CHANNELS: Mapping[Channel, ChannelInfo] = {info.channel: info for info in _ROWS}

MAX_SUBJECT_CHARACTERS = 200
MAX_NAME_CHARACTERS = 120
MAX_ORGANISATION_CHARACTERS = 200
MAX_URL_CHARACTERS = 500


def due_on(*, channel: Channel, received_at: datetime) -> date | None:
    """The day by which it is to be answered, or None where no text sets one."""
    duty = CHANNELS[channel].duty
    return duties.due_on(duty=duty, started_on=local_date(received_at)) if duty else None
