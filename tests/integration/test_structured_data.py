"""What a page says of itself to engines, and how it is cited."""

from datetime import UTC, datetime
from typing import Any

import lxml.html
import pytest
from pybtex.database import parse_string
from sqlalchemy.orm import scoped_session

from models import Kind
from services import document_relations
from services.citing import Citation, escaped
from services.content_version import mark_changed
from services.kinds import KINDS
from tests.support.client import CheckedClient
from tests.support.factories import make_publication, make_section
from tests.support.standards import json_ld_of, valid_json_ld

Session = scoped_session[Any]
PAST = datetime(2024, 3, 5, 2, 30, tzinfo=UTC)
TYPES = {
    "post": "NewsArticle",
    "notice": "Article",
    "document": "Legislation",
    "consultation": "Event",
    "procedure": "GovernmentService",
    "complaint": "Report",
    "question": "QAPage",
    "task": "ResearchProject",
    "page": "WebPage",
}
MANDATORY = ("title", "creator", "subject", "description", "publisher", "date")


def meta_of(page: str) -> dict[str, str]:
    document = lxml.html.document_fromstring(page)
    return {
        name: element.get("content", "")
        for element in document.iter("meta")
        if (name := element.get("name") or element.get("property"))
    }


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_each_kind_is_said_in_schema_org_s_words(session: Session, client: CheckedClient) -> None:
    section = make_section(name="Tin tức")
    for kind in Kind:
        post = make_publication(kind=kind, section=section, published_at=PAST, slug="muc")
        page = client.get(f"/{KINDS[kind].path}/muc-{post.id}").text
        types = valid_json_ld(page)
        assert types == [TYPES.get(kind.value, "Article"), "BreadcrumbList"], kind
        said = meta_of(page)
        assert all(said[f"DC.{name}"] for name in MANDATORY), kind
        assert said["og:title"] == post.title
        assert f"/trich-dan/{post.id}.bib" in page
    for path in (
        "/",
        "/chuyen-muc/tin-tuc",
        "/so-do",
        "/api",
        *(f"/{i.path}" for i in KINDS.values()),
    ):
        page = client.get(path).text
        assert "GovernmentOrganization" in valid_json_ld(page), path
        said = meta_of(page)
        assert all(said[f"DC.{name}"] for name in MANDATORY), path
        canonical = lxml.html.document_fromstring(page).xpath("//link[@rel='canonical']/@href")
        assert canonical == [f"http://localhost{path}"]


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_document_s_force_follows_its_dates(session: Session, client: CheckedClient) -> None:
    for days, force in (
        ({"effective_on": "01/01/2020", "expires_on": ""}, "InForce"),
        ({"effective_on": "01/01/2020", "expires_on": "01/01/2021"}, "NotInForce"),
        ({"effective_on": "01/01/2199", "expires_on": ""}, "NotInForce"),
    ):
        details = {"document_number": "12/2020/QĐ-UBND", "issued_on": "01/01/2020", **days}
        post = make_publication(kind="document", slug="vb", details=details, published_at=PAST)
        (said, _) = json_ld_of(client.get(f"/van-ban/vb-{post.id}").text)
        assert said["legislationLegalForce"] == f"https://schema.org/{force}"
        assert said["legislationIdentifier"] == "12/2020/QĐ-UBND"
        assert said["legislationDate"] == "2020-01-01"


def test_documents_say_what_they_do_to_each_other_and_whether_they_have_effect(
    session: Session, client: CheckedClient
) -> None:
    made = {
        name: make_publication(
            kind="document",
            slug=name,
            title=f"Văn bản {name}",
            published_at=PAST,
            details={"document_number": number, "issued_on": "01/02/2020"},
        )
        for name, number in (
            ("moi", "09/2024/QĐ-UBND"),
            ("cu", "01/2020/QĐ-UBND"),
            ("khac", "02/2020/QĐ-UBND"),
        )
    }

    def said(name: str) -> dict[str, Any]:
        page = client.get(f"/van-ban/{name}-{made[name].id}").text
        assert valid_json_ld(page) == ["Legislation", "BreadcrumbList"]
        return json_ld_of(page)[0]

    def as_said(name: str, number: str) -> list[dict[str, str]]:
        address = f"http://localhost/van-ban/{name}-{made[name].id}"
        return [
            {
                "@type": "Legislation",
                "@id": address,
                "url": address,
                "name": f"Văn bản {name}",
                "legislationIdentifier": number,
            }
        ]

    new = made["moi"].live_revision
    assert new is not None
    other = f"#{made['khac'].id}"
    document_relations.write(
        new,
        {
            "replaces": "01/2020/QĐ-UBND",
            "amends": other,
            "supplements": other,
            "relates": other,
        },
    )
    mark_changed(session())
    told = said("moi")
    assert told["legislationRepeals"] == as_said("cu", "01/2020/QĐ-UBND")
    for name in ("legislationAmends", "legislationChanges", "citation"):
        assert told[name] == as_said("khac", "02/2020/QĐ-UBND")
    assert told["legislationLegalForce"] == "https://schema.org/InForce"
    # Replaced, whatever its own days say; what is done to it is said where it is done.
    old = said("cu")
    assert old["legislationLegalForce"] == "https://schema.org/NotInForce"
    assert "legislationRepeals" not in old
    # Only being related goes both ways.
    third = said("khac")
    assert third["citation"] == as_said("moi", "09/2024/QĐ-UBND")
    assert "legislationAmends" not in third

    made["moi"].withdrawn_at = datetime.now(UTC)
    mark_changed(session())
    assert said("cu")["legislationLegalForce"] == "https://schema.org/InForce"
    assert "citation" not in said("khac")


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_citation_is_read_back_as_it_was(session: Session, client: CheckedClient) -> None:
    post = make_publication(
        slug="ti-le", title="Tỉ lệ 50% & {ngoặc} #1_x", byline="Nguyễn Thị Ánh", published_at=PAST
    )
    response = client.get(f"/trich-dan/{post.id}.bib")
    assert (response.status_code, response.mimetype) == (200, "application/x-bibtex")
    assert response.headers["Content-Disposition"] == f'attachment; filename="ti-le-{post.id}.bib"'
    (entry,) = parse_string(response.text, "bibtex").entries.values()
    assert entry.fields["title"] == r"{Tỉ lệ 50\% \& \{ngoặc\} \#1\_x}"
    assert [str(person) for person in entry.persons["author"]] == ["{Nguyễn Thị Ánh}"]
    assert entry.fields["date"] == "2024-03-05"
    assert entry.fields["url"] == f"http://localhost/bai-viet/ti-le-{post.id}"
    gone = make_publication(state="withdrawn", published_at=PAST)
    assert client.get(f"/trich-dan/{gone.id}.bib").status_code == 410
    assert client.get("/trich-dan/999999.bib").status_code == 404


def test_what_latex_would_take_for_itself_is_escaped() -> None:
    assert escaped("Đề án 1\\2 $x^2~{a}") == (
        r"Đề án 1\textbackslash{}2 \$x\textasciicircum{}2\textasciitilde{}\{a\}"
    )
    cited = Citation(
        id=7,
        title="Quyết định.",
        author="UBND thành phố",
        publisher="Sở",
        url="https://a.example/7",
        published_at=PAST,
        number="12/2024/QĐ-UBND",
    )
    assert cited.text() == (
        "UBND thành phố (05/03/2024). “Quyết định”, số 12/2024/QĐ-UBND. Sở. https://a.example/7"
    )
