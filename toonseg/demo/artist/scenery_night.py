"""Places of moonlit-bus: a town at night in flat colours and bold lines."""

import numpy as np

from toonseg.demo.artist import effects
from toonseg.demo.artist.effects import Sheet
from toonseg.demo.artist.ink import Rgb
from toonseg.demo.artist.styles import mix

_INK: Rgb = (12, 10, 26)
_LAMP: Rgb = (255, 218, 130)
_MOON: Rgb = (252, 244, 206)


def night_street(width: int, height: int, zoom: float, rng: np.random.Generator) -> Sheet:
    """Two rows of houses with lit windows and signs, a moon between them."""
    sheet = Sheet(width, height, (18, 18, 58), (86, 50, 120))
    at = width * float(rng.uniform(0.4, 0.6)), height * 0.62
    _moon(sheet, at[0] + width * float(rng.uniform(-0.15, 0.15)), height * 0.2, 44 * zoom)
    _skyline(sheet, at[1] + 10, 70 * zoom, (44, 36, 92), rng)
    sheet.fill([at, (width * 1.3, height * 1.1), (-width * 0.3, height * 1.1)], (40, 34, 74))
    for side in (-1, 1):
        for depth in (0.3, 0.46, 0.68, 1.0):
            _night_house(sheet, at, side, depth, zoom, rng)
    for part in np.linspace(0.1, 1, 7):
        y = at[1] + (height * 1.1 - at[1]) * float(part) ** 2
        sheet.fill(
            [
                (at[0] - 4 * part, y),
                (at[0] + 4 * part, y),
                (at[0] + 9 * part, y + 34 * part**2),
                (at[0] - 9 * part, y + 34 * part**2),
            ],
            (200, 170, 90),
        )
    return sheet


def _night_house(
    sheet: Sheet, at: tuple[float, float], side: int, depth: float, zoom: float, rng: np.random.Generator
) -> None:
    reach = sheet.width * 0.62
    near, far = (
        at[0] + side * reach * depth * 0.92 + side * 10,
        at[0] + side * reach * depth * 0.55 + side * 10,
    )
    top_near, low_near = (
        at[1] - sheet.height * 0.85 * depth * float(rng.uniform(0.8, 1.1)),
        at[1] + sheet.height * 0.34 * depth,
    )
    top_far, low_far = at[1] + (top_near - at[1]) * 0.62, at[1] + (low_near - at[1]) * 0.62
    tint = mix(((58, 44, 120), (36, 56, 110), (88, 40, 96))[int(rng.integers(3))], _INK, 0.3)
    wall = [
        (far, top_far),
        (near, top_near),
        (near + side * 400, top_near),
        (near + side * 400, low_near),
        (near, low_near),
        (far, low_far),
    ]
    sheet.fill(wall, tint)
    sheet.line(
        [(far, low_far), (far, top_far), (near, top_near), (near, low_near)], _INK, max(1.5, 3.5 * depth)
    )
    for row in range(5):
        for column in range(3):
            if rng.random() < 0.4:
                continue
            u0, u1 = 0.1 + column * 0.3, 0.3 + column * 0.3
            v0, v1 = 0.08 + row * 0.17, 0.17 + row * 0.17
            quad = [
                (
                    far + (near - far) * u,
                    (top_far + (top_near - top_far) * u) * (1 - v) + (low_far + (low_near - low_far) * u) * v,
                )
                for u, v in ((u0, v0), (u1, v0), (u1, v1), (u0, v1))
            ]
            lit: tuple[Rgb, ...] = (_LAMP, (255, 170, 90), (120, 200, 240), (60, 60, 120))
            sheet.fill(quad, lit[int(rng.integers(4))])
    if rng.random() < 0.7 and depth > 0.4:
        sign: Rgb = ((255, 70, 130), (70, 220, 230), (255, 200, 60))[int(rng.integers(3))]
        x, y = far + (near - far) * 0.1, top_far + (low_far - top_far) * 0.55
        sheet.glow(x, y, 120 * depth * zoom, sign, 0.55)
        sheet.box(
            x - 14 * depth * zoom, y - 50 * depth * zoom, x + 14 * depth * zoom, y + 50 * depth * zoom, sign
        )
        sheet.frame(
            x - 14 * depth * zoom,
            y - 50 * depth * zoom,
            x + 14 * depth * zoom,
            y + 50 * depth * zoom,
            _INK,
            2,
        )


