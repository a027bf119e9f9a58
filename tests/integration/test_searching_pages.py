"""Lists and search as pages: real links, every wrong parameter named, nothing that breaks them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import lxml.html
import pytest
from sqlalchemy.orm import scoped_session

from models import Publication
from services import search, settings
from services.errors import InvalidInput
from tests.support.client import CheckedClient
from tests.support.factories import make_publication, make_section, make_unit, make_user

Session = scoped_session[Any]
PAST = datetime(2024, 3, 5, 2, 30, tzinfo=UTC)
HTMX = {"HX-Request": "true"}


@pytest.fixture
def posts(session: Session) -> list[Publication]:
    """45 posts, the newest first, in one section; two on a page of it."""
    settings.put(key="posts_per_page", value=10)
    section, author = make_section(name="Tin hoạt động"), make_user()
    made = [
        make_publication(
            title=f"Hội nghị lần {number}",
            section=section,
            author=author,
            published_at=PAST - timedelta(days=number),
        )
        for number in range(45)
    ]
    search.reindex()
    session.commit()
    return made


def page_of(client: CheckedClient, path: str, **more: Any) -> lxml.html.HtmlElement:
    response = client.get(path, **more)
    assert response.status_code == 200, path
    return lxml.html.document_fromstring(response.text)


def titles(page: lxml.html.HtmlElement) -> list[str]:
    shown = page.xpath("//*[@id='publication-list' or @id='search-results']//h2/a")
    return [str(link.text_content()) for link in shown]


# ---------------------------------------------------------------- pages of a list
def test_the_pages_of_a_list_are_links_and_together_hold_each_text_once(
    client: CheckedClient, posts: list[Publication]
) -> None:
    path, found, visited = "/chuyen-muc/tin-hoat-dong", [], []
    while path:
        page = page_of(client, path)
        visited.append(path)
        found += titles(page)
        path = str(page.xpath("string(//a[@rel='next']/@href)"))
    assert found == [f"Hội nghị lần {number}" for number in range(45)]
    assert visited == [
        "/chuyen-muc/tin-hoat-dong",
        *(f"/chuyen-muc/tin-hoat-dong?trang={number}" for number in (2, 3, 4, 5)),
    ]


def test_each_number_leads_to_its_page_with_and_without_scripts(
    client: CheckedClient, posts: list[Publication]
) -> None:
    page = page_of(client, "/chuyen-muc/tin-hoat-dong?trang=3")
    links = page.xpath("//nav[@class='pagination']//a")
    assert [link.text_content().strip() for link in links] == [
        "Trang trước",
        "1",
        "2",
        "3",
        "4",
        "5",
        "Trang sau",
    ]
    for link in links:
        if link.get("aria-current"):
            continue
        assert link.get("hx-get") == link.get("href")
        whole = page_of(client, link.get("href"))
        part = lxml.html.fromstring(client.get(link.get("href"), headers=HTMX).text)
        assert part.get("id") == link.get("hx-target").removeprefix("#")
        assert titles(whole) == titles(part) != titles(page)


def test_a_page_number_that_is_none_gives_the_first_page_and_one_too_great_the_last(
    client: CheckedClient, posts: list[Publication]
) -> None:
    first, last = "Hội nghị lần 0", "Hội nghị lần 40"
    for number in ("0", "-1", "x", "", "1.5", "1e2", "²", "%00", "99999999999999999999", "1 OR 1"):
        page = page_of(client, f"/chuyen-muc/tin-hoat-dong?trang={number}")
        assert titles(page)[0] == first, number
    for number in ("5", "6", "99999", "9999999"):
        assert titles(page_of(client, f"/chuyen-muc/tin-hoat-dong?trang={number}"))[0] == last
    found = page_of(client, "/tim-kiem?q=hội+nghị&trang=9999999")
    assert found.xpath("//*[@id='search-results']")
    twice = page_of(client, "/chuyen-muc/tin-hoat-dong?trang=2&trang=3")
    assert titles(twice)[0] == "Hội nghị lần 10"


def test_a_later_page_is_canonical_as_itself(
    client: CheckedClient, posts: list[Publication]
) -> None:
    for asked, canonical in (
        ("", ""),
        ("?trang=1", ""),
        ("?trang=2", "?trang=2"),
        ("?trang=2&utm_source=x", "?trang=2"),
        ("?trang=999", "?trang=5"),
    ):
        page = page_of(client, f"/chuyen-muc/tin-hoat-dong{asked}")
        assert page.xpath("string(//link[@rel='canonical']/@href)") == (
            f"http://localhost/chuyen-muc/tin-hoat-dong{canonical}"
        )


def test_a_section_shows_what_is_below_it_too(session: Session, client: CheckedClient) -> None:
    above = make_section(name="Tin tức")
    below = make_section(name="Trong nước", parent=above)
    make_publication(title="Bài ở dưới", section=below, published_at=PAST)
    make_publication(title="Bài nơi khác", published_at=PAST)
    page = page_of(client, "/chuyen-muc/tin-tuc")
    assert titles(page) == ["Bài ở dưới"]
    assert "/chuyen-muc/trong-nuoc" in page.xpath("//main//a/@href")


def test_an_empty_section_says_so(session: Session, client: CheckedClient) -> None:
    make_section(name="Chưa có gì")
    assert "Mục này chưa có bài" in client.get("/chuyen-muc/chua-co-gi").text


def test_how_many_texts_stand_on_a_page_is_a_number_that_a_page_can_have(
    session: Session,
) -> None:
    for wrong in (0, -1, 101, "12", None, 1.5, True):
        with pytest.raises(InvalidInput, match="từ 1 đến 100"):
            settings.put(key="posts_per_page", value=wrong)
    assert settings.get("posts_per_page") == 12
    settings.put(key="posts_per_page", value=100)
    assert settings.get("posts_per_page") == 100
    with pytest.raises(InvalidInput, match="các giá trị 1, 2"):
        settings.put(key="review_steps", value=3)


# ---------------------------------------------------------------- search
def test_the_other_pages_of_a_search_carry_all_that_was_chosen(
    client: CheckedClient, posts: list[Publication]
) -> None:
    chosen = {
        "q": "hội nghị",
        "loai": "bai-viet",
        "chuyen-muc": "tin-hoat-dong",
        "tu-ngay": "01/01/2020",
        "den-ngay": "31/12/2030",
        "sap-xep": "cu-nhat",
    }
    response = client.get("/tim-kiem", query_string={**chosen, "utm_source": "x"})
    page = lxml.html.document_fromstring(response.text)
    assert titles(page)[0] == "Hội nghị lần 44"
    further = str(page.xpath("string(//a[@rel='next']/@href)"))
    asked = {name: values[0] for name, values in parse_qs(urlsplit(further).query).items()}
    assert asked == {**chosen, "trang": "2"}
    assert titles(page_of(client, further))[0] == "Hội nghị lần 24"


def test_a_search_without_words_asks_for_some_and_one_by_section_lists_it(
    client: CheckedClient, posts: list[Publication]
) -> None:
    assert "Gõ vài chữ vào ô trên" in client.get("/tim-kiem").text
    assert "Gõ vài chữ vào ô trên" in client.get("/tim-kiem?q=++%00&loai=").text
    assert len(titles(page_of(client, "/tim-kiem?chuyen-muc=tin-hoat-dong"))) == 20
    assert "Không tìm thấy kết quả nào" in client.get("/tim-kiem?q=khongcotunay").text


WRONG = [
    ("q", "x" * 201, "Từ cần tìm dài 201 ký tự; hãy rút còn nhiều nhất 200 ký tự."),
    ("loai", "khong-co", "Không có loại này; hãy chọn trong danh sách."),
    ("chuyen-muc", "khong-co", "Không có chuyên mục này; hãy chọn trong danh sách."),
    ("don-vi", "khong-co", "Không có đơn vị này; hãy chọn trong danh sách."),
    ("sap-xep", "khong-co", "Không có cách sắp xếp này; hãy chọn trong danh sách."),
    ("tac-gia", "x" * 201, "Tên tác giả quá dài; hãy rút ngắn lại."),
    ("tu-ngay", "hôm qua", "Từ ngày: Ngày “hôm qua” chưa đúng."),
    ("den-ngay", "31/02/2024", "Đến ngày: Không có ngày “31/02/2024” trong lịch."),
    ("den-ngay", "31/12/9999", "Đến ngày: Năm 9999 nằm ngoài khoảng"),
    ("tu-ngay", "01/01/0001", "Từ ngày: Năm 1 nằm ngoài khoảng"),
]


def test_each_wrong_condition_is_named_and_the_form_comes_back_as_typed(
    session: Session, client: CheckedClient
) -> None:
    for name, value, sentence in WRONG:
        for headers in ({}, HTMX):
            asked = {"q": "hội nghị", name: value}
            response = client.get("/tim-kiem", query_string=asked, headers=headers)
            assert response.status_code == 422, name
            page = lxml.html.document_fromstring(response.text)
            assert sentence in page.text_content(), name
            assert page.xpath(f"//a[@href='#{name}']"), name
            if not headers:
                field = page.get_element_by_id(name)
                assert field.get("aria-invalid") == "true", name
                if field.tag == "input":
                    assert field.get("value") == value
                assert name == "q" or page.get_element_by_id("q").get("value") == "hội nghị"
    response = client.get("/tim-kiem?tu-ngay=02/01/2024&den-ngay=01/01/2024")
    assert response.status_code == 422
    assert "“Đến ngày” phải sau hoặc bằng “Từ ngày”." in response.text


HOSTILE = [
    "'; DROP TABLE publication; --",
    '" OR 1=1',
    '"chưa đóng',
    '""""',
    "*",
    "a* b* NEAR(c d)",
    "title:x OR body:y",
    "AND OR NOT",
    "(((((",
    "-x",
    "\\",
    "%",
    "_",
    "\x00",
    "a\x00b",
    "\x1b[31m",
    "<script>alert(1)</script>",
    "{{ 7*7 }}",
    "\u202e\u200b",
    "😀" * 50,
    "a\u0301" * 100,
    "&|!<->:*",
    "x" * 200,
    "ệ " * 100,
]


