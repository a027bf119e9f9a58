"""The leaders' work schedule in a site's own export: written down entry by entry, and taken in
under the identifier by which readers' calendars know an entry, so it never stands there twice.
"""

import re
from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from extensions import db
from models import EntryStatus, ImportItem, ScheduleEntry
from services import audit, schedule_writing
from services.dates import format_date
from services.errors import InvalidInput
from services.moving.items import Line, Outcome, digest_of
from services.moving.site_lines import given_of, text_of
from services.moving.site_writing import NOT_OF_ENTRY
from services.moving.storing import Store
from services.schedule_writing import SUBJECT, TEXTS, EntryDraft

_UID = re.compile(r"[A-Za-z0-9@._:+-]{8,80}")
_MAX_SEQUENCE = 2**31 - 1
CHANGED_HERE = (
    "Việc này đã được sửa trên trang sau lần nhập trước nên giữ nguyên; muốn ghi đè thì dùng "
    "--overwrite."
)
REMOVED_HERE = (
    "Việc này đã bị xoá trên trang sau lần nhập trước nên không nhập lại; muốn nhập lại thì dùng "
    "--overwrite."
)


def bring(
    row: int, values: dict[str, Any], *, store: Store, author: Callable[[str], tuple[int, int]]
) -> Line:
    """Take one entry in; flushes. Raises InvalidInput, and what a line raises that is broken."""
    uid = text_of(values, "uid")
    if not _UID.fullmatch(uid):
        raise InvalidInput("Mã (uid) của việc trong lịch công tác có ký tự lạ.")
    title, digest = text_of(values, "content")[:300], digest_of(values)

    def line(outcome: Outcome, reason: str = "") -> Line:
        return Line(row, uid, title, outcome, reason)

    key = f"schedule:{uid}"
    item = db.session.scalar(
        select(ImportItem).where(
            ImportItem.source == store.plan.source, ImportItem.external_id == key
        )
    )
    entry = db.session.scalar(select(ScheduleEntry).where(ScheduleEntry.uid == uid))
    if item is None and entry is not None:
        return line(Outcome.UNCHANGED, "Việc này đã có trong lịch công tác của trang.")
    if item is not None and entry is not None and item.content_hash == digest:
        return line(Outcome.UNCHANGED)
    if item is not None and not store.plan.overwrite:
        if entry is None:
            return line(Outcome.UNCHANGED, REMOVED_HERE)
        # Every change counts it up.
        if item.left_as != str(entry.sequence):
            return line(Outcome.UNCHANGED, CHANGED_HERE)
    outcome = Outcome.CREATED if entry is None else Outcome.UPDATED
    entry = _written(entry, values, uid=uid, store=store, author=author)
    if item is None:
        item = ImportItem(source=store.plan.source, external_id=key, is_complete=True)
        db.session.add(item)
    item.content_hash, item.left_as = digest, str(entry.sequence)
    item.imported_at = store.now
    db.session.flush()
    return line(outcome)


def _written(
    entry: ScheduleEntry | None,
    values: dict[str, Any],
    *,
    uid: str,
    store: Store,
    author: Callable[[str], tuple[int, int]],
) -> ScheduleEntry:
    given = given_of(ScheduleEntry, NOT_OF_ENTRY, values)
    draft = EntryDraft(
        day=format_date(given["on"]),
        part=given["part"].value,
        starts=f"{given['starts']:%H:%M}" if given["starts"] else "",
        ends=f"{given['ends']:%H:%M}" if given["ends"] else "",
        **{name: text_of(values, name) for name in TEXTS},
    )
    # However long ago it was: a schedule is kept.
    read = schedule_writing.read_draft(draft, now=store.now, kept_on=given["on"])
    note = schedule_writing.read_note(text_of(values, "status_note"))
    if entry is None or entry.on != given["on"]:
        schedule_writing.check_room(given["on"], 1)
    status, sequence = given["status"], min(max(0, int(given["sequence"])), _MAX_SEQUENCE)
    created_by_id, _ = author(text_of(values, "created_by"))
    changed_by_id, _ = author(text_of(values, "changed_by"))
    if entry is None:
        created_at = min(given["created_at"], store.now)
        entry = ScheduleEntry(
            uid=uid, sequence=sequence, created_by_id=created_by_id, created_at=created_at
        )
    else:
        # Calendars that have what stood here take only what counts higher.
        entry.sequence = min(max(sequence, entry.sequence + 1), _MAX_SEQUENCE)
    entry.on, entry.part = given["on"], given["part"]
    entry.starts, entry.ends = read.starts, read.ends
    schedule_writing.set_texts(entry, read.texts)
    entry.status, entry.status_note = status, "" if status is EntryStatus.PLANNED else note
    entry.changed_by_id, entry.changed_at = changed_by_id, min(given["changed_at"], store.now)
    db.session.add(entry)
    db.session.flush()
    # Readers' calendars are told by the trail when the schedule last changed.
    audit.record(
        actor=None,
        action="schedule.import",
        subject=SUBJECT,
        subject_key=str(entry.id),
        subject_name=entry.content,
        changes={
            name: [None, said] for name, said in schedule_writing.in_words(entry).items() if said
        },
        now=store.now,
    )
    return entry
