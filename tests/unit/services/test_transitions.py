"""The workflow's table is the one that the domain describes, and holds together."""

import pytest

from models import State
from services.transitions import (
    EDITABLE,
    IN_REVIEW,
    RULES,
    STATE_LABELS,
    Target,
    Who,
)

# docs: action, from, to, who. Written out, so that a change of the table is a decision.
TABLE = """
submit              draft                                             awaiting_edit      author
resubmit            needs_changes                                     awaiting_edit      author
take_back           awaiting_edit,awaiting_approval                   draft              author
publish_unreviewed  draft,needs_changes                               published          unreviewed
take                awaiting_edit                                     in_edit            editor
take_over           in_edit                                           in_edit            editor
release             in_edit                                           awaiting_edit      holder
forward             in_edit                                           awaiting_approval  holder
return              awaiting_edit,in_edit,awaiting_approval,approved  needs_changes      reviewer
reject              awaiting_edit,in_edit,awaiting_approval           rejected           chief
approve             awaiting_approval,in_edit                         approved           other_chief
publish             approved                                          published          chief
schedule            approved                                          published          chief
unschedule          published                                         approved           chief
reschedule          published                                         published          chief
withdraw            published                                         withdrawn          chief
republish           withdrawn                                         published          chief
correct             published                                         published          chief
expire              published                                         published          chief
look_over           published                                         published          chief
plan_review         published                                         published  author_or_editor
revise              published,withdrawn,archived                      draft        author_or_editor
discard             draft,needs_changes,rejected                      superseded   author_or_chief
archive             draft,needs_changes,rejected,withdrawn            archived     author_or_chief
"""


def test_the_table_is_as_written_here() -> None:
    written = [line.split() for line in TABLE.strip().splitlines()]
    assert {action: (set(sources.split(",")), to, who) for action, sources, to, who in written} == {
        rule.action: ({str(state) for state in rule.sources}, str(rule.to), str(rule.who))
        for rule in RULES.values()
    }


def test_what_a_person_did_not_want_to_hear_needs_a_reason_and_nothing_else_does() -> None:
    assert {rule.action for rule in RULES.values() if rule.needs_reason} == {
        "return",
        "reject",
        "withdraw",
        "correct",
        "publish_unreviewed",
    }


def test_what_changes_the_page_that_citizens_read_moves_the_live_revision() -> None:
    assert {rule.action for rule in RULES.values() if rule.target is Target.LIVE} == {
        "unschedule",
        "reschedule",
        "withdraw",
        "republish",
        "correct",
        "expire",
        "look_over",
        "plan_review",
    }


def test_every_state_has_a_label_of_its_own() -> None:
    assert set(STATE_LABELS) == set(State)
    assert len(set(STATE_LABELS.values())) == len(State)


def test_every_action_has_a_label_of_its_own() -> None:
    labels = [rule.label for rule in RULES.values()]
    assert len(set(labels)) == len(labels)
    assert all(label[0].isupper() and not label.endswith(".") for label in labels)


def test_every_state_can_be_reached_from_a_draft() -> None:
    reached = {State.DRAFT}
    while True:
        further = {rule.to for rule in RULES.values() if rule.sources & reached} - reached
        if not further:
            break
        reached |= further
    assert reached == set(State)


@pytest.mark.parametrize("state", [state for state in State if state is not State.SUPERSEDED])
def test_no_state_but_that_of_an_old_revision_is_a_dead_end(state: State) -> None:
    ways = {rule.action for rule in RULES.values() if state in rule.sources}
    assert ways, f"nothing can be done with what is {state}"


def test_only_a_chief_or_the_right_to_skip_the_review_leads_to_publication() -> None:
    doors = {
        rule.who
        for rule in RULES.values()
        if rule.to is State.PUBLISHED and State.PUBLISHED not in rule.sources
    }
    assert doors == {Who.CHIEF, Who.UNREVIEWED}
    approvals = {rule.who for rule in RULES.values() if rule.to is State.APPROVED}
    assert approvals == {Who.OTHER_CHIEF, Who.CHIEF}
    assert RULES["unschedule"].to is State.APPROVED


def test_an_approved_text_can_no_longer_be_edited() -> None:
    assert EDITABLE == {
        State.DRAFT: Who.AUTHOR,
        State.NEEDS_CHANGES: Who.AUTHOR,
        State.IN_EDIT: Who.HOLDER,
        State.AWAITING_APPROVAL: Who.CHIEF,
    }


def test_the_board_has_in_hand_what_is_between_the_author_and_the_page() -> None:
    assert {
        State.AWAITING_EDIT,
        State.IN_EDIT,
        State.AWAITING_APPROVAL,
        State.APPROVED,
    } == IN_REVIEW
