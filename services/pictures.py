"""Pictures that strangers send, made into pictures that the site may show.

Bytes in, bytes out: what a file is is told by its content, its size is known before any of it is
decoded, and nothing of the file itself is passed on: each variant is encoded anew from the
pixels, upright, in sRGB, without metadata (which may hold where somebody lives).
"""

import io
from dataclasses import dataclass

from PIL import ExifTags, Image, ImageCms

from services.errors import InvalidInput

MAX_BYTES = 15_000_000
MAX_PIXELS = 50_000_000
MIN_SIDE_PX = 16
# A side in WebP ends at 16,383 px; a strip narrower than this is no picture for a page anyway.
MAX_RATIO = 10
WIDTHS_PX = (480, 960, 1600)
OPEN_GRAPH_WIDTH_PX = 1200
WEBP_QUALITY = 80
JPEG_QUALITY = 82
# Each scan of a progressive JPEG costs a pass over all pixels; cameras write a dozen.
_MAX_JPEG_SCANS = 64

# Pillow's own alarm is a warning, raised after WebP's canvas is allocated: ours is earlier.
Image.MAX_IMAGE_PIXELS = None

_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
_TURNS = {
    2: (Image.Transpose.FLIP_LEFT_RIGHT,),
    3: (Image.Transpose.ROTATE_180,),
    4: (Image.Transpose.FLIP_TOP_BOTTOM,),
    5: (Image.Transpose.TRANSPOSE,),
    6: (Image.Transpose.ROTATE_270,),
    7: (Image.Transpose.TRANSVERSE,),
    8: (Image.Transpose.ROTATE_90,),
}
_LIES_ON_ITS_SIDE = {5, 6, 7, 8}


class PictureRefused(InvalidInput):
    """The file cannot be shown; the sentence names the mend."""


@dataclass(frozen=True, slots=True)
class ProcessedPicture:
    """The variants of one picture. ``width`` and ``height`` are those of the largest, in px."""

    width: int
    height: int
    webp: dict[int, bytes]  # by width in px, ascending
    open_graph: bytes  # JPEG, at most 1200 px wide, white where the picture is transparent


def process(data: bytes) -> ProcessedPicture:
    """Make the site's variants of a JPEG, PNG, WebP or AVIF.

    Widths of 480, 960 and 1600 px, none wider than the original. Raises PictureRefused, and
    nothing else, for whatever other bytes are given.
    """
    if len(data) > MAX_BYTES:
        raise PictureRefused(
            f"Ảnh nặng quá {MAX_BYTES // 1_000_000} MB. Hãy giảm kích thước rồi tải lên lại."
        )
    _refuse_other_kinds(data)
    try:
        image, width = _decode(data)
        return _encode(image, width)
    except PictureRefused:
        raise
    except Exception as fault:
        # Decoders of hostile bytes raise nearly anything: OSError, SyntaxError, struct.error …
        raise PictureRefused(
            "Không đọc được ảnh: tệp bị hỏng hoặc tải lên chưa trọn. "
            "Hãy mở ảnh trên máy, lưu lại thành JPEG rồi tải lên lại."
        ) from fault


def _refuse_other_kinds(data: bytes) -> None:
    """Say what the file is, if it is something that people often send instead."""
    start = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    brand = data[8:12] if data[4:8] == b"ftyp" else b""
    mend = "Hãy lưu lại thành JPEG hoặc PNG rồi tải lên."
    if not data:
        raise PictureRefused("Tệp ảnh rỗng. Hãy chọn lại tệp ảnh.")
    if brand[:3] in (b"hei", b"hev") or (brand in (b"mif1", b"msf1") and b"avif" not in data[:64]):
        raise PictureRefused(
            "Ảnh HEIC (thường từ iPhone) chưa dùng được trên web; hãy lưu lại thành JPEG."
        )
    if start.startswith((b"<svg", b"<?xml", b"<!doctype", b"<html", b"<!--")):
        raise PictureRefused(f"Tệp SVG hoặc trang web không dùng làm ảnh được. {mend}")
    if start.startswith(b"gif8"):
        raise PictureRefused(f"Ảnh GIF không dùng được (trang không đăng ảnh động). {mend}")
    if start.startswith(b"%pdf"):
        raise PictureRefused(f"Đây là tệp PDF, không phải ảnh. {mend}")
    known = (
        data.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"))
        or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")
        or brand in (b"avif", b"avis", b"mif1", b"msf1")
    )
    if not known:
        raise PictureRefused(f"Tệp không phải ảnh JPEG, PNG, WebP hoặc AVIF. {mend}")


