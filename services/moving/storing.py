"""Storing what is moved in: media and texts, a batch at a time.

Everything is done as if somebody had written it here: cleaned, sliced into a revision, indexed,
with its line in the trail. It flushes; whoever calls it commits.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from extensions import db
from models import (
    ImportItem,
    Media,
    MediaKind,
    Publication,
    Revision,
    State,
    Transition,
    User,
    ViewTotal,
)
from services import links, publications, search, uploads
from services.attachments import MAX_FILES, Attachment
from services.media import decorate_pictures
from services.moving import old_addresses, relating
from services.moving.bodies import Ready
from services.moving.items import Item, Line, Outcome, Plan, digest_of
from services.moving.places import Places
from services.moving.relating import Numbers
from services.publications import Content, content_of, one_line
from services.vietnamese import slugify

CHANGED_HERE = (
    "Bài đã được sửa trên trang sau lần nhập trước nên giữ nguyên; muốn ghi đè thì dùng "
    "--overwrite."
)
WITHDRAWN_THERE = "Bài đã được gỡ ở trang cũ trước khi chuyển sang trang này."
_ON_SITE = (State.PUBLISHED, State.WITHDRAWN)


@dataclass(slots=True)
class Known:
    """An item that was brought before: what was stored of it, and whether it is as it was left."""

    row: ImportItem
    publication: Publication
    is_as_left: bool


def standing(publication: Publication) -> str:
    """Names how a publication stands: another value tells that somebody has changed it."""
    latest = publication.latest_revision
    return digest_of(
        [
            latest and [latest.id, latest.version, latest.state],
            publication.live_revision_id,
            publication.published_at,
            publication.expires_at,
            publication.withdrawn_at,
        ]
    )


def is_as_left(item: ImportItem) -> bool:
    """Whether nobody has changed a text since an import stored it."""
    return item.publication is not None and standing(item.publication) == item.left_as


class Store:
    """Keeps the items of one source."""

    def __init__(self, plan: Plan, *, now: datetime) -> None:
        self.plan, self.now = plan, now
        self.places = Places(plan, now=now)

    def known(self, external_ids: Sequence[str]) -> dict[str, Known]:
        """Those of these items that were brought before."""
        rows = db.session.scalars(
            select(ImportItem)
            .where(
                ImportItem.source == self.plan.source,
                ImportItem.external_id.in_(external_ids),
                ImportItem.publication_id.is_not(None),
            )
            .options(joinedload(ImportItem.publication).joinedload(Publication.latest_revision))
        )
        found = {}
        for row in rows:
            assert row.publication is not None
            found[row.external_id] = Known(row, row.publication, is_as_left(row))
        return found

    def settled(self, item: Item, known: Known | None) -> Line | None:
        """The line of an item that needs nothing more; None where it is to be made ready."""
        if known is None:
            return None
        is_same = known.row.content_hash == item.digest()
        if not is_same or not known.row.is_complete:
            if known.is_as_left or self.plan.overwrite:
                return None
            return self._line(item, Outcome.UNCHANGED, "" if is_same else CHANGED_HERE)
        if item.views != known.row.views:
            self._add_views(known.publication.id, item.views - known.row.views)
            known.row.views = item.views
            return self._line(item, Outcome.UPDATED, "Chỉ số lượt xem thay đổi.")
        return self._line(item, Outcome.UNCHANGED)

    # ------------------------------------------------------------ a batch of texts
    def keep(self, batch: Sequence[tuple[Ready, Known | None]]) -> list[Line]:
        """Store these. Raises InvalidInput for a text that cannot be kept: then none is."""
        made: list[tuple[Ready, Known | None, Publication]] = []
        lines: dict[int, Line] = {}
        for ready, known in batch:
            content, kind = self._content(ready), ready.item.kind
            if known is None:
                made.append((ready, None, self._create(ready, content)))
            elif known.publication.kind is not kind:
                reason = "Bài đã nhập là loại khác nên giữ nguyên; hãy xem lại tệp ánh xạ."
                lines[id(ready)] = self._line(ready.item, Outcome.UNCHANGED, reason)
            else:
                has_changed = self._update(known.publication, ready, content)
                made.append((ready, known if has_changed else None, known.publication))
                if not has_changed:
                    known.row.content_hash = ready.digest
                    known.row.is_complete = not ready.missing
                    made.pop()
                    lines[id(ready)] = self._line(ready.item, Outcome.UNCHANGED, ready.fault)
        db.session.flush()
        for ready, known, publication in made:
            notes = self._complete(ready, known, publication)
            outcome = Outcome.UPDATED if known else Outcome.CREATED
            reason = " ".join(filter(None, [ready.fault, *notes]))
            lines[id(ready)] = self._line(ready.item, outcome, reason)
        db.session.flush()
        for *_, publication in made:
            relating.put_up(publication)
        for ready, known, publication in made:
            row = known.row if known else self._new_row(ready, publication)
            row.content_hash = ready.digest
            row.left_as = standing(publication)
            row.is_complete = not ready.missing
            row.imported_at = self.now
        search.index_publications(publication_ids=[one.id for *_, one in made])
        return [lines[id(ready)] for ready, _ in batch]

    def _content(self, ready: Ready) -> Content:
        item = ready.item
        author_id, _ = self.places.author(item.author)
        author = db.session.get_one(User, author_id)
        stored = self._media(ready, author)
        files = [(stored[token], label) for token, label in ready.files]
        if len(files) > MAX_FILES:
            ready.notes.append(f"Chỉ đính kèm {MAX_FILES} tệp đầu trong {len(files)} tệp.")
        body = ready.body
        for token, media in stored.items():
            if media.kind is MediaKind.PICTURE:
                body = body.replace(f"/tep/{token}/960.webp", f"/tep/{token}/{_width(media)}.webp")
        short: dict[str, str] = {}
        for name, limit in (("title", 300), ("summary", 1000), ("byline", 200)):
            text = one_line(getattr(item, name))
            short[name] = text[:limit].rstrip()
            note = f"Đã cắt {_FIELD_NAMES[name]} còn {limit} ký tự."
            if len(text) > limit and note not in ready.notes:
                ready.notes.append(note)
        content = Content(
            title=short["title"],
            summary=short["summary"],
            byline=short["byline"] or author.full_name,
            section_id=self.places.section(item.section),
            genre=item.genre,
            origin=item.origin,
            source_name=item.source_name,
            source_url=item.source_url,
            lead_media_id=stored[ready.lead].id if ready.lead in stored else None,
            # What was public has been looked through by whoever published it there.
            secrecy_declared=item.state in _ON_SITE,
            files=tuple(Attachment(media.id, label) for media, label in files[:MAX_FILES]),
            details=relating.in_numbers_here(item.details, Numbers(self.plan.source)),
        )
        # The text was sanitised when it was made ready, outside of the transaction.
        content = publications.cleaned(content, item.kind)
        return replace(content, body=decorate_pictures(body))

    def _create(self, ready: Ready, content: Content) -> Publication:
        item = ready.item
        author_id, unit_id = self.places.author(item.author)
        written_at = min(item.written_at or self.now, self.now)
        publication = Publication(
            kind=item.kind,
            title=content.title,
            slug=slugify(content.title) or "bai",
            summary=content.summary,
            byline=content.byline,
            section_id=content.section_id,
            lead_media_id=content.lead_media_id,
            unit_id=unit_id,
            author_id=author_id,
            created_at=written_at,
            updated_at=self.now,
        )
        revision = Revision(
            publication=publication,
            number=1,
            version=1,
            author_id=author_id,
            written_by_id=author_id,
            created_at=written_at,
            updated_at=written_at,
            state=item.state,
        )
        publications.fill(revision, content)
        publication.latest_revision = revision
        db.session.add_all([publication, revision])
        self._put_up(publication, revision, item)
        return publication

    def _update(self, publication: Publication, ready: Ready, content: Content) -> bool:
        item, latest = ready.item, publication.latest_revision
        assert latest is not None
        state = State.WITHDRAWN if publication.withdrawn_at else item.state
        is_same = content == content_of(latest) and latest.state is state
        if is_same and (state not in _ON_SITE or publication.published_at == item.published_at):
            return False
        author_id, _ = self.places.author(item.author)
        actor = db.session.get_one(User, author_id)
        live = publication.live_revision
        if state not in _ON_SITE and live is not None:
            # What readers have stays, and the newer text waits as a draft.
            state = State.DRAFT
        revision = publications.next_revision(
            publication, latest, actor=actor, now=self.now, state=state
        )
        publications.fill(revision, content)
        revision.updated_at = max(item.written_at or self.now, latest.updated_at)
        publication.latest_revision = revision
        if state in _ON_SITE:
            if live is not None:
                live.state = State.SUPERSEDED
            self._put_up(publication, revision, item, state)
            publications.copy_text(publication, revision)
        elif live is None:
            publications.copy_text(publication, revision)
        return True

    def _put_up(
        self, publication: Publication, revision: Revision, item: Item, state: State | None = None
    ) -> None:
        state = state or item.state
        if state not in _ON_SITE:
            return
        publication.live_revision = revision
        publication.published_at = item.published_at
        # Re-users learn of it from now on, however old it is.
        publication.public_changed_at = self.now
        publication.posted_by_id = publication.author_id
        revision.submitted_at = revision.frozen_at = revision.created_at
        if state is State.WITHDRAWN and publication.withdrawn_at is None:
            publication.withdrawn_at = self.now
            publication.withdrawn_reason = WITHDRAWN_THERE

    def _complete(self, ready: Ready, known: Known | None, publication: Publication) -> list[str]:
        """What hangs on a publication: its trail, pictures, readings and old addresses."""
        item, revision = ready.item, publication.latest_revision
        assert revision is not None
        db.session.add(
            Transition(
                publication_id=publication.id,
                revision_id=revision.id,
                action="import",
                to_state=revision.state,
                actor_id=revision.author_id,
                reason=f"Nhập từ {self.plan.said}, mục {item.row}."[:2000],
                at=self.now,
            )
        )
        if "/tep/" in revision.body or revision.lead_media_id is not None:
            publications.record_media(revision)
        if "http" in revision.body or revision.source_url:
            links.record_uses(publication=publication, now=self.now)
        self._add_views(publication.id, item.views - (known.row.views if known else 0))
        if known:
            known.row.views = item.views
        elsewhere = old_addresses.keep(item.addresses, publication_id=publication.id, now=self.now)
        return [f"Địa chỉ cũ {one} đã dẫn tới bài khác." for one in elsewhere[:3]]

    def _new_row(self, ready: Ready, publication: Publication) -> ImportItem:
        row = ImportItem(
            source=self.plan.source,
            external_id=ready.item.external_id,
            publication_id=publication.id,
            views=ready.item.views,
            imported_at=self.now,
        )
        db.session.add(row)
        return row

    def _add_views(self, publication_id: int, count: int) -> None:
        if count <= 0:
            return
        row = db.session.get(ViewTotal, publication_id)
        if row is None:
            db.session.add(ViewTotal(publication_id=publication_id, total=count))
        else:
            # In SQL: somebody may be reading it at this moment.
            row.total = ViewTotal.total + count

    def _media(self, ready: Ready, author: User) -> dict[str, Media]:
        if not ready.media:
            return {}
        query = select(Media).where(Media.token.in_(ready.media))
        stored = {media.token: media for media in db.session.scalars(query)}
        for token, one in ready.media.items():
            if token in stored:
                continue
            known: dict[str, Any] = {
                "filename": one.name,
                "actor": author,
                "publication": None,
                "now": self.now,
                "root": self.plan.media_root,
                "token": token,
            }
            if one.kind is MediaKind.PICTURE:
                stored[token] = uploads.store_picture(
                    data=one.data, processed=one.processed, alt=one.alt, **known
                )
            else:
                stored[token] = uploads.store_file(file=io.BytesIO(one.data), **known)
        return stored

    def _line(self, item: Item, outcome: Outcome, reason: str = "") -> Line:
        return Line(item.row, item.external_id, item.title, outcome, reason)


_FIELD_NAMES = {"title": "tiêu đề", "summary": "tóm tắt", "byline": "bút danh"}


def _width(media: Media) -> int:
    fitting = [width for width in media.widths if width <= 960]
    return max(fitting) if fitting else min(media.widths)
