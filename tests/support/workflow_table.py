"""Every action of the desk, everybody, and a text in every state: who may do what, what it leaves
in the audit trail, and in which words the rest is refused. Written out, never computed."""

from datetime import timedelta

from tests.support.factories import NOW

# When the actions are sent; everything before took place in the days from NOW on.
MOMENT = NOW + timedelta(days=10)

APPROVED = "author submit,editor take,editor forward,chief approve"
LIVE = APPROVED + ",chief publish"
# Each text, how it came there, and the state of what is written last and of what readers have.
TEXTS = {
    "draft": ("", "draft", None),
    "awaiting_edit": ("author submit", "awaiting_edit", None),
    "in_edit": ("author submit,editor take", "in_edit", None),
    "awaiting_approval": (
        "author submit,editor take,editor forward",
        "awaiting_approval",
        None,
    ),
    "approved": (APPROVED, "approved", None),
    "published": (LIVE, "published", "published"),
    "scheduled": (APPROVED + ",chief schedule", "published", "published"),
    "expired": (LIVE + ",chief expire", "published", "published"),
    "unreviewed": ("author publish_unreviewed", "published", "published"),
    "withdrawn": (LIVE + ",chief withdraw", "withdrawn", "withdrawn"),
    "needs_changes": ("author submit,editor return", "needs_changes", None),
    "rejected": ("author submit,chief reject", "rejected", None),
    "archived": (LIVE + ",chief withdraw,chief archive", "archived", "archived"),
    "live+draft": (LIVE + ",author revise", "draft", "published"),
    "live+review": (LIVE + ",author revise,author submit", "awaiting_edit", "published"),
    "withdrawn+draft": (LIVE + ",author revise,chief withdraw", "draft", "withdrawn"),
}
# These are to the board as "published", or as "awaiting_edit", is.
ONLY_FOR_READERS = {"scheduled", "expired", "unreviewed", "live+review"}
WHEN = {
    "schedule": {"at": MOMENT + timedelta(days=2)},
    "expire": {"at": NOW + timedelta(days=5)},
}

# Whoever is not named may not. "own" is a chief editor upon a text of their own, who also has the
# right to publish without review; the others act upon texts of "author".
ALLOWED = """
submit                draft              author                     own
submit                live+draft         author                     own
submit                withdrawn+draft    author                     own
submit                needs_changes      author                     own
resubmit              needs_changes      author                     own
resubmit              draft              author                     own
resubmit              live+draft         author                     own
resubmit              withdrawn+draft    author                     own
take_back             awaiting_edit      author                     own
publish_unreviewed    draft                                         own
publish_unreviewed    needs_changes                                 own
publish_unreviewed    live+draft                                    own
publish_unreviewed    withdrawn+draft                               own
take                  awaiting_edit             editor        chief own
take_over             in_edit                   editor        chief own
release               in_edit                          holder
forward               in_edit                          holder
return                awaiting_edit             editor        chief own
return                in_edit                          holder chief own
return                awaiting_approval                       chief own
return                approved                                chief own
reject                awaiting_edit                           chief own
reject                in_edit                                 chief own
reject                awaiting_approval                       chief own
approve               awaiting_approval                       chief
approve_and_publish   awaiting_approval                       chief
approve_and_schedule  awaiting_approval                       chief
publish               approved                                chief own
schedule              approved                                chief own
unschedule            scheduled                               chief own
reschedule            scheduled                               chief own
withdraw              published                               chief own
withdraw              expired                                 chief own
withdraw              unreviewed                              chief own
withdraw              live+draft                              chief own
withdraw              live+review                             chief own
correct               published                               chief own
correct               expired                                 chief own
correct               unreviewed                              chief own
correct               live+draft                              chief own
correct               live+review                             chief own
expire                published                               chief own
expire                scheduled                               chief own
expire                expired                                 chief own
expire                unreviewed                              chief own
expire                live+draft                              chief own
expire                live+review                             chief own
plan_review           published          author editor        chief own
plan_review           scheduled          author editor        chief own
plan_review           expired            author editor        chief own
plan_review           unreviewed         author editor        chief own
plan_review           live+draft         author editor        chief own
plan_review           live+review        author editor        chief own
look_over             unreviewed                              chief
republish             withdrawn                               chief own
republish             withdrawn+draft                         chief own
revise                published          author editor        chief own
revise                withdrawn          author editor        chief own
revise                archived           author editor        chief own
discard               live+draft         author               chief own
discard               withdrawn+draft    author               chief own
archive               draft              author                     own
archive               needs_changes      author               chief own
archive               rejected           author               chief own
archive               withdrawn                               chief own
archive               withdrawn+draft                         chief own
"""
MAY = {
    (action, text): set(who)
    for action, text, *who in (line.split() for line in ALLOWED.strip().splitlines())
}

