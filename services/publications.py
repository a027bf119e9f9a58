"""Writing: creating a publication and saving its text, never over somebody else's.

A revision that only its writer has seen is saved in place, each save one version further; one
that somebody else has seen is left as it was, and the edit becomes the next revision.
"""

from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import delete, func, select

from extensions import db
from models import (
    Genre,
    Kind,
    Media,
    MediaKind,
    MediaUse,
    Origin,
    Publication,
    Revision,
    Section,
    State,
    User,
)
from services import attachments, document_relations, links, media, policy
from services.attachments import Attachment
from services.document_relations import RELATIONS
from services.errors import Conflict, InvalidInput, NotAllowed, NotFound
from services.kinds import cleaned_details, details_of, set_details
from services.sanitising import sanitise
from services.vietnamese import nfc, slugify

MAX_TITLE_CHARACTERS = 300
MAX_SUMMARY_CHARACTERS = 1000
MAX_LINE_CHARACTERS = 200
MAX_URL_CHARACTERS = 1000
MAX_ID = 2**31 - 1

Row = TypeVar("Row", Section, Media)


@dataclass(frozen=True, slots=True)
class Content:
    """Everything that a person writes in the editor, as typed."""

    title: str = ""
    summary: str = ""
    body: str = ""
    byline: str = ""
    section_id: int | None = None
    genre: Genre = Genre.NEWS
    origin: Origin = Origin.OWN
    source_name: str = ""
    source_url: str = ""
    lead_media_id: int | None = None
    secrecy_declared: bool = False
    files: tuple[Attachment, ...] = ()
    details: dict[str, str] = field(default_factory=dict)


class StaleText(Conflict):
    """Somebody saved a newer text; ``revision`` is that one."""

    def __init__(self, sentence: str, revision: Revision) -> None:
        super().__init__(sentence)
        self.revision = revision


def seen_token(revision: Revision) -> str:
    """What a person saw, to be sent back with what they do: ``<revision id>.<version>``."""
    return f"{revision.id}.{revision.version}"


def content_of(revision: Revision) -> Content:
    """The text of a revision as the editor shows it."""
    return Content(
        title=revision.title,
        summary=revision.summary,
        body=revision.body,
        byline=revision.byline,
        section_id=revision.section_id,
        genre=revision.genre,
        origin=revision.origin,
        source_name=revision.source_name,
        source_url=revision.source_url,
        lead_media_id=revision.lead_media_id,
        secrecy_declared=revision.secrecy_declared,
        files=attachments.attachments_of(revision),
        details=details_of(revision, revision.publication.kind),
    )


def get_publication(*, publication_id: int, actor: User) -> Publication:
    """The publication, if the actor may see it on the desk; else NotFound, which tells nobody
    that it exists."""
    publication = db.session.get(Publication, publication_id)
    if publication is None or not policy.can(actor, "publication:view", publication):
        raise NotFound("Không có bài này, hoặc bạn không có quyền xem.")
    return publication


def create(
    *, actor: User, kind: Kind, content: Content, now: datetime, draft_key: str | None = None
) -> Publication:
    """A new publication with its first draft. Raises InvalidInput.

    ``draft_key`` names the page on which it was begun. Sent again from the same page under the
    same title (an answer was lost, a button pressed twice) it is the publication that is there,
    with what was typed since. Raises NotAllowed for a static page that the actor
    may not write.
    """
    if kind is Kind.PAGE and (refused := policy.refusal(actor, "page:write")) is not None:
        raise NotAllowed(refused)
    content = _clean(content, kind)
    begun = _begun(actor=actor, draft_key=draft_key) if draft_key else None
    if begun is not None:
        latest = begun.latest_revision
        if latest is not None and latest.title == content.title and _is_own(latest, actor):
            seen = seen_token(latest)
            save(publication=begun, actor=actor, content=content, seen=seen, now=now)
            return begun
        draft_key = None
    _check_references(content, publication=None, actor=actor, now=now)
    publication = Publication(
        kind=kind,
        slug=slugify(content.title) or "bai",
        title=content.title,
        summary=content.summary,
        byline=content.byline,
        section_id=content.section_id,
        unit_id=actor.unit_id,
        author_id=actor.id,
        draft_key=draft_key,
        created_at=now,
        updated_at=now,
    )
    db.session.add(publication)
    db.session.flush()
    revision = Revision(
        publication=publication,
        number=1,
        version=1,
        state=State.DRAFT,
        author_id=actor.id,
        written_by_id=actor.id,
        created_at=now,
        updated_at=now,
    )
    _write(revision, content)
    db.session.add(revision)
    db.session.flush()
    publication.latest_revision = revision
    _copy_working_text(publication, revision, now)
    db.session.flush()
    record_media(revision)
    links.record_uses(publication=publication, now=now)
    return publication


def _begun(*, actor: User, draft_key: str) -> Publication | None:
    """What this page has made already."""
    return db.session.scalar(
        select(Publication).where(
            Publication.author_id == actor.id, Publication.draft_key == draft_key
        )
    )


