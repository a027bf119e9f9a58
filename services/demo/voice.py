"""What readers of the demonstration sent, and what its desk did with it: through the services that
people use, as everything else here. Nobody has the codes of what is invented.
"""

import random
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from demo import content
from demo.content import HO_CHI_MINH
from demo.readers import Asked, Rating, Sent, Step, read_readers
from models import Channel, Publication, Role, User, VoiceItem
from services import comments, publications, workflow
from services.demo.people import Cast
from services.demo.readers import add_views
from services.publications import content_of, seen_token
from services.voice import handling, polls, publishing, ratings, receiving, robots, votes
from services.voice.polls import PollDraft
from services.voice.receiving import Letter
from services.voice.robots import Proof
from services.voice.votes import Visitor

_SATURDAY = 5
_TYPED_FOR = timedelta(minutes=4)
_APART = timedelta(minutes=25)
# From the draft of a published question to each step of its road, in minutes.
_ROAD = (35, 70, 120, 185, 190)
_AGENT = "Demonstration"

Written = Mapping[str, Publication]


def play_voice(*, cast: Cast, written: Written, now: datetime) -> None:
    """Send the letters of ``demo/readers.toml`` and answer them, rate and vote; flushes.

    ``written`` are the publications by the names of their files.
    """
    told = read_readers()
    stage = _Stage(cast, {name[:3]: one for name, one in written.items()}, now)
    for _, act in sorted(stage.events(told.letters), key=lambda event: event[0]):
        act()
    for rating in told.ratings:
        stage.rate(rating)
    for poll in told.polls:
        stage.ask(poll)
    votes.prune(now=now)


class _Stage:
    """Everybody and everything that the letters name."""

    def __init__(self, cast: Cast, texts: Mapping[str, Publication], now: datetime) -> None:
        self.cast, self.texts, self.now = cast, texts, now
        # Of this demonstration alone: what is signed with it is thrown away.
        self.secret_key = secrets.token_hex(32)
        self.chance = random.Random("readers")  # noqa: S311 - not for secrets

    def events(self, letters: list[Sent]) -> list[tuple[datetime, Callable[[], None]]]:
        """Each letter and each step with its moment, so that the days of all go on together."""
        found: list[tuple[datetime, Callable[[], None]]] = []
        for letter in letters:
            story = _Story(self, letter)
            at = content.moment(letter.at, now=self.now)
            found.append((at, partial(story.receive, now=at)))
            for step in letter.steps:
                # Weekends drop out, so that what was done one after the other would be at once.
                at = max(self.at_work(step.at), min(at + _APART, self.now))
                found.append((at, partial(story.take, step, now=at)))
        return found

    def at_work(self, moment: str) -> datetime:
        """When that was, on a day on which people work, and not later than now."""
        local = content.moment(moment, now=self.now).astimezone(HO_CHI_MINH)
        while local.weekday() >= _SATURDAY:
            local += timedelta(days=1)
        return min(local, self.now)

    def proof(self, form: str, now: datetime) -> Proof:
        """What comes with a form that a person filled in: the question answered."""
        ticket = robots.issue(form=form, secret_key=self.secret_key, now=now - _TYPED_FOR)
        asked = next(one for one in robots.questions() if one.text == ticket.question)
        return Proof(ticket=ticket.signed, answer=min(asked.answers))

    def visitor(self, number: int) -> Visitor:
        """One of many; the addresses are those of examples."""
        return Visitor(f"2001:db8::{number:x}", _AGENT, self.secret_key)

    def rate(self, rating: Rating) -> None:
        """Clicks between the text's publication and now, and a few words."""
        text = self.texts[rating.about]
        assert text.published_at is not None
        days = max((self.now - text.published_at).days, 0)
        said = [True] * rating.satisfied + [False] * rating.unsatisfied
        self.chance.shuffle(said)
        for number, is_satisfied in enumerate(said):
            ratings.rate(
                publication_id=text.id,
                is_satisfied=is_satisfied,
                visitor=self.visitor(number),
                now=self.now - timedelta(days=self.chance.randint(0, min(days, 40))),
            )
        for number, words in enumerate(rating.notes):
            at = self.now - timedelta(hours=3 + 20 * number)
            form = f"rating:{text.id}"
            ratings.add_note(
                publication_id=text.id,
                text=words,
                proof=self.proof(form, at),
                form=form,
                secret_key=self.secret_key,
                now=at,
            )

    def ask(self, asked: Asked) -> None:
        """A poll from its draft to where it stands, with its votes."""
        actor = self.cast.users[asked.by]
        opened = self.at_work(asked.opened) if asked.opened else self.now
        draft = PollDraft(
            asked.question,
            asked.note,
            "\n".join(asked.choices),
            content.filled(asked.closes, now=self.now),
        )
        poll = polls.create(draft=draft, actor=actor, now=opened)
        if not asked.opened:
            return
        polls.open_poll(poll=poll, actor=actor, now=opened)
        closed = self.at_work(asked.closed) if asked.closed else self.now
        chosen = [
            choice.id
            for choice, count in zip(poll.choices, asked.votes, strict=True)
            for _ in range(count)
        ]
        for number, choice_id in enumerate(chosen):
            polls.vote(
                poll_id=poll.id,
                choice_id=choice_id,
                visitor=self.visitor(number),
                now=opened + (closed - opened) * self.chance.random(),
            )
        if asked.closed:
            polls.close_poll(poll=poll, actor=actor, now=closed)


