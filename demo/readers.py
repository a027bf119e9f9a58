"""What invented readers sent, read from ``readers.toml``."""

import tomllib
from dataclasses import dataclass
from typing import Any

from demo.content import FOLDER


@dataclass(frozen=True, slots=True)
class Step:
    """What the desk did with a letter; ``do`` is a name of services/voice/rules.py, or
    ``correct``. What follows the moment is for the actions that ask for it."""

    do: str
    by: str
    at: str
    text: str = ""
    unit: str = ""
    day: str = ""
    summary: str = ""
    domain: str = ""
    section: str = ""
    views: int = 0


@dataclass(frozen=True, slots=True)
class Sent:
    """One letter. ``about`` is the number that a publication's file begins with."""

    channel: str
    at: str
    text: str
    about: str = ""
    subject: str = ""
    name: str = ""
    organisation: str = ""
    url: str = ""
    shows_name: bool = False
    may_publish: bool = False
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Rating:
    """How many readers said what of one publication, and in which words."""

    about: str
    satisfied: int
    unsatisfied: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """One poll; never opened where ``opened`` is empty, still open where ``closed`` is."""

    by: str
    question: str
    choices: tuple[str, ...]
    note: str = ""
    opened: str = ""
    closes: str = ""
    closed: str = ""
    votes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Readers:
    """Everything, in the order of the file."""

    letters: list[Sent]
    ratings: list[Rating]
    polls: list[Asked]


def read_readers() -> Readers:
    """What the file holds."""
    rows = tomllib.loads((FOLDER / "readers.toml").read_text("utf-8"))
    return Readers(
        letters=[_sent(row) for row in rows["letter"]],
        ratings=[Rating(**{**row, "notes": tuple(row.get("notes", ()))}) for row in rows["rating"]],
        polls=[_asked(row) for row in rows["poll"]],
    )


def _sent(row: dict[str, Any]) -> Sent:
    steps = tuple(
        Step(**{**step, "text": step.get("text", "").strip()}) for step in row.pop("step", [])
    )
    return Sent(**row, steps=steps)


def _asked(row: dict[str, Any]) -> Asked:
    lists = {"choices": tuple(row["choices"]), "votes": tuple(row.get("votes", ()))}
    return Asked(**{**row, **lists})