def _moon(sheet: Sheet, x: float, y: float, radius: float) -> None:
    sheet.glow(x, y, radius * 5, (150, 140, 220), 0.55)
    sheet.disc(x, y, radius, _MOON)
    for dx, dy, part in ((-0.3, -0.2, 0.22), (0.25, 0.3, 0.3), (0.35, -0.35, 0.14)):
        sheet.disc(x + dx * radius, y + dy * radius, radius * part, (234, 222, 176))


def _skyline(sheet: Sheet, base: float, size: float, tint: Rgb, rng: np.random.Generator) -> None:
    x = -20.0
    while x < sheet.width:
        wide, high = size * float(rng.uniform(0.5, 1.1)), size * float(rng.uniform(0.6, 2.8))
        sheet.box(x, base - high, x + wide, base, mix(tint, _INK, float(rng.uniform(0, 0.4))))
        for wx in np.arange(x + 8, x + wide - 12, 18):
            for wy in np.arange(base - high + 10, base - 12, 24):
                if rng.random() < 0.3:
                    sheet.box(wx, wy, wx + 7, wy + 10, _LAMP if rng.random() < 0.7 else (140, 190, 240))
        x += wide


def bus_stop(width: int, height: int, zoom: float, rng: np.random.Generator) -> Sheet:
    """A stop with its sign and shelter under a street lamp, town lights behind."""
    sheet = Sheet(width, height, (20, 22, 66), (104, 58, 132))
    for _ in range(40):
        sheet.disc(float(rng.uniform(0, width)), float(rng.uniform(0, height * 0.5)), 1.2, (220, 220, 250))
    _moon(sheet, width * float(rng.uniform(0.15, 0.85)), height * 0.16, 34 * zoom)
    ground = height * 0.8
    _skyline(sheet, ground, 90 * zoom, (40, 36, 96), rng)
    sheet.box(0, ground, width, height, (52, 44, 84))
    sheet.box(0, ground, width, ground + 12 * zoom, (92, 80, 128))
    lamp = width * float(rng.choice([0.12, 0.88]))
    top = max(20.0, ground - 430 * zoom)
    arm = lamp + (60 if lamp < width / 2 else -60) * zoom
    sheet.line([(lamp, ground), (lamp, top), (arm, top)], _INK, 7 * zoom)
    cone = Sheet(width, height, (0, 0, 0))
    cone.pixels[:] = sheet.pixels
    cone.fill(
        [(arm - 16, top), (arm + 16, top), (arm + 190 * zoom, ground + 30), (arm - 190 * zoom, ground + 30)],
        (255, 222, 140),
    )
    sheet.blend(cone.pixels, 0.28)
    sheet.glow(arm, top + 6, 130 * zoom, _LAMP, 0.9)
    x0 = width * (0.5 if lamp < width / 2 else 0.06)
    _shelter(sheet, x0, ground, zoom)
    return sheet


def _shelter(sheet: Sheet, x0: float, ground: float, zoom: float) -> None:
    x1, top = x0 + 290 * zoom, ground - 280 * zoom
    sheet.box(x0, top, x1, ground - 20, (56, 84, 140))
    sheet.box(x0 + 16 * zoom, top + 40 * zoom, x0 + 104 * zoom, ground - 90 * zoom, (230, 236, 248))
    sheet.box(x0 + 26 * zoom, top + 52 * zoom, x0 + 94 * zoom, top + 110 * zoom, (236, 80, 110))
    for row in range(4):
        y = top + (122 + row * 14) * zoom
        sheet.line([(x0 + 28 * zoom, y), (x0 + 90 * zoom, y)], (120, 130, 170), 2)
    sheet.box(x0 - 16 * zoom, top - 22 * zoom, x1 + 16 * zoom, top, (200, 60, 90))
    sheet.frame(x0 - 16 * zoom, top - 22 * zoom, x1 + 16 * zoom, top, _INK, 3)
    for x in (x0, x1):
        sheet.line([(x, top), (x, ground)], _INK, 5 * zoom)
    sheet.box(x0 + 120 * zoom, ground - 70 * zoom, x1 - 12 * zoom, ground - 56 * zoom, (150, 100, 60))
    sheet.line([(x0 + 150 * zoom, ground - 56 * zoom), (x0 + 150 * zoom, ground)], _INK, 4)
    sheet.line([(x1 - 40 * zoom, ground - 56 * zoom), (x1 - 40 * zoom, ground)], _INK, 4)


