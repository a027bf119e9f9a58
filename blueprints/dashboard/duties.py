"""The deadline ledger on the desk: filters in its address, a file of the same lines."""

import csv
import io
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from blueprints import errors, http, templating
from blueprints.access import access
from blueprints.dashboard import actor, blueprint
from blueprints.dashboard.lists import navigation
from blueprints.public.paging import make_page, page_number
from services import dates, duties, duty_ledger, spreadsheets, units
from services.duty_ledger import STATUS_LABELS, Chosen, Status
from services.duty_rules import DUTIES
from services.errors import InvalidInput

PER_PAGE = 30
MAX_TYPED_CHARACTERS = 40
NAMES = ("viec", "don-vi", "tinh-trang", "tu-ngay", "den-ngay")
_FIELDS = {"first": "tu-ngay", "last": "den-ngay"}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.get("/thoi-han")
@access("contributor")
def ledger() -> ResponseReturnValue:
    typed = _typed()
    user, now = actor(), templating.now()
    context: dict[str, Any] = {
        "typed": typed,
        "fields": {},
        "page": None,
        "duties": DUTIES,
        "limits": {key: duties.limit_of(key) for key in DUTIES},
        "status_labels": STATUS_LABELS,
        "units": units.choices(),
    }
    status = 200
    try:
        chosen = _chosen(typed)
        found = duty_ledger.page_of(
            user=user, chosen=chosen, now=now, number=page_number(), per_page=PER_PAGE
        )
        total, shares = duty_ledger.shares_of(user=user, chosen=chosen, now=now)
    except InvalidInput as error:
        context["fields"] = {_FIELDS.get(name, name): said for name, said in error.fields.items()}
        status = errors.status_of(error)
    else:
        values = {name: value for name, value in typed.items() if value}
        context |= {
            "page": make_page(found, found.items, endpoint="dashboard.ledger", values=values),
            "values": values,
            "total": total,
            "shares": shares,
        }
    if http.wants_fragment():
        body = render_template("dashboard/duties/_duty_ledger.html", **context)
    else:
        body = render_template(
            "dashboard/duties/ledger.html", **context, **navigation("thoi-han"), breadcrumbs=[]
        )
    response = make_response(body, status)
    response.vary.add("HX-Request")
    return response


@blueprint.get("/thoi-han/tai-ve")
@access("contributor")
def ledger_file() -> ResponseReturnValue:
    """The lines that the filters leave, as a spreadsheet: .xlsx, or .csv with ``dang=csv``."""
    now = templating.now()
    rows = duty_ledger.table_of(user=actor(), chosen=_chosen(_typed()), now=now)
    name = f"thoi-han-{dates.local_date(now):%Y-%m-%d}"
    return sheet(
        name, duty_ledger.HEADER, rows, title="Thời hạn", is_csv=request.args.get("dang") == "csv"
    )


def sheet(
    name: str,
    header: tuple[str, ...],
    rows: list[tuple[str, ...]],
    *,
    title: str,
    is_csv: bool,
) -> Response:
    """A table as a file to keep."""
    if is_csv:
        out = io.StringIO(newline="")
        writer = csv.writer(out)
        for row in (header, *rows):
            writer.writerow([spreadsheets.escaped(cell) for cell in row])
        # Excel takes a file without the mark for something else than UTF-8.
        data, kind = out.getvalue().encode("utf-8-sig"), "text/csv; charset=utf-8"
    else:
        data, kind = spreadsheets.write(header, rows, title=title), XLSX
    response = make_response(data)
    response.headers["Content-Type"] = kind
    extension = "csv" if is_csv else "xlsx"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{extension}"'
    return response


def _typed() -> dict[str, str]:
    typed = {name: request.args.get(name, "").strip()[:MAX_TYPED_CHARACTERS] for name in NAMES}
    # Whoever asks for nothing wants to know what is to be done.
    typed["tinh-trang"] = typed["tinh-trang"] or Status.OPEN.value
    return typed


def _chosen(typed: Mapping[str, str]) -> Chosen:
    """What is chosen, where what cannot be chosen counts as nothing; raises InvalidInput for
    days that are none."""
    first, last = days_between(typed)
    return Chosen(
        duty=typed["viec"] if typed["viec"] in DUTIES else "",
        unit_id=unit_number(typed["don-vi"]),
        status=Status(typed["tinh-trang"]) if typed["tinh-trang"] in set(Status) else None,
        first=first,
        last=last,
    )


def unit_number(typed: str) -> int | None:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= 9 else None


def days_between(typed: Mapping[str, str]) -> tuple[date | None, date | None]:
    """The two days that were typed. Raises InvalidInput that names each that is wrong."""
    found: dict[str, date | None] = {}
    fields: dict[str, str] = {}
    for name, label in (("tu-ngay", "Từ ngày"), ("den-ngay", "Đến ngày")):
        found[name] = None
        if typed[name]:
            try:
                found[name] = dates.parse_date(typed[name])
            except InvalidInput as error:
                fields[name] = f"{label}: {error.sentence}"
    if fields:
        raise InvalidInput(" ".join(fields.values()), fields)
    return found["tu-ngay"], found["den-ngay"]
