"""What changed between two texts, as somebody who approves sees it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html

from services.comparison import compare, compare_lines
from services.sanitising import sanitise

PICTURE = '<img src="/tep/anh-thu-0001/960.webp" alt="Đoàn kiểm tra">'
OTHER_PICTURE = '<img src="/tep/anh-thu-0002/960.webp" alt="Cân đối chứng">'


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        pytest.param(
            "<p>Từ ngày mai, chợ mở cửa.</p>",
            "<p>Từ 20/11/2026, chợ mở cửa.</p>",
            "<p>Từ <del>ngày mai</del><ins>20/11/2026</ins>, chợ mở cửa.</p>",
            id="words-within-a-paragraph",
        ),
        pytest.param(
            "<p>Đoạn một.</p><p>Đoạn hai.</p>",
            "<p>Đoạn một.</p>",
            "<p>Đoạn một.</p><del><p>Đoạn hai.</p></del>",
            id="a-paragraph-that-went",
        ),
        pytest.param(
            "<p>Chi cục kiểm tra cân.</p>",
            "<p>Thư viện mở thêm buổi tối.</p>",
            "<del><p>Chi cục kiểm tra cân.</p></del><ins><p>Thư viện mở thêm buổi tối.</p></ins>",
            id="another-paragraph-in-its-place",
        ),
        pytest.param(
            "<ul><li>một hai</li><li>ba bốn</li></ul>",
            "<ul><li>một hai ba</li><li>ba bốn</li><li>năm</li></ul>",
            "<ul><li>một hai<ins> ba</ins></li><li>ba bốn</li><li><ins>năm</ins></li></ul>",
            id="items-of-a-list",
        ),
        pytest.param(
            "<table><tbody><tr><td>Tin bài</td><td>120</td></tr></tbody></table>",
            "<table><tbody><tr><td>Tin bài</td><td>124</td></tr></tbody></table>",
            "<table><tbody><tr><td>Tin bài</td><td><del>120</del><ins>124</ins></td></tr>"
            "</tbody></table>",
            id="a-cell-of-a-table",
        ),
        pytest.param(
            "<p>Xin cảm ơn bạn đọc.</p>",
            "<p>Xin <strong>cảm ơn</strong> bạn đọc.</p>",
            "<p>Xin <del>cảm ơn</del><ins><strong>cảm ơn</strong></ins> bạn đọc.</p>",
            id="words-made-bold",
        ),
        pytest.param(
            "<p>Không đổi &lt;gì&gt; &amp; cả.</p>",
            "<p>Không đổi &lt;gì&gt; &amp; cả.</p>",
            "<p>Không đổi &lt;gì&gt; &amp; cả.</p>",
            id="nothing",
        ),
    ],
)
def test_a_change_is_marked_where_it_stands(old: str, new: str, shown: str) -> None:
    assert compare(old, new).body == shown


def test_a_new_picture_is_shown_whole_with_its_caption_and_counted() -> None:
    figure = f"<figure>{PICTURE}<figcaption>Kiểm tra cân</figcaption></figure>"

    found = compare("<p>Đoạn một.</p>", f"<p>Đoạn một.</p>{figure}")

    assert found.body == f"<p>Đoạn một.</p><ins>{figure}</ins>"
    assert (found.pictures_added, found.pictures_removed) == (1, 0)


def test_one_picture_in_place_of_another_counts_as_both() -> None:
    found = compare(f"<figure>{PICTURE}</figure>", f"<figure>{OTHER_PICTURE}</figure>")

    assert (found.pictures_added, found.pictures_removed) == (1, 1)
    assert found.body == f"<figure><del>{PICTURE}</del><ins>{OTHER_PICTURE}</ins></figure>"


def test_a_caption_that_was_changed_leaves_its_picture_unmarked() -> None:
    found = compare(
        f"<figure>{PICTURE}<figcaption>Kiểm tra cân</figcaption></figure>",
        f"<figure>{PICTURE}<figcaption>Kiểm tra cân ở chợ</figcaption></figure>",
    )

    assert found.body == (
        f"<figure>{PICTURE}<figcaption>Kiểm tra cân<ins> ở chợ</ins></figcaption></figure>"
    )


def test_words_are_counted() -> None:
    found = compare("<p>Từ ngày mai chợ mở cửa</p>", "<p>Từ hôm nay, chợ mở cửa sớm hơn</p>")

    assert (found.words_removed, found.words_added) == (2, 4)
    assert not found.is_same


def test_the_same_text_is_told_to_be_the_same() -> None:
    assert compare("<p>Như cũ.</p>", "<p>Như cũ.</p>").is_same


def test_a_line_is_escaped_and_marked() -> None:
    assert (
        compare_lines("Kiểm định <b> cân", "Kiểm định miễn phí cân")
        == "Kiểm định <del>&lt;b&gt;</del><ins>miễn phí</ins> cân"
    )


def test_a_block_of_very_many_words_is_shown_as_removed_and_added() -> None:
    old, new = f"<p>{'một ' * 1500}</p>", f"<p>{'hai ' * 1500}</p>"

    body = compare(old, new).body

    assert body.startswith("<del><p>một")
    assert "<ins><p>hai" in body


blocks = st.lists(
    st.builds(
        "<{0}>{1}</{0}>".format,
        st.sampled_from(["p", "h2", "blockquote", "li", "td", "figure"]),
        st.lists(
            st.one_of(
                st.sampled_from(
                    ["chợ", "cân", " ", "&lt;", "<strong>mới</strong>", PICTURE, "<br>"]
                ),
                st.sampled_from(
                    ["<ul><li>một</li><li>hai</li></ul>", '<a href="/rss.xml">tin</a>']
                ),
                st.text(max_size=12),
            ),
            max_size=6,
        ).map(" ".join),
    ),
    max_size=5,
).map(lambda parts: sanitise("".join(parts)))


@given(blocks, blocks)
def test_whatever_changed_both_texts_can_be_read_back_from_the_marks(old: str, new: str) -> None:
    body = compare(old, new).body

    assert _letters_without("del", body) == _letters_without("", new)
    assert _letters_without("ins", body) == _letters_without("", old)


@given(blocks, blocks)
def test_the_result_holds_no_element_that_neither_text_had(old: str, new: str) -> None:
    body = compare(old, new).body

    assert _elements(body) - {("ins", ()), ("del", ())} <= _elements(old) | _elements(new)


def _letters_without(mark: str, body: str) -> str:
    """All that can be read once what is marked so has gone; spaces are not compared."""
    root = lxml_html.fragment_fromstring(body, create_parent="div")
    for element in root.xpath(f"//{mark}") if mark else []:
        element.drop_tree()
    return "".join("".join(root.itertext()).split())


def _elements(body: str) -> set[tuple[str, tuple[tuple[str, str], ...]]]:
    root = lxml_html.fragment_fromstring(body, create_parent="div")
    return {(str(e.tag), tuple(sorted(e.attrib.items()))) for e in root.iter()}