def bus(width: int, height: int, zoom: float, rng: np.random.Generator) -> Sheet:
    """Inside the bus: windows on a blurred town, seats, straps, a strip of light."""
    town = Sheet(width, height, (22, 22, 70), (70, 40, 110))
    for _ in range(70):
        colour: Rgb = (_LAMP, (255, 110, 120), (110, 200, 250), (190, 120, 255))[int(rng.integers(4))]
        town.disc(
            float(rng.uniform(0, width)),
            float(rng.uniform(0.2, 0.6) * height),
            float(rng.uniform(3, 15)) * zoom,
            colour,
        )
    town.soften(2.5)
    sheet = Sheet(width, height, (46, 74, 104), (30, 44, 78))
    top, low, pane = height * 0.17, height * 0.6, 230 * zoom
    for x in np.arange(-float(rng.uniform(0, pane)), width, pane):
        x0, x1 = max(0, round(float(x) + 16)), min(width, round(float(x) + pane - 16))
        if x1 - x0 < 8:
            continue
        y0, y1 = round(top), round(low)
        sheet.pixels[y0:y1, x0:x1] = town.pixels[y0:y1, x0:x1]
        sheet.fill(
            [(x0 + 30, y0), (x0 + 70, y0), (x0 + 10, y1), (x0 - 30 if x0 > 30 else 0, y1)], (70, 72, 130)
        )
        sheet.frame(x0, y0, x1, y1, _INK, 4)
    sheet.box(0, 0, width, top * 0.5, (36, 54, 84))
    sheet.box(width * 0.06, top * 0.18, width * 0.94, top * 0.34, (226, 250, 240))
    rail = top * 0.78
    sheet.line([(0, rail), (width, rail)], (230, 190, 70), 6 * zoom)
    for x in np.arange(30, width, 95 * zoom):
        sheet.line([(x, rail), (x, rail + 44 * zoom)], (200, 200, 214), 3 * zoom)
        ring = np.linspace(0, 2 * np.pi, 24)
        sheet.line(
            np.stack([x + 15 * zoom * np.cos(ring), rail + 58 * zoom + 15 * zoom * np.sin(ring)], 1),
            (236, 232, 240),
            4 * zoom,
            True,
        )
    for x in np.arange(-40 * zoom, width, 170 * zoom):
        _seat(sheet, float(x), low + 26 * zoom, 140 * zoom)
    return sheet


def _seat(sheet: Sheet, x: float, y: float, size: float) -> None:
    turn = np.linspace(np.pi, 2 * np.pi, 14)
    back = np.stack([x + size / 2 + size / 2 * np.cos(turn), y + size * 0.25 + size * 0.25 * np.sin(turn)], 1)
    shape = np.concatenate([back, [(x + size, sheet.height + 10.0), (x, sheet.height + 10.0)]])
    sheet.fill(shape, (40, 120, 126))
    sheet.box(x + size * 0.14, y + size * 0.1, x + size * 0.86, y + size * 0.26, (230, 236, 236))
    sheet.line(shape, _INK, 4, True)


def rain(width: int, height: int, zoom: float, rng: np.random.Generator) -> Sheet:
    """The night street in the rain, its lights run together."""
    sheet = night_street(width, height, zoom, rng)
    sheet.soften(1.5)
    sheet.blend(effects.gradient(width, height, (40, 70, 120), (50, 44, 90)), 0.25)
    effects.rain(sheet, (190, 214, 250), width * height // 3200, rng)
    return sheet
