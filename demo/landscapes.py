"""Motifs out of doors: water, mountains, fields."""

import math

from demo.canvas import WIDTH, Canvas, Colour, mix
from demo.scenery import WHITE, Palette, blade, boat, reflection, sea, sky, skyline, stars


def bridge(c: Canvas, p: Palette, level: float) -> None:
    """Five arches over a deck, as over the Hàn."""
    span, rise, first = 262.0, 104.0, 148.0
    for index in range(5):
        left = first + index * span
        arch = [
            (left + span * step / 40, level - rise * math.sin(step / 40 * math.pi))
            for step in range(41)
        ]
        for hanger in range(4, 40, 4):
            x, y = arch[hanger]
            c.line([(x, y), (x, level)], 1.6, p.line, 110)
        c.line(arch, 9, p.line)
    c.box(0, level - 5, WIDTH, 11, p.line)
    for index in range(6):
        c.box(first + index * span - 9, level, 18, 74, p.line, 190)


def bridge_scene(c: Canvas, p: Palette) -> None:
    sky(c, p, sun=(560, 330, 108))
    c.hills(520, 70, p.layer(0.05), length=1300)
    c.hills(585, 54, p.layer(0.3), length=900)
    sea(c, p, 650)
    bridge(c, p, 630)
    c.hills(860, 44, p.layer(0.9), length=1200)
    c.hills(940, 30, p.layer(1.0), length=900)


def bridge_night(c: Canvas, p: Palette) -> None:
    sky(c, p)
    stars(c, p)
    c.glow(1130, 250, 84, p.light)
    c.disc(1130, 250, 84, p.light)
    c.hills(560, 46, p.layer(0.1), length=1100)
    skyline(c, p, 618, low=26, high=118, tone=0.35)
    sea(c, p, 640)
    reflection(c, p, 1130, 650, 120)
    bridge(c, p, 630)


def city_night(c: Canvas, p: Palette) -> None:
    sky(c, p)
    stars(c, p)
    c.glow(420, 240, 92, p.light)
    c.disc(420, 240, 92, p.light)
    skyline(c, p, 700, low=130, high=330, tone=0.15)
    skyline(c, p, 720, low=70, high=230, tone=0.6)
    sea(c, p, 712)
    reflection(c, p, 420, 720, 110)


def city_day(c: Canvas, p: Palette) -> None:
    sky(c, p, sun=(1180, 270, 96))
    c.hills(560, 70, p.layer(0.05), length=1200)
    skyline(c, p, 740, low=140, high=330, tone=0.3)
    skyline(c, p, 770, low=70, high=210, tone=0.65)
    c.hills(800, 22, p.layer(0.9), length=1000)
    for _ in range(34):
        x, size = c.random.uniform(0, WIDTH), c.random.uniform(18, 36)
        c.line([(x, 850), (x, 815 - size)], 5, p.layer(1.0))
        c.disc(x, 806 - size * 0.7, size, p.layer(1.0))
    c.box(0, 850, WIDTH, 150, p.layer(1.0))


def marble_mountains(c: Canvas, p: Palette) -> None:
    sky(c, p, sun=(1090, 420, 120))
    c.hills(690, 30, p.layer(0.05), length=1500)
    for x, wide, high, depth in (
        (1330, 150, 250, 0.25),
        (320, 190, 330, 0.3),
        (980, 130, 210, 0.4),
        (620, 220, 430, 0.55),
        (1180, 170, 190, 0.6),
    ):
        c.peak(x, 780, wide, high, p.layer(depth))
    c.hills(770, 20, p.layer(0.75), length=1300)
    c.hills(850, 24, p.layer(0.9), length=1000)
    c.hills(930, 18, p.layer(1.0), length=800)


def bay(c: Canvas, p: Palette) -> None:
    sky(c, p, sun=(430, 300, 92))
    c.peak(1240, 640, 560, 300, p.layer(0.12))
    c.peak(1440, 650, 420, 220, p.layer(0.3))
    sea(c, p, 640)
    reflection(c, p, 430, 650, 90)
    c.peak(1180, 720, 130, 60, p.layer(0.7))
    c.polygon([(1166, 664), (1194, 664), (1189, 560), (1171, 560)], p.line)
    c.box(1167, 544, 26, 18, p.light)
    c.polygon([(1163, 544), (1197, 544), (1180, 524)], p.layer(1.0))
    c.polygon([(1170, 550), (560, 470), (560, 540)], p.light, 38)
    boat(c, p, 640, 760, 0.8)
    c.hills(950, 24, p.layer(1.0), length=900)


