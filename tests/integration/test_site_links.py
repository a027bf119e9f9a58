"""Liên kết: an administrator puts other sites together, readers find them, the checker asks."""

from datetime import timedelta
from typing import Any

import lxml.html
import pytest
from sqlalchemy import select
from sqlalchemy.orm import scoped_session

from models import AuditEvent, Link, Role, SiteLink, User
from services import links, site_links
from services.errors import Conflict, InvalidInput
from services.link_checking import check_links
from services.outside_web import Answer
from services.site_links import LinkDraft
from tests.support.client import CheckedClient, login
from tests.support.factories import NOW, make_site_link, make_user

Session = scoped_session[Any]
PORTAL = "https://dichvucong.example.vn/"
ROOM = "/ban-lam-viec/quan-tri/lien-ket"


@pytest.fixture
def actor(session: Session) -> User:
    return make_user(role=Role.ADMIN)


def draft(**fields: Any) -> LinkDraft:
    return LinkDraft(**({"name": "Cổng", "address": PORTAL, "heading": "Nộp hồ sơ"} | fields))


def shown(client: CheckedClient, path: str) -> list[tuple[str, list[str]]]:
    """Each heading of the public page with the names under it."""
    document = lxml.html.document_fromstring(client.get(path).text)
    return [
        (
            part.findtext(".//h2") or part.xpath("string(.//h2)"),
            [a.text_content() for a in part.iter("a")],
        )
        for part in document.xpath("//main//section")
    ]


def test_an_administrator_adds_orders_hides_and_removes_links_without_scripts(
    client: CheckedClient, session: Session, actor: User
) -> None:
    login(client, actor)
    assert "Chưa có liên kết nào" in client.get(ROOM).text
    for name, host, heading in (
        ("Cổng quốc gia", "quocgia", "Nộp hồ sơ"),
        ("Bộ", "bo", "Cơ quan nhà nước"),
        ("Cổng thành phố", "thanhpho", "NỘP HỒ SƠ"),
    ):
        typed = {"name": name, "address": f"https://{host}.example.vn/", "heading": heading}
        typed |= {"english_name": f"{host} in English"} if host == "bo" else {}
        answer = client.submit(f"{ROOM}/moi", typed, form="link-form")
        assert answer.location == ROOM
    assert shown(client, "/lien-ket") == [
        ("Nộp hồ sơ", ["Cổng quốc gia", "Cổng thành phố"]),
        ("Cơ quan nhà nước", ["Bộ"]),
    ]
    first, ministry, city = session.scalars(select(SiteLink).order_by(SiteLink.id)).all()
    client.post_form(f"{ROOM}/{city.id}/thu-tu", {"step": "up"})
    answer = client.post_form(f"{ROOM}/{ministry.id}/thu-tu-nhom", {"step": "up"})
    assert answer.location == f"{ROOM}#heading-{ministry.id}"
    # At the end of an order nothing happens.
    client.post_form(f"{ROOM}/{ministry.id}/thu-tu-nhom", {"step": "up"})
    assert shown(client, "/lien-ket") == [
        ("Cơ quan nhà nước", ["Bộ"]),
        ("Nộp hồ sơ", ["Cổng thành phố", "Cổng quốc gia"]),
    ]
    client.submit(f"{ROOM}/{first.id}", {"is_shown": None}, form="link-form")
    assert shown(client, "/lien-ket")[1] == ("Nộp hồ sơ", ["Cổng thành phố"])
    assert "Đang ẩn" in client.get(ROOM).text
    client.submit(f"{ROOM}/{city.id}", {}, form="delete-form")
    assert shown(client, "/lien-ket") == [("Cơ quan nhà nước", ["Bộ"])]
    english = client.get("/en/lien-ket").text
    assert "bo in English" in english
    assert '<span lang="vi">Cơ quan nhà nước</span>' in english
    done = session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    assert done == [f"site_link.{name}" for name in ("create",) * 3] + [
        f"site_link.{name}" for name in ("move", "move_heading", "edit", "delete")
    ]
    for action in ("Thêm liên kết", "Đổi thứ tự nhóm liên kết", "Bỏ liên kết"):
        assert action in client.get("/ban-lam-viec/quan-tri/nhat-ky").text


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_only_an_administrator_comes_there(client: CheckedClient, session: Session) -> None:
    link = make_site_link()
    for role in (Role.CONTRIBUTOR, Role.CHIEF):
        login(client, make_user(role=role))
        for path in (ROOM, f"{ROOM}/moi", f"{ROOM}/{link.id}"):
            assert client.get(path).status_code == 403
        assert client.post_form(f"{ROOM}/{link.id}/bo", {}).status_code == 403
    assert session.get(SiteLink, link.id) is not None


