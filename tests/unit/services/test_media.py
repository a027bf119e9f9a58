"""What a list or a text says of its pictures."""

import pytest

from services.media import (
    BodyPicture,
    Picture,
    at_once,
    first_picture,
    media_in,
    picture_of,
    pictures_in,
)

TOKEN = "k7Qx2mPz9LrT4vWb8NcY1s"


def test_a_list_shows_the_middle_width_and_offers_the_others() -> None:
    assert picture_of(TOKEN, 1600, 1067, [480, 960, 1600], "Hội trường") == Picture(
        src=f"/tep/{TOKEN}/960.webp",
        srcset=(
            f"/tep/{TOKEN}/480.webp 480w, /tep/{TOKEN}/960.webp 960w, /tep/{TOKEN}/1600.webp 1600w"
        ),
        width=960,
        height=640,
        alt="Hội trường",
        og_src=f"/tep/{TOKEN}/og.jpg",
    )


def test_a_small_picture_is_shown_as_wide_as_it_is() -> None:
    picture = picture_of(TOKEN, 300, 200, [300], None)
    assert picture is not None
    assert (picture.src, picture.width, picture.height) == (f"/tep/{TOKEN}/300.webp", 300, 200)
    assert picture.alt == ""


def test_a_row_without_a_picture_gives_none() -> None:
    assert picture_of(None, None, None, None, None) is None


def test_pictures_of_a_text_are_read_with_what_is_said_of_them_there() -> None:
    body = (
        f'<p>Mở đầu</p>\n<figure><img src="/tep/{TOKEN}/960.webp" alt="Hội &quot;trường&quot;">'
        "<figcaption>Toàn cảnh <em>Ảnh: An</em></figcaption></figure>\n"
        '<p><img src="/tep/anh-thu-00000002/480.webp" alt=""></p>'
    )
    assert pictures_in(body) == [
        BodyPicture(token=TOKEN, alt='Hội "trường"', caption="Toàn cảnh Ảnh: An"),
        BodyPicture(token="anh-thu-00000002", alt="", caption=""),
    ]
    assert media_in(body) == {TOKEN, "anh-thu-00000002"}


def test_a_text_without_pictures_has_none() -> None:
    assert pictures_in("") == []
    assert media_in("<p>Không có ảnh</p>") == set()
    assert media_in('<p><img src="https://vi-du.vn/a.png" alt=""></p>') == set()


FIGURE = (
    '<figure><img src="/tep/abcdefgh12345678/960.webp" srcset="/tep/abcdefgh12345678/480.webp 480w"'
    ' sizes="100vw" width="960" height="640" alt="Cân &amp; thước" loading="lazy" decoding="async">'
    "</figure>"
)


def test_the_picture_with_which_a_text_begins_is_fetched_at_once() -> None:
    told = '<p>Thuộc tính loading="lazy" của ảnh.</p>'
    text = f"{told}{FIGURE}<p>Tiếp.</p>{FIGURE}"
    first = first_picture(text)
    assert first is not None
    assert (first["src"], first["sizes"]) == ("/tep/abcdefgh12345678/960.webp", "100vw")
    assert first["alt"] == "Cân & thước"
    assert at_once(text).startswith(told)
    assert at_once(text).count('fetchpriority="high"') == 1
    assert at_once(text).index('fetchpriority="high"') < at_once(text).rindex('loading="lazy"')


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<p>Không có ảnh.</p>",
        f"<p>{'Dài. ' * 400}</p>{FIGURE}",
        '<p><img src="https://noi-khac.example/a.jpg" alt=""></p>',
    ],
)
def test_a_text_that_begins_otherwise_fetches_none_at_once(text: str) -> None:
    assert first_picture(text) is None
