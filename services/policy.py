"""Who may do what: one pure function, asked by routes, services and templates alike.

``can(user, "publication:approve", publication)`` looks at the objects it is given and nothing
else. ``refusal`` says the same with the sentence for the person, or None if it is allowed.
"""

from models import Kind, Publication, Revision, Role, Section, State, User, VoiceItem
from services.transitions import EDITABLE, RULES, STATE_LABELS, Rule, Target, Who
from services.voice import rules as voice_rules

BOARD = frozenset({Role.EDITOR, Role.CHIEF})
# The pages that stay (about, contact, terms) speak for the agency, not for who writes them.
WRITE_PAGES = BOARD | {Role.ADMIN}
# What only whoever may write a text does with it.
WRITING = frozenset({"submit", "resubmit", "revise", "publish_unreviewed"})


def covers(user: User, section: Section | None) -> bool:
    """Whether the user's rights reach this section: granted for it, for one above it, or for all.

    Somebody limited to some sections may still handle a text that has none yet.
    """
    if not user.sections or section is None:
        return True
    granted = {granted.id for granted in user.sections}
    while section is not None:
        if section.id in granted:
            return True
        section = section.parent
    return False


def can(
    user: User | None, permission: str, publication: Publication | VoiceItem | None = None
) -> bool:
    """Whether the user may; see ``refusal``."""
    return refusal(user, permission, publication) is None


def refusal(
    user: User | None, permission: str, publication: Publication | VoiceItem | None = None
) -> str | None:
    """Why the user may not do this, as a sentence for them, or None if they may.

    Permissions: ``publication:create|view|edit|remark`` and ``publication:<action>`` for each
    action of the workflow; ``page:write`` for a static page; ``queue:view``, ``admin:view``;
    ``voice:<action>`` for what readers sent (services/voice/rules). Raises LookupError for an
    unknown one.
    """
    if user is None or not user.is_authenticated:
        return "Hãy đăng nhập để tiếp tục."
    if not user.is_active:
        return "Tài khoản này đã bị khoá; hãy liên hệ quản trị viên."
    subject, _, action = permission.partition(":")
    if permission == "queue:view":
        return None if user.role in BOARD else "Chỉ Ban biên tập xem được hàng chờ duyệt."
    if permission == "admin:view":
        return None if user.role is Role.ADMIN else "Chỉ quản trị viên vào được phần này."
    if permission == "publication:create":
        return None
    if permission == "page:write":
        return _page_refusal(user, Kind.PAGE)
    if subject == "voice" and not isinstance(publication, Publication):
        return voice_rules.refusal(user, action, publication)
    if subject != "publication" or not isinstance(publication, Publication):
        raise LookupError(permission)
    if action == "view":
        return _view_refusal(user, publication)
    if action == "edit":
        return _edit_refusal(user, publication)
    if action == "remark":
        return _view_refusal(user, publication) or _remark_refusal(user, publication)
    return _transition_refusal(user, RULES[action], publication)


def _page_refusal(user: User, kind: Kind) -> str | None:
    if kind is not Kind.PAGE or user.role in WRITE_PAGES:
        return None
    return "Chỉ Ban biên tập và quản trị viên viết được trang tĩnh."


def _is_author(user: User, publication: Publication) -> bool:
    latest = publication.latest_revision
    return user.id in {publication.author_id, latest.author_id if latest else None}


def _view_refusal(user: User, publication: Publication) -> str | None:
    latest, live = publication.latest_revision, publication.live_revision
    section = latest.section if latest else publication.section
    if _is_author(user, publication):
        return None
    # A new text may be meant for another section: whoever answers for the page still sees it.
    reaches = covers(user, section) or (live is not None and covers(user, live.section))
    if user.role in BOARD and reaches:
        # A draft is the author's own until it is submitted for the first time.
        never_shown = latest is not None and latest.state is State.DRAFT and latest.number == 1
        if not (never_shown and latest is not None and latest.submitted_at is None):
            return None
    return "Bạn không có quyền xem bài này."


def _edit_refusal(user: User, publication: Publication) -> str | None:
    latest = publication.latest_revision
    if latest is None:
        return "Bài này chưa có nội dung để sửa."
    who = EDITABLE.get(latest.state)
    if who is None:
        if latest.state is State.AWAITING_EDIT and user.role in BOARD:
            return "Hãy nhận biên tập trước khi sửa bài này."
        return f"Bài đang ở bước “{STATE_LABELS[latest.state]}” nên không sửa được."
    return _page_refusal(user, publication.kind) or _who_refusal(user, who, latest, publication)