def _writer(revision: Revision, actor: User) -> str:
    """Who wrote it, as said to the actor, who may have the text open twice."""
    return (
        "Bạn ở cửa sổ khác" if revision.written_by_id == actor.id else revision.written_by.full_name
    )


def _is_own(revision: Revision, actor: User) -> bool:
    """Whether only the actor has seen it, so that it may be saved in place."""
    return revision.frozen_at is None and revision.written_by_id == actor.id


def save(
    *, publication: Publication, actor: User, content: Content, seen: str, now: datetime
) -> Revision:
    """Save the text that ``actor`` wrote upon the version named by ``seen``.

    Returns the revision that now holds it: the same one, a version further, or the next number
    if others have seen the old one. Saving what is there already changes nothing. Raises
    NotAllowed, InvalidInput, or StaleText if somebody saved in between: nothing is overwritten.
    """
    refusal = policy.refusal(actor, "publication:edit", publication)
    latest = publication.latest_revision
    if latest is None:
        raise NotFound("Bài này chưa có nội dung để sửa.")
    if refusal is not None:
        raise NotAllowed(refusal)
    content = _clean(content, publication.kind)
    if content == content_of(latest):
        return latest
    if seen_token(latest) != seen:
        raise StaleText(
            f"{_writer(latest, actor)} đã lưu một bản mới hơn của bài này. "
            "Chữ bạn gõ vẫn còn nguyên; hãy xem hai bản rồi chọn.",
            latest,
        )
    _check_references(content, publication=publication, actor=actor, now=now)
    if _is_own(latest, actor):
        revision = latest
        revision.version += 1
    else:
        revision = next_revision(publication, latest, actor=actor, now=now)
        publication.latest_revision = revision
    _write(revision, content)
    revision.updated_at = now
    db.session.flush()
    _copy_working_text(publication, revision, now)
    db.session.flush()
    record_media(revision)
    links.record_uses(publication=publication, now=now)
    return revision


def next_revision(
    publication: Publication,
    previous: Revision,
    *,
    actor: User,
    now: datetime,
    state: State | None = None,
    author_id: int | None = None,
) -> Revision:
    """The following revision, holding the same text, and the place in the workflow of the
    previous one unless ``state`` says otherwise. A revision that citizens see stays as it is."""
    # First of all: of two people at once the second is told so here, by the lock version, and
    # not by the number being taken.
    touch(publication, now)
    db.session.flush()
    revision = Revision(
        publication=publication,
        number=_next_number(publication),
        version=1,
        state=state or previous.state,
        author_id=author_id or previous.author_id,
        written_by_id=actor.id,
        created_at=now,
        updated_at=now,
    )
    if state is None:
        revision.held_by_id = previous.held_by_id
        revision.held_at = previous.held_at
        revision.submitted_at = previous.submitted_at
    if previous.id != publication.live_revision_id:
        previous.state = State.SUPERSEDED
    _write(revision, content_of(previous))
    db.session.add(revision)
    db.session.flush()
    return revision


def write_aside(
    *, publication: Publication, previous: Revision, actor: User, content: Content, now: datetime
) -> Revision:
    """A revision that holds this text and is history from the first: the latest one stays what
    it is. Raises InvalidInput."""
    content = _clean(content, publication.kind)
    _check_references(content, publication=publication, actor=actor, now=now)
    touch(publication, now)
    db.session.flush()
    revision = Revision(
        publication=publication,
        number=_next_number(publication),
        version=1,
        state=State.SUPERSEDED,
        author_id=previous.author_id,
        written_by_id=actor.id,
        frozen_at=now,
        created_at=now,
        updated_at=now,
    )
    _write(revision, content)
    db.session.add(revision)
    db.session.flush()
    record_media(revision)
    return revision


def _next_number(publication: Publication) -> int:
    """Not the latest one's and one: after a text that was put aside, that number is taken."""
    last = db.session.scalar(
        select(func.max(Revision.number)).where(Revision.publication_id == publication.id)
    )
    return (last or 0) + 1


def _clean(content: Content, kind: Kind) -> Content:
    """NFC, trimmed, sanitised, with just the fields of its kind. Raises InvalidInput naming
    every field that is wrong."""
    texts: dict[str, Any] = {}
    fields: dict[str, str] = {}
    limits = {
        "title": ("Tiêu đề", MAX_TITLE_CHARACTERS),
        "summary": ("Tóm tắt", MAX_SUMMARY_CHARACTERS),
        "byline": ("Tác giả / bút danh", MAX_LINE_CHARACTERS),
        "source_name": ("Tên nguồn", MAX_LINE_CHARACTERS),
        "source_url": ("Địa chỉ nguồn", MAX_URL_CHARACTERS),
    }
    for name, (label, limit) in limits.items():
        text = one_line(getattr(content, name))
        if len(text) > limit:
            fields[name] = f"{label} dài {len(text)} ký tự; hãy rút còn nhiều nhất {limit} ký tự."
        texts[name] = text
    if texts["source_url"] and not texts["source_url"].startswith(("http://", "https://")):
        fields["source_url"] = "Địa chỉ nguồn phải bắt đầu bằng http:// hoặc https://."
    details, wrong = cleaned_details(kind, content.details)
    fields |= wrong
    files = tuple(replace(one, label=one_line(one.label)) for one in content.files)
    if refusal := attachments.refusal_of(files):
        fields["files"] = refusal
    try:
        texts["body"] = media.decorate_pictures(sanitise(content.body))
    except InvalidInput as error:
        fields["body"] = error.sentence
    if fields:
        raise InvalidInput("Chưa lưu được: " + " ".join(fields.values()), fields)
    return replace(content, **texts, files=files, details=details)


