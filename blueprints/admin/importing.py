"""Many people at once: a spreadsheet is looked at first, and carried out when somebody agrees.

Between the two pages the rows travel in the form, signed and packed, so that nothing is uploaded
or typed twice and no half-done import lies about on a server.
"""

from collections.abc import Sequence
from typing import Any

from flask import Response, current_app, make_response, request, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeTimedSerializer

from blueprints import errors, templating
from blueprints.access import access
from blueprints.admin import blueprint, show
from blueprints.admin.users import link_for
from blueprints.dashboard import actor
from extensions import db
from services import spreadsheets, user_import
from services.errors import Conflict, DomainError, InvalidInput
from services.user_import import COLUMNS, VERDICT_LABELS, Row, Verdict

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# What a form may carry (MAX_FORM_MEMORY_SIZE of app.py), with room for the rest of it.
MAX_CARRIED_CHARACTERS = 1_900_000
CARRIED_FOR_S = 24 * 3600
# The page shows this many rows of each verdict; the report has them all.
ROWS_SHOWN = 200
EXAMPLES = (
    ("nguyen.an", "Nguyễn Văn An", "Cộng tác viên", "Văn phòng Sở", "an@coquan.gov.vn", ""),
    ("le.binh", "Lê Thị Bình", "Biên tập viên", "Văn phòng Sở", "", "Tin tức; Thông báo"),
)
ORDER = (Verdict.WRONG, Verdict.NEW, Verdict.MADE, Verdict.EXISTS)


@blueprint.get("/nguoi-dung/nhap")
@access("admin")
def import_page() -> ResponseReturnValue:
    return _upload()


@blueprint.get("/nguoi-dung/nhap/mau.xlsx")
@access("admin")
def import_template() -> Response:
    return _download(spreadsheets.write(COLUMNS, EXAMPLES, title="Người dùng"), "mau-nguoi-dung")


@blueprint.post("/nguoi-dung/nhap")
@access("admin")
def look_at_import() -> ResponseReturnValue:
    """The dry run: what would become of each row."""
    file = request.files.get("file")
    try:
        if file is None or not file.filename:
            raise InvalidInput("Hãy chọn tệp .xlsx hoặc .csv trước khi bấm “Xem trước”.")
        rows = user_import.rows_of(spreadsheets.read(file.stream))
        carried = _sealer("rows").dumps([[number, list(row.values())] for number, row in rows])
        judged = user_import.judge(rows)
        report = _sealer("report").dumps(_report_of(judged))
        if max(len(carried), len(report)) > MAX_CARRIED_CHARACTERS:
            raise InvalidInput("Bảng có quá nhiều chữ cho một lần nhập; hãy chia thành nhiều tệp.")
    except DomainError as error:
        return _upload(error=error)
    return _show(judged, carried=str(carried), report=str(report), is_done=False)


@blueprint.post("/nguoi-dung/nhap/thuc-hien")
@access("admin")
def carry_out_import() -> ResponseReturnValue:
    rows = [
        (number, dict(zip(COLUMNS, cells, strict=True)))
        for number, cells in _unsealed("rows", request.form.get("rows", ""))
    ]
    judged = user_import.carry_out(
        actor=actor(),
        rows=rows,
        link_for=link_for,
        site_name=current_app.config["SITE_NAME"],
        now=templating.now(),
    )
    # Before the rows are gone from the session: the links are nowhere else.
    report = str(_sealer("report").dumps(_report_of(judged)))
    db.session.commit()
    return _show(judged, carried="", report=report, is_done=True)


@blueprint.post("/nguoi-dung/nhap/bao-cao.xlsx")
@access("admin")
def import_report() -> Response:
    """The report by row, of what the page before it showed. Writes nothing."""
    rows = _unsealed("report", request.form.get("report", ""))
    header = ("Dòng", "Kết quả", "Ghi chú", *COLUMNS, "Liên kết chọn mật khẩu")
    return _download(spreadsheets.write(header, rows, title="Kết quả"), "ket-qua-nhap")


def _report_of(judged: Sequence[Row]) -> list[list[str]]:
    return [
        [
            str(row.number),
            VERDICT_LABELS[row.verdict],
            " ".join(row.notes),
            *row.values.values(),
            row.link,
        ]
        for row in judged
    ]


def _show(judged: list[Row], *, carried: str, report: str, is_done: bool) -> ResponseReturnValue:
    counts = user_import.count(judged)
    groups = [
        (verdict, [row for row in judged if row.verdict is verdict][:ROWS_SHOWN])
        for verdict in ORDER
        if counts[verdict]
    ]
    return show(
        "import_report.html",
        room="users",
        counts=counts,
        row_groups=groups,
        rows_shown=ROWS_SHOWN,
        carried=carried,
        report=report,
        is_done=is_done,
        mailed=sum(bool(row.link and row.values["Thư điện tử"]) for row in judged),
        VERDICT_LABELS=VERDICT_LABELS,
        Verdict=Verdict,
    )


def _upload(*, error: DomainError | None = None) -> ResponseReturnValue:
    return show(
        "import.html",
        room="users",
        status=errors.status_of(error) if error else 200,
        error=error.sentence if error else "",
        columns=COLUMNS,
        max_rows=user_import.MAX_ROWS,
    )


def _sealer(purpose: str) -> URLSafeTimedSerializer:
    """Packs and signs what a page carries; only for whoever was shown it."""
    return URLSafeTimedSerializer(
        current_app.config["SECRET_KEY"], salt=f"user-import/{purpose}/{actor().id}"
    )


def _unsealed(purpose: str, carried: str) -> list[Any]:
    try:
        rows: list[Any] = _sealer(purpose).loads(carried, max_age=CARRIED_FOR_S)
    except BadSignature as error:
        raise Conflict(
            "Bảng xem trước này đã cũ hoặc không đầy đủ nên chưa có gì được tạo; hãy tải tệp lên "
            f"lại ở {url_for('admin.import_page')}."
        ) from error
    return rows


def _download(data: bytes, name: str) -> Response:
    response = make_response(data)
    response.content_type = XLSX
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.xlsx"'
    return response
