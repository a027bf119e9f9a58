"""The questions that tell people from machines where there are no scripts."""

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from blueprints import templating
from blueprints.access import access
from blueprints.admin import blueprint, show
from blueprints.dashboard import actor
from extensions import db
from services.errors import InvalidInput
from services.voice import plain, robots


@blueprint.get("/cau-hoi-kiem-tra")
@access("admin")
def robot_questions() -> ResponseReturnValue:
    return _form(robots.questions_text())


@blueprint.post("/cau-hoi-kiem-tra")
@access("admin")
def save_robot_questions() -> ResponseReturnValue:
    typed = request.form.get("questions", "")
    try:
        count = robots.change_questions(typed=typed, actor=actor(), now=templating.now())
        db.session.commit()
    except InvalidInput as error:
        db.session.rollback()
        return _form(plain.echo(typed), error=error)
    flash(f"Đã lưu {count} câu hỏi kiểm tra.", "ok")
    return redirect(url_for("admin.robot_questions"), code=303)


def _form(text: str, *, error: InvalidInput | None = None) -> ResponseReturnValue:
    return show(
        "robots.html",
        room="robots",
        status=422 if error else 200,
        text=text,
        errors=error.fields if error else {},
    )
