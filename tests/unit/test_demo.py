"""The demonstration as data: complete, well-formed, and true to what it refers to."""

import re
import unicodedata
from collections import Counter
from datetime import UTC, datetime

import pytest
from PIL import Image

from demo import generator, pictures
from demo.content import PICTURE_MARK, Item, filled, moment, read_items, read_site
from services.sanitising import plain_text, sanitise

SITE = read_site()
ITEMS = read_items()
# A Monday, 14:05 in Đà Nẵng.
NOW = datetime(2026, 11, 23, 7, 5, tzinfo=UTC)

each_item = pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.name[:3])


def keys(rows: list[dict[str, object]], name: str = "key") -> list[object]:
    return [row[name] for row in rows]


def test_there_is_enough_to_fill_a_site() -> None:
    kinds = Counter(item.kind for item in ITEMS)
    assert kinds["post"] >= 52
    assert kinds["notice"] >= 16
    assert len(SITE.sections) >= 9
    assert sum(not unit.get("is_outside", False) for unit in SITE.units) >= 6
    assert any(unit.get("is_outside", False) for unit in SITE.units)
    assert len({item.section for item in ITEMS}) >= 9
    assert len({item.author for item in ITEMS}) >= 10


def test_every_state_of_the_workflow_appears() -> None:
    states = Counter(item.state for item in ITEMS)
    assert states.pop("published") >= 54
    assert set(states) == {
        "draft",
        "awaiting_edit",
        "in_edit",
        "awaiting_approval",
        "approved",
        "scheduled",
        "withdrawn",
        "needs_changes",
        "rejected",
        "archived",
        "expired",
    }
    rewritten = {item.revision.state for item in ITEMS if item.revision}
    assert rewritten == {"draft", "awaiting_approval"}


def test_every_year_since_2017_has_at_least_three() -> None:
    years = Counter(moment(item.published, now=NOW).year for item in ITEMS if item.published)
    assert {year for year, count in years.items() if count >= 3} == set(range(2017, 2027))


def test_titles_differ() -> None:
    assert len({item.title for item in ITEMS}) == len(ITEMS)


def test_what_the_site_file_refers_to_is_there() -> None:
    sections, units = keys(SITE.sections), keys(SITE.units)
    for position, row in enumerate(SITE.sections):
        assert row.get("parent", sections[0]) in sections[: max(1, position)]
    assert {row["unit"] for row in SITE.users} <= set(units)
    assert len(set(keys(SITE.users, "username"))) == len(SITE.users) == 16
    assert Counter(row["role"] for row in SITE.users) == {
        "contributor": 11,
        "editor": 2,
        "chief": 2,
        "admin": 1,
    }


@each_item
def test_a_publication_refers_to_what_is_there(item: Item) -> None:
    roles = {row["username"]: row["role"] for row in SITE.users}
    assert item.section in keys(SITE.sections)
    # What stays speaks for the agency: only the board may write it.
    assert roles[item.author] == ("editor" if item.kind == "page" else "contributor")
    for board in (item.editor, item.holder):
        assert not board or roles[board] == "editor"
    shown = [use.key for use in item.pictures]
    assert PICTURE_MARK.findall(item.body) == shown
    assert set(shown) <= set(pictures.KEYS)


@each_item
def test_a_publication_has_what_its_state_needs(item: Item) -> None:
    if item.state in {"published", "expired", "withdrawn", "scheduled"}:
        assert item.published
    if item.state not in {"published", "expired"}:
        assert item.at
    if item.state in {"withdrawn", "needs_changes", "rejected"}:
        assert item.reason
    if item.state in {"published", "expired"}:
        assert 40 <= item.views <= 5000
    if item.state != "draft":
        assert item.summary
    if item.kind == "notice":
        assert item.issuing_body
        assert re.fullmatch(r"\d+/(TB|KH|HD)-(SKHCN|TĐC)", item.number)
    if item.origin == "collected":
        assert item.source_name
        assert item.source_url.startswith("https://")


@each_item
def test_pictures_are_described_for_those_who_do_not_see_them(item: Item) -> None:
    for use in item.pictures:
        assert len(use.alt) > 20
        assert use.caption.endswith((".", "”."))


