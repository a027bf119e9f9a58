"""BM25F's arithmetic (Robertson, Zaragoza, Taylor 2004), for the index and for ranking."""

import math

TITLE_WEIGHT, SUMMARY_WEIGHT, BODY_WEIGHT = 5.0, 2.0, 1.0
# That an attached file has it, however often; its length does not make the text that carries it a
# longer one.
FILES_WEIGHT = 0.8
_K1 = 1.2
_B = 0.6
_TYPICAL_CHARS = 1_600


def damping(length: int) -> float:
    """How weighty an occurrence must be to count half, in a text of so many characters."""
    return _K1 * (1 - _B + _B * length / _TYPICAL_CHARS)


def saturated(frequency: float, damped_by: float) -> float:
    """What a weighted frequency adds to a score: the first occurrences most."""
    return frequency * (_K1 + 1) / (frequency + damped_by)


def is_much(frequency: float, damped_by: float) -> bool:
    """Whether a text deals with a term rather than mentions it: about one term in ten."""
    return frequency > max(1.8 * damped_by, BODY_WEIGHT)


def inverse_frequency(*, found_in: float, of: int) -> float:
    """How much a term tells (idf): about 0 if every text has it, high if few do."""
    found_in = min(found_in, of)
    return math.log(1.0 + (of - found_in + 0.5) / (found_in + 0.5))
