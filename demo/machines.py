"""Motifs with a machine or a device in the middle."""

import math

from demo.canvas import WIDTH, Canvas, mix
from demo.laboratory import table, window
from demo.scenery import WHITE, Palette, blade, boat, reflection, sea, sky, stars


def wind_farm(c: Canvas, p: Palette) -> None:
    sky(c, p, sun=(390, 300, 98))
    c.hills(600, 70, p.layer(0.1), length=1200)
    for x, y, size in ((300, 640, 0.55), (560, 610, 0.6), (900, 640, 0.8), (1240, 690, 1.15)):
        turbine(c, p, x, y, size)
    c.hills(720, 54, p.layer(0.55), length=1000)
    c.hills(830, 44, p.layer(0.8), length=900)
    c.hills(920, 30, p.layer(1.0), length=700)


def turbine(c: Canvas, p: Palette, x: float, y: float, size: float) -> None:
    hub = y - 330 * size
    c.polygon(
        [
            (x - 9 * size, y + 140),
            (x + 9 * size, y + 140),
            (x + 4 * size, hub),
            (x - 4 * size, hub),
        ],
        p.line,
    )
    start = c.random.uniform(0, 120)
    for turn in (0, 120, 240):
        angle = math.radians(start + turn)
        tip_x, tip_y = x + 172 * size * math.cos(angle), hub + 172 * size * math.sin(angle)
        blade(c, x, hub, tip_x, tip_y, 26 * size, p.line, p.line)
    c.disc(x, hub, 11 * size, p.light)


def rain_station(c: Canvas, p: Palette) -> None:
    c.gradient(p.top, p.bottom)
    for x, y, size in ((260.0, 210.0, 1.0), (760, 150, 1.3), (1270, 230, 1.1)):
        for dx, dy, r in ((-110, 20, 70), (-40, -20, 92), (50, -8, 84), (120, 24, 62)):
            c.disc(x + dx * size, y + dy * size, r * size, mix(p.bottom, p.light, 0.22))
        c.box(
            x - 175 * size,
            y + 20 * size,
            350 * size,
            66 * size,
            mix(p.bottom, p.light, 0.22),
            corner=33 * size,
        )
    for _ in range(120):
        x, y = c.random.uniform(0, WIDTH), c.random.uniform(280, 860)
        c.line([(x, y), (x - 9, y + 34)], 2.4, p.line, 80)
    c.hills(700, 60, p.layer(0.3), length=1100)
    c.hills(800, 40, p.layer(0.7), length=900)
    mast(c, p, 800, 900)
    c.hills(900, 30, p.layer(1.0), length=1000)


def mast(c: Canvas, p: Palette, x: float, base: float) -> None:
    """A measuring mast: funnel, sunlit panel, box and cups."""
    c.box(x - 7, base - 470, 14, 490, p.line)
    c.polygon(
        [(x - 62, base - 540), (x + 62, base - 540), (x + 24, base - 470), (x - 24, base - 470)],
        p.line,
    )
    c.ellipse(x, base - 540, 62, 12, mix(p.line, p.ground, 0.4))
    c.polygon(
        [(x + 14, base - 330), (x + 170, base - 380), (x + 186, base - 290), (x + 14, base - 240)],
        p.layer(1.0),
    )
    for step in (0.33, 0.66):
        c.line(
            [
                (x + 14 + 164 * step, base - 330 - 50 * step),
                (x + 14 + 170 * step, base - 240 - 50 * step),
            ],
            3,
            p.line,
        )
    c.line([(x + 14, base - 285), (x + 178, base - 335)], 3, p.line)
    c.box(x - 92, base - 270, 84, 116, p.light, corner=8)
    c.disc(x - 50, base - 236, 9, p.layer(1.0))
    c.box(x - 74, base - 210, 48, 8, p.layer(1.0), 160)
    c.box(x - 74, base - 192, 34, 8, p.layer(1.0), 160)


