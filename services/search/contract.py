"""What a search is asked and what it answers, on whichever engine."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from markupsafe import Markup
from sqlalchemy.orm import Session

from models import Kind, Language
from services.search.terms import prefix_term

if TYPE_CHECKING:
    from services.search.filtering import Filters

# Hits are counted and ranked up to here; beyond it a page says "hơn 1.000 kết quả".
TOTAL_CAP = 1_000


class Sort(StrEnum):
    """How hits are ordered. Without words to match, RELEVANCE is NEWEST."""

    RELEVANCE = "relevance"
    NEWEST = "newest"
    OLDEST = "oldest"


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """What a reader asks for. Every field may be left out; `q` may be anything at all.

    `section_ids` are the chosen section and those below it. `date_from` and `date_to` are days
    in Asia/Ho_Chi_Minh, both included. `prefix_last` takes the last word as one that is still
    being typed. `phrase` must stand in a text as it is, and no word of `without` may.
    `with_facets` asks how many each further filter would leave.
    """

    q: str = ""
    phrase: str = ""
    without: str = ""
    kind: Kind | None = None
    section_ids: Sequence[int] = ()
    unit_id: int | None = None
    author: str = ""
    issuing_body: str = ""
    has_file: bool | None = None
    date_from: date | None = None
    date_to: date | None = None
    sort: Sort = Sort.RELEVANCE
    page: int = 1
    per_page: int = 20
    prefix_last: bool = False
    language: Language = Language.VI
    with_facets: bool = False

    @property
    def is_unfiltered(self) -> bool:
        """Whether nothing but words was asked for."""
        names = self.author or self.issuing_body
        places = self.kind or self.section_ids or self.unit_id
        return not (names or places or self.date_from or self.date_to) and self.has_file is None


class Facet(StrEnum):
    """What hits are counted by."""

    KIND = "kind"
    SECTION = "section"
    UNIT = "unit"
    YEAR = "year"
    HAS_FILE = "has_file"


@dataclass(frozen=True, slots=True)
class FacetCounts:
    """How many hits each choice would leave, the other choices kept.

    Of at most TOTAL_CAP hits, the newest; if there are more, `is_capped` tells that a count is
    "so many at least". Values are a Kind, ids of sections and units, years, True.
    """

    counts: dict[Any, int]
    is_capped: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One publication found, as far as it shows why. `*_html` are escaped, matches in <mark>."""

    publication_id: int
    title: str
    title_html: Markup
    snippet_html: Markup
    # The snippet is of an attached file.
    is_of_file: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult:
    """One page of hits.

    `total` stops at TOTAL_CAP, and then `total_is_capped` is true. `folded_only` tells that
    the words were typed with diacritics and found only without them ("không dấu").
    `any_of` tells that not every word had to be there, as for a question. `also` are other
    names of what was typed, which were looked for too. `promoted_ids` are publications that the
    board shows first for these words, whether they hold them or not.
    """

    total: int
    total_is_capped: bool
    hits: Sequence[Hit] = field(default_factory=tuple)
    page: int
    per_page: int
    elapsed_ms: float
    folded_only: bool = False
    any_of: bool = False
    also: Sequence[str] = ()
    promoted_ids: frozenset[int] = frozenset()
    facets: dict[Facet, FacetCounts] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """The page that this is, named as in every other list."""
        return self.page

    @property
    def pages(self) -> int:
        """How many pages the counted hits fill; at least 1."""
        return max(1, -(-self.total // self.per_page))


class Lexeme(NamedTuple):
    """One index term to look up; with `prefix`, every folded word that begins so, or, after "^",
    every term of a title."""

    text: str
    prefix: bool = False

    @property
    def term(self) -> str:
        """As it stands in the index."""
        return prefix_term(self.text) if self.prefix else self.text


class AnyOf(NamedTuple):
    """Several ways to say one thing: a text must hold all terms of one of them."""

    ways: tuple[tuple[Lexeme, ...], ...]


Clause = Lexeme | AnyOf


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What is stored of one publication. See `terms.prepare` for the texts.

    `docid` orders documents by publication time; `lexemes` is all that can be looked up; `files`
    is what the attached files say. What facets count by stands beside them.
    """

    docid: int
    publication_id: int
    kind: Kind
    section_id: int | None
    unit_id: int
    has_file: bool
    title: str
    summary: str
    body: str
    files: str = ""
    numbers: str
    lexemes: Sequence[str]


class StoredRow(Protocol):
    """A row of the store, as scoring and marking read it."""

    docid: int
    title: str
    summary: str
    body: str
    folded_title: str
    folded_summary: str
    files: str
    folded_body: str
    folded_files: str
    numbers: str


class Engine(Protocol):
    """What the two engines do differently; everything else is written once."""

    def find(
        self,
        *,
        each_of: Sequence[Sequence[Clause]],
        none_of: Sequence[Sequence[Lexeme]] = (),
        filters: "Filters",
        limit: int,
        oldest_first: bool = False,
    ) -> Sequence[Sequence[int]]:
        """For each of several lists of terms, docids of the publications that hold all of them.

        At most `limit` for each, newest first, of those that pass the filters. None holds all
        terms of any list in `none_of`.
        """

    def known_common(self, session: Session, *, above: float) -> frozenset[str]:
        """Terms known without looking to be in more than this part of all texts; it may be that
        none are known."""

    def store(self, session: Session, *, documents: Sequence[Document]) -> None:
        """Put documents in, in place of what was there for their publications."""

    def remove(self, session: Session, *, publication_ids: Sequence[int]) -> None:
        """Take the documents of publications out, as far as there are any."""

    def clear(self, session: Session) -> None:
        """Take everything out."""

    def optimise(self, session: Session, *, checkpoint: Callable[[], None] | None = None) -> None:
        """Tidy up after a great many changes, calling `checkpoint` between steps."""

    def tidy(self, session: Session, *, checkpoint: Callable[[], None] | None = None) -> None:
        """The same for what changes from day to day: little is written for what it brings."""
