"""Search does a bounded amount of work and loses nothing by it; counted, never timed."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, event, func, select, text
from sqlalchemy.orm import scoped_session

from extensions import db
from models import Kind, Setting, Synonym
from services import search as search_service
from services.search import (
    Facet,
    Sort,
    file_anew,
    finding,
    index_publication,
    indexing,
    ranking,
    reindex,
)
from services.search.schema import document
from tests.support.factories import NOW, make_section, make_unit, make_user
from tests.support.fixtures import AppFactory
from tests.support.searching import ask, many, publish, titles

Session = scoped_session[Any]


@pytest.fixture
def shared(session: Session) -> dict[str, Any]:
    """One author and one section for the many texts of a test."""
    return {"author": make_user(), "section": make_section()}


@contextmanager
def statements() -> Iterator[list[str]]:
    """What the database is asked meanwhile."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def explained(session: Session, statement: str) -> Sequence[Any]:
    """SQLite's plan; what the statement is given makes no difference to it."""
    raw = session.connection().connection.driver_connection
    assert raw is not None
    return raw.execute(f"EXPLAIN QUERY PLAN {statement}", [None] * statement.count("?")).fetchall()


def test_a_search_reads_so_many_texts_and_asks_so_often_however_many_have_the_words(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []

    def counting(docids: Any, **rest: Any) -> Any:
        read.append(len(docids))
        return reading(docids, **rest)

    reading = ranking.read
    for module in (ranking, finding, search_service.searching):
        monkeypatch.setattr(module, "read", counting)
    asked_for = (
        {"q": "cảng biển"},
        {"q": "cang"},
        {"q": "cảng bi", "prefix_last": True},
        {"q": '"cảng biển"'},
        {"q": "cảng -sông"},
        {"q": "vì sao cảng biển ở thành phố này lại lớn"},
        {"q": "cảng", "kind": Kind.POST, "with_facets": True},
        {"kind": Kind.POST, "has_file": False, "with_facets": True},
    )
    seen: dict[int, list[tuple[int, int]]] = {}
    for count in (600, 1_200):
        many(count, title="Tin cảng", body="cảng biển lớn ở thành phố này")
        seen[count] = []
        for fields in asked_for:
            read.clear()
            ask(**fields)
            with statements() as asked:
                ask(**fields)
            seen[count].append((sum(read) // 2, len(asked)))
    assert all(texts <= finding._MAX_READ + 20 for texts, _ in seen[1_200])
    assert all(asked <= 12 for _, asked in seen[1_200]), seen
    assert [asked for _, asked in seen[600]] == [asked for _, asked in seen[1_200]]


def test_an_old_text_with_exactly_this_title_is_first_among_thousands_like_it(
    session: Session, shared: dict[str, Any]
) -> None:
    long_ago = NOW - timedelta(days=3_000)
    publish(title="Cảng cá mới", published_at=long_ago, **shared)
    publish(
        title="Vì sao cảng cá mới ở thành phố này lại lớn như thế",
        published_at=long_ago,
        **shared,
    )
    many(1_100, title="Cảng cá mới ở thành phố này lớn", body="cảng cá mới " * 9)
    assert titles("cảng cá mới")[0] == "Cảng cá mới"
    assert titles("cang ca moi")[0] == "Cảng cá mới"
    whole = "Vì sao cảng cá mới ở thành phố này lại lớn như thế"
    assert titles(whole)[0] == whole


def test_filters_find_the_few_among_the_many_wherever_they_are(session: Session) -> None:
    unit, section = make_unit(), make_section()
    old = NOW - timedelta(days=3_000)
    publish(title="Cảng xưa", unit=unit, section=section, kind=Kind.NOTICE, published_at=old)
    many(1_100, title="Cảng", body="cảng")
    for fields in (
        {"unit_id": unit.id},
        {"section_ids": [section.id, 987_654]},
        {"kind": Kind.NOTICE},
        {"date_to": (old + timedelta(days=9)).date()},
        {"unit_id": unit.id, "kind": Kind.NOTICE, "has_file": False},
    ):
        for q in ("cảng", "", '"cảng"', "cảng -sông"):
            result = ask(q, with_facets=True, **fields)
            assert [hit.title for hit in result.hits] == ["Cảng xưa"], (q, fields)
            assert result.facets[Facet.KIND].counts[Kind.NOTICE] == 1
    assert titles("cảng", sort=Sort.OLDEST)[0] == "Cảng xưa"


def test_common_words_that_are_known_beforehand_change_no_answer(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(60, title="Tin", body="cảng biển lớn ở thành phố này")
    publish(title="Kho lạnh", body="vì sao kho lạnh ở cảng biển lại lớn")
    reindex()
    engine = indexing.engine_of(session())
    known = engine.known_common(session(), above=0.3)
    # The server has looked at its tables once the index is made, and tells.
    assert ("cang" in known) == (session().get_bind().dialect.name == "postgresql")
    question = "vì sao kho lạnh ở thành phố này lại lớn?"
    found = titles(question)
    assert found[0] == "Kho lạnh"
    monkeypatch.setattr(type(engine), "known_common", lambda *_, **__: frozenset())
    assert titles(question) == found


def test_on_a_site_of_few_texts_words_that_are_all_common_still_answer_a_question(
    session: Session,
) -> None:
    publish(title="Hội nghị khoa học")
    publish(title="Sở hữu trí tuệ")
    reindex()
    assert titles("vì sao có hội nghị khoa học") == ["Hội nghị khoa học"]


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "asked",
    [{"q": "cảng"}, {"q": "cảng", "kind": Kind.POST, "has_file": False}, {"kind": Kind.POST}],
)
def test_no_row_of_a_publication_is_read_to_tell_whether_readers_see_a_hit(
    session: Session, asked: dict[str, Any]
) -> None:
    """Each stands on a page of the file of its own, and a rare word's hits are spread over it."""
    publish(title="Cảng biển", expires_at=NOW + timedelta(days=1))
    with statements() as executed:
        assert titles(**asked) == ["Cảng biển"]
    looked_up = [each for each in executed if "hidden" in each]
    assert looked_up
    for statement in looked_up:
        plan = [row[3] for row in explained(session, statement)]
        hidden = [step for step in plan if " hidden " in f"{step} "]
        assert hidden
        assert all("COVERING INDEX ix_publication_hidden" in step for step in hidden), plan


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_the_server_does_not_compile_what_is_asked(session: Session) -> None:
    """It would take longer than the answer, and does so by itself among very many texts."""
    assert session.scalar(text("SHOW jit")) == "off"
    session.rollback()
    assert session.scalar(text("SHOW jit")) == "off"


def test_filters_without_words_are_answered_by_the_index(session: Session) -> None:
    publish(title="Cảng")
    # No list of publications is walked: neither in the order of their dates nor by a filter.
    for sort in (Sort.RELEVANCE, Sort.OLDEST):
        with statements() as asked:
            assert ask(kind=Kind.POST, has_file=False, sort=sort).total == 1
        assert not [each for each in asked if "ORDER BY publication" in each], asked


def test_until_the_index_is_of_this_version_filters_are_asked_of_the_publications(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, heir = make_section(), make_section()
    text = publish(title="Cảng", section=here)
    text.section_id = heir.id
    monkeypatch.setattr(indexing, "_MOVED_AT_ONCE", 0)
    file_anew(publication_ids=[text.id])
    assert not search_service.is_current()
    assert titles("cảng", section_ids=[heir.id]) == ["Cảng"]
    assert titles("cảng", section_ids=[here.id]) == []
    reindex()
    assert search_service.is_current()
    assert titles("cảng", section_ids=[heir.id]) == ["Cảng"]
    assert ask("cảng", with_facets=True).facets[Facet.SECTION].counts == {heir.id: 1}


# ---------------------------------------------------------------- made anew while the site runs
class Killed(Exception):
    pass


def test_an_index_whose_making_was_killed_serves_and_the_next_run_completes_it(
    session: Session, shared: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(7):
        publish(title=f"Cảng số {number}", **shared)
    session.execute(delete(Setting).where(Setting.key == "search:index_version"))
    session.commit()
    monkeypatch.setattr(indexing, "BATCH", 2)
    batches = iter(range(9))

    def dies() -> None:
        session.commit()
        assert ask("cảng").total == 7, "readers find all of it between any two steps"
        if next(batches) == 1:
            raise Killed

    with pytest.raises(Killed):
        reindex(checkpoint=dies)
    session.rollback()
    assert not search_service.is_current()
    assert ask("cảng").total == 7
    assert reindex(checkpoint=session.commit) == 7
    assert search_service.is_current()
    assert (ask("cảng").total, session.scalar(select(func.count()).select_from(document))) == (7, 7)


def test_what_is_published_while_the_index_is_made_anew_is_not_lost(
    app: Flask, session: Session, shared: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [publish(title=f"Cảng số {number}", **shared) for number in range(4)]
    ids = [text.id for text in texts]
    session.commit()
    monkeypatch.setattr(indexing, "BATCH", 2)
    wrote: list[str] = []

    def edit(number: int, word: str) -> None:
        """Another person's request, in another connection, between two steps."""
        with app.app_context():
            publication = db.session.get_one(type(texts[0]), number)
            assert publication.live_revision is not None
            publication.live_revision.title = publication.title = word
            index_publication(publication_id=number)
            db.session.commit()
            wrote.append(word)

    steps = iter([(ids[0], "Bến một"), (ids[3], "Bến hai")])

    def between() -> None:
        session.commit()
        if (step := next(steps, None)) is not None:
            person = threading.Thread(target=edit, args=step)
            person.start()
            person.join()

    reindex(checkpoint=between)
    session.commit()
    assert wrote == ["Bến một", "Bến hai"]
    assert sorted(titles("bến")) == ["Bến hai", "Bến một"]
    assert sorted(titles("cảng")) == ["Cảng số 1", "Cảng số 2"]


# ---------------------------------------------------------------- the page
def comes(client: FlaskClient, words: str) -> bool:
    """Whether the page says so soon: who asks while it is made anew may get the one before."""
    until = time.monotonic() + 10
    while words not in client.get("/tim-kiem?q=cảng").text:
        if time.monotonic() > until:
            return False
    return True


def test_the_page_of_a_search_is_kept_until_what_it_shows_has_changed(
    app_factory: AppFactory,
) -> None:
    app = app_factory(PAGE_CACHE_MB=8)
    client = app.test_client()
    with app.app_context():
        publish(title="Cảng cũ", published_at=NOW - timedelta(days=90))
        db.session.commit()
    first = client.get("/tim-kiem?q=cảng")
    assert "cũ" in first.text
    with app.app_context(), statements() as asked:
        again = client.get("/tim-kiem?utm_source=x&q=cảng")
    assert again.get_data() == first.get_data()
    assert not [statement for statement in asked if "search_" in statement]
    with app.app_context():
        publish(title="Cảng mới tinh", published_at=NOW - timedelta(days=80))
        db.session.commit()
    assert comes(client, "mới tinh")
    with app.app_context():
        db.session.add(Synonym(forms=["cảng", "bến tàu"], updated_at=NOW))
        db.session.commit()
    assert comes(client, "Cũng tìm: bến tàu")
