"""Each table that readers see something of: changed through its service, its kept page is new."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask, request, request_started

from extensions import db
from models import (
    Channel,
    Correction,
    DocumentRelation,
    Media,
    OutageNotice,
    Poll,
    Promotion,
    Publication,
    ScheduleEntry,
    Section,
    SectionAlias,
    Setting,
    SiteLink,
    Synonym,
    Unit,
    User,
    VoiceItem,
)
from services import (
    content_version,
    dates,
    document_relations,
    library,
    outages,
    promotions,
    schedule_writing,
    search,
    sectioning,
    settings,
    site_links,
    synonyms,
    units,
    users,
    workflow,
)
from services.kinds import KINDS
from services.outages import OutageDraft
from services.promotions import PromotionDraft
from services.publications import seen_token
from services.sectioning import SectionDraft
from services.site_links import LinkDraft
from services.units import UnitDraft
from services.users import UserDraft
from services.voice import handling, polls
from tests.support.client import CheckedClient
from tests.support.factories import (
    make_media,
    make_poll,
    make_publication,
    make_schedule_entry,
    make_section,
    make_site_link,
    make_unit,
    make_user,
    make_voice_item,
)
from tests.support.fixtures import AppFactory

PAST = timedelta(days=3)


@dataclass(slots=True)
class Site:
    """What there is to change, and who does it."""

    now: datetime
    admin: User
    chief: User
    rows: dict[str, Any]

    def page(self, name: str) -> str:
        one: Publication = self.rows[name]
        return f"/{KINDS[one.kind].path}/{one.slug}-{one.id}"


def make_site() -> Site:
    now = datetime.now(UTC)
    admin, chief = make_user(role="admin"), make_user(role="chief")
    poster = make_user(full_name="Lê Thị An", unit=make_unit(name="Phòng Kế hoạch"))
    section = make_section(name="Tin hoạt động", slug="tin-hoat-dong")
    picture = make_media(uploaded_by=poster, alt="Ảnh cũ")
    at = {"published_at": now - PAST, "section": section, "author": poster}
    posts = {
        name: make_publication(title=title, lead_media_id=lead, posted_by=poster, **at)
        for name, title, lead in (
            ("withdrawn", "Bài sẽ gỡ", None),
            ("corrected", "Bài sẽ đính chính", None),
            ("pictured", "Bài có ảnh", picture.id),
        )
    }
    for post in posts.values():
        if post.lead_media_id:
            post.live_revision.lead_media_id = post.lead_media_id
    consultation = make_publication(kind="consultation", title="Dự thảo", **at)
    comment = make_voice_item(channel=Channel.COMMENT, publication=consultation, unit=poster.unit)
    rows = {
        **posts,
        "consultation": consultation,
        "comment": comment,
        "document": make_publication(kind="document", title="Quyết định mới", **at),
        "amended": make_publication(kind="document", title="Quyết định cũ", **at),
        "section": section,
        "poster": poster,
        "picture": picture,
        "link": make_site_link(),
        "poll": make_poll(created_by=chief, is_open=False),
        "entry": make_schedule_entry(
            created_by=chief, on=dates.local_date(now), part="morning", content="Giao ban"
        ),
    }
    search.reindex()
    db.session.commit()
    return Site(now, admin, chief, rows)


def withdraw(site: Site) -> None:
    post = site.rows["withdrawn"]
    workflow.withdraw(
        publication=post,
        actor=site.chief,
        seen=seen_token(post.live_revision),
        reason="Số liệu sai.",
        now=site.now,
    )


def correct(site: Site) -> None:
    post = site.rows["corrected"]
    workflow.correct(
        publication=post,
        actor=site.chief,
        seen=seen_token(post.live_revision),
        note="Ngày 5 đúng ra là ngày 6.",
        now=site.now,
    )


def rename_section(site: Site) -> None:
    edit_section(site, SectionDraft(name="Tin tức mới", slug="tin-hoat-dong"))


def move_section(site: Site) -> None:
    edit_section(site, SectionDraft(name="Tin tức mới", slug="tin-tuc-moi"))


def edit_section(site: Site, draft: SectionDraft) -> None:
    section = site.rows["section"]
    sectioning.edit(
        actor=site.admin,
        section_id=section.id,
        draft=draft,
        seen=sectioning.seen_token(section),
        now=site.now,
    )


def change_setting(_site: Site) -> None:
    settings.put(key="schedule_morning", value="07:00-11:00")


def add_names(site: Site) -> None:
    synonyms.save(actor=site.admin, synonym_id=None, forms="gỡ\nrút xuống", now=site.now)


def promote(site: Site) -> None:
    until = dates.format_date(dates.local_date(site.now) + timedelta(days=30))
    draft = PromotionDraft(words="có ảnh", publication=site.page("pictured"), until_on=until)
    promotions.create(actor=site.chief, draft=draft, now=site.now)


def announce(site: Site) -> None:
    day = dates.format_date(dates.local_date(site.now) + timedelta(days=30))
    draft = OutageDraft(
        starts_day=day,
        starts_time="08:00",
        ends_day=day,
        ends_time="10:00",
        reason="Nâng cấp máy chủ ở phòng máy",
    )
    outages.announce(actor=site.admin, draft=draft, now=site.now)


def rename_link(site: Site) -> None:
    link = site.rows["link"]
    draft = LinkDraft(name="Cổng khác", address=link.address, heading=link.heading)
    site_links.edit(
        actor=site.admin,
        link_id=link.id,
        draft=draft,
        seen=site_links.seen_token(link),
        now=site.now,
    )


def postpone(site: Site) -> None:
    schedule_writing.set_status(
        actor=site.chief,
        entry_id=site.rows["entry"].id,
        status="postponed",
        note="Lùi sang chiều",
        seen="0",
        now=site.now,
    )


def rename_unit(site: Site) -> None:
    unit = site.rows["poster"].unit
    units.edit(
        actor=site.admin,
        unit_id=unit.id,
        draft=UnitDraft(name="Phòng Tổng hợp", slug=unit.slug),
        seen=units.seen_token(unit),
        now=site.now,
    )


def rename_person(site: Site) -> None:
    user = site.rows["poster"]
    draft = UserDraft(full_name="Lê Thị Bình An", role=user.role.value, unit_id=str(user.unit_id))
    users.edit(
        actor=site.admin, user_id=user.id, draft=draft, seen=users.seen_token(user), now=site.now
    )


def describe_picture(site: Site) -> None:
    library.describe(
        media=site.rows["picture"],
        actor=site.chief,
        alt="Lễ trao giải ở nhà thi đấu",
        caption="",
        credit="",
        is_decorative=False,
    )


def open_poll(site: Site) -> None:
    polls.open_poll(poll=site.rows["poll"], actor=site.chief, now=site.now)


def show_comment(site: Site) -> None:
    handling.show(
        item=site.rows["comment"],
        text="Mức chi nên cao hơn.",
        actor=site.chief,
        seen=str(site.rows["comment"].lock_version),
        now=site.now,
    )


def relate(site: Site) -> None:
    """As the end of an import does, of a text that readers have."""
    document_relations.settle(
        revision=site.rows["document"].live_revision,
        details={"amends": f"#{site.rows['amended'].id}"},
    )


Change = tuple[Callable[[Site], str], Callable[[Site], None], str]
# By table: the page, the change, and what the page says then and did not before.
CHANGES: dict[type[Any], Change] = {
    Publication: (lambda site: site.page("withdrawn"), withdraw, "Số liệu sai."),
    Correction: (lambda site: site.page("corrected"), correct, "đúng ra là ngày 6"),
    Section: (lambda _: "/chuyen-muc/tin-hoat-dong", rename_section, "Tin tức mới"),
    SectionAlias: (lambda _: "/chuyen-muc/tin-hoat-dong", move_section, "/tin-tuc-moi"),
    Setting: (lambda _: "/lich-cong-tac.ics", change_setting, "T070000"),
    Synonym: (lambda _: "/tim-kiem?q=gỡ", add_names, "rút xuống"),
    Promotion: (lambda _: "/tim-kiem?q=có+ảnh", promote, "Ban biên tập giới thiệu"),
    OutageNotice: (lambda _: "/", announce, "Nâng cấp máy chủ ở phòng máy"),
    SiteLink: (lambda _: "/lien-ket", rename_link, "Cổng khác"),
    ScheduleEntry: (lambda _: "/lich-cong-tac", postpone, "Lùi sang chiều"),
    Unit: (lambda _: "/tim-kiem", rename_unit, "Phòng Tổng hợp"),
    User: (lambda site: site.page("pictured"), rename_person, "Lê Thị Bình An"),
    Media: (lambda _: "/", describe_picture, "Lễ trao giải ở nhà thi đấu"),
}
# Of these not every change is seen by readers: their services say which is.
MARKED: dict[type[Any], Change] = {
    Poll: (lambda _: "/", open_poll, "Bạn đọc trang này bằng gì?"),
    DocumentRelation: (lambda site: site.page("amended"), relate, "Được sửa đổi bởi"),
    VoiceItem: (lambda site: site.page("consultation"), show_comment, "Mức chi nên cao hơn."),
}


def said(client: CheckedClient, path: str) -> str:
    answer = client.get(path)
    return f"{answer.headers.get('Location', '')} {answer.text}"


def test_a_change_of_each_table_that_pages_show_renews_the_kept_page(
    app_factory: AppFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    app: Flask = app_factory(PAGE_CACHE_MB=8)
    shown = dict(content_version.SHOWN)
    assert {table.__name__ for table in CHANGES} == {table.__name__ for table in shown}
    client = app.test_client()
    assert isinstance(client, CheckedClient)
    asked: list[str] = []

    def note(*_: object, **__: object) -> None:
        asked.append(request.path)

    old = []
    with app.app_context(), request_started.connected_to(note, app):
        site = make_site()
        for table, (page, change, words) in {**CHANGES, **MARKED}.items():
            # Of what else its service changes nothing is noticed.
            only = {each: columns for each, columns in shown.items() if each is table}
            monkeypatch.setattr(content_version, "SHOWN", only)
            path = page(site)
            assert words not in said(client, path), path
            before = len(asked)
            said(client, path)
            assert len(asked) == before, f"{path} is not kept"
            change(site)
            db.session.commit()
            if words not in said(client, path):
                old.append(table.__name__)
    assert old == [], f"nothing tells that readers see something else of {old}"
