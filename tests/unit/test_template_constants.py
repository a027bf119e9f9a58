"""What never changes is written into a template when it is compiled, as safe as if it were asked
for each time."""

from typing import NoReturn

import pytest

from blueprints.template_constants import Constants, LanguageEnvironment, LanguageFlask

WORDS = {
    "Tìm <nhanh>": "Search <fast>",
    "Của %(who)s, 100%%": "Of %(who)s, 100%%",
    "Đủ 100%%": "All 100%%",
}


@pytest.fixture
def environment() -> LanguageEnvironment:
    """Templates in English; looking anything up while a page is made fails."""

    def refuse(*_: object) -> NoReturn:
        raise AssertionError("looked up while the page was made")

    plain = LanguageFlask(__name__).jinja_env
    plain.add_extension("jinja2.ext.i18n")
    plain.install_gettext_callables(refuse, refuse, newstyle=True)  # type: ignore[attr-defined]
    plain.globals.update(site={"name": refuse}, here=lambda path: f"asked:{path}", asset_url=refuse)
    plain.globals.update(translated=refuse, label=refuse, said_in=refuse)
    return plain.of(
        Constants(
            text=WORDS.__getitem__,
            functions={"here": lambda path: f"/en{path}", "asset_url": lambda path: f"/s/{path}"},
            methods={("languages", "is_english"): True},
            attributes={("site", "name"): "Sở A & B"},
            plain={"translated": 0, "label": 1, "said_in": None},
            filters={"upper": lambda text: f"own {text}"},
        )
    )


@pytest.mark.parametrize(
    ("source", "page"),
    [
        ('{{ _("Tìm <nhanh>") }}', "Search <fast>"),
        ('{{ _("Đủ 100%%") }}', "All 100%"),
        ('{{ _("Của %(who)s, 100%%", who=name) }}', "Of &lt;b&gt;, 100%"),
        ('{{ _("Của %(who)s, 100%%", who=site.name) }}', "Of Sở A &amp; B, 100%"),
        ('<a title="{{ site.name }}">', '<a title="Sở A &amp; B">'),
        ('{{ here("/tim?a=1&b=2") }}', "/en/tim?a=1&amp;b=2"),
        ('{{ asset_url("js/a.js") }}', "/s/js/a.js"),
        ("{% if languages.is_english() %}yes{% else %}no{% endif %}", "yes"),
        ("{{ name|upper }}", "own &lt;b&gt;"),
        ("{{ translated(name) }}, {{ label(7, name) }}", "&lt;b&gt;, &lt;b&gt;"),
        ("<p{{ said_in(name) }}>{{ translated(none) }}</p>", "<p></p>"),
    ],
)
def test_what_is_known_when_a_template_is_compiled_is_written_into_it(
    environment: LanguageEnvironment, source: str, page: str
) -> None:
    assert environment.from_string(source).render(name="<b>") == page


def test_what_depends_on_the_page_is_still_asked(environment: LanguageEnvironment) -> None:
    assert environment.from_string("{{ here(path) }}").render(path="/a") == "asked:/a"
    assert environment.from_string("{{ here('/a' ~ x) }}").render(x=1) == "asked:/a1"


def test_a_misspelt_file_shows_when_the_template_is_compiled(
    environment: LanguageEnvironment,
) -> None:
    constants = environment.constants
    assert constants is not None
    with pytest.raises(KeyError):
        environment.from_string('{% if false %}{{ _("Không có") }}{% endif %}')
