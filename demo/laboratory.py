"""Motifs of measuring, weighing and growing."""

import math

from demo.canvas import HEIGHT, WIDTH, Canvas, mix
from demo.scenery import WHITE, Palette, blade, dial, ranges, sea, sky


def table(c: Canvas, p: Palette, level: float = 790) -> None:
    c.box(0, level, WIDTH, HEIGHT - level, p.layer(1.0))
    c.box(0, level, WIDTH, 10, mix(p.layer(1.0), p.light, 0.3))


def window(c: Canvas, p: Palette, x: float, y: float, wide: float, high: float) -> None:
    """A window with hills and a sun behind it."""
    c.box(x - 18, y - 18, wide + 36, high + 36, p.layer(0.85), corner=14)
    c.box(x, y, wide, high, mix(p.bottom, p.light, 0.45), corner=4)
    c.disc(x + wide * 0.7, y + high * 0.3, high * 0.13, p.light)
    for index in range(3):
        base = y + high * (0.55 + 0.14 * index)
        crest = [
            (x + wide * s / 30, base - high * 0.07 * math.sin(s / 30 * (5 + index) + index * 2))
            for s in range(31)
        ]
        c.polygon([*crest, (x + wide, y + high), (x, y + high)], p.layer(0.2 + 0.22 * index))
    c.box(x + wide / 2 - 6, y, 12, high, p.layer(0.85))
    c.box(x - 40, y + high + 10, wide + 80, 22, p.layer(0.95), corner=6)


def flasks(c: Canvas, p: Palette) -> None:
    c.gradient(p.top, p.bottom)
    window(c, p, 1010, 130, 430, 400)
    table(c, p)
    tints = ((226, 108, 90), (240, 190, 92), (92, 186, 160), (126, 140, 214), (214, 124, 168))
    for index, x in enumerate((200, 460, 730)):
        cone(c, p, x, 790, 1.0 + 0.16 * (index == 1), tints[index])
    for index in range(5):
        x = 1010 + index * 90
        c.box(x, 540, 44, 230, WHITE, 70, corner=22)
        high = 70 + 28 * ((index * 2) % 5)
        c.box(x + 6, 764 - high, 32, high, tints[(index + 2) % 5], 235, corner=14)
        c.box(x - 5, 532, 54, 12, p.line, corner=6)
    c.box(980, 620, 470, 20, p.line, corner=6)
    c.box(980, 770, 470, 22, p.line, corner=6)


def cone(
    c: Canvas, p: Palette, x: float, base: float, size: float, tint: tuple[int, int, int]
) -> None:
    """A conical flask, half full."""
    neck, high = 34 * size, 330 * size
    foot = 130 * size
    outline = [
        (x - neck, base - high),
        (x + neck, base - high),
        (x + neck, base - high * 0.66),
        (x + foot, base - 22 * size),
        (x + foot - 20 * size, base),
        (x - foot + 20 * size, base),
        (x - foot, base - 22 * size),
        (x - neck, base - high * 0.66),
    ]
    c.polygon(outline, WHITE, 66)
    share = 0.42
    half = neck + (foot - neck) * (1 - (share * high - 22 * size) / (high * 0.66 - 22 * size))
    level = base - high * share
    c.polygon(
        [
            (x - half + 7, level),
            (x + half - 7, level),
            (x + foot - 9, base - 24 * size),
            (x + foot - 24 * size, base - 7),
            (x - foot + 24 * size, base - 7),
            (x - foot + 9, base - 24 * size),
        ],
        tint,
        240,
    )
    c.ellipse(x, level, half - 7, 9 * size, mix(tint, WHITE, 0.3))
    for dx, dy, r in ((-30, 60, 9), (24, 84, 13), (2, 40, 7), (46, 36, 6)):
        c.disc(x + dx * size, level + dy * size * 0.9, r * size, WHITE, 90)
    c.box(x - neck - 10, base - high - 10, neck * 2 + 20, 16 * size, p.line, corner=7)


