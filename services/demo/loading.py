"""The written demonstration, played through the services that people use: whatever it shows is
therefore what the site can do, with an audit trail that obeys the workflow and its four eyes.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, update

from demo import content
from demo.content import HO_CHI_MINH, PICTURE_MARK, Item, Rewrite
from extensions import db
from models import Genre, Kind, Language, Notification, Origin, Publication, Revision, Role, User
from services import publications, workflow
from services.demo.drawing import Gallery
from services.demo.duties import play_duties
from services.demo.links import put_links
from services.demo.people import Account, Cast, add_cast
from services.demo.readers import add_views
from services.demo.schedule import write_schedule
from services.demo.searches import look_after_search
from services.demo.upkeep import break_links, keep_old_addresses, remember_imports
from services.demo.voice import play_voice
from services.errors import Conflict
from services.media import figure_markup
from services.publications import Content, content_of, seen_token

UNREAD_FOR = timedelta(days=3)

_OPENS, _CLOSES, _SATURDAY = 7.5, 17.5, 5
# From the last step backwards: how long before it the one before it was, in minutes.
_PACE = ((4, 25), (20, 150), (30, 240), (15, 120), (40, 300), (10, 40))
# How far each state has come, as steps taken after writing.
_ROADS: dict[str, tuple[str, ...]] = {
    "draft": (),
    "archived": ("archive",),
    "awaiting_edit": ("submit",),
    "in_edit": ("submit", "take"),
    "needs_changes": ("submit", "take", "return"),
    "rejected": ("submit", "take", "reject"),
    "awaiting_approval": ("submit", "take", "forward"),
    "approved": ("submit", "take", "forward", "approve"),
    "scheduled": ("submit", "take", "forward", "approve", "schedule"),
    "published": ("submit", "take", "forward", "approve", "publish"),
    "expired": ("submit", "take", "forward", "approve", "publish"),
    "withdrawn": ("submit", "take", "forward", "approve", "publish"),
}


def load(*, now: datetime, media_root: Path) -> list[Account]:
    """Put the demonstration into a site that has no publication, as of ``now``; the accounts
    that can log in, with passwords made for this copy.

    Pictures are written under ``media_root``. Flushes, never commits. Raises Conflict where
    there is content already.
    """
    if db.session.scalar(select(func.count(Publication.id))):
        raise Conflict("Trang đã có nội dung nên không nạp nội dung mẫu.")
    items = content.read_items()
    gallery = Gallery((use.key for item in items for use in item.pictures), root=media_root)
    site = content.read_site()
    cast = add_cast(site)
    put_links(site.links, cast=cast, now=now)
    stories = [_Story(item, cast=cast, now=now) for item in items]
    # What is translated must be there first.
    stories.sort(key=lambda story: (bool(story.item.translation_of), story.began_at))
    written: dict[str, Publication] = {}
    for story in stories:
        written[story.item.name] = story.play(gallery, written)
    play_duties(cast=cast, now=now)
    play_voice(cast=cast, written=written, now=now)
    write_schedule(cast=cast, now=now)
    for user in cast.leaving:
        user.is_active = False
    break_links(now=now)
    keep_old_addresses(cast=cast, written=written)
    remember_imports()
    look_after_search(now=now)
    # What was told long before this copy was made has been read.
    db.session.execute(
        update(Notification)
        .where(Notification.created_at < now - UNREAD_FOR)
        .values(read_at=now, mailed_at=now)
    )
    db.session.flush()
    return cast.accounts


class _Story:
    """One publication from its first word to where it stands now."""

    def __init__(self, item: Item, *, cast: Cast, now: datetime) -> None:
        self.item, self.cast, self.now = item, cast, now
        # Seeded by its name, so that two copies of the site tell the same story.
        self.chance = random.Random(item.name)  # noqa: S311 - not for secrets
        self.author = cast.users[item.author]
        self.editor = cast.users[item.editor or item.holder or self._any(Role.EDITOR)]
        self.chief = cast.users[self._any(Role.CHIEF)]
        self.road = _ROADS[item.state]
        goes_live = bool({"publish"} & set(self.road))
        last = content.moment(item.published if goes_live else item.at, now=now)
        # Moments of: first draft, full text, and each step of the road.
        self.moments = [last]
        for shortest, longest in _PACE[: len(self.road) + 1]:
            minutes = self.chance.randint(shortest, longest)
            self.moments.insert(0, _earlier(self.moments[0], minutes, self.chance))
        self.began_at = self.moments[0]

    def _any(self, role: Role) -> str:
        return self.chance.choice([user.username for user in self.cast.all_of(role)])

    def play(self, gallery: Gallery, written_before: Mapping[str, Publication]) -> Publication:
        item, began, written = self.item, self.moments[0], self.moments[1]
        publication = publications.create(
            actor=self.author,
            kind=Kind(item.kind),
            content=Content(title=content.filled(item.title, now=self.now)),
            now=began,
        )
        if item.translation_of:
            publication.language = Language.EN
            publication.translation_of_id = written_before[item.translation_of].id
        self._write(publication, gallery, now=written)
        for action, at in zip(self.road, self.moments[2:], strict=True):
            self._step(action, publication, at=at)
        self._afterwards(publication)
        if item.views:
            add_views(publication, total=item.views, now=self.now, chance=self.chance)
        return publication

    def _write(self, publication: Publication, gallery: Gallery, *, now: datetime) -> None:
        item = self.item
        shown = {
            use.key: gallery.store(use, publication=publication, actor=self.author, now=now)
            for use in item.pictures
        }
        body = PICTURE_MARK.sub(lambda found: figure_markup(shown[found[1]]), item.body)
        lead = shown[item.pictures[0].key].id if item.pictures else None
        files = [gallery.attach(use, publication, self.author, now) for use in item.files]
        details = {
            name: content.filled(value, now=self.now) for name, value in item.details.items()
        }
        if item.kind == Kind.NOTICE:
            details |= {"issuing_body": item.issuing_body, "document_number": item.number}
        typed = Content(
            title=content.filled(item.title, now=self.now),
            summary=content.filled(item.summary, now=self.now),
            body=content.filled(body, now=self.now),
            byline=item.byline or self.author.full_name,
            section_id=self.cast.sections[item.section].id if item.section else None,
            genre=Genre(item.genre),
            origin=Origin(item.origin),
            source_name=item.source_name,
            source_url=item.source_url,
            lead_media_id=lead,
            secrecy_declared=bool(self.road),
            files=tuple(files),
            details=details,
        )
        first = _latest(publication)
        publications.save(
            publication=publication,
            actor=self.author,
            content=typed,
            seen=seen_token(first),
            now=now,
        )

    def _step(self, action: str, publication: Publication, *, at: datetime) -> None:
        reason = content.filled(self.item.reason, now=self.now)
        steps: dict[str, tuple[User, Callable[..., Revision], dict[str, Any]]] = {
            "submit": (self.author, workflow.submit, {}),
            "take": (self.editor, workflow.take, {}),
            "forward": (self.editor, workflow.forward, {}),
            "return": (self.editor, workflow.return_for_changes, {"reason": reason}),
            "reject": (self.chief, workflow.reject, {"reason": reason}),
            "approve": (self.chief, workflow.approve, {}),
            "publish": (self.chief, workflow.publish, {}),
            "archive": (self.author, workflow.archive, {}),
            "schedule": (self.chief, workflow.schedule, {}),
        }
        actor, act, extra = steps[action]
        if action == "schedule":
            extra = {"at": content.moment(self.item.published, now=self.now)}
        act(
            publication=publication,
            actor=actor,
            seen=seen_token(_latest(publication)),
            now=at,
            **extra,
        )

    def _afterwards(self, publication: Publication) -> None:
        """What happens to a text once it is published."""
        item, published_at = self.item, self.moments[-1]
        live = publication.live_revision
        if live is None:
            return
        known: dict[str, Any] = {
            "publication": publication,
            "actor": self.chief,
            "seen": seen_token(live),
        }
        if item.expires:
            ends_at = content.moment(item.expires, now=self.now)
            workflow.expire(**known, at=ends_at, now=published_at)
        for note in item.corrections:
            at = content.moment(note.at, now=self.now)
            workflow.correct(**known, note=content.filled(note.text, now=self.now), now=at)
        if item.state == "withdrawn":
            at = content.moment(item.at, now=self.now)
            workflow.withdraw(**known, reason=item.reason, now=at)
        if item.revision is not None:
            self._rewrite(publication, item.revision, published_at=published_at)

    def _rewrite(
        self, publication: Publication, rewrite: Rewrite, *, published_at: datetime
    ) -> None:
        """A newer text in work, while readers still see the published one."""
        road = _ROADS[rewrite.state]
        last = content.moment(rewrite.at, now=self.now)
        # Spread evenly between the publication and now: the time left may be short.
        steps = [
            published_at + (last - published_at) * (index + 1) / (len(road) + 2)
            for index in range(len(road) + 1)
        ]
        moments = [*steps, last]
        workflow.revise(
            publication=publication,
            actor=self.author,
            seen=seen_token(_latest(publication)),
            now=moments[0],
        )
        draft = _latest(publication)
        body = draft.body
        for old, new in rewrite.replace:
            if old not in body:
                raise LookupError(f"{self.item.name}: {old!r}")
            body = body.replace(old, content.filled(new, now=self.now))
        publications.save(
            publication=publication,
            actor=self.author,
            content=replace(content_of(draft), body=body),
            seen=seen_token(draft),
            now=moments[1],
        )
        for action, at in zip(road, moments[2:], strict=True):
            self._step(action, publication, at=at)


def _latest(publication: Publication) -> Revision:
    revision = publication.latest_revision
    assert revision is not None, "every publication has a text"
    return revision


def _earlier(moment: datetime, minutes: int, chance: random.Random) -> datetime:
    """``minutes`` before, or further back if that is not in office hours in Đà Nẵng."""
    local = (moment - timedelta(minutes=minutes)).astimezone(HO_CHI_MINH)
    hour = local.hour + local.minute / 60
    if hour < _OPENS:
        local = (local - timedelta(days=1)).replace(hour=16, minute=chance.randint(5, 55))
    elif hour > _CLOSES:
        local = local.replace(hour=17, minute=chance.randint(0, 20))
    while local.weekday() >= _SATURDAY:
        local -= timedelta(days=1)
    return local