def cleaned(content: Content, kind: Kind) -> Content:
    """The text as it is stored. Raises InvalidInput naming every field that is wrong."""
    return _clean(content, kind)


def fill(revision: Revision, content: Content) -> None:
    """Make this, which ``cleaned`` has answered, the text of a revision of a publication."""
    _write(revision, content)


def one_line(text: str) -> str:
    """A field of one line: NFC, without control characters, spaces folded."""
    # A soft hyphen is the letter ư in TCVN3: gone, it could not be converted any more.
    printable = "".join(
        character if character.isprintable() or character == "\u00ad" else " "
        for character in nfc(text)
    )
    return " ".join(printable.split())


def _find(model: type[Row], row_id: int) -> Row | None:
    """The row, or None; what is beyond the column's range would be an error on PostgreSQL."""
    return db.session.get(model, row_id) if 0 < row_id <= MAX_ID else None


def _check_references(
    content: Content, *, publication: Publication | None, actor: User, now: datetime
) -> None:
    fields: dict[str, str] = {}
    if content.section_id is not None:
        section = _find(Section, content.section_id)
        if section is None or not section.is_active:
            fields["section_id"] = "Chuyên mục này không còn; hãy chọn chuyên mục khác."
    if content.lead_media_id is not None:
        lead = _find(Media, content.lead_media_id)
        is_there = lead is not None and lead.kind is MediaKind.PICTURE
        if lead is None or not is_there or not media.may_use(actor, lead, publication, now):
            fields["lead_media_id"] = "Ảnh đại diện không còn; hãy chọn ảnh khác."
    # What the text carries already stays, whoever edits it.
    carried = set()
    if publication is not None and publication.latest_revision is not None:
        carried = {row.media_id for row in publication.latest_revision.files}
    for one in content.files:
        file = _find(Media, one.media_id)
        is_known = file is not None and file.kind is MediaKind.FILE
        is_usable = one.media_id in carried or (
            file is not None and media.may_use(actor, file, publication, now)
        )
        if not (is_known and is_usable):
            named = f"“{one.label}” " if one.label else ""
            fields["files"] = f"Tệp đính kèm {named}không còn; hãy bỏ ra rồi tải lên lại."
    if any(content.details.get(name) for name in RELATIONS):
        fields |= document_relations.refusals(
            details=content.details, publication_id=publication.id if publication else None
        )
    if fields:
        raise InvalidInput("Chưa lưu được: " + " ".join(fields.values()), fields)


def _write(revision: Revision, content: Content) -> None:
    values = asdict(content)
    details = values.pop("details")
    values.pop("files")
    for name, value in values.items():
        setattr(revision, name, value)
    attachments.attach(revision, content.files)
    set_details(revision, revision.publication.kind, details)
    if revision.publication.kind is Kind.DOCUMENT:
        document_relations.write(revision, details)


def _copy_working_text(publication: Publication, revision: Revision, now: datetime) -> None:
    """Until something is published, the publication's own columns follow what is being written."""
    touch(publication, now)
    if publication.live_revision_id is None:
        copy_text(publication, revision)


def touch(publication: Publication, now: datetime) -> None:
    """Change the publication's row, which moves its lock version.

    Of two people who act at once on PostgreSQL, the second finds the row changed and is told,
    instead of both succeeding.
    """
    publication.updated_at = max(now, publication.updated_at + timedelta(microseconds=1))


def copy_text(publication: Publication, revision: Revision) -> None:
    """Make the publication's columns, which lists are made of, say what this revision says."""
    publication.title = revision.title
    publication.slug = slugify(revision.title) or "bai"
    publication.summary = revision.summary
    publication.byline = revision.byline
    publication.section_id = revision.section_id
    publication.lead_media_id = revision.lead_media_id


def record_media(revision: Revision) -> None:
    """Note which pictures the revision shows; the media route opens them to whoever may see it."""
    session = db.session
    tokens = media.media_in(revision.body)
    ids = set(session.scalars(select(Media.id).where(Media.token.in_(tokens)))) if tokens else set()
    if revision.lead_media_id is not None:
        ids.add(revision.lead_media_id)
    session.execute(delete(MediaUse).where(MediaUse.revision_id == revision.id))
    session.add_all(MediaUse(revision_id=revision.id, media_id=media_id) for media_id in ids)
    session.flush()
