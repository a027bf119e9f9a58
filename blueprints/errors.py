"""Answers for what went wrong: what happened, whether anything was lost, what to do."""

import logging
from dataclasses import dataclass

from flask import Flask, Response, g, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from blueprints import languages, moved, templating
from blueprints.access import kept_words, refuse_lost_session
from blueprints.http import wants_fragment, wants_json
from blueprints.problems import problem
from extensions import db
from services.errors import (
    Conflict,
    DomainError,
    InvalidInput,
    NotAllowed,
    NotFound,
    TooMany,
)

log = logging.getLogger("site")


@dataclass(frozen=True, slots=True)
class Story:
    """What a page says about one status."""

    title: str
    sentence: str
    todo: str = ""


def _(text: str) -> str:
    """Mark a sentence for the catalogue; ``answer`` translates it when it is shown."""
    return text


STORIES: dict[int, Story] = {
    400: Story(
        _("Yêu cầu chưa đúng"),
        _("Trình duyệt gửi lên một yêu cầu mà trang không hiểu."),
        _("Hãy quay lại trang trước, tải lại rồi thử lần nữa."),
    ),
    401: Story(
        _("Cần đăng nhập"),
        _("Phiên làm việc đã hết hoặc bạn chưa đăng nhập."),
        _("Hãy đăng nhập lại; chữ bạn đang gõ vẫn được giữ trong trình duyệt."),
    ),
    403: Story(
        _("Bạn không có quyền vào trang này"),
        _("Tài khoản của bạn chưa được giao việc này."),
        _("Nếu cần, hãy liên hệ quản trị viên để được cấp quyền."),
    ),
    404: Story(
        _("Không tìm thấy trang"),
        _("Địa chỉ này không có, hoặc bài đã được chuyển đi nơi khác."),
        _("Hãy kiểm tra lại địa chỉ, hoặc tìm bài theo tên."),
    ),
    405: Story(
        _("Không làm được cách này"),
        _("Địa chỉ này không nhận kiểu yêu cầu vừa gửi."),
        _("Hãy quay lại trang trước và dùng các nút trên trang."),
    ),
    409: Story(
        _("Đã có thay đổi mới hơn"),
        _("Một người khác vừa thay đổi nội dung này. Chưa có gì bị ghi đè."),
        _("Hãy tải lại để xem bản mới rồi làm lại."),
    ),
    410: Story(_("Nội dung đã được gỡ"), _("Trang này không còn được công khai.")),
    413: Story(
        _("Tệp hoặc nội dung quá lớn"),
        _("Dữ liệu gửi lên vượt giới hạn nên chưa được nhận; những gì đã lưu trước đó vẫn còn."),
        _(
            "Ảnh phải dưới 15 MB, tệp dưới 50 MB. Bấm “Quay lại” của trình duyệt: chữ vừa gõ vẫn "
            "còn; hãy thu nhỏ ảnh, tệp hoặc chia bài thành nhiều phần rồi gửi lại."
        ),
    ),
    415: Story(
        _("Loại tệp chưa được nhận"),
        _("Trang không nhận loại dữ liệu này."),
        _("Với ảnh, hãy dùng JPEG, PNG, WebP hoặc AVIF."),
    ),
    422: Story(_("Nội dung chưa hợp lệ"), _("Có mục cần sửa trước khi lưu.")),
    429: Story(
        _("Thao tác quá nhanh"),
        _("Trang nhận được quá nhiều yêu cầu từ máy này trong thời gian ngắn."),
        _("Hãy đợi một lát rồi thử lại."),
    ),
    500: Story(
        _("Trang gặp lỗi"),
        _("Lỗi này do trang, không phải do bạn. Nội dung đã lưu trước đó vẫn còn nguyên."),
        _("Hãy thử lại; nếu vẫn lỗi, xin báo cho chúng tôi kèm mã yêu cầu bên dưới."),
    ),
    503: Story(
        _("Trang đang bận"),
        _("Máy chủ tạm thời chưa phục vụ được. Nội dung đã lưu trước đó vẫn còn nguyên."),
        _("Hãy thử lại sau ít phút."),
    ),
}

