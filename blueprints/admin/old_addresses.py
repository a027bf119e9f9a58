"""Addresses of before a move, as the administrator looks after them."""

import re
from urllib.parse import urlsplit

from flask import current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from blueprints import errors, moved, templating
from blueprints.access import access
from blueprints.admin import blueprint, show
from blueprints.dashboard import actor
from blueprints.public.paging import make_page, page_number
from extensions import db
from models import OldAddress
from services.errors import DomainError, InvalidInput
from services.moving import old_addresses
from services.moving.old_addresses import Target
from services.publications import MAX_ID

PER_PAGE = 50
MAX_WORDS_CHARACTERS = 300
_PUBLICATION = re.compile(r"/[a-z0-9-]+/[^/]*-([0-9]{1,10})/?")
_SECTION = re.compile(r"/chuyen-muc/([^/]+)/?")


@blueprint.get("/dia-chi-cu")
@access("admin")
def address_list() -> ResponseReturnValue:
    return _list()


@blueprint.post("/dia-chi-cu")
@access("admin")
def add_address() -> ResponseReturnValue:
    address = request.form.get("address", "")[: old_addresses.MAX_TYPED_CHARACTERS]
    target = request.form.get("target", "")[: old_addresses.MAX_TYPED_CHARACTERS]
    path = urlsplit(target.strip()).path if "[" not in target else ""
    named = _PUBLICATION.fullmatch(path)
    publication_id = int(named[1]) if named else 0
    section = _SECTION.fullmatch(path)
    try:
        kept = old_addresses.normalise(address)
        if kept and _is_ours(kept):
            sentence = f"Trang đang dùng {kept} cho một trang của mình nên không chuyển hướng được."
            raise InvalidInput(sentence, {"address": sentence})
        row = old_addresses.add(
            actor=actor(),
            address=address,
            publication_id=publication_id if publication_id <= MAX_ID else None,
            section_slug=section[1] if section else "",
            now=templating.now(),
        )
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        return _list(error=error, address=address, target=target)
    flash(_("Đã thêm: %(address)s dẫn tới “%(title)s”.", **_said(row)), "ok")
    return redirect(url_for("admin.address_list", q=row.address), code=303)


@blueprint.post("/dia-chi-cu/<int:address_id>/bo")
@access("admin")
def remove_address(address_id: int) -> ResponseReturnValue:
    address = old_addresses.remove(actor=actor(), address_id=address_id, now=templating.now())
    db.session.commit()
    flash(_("Đã bỏ địa chỉ cũ %(address)s.", address=address), "ok")
    return redirect(url_for("admin.address_list"), code=303)


def _list(
    *, error: DomainError | None = None, address: str = "", target: str = ""
) -> ResponseReturnValue:
    words = request.args.get("q", "").strip()[:MAX_WORDS_CHARACTERS]
    found = old_addresses.page_of(words=words, number=page_number(), per_page=PER_PAGE)
    values = {"q": words} if words else {}
    fields = error.fields if isinstance(error, InvalidInput) else {}
    return show(
        "old_addresses.html",
        fragment="_old_address_list.html",
        room="addresses",
        status=errors.status_of(error) if error else 200,
        page=make_page(found, found.items, endpoint="admin.address_list", values=values),
        words=words,
        address=address,
        target=target,
        errors=fields,
        refused=error.sentence if error and not fields else "",
        leads_to=_leads_to,
        target_name=old_addresses.target_name,
    )


def _said(row: OldAddress) -> dict[str, str]:
    return {"address": row.address, "title": old_addresses.target_name(row)}


def _leads_to(row: OldAddress) -> str:
    publication, section = row.publication, row.section
    target = Target(
        publication_id=publication.id if publication else None,
        kind=publication.kind if publication else None,
        slug=publication.slug if publication else "",
        section_slug=section.slug if section else "",
        media=row.media,
    )
    return moved.address_of(target) or ""


def _is_ours(address: str) -> bool:
    """Whether a view of ours answers there, so that the old address would never be asked for."""
    path, _, query = address.partition("?")
    if path == "/":
        return query.partition("=")[0] not in old_addresses.NUMBERED
    try:
        current_app.url_map.bind("localhost").match(path, method="GET")
    except RequestRedirect:
        return True
    except HTTPException:
        return False
    return True
