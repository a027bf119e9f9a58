"""Refusals that a person reads.

Every rule that says no raises one of these with a Vietnamese sentence that names what is wrong
and what to do. A blueprint turns the class into a status; the sentence is shown as it is.
"""

from collections.abc import Mapping


class Sentence(str):
    """A Vietnamese sentence that knows of what it was made, so that an English page can say it
    too. Whatever else takes it for a sentence as any."""

    template: str
    values: Mapping[str, object]


def say(template: str, **values: object) -> Sentence:
    """The sentence with its places ``%(name)s`` filled. The template is in the English catalogue
    (``python -m tools.translations``); a value is said in English only if it is a sentence."""
    sentence = Sentence(template % values if values else template)
    sentence.template, sentence.values = template, values
    return sentence


class DomainError(Exception):
    """A rule of the site said no; ``sentence`` tells the person why and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class InvalidInput(DomainError):
    """Something typed cannot be taken. ``fields`` maps a field's name to its own sentence."""

    def __init__(self, sentence: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.fields = dict(fields or {})


class NotAllowed(DomainError):
    """The person may not do this, or not now; the sentence says which."""


class NotFound(DomainError):
    """There is no such thing, or this person is not to know that there is."""


class Conflict(DomainError):
    """What the person saw is no longer what is stored: somebody was faster."""


class TooMany(DomainError):
    """Asked too often. ``retry_after_s`` is how many seconds to wait."""

    def __init__(self, sentence: str, retry_after_s: int) -> None:
        super().__init__(sentence)
        self.retry_after_s = retry_after_s
