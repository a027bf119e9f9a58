"""The housekeeping lists: what is in each and why, for whom, and the links that are broken."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import scoped_session

from extensions import db
from models import Link, MediaUse, Publication, Role, State, User
from services import desk, housekeeping, links, settings
from tests.support.client import CheckedClient, login
from tests.support.factories import (
    NOW,
    make_media,
    make_publication,
    make_revision,
    make_section,
    make_user,
)

Session = scoped_session[Any]
sqlite_only = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
DAY = timedelta(days=1)
PAGE = "/ban-lam-viec/don-dep"


def _titles(user: User, key: str) -> list[str]:
    chore = next(chore for chore in housekeeping.chores_for(user) if chore.key == key)
    page = desk.rows_of(user=user, desk_list=chore.listed, now=NOW)
    return [row.latest_revision.title for row in page.items if row.latest_revision]


def _old(title: str, days: int, state: State = State.PUBLISHED, **fields: Any) -> Publication:
    """A text that nobody has touched for so many days."""
    at = NOW - days * DAY
    if state is State.PUBLISHED:
        fields.setdefault("published_at", at)
    fields.setdefault("views", 100)
    return make_publication(
        state=state, title=title, **{"created_at": at, "updated_at": at, **fields}
    )


def _with_picture(title: str, *, state: State, author: User, alt: str = "", **media: Any) -> None:
    body = f'<figure><img src="/tep/abc/480.webp" alt="{alt}"></figure>'
    publication = make_publication(state=state, title=title, body=body, author=author)
    picture = make_media(uploaded_by=author, **{"alt": "", **media})
    row = MediaUse(revision_id=publication.latest_revision_id, media_id=picture.id)
    db.session.add(row)
    db.session.flush()


def _broken(publication: Publication, url: str, days: int = 3) -> Link:
    """The publication's link to there, found broken so many days ago."""
    revision = publication.latest_revision
    assert revision is not None
    revision.body += f'<p><a href="{url}">x</a></p>'
    links.record_uses(publication=publication, now=NOW)
    link = db.session.scalars(select(Link).where(Link.url == url)).one()
    link.broken_since, link.status, link.failures = NOW - days * DAY, 404, 2
    link.next_check_at = NOW + 7 * DAY
    db.session.flush()
    return link


def test_each_list_holds_what_it_says_the_longest_forgotten_first(session: Session) -> None:
    author, chief = make_user(), make_user(role=Role.CHIEF)
    _old("Trả lại hôm qua", 1, State.NEEDS_CHANGES, author=author)
    _old("Trả lại tuần trước", 8, State.NEEDS_CHANGES, author=author)
    _old("Trả lại tháng trước", 40, State.NEEDS_CHANGES, author=author)
    _old("Nháp mới", 29, State.DRAFT, author=author)
    _old("Nháp quên", 31, State.DRAFT, author=author)
    _old("Có người xem", 40, author=author)
    _old("Không ai xem", 40, author=author, views=0)
    _old("Bốn lượt xem", 50, author=author, views=4)
    _old("Mới đăng", 3, author=author, views=0)
    _old("Không ai sửa hai năm", 800, author=author)
    _old("Đã hẹn rà soát", 60, author=author, review_on=NOW.date())
    _old("Hẹn rà soát sau", 900, author=author, review_on=NOW.date() + 2 * DAY)
    _old("Đã gỡ", 900, State.WITHDRAWN, author=author)
    _with_picture("Ảnh không chữ", state=State.DRAFT, author=author)
    _with_picture("Ảnh có chữ", state=State.DRAFT, author=author, alt="Cân ở chợ")
    _with_picture("Ảnh trang trí", state=State.DRAFT, author=author, is_decorative=True)
    _with_picture("Ảnh bài từ chối", state=State.REJECTED, author=author)

    for user in (author, chief):
        assert _titles(user, "tra-lai-chua-sua") == ["Trả lại tháng trước", "Trả lại tuần trước"]
        assert _titles(user, "it-nguoi-xem") == ["Không ai xem", "Bốn lượt xem"]
        assert _titles(user, "can-ra-soat") == ["Không ai sửa hai năm", "Đã hẹn rà soát"]
    assert _titles(author, "ban-nhap-bo-quen") == ["Nháp quên"]
    assert _titles(author, "thieu-mo-ta-anh") == ["Ảnh không chữ"]
    # What was never submitted is its author's alone.
    assert _titles(chief, "ban-nhap-bo-quen") == []
    assert _titles(chief, "thieu-mo-ta-anh") == []


@sqlite_only
def test_the_board_sees_the_drafts_upon_pages_and_its_own(session: Session) -> None:
    chief = make_user(role=Role.CHIEF)
    page = _old("Lịch tiếp dân", 90)
    make_revision(publication=page, title="Lịch tiếp dân mới")
    _old("Nháp của Trưởng ban", 40, State.DRAFT, author=chief)

    assert _titles(chief, "ban-nhap-bo-quen") == ["Lịch tiếp dân mới", "Nháp của Trưởng ban"]


@sqlite_only
def test_contributors_see_their_own_and_editors_their_sections(session: Session) -> None:
    mine, other = make_section(name="Đo lường"), make_section(name="Sáng kiến")
    author, editor = make_user(), make_user(role=Role.EDITOR, sections=[mine])
    _old("Của tôi", 40, author=author, section=mine, views=0)
    _old("Của người khác", 40, section=mine, views=0)
    _old("Chuyên mục khác", 40, section=other, views=0)

    assert _titles(author, "it-nguoi-xem") == ["Của tôi"]
    assert set(_titles(editor, "it-nguoi-xem")) == {"Của tôi", "Của người khác"}


