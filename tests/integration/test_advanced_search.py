"""Advanced search on both engines: phrases, words left out, other names, filters that count."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import lxml.html
import pytest
from sqlalchemy import select
from sqlalchemy.orm import scoped_session

from models import Kind, Promotion, RevisionFile, Synonym, UnansweredQuery
from services import promotions, synonyms, unanswered
from services.errors import InvalidInput
from services.kinds import set_details
from services.promotions import PromotionDraft
from services.search import (
    Facet,
    Reason,
    SearchRequest,
    Suggestion,
    index_publication,
    suggest,
)
from tests.support.client import CheckedClient, login, logout
from tests.support.factories import NOW, make_media, make_section, make_unit, make_user
from tests.support.searching import ask, many, publish, titles

Session = scoped_session[Any]
READER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}


@pytest.fixture
def shared(session: Session) -> dict[str, Any]:
    """One author and one section for the many texts of a test."""
    return {"author": make_user(), "section": make_section()}


def suggestions(q: str, **fields: Any) -> list[Suggestion]:
    return suggest(request=SearchRequest(q=q, **fields), now=NOW)


# ---------------------------------------------------------------- what people may write
def test_quotes_and_the_field_ask_for_the_words_as_they_stand(
    session: Session, shared: dict[str, Any]
) -> None:
    publish(title="Một", body="<p>Sở hữu trí tuệ của thành phố</p>", **shared)
    publish(title="Hai", body="<p>Trí tuệ. Sở hữu trí. Hữu trí tuệ</p>", **shared)
    publish(title="Ba", body="<p>So huu tri tue</p>", **shared)
    assert sorted(titles("sở hữu trí tuệ")) == ["Ba", "Hai", "Một"]
    assert titles('"sở hữu trí tuệ"') == ["Một"], "as typed, diacritics too"
    assert sorted(titles("“so huu tri tue”")) == ["Ba", "Một"]
    assert titles("thành phố", phrase="sở hữu trí tuệ") == ["Một"]
    assert titles('"trí tuệ của" một') == ["Một"]
    assert sorted(titles('"sở hữu trí')) == ["Ba", "Hai", "Một"], "a quote left open is a sign"


def test_words_after_a_minus_and_those_of_the_field_are_left_out(
    session: Session, shared: dict[str, Any]
) -> None:
    publish(title="Cảng cá", body="<p>bản tin</p>", **shared)
    publish(title="Cảng biển", body="<p>ban hành, sao chép</p>", **shared)
    publish(title="Sân bay", **shared)
    assert titles("cảng -biển") == ["Cảng cá"]
    assert titles("cảng", without="biển") == ["Cảng cá"]
    assert titles("cảng -bản") == ["Cảng biển"], "the word as it was typed, not its look-alikes"
    assert titles('cảng -"sao chép"') == ["Cảng cá"]
    assert sorted(titles("-cảng")) == ["Sân bay"]
    assert sorted(titles(without="bay")) == ["Cảng biển", "Cảng cá"]
    assert titles("cảng-biển") == ["Cảng biển"], "a hyphen inside is none"
    assert titles("cảng - biển") == ["Cảng biển"]


def test_the_issuing_body_and_attached_files_narrow_the_search(
    session: Session, shared: dict[str, Any]
) -> None:
    with_file = publish(title="Có tệp", **shared)
    publish(title="Không tệp", **shared)
    assert with_file.live_revision is not None
    media = make_media(uploaded_by=shared["author"])
    session.add(
        RevisionFile(
            revision_id=with_file.live_revision.id, media_id=media.id, label="Phụ lục", position=0
        )
    )
    index_publication(publication_id=with_file.id)
    assert titles("tệp", has_file=True) == ["Có tệp"]
    assert titles("tệp", has_file=False) == ["Không tệp"]
    assert titles(has_file=True) == ["Có tệp"]
    notice = publish(title="Của thành phố", kind=Kind.NOTICE, **shared)
    assert notice.live_revision is not None
    details = {"issuing_body": "UBND thành phố Đà Nẵng", "document_number": ""}
    set_details(notice.live_revision, Kind.NOTICE, details)
    index_publication(publication_id=notice.id)
    assert titles(issuing_body="ubnd da nang") == ["Của thành phố"]
    assert titles("thành phố", issuing_body="UBND") == ["Của thành phố"]
    assert titles(issuing_body="Sở Y tế") == []


def test_names_of_one_thing_find_each_other_both_ways(
    session: Session, shared: dict[str, Any]
) -> None:
    publish(title="Đăng ký SHTT cho đặc sản", **shared)
    publish(title="Hội thảo về sở hữu trí tuệ", **shared)
    publish(title="Trí tuệ và quyền sở hữu", **shared)
    assert sorted(titles("SHTT")) == ["Hội thảo về sở hữu trí tuệ", "Đăng ký SHTT cho đặc sản"]
    assert ask("SHTT").also == ("sở hữu trí tuệ",)
    assert "Đăng ký SHTT cho đặc sản" in titles("sở hữu trí tuệ")
    assert titles("sở hữu trí tuệ")[0] == "Hội thảo về sở hữu trí tuệ"
    assert titles("shtt đặc sản") == ["Đăng ký SHTT cho đặc sản"]
    assert titles('"SHTT"') == ["Đăng ký SHTT cho đặc sản"], "in quotes only what was typed"
    assert ask('"SHTT"').also == ()
    assert titles("Đăng ký sở hữu trí tuệ cho đặc sản ở đâu")[0] == "Đăng ký SHTT cho đặc sản"


def test_an_administrator_edits_the_names_and_each_change_is_audited(session: Session) -> None:
    admin = make_user(role="admin")
    publish(title="Tuyến xe buýt nhanh")
    assert titles("BRT") == []
    group = synonyms.save(actor=admin, synonym_id=None, forms="BRT\n xe  buýt nhanh \nbrt", now=NOW)
    assert group.forms == ["BRT", "xe buýt nhanh"]
    assert titles("BRT") == ["Tuyến xe buýt nhanh"]
    synonyms.save(actor=admin, synonym_id=group.id, forms="BRT; xe buýt nhanh; XBN", now=NOW)
    assert titles("xbn") == ["Tuyến xe buýt nhanh"]
    synonyms.delete(actor=admin, synonym_id=group.id, now=NOW)
    assert titles("BRT") == []
    for wrong in ("", "một mình", "a\n***", "x" * 61 + "\nb", "\n".join("abcdefghij")):
        with pytest.raises(InvalidInput) as refused:
            synonyms.save(actor=admin, synonym_id=None, forms=wrong, now=NOW)
        assert "forms" in refused.value.fields
    session.rollback()
    assert session.scalars(select(Synonym)).first() is not None, "what agencies abbreviate is there"


# ---------------------------------------------------------------- filters that count
def test_each_filter_says_how_many_it_would_leave(session: Session) -> None:
    here, there = make_section(name="Tin một"), make_section(name="Tin hai")
    unit, author = make_unit(), make_user()
    # The last minute of a year in Đà Nẵng.
    last = datetime(2017, 12, 31, 16, 59, tzinfo=UTC)
    publish(title="Biển một", section=here, author=author, published_at=last)
    publish(title="Biển hai", section=here, unit=unit, author=author, kind=Kind.NOTICE)
    publish(title="Biển ba", section=there, unit=unit, author=author, published_at=last)
    publish(title="Núi", section=there, unit=unit, author=author)

    def counts(q: str = "biển", **fields: Any) -> dict[Facet, dict[Any, int]]:
        facets = ask(q, with_facets=True, **fields).facets
        return {facet: counted.counts for facet, counted in facets.items()}

    assert counts() == {
        Facet.KIND: {Kind.POST: 2, Kind.NOTICE: 1},
        Facet.SECTION: {here.id: 2, there.id: 1},
        Facet.UNIT: {author.unit.id: 1, unit.id: 2},
        Facet.YEAR: {2017: 2, 2026: 1},
        Facet.HAS_FILE: {},
    }
    chosen = counts(unit_id=unit.id)
    assert chosen[Facet.UNIT] == {author.unit.id: 1, unit.id: 2}, "as if it were not chosen"
    assert chosen[Facet.SECTION] == {here.id: 1, there.id: 1}
    assert counts(date_from=date(2017, 1, 1), date_to=date(2017, 12, 31))[Facet.YEAR] == {
        2017: 2,
        2026: 1,
    }
    assert counts("")[Facet.SECTION] == {here.id: 2, there.id: 2}
    for facet, value, field in (
        (Facet.KIND, Kind.NOTICE, "kind"),
        (Facet.UNIT, unit.id, "unit_id"),
    ):
        assert ask("biển", **{field: value}).total == counts()[facet][value]


def test_counts_stop_at_the_cap_and_say_so(session: Session) -> None:
    many(1_001, title="Tin", body="biển")
    facets = ask("biển", with_facets=True).facets
    assert facets[Facet.KIND].is_capped
    assert sum(facets[Facet.KIND].counts.values()) == 1_000


def test_filters_are_links_on_the_page_and_chosen_ones_lead_back(
    session: Session, client: CheckedClient
) -> None:
    section, unit = make_section(name="Tin biển"), make_unit(name="Phòng Biển")
    publish(title="Biển một", section=section, unit=unit)
    publish(title="Biển hai")
    page = lxml.html.document_fromstring(client.get("/tim-kiem?q=biển").text)
    facet = page.xpath("//a[@class='facet'][contains(., 'Phòng Biển')]")[0]
    assert " ".join(facet.text_content().split()) == "Phòng Biển 1"
    chosen = lxml.html.document_fromstring(client.get(facet.get("href")).text)
    assert chosen.xpath("string(//*[@id='search-results']/@data-total)") == "1"
    back = chosen.xpath("//a[@class='facet'][@aria-current='true']/@href")[0]
    assert back == "/tim-kiem?q=bi%E1%BB%83n"
    assert client.get("/tim-kiem?q=biển&co-tep=x").status_code == 422
    assert client.get("/tim-kiem?khong-co=" + "x" * 201).status_code == 422


# ---------------------------------------------------------------- as one types
def test_while_a_word_is_typed_titles_that_begin_with_it_are_first(
    session: Session, shared: dict[str, Any], client: CheckedClient
) -> None:
    publish(title="Một bài khác", body="<p>" + "nghiên cứu, nghiệm thu. " * 9 + "</p>", **shared)
    publish(
        title="Chuyện dài về cách nghiệm thu một đề tài",
        published_at=NOW - timedelta(days=900),
        **shared,
    )
    assert titles("ngh", prefix_last=True)[0] == "Chuyện dài về cách nghiệm thu một đề tài"
    fragment = client.htmx("/tim-kiem?q=n").get_data(as_text=True)
    assert "kết quả hiện từ hai chữ trở lên" in fragment
    assert "Chuyện dài" in client.htmx("/tim-kiem?q=ng").get_data(as_text=True)


# ---------------------------------------------------------------- nothing found
def test_what_is_suggested_leads_to_something(session: Session, shared: dict[str, Any]) -> None:
    publish(title="Bảo hộ sở hữu trí tuệ", body="<p>Kiểm định taximét</p>", **shared)
    publish(title="Công nghệ sinh học", **shared)

    def spelling(q: str) -> list[str]:
        found = suggestions(q)
        assert [each for each in found if ask(each.request.q).total != each.total] == []
        return [each.text for each in found if each.reason is Reason.SPELLING]

    assert spelling("kiem dinj taximet") == ["kiểm định taximét"]
    assert spelling("sowr hữu trí tueej") == ["sở hữu trí tuệ"], "Telex keys"
    assert spelling("congnghe sinh hoc") == ["công nghệ sinh học"], "a space left out"
    assert spelling("bao hop so huu") == ["bảo hộ sở hữu"], "a slip that is another word"
    fewer = suggestions("sinh học taximét")
    assert [(each.dropped, each.text) for each in fewer] == [
        ("taximét", "sinh học"),
    ]
    assert suggestions("qqqqqqqq") == []
    quoted = suggestions('"hữu sở trí"')
    assert [each.reason for each in quoted] == [Reason.NO_QUOTES]
    assert [each.reason for each in suggestions("bảo hộ -tuệ")] == [Reason.NO_EXCLUSION]
    filtered = suggestions("bảo hộ", kind=Kind.NOTICE)
    assert [each.reason for each in filtered] == [Reason.NO_FILTERS]


def test_the_page_shows_what_to_try_as_links(
    session: Session, client: CheckedClient, shared: dict[str, Any]
) -> None:
    publish(title="Kiểm định đồng hồ nước", published_at=NOW - timedelta(days=60), **shared)
    page = lxml.html.document_fromstring(client.get("/tim-kiem?q=kiem+dinj").text)
    link = page.xpath("//a[@class='suggestion']")[0]
    assert link.text_content() == "kiểm định"
    found = lxml.html.document_fromstring(client.get(link.get("href")).text)
    assert found.xpath("string(//*[@id='search-results']/@data-total)") == "1"


def test_any_words_at_all_get_suggestions_safely(session: Session, shared: dict[str, Any]) -> None:
    publish(title="Khoa học", **shared)
    for typed in ("", '"', "\x00", "a" * 300, "-" * 50, "x " * 60, "'; DROP", "5/2017/qd-x", "ß ﬃ"):
        suggestions(typed)
        suggestions("zzz", phrase=typed, without=typed, author=typed, issuing_body=typed)


# ---------------------------------------------------------------- what the board shows first
def test_a_promoted_publication_is_first_and_labelled_until_its_day(
    session: Session, client: CheckedClient, shared: dict[str, Any]
) -> None:
    chief = make_user(role="chief")
    wanted = publish(title="Lịch tiếp công dân", published_at=NOW - timedelta(days=90), **shared)
    publish(title="Gặp lãnh đạo Sở", published_at=NOW - timedelta(days=60), **shared)
    draft = PromotionDraft(
        words="Gặp lãnh đạo",
        publication=f"/bai-viet/{wanted.slug}-{wanted.id}",
        until_on="30/09/2026",
    )
    promotions.create(actor=chief, draft=draft, now=NOW)
    result = ask("gap lanh dao")
    assert [hit.title for hit in result.hits] == ["Lịch tiếp công dân", "Gặp lãnh đạo Sở"]
    assert result.promoted_ids == {wanted.id}
    assert result.total == 2
    assert titles("lãnh đạo") == ["Gặp lãnh đạo Sở"]
    assert titles("gặp lãnh đạo", kind=Kind.POST) == ["Gặp lãnh đạo Sở"]
    assert titles("gặp lãnh đạo", now=datetime(2026, 9, 30, 16, 0, tzinfo=UTC))[0] == wanted.title
    assert titles("gặp lãnh đạo", now=datetime(2026, 9, 30, 18, 0, tzinfo=UTC)) == [
        "Gặp lãnh đạo Sở"
    ]
    with pytest.raises(InvalidInput) as refused:
        promotions.create(actor=chief, draft=PromotionDraft(until_on="31/02/2026"), now=NOW)
    assert set(refused.value.fields) == {"words", "publication", "until_on"}
    session.scalars(select(Promotion)).one().until_on = date(2099, 1, 1)
    session.commit()
    assert "Ban biên tập giới thiệu" in client.get("/tim-kiem?q=gặp+lãnh+đạo").text


# ---------------------------------------------------------------- what was not found
def test_what_found_nothing_is_counted_by_day_without_names(
    session: Session, client: CheckedClient, shared: dict[str, Any]
) -> None:
    publish(title="Biển", published_at=NOW - timedelta(days=90), **shared)
    beacon = "/tim-kiem/khong-thay"
    page = client.get("/tim-kiem?q=Khủng+Long").text
    assert f'hx-post="{beacon}"' in page
    assert session.scalars(select(UnansweredQuery)).all() == [], "a GET changes nothing"
    for _ in range(2):
        assert client.post(beacon, data={"q": "Khủng Long"}, headers=READER).status_code == 200
    client.post(beacon, data={"q": "biển"}, headers=READER)
    client.post(beacon, data={"q": "robot"}, headers={"User-Agent": "Googlebot/2.1"})
    client.post(beacon, data={"q": "0905 123 456"}, headers=READER)
    assert client.post(beacon, data={"q": "xa"}, headers=READER).status_code == 200
    assert client.post(beacon, data={"q": "xa"}, headers=READER).status_code == 429
    rows = unanswered.most_asked(since=date(2026, 1, 1))
    assert [(row.key, row.times) for row in rows] == [("khung long", 2), ("xa", 1)]
    unanswered.prune(now=datetime.now(UTC) + timedelta(days=200))
    assert unanswered.most_asked(since=date(2026, 1, 1)) == []


def test_nobody_fills_the_table_of_what_was_not_found(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unanswered, "MAX_ROWS_A_DAY", 2)
    told = [unanswered.record(typed=f"khongco{number}", now=NOW) for number in range(4)]
    assert told == [True, True, False, False]
    assert unanswered.record(typed="khongco0", now=NOW)
    assert not unanswered.record(typed="a" * 199, now=NOW)
    assert not unanswered.record(typed="an@example.vn", now=NOW)


# ---------------------------------------------------------------- who looks after it
def test_the_administrator_edits_names_and_the_board_what_is_first(
    session: Session, client: CheckedClient
) -> None:
    text = publish(title="Tuyến xe buýt nhanh", published_at=NOW - timedelta(days=60))
    path = f"/bai-viet/{text.slug}-{text.id}"
    session.add(UnansweredQuery(asked_on=datetime.now(UTC).date(), key="brt la gi"))
    session.commit()
    login(client, make_user(role="admin"))
    new = "/ban-lam-viec/quan-tri/tim-kiem/moi"
    assert client.post_form(new, {"forms": "BRT"}).status_code == 422
    assert client.post_form(new, {"forms": "BRT\nxe buýt nhanh"}).status_code == 303
    assert "BRT = xe buýt nhanh" in client.get("/ban-lam-viec/quan-tri/tim-kiem").text
    group = session.scalars(select(Synonym).order_by(Synonym.id.desc())).first()
    assert group is not None
    one = f"/ban-lam-viec/quan-tri/tim-kiem/{group.id}"
    assert "BRT" in client.get(one).text
    assert client.post_form(one, {"forms": "BRT\nxe buýt nhanh\nXBN"}).status_code == 303
    assert "Cũng tìm: BRT; xe buýt nhanh" in client.get("/tim-kiem?q=xbn").text
    care = client.get("/ban-lam-viec/tim-kiem").text
    assert "brt la gi" in care
    assert client.post_form(f"{one}/xoa", {}).status_code == 303
    trail = client.get("/ban-lam-viec/quan-tri/nhat-ky?loai=synonym").text
    assert "Xoá nhóm từ đồng nghĩa" in trail
    logout(client)
    login(client, make_user(role="chief"))
    wrong = client.post_form("/ban-lam-viec/tim-kiem/dua-len", {"words": "brt"})
    assert wrong.status_code == 422
    assert "Hãy ghi ngày thôi đưa lên đầu" in wrong.text
    until = (datetime.now(UTC) + timedelta(days=9)).strftime("%d/%m/%Y")
    typed = {"words": "BRT là gì", "publication": path, "until_on": until}
    assert client.post_form("/ban-lam-viec/tim-kiem/dua-len", typed).status_code == 303
    assert "Ban biên tập giới thiệu" in client.get("/tim-kiem?q=brt+la+gi").text
    promotion = session.scalars(select(Promotion)).one()
    stop = f"/ban-lam-viec/tim-kiem/dua-len/{promotion.id}/bo"
    assert client.post_form(stop, {}).status_code == 303
    assert "Ban biên tập giới thiệu" not in client.get("/tim-kiem?q=brt+la+gi").text
