"""What readers of the demonstration asked for in vain, and what its board shows first."""

from datetime import datetime, timedelta

from sqlalchemy import select

from extensions import db
from models import Publication, Role, UnansweredQuery, User
from services import promotions, synonyms
from services.dates import format_date, local_date
from services.promotions import PromotionDraft
from services.visibility import visible

# Words, how often, and how many days ago.
_IN_VAIN = (
    ("giay phep buc xa cong nghiep", 7, 1),
    ("tuyen dung vien chuc 2026", 5, 2),
    ("mau don dang ky nhan hieu quoc te", 4, 1),
    ("ho tro chuyen giao cong nghe thuy canh", 3, 4),
    ("phong thi nghiem mo cua thu bay", 2, 6),
)
# What people say, and what titles say: an administrator saw it among the words that found nothing.
_NAMES = "máy X-quang\nthiết bị X-quang\nmáy chụp X-quang"
_FIRST = ("gặp lãnh đạo Sở", "Lịch tiếp công dân")


def look_after_search(*, now: datetime) -> None:
    """Put in some words that found nothing, one result that is shown first, and names of one
    thing beside those that every site begins with."""
    today = local_date(now)
    db.session.add_all(
        UnansweredQuery(asked_on=today - timedelta(days=days), key=key, count=count)
        for key, count, days in _IN_VAIN
    )
    words, title = _FIRST
    wanted = db.session.scalar(
        select(Publication.id).where(visible(now), Publication.title.startswith(title)).limit(1)
    )
    chief = db.session.scalar(
        select(User).where(User.role == Role.CHIEF).order_by(User.id).limit(1)
    )
    if wanted is not None and chief is not None:
        until = format_date(today + timedelta(days=60))
        draft = PromotionDraft(words=words, publication=str(wanted), until_on=until)
        promotions.create(actor=chief, draft=draft, now=now)
    admin = db.session.scalar(
        select(User).where(User.role == Role.ADMIN, User.is_active).order_by(User.id).limit(1)
    )
    if admin is not None:
        synonyms.save(actor=admin, synonym_id=None, forms=_NAMES, now=now)
