"""Past imports as the administrator sees them; they are run on the command line."""

from pathlib import Path

from flask import Response, current_app, send_file
from flask.typing import ResponseReturnValue

from blueprints import templating
from blueprints.access import access
from blueprints.admin import blueprint, show
from blueprints.public.paging import make_page, page_number
from services.moving import runs
from services.moving.items import OUTCOME_LABELS
from services.moving.runs import STATE_LABELS

PER_PAGE = 30
FORM_LABELS = {
    "site": "Bản xuất của trang",
    "wxr": "WordPress (WXR)",
    "html": "Thư mục trang HTML",
    "": "Chưa rõ loại",
}


@blueprint.get("/nhap-du-lieu")
@access("admin")
def import_runs() -> ResponseReturnValue:
    now, instance = templating.now(), Path(current_app.instance_path)
    found = runs.page_of(number=page_number(), per_page=PER_PAGE)
    return show(
        "import_runs.html",
        fragment="_import_run_list.html",
        room="imports",
        page=make_page(found, found.items, endpoint="admin.import_runs", values={}),
        states={one.id: runs.state_of(one, now=now) for one in found.items},
        with_report={
            one.id
            for one in found.items
            if one.report and runs.report_path(one, instance=instance).is_file()
        },
        STATE_LABELS=STATE_LABELS,
        FORM_LABELS=FORM_LABELS,
        OUTCOME_LABELS=OUTCOME_LABELS,
    )


@blueprint.get("/nhap-du-lieu/<int:run_id>/bao-cao.csv")
@access("admin")
def import_run_report(run_id: int) -> Response:
    """The report by row, as the run wrote it."""
    path = runs.report_of(run_id=run_id, instance=Path(current_app.instance_path))
    return send_file(
        path, mimetype="text/csv", as_attachment=True, download_name=f"nhap-{path.name}"
    )
