"""The leaders' work schedule at the desk: a week at a time, written by the board."""

from datetime import date

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from blueprints import errors, templating
from blueprints.access import access
from blueprints.dashboard import actor, blueprint
from blueprints.dashboard.lists import navigation
from extensions import db
from models import ScheduleEntry
from services import dates, schedule_writing, work_schedule
from services.errors import Conflict, DomainError, InvalidInput
from services.schedule_writing import MAX_NOTE_CHARACTERS, TEXTS, EntryDraft
from services.voice.plain import echo

MAX_TYPED_CHARACTERS = 40
TYPED = ("day", "part", "starts", "ends")


@blueprint.get("/lich-cong-tac", endpoint="work_schedule")
@access("editor")
def schedule_desk() -> ResponseReturnValue:
    return _week(_week_asked_for(request.args.get("tuan", "")))


@blueprint.post("/lich-cong-tac")
@access("editor")
def add_entry() -> ResponseReturnValue:
    draft = _typed()
    try:
        entry = schedule_writing.add(actor=actor(), draft=draft, now=templating.now())
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        return _week(_week_asked_for(request.args.get("tuan", "")), draft=draft, error=error)
    flash("Đã thêm; việc này đã hiện trên trang công khai.", "ok")
    return redirect(_address(entry.on), code=303)


@blueprint.post("/lich-cong-tac/chep")
@access("editor")
def copy_week() -> ResponseReturnValue:
    week_on = _week_asked_for(request.form.get("tuan", ""))
    try:
        count = schedule_writing.copy_last_week(
            actor=actor(), week_on=week_on, now=templating.now()
        )
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        return _week(week_on, refused=error)
    flash(f"Đã chép {count} việc của tuần trước sang.", "ok")
    return redirect(_address(week_on), code=303)


@blueprint.get("/lich-cong-tac/<int:entry_id>")
@access("editor")
def schedule_entry(entry_id: int) -> ResponseReturnValue:
    return _entry(schedule_writing.get(entry_id))


@blueprint.post("/lich-cong-tac/<int:entry_id>")
@access("editor")
def change_entry(entry_id: int) -> ResponseReturnValue:
    draft = _typed()
    try:
        entry = schedule_writing.change(
            actor=actor(), entry_id=entry_id, draft=draft, seen=_seen(), now=templating.now()
        )
        db.session.commit()
    except (InvalidInput, Conflict) as error:
        db.session.rollback()
        return _entry(schedule_writing.get(entry_id), draft=draft, error=error)
    flash("Đã lưu.", "ok")
    return redirect(_address(entry.on), code=303)


@blueprint.post("/lich-cong-tac/<int:entry_id>/tinh-trang")
@access("editor")
def set_entry_status(entry_id: int) -> ResponseReturnValue:
    try:
        entry = schedule_writing.set_status(
            actor=actor(),
            entry_id=entry_id,
            status=request.form.get("status", "")[:MAX_TYPED_CHARACTERS],
            note=request.form.get("note", ""),
            seen=_seen(),
            now=templating.now(),
        )
        db.session.commit()
    except (InvalidInput, Conflict) as error:
        db.session.rollback()
        return _entry(schedule_writing.get(entry_id), error=error)
    flash("Đã lưu; bạn đọc thấy tình trạng mới ngay.", "ok")
    return redirect(_address(entry.on), code=303)


@blueprint.post("/lich-cong-tac/<int:entry_id>/xoa")
@access("editor")
def remove_entry(entry_id: int) -> ResponseReturnValue:
    try:
        on = schedule_writing.remove(
            actor=actor(), entry_id=entry_id, seen=_seen(), now=templating.now()
        )
        db.session.commit()
    except Conflict as error:
        db.session.rollback()
        return _entry(schedule_writing.get(entry_id), error=error)
    flash("Đã xoá khỏi lịch.", "ok")
    return redirect(_address(on), code=303)


def _week(
    on: date,
    *,
    draft: EntryDraft | None = None,
    error: DomainError | None = None,
    refused: DomainError | None = None,
) -> ResponseReturnValue:
    now = templating.now()
    wrong = error or refused
    today = dates.local_date(now)
    usual = today if work_schedule.monday_of(today) == on else on
    body = render_template(
        "dashboard/schedule/week.html",
        week=work_schedule.week_at_desk(on=on, now=now),
        draft=_shown(draft) if draft else EntryDraft(day=dates.format_date(usual)),
        address_of=_address,
        refused=refused.sentence if refused else "",
        breadcrumbs=[],
        **_form_values(error),
        **navigation("lich-cong-tac"),
    )
    return body, errors.status_of(wrong) if wrong else 200


def _entry(
    entry: ScheduleEntry, *, draft: EntryDraft | None = None, error: DomainError | None = None
) -> ResponseReturnValue:
    status = request.form.get("status", entry.status.value)[:MAX_TYPED_CHARACTERS]
    body = render_template(
        "dashboard/schedule/entry.html",
        entry=entry,
        draft=_shown(draft) if draft else schedule_writing.draft_of(entry),
        # Kept through a refusal: whoever sends it again has still seen no other.
        seen=_seen() if request.method == "POST" else str(entry.sequence),
        status=status,
        note=echo(request.form.get("note", entry.status_note)),
        back=_address(entry.on),
        refused=error.sentence if isinstance(error, Conflict) else "",
        max_note=MAX_NOTE_CHARACTERS,
        breadcrumbs=[],
        **_form_values(error),
        **navigation("lich-cong-tac"),
    )
    return body, errors.status_of(error) if error else 200


def _form_values(error: DomainError | None) -> dict[str, object]:
    return {
        "errors": error.fields if isinstance(error, InvalidInput) else {},
        "parts": [(part.value, label) for part, label in work_schedule.PART_LABELS.items()],
        "statuses": [(one.value, label) for one, label in work_schedule.STATUS_LABELS.items()],
        "STATUS_LABELS": work_schedule.STATUS_LABELS,
        "TEXTS": TEXTS,
        "hours_of": work_schedule.hours_of,
    }


def _typed() -> EntryDraft:
    form = request.form
    return EntryDraft(
        **{name: form.get(name, "")[:MAX_TYPED_CHARACTERS] for name in TYPED},
        **{name: form.get(name, "") for name in TEXTS},
    )


def _shown(draft: EntryDraft) -> EntryDraft:
    """What was typed, as the form that is refused gives it back."""
    return EntryDraft(**{name: echo(getattr(draft, name)) for name in (*TYPED, *TEXTS)})


def _seen() -> str:
    return request.form.get("seen", "")[:MAX_TYPED_CHARACTERS]


def _week_asked_for(text: str) -> date:
    if not text:
        return work_schedule.monday_of(dates.local_date(templating.now()))
    on = work_schedule.parse_week(text)
    if on is None:
        abort(404)
    return on


def _address(day: date) -> str:
    return url_for("dashboard.work_schedule", tuan=work_schedule.week_name(day))
