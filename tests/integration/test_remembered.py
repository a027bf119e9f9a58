"""What pages read once for each version of the content: never of another moment than the page."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import scoped_session

from extensions import may_write
from models import Language
from services import listing, sections, settings
from services.remembered import remembered, remembered_at, remembered_for
from tests.support.factories import NOW, make_media, make_publication, make_section

Session = scoped_session[Any]


@pytest.fixture
def reading(session: Session) -> Iterator[list[str]]:
    """As a page that only reads; what was read anew is noted."""
    session.commit()
    token = may_write.set(False)
    yield []
    may_write.reset(token)


def ask(noted: list[str], key: str = "a") -> int:
    def read() -> str:
        noted.append(key)
        return key

    assert remembered(key, read) == key
    return len(noted)


def ask_at(noted: list[str], moment: Any) -> int:
    remembered_at("list", lambda: noted.append("list"), now=moment)
    return len(noted)


def test_it_is_read_once_until_the_content_changes(session: Session, reading: list[str]) -> None:
    assert [ask(reading), ask(reading), ask(reading, "b"), ask(reading)] == [1, 1, 2, 2]
    make_section(name="Mới")
    session.commit()
    assert [ask(reading), ask(reading)] == [3, 3]


def test_work_that_changes_something_reads_what_it_has_changed(
    session: Session, reading: list[str]
) -> None:
    before = [node.name for node in sections.load().ordered]
    make_section(name="Chưa lưu")
    assert [node.name for node in sections.load().ordered] == [*before, "Chưa lưu"]
    session.rollback()
    assert [node.name for node in sections.load().ordered] == before


def test_what_readings_decide_is_read_anew_after_a_while(
    session: Session, reading: list[str]
) -> None:
    def ask_for(seconds: int) -> str:
        def read() -> str:
            reading.append("most read")
            return f"{len(reading)}. answer"

        now, age = NOW + timedelta(seconds=seconds), timedelta(seconds=60)
        return remembered_for("most read", read, now=now, age=age)

    assert [ask_for(0), ask_for(60)] == ["1. answer"] * 2
    assert [ask_for(61), ask_for(90), ask_for(121)] == ["2. answer"] * 3
    assert ask_for(0) == "3. answer", "the clock was set back"
    make_section(name="Mới")
    session.commit()
    assert ask_for(1) == "4. answer"


def test_work_that_may_write_reads_anew(session: Session, reading: list[str]) -> None:
    ask(reading)
    may_write.set(True)
    assert [ask(reading), ask(reading)] == [2, 3]


def test_what_is_out_is_counted_anew_when_something_appears_by_itself(
    session: Session, reading: list[str]
) -> None:
    may_write.set(True)
    make_publication(published_at=NOW + timedelta(hours=1))
    session.commit()
    may_write.set(False)
    minute = timedelta(minutes=1)
    assert [ask_at(reading, NOW), ask_at(reading, NOW + 59 * minute)] == [1, 1]
    assert [ask_at(reading, NOW + 60 * minute), ask_at(reading, NOW + 90 * minute)] == [2, 2]
    # A clock that was set back knows nothing of later.
    assert ask_at(reading, NOW) == 3


def test_a_setting_that_was_changed_holds_for_the_next_page(
    session: Session, reading: list[str]
) -> None:
    assert settings.get("posts_per_page") == settings.KNOWN["posts_per_page"].default
    settings.put(key="posts_per_page", value=7)
    session.commit()
    assert settings.get("posts_per_page") == 7
    with pytest.raises(KeyError):
        settings.get("khong_co")


@pytest.mark.parametrize("several", [False, True])
def test_the_newest_of_sections_are_those_that_sorting_all_of_them_gives(
    session: Session, several: bool
) -> None:
    homes = [make_section(name=f"Mục {number}") for number in range(3)]
    media = make_media()
    made = [
        make_publication(
            title=f"Bài {number}",
            section=homes[number % 3],
            # Two at each moment: the later row first.
            published_at=NOW - timedelta(hours=number // 2),
            lead_media_id=media.id if number % 4 == 0 else None,
        )
        for number in range(24)
    ]
    make_publication(section=homes[0], published_at=NOW + timedelta(hours=1))
    make_publication(section=homes[0], state="withdrawn")
    session.flush()
    chosen = homes[:2] if several else homes[:1]
    ids = [home.id for home in chosen]
    of_them = [one for one in made if one.section_id in ids]
    right = sorted(of_them, key=lambda one: (one.published_at, one.id), reverse=True)
    excluded = [right[0].id, right[3].id, made[2].id]
    found = listing.latest(now=NOW, limit=5, section_ids=ids, excluded_ids=excluded)
    left = [one.id for one in right if one.id not in excluded]
    assert [card.id for card in found] == left[:5]
    pages = [
        [
            card.id
            for card in listing.page_of(now=NOW, number=number, per_page=3, section_ids=ids).items
        ]
        for number in (1, 2, 3)
    ]
    assert [*pages[0], *pages[1], *pages[2]] == [one.id for one in right][:9]
    assert listing.latest(now=NOW, limit=5, section_ids=[]) == []
    near = listing.newest_near(
        now=NOW, limit=5, section_ids=ids, excluded_ids=excluded, language=Language.VI
    )
    assert [card.id for card in near] == left[:5]
