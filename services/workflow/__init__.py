"""Moving a text through the editorial workflow: the rules are in ``services/transitions``.

Each function here is one action. All of them check the policy, bind to the revision that the
person saw, record a Transition, and flush. ``seen`` is ``publications.seen_token`` of what was
on the person's screen.
"""

from services.workflow.deciding import (
    approve,
    forward,
    reject,
    release,
    return_for_changes,
    take,
    take_over,
)
from services.workflow.going_live import (
    approve_and_publish,
    approve_and_schedule,
    publish,
    publish_unreviewed,
    reschedule,
    schedule,
    schedule_token,
    unschedule,
)
from services.workflow.on_site import (
    correct,
    expire,
    look_over,
    plan_review,
    republish,
    withdraw,
)
from services.workflow.writing import archive, discard, revise, submit, take_back

__all__ = [
    "approve",
    "approve_and_publish",
    "approve_and_schedule",
    "archive",
    "correct",
    "discard",
    "expire",
    "forward",
    "look_over",
    "plan_review",
    "publish",
    "publish_unreviewed",
    "reject",
    "release",
    "republish",
    "reschedule",
    "return_for_changes",
    "revise",
    "schedule",
    "schedule_token",
    "submit",
    "take",
    "take_back",
    "take_over",
    "unschedule",
    "withdraw",
]
