"""What a text still lacks before it can be submitted: the checklist beside it."""

from collections.abc import Iterator
from dataclasses import dataclass

from extensions import db
from models import Kind, Language, Media, Origin, Revision
from services import document_register, links, media, redaction, translations
from services.kinds import KINDS
from services.publications import Content, content_of
from services.sanitising import plain_text

MAX_SHOWN_URL_CHARACTERS = 60
MAX_NAMED = 8


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the checklist beside the text. ``blocks``: cannot be submitted without it;
    ``mend`` says what to do if it is not met."""

    key: str
    label: str
    mend: str
    is_met: bool
    blocks: bool = True


def checklist(revision: Revision) -> list[Check]:
    """What a stored text still lacks before it can be submitted; see ``checklist_of``."""
    publication = revision.publication
    return checklist_of(
        content_of(revision),
        publication.kind,
        publication.language,
        publication_id=publication.id,
    )


def checklist_of(
    content: Content,
    kind: Kind,
    language: Language = Language.VI,
    *,
    publication_id: int | None = None,
) -> list[Check]:
    """What a text still lacks before it can be submitted, in the order of the page.

    A picture that was marked as decoration needs no alternative text.
    """
    pictures = media.pictures_in(content.body)
    decorative = media.decorative_among(pictures)
    has_alt = all(picture.alt or picture.token in decorative for picture in pictures)
    has_captions = all(picture.caption for picture in pictures)
    lines = [*_needed(content, kind)]
    if language is Language.EN:
        mend = "Bản tiếng Anh còn nhiều chữ tiếng Việt; hãy dịch hết."
        is_met = translations.is_in_english(content)
        lines.append(Check("english", "Đã dịch sang tiếng Anh", mend, is_met))
    if kind is Kind.DOCUMENT and language is Language.VI:
        taken = document_register.taken_by(details=content.details, publication_id=publication_id)
        label = "Số, ký hiệu chưa có văn bản nào khác dùng"
        if taken:
            label = taken
        lines.append(Check("document_number_free", label, taken, not taken, blocks=False))
    if kind is Kind.COMPLAINT:
        lines.append(_names_check(content))
    if content.origin is Origin.COLLECTED:
        has_source = bool(content.source_name.strip())
        mend = "Bài sưu tầm phải ghi nguồn; hãy điền tên nguồn."
        lines.append(Check("source_name", "Bài sưu tầm có ghi nguồn", mend, has_source))
    if pictures:
        mend = "Hãy ghi văn bản thay thế cho mỗi ảnh: trong ảnh có gì."
        lines.append(Check("alt", "Ảnh có văn bản thay thế", mend, has_alt))
        mend = "Nên ghi chú thích dưới mỗi ảnh."
        lines.append(Check("caption", "Ảnh có chú thích", mend, has_captions, blocks=False))
    if content.lead_media_id is not None and (lead := db.session.get(Media, content.lead_media_id)):
        mend = "Nên ghi văn bản thay thế cho ảnh đại diện, trong thư viện ảnh."
        has_lead_alt = bool(lead.alt) or lead.is_decorative
        label = "Ảnh đại diện có văn bản thay thế"
        lines.append(Check("lead_alt", label, mend, has_lead_alt, blocks=False))
    if (broken := links.broken_in(content.body, content.source_url)) is not None:
        lines.append(_links_check(broken))
    label = "Tác giả cam kết bài không có bí mật nhà nước"
    mend = "Hãy đánh dấu cam kết bài không có bí mật nhà nước."
    lines.append(Check("secrecy_declared", label, mend, content.secrecy_declared))
    return lines


def _needed(content: Content, kind: Kind) -> Iterator[Check]:
    """What a text of this kind must have, each as a line of the checklist."""
    info = KINDS[kind]
    has_body = bool(plain_text(content.body).strip())
    yield _is_there("title", info.title_label, "đặt", content.title)
    if "summary" in info.needs:
        yield _is_there("summary", info.summary_label, "viết", content.summary)
    if "body" in info.needs:
        yield _is_there("body", info.body_label, "viết", content.body if has_body else "")
    if kind is Kind.DOCUMENT:
        mend = "Hãy dán toàn văn hoặc đính kèm tệp văn bản."
        has_text = has_body or bool(content.files)
        yield Check("body", "Có toàn văn hoặc tệp đính kèm", mend, has_text)
    if "section_id" in info.needs:
        mend = "Hãy chọn chuyên mục."
        yield Check("section_id", "Đã chọn chuyên mục", mend, content.section_id is not None)
    for field in info.fields:
        if field.is_needed:
            yield _is_there(field.name, field.label, "điền", content.details.get(field.name, ""))


def _is_there(key: str, label: str, verb: str, text: str) -> Check:
    name = label[:1].lower() + label[1:]
    return Check(key, f"Có {name}", f"Hãy {verb} {name}.", bool(text.strip()))


def _names_check(content: Content) -> Check:
    """Advice only: what looks like a name may be none, but somebody must have looked."""
    found = redaction.findings_in(
        {
            "Tiêu đề": content.title,
            "Nội dung vụ việc": content.summary,
            "Kết quả giải quyết": content.details.get("result", ""),
            "Nội dung chi tiết": plain_text(content.body),
        }
    )
    if not found:
        return Check("names", "Không thấy tên người, số định danh", "", True, blocks=False)
    named = "; ".join(f"{one.place}: {one.label} “{one.text}”" for one in found[:MAX_NAMED])
    more = f"; và {len(found) - MAX_NAMED} chỗ khác" if len(found) > MAX_NAMED else ""
    mend = "Hãy xem từng chỗ và che đi nếu đúng là thông tin của người dân."
    label = f"Có thể lộ thông tin cá nhân. {named}{more}. {mend}"
    return Check("names", label, mend, False, blocks=False)


def _links_check(broken: list[str]) -> Check:
    """Advice only: a link may be down for a while, and what it said may matter all the same."""
    mend = "Hãy thay bằng địa chỉ mới hoặc bỏ liên kết."
    if not broken:
        return Check("links", "Không thấy liên kết hỏng", mend, True, blocks=False)
    named = ", ".join(_shortened(address) for address in broken[:3])
    more = f" và {len(broken) - 3} địa chỉ khác" if len(broken) > 3 else ""
    label = f"Liên kết hỏng: {named}{more}. {mend}"
    return Check("links", label, mend, False, blocks=False)


def _shortened(address: str) -> str:
    most = MAX_SHOWN_URL_CHARACTERS
    return address if len(address) <= most else address[: most - 1] + "…"