def drone_sea(c: Canvas, p: Palette) -> None:
    sky(c, p, sun=(360, 330, 94))
    c.peak(1240, 650, 300, 170, p.layer(0.25))
    c.peak(1430, 650, 220, 110, p.layer(0.4))
    sea(c, p, 640)
    reflection(c, p, 360, 650, 100)
    x, y = 820.0, 340.0
    dark = mix(p.ground, (0, 0, 0), 0.2)
    c.line([(x - 200, y - 24), (x, y), (x + 200, y - 24)], 13, dark)
    for side in (-200, -96, 96, 200):
        lift = -24 * abs(side) / 200
        c.line([(x + side, y + lift), (x + side, y + lift - 30)], 8, dark)
        c.ellipse(x + side, y + lift - 32, 74, 8, p.line, 200)
    c.box(x - 66, y - 26, 132, 50, p.line, corner=22)
    c.box(x - 52, y + 34, 104, 78, p.light, corner=8)
    c.box(x - 52, y + 64, 104, 12, (206, 92, 72))
    c.box(x - 7, y + 44, 14, 52, (206, 92, 72))
    boat(c, p, 620, 840, 0.8, sail=False)


def satellite_sea(c: Canvas, p: Palette) -> None:
    sky(c, p)
    stars(c, p, 150)
    c.hills(690, 14, p.layer(0.3), length=1600)
    sea(c, p, 690)
    x, y = 980.0, 270.0
    c.polygon([(x - 30, y + 40), (x + 10, y + 40), (x - 190, 760), (x - 560, 760)], p.light, 30)
    for side in (-1, 1):
        near, far = x + side * 66, x + side * 290
        tilt = side * -44
        c.polygon(
            [(near, y - 48), (far, y - 48 + tilt), (far, y + 48 + tilt), (near, y + 48)],
            mix(p.bottom, p.line, 0.25),
        )
        for step in range(5):
            share = step / 4
            px, py = near + (far - near) * share, tilt * share
            c.line([(px, y - 48 + py), (px, y + 48 + py)], 3, p.line)
        for level in (-48, 0, 48):
            c.line([(near, y + level), (far, y + level + tilt)], 3, p.line)
    c.box(x - 52, y - 62, 104, 124, p.light, corner=10)
    c.box(x - 52, y - 14, 104, 26, mix(p.light, p.ground, 0.35))
    c.ring(x - 14, y + 92, 42, 9, p.line, start=20, end=160)
    c.line([(x - 14, y + 62), (x - 14, y + 112)], 6, p.line)
    boat(c, p, 560, 850, 0.9)


def rocket_hill(c: Canvas, p: Palette) -> None:
    sky(c, p)
    stars(c, p, 60, low=420)
    c.hills(620, 70, p.layer(0.1), length=1200)
    trail = [(760 + 260 * s**2, 900 - 600 * s) for s in [step / 30 for step in range(31)]]
    for index, (x, y) in enumerate(trail):
        c.disc(x, y, 58 - index * 1.5, p.light, 44)
    x, y = 1034.0, 268.0
    turn = math.radians(38)

    def at(right: float, up: float) -> tuple[float, float]:
        return (
            x + right * math.cos(turn) + up * math.sin(turn),
            y + right * math.sin(turn) - up * math.cos(turn),
        )

    c.polygon([at(-34, -70), at(-78, -128), at(-30, -106)], (210, 96, 74))
    c.polygon([at(34, -70), at(78, -128), at(30, -106)], (210, 96, 74))
    c.polygon([at(-20, -112), at(20, -112), at(0, -180)], p.light)
    body = [at(-38 * math.sin(s / 20 * math.pi) ** 0.6, 150 - 260 * s / 20) for s in range(21)]
    body += [
        at(38 * math.sin(s / 20 * math.pi) ** 0.6, 150 - 260 * s / 20) for s in range(20, -1, -1)
    ]
    c.polygon(body, p.line)
    c.disc(*at(0, 46), 17, p.layer(0.8))
    c.hills(740, 60, p.layer(0.5), length=900)
    c.hills(850, 44, p.layer(0.8), length=1100)
    c.hills(930, 26, p.layer(1.0), length=800)