def _decode(data: bytes) -> tuple[Image.Image, int]:
    """The pixels, upright and in sRGB, no wider than is needed; and the original's width."""
    if data[:4] == b"RIFF":
        _refuse_size(*_webp_size(data))
    if data[:2] == b"\xff\xd8" and data.count(b"\xff\xda") > _MAX_JPEG_SCANS:
        raise PictureRefused("Ảnh JPEG này có cấu trúc bất thường. Hãy lưu lại rồi tải lên lại.")
    with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP", "AVIF")) as opened:
        _refuse_size(*opened.size)
        # A phone's JPEG may hold a second picture (MPO); the first is the photograph.
        if opened.format not in ("JPEG", "MPO") and getattr(opened, "n_frames", 1) > 1:
            raise PictureRefused(
                "Trang không đăng ảnh động. Hãy lưu một khung hình thành JPEG hoặc PNG."
            )
        orientation = _orientation(opened)
        on_its_side = orientation in _LIES_ON_ITS_SIDE
        width = opened.height if on_its_side else opened.width
        if opened.mode == "RGB":
            opened.draft("RGB", (WIDTHS_PX[-1], WIDTHS_PX[-1]))
        profile = opened.info.get("icc_profile")
        image: Image.Image = opened
        image.load()
        image = _plain_mode(image)
        upright_width = image.height if on_its_side else image.width
        if upright_width > WIDTHS_PX[-1]:
            scale = WIDTHS_PX[-1] / upright_width
            size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
            image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
        for turn in _TURNS.get(orientation, ()):
            image = image.transpose(turn)
        return _in_srgb(image, profile), width


def _webp_size(data: bytes) -> tuple[int, int]:
    """A WebP's canvas from its header: Pillow allocates it twice on opening (RFC 9649, 2)."""
    kind, start = data[12:16], 20
    if kind == b"VP8X":
        return (
            1 + int.from_bytes(data[start + 4 : start + 7], "little"),
            1 + int.from_bytes(data[start + 7 : start + 10], "little"),
        )
    if kind == b"VP8L":
        bits = int.from_bytes(data[start + 1 : start + 5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return (
        int.from_bytes(data[start + 6 : start + 8], "little") & 0x3FFF,
        int.from_bytes(data[start + 8 : start + 10], "little") & 0x3FFF,
    )


def _refuse_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise PictureRefused(
            f"Ảnh có quá {MAX_PIXELS // 1_000_000} triệu điểm ảnh ({width} × {height}). "
            "Hãy thu nhỏ rồi tải lên lại."
        )
    if min(width, height) < MIN_SIDE_PX:
        raise PictureRefused(
            f"Ảnh quá nhỏ ({width} × {height} điểm ảnh). Hãy chọn ảnh rộng ít nhất 480 điểm ảnh."
        )
    if max(width, height) > MAX_RATIO * min(width, height):
        raise PictureRefused(
            f"Ảnh quá dài so với bề rộng ({width} × {height}). Hãy cắt thành các ảnh ngắn hơn."
        )


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:
        return 1  # metadata that cannot be read says nothing about the pixels


def _plain_mode(image: Image.Image) -> Image.Image:
    """The picture as L, RGB or CMYK, with an alpha channel (LA, RGBA) only if it uses one."""
    if image.mode.startswith("I"):  # 16 bits a channel: the upper eight
        return image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    if image.mode in ("L", "RGB", "CMYK") and "transparency" not in image.info:
        return image
    if image.mode == "1":
        return image.convert("L")
    if image.mode in ("LA", "PA", "La", "RGBA", "RGBa") or "transparency" in image.info:
        image = image.convert("LA" if image.mode in ("LA", "La") else "RGBA")
        opaque = image.getchannel("A").getextrema()[0] == 255
        return image.convert("L" if image.mode == "LA" else "RGB") if opaque else image
    return image.convert("RGB")


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    alpha = image.getchannel("A") if image.mode in ("LA", "RGBA") else None
    colour = image.convert({"LA": "L", "RGBA": "RGB"}[image.mode]) if alpha else image
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(colour, source, _SRGB, outputMode="RGB")
            colour = converted or colour
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # a profile that does not fit its picture: the colours as they are
    colour = colour.convert("RGB")
    if alpha:
        colour.putalpha(alpha)
    colour.info = {}  # encoders write comments and XMP that they find here
    return colour


def _encode(image: Image.Image, original_width: int) -> ProcessedPicture:
    largest = min(image.width, original_width)
    widths = [width for width in WIDTHS_PX if width < largest] + [largest]
    webp: dict[int, bytes] = {}
    for width in widths:
        out = io.BytesIO()
        _at_width(image, width).save(out, "WEBP", quality=WEBP_QUALITY, method=4)
        webp[width] = out.getvalue()
    small = _at_width(image, min(OPEN_GRAPH_WIDTH_PX, largest))
    if small.mode == "RGBA":
        white = Image.new("RGB", small.size, "white")
        white.paste(small, mask=small.getchannel("A"))
        small = white
    out = io.BytesIO()
    small.save(out, "JPEG", quality=JPEG_QUALITY, optimize=True, progressive=True)
    return ProcessedPicture(
        width=largest,
        height=height_at(largest, image.width, image.height),
        webp=webp,
        open_graph=out.getvalue(),
    )


def height_at(width: int, full_width: int, full_height: int) -> int:
    """The height in px of the variant of this width."""
    return max(1, round(full_height * width / full_width))


def _at_width(image: Image.Image, width: int) -> Image.Image:
    if width == image.width:
        return image
    size = (width, height_at(width, image.width, image.height))
    return image.resize(size, Image.Resampling.LANCZOS)
