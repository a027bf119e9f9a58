"""Templates compiled once for each language, with what never changes written into them.

A page names some hundred texts, addresses and static files by a constant: ``{{ _("Tìm") }}``. To
look each up for every page costs more than everything else in the template, so it is done when the
template is compiled. What depends on the request stays a call.
"""

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import Flask
from flask.templating import Environment
from jinja2 import nodes
from jinja2.environment import Environment as JinjaEnvironment
from jinja2.visitor import NodeTransformer

from models import Language

_TEXT = {"_", "gettext"}


@dataclass(frozen=True, slots=True)
class Constants:
    """What templates of one language may have written into them."""

    # ``_("…")``, in the language.
    text: Callable[[str], str]
    # By name: of one constant string, another.
    functions: Mapping[str, Callable[[str], str]]
    # By object and method: what it answers without arguments.
    methods: Mapping[tuple[str, str], str | bool]
    # By object and attribute.
    attributes: Mapping[tuple[str, str], str]
    # By name: which of its arguments a function answers, as it is, or nothing at all (None).
    plain: Mapping[str, int | None]
    # Filters that this language has instead of those that ask for it.
    filters: Mapping[str, Callable[..., Any]]


class LanguageEnvironment(Environment):
    """Jinja for the pages of one language; of every language while ``constants`` is None."""

    constants: Constants | None = None

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        if self.constants is not None:
            _Writer(self, self.constants).visit(tree)
        return tree

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Plainly the environment's own: a chain of two would be walked for every include."""
        return super().make_globals(d) if d else self.globals

    def of(self, constants: Constants) -> "LanguageEnvironment":
        """The same environment, whose templates are compiled with these constants."""
        made: LanguageEnvironment = self.overlay()
        made.constants = constants
        made.filters = {**self.filters, **constants.filters}
        return made


class _Writer(NodeTransformer):
    def __init__(self, environment: JinjaEnvironment, constants: Constants) -> None:
        self._environment = environment
        self._constants = constants

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - Jinja's name
        self.generic_visit(node)
        made = self._made_of(node)
        return node if made is None else self._placed(made, node)

    def visit_Getattr(self, node: nodes.Getattr) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        if not isinstance(node.node, nodes.Name):
            return node
        known = self._constants.attributes.get((node.node.name, node.attr))
        return node if known is None else self._placed(nodes.Const(known), node)

    def _placed(self, made: nodes.Expr, node: nodes.Expr) -> nodes.Expr:
        made.set_lineno(node.lineno)
        made.set_environment(self._environment)
        return made

    def _made_of(self, node: nodes.Call) -> nodes.Expr | None:
        if node.dyn_args is not None or node.dyn_kwargs is not None:
            return None
        called, arguments = node.node, node.args
        if isinstance(called, nodes.Getattr) and isinstance(called.node, nodes.Name):
            known = self._constants.methods.get((called.node.name, called.attr))
            return None if known is None or arguments or node.kwargs else nodes.Const(known)
        if not isinstance(called, nodes.Name):
            return None
        if called.name in self._constants.plain and not node.kwargs:
            place = self._constants.plain[called.name]
            # As the function: what is not there is nothing, not "None".
            return nodes.Const("") if place is None else nodes.Or(arguments[place], nodes.Const(""))
        if len(arguments) != 1:
            return None
        given = arguments[0]
        if not isinstance(given, nodes.Const) or not isinstance(given.value, str):
            return None
        if called.name in _TEXT:
            return self._text(given.value, node.kwargs)
        function = self._constants.functions.get(called.name)
        return None if function is None or node.kwargs else nodes.Const(function(given.value))

    def _text(self, text: str, kwargs: list[nodes.Keyword]) -> nodes.Expr:
        """As Jinja's own gettext: safe, with what is put into it escaped."""
        words = self._constants.text(text)
        if not kwargs:
            return nodes.MarkSafeIfAutoescape(nodes.Const(words % {}))
        values = nodes.Dict([nodes.Pair(nodes.Const(one.key), one.value) for one in kwargs])
        return nodes.Mod(nodes.MarkSafeIfAutoescape(nodes.Const(words)), values)


class LanguageFlask(Flask):
    """Whose templates are those of the language that ``language_here`` tells."""

    jinja_environment = LanguageEnvironment
    # Made at the end of the setting up (``templating.init_app``).
    language_environments: Mapping[Language, LanguageEnvironment] = {}

    @property
    def jinja_env(self) -> LanguageEnvironment:  # type: ignore[override]
        environments = self.language_environments
        return environments[self.language_here()] if environments else self._base_environment

    @cached_property
    def _base_environment(self) -> LanguageEnvironment:
        made = self.create_jinja_environment()
        assert isinstance(made, LanguageEnvironment)
        return made

    def language_here(self) -> Language:
        """The language of the page that is being made."""
        raise NotImplementedError
