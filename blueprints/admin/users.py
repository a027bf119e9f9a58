"""People: the list, an invitation, changes, and links to a password."""

from typing import Any

from flask import current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from blueprints import errors, templating
from blueprints.access import access
from blueprints.admin import blueprint, show
from blueprints.dashboard import actor
from blueprints.public.paging import make_page, page_number
from extensions import db
from models import Role, User
from services import accounts, invitations, units
from services import users as people
from services.errors import DomainError, InvalidInput, NotAllowed
from services.users import STANDINGS, Standing, UserDraft, number_of

PER_PAGE = 25
MAX_FILTER_CHARACTERS = 200


def link_for(token: str) -> str:
    """The whole address of an invitation, to be sent and handed over."""
    return templating.site_url(url_for("auth.choose_password", token=token))


@blueprint.get("/nguoi-dung")
@access("admin")
def user_list() -> ResponseReturnValue:
    asked = {
        "q": request.args.get("q", "").strip()[:MAX_FILTER_CHARACTERS],
        "vai-tro": request.args.get("vai-tro", ""),
        "don-vi": request.args.get("don-vi", ""),
        "trang-thai": request.args.get("trang-thai", ""),
    }
    role = Role(asked["vai-tro"]) if asked["vai-tro"] in set(Role) else None
    standing = Standing(asked["trang-thai"]) if asked["trang-thai"] in set(Standing) else None
    found = people.page_of(
        number=page_number(),
        per_page=PER_PAGE,
        words=asked["q"],
        role=role,
        unit_id=number_of(asked["don-vi"]) or None,
        standing=standing,
    )
    values = {name: value for name, value in asked.items() if value}
    page = make_page(found, found.items, endpoint="admin.user_list", values=values)
    return show(
        "users.html",
        fragment="_user_list.html",
        room="users",
        page=page,
        asked=asked,
        is_filtered=bool(values),
        units=units.choices(also=number_of(asked["don-vi"])),
        STANDINGS=STANDINGS,
        standing_of=people.standing_of,
    )


@blueprint.get("/nguoi-dung/moi")
@access("admin")
def new_user() -> ResponseReturnValue:
    return _form(None, UserDraft(role=Role.CONTRIBUTOR.value))


@blueprint.post("/nguoi-dung/moi")
@access("admin")
def invite_user() -> ResponseReturnValue:
    draft = _typed()
    try:
        user, link = people.invite(
            actor=actor(),
            draft=draft,
            link_for=link_for,
            site_name=current_app.config["SITE_NAME"],
            now=templating.now(),
        )
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        return _form(None, draft, error=error)
    return _link_page(user, link)


@blueprint.get("/nguoi-dung/<int:user_id>")
@access("admin")
def user_page(user_id: int) -> ResponseReturnValue:
    user = people.get(user_id)
    return _form(user, _draft_of(user))


@blueprint.post("/nguoi-dung/<int:user_id>")
@access("admin")
def save_user(user_id: int) -> ResponseReturnValue:
    draft = _typed()
    try:
        user = people.edit(
            actor=actor(),
            user_id=user_id,
            draft=draft,
            seen=request.form.get("seen", ""),
            now=templating.now(),
        )
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        return _form(people.get(user_id), draft, error=error)
    flash(f"Đã lưu tài khoản của {user.full_name}.", "ok")
    return redirect(url_for("admin.user_page", user_id=user_id), code=303)


@blueprint.post("/nguoi-dung/<int:user_id>/trang-thai")
@access("admin")
def set_user_open(user_id: int) -> ResponseReturnValue:
    """Close or open an account, as the button says."""
    try:
        if request.form.get("to") == "disabled":
            user = people.disable(actor=actor(), user_id=user_id, now=templating.now())
            sentence = f"Đã khoá tài khoản của {user.full_name}; mọi phiên đăng nhập đã kết thúc."
        else:
            user = people.enable(actor=actor(), user_id=user_id, now=templating.now())
            sentence = f"Đã mở lại tài khoản của {user.full_name}."
        db.session.commit()
    except NotAllowed as error:
        return _refused(user_id, error)
    flash(sentence, "ok")
    return redirect(url_for("admin.user_page", user_id=user_id), code=303)


@blueprint.post("/nguoi-dung/<int:user_id>/lien-ket")
@access("admin")
def give_user_link(user_id: int) -> ResponseReturnValue:
    try:
        user, link = people.give_link(
            actor=actor(),
            user_id=user_id,
            link_for=link_for,
            site_name=current_app.config["SITE_NAME"],
            now=templating.now(),
        )
        db.session.commit()
    except NotAllowed as error:
        return _refused(user_id, error)
    return _link_page(user, link)


@blueprint.post("/nguoi-dung/<int:user_id>/mo-dang-nhap")
@access("admin")
def unlock_user(user_id: int) -> ResponseReturnValue:
    user = people.get(user_id)
    accounts.forget_failures(username=user.username, secret_key=current_app.config["SECRET_KEY"])
    people.note_unlock(user=user, actor=actor(), now=templating.now())
    db.session.commit()
    flash(f"{user.full_name} có thể thử đăng nhập lại ngay.", "ok")
    return redirect(url_for("admin.user_page", user_id=user_id), code=303)


def _refused(user_id: int, error: DomainError) -> ResponseReturnValue:
    db.session.rollback()
    user = people.get(user_id)
    return _form(user, _draft_of(user), error=error)


def _typed() -> UserDraft:
    form = request.form
    return UserDraft(
        username=form.get("username", ""),
        full_name=form.get("full_name", ""),
        email=form.get("email", ""),
        role=form.get("role", ""),
        unit_id=form.get("unit_id", ""),
        section_ids=tuple(form.getlist("section_ids")),
        may_publish_unreviewed=form.get("may_publish_unreviewed") == "1",
    )


def _draft_of(user: User) -> UserDraft:
    return UserDraft(
        username=user.username,
        full_name=user.full_name,
        email=user.email,
        role=user.role.value,
        unit_id=str(user.unit_id),
        section_ids=tuple(str(section.id) for section in user.sections),
        may_publish_unreviewed=user.may_publish_unreviewed,
    )


def _form(
    user: User | None, draft: UserDraft, *, error: DomainError | None = None
) -> ResponseReturnValue:
    """The form with what was typed; for a conflict, also with what is stored now."""
    context: dict[str, Any] = {}
    if user is not None:
        stored = people.facts_of(user)
        context = {
            "seen": people.seen_token(user),
            "stored": stored if error is not None and errors.status_of(error) == 409 else {},
            "standing": people.standing_of(user),
            "latest_link": people.latest_link(user),
            "failures": accounts.failures_of(
                username=user.username,
                secret_key=current_app.config["SECRET_KEY"],
                now=templating.now(),
            ),
            "is_self": user.id == actor().id,
        }
    return show(
        "user.html",
        room="users",
        status=errors.status_of(error) if error else 200,
        person=user,
        draft=draft,
        errors=error.fields if isinstance(error, InvalidInput) else {},
        refused=error.sentence if error and not isinstance(error, InvalidInput) else "",
        units=units.choices(also=number_of(draft.unit_id)),
        sections=templating.section_tree().choices(),
        STANDINGS=STANDINGS,
        **context,
    )


def _link_page(user: User, link: str) -> ResponseReturnValue:
    """Shown in the answer itself and nowhere kept: only the hash of the link is stored."""
    return show(
        "link.html",
        room="users",
        person=user,
        link=link,
        days=invitations.LIFETIME.days,
        is_invitation=not invitations.has_password(user),
    )
