"""A picture that comes in is upright, stripped and small; anything else is refused in words."""

import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from services.pictures import PictureRefused, ProcessedPicture, process

RED, GREEN, BLUE = (200, 30, 30), (30, 160, 60), (30, 60, 200)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def halves(width: int = 64, height: int = 32, mode: str = "RGB") -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (width // 2, 0, width, height))
    return image.convert(mode)


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def largest(picture: ProcessedPicture) -> Image.Image:
    return opened(picture.webp[max(picture.webp)])


def assert_near(pixel: object, wanted: tuple[int, ...], within: int = 24) -> None:
    assert isinstance(pixel, tuple)
    assert all(abs(a - b) <= within for a, b in zip(pixel, wanted, strict=True)), (pixel, wanted)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_each_kind_that_is_taken_becomes_webp_and_a_jpeg(kind: str) -> None:
    picture = process(encoded(halves(), kind))
    assert (picture.width, picture.height) == (64, 32)
    assert list(picture.webp) == [64]
    assert opened(picture.webp[64]).format == "WEBP"
    assert opened(picture.open_graph).format == "JPEG"
    assert_near(largest(picture).getpixel((8, 16)), RED)
    assert_near(largest(picture).getpixel((56, 16)), BLUE)


@pytest.mark.parametrize(
    ("size", "webp_sizes", "open_graph_size"),
    [
        ((3200, 1800), {480: 270, 960: 540, 1600: 900}, (1200, 675)),
        ((1600, 1000), {480: 300, 960: 600, 1600: 1000}, (1200, 750)),
        ((1200, 600), {480: 240, 960: 480, 1200: 600}, (1200, 600)),
        ((480, 320), {480: 320}, (480, 320)),
        ((300, 200), {300: 200}, (300, 200)),
    ],
)
def test_widths_are_made_up_to_the_original_and_never_beyond(
    size: tuple[int, int], webp_sizes: dict[int, int], open_graph_size: tuple[int, int]
) -> None:
    picture = process(encoded(halves(*size), "JPEG"))
    assert {width: opened(data).size for width, data in picture.webp.items()} == {
        width: (width, height) for width, height in webp_sizes.items()
    }
    assert opened(picture.open_graph).size == open_graph_size
    assert (picture.width, picture.height) == (max(webp_sizes), webp_sizes[max(webp_sizes)])


# Where the corner that was red lands when a camera says how it was held: (x, y) of its pixel.
@pytest.mark.parametrize(
    ("orientation", "size", "red_at", "blue_at"),
    [
        (1, (64, 32), (8, 16), (56, 16)),
        (2, (64, 32), (56, 16), (8, 16)),
        (3, (64, 32), (56, 16), (8, 16)),
        (4, (64, 32), (8, 16), (56, 16)),
        (5, (32, 64), (16, 8), (16, 56)),
        (6, (32, 64), (16, 8), (16, 56)),
        (7, (32, 64), (16, 56), (16, 8)),
        (8, (32, 64), (16, 56), (16, 8)),
    ],
)
def test_a_photograph_is_turned_upright(
    orientation: int, size: tuple[int, int], red_at: tuple[int, int], blue_at: tuple[int, int]
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = process(encoded(halves(), "JPEG", exif=exif, quality=95, subsampling=0))
    shown = largest(picture)
    assert shown.size == size
    assert_near(shown.getpixel(red_at), RED)
    assert_near(shown.getpixel(blue_at), BLUE)


def test_no_metadata_is_passed_on() -> None:
    exif = Image.Exif()
    exif[0x010F] = "Máy ảnh".encode().decode("latin-1")
    exif.get_ifd(0x8825)[1] = "N"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = encoded(
        halves(), "JPEG", exif=exif, icc_profile=profile, comment=b"bi mat", xmp=b"<x:xmpmeta/>"
    )
    picture = process(data)
    for variant in [*picture.webp.values(), picture.open_graph]:
        assert set(opened(variant).info) <= {
            *("jfif", "jfif_version", "jfif_unit", "jfif_density", "progressive", "progression"),
            *("loop", "background", "timestamp", "duration"),
        }
        assert b"bi mat" not in variant
        assert b"xmpmeta" not in variant


def test_colours_of_another_profile_are_brought_to_srgb() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    # A profile that says red is where blue is: sRGB's own, with two columns changed over.
    swapped = bytearray(srgb.tobytes())
    red, blue = swapped.find(b"rXYZ"), swapped.find(b"bXYZ")
    swapped[red : red + 4], swapped[blue : blue + 4] = b"bXYZ", b"rXYZ"
    picture = process(encoded(halves(), "PNG", icc_profile=bytes(swapped)))
    assert_near(largest(picture).getpixel((8, 16)), (30, 30, 200))
    # One that does not fit the picture is left aside.
    plain = process(encoded(halves(), "PNG", icc_profile=lab.tobytes()))
    assert_near(largest(plain).getpixel((8, 16)), RED)
    assert process(encoded(halves(), "PNG", icc_profile=b"not a profile")).width == 64


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "YCbCr", "I;16"])
def test_pictures_of_every_mode_become_colours(mode: str) -> None:
    if mode == "I;16":
        image = Image.new("I;16", (64, 32), 257 * 120)
        image.paste(257 * 230, (32, 0, 64, 32))
        picture = process(encoded(image, "PNG"))
        assert_near(largest(picture).getpixel((8, 16)), (120, 120, 120))
        assert_near(largest(picture).getpixel((56, 16)), (230, 230, 230))
        return
    kind = "JPEG" if mode in ("CMYK", "YCbCr", "L") else "PNG"
    picture = process(encoded(halves(mode=mode), kind))
    assert largest(picture).mode == "RGB"
    if mode in ("P", "CMYK", "YCbCr"):
        assert_near(largest(picture).getpixel((8, 16)), RED, within=40)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_stays_so_in_webp_and_is_white_in_jpeg(mode: str) -> None:
    image = Image.new("RGBA", (64, 32), (0, 0, 0, 0))
    image.paste((90, 90, 90, 255), (32, 0, 64, 32))
    if mode == "P":
        palette = Image.new("P", (64, 32), 0)
        palette.putpalette([0, 0, 0, 90, 90, 90])
        palette.paste(1, (32, 0, 64, 32))
        data = encoded(palette, "PNG", transparency=0)
    else:
        data = encoded(image.convert(mode), "PNG")
    picture = process(data)
    assert largest(picture).getpixel((8, 16))[3] == 0
    assert largest(picture).getpixel((56, 16))[3] == 255
    assert_near(opened(picture.open_graph).getpixel((4, 16)), (255, 255, 255))
    assert_near(opened(picture.open_graph).getpixel((60, 16)), (90, 90, 90))


