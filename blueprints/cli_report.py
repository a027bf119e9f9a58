"""``flask report``: the half-year report in a terminal."""

from datetime import UTC, datetime

import click
from flask.cli import with_appcontext

from services import dates, half_year, unreviewed
from services.duty_ledger import Share
from services.errors import DomainError


@click.command("report")
@click.option("--from", "first", default="", help="Từ ngày, ví dụ 01/01/2026.")
@click.option("--to", "last", default="", help="Đến hết ngày.")
@with_appcontext
def report(first: str, last: str) -> None:
    """In số liệu của một kỳ; nửa năm hiện tại nếu không ghi ngày."""
    now = datetime.now(UTC)
    begins, ends = unreviewed.half_year(now)
    try:
        begins = dates.parse_date(first) if first else begins
        ends = dates.parse_date(last) if last else ends
        found = half_year.report(first=begins, last=ends, now=now)
    except DomainError as error:
        raise click.ClickException(error.sentence) from error
    click.echo(f"Từ {dates.format_date(begins)} đến {dates.format_date(ends)}")
    for key, line in half_year.LINES.items():
        before = "  trong đó: " if line.of else ""
        of = f" / {found.figures[line.of]}" if line.of else ""
        click.echo(f"{before}{line.label}: {found.figures[key]}{of}")
    click.echo("Thời hạn: " + _said(found.due))
    for share in found.duties.values():
        click.echo(f"  {share.name}: {_said(share)}")


def _said(share: Share) -> str:
    total, on_time, late, overdue, waiting, percent = half_year.said_of(share)
    return (
        f"{total} việc đến hạn, {on_time} xong đúng hạn, {late} xong trễ, "
        f"{overdue} quá hạn chưa xong, {waiting} chưa đến hạn; tỷ lệ đúng hạn {percent}"
    )
