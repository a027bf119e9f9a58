"""What ``site_writing`` wrote, taken into this site: line by line, a batch a transaction.

Numbers of publications are kept where they are free, so the addresses stay; where one is not,
the old address leads to the new one. People come without rights and passwords. Everything is
cleaned as if somebody had typed it: the file may have been changed on its way.
"""

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from extensions import db
from models import (
    Correction,
    ImportItem,
    Kind,
    Media,
    Publication,
    Revision,
    Section,
    State,
    Transition,
    Unit,
    ViewTotal,
)
from services import links, publications, search
from services.attachments import Attachment
from services.errors import DomainError, InvalidInput
from services.kinds import KINDS
from services.media import folder_of
from services.moving import old_addresses, relating, site_schedule
from services.moving.foreseeing import Foresight
from services.moving.items import Line, Outcome, Person, digest_of
from services.moving.relating import Numbers
from services.moving.site_lines import (
    FAULTS,
    checked_files,
    fault_of,
    given_of,
    lacking,
    move_sequence,
    section_id_of,
    text_of,
    unit_id_of,
)
from services.moving.site_writing import (
    CONTENT,
    NOT_OF_MEDIA,
    NOT_OF_PUBLICATION,
    NOT_OF_REVISION,
    NOT_OF_SECTION,
    NOT_OF_UNIT,
    VERSION,
)
from services.moving.storing import CHANGED_HERE, Store, is_as_left, standing
from services.publications import MAX_ID, Content
from services.vietnamese import slugify, sort_key

MAX_LINE_BYTES = 8_000_000
BATCH = 50
# Whoever held a text there does not sit on this board.
_STATES_HERE = {State.IN_EDIT: State.AWAITING_EDIT}


def content_of_path(path: Path) -> Path:
    """The file of lines, for the folder or the file itself."""
    return path / CONTENT if path.is_dir() else path


def source_of(path: Path) -> str:
    """The name of the site that was written down. Raises InvalidInput."""
    try:
        with content_of_path(path).open("rb") as file:
            head = json.loads(file.readline(MAX_LINE_BYTES))
        if head["type"] != "site" or head["version"] != VERSION:
            raise ValueError
        return f"site:{head['site']}"[:200]
    except (OSError, *FAULTS) as error:
        raise InvalidInput(
            f"{path.name} không phải bản xuất của trang này: dòng đầu phải ghi tên trang và phiên "
            f"bản {VERSION}."
        ) from error


