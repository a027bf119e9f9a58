"""Texts in two languages: each list, feed and search holds one; a text and its other version
know each other, and live and go by themselves."""

from datetime import UTC, datetime
from typing import Any

import lxml.html
import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import scoped_session

from models import Kind, Language, Publication
from services import articles, listing
from services import search as search_service
from services.articles import Article
from services.search import SearchRequest
from tests.support.client import CheckedClient
from tests.support.english import unmarked
from tests.support.factories import NOW, make_publication, make_section
from tests.support.fixtures import AppFactory

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
        article = articles.article(publication_id=one.id, now=NOW)
        assert isinstance(article, Article)
        assert article.counterpart is not None
        assert article.counterpart.id == other.id
    original.withdrawn_at = NOW
    session.flush()
    left = articles.article(publication_id=english.id, now=NOW)
    assert isinstance(left, Article)
    assert left.counterpart is None


def test_a_text_has_one_english_version(session: Session, english: Publication) -> None:
    with pytest.raises(IntegrityError), session.begin_nested():
        make_publication(
            title="The same again",
            language=Language.EN,
            translation_of_id=english.translation_of_id,
        )


# ---------------------------------------------------------------- pages
def links(page: str) -> dict[str, str]:
    head = lxml.html.document_fromstring(page).iter("link")
    return {link.get("hreflang"): link.get("href") for link in head if link.get("hreflang")}


def switch(page: str) -> str:
    (found,) = lxml.html.document_fromstring(page).xpath("//a[@class='topbar-language']/@href")
    return str(found)


def test_pages_of_english_words_hold_what_is_written_in_english(
    client: CheckedClient, session: Session, original: Publication, english: Publication
) -> None:
    assert original.section is not None
    original.section.english_name = "Environment"
    section = original.section.slug
    for path in ("", f"/chuyen-muc/{section}", "/tim-kiem?q=quan", "/tim-kiem?q=station"):
        page = client.get(f"/en{path}").text
        assert '<html lang="en">' in page
        assert "Skip to main content" in page
        assert "Department of Science and Technology" in page
        if "quan" not in path:
            assert f"/en/bai-viet/{english.slug}-{english.id}" in page
            assert "5 Mar 2024" in page
            assert "Environment" in page
        # What is Vietnamese on an English page says so.
        document = lxml.html.document_fromstring(page)
        for link in document.xpath(f"//a[contains(., '{original.title}')]"):
            assert link.get("lang") == "vi"
    page = client.get("/").text
    assert original.title in page
    assert english.title not in page


def test_a_page_and_its_other_language_lead_to_each_other(
    client: CheckedClient, original: Publication, english: Publication
) -> None:
    vietnamese = f"/bai-viet/{original.slug}-{original.id}"
    other = f"/en/bai-viet/{english.slug}-{english.id}"
    assert english.title not in client.get("/en/thong-bao").text
    for vi, en in (("/", "/en"), ("/thong-bao", "/en/thong-bao"), (vietnamese, other)):
        for path, wanted in ((vi, en), (en, vi)):
            page = client.get(path).text
            assert switch(page) == wanted
            assert links(page) == {
                "vi": f"http://localhost{vi}",
                "en": f"http://localhost{en}",
                "x-default": f"http://localhost{vi}",
            }
    page = client.get(other).text
    assert '"inLanguage":"en"' in page
    assert f'<link rel="canonical" href="http://localhost{other}">' in page
    assert "Đọc bản tiếng Việt" in page
    assert "Read this in English" in client.get(vietnamese).text
    assert other in client.get("/sitemap-1.xml").text


def test_a_text_stands_in_its_own_language_and_comes_and_goes_by_itself(
    client: CheckedClient, session: Session, original: Publication, english: Publication
) -> None:
    asked = f"/en/bai-viet/{original.slug}-{original.id}"
    own = f"/en/bai-viet/{english.slug}-{english.id}"
    assert client.get(asked).location == own
    assert (
        client.get(own.removeprefix("/en")).location == f"/bai-viet/{original.slug}-{original.id}"
    )
    english.withdrawn_at, english.withdrawn_reason = NOW, "Mistranslated."
    session.commit()
    gone = client.get(own)
    assert gone.status_code == 410
    assert "Mistranslated." in gone.text
    page = client.get(client.get(asked).location)
    assert (page.status_code, switch(page.text), links(page.text)) == (200, "/en", {})
    assert english.title not in client.get("/en").text


def test_what_is_not_there_is_said_in_the_language_of_its_address(client: CheckedClient) -> None:
    answer = client.get("/en/nothing")
    assert answer.status_code == 404
    assert "Page not found" in answer.text
    assert "Không tìm thấy trang" in client.get("/khong-co").text
    assert (
        "must be the same day" in client.get("/en/tim-kiem?tu-ngay=2/1/2024&den-ngay=1/1/2024").text
    )


