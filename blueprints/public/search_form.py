"""The form of search: what was typed in its fields, and which question that is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from flask import request
from flask_babel import gettext as _

from blueprints import http, languages, templating
from blueprints.public.paging import page_number
from models import Kind
from services import dates, sectioning
from services.errors import InvalidInput
from services.kinds import KINDS
from services.search import SearchRequest, Sort, Suggestion
from services.vietnamese import clean, fold, syllables

PER_PAGE = 20
MAX_CHARACTERS = 200
FIELDS = (
    "q",
    "cum-tu",
    "khong-co",
    "loai",
    "chuyen-muc",
    "don-vi",
    "tac-gia",
    "co-quan",
    "tu-ngay",
    "den-ngay",
    "co-tep",
    "sap-xep",
)
# Fields of words, with what they are called when they are too long.
WORDS = {
    "q": "Từ cần tìm",
    "cum-tu": "Cụm từ",
    "khong-co": "Phần “không có từ”",
}
NAMES = {"tac-gia": "Tên tác giả", "co-quan": "Tên cơ quan"}
KIND_VALUES = {info.path: info.kind for info in KINDS.values()}
SORTS = {"": Sort.RELEVANCE, "moi-nhat": Sort.NEWEST, "cu-nhat": Sort.OLDEST}
HAS_FILE = {"": None, "co": True, "khong": False}
# What narrows a search beside its words.
FILTERS = FIELDS[3:-1]


@dataclass(slots=True)
class Asked:
    """What was typed, what it means, and what is wrong with it."""

    form: dict[str, str]
    request: SearchRequest
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def is_blank(self) -> bool:
        return not any(self.form.values())

    @property
    def is_short(self) -> bool:
        """Whether somebody has only begun to type: one letter finds everything and nothing."""
        if not self.request.prefix_last or any(self.form[name] for name in FIELDS[1:]):
            return False
        return sum(len(fold(syllable.text)) for syllable in syllables(self.form["q"])) < 2

    def values(self) -> dict[str, str]:
        """What goes into the addresses of the other pages: only what was chosen."""
        return {name: value for name, value in self.form.items() if value}

    def values_for(self, suggestion: Suggestion) -> dict[str, str]:
        """The same for what is suggested instead."""
        asked = suggestion.request
        words = {"q": asked.q, "cum-tu": asked.phrase, "khong-co": asked.without}
        kept = {} if asked.is_unfiltered else {name: self.form[name] for name in FILTERS}
        return {name: value for name, value in {**words, **kept}.items() if value}


def read_form(units: Mapping[str, int]) -> Asked:
    """The request's question; ``units`` gives the id of each unit's address."""
    form = {name: clean(request.args.get(name, "")).strip() for name in FIELDS}
    errors: dict[str, str] = {}
    for name, label in WORDS.items():
        if len(form[name]) > MAX_CHARACTERS:
            errors[name] = _(
                "%(field)s dài %(n)s ký tự; hãy rút còn nhiều nhất %(most)s ký tự.",
                field=_(label),
                n=len(form[name]),
                most=MAX_CHARACTERS,
            )
    for name, label in NAMES.items():
        if len(form[name]) > MAX_CHARACTERS:
            errors[name] = _("%(field)s quá dài; hãy rút ngắn lại.", field=_(label))
    kind: Kind | None = KIND_VALUES.get(form["loai"])
    if form["loai"] and kind is None:
        errors["loai"] = _("Không có loại này; hãy chọn trong danh sách.")
    tree = templating.section_tree()
    node = tree.by_slug.get(form["chuyen-muc"])
    if form["chuyen-muc"] and (node is None or not node.is_active):
        # An address that somebody kept from before the section moved.
        node = tree.by_slug.get(sectioning.heir_of(form["chuyen-muc"]) or "")
        form["chuyen-muc"] = node.slug if node else form["chuyen-muc"]
    if form["chuyen-muc"] and node is None:
        errors["chuyen-muc"] = _("Không có chuyên mục này; hãy chọn trong danh sách.")
    unit_id = units.get(form["don-vi"])
    if form["don-vi"] and unit_id is None:
        errors["don-vi"] = _("Không có đơn vị này; hãy chọn trong danh sách.")
    if form["sap-xep"] not in SORTS:
        errors["sap-xep"] = _("Không có cách sắp xếp này; hãy chọn trong danh sách.")
    if form["co-tep"] not in HAS_FILE:
        errors["co-tep"] = _("Không có lựa chọn này; hãy chọn trong danh sách.")
    date_from = _date(form, "tu-ngay", "Từ ngày", errors)
    date_to = _date(form, "den-ngay", "Đến ngày", errors)
    if date_from and date_to and date_from > date_to:
        errors["den-ngay"] = _("“Đến ngày” phải sau hoặc bằng “Từ ngày”.")
    return Asked(
        form,
        SearchRequest(
            q=form["q"],
            phrase=form["cum-tu"],
            without=form["khong-co"],
            kind=kind,
            section_ids=tree.ids_below(node) if node else (),
            unit_id=unit_id,
            author=form["tac-gia"],
            issuing_body=form["co-quan"],
            has_file=HAS_FILE.get(form["co-tep"]),
            date_from=date_from,
            date_to=date_to,
            sort=SORTS.get(form["sap-xep"], Sort.RELEVANCE),
            page=page_number(),
            per_page=PER_PAGE,
            # While somebody types, the last word is one that they have not finished.
            prefix_last=http.wants_fragment(),
            with_facets=True,
            language=languages.language(),
        ),
        errors,
    )


def _date(form: dict[str, str], name: str, label: str, errors: dict[str, str]) -> date | None:
    if not form[name]:
        return None
    try:
        return dates.parse_date(form[name])
    except InvalidInput as error:
        errors[name] = f"{_(label)}: {templating.said_here(error.sentence)}"
        return None
