"""Search: one address for the page and for the results as one types."""

from dataclasses import dataclass, field
from datetime import date

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy import select

from blueprints import http, templating
from blueprints.access import access
from blueprints.public import blueprint, metadata
from blueprints.public.paging import make_page, page_number
from extensions import db, limiter
from models import Kind, Unit
from services import dates, listing, sectioning
from services import search as search_service
from services.errors import InvalidInput
from services.kinds import KINDS
from services.listing import Card
from services.search import SearchRequest, Sort
from services.vietnamese import clean

PER_PAGE = 20
MAX_QUERY_CHARACTERS = 200
FIELDS = ("q", "loai", "chuyen-muc", "don-vi", "tac-gia", "tu-ngay", "den-ngay", "sap-xep")
KIND_VALUES = {info.path: info.kind for info in KINDS.values()}
SORTS = {"": Sort.RELEVANCE, "moi-nhat": Sort.NEWEST, "cu-nhat": Sort.OLDEST}


@dataclass(frozen=True, slots=True)
class Found:
    """A card with the matches marked."""

    card: Card
    title_html: Markup
    excerpt_html: Markup
    is_of_file: bool = False

    def __getattr__(self, name: str) -> object:
        return getattr(self.card, name)


@dataclass(slots=True)
class Asked:
    """What was typed, what it means, and what is wrong with it."""

    form: dict[str, str]
    request: SearchRequest
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def is_blank(self) -> bool:
        return not any(self.form.values())

    def values(self) -> dict[str, str]:
        """What goes into the addresses of the other pages: only what was chosen."""
        return {name: value for name, value in self.form.items() if value}


@blueprint.get("/tim-kiem")
@access("public")
@limiter.limit("180 per minute")
def search() -> ResponseReturnValue:
    units = db.session.execute(select(Unit.id, Unit.slug, Unit.name).order_by(Unit.sort_key)).all()
    asked = _read({unit.slug: unit.id for unit in units})
    status = 422 if asked.errors else 200
    result = page = None
    if not asked.is_blank and not asked.errors:
        found = search_service.search(request=asked.request, now=templating.now())
        cards = listing.by_ids([hit.publication_id for hit in found.hits])
        hits = [
            Found(cards[hit.publication_id], hit.title_html, hit.snippet_html, hit.is_of_file)
            for hit in found.hits
            if hit.publication_id in cards
        ]
        result = {
            "total": found.total,
            "total_is_capped": found.total_is_capped,
            "hits": hits,
            "folded_only": found.folded_only,
            "any_of": found.any_of,
        }
        page = make_page(found, hits, endpoint="public.search", values=asked.values())
        elapsed_ms = found.elapsed_ms
    else:
        elapsed_ms = 0.0
    context = {"result": result, "page": page, "form": asked.form, "errors": asked.errors}
    if http.wants_fragment():
        body = render_template("public/_search_results.html", **context)
    else:
        tree = templating.section_tree()
        body = render_template(
            "public/search.html",
            **context,
            kinds=[(info.path, info.label) for info in KINDS.values()],
            sections=[(node.slug, "\u2003" * node.depth + node.name) for node in tree.choices()],
            units=[(unit.slug, unit.name) for unit in units],
            meta=metadata.of_search(asked.form["q"]),
            breadcrumbs=[("Trang chủ", "/"), ("Tìm kiếm", None)],
        )
    response: Response = http.public(body, status=status)
    # In a header: in the page it would make each answer differ from the last.
    response.headers["Server-Timing"] = f"search;dur={elapsed_ms:.1f}"
    return response


def _read(units: dict[str, int]) -> Asked:
    form = {name: clean(request.args.get(name, "")).strip() for name in FIELDS}
    errors: dict[str, str] = {}
    if len(form["q"]) > MAX_QUERY_CHARACTERS:
        errors["q"] = (
            f"Từ cần tìm dài {len(form['q'])} ký tự; hãy rút còn nhiều nhất "
            f"{MAX_QUERY_CHARACTERS} ký tự."
        )
    kind: Kind | None = KIND_VALUES.get(form["loai"])
    if form["loai"] and kind is None:
        errors["loai"] = "Không có loại này; hãy chọn trong danh sách."
    tree = templating.section_tree()
    node = tree.by_slug.get(form["chuyen-muc"])
    if form["chuyen-muc"] and (node is None or not node.is_active):
        # An address that somebody kept from before the section moved.
        node = tree.by_slug.get(sectioning.heir_of(form["chuyen-muc"]) or "")
        form["chuyen-muc"] = node.slug if node else form["chuyen-muc"]
    if form["chuyen-muc"] and node is None:
        errors["chuyen-muc"] = "Không có chuyên mục này; hãy chọn trong danh sách."
    unit_id = units.get(form["don-vi"])
    if form["don-vi"] and unit_id is None:
        errors["don-vi"] = "Không có đơn vị này; hãy chọn trong danh sách."
    if form["sap-xep"] not in SORTS:
        errors["sap-xep"] = "Không có cách sắp xếp này; hãy chọn trong danh sách."
    if len(form["tac-gia"]) > MAX_QUERY_CHARACTERS:
        errors["tac-gia"] = "Tên tác giả quá dài; hãy rút ngắn lại."
    date_from = _date(form, "tu-ngay", "Từ ngày", errors)
    date_to = _date(form, "den-ngay", "Đến ngày", errors)
    if date_from and date_to and date_from > date_to:
        errors["den-ngay"] = "“Đến ngày” phải sau hoặc bằng “Từ ngày”."
    return Asked(
        form,
        SearchRequest(
            q=form["q"],
            kind=kind,
            section_ids=tree.ids_below(node) if node else (),
            unit_id=unit_id,
            author=form["tac-gia"],
            date_from=date_from,
            date_to=date_to,
            sort=SORTS.get(form["sap-xep"], Sort.RELEVANCE),
            page=page_number(),
            per_page=PER_PAGE,
            # While somebody types, the last word is one that they have not finished.
            prefix_last=http.wants_fragment(),
        ),
        errors,
    )


def _date(form: dict[str, str], name: str, label: str, errors: dict[str, str]) -> date | None:
    if not form[name]:
        return None
    try:
        return dates.parse_date(form[name])
    except InvalidInput as error:
        errors[name] = f"{label}: {error.sentence}"
        return None
