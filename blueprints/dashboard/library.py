"""The library of pictures and files: looking, adding, describing, replacing, deleting."""

from pathlib import Path
from typing import Any

from flask import (
    Response,
    abort,
    current_app,
    flash,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from blueprints import errors, http, templating
from blueprints.access import access
from blueprints.dashboard import actor, attachments, blueprint
from blueprints.dashboard.lists import navigation
from blueprints.public.paging import make_page, page_number
from extensions import db
from models import Media, MediaKind
from services import audit, file_texts, library, media, uploads
from services.attachments import shown
from services.errors import DomainError, InvalidInput
from services.library import Wanted, Whose
from services.pictures import MAX_BYTES, process

PER_PAGE = 24
CHOICES_PER_PAGE = 12
MAX_SEARCH_CHARACTERS = 200
# One request without scripts may bring several; its size is bounded as a whole.
MAX_FILES_AT_ONCE = 20
KINDS = {"anh": MediaKind.PICTURE, "tep": MediaKind.FILE}
WHOSE = {"cua-toi": Whose.MINE, "don-vi": Whose.UNIT}
PICTURE_STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8")


# ---------------------------------------------------------------- the list
@blueprint.get("/thu-vien")
@access("contributor")
def media_library() -> ResponseReturnValue:
    context = _found("dashboard.media_library", per_page=PER_PAGE)
    if http.wants_fragment():
        response = make_response(render_template("dashboard/_library_list.html", **context))
    else:
        response = make_response(
            render_template("dashboard/library.html", **context, **navigation("thu-vien"))
        )
    response.vary.add("HX-Request")
    return response


@blueprint.get("/thu-vien/chon")
@access("contributor")
def library_choices() -> ResponseReturnValue:
    """What the editor's dialogs offer; without scripts the library itself is the page."""
    if not http.wants_fragment():
        return redirect(url_for("dashboard.media_library"), code=303)
    context = _found("dashboard.library_choices", per_page=CHOICES_PER_PAGE)
    return render_template("dashboard/_library_choices.html", **context)


def _found(endpoint: str, *, per_page: int) -> dict[str, Any]:
    """What a list of the library shows: the page that the address asks for."""
    asked = {name: request.args.get(name, "") for name in ("loai", "cua", "chua-dung")}
    words = request.args.get("q", "").strip()[:MAX_SEARCH_CHARACTERS]
    wanted = Wanted(
        kind=KINDS.get(asked["loai"]),
        whose=WHOSE.get(asked["cua"], Whose.ALL),
        unused=asked["chua-dung"] == "1",
        words=words,
    )
    found = library.page_of(
        user=actor(),
        wanted=wanted,
        now=templating.now(),
        number=page_number(),
        per_page=per_page,
    )
    values = {name: value for name, value in {**asked, "q": words}.items() if value}
    page = make_page(found, found.items, endpoint=endpoint, values=values)
    return {
        "page": page,
        "wanted": wanted,
        "asked": asked,
        "q": words,
        "is_filtered": bool(values),
        "title_of": library.title_of,
        "shown_file": shown,
        "picture_from": media.picture_from,
        "breadcrumbs": [],
    }


# ---------------------------------------------------------------- adding
@blueprint.post("/thu-vien")
@access("contributor")
def add_to_library() -> ResponseReturnValue:
    """Keep what was sent, one by one: a file that cannot be taken does not hold up the others."""
    sent = [file for file in request.files.getlist("file") if file.filename][:MAX_FILES_AT_ONCE]
    if not sent:
        return _not_added([InvalidInput("Hãy chọn ít nhất một ảnh hoặc tệp.")])
    added, refused = [], []
    for file in sent:
        try:
            added.append(_keep(file).id)
            db.session.commit()
        except InvalidInput as error:
            db.session.rollback()
            refused.append(InvalidInput(f"{file.filename}: {error.sentence}"))
    if refused and not added:
        return _not_added(refused)
    if http.wants_json():
        return jsonify(id=added[0], address=url_for("dashboard.media_item", media_id=added[0]))
    for error in refused:
        flash(error.sentence, "bad")
    flash(f"Đã tải lên {len(added)} tệp." if len(added) > 1 else "Đã tải lên.", "ok")
    if len(added) == 1:
        return redirect(url_for("dashboard.media_item", media_id=added[0]), code=303)
    return redirect(url_for("dashboard.media_library", cua="cua-toi"), code=303)


def _keep(file: FileStorage) -> Media:
    name = file.filename or ""
    if not _is_picture(file):
        attachments.looked_through(file)
        return attachments.keep(file, publication=None, actor=actor(), now=templating.now())
    data = file.stream.read(MAX_BYTES + 1)
    db.session.rollback()
    return uploads.store_picture(
        data=data,
        filename=name,
        processed=process(data),
        actor=actor(),
        publication=None,
        now=templating.now(),
        root=_root(),
    )


def _is_picture(file: FileStorage) -> bool:
    """Which of the two examinations it has to pass; each looks at the content by itself."""
    head = file.stream.read(16)
    file.stream.seek(0)
    is_riff, is_mp4 = head[:4] == b"RIFF" and head[8:12] == b"WEBP", head[4:8] == b"ftyp"
    return head.startswith(PICTURE_STARTS) or is_riff or is_mp4


def _not_added(refused: list[InvalidInput]) -> ResponseReturnValue:
    sentence = " ".join(error.sentence for error in refused)
    if http.wants_json():
        response = jsonify(error=sentence)
        response.status_code = 422
        return response
    context = _found("dashboard.media_library", per_page=PER_PAGE)
    page = render_template(
        "dashboard/library.html", **context, **navigation("thu-vien"), error=sentence
    )
    return http.private(page, status=422)


# ---------------------------------------------------------------- one of them
@blueprint.get("/thu-vien/<int:media_id>")
@access("contributor")
def media_item(media_id: int) -> ResponseReturnValue:
    return _item(_get(media_id))


@blueprint.get("/thu-vien/<int:media_id>/hinh")
@access("contributor")
def media_figure(media_id: int) -> ResponseReturnValue:
    """A picture of the library as the editor puts it into a text, with what is said of it there."""
    found = _get(media_id)
    if found.kind is not MediaKind.PICTURE:
        abort(404)
    said = {
        name: request.args.get(name, "")[:limit]
        for name, limit in (
            ("alt", uploads.MAX_ALT_CHARACTERS),
            ("caption", uploads.MAX_CAPTION_CHARACTERS),
            ("credit", uploads.MAX_CREDIT_CHARACTERS),
        )
    }
    shown_picture = media.picture_from(found)
    return jsonify(
        media_id=found.id,
        location=shown_picture.src,
        figure_html=media.figure_markup(found, **said),
    )


@blueprint.post("/thu-vien/<int:media_id>/mo-ta")
@access("contributor")
def describe_media(media_id: int) -> ResponseReturnValue:
    found = _get(media_id, kind=MediaKind.PICTURE)
    before = _facts(found)
    try:
        library.describe(
            media=found,
            actor=actor(),
            alt=request.form.get("alt", ""),
            caption=request.form.get("caption", ""),
            credit=request.form.get("credit", ""),
            is_decorative=bool(request.form.get("decorative")),
        )
        library.set_focus(
            media=found,
            actor=actor(),
            x=_percent(request.form.get("focus_x", "")),
            y=_percent(request.form.get("focus_y", "")),
        )
        _note("describe", found, before)
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        return _item(_get(media_id), error=error)
    flash("Đã lưu.", "ok")
    return redirect(url_for("dashboard.media_item", media_id=media_id), code=303)


@blueprint.post("/thu-vien/<int:media_id>/thay")
@access("contributor")
def replace_media(media_id: int) -> ResponseReturnValue:
    """Another picture or file at the same address."""
    try:
        found = _get(media_id)
        library.check_change(user=actor(), media=found)
        _replace(found)
    except DomainError as error:
        db.session.rollback()
        if http.wants_json():
            return _json_refusal(error)
        return _item(_get(media_id), error=error, form="thay")
    sentence = "Đã thay. Địa chỉ giữ nguyên; mọi bài đang dùng đều hiện bản mới."
    flash(sentence, "ok")
    target = url_for("dashboard.media_item", media_id=media_id)
    return jsonify(address=target) if http.wants_json() else redirect(target, code=303)


def _replace(found: Media) -> None:
    file = request.files.get("file")
    if file is None or not file.filename:
        sentence = "Hãy chọn tệp để thay."
        raise InvalidInput(sentence, {"file": sentence})
    media_id, kind = found.id, found.kind
    data, processed = b"", None
    if kind is MediaKind.PICTURE:
        data = file.stream.read(MAX_BYTES + 1)
        # Making it small takes a while: nobody's save waits for it.
        db.session.rollback()
        processed = process(data)
    else:
        attachments.looked_through(file)
    found = _get(media_id)
    # Asked again: a text may have been submitted meanwhile.
    library.check_change(user=actor(), media=found)
    before, version = _facts(found), found.version
    known = {"media": found, "now": templating.now(), "root": _root()}
    if processed is not None:
        uploads.replace_picture(**known, data=data, processed=processed)
    else:
        uploads.replace_file(**known, file=file.stream, filename=file.filename)
        file_texts.forget(found)
    _note("replace", found, before)
    db.session.commit()
    uploads.discard_version(found, version=version, root=_root())


@blueprint.post("/thu-vien/<int:media_id>/xoa")
@access("contributor")
def delete_media(media_id: int) -> ResponseReturnValue:
    found = _get(media_id)
    token, thing, before = found.token, library.noun(found), _facts(found)
    try:
        _note("delete", found, before, is_gone=True)
        library.delete(media=found, actor=actor(), now=templating.now())
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        return _item(_get(media_id), error=error, form="xoa")
    uploads.discard_all(token, root=_root())
    flash(f"Đã xoá {thing}.", "ok")
    return redirect(url_for("dashboard.media_library"), code=303)


def _get(media_id: int, *, kind: MediaKind | None = None) -> Media:
    found = library.get(media_id=media_id, user=actor(), now=templating.now())
    if found is None or (kind is not None and found.kind is not kind):
        abort(404)
    return found


def _item(found: Media, *, error: DomainError | None = None, form: str = "mo-ta") -> Response:
    user, now = actor(), templating.now()
    fields = error.fields if isinstance(error, InvalidInput) else {}
    typed = request.form if error is not None and form == "mo-ta" else None
    body = render_template(
        "dashboard/library_item.html",
        media=found,
        is_picture=found.kind is MediaKind.PICTURE,
        picture=media.picture_from(found) if found.kind is MediaKind.PICTURE else None,
        file=shown(found) if found.kind is MediaKind.FILE else None,
        said_in=file_texts.text_of(found) if found.kind is MediaKind.FILE else None,
        title=library.title_of(found),
        noun=library.noun(found),
        uses=library.uses_of(media=found, user=user, now=now),
        uploader=library.uploader_of(found),
        change_refusal=library.change_refusal(user=user, media=found),
        may_delete=library.may_delete(user, found),
        error=error.sentence if error else "",
        errors=fields,
        refused_form=form if error else "",
        said={
            name: typed.get(name, "") if typed is not None else getattr(found, name)
            for name in ("alt", "caption", "credit", "focus_x", "focus_y")
        },
        decorative=bool(typed.get("decorative")) if typed is not None else found.is_decorative,
        **navigation("thu-vien"),
        breadcrumbs=[],
    )
    return http.private(body, status=errors.status_of(error) if error else 200)


def _json_refusal(error: DomainError) -> Response:
    response = jsonify(error=error.sentence)
    response.status_code = errors.status_of(error)
    return response


def _facts(found: Media) -> dict[str, Any]:
    """What the record of changes keeps of it."""
    names = ("alt", "caption", "credit", "is_decorative", "focus_x", "focus_y", "sha256", "version")
    return {name: getattr(found, name) for name in names}


def _note(action: str, found: Media, before: dict[str, Any], *, is_gone: bool = False) -> None:
    after = dict.fromkeys(before) if is_gone else _facts(found)
    if changes := audit.changed(before, after):
        audit.record(
            actor=actor(),
            action=f"media.{action}",
            subject="media",
            subject_key=str(found.id),
            subject_name=found.original_name,
            changes=changes,
            now=templating.now(),
        )


def _percent(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 3 else None


def _root() -> Path:
    return Path(current_app.config["MEDIA_PATH"])
