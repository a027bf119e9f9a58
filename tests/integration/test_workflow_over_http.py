"""Every action of the desk, sent by everybody to a text in every state: what is done, what is
refused and in which words, and what is left in the audit trail.

One site is prepared for the whole file, and put back as it was after each action that worked.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from blueprints.dashboard.actions import ACTIONS, offered
from extensions import db
from models import Publication, User
from services import workflow
from services.publications import seen_token
from tests.support.application import forbid_uncommitted_work, make_app
from tests.support.board import Board, make_board
from tests.support.client import CheckedClient, login
from tests.support.databases import Databases
from tests.support.factories import make_section, make_user
from tests.support.workflow_table import (
    KEPT_REASON,
    LABELS,
    LEADS_TO,
    MAY,
    MOMENT,
    NOT_THERE,
    ONLY_FOR_READERS,
    PEOPLE,
    TEXTS,
    TYPED,
    UPON_WHAT_READERS_HAVE,
    WHEN,
    sentence_for,
)

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


# ---------------------------------------------------------------- the prepared site
class PlainClient(CheckedClient):
    """One that does not check the HTML of what it is given: thousands of answers here are like
    those that other tests have checked."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        return FlaskClient.open(self, *args, **kwargs)


@dataclass
class Desk:
    """One site with a text of each kind, its people's browsers, and a copy to go back to."""

    app: Flask
    path: Path
    users: dict[str, int] = field(default_factory=dict)
    texts: dict[tuple[str, bool], int] = field(default_factory=dict)
    clients: dict[str, FlaskClient] = field(default_factory=dict)
    headers: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def kept(self) -> Path:
        return self.path.with_suffix(".kept")

    def keep(self) -> None:
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()
        shutil.copyfile(self.path, self.kept)

    def put_back(self) -> None:
        with (
            closing(sqlite3.connect(self.kept)) as kept,
            closing(sqlite3.connect(self.path)) as used,
        ):
            kept.backup(used)

    def text(self, name: str, who: str) -> int:
        return self.texts[name, who == "own"]

    def tokens(self) -> dict[int, dict[str, str]]:
        """What stands in the form of each action, on a page that was opened a moment ago."""
        found = {}
        with self.app.app_context():
            for publication_id in self.texts.values():
                publication = db.session.get(Publication, publication_id)
                assert publication is not None
                live, latest = publication.live_revision, publication.latest_revision
                assert latest is not None
                found[publication_id] = {
                    "latest": seen_token(latest),
                    "live": seen_token(live) if live else "",
                    "schedule": workflow.schedule_token(publication) if live else "",
                }
        return found

    def send(self, who: str, action: str, publication_id: int, seen: str) -> TestResponse:
        return self.clients[who].post(
            f"/ban-lam-viec/bai-viet/{publication_id}/{action}",
            data={"seen": seen, **TYPED.get(action, {})},
            headers=self.headers[who],
        )


def _walk(board: Board, name: str) -> int:
    publication = board.draft(title=f"Bài {name}")
    for step in filter(None, TEXTS[name][0].split(",")):
        who, action = step.split()
        board.do(who, action, publication, **WHEN.get(action, {}))
    return publication.id