def beach(c: Canvas, p: Palette) -> None:
    sky(c, p, sun=(800, 420, 112))
    c.hills(560, 40, p.layer(0.08), length=1000)
    sea(c, p, 580)
    reflection(c, p, 800, 590, 120)
    boat(c, p, 330, 690, 0.7)
    boat(c, p, 1180, 660, 0.55)
    boat(c, p, 1000, 800, 1.15)
    sand = mix(p.light, p.ground, 0.28)
    c.hills(930, 20, mix(sand, WHITE, 0.25), 120, length=1300)
    c.hills(945, 20, sand, length=1300)


def terraces(c: Canvas, p: Palette) -> None:
    sky(c, p, sun=(1200, 240, 82))
    c.hills(410, 90, p.layer(0.08), length=1100)
    for index in range(9):
        depth = 0.2 + 0.8 * index / 8
        crest = c.hills(470 + index * 58, 46, p.layer(depth), length=1250 - index * 40)
        c.line(crest, 5, mix(p.light, p.layer(depth), 0.35))
        c.line([(x, y + 13) for x, y in crest], 2.5, p.line, 70)


def ginseng(c: Canvas, p: Palette) -> None:
    sky(c, p, sun=(420, 250, 76))
    for index, level in enumerate((400, 490, 590)):
        c.hills(level, 110 - index * 18, p.layer(0.1 + 0.2 * index), length=900 - index * 60)
        c.hills(level + 70, 24, WHITE, 24, length=1200)
    c.hills(800, 40, p.layer(0.85), length=1100)
    stem = mix((120, 190, 120), p.ground, 0.4)
    c.line([(1060, 960), (1070, 760), (1058, 590)], 9, stem)
    leaf = mix((120, 190, 120), p.bottom, 0.25)
    for angle in (-160, -128, -52, -20, 14, 166):
        turn = math.radians(angle)
        tip_x, tip_y = 1060.0 + 216 * math.cos(turn), 640 + 138 * math.sin(turn)
        blade(c, 1060, 640, tip_x, tip_y, 46, leaf, stem)
    red = (214, 84, 62)
    for step in range(13):
        lean = step * 2.399
        spread = 10 * math.sqrt(step)
        c.disc(1058 + spread * math.cos(lean), 556 + spread * math.sin(lean), 13, red)
    c.hills(930, 24, p.layer(1.0), length=900)


def vegetable_rows(c: Canvas, p: Palette) -> None:
    sky(c, p, sun=(1180, 260, 90))
    c.hills(470, 80, p.layer(0.08), length=1000)
    c.hills(540, 34, p.layer(0.3), length=1300)
    c.box(0, 590, WIDTH, 410, p.layer(0.75))
    for index in range(-9, 10):
        x = 800 + index * 210
        far = 800 + index * 46
        green = mix((104, 168, 84), p.bottom, 0.1 if index % 2 else 0.4)
        c.polygon([(far - 13, 592), (far + 13, 592), (x + 62, 1000), (x - 62, 1000)], green)
        for step in range(13):
            share = (step / 12) ** 1.7
            y = 600 + 390 * share
            cx, size = far + (x - far) * (y - 592) / 408, 7 + 34 * share
            c.ellipse(cx, y, size, size * 0.6, mix(green, p.light, 0.18))
            c.ellipse(cx - size * 0.2, y - size * 0.2, size * 0.5, size * 0.3, p.light, 60)


def lotus(c: Canvas, p: Palette) -> None:
    sky(c, p, sun=(1230, 250, 84))
    c.peak(500, 560, 520, 260, p.layer(0.1))
    c.peak(1100, 560, 480, 180, p.layer(0.22))
    sea(c, p, 550, lines=30)
    pads = sorted(
        (620 + 360 * c.random.random() ** 0.8, c.random.uniform(0, WIDTH)) for _ in range(30)
    )
    for y, x in pads:
        size = 28 + (y - 600) * 0.28
        green = mix(p.line, p.bottom, c.random.uniform(0.35, 0.6))
        c.ellipse(x, y, size, size * 0.34, green)
        c.line([(x, y), (x + size * 0.8, y - size * 0.12)], 2.5, mix(green, p.ground, 0.5))
    for x, y, size in ((430, 720, 0.7), (1110, 760, 0.9), (760, 860, 1.3)):
        c.line([(x, y + 60 * size), (x, y)], 7 * size, mix(p.line, p.ground, 0.4))
        for angle, tone in ((-66, 0.05), (66, 0.05), (-36, 0.25), (36, 0.25), (0, 0.45)):
            turn = math.radians(angle - 90)
            tip_x, tip_y = x + 96 * size * math.cos(turn), y + 92 * size * math.sin(turn)
            petal = mix((226, 110, 140), WHITE, tone)
            blade(c, x, y, tip_x, tip_y, 54 * size, petal, mix(petal, WHITE, 0.3))


