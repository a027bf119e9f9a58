"""What every scene is built from: palettes, sky, hills, water, buildings, leaves, dials."""

import math

from demo.canvas import HEIGHT, WIDTH, Canvas, Colour, mix

WHITE: Colour = (255, 255, 255)


class Palette:
    """Colours that go together: a sky from top to bottom, the ground near, a light, a line."""

    def __init__(self, top: Colour, bottom: Colour, ground: Colour, light: Colour, line: Colour):
        self.top, self.bottom, self.ground, self.light, self.line = top, bottom, ground, light, line

    def layer(self, depth: float) -> Colour:
        """The ground's colour from far (0) to near (1)."""
        return mix(self.bottom, self.ground, 0.25 + 0.75 * depth)


def sky(c: Canvas, p: Palette, *, sun: tuple[float, float, float] | None = None) -> None:
    c.gradient(p.top, p.bottom)
    if sun:
        x, y, radius = sun
        c.glow(x, y, radius, p.light)
        c.disc(x, y, radius, p.light)


def stars(c: Canvas, p: Palette, count: int = 90, *, low: float = 520) -> None:
    for _ in range(count):
        x, y = c.random.uniform(0, WIDTH), c.random.uniform(0, low)
        c.disc(x, y, c.random.uniform(0.9, 2.6), p.light, c.random.randint(90, 230))


def ranges(
    c: Canvas, p: Palette, *, start: float = 560, count: int = 4, height: float = 60
) -> None:
    """Layered hills from far to near."""
    for index in range(count):
        depth = index / max(1, count - 1)
        y = start + (HEIGHT - start) * 0.82 * index / count
        c.hills(y, height * (0.7 + 0.5 * depth), p.layer(depth), length=1150 - 170 * index)


def sea(c: Canvas, p: Palette, level: float, *, lines: int = 46) -> None:
    """Water from ``level`` down, with short lights on it."""
    c.gradient(mix(p.bottom, p.ground, 0.35), p.ground, start=level)
    for _ in range(lines):
        y = level + 14 + (c.random.random() ** 1.5) * (HEIGHT - level - 30)
        near = (y - level) / (HEIGHT - level)
        long = (24 + 150 * near) * c.random.uniform(0.5, 1.3)
        x = c.random.uniform(-40, WIDTH)
        c.box(x, y, long, 2 + 3 * near, p.line, 34 + round(30 * near), corner=1.5)


def reflection(c: Canvas, p: Palette, x: float, level: float, wide: float) -> None:
    """A light's broken track on the water."""
    for step in range(22):
        y = level + 8 + step * (HEIGHT - level) / 24
        span = wide * (0.35 + 0.65 * step / 22) * c.random.uniform(0.55, 1.1)
        c.box(x - span, y, span * 2, 5, p.light, 118 - step * 4, corner=2.5)


def boat(c: Canvas, p: Palette, x: float, y: float, size: float, *, sail: bool = True) -> None:
    hull = mix(p.ground, (0, 0, 0), 0.35)
    c.polygon(
        [
            (x - 60 * size, y - 14 * size),
            (x + 62 * size, y - 20 * size),
            (x + 44 * size, y + 14 * size),
            (x - 44 * size, y + 14 * size),
        ],
        hull,
    )
    if sail:
        c.line([(x, y - 14 * size), (x, y - 128 * size)], 4 * size, hull)
        c.polygon(
            [
                (x + 5 * size, y - 126 * size),
                (x + 56 * size, y - 32 * size),
                (x + 5 * size, y - 26 * size),
            ],
            p.line,
            235,
        )
        c.polygon(
            [
                (x - 5 * size, y - 108 * size),
                (x - 42 * size, y - 32 * size),
                (x - 5 * size, y - 28 * size),
            ],
            p.light,
            220,
        )
    else:
        c.box(x - 6 * size, y - 44 * size, 40 * size, 30 * size, p.light, 230, corner=4 * size)
        c.line([(x + 8 * size, y - 44 * size), (x + 8 * size, y - 86 * size)], 3 * size, hull)


def skyline(
    c: Canvas, p: Palette, base: float, *, low: float, high: float, tone: float, lit: bool = True
) -> None:
    """A row of buildings standing on ``base``."""
    x = -20.0
    while x < WIDTH:
        wide = c.random.uniform(46, 104)
        tall = c.random.uniform(low, high) * (1.5 if c.random.random() < 0.16 else 1)
        c.box(x, base - tall, wide, tall + 4, p.layer(tone))
        if lit:
            for row in range(int((tall - 16) // 22)):
                for column in range(int((wide - 14) // 18)):
                    if c.random.random() < 0.42:
                        c.box(
                            x + 10 + column * 18, base - tall + 12 + row * 22, 8, 11, p.light, 190
                        )
        x += wide + c.random.uniform(2, 14)


def blade(
    c: Canvas,
    x: float,
    y: float,
    tip_x: float,
    tip_y: float,
    wide: float,
    fill: Colour,
    rib: Colour,
) -> None:
    """A pointed leaf from a stem to its tip."""
    long = math.hypot(tip_x - x, tip_y - y)
    across, along = -(tip_y - y) / long, (tip_x - x) / long
    left, right = [], []
    for step in range(17):
        share = step / 16
        half = wide * math.sin(share * math.pi) ** 0.9 / 2 * (1.15 - 0.3 * share)
        middle_x, middle_y = x + (tip_x - x) * share, y + (tip_y - y) * share
        left.append((middle_x + across * half, middle_y + along * half))
        right.append((middle_x - across * half, middle_y - along * half))
    c.polygon(left + right[::-1], fill)
    c.line([(x, y), (tip_x, tip_y)], 3, rib)


def dial(c: Canvas, p: Palette, x: float, y: float, radius: float, needle: float) -> None:
    """A round dial; ``needle`` in degrees from straight up, clockwise."""
    c.disc(x, y, radius + 14, mix(p.ground, (0, 0, 0), 0.1))
    c.disc(x, y, radius, mix(p.light, WHITE, 0.65))
    for step in range(40):
        angle = math.radians(step * 9)
        inner = radius * (0.78 if step % 5 == 0 else 0.86)
        c.line(
            [
                (x + inner * math.sin(angle), y - inner * math.cos(angle)),
                (x + radius * 0.93 * math.sin(angle), y - radius * 0.93 * math.cos(angle)),
            ],
            5 if step % 5 == 0 else 2.5,
            p.ground,
        )
    angle = math.radians(needle)
    c.line(
        [
            (x - radius * 0.16 * math.sin(angle), y + radius * 0.16 * math.cos(angle)),
            (x + radius * 0.68 * math.sin(angle), y - radius * 0.68 * math.cos(angle)),
        ],
        9,
        (200, 72, 58),
    )
    c.disc(x, y, radius * 0.09, p.ground)
