"""Motifs of paper, figures and people."""

import itertools
import math

from demo.canvas import HEIGHT, WIDTH, Canvas, mix
from demo.laboratory import table
from demo.scenery import WHITE, Palette, ranges, sea, sky, skyline, stars


def documents(c: Canvas, p: Palette) -> None:
    sky(c, p)
    ranges(c, p, start=640, count=3)
    c.hills(880, 20, p.layer(1.0), length=1000)
    paper, shade = mix(p.light, WHITE, 0.55), mix(p.light, p.ground, 0.3)
    for index in range(6):
        shift = c.random.uniform(-26, 26)
        c.box(
            470 + shift,
            830 - index * 17,
            640,
            14,
            mix(paper, shade, 0.2 + 0.4 * (index % 2)),
            corner=3,
        )
    c.box(560, 210, 470, 545, shade, 120, corner=14)
    c.box(545, 195, 470, 545, paper, corner=14)
    c.box(600, 255, 210, 22, p.layer(0.8), corner=6)
    for index in range(8):
        wide = (360, 340, 360, 300, 350, 360, 330, 180)[index]
        c.box(600, 320 + index * 40, wide, 11, p.layer(0.5), 120, corner=5)
    c.disc(960, 690, 96, p.layer(0.75))
    c.ring(960, 690, 76, 5, p.light)
    c.line([(920, 692), (950, 722), (1004, 660)], 17, p.light)


def books(c: Canvas, p: Palette) -> None:
    sky(c, p)
    stars(c, p, 40, low=360)
    table(c, p, 800)
    c.polygon([(1010, 360), (1250, 360), (1440, 800), (820, 800)], p.light, 42)
    x, y = 420.0, 800.0
    tints = (p.layer(0.5), (206, 100, 84), p.line, (226, 172, 90), p.layer(0.15), (96, 148, 158))
    for index, wide in enumerate((470, 430, 460, 380, 410, 340)):
        high = 52 + 9 * (index % 3)
        y -= high
        shift = (0, 18, -12, 26, 6, 30)[index]
        c.box(x - wide / 2 + shift, y, wide, high, tints[index], corner=8)
        c.box(x + wide / 2 + shift - 26, y + 7, 22, high - 14, mix(p.light, WHITE, 0.5), corner=3)
        c.box(x - wide / 2 + shift + 34, y, 12, high, WHITE, 80)
        c.box(x - wide / 2 + shift + 60, y, 5, high, WHITE, 80)
    dark = mix(p.ground, (0, 0, 0), 0.3)
    c.box(1020, 772, 220, 30, dark, corner=14)
    c.line([(1130, 780), (1300, 560), (1150, 330)], 17, dark)
    c.disc(1300, 560, 22, p.line)
    c.polygon([(1090, 250), (1190, 250), (1260, 372), (1000, 372)], p.line)
    c.ellipse(1130, 372, 130, 20, p.light)
    left = mix(p.light, WHITE, 0.5)
    c.polygon([(760, 776), (930, 752), (930, 796), (760, 812)], left)
    c.polygon([(930, 752), (1000, 764), (1000, 812), (930, 796)], mix(left, p.ground, 0.12))


def atom(c: Canvas, p: Palette) -> None:
    sky(c, p)
    stars(c, p, 60)
    ranges(c, p, start=720, count=3, height=44)
    x, y = 800.0, 420.0
    c.glow(x, y, 64, p.light, 12)
    for tilt, turn in ((0, 0.6), (60, 2.4), (120, 4.3)):
        c.orbit(x, y, 390, 142, tilt, 8, p.line)
        lean = math.radians(tilt)
        across, along = 390 * math.cos(turn), 142 * math.sin(turn)
        c.disc(
            x + across * math.cos(lean) - along * math.sin(lean),
            y + across * math.sin(lean) + along * math.cos(lean),
            22,
            p.light,
        )
    for step in range(9):
        angle, spread = step * 2.399, 17 * math.sqrt(step)
        tint = p.light if step % 2 else (224, 122, 92)
        c.disc(x + spread * math.cos(angle), y + spread * math.sin(angle), 24, tint)


