"""Results that the board shows first: which publication, for which words, until when. Audited."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from extensions import db
from models import Promotion, Publication, User
from services import audit
from services.dates import local_date, parse_date
from services.errors import InvalidInput, NotFound
from services.search.promoting import MAX_FOR_WORDS, MAX_KEY_CHARS, key_of
from services.vietnamese import clean

MAX_PROMOTIONS = 200
# Whoever promotes something says when to think again.
LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionDraft:
    """What was typed; ``publication`` is an address of the site, or the number at its end."""

    words: str = ""
    publication: str = ""
    until_on: str = ""


def all_promotions() -> Sequence[Promotion]:
    """Every one, those that end last first."""
    return db.session.scalars(
        select(Promotion)
        .options(joinedload(Promotion.publication), joinedload(Promotion.by))
        .order_by(Promotion.until_on.desc(), Promotion.id.desc())
    ).all()


def create(*, actor: User, draft: PromotionDraft, now: datetime) -> Promotion:
    """Show a publication first for some words. Raises InvalidInput naming each wrong field."""
    wrong: dict[str, str] = {}
    words = " ".join(clean(draft.words).split())
    key = key_of(words)
    today = local_date(now)
    if not key:
        wrong["words"] = "Hãy ghi các từ mà bạn đọc gõ, ví dụ “giờ tiếp công dân”."
    elif len(words) > MAX_KEY_CHARS:
        wrong["words"] = f"Quá dài; hãy rút còn nhiều nhất {MAX_KEY_CHARS} ký tự."
    publication = _publication(draft.publication)
    if publication is None:
        wrong["publication"] = "Không có bài đang đăng ở địa chỉ này; hãy chép địa chỉ trang bài."
    until_on = _until(draft.until_on, today=today, wrong=wrong)
    if not wrong:
        running = db.session.scalars(
            select(Promotion).where(Promotion.key == key, Promotion.until_on >= today)
        ).all()
        if any(publication and each.publication_id == publication.id for each in running):
            wrong["publication"] = "Bài này đã được đưa lên đầu cho các từ ấy."
        elif len(running) >= MAX_FOR_WORDS:
            wrong["words"] = (
                f"Các từ này đã có {MAX_FOR_WORDS} bài được đưa lên đầu; hãy bỏ bớt một bài."
            )
    if (db.session.scalar(select(func.count(Promotion.id))) or 0) >= MAX_PROMOTIONS:
        wrong["words"] = f"Đã có {MAX_PROMOTIONS} kết quả đưa lên đầu; hãy bỏ bớt."
    if wrong or publication is None or until_on is None:
        raise InvalidInput("Chưa lưu được; hãy sửa những chỗ được chỉ ra.", wrong)
    promotion = Promotion(
        words=words,
        key=key,
        publication=publication,
        until_on=until_on,
        by_id=actor.id,
        created_at=now,
    )
    db.session.add(promotion)
    db.session.flush()
    _record(actor, "promotion.create", promotion, now)
    return promotion


def delete(*, actor: User, promotion_id: int, now: datetime) -> Promotion:
    """Show it first no more. Raises NotFound."""
    promotion = db.session.get(Promotion, promotion_id)
    if promotion is None:
        raise NotFound("Mục này không còn; có thể người khác vừa bỏ.")
    _record(actor, "promotion.delete", promotion, now)
    db.session.delete(promotion)
    db.session.flush()
    return promotion


def _publication(address: str) -> Publication | None:
    """What is published at an address such as /bai-viet/ten-bai-12."""
    found = re.fullmatch(
        r"(?:.*[-/])?(\d{1,9})", clean(address[:600]).strip().split("?")[0].split("#")[0]
    )
    if found is None:
        return None
    publication = db.session.get(Publication, int(found[1]))
    if publication is None or publication.live_revision_id is None or publication.withdrawn_at:
        return None
    return publication


def _until(typed: str, *, today: date, wrong: dict[str, str]) -> date | None:
    try:
        until_on = parse_date(typed.strip())
    except InvalidInput as error:
        wrong["until_on"] = error.sentence if typed.strip() else "Hãy ghi ngày thôi đưa lên đầu."
        return None
    if not today <= until_on <= today + LONGEST:
        wrong["until_on"] = "Ngày thôi đưa lên đầu phải từ hôm nay đến một năm nữa."
        return None
    return until_on


def _record(actor: User, action: str, promotion: Promotion, now: datetime) -> None:
    facts = {
        "words": promotion.words,
        "title": promotion.publication.title,
        "until_on": promotion.until_on.isoformat(),
    }
    is_new = action.endswith("create")
    audit.record(
        actor=actor,
        action=action,
        subject="promotion",
        subject_key=str(promotion.id),
        subject_name=f"{promotion.words} → {promotion.publication.title}",
        changes={name: [None, fact] if is_new else [fact, None] for name, fact in facts.items()},
        now=now,
    )
