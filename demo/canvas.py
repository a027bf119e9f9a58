"""A small drawing surface: flat shapes, drawn large and reduced so that edges are smooth."""

import math
import random
from collections.abc import Sequence

from PIL import Image, ImageDraw

WIDTH, HEIGHT = 1600, 1000
_SCALE = 2

Colour = tuple[int, int, int]
Point = tuple[float, float]


def colour(code: str) -> Colour:
    """The colour of ``"#1d4a33"``."""
    return int(code[1:3], 16), int(code[3:5], 16), int(code[5:7], 16)


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """``one`` moved towards ``other`` by ``share`` (0 to 1)."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


class Canvas:
    """1600×1000 units; the same seed draws the same picture on every machine."""

    def __init__(self, seed: int) -> None:
        self.image = Image.new("RGB", (WIDTH * _SCALE, HEIGHT * _SCALE))
        self.draw = ImageDraw.Draw(self.image, "RGBA")
        self.random = random.Random(seed)  # noqa: S311 - for drawing, not for secrets

    def finished(self) -> Image.Image:
        return self.image.reduce(_SCALE)

    def gradient(
        self, top: Colour, bottom: Colour, *, start: float = 0, end: float = HEIGHT
    ) -> None:
        """Fill the band from ``start`` to ``end`` with a vertical blend."""
        steps = 128
        strip = Image.new("RGB", (1, steps))
        for step in range(steps):
            strip.putpixel((0, step), mix(top, bottom, step / (steps - 1)))
        first, last = round(start * _SCALE), round(end * _SCALE)
        size = (WIDTH * _SCALE, last - first)
        self.image.paste(strip.resize(size, Image.Resampling.BILINEAR), (0, first))

    def polygon(self, points: Sequence[Point], fill: Colour, alpha: int = 255) -> None:
        self.draw.polygon([(x * _SCALE, y * _SCALE) for x, y in points], fill=(*fill, alpha))

    def disc(self, x: float, y: float, radius: float, fill: Colour, alpha: int = 255) -> None:
        self.ellipse(x, y, radius, radius, fill, alpha)

    def ellipse(
        self, x: float, y: float, wide: float, high: float, fill: Colour, alpha: int = 255
    ) -> None:
        box = [(x - wide) * _SCALE, (y - high) * _SCALE, (x + wide) * _SCALE, (y + high) * _SCALE]
        self.draw.ellipse(box, fill=(*fill, alpha))

    def box(
        self,
        x: float,
        y: float,
        wide: float,
        high: float,
        fill: Colour,
        alpha: int = 255,
        *,
        corner: float = 0,
    ) -> None:
        """A rectangle from its upper left corner, rounded by ``corner``."""
        area = [x * _SCALE, y * _SCALE, (x + wide) * _SCALE, (y + high) * _SCALE]
        if corner:
            self.draw.rounded_rectangle(area, corner * _SCALE, fill=(*fill, alpha))
        else:
            self.draw.rectangle(area, fill=(*fill, alpha))

    def line(self, points: Sequence[Point], width: float, fill: Colour, alpha: int = 255) -> None:
        """A stroke with rounded corners and ends (ends only where it is opaque)."""
        scaled = [(x * _SCALE, y * _SCALE) for x, y in points]
        self.draw.line(scaled, fill=(*fill, alpha), width=round(width * _SCALE), joint="curve")
        if alpha == 255:
            for x, y in (points[0], points[-1]):
                self.disc(x, y, width / 2, fill)

    def ring(
        self,
        x: float,
        y: float,
        radius: float,
        width: float,
        fill: Colour,
        alpha: int = 255,
        *,
        start: float = 0,
        end: float = 360,
    ) -> None:
        """A circle's outline, or its arc from ``start`` to ``end`` degrees, clockwise."""
        outer = radius + width / 2
        box = [
            (x - outer) * _SCALE,
            (y - outer) * _SCALE,
            (x + outer) * _SCALE,
            (y + outer) * _SCALE,
        ]
        self.draw.arc(box, start, end, fill=(*fill, alpha), width=round(width * _SCALE))

    def orbit(
        self, x: float, y: float, wide: float, high: float, tilt: float, width: float, fill: Colour
    ) -> None:
        """An ellipse's outline turned by ``tilt`` degrees."""
        turn = math.radians(tilt)
        points = []
        for step in range(97):
            angle = step / 96 * math.tau
            across, along = wide * math.cos(angle), high * math.sin(angle)
            points.append(
                (
                    x + across * math.cos(turn) - along * math.sin(turn),
                    y + across * math.sin(turn) + along * math.cos(turn),
                )
            )
        self.line(points, width, fill)

    def glow(self, x: float, y: float, radius: float, fill: Colour, strength: int = 9) -> None:
        """A soft light around a point, three times as thick at its middle as ``strength``."""
        for step in range(30, 0, -1):
            self.disc(x, y, radius * (1 + step * 0.052), fill, max(2, strength // 3))

    def wave(
        self, y: float, height: float, *, length: float = 700, points: int = 80
    ) -> list[Point]:
        """An irregular curve across the picture, about ``y``."""
        phases = [self.random.uniform(0, math.tau) for _ in range(3)]
        curve = []
        for step in range(points + 1):
            x = WIDTH * step / points
            lift = (
                math.sin(x / length * math.tau + phases[0])
                + 0.5 * math.sin(x / length * 1.9 * math.tau + phases[1])
                + 0.22 * math.sin(x / length * 4.3 * math.tau + phases[2])
            )
            curve.append((x, y - height * lift / 1.7))
        return curve

    def hills(
        self, y: float, height: float, fill: Colour, alpha: int = 255, *, length: float = 900
    ) -> list[Point]:
        """Everything below an irregular curve; returns the curve."""
        crest = self.wave(y, height, length=length)
        self.polygon([*crest, (WIDTH, HEIGHT), (0, HEIGHT)], fill, alpha)
        return crest

    def peak(
        self, x: float, base: float, wide: float, high: float, fill: Colour, alpha: int = 255
    ) -> None:
        """A rounded, slightly broken mountain standing on ``base``."""
        points = [(x - wide, base)]
        for step in range(1, 24):
            share = step / 24
            jitter = self.random.uniform(-0.035, 0.035)
            lift = math.sin(share * math.pi) ** 0.8 + jitter * math.sin(share * math.pi)
            points.append((x - wide + 2 * wide * share, base - high * lift))
        points.append((x + wide, base))
        self.polygon(points, fill, alpha)
