"""A corpus that was copied to PostgreSQL is the site that it was on SQLite."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import scoped_session

from bench import twin
from bench.corpus import Corpus, application
from extensions import db
from models import Publication, Setting, User
from tests.support.factories import make_publication, make_section, make_user
from tests.support.fixtures import AppFactory
from tests.support.searching import library, titles
from tests.support.servers import Postgres

QUERIES = ("khoa học", "Lê Ân", "05/2017", "vì sao có hội nghị khoa học", "")


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_copy_has_all_that_was_there_finds_it_and_goes_on_counting(
    session: scoped_session[Any],
    app_factory: AppFactory,
    postgres: Postgres,
    tmp_path: Path,
) -> None:
    author, section = make_user(), make_section()
    library({"author": author, "section": section})
    make_publication(title="O'Neil \\ bản nháp", author=author, section=section, state="draft")
    session.add(Setting(key="thử", value={"ngày": "25/11", "số": [1, 2]}))
    session.commit()
    found = {q: titles(q) for q in QUERIES}
    there = _rows(session)
    folder = Path(str(db.engine.url.database)).parent
    source = Corpus(folder, "", posts=4, seconds=0.0)
    made = tmp_path / "made"
    made.mkdir()
    postgres.drop("twin")
    try:
        twin.copy(source, folder=made, database_url=postgres.create("twin"))
        app = application(made, postgres.url("twin"))
        with app.app_context():
            assert db.engine.dialect.name == "postgresql"
            assert _rows(db.session) == there
            assert {q: titles(q) for q in QUERIES} == found
            assert found["khoa học"], "there is something to be found"
            one_more = make_publication(title="Một bài nữa")
            assert one_more.id > max(there["publication"])
            db.session.rollback()
            db.session.remove()
            db.engine.dispose()
    finally:
        postgres.drop("twin")


def _rows(session: scoped_session[Any]) -> dict[str, Any]:
    """What of it a mistake in types or keys would change."""
    texts = session.query(Publication).order_by(Publication.id)
    return {
        "publication": [each.id for each in texts],
        "texts": [(e.title, e.kind, e.published_at, e.live_revision_id, e.summary) for e in texts],
        "people": [(e.username, e.role, e.unit.name) for e in session.query(User)],
        "settings": {e.key: e.value for e in session.query(Setting)},
    }
