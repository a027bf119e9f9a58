"""The workflow through its services: every rule, and what each refuses."""

from typing import Any

import pytest
from sqlalchemy.orm import scoped_session

from models import Publication, State
from services import settings, workflow
from services.errors import InvalidInput, NotAllowed
from services.publications import StaleText
from services.transitions import RULES, Target
from tests.support.board import (
    Board,
    audit,
    copied,
    everything,
    make_board,
    seen,
    state_of,
    written,
)
from tests.support.factories import make_user

Session = scoped_session[Any]


@pytest.fixture
def board(session: Session) -> Board:
    return make_board()


# ---------------------------------------------------------------- every rule
# Who does what, from where, to where. Each walk starts with a new draft.
WALKS = {
    "the whole way, and everything that is done to a live page": """
        author  submit     draft              awaiting_edit
        editor  take       awaiting_edit      in_edit
        chief   take_over  in_edit            in_edit
        chief   release    in_edit            awaiting_edit
        editor  take       awaiting_edit      in_edit
        editor  forward    in_edit            awaiting_approval
        chief   approve    awaiting_approval  approved
        chief   publish    approved           published
        chief   correct    published          published
        chief   expire     published          published
        author  plan_review  published        published
        chief   withdraw   published          withdrawn
        chief   republish  withdrawn          published
        chief   withdraw   published          withdrawn
        chief   archive    withdrawn          archived
        editor  revise     archived           draft
    """,
    "there and back": """
        author  submit     draft              awaiting_edit
        author  take_back  awaiting_edit      draft
        author  submit     draft              awaiting_edit
        editor  return     awaiting_edit      needs_changes
        author  resubmit   needs_changes      awaiting_edit
        editor  take       awaiting_edit      in_edit
        editor  return     in_edit            needs_changes
        author  resubmit   needs_changes      awaiting_edit
        editor  take       awaiting_edit      in_edit
        editor  forward    in_edit            awaiting_approval
        chief   return     awaiting_approval  needs_changes
        author  resubmit   needs_changes      awaiting_edit
        chief   take       awaiting_edit      in_edit
        chief   approve    in_edit            approved
        chief2  return     approved           needs_changes
        author  archive    needs_changes      archived
        author  revise     archived           draft
        chief   archive    draft              archived
    """,
    "refused": """
        author  submit     draft              awaiting_edit
        chief   reject     awaiting_edit      rejected
        author  archive    rejected           archived
        author  revise     archived           draft
        author  submit     draft              awaiting_edit
        editor  take       awaiting_edit      in_edit
        chief   reject     in_edit            rejected
        author  archive    rejected           archived
        author  revise     archived           draft
        author  submit     draft              awaiting_edit
        editor  take       awaiting_edit      in_edit
        editor  forward    in_edit            awaiting_approval
        chief   reject     awaiting_approval  rejected
    """,
    "at an hour": """
        author  submit      draft              awaiting_edit
        chief   take        awaiting_edit      in_edit
        chief   approve     in_edit            approved
        chief   schedule    approved           published
        chief   reschedule  published          published
        chief   unschedule  published          approved
        chief   schedule    approved           published
    """,
    "without review, then a new text that is dropped": """
        trusted  publish_unreviewed  draft      published
        chief    look_over           published  published
        trusted  revise              published  draft
        trusted  discard             draft      superseded
        chief    withdraw            published  withdrawn
        trusted  revise              withdrawn  draft
        chief    discard             draft      superseded
        chief    republish           withdrawn  published
    """,
}


def steps_of(name: str) -> list[list[str]]:
    return [line.split() for line in WALKS[name].strip().splitlines()]


def test_the_walks_below_take_every_rule_from_every_state() -> None:
    walked = {(step[1], step[2]) for name in WALKS for step in steps_of(name)}
    rules = {(rule.action, str(state)) for rule in RULES.values() for state in rule.sources}
    assert rules - walked == {
        # In tests of their own below.
        ("take_back", "awaiting_approval"),
        ("publish_unreviewed", "needs_changes"),
        ("discard", "needs_changes"),
        ("discard", "rejected"),
    }


@pytest.mark.parametrize("name", WALKS)
def test_each_step_moves_the_text_and_leaves_its_line_in_the_audit_trail(
    board: Board, name: str
) -> None:
    steps = steps_of(name)
    publication = board.draft(author=getattr(board, steps[0][0]))
    for count, (who, action, source, target) in enumerate(steps, start=1):
        moved = board.do(who, action, publication)
        lines = audit(publication)
        assert len(lines) == count
        line = lines[-1]
        assert (line.action, line.from_state, line.to_state) == (action, source, target)
        assert line.actor_id == getattr(board, who).id
        assert line.at == board.now
        assert bool(line.reason) == (
            RULES[action].needs_reason or action in {"expire", "reschedule", "plan_review"}
        )
        if action != "discard":
            assert line.revision_id == moved.id
            assert moved.state == target
        # What lists show is what citizens read, or, before there is that, what is written.
        shown = publication.live_revision or publication.latest_revision
        assert copied(publication) == written(shown)


