"""Generated publications in numbers, for measuring: in batches, past the workflow's checks but
with the trail that a board of one step leaves."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select, update

from demo import generator
from extensions import db
from models import (
    Genre,
    Kind,
    NoticeDetail,
    Origin,
    Publication,
    Revision,
    Role,
    Section,
    State,
    Transition,
    User,
    ViewDay,
    ViewTotal,
)
from services.dates import local_date
from services.demo.people import OPENED_AT
from services.errors import NotFound
from services.search.indexing import document_of, engine_of, store_many
from services.vietnamese import fold_document_number, slugify

BATCH = 250
_NOTICE_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class _Board:
    """Who writes, who approves, and where it appears."""

    authors: Sequence[User]
    chiefs: Sequence[User]
    section_ids: Sequence[int]


def generate(
    *,
    count: int,
    seed: int,
    now: datetime,
    progress: Callable[[int, int], None] | None = None,
    checkpoint: Callable[[], None] | None = None,
) -> None:
    """Add ``count`` published texts of generated words, dated from 2017 to ``now``, indexed.

    The same seed gives the same texts. ``progress`` is told how many of how many are there;
    ``checkpoint`` is called after each batch, for the caller to commit. Raises NotFound if the
    site has no author, no chief editor or no section yet.
    """
    board = _board()
    people = {user.id: (user.unit_id, user.full_name) for user in board.authors}
    author_ids, chief_ids = list(people), [user.id for user in board.chiefs]
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    for first in range(0, count, BATCH):
        numbers = range(first, min(first + BATCH, count))
        drafts = [
            _Draft(
                generator.write(seed=seed, number=number),
                chance=chance,
                now=now,
                people=people,
                author_ids=author_ids,
                chief_ids=chief_ids,
                section_ids=board.section_ids,
            )
            for number in numbers
        ]
        _insert(drafts)
        if checkpoint is not None:
            checkpoint()
        if progress is not None:
            progress(numbers.stop, count)
    engine_of(db.session()).optimise(db.session())
    if checkpoint is not None:
        checkpoint()


def _board() -> _Board:
    users = db.session.scalars(select(User).where(User.is_active).order_by(User.id)).all()
    chiefs = [user for user in users if user.role is Role.CHIEF]
    authors = [user for user in users if user.role is Role.CONTRIBUTOR]
    parents = select(Section.parent_id).where(Section.parent_id.is_not(None))
    section_ids = db.session.scalars(
        select(Section.id).where(Section.is_active, Section.id.not_in(parents)).order_by(Section.id)
    ).all()
    if not (authors and chiefs and section_ids):
        raise NotFound(
            "Cần ít nhất một cộng tác viên, một Trưởng hoặc Phó Ban biên tập và một chuyên mục "
            "trước khi sinh bài."
        )
    return _Board(authors, chiefs, section_ids)


class _Draft:
    """One generated publication, as the rows that it becomes."""

    def __init__(
        self,
        text: generator.Text,
        *,
        chance: random.Random,
        now: datetime,
        people: dict[int, tuple[int, str]],
        author_ids: Sequence[int],
        chief_ids: Sequence[int],
        section_ids: Sequence[int],
    ) -> None:
        self.text = text
        self.published_at = OPENED_AT + (now - OPENED_AT) * chance.random()
        self.kind = Kind.NOTICE if chance.random() < _NOTICE_SHARE else Kind.POST
        self.author_id = chance.choice(author_ids)
        self.chief_id = chance.choice(chief_ids)
        self.unit_id, self.byline = people[self.author_id]
        self.section_id = chance.choice(section_ids)
        # Most are read by few, some by many.
        self.views = int(30 * chance.paretovariate(1.1)) % 200_000
        self.written_at = self.published_at - timedelta(minutes=chance.randint(90, 2_000))
        self.number = f"{chance.randint(1, 399)}/TB-SKHCN"
        self.id = self.revision_id = 0

    def publication(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "slug": slugify(self.text.title) or "bai",
            "title": self.text.title,
            "summary": self.text.summary,
            "byline": self.byline,
            "section_id": self.section_id,
            "unit_id": self.unit_id,
            "author_id": self.author_id,
            "posted_by_id": self.author_id,
            "published_at": self.published_at,
            "lock_version": 1,
            "created_at": self.written_at,
            "updated_at": self.published_at,
        }

    def revision(self) -> dict[str, Any]:
        return {
            "publication_id": self.id,
            "number": 1,
            "version": 1,
            "state": State.PUBLISHED,
            "title": self.text.title,
            "summary": self.text.summary,
            "body": self.text.body,
            "byline": self.byline,
            "section_id": self.section_id,
            "genre": Genre.NEWS,
            "origin": Origin.OWN,
            "secrecy_declared": True,
            "author_id": self.author_id,
            "written_by_id": self.author_id,
            "submitted_at": self.written_at,
            "frozen_at": self.written_at,
            "created_at": self.written_at,
            "updated_at": self.written_at,
        }

    def transitions(self) -> list[dict[str, Any]]:
        road = (
            ("submit", State.DRAFT, State.AWAITING_APPROVAL, self.author_id, self.written_at),
            ("approve", State.AWAITING_APPROVAL, State.APPROVED, self.chief_id, self.published_at),
            ("publish", State.APPROVED, State.PUBLISHED, self.chief_id, self.published_at),
        )
        return [
            {
                "publication_id": self.id,
                "revision_id": self.revision_id,
                "action": action,
                "from_state": source,
                "to_state": target,
                "actor_id": actor_id,
                "at": at,
            }
            for action, source, target, actor_id, at in road
        ]


def _insert(drafts: list[_Draft]) -> None:
    session = db.session
    ids = session.scalars(
        insert(Publication).returning(Publication.id, sort_by_parameter_order=True),
        [draft.publication() for draft in drafts],
    ).all()
    for draft, publication_id in zip(drafts, ids, strict=True):
        draft.id = publication_id
    revision_ids = session.scalars(
        insert(Revision).returning(Revision.id, sort_by_parameter_order=True),
        [draft.revision() for draft in drafts],
    ).all()
    for draft, revision_id in zip(drafts, revision_ids, strict=True):
        draft.revision_id = revision_id
    own = select(func.max(Revision.id)).where(Revision.publication_id == Publication.id)
    only = own.correlate(Publication).scalar_subquery()
    session.execute(
        update(Publication)
        .where(Publication.id.between(min(ids), max(ids)), Publication.id.in_(ids))
        .values(live_revision_id=only, latest_revision_id=only)
        .execution_options(synchronize_session=False)
    )
    notices = [draft for draft in drafts if draft.kind is Kind.NOTICE]
    if notices:
        session.execute(
            insert(NoticeDetail),
            [
                {
                    "revision_id": draft.revision_id,
                    "issuing_body": "Sở Khoa học và Công nghệ",
                    "document_number": draft.number,
                    "number_key": fold_document_number(draft.number),
                }
                for draft in notices
            ],
        )
    session.execute(insert(Transition), [row for draft in drafts for row in draft.transitions()])
    session.execute(
        insert(ViewTotal), [{"publication_id": draft.id, "total": draft.views} for draft in drafts]
    )
    session.execute(
        insert(ViewDay),
        [
            {
                "publication_id": draft.id,
                "viewed_on": local_date(draft.published_at),
                "count": draft.views,
            }
            for draft in drafts
        ],
    )
    _index(drafts)


def _index(drafts: list[_Draft]) -> None:
    # As search.index_publication does, without reading back what was just written.
    documents = []
    for draft in drafts:
        summary = draft.text.summary
        if draft.kind is Kind.NOTICE:
            summary = f"{summary}\n{draft.number}\nSở Khoa học và Công nghệ"
        documents.append(
            document_of(
                publication_id=draft.id,
                published_at=draft.published_at,
                title=draft.text.title,
                summary=summary,
                body=draft.text.body,
                byline=draft.byline,
            )
        )
    store_many(documents)
