"""Dictionary order as each engine gives it, out of the keys that are stored."""

import json
import random
from pathlib import Path
from typing import Any

from sqlalchemy import bindparam, select, text
from sqlalchemy.orm import Session

from models import Unit, User
from services.vietnamese import person_sort_key
from tests.support.factories import make_unit, make_user

CASES = json.loads((Path(__file__).parents[1] / "data" / "text-cases.json").read_text("utf-8"))
WORDS: list[str] = CASES["collation"]["words"]
PEOPLE: list[str] = CASES["collation"]["people_by_given_name"]


def shuffled(names: list[str]) -> list[str]:
    return random.Random(7).sample(names, len(names))


def test_the_database_lists_words_as_a_dictionary_does(session: Session) -> None:
    for number, word in enumerate(shuffled(WORDS)):
        make_unit(name=word, slug=f"don-vi-{number}")
    assert list(session.scalars(select(Unit.name).order_by(Unit.sort_key))) == WORDS


def test_the_database_lists_people_by_given_name(session: Session) -> None:
    for name in shuffled(PEOPLE):
        make_user(full_name=name, sort_key=person_sort_key(name))
    assert list(session.scalars(select(User.full_name).order_by(User.sort_key))) == PEOPLE


def test_the_stored_order_is_that_of_the_unicode_consortium(session: Session, engine: str) -> None:
    """PostgreSQL's vi-x-icu is CLDR's order for Vietnamese; SQLite, without it, is told it."""
    words = [
        "hoa an",
        "hoá an",
        "hoà bình",
        "hoả lò",
        "hoạ sĩ",
        "hoa vang",
        "học",
        "hô",
        "hơ",
        "hư",
    ]
    if engine == "postgresql":
        by_icu: Any = text(
            'SELECT word FROM unnest(CAST(:words AS text[])) word ORDER BY word COLLATE "vi-x-icu"'
        ).bindparams(bindparam("words", shuffled(words)))
        assert list(session.scalars(by_icu)) == words
    for number, word in enumerate(shuffled(words)):
        make_unit(name=word, slug=f"don-vi-{number}")
    assert list(session.scalars(select(Unit.name).order_by(Unit.sort_key))) == words