@pytest.mark.parametrize("state", ["needs_changes", "rejected"])
def test_a_new_text_that_was_sent_away_can_be_dropped_and_the_live_one_stays(
    board: Board, state: str
) -> None:
    publication = board.draft()
    board.walk(publication, "author submit,chief take,chief approve,chief publish")
    live = publication.live_revision
    board.walk(publication, "author revise,author submit")
    board.do("chief", "return" if state == "needs_changes" else "reject", publication)
    dropped = publication.latest_revision
    assert board.do("author", "discard", publication) is live
    assert publication.latest_revision is live
    assert publication.live_revision is live
    assert dropped is not None
    assert dropped.state is State.SUPERSEDED


def test_the_one_who_may_skip_the_review_may_after_changes_were_asked_too(board: Board) -> None:
    publication = board.draft(author=board.trusted)
    board.walk(publication, "trusted submit,editor return,trusted publish_unreviewed")
    assert state_of(publication) is State.PUBLISHED
    assert audit(publication)[-1].reason == "Tin bão khẩn."


# ---------------------------------------------------------------- refusals change nothing
READY = {
    "submit": ("author", ""),
    "resubmit": ("author", "author submit,editor return"),
    "take_back": ("author", "author submit"),
    "publish_unreviewed": ("trusted", ""),
    "take": ("editor", "author submit"),
    "take_over": ("chief", "author submit,editor take"),
    "release": ("editor", "author submit,editor take"),
    "forward": ("editor", "author submit,editor take"),
    "return": ("editor", "author submit"),
    "reject": ("chief", "author submit"),
    "approve": ("chief", "author submit,editor take,editor forward"),
    "publish": ("chief", "author submit,chief take,chief approve"),
    "schedule": ("chief", "author submit,chief take,chief approve"),
    "unschedule": ("chief", "author submit,chief take,chief approve,chief schedule"),
    "reschedule": ("chief", "author submit,chief take,chief approve,chief schedule"),
    "withdraw": ("chief", "author submit,chief take,chief approve,chief publish"),
    "correct": ("chief", "author submit,chief take,chief approve,chief publish"),
    "expire": ("chief", "author submit,chief take,chief approve,chief publish"),
    "plan_review": ("author", "author submit,chief take,chief approve,chief publish"),
    "look_over": ("chief", "trusted publish_unreviewed"),
    "republish": (
        "chief",
        "author submit,chief take,chief approve,chief publish,chief withdraw",
    ),
    "revise": ("author", "author submit,chief take,chief approve,chief publish"),
    "discard": (
        "author",
        "author submit,chief take,chief approve,chief publish,author revise",
    ),
    "archive": ("author", ""),
}


def ready_for(board: Board, action: str) -> tuple[str, Publication]:
    who, steps = READY[action]
    trusted = who == "trusted" or steps.startswith("trusted")
    publication = board.draft(author=board.trusted if trusted else None)
    if steps:
        board.walk(publication, steps)
    return who, publication


@pytest.mark.parametrize("action", RULES)
def test_nothing_is_done_to_a_text_that_the_person_has_not_seen(board: Board, action: str) -> None:
    who, publication = ready_for(board, action)
    before = everything(publication)
    later = seen(publication, action).split("@")[0] + "1"
    for token in ("", "0.0", later, "x", "1.1.1"):
        with pytest.raises(StaleText) as refused:
            board.do(who, action, publication, seen=token)
        assert "bản mới hơn" in refused.value.sentence
        live = RULES[action].target is Target.LIVE
        assert refused.value.revision is (
            publication.live_revision if live else publication.latest_revision
        )
    assert everything(publication) == before
    board.do(who, action, publication)


@pytest.mark.parametrize("action", RULES)
def test_nothing_is_done_by_somebody_who_may_not(board: Board, action: str) -> None:
    _, publication = ready_for(board, action)
    before = everything(publication)
    stranger, administrator = make_user(), make_user(role="admin")
    board.chief2 = stranger
    with pytest.raises(NotAllowed) as refused:
        board.do("chief2", action, publication)
    assert refused.value.sentence.endswith(".")
    board.chief2 = administrator
    with pytest.raises(NotAllowed):
        board.do("chief2", action, publication)
    assert everything(publication) == before


