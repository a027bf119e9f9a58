"""What is given to programs, held against the standards that they go by.

Atom: the RELAX NG schema of RFC 4287. RSS: its specification's rules, and feedparser, which names
what it had to put right. JSON Feed: a schema of version 1.1. Sitemaps: sitemaps.org's own XML
Schema, with Google's rules for news. JSON-LD: expanded by pyld, and each type, property and value
looked up in schema.org's vocabulary as the package schema_org ships it.
"""

import functools
import importlib
import json
import re
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import feedparser
import lxml.html
from jsonschema import Draft202012Validator, FormatChecker
from lxml import etree
from pyld import jsonld
from rnc2rng import dumps, loads
from schema_org import enums
from schema_org.registry import _MODEL_CLASSES, _MODEL_MODULES

from tests.support.client import CheckedClient

DATA = Path(__file__).parent.parent / "data"
SITEMAPS = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
MIMES = {
    "rss.xml": "application/rss+xml",
    "atom.xml": "application/atom+xml",
    "feed.json": "application/feed+json",
}


def valid_feed(client: CheckedClient, path: str) -> bytes:
    """Fetch a feed, prove it, and return its bytes."""
    response = client.get(path)
    form = path.partition("?")[0].rpartition("/")[2]
    assert (response.status_code, response.mimetype) == (200, MIMES[form]), path
    body: bytes = response.get_data()
    if form == "feed.json":
        _validator("jsonfeed-1.1.schema.json").validate(json.loads(body))
        return body
    root = etree.fromstring(body)
    schema = _relax_ng("atom.rnc") if form == "atom.xml" else _relax_ng("rss-2.0.rnc")
    schema.assertValid(root)
    parsed = feedparser.parse(body)
    assert not parsed.bozo, parsed.get("bozo_exception")
    ids = [entry.id for entry in parsed.entries]
    assert len(ids) == len(set(ids)), path
    if form == "rss.xml":
        for date in root.iter("pubDate", "lastBuildDate"):
            assert parsedate_to_datetime(date.text or "").tzinfo is not None
    return body


def valid_sitemap(client: CheckedClient, path: str) -> bytes:
    """Fetch a sitemap or the index of them, prove it, and return its bytes."""
    response = client.get(path)
    assert (response.status_code, response.mimetype) == (200, "application/xml"), path
    body: bytes = response.get_data()
    root = etree.fromstring(body)
    if root.tag == f"{SITEMAPS}sitemapindex":
        _xml_schema("siteindex.xsd").assertValid(root)
    else:
        _xml_schema("sitemap-with-extensions.xsd").assertValid(root)
    assert len(root) <= 50_000
    assert len(body) <= 50 * 1024 * 1024
    return body


@functools.cache
def _relax_ng(name: str) -> etree.RelaxNG:
    written = dumps(loads((DATA / "standards" / name).read_text("utf-8")))
    return etree.RelaxNG(etree.fromstring(written.encode()))


@functools.cache
def _xml_schema(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(DATA / "standards" / name))


@functools.cache
def _validator(name: str) -> Draft202012Validator:
    schema = json.loads((DATA / "standards" / name).read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=FormatChecker())


# ---------------------------------------------------------------- JSON-LD
# schema.org's context maps every name into its vocabulary, which is all that our pages use of it.
CONTEXT = {"@context": {"@vocab": "https://schema.org/", "@base": "https://schema.org/"}}


def json_ld_of(page: str) -> list[dict[str, Any]]:
    """The nodes that a page says of itself."""
    document = lxml.html.document_fromstring(page)
    found = []
    for script in document.iter("script"):
        if script.get("type") == "application/ld+json":
            data = json.loads(script.text or "")
            assert data["@context"] == "https://schema.org"
            found += data.get("@graph", [{k: v for k, v in data.items() if k != "@context"}])
    return found


def valid_json_ld(page: str) -> list[str]:
    """Prove all structured data of a page; the types of its nodes."""
    nodes = json_ld_of(page)
    expanded = jsonld.expand({**CONTEXT, "@graph": nodes})
    # What expansion does not know it leaves out.
    assert len(expanded) == len(nodes)
    for node in nodes:
        _check_node(node)
    return [node["@type"] for node in nodes]


@functools.cache
def _model(name: str) -> Any:
    assert name in _MODEL_CLASSES, f"schema.org has no type {name}"
    module = importlib.import_module(f"schema_org.models.{_MODEL_MODULES[name]}")
    return getattr(module, _MODEL_CLASSES[name])


@functools.cache
def _properties(name: str) -> dict[str, tuple[str, ...]]:
    return {one.schema_name: one.ranges for one in _model(name).SCHEMA_PROPERTIES}


def _check_node(node: dict[str, Any]) -> None:
    kind = node["@type"]
    known = _properties(kind)
    for name, value in node.items():
        if name.startswith("@"):
            continue
        # An action's input is a shorthand of its own (schema.org, Actions).
        if name.endswith("-input") or name.endswith("-output"):
            continue
        assert name in known, f"{kind} has no property {name}"
        for each in value if isinstance(value, list) else [value]:
            assert each not in ("", None), f"{kind}.{name} is empty"
            _check_value(kind, name, each, known[name])


def _check_value(kind: str, name: str, value: Any, ranges: tuple[str, ...]) -> None:
    if isinstance(value, dict):
        types = set(_model(value["@type"]).SCHEMA_TYPES)
        assert types & set(ranges), f"{kind}.{name} is not for {value['@type']} but {ranges}"
        _check_node(value)
    elif isinstance(value, str) and value.startswith("https://schema.org/"):
        member = value.rpartition("/")[2]
        assert any(member in str(each.value) for one in ranges for each in _enum(one)), value
    elif isinstance(value, str) and set(ranges) <= {"Date", "DateTime", "Time"}:
        assert re.match(r"\d{4}-\d{2}-\d{2}", value), f"{kind}.{name}: {value}"


def _enum(name: str) -> Any:
    return getattr(enums, name, ())
