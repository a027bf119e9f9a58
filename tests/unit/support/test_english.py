"""What counts as Vietnamese that an English page does not say is Vietnamese."""

from tests.support.english import unmarked


def test_what_is_vietnamese_is_found_in_texts_and_attributes_unless_it_is_marked() -> None:
    page = """<!doctype html><html lang="en"><head><title>Trang chủ</title></head><body>
        <p>By <span lang="vi">Đỗ Đức Anh</span>, đã đăng</p>
        <img src="/a.png" alt="Ảnh" lang="vi"><input aria-label="Tìm"><script>"ở"</script>
        </body></html>"""
    assert unmarked(page) == [
        "<title > Trang chủ",
        "<p tail> , đã đăng",
        "<input aria-label> Tìm",
    ]
