"""An editorial board at work: its people, its clock, and what there is to see of what they did."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from extensions import db
from models import Kind, Publication, Revision, Section, State, Transition, User
from services import publications, workflow
from services.desk_lists import OF_THE_LATEST
from services.publications import Content, seen_token
from services.search import SearchRequest, search
from services.transitions import RULES, Target
from tests.support.factories import NOW, make_section, make_user

MINUTE = timedelta(minutes=1)
FUNCTIONS: dict[str, Callable[..., Revision]] = {
    "submit": workflow.submit,
    "resubmit": workflow.submit,
    "return": workflow.return_for_changes,
    **{
        action: getattr(workflow, action)
        for action in RULES
        if action not in {"submit", "resubmit", "return"}
    },
}
EXTRA = {
    "return": {"reason": "Thiếu nguồn số liệu."},
    "reject": {"reason": "Ngoài phạm vi."},
    "withdraw": {"reason": "Số liệu sai."},
    "publish_unreviewed": {"reason": "Tin bão khẩn."},
    "correct": {"note": "Ngày 5 đúng ra là ngày 6."},
    "schedule": {"at": NOW + timedelta(days=2)},
    "expire": {"at": NOW + timedelta(days=30)},
    "reschedule": {"at": NOW + timedelta(days=3)},
    "plan_review": {"on": NOW.date() + timedelta(days=90)},
}


@dataclass
class Board:
    """The people of one board, and a clock that moves a minute with each thing they do."""

    author: User
    trusted: User
    editor: User
    chief: User
    chief2: User
    section: Section
    now: datetime = NOW

    def tick(self) -> None:
        self.now += MINUTE

    def content(self, **said: Any) -> Content:
        given = {
            "title": "Hội nghị khoa học trẻ",
            "summary": "Tóm tắt hội nghị.",
            "body": "<p>Nội dung hội nghị.</p>",
            "byline": "Minh An",
            "section_id": self.section.id,
            "secrecy_declared": True,
            **said,
        }
        return Content(**given)

    def draft(self, author: User | None = None, **said: Any) -> Publication:
        return publications.create(
            actor=author or self.author, kind=Kind.POST, content=self.content(**said), now=self.now
        )

    def do(self, who: str, action: str, publication: Publication, **extra: Any) -> Revision:
        self.tick()
        moved = FUNCTIONS[action](
            publication=publication,
            actor=getattr(self, who),
            now=self.now,
            **{"seen": seen(publication, action), **EXTRA.get(action, {}), **extra},
        )
        assert worked_on_and_not_the_latest() == []
        return moved

    def walk(self, publication: Publication, steps: str) -> Publication:
        """Do "author submit, editor take, …" in turn."""
        for step in steps.split(","):
            who, action = step.split()
            self.do(who, action, publication)
        return publication

    def save(self, who: str, publication: Publication, **said: Any) -> Revision:
        self.tick()
        latest = publication.latest_revision
        assert latest is not None
        saved = publications.save(
            publication=publication,
            actor=getattr(self, who),
            content=self.content(**said),
            seen=seen_token(latest),
            now=self.now,
        )
        assert worked_on_and_not_the_latest() == []
        return saved


def seen(publication: Publication, action: str) -> str:
    if action == "reschedule":
        return workflow.schedule_token(publication)
    live = action in RULES and RULES[action].target is Target.LIVE
    revision = publication.live_revision if live else publication.latest_revision
    assert revision is not None
    return seen_token(revision)


def make_board() -> Board:
    return Board(
        author=make_user(full_name="Lê Thị Tác Giả"),
        trusted=make_user(full_name="Hồ Được Tin", may_publish_unreviewed=True),
        editor=make_user(role="editor", full_name="Trần Biên Tập"),
        chief=make_user(role="chief", full_name="Võ Trưởng Ban"),
        chief2=make_user(role="chief", full_name="Đỗ Phó Ban"),
        section=make_section(name="Tin hoạt động"),
    )


def copied(publication: Publication) -> dict[str, Any]:
    names = ("title", "summary", "byline", "section_id", "lead_media_id")
    return {name: getattr(publication, name) for name in names}


def written(revision: Revision | None) -> dict[str, Any]:
    names = ("title", "summary", "byline", "section_id", "lead_media_id")
    return {name: getattr(revision, name) for name in names}


def audit(publication: Publication) -> list[Transition]:
    return list(
        db.session.scalars(
            select(Transition)
            .where(Transition.publication_id == publication.id)
            .order_by(Transition.id)
        )
    )


def state_of(publication: Publication) -> State:
    assert publication.latest_revision is not None
    return publication.latest_revision.state


def found(words: str, now: datetime) -> list[int]:
    return [hit.publication_id for hit in search(request=SearchRequest(q=words), now=now).hits]


def everything(publication: Publication) -> list[Any]:
    """What a refused action must have left as it was."""
    db.session.flush()
    db.session.expire_all()
    revisions = db.session.scalars(
        select(Revision).where(Revision.publication_id == publication.id).order_by(Revision.id)
    )
    return [
        copied(publication),
        publication.live_revision_id,
        publication.latest_revision_id,
        publication.published_at,
        publication.expires_at,
        publication.withdrawn_at,
        publication.lock_version,
        [(r.id, r.state, r.version, r.held_by_id, r.frozen_at, r.body) for r in revisions],
        len(audit(publication)),
    ]


def worked_on_and_not_the_latest() -> list[int]:
    """Revisions in a state that ``OF_THE_LATEST`` says only a text's latest one has; the
    desk counts by it."""
    return list(
        db.session.scalars(
            select(Revision.id)
            .join(Publication, Publication.id == Revision.publication_id)
            .where(
                Revision.state.in_(OF_THE_LATEST),
                Revision.id != Publication.latest_revision_id,
            )
        )
    )