def market_scale(c: Canvas, p: Palette) -> None:
    c.gradient(p.top, p.bottom)
    for index in range(11):
        tint = p.line if index % 2 else (206, 96, 78)
        left = index * 148 - 20
        c.box(left, 0, 148, 130, tint)
        c.disc(left + 74, 130, 74, tint)
    c.box(0, 0, WIDTH, 26, mix(p.ground, (0, 0, 0), 0.2))
    table(c, p, 800)
    x, dark = 620.0, mix(p.ground, (0, 0, 0), 0.15)
    c.polygon([(x - 150, 420), (x + 150, 420), (x + 210, 800), (x - 210, 800)], (92, 146, 150))
    c.polygon([(x - 240, 330), (x + 240, 330), (x + 190, 392), (x - 190, 392)], p.line)
    c.box(x - 18, 388, 36, 40, dark)
    for fx, fy, r, tint in (
        (x - 120, 288, 62, (226, 148, 70)),
        (x + 2, 280, 70, (214, 92, 74)),
        (x + 122, 290, 60, (226, 148, 70)),
        (x - 58, 214, 56, (150, 176, 90)),
        (x + 64, 206, 54, (230, 184, 84)),
    ):
        c.disc(fx, fy, r, tint)
        c.disc(fx - r * 0.3, fy - r * 0.3, r * 0.28, WHITE, 80)
    dial(c, p, x, 606, 142, 42)
    for index, tint in enumerate(((120, 164, 96), (226, 148, 70), (202, 94, 76))):
        bx = 1000 + index * 190
        c.polygon(
            [(bx - 20, 690), (bx + 170, 690), (bx + 146, 800), (bx + 4, 800)],
            mix(p.light, p.ground, 0.4),
        )
        for row in range(3):
            for column in range(4 - row):
                c.disc(
                    bx + 14 + row * 22 + column * 42,
                    672 - row * 38,
                    27,
                    mix(tint, WHITE, 0.08 * row),
                )


def gauges(c: Canvas, p: Palette) -> None:
    sky(c, p)
    ranges(c, p, start=640, count=3)
    dark = mix(p.ground, (0, 0, 0), 0.1)
    c.box(0, 660, WIDTH, 44, dark)
    c.box(0, 660, WIDTH, 12, mix(dark, p.light, 0.3))
    for x, y, radius, needle in ((390, 400, 170, -58), (830, 360, 210, 36), (1250, 410, 160, 104)):
        c.box(x - 24, y + radius, 48, 680 - y - radius, dark)
        dial(c, p, x, y, radius, needle)
        c.ring(x, y, radius * 0.56, 12, (120, 170, 110), start=180, end=290)
        c.ring(x, y, radius * 0.56, 12, (220, 130, 74), start=290, end=360)


def balance(c: Canvas, p: Palette) -> None:
    sky(c, p, sun=(800, 330, 150))
    ranges(c, p, start=640, count=4)
    dark = mix(p.ground, (0, 0, 0), 0.2)
    c.polygon([(640, 850), (960, 850), (900, 800), (700, 800)], dark)
    c.polygon([(788, 806), (812, 806), (808, 260), (792, 260)], dark)
    c.line([(420, 330), (800, 280), (1180, 300)], 14, dark)
    c.disc(800, 270, 26, p.line)
    for x, y, tint in ((420, 330, (226, 172, 90)), (1180, 300, p.line)):
        c.line([(x, y), (x - 110, y + 260)], 4, dark)
        c.line([(x, y), (x + 110, y + 260)], 4, dark)
        c.polygon(
            [
                (x + 140 * math.cos(a / 20 * math.pi), y + 260 + 52 * math.sin(a / 20 * math.pi))
                for a in range(21)
            ],
            dark,
        )
        for index in range(3):
            c.box(
                x - 84 + index * 58,
                y + 260 - 40 - 22 * (index == 1),
                50,
                40 + 22 * (index == 1),
                tint,
                corner=6,
            )


def greenhouse(c: Canvas, p: Palette) -> None:
    sky(c, p, sun=(330, 230, 84))
    c.hills(520, 80, p.layer(0.1), length=1100)
    c.hills(610, 40, p.layer(0.35), length=900)
    c.box(0, 690, WIDTH, 310, p.layer(0.85))
    x, y, wide = 820.0, 820.0, 560.0
    arch = [
        (x + wide * math.cos(a / 40 * math.pi), y - 470 * math.sin(a / 40 * math.pi))
        for a in range(41)
    ]
    c.polygon([*arch], mix(p.bottom, p.light, 0.5), 190)
    for row in range(2, -1, -1):
        bed, size = y - 22 - row * 84, 1.6 - row * 0.3
        span = 500 - row * 84
        for step in range(10):
            px = x - span + 44 + step * (span * 2 - 88) / 9
            green = mix((92, 158, 84), p.ground, 0.1 + 0.14 * (step % 3))
            for lean, lift in ((-30, 36), (30, 38), (-14, 58), (14, 60)):
                blade(c, px, bed + 4, px + lean * size, bed - lift * size, 20 * size, green, green)
            c.disc(px, bed - 30 * size, 7 * size, (228, 110, 84))
        c.box(x - span, bed, span * 2, 22, mix(p.ground, (60, 40, 20), 0.45), corner=6)
    for share in (1.0, 0.66, 0.33):
        c.line([(x + (px - x) * share, py) for px, py in arch], 7 if share == 1 else 4, p.line)
    c.line([(x - wide, y), (x + wide, y)], 9, p.line)
    for level in (0.35, 0.65):
        half = wide * math.sqrt(1 - level**2)
        c.line([(x - half, y - 470 * level), (x + half, y - 470 * level)], 4, p.line)


