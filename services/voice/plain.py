"""Text from strangers: counted before it is looked at, then cleaned; never markup.

Whatever looks like markup stays as the letters it is, since every template escapes. What goes is
what a reader cannot see or what would spill over other text: control characters, marks that turn
the direction of writing, towers of combining marks.
"""

import re
import unicodedata

from services.vietnamese import clean

# Isolates that turn the direction, invisible operators and tags: what services/vietnamese leaves.
_UNSEEN = re.compile("[\u061c\u2061-\u206f\ufff0-\uffff\U000e0000-\U000e0fff]")
# A letter of Vietnamese has its marks composed; other writing stacks two.
MAX_MARKS = 2
# Longer than this by so many times is not worth the cleaning.
_FAR_TOO_LONG = 4
# What comes back to whoever typed too much.
MAX_ECHO_CHARACTERS = 50_000


def tidy(text: str) -> str:
    """Without what cannot be seen and what towers over its line; line ends stay."""
    text = _UNSEEN.sub("", clean(text.replace("\r\n", "\n").replace("\r", "\n")))
    text = text.replace("\u2028", "\n").replace("\u2029", "\n")
    if text.isascii():
        return text
    kept: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.category(character) in {"Mn", "Me"} else 0
        if marks <= MAX_MARKS:
            kept.append(character)
    return "".join(kept)


def one_line(text: str) -> str:
    """A field of one line, spaces folded."""
    return " ".join(tidy(text).split())


def paragraphs(text: str) -> str:
    """Several lines, each tidied; no more than one empty one between two."""
    lines = [" ".join(part.split()) for part in tidy(text).split("\n")]
    kept: list[str] = []
    for line in lines:
        if line or (kept and kept[-1]):
            kept.append(line)
    return "\n".join(kept).strip()


def echo(text: str) -> str:
    """What was typed, as a form that is refused shows it again."""
    return tidy(text[:MAX_ECHO_CHARACTERS])


def taken(text: str, *, label: str, limit: int, is_needed: bool, lines: bool) -> tuple[str, str]:
    """The cleaned text, and the sentence for whoever must mend it (empty: it can be taken)."""
    if len(text) > limit * _FAR_TOO_LONG:
        return "", f"{label} dài quá {limit} ký tự rất nhiều; hãy rút ngắn rồi gửi lại."
    value = paragraphs(text) if lines else one_line(text)
    if not value:
        return "", f"Hãy ghi {label[0].lower()}{label[1:]}." if is_needed else ""
    if len(value) > limit:
        return value, f"{label} dài {len(value)} ký tự; hãy rút còn nhiều nhất {limit} ký tự."
    return value, ""
