"""Liên kết: the list in its order, and one of them."""

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from blueprints import errors, templating
from blueprints.access import access
from blueprints.admin import blueprint, moved, show, typed_step
from blueprints.dashboard import actor
from extensions import db
from models import SiteLink
from services import link_checking, site_links
from services.errors import DomainError, InvalidInput
from services.site_links import LinkDraft
from services.vietnamese import clean

# Longer than any field takes; what is cut has its sentence anyway.
MAX_TYPED = 4_000


@blueprint.get("/lien-ket")
@access("admin")
def link_list() -> ResponseReturnValue:
    return _list()


@blueprint.get("/lien-ket/moi")
@access("admin")
def new_link() -> ResponseReturnValue:
    heading = request.args.get("nhom", "")[: site_links.MAX_HEADING]
    return _form(None, LinkDraft(heading=heading))


@blueprint.post("/lien-ket/moi")
@access("admin")
def create_link() -> ResponseReturnValue:
    draft = _typed()
    try:
        link = site_links.create(actor=actor(), draft=draft, now=templating.now())
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        return _form(None, draft, error=error)
    flash(f"Đã thêm liên kết “{link.name}”.", "ok")
    return redirect(url_for("admin.link_list"), code=303)


@blueprint.get("/lien-ket/<int:link_id>")
@access("admin")
def link_page(link_id: int) -> ResponseReturnValue:
    link = site_links.get(link_id)
    return _form(link, _draft_of(link))


@blueprint.post("/lien-ket/<int:link_id>")
@access("admin")
def save_link(link_id: int) -> ResponseReturnValue:
    draft = _typed()
    try:
        link = site_links.edit(
            actor=actor(),
            link_id=link_id,
            draft=draft,
            seen=request.form.get("seen", ""),
            now=templating.now(),
        )
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        return _form(site_links.get(link_id), draft, error=error)
    flash(f"Đã lưu liên kết “{link.name}”.", "ok")
    return redirect(url_for("admin.link_list", _anchor=f"link-{link_id}"), code=303)


@blueprint.post("/lien-ket/<int:link_id>/thu-tu")
@access("admin")
def move_link(link_id: int) -> ResponseReturnValue:
    step = typed_step()
    name = site_links.move(actor=actor(), link_id=link_id, step=step, now=templating.now()).name
    back = url_for("admin.link_list", _anchor=f"link-{link_id}")
    return moved(name, step, show_list=_list, back=back)


@blueprint.post("/lien-ket/<int:link_id>/thu-tu-nhom")
@access("admin")
def move_link_heading(link_id: int) -> ResponseReturnValue:
    """The heading of this link, with all that stands under it."""
    step = typed_step()
    heading = site_links.move_heading(
        actor=actor(), link_id=link_id, step=step, now=templating.now()
    )
    back = url_for("admin.link_list", _anchor=f"heading-{link_id}")
    return moved(heading, step, show_list=_list, back=back)


@blueprint.post("/lien-ket/<int:link_id>/bo")
@access("admin")
def delete_link(link_id: int) -> ResponseReturnValue:
    link = site_links.delete(actor=actor(), link_id=link_id, now=templating.now())
    name = link.name
    db.session.commit()
    flash(f"Đã bỏ liên kết “{name}”.", "ok")
    return redirect(url_for("admin.link_list"), code=303)


def _list(*, said: str = "") -> ResponseReturnValue:
    return show(
        "links.html",
        fragment="_link_list.html",
        room="links",
        link_groups=site_links.groups(),
        broken=site_links.broken(),
        known_of=link_checking.known_of,
        said=said,
    )


def _typed() -> LinkDraft:
    form = request.form
    return LinkDraft(
        name=clean(form.get("name", "")[:MAX_TYPED]),
        english_name=clean(form.get("english_name", "")[:MAX_TYPED]),
        address=clean(form.get("address", "")[:MAX_TYPED]),
        heading=clean(form.get("heading", "")[:MAX_TYPED]),
        english_heading=clean(form.get("english_heading", "")[:MAX_TYPED]),
        is_shown=form.get("is_shown") == "1",
    )


def _draft_of(link: SiteLink) -> LinkDraft:
    return LinkDraft(
        name=link.name,
        english_name=link.english_name,
        address=link.address,
        heading=link.heading,
        english_heading=link.english_heading,
        is_shown=link.is_shown,
    )


def _form(
    link: SiteLink | None, draft: LinkDraft, *, error: DomainError | None = None
) -> ResponseReturnValue:
    is_overtaken = error is not None and errors.status_of(error) == 409
    found = site_links.broken().get(link.id) if link else None
    return show(
        "link_form.html",
        room="links",
        status=errors.status_of(error) if error else 200,
        link=link,
        draft=draft,
        seen=site_links.seen_token(link) if link else "",
        stored=site_links.facts_of(link) if link and is_overtaken else {},
        headings=[group.heading for group in site_links.groups()],
        broken=link_checking.known_of(found) if found else "",
        errors=error.fields if isinstance(error, InvalidInput) else {},
        refused=error.sentence if error and not isinstance(error, InvalidInput) else "",
    )
