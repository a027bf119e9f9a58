"""The demonstration in the database: it obeys the rules that people must obey."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from extensions import db
from models import (
    Channel,
    Correction,
    Kind,
    Media,
    MediaKind,
    MediaUse,
    NoticeDetail,
    OutboxMail,
    Publication,
    Revision,
    RevisionFile,
    Role,
    State,
    Transition,
    User,
    ViewDay,
    ViewTotal,
    VoiceItem,
    VoiceStatus,
)
from services import comments, consultations, demo, procedures, search, static_pages
from services.accounts import authenticate
from services.checklist import checklist
from services.consultations import Stage
from services.demo import Account
from services.errors import Conflict, NotFound
from services.media import file_address, folder_of, is_public
from services.search import SearchRequest
from services.transitions import RULES
from services.visibility import is_visible
from services.voice import inbox, polls, ratings, reuse
from tests.support.application import make_app
from tests.support.databases import Databases

NOW = datetime(2026, 11, 23, 7, 5, tzinfo=UTC)

Loaded = tuple[Flask, list[Account]]


@pytest.fixture(scope="module")
def loaded(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    """A site with the written demonstration, for the tests of this file to look at."""
    folder = tmp_path_factory.mktemp("demo")
    with databases.new(folder) as url:
        app = make_app(url, folder / "instance")
        with app.app_context():
            accounts = demo.load(now=NOW, media_root=Path(app.config["MEDIA_PATH"]))
            db.session.commit()
        yield app, accounts
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def site(loaded: Loaded) -> Iterator[Flask]:
    app, _ = loaded
    with app.app_context():
        yield app
        db.session.rollback()


def publications() -> list[Publication]:
    return list(db.session.scalars(select(Publication)))


def test_readers_see_what_is_published_and_nothing_else(site: Flask) -> None:
    visible = [item for item in publications() if is_visible(item, NOW)]
    assert len(visible) >= 54
    assert {item.kind for item in visible} >= {
        Kind.POST,
        Kind.NOTICE,
        Kind.DOCUMENT,
        Kind.COMPLAINT,
        Kind.TASK,
        Kind.PROCEDURE,
        Kind.CONSULTATION,
        Kind.PAGE,
    }
    assert all(item.published_at and item.published_at <= NOW for item in visible)
    newest = max(item.published_at for item in visible if item.published_at)
    assert NOW - newest < timedelta(hours=6)


def test_nine_of_the_twenty_four_services_are_wholly_online(site: Flask) -> None:
    counts = procedures.counts(now=NOW)
    assert (counts.total, counts.whole) == (24, 9)
    found = consultations.page_of(now=NOW, number=1, per_page=10)
    stages = [one.standing.stage for one in found.items]
    assert stages == [Stage.OPEN, Stage.OPEN, Stage.SOON, Stage.CLOSED]
    assert {page.place for page in static_pages.all_live(now=NOW)} >= set(static_pages.ADDRESSES)


def test_every_state_is_there_to_be_tried(site: Flask) -> None:
    states = set(db.session.scalars(select(Revision.state)))
    assert states >= set(State) - {State.SUPERSEDED}
    scheduled = [item for item in publications() if item.published_at and item.published_at > NOW]
    assert len(scheduled) == 2
    assert any(item.expires_at and item.expires_at < NOW for item in publications())


def test_two_published_texts_have_a_newer_one_in_work(site: Flask) -> None:
    rewritten = [
        item
        for item in publications()
        if item.live_revision_id and item.latest_revision_id != item.live_revision_id
    ]
    assert {item.latest_revision.state for item in rewritten if item.latest_revision} == {
        State.DRAFT,
        State.AWAITING_APPROVAL,
    }
    for item in rewritten:
        assert item.latest_revision
        assert item.live_revision
        assert item.latest_revision.body != item.live_revision.body
        assert item.live_revision.state is State.PUBLISHED


def test_the_audit_trail_obeys_the_workflow(site: Flask) -> None:
    for item in publications():
        trail = list(
            db.session.scalars(
                select(Transition)
                .where(Transition.publication_id == item.id)
                .order_by(Transition.id)
            )
        )
        assert all(earlier.at <= later.at for earlier, later in pairwise(trail)), item.title
        for step in trail:
            rule = RULES[step.action]
            assert step.from_state in rule.sources
            assert step.to_state is rule.to
            assert step.at <= NOW
            assert bool(step.reason) or not rule.needs_reason
            if rule.action in {"approve", "publish", "schedule"}:
                assert step.actor.role is Role.CHIEF
                assert step.actor_id != step.revision.author_id


def test_published_texts_lack_nothing(site: Flask) -> None:
    for item in publications():
        if item.live_revision:
            missing = {check.key for check in checklist(item.live_revision) if not check.is_met}
            # A source went away since, which the demonstration shows on purpose.
            assert missing <= {"links"}, item.title
        assert "{{" not in item.title + item.summary
    bodies = db.session.scalars(select(Revision.body)).all()
    assert all("{{" not in body and "<!--" not in body for body in bodies)


def test_pictures_are_stored_and_used(site: Flask) -> None:
    root = Path(site.config["MEDIA_PATH"])
    stored = db.session.scalars(select(Media).where(Media.kind == MediaKind.PICTURE)).all()
    assert len(stored) >= 60
    for media in stored:
        names = {path.name for path in folder_of(root, media).iterdir()}
        assert names == {f"{width}.webp" for width in media.widths} | {"og.jpg"}
    used = set(db.session.scalars(select(MediaUse.media_id)))
    assert used == {media.id for media in stored}


def test_notices_carry_the_files_that_their_texts_name(site: Flask) -> None:
    carried = {
        item.title: [row.label for row in item.latest_revision.files]
        for item in publications()
        if item.latest_revision and item.latest_revision.files
    }
    assert sorted(map(len, carried.values())) == [1, 1, 1, 1, 1, 2, 2]
    files = db.session.scalars(select(Media).where(Media.kind == MediaKind.FILE)).all()
    public = [file for file in files if is_public(file, NOW)]
    # One of them belongs to a notice that is not out yet.
    assert len(public) == len(files) - 1
    client = site.test_client()
    answers = [client.get(file_address(file), buffered=True).status_code for file in public]
    assert set(answers) == {200}


def test_readings_by_day_add_up_and_lie_between_publication_and_today(site: Flask) -> None:
    total_of = {row.publication_id: row.total for row in db.session.scalars(select(ViewTotal))}
    days: Counter[int] = Counter()
    for row in db.session.scalars(select(ViewDay)):
        days[row.publication_id] += row.count
        item = db.session.get(Publication, row.publication_id)
        assert item is not None
        assert item.published_at is not None
        assert item.published_at.date() - timedelta(days=1) <= row.viewed_on
        assert row.viewed_on <= NOW.date()
    assert total_of == dict(days)


def test_the_half_year_report_carries_its_correction(site: Flask) -> None:
    report = db.session.scalars(
        select(Publication).where(Publication.title.startswith("Sáu tháng đầu năm"))
    ).one()
    assert report.published_at == datetime(2017, 8, 1, 1, 0, tzinfo=UTC)
    note = db.session.scalars(
        select(Correction).where(Correction.publication_id == report.id)
    ).one()
    assert note.noted_at == datetime(2017, 8, 3, 2, 15, tzinfo=UTC)
    assert "số đúng là 62" in note.text


def test_notices_have_number_and_issuing_body(site: Flask) -> None:
    notices = db.session.scalars(
        select(NoticeDetail)
        .join(Revision, Revision.id == NoticeDetail.revision_id)
        .where(Revision.number == 1)
    ).all()
    written = list(notices)
    assert len(written) >= 16
    assert all(notice.document_number and notice.issuing_body for notice in written)


def test_what_is_loaded_is_found(site: Flask) -> None:
    found = search.search(request=SearchRequest(q="cảm biến sông Cu Đê"), now=NOW)
    assert found.hits[0].title.startswith("Đà Nẵng đưa cảm biến chất lượng nước")
    refused = search.search(request=SearchRequest(q="nha thong minh tron goi"), now=NOW)
    assert not any(hit.title.startswith("Công ty chúng tôi") for hit in refused.hits)


def test_whoever_left_is_named_but_cannot_log_in(loaded: Loaded, site: Flask) -> None:
    _, accounts = loaded
    gone = db.session.scalars(select(User).where(User.username == "bichha")).one()
    assert not gone.is_active
    assert "bichha" not in {account.username for account in accounts}
    assert {account.role for account in accounts} == set(Role)


def test_the_passwords_that_are_told_open_the_accounts(loaded: Loaded, site: Flask) -> None:
    _, accounts = loaded
    assert len({account.password for account in accounts}) == len(accounts) == 15
    told = accounts[0]
    user = authenticate(
        username=told.username,
        password=told.password,
        address="192.0.2.1",
        secret_key=site.config["SECRET_KEY"],
        now=NOW,
    )
    assert user.full_name == told.full_name


def test_readers_have_written_and_were_answered(site: Flask) -> None:
    items = db.session.scalars(select(VoiceItem).order_by(VoiceItem.received_at)).all()
    assert [item.id for item in items] == sorted(item.id for item in items)
    standing = {(item.channel, item.status) for item in items}
    assert {status for channel, status in standing if channel is Channel.QUESTION} == {
        VoiceStatus.RECEIVED,
        VoiceStatus.ASSIGNED,
        VoiceStatus.ANSWERING,
        VoiceStatus.IN_REVIEW,
        VoiceStatus.ANSWERED,
        VoiceStatus.REFUSED,
    }
    for channel in Channel:
        assert {(channel, VoiceStatus.RECEIVED), (channel, VoiceStatus.ANSWERED)} & standing
    chief = db.session.scalars(select(User).where(User.role == Role.CHIEF)).first()
    assert chief is not None
    late = inbox.page_of(
        user=chief, chosen=inbox.Chosen(inbox.Stage.LATE), number=1, per_page=9, now=NOW
    )
    assert [row.is_late for row in late.items] == [True]
    published = [item.made_publication for item in items if item.made_publication]
    assert len(published) == 3
    assert all(is_visible(text, NOW) for text in published)
    assert reuse.page_of(number=1, per_page=9, now=NOW).total == 3
    drafts = {item.publication_id for item in items if item.channel is Channel.COMMENT}
    shown = [comments.page_of(publication_id=draft or 0).total for draft in drafts]
    assert sorted(shown) == [1, 2, 3]
    # Nobody's address, and nothing that could be sent to one.
    assert {item.sender_email for item in items} == {""}
    assert db.session.scalar(select(func.count(OutboxMail.id))) == 0


def test_readers_have_rated_and_voted(site: Flask) -> None:
    rated = ratings.report(from_on=NOW.date() - timedelta(days=60), to_on=NOW.date())
    assert sum(row.total for row in rated) == 114
    assert {row.kind for row in rated} == {Kind.PROCEDURE, Kind.POST, Kind.NOTICE}
    running = polls.current(now=NOW)
    assert running is not None
    assert sum(choice.votes for choice in running.choices) == 78
    finished = [poll for poll in polls.listed(only_shown=True) if poll.closed_at]
    assert [sum(choice.votes for choice in poll.choices) for poll in finished] == [92]


def test_addresses_of_before_lead_to_what_took_their_place(site: Flask) -> None:
    client = site.test_client()
    for old, place in (
        ("/2017/08/Sau-thang-dau-nam-124-tin-bai.html", "/bai-viet/sau-thang-dau-nam"),
        ("/?p=1318&utm_source=zalo", "/bai-viet/sau-thang-dau-nam"),
        ("/van-ban/xem.aspx?id=311", "/van-ban/quyet-dinh-ban-hanh"),
        ("/chuyen-muc/so-huu-tri-tue-c12.html", "/chuyen-muc/so-huu-tri-tue"),
    ):
        answer = client.get(old)
        assert answer.status_code == 301, old
        assert answer.headers["Location"].startswith(place)
        assert client.get(answer.headers["Location"]).status_code == 200


def test_a_site_with_content_is_left_alone(site: Flask) -> None:
    before = db.session.scalar(select(func.count(Publication.id)))
    with pytest.raises(Conflict):
        demo.load(now=NOW, media_root=Path(site.config["MEDIA_PATH"]))
    assert db.session.scalar(select(func.count(Publication.id))) == before


def test_generated_publications_are_published_counted_and_found(site: Flask) -> None:
    last = db.session.scalar(select(func.max(Publication.id))) or 0
    told: list[tuple[int, int]] = []
    demo.generate(count=300, seed=5, now=NOW, progress=lambda *at: told.append(at))
    made = list(db.session.scalars(select(Publication).where(Publication.id > last)))
    assert told == [(250, 300), (300, 300)]
    assert len(made) == 300
    assert {item.kind for item in made} == {Kind.POST, Kind.NOTICE}
    for item in made:
        assert is_visible(item, NOW)
        assert item.live_revision is not None
        assert item.live_revision_id == item.latest_revision_id
        assert item.live_revision.publication_id == item.id
        assert item.live_revision.title == item.title
    trail = select(Transition.action).where(Transition.publication_id > last)
    actions = Counter(db.session.scalars(trail))
    assert actions == {"submit": 300, "approve": 300, "publish": 300}
    for item in made:
        assert item.latest_revision is not None
        assert (item.latest_revision.notice is not None) == (item.kind is Kind.NOTICE)
    revision_ids = {item.live_revision_id for item in made}
    shown = set(db.session.execute(select(MediaUse.revision_id, MediaUse.media_id)))
    with_picture = [item for item in made if item.lead_media_id]
    assert 150 < len(with_picture) < 270
    assert {(item.live_revision_id, item.lead_media_id) for item in with_picture} <= shown
    attached = set(db.session.scalars(select(RevisionFile.revision_id))) & revision_ids
    assert 5 < len(attached) < 60
    sample = made[7]
    found = search.search(request=SearchRequest(q=sample.title), now=NOW)
    assert sample.id in {hit.publication_id for hit in found.hits}


def test_nothing_is_generated_for_a_site_without_a_board(app: Flask) -> None:
    with app.app_context(), pytest.raises(NotFound):
        demo.generate(count=1, seed=1, now=NOW)


def test_demonstration_accounts_have_no_address_that_could_be_somebodys(loaded: Loaded) -> None:
    app, _ = loaded
    with app.app_context():
        assert set(db.session.scalars(select(User.email))) == {""}