def solar_roofs(c: Canvas, p: Palette) -> None:
    sky(c, p, sun=(1230, 230, 96))
    for step in range(12):
        angle = step / 12 * math.tau
        c.line(
            [
                (1230 + 132 * math.cos(angle), 230 + 132 * math.sin(angle)),
                (1230 + 166 * math.cos(angle), 230 + 166 * math.sin(angle)),
            ],
            8,
            p.light,
        )
    c.hills(560, 60, p.layer(0.1), length=1100)
    c.hills(640, 40, p.layer(0.3), length=900)
    for x, y, size in ((200, 640, 0.8), (1240, 650, 0.85), (660, 590, 1.15)):
        wide, high = 420 * size, 190 * size
        c.box(x + 30 * size, y + high, wide - 20 * size, 240, mix(p.light, p.bottom, 0.35))
        slant = 90 * size
        roof = [(x + slant, y), (x + wide + slant, y), (x + wide, y + high), (x, y + high)]
        c.polygon(roof, mix(p.ground, (20, 40, 90), 0.35))
        for column in range(7):
            share = column / 6
            c.line([(x + slant + wide * share, y), (x + wide * share, y + high)], 3, p.line, 170)
        for row in range(4):
            share = row / 3
            left = x + slant * (1 - share)
            c.line([(left, y + high * share), (left + wide, y + high * share)], 3, p.line, 170)
        for pane in range(3):
            c.box(
                x + (80 + pane * 120) * size,
                y + high + 44 * size,
                62 * size,
                74 * size,
                p.layer(0.7),
                corner=4,
            )
    c.hills(930, 20, p.layer(1.0), length=900)


def circuit(c: Canvas, p: Palette) -> None:
    c.gradient(p.top, p.bottom)
    for index in range(54):
        x, y = c.random.randrange(0, 33) * 50.0, c.random.randrange(0, 21) * 50.0
        points = [(x, y)]
        heading = c.random.choice((0, 1, 2, 3))
        for _ in range(c.random.randint(2, 4)):
            long = c.random.randint(2, 6) * 50
            dx, dy = ((1, 0), (0.7, 0.7), (0, 1), (-0.7, 0.7))[heading]
            x, y = x + dx * long, y + dy * long
            points.append((x, y))
            heading = (heading + c.random.choice((1, 3))) % 4
        bright = index % 6 == 0
        c.line(points, 7, p.light if bright else mix(p.bottom, p.line, 0.35))
        for px, py in (points[0], points[-1]):
            c.disc(px, py, 15, p.light if bright else mix(p.bottom, p.line, 0.5))
            c.disc(px, py, 7, p.ground)
    for x, y, wide, high in (
        (250, 200, 250, 170),
        (980, 140, 190, 190),
        (620, 560, 340, 210),
        (1220, 640, 210, 150),
    ):
        part(c, p, x, y, wide, high)


