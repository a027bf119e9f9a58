"""Polls: written, opened and closed by the board."""

from collections.abc import Callable

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from blueprints import errors, templating
from blueprints.access import access
from blueprints.dashboard import actor, blueprint
from blueprints.dashboard.lists import navigation
from extensions import db
from models import Poll
from services import dates
from services.errors import DomainError, InvalidInput
from services.voice import plain, polls
from services.voice.polls import PollDraft


@blueprint.get("/tieng-noi/tham-do")
@access("editor")
def poll_desk() -> ResponseReturnValue:
    return _list()


@blueprint.get("/tieng-noi/tham-do/moi")
@access("editor")
def new_poll() -> ResponseReturnValue:
    return _form(None, PollDraft())


@blueprint.post("/tieng-noi/tham-do/moi")
@access("editor")
def create_poll() -> ResponseReturnValue:
    draft = _typed()
    try:
        polls.create(draft=draft, actor=actor(), now=templating.now())
        db.session.commit()
    except InvalidInput as error:
        db.session.rollback()
        return _form(None, draft, error=error)
    flash("Đã tạo cuộc thăm dò; bấm “Mở” khi muốn lấy ý kiến.", "ok")
    return redirect(url_for("dashboard.poll_desk"), code=303)


@blueprint.get("/tieng-noi/tham-do/<int:poll_id>")
@access("editor")
def edit_poll(poll_id: int) -> ResponseReturnValue:
    poll = polls.get(poll_id=poll_id)
    draft = PollDraft(
        poll.question,
        poll.note,
        "\n".join(choice.text for choice in poll.choices),
        dates.format_date(poll.closes_on) if poll.closes_on else "",
    )
    return _form(poll, draft)


@blueprint.post("/tieng-noi/tham-do/<int:poll_id>")
@access("editor")
def save_poll(poll_id: int) -> ResponseReturnValue:
    poll, draft = polls.get(poll_id=poll_id), _typed()
    try:
        polls.edit(poll=poll, draft=draft, actor=actor(), now=templating.now())
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        return _form(polls.get(poll_id=poll_id), draft, error=error)
    flash("Đã lưu cuộc thăm dò.", "ok")
    return redirect(url_for("dashboard.poll_desk"), code=303)


@blueprint.post("/tieng-noi/tham-do/<int:poll_id>/mo")
@access("editor")
def open_poll(poll_id: int) -> ResponseReturnValue:
    return _act(polls.open_poll, poll_id, "Đã mở: bạn đọc bỏ phiếu được từ bây giờ.")


@blueprint.post("/tieng-noi/tham-do/<int:poll_id>/dong")
@access("editor")
def close_poll(poll_id: int) -> ResponseReturnValue:
    return _act(polls.close_poll, poll_id, "Đã đóng; kết quả vẫn xem được.")


def _act(act: Callable[..., None], poll_id: int, said: str) -> ResponseReturnValue:
    try:
        act(poll=polls.get(poll_id=poll_id), actor=actor(), now=templating.now())
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        return _list(error=error)
    flash(said, "ok")
    return redirect(url_for("dashboard.poll_desk"), code=303)


def _typed() -> PollDraft:
    form = request.form
    return PollDraft(
        form.get("question", ""),
        form.get("note", ""),
        form.get("choices", ""),
        form.get("closes_on", ""),
    )


def _list(*, error: DomainError | None = None) -> ResponseReturnValue:
    found = polls.listed(only_shown=False)
    body = render_template(
        "dashboard/voice/polls.html",
        polls=[(poll, polls.shares(poll)) for poll in found],
        refused=error.sentence if error else "",
        breadcrumbs=[],
        **navigation("tieng-noi"),
    )
    return body, errors.status_of(error) if error else 200


def _form(
    poll: Poll | None, draft: PollDraft, *, error: DomainError | None = None
) -> ResponseReturnValue:
    shown = PollDraft(
        plain.echo(draft.question),
        plain.echo(draft.note),
        plain.echo(draft.choices),
        plain.echo(draft.closes_on),
    )
    body = render_template(
        "dashboard/voice/poll.html",
        poll=poll,
        draft=shown,
        errors=error.fields if isinstance(error, InvalidInput) else {},
        refused=error.sentence if error and not isinstance(error, InvalidInput) else "",
        breadcrumbs=[],
        **navigation("tieng-noi"),
    )
    return body, errors.status_of(error) if error else 200