@pytest.fixture(scope="module")
def desk(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    with databases.new(folder) as url:
        app = make_app(url, folder / "instance")
        forbid_uncommitted_work(app)
        app.test_client_class = PlainClient

        @app.before_request
        def stop_the_clock() -> None:
            g.now = MOMENT

        desk = Desk(app, Path(url.removeprefix("sqlite:///")))
        with app.app_context():
            board = make_board()
            users: dict[str, User] = {
                "author": board.author,
                "colleague": make_user(full_name="Phạm Đồng Nghiệp"),
                "holder": board.editor,
                "editor": make_user(role="editor", full_name="Hồ Biên Tập Khác"),
                "chief": board.chief2,
                "own": make_user(
                    role="chief", full_name="Mai Tự Viết", may_publish_unreviewed=True
                ),
                "admin": make_user(role="admin", full_name="Đặng Quản Trị"),
                "elsewhere": make_user(role="editor", sections=[make_section(name="Mục khác")]),
            }
            board.author.may_publish_unreviewed = True
            for is_own in (False, True):
                if is_own:
                    board.author = users["own"]
                for name in TEXTS:
                    desk.texts[name, is_own] = _walk(board, name)
            users["author"].may_publish_unreviewed = False
            db.session.commit()
            for who, user in users.items():
                desk.users[who] = user.id
                browser = app.test_client()
                assert isinstance(browser, PlainClient)
                login(browser, user)
                token = browser.token()
                desk.clients[who] = browser
                desk.headers[who] = {"HX-Request": "true", "X-CSRFToken": token}
        desk.keep()
        yield desk
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def lines_since(path: Path, last: int) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(
            "SELECT publication_id, revision_id, action, from_state, to_state, actor_id, reason, at"
            " FROM transition WHERE id > ? ORDER BY id",
            (last,),
        ).fetchall()


def test_the_tables_of_this_file_name_every_action_of_the_desk(desk: Desk) -> None:
    assert set(LABELS) == set(ACTIONS)
    assert {action for action, _ in MAY} == set(ACTIONS)


@pytest.mark.parametrize("action", LABELS)
def test_each_person_does_what_is_theirs_to_each_text_and_is_told_why_not_else(
    desk: Desk, action: str
) -> None:
    which = "live" if action in UPON_WHAT_READERS_HAVE else "latest"
    which = "schedule" if action == "reschedule" else which
    tokens = desk.tokens()
    with closing(sqlite3.connect(desk.path)) as connection:
        last = connection.execute("SELECT max(id) FROM transition").fetchone()[0]
    wrong: list[str] = []
    watcher = sqlite3.connect(desk.path)
    for text in TEXTS:
        # Whatever does not touch what readers have does not care about it.
        if text in ONLY_FOR_READERS and which == "latest":
            continue
        for who in PEOPLE:
            if who == "holder" and text != "in_edit":
                continue
            version = watcher.execute("PRAGMA data_version").fetchone()
            publication_id = desk.text(text, who)
            response = desk.send(who, action, publication_id, tokens[publication_id][which])
            case = f"{who} {action} {text}: {response.status_code}"
            if who in MAY.get((action, text), set()):
                if response.status_code not in {200, 204}:
                    wrong.append(f"{case}, should be done")
                found = lines_since(desk.path, last)
                if (problem := wrong_lines(desk, action, text, who, found)) is not None:
                    wrong.append(f"{case}, {problem}")
                desk.put_back()
                continue
            said = sentence_for(action, text, who)
            if response.status_code != (404 if said is NOT_THERE else 409):
                wrong.append(f"{case}, should be refused")
            if said not in unescape(response.text):
                wrong.append(f"{case}, does not say {said!r}")
            # Nothing at all was written: not by this request, to any table.
            if watcher.execute("PRAGMA data_version").fetchone() != version:
                wrong.append(f"{case}, and something was written")
    watcher.close()
    assert wrong == []


def wrong_lines(
    desk: Desk, action: str, text: str, who: str, found: list[tuple[Any, ...]]
) -> str | None:
    """What is wrong with the lines that an action left in the audit trail, or None."""
    _, latest_state, live_state = TEXTS[text]
    upon_live = action in UPON_WHAT_READERS_HAVE
    source = live_state if upon_live else latest_state
    steps = [(action, source, LEADS_TO.get(action, ""), "live" if upon_live else "latest")]
    if action in {"approve_and_publish", "approve_and_schedule"}:
        second = action.removeprefix("approve_and_")
        steps = [
            ("approve", source, "approved", "latest"),
            (second, "approved", "published", "latest"),
        ]
    if action in {"submit", "resubmit"}:
        name = "resubmit" if latest_state == "needs_changes" else "submit"
        steps = [(name, source, "awaiting_edit", "latest")]
    if action == "archive" and text == "withdrawn+draft":
        steps = [
            ("discard", "draft", "superseded", "latest"),
            ("archive", "withdrawn", "archived", "live"),
        ]
    publication_id = desk.text(text, who)
    with closing(sqlite3.connect(desk.kept)) as connection:
        revisions = dict(
            zip(
                ("latest", "live"),
                connection.execute(
                    "SELECT latest_revision_id, live_revision_id FROM publication WHERE id = ?",
                    (publication_id,),
                ).fetchone(),
                strict=True,
            )
        )
    if action == "revise":
        with closing(sqlite3.connect(desk.path)) as connection:
            revisions["latest"] = connection.execute(
                "SELECT latest_revision_id FROM publication WHERE id = ?", (publication_id,)
            ).fetchone()[0]
    typed = TYPED.get(action, {}).get("reason", "")
    expected = [
        (
            publication_id,
            revisions[which],
            name,
            source,
            target,
            desk.users[who],
            KEPT_REASON.get(name, typed),
        )
        for name, source, target, which in steps
    ]
    if [line[:-1] for line in found] != expected:
        return f"left {found}, not {expected}"
    if any("2026-09-24 02:00:00" not in line[-1] for line in found):
        return f"is dated {[line[-1] for line in found]}"
    return None


def test_no_two_buttons_of_one_text_have_the_same_key(desk: Desk) -> None:
    for (text, _), publication_id in desk.texts.items():
        for who, user_id in desk.users.items():
            with desk.app.app_context():
                user, publication = (
                    db.session.get(User, user_id),
                    db.session.get(Publication, publication_id),
                )
                assert user is not None
                assert publication is not None
                keys = [a.key for a in offered(user, publication, MOMENT) if a.key]
                assert len(set(keys)) == len(keys), f"{who}, {text}: {keys}"


def test_what_is_offered_is_what_can_be_done(desk: Desk) -> None:
    """A button is on the screen where the table says that the action works, and nowhere else."""
    for (text, is_own), publication_id in desk.texts.items():
        for who in PEOPLE:
            if (who == "own") != is_own or (text == "draft" and who not in {"author", "own"}):
                continue
            if who in {"colleague", "admin", "elsewhere"} or (
                who == "holder" and text != "in_edit"
            ):
                continue
            with desk.app.app_context():
                user = db.session.get(User, desk.users[who])
                publication = db.session.get(Publication, publication_id)
                assert user is not None
                assert publication is not None
                names = {action.name for action in offered(user, publication, MOMENT)}
            if text in ONLY_FOR_READERS:
                names = {name for name in names if name in UPON_WHAT_READERS_HAVE}
            expected = {action for action, name in MAY if name == text and who in MAY[action, name]}
            expected.discard("submit" if text == "needs_changes" else "resubmit")
            assert names == expected, f"{who}, {text}"
