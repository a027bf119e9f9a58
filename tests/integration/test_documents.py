"""Documents beside each other: replaced, in circles, with one number; what turns at midnight."""

import itertools
import json
from datetime import UTC, datetime, timedelta

import lxml.html
import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from extensions import db
from models import DocumentRelation, Kind, Publication, Role, State, User
from services import workflow
from services.content_version import Freshness
from services.dates import format_date, local_date, start_of_day
from services.document_relations import named_by, relations_of
from services.errors import InvalidInput
from services.publications import content_of, save, seen_token
from tests.support.application import ROOT
from tests.support.at_once import Job, at_once
from tests.support.client import CheckedClient, login
from tests.support.factories import make_publication, make_user

TODAY = local_date(datetime.now(UTC))
NOW = datetime.now(UTC)
_TEXT_CASES = json.loads((ROOT / "tests/data/text-cases.json").read_text("utf-8"))
CASES = _TEXT_CASES["document_number"]


def draft(number: str, **details: str) -> Publication:
    state = details.pop("state", State.DRAFT)
    return make_publication(
        kind=Kind.DOCUMENT,
        state=state,
        title=f"Quyết định {number}",
        details={
            "document_number": number,
            "issued_on": "01/09/2026",
            "effective_on": "",
            "expires_on": "",
            **details,
        },
    )


def say(publication: Publication, **details: str) -> None:
    latest = publication.latest_revision
    assert latest is not None
    content = content_of(latest)
    content.details.update(details)
    save(
        publication=publication,
        actor=publication.author,
        content=content,
        seen=seen_token(latest),
        now=NOW,
    )


def put_up(publication: Publication) -> None:
    latest = publication.latest_revision
    assert latest is not None
    latest.state = State.APPROVED
    db.session.flush()
    workflow.publish(
        publication=publication, actor=make_user(role=Role.CHIEF), seen=seen_token(latest), now=NOW
    )


def take_down(publication: Publication) -> None:
    live = publication.live_revision
    assert live is not None
    workflow.withdraw(
        publication=publication,
        actor=make_user(role=Role.CHIEF),
        seen=seen_token(live),
        reason="Đăng nhầm.",
        now=NOW,
    )


def address(publication: Publication) -> str:
    return f"/van-ban/{publication.slug}-{publication.id}"


def test_a_document_replaced_by_a_live_one_says_so_and_both_link_to_each_other(
    session: Session, client: CheckedClient
) -> None:
    old, new = draft("01/2020/QĐ-UBND"), draft("02/2026/QĐ-UBND")
    put_up(old)
    say(new, replaces="1/2020/qd ubnd")
    assert "Bị thay thế bởi" not in client.get(address(old)).text
    put_up(new)
    page = client.get(address(old)).text
    assert "Hết hiệu lực, đã bị thay thế" in page
    assert "Bị thay thế bởi" in page
    assert address(new) in page
    assert address(old) in client.get(address(new)).text
    assert old.title in client.get("/van-ban?hieu-luc=het-hieu-luc").text
    take_down(new)
    page = client.get(address(old)).text
    assert "Còn hiệu lực" in page
    assert "Bị thay thế bởi" not in page


def test_a_replacement_counts_from_the_day_on_which_it_has_effect(
    session: Session, client: CheckedClient
) -> None:
    old = draft("01/2020/QĐ-UBND")
    put_up(old)
    tomorrow = format_date(TODAY + timedelta(days=1))
    new = draft("02/2026/QĐ-UBND", effective_on=tomorrow)
    say(new, replaces=f"#{old.id}")
    put_up(new)
    page = client.get(address(old)).text
    assert "Còn hiệu lực" in page
    assert "Bị thay thế bởi" in page


def test_the_pages_are_made_anew_at_the_midnight_on_which_a_document_has_effect(
    session: Session, app: Flask
) -> None:
    draft("02/2026/QĐ-UBND", state=State.PUBLISHED, effective_on="15/12/2026", issued_on="1/9/2026")
    session.commit()
    clock = [start_of_day(TODAY)]
    fresh = Freshness(db.engine, every_s=0, clock=lambda: clock[0])
    before = fresh.generation()
    clock[0] = start_of_day(local_date(datetime(2026, 12, 15, tzinfo=UTC))) - timedelta(seconds=1)
    assert fresh.generation() == before
    clock[0] += timedelta(seconds=1)
    assert fresh.generation() != before


