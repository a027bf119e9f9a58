"""The forms: a question, a comment on a draft, a report of an error, a request to reuse."""

from typing import Any

from flask import Response, abort, current_app, make_response, render_template, request
from flask.typing import ResponseReturnValue

from blueprints import errors, templating
from blueprints.access import access
from blueprints.voice import blueprint, proof, throttle_all, throttle_sending
from extensions import db
from models import Channel, Kind, Publication
from services import comments, settings
from services.errors import DomainError, InvalidInput, NotAllowed, TooMany
from services.kinds import KINDS
from services.users import number_of
from services.voice import ratings, receiving, robots
from services.voice.channels import CHANNELS
from services.voice.receiving import Letter


@blueprint.get("/hoi-dap/gui")
@access("public")
def ask() -> ResponseReturnValue:
    return _page(Channel.QUESTION, None)


@blueprint.post("/hoi-dap/gui")
@access("public")
def send_question() -> ResponseReturnValue:
    return _send(Channel.QUESTION, None)


@blueprint.get("/du-thao/<int:publication_id>/gop-y")
@access("public")
def comment(publication_id: int) -> ResponseReturnValue:
    return _page(Channel.COMMENT, _draft(publication_id))


@blueprint.post("/du-thao/<int:publication_id>/gop-y")
@access("public")
def send_comment(publication_id: int) -> ResponseReturnValue:
    return _send(Channel.COMMENT, _draft(publication_id))


@blueprint.get("/bao-sai/<int:publication_id>")
@access("public")
def report_error(publication_id: int) -> ResponseReturnValue:
    return _page(Channel.ERROR_REPORT, _seen_by_readers(publication_id))


@blueprint.post("/bao-sai/<int:publication_id>")
@access("public")
def send_error_report(publication_id: int) -> ResponseReturnValue:
    return _send(Channel.ERROR_REPORT, _seen_by_readers(publication_id))


@blueprint.get("/dung-lai/gui")
@access("public")
def ask_to_reuse() -> ResponseReturnValue:
    publication = _reused()
    wanted = Letter(subject=publication.title[:200]) if publication else Letter()
    return _page(Channel.REUSE, publication, letter=wanted)


@blueprint.post("/dung-lai/gui")
@access("public")
def send_reuse_request() -> ResponseReturnValue:
    return _send(Channel.REUSE, _reused())


def _seen_by_readers(publication_id: int) -> Publication:
    return ratings.require_visible(publication_id=publication_id, now=templating.now())


def _draft(publication_id: int) -> Publication:
    publication = _seen_by_readers(publication_id)
    if publication.kind is not Kind.CONSULTATION:
        abort(404)
    return publication


def _reused() -> Publication | None:
    """What the request is about, if it came from a page of the site."""
    publication_id = number_of(request.args.get("bai", "")[:12])
    return _seen_by_readers(publication_id) if publication_id else None


def _form_name(channel: Channel, publication: Publication | None) -> str:
    return f"{channel.value}:{publication.id if publication else 0}"


def _send(channel: Channel, publication: Publication | None) -> ResponseReturnValue:
    letter = _typed()
    now = templating.now()
    try:
        throttle_sending()
        if channel is Channel.COMMENT and publication is not None:
            comments.require_open(publication=publication, now=now)
        receipt = receiving.receive(
            channel=channel,
            letter=letter,
            proof=proof(),
            publication=publication,
            form=_form_name(channel, publication),
            secret_key=current_app.config["SECRET_KEY"],
            site_name=current_app.config["SITE_NAME"],
            site_url=current_app.config["SITE_URL"],
            now=now,
        )
        if not receipt.is_repeat:
            throttle_all()
        db.session.commit()
    except (InvalidInput, NotAllowed, TooMany) as error:
        db.session.rollback()
        return _page(channel, publication, letter=letter.echoed(), error=error)
    return render_template(
        "voice/received.html",
        info=CHANNELS[channel],
        receipt=receipt,
        publication=publication,
        breadcrumbs=[],
    )


def _typed() -> Letter:
    form = request.form
    return Letter(
        subject=form.get("subject", ""),
        text=form.get("text", ""),
        url=form.get("url", ""),
        name=form.get("name", ""),
        email=form.get("email", ""),
        organisation=form.get("organisation", ""),
        shows_name=form.get("shows_name") == "1",
        may_publish=form.get("may_publish") == "1",
        consents=form.get("consents") == "1",
    )


def guard(form: str, *, error: DomainError | None = None) -> dict[str, Any]:
    """The ticket and what else a form needs to be believed: the same ticket again, with the work
    that was done on it, unless that will not do."""
    found = None
    needs_new = getattr(error, "needs_new_ticket", False)
    if error is not None and not needs_new:
        found = robots.read(
            form=form,
            signed=request.form.get("ticket", ""),
            secret_key=current_app.config["SECRET_KEY"],
        )
    ticket = (
        found[0]
        if found is not None and found[0].question
        else robots.issue(
            form=form, secret_key=current_app.config["SECRET_KEY"], now=templating.now()
        )
    )
    is_same = found is not None and ticket is found[0]
    work = request.form.get("work", "")
    has_worked = is_same and robots.is_work(nonce=ticket.nonce, work=work, bits=ticket.bits)
    return {
        "ticket": ticket,
        "work": work if has_worked else "",
        "robot_answer": request.form.get("robot", "")[:60] if is_same else "",
        "keep_days": settings.get("voice_keep_days"),
    }


def answered(body: str, error: DomainError | None) -> Response:
    """A form's page, with the status of what is wrong."""
    response = make_response(body, errors.status_of(error) if error else 200)
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after_s)
    return response


def _page(
    channel: Channel,
    publication: Publication | None,
    *,
    letter: Letter | None = None,
    error: DomainError | None = None,
) -> ResponseReturnValue:
    """The form; closed drafts say so instead, with what was typed still there to copy."""
    closed = ""
    if channel is Channel.COMMENT and publication is not None:
        try:
            comments.require_open(publication=publication, now=templating.now())
        except NotAllowed as refusal:
            closed = refusal.sentence
    body = render_template(
        "voice/form.html",
        info=CHANNELS[channel],
        publication=publication,
        kind=KINDS[publication.kind] if publication else None,
        closed=closed,
        letter=letter or Letter(),
        errors=error.fields if isinstance(error, InvalidInput) else {},
        refused=error.sentence if error and not isinstance(error, InvalidInput) else "",
        breadcrumbs=[],
        **guard(_form_name(channel, publication), error=error),
    )
    return answered(body, error)
