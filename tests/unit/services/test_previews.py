"""Where the pictures and files of a previewed text are asked for."""

from services.previews import readdress


def test_every_address_of_a_picture_is_rewritten_and_nothing_that_is_said() -> None:
    text = (
        '<p>Xem "/tep/ab/1.webp"</p><img src="/tep/ab/1.webp" '
        'srcset="/tep/ab/1.webp 480w, /tep/ab/2.webp 960w" alt="/tep/ab/">'
        '<a href="/tep/cd/to-khai.pdf">Tờ khai</a><a href="/tepmoi/tep/x/">khác</a>'
    )
    assert readdress(text, "/xem-truoc/T") == (
        '<p>Xem "/tep/ab/1.webp"</p><img src="/xem-truoc/T/tep/ab/1.webp" '
        'srcset="/xem-truoc/T/tep/ab/1.webp 480w, /xem-truoc/T/tep/ab/2.webp 960w" alt="/tep/ab/">'
        '<a href="/xem-truoc/T/tep/cd/to-khai.pdf">Tờ khai</a><a href="/tepmoi/tep/x/">khác</a>'
    )
