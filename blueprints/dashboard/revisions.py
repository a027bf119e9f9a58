"""The history of one text: which revisions there are, what changed, and going back."""

from typing import Any

from flask import abort, flash, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm.exc import StaleDataError

from blueprints import errors, http, templating
from blueprints.access import access
from blueprints.dashboard import actor, blueprint
from blueprints.dashboard.forms import FORMS
from blueprints.dashboard.lists import navigation
from blueprints.dashboard.reviews import OVERTAKEN, get
from blueprints.public.paging import page_number
from extensions import db
from models import Publication, Revision
from services import comparison, policy, reviewing, revisions
from services.errors import Conflict, DomainError, InvalidInput
from services.publications import content_of, seen_token

# How two revisions are shown: "doi-chieu" side by side, "gop" in one text.
WAYS = ("doi-chieu", "gop")


@blueprint.get("/bai-viet/<int:publication_id>/ban")
@access("contributor")
def list_revisions(publication_id: int) -> ResponseReturnValue:
    publication = get(publication_id)
    chosen = _chosen()
    shown = _compared(publication, chosen) if chosen else None
    if http.wants_fragment():
        response = make_response(
            render_template(
                "dashboard/revisions/_comparison.html", publication=publication, shown=shown
            )
        )
    else:
        response = make_response(_list(publication, shown=shown))
    response.vary.add("HX-Request")
    return response


@blueprint.get("/bai-viet/<int:publication_id>/ban/<int:number>")
@access("contributor")
def show_revision(publication_id: int, number: int) -> ResponseReturnValue:
    publication = get(publication_id)
    revision = revisions.get(publication=publication, number=number)
    return render_template(
        "dashboard/revisions/revision.html",
        publication=publication,
        revision=revision,
        content=content_of(revision),
        **_restoring(publication),
        **navigation(),
        breadcrumbs=[],
    )


@blueprint.post("/bai-viet/<int:publication_id>/ban/<int:number>/khoi-phuc")
@access("contributor")
def restore_revision(publication_id: int, number: int) -> ResponseReturnValue:
    publication = get(publication_id)
    revision = revisions.get(publication=publication, number=number)
    before = publication.latest_revision
    try:
        made = revisions.restore(
            publication=publication,
            revision=revision,
            actor=actor(),
            seen=request.form.get("seen", ""),
            now=templating.now(),
        )
        db.session.commit()
    except (DomainError, StaleDataError) as error:
        db.session.rollback()
        refusal = error if isinstance(error, DomainError) else Conflict(OVERTAKEN)
        body = _list(get(publication_id), refusal=refusal.sentence)
        return http.private(body, status=errors.status_of(refusal))
    flash(_restored(publication, made, revision, before), "ok")
    address = url_for("dashboard.edit_publication", publication_id=publication_id)
    return redirect(address, code=303)


def _restored(
    publication: Publication, made: Revision, old: Revision, before: Revision | None
) -> str:
    said = [f"Bản thứ {made.number} là bản mới nhất và có nội dung của bản thứ {old.number}."]
    if before is not None:
        said.append(f"Bản thứ {before.number} vẫn còn trong lịch sử.")
    if publication.live_revision_id is not None and publication.withdrawn_at is None:
        said.append("Trang ngoài chưa đổi cho đến khi bản mới được duyệt.")
    said.append("Hãy đánh dấu lại cam kết không có bí mật nhà nước trước khi gửi.")
    return " ".join(said)


@blueprint.post("/bai-viet/<int:publication_id>/ban/cat-giu")
@access("contributor")
def set_aside(publication_id: int) -> ResponseReturnValue:
    """Of two texts that were written at once, put the one that was not chosen into the history.

    Sent by the editor's form, with everything that is typed in it.
    """
    publication = get(publication_id)
    form = FORMS[publication.kind]()
    if not form.validate():
        sentences = form.sentences()
        raise InvalidInput("Chưa cất được: " + " ".join(sentences.values()), sentences)
    made = revisions.set_aside(
        publication=publication, actor=actor(), content=form.content(), now=templating.now()
    )
    db.session.commit()
    sentence = f"Bản của bạn đã được cất vào lịch sử: bản thứ {made.number}."
    if http.wants_json():
        return jsonify(sentence=sentence, number=made.number)
    flash(sentence, "ok")
    address = url_for("dashboard.edit_publication", publication_id=publication_id)
    return redirect(address, code=303)


def _chosen() -> tuple[int, int] | None:
    """The two numbers in the address; None if there is neither. 404 for what is no number."""
    if "a" not in request.args and "b" not in request.args:
        return None
    found = [request.args.get(name, "") for name in ("a", "b")]
    if not all(value.isascii() and value.isdigit() and len(value) < 11 for value in found):
        abort(404)
    return int(found[0]), int(found[1])


def _compared(publication: Publication, chosen: tuple[int, int]) -> dict[str, Any]:
    old, new = (revisions.get(publication=publication, number=number) for number in chosen)
    difference = reviewing.compare(old=old, new=new)
    way = request.args.get("kieu", "")
    way = way if way in WAYS else WAYS[0]
    return {
        "old": old,
        "new": new,
        "difference": difference,
        "way": way,
        "rows": comparison.side_by_side(difference.comparison) if way == WAYS[0] else [],
        **_restoring(publication),
    }


def _restoring(publication: Publication) -> dict[str, Any]:
    """What the buttons that go back to an old text need."""
    latest = publication.latest_revision
    return {
        "seen": seen_token(latest) if latest else "",
        "may_restore": revisions.restore_refusal(publication=publication, actor=actor()) is None,
    }


def _list(
    publication: Publication, *, shown: dict[str, Any] | None = None, refusal: str = ""
) -> str:
    found = revisions.list_revisions(publication=publication, number=page_number())
    latest = publication.latest_revision
    before = [line.revision.number for line in found.items if not line.is_latest]
    return render_template(
        "dashboard/revisions/revisions.html",
        publication=publication,
        page=found,
        shown=shown,
        refusal=refusal,
        a=shown["old"].number if shown else before[0] if before else 0,
        b=shown["new"].number if shown else latest.number if latest else 0,
        way=shown["way"] if shown else WAYS[0],
        may_edit=policy.can(actor(), "publication:edit", publication),
        **_restoring(publication),
        **navigation(),
        breadcrumbs=[],
    )