def test_an_alpha_channel_that_is_not_used_is_left_out() -> None:
    assert largest(process(encoded(halves(mode="RGBA"), "PNG"))).mode == "RGB"


def test_the_first_picture_of_a_phones_double_jpeg_is_taken() -> None:
    data = encoded(halves(), "MPO", save_all=True, append_images=[Image.new("RGB", (64, 32))])
    assert_near(largest(process(data)).getpixel((8, 16)), RED)


def png_of_size(width: int, height: int) -> bytes:
    """A PNG that says it is this large, with hardly any data behind it."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 9000))
        + chunk(b"IEND", b"")
    )


def webp_of_size(width: int, height: int) -> bytes:
    body = b"VP8X" + struct.pack("<I", 10) + b"\x02\0\0\0"
    body += (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


FRAMES = {"save_all": True, "append_images": [Image.new("RGB", (64, 32), GREEN)], "duration": 100}
REFUSED = [
    (b"", "rỗng"),
    (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "hãy lưu lại thành JPEG"),
    (b"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1heic", "hãy lưu lại thành JPEG"),
    (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "SVG"),
    (b"\xef\xbb\xbf  <?xml version='1.0'?><svg/>", "SVG"),
    (b"<!DOCTYPE html><script>alert(1)</script>", "trang web"),
    (encoded(halves(), "GIF"), "GIF"),
    (b"GIF89a<script>alert(1)</script>", "GIF"),
    (b"%PDF-1.7", "PDF"),
    (encoded(halves(), "BMP"), "không phải ảnh"),
    (encoded(halves(), "TIFF"), "không phải ảnh"),
    (b"MZ\x90\x00", "không phải ảnh"),
    (b"\xff\xd8\xff", "hỏng"),
    (b"\x89PNG\r\n\x1a\n", "hỏng"),
    (b"RIFF\x00\x00\x00\x00WEBP", "nhỏ"),
    (encoded(halves(640, 320), "JPEG")[:-600], "chưa trọn"),
    (encoded(halves(640, 320), "PNG")[:-60], "chưa trọn"),
    (encoded(halves(640, 320), "WEBP")[:-60], "chưa trọn"),
    (encoded(halves(640, 320), "AVIF")[:-60], "chưa trọn"),
    (encoded(halves(), "WEBP", **FRAMES), "ảnh động"),
    (encoded(halves(), "PNG", **FRAMES), "ảnh động"),
    (encoded(halves(), "AVIF", **FRAMES), "ảnh động"),
    (b"\xff\xd8\xff" + b"\0" * 15_000_000, "15 MB"),
    (png_of_size(50_000, 50_000), "50 triệu điểm ảnh (50000 × 50000)"),
    (png_of_size(10_000, 5_001), "50 triệu điểm ảnh"),
    (webp_of_size(16_000, 16_000), "50 triệu điểm ảnh"),
    (png_of_size(8, 8), "quá nhỏ"),
    (encoded(Image.new("RGB", (20, 400)), "PNG"), "quá dài"),
    (encoded(halves(), "JPEG")[:20] + b"\xff\xda" * 65, "bất thường"),
]


@pytest.mark.parametrize(("data", "word"), REFUSED)
def test_what_cannot_be_shown_is_refused_with_the_mend(data: bytes, word: str) -> None:
    with pytest.raises(PictureRefused) as refusal:
        process(data)
    assert word in refusal.value.sentence
    assert "hãy" in refusal.value.sentence.lower()


GOOD = [
    encoded(halves(), "JPEG"),
    encoded(halves(), "JPEG", progressive=True, exif=Image.Exif()),
    encoded(halves(), "PNG"),
    encoded(halves(mode="P"), "PNG"),
    encoded(halves(mode="RGBA"), "WEBP", lossless=True),
    encoded(halves(), "WEBP"),
    encoded(halves(), "AVIF"),
    png_of_size(60, 60),
]


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(GOOD),
    st.lists(st.tuples(st.integers(0, 3000), st.binary(max_size=6)), max_size=4),
    st.integers(0, 400),
)
def test_damaged_pictures_are_shown_or_refused_but_never_break_anything(
    data: bytes, changes: list[tuple[int, bytes]], cut: int
) -> None:
    damaged = bytearray(data[: len(data) - cut] if cut < 200 else data)
    for place, replacement in changes:
        place %= max(1, len(damaged))
        damaged[place : place + len(replacement)] = replacement
    try:
        picture = process(bytes(damaged))
    except PictureRefused:
        return
    assert picture.webp


@given(st.binary(max_size=200))
def test_bytes_that_are_no_picture_are_refused(data: bytes) -> None:
    with pytest.raises(PictureRefused):
        process(data)
