"""Tiếng nói bạn đọc: the inbox, one thing that a reader sent, and what is done with it."""

from collections.abc import Callable
from typing import Any

from flask import abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from blueprints import errors, http, templating
from blueprints.access import access
from blueprints.dashboard import actor, blueprint
from blueprints.dashboard.lists import navigation
from blueprints.public.paging import make_page, page_number
from extensions import db
from models import VoiceItem
from services import policy
from services.errors import Conflict, DomainError, InvalidInput
from services.users import number_of
from services.visibility import is_visible
from services.voice import handling, inbox, ledger, publishing
from services.voice.channels import CHANNELS
from services.voice.inbox import CHANNEL_KEYS, MAX_WORDS_CHARACTERS, STAGE_LABELS, Chosen, Stage
from services.voice.rules import RULES, status_label

ROWS_PER_PAGE = 25
MAX_ECHO_CHARACTERS = 20_000


@blueprint.get("/tieng-noi")
@access("contributor")
def voice_inbox() -> ResponseReturnValue:
    chosen, values = _chosen()
    user, now = actor(), templating.now()
    found = inbox.page_of(
        user=user, chosen=chosen, number=page_number(), per_page=ROWS_PER_PAGE, now=now
    )
    context: dict[str, Any] = {
        "chosen": chosen,
        "values": values,
        "page": make_page(found, found.items, endpoint="dashboard.voice_inbox", values=values),
        "counts": inbox.counts(user=user, chosen=chosen, now=now),
        "units": handling.units(),
        "CHANNELS": CHANNELS,
        "CHANNEL_KEYS": CHANNEL_KEYS,
        "STAGE_LABELS": STAGE_LABELS,
        "name_of": ledger.name_of,
        "status_label": status_label,
    }
    if http.wants_fragment():
        response = make_response(render_template("dashboard/voice/_voice_list.html", **context))
    else:
        body = render_template(
            "dashboard/voice/inbox.html", **context, **navigation("tieng-noi"), breadcrumbs=[]
        )
        response = make_response(body)
    response.vary.add("HX-Request")
    return response


@blueprint.get("/tieng-noi/<int:item_id>")
@access("contributor")
def voice_item(item_id: int) -> ResponseReturnValue:
    return _page(handling.get(item_id=item_id, actor=actor()))


@blueprint.post("/tieng-noi/<int:item_id>/<action_name>")
@access("contributor")
def act_on_voice(item_id: int, action_name: str) -> ResponseReturnValue:
    item = handling.get(item_id=item_id, actor=actor())
    act = ACTIONS.get(action_name)
    if act is None:
        abort(404)
    try:
        said = act(item, request.form.get("seen", ""))
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        return _page(handling.get(item_id=item_id, actor=actor()), refused=action_name, error=error)
    flash(said, "ok")
    return redirect(url_for("dashboard.voice_item", item_id=item_id), code=303)


@blueprint.post("/tieng-noi/<int:item_id>/soan-bai")
@access("contributor")
def publish_question(item_id: int) -> ResponseReturnValue:
    """A draft of the question and its answer, which goes the way of every text."""
    item = handling.get(item_id=item_id, actor=actor())
    try:
        publication = publishing.make_publication(
            item=item, actor=actor(), seen=request.form.get("seen", ""), now=templating.now()
        )
        publication_id = publication.id
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        return _page(handling.get(item_id=item_id, actor=actor()), refused="publish", error=error)
    flash(
        "Đã soạn bài hỏi đáp từ câu hỏi này. Hãy xem lại, bỏ những gì nhận ra người hỏi, rồi gửi "
        "duyệt.",
        "ok",
    )
    address = url_for("dashboard.edit_publication", publication_id=publication_id)
    return redirect(address, code=303)


# ---------------------------------------------------------------- the actions
def _known() -> dict[str, Any]:
    return {"actor": actor(), "now": templating.now()}


def _assign(item: VoiceItem, seen: str) -> str:
    unit_id = number_of(request.form.get("unit_id", "")[:12])
    handling.assign(item=item, unit_id=unit_id, seen=seen, **_known())
    assert item.unit is not None
    return f"Đã giao cho {item.unit.name}."


def _draft(item: VoiceItem, seen: str) -> str:
    text = request.form.get("answer", "")
    handling.save_answer(item=item, text=text, seen=seen, **_known())
    return "Đã lưu nháp; người gửi chưa thấy."