def part(c: Canvas, p: Palette, x: float, y: float, wide: float, high: float) -> None:
    """A packaged component with its legs."""
    for step in range(int(wide // 34)):
        px = x + 14 + step * 34
        c.box(px, y - 22, 13, high + 44, p.line, corner=4)
    c.box(x, y, wide, high, mix(p.ground, (0, 0, 0), 0.35), corner=12)
    c.box(x + 14, y + 14, wide - 28, high - 28, p.ground, corner=8)
    c.disc(x + 38, y + 38, 9, p.light)
    c.box(x + wide * 0.3, y + high * 0.45, wide * 0.42, 10, p.line, 120, corner=5)
    c.box(x + wide * 0.3, y + high * 0.62, wide * 0.26, 10, p.line, 120, corner=5)


def chip(c: Canvas, p: Palette) -> None:
    c.gradient(p.top, p.bottom)
    x, y, half = 800.0, 500.0, 210.0
    for side in range(4):
        for index in range(9):
            offset = -168 + index * 42
            reach = 470 + 70 * ((index * 5) % 7) if side % 2 == 0 else 300 + 30 * ((index * 4) % 5)
            bend = offset * 1.9
            start, knee = half + 10, half + 70 + 12 * abs(index - 4)
            route = [(start, offset), (knee, offset), (knee + 70, bend), (reach + 90, bend)]
            points = [rotated(x, y, px, py, side) for px, py in route]
            bright = (index + side) % 4 == 0
            tint = p.light if bright else mix(p.bottom, p.line, 0.5)
            c.line(points, 7, tint)
            c.disc(*points[-1], 15, tint)
            c.disc(*points[-1], 7, p.ground)
    c.glow(x, y, 230, p.light, 7)
    c.box(
        x - half - 26,
        y - half - 26,
        half * 2 + 52,
        half * 2 + 52,
        mix(p.ground, (0, 0, 0), 0.4),
        corner=26,
    )
    c.box(x - half, y - half, half * 2, half * 2, p.ground, corner=14)
    for row in range(6):
        for column in range(6):
            tint = c.random.choice((p.line, p.light, p.bottom, mix(p.bottom, p.line, 0.4)))
            c.box(x - 168 + column * 58, y - 168 + row * 58, 46, 46, tint, 215, corner=6)


def rotated(x: float, y: float, px: float, py: float, quarter: int) -> tuple[float, float]:
    for _ in range(quarter):
        px, py = -py, px
    return x + px, y + py


def racks(c: Canvas, p: Palette) -> None:
    c.gradient(p.top, p.bottom)
    c.polygon([(0, 1000), (1600, 1000), (1040, 640), (560, 640)], p.layer(1.0))
    for step in range(-4, 5):
        c.line([(800 + step * 55, 640), (800 + step * 260, 1000)], 3, p.line, 60)
    c.box(560, 240, 480, 400, mix(p.bottom, p.light, 0.55))
    c.glow(800, 440, 90, p.light, 12)
    dark = mix(p.ground, (0, 0, 0), 0.3)
    for side in (-1, 1):
        for index in range(4):
            near, far = 800 + side * (820 - index * 150), 800 + side * (690 - index * 150)
            top_near, top_far = 20 + index * 62, 74 + index * 62
            low_near, low_far = 990 - index * 98, 908 - index * 98
            c.polygon(
                [(near, top_near), (far, top_far), (far, low_far), (near, low_near)],
                mix(dark, p.bottom, 0.08 * index),
            )
            for row in range(13):
                share = (row + 0.7) / 14
                y1 = top_near + (low_near - top_near) * share
                y2 = top_far + (low_far - top_far) * share
                ax, bx = near + (far - near) * 0.12, near + (far - near) * 0.88
                c.line(
                    [(ax, y1 + (y2 - y1) * 0.12), (bx, y1 + (y2 - y1) * 0.88)],
                    14 - index * 2,
                    mix(p.ground, p.bottom, 0.35),
                )
                for lamp in range(4):
                    s = 0.2 + lamp * 0.13
                    tint = (p.light, (110, 210, 150), p.line)[c.random.randrange(3)]
                    c.disc(near + (far - near) * s, y1 + (y2 - y1) * s, 5 - index * 0.7, tint)


def microscope(c: Canvas, p: Palette) -> None:
    c.gradient(p.top, p.bottom)
    window(c, p, 180, 130, 560, 430)
    table(c, p)
    dark, x = mix(p.ground, (0, 0, 0), 0.25), 1060.0
    c.box(x - 190, 752, 400, 40, dark, corner=18)
    c.box(x + 92, 420, 66, 350, dark, corner=22)
    c.ring(x + 20, 470, 130, 58, dark, start=270, end=360)
    c.box(x - 150, 630, 300, 26, p.line, corner=8)
    c.box(x - 66, 616, 120, 14, WHITE, 190, corner=3)
    c.box(x - 20, 622, 26, 8, (214, 96, 110))
    c.disc(x - 6, 700, 34, p.light)
    c.box(x - 40, 690, 70, 64, dark, corner=10)
    c.polygon([(x - 40, 340), (x + 28, 340), (x + 18, 560), (x - 30, 560)], p.line)
    c.box(x - 56, 220, 100, 140, dark, corner=14)
    c.box(x - 42, 150, 72, 84, p.line, corner=10)
    c.box(x - 18, 556, 24, 52, mix(p.line, dark, 0.4), corner=5)
    c.disc(x + 125, 560, 36, p.light)
    c.disc(x + 125, 560, 16, dark)
    for index in range(4):
        c.box(1330 + index * 52, 610, 26, 170, WHITE, 80, corner=13)
        c.box(1334 + index * 52, 700 - index * 14, 18, 76 + index * 14, p.light, 210, corner=9)
    c.box(1310, 680, 220, 16, p.line, corner=6)