@sqlite_only
def test_the_thresholds_are_settings_and_said_beside_the_list(session: Session) -> None:
    author = make_user()
    _old("Trả lại ba ngày", 3, State.NEEDS_CHANGES, author=author)
    _old("Bài ba năm", 1100, author=author)
    assert _titles(author, "tra-lai-chua-sua") == []

    settings.put(key="tidy_returned_days", value=2)
    settings.put(key="tidy_review_months", value=0)

    assert _titles(author, "tra-lai-chua-sua") == ["Trả lại ba ngày"]
    assert _titles(author, "can-ra-soat") == []
    why = {chore.key: chore.why for chore in housekeeping.chores_for(author)}
    assert why["tra-lai-chua-sua"] == (
        "Ban biên tập đã yêu cầu chỉnh sửa, và 2 ngày nay chưa ai sửa."
    )
    assert why["can-ra-soat"] == "Đã đến ngày rà soát."


@sqlite_only
def test_the_count_of_every_list_is_the_number_of_its_rows(session: Session) -> None:
    chief = make_user(role=Role.CHIEF)
    _old("Trả lại", 40, State.NEEDS_CHANGES)
    _broken(_old("Không ai xem", 900, views=0), "http://mat.example.vn/")

    counts = {chore.key: n.total for chore, n in housekeeping.count_chores(user=chief, now=NOW)}

    broken = housekeeping.broken_page(user=chief, now=NOW, number=1, per_page=25)
    assert counts == {
        "tra-lai-chua-sua": 1,
        "ban-nhap-bo-quen": 0,
        "it-nguoi-xem": 1,
        "can-ra-soat": 1,
        "lien-ket-hong": 1,
        "thieu-mo-ta-anh": 0,
    }
    assert [item.link.url for item in broken.items] == ["http://mat.example.vn/"]


def test_broken_links_are_listed_with_the_texts_that_hold_them(session: Session) -> None:
    author, chief = make_user(), make_user(role=Role.CHIEF)
    url = "http://mat.example.vn/"
    for number in range(7):
        _broken(make_publication(title=f"Bài {number}"), url)
    _broken(make_publication(title="Của tôi", author=author), url)
    _broken(make_publication(title="Lâu nhất"), "http://lau.example.vn/", days=30)
    _broken(make_publication(title="Từ chối", state=State.REJECTED), "http://thoi.example.vn/")

    found = housekeeping.broken_page(user=chief, now=NOW, number=1, per_page=25)

    assert [item.link.url for item in found.items] == ["http://lau.example.vn/", url]
    titles = [title for _, title in found.items[1].texts]
    assert titles == ["Của tôi", "Bài 6", "Bài 5", "Bài 4", "Bài 3"]
    assert found.items[1].others == 3
    mine = housekeeping.broken_page(user=author, now=NOW, number=9, per_page=25)
    assert [([t for _, t in item.texts], item.others) for item in mine.items] == [(["Của tôi"], 0)]


@sqlite_only
def test_the_page_explains_each_list_and_counts_it(client: CheckedClient, session: Session) -> None:
    author = make_user()
    _old("Trả lại", 40, State.NEEDS_CHANGES, author=author)
    login(client, author)

    page = client.get(PAGE).get_data(as_text=True)

    for chore in housekeeping.chores_for(author):
        assert f"{PAGE}?danh-sach={chore.key}" in page
        assert chore.why in page
    assert "Không có liên kết nào hỏng." in page
    assert 'href="/ban-lam-viec/don-dep" aria-current="page"' in page


@sqlite_only
def test_a_list_says_what_to_do_and_its_rows_open_like_those_of_the_desk(
    client: CheckedClient, session: Session
) -> None:
    author = make_user()
    publication = _old("Bản nháp để quên", 40, State.DRAFT, author=author)
    login(client, author)

    page = client.get(f"{PAGE}?danh-sach=ban-nhap-bo-quen").get_data(as_text=True)

    assert "Viết tiếp rồi gửi duyệt" in page
    assert "ngày không ai sửa" in page
    opened = f"/ban-lam-viec/bai-viet/{publication.id}/mo"
    assert f'hx-get="{opened}"' in page
    assert "Bản nháp để quên" in client.htmx(opened).get_data(as_text=True)
    fragment = client.htmx(f"{PAGE}?danh-sach=ban-nhap-bo-quen&q=de+quen").get_data(as_text=True)
    assert fragment.lstrip().startswith('<section id="desk-list"')
    assert "Bản nháp để quên" in fragment
    assert client.get(f"{PAGE}?danh-sach=khong-co").status_code == 404


@sqlite_only
def test_a_broken_link_is_asked_again_on_wish_with_and_without_scripts(
    client: CheckedClient, session: Session
) -> None:
    author, stranger = make_user(), make_user()
    link = _broken(make_publication(author=author, title="Chợ Cồn"), "http://mat.example.vn/tin")
    address = f"{PAGE}/lien-ket/{link.id}/kiem-tra"
    login(client, author)

    page = client.get(f"{PAGE}?danh-sach=lien-ket-hong").get_data(as_text=True)
    assert "http://mat.example.vn/tin" in page
    assert "Trang này không còn." in page
    assert "Hỏng từ 11/09/2026" in page
    assert "Chợ Cồn" in page

    plain = client.submit(f"{PAGE}?danh-sach=lien-ket-hong", {}, form="kiem-tra")
    assert plain.status_code == 303
    assert "Sẽ kiểm tra lại trong ít phút nữa." in client.get(plain.location).get_data(as_text=True)
    fragment = client.htmx(address, "POST").get_data(as_text=True)
    assert fragment.lstrip().startswith(f'<article id="broken-link-{link.id}"')

    other = client.application.test_client()
    login(other, stranger)
    assert other.htmx(address, "POST").status_code == 404
