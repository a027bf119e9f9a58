"""The editorial workflow, as one table that can be read aloud (domain.md, States).

Each rule says: this action takes a revision from these states to that one, these people may,
and whether a reason is needed. ``services/policy`` answers whether, ``services/workflow`` does.
"""

from dataclasses import dataclass
from enum import StrEnum

from models import State

STATE_LABELS: dict[State, str] = {
    State.DRAFT: "Bản nháp",
    State.AWAITING_EDIT: "Chờ biên tập",
    State.IN_EDIT: "Đang biên tập",
    State.AWAITING_APPROVAL: "Chờ duyệt",
    State.APPROVED: "Đã duyệt",
    State.PUBLISHED: "Đã đăng",
    State.WITHDRAWN: "Đã gỡ",
    State.NEEDS_CHANGES: "Cần chỉnh sửa",
    State.REJECTED: "Từ chối",
    State.ARCHIVED: "Lưu trữ",
    State.SUPERSEDED: "Bản cũ",
}


class Who(StrEnum):
    """Whom a rule names."""

    AUTHOR = "author"  # whose text it is
    EDITOR = "editor"  # any editor or chief editor of the section
    HOLDER = "holder"  # the editor who has taken it
    REVIEWER = "reviewer"  # whoever has it in hand: see policy
    CHIEF = "chief"  # a chief editor of the section
    OTHER_CHIEF = "other_chief"  # a chief editor who is not the author: four eyes
    AUTHOR_OR_EDITOR = "author_or_editor"
    AUTHOR_OR_CHIEF = "author_or_chief"
    UNREVIEWED = "unreviewed"  # the author, with the separate right to skip the review


class Target(StrEnum):
    """Which revision of the publication moves."""

    LATEST = "latest"
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the workflow."""

    action: str
    label: str
    sources: frozenset[State]
    to: State
    who: Who
    needs_reason: bool = False
    target: Target = Target.LATEST


def _rule(
    action: str,
    label: str,
    sources: str,
    to: State,
    who: Who,
    *,
    reason: bool = False,
    target: Target = Target.LATEST,
) -> Rule:
    states = frozenset(State(name) for name in sources.split())
    return Rule(action, label, states, to, who, reason, target)


RULES: dict[str, Rule] = {
    rule.action: rule
    for rule in (
        # The author
        _rule("submit", "Gửi duyệt", "draft", State.AWAITING_EDIT, Who.AUTHOR),
        _rule("resubmit", "Gửi lại", "needs_changes", State.AWAITING_EDIT, Who.AUTHOR),
        _rule("take_back", "Rút lại", "awaiting_edit awaiting_approval", State.DRAFT, Who.AUTHOR),
        _rule(
            "publish_unreviewed",
            "Đăng không qua duyệt",
            "draft needs_changes",
            State.PUBLISHED,
            Who.UNREVIEWED,
            reason=True,
        ),
        # The editors
        _rule("take", "Nhận biên tập", "awaiting_edit", State.IN_EDIT, Who.EDITOR),
        _rule("take_over", "Nhận thay", "in_edit", State.IN_EDIT, Who.EDITOR),
        _rule("release", "Thôi nhận", "in_edit", State.AWAITING_EDIT, Who.HOLDER),
        _rule("forward", "Trình duyệt", "in_edit", State.AWAITING_APPROVAL, Who.HOLDER),
        _rule(
            "return",
            "Yêu cầu chỉnh sửa",
            "awaiting_edit in_edit awaiting_approval approved",
            State.NEEDS_CHANGES,
            Who.REVIEWER,
            reason=True,
        ),
        # The chief editors
        _rule(
            "reject",
            "Từ chối",
            "awaiting_edit in_edit awaiting_approval",
            State.REJECTED,
            Who.CHIEF,
            reason=True,
        ),
        _rule("approve", "Duyệt", "awaiting_approval in_edit", State.APPROVED, Who.OTHER_CHIEF),
        _rule("publish", "Đăng", "approved", State.PUBLISHED, Who.CHIEF),
        _rule("schedule", "Hẹn giờ đăng", "approved", State.PUBLISHED, Who.CHIEF),
        _rule(
            "unschedule",
            "Huỷ hẹn giờ",
            "published",
            State.APPROVED,
            Who.CHIEF,
            target=Target.LIVE,
        ),
        _rule(
            "reschedule",
            "Dời lịch",
            "published",
            State.PUBLISHED,
            Who.CHIEF,
            target=Target.LIVE,
        ),
        _rule(
            "withdraw",
            "Gỡ bài",
            "published",
            State.WITHDRAWN,
            Who.CHIEF,
            reason=True,
            target=Target.LIVE,
        ),
        _rule(
            "republish",
            "Đăng lại",
            "withdrawn",
            State.PUBLISHED,
            Who.CHIEF,
            target=Target.LIVE,
        ),
        _rule(
            "correct",
            "Đính chính",
            "published",
            State.PUBLISHED,
            Who.CHIEF,
            reason=True,
            target=Target.LIVE,
        ),
        _rule(
            "expire",
            "Đặt ngày hết hạn",
            "published",
            State.PUBLISHED,
            Who.CHIEF,
            target=Target.LIVE,
        ),
        # Of what was published without review; services/unreviewed knows which that is.
        _rule(
            "look_over",
            "Xác nhận đã xem lại",
            "published",
            State.PUBLISHED,
            Who.CHIEF,
            target=Target.LIVE,
        ),
        _rule(
            "plan_review",
            "Đặt ngày rà soát",
            "published",
            State.PUBLISHED,
            Who.AUTHOR_OR_EDITOR,
            target=Target.LIVE,
        ),
        # Putting away and starting again
        _rule(
            "revise",
            "Soạn bản mới",
            "published withdrawn archived",
            State.DRAFT,
            Who.AUTHOR_OR_EDITOR,
        ),
        _rule(
            "discard",
            "Bỏ bản sửa",
            "draft needs_changes rejected",
            State.SUPERSEDED,
            Who.AUTHOR_OR_CHIEF,
        ),
        _rule(
            "archive",
            "Lưu trữ",
            "draft needs_changes rejected withdrawn",
            State.ARCHIVED,
            Who.AUTHOR_OR_CHIEF,
        ),
    )
}

# States in which the text of the latest revision may be edited, and by whom.
EDITABLE: dict[State, Who] = {
    State.DRAFT: Who.AUTHOR,
    State.NEEDS_CHANGES: Who.AUTHOR,
    State.IN_EDIT: Who.HOLDER,
    State.AWAITING_APPROVAL: Who.CHIEF,
}

# States in which the board has the text in hand.
IN_REVIEW = frozenset({State.AWAITING_EDIT, State.IN_EDIT, State.AWAITING_APPROVAL, State.APPROVED})
