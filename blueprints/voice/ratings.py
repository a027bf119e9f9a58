"""Hài lòng, chưa hài lòng: one click from a page that is the same for everybody, no cookie."""

from flask import current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from blueprints import http, languages, templating
from blueprints.access import access
from blueprints.voice import blueprint, proof, throttle_sending, visitor
from blueprints.voice.sending import answered, guard
from extensions import db
from models import Publication
from services.errors import DomainError, InvalidInput, TooMany, say
from services.voice import plain, ratings

CHOICES = {"1": True, "0": False}


@blueprint.get("/danh-gia/<int:publication_id>")
@access("public")
def rating(publication_id: int) -> ResponseReturnValue:
    """Where one rates without scripts, and says more."""
    return _page(_publication(publication_id), said=request.args.get("da-ghi", ""))


@blueprint.post("/danh-gia/<int:publication_id>")
@access("public")
def rate(publication_id: int) -> ResponseReturnValue:
    publication = _publication(publication_id)
    choice = CHOICES.get(request.form.get("hai-long", ""))
    try:
        throttle_sending()
        if choice is None:
            sentence = say("Hãy chọn “Hài lòng” hoặc “Chưa hài lòng”.")
            raise InvalidInput(sentence, {"rating": sentence})
        is_counted = ratings.rate(
            publication_id=publication_id,
            is_satisfied=choice,
            visitor=visitor(),
            now=templating.now(),
        )
        db.session.commit()
    except (InvalidInput, TooMany) as error:
        db.session.rollback()
        if languages.is_english():
            # The page where one says more is Vietnamese, as what is sent there is read.
            raise
        return _page(publication, error=error)
    if http.wants_fragment():
        return render_template(
            "voice/_rating.html", publication=publication, said="moi" if is_counted else "roi"
        )
    said = "moi" if is_counted else "roi"
    address = url_for("voice.rating", publication_id=publication_id, **{"da-ghi": said})
    return redirect(address, code=303)


@blueprint.post("/danh-gia/<int:publication_id>/loi")
@access("public")
def send_rating_note(publication_id: int) -> ResponseReturnValue:
    """Some words beside the click, for the desk alone."""
    publication = _publication(publication_id)
    text = request.form.get("text", "")
    try:
        throttle_sending()
        ratings.add_note(
            publication_id=publication_id,
            text=text,
            proof=proof(),
            form=_form_name(publication),
            secret_key=current_app.config["SECRET_KEY"],
            now=templating.now(),
        )
        db.session.commit()
    except (InvalidInput, TooMany) as error:
        db.session.rollback()
        return _page(publication, text=text, error=error)
    address = url_for("voice.rating", publication_id=publication_id, **{"da-ghi": "loi"})
    return redirect(address, code=303)


def _publication(publication_id: int) -> Publication:
    return ratings.require_visible(publication_id=publication_id, now=templating.now())


def _form_name(publication: Publication) -> str:
    return f"rating:{publication.id}"


def _page(
    publication: Publication, *, text: str = "", said: str = "", error: DomainError | None = None
) -> ResponseReturnValue:
    body = render_template(
        "voice/rating.html",
        publication=publication,
        text=plain.echo(text),
        said=said if said in {"moi", "roi", "loi"} else "",
        errors=error.fields if isinstance(error, InvalidInput) else {},
        refused=error.sentence if isinstance(error, TooMany) else "",
        breadcrumbs=[],
        **guard(_form_name(publication), error=error),
    )
    return answered(body, error)