def _remark_refusal(user: User, publication: Publication) -> str | None:
    latest = publication.latest_revision
    if user.role not in BOARD:
        return "Chỉ Ban biên tập góp ý được vào từng đoạn."
    if latest is not None and latest.state in {State.ARCHIVED, State.REJECTED}:
        return f"Bài đang ở bước “{STATE_LABELS[latest.state]}” nên không góp ý được nữa."
    return None


def _transition_refusal(user: User, rule: Rule, publication: Publication) -> str | None:
    revision = (
        publication.live_revision if rule.target is Target.LIVE else publication.latest_revision
    )
    if revision is None or revision.state not in rule.sources:
        label = STATE_LABELS[revision.state] if revision else "Chưa đăng"
        return f"Không thể “{rule.label}” khi bài đang ở bước “{label}”."
    return _who_refusal(user, rule.who, revision, publication) or _condition_refusal(
        user, rule, revision, publication
    )


def _who_refusal(user: User, who: Who, revision: Revision, publication: Publication) -> str | None:
    """Whether the rule names this person, for this revision."""
    is_author = user.id in {revision.author_id, publication.author_id}
    in_section = covers(user, revision.section)
    is_editor = user.role in BOARD and in_section
    is_chief = user.role is Role.CHIEF and in_section
    outside = (
        "Chuyên mục của bài này nằm ngoài phạm vi bạn phụ trách."
        if user.role in BOARD and not in_section
        else None
    )
    match who:
        case Who.AUTHOR:
            return None if is_author else "Chỉ tác giả của bài làm được việc này."
        case Who.EDITOR:
            return None if is_editor else outside or "Chỉ biên tập viên làm được việc này."
        case Who.CHIEF:
            return (
                None if is_chief else outside or "Chỉ Trưởng, Phó Ban biên tập làm được việc này."
            )
        case Who.HOLDER:
            if is_editor and revision.held_by_id == user.id:
                return None
            return outside or "Chỉ người đang nhận biên tập bài này làm được việc này."
        case Who.REVIEWER:
            if is_chief or (is_editor and revision.state is State.AWAITING_EDIT):
                return None
            if is_editor and revision.state is State.IN_EDIT and revision.held_by_id == user.id:
                return None
            return outside or "Chỉ người đang xử lý bài này trả lại được bài."
        case Who.OTHER_CHIEF:
            if not is_chief:
                return outside or "Chỉ Trưởng, Phó Ban biên tập duyệt được bài."
            if is_author:
                return "Bạn là tác giả bài này; hãy để một người khác trong Ban biên tập duyệt."
            if revision.state is State.IN_EDIT and revision.held_by_id != user.id:
                return "Bài đang do người khác biên tập; hãy nhận thay trước khi duyệt."
            return None
        case Who.AUTHOR_OR_EDITOR:
            return None if is_author or is_editor else outside or "Bạn không có quyền sửa bài này."
        case Who.AUTHOR_OR_CHIEF:
            return None if is_author or is_chief else outside or "Bạn không có quyền với bài này."
        case Who.UNREVIEWED:
            if is_author and user.may_publish_unreviewed and in_section:
                return None
            return "Bạn chưa được cấp quyền đăng không qua duyệt."


def _condition_refusal(
    user: User, rule: Rule, revision: Revision, publication: Publication
) -> str | None:
    """What the state alone does not tell."""
    if rule.action in WRITING and (refused := _page_refusal(user, publication.kind)) is not None:
        return refused
    if rule.action in {"submit", "resubmit"} and not covers(user, revision.section):
        return "Bạn chưa được giao viết cho chuyên mục này; hãy chọn chuyên mục khác."
    if rule.action == "take_back" and revision.held_at is not None:
        return "Ban biên tập đã nhận bài này; hãy nhờ biên tập viên trả lại nếu cần sửa."
    if rule.action == "take_over" and revision.held_by_id == user.id:
        return "Bạn đang nhận biên tập bài này rồi."
    has_live = publication.live_revision_id is not None
    if rule.action == "discard" and not has_live:
        return "Bài chưa từng đăng nên không có bản nào để quay về; hãy dùng “Lưu trữ”."
    if rule.action == "archive" and has_live:
        if publication.withdrawn_at is None:
            return "Bài đang có bản trên trang; hãy dùng “Bỏ bản sửa” hoặc gỡ bài trước."
        if user.role is not Role.CHIEF:
            return "Chỉ Trưởng, Phó Ban biên tập lưu trữ được bài đã gỡ."
    on_site = {"reschedule", "withdraw", "correct", "expire", "plan_review", "look_over"}
    if rule.action in on_site and publication.withdrawn_at is not None:
        return "Bài đã được gỡ khỏi trang."
    return None
