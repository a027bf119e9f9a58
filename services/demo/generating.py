"""Generated publications in numbers, for measuring: in batches, past the workflow's checks but
with the trail that a board of one step leaves."""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

from sqlalchemy import func, insert, select, update

from demo import generator
from extensions import db
from models import (
    Genre,
    Kind,
    Media,
    MediaKind,
    MediaText,
    MediaUse,
    NoticeDetail,
    Origin,
    Publication,
    Revision,
    RevisionFile,
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
from services.search.contract import Document
from services.search.filing import docid_of
from services.search.indexing import document_of, engine_of, store_many
from services.vietnamese import fold_document_number, slugify

BATCH = 250
_NOTICE_SHARE = 0.2
_PICTURE_SHARE = 0.7
_FILE_SHARE = 0.08
# Of a text's readings, on which day after it appeared: most come at once, the rest for years.
_READ_ON_FIRST, _READ_ON_SECOND = 0.6, 0.25


@dataclass(frozen=True, slots=True)
class _File:
    """A file that texts may have attached, and what it says."""

    media_id: int
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class _Plan:
    """All that the texts are made of, without a database: a process of its own may make them."""

    seed: int
    now: datetime
    # Id, unit and name of each who writes.
    authors: Sequence[tuple[int, int, str]]
    chief_ids: Sequence[int]
    section_ids: Sequence[int]
    picture_ids: Sequence[int]
    files: Sequence[_File]


class Spread(Protocol):
    """Applies a function to each batch, in their order: ``map``, or a pool's."""

    def __call__(
        self, make: "Callable[[range], list[_Draft]]", batches: Iterable[range], /
    ) -> "Iterator[list[_Draft]]": ...


def generate(
    *,
    count: int,
    seed: int,
    now: datetime,
    progress: Callable[[int, int], None] | None = None,
    checkpoint: Callable[[], None] | None = None,
    spread: Spread = map,
) -> None:
    """Add ``count`` published texts of generated words, dated from 2017 to ``now``, indexed.

    The same seed gives the same texts. Some have a lead picture and some a file, of those that
    the site has. ``progress`` is told how many of how many are there; ``checkpoint`` is called
    after each batch, for the caller to commit; ``spread`` may have the texts made by several
    processes. Raises NotFound if the site has no author, no chief editor or no section yet.
    """
    batches = [range(first, min(first + BATCH, count)) for first in range(0, count, BATCH)]
    made = spread(partial(_make, _plan(seed=seed, now=now)), batches)
    for numbers, drafts in zip(batches, made, strict=True):
        _insert(drafts)
        if checkpoint is not None:
            checkpoint()
        if progress is not None:
            progress(numbers.stop, count)
    engine_of(db.session()).optimise(db.session(), checkpoint=checkpoint)
    if checkpoint is not None:
        checkpoint()


def _plan(*, seed: int, now: datetime) -> _Plan:
    users = db.session.scalars(select(User).where(User.is_active).order_by(User.id)).all()
    chief_ids = [user.id for user in users if user.role is Role.CHIEF]
    authors = [
        (user.id, user.unit_id, user.full_name) for user in users if user.role is Role.CONTRIBUTOR
    ]
    parents = select(Section.parent_id).where(Section.parent_id.is_not(None))
    section_ids = db.session.scalars(
        select(Section.id).where(Section.is_active, Section.id.not_in(parents)).order_by(Section.id)
    ).all()
    if not (authors and chief_ids and section_ids):
        raise NotFound(
            "Cần ít nhất một cộng tác viên, một Trưởng hoặc Phó Ban biên tập và một chuyên mục "
            "trước khi sinh bài."
        )
    files = db.session.execute(
        select(Media.id, Media.original_name, MediaText.text)
        .outerjoin(MediaText, MediaText.media_id == Media.id)
        .where(Media.kind == MediaKind.FILE)
        .order_by(Media.id)
    )
    return _Plan(
        seed=seed,
        now=now,
        authors=authors,
        chief_ids=chief_ids,
        section_ids=section_ids,
        picture_ids=db.session.scalars(
            select(Media.id).where(Media.kind == MediaKind.PICTURE).order_by(Media.id)
        ).all(),
        files=[_File(number, name, text or "") for number, name, text in files],
    )


def _make(plan: _Plan, numbers: range) -> "list[_Draft]":
    return [_Draft(plan, number) for number in numbers]


class _Draft:
    """One generated publication, as the rows that it becomes."""

    def __init__(self, plan: _Plan, number: int) -> None:
        chance = random.Random(f"{plan.seed}:{number}")  # noqa: S311 - not for secrets
        self.text = generator.write(seed=plan.seed, number=number)
        self.published_at = OPENED_AT + (plan.now - OPENED_AT) * chance.random()
        self.kind = Kind.NOTICE if chance.random() < _NOTICE_SHARE else Kind.POST
        self.author_id, self.unit_id, self.byline = chance.choice(plan.authors)
        self.chief_id = chance.choice(plan.chief_ids)
        self.section_id = chance.choice(plan.section_ids)
        # Most are read by few, some by many.
        self.views = int(30 * chance.paretovariate(1.1)) % 200_000
        self.written_at = self.published_at - timedelta(minutes=chance.randint(90, 2_000))
        self.number = f"{chance.randint(1, 399)}/TB-SKHCN"
        self.later_day = local_date(
            self.published_at + (plan.now - self.published_at) * chance.random()
        )
        self.picture_id = (
            chance.choice(plan.picture_ids)
            if plan.picture_ids and chance.random() < _PICTURE_SHARE
            else None
        )
        self.file = (
            chance.choice(plan.files) if plan.files and chance.random() < _FILE_SHARE else None
        )
        self.id = self.revision_id = 0
        summary = self.text.summary
        if self.kind is Kind.NOTICE:
            summary = f"{summary}\n{self.number}\nSở Khoa học và Công nghệ"
        # As search.index_publication does, without reading back what is written here.
        self._document = document_of(
            publication_id=0,
            published_at=self.published_at,
            kind=self.kind,
            section_id=self.section_id,
            unit_id=self.unit_id,
            has_file=self.file is not None,
            title=self.text.title,
            summary=summary,
            body=self.text.body,
            byline=self.byline,
            files=self.file.text if self.file else "",
            issuing_body="Sở Khoa học và Công nghệ" if self.kind is Kind.NOTICE else "",
        )

    def document(self) -> Document:
        return replace(
            self._document,
            publication_id=self.id,
            docid=docid_of(publication_id=self.id, published_at=self.published_at),
        )

    def days(self) -> list[dict[str, Any]]:
        first = local_date(self.published_at)
        read = dict.fromkeys((first, first + timedelta(days=1), self.later_day), 0)
        read[first] += int(self.views * _READ_ON_FIRST)
        read[first + timedelta(days=1)] += int(self.views * _READ_ON_SECOND)
        read[self.later_day] += self.views - sum(read.values())
        return [
            {"publication_id": self.id, "viewed_on": day, "count": count}
            for day, count in read.items()
        ]

    def publication(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "slug": slugify(self.text.title) or "bai",
            "title": self.text.title,
            "summary": self.text.summary,
            "byline": self.byline,
            "section_id": self.section_id,
            "lead_media_id": self.picture_id,
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
            "lead_media_id": self.picture_id,
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
    _attach(drafts)
    session.execute(
        insert(ViewTotal), [{"publication_id": draft.id, "total": draft.views} for draft in drafts]
    )
    session.execute(insert(ViewDay), [row for draft in drafts for row in draft.days()])
    store_many([draft.document() for draft in drafts])


def _attach(drafts: list[_Draft]) -> None:
    shown = [
        {"revision_id": draft.revision_id, "media_id": draft.picture_id}
        for draft in drafts
        if draft.picture_id is not None
    ]
    attached = [
        {
            "revision_id": draft.revision_id,
            "media_id": draft.file.media_id,
            "position": 0,
            "label": draft.file.name,
        }
        for draft in drafts
        if draft.file is not None
    ]
    if shown:
        db.session.execute(insert(MediaUse), shown)
    if attached:
        db.session.execute(insert(RevisionFile), attached)