# What each action leaves in the audit trail: its lines, each with the state to which it leads.
LEADS_TO = {
    "submit": "awaiting_edit",
    "resubmit": "awaiting_edit",
    "take_back": "draft",
    "publish_unreviewed": "published",
    "take": "in_edit",
    "take_over": "in_edit",
    "release": "awaiting_edit",
    "forward": "awaiting_approval",
    "return": "needs_changes",
    "reject": "rejected",
    "approve": "approved",
    "publish": "published",
    "schedule": "published",
    "unschedule": "approved",
    "reschedule": "published",
    "withdraw": "withdrawn",
    "correct": "published",
    "expire": "published",
    "plan_review": "published",
    "look_over": "published",
    "republish": "published",
    "revise": "draft",
    "discard": "superseded",
    "archive": "archived",
}
UPON_WHAT_READERS_HAVE = {
    "unschedule",
    "reschedule",
    "withdraw",
    "correct",
    "expire",
    "plan_review",
    "look_over",
    "republish",
}
LATER = {"day": "01/10/2026", "time": "08:00"}
TYPED: dict[str, dict[str, str]] = {
    "return": {"reason": "Thiếu nguồn số liệu."},
    "reject": {"reason": "Ngoài phạm vi."},
    "withdraw": {"reason": "Số liệu sai."},
    "publish_unreviewed": {"reason": "Tin bão khẩn."},
    "correct": {"reason": "Ngày 5 đúng ra là ngày 6."},
    "schedule": LATER,
    "approve_and_schedule": LATER,
    "reschedule": LATER,
    "expire": LATER,
    "plan_review": {"day": "01/10/2026"},
}
KEPT_REASON = {
    "reschedule": "2026-09-26T02:00:00+00:00 → 2026-10-01T01:00:00+00:00",
    "expire": "2026-10-01T01:00:00+00:00",
    "plan_review": "2026-10-01",
}

# ---------------------------------------------------------------- in which words it is refused
NOT_THERE = "Không có bài này, hoặc bạn không có quyền xem."
LABELS = {
    "submit": "Gửi duyệt",
    # Sent to where nothing was returned, it is a first sending.
    "resubmit": "Gửi duyệt",
    "take_back": "Rút lại",
    "publish_unreviewed": "Đăng không qua duyệt",
    "take": "Nhận biên tập",
    "take_over": "Nhận thay",
    "release": "Thôi nhận",
    "forward": "Trình duyệt",
    "return": "Yêu cầu chỉnh sửa",
    "reject": "Từ chối",
    "approve": "Duyệt",
    "approve_and_publish": "Duyệt",
    "approve_and_schedule": "Duyệt",
    "publish": "Đăng",
    "schedule": "Hẹn giờ đăng",
    "unschedule": "Huỷ hẹn giờ",
    "reschedule": "Dời lịch",
    "withdraw": "Gỡ bài",
    "correct": "Đính chính",
    "expire": "Đặt ngày hết hạn",
    "plan_review": "Đặt ngày rà soát",
    "look_over": "Xác nhận đã xem lại",
    "republish": "Đăng lại",
    "revise": "Soạn bản mới",
    "discard": "Bỏ bản sửa",
    "archive": "Lưu trữ",
}
STEPS = {
    None: "Chưa đăng",
    "draft": "Bản nháp",
    "awaiting_edit": "Chờ biên tập",
    "in_edit": "Đang biên tập",
    "awaiting_approval": "Chờ duyệt",
    "approved": "Đã duyệt",
    "published": "Đã đăng",
    "withdrawn": "Đã gỡ",
    "needs_changes": "Cần chỉnh sửa",
    "rejected": "Từ chối",
    "archived": "Lưu trữ",
}
FROM = {
    # One button under two names: the trail says which it was.
    "submit": "draft needs_changes",
    "resubmit": "draft needs_changes",
    "take_back": "awaiting_edit awaiting_approval",
    "publish_unreviewed": "draft needs_changes",
    "take": "awaiting_edit",
    "take_over": "in_edit",
    "release": "in_edit",
    "forward": "in_edit",
    "return": "awaiting_edit in_edit awaiting_approval approved",
    "reject": "awaiting_edit in_edit awaiting_approval",
    "approve": "awaiting_approval in_edit",
    "approve_and_publish": "awaiting_approval in_edit",
    "approve_and_schedule": "awaiting_approval in_edit",
    "publish": "approved",
    "schedule": "approved",
    "republish": "withdrawn",
    "revise": "published withdrawn archived",
    "discard": "draft needs_changes rejected",
    "archive": "draft needs_changes rejected withdrawn",
}
AUTHORS_ALONE = "Chỉ tác giả của bài làm được việc này."
CHIEFS_ALONE = "Chỉ Trưởng, Phó Ban biên tập làm được việc này."
APPROVERS_ALONE = "Chỉ Trưởng, Phó Ban biên tập duyệt được bài."
HOLDERS_ALONE = "Chỉ người đang nhận biên tập bài này làm được việc này."
NOT_THEIRS = {
    **dict.fromkeys(("submit", "resubmit", "take_back"), AUTHORS_ALONE),
    "publish_unreviewed": "Bạn chưa được cấp quyền đăng không qua duyệt.",
    **dict.fromkeys(("take", "take_over"), "Chỉ biên tập viên làm được việc này."),
    **dict.fromkeys(("release", "forward"), HOLDERS_ALONE),
    "return": "Chỉ người đang xử lý bài này trả lại được bài.",
    **dict.fromkeys(("approve", "approve_and_publish", "approve_and_schedule"), APPROVERS_ALONE),
    **dict.fromkeys(("discard", "archive"), "Bạn không có quyền với bài này."),
}
HAS_APPEARED = "Bài đã lên trang rồi; hãy dùng “Gỡ bài”."
TOO_LATE_TO_MOVE = "Bài đã lên trang rồi nên không dời lịch được nữa."
WAS_REVIEWED = "Bài này đã qua duyệt nên không cần xác nhận."
NEVER_PUBLISHED = "Bài chưa từng đăng nên không có bản nào để quay về; hãy dùng “Lưu trữ”."
STILL_LIVE = "Bài đang có bản trên trang; hãy dùng “Bỏ bản sửa” hoặc gỡ bài trước."
# action, text, who (comma between several): the sentence where a rule has a condition of its own.
SPECIAL: dict[tuple[str, str, str], str] = {}


