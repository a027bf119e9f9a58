"""The list of attached files as the editor sends it, and what is told of a change to it."""

import pytest

from services.attachments import Attachment, ShownFile, as_typed, compare_files, refusal_of, typed
from services.errors import InvalidInput


def shown(media_id: int, label: str = "", name: str = "ke-hoach.pdf") -> ShownFile:
    return ShownFile(media_id, label, name, "PDF, 1,2 MB", f"/tep/t{media_id}/{name}")


def test_what_the_page_holds_is_what_is_read_back() -> None:
    files = [shown(7, 'Phụ lục "A"'), shown(3)]
    assert as_typed(files).startswith('[{"id":7,"label":"Phụ lục \\"A\\"","name":"ke-hoach.pdf"')
    assert typed(as_typed(files)) == (Attachment(7, 'Phụ lục "A"'), Attachment(3, ""))
    assert as_typed([]) == ""
    assert typed("") == ()


def test_a_file_named_twice_is_attached_once_in_its_first_place() -> None:
    assert typed('[{"id":1},{"id":2},{"id":1,"label":"nữa"}]') == (Attachment(1), Attachment(2))


@pytest.mark.parametrize(
    "text",
    [
        "không phải JSON",
        "{}",
        "7",
        "[7]",
        '[{"label":"a"}]',
        '[{"id":"7"}]',
        '[{"id":true}]',
        '[{"id":0}]',
        '[{"id":2147483648}]',
        '[{"id":1,"label":["a"]}]',
        "[" * 50_000,
        " " * 70_000,
    ],
)
def test_what_no_page_of_ours_sends_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="tải lại trang"):
        typed(text)


def test_a_list_has_its_limits() -> None:
    assert refusal_of([Attachment(n) for n in range(1, 21)]) is None
    assert "nhiều nhất 20 tệp" in (refusal_of([Attachment(n) for n in range(1, 22)]) or "")
    assert "300 ký tự" in (refusal_of([Attachment(1, "đ" * 301)]) or "")


def test_added_removed_and_renamed_files_are_told() -> None:
    old = [shown(1), shown(2, "Phụ lục <1>")]
    new = [shown(1), shown(3, "Biểu mẫu")]
    assert compare_files(old, old) == ""
    assert compare_files(old, new) == (
        "<del>Phụ lục &lt;1&gt; (PDF, 1,2 MB)</del>; ke-hoach.pdf (PDF, 1,2 MB); "
        "<ins>Biểu mẫu (PDF, 1,2 MB)</ins>"
    )
    assert compare_files([shown(1), shown(2)], [shown(2), shown(1)]) == (
        "ke-hoach.pdf (PDF, 1,2 MB); ke-hoach.pdf (PDF, 1,2 MB)"
    )