@pytest.mark.parametrize("length", [1, 2, 3])
def test_a_circle_of_any_length_is_refused(session: Session, length: int) -> None:
    chain = [draft(f"{number:02}/2026/QĐ-UBND") for number in range(1, length + 1)]
    put_up(chain[0])
    for earlier, later in itertools.pairwise(chain):
        say(later, replaces=f"#{earlier.id}")
        put_up(later)
    first = chain[0]
    live = first.live_revision
    assert live is not None
    workflow.revise(publication=first, actor=first.author, seen=seen_token(live), now=NOW)
    with pytest.raises(InvalidInput) as refused:
        say(first, replaces=f"#{chain[-1].id}")
    sentence = refused.value.fields["replaces"]
    assert ("chính nó" if length == 1 else "thành vòng") in sentence


def test_a_circle_that_was_written_before_either_was_out_is_refused_when_it_closes(
    session: Session,
) -> None:
    one, two = draft("01/2026/QĐ-UBND"), draft("02/2026/QĐ-UBND")
    put_up(one)
    say(two, replaces=f"#{one.id}")
    live = one.live_revision
    assert live is not None
    workflow.revise(publication=one, actor=one.author, seen=seen_token(live), now=NOW)
    take = two.latest_revision
    assert take is not None
    two.live_revision, two.published_at = take, NOW
    session.flush()
    two.live_revision = None
    put_up(two)
    with pytest.raises(InvalidInput, match="thành vòng"):
        say(one, replaces="02/2026/QĐ-UBND")


def test_a_number_typed_as_people_type_it_names_its_document(session: Session) -> None:
    there = {canonical: draft(canonical) for canonical in {one["canonical"] for one in CASES}}
    for each in there.values():
        put_up(each)
    for one in CASES:
        assert named_by([one["input"]]) == {one["input"]: [there[one["canonical"]].id]}
    typed = "\n".join(one["input"] for one in CASES)
    say(draft("99/2026/QĐ-UBND"), relates=typed)
    said = session.scalars(select(DocumentRelation.target_id)).all()
    assert sorted(said) == sorted(each.id for each in there.values())


def test_a_document_that_is_meant_is_offered_by_number_title_and_code(
    session: Session, client: CheckedClient
) -> None:
    one = draft("05/2017/QĐ-UBND", issuing_body="UBND thành phố")
    other = draft("05/2017/QĐ-UBND", issuing_body="Bộ Nội vụ")
    alone = draft("105/2017/NQ-HĐND")
    hidden = draft("05/2017/QĐ-XYZ")
    for each in (one, other, alone):
        put_up(each)
    live = alone.live_revision
    assert live is not None
    login(client, alone.author)
    session.commit()
    url = "/ban-lam-viec/van-ban-lien-quan/replaces"

    def offered(typed: str, **more: object) -> list[str]:
        answer = client.htmx(url, "GET", query_string={"q": typed, **more})
        assert answer.status_code == 200
        page = lxml.html.fragment_fromstring(answer.text)
        assert page.get("id") == "document-choices-replaces"
        return [str(each) for each in page.xpath(".//@data-adds")]

    # The number alone names neither of the two.
    assert sorted(offered("5/2017/qd")) == sorted([f"#{one.id}", f"#{other.id}"])
    assert offered("105/2017") == ["105/2017/NQ-HĐND"]
    assert offered("quyet dinh 105") == ["105/2017/NQ-HĐND"]
    assert offered(f"#{alone.id}") == ["105/2017/NQ-HĐND"]
    assert offered(f"https://so.vn/van-ban/x-{alone.id}") == ["105/2017/NQ-HĐND"]
    assert offered("105/2017", bai=alone.id) == []
    for nothing in ("", "   ", "\0", "%", "#99999999999", "x" * 5000, f"#{hidden.id}"):
        assert offered(nothing) == []
    # Without scripts the list for readers is the page; what is no relation is none.
    assert client.get(f"{url}?q=5").headers["Location"] == "/van-ban"
    assert client.htmx(url.replace("replaces", "khac"), "GET").status_code == 303


def test_a_number_that_two_documents_have_is_told_with_what_tells_them_apart(
    session: Session, client: CheckedClient
) -> None:
    login(client, make_user())
    one = draft("05/2017/QĐ-UBND", issuing_body="UBND thành phố")
    other = draft("05/2017/QĐ-UBND", issuing_body="Bộ Nội vụ")
    put_up(one)
    put_up(other)
    typed = {
        "title": "Quyết định mới",
        "genre": "news",
        "origin": "own",
        "replaces": "5/2017/qdubnd",
    }
    answer = client.post_form("/ban-lam-viec/bai-viet/moi?loai=document", typed)
    assert answer.status_code == 422
    assert (
        "Thay thế, dòng 1 “05/2017/QĐ-UBND”: có 2 văn bản mang số này; hãy ghi mã của một văn "
        f"bản: #{one.id} (UBND thành phố, ngày 01/09/2026); "
        f"#{other.id} (Bộ Nội vụ, ngày 01/09/2026)."
    ) in answer.text
    # As it says; the text is new, and is kept with what it says in one go.
    answer = client.post_form(
        "/ban-lam-viec/bai-viet/moi?loai=document", typed | {"replaces": f"#{other.id}"}
    )
    assert answer.status_code == 303
    assert session.scalars(select(DocumentRelation.target_id)).all() == [other.id]


