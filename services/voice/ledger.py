"""The line of the deadline ledger that each thing from readers has, where a text sets a limit.

Its title is what the desk calls it: no word and no name of whoever sent it.
"""

from datetime import datetime

from models import VoiceItem, VoiceStatus
from services import duties
from services.dates import local_date
from services.voice.channels import CHANNELS
from services.voice.rules import CLOSED

SUBJECT = "voice"


def name_of(item: VoiceItem) -> str:
    """What it is called on the desk: “Câu hỏi số 12”."""
    return f"{CHANNELS[item.channel].label} số {item.id}"


def follow(*, item: VoiceItem, now: datetime) -> None:
    """Bring the line to where the item stands; flushes."""
    duty = CHANNELS[item.channel].duty
    if not duty or item.due_on is None:
        return
    if item.status is VoiceStatus.TAKEN_BACK:
        duties.drop_item(subject=SUBJECT, subject_id=item.id)
        return
    line = duties.open_item(
        duty=duty,
        subject=SUBJECT,
        subject_id=item.id,
        title=name_of(item),
        address=f"/ban-lam-viec/tieng-noi/{item.id}",
        unit_id=item.unit_id,
        started_on=local_date(item.received_at),
    )
    if line.due_on != item.due_on:
        # A later day that was promised to the sender.
        line.due_on, line.reminded = item.due_on, ""
    if item.status in CLOSED:
        duties.close_item(subject=SUBJECT, subject_id=item.id, at=item.closed_at or now)
    elif line.done_at is not None:
        duties.reopen_item(subject=SUBJECT, subject_id=item.id)