def coral(c: Canvas, p: Palette) -> None:
    c.gradient(p.top, p.bottom)
    for x in (180.0, 460, 700, 1010, 1330):
        spread = c.random.uniform(90, 190)
        c.polygon(
            [(x, -10), (x + 70, -10), (x + spread + 210, 1000), (x + spread - 90, 1000)],
            p.light,
            22,
        )
    c.hills(820, 50, p.layer(0.5), length=1100)
    tints = ((230, 122, 98), (238, 176, 104), (214, 112, 150), (120, 196, 180), (240, 206, 150))

    def branch(x: float, y: float, angle: float, long: float, wide: float, tint: Colour) -> None:
        end_x, end_y = x + long * math.cos(angle), y + long * math.sin(angle)
        c.line([(x, y), (end_x, end_y)], wide, tint)
        if wide > 7:
            for turn in (-0.42, 0.36):
                sway = turn + c.random.uniform(-0.15, 0.15)
                branch(end_x, end_y, angle + sway, long * 0.78, wide * 0.72, tint)

    for index, x in enumerate((130.0, 330, 560, 820, 1040, 1260, 1470)):
        size = c.random.uniform(0.8, 1.3)
        branch(x, 930, -math.pi / 2, 88 * size, 24 * size, tints[index % len(tints)])
    for _ in range(15):
        x, y = c.random.uniform(100, 1500), c.random.uniform(160, 620)
        size, tint = c.random.uniform(9, 20), c.random.choice((p.light, p.line))
        c.ellipse(x, y, size * 1.7, size * 0.8, tint, 235)
        c.polygon(
            [(x - size * 1.4, y), (x - size * 2.5, y - size), (x - size * 2.5, y + size)], tint, 235
        )
    c.hills(930, 26, p.layer(1.0), length=900)


def meander(steps: int, side: float) -> list[tuple[float, float]]:
    """One bank of a river that widens towards the reader."""
    bank = []
    for step in range(steps + 1):
        share = step / steps
        y = 620 + 380 * share
        middle = 860 + 150 * math.sin(share * 5.2) * (0.35 + share)
        bank.append((middle + side * (20 + 420 * share**1.4), y))
    return bank


def river_sensors(c: Canvas, p: Palette) -> None:
    sky(c, p, sun=(1140, 270, 100))
    c.hills(460, 80, p.layer(0.08), length=1200)
    c.hills(540, 60, p.layer(0.3), length=900)
    c.hills(610, 40, p.layer(0.5), length=1100)
    water = mix(p.bottom, (150, 206, 214), 0.72)
    c.polygon([*meander(40, -1), *reversed(meander(40, 1))], water)
    c.polygon([*meander(40, -0.5), *reversed(meander(40, 0.55))], mix(water, WHITE, 0.2))
    for step, side, size in ((13, -0.1, 0.5), (22, 0.3, 0.8), (33, -0.3, 1.25)):
        buoy(c, p, *meander(40, side)[step], size)


def buoy(c: Canvas, p: Palette, x: float, y: float, size: float) -> None:
    for radius in (150, 108):
        c.ellipse(x, y + 6 * size, radius * size, radius * 0.22 * size, WHITE, 40)
    c.box(x - 4 * size, y - 150 * size, 8 * size, 120 * size, p.layer(1.0))
    c.polygon(
        [
            (x - 52 * size, y),
            (x + 52 * size, y),
            (x + 30 * size, y - 58 * size),
            (x - 30 * size, y - 58 * size),
        ],
        (232, 168, 72),
    )
    c.ellipse(x, y, 52 * size, 13 * size, (206, 138, 50))
    c.box(x - 36 * size, y - 116 * size, 72 * size, 34 * size, p.layer(0.95), corner=4 * size)
    c.disc(x, y - 156 * size, 11 * size, p.light)
    for radius in (34, 58):
        c.ring(x, y - 156 * size, radius * size, 5 * size, p.line, 210, start=215, end=325)
