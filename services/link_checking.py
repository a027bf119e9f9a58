"""Asking the outside links of the texts, in the background, and judging what came back.

One request to a host every few seconds, a few links of a host in one run, each link once a month
while it answers. A link is broken when it failed at three checks, each a day or more after the
one before; at two, if the server says that the page is gone. An answer that only turns robots
away says nothing; one that blames the server itself is given longer.
"""

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from sqlalchemy import exists, select

from extensions import db
from models import Link
from services import links
from services.outside_web import Answer, Web

MAX_PER_RUN = 40
MAX_OF_A_HOST = 5
MAX_RUN_S = 300.0
HOST_PAUSE_S = 3.0
FAILURES_TO_BE_BROKEN = 3
FAILURES_IF_GONE = 2
MAX_ERROR_CHARACTERS = 300

GONE = frozenset({404, 410})
# Not for robots, not without an account, not so often: people may see it all the same.
TURNED_AWAY = frozenset({401, 402, 403, 407, 408, 425, 429, 451, 999})

AGAIN_IF_WORKING = timedelta(days=30)
AGAIN_IF_BROKEN = timedelta(days=7)
AGAIN_IF_TURNED_AWAY = timedelta(days=14)
# What does not work is asked again after so long; sooner it would not be another failure.
BETWEEN_FAILURES = timedelta(days=1)
BETWEEN_FAULTS = timedelta(days=3)
# Somebody asks for a link again a few minutes before its day is over.
SLACK = timedelta(hours=1)
# Within it some host must have answered, or it is our own network that is away.
NETWORK_SEEN_WITHIN = timedelta(days=2)


class Outcome(Enum):
    """What an answer says of the link."""

    WORKS = auto()
    GONE = auto()
    SILENT = auto()
    FAULT = auto()
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True)
class _Due:
    id: int
    url: str
    host: str


def agent_of(site_url: str) -> str:
    """How the site names itself to those whom it asks, with where to ask back."""
    return f"Mozilla/5.0 (compatible; LinkCheck/1.0; +{site_url}/)"


def check_links(
    *,
    now: datetime,
    site_url: str,
    checkpoint: Callable[[], None],
    web: Web | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Ask the links that are due, within bounds of number and time; answers how many were.

    ``checkpoint`` commits: no transaction is open while other machines are asked. ``web`` and
    ``sleep`` are for tests.
    """
    links.note_older(now=now)
    links.forget_unused(now=now)
    due = _due(now)
    checkpoint()
    manners = Manners(sleep)
    asking = web or Web(agent=agent_of(site_url), before=manners.wait)
    ends_at = time.monotonic() + MAX_RUN_S
    answers: dict[int, Answer] = {}
    hushed: set[str] = set()
    for link in due:
        if time.monotonic() > ends_at:
            break
        if link.host in hushed:
            # It asked to be left alone; its others wait for the next run.
            continue
        answer = answers[link.id] = asking.ask(link.url)
        if answer.status in (429, 503):
            hushed.add(link.host)
    if answers:
        _record(answers, now)
    return len(answers)


def _due(now: datetime) -> list[_Due]:
    """What to ask in this run: the longest due first, few of a host, hosts in turns."""
    rows = db.session.execute(
        select(Link.id, Link.url, Link.host)
        .where(Link.next_check_at <= now, links.is_used())
        .order_by(Link.next_check_at, Link.id)
        .limit(MAX_PER_RUN * 10)
    )
    of_host: dict[str, int] = {}
    turns: list[tuple[int, _Due]] = []
    for link_id, url, host in rows:
        turn = of_host[host] = of_host.get(host, 0) + 1
        if turn <= MAX_OF_A_HOST:
            turns.append((turn, _Due(link_id, url, host)))
    chosen = turns[:MAX_PER_RUN]
    return [link for _, link in sorted(chosen, key=lambda pair: pair[0])]


class Manners:
    """Lets some seconds pass between two requests to one host."""

    def __init__(
        self, sleep: Callable[[float], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.sleep = sleep
        self.clock = clock
        self.asked_at: dict[str, float] = {}

    def wait(self, host: str) -> None:
        last = self.asked_at.get(host)
        if last is not None:
            left = last + HOST_PAUSE_S - self.clock()
            if left > 0:
                self.sleep(left)
        self.asked_at[host] = self.clock()


def outcome_of(answer: Answer) -> Outcome:
    """What an answer says of the link."""
    if answer.is_refused or answer.status in TURNED_AWAY:
        return Outcome.UNKNOWN
    if answer.status in GONE:
        return Outcome.GONE
    if answer.status >= 500:
        return Outcome.FAULT
    if 0 < answer.status < 400:
        return Outcome.WORKS
    return Outcome.SILENT


def _record(answers: Mapping[int, Answer], now: datetime) -> None:
    rows = db.session.scalars(select(Link).where(Link.id.in_(answers)).order_by(Link.id)).all()
    # A server without a way out finds every link silent, and must not call them all broken.
    has_network = any(answer.status for answer in answers.values()) or _was_answered_lately(now)
    for link in rows:
        _judge(link, answers[link.id], has_network=has_network, now=now)
    db.session.flush()


def _was_answered_lately(now: datetime) -> bool:
    query = select(exists().where(Link.checked_at >= now - NETWORK_SEEN_WITHIN, Link.status > 0))
    return bool(db.session.scalar(query))


def _judge(link: Link, answer: Answer, *, has_network: bool, now: datetime) -> None:
    outcome = outcome_of(answer)
    if outcome is Outcome.SILENT and not has_network:
        link.next_check_at = now + BETWEEN_FAILURES
        return
    was_gone, was_failing = link.status in GONE, link.failures > 0
    last_at = link.checked_at
    link.status, link.error = answer.status, answer.error[:MAX_ERROR_CHARACTERS]
    if outcome in (Outcome.WORKS, Outcome.UNKNOWN):
        link.checked_at = now
        usual = AGAIN_IF_WORKING if outcome is Outcome.WORKS else AGAIN_IF_TURNED_AWAY
        link.next_check_at = now + usual + _spread(link)
        if outcome is Outcome.WORKS:
            link.failures, link.broken_since = 0, None
        return
    wait = BETWEEN_FAULTS if outcome is Outcome.FAULT else BETWEEN_FAILURES
    if was_failing and last_at is not None and now - last_at < wait - SLACK:
        # Asked again on somebody's wish: it has not failed another day by that, and the day
        # counts from the failure before.
        link.next_check_at = AGAIN_IF_BROKEN + now if link.broken_since else last_at + wait
        return
    link.checked_at = now
    link.failures += 1
    is_broken = link.failures >= FAILURES_TO_BE_BROKEN or (
        outcome is Outcome.GONE and was_gone and link.failures >= FAILURES_IF_GONE
    )
    if is_broken and link.broken_since is None:
        link.broken_since = now
    link.next_check_at = now + (AGAIN_IF_BROKEN if link.broken_since else wait)


def _spread(link: Link) -> timedelta:
    """Up to a fifth of a month, by the address: what was noted on one day is not asked on one."""
    number = int(hashlib.sha256(link.url_hash.encode()).hexdigest()[:8], 16)
    return timedelta(minutes=number % (6 * 24 * 60))


def known_of(link: Link) -> str:
    """What is known of a link that does not work, in words."""
    if link.error:
        return link.error
    if link.status in GONE:
        return "Trang này không còn."
    if link.status is not None and link.status >= 500:
        return "Máy chủ của trang báo lỗi."
    if link.status:
        return "Trang không mở được."
    return "Chưa kiểm tra."