def _submit(item: VoiceItem, seen: str) -> str:
    text = request.form.get("answer", "")
    is_sent = handling.submit_answer(item=item, text=text, seen=seen, **_known())
    return "Đã gửi câu trả lời." if is_sent else "Đã trình câu trả lời cho Ban biên tập."


def _approve(item: VoiceItem, seen: str) -> str:
    handling.approve_answer(item=item, seen=seen, **_known())
    return "Đã duyệt; người gửi xem được câu trả lời bằng mã của họ."


def _return(item: VoiceItem, seen: str) -> str:
    reason = request.form.get("reason", "")
    handling.return_answer(item=item, reason=reason, seen=seen, **_known())
    return "Đã trả lại câu trả lời để sửa."


def _extend(item: VoiceItem, seen: str) -> str:
    day, reason = request.form.get("day", "")[:40], request.form.get("reason", "")
    promised = handling.extend(item=item, day=day, reason=reason, seen=seen, **_known())
    return f"Đã hẹn trả lời ngày {promised:%d/%m/%Y}."


def _refuse(item: VoiceItem, seen: str) -> str:
    handling.refuse(item=item, reason=request.form.get("reason", ""), seen=seen, **_known())
    return "Đã trả lời là không tiếp nhận; người gửi thấy lý do."


def _show(item: VoiceItem, seen: str) -> str:
    handling.show(item=item, text=request.form.get("text", ""), seen=seen, **_known())
    return "Đã đăng lên trang."


def _hide(item: VoiceItem, seen: str) -> str:
    handling.hide(item=item, reason=request.form.get("reason", ""), seen=seen, **_known())
    return "Đã gỡ khỏi trang."


def _finish(item: VoiceItem, seen: str) -> str:
    handling.finish(item=item, seen=seen, **_known())
    return "Đã kết thúc góp ý."


def _reopen(item: VoiceItem, seen: str) -> str:
    handling.reopen(item=item, reason=request.form.get("reason", ""), seen=seen, **_known())
    return "Đã mở lại."


ACTIONS: dict[str, Callable[[VoiceItem, str], str]] = {
    "assign": _assign,
    "draft": _draft,
    "submit": _submit,
    "approve": _approve,
    "return": _return,
    "extend": _extend,
    "refuse": _refuse,
    "show": _show,
    "hide": _hide,
    "finish": _finish,
    "reopen": _reopen,
}


# ---------------------------------------------------------------- pages
def _chosen() -> tuple[Chosen, dict[str, str]]:
    """What the address asks for, and the same as it is written in addresses."""
    asked = {name: request.args.get(name, "").strip() for name in ("muc", "loai", "don-vi", "q")}
    stage = next((one for one in Stage if one == asked["muc"]), Stage.OPEN)
    by_key = {key: channel for channel, key in CHANNEL_KEYS.items()}
    channel = by_key.get(asked["loai"])
    unit_id = number_of(asked["don-vi"][:12]) or None
    words = asked["q"][:MAX_WORDS_CHARACTERS]
    values = {
        "muc": stage.value if stage is not Stage.OPEN else "",
        "loai": CHANNEL_KEYS[channel] if channel else "",
        "don-vi": str(unit_id) if unit_id else "",
        "q": words,
    }
    return Chosen(stage, channel, unit_id, words), {k: v for k, v in values.items() if v}


def _page(
    item: VoiceItem, *, refused: str = "", error: DomainError | None = None
) -> ResponseReturnValue:
    user, now = actor(), templating.now()
    typed = {name: value[:MAX_ECHO_CHARACTERS] for name, value in request.form.items()}
    publication = item.publication
    body = render_template(
        "dashboard/voice/item.html",
        item=item,
        row=inbox.row_of(item, now=now),
        info=CHANNELS[item.channel],
        name=ledger.name_of(item),
        status_label=status_label,
        offered={
            name: rule for name, rule in RULES.items() if policy.can(user, f"voice:{name}", item)
        },
        about=publication,
        is_about_visible=publication is not None and is_visible(publication, now),
        made=item.made_publication,
        units=handling.units(),
        history=inbox.history(item),
        RULES=RULES,
        refused=refused,
        refusal=error.sentence if error else "",
        fields=error.fields if isinstance(error, InvalidInput) else {},
        typed=typed if error else {},
        is_overtaken=isinstance(error, Conflict),
        breadcrumbs=[],
        **navigation("tieng-noi"),
    )
    return body, errors.status_of(error) if error else 200