@pytest.mark.parametrize("action", [rule.action for rule in RULES.values() if rule.needs_reason])
def test_a_reason_is_required_and_must_say_something(board: Board, action: str) -> None:
    who, publication = ready_for(board, action)
    before = everything(publication)
    name = "note" if action == "correct" else "reason"
    for nothing in ("", "   ", "\n\t\u00a0", "\x00"):
        with pytest.raises(InvalidInput) as refused:
            board.do(who, action, publication, **{name: nothing})
        assert refused.value.fields == {
            "reason": f"Hãy ghi lý do khi chọn “{RULES[action].label}”."
        }
    # Readers see the reason of a withdrawal, whole.
    most = 1000 if action == "withdraw" else 2000
    with pytest.raises(InvalidInput) as refused:
        board.do(who, action, publication, **{name: "đ" * (most + 1)})
    assert refused.value.fields == {
        "reason": f"Lý do dài {most + 1} ký tự; hãy rút còn nhiều nhất {most} ký tự."
    }
    assert everything(publication) == before
    # Typed with marks apart, and as long as may be.
    board.do(who, action, publication, **{name: "Số lie\u0323\u0302u " + "đ" * (most - 8)})
    assert audit(publication)[-1].reason == "Số liệu " + "đ" * (most - 8)
    if action == "withdraw":
        assert publication.withdrawn_reason == "Số liệu " + "đ" * 992


@pytest.mark.parametrize("action", ["submit", "publish_unreviewed"])
def test_a_text_that_lacks_something_is_not_sent(board: Board, action: str) -> None:
    who = "author" if action == "submit" else "trusted"
    publication = board.draft(
        author=getattr(board, who),
        title="",
        summary=" ",
        body="<p> </p>",
        section_id=None,
        origin="collected",
        secrecy_declared=False,
    )
    before = everything(publication)
    with pytest.raises(InvalidInput) as refused:
        board.do(who, action, publication)
    assert set(refused.value.fields) == {
        "title",
        "summary",
        "body",
        "section_id",
        "source_name",
        "secrecy_declared",
    }
    assert "Hãy đặt tiêu đề. Hãy viết tóm tắt." in refused.value.sentence
    assert everything(publication) == before


def test_what_an_editor_has_emptied_is_neither_forwarded_nor_approved(board: Board) -> None:
    publication = board.walk(board.draft(), "author submit,chief take")
    board.save("chief", publication, title="")
    for action in ("forward", "approve"):
        with pytest.raises(InvalidInput, match="đặt tiêu đề"):
            board.do("chief", action, publication)
    assert state_of(publication) is State.IN_EDIT


# ---------------------------------------------------------------- one step of review
def test_a_board_of_one_step_gets_a_text_straight_for_approval(board: Board) -> None:
    settings.put(key="review_steps", value=1)
    publication = board.walk(board.draft(), "author submit")
    assert state_of(publication) is State.AWAITING_APPROVAL
    assert audit(publication)[-1].to_state is State.AWAITING_APPROVAL
    board.do("author", "take_back", publication)
    assert state_of(publication) is State.DRAFT
    board.do("author", "submit", publication)
    board.tick()
    workflow.approve_and_publish(
        publication=publication,
        actor=board.chief,
        seen=seen(publication, "approve"),
        now=board.now,
    )
    assert state_of(publication) is State.PUBLISHED
    assert [line.action for line in audit(publication)][-2:] == ["approve", "publish"]


# ---------------------------------------------------------------- four eyes
def test_nobody_approves_a_text_of_their_own_whatever_their_rank(board: Board) -> None:
    publication = board.draft(author=board.chief)
    board.walk(publication, "chief submit,chief take")
    with pytest.raises(NotAllowed, match="hãy để một người khác"):
        board.do("chief", "approve", publication)
    board.walk(publication, "chief2 take_over,chief2 approve,chief publish")
    assert state_of(publication) is State.PUBLISHED


def test_whoever_writes_a_new_text_upon_a_live_one_needs_another_pair_of_eyes(
    board: Board,
) -> None:
    publication = board.walk(
        board.draft(), "author submit,chief take,chief approve,chief publish,chief revise"
    )
    board.walk(publication, "chief submit,chief take")
    with pytest.raises(NotAllowed, match="hãy để một người khác"):
        board.do("chief", "approve", publication)
    board.walk(publication, "chief2 take_over,chief2 approve")


def test_an_approval_is_of_the_text_that_was_seen(board: Board) -> None:
    publication = board.walk(board.draft(), "author submit,editor take,editor forward")
    shown = seen(publication, "approve")
    newer = board.save("chief2", publication, body="<p>Đã thêm một câu.</p>")
    with pytest.raises(StaleText) as refused:
        board.do("chief", "approve", publication, seen=shown)
    assert refused.value.revision is newer
    assert state_of(publication) is State.AWAITING_APPROVAL
    assert board.do("chief", "approve", publication) is newer


def test_an_approved_text_cannot_be_changed_before_it_is_published(board: Board) -> None:
    publication = board.walk(board.draft(), "author submit,chief take,chief approve")
    for who in ("author", "editor", "chief"):
        with pytest.raises(NotAllowed, match="Đã duyệt"):
            board.save(who, publication, title="Tiêu đề khác")
