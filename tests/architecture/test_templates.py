"""Templates: fragments are fragments, and nothing in them needs a laxer policy."""

import re
from pathlib import Path

import html5lib
import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
FRAGMENTS = [
    path
    for path in TEMPLATES
    if path.name.startswith("_") and {"public", "auth", "dashboard", "admin"} & set(path.parts)
]
# Only text that services/sanitising has passed, or JSON that the template's own filter wrote.
SAFE = {"templates/public/publication.html", "templates/public/head_meta.html"}

COMMENT = re.compile(r"\{#.*?#\}", re.S)
STATEMENT = re.compile(r"\{%.*?%\}", re.S)
EXPRESSION = re.compile(r"\{\{.*?\}\}", re.S)
INNERMOST_IF = re.compile(
    r"\{%-? if [^%]*%\}((?:(?!\{%-? (?:if|endif)\b).)*?)\{%-? endif -?%\}", re.S
)
BRANCH = re.compile(r"\{%-? (?:elif [^%]*|else -?)%\}")

FORBIDDEN = {
    "hx-on": r"\shx-on[:=]|\shx-on-",
    "a computed value": r"\shx-(?:vals|headers)\s*=\s*['\"]\s*js:",
    "a trigger filter": r"\shx-trigger\s*=\s*\"[^\"]*\[",
    "a handler": r"\son[a-z]+\s*=\s*['\"]",
    "an inline style": r"\sstyle\s*=",
    "a style element": r"<style\b",
    "an inline script": r"<script(?![^>]*\b(?:src=|application/ld\+json))",
    "a javascript: address": r"javascript:",
}


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_there_are_fragments_to_check() -> None:
    assert FRAGMENTS


def one_way_through(source: str, branch: int) -> str:
    """The template with the first (0) or the last (-1) branch of every condition."""
    while INNERMOST_IF.search(source):
        source = INNERMOST_IF.sub(lambda match: BRANCH.split(match[1])[branch], source)
    return source


@pytest.mark.parametrize("branch", [0, -1], ids=["if", "else"])
@pytest.mark.parametrize("path", FRAGMENTS, ids=name)
def test_a_fragment_extends_nothing_and_has_one_root_named_as_its_file(
    path: Path, branch: int
) -> None:
    source = COMMENT.sub("", path.read_text("utf-8"))
    assert "{% extends" not in source
    # A value may stand where markup may not; any text will do for it.
    markup = EXPRESSION.sub("x", STATEMENT.sub("", one_way_through(source, branch))).strip()
    around = "tbody" if markup.startswith("<tr") else "div"
    tree = html5lib.parseFragment(markup, container=around, namespaceHTMLElements=False)
    roots = [child for child in tree if isinstance(child.tag, str)]
    stray = [text for text in (tree.text, *(root.tail for root in roots)) if (text or "").strip()]
    assert [root.tag for root in roots[1:]] == []
    assert stray == []
    wanted = path.stem.lstrip("_").replace("_", "-")
    # What is there once for each row has the row's number after its name.
    assert re.fullmatch(rf"{wanted}(-x)?", roots[0].get("id", "")), roots[0].attrib


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_a_template_needs_no_laxer_content_security_policy(path: Path) -> None:
    source = COMMENT.sub("", path.read_text("utf-8"))
    found = [what for what, pattern in FORBIDDEN.items() if re.search(pattern, source)]
    assert found == []


def test_only_sanitised_text_goes_into_a_page_unescaped() -> None:
    unescaped = {
        name(path)
        for path in TEMPLATES
        if re.search(r"\|\s*safe\b|autoescape false", path.read_text("utf-8"))
    }
    assert unescaped <= SAFE
