"""The English version of a text: a publication of its own, begun from the Vietnamese one."""

import re
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from extensions import db
from models import Language, Publication, Revision, User
from services import policy, publications
from services.errors import Conflict, NotAllowed, NotFound
from services.publications import Content, content_of
from services.sanitising import plain_text

# Letters that Vietnamese has and English has not; names of people and places keep theirs.
_VIETNAMESE = re.compile(
    "[àáảãạăắằẳẵặâấầẩẫậđèéẻẽẹêếềểễệìíỉĩịòóỏõọôốồổỗộơớờởỡợùúủũụưứừửữựỳýỷỹỵ]", re.I
)
MOST_VIETNAMESE = 0.25
_FEW_WORDS = 8
_CREDIT = re.compile(r"(<figcaption>(?:(?!</figcaption>).)*?<em>)Ảnh: ", re.DOTALL)


def english_captions(body: str) -> str:
    """A stored English text whose pictures' credits say Photo: they are written where a picture
    is put in, in the language of the desk."""
    return _CREDIT.sub(r"\1Photo: ", body)


def english_of(publication: Publication) -> Publication | None:
    """The English version of a Vietnamese text, in whatever state."""
    return db.session.scalar(
        select(Publication).where(
            Publication.translation_of_id == publication.id,
            Publication.language == Language.EN,
        )
    )


def begin(*, original: Publication, actor: User, with_text: bool, now: datetime) -> Publication:
    """The draft of an English version, the actor's own: same kind, section, picture and files, and
    with ``with_text`` the Vietnamese words to be translated in their places.

    Raises NotAllowed, or Conflict if there is one already.
    """
    if original.language is not Language.VI:
        raise NotAllowed("Bài này đã là bản tiếng Anh.")
    if (refusal := policy.refusal(actor, "publication:view", original)) is not None:
        raise NotAllowed(refusal)
    source = original.live_revision or original.latest_revision
    if source is None:
        raise NotFound("Bài này chưa có nội dung để dịch.")
    if english_of(original) is not None:
        raise _taken()
    # On PostgreSQL two may begin at once; the second waits here for nothing and is refused below.
    draft = publications.create(
        actor=actor, kind=original.kind, content=_begun_with(source, with_text), now=now
    )
    draft.language, draft.translation_of_id = Language.EN, original.id
    try:
        db.session.flush()
    except IntegrityError as taken:
        db.session.rollback()
        raise _taken() from taken
    return draft


def _taken() -> Conflict:
    return Conflict("Bài này đã có bản tiếng Anh, có thể người khác vừa tạo; hãy tải lại trang.")


def _begun_with(source: Revision, with_text: bool) -> Content:
    content = replace(content_of(source), secrecy_declared=False)
    return content if with_text else replace(content, title="", summary="", body="")


def is_in_english(content: Content) -> bool:
    """Whether the text seems to be translated: most of its words have no Vietnamese letter."""
    words = f"{content.title} {content.summary} {plain_text(content.body)}".split()
    vietnamese = sum(1 for word in words if _VIETNAMESE.search(word))
    return len(words) < _FEW_WORDS or vietnamese <= len(words) * MOST_VIETNAMESE