class _Story:
    """One letter from its form to where it stands."""

    def __init__(self, stage: _Stage, letter: Sent) -> None:
        self.stage, self.letter = stage, letter
        self.channel = Channel(letter.channel)
        self.about = stage.texts[letter.about] if letter.about else None
        self.item: VoiceItem | None = None

    def receive(self, *, now: datetime) -> None:
        letter = self.letter
        if self.channel is Channel.COMMENT and self.about is not None:
            comments.require_open(publication=self.about, now=now)
        form = f"{self.channel.value}:{self.about.id if self.about else 0}"
        self.item = receiving.receive(
            channel=self.channel,
            letter=Letter(
                subject=letter.subject,
                text=letter.text,
                url=letter.url,
                name=letter.name,
                organisation=letter.organisation,
                shows_name=letter.shows_name,
                may_publish=letter.may_publish,
                consents=bool(letter.name),
            ),
            proof=self.stage.proof(form, now),
            publication=self.about,
            form=form,
            secret_key=self.stage.secret_key,
            site_name="",
            site_url="",
            now=now,
        ).item

    def take(self, step: Step, *, now: datetime) -> None:
        """What the desk did, on the version that it saw."""
        item = self.item
        assert item is not None, "received before anything is done with it"
        actor = self.stage.cast.users[step.by]
        known: dict[str, Any] = {
            "item": item,
            "actor": actor,
            "seen": str(item.lock_version),
            "now": now,
        }
        if step.do == "correct":
            self._correct(step, actor, now)
        elif step.do == "publish":
            self._publish(step, known)
        elif step.do == "assign":
            handling.assign(unit_id=self.stage.cast.units[step.unit].id, **known)
        elif step.do == "extend":
            day = content.filled(step.day, now=self.stage.now)
            handling.extend(day=day, reason=step.text, **known)
        elif step.do == "show":
            handling.show(text=step.text or item.text, **known)
        elif step.do in {"return", "refuse"}:
            turn = {"return": handling.return_answer, "refuse": handling.refuse}[step.do]
            turn(reason=step.text, **known)
        elif step.do in {"draft", "submit"}:
            write: Callable[..., Any] = (
                handling.save_answer if step.do == "draft" else handling.submit_answer
            )
            write(text=step.text, **known)
        elif step.do == "approve":
            handling.approve_answer(**known)
        else:
            raise LookupError(step.do)

    def _correct(self, step: Step, actor: User, now: datetime) -> None:
        """The public note that follows from a report."""
        assert self.about is not None
        assert self.about.live_revision is not None
        workflow.correct(
            publication=self.about,
            actor=actor,
            seen=seen_token(self.about.live_revision),
            note=step.text,
            now=now,
        )

    def _publish(self, step: Step, known: dict[str, Any]) -> None:
        """The question and its answer as a publication, the way of every text."""
        author, began = known["actor"], known["now"]
        text = publishing.make_publication(**known)
        draft = text.latest_revision
        assert draft is not None
        written = content_of(draft)
        publications.save(
            publication=text,
            actor=author,
            content=replace(
                written,
                summary=step.summary,
                section_id=self.stage.cast.sections[step.section].id,
                secrecy_declared=True,
                details={**written.details, "domain": step.domain},
            ),
            seen=seen_token(draft),
            now=began,
        )
        editor = self.stage.cast.users["hoangyen"]
        chief = self.stage.cast.all_of(Role.CHIEF)[0]
        road: tuple[tuple[Callable[..., Any], User], ...] = (
            (workflow.submit, author),
            (workflow.take, editor),
            (workflow.forward, editor),
            (workflow.approve, chief),
            (workflow.publish, chief),
        )
        for (act, actor), minutes in zip(road, _ROAD, strict=True):
            latest = text.latest_revision
            assert latest is not None
            at = began + timedelta(minutes=minutes)
            act(publication=text, actor=actor, seen=seen_token(latest), now=at)
        add_views(text, total=step.views, now=self.stage.now, chance=self.stage.chance)