def test_a_line_that_names_nothing_is_told_and_what_was_typed_is_there(
    session: Session, client: CheckedClient
) -> None:
    login(client, make_user())
    put_up(draft("01/2020/QĐ-UBND"))
    answer = client.post_form(
        "/ban-lam-viec/bai-viet/moi?loai=document",
        {
            "title": "Quyết định mới",
            "genre": "news",
            "origin": "own",
            "amends": "01/2020/QĐ-UBND\n99/1999/QĐ-XYZ",
        },
    )
    assert answer.status_code == 422
    assert "Sửa đổi, dòng 2 “99/1999/QĐ-XYZ”: không có văn bản nào" in answer.text
    assert "01/2020/QĐ-UBND\n99/1999/QĐ-XYZ" in answer.text.replace("\r", "")


def test_a_number_is_there_once_within_a_body_and_year(session: Session) -> None:
    first = draft("07/2026/QĐ-UBND", issuing_body="Ủy ban nhân dân thành phố")
    put_up(first)
    same = draft("7/2026/qđ-ubnd", issuing_body="Uỷ ban nhân dân Thành phố")
    with pytest.raises(InvalidInput) as refused, session.begin_nested():
        put_up(same)
    assert address(first) in refused.value.sentence
    put_up(draft("07/2026/QĐ-UBND", issuing_body="Bộ Nội vụ"))
    put_up(draft("07/2026/QĐ-UBND", issuing_body="Ủy ban nhân dân thành phố", issued_on="1/9/2025"))
    take_down(first)
    put_up(same)


def test_what_only_a_draft_says_is_nobodys_business(session: Session) -> None:
    old, new = draft("01/2020/QĐ-UBND"), draft("02/2026/QĐ-UBND")
    put_up(old)
    say(new, replaces=f"#{old.id}")
    assert relations_of(publication_id=old.id, now=NOW) == []


def test_of_two_who_publish_one_number_at_once_the_second_is_told_of_the_first(
    session: Session, app: Flask
) -> None:
    both = [draft("07/2026/QĐ-UBND", state=State.APPROVED) for _ in range(2)]
    chief = make_user(role=Role.CHIEF)
    ids, chief_id = [each.id for each in both], chief.id
    session.commit()

    def publishing(publication_id: int) -> Job:
        def job() -> None:
            mine = db.session.get_one(Publication, publication_id)
            assert mine.latest_revision is not None
            workflow.publish(
                publication=mine,
                actor=db.session.get_one(User, chief_id),
                seen=seen_token(mine.latest_revision),
                now=NOW,
            )

        return job

    refused = at_once(app, *(publishing(each) for each in ids))
    assert [type(error) for error in refused] == [InvalidInput]
    assert "đã có ở văn bản" in str(refused[0])
    session.expire_all()
    assert sorted(each.live_revision_id is None for each in both) == [False, True]


def test_what_looks_like_a_name_is_on_the_checklist_and_stops_nobody(
    session: Session, client: CheckedClient
) -> None:
    login(client, make_user())
    typed = {
        "title": "Giải quyết khiếu nại",
        "summary": "Ông Nguyễn Văn An, CCCD 048123456789, khiếu nại.",
        "genre": "news",
        "origin": "own",
        "document_number": "15/QĐ-SKHCN",
        "decided_on": "05/07/2026",
        "complaint_type": "khieu-nai",
        "result": "Bà Trần Thị Bình đúng.",
        "secrecy_declared": "1",
        "then": "submit",
    }
    answer = client.post_form("/ban-lam-viec/bai-viet/moi?loai=complaint", typed)
    assert answer.status_code == 303, answer.text
    page = client.get(f"/ban-lam-viec/bai-viet/{session.query(Publication).one().id}").text
    assert "Nội dung vụ việc: tên người “Ông Nguyễn Văn An”" in page
    assert "số CMND/CCCD “048123456789”" in page
    assert "Kết quả giải quyết: tên người “Bà Trần Thị Bình”" in page