def _special(action: str, texts: str, people: str, sentence: str) -> None:
    for text in texts.split():
        for who in people.split():
            SPECIAL[action, text, who] = sentence


BOARD_HAS_IT = "Ban biên tập đã nhận bài này; hãy nhờ biên tập viên trả lại nếu cần sửa."
_special("take_back", "awaiting_approval", "author own", BOARD_HAS_IT)
_special("take_over", "in_edit", "holder", "Bạn đang nhận biên tập bài này rồi.")
for _action in ("approve", "approve_and_publish", "approve_and_schedule"):
    _own = "Bạn là tác giả bài này; hãy để một người khác trong Ban biên tập duyệt."
    _special(_action, "awaiting_approval in_edit", "own", _own)
    _held = "Bài đang do người khác biên tập; hãy nhận thay trước khi duyệt."
    _special(_action, "in_edit", "chief", _held)
_OUT = "published expired unreviewed live+draft live+review"
_special("unschedule", _OUT, "chief own", HAS_APPEARED)
_special("reschedule", _OUT, "chief own", TOO_LATE_TO_MOVE)
_not_yet = "Bài chưa lên trang nên chưa có gì để gỡ; hãy dùng “Huỷ hẹn giờ”."
_special("withdraw", "scheduled", "chief own", _not_yet)
_not_yet = "Bài chưa lên trang nên chưa cần đính chính; hãy huỷ hẹn giờ rồi sửa bài."
_special("correct", "scheduled", "chief own", _not_yet)
_reviewed = "published scheduled expired live+draft live+review"
_special("look_over", _reviewed, "chief own", WAS_REVIEWED)
_own = "Bạn là người đăng bài này; hãy để một người khác trong Ban biên tập xem lại."
_special("look_over", "unreviewed", "own", _own)
_special("discard", "draft needs_changes rejected", "author chief own", NEVER_PUBLISHED)
_special("archive", "live+draft", "author chief own", STILL_LIVE)
_chief = "Chỉ Trưởng, Phó Ban biên tập lưu trữ được bài đã gỡ."
_special("archive", "withdrawn withdrawn+draft", "author", _chief)

PEOPLE = ("author", "colleague", "editor", "holder", "chief", "own", "admin", "elsewhere")


def sentence_for(action: str, text: str, who: str) -> str:
    if who in {"colleague", "admin", "elsewhere"}:
        return NOT_THERE
    # A first draft is its author's alone.
    if text == "draft" and who not in {"author", "own"}:
        return NOT_THERE
    if (action, text, who) in SPECIAL:
        return SPECIAL[action, text, who]
    _, latest, live = TEXTS[text]
    state = live if action in UPON_WHAT_READERS_HAVE else latest
    if state not in FROM.get(action, "published").split():
        return f"Không thể “{LABELS[action]}” khi bài đang ở bước “{STEPS[state]}”."
    return NOT_THEIRS.get(action, CHIEFS_ALONE)