STATUS: tuple[tuple[type[DomainError], int], ...] = (
    (InvalidInput, 422),
    (NotAllowed, 403),
    (NotFound, 404),
    (Conflict, 409),
    (TooMany, 429),
)


def status_of(error: DomainError) -> int:
    """The HTTP status of a refusal."""
    return next((status for kind, status in STATUS if isinstance(error, kind)), 400)


def answer(status: int, *, sentence: str = "") -> Response:
    """The error page (or its fragment, for htmx), never kept by a cache."""
    story = STORIES.get(status, STORIES[500 if status >= 500 else 400])
    if request.path.startswith("/api/"):
        return problem(
            status,
            title=gettext(story.title),
            detail=gettext(sentence or f"{story.sentence} {story.todo}".strip()),
        )
    if wants_json():
        response = jsonify(
            error=templating.said_here(sentence or story.sentence), request_id=g.get("request_id")
        )
        response.status_code = status
        return response
    standalone = status >= 500
    # There is nothing in the other language either.
    languages.set_counterpart("")
    template = "errors/standalone.html" if standalone else "errors/error.html"
    if wants_fragment():
        template = "errors/_error.html"
    body = render_template(
        template,
        code=status,
        title=gettext(story.title),
        sentence=templating.said_here(sentence or story.sentence),
        lost="",
        todo=gettext(story.todo) if story.todo and not sentence else "",
        request_id=g.get("request_id", "") if status >= 500 else "",
        breadcrumbs=[],
    )
    response = make_response(body, status)
    response.headers["Cache-Control"] = "no-store"
    return response


def init_app(app: Flask) -> None:
    @app.errorhandler(DomainError)
    def refused(error: DomainError) -> Response:
        db.session.rollback()
        response = answer(status_of(error), sentence=error.sentence)
        if isinstance(error, TooMany):
            response.headers["Retry-After"] = str(error.retry_after_s)
        return response

    @app.errorhandler(StaleDataError)
    def overtaken(_error: StaleDataError) -> Response:
        db.session.rollback()
        return answer(409)

    @app.errorhandler(CSRFError)
    def no_token(_error: CSRFError) -> ResponseReturnValue:
        # A session that is gone took the token with it: then what was typed comes back first.
        refusal = refuse_lost_session()
        if refusal is not None:
            return refusal
        kept = kept_words()
        if kept and not wants_json() and not wants_fragment():
            page = render_template("errors/lost_session.html", login="", kept=kept, breadcrumbs=[])
            return page, 400, {"Cache-Control": "no-store"}
        return answer(
            400,
            sentence=_(
                "Mẫu này mở đã lâu hoặc mở từ nơi khác nên chưa gửi được; chưa có gì bị thay đổi. "
                "Hãy tải lại trang rồi gửi lại."
            ),
        )

    @app.errorhandler(HTTPException)
    def refused_by_http(error: HTTPException) -> Response:
        status = error.code or 500
        # Flask's wrapping of what went wrong while another page of this kind was being made.
        original = getattr(error, "original_exception", None)
        if original is not None:
            _log(original)
            status = 503 if isinstance(original, OperationalError) else 500
        if status < 400:
            return make_response(error.get_response())
        db.session.rollback()
        if status == 404 and (elsewhere := moved.redirection()) is not None:
            return elsewhere
        response = answer(status)
        if status == 405 and error.get_response().headers.get("Allow"):
            response.headers["Allow"] = error.get_response().headers["Allow"]
        if status == 429:
            response.headers.setdefault("Retry-After", "60")
        return response

    @app.errorhandler(OperationalError)
    def database_away(error: OperationalError) -> Response:
        _log(error)
        db.session.rollback()
        return answer(503)

    @app.errorhandler(Exception)
    def broken(error: Exception) -> Response:
        _log(error)
        db.session.rollback()
        return answer(500)


def _log(error: Exception) -> None:
    # The id on the person's screen leads to this line.
    log.error(
        "request %s: %s %s", g.get("request_id", "-"), request.method, request.path, exc_info=error
    )
