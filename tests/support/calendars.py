"""iCalendar held against the rules of RFC 5545 that a parser forgives."""

import re
from collections import Counter
from dataclasses import dataclass, field

MAX_OCTETS = 75
# 3.6.1: at most once in an event.
ONCE = (
    "CLASS CREATED DESCRIPTION DTEND DTSTAMP DTSTART LAST-MODIFIED LOCATION SEQUENCE STATUS "
    "SUMMARY TRANSP UID URL"
).split()
TEXTS = {"SUMMARY", "LOCATION", "DESCRIPTION", "NAME", "X-WR-CALNAME"}
_LINE = re.compile(
    r"(?P<name>[A-Z0-9-]+)(?P<params>(?:;[A-Z-]+=(?:\"[^\"\x00-\x1f]*\"|[^\";:,\x00-\x1f]*))*):"
    r"(?P<value>[^\x00-\x08\x0a-\x1f\x7f]*)"
)
_UTC = re.compile(r"\d{8}T\d{6}Z")
_LOCAL = re.compile(r"\d{8}T\d{6}")
_DAY = re.compile(r"\d{8}")
# 3.3.11: a comma, a semicolon or a backslash stands behind a backslash, and nothing else but n.
_TEXT = re.compile(r"(?:[^\\;,]|\\[\\;,nN])*")


@dataclass(slots=True)
class Component:
    """One component: its properties as (name, parameters, value), and what is in it."""

    name: str
    properties: list[tuple[str, dict[str, str], str]] = field(default_factory=list)
    parts: list["Component"] = field(default_factory=list)

    def all_of(self, name: str) -> list[tuple[dict[str, str], str]]:
        return [(params, value) for own, params, value in self.properties if own == name]

    def one(self, name: str) -> str:
        """The value of a property that must be there once."""
        values = self.all_of(name)
        assert len(values) == 1, f"{self.name}: {len(values)} × {name}"
        return values[0][1]


def check_icalendar(raw: bytes) -> Component:
    """Assert that these bytes obey the standard; the calendar that they are."""
    calendar = _tree(_unfolded(raw))
    assert calendar.name == "VCALENDAR"
    assert calendar.one("VERSION") == "2.0"
    assert calendar.one("PRODID")
    # 3.6: at least one component.
    assert calendar.parts
    zones = {part.one("TZID"): part for part in calendar.parts if part.name == "VTIMEZONE"}
    for zone in zones.values():
        rules = [part for part in zone.parts if part.name in {"STANDARD", "DAYLIGHT"}]
        assert rules
        for rule in rules:
            assert _LOCAL.fullmatch(rule.one("DTSTART"))
            assert re.fullmatch(r"[+-]\d{4}", rule.one("TZOFFSETFROM"))
            assert re.fullmatch(r"[+-]\d{4}", rule.one("TZOFFSETTO"))
    events = [part for part in calendar.parts if part.name == "VEVENT"]
    for event in events:
        _check_event(event, set(zones))
    uids = [event.one("UID") for event in events]
    assert len(set(uids)) == len(uids)
    for component in (calendar, *calendar.parts):
        for name, _, value in component.properties:
            assert name not in TEXTS or _TEXT.fullmatch(value), f"{name}: {value!r}"
    return calendar


def _unfolded(raw: bytes) -> list[str]:
    assert raw.endswith(b"\r\n"), "the last line has no end"
    lines = raw[:-2].split(b"\r\n")
    found: list[str] = []
    for line in lines:
        assert b"\n" not in line, "a line end without a return"
        assert b"\r" not in line, "a return without a line end"
        assert len(line) <= MAX_OCTETS, f"{len(line)} octets: {line!r}"
        # Each as it stands: a fold inside a letter would be no UTF-8.
        text = line.decode("utf-8")
        if text.startswith((" ", "\t")):
            assert found, "the first line is a continuation"
            found[-1] += text[1:]
        else:
            found.append(text)
    return found


def _tree(lines: list[str]) -> Component:
    outer = Component("")
    open_ones = [outer]
    for line in lines:
        match = _LINE.fullmatch(line)
        assert match, f"not a content line: {line!r}"
        name, value = match["name"], match["value"]
        if name == "BEGIN":
            component = Component(value)
            open_ones[-1].parts.append(component)
            open_ones.append(component)
        elif name == "END":
            assert open_ones.pop().name == value
        else:
            params = dict(part.split("=", 1) for part in match["params"].split(";")[1:])
            open_ones[-1].properties.append((name, params, value))
    assert open_ones == [outer]
    assert len(outer.parts) == 1
    assert not outer.properties
    return outer.parts[0]


def _check_event(event: Component, zones: set[str]) -> None:
    counts = Counter(name for name, _, _ in event.properties)
    assert [name for name in ONCE if counts[name] > 1] == []
    assert event.one("UID")
    for name in ("DTSTAMP", "CREATED", "LAST-MODIFIED"):
        assert _UTC.fullmatch(event.one(name)), name
    assert event.one("SEQUENCE").isdigit()
    assert event.one("STATUS") in {"TENTATIVE", "CONFIRMED", "CANCELLED"}
    assert event.one("TRANSP") in {"OPAQUE", "TRANSPARENT"}
    starts = _moment(event, "DTSTART", zones)
    if counts["DTEND"]:
        ends = _moment(event, "DTEND", zones)
        assert ends[0] == starts[0], "an end of another type"
        assert ends[1] > starts[1], "an end that is not later"


def _moment(event: Component, name: str, zones: set[str]) -> tuple[str, str]:
    ((params, value),) = event.all_of(name)
    if params.get("VALUE") == "DATE":
        assert _DAY.fullmatch(value)
        assert "TZID" not in params
        return "DATE", value
    assert _LOCAL.fullmatch(value)
    assert params["TZID"] in zones, f"no VTIMEZONE of {params['TZID']}"
    return "DATE-TIME", value