def count_lines(path: Path) -> int:
    with content_of_path(path).open("rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))


class SiteImport:
    """Brings in one export. ``store`` makes people; ``checkpoint`` ends each batch."""

    def __init__(
        self,
        path: Path,
        *,
        store: Store,
        own_site: str,
        checkpoint: Callable[[], None],
        tell: Callable[[Line], None],
        is_dry: bool = False,
    ) -> None:
        self.is_dry = is_dry
        self.path, self.store = content_of_path(path), store
        self.media = self.path.parent / "media"
        self.is_own = store.plan.source == f"site:{own_site}"[:200]
        self.checkpoint, self.tell = checkpoint, tell
        self.counts: Counter[Outcome] = Counter()
        self.numbers = Numbers(store.plan.source, self.is_own)
        self._documents: dict[str, int] = {}
        self._foresight = Foresight(self.numbers)

    def run(self, progress: Callable[[int, int], None] | None = None) -> Counter[Outcome]:
        total, batch = count_lines(self.path), []
        for row, raw in self._lines():
            batch.append((row, raw))
            if len(batch) == BATCH:
                self._bring(batch)
                batch = []
                if progress is not None:
                    progress(row, max(row, total))
        self._bring(batch)
        if self.is_dry:
            settled = self._foresight.lines()
        else:
            settled = relating.settle(
                numbers=self.numbers,
                rows=self._documents,
                checkpoint=self.checkpoint,
                is_as_left=is_as_left,
            )
        for line in settled:
            self._told(line)
        if progress is not None:
            progress(total, total)
        return self.counts

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        with self.path.open("rb") as file:
            row = 0
            while raw := file.readline(MAX_LINE_BYTES):
                row += 1
                while not raw.endswith(b"\n") and (more := file.readline(MAX_LINE_BYTES)):
                    # Longer than any line of ours: its end is passed over, it is told as broken.
                    raw = b"\0" + more[-1:]
                if row > 1:
                    yield row, raw

    def _bring(self, batch: list[tuple[int, bytes]]) -> None:
        try:
            told = self._keep(batch)
        except (DomainError, SQLAlchemyError, *FAULTS) as error:
            db.session.rollback()
            self.store.places.forget()
            if len(batch) > 1:
                for one in batch:
                    self._bring([one])
                return
            told = [fault_of(*batch[0], error)]
        for line in told:
            self._told(line)

    def _told(self, line: Line) -> None:
        if line.outcome is Outcome.REFUSED or line.reason == CHANGED_HERE:
            self._foresight.drop(line.row)
        self.counts[line.outcome] += 1
        self.tell(line)

    def _keep(self, batch: list[tuple[int, bytes]]) -> list[Line]:
        told = []
        indexed: list[int] = []
        for row, raw in batch:
            values = json.loads(raw)
            if values["type"] == "publication":
                told.append(self._publication(row, values, indexed))
            elif values["type"] == "schedule_entry":
                told.append(site_schedule.bring(row, values, store=self.store, author=self._author))
            else:
                _KEEP[values["type"]](self, values)
        db.session.flush()
        if indexed:
            move_sequence()
            search.index_publications(publication_ids=indexed)
        self.checkpoint()
        db.session.expunge_all()
        self.store.places.forget()
        return told

    # ------------------------------------------------------------ people and places
    def _unit(self, values: dict[str, Any]) -> None:
        slug = slugify(values["slug"])
        there = select(Unit.id).where((Unit.slug == slug) | (Unit.name == values["name"]))
        if not db.session.scalar(there):
            given = given_of(Unit, NOT_OF_UNIT, values)
            db.session.add(Unit(**given, sort_key=sort_key(values["name"])))
            db.session.flush()

    def _user(self, values: dict[str, Any]) -> None:
        key, name = text_of(values, "username"), text_of(values, "full_name")
        unit_id = unit_id_of(text_of(values, "unit"))
        self.store.places.author(key, Person(key, name), unit_id=unit_id)

    def _section(self, values: dict[str, Any]) -> None:
        if section_id_of(values["slug"]) is not None:
            return
        parent_id = section_id_of(values["parent"]) if values["parent"] else None
        given = given_of(Section, NOT_OF_SECTION, values) | {"slug": slugify(values["slug"])}
        db.session.add(Section(**given, parent_id=parent_id))
        db.session.flush()

    def _media(self, values: dict[str, Any]) -> None:
        given = given_of(Media, NOT_OF_MEDIA, values)
        token = given["token"]
        if not token.replace("-", "").replace("_", "").isalnum() or not 8 <= len(token) <= 43:
            raise InvalidInput("Tên (token) của ảnh hay tệp có ký tự lạ.")
        if db.session.scalar(select(Media.id).where(Media.token == token)):
            return
        folder = self.media / token
        by_id, _ = self._author(values["by"])
        media = Media(**given, unit_id=unit_id_of(values["unit"]), uploaded_by_id=by_id, version=1)
        names = checked_files(media, folder)
        target = folder_of(self.store.plan.media_root, media, 1)
        if not target.is_dir():
            draft = target.with_name(f".{token}-import")
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(parents=True)
            for name in names:
                shutil.copyfile(folder / name, draft / name)
            draft.rename(target)
        db.session.add(media)
        db.session.flush()

    def _old_address(self, values: dict[str, Any]) -> None:
        media_id = None
        if values["media"]:
            media_id = db.session.scalar(select(Media.id).where(Media.token == values["media"]))
        section_id = section_id_of(values["section"]) if values["section"] else None
        if media_id or section_id:
            address, now = [text_of(values, "address")], self.store.now
            old_addresses.keep(address, section_id=section_id, media_id=media_id, now=now)

    def _author(self, key: str) -> tuple[int, int]:
        return self.store.places.author(key)

    # ------------------------------------------------------------ publications
    def _publication(self, row: int, values: dict[str, Any], indexed: list[int]) -> Line:
        number, kind = int(values["id"]), Kind(values["kind"])
        shown = values["live"] or values["latest"]
        title = text_of(shown, "title")
        if kind is Kind.DOCUMENT:
            self._documents[str(number)] = row
            if self.is_dry:
                self._foresight.add_exported(row=row, title=title, values=values)

        def line(outcome: Outcome, reason: str = "") -> Line:
            return Line(row, str(number), title, outcome, reason)

        digest = digest_of({name: values[name] for name in values if name != "views"})
        known = self.store.known([str(number)]).get(str(number))
        there = db.session.get(Publication, number) if 0 < number <= MAX_ID else None
        created_at = datetime.fromisoformat(values["created_at"])
        if known is None and self.is_own and there and there.created_at == created_at:
            return line(Outcome.UNCHANGED, "Bài này đã có trên trang.")
        missing = lacking(values)
        lacks = f"Còn thiếu {len(missing)} ảnh, tệp của bài trong bản xuất." if missing else ""
        is_same = known is not None and known.row.content_hash == digest
        if known is not None and is_same and (known.row.is_complete or missing):
            return line(Outcome.UNCHANGED, lacks)
        if known is not None and not known.is_as_left and not self.store.plan.overwrite:
            return line(Outcome.UNCHANGED, CHANGED_HERE)
        notes = [lacks] if lacks else []
        if known is None:
            publication = self._create(values, kind, number if there is None else None)
            if there is not None:
                notes.append(f"Số {number} đã có bài khác nên bài này mang số {publication.id}.")
        else:
            publication = known.publication
            self._update(publication, values, kind)
        db.session.flush()
        relating.put_up(publication)
        item = self._hang(row, publication, values, known.row if known else None)
        item.content_hash, item.is_complete = digest, not missing
        addresses = [
            text_of(values["old_addresses"], at) for at in range(len(values["old_addresses"]))
        ]
        if there is not None and known is None:
            addresses.append(f"/{KINDS[kind].path}/{slugify(title) or 'bai'}-{number}")
        elsewhere = old_addresses.keep(addresses, publication_id=publication.id, now=self.store.now)
        notes += [f"Địa chỉ cũ {one} đã dẫn tới bài khác." for one in elsewhere[:3]]
        indexed.append(publication.id)
        return line(Outcome.UPDATED if known else Outcome.CREATED, " ".join(notes))

    def _create(self, values: dict[str, Any], kind: Kind, number: int | None) -> Publication:
        author_id, _ = self._author(values["author"])
        publication = Publication(
            **given_of(Publication, NOT_OF_PUBLICATION, values),
            id=number,
            title="",
            slug="bai",
            unit_id=unit_id_of(values["unit"]),
            author_id=author_id,
            posted_by_id=self._author(values["posted_by"])[0] if values["posted_by"] else None,
        )
        original = values.get("translation_of")
        if original and db.session.get(Publication, int(original)) is not None:
            publication.translation_of_id = int(original)
        db.session.add(publication)
        revisions = [
            self._revision(publication, one, kind, number)
            for number, one in enumerate(filter(None, (values["live"], values["latest"])), 1)
        ]
        if not revisions:
            raise InvalidInput("Bài này không có chữ nào.")
        if values["live"]:
            publication.live_revision = revisions[0]
        publication.latest_revision = revisions[-1]
        publications.copy_text(publication, revisions[0])
        return publication

    def _update(self, publication: Publication, values: dict[str, Any], kind: Kind) -> None:
        """The text that there is now becomes the next revision; what was there stays behind it."""
        last = db.session.scalar(
            select(func.max(Revision.number)).where(Revision.publication_id == publication.id)
        )
        for revision in filter(None, {publication.live_revision, publication.latest_revision}):
            revision.state = State.SUPERSEDED
        publication.live_revision = None
        texts = [one for one in (values["live"], values["latest"]) if one]
        made = [
            self._revision(publication, one, kind, number)
            for number, one in enumerate(texts, (last or 0) + 1)
        ]
        if values["live"]:
            publication.live_revision = made[0]
        publication.latest_revision = made[-1]
        given = given_of(Publication, NOT_OF_PUBLICATION | {"kind", "created_at"}, values)
        for name, value in given.items():
            setattr(publication, name, value)
        publications.copy_text(publication, made[0])

    def _revision(
        self, publication: Publication, values: dict[str, Any], kind: Kind, number: int
    ) -> Revision:
        lead = self._media_id(values["lead"]) if values["lead"] else None
        attached = [(self._media_id(one["media"]), one["label"]) for one in values["files"]]
        given = given_of(Revision, NOT_OF_REVISION, values)
        content = Content(
            title=text_of(values, "title"),
            summary=text_of(values, "summary"),
            body=text_of(values, "body"),
            byline=text_of(values, "byline"),
            section_id=section_id_of(values["section"]) if values["section"] else None,
            genre=given["genre"],
            origin=given["origin"],
            source_name=text_of(values, "source_name"),
            source_url=text_of(values, "source_url"),
            lead_media_id=lead,
            secrecy_declared=bool(values["secrecy_declared"]),
            files=tuple(Attachment(one, str(label)) for one, label in attached if one),
            details=relating.in_numbers_here(
                {name: str(value) for name, value in values["details"].items()}, self.numbers
            ),
        )
        given["state"] = _STATES_HERE.get(given["state"], given["state"])
        revision = Revision(
            **given,
            number=number,
            version=1,
            author_id=self._author(values["author"])[0],
            written_by_id=self._author(values["written_by"])[0],
        )
        cleaned = publications.cleaned(content, kind)
        revision.publication = publication
        publications.fill(revision, cleaned)
        db.session.add(revision)
        return revision

    def _media_id(self, token: str) -> int | None:
        return db.session.scalar(select(Media.id).where(Media.token == token))

    def _hang(
        self,
        row: int,
        publication: Publication,
        values: dict[str, Any],
        item: ImportItem | None,
    ) -> ImportItem:
        """What hangs on a publication: media, links, corrections, readings, the trail."""
        now, latest = self.store.now, publication.latest_revision
        assert latest is not None
        for revision in filter(None, {publication.live_revision, latest}):
            publications.record_media(revision)
        links.record_uses(publication=publication, now=now)
        there = {(one.noted_at, one.text) for one in publication.corrections}
        for one in values["corrections"]:
            noted_at = datetime.fromisoformat(one["noted_at"])
            if (noted_at, one["text"]) not in there:
                by_id = self._author(one["by"])[0]
                said = publications.one_line(text_of(one, "text"))[:2000]
                db.session.add(
                    Correction(
                        publication_id=publication.id, noted_at=noted_at, text=said, by_id=by_id
                    )
                )
        views = max(0, int(values["views"]))
        total = db.session.get(ViewTotal, publication.id)
        if total is None:
            if views:
                db.session.add(ViewTotal(publication_id=publication.id, total=views))
        elif item is not None and views > item.views:
            total.total = ViewTotal.total + (views - item.views)
        db.session.add(
            Transition(
                publication_id=publication.id,
                revision_id=latest.id,
                action="import",
                to_state=latest.state,
                actor_id=latest.author_id,
                reason=f"Nhập từ {self.store.plan.said}, dòng {row}."[:2000],
                at=now,
            )
        )
        db.session.flush()
        if item is None:
            item = ImportItem(
                source=self.store.plan.source,
                external_id=str(values["id"]),
                publication_id=publication.id,
                is_complete=False,
            )
            db.session.add(item)
        item.left_as, item.views, item.imported_at = standing(publication), views, now
        return item


_KEEP: dict[str, Callable[[SiteImport, dict[str, Any]], None]] = {
    "unit": SiteImport._unit,
    "user": SiteImport._user,
    "section": SiteImport._section,
    "media": SiteImport._media,
    "old_address": SiteImport._old_address,
}
