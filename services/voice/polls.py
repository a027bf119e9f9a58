"""Polls: one question at a time, a vote a visitor and day, results for everybody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import selectinload

from extensions import db
from models import Poll, PollChoice, PollSeen, User
from services import audit
from services.content_version import mark_changed
from services.dates import local_date, parse_date
from services.errors import Conflict, InvalidInput, NotAllowed, NotFound
from services.voice import plain, votes
from services.voice.votes import Visitor

MAX_QUESTION_CHARACTERS = 300
MAX_NOTE_CHARACTERS = 1000
MAX_CHOICE_CHARACTERS = 200
MIN_CHOICES, MAX_CHOICES = 2, 12
MAX_LISTED = 100


@dataclass(frozen=True, slots=True)
class PollDraft:
    """What was typed of a poll; a choice a line."""

    question: str = ""
    note: str = ""
    choices: str = ""
    closes_on: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """One choice with its votes and its share of a hundred."""

    choice: PollChoice
    votes: int
    percent: int


def takes_votes(poll: Poll, now: datetime) -> bool:
    """Whether a vote counts at this moment; the last day is included."""
    return poll.is_open and (poll.closes_on is None or local_date(now) <= poll.closes_on)


def current(*, now: datetime) -> Poll | None:
    """The poll that takes votes, with its choices."""
    poll = db.session.scalar(select(Poll).where(Poll.is_open).options(selectinload(Poll.choices)))
    return poll if poll is not None and takes_votes(poll, now) else None


def shown(*, poll_id: int) -> Poll:
    """A poll that is or was open. Raises NotFound."""
    poll = db.session.get(Poll, poll_id, options=[selectinload(Poll.choices)])
    if poll is None or poll.opened_at is None:
        raise NotFound("Không có cuộc thăm dò này.")
    return poll


def listed(*, only_shown: bool) -> Sequence[Poll]:
    """All polls, newest first; for readers only those that were opened."""
    query = select(Poll).options(selectinload(Poll.choices)).order_by(Poll.id.desc())
    if only_shown:
        query = query.where(Poll.opened_at.is_not(None))
    return db.session.scalars(query.limit(MAX_LISTED)).all()


def shares(poll: Poll) -> list[Share]:
    """The results, in the order of the choices."""
    total = sum(choice.votes for choice in poll.choices)
    return [
        Share(choice, choice.votes, round(100 * choice.votes / total) if total else 0)
        for choice in poll.choices
    ]


def vote(*, poll_id: int, choice_id: int, visitor: Visitor, now: datetime) -> bool:
    """Count a vote, unless this visitor has voted today; whether it was counted.

    Raises NotFound, NotAllowed once it is closed, InvalidInput if no choice was made.
    """
    poll = shown(poll_id=poll_id)
    if not takes_votes(poll, now):
        raise NotAllowed("Cuộc thăm dò này đã kết thúc.")
    if choice_id not in {choice.id for choice in poll.choices}:
        sentence = "Hãy chọn một phương án rồi bấm “Gửi ý kiến”."
        raise InvalidInput(sentence, {"chon": sentence})
    name = visitor.name(purpose="polls", now=now)
    if not votes.is_first(PollSeen, poll_id=poll_id, visitor_hash=name, voted_at=now):
        return False
    db.session.execute(
        update(PollChoice)
        .where(PollChoice.id == choice_id)
        .values(votes=PollChoice.votes + 1)
        .execution_options(synchronize_session=False)
    )
    db.session.expire_all()
    return True


# ---------------------------------------------------------------- the desk
def get(*, poll_id: int) -> Poll:
    """Any poll, for the desk. Raises NotFound."""
    poll = db.session.get(Poll, poll_id)
    if poll is None:
        raise NotFound("Không có cuộc thăm dò này.")
    return poll


def create(*, draft: PollDraft, actor: User, now: datetime) -> Poll:
    """A poll that nobody sees yet. Raises InvalidInput naming each field that is wrong."""
    question, note, choices, closes_on = _cleaned(draft, now)
    poll = Poll(
        question=question, note=note, closes_on=closes_on, created_by_id=actor.id, created_at=now
    )
    poll.choices = [PollChoice(position=at, text=text) for at, text in enumerate(choices)]
    db.session.add(poll)
    _record("create", poll, actor, now)
    return poll


def edit(*, poll: Poll, draft: PollDraft, actor: User, now: datetime) -> None:
    """Change one that was never open: what has been voted on stays what it was."""
    if poll.opened_at is not None:
        raise NotAllowed("Cuộc thăm dò đã mở nên không sửa được; hãy đóng và tạo cuộc khác.")
    question, note, choices, closes_on = _cleaned(draft, now)
    poll.question, poll.note, poll.closes_on = question, note, closes_on
    poll.choices = []
    # The old ones go before the new ones take their places.
    db.session.flush()
    poll.choices = [PollChoice(position=at, text=text) for at, text in enumerate(choices)]
    _record("edit", poll, actor, now)


def open_poll(*, poll: Poll, actor: User, now: datetime) -> None:
    """Put it to readers. Raises Conflict while another is open."""
    other = db.session.scalar(select(Poll).where(Poll.is_open, Poll.id != poll.id))
    if other is not None:
        raise Conflict(f"Đang mở cuộc “{other.question}”; hãy đóng cuộc ấy trước.")
    if poll.closes_on is not None and poll.closes_on < local_date(now):
        raise NotAllowed("Ngày kết thúc đã qua nên không mở được.")
    poll.is_open, poll.closed_at = True, None
    poll.opened_at = poll.opened_at or now
    _record("open", poll, actor, now)
    mark_changed(db.session())


def close_poll(*, poll: Poll, actor: User, now: datetime) -> None:
    """Take no more votes; the results stay."""
    if not poll.is_open:
        raise Conflict("Cuộc thăm dò này đã đóng rồi.")
    poll.is_open, poll.closed_at = False, now
    _record("close", poll, actor, now)
    mark_changed(db.session())


def _record(action: str, poll: Poll, actor: User, now: datetime) -> None:
    db.session.flush()
    audit.record(
        actor=actor,
        action=f"poll.{action}",
        subject="poll",
        subject_key=str(poll.id),
        subject_name=poll.question,
        changes={},
        now=now,
    )


def _cleaned(draft: PollDraft, now: datetime) -> tuple[str, str, list[str], date | None]:
    wrong: dict[str, str] = {}
    question, wrong["question"] = plain.taken(
        draft.question, label="Câu hỏi", limit=MAX_QUESTION_CHARACTERS, is_needed=True, lines=False
    )
    note, wrong["note"] = plain.taken(
        draft.note, label="Giải thích", limit=MAX_NOTE_CHARACTERS, is_needed=False, lines=True
    )
    most = MAX_CHOICES * (MAX_CHOICE_CHARACTERS + 1)
    text, wrong["choices"] = plain.taken(
        draft.choices, label="Các phương án", limit=most, is_needed=True, lines=True
    )
    choices = list(dict.fromkeys(line for line in text.split("\n") if line))
    if not wrong["choices"]:
        if not MIN_CHOICES <= len(choices) <= MAX_CHOICES:
            wrong["choices"] = (
                f"Hãy ghi từ {MIN_CHOICES} đến {MAX_CHOICES} phương án khác nhau, mỗi dòng một "
                "phương án."
            )
        elif any(len(one) > MAX_CHOICE_CHARACTERS for one in choices):
            wrong["choices"] = f"Mỗi phương án nhiều nhất {MAX_CHOICE_CHARACTERS} ký tự."
    closes_on = None
    if draft.closes_on.strip():
        try:
            closes_on = parse_date(draft.closes_on[:40])
            if closes_on < local_date(now):
                wrong["closes_on"] = "Ngày kết thúc không được ở quá khứ."
        except InvalidInput as error:
            wrong["closes_on"] = f"Ngày kết thúc: {error.sentence}"
    wrong = {name: sentence for name, sentence in wrong.items() if sentence}
    if wrong:
        raise InvalidInput(" ".join(wrong.values()), wrong)
    return question, note, choices, closes_on
