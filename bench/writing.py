"""What readers and the board write: readings counted, and logging in."""

import json
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from datetime import UTC, datetime
from functools import partial
from http.cookiejar import CookieJar
from pathlib import Path

from sqlalchemy import func, select

from bench import servers
from bench.corpus import Corpus, application, copied
from bench.figures import Report, Row, alternate, at_least, at_most, percentile, row
from bench.load import BROWSER, Asked, run_round
from bench.pages import READERS, addresses
from extensions import db
from models import Role, Unit, ViewTotal
from services import accounts

BARE_POST = "bare waitress, POST"
USERNAME, PASSWORD = "do.luong", "Mot-mat-khau-de-do-luong-7"
LOGINS = 7


def views(corpus: Corpus, *, rounds: int, seconds: float) -> Report:
    """Readings of one text, each from another browser, beside a POST that does nothing."""
    report = Report()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        own = copied(corpus, Path(folder) / "site")
        with own as mine:
            path = addresses(mine).posts[0]
            number = int(path.rpartition("-")[2])
            before = _total(mine, number)
            counted = Asked(
                [f"/luot-xem/{number}"],
                method="POST",
                headers={**BROWSER, "HX-Request": "true", "Sec-Fetch-Site": "same-origin"},
                distinct=True,
            )
            with servers.base() as bare, servers.site(mine) as site:
                run_round(site.port, counted, connections=2, seconds=1)
                nothing = Asked(["/"], method="POST", distinct=True)
                found = alternate(
                    {
                        BARE_POST: partial(
                            run_round, bare.port, nothing, connections=READERS, seconds=seconds
                        ),
                        "view counter": partial(
                            run_round, site.port, counted, connections=READERS, seconds=seconds
                        ),
                    },
                    rounds=rounds,
                )
            report.rows.append(row("view counter", BARE_POST, found))
            report.values["views counted in these rounds"] = _total(mine, number) - before
    ratio = report.rows[0].ratio
    report.checks.append(at_least("3", "view counter ÷ bare POST, c=16", 0.6, ratio))
    return report


def kills(count: int) -> Report:
    """Whether each acknowledged reading counts once, whatever is killed: `bench.view_kills`."""
    ran = subprocess.run(
        [sys.executable, "-m", "bench.view_kills", "--kills", str(count), "--whole",
         str(count // 5)],
        cwd=servers.ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )  # fmt: skip
    return of_kills(ran.stdout, ran.stderr)


def of_kills(printed: str, problems: str = "") -> Report:
    """What it prints, as figures. Raises RuntimeError if it came to no end."""
    begin = printed.find("{")
    if begin < 0:
        raise RuntimeError(f"bench.view_kills: {problems}")
    found = json.loads(printed[begin:])
    report = Report(
        values={
            f"{found['kills']} kills, readings {name}": found[name]
            for name in ("acknowledged", "counted", "lost", "twice", "refused")
        }
    )
    wrong = found["lost"] + abs(found["twice"]) + (0 if found["is_exact"] else 1)
    report.checks = [
        at_most("3", f"readings lost or counted twice, {found['kills']} kills", 0, wrong)
    ]
    return report


def _total(corpus: Corpus, publication_id: int) -> int:
    app = application(corpus.folder, corpus.database_url)
    with app.app_context():
        total = db.session.scalar(
            select(func.sum(ViewTotal.total)).where(ViewTotal.publication_id == publication_id)
        )
        db.session.remove()
        db.engine.dispose()
    return int(total or 0)


def login(corpus: Corpus) -> Report:
    """From the form to the desk, one after the other; the base is the password's hash alone,
    which is slow on purpose."""
    alone, whole = [], []
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        copied(corpus, Path(folder) / "site") as own,
    ):
        _add_account(own)
        with servers.site(own) as site:
            _log_in(site.port)
            for _ in range(LOGINS):
                started = time.perf_counter()
                accounts.hash_password(PASSWORD)
                alone.append(time.perf_counter() - started)
                started = time.perf_counter()
                _log_in(site.port)
                whole.append(time.perf_counter() - started)
    ratios = [one / other for one, other in zip(alone, whole, strict=True)]
    return Report(
        rows=[
            Row(
                measure="login, form and answer",
                base="the password's hash alone",
                ratio=round(percentile(ratios, 0.5), 4),
                spread=round(max(ratios) - min(ratios), 4),
                p50_ms=round(1000 * percentile(whole, 0.5), 2),
                p99_ms=round(1000 * max(whole), 2),
                per_second=round(1 / percentile(whole, 0.5), 1),
                base_per_second=round(1 / percentile(alone, 0.5), 1),
            )
        ]
    )


def _add_account(corpus: Corpus) -> None:
    """Add somebody who can log in."""
    app = application(corpus.folder, corpus.database_url)
    with app.app_context():
        unit = db.session.scalars(select(Unit).order_by(Unit.id)).first()
        assert unit is not None, "the demonstration has units"
        accounts.create_user(
            username=USERNAME,
            full_name="Đo Lường",
            role=Role.EDITOR,
            unit=unit,
            password=PASSWORD,
            now=datetime.now(UTC),
        )
        db.session.commit()
        db.session.remove()
        db.engine.dispose()


def _log_in(port: int) -> None:
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    address = f"http://127.0.0.1:{port}/dang-nhap"
    with browser.open(address, timeout=30) as answer:
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', answer.read().decode())
    if token is None:
        raise RuntimeError("the login form has no token")
    fields = {"csrf_token": token[1], "username": USERNAME, "password": PASSWORD, "next": "/"}
    with browser.open(address, urllib.parse.urlencode(fields).encode(), timeout=30) as answer:
        if answer.status != 200 or answer.url == address:
            raise RuntimeError("logging in was refused")
