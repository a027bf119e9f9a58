"""Each address, asked for as everybody: no GET changes the database, none of them breaks."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import MetaData, Table, inspect, select
from sqlalchemy.orm import scoped_session

from extensions import db
from models import Channel, Kind, Media, MediaUse, Poll, Publication, Role, State, User, VoiceItem
from tests.support.client import CheckedClient, login
from tests.support.factories import (
    make_media,
    make_poll,
    make_publication,
    make_schedule_entry,
    make_section,
    make_site_link,
    make_user,
    make_voice_item,
)
from tests.support.servers import find_initdb

# The engine's own bookkeeping, and the tables inside its full-text index.
NOT_COMPARED = ("sqlite_", "search_index")


def everything_in_the_database() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, in order."""
    # On SQLite the test's own session holds the only write lock.
    db.session.commit()
    found = {}
    for name in sorted(inspect(db.engine).get_table_names()):
        if name.startswith(NOT_COMPARED):
            continue
        table = Table(name, MetaData(), autoload_with=db.engine)
        with db.engine.connect() as connection:
            found[name] = sorted(map(repr, connection.execute(select(table))))
    return found


@pytest.fixture
def asking(session: scoped_session[Any], who: str) -> User | None:
    """Who asks; there are texts in every state of theirs and of somebody else's, and of every
    kind."""
    section = make_section(name="Chuyển đổi số")
    person = make_user(role=who) if who != "stranger" else None
    authors = [make_user(), *([person] if person else [])]
    for author in authors:
        for state in State:
            make_publication(state=state, author=author, section=section)
    for kind in Kind:
        make_publication(kind=kind, author=authors[-1], section=section, views=5)
    session.commit()
    return person


def addresses(app: Flask) -> Iterator[str]:
    """Every GET address, for every publication and section and so on that there is."""
    publications = db.session.scalars(select(Publication)).all()
    media = make_media(uploaded_by=publications[0].author)
    db.session.add(MediaUse(revision_id=publications[0].latest_revision_id, media_id=media.id))
    for channel in Channel:
        make_voice_item(channel=channel, publication=publications[0], unit=publications[0].unit)
    make_poll(created_by=publications[0].author)
    site_link = make_site_link()
    entry = make_schedule_entry(created_by=publications[0].author)
    db.session.commit()
    rows: dict[str, list[dict[str, Any]]] = {
        "publication_id": [
            {
                "publication_id": p.id,
                "slug": p.slug,
                "revision_id": p.latest_revision_id,
                "number": 1,
                "action_name": "submit",
            }
            for p in publications
        ],
        "revision_id": [{"revision_id": p.latest_revision_id} for p in publications],
        "slug": [{"slug": "chuyen-doi-so"}, {"slug": "khong-co"}],
        "token": [
            {
                "token": m.token,
                "media_token": m.token,
                "width": 480,
                "filename": "480.webp",
                "name": "480.webp",
            }
            for m in db.session.scalars(select(Media))
        ],
        "media_id": [{"media_id": media.id, "width": 480}],
        # There from the first migration on.
        "synonym_id": [{"synonym_id": 1}, {"synonym_id": 2**31 - 1}],
        "chunk": [{"chunk": 1}, {"chunk": 99}],
        "section_id": [{"section_id": publications[0].section_id}, {"section_id": 2**31 - 1}],
        "unit_id": [{"unit_id": publications[0].unit_id}, {"unit_id": 2**31 - 1}],
        "user_id": [{"user_id": u.id} for u in db.session.scalars(select(User)).fetchmany(3)],
        "key": [{"key": "post"}, {"key": "khong-co"}],
        "item_id": [{"item_id": i.id} for i in db.session.scalars(select(VoiceItem))],
        "link_id": [{"link_id": site_link.id}, {"link_id": 2**31 - 1}],
        "entry_id": [{"entry_id": entry.id}, {"entry_id": 2**31 - 1}],
        "run_id": [{"run_id": 1}, {"run_id": 2**31}],
        "poll_id": [{"poll_id": p.id} for p in db.session.scalars(select(Poll))],
    }
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or set()):
            continue
        arguments = set(rule.arguments)
        if not arguments:
            yield adapter.build(rule.endpoint)
            continue
        known = [name for name in rows if name in arguments]
        assert known, f"say in this test what {sorted(arguments)} of {rule.rule} may be"
        for values in rows[known[0]]:
            chosen = {name: value for name, value in values.items() if name in arguments}
            assert set(chosen) == arguments, f"{rule.rule}: {sorted(arguments - set(chosen))}"
            yield adapter.build(rule.endpoint, chosen)


# What a GET does is the same on both engines but for the SQL, and a chief editor's has nearly all.
CASES = [
    *(("sqlite", who) for who in ("stranger", *(role.value for role in Role))),
    *([("postgresql", "chief")] if find_initdb() else []),
]


@pytest.mark.parametrize(("engine", "who"), CASES, indirect=["engine"])
def test_no_get_changes_the_database_or_breaks(
    app: Flask, client: CheckedClient, asking: User | None, who: str
) -> None:
    wanted = list(addresses(app))
    if asking is not None:
        login(client, asking)
    before = everything_in_the_database()
    for address in wanted:
        for headers in ({}, {"HX-Request": "true"}):
            status = client.get(address, headers=headers).status_code
            # Healthz may say 503: a test's copy has no server around it.
            assert status < 500 or address in {"/healthz", "/readyz"}, f"{address}: {status}"
    after = everything_in_the_database()
    changed = [name for name in before if before[name] != after[name]]
    assert changed == []
