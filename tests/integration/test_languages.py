"""Texts in two languages: each list, feed and search holds one; a text and its other version
know each other, and live and go by themselves."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import scoped_session

from models import Language, Publication
from services import listing
from services import search as search_service
from services.listing import Article
from services.search import SearchRequest
from tests.support.factories import NOW, make_publication

Session = scoped_session[Any]
PAST = datetime(2024, 3, 5, 2, 30, tzinfo=UTC)


@pytest.fixture
def original(session: Session) -> Publication:
    return _found(make_publication(title="Trạm quan trắc mới ở Thọ Quang", published_at=PAST))


@pytest.fixture
def english(session: Session, original: Publication) -> Publication:
    return _found(
        make_publication(
            title="A new monitoring station in Tho Quang",
            language=Language.EN,
            translation_of_id=original.id,
            section=original.section,
            published_at=PAST,
        )
    )


def _found(publication: Publication) -> Publication:
    search_service.index_publication(publication_id=publication.id)
    return publication


def _search(words: str, language: Language = Language.VI) -> list[int]:
    request = SearchRequest(q=words, language=language)
    return [hit.publication_id for hit in search_service.search(request=request, now=NOW).hits]


def test_a_list_and_a_search_hold_one_language(original: Publication, english: Publication) -> None:
    for language, own in ((Language.VI, original), (Language.EN, english)):
        cards = listing.latest(now=NOW, limit=10, language=language)
        assert [card.id for card in cards] == [own.id]
        assert listing.page_of(now=NOW, number=1, per_page=10, language=language).total == 1
        assert _search("Tho Quang", language) == [own.id]
        assert _search("", language) == [own.id]


def test_a_text_and_its_english_version_know_each_other_until_one_is_withdrawn(
    session: Session, original: Publication, english: Publication
) -> None:
    for one, other in ((original, english), (english, original)):
        article = listing.article(publication_id=one.id, now=NOW)
        assert isinstance(article, Article)
        assert article.counterpart is not None
        assert article.counterpart.id == other.id
    original.withdrawn_at = NOW
    session.flush()
    left = listing.article(publication_id=english.id, now=NOW)
    assert isinstance(left, Article)
    assert left.counterpart is None


def test_a_text_has_one_english_version(session: Session, english: Publication) -> None:
    with pytest.raises(IntegrityError), session.begin_nested():
        make_publication(
            title="The same again",
            language=Language.EN,
            translation_of_id=english.translation_of_id,
        )