def mushrooms(c: Canvas, p: Palette) -> None:
    sky(c, p, sun=(1240, 260, 96))
    for x in (90, 330, 640, 1010, 1390):
        wide = c.random.uniform(26, 60)
        c.box(x, 0, wide, 900, p.layer(0.3 + 0.2 * c.random.random()))
    c.hills(800, 30, p.layer(0.75), length=1000)
    bark = mix((104, 74, 54), p.ground, 0.3)
    c.polygon([(150, 700), (1450, 640), (1470, 830), (160, 890)], bark)
    c.ellipse(1458, 735, 52, 96, mix(bark, p.light, 0.35))
    for r in (68, 42, 18):
        c.ellipse(1458, 735, 52 * r / 96, r, mix(bark, p.light, 0.2 + (68 - r) / 200))
    tints = ((222, 160, 96), (196, 116, 78), (236, 206, 150), (170, 100, 88))
    for index in range(9):
        x = 230 + index * 138
        y = 700 - index * 6 + (index % 2) * 46
        size = 1.0 + 0.35 * ((index * 3) % 4) / 3
        for ring in range(5):
            share = 1 - ring * 0.19
            tint = mix(tints[(index + ring) % 4], WHITE, 0.06 * ring)
            half = [
                (
                    x + 112 * size * share * math.cos(a / 24 * math.pi),
                    y - 88 * size * share * math.sin(a / 24 * math.pi),
                )
                for a in range(25)
            ]
            c.polygon(half, tint)
    c.hills(900, 26, p.layer(1.0), length=900)


def jars(c: Canvas, p: Palette) -> None:
    sky(c, p, sun=(1090, 360, 124))
    c.peak(200, 590, 380, 150, p.layer(0.2))
    sea(c, p, 580)
    reflection_x = 1090
    for step in range(12):
        c.box(
            reflection_x - 60 - step * 6,
            596 + step * 22,
            120 + step * 12,
            5,
            p.light,
            110 - step * 7,
            corner=2,
        )
    basket_boat(c, p)
    c.hills(830, 18, mix(p.light, p.ground, 0.5), length=1300)
    for index, x in enumerate((170, 430, 700, 980, 1260, 1500)):
        jar(c, p, x, 930 - 16 * (index % 2), 0.92 + 0.12 * (index % 3), index % 2 == 0)
    c.hills(975, 10, mix(p.light, p.ground, 0.65), length=900)


def basket_boat(c: Canvas, p: Palette) -> None:
    c.ellipse(420, 690, 74, 22, mix(p.ground, (0, 0, 0), 0.3))
    c.ellipse(420, 682, 62, 12, mix(p.light, p.ground, 0.35))
    c.line([(430, 676), (500, 626)], 5, p.line)


def jar(c: Canvas, p: Palette, x: float, base: float, size: float, covered: bool) -> None:
    clay = mix((150, 82, 54), p.ground, 0.18)
    left, right = [], []
    for step in range(25):
        share = step / 24
        half = (70 + 76 * math.sin(share**0.8 * math.pi) ** 0.8) * size
        y = base - 300 * size * share
        left.append((x - half, y))
        right.append((x + half, y))
    c.polygon(left + right[::-1], clay)
    c.polygon(
        [*left[2:22], *[(px + 40 * size, py) for px, py in left[21:1:-1]]],
        mix(clay, p.light, 0.3),
        120,
    )
    for level in (90, 210):
        c.line(
            [(x - 132 * size, base - level * size), (x + 132 * size, base - level * size)],
            4,
            mix(clay, (0, 0, 0), 0.3),
        )
    top = base - 300 * size
    c.ellipse(x, top, 84 * size, 20 * size, mix(clay, (0, 0, 0), 0.35))
    if covered:
        c.polygon(
            [(x - 118 * size, top + 6), (x + 118 * size, top + 6), (x, top - 96 * size)],
            mix(p.light, (196, 150, 84), 0.5),
        )
        for step in range(-3, 4):
            c.line(
                [(x, top - 94 * size), (x + step * 36 * size, top + 4)],
                2.5,
                mix(clay, p.light, 0.2),
            )