HOSTILE = [
    "",
    "javascript:alert(1)",
    "JaVaScRiPt://example.vn/%0aalert(1)",
    "java\tscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "//example.vn/",
    "/ban-lam-viec",
    "ftp://example.vn/",
    "https://",
    "https://may-chu/",
    "https://dichvucong.gov.vn@example.vn/",
    "https://example.vn:99999/",
    "https://exa mple.vn/",
    "https://example.vn/a\\b",
    "https://example.vn/\u202egnp.exe",
    'https://example.vn/"onclick="alert(1)',
    "https://[::1",
    "https://example.vn/" + "a" * 1_000,
]


def test_an_address_that_could_do_harm_is_refused(session: Session, actor: User) -> None:
    for address in HOSTILE:
        with pytest.raises(InvalidInput) as refused:
            site_links.create(actor=actor, draft=draft(address=address), now=NOW)
        assert set(refused.value.fields) == {"address"}, address
    for address in ("https://example.vn", "HTTP://www.example.vn:8080/a?b=c&d=%20#e"):
        assert site_links.checked_address(f" {address} ") == address


def test_what_is_wrong_is_named_and_what_was_typed_stays(
    client: CheckedClient, session: Session, actor: User
) -> None:
    login(client, actor)
    make_site_link(name="Có rồi", address=PORTAL)
    typed = {"name": "x" * 121, "address": PORTAL, "heading": " \u200b ", "english_name": "Kept"}
    answer = client.submit(f"{ROOM}/moi", typed, form="link-form")
    assert answer.status_code == 422
    for said in ("Tên trang dài 121 ký tự", "liên kết “Có rồi”", "Nhóm còn trống", "Kept"):
        assert said in answer.text
    answer = client.submit(
        f"{ROOM}/moi",
        {"name": "N\0\x01", "address": "javascript:1", "heading": "H"},
        form="link-form",
    )
    assert answer.status_code == 422
    assert "phải bắt đầu bằng http:// hoặc https://" in answer.text


def test_whoever_saves_second_is_told_and_overwrites_nothing(session: Session, actor: User) -> None:
    link = site_links.create(actor=actor, draft=draft(), now=NOW)
    seen = site_links.seen_token(link)
    site_links.edit(actor=actor, link_id=link.id, draft=draft(name="Mới"), seen=seen, now=NOW)
    with pytest.raises(Conflict):
        site_links.edit(actor=actor, link_id=link.id, draft=draft(name="Cũ"), seen=seen, now=NOW)
    assert link.name == "Mới"


def test_a_heading_has_one_english_name(session: Session, actor: User) -> None:
    first = site_links.create(actor=actor, draft=draft(english_heading="Apply"), now=NOW)
    second = site_links.create(actor=actor, draft=draft(address=f"{PORTAL}2"), now=NOW)
    assert second.english_heading == "Apply"
    site_links.edit(
        actor=actor,
        link_id=second.id,
        draft=draft(address=f"{PORTAL}2", english_heading="File"),
        seen=site_links.seen_token(second),
        now=NOW,
    )
    assert first.english_heading == "File"


class Web:
    """Nothing is there any more."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def ask(self, url: str) -> Answer:
        self.asked.append(url)
        return Answer(status=404)


def test_the_checker_asks_links_of_the_site_and_their_list_says_what_is_broken(
    client: CheckedClient, session: Session, actor: User
) -> None:
    link = site_links.create(actor=actor, draft=draft(), now=NOW)
    web: Any = Web()
    for day in (1, 2, 4):
        at = NOW + timedelta(days=day)
        check_links(now=at, site_url="http://localhost", checkpoint=session.commit, web=web)
    assert set(web.asked) == {PORTAL}
    assert set(site_links.broken()) == {link.id}
    login(client, actor)
    for path in (ROOM, f"{ROOM}/{link.id}"):
        assert "Trang này không còn" in client.get(path).text
    login(client, make_user(role=Role.CHIEF))
    page = client.get("/ban-lam-viec/don-dep?danh-sach=lien-ket-hong").text
    assert "Ở trang Liên kết còn 1 liên kết hỏng" in page
    # What nothing leads to is forgotten.
    site_links.delete(actor=actor, link_id=link.id, now=NOW)
    links.forget_unused(now=NOW + timedelta(days=60))
    assert session.scalars(select(Link)).all() == []