def test_any_words_at_all_are_searched_for_safely(
    client: CheckedClient, posts: list[Publication]
) -> None:
    for typed in HOSTILE:
        for headers in ({}, HTMX):
            for name in ("q", "tac-gia"):
                response = client.get("/tim-kiem", query_string={name: typed}, headers=headers)
                assert response.status_code in {200, 422}, typed
                assert "<script>alert" not in response.text
    assert client.get("/tim-kiem?q=%ff%fe&q=2&loai=%c3%28").status_code == 422
    assert client.get("/tim-kiem?q=hội+nghị").status_code == 200


def test_a_unit_and_an_author_narrow_the_search(session: Session, client: CheckedClient) -> None:
    unit = make_unit(name="Phòng Công nghệ")
    make_publication(title="Bài một", unit=unit, byline="Minh An", published_at=PAST)
    make_publication(title="Bài hai", byline="Thu Hà", published_at=PAST)
    search.reindex()
    assert titles(page_of(client, "/tim-kiem?q=bài&don-vi=phong-cong-nghe")) == ["Bài một"]
    assert titles(page_of(client, "/tim-kiem?tac-gia=thu+ha")) == ["Bài hai"]


def test_the_last_day_of_a_range_is_in_it(session: Session, client: CheckedClient) -> None:
    # 23:59 on 30 June in Đà Nẵng.
    last = datetime(2017, 6, 30, 16, 59, tzinfo=UTC)
    make_publication(title="Cuối kỳ", published_at=last)
    make_publication(title="Sau kỳ", published_at=last + timedelta(minutes=1))
    search.reindex()
    page = page_of(client, "/tim-kiem?tu-ngay=30/06/2017&den-ngay=30/06/2017")
    assert titles(page) == ["Cuối kỳ"]
