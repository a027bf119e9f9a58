"""What a text is filed under, as index terms: a filter is one more list to be in.

Joined to the publications instead, a filter that few pass would read every text that has the
words. A docid says when, so dates are bounds on it; the engine whose index does not hold docids in
order finds those of a quarter of a year by a term.
"""

from collections.abc import Sequence
from datetime import datetime

from models import Kind, Language
from services.search.contract import AnyOf, Lexeme

# A docid is the minute of publication with the publication's id in its lower bits.
ID_BITS = 32
ID_MASK = (1 << ID_BITS) - 1
# A quarter of a year, by which PostgreSQL looks from the newest on.
ERA_MINUTES = 131_040


def docid_of(*, publication_id: int, published_at: datetime) -> int:
    """A number that orders publications by their minute of publication, then by id.

    The index hands out rows in this order, so that the newest come first at no cost.
    """
    return first_docid(published_at) + publication_id


def first_docid(moment: datetime) -> int:
    """What no docid of this minute or a later one is less than."""
    return int(moment.timestamp()) // 60 << ID_BITS


def last_docid(moment: datetime) -> int:
    """What no docid of this minute or an earlier one is greater than."""
    return first_docid(moment) | ID_MASK


def era_of(docid: int) -> int:
    return (docid >> ID_BITS) // ERA_MINUTES


def era_term(era: int) -> str:
    return f"=e{era}"


def filed_under(
    *,
    docid: int,
    kind: Kind,
    section_id: int | None,
    unit_id: int,
    has_file: bool,
    language: Language,
) -> list[str]:
    """The terms of one text."""
    terms = [
        f"=k{kind}",
        f"=u{unit_id}",
        "=f" if has_file else "=-f",
        f"=l{language}",
        era_term(era_of(docid)),
    ]
    if section_id is not None:
        terms.append(f"=s{section_id}")
    return terms


def kind_clause(kind: Kind) -> Lexeme:
    return Lexeme(f"=k{kind}")


def section_clause(section_ids: Sequence[int]) -> AnyOf:
    return AnyOf(tuple((Lexeme(f"=s{section_id}"),) for section_id in section_ids))


def unit_clause(unit_id: int) -> Lexeme:
    return Lexeme(f"=u{unit_id}")


def file_clause(has_file: bool) -> Lexeme:
    return Lexeme("=f" if has_file else "=-f")


def language_clause(language: Language) -> Lexeme:
    return Lexeme(f"=l{language}")
