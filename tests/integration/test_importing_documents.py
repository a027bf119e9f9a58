"""Documents that are moved in: what they say of each other, and their numbers."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import aliased, scoped_session

from extensions import db
from models import (
    DocumentDetail,
    DocumentRegister,
    DocumentRelation,
    Kind,
    Publication,
    State,
)
from services import document_register
from services.document_relations import relations_of
from tests.integration.test_documents import draft, put_up, say
from tests.integration.test_importing_wordpress import bring, run
from tests.support.factories import make_publication, make_unit
from tests.support.wordpress import export, item

Session = scoped_session[Any]
MAP = """
[kinds]
tin-tuc = "document"
[details]
document_number = "so"
issued_on = "ngay"
issuing_body = "cq"
replaces = "thay"
amends = "sua"
"""


def old(number: int, sign: str, **meta: str) -> str:
    meta = {"so": sign, "ngay": "01/09/2016", "cq": "UBND thành phố"} | meta
    return item(number, title=f"Văn bản {number}", meta=meta)


def relations(*, is_live: bool = True) -> list[tuple[str, str, str]]:
    """Who says what of whom, by title."""
    db.session.rollback()
    other = aliased(Publication)
    revision = Publication.live_revision_id if is_live else Publication.latest_revision_id
    return sorted(
        tuple(row)
        for row in db.session.execute(
            select(Publication.title, DocumentRelation.relation, other.title)
            .join(DocumentRelation, DocumentRelation.revision_id == revision)
            .join(other, other.id == DocumentRelation.target_id)
        )
    )


def register() -> list[tuple[str, str, int]]:
    rows = db.session.execute(
        select(Publication.title, DocumentRegister.number_key, DocumentRegister.year).join(
            DocumentRegister, DocumentRegister.publication_id == Publication.id
        )
    )
    return sorted(tuple(row) for row in rows)


def test_documents_come_with_relations_to_those_after_them_and_with_their_numbers(
    app: Flask, session: Session, tmp_path: Path
) -> None:
    make_unit(name="Văn phòng")
    session.commit()
    site_map = tmp_path / "map.toml"
    site_map.write_text(MAP, "utf-8")
    # Numbers here are not those of the old site.
    texts = [
        old(60, "1/2016/qd ubnd", thay="02/2016/QĐ-UBND; #63", sua="99/2016/QĐ-XYZ"),
        old(61, "02/2016/QĐ-UBND", thay="#60"),
        old(62, "03/2016/QĐ-UBND", thay="3/2016/QĐ-UBND", sua="#61"),
        old(63, "04/2016/QĐ-UBND"),
        old(64, "4/2016/QĐ-UBND"),
        # Between them a batch ends.
        *(item(100 + number, category="khac") for number in range(60)),
        old(65, "05/2016/QĐ-UBND", thay="#66"),
        old(66, "06/2016/QĐ-UBND", sua="#5\n#62"),
    ]
    path = export(tmp_path / "site.xml", *texts)
    foreseen = bring(app, path, "--map", site_map, "--dry-run")
    assert relations() == []
    told = {line["id"]: line["reason"] for line in foreseen if line["outcome"] == "noted"}
    row = {line["id"]: line["row"] for line in foreseen}

    def circle(*numbers: str) -> str:
        way = " ← ".join(numbers)
        said = f"các văn bản thay thế nhau thành vòng ({way}); chỉ giữ những dòng không khép vòng"
        return f"({said})"

    one, two = "1/2016/qd ubnd", "02/2016/QĐ-UBND"
    assert told == {
        "60": f"Sẽ ghi: Thay thế “#63” (mục {row['63']}). Không ghi được: Thay thế "
        f"“02/2016/QĐ-UBND” {circle(one, two, one)}; Sửa đổi “99/2016/QĐ-XYZ” (không có trên "
        "trang, không có trong tệp).",
        "61": f"Không ghi được: Thay thế “#60” {circle(two, one, two)}.",
        "62": f"Sẽ ghi: Sửa đổi “#61” (mục {row['61']}). Không ghi được: Thay thế "
        "“3/2016/QĐ-UBND” (chính nó).",
        # Each by itself looks well; only both together show that the number comes twice.
        "64": "Khi nhập thật sẽ không nhận: số, ký hiệu 4/2016/QĐ-UBND của cơ quan này trong năm "
        f"2016 đã có ở mục {row['63']} của tệp.",
        "65": f"Sẽ ghi: Thay thế “#66” (mục {row['66']}).",
        "66": f"Sẽ ghi: Sửa đổi “#62” (mục {row['62']}). Còn chờ: Sửa đổi “#5” (chưa có trên "
        "trang, không có trong tệp).",
    }
    lines = bring(app, path, "--map", site_map)
    told = {
        line["id"]: (line["outcome"], line["reason"])
        for line in lines
        if line["outcome"] in ("noted", "refused")
    }
    nothing = "không có văn bản nào như vậy trên trang; hãy xem lại số, ký hiệu."
    assert set(told) == {"60", "62", "64", "66"}
    assert told["60"] == (
        "noted",
        "Thay thế: các văn bản thay thế nhau thành vòng "
        "(01/2016/QĐ-UBND ← 02/2016/QĐ-UBND ← 01/2016/QĐ-UBND). Hãy bỏ văn bản không đúng ở ô "
        "này, hoặc sửa văn bản kia trước. "
        f"Sửa đổi, dòng 1 “99/2016/QĐ-XYZ”: {nothing}",
    )
    assert told["62"] == (
        "noted",
        "Thay thế, dòng 1 “03/2016/QĐ-UBND”: văn bản không thể thay thế chính nó; hãy bỏ dòng này.",
    )
    assert told["66"] == ("noted", f"Sửa đổi, dòng 1 “#5 (mã ở trang cũ)”: {nothing}")
    assert told["64"][0] == "refused"
    assert "đã có ở văn bản “Văn bản 63”" in told["64"][1]
    kept = relations()
    assert kept == [
        ("Văn bản 60", "replaces", "Văn bản 63"),
        ("Văn bản 61", "replaces", "Văn bản 60"),
        ("Văn bản 62", "amends", "Văn bản 61"),
        ("Văn bản 65", "replaces", "Văn bản 66"),
        ("Văn bản 66", "amends", "Văn bản 62"),
    ]
    numbers = [
        ("Văn bản 60", "1/2016/qdubnd", 2016),
        ("Văn bản 61", "2/2016/qdubnd", 2016),
        ("Văn bản 62", "3/2016/qdubnd", 2016),
        ("Văn bản 63", "4/2016/qdubnd", 2016),
        ("Văn bản 65", "5/2016/qdubnd", 2016),
        ("Văn bản 66", "6/2016/qdubnd", 2016),
    ]
    assert register() == numbers
    taken = {"document_number": "01/2016/QĐ-UBND", "issued_on": "3/3/2016"}
    body = {"issuing_body": "ubnd Thành phố"}
    assert "Văn bản 60" in document_register.taken_by(details=taken | body, publication_id=None)
    # Again: the same is there, and the same is told.
    db.session.rollback()
    again = bring(app, path, "--map", site_map)
    assert {one["outcome"] for one in again} == {"unchanged", "refused", "noted"}
    assert [one for one in again if one["outcome"] in ("noted", "refused")] == [
        one for one in lines if one["outcome"] in ("noted", "refused")
    ]
    assert (relations(), register()) == (kept, numbers)
    # A dry run over what is there tells of the same documents, and of others where they are.
    foreseen = bring(app, path, "--map", site_map, "--dry-run")
    told = {line["id"]: line["reason"] for line in foreseen if line["outcome"] == "noted"}
    assert set(told) == {"60", "61", "62", "65", "66"}
    unsigned = item(71, title="Dự thảo", status="draft", meta={"so": "10/2016/QĐ-UBND"})
    names = old(70, "09/2016/QĐ-UBND", thay="#63; 02/2016/qd-ubnd", sua="#9; #71")
    later = export(tmp_path / "sau.xml", names, unsigned)
    *_, noted = bring(app, later, "--map", site_map, "--dry-run")
    assert noted["reason"] == (
        "Sẽ ghi: Thay thế “#63” (đã có trên trang); Thay thế “02/2016/qd-ubnd” (đã có trên trang). "
        "Còn chờ: Sửa đổi “#9” (chưa có trên trang, không có trong tệp); Sửa đổi “#71” (văn bản ấy "
        "chưa đăng)."
    )
    # What was waited for comes later, from the same site.
    bring(app, export(tmp_path / "them.xml", old(5, "07/2015/QĐ-UBND")), "--map", site_map)
    assert ("Văn bản 66", "amends", "Văn bản 5") in relations()


def test_relations_and_numbers_go_out_and_come_in_under_other_codes(
    app: Flask, session: Session, other: Flask, tmp_path: Path
) -> None:
    one, two, three = (draft(f"0{number}/2026/QĐ-UBND") for number in (1, 2, 3))
    put_up(three)
    put_up(two)
    say(one, replaces=f"#{three.id}", amends="2/2026/qd-ubnd", supplements=f"#{two.id}")
    put_up(one)
    # Another body's document of that number: from now on the number alone names neither.
    put_up(draft("02/2026/QĐ-UBND", issuing_body="Bộ Nội vụ", issued_on="02/09/2026"))
    withdrawn = draft("04/2026/QĐ-UBND", state=State.WITHDRAWN)
    assert withdrawn.live_revision is not None
    session.commit()
    wanted, numbers = relations(), register()
    assert len(wanted) == 3
    folder = tmp_path / "ra"
    assert run(app, "export", folder).exit_code == 0
    codes = [one.id, two.id, three.id]
    with other.app_context():
        taken = [make_publication(title=f"Đã ở đây {code}", kind=Kind.DOCUMENT) for code in codes]
        assert {each.id for each in taken} & set(codes)
        db.session.commit()
        dry = bring(other, folder, "--dry-run")
        (noted,) = [line["reason"] for line in dry if line["outcome"] == "noted"]
        assert noted.startswith("Sẽ ghi: Thay thế “#")
        assert noted.count("(mục ") == 3
        assert "Còn chờ" not in noted
        assert "Không ghi được" not in noted
        lines = bring(other, folder)
        assert {line["outcome"] for line in lines} == {"created"}
        assert relations() == wanted
        assert register() == numbers
        assert {line["outcome"] for line in bring(other, folder)} == {"unchanged"}
        assert relations() == wanted
        brought = db.session.scalars(select(Publication).where(Publication.title == one.title))
        document = brought.one()
        said = db.session.scalars(
            select(DocumentDetail).where(DocumentDetail.revision_id == document.live_revision_id)
        ).one()
        shown = relations_of(publication_id=document.id, now=datetime.now(UTC))
        assert said.replaces == f"#{shown[0].id}" != f"#{three.id}"
        assert [each.title for each in shown] == [three.title, two.title, two.title]
