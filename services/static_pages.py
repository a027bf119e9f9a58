"""The pages that stay: about, structure, leaders, contact, terms; with short addresses."""

from dataclasses import dataclass
from datetime import datetime

from extensions import db
from models import Kind, Language, PageDetail, Publication
from services.kind_lists import rows_of_kind
from services.kinds import PAGE_PLACES

# place: its short address. What is “khac” has none.
ADDRESSES = {
    "gioi-thieu": "gioi-thieu",
    "co-cau": "co-cau-to-chuc",
    "lanh-dao": "lanh-dao",
    "lien-he": "lien-he",
    "dieu-khoan": "dieu-khoan",
}
LABELS = dict(PAGE_PLACES)
MAX_LISTED = 100


@dataclass(frozen=True, slots=True)
class StaticPage:
    """One page as a link needs it."""

    id: int
    kind: Kind
    language: Language
    slug: str
    title: str
    summary: str
    place: str


def all_live(
    *, now: datetime, place: str = "", language: Language = Language.VI
) -> list[StaticPage]:
    """What readers see now, of one place or of all, in the order that the board gave them."""
    query = (
        rows_of_kind(Kind.PAGE, PageDetail, PageDetail.place, now=now, language=language)
        .order_by(PageDetail.position.asc().nulls_last(), Publication.published_at, Publication.id)
        .limit(MAX_LISTED)
    )
    if place:
        query = query.where(PageDetail.place == place)
    return [StaticPage(*row) for row in db.session.execute(query)]