def test_another_agency_keeps_its_own_name_until_it_gives_an_english_one(
    app_factory: AppFactory,
) -> None:
    for said, shown in (({}, "Sở Y tế"), ({"SITE_NAME_EN": "Department of Health"}, "Department")):
        page = app_factory(SITE_NAME="Sở Y tế", **said).test_client().get("/en").text
        assert f"{shown}" in page
        assert "Science and Technology" not in page


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_feeds_of_english_lists_hold_what_is_written_in_english(
    client: CheckedClient, session: Session, original: Publication, english: Publication
) -> None:
    assert original.section is not None
    original.section.english_name = "Environment"
    lists = ("", f"/chuyen-muc/{original.section.slug}", "/bai-viet", "/tim-kiem?q=station")
    for path in lists:
        page = client.get(f"/en{path}").text
        place, _, query = path.partition("?")
        base, tail = f"/en{place}", f"?{query}" if query else ""
        for form in ("rss.xml", "atom.xml", "feed.json"):
            assert f'href="{base}/{form}{tail}"' in page
            feed = client.get(f"{base}/{form}{tail}").text
            assert english.title in feed
            assert original.title not in feed
            assert "Department of Science and Technology" in feed
            assert f"http://localhost{base}/{form}{tail}" in feed
    assert "<language>en</language>" in client.get("/en/rss.xml").text
    assert "<category>Environment</category>" in client.get("/en/rss.xml").text
    assert english.title not in client.get("/rss.xml").text


def test_pages_that_stay_have_short_addresses_in_english_too(
    client: CheckedClient, session: Session
) -> None:
    about = make_publication(
        kind=Kind.PAGE, title="Giới thiệu", details={"place": "gioi-thieu"}, published_at=PAST
    )
    # Without an English one the Vietnamese page opens; contact is made of the settings.
    assert client.get("/en/gioi-thieu").location == "/gioi-thieu"
    assert "Contact" in client.get("/en/lien-he").text
    make_publication(
        kind=Kind.PAGE,
        title="About us",
        language=Language.EN,
        translation_of_id=about.id,
        details={"place": "gioi-thieu"},
        published_at=PAST,
    )
    page = client.get("/en/gioi-thieu").text
    assert "About us" in page
    assert switch(page) == f"/trang/gioi-thieu-{about.id}"
    assert "Read this in English" in client.get("/gioi-thieu").text


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_what_is_pressed_or_mistyped_on_an_english_page_is_answered_in_english(
    client: CheckedClient, session: Session, english: Publication
) -> None:
    make_publication(kind=Kind.DOCUMENT, details={"domain": "Đo lường"})
    page = client.get("/en/van-ban").text
    for said in ("Decision", "In force", "Year of issue"):
        assert said in page
    # A filter of an English list offers what English texts hold.
    assert "Đo lường" not in page
    day = "Please write day/month/year, like 05/07/2017."
    no_choice, long = "there is no such choice; choose one from the list.", "x" * 201
    for path, sentence in {
        "/en/van-ban?nam=19x": "Year of issue must be a year from 1900 to 2200, like 2026.",
        "/en/thong-bao?nam=1": "Year must be a year from 1900 to 2200, like 2026.",
        "/en/van-ban?loai=x": f"Type of document: {no_choice}",
        "/en/van-ban?co-quan=x": f"Issuing body: {no_choice}",
        "/en/van-ban?hieu-luc=x": f"Validity: {no_choice}",
        "/en/van-ban?so=-": "Number must have letters or figures, like 05/2017/QĐ-UBND.",
        f"/en/van-ban?so={long}": "Number: 201 characters; shorten to at most 200.",
        f"/en/nhiem-vu?tu-khoa={long}": "Words: 201 characters; shorten to at most 200.",
        "/en/tim-kiem?tu-ngay=x": f"From: “x” is not a day as it is written here. {day}",
        "/en/tim-kiem?den-ngay=30/2/2024": "To: There is no day “30/2/2024” in the calendar.",
        "/en/tim-kiem?den-ngay=1/1/1800": "To: The year 1800 is outside 1900–2200. Please look",
        f"/en/tim-kiem?q={long}": "Words to search for: 201 characters; shorten to at most 200.",
        f"/en/tim-kiem?tac-gia={long}": "Name of the author is too long; please shorten it.",
        "/en/tim-kiem?loai=x": "There is no such kind; choose one from the list.",
    }.items():
        answer = client.get(path)
        assert answer.status_code == 422
        assert sentence in answer.text, path
        assert [said for said in unmarked(answer.text) if "QĐ-UBND" not in said] == [], path
        # The same in Vietnamese says what it said.
        answer = client.get(path.removeprefix("/en"))
        assert answer.status_code == 422
        assert sentence not in answer.text
    assert "Ngày “x” chưa đúng." in client.get("/tim-kiem?tu-ngay=x").text
    assert "Năm ban hành phải là một năm từ 1900" in client.get("/van-ban?nam=19x").text
    for number, status, sentence in (
        (english.id, 422, "Please choose “Satisfied” or “Not satisfied”."),
        (999_999, 404, "There is no such text."),
    ):
        answer = client.htmx(f"/en/danh-gia/{number}", "POST", data={"hai-long": "x"})
        assert answer.status_code == status
        assert sentence in answer.text
        assert unmarked(f'<html lang="en"><body>{answer.text}</body></html>') == []
    rated = client.htmx(f"/en/danh-gia/{english.id}", "POST", data={"hai-long": "1"})
    assert "Thank you for telling us." in rated.text


def test_a_menu_in_english_holds_what_has_an_english_name(
    app: Flask, client: CheckedClient, session: Session
) -> None:
    make_section(name="Chuyển đổi số", english_name="Digital transformation")
    make_section(name="Sở hữu trí tuệ")
    document = lxml.html.document_fromstring(client.get("/en").text)
    labels = [str(label) for label in document.xpath("//nav[@id='menu']//a/text()")]
    assert labels[0] == "Digital transformation"
    assert "Notices" in labels
    assert "Sở hữu trí tuệ" not in labels
