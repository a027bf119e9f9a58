"""Hài lòng, chưa hài lòng: one click on what readers see, counted by day; words for the desk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from extensions import db
from models import Kind, Publication, RatingDay, RatingNote, RatingSeen
from services.dates import end_of_day, local_date, start_of_day
from services.errors import InvalidInput, NotFound, say
from services.visibility import visible
from services.voice import plain, robots, votes
from services.voice.robots import Proof
from services.voice.votes import Visitor

MAX_NOTE_CHARACTERS = 1000
MAX_ROWS = 100


@dataclass(frozen=True, slots=True)
class Rated:
    """One publication with what readers said of it in a period."""

    publication_id: int
    title: str
    kind: Kind
    satisfied: int
    unsatisfied: int

    @property
    def total(self) -> int:
        return self.satisfied + self.unsatisfied

    @property
    def share(self) -> int:
        """Of a hundred, how many are satisfied."""
        return round(100 * self.satisfied / self.total) if self.total else 0


def require_visible(*, publication_id: int, now: datetime) -> Publication:
    """What readers can see. Raises NotFound for anything else."""
    publication = db.session.scalar(
        select(Publication).where(Publication.id == publication_id, visible(now))
    )
    if publication is None:
        raise NotFound(say("Không có bài này."))
    return publication


def rate(*, publication_id: int, is_satisfied: bool, visitor: Visitor, now: datetime) -> bool:
    """Count it, unless this visitor has rated the same today; whether it was counted.

    Raises NotFound for what readers cannot see.
    """
    require_visible(publication_id=publication_id, now=now)
    name = visitor.name(purpose="ratings", now=now)
    if not votes.is_first(
        RatingSeen, publication_id=publication_id, visitor_hash=name, rated_at=now
    ):
        return False
    column = RatingDay.satisfied if is_satisfied else RatingDay.unsatisfied
    counted = votes.upsert(RatingDay).values(
        publication_id=publication_id, rated_on=local_date(now), **{column.key: 1}
    )
    db.session.execute(
        counted.on_conflict_do_update(
            index_elements=[RatingDay.publication_id, RatingDay.rated_on],
            set_={column.key: column + 1},
        )
    )
    return True


def add_note(
    *, publication_id: int, text: str, proof: Proof, form: str, secret_key: str, now: datetime
) -> None:
    """Keep some words for the desk; flushes. Raises InvalidInput, NotFound."""
    require_visible(publication_id=publication_id, now=now)
    wrong: dict[str, str] = {}
    value, sentence = plain.taken(
        text, label="Lời nhắn", limit=MAX_NOTE_CHARACTERS, is_needed=True, lines=True
    )
    if sentence:
        wrong["text"] = sentence
    doubt: robots.RobotDoubt | None = None
    try:
        ticket = robots.check(form=form, proof=proof, secret_key=secret_key, now=now)
    except robots.RobotDoubt as error:
        doubt = error
        wrong.update(error.fields)
    if doubt is not None and not sentence:
        raise doubt
    if wrong:
        raise InvalidInput(" ".join(wrong.values()), wrong)
    noted = votes.upsert(RatingNote).values(
        publication_id=publication_id, send_key=ticket.send_key, text=value, at=now
    )
    db.session.execute(noted.on_conflict_do_nothing())


# ---------------------------------------------------------------- the report
def report(*, from_on: date, to_on: date) -> list[Rated]:
    """What was rated in the period, least satisfying first; both days are included."""
    satisfied = func.sum(RatingDay.satisfied)
    unsatisfied = func.sum(RatingDay.unsatisfied)
    rows = db.session.execute(
        select(Publication.id, Publication.title, Publication.kind, satisfied, unsatisfied)
        .join(RatingDay, RatingDay.publication_id == Publication.id)
        .where(RatingDay.rated_on >= from_on, RatingDay.rated_on <= to_on)
        .group_by(Publication.id, Publication.title, Publication.kind)
        .order_by(unsatisfied.desc(), satisfied, Publication.id)
        .limit(MAX_ROWS)
    )
    return [Rated(row[0], row[1], row[2], int(row[3]), int(row[4])) for row in rows]


def totals(*, from_on: date, to_on: date) -> dict[Kind, tuple[int, int]]:
    """How many were satisfied and how many not, by kind."""
    rows = db.session.execute(
        select(Publication.kind, func.sum(RatingDay.satisfied), func.sum(RatingDay.unsatisfied))
        .join(RatingDay, RatingDay.publication_id == Publication.id)
        .where(RatingDay.rated_on >= from_on, RatingDay.rated_on <= to_on)
        .group_by(Publication.kind)
    )
    return {row[0]: (int(row[1]), int(row[2])) for row in rows}


def notes(*, from_on: date, to_on: date) -> Sequence[tuple[RatingNote, str]]:
    """The words of the period with the title of what they are about, newest first."""
    rows = db.session.execute(
        select(RatingNote, Publication.title)
        .join(Publication, Publication.id == RatingNote.publication_id)
        .where(RatingNote.at >= start_of_day(from_on), RatingNote.at <= end_of_day(to_on))
        .order_by(RatingNote.at.desc(), RatingNote.id.desc())
        .limit(MAX_ROWS)
    )
    return [(row[0], row[1]) for row in rows]