def line_chart(c: Canvas, p: Palette) -> None:
    sky(c, p)
    for step in range(5):
        c.box(170, 220 + step * 120, 1260, 2, p.line, 60)
    ranges(c, p, start=640, count=4, height=70)
    values = (250.0, 300, 270, 350, 400, 385, 470, 520, 560)
    points = [(190.0 + index * 152, value) for index, value in enumerate(values)]
    curve = smooth(points)
    c.polygon([*curve, (points[-1][0], 1000), (points[0][0], 1000)], p.light, 40)
    c.line(curve, 11, p.light)
    for x, y in points:
        c.disc(x, y, 19, p.light)
        c.disc(x, y, 10, p.ground)


def smooth(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """A rounded curve through the points."""
    curve = []
    for (x1, y1), (x2, y2) in itertools.pairwise(points):
        for step in range(16):
            share = step / 16
            ease = (1 - math.cos(share * math.pi)) / 2
            curve.append((x1 + (x2 - x1) * share, y1 + (y2 - y1) * ease))
    return [*curve, points[-1]]


def bar_chart(c: Canvas, p: Palette) -> None:
    sky(c, p, sun=(1230, 240, 92))
    c.hills(600, 70, p.layer(0.08), length=1100)
    level = 760
    for index, high in enumerate((150, 210, 190, 280, 330, 310, 420, 500)):
        x = 190 + index * 156
        tint = p.light if index == 7 else mix(p.line, p.layer(0.4), 0.55 - 0.06 * index)
        c.box(x, level - high, 104, high + 6, tint, corner=8)
        for row in range(int(high // 46)):
            c.box(x + 20, level - high + 24 + row * 46, 26, 18, p.layer(0.7), 110, corner=3)
            c.box(x + 58, level - high + 24 + row * 46, 26, 18, p.layer(0.7), 110, corner=3)
    sea(c, p, level, lines=40)


def lightbulb(c: Canvas, p: Palette) -> None:
    sky(c, p)
    stars(c, p, 40, low=380)
    x, y, dark = 800.0, 400.0, mix(p.ground, (0, 0, 0), 0.2)
    c.glow(x, y, 190, p.light, 11)
    for step in range(13):
        angle = math.pi + step / 12 * math.pi
        c.line(
            [
                (x + 300 * math.cos(angle), y + 300 * math.sin(angle)),
                (x + 350 * math.cos(angle), y + 350 * math.sin(angle)),
            ],
            9,
            p.light,
        )
    c.disc(x, y, 200, p.light)
    c.polygon(
        [(x - 172, y + 100), (x + 172, y + 100), (x + 78, y + 270), (x - 78, y + 270)], p.light
    )
    c.line(
        [(x - 44, y + 260), (x - 60, y + 60), (x, y + 120), (x + 60, y + 60), (x + 44, y + 260)],
        8,
        mix(p.light, (200, 90, 40), 0.6),
    )
    for index in range(4):
        c.box(x - 80 + index * 5, y + 268 + index * 30, 160 - index * 10, 24, dark, corner=10)
    c.hills(760, 60, p.layer(0.35), length=1000)
    c.hills(840, 44, p.layer(0.7), length=1200)
    c.hills(920, 28, p.layer(1.0), length=800)


def network(c: Canvas, p: Palette) -> None:
    sky(c, p)
    stars(c, p, 40, low=300)
    skyline(c, p, 860, low=60, high=190, tone=0.5, lit=False)
    c.hills(890, 26, p.layer(1.0), length=1100)
    nodes: list[tuple[float, float]] = []
    while len(nodes) < 42:
        x, y = c.random.uniform(90, 1510), c.random.uniform(90, 720)
        if all(math.dist((x, y), other) > 105 for other in nodes):
            nodes.append((x, y))
    for index, node in enumerate(nodes):
        for other in sorted(nodes, key=lambda n: math.dist(n, node))[1:4]:
            c.line([node, other], 3, p.line, 120)
        c.glow(*node, 9 + index % 4 * 4, p.light, 10)
    for index, node in enumerate(nodes):
        c.disc(*node, 9 + index % 4 * 4, p.light if index % 3 else p.line)


def paper_plane(c: Canvas, p: Palette) -> None:
    sky(c, p, sun=(350, 300, 88))
    c.hills(640, 70, p.layer(0.15), length=1100)
    skyline(c, p, 810, low=40, high=130, tone=0.5, lit=False)
    c.hills(820, 40, p.layer(0.8), length=900)
    c.hills(910, 30, p.layer(1.0), length=1200)
    trail = []
    for step in range(70):
        share = step / 69
        loop = math.sin(share * math.pi) ** 2
        trail.append(
            (
                240 + 800 * share + 130 * math.sin(share * 9.2) * loop,
                660 - 330 * share + 110 * math.cos(share * 9.2) * loop,
            )
        )
    for index in range(0, 66, 2):
        c.line(trail[index : index + 2], 6, p.line, 254)
    x, y = 1090.0, 320.0
    c.polygon([(x - 130, y - 40), (x + 230, y - 120), (x - 20, y + 60)], WHITE)
    c.polygon([(x + 230, y - 120), (x - 20, y + 60), (x + 60, y + 140)], mix(p.light, WHITE, 0.4))
    c.polygon(
        [(x - 20, y + 60), (x + 230, y - 120), (x - 12, y + 150)], mix(p.light, p.ground, 0.4)
    )


def seal(c: Canvas, p: Palette) -> None:
    c.gradient(p.top, p.bottom)
    ranges(c, p, start=760, count=3, height=36)
    paper = mix(p.light, WHITE, 0.6)
    c.box(330, 120, 940, 720, mix(p.ground, (0, 0, 0), 0.2), 110, corner=16)
    c.box(310, 100, 940, 720, paper, corner=16)
    for index in range(5):
        c.box(
            390, 190 + index * 54, (420, 380, 430, 300, 200)[index], 14, p.layer(0.4), 110, corner=6
        )
    red, x, y = (190, 62, 52), 920.0, 520.0
    for radius, width in ((220, 14), (192, 5)):
        c.ring(x, y, radius, width, red)
    for step in range(36):
        angle = step / 36 * math.tau
        c.disc(x + 172 * math.cos(angle), y + 172 * math.sin(angle), 4.5, red)
    for row in range(4):
        points = []
        for step in range(41):
            px = x - 130 + 260 * step / 40
            points.append((px, y - 16 + row * 36 + 15 * math.sin(step / 40 * math.tau * 2 + row)))
        c.line(points, 9, red)
    c.disc(x, y - 78, 38, red)
    c.line([(390, 720), (430, 690), (470, 726), (520, 680), (570, 716)], 6, p.layer(0.9))


def data_waves(c: Canvas, p: Palette) -> None:
    sky(c, p)
    stars(c, p, 110)
    c.glow(1180, 250, 78, p.light)
    c.disc(1180, 250, 78, p.light)
    for index in range(7):
        y = 480 + index * 76
        fill = p.layer(0.1 + 0.15 * index)
        crest = []
        for step in range(321):
            x = WIDTH * step / 320
            hull = math.exp(-(((x - 300 - 170 * index % 900) / 420) ** 2))
            lift = abs(math.sin(x / (23 + 3 * index)) * math.sin(x / 171 + index)) * (
                26 + 100 * hull
            )
            crest.append((x, y - lift))
        c.polygon([*crest, (WIDTH, HEIGHT), (0, HEIGHT)], fill)
        c.line(crest, 3, mix(fill, p.line, 0.6))


def hall(c: Canvas, p: Palette) -> None:
    c.gradient(p.top, p.bottom)
    c.polygon([(440, 120), (1160, 120), (1600, 1000), (0, 1000)], p.light, 26)
    c.box(400, 110, 800, 380, mix(p.bottom, p.light, 0.7), corner=10)
    c.disc(960, 230, 46, p.light)
    for index in range(3):
        base = 380 + index * 36
        crest = [(400 + 20 * s, base - 36 * math.sin(s * 0.27 + index * 1.8)) for s in range(41)]
        c.polygon([*crest, (1200, 490), (400, 490)], p.layer(0.15 + 0.25 * index))
    c.box(390, 486, 820, 14, p.layer(1.0))
    c.box(0, 560, WIDTH, 440, p.layer(0.6))
    for row in range(5):
        y, size = 620 + row * 84, 0.62 + row * 0.17
        count = 17 - row * 2
        for seat in range(count):
            x = 800 + (seat - (count - 1) / 2) * 112 * size
            tint = mix(p.layer(1.0), (p.line, p.bottom, p.light)[(seat * 7 + row * 3) % 3], 0.28)
            c.disc(x, y - 34 * size, 25 * size, mix(tint, p.light, 0.16))
            c.box(x - 42 * size, y - 8 * size, 84 * size, 110 * size, tint, corner=30 * size)
        c.box(0, y + 50 * size, WIDTH, 60 * size, p.layer(0.75 + 0.06 * row))


def flood_map(c: Canvas, p: Palette) -> None:
    c.gradient(mix(p.light, WHITE, 0.4), mix(p.light, WHITE, 0.15))
    for index in range(7):
        share = index / 6
        upper, lower = [], []
        for step in range(81):
            x = WIDTH * step / 80
            middle = 520 + 150 * math.sin(x / 270) + 60 * math.sin(x / 121 + 1)
            half = (300 - 38 * index) * (0.8 + 0.3 * math.sin(x / 230 + 0.6 * index))
            upper.append((x, middle - half + 20 * math.sin(x / 61 + index)))
            lower.append((x, middle + half + 18 * math.sin(x / 73 + 2 * index)))
        fill = mix(mix(p.bottom, WHITE, 0.55), p.ground, share)
        c.polygon(upper + lower[::-1], fill)
        c.line(upper, 3, mix(fill, WHITE, 0.45))
        c.line(lower, 3, mix(fill, WHITE, 0.45))
    for _ in range(26):
        x, y = c.random.uniform(60, 1540), c.random.uniform(70, 930)
        c.disc(x, y, 15, WHITE)
        c.disc(x, y, 9, (206, 84, 66))


def lanterns(c: Canvas, p: Palette) -> None:
    sky(c, p)
    stars(c, p, 70, low=420)
    for x, wide, base in ((-60, 520, 760), (420, 430, 730), (830, 470, 750), (1270, 460, 735)):
        c.box(x + 40, base, wide - 80, 300, mix((196, 142, 62), p.ground, 0.55))
        roof = mix((126, 66, 48), p.ground, 0.35)
        c.polygon(
            [
                (x, base + 10),
                (x + 70, base - 110),
                (x + wide - 70, base - 110),
                (x + wide, base + 10),
            ],
            roof,
        )
        for step in range(int(wide // 30)):
            c.line(
                [
                    (x + 70 + step * (wide - 140) / (wide // 30), base - 108),
                    (x + step * 30 + 12, base + 8),
                ],
                2.5,
                mix(roof, (0, 0, 0), 0.25),
            )
        for door in range(3):
            c.box(
                x + 84 + door * (wide - 190) / 2,
                base + 70,
                44,
                170,
                mix(p.light, (214, 130, 50), 0.45),
                190,
                corner=4,
            )
    tints = (
        (216, 70, 54),
        (236, 168, 62),
        (226, 104, 60),
        (196, 72, 110),
        (106, 158, 150),
        (232, 196, 96),
    )
    line = [(s * 40, 150 + 70 * math.sin(s * 0.31)) for s in range(41)]
    c.line(line, 3, p.line, 160)
    for index, (step, drop, size) in enumerate(
        (
            (3, 40, 0.8),
            (9, 110, 1.2),
            (15, 50, 0.9),
            (21, 140, 1.35),
            (27, 60, 0.95),
            (32, 120, 1.1),
            (37, 44, 0.8),
        )
    ):
        x, y = line[step]
        c.line([(x, y), (x, y + drop)], 3, p.line, 200)
        lantern(c, x, y + drop + 74 * size, size, tints[index % len(tints)])


def lantern(c: Canvas, x: float, y: float, size: float, tint: tuple[int, int, int]) -> None:
    c.glow(x, y, 84 * size, tint, 9)
    c.ellipse(x, y, 84 * size, 74 * size, tint)
    for share in (0.72, 0.38):
        c.ellipse(
            x,
            y,
            84 * size * share,
            74 * size,
            mix(tint, (255, 236, 170), 0.25 if share > 0.5 else 0.5),
        )
    c.box(x - 30 * size, y - 84 * size, 60 * size, 14 * size, (90, 52, 40), corner=4)
    c.box(x - 30 * size, y + 70 * size, 60 * size, 14 * size, (90, 52, 40), corner=4)
    c.line([(x, y + 84 * size), (x, y + 150 * size)], 6 * size, tint)
