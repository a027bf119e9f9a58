"""Two texts side by side, how much changed, and how much work may be spent on finding out."""

import random

from hypothesis import given

from services.comparing_words import Budget, changes
from services.comparison import (
    Amount,
    Row,
    compare,
    compare_lines,
    measure,
    new_of_line,
    old_of_line,
    side_by_side,
    split,
    without,
)
from tests.unit.services.test_comparison import OTHER_PICTURE, PICTURE, _letters_without, blocks


def rows(old: str, new: str) -> list[Row]:
    return side_by_side(compare(old, new))


def test_each_block_stands_beside_what_became_of_it() -> None:
    old = "<p>Chợ mở cửa từ sáu giờ.</p><p>Không đổi.</p>"
    new = "<p>Chợ mở cửa từ bảy giờ.</p><p>Không đổi.</p>"
    assert rows(old, new) == [
        Row(
            "<p>Chợ mở cửa từ <del>sáu</del> giờ.</p>",
            "<p>Chợ mở cửa từ <ins>bảy</ins> giờ.</p>",
            True,
        ),
        Row("<p>Không đổi.</p>", "<p>Không đổi.</p>", False),
    ]


def test_a_block_without_a_counterpart_stands_alone() -> None:
    assert rows("<p>Một.</p>", "<p>Một.</p><hr><p>Hai.</p>") == [
        Row("<p>Một.</p>", "<p>Một.</p>", False),
        Row("", "<hr>", True),
        Row("", "<ins><p>Hai.</p></ins>", True),
    ]


def test_a_block_that_another_took_the_place_of_stands_beside_it() -> None:
    old, new = "<p>Chi cục kiểm tra cân.</p>", "<p>Thư viện mở buổi tối.</p>"
    assert rows(old, new) == [Row(f"<del>{old}</del>", f"<ins>{new}</ins>", True)]


def test_a_picture_that_another_took_the_place_of_is_on_its_own_side() -> None:
    assert rows(f"<figure>{PICTURE}</figure>", f"<figure>{OTHER_PICTURE}</figure>") == [
        Row(
            f"<figure><del>{PICTURE}</del></figure>",
            f"<figure><ins>{OTHER_PICTURE}</ins></figure>",
            True,
        )
    ]


def test_a_row_of_a_table_that_came_is_not_an_empty_row_on_the_other_side() -> None:
    one = "<tr><td>Tin bài</td><td>120</td></tr>"
    [row] = rows(
        f"<table><tbody>{one}</tbody></table>",
        f"<table><tbody>{one}<tr><td>Thông báo</td><td>7</td></tr></tbody></table>",
    )
    assert row.old == f"<table><tbody>{one}</tbody></table>"
    assert "<td><ins>Thông báo</ins></td><td><ins>7</ins></td>" in row.new


def test_an_item_that_went_leaves_no_bullet_behind() -> None:
    [row] = rows("<ul><li>một</li><li>hai</li></ul>", "<ul><li>hai</li></ul>")
    assert row.new == "<ul><li>hai</li></ul>"


def test_a_picture_described_in_other_words_is_told() -> None:
    described = PICTURE.replace("Đoàn kiểm tra", "Đoàn kiểm tra cân")
    found = compare(f"<figure>{PICTURE}</figure>", f"<figure>{described}</figure>")
    assert found.descriptions == ("Đoàn kiểm tra<ins> cân</ins>",)
    assert not found.is_same
    assert found.is_only_in_looks


def test_a_line_can_be_read_from_each_side() -> None:
    marked = compare_lines("Kiểm định <b> cân", "Kiểm định miễn phí cân")
    assert old_of_line(marked) == "Kiểm định <del>&lt;b&gt;</del> cân"
    assert new_of_line(marked) == "Kiểm định <ins>miễn phí</ins> cân"


def test_how_much_changed_is_counted_without_looking_where() -> None:
    assert measure("<p>một hai ba</p>", f"<p>hai &amp; bốn năm</p>{PICTURE}") == Amount(2, 2, 1, 0)
    assert measure("<p>một hai</p>", "<p>hai một</p>").is_nothing


def test_blocks_are_numbered_as_they_stand_in_the_new_text() -> None:
    found = compare("<p>Một.</p><p>Hai hai.</p>", "<p>Mới tinh.</p><p>Một.</p><p>Hai ba.</p>")
    numbered = {block.number: block.marked for block in found.blocks}
    assert split("<p>Mới tinh.</p>\n<p>Một.</p>\n<p>Hai ba.</p>")[1] == numbered[1] == "<p>Một.</p>"
    assert set(numbered) == {0, 1, 2}


@given(blocks, blocks)
def test_each_side_is_its_own_text(old: str, new: str) -> None:
    found = rows(old, new)
    assert _letters_without("", "".join(r.old for r in found)) == _letters_without("", old)
    assert _letters_without("", "".join(r.new for r in found)) == _letters_without("", new)


def text_of(seed: int, *, paragraphs: int, words: int) -> str:
    """Long paragraphs of two words only, so that everything looks like everything."""
    pick = random.Random(seed)
    lines = (" ".join(pick.choices("ab", k=words)) for _ in range(paragraphs))
    return "".join(f"<p>{line}</p>" for line in lines)


def test_two_long_texts_are_compared_within_bounds_and_nothing_is_left_out() -> None:
    old, new = (text_of(number, paragraphs=60, words=1_900) for number in (1, 2))
    found = compare(old, new)
    assert found.is_partial
    for mark, text in (("ins", old), ("del", new)):
        left = "".join(without(block.marked, mark) for block in found.blocks)
        assert left.count("a") + left.count("b") >= text.count("a") + text.count("b")


def test_the_budget_is_spent_and_not_exceeded() -> None:
    budget = Budget(1_000)
    [change] = changes(list("ab" * 500), list("ba" * 499), budget)
    assert budget.is_spent
    assert not change.is_same
