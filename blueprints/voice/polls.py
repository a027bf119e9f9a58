"""Thăm dò ý kiến: voting without an account, and the results."""

from flask import redirect as redirect_to
from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from blueprints import http, templating
from blueprints.access import access
from blueprints.voice import blueprint, throttle_sending, visitor
from blueprints.voice.sending import answered
from extensions import db
from models import Poll
from services.errors import DomainError, NotAllowed, TooMany
from services.users import number_of
from services.voice import polls


@blueprint.get("/tham-do")
@access("public")
def poll_list() -> ResponseReturnValue:
    now = templating.now()
    found = polls.listed(only_shown=True)
    return render_template(
        "voice/polls.html",
        polls=[(poll, polls.takes_votes(poll, now), _votes(poll)) for poll in found],
        breadcrumbs=[],
    )


@blueprint.get("/tham-do/_khung")
@access("public")
def poll_frame() -> ResponseReturnValue:
    """The open poll as a fragment, for the home page; empty when there is none."""
    poll = polls.current(now=templating.now())
    return render_template("voice/_poll.html", **_shown(poll, has_voted=""))


@blueprint.get("/tham-do/<int:poll_id>")
@access("public")
def poll(poll_id: int) -> ResponseReturnValue:
    return _page(polls.shown(poll_id=poll_id), has_voted=request.args.get("da-ghi", ""))


@blueprint.post("/tham-do/<int:poll_id>")
@access("public")
def vote(poll_id: int) -> ResponseReturnValue:
    try:
        throttle_sending()
        is_counted = polls.vote(
            poll_id=poll_id,
            choice_id=number_of(request.form.get("chon", "")[:12]),
            visitor=visitor(),
            now=templating.now(),
        )
        db.session.commit()
    except (NotAllowed, TooMany) as error:
        db.session.rollback()
        return _page(polls.shown(poll_id=poll_id), error=error)
    except DomainError as error:
        db.session.rollback()
        return _refused(poll_id, error)
    said = "moi" if is_counted else "roi"
    if http.wants_fragment():
        found = polls.shown(poll_id=poll_id)
        return render_template("voice/_poll.html", **_shown(found, has_voted=said))
    address = url_for("voice.poll", poll_id=poll_id, **{"da-ghi": said})
    return redirect_to(address, code=303)


def _refused(poll_id: int, error: DomainError) -> ResponseReturnValue:
    """No choice was made: the same form with the sentence."""
    found = polls.shown(poll_id=poll_id)
    if not http.wants_fragment():
        return _page(found, error=error)
    return answered(render_template("voice/_poll.html", **_shown(found, error=error)), error)


def _page(
    found: Poll, *, has_voted: str = "", error: DomainError | None = None
) -> ResponseReturnValue:
    body = render_template(
        "voice/poll.html", breadcrumbs=[], **_shown(found, has_voted=has_voted, error=error)
    )
    return answered(body, error)


def _shown(
    found: Poll | None, *, has_voted: str = "", error: DomainError | None = None
) -> dict[str, object]:
    return {
        "poll": found,
        "shares": polls.shares(found) if found else [],
        "total": _votes(found) if found else 0,
        "is_open": found is not None and polls.takes_votes(found, templating.now()),
        "has_voted": has_voted if has_voted in {"moi", "roi"} else "",
        "error": error.sentence if error else "",
    }


def _votes(found: Poll) -> int:
    return sum(choice.votes for choice in found.choices)
