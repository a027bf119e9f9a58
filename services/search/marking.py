"""Shows where a text answers a query: matches marked in the text as it was written."""

import re
from collections import Counter
from collections.abc import Sequence

from markupsafe import Markup, escape

from services.search.scoring import Target
from services.search.terms import number_keys
from services.vietnamese import find_document_numbers

SNIPPET_CHARS = 240
_NUMBER_WEIGHT = 10.0
_SENTENCE_END = re.compile(r"[.!?…:;]\s|\s{2}")


# Matches of one target beyond these change neither what is shown nor where it is cut.
_MAX_SPANS = 16


# Where it begins and ends, its weight, and which target it is of. A plain tuple: there are many.
_Span = tuple[int, int, float, int]


def _spans(
    text: str, folded: str, targets: Sequence[Target], numbers: Sequence[str]
) -> list[_Span]:
    """Where the targets stand in `text`, with their weights; may overlap.

    A word found as typed hides its other spellings in the same text: who asks for "bản" is not
    helped by a marked "ban".
    """
    spans: list[_Span] = []
    for which, target in enumerate(targets):
        pattern, length, weight = target.pattern, target.length, target.weight
        at = folded.find(pattern)
        if at < 0:
            continue
        is_whole = pattern.endswith(" ")
        as_typed: list[_Span] = []
        otherwise: list[_Span] = []
        while at >= 0 and len(as_typed) + len(otherwise) < _MAX_SPANS:
            end = at + length if is_whole else folded.index(" ", at + length) - 1
            found = as_typed if target.is_typed(text[at : at + length]) else otherwise
            found.append((at, end, weight, which))
            at = folded.find(pattern, at + length)
        spans += as_typed or otherwise
    if numbers:
        for number in find_document_numbers(text):
            if set(numbers) & set(number_keys(text[number.start : number.end])):
                spans.append((number.start, number.end, _NUMBER_WEIGHT, -1))
    spans.sort()
    return spans


def _markup(text: str, spans: Sequence[_Span], *, before: str = "", after: str = "") -> Markup:
    parts = [before]
    at = 0
    start = end = -2
    for span_start, span_end, _weight, _which in spans:
        # Neighbours are marked as one, with what parts them.
        if span_start <= end + 1:
            end = max(end, span_end)
            continue
        if end > start:
            parts += (escape(text[at:start]), "<mark>", escape(text[start:end]), "</mark>")
            at = end
        start, end = span_start, span_end
    if end > start:
        parts += (escape(text[at:start]), "<mark>", escape(text[start:end]), "</mark>")
        at = end
    parts += (escape(text[at:]), after)
    return Markup("".join(parts))  # noqa: S704 - each part of it is escaped


def mark(
    prepared: str, *, folded: str, targets: Sequence[Target], numbers: Sequence[str] = ()
) -> Markup:
    """Escape a prepared text and put <mark> around what the query matches.

    `folded` is the stored `fold_aligned(prepared)`. Matches typed without diacritics are marked
    with those that the text has.
    """
    return _markup(prepared, _spans(prepared, folded, targets, numbers))


def snippet(
    prepared: str,
    *,
    folded: str,
    targets: Sequence[Target],
    numbers: Sequence[str] = (),
    max_chars: int = SNIPPET_CHARS,
) -> Markup:
    """Cut out the part of a prepared text that answers best, and mark it as `mark` does.

    `folded` is the stored `fold_aligned(prepared)`. Cut between words, with … where it was cut;
    begins where a sentence does if one begins near. Without a match it is the text's beginning.
    """
    spans = _spans(prepared, folded, targets, numbers)
    start = _best_start(spans, max_chars=max_chars)
    if len(prepared) <= max_chars:
        start = 0
    elif start:
        start = _tidy_start(prepared, start)
    end = min(len(prepared), start + max_chars)
    if end < len(prepared):
        cut = prepared.rfind(" ", start, end)
        end = cut if cut > start else end
    inside = [
        (max(span_start, start) - start, min(span_end, end) - start, weight, which)
        for span_start, span_end, weight, which in spans
        if span_end > start and span_start < end
    ]
    return _markup(
        prepared[start:end].rstrip(),
        inside,
        before="… " if start else "",
        after=" …" if end < len(prepared) else "",
    )


def _best_start(spans: Sequence[_Span], *, max_chars: int) -> int:
    """Where the window begins that holds the greatest weight of different matches."""
    best_start, best_weight = 0, 0.0
    inside: Counter[int] = Counter()
    weight = 0.0
    left = 0
    for span in spans:
        _start, end, span_weight, which = span
        inside[which] += 1
        weight += span_weight if inside[which] == 1 else 0.0
        while end - spans[left][0] > max_chars * 2 // 3 and spans[left] is not span:
            gone_weight, gone_which = spans[left][2:]
            inside[gone_which] -= 1
            weight -= gone_weight if inside[gone_which] == 0 else 0.0
            left += 1
        if weight > best_weight * 1.001:
            best_start, best_weight = spans[left][0], weight
    return best_start


def _tidy_start(text: str, start: int) -> int:
    """Move a window's start back to a sentence's beginning or, failing that, by a few words."""
    earliest = max(0, start - 80)
    if earliest == 0:
        return 0
    ends = list(_SENTENCE_END.finditer(text, earliest, start))
    if ends:
        return ends[-1].end()
    space = text.find(" ", max(0, start - 40), start)
    return space + 1 if space >= 0 else start
