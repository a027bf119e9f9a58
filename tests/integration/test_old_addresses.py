"""Addresses of before a move: one hop to what took their place; the administrator's list."""

from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import scoped_session

from models import AuditEvent, OldAddress, Publication
from services.moving import old_addresses
from tests.support.client import CheckedClient, login
from tests.support.factories import NOW, make_media, make_publication, make_section, make_user

Session = scoped_session[Any]
LIST = "/ban-lam-viec/quan-tri/dia-chi-cu"


def moved_publication(*addresses: str, **fields: Any) -> Publication:
    publication = make_publication(**fields)
    old_addresses.keep(addresses, publication_id=publication.id, now=NOW)
    return publication


def location(client: CheckedClient, address: str) -> tuple[int, str]:
    response = client.get(address)
    return response.status_code, response.headers.get("Location", "")


def test_every_old_address_leads_in_one_hop_to_the_page(
    client: CheckedClient, session: Session
) -> None:
    post = moved_publication(
        "http://cu.vn/?p=123", "/2017/05/ten-bai/", "/tin-tuc/abc.html", "/xem.php?id=9&cat=2"
    )
    page = f"/bai-viet/{post.slug}-{post.id}"
    for asked in (
        "/?p=123",
        "/index.php?p=123&utm_source=mail",
        "/2017/05/ten-bai/",
        "/2017/05/Ten-Bai?fbclid=abc",
        "/2017/05/ten-bai/feed/",
        "/tin-tuc/abc.html",
        "/xem.php?cat=2&id=9",
    ):
        assert location(client, asked) == (301, page), asked
    assert client.get(page).status_code == 200
    assert client.head("/tin-tuc/abc.html").headers["Location"] == page
    # Another title since: still one hop.
    post.slug = "ten-moi"
    assert location(client, "/?p=123") == (301, f"/bai-viet/ten-moi-{post.id}")


def test_what_is_no_old_address_stays_what_it_was(client: CheckedClient, session: Session) -> None:
    moved_publication("/?p=123", "/tin-tuc/abc.html")
    assert location(client, "/tin-tuc/khac.html") == (404, "")
    assert location(client, "/?p=124") == (404, "")
    assert client.get("/").status_code == 200
    assert client.get("/?utm_source=mail").status_code == 200
    assert client.post_form("/tin-tuc/abc.html", {}).status_code == 404
    # An address of ours is never shadowed.
    moved_publication("/thong-bao")
    assert client.get("/thong-bao").status_code == 200


def test_a_text_that_readers_have_never_seen_is_not_told_of(
    client: CheckedClient, session: Session
) -> None:
    moved_publication("/nhap", state="draft")
    moved_publication("/hen-gio", published_at=NOW + timedelta(days=9000))
    assert location(client, "/nhap") == (404, "")
    assert location(client, "/hen-gio") == (404, "")


def test_a_withdrawn_text_says_that_it_is_gone(client: CheckedClient, session: Session) -> None:
    gone = moved_publication("/da-go.html", state="withdrawn")
    page = f"/bai-viet/{gone.slug}-{gone.id}"
    assert location(client, "/da-go.html") == (301, page)
    assert client.get(page).status_code == 410


def test_a_section_and_a_file_have_old_addresses_too(
    client: CheckedClient, session: Session
) -> None:
    section = make_section(name="Sở hữu trí tuệ")
    old_addresses.keep(["/category/shtt/"], section_id=section.id, now=NOW)
    picture = make_media()
    old_addresses.keep(["/wp-content/uploads/a.jpg"], media_id=picture.id, now=NOW)
    assert location(client, "/category/shtt") == (301, "/chuyen-muc/so-huu-tri-tue")
    assert location(client, "/wp-content/uploads/a.jpg") == (
        301,
        f"/tep/{picture.token}/1200.webp",
    )


def test_an_address_that_leads_elsewhere_already_is_left_and_told(session: Session) -> None:
    first = moved_publication("/a", "/b")
    second = make_publication()
    assert old_addresses.keep(["/b", "/c", "/c/"], publication_id=second.id, now=NOW) == ["/b"]
    session.flush()
    rows = session.execute(
        select(OldAddress.address, OldAddress.publication_id).order_by(OldAddress.address)
    )
    assert [tuple(row) for row in rows] == [("/a", first.id), ("/b", first.id), ("/c", second.id)]


def test_the_administrator_finds_adds_and_removes_them(
    app: Flask, client: CheckedClient, session: Session
) -> None:
    post = moved_publication("/tin/mot.html", title="Bài thứ nhất")
    login(client, make_user(role="admin"))
    page = client.get(LIST).get_data(as_text=True)
    assert "/tin/mot.html" in page
    assert "Bài thứ nhất" in page
    answer = client.submit(
        LIST,
        {
            "address": "http://cu.vn/Tin/Hai.html?x=1",
            "target": f"http://localhost/bai-viet/abc-{post.id}",
        },
        form="address-form",
    )
    assert answer.status_code == 303
    assert "/tin/hai.html?x=1" in client.get(answer.headers["Location"]).get_data(as_text=True)
    assert location(app.test_client(), "/tin/hai.html?x=1")[0] == 301
    session.expire_all()
    row = session.scalars(select(OldAddress).where(OldAddress.address.contains("hai"))).one()
    remove = f"{LIST}/{row.id}/bo"
    assert client.post_form(remove, {}).status_code == 303
    assert location(app.test_client(), "/tin/hai.html?x=1") == (404, "")
    assert client.post_form(remove, {}).status_code == 404
    events = session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    assert events == ["old_address.create", "old_address.delete"]
    assert "Chưa có địa chỉ" not in client.get(f"{LIST}?q=tin").get_data(as_text=True)
    assert "Không có địa chỉ cũ nào chứa" in client.get(f"{LIST}?q=%25").get_data(as_text=True)


def test_what_cannot_be_an_old_address_is_refused_with_what_was_typed(
    client: CheckedClient, session: Session
) -> None:
    post = moved_publication("/tin/mot.html")
    login(client, make_user(role="admin"))
    target = f"/bai-viet/{post.slug}-{post.id}"
    for address, to, said in (
        ("", target, "Hãy ghi địa chỉ cũ"),
        ("javascript:alert(1)", target, "Hãy ghi địa chỉ cũ"),
        ("/tin/hai.html", "/khong-co", "Không tìm thấy trang đích"),
        ("/tin/hai.html", "http://[sai", "Không tìm thấy trang đích"),
        ("/tin/hai.html", "/bai-viet/a-99999999999999", "Không tìm thấy trang đích"),
        ("/tim-kiem", target, "Trang đang dùng /tim-kiem"),
    ):
        answer = client.post_form(LIST, {"address": address, "target": to})
        assert answer.status_code == 422, address
        page = answer.get_data(as_text=True)
        assert said in page
        assert f'value="{to}"' in page
    answer = client.post_form(LIST, {"address": "/Tin/mot.html", "target": target})
    assert answer.status_code == 409
    assert "đã có trong danh sách" in answer.get_data(as_text=True)


def test_only_an_administrator_sees_the_list(client: CheckedClient, session: Session) -> None:
    login(client, make_user(role="chief"))
    assert client.get(LIST).status_code == 403
