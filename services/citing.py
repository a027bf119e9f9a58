"""How to cite a publication: as text and as BibTeX.

BibTeX entries are UTF-8, which biber reads, and BibTeX with inputenc passes through; only what
means something to LaTeX is escaped. Names and titles stand in double braces: a Vietnamese name
begins with the family's, and its capitals are its own.
"""

from dataclasses import dataclass
from datetime import date, datetime

from babel.dates import format_date as babel_date

from services.dates import format_date, local_date
from services.vietnamese import slugify

_ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
MAX_KEY_CHARACTERS = 40


@dataclass(frozen=True, slots=True)
class Citation:
    """What a citation says, on the day on which the page was read."""

    id: int
    title: str
    author: str
    publisher: str
    url: str
    published_at: datetime
    language: str = "vi"
    number: str = ""

    def text(self) -> str:
        """One sentence for a list of sources."""
        return self.author + self.rest()

    def rest(self) -> str:
        """The sentence after the author's name, in the language of what is cited."""
        title, on = self.title.rstrip("."), local_date(self.published_at)
        is_vietnamese = self.language == "vi"
        number = f", {'số' if is_vietnamese else 'No.'} {self.number}" if self.number else ""
        day = format_date(on) if is_vietnamese else babel_date(on, "d MMMM y", locale="en")
        return f" ({day}). “{title}”{number}. {self.publisher}. {self.url}"

    def bibtex(self, *, read_on: date) -> str:
        """An @online entry for BibLaTeX, which BibTeX's styles take for @misc."""
        on = local_date(self.published_at)
        name = slugify(self.title)[:MAX_KEY_CHARACTERS].strip("-") or "bai"
        fields = {
            "author": f"{{{escaped(self.author)}}}",
            "title": f"{{{escaped(self.title)}}}",
            "organization": f"{{{escaped(self.publisher)}}}",
            "number": escaped(self.number),
            "date": on.isoformat(),
            "year": str(on.year),
            # Within a url field nothing is escaped; ours hold no brace.
            "url": self.url,
            "urldate": read_on.isoformat(),
            "langid": "vietnamese" if self.language == "vi" else "english",
        }
        lines = [f"  {key} = {{{value}}}" for key, value in fields.items() if value]
        return f"@online{{{name}-{self.id},\n" + ",\n".join(lines) + "\n}\n"


def escaped(text: str) -> str:
    """A text as LaTeX shows it."""
    return "".join(_ESCAPES.get(character, character) for character in text)