@each_item
def test_texts_are_composed_and_of_a_readable_length(item: Item) -> None:
    texts = [item.title, item.summary, item.byline, item.reason, item.body]
    texts += [text for use in item.pictures for text in (use.alt, use.caption, use.credit)]
    assert all(unicodedata.is_normalized("NFC", text) for text in texts)
    if item.kind in {"post", "notice"}:
        assert 190 <= len(plain_text(PICTURE_MARK.sub("", item.body)).split()) <= 600
    assert len(item.title) <= 130


@each_item
def test_the_sanitiser_finds_nothing_to_take_away(item: Item) -> None:
    body = filled(PICTURE_MARK.sub("", item.body), now=NOW)
    cleaned = sanitise(body)
    assert plain_text(cleaned) == plain_text(body)
    assert Counter(re.findall(r"<(\w+)", cleaned)) == Counter(re.findall(r"<(\w+)", body))


def test_the_half_year_report_has_the_figures_of_the_half_year() -> None:
    report = next(item for item in ITEMS if item.published == "2017-08-01 08:00")
    text = plain_text(report.body)
    for figure in (
        "đăng 124 tin, bài",
        "120 bài do cán bộ",
        "62 thông báo chỉ đạo, điều hành",
        "5 văn bản pháp luật và hành chính",
        "12 kết quả giải quyết khiếu nại, tố cáo",
        "9/24",
    ):
        assert figure in text
    assert [note.at for note in report.corrections] == ["2017-08-03 09:15"]


@pytest.mark.parametrize(
    ("told", "instant"),
    [
        ("2017-08-01 08:00", datetime(2017, 8, 1, 1, 0, tzinfo=UTC)),
        ("-1d 09:30", datetime(2026, 11, 22, 2, 30, tzinfo=UTC)),
        ("+5d 07:30", datetime(2026, 11, 28, 0, 30, tzinfo=UTC)),
        ("-3h", datetime(2026, 11, 23, 4, 5, tzinfo=UTC)),
        # Later today would be ahead of now, which the past must not be.
        ("-0d 23:00", NOW),
    ],
)
def test_moments_are_told_from_the_day_of_loading(told: str, instant: datetime) -> None:
    assert moment(told, now=NOW) == instant


def test_dates_in_texts_are_told_from_the_day_of_loading_and_skip_weekends_ahead() -> None:
    text = "{{date -2}}, {{date +8}}, {{day +5}}, {{day +6}}, {{year +1}}"
    assert filled(text, now=NOW) == "21/11/2026, 01/12/2026, 30/11, 30/11, 2027"


def test_there_is_a_family_of_scenes_and_none_is_unused() -> None:
    assert len(pictures.KEYS) >= 24
    assert {use.key for item in ITEMS for use in item.pictures} == set(pictures.KEYS)


def test_a_scene_is_the_same_each_time_it_is_drawn() -> None:
    first, again = pictures.draw("river-sensors"), pictures.draw("river-sensors")
    assert (first.size, first.mode) == ((1600, 1000), "RGB")
    assert first.tobytes() == again.tobytes()


@pytest.mark.parametrize("key", pictures.KEYS)
def test_a_scene_is_drawn_in_many_colours(key: str) -> None:
    small = pictures.draw(key).resize((160, 100), Image.Resampling.NEAREST)
    assert len(small.getcolors(16_000) or []) > 60


def test_generated_texts_depend_on_seed_and_number_alone() -> None:
    assert generator.write(seed=3, number=40) == generator.write(seed=3, number=40)
    assert generator.write(seed=3, number=40) != generator.write(seed=3, number=41)
    assert generator.write(seed=3, number=40) != generator.write(seed=4, number=40)


def test_generated_texts_have_the_shape_of_news() -> None:
    texts = [generator.write(seed=1, number=number) for number in range(300)]
    words = [len(plain_text(text.body).split()) for text in texts]
    assert 300 <= sum(words) / len(words) <= 380
    for text in texts:
        assert 7 <= len(text.title.split()) <= 13
        assert text.title[0] == text.title[0].upper()
        assert text.summary.endswith(".")
        assert set(re.findall(r"<(\w+)", text.body)) <= {"p", "h2"}
        assert unicodedata.is_normalized("NFC", text.title + text.summary + text.body)
    assert len({text.title for text in texts}) == 300


def test_generated_bodies_are_what_the_sanitiser_would_leave() -> None:
    for number in range(20):
        body = generator.write(seed=1, number=number).body
        assert sanitise(body) == body
