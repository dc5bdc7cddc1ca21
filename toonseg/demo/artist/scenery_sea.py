"""Places of tidal-town: a seaside in washes without lines."""

import numpy as np

from toonseg.demo.artist import effects
from toonseg.demo.artist.effects import Sheet
from toonseg.demo.artist.ink import Rgb
from toonseg.demo.artist.styles import mix

_WHITE: Rgb = (255, 255, 255)
_SEA: Rgb = (110, 168, 188)
_DEEP: Rgb = (70, 128, 158)
_SAND: Rgb = (238, 220, 184)


def _sky_and_sea(width: int, height: int, level: float, rng: np.random.Generator) -> Sheet:
    day = (
        ((150, 200, 226), (246, 236, 214)),
        ((240, 170, 130), (250, 220, 176)),
        ((176, 214, 224), (240, 244, 240)),
    )
    top, low = day[int(rng.choice([0, 1, 2], p=[0.5, 0.2, 0.3]))]
    sheet = Sheet(width, height, top, low)
    for _ in range(5):
        at = rng.uniform(0, width), rng.uniform(0.34, 0.8) * level
        effects.cloud(
            sheet, *at, min(width * float(rng.uniform(0.2, 0.5)), level), mix(low, _WHITE, 0.7), rng
        )
    y = round(level)
    if 0 <= y < height:
        sheet.pixels[y:] = effects.gradient(width, height - y, mix(_SEA, low, 0.3), _DEEP)
    for _ in range(60):
        depth = float(rng.random())
        x, at_y = float(rng.uniform(0, width)), level + 4 + depth**1.5 * (height - level)
        half = 10 + 50 * depth
        sheet.fill(
            [(x - half, at_y), (x, at_y - 1.4 - 2 * depth), (x + half, at_y), (x, at_y + 1.4)],
            mix(_SEA, _WHITE, 0.55),
        )
    return sheet


def sea_wall(width: int, height: int, zoom: float, rng: np.random.Generator) -> Sheet:
    """A concrete wall before the sea, a lighthouse on its point, gulls."""
    level = height * 0.46
    sheet = _sky_and_sea(width, height, level, rng)
    x = width * float(rng.uniform(0.12, 0.88))
    high = 150 * zoom
    sheet.fill(
        [
            (x - 200 * zoom, level + 3),
            (x - 60, level - 22 * zoom),
            (x + 90, level - 18 * zoom),
            (x + 230 * zoom, level + 3),
        ],
        (132, 146, 128),
    )
    base = level - 18 * zoom
    sheet.fill(
        [
            (x - 16 * zoom, base),
            (x - 11 * zoom, base - high),
            (x + 11 * zoom, base - high),
            (x + 16 * zoom, base),
        ],
        (246, 240, 230),
    )
    for part in (0.15, 0.55):
        wide = 15 - 5 * part
        sheet.box(
            x - wide * zoom, base - high * (part + 0.2), x + wide * zoom, base - high * part, (206, 96, 84)
        )
    sheet.box(x - 8 * zoom, base - high - 24 * zoom, x + 8 * zoom, base - high, (250, 226, 160))
    sheet.fill(
        [
            (x - 12 * zoom, base - high - 22 * zoom),
            (x, base - high - 40 * zoom),
            (x + 12 * zoom, base - high - 22 * zoom),
        ],
        (190, 84, 76),
    )
    _gulls(sheet, level, zoom, rng)
    top = height * 0.7
    sheet.box(0, top, width, height, (206, 198, 186))
    sheet.box(0, top, width, top + 16 * zoom, (228, 222, 210))
    for joint in np.arange(width * 0.1, width, 190 * zoom):
        sheet.box(joint, top + 16 * zoom, joint + 3, height, (182, 174, 164))
    effects.wash(sheet, 1.0, rng)
    return sheet


def _gulls(sheet: Sheet, level: float, zoom: float, rng: np.random.Generator) -> None:
    for _ in range(4):
        x, y = rng.uniform(0, sheet.width), rng.uniform(0.15, 0.8) * level
        span = float(rng.uniform(12, 30)) * zoom
        wing = [
            (x - span, y - span * 0.3),
            (x - span * 0.4, y - span * 0.42),
            (x, y),
            (x + span * 0.4, y - span * 0.42),
            (x + span, y - span * 0.3),
        ]
        sheet.line(wing, (252, 252, 250), max(2.0, span * 0.14))


def harbour(width: int, height: int, zoom: float, rng: np.random.Generator) -> Sheet:
    """Boats at a quay before hills."""
    level = height * 0.5
    sheet = _sky_and_sea(width, height, level, rng)
    for tint, lift in (((164, 184, 176), 120), ((140, 166, 146), 70)):
        x = np.linspace(-20, width + 20, 24)
        ridge = level - lift * zoom * (0.5 + 0.5 * np.sin(x / (150 * zoom) + float(rng.uniform(0, 6))))
        sheet.fill(
            np.concatenate([np.stack([x, ridge], 1), [(width + 20, level + 2), (-20, level + 2)]]), tint
        )
    for _ in range(4):
        _boat(
            sheet,
            float(rng.uniform(0, width)),
            level + float(rng.uniform(16, 110)) * zoom,
            zoom * float(rng.uniform(0.6, 1.2)),
            rng,
        )
    top = height * 0.79
    sheet.box(0, top, width, height, (196, 186, 172))
    sheet.box(0, top, width, top + 12 * zoom, (222, 212, 196))
    for post in np.arange(60 * zoom, width, 210 * zoom):
        sheet.box(post - 11 * zoom, top - 22 * zoom, post + 11 * zoom, top + 10, (120, 116, 122))
        sheet.disc(float(post), top - 22 * zoom, 16 * zoom, (138, 132, 136), 0.4)
    effects.wash(sheet, 1.0, rng)
    return sheet


def _boat(sheet: Sheet, x: float, y: float, size: float, rng: np.random.Generator) -> None:
    hull: Rgb = ((226, 232, 230), (108, 152, 176), (206, 120, 100), (240, 214, 150))[int(rng.integers(4))]
    sheet.disc(x, y + 4 * size, 84 * size, mix(_SEA, _DEEP, 0.7), 0.14)
    sheet.fill(
        [
            (x - 84 * size, y - 26 * size),
            (x + 92 * size, y - 34 * size),
            (x + 66 * size, y + 6 * size),
            (x - 66 * size, y + 6 * size),
        ],
        hull,
    )
    sheet.fill(
        [
            (x - 84 * size, y - 26 * size),
            (x + 92 * size, y - 34 * size),
            (x + 88 * size, y - 26 * size),
            (x - 81 * size, y - 18 * size),
        ],
        mix(hull, (70, 80, 90), 0.5),
    )
    sheet.box(x - 40 * size, y - 66 * size, x + 12 * size, y - 28 * size, (246, 242, 232))
    sheet.box(x - 32 * size, y - 58 * size, x + 4 * size, y - 44 * size, (130, 164, 180))
    sheet.box(x + 24 * size, y - 120 * size, x + 28 * size, y - 30 * size, (150, 128, 108))
    sheet.line([(x + 26 * size, y - 118 * size), (x + 88 * size, y - 34 * size)], (150, 128, 108), 1)


def beach(width: int, height: int, zoom: float, rng: np.random.Generator) -> Sheet:
    """Sand and foam under an open sky."""
    sheet = _sky_and_sea(width, height, height * 0.42, rng)
    x = np.linspace(-20, width + 20, 30)
    phase = float(rng.uniform(0, 6))
    for lift, tint in ((0.0, (250, 250, 246)), (0.022, (214, 206, 180)), (0.05, _SAND)):
        shore = height * (
            0.64 + lift + 0.022 * np.sin(x / (110 * zoom) + phase) + 0.012 * np.sin(x / 41 + phase)
        )
        sheet.fill(
            np.concatenate([np.stack([x, shore], 1), [(width + 20, height + 9), (-20, height + 9)]]), tint
        )
    for _ in range(26):
        sx, sy = float(rng.uniform(0, width)), float(rng.uniform(0.76, 1.0)) * height
        sheet.disc(
            sx, sy, float(rng.uniform(2, 6)) * zoom, mix(_SAND, (190, 160, 120), float(rng.random())), 0.6
        )
    _gulls(sheet, height * 0.4, zoom, rng)
    effects.wash(sheet, 1.1, rng)
    return sheet


def village(width: int, height: int, zoom: float, rng: np.random.Generator) -> Sheet:
    """Houses with coloured roofs up a slope, a lane in front."""
    sheet = Sheet(width, height, (186, 216, 224), (244, 238, 222))
    effects.cloud(sheet, width * 0.3, height * 0.2, width * 0.36, (252, 250, 244), rng)
    walls: tuple[Rgb, ...] = ((246, 236, 216), (236, 226, 222), (226, 232, 222), (248, 240, 230))
    roofs: tuple[Rgb, ...] = (
        (202, 112, 92),
        (96, 142, 166),
        (222, 168, 96),
        (126, 150, 116),
        (176, 120, 130),
    )
    for row in range(4):
        base = height * (0.36 + row * 0.15)
        size = (0.62 + row * 0.2) * zoom
        sheet.fill(
            [(0, base - 40 * size), (width, base - 60 * size), (width, height), (0, height)],
            mix((160, 182, 140), (196, 196, 160), row / 4),
        )
        x = -float(rng.uniform(20, 120))
        while x < width:
            wide, high = float(rng.uniform(110, 170)) * size, float(rng.uniform(64, 96)) * size
            _cottage(sheet, x, base, wide, high, walls[int(rng.integers(4))], roofs[int(rng.integers(5))])
            x += wide * float(rng.uniform(1.05, 1.5))
    sheet.box(0, height * 0.86, width, height, (214, 202, 184))
    for _ in range(12):
        px = float(rng.uniform(0, width))
        sheet.disc(px, height * 0.86, float(rng.uniform(14, 34)) * zoom, (132, 158, 112), 0.7)
    effects.wash(sheet, 1.1, rng)
    return sheet


def _cottage(sheet: Sheet, x: float, base: float, wide: float, high: float, wall: Rgb, roof: Rgb) -> None:
    sheet.box(x, base - high, x + wide, base, wall)
    sheet.box(x + wide * 0.8, base - high, x + wide, base, mix(wall, (140, 130, 140), 0.25))
    sheet.fill(
        [
            (x - wide * 0.08, base - high),
            (x + wide * 0.14, base - high * 1.55),
            (x + wide * 0.86, base - high * 1.55),
            (x + wide * 1.08, base - high),
        ],
        roof,
    )
    for part in (0.14, 0.5):
        sheet.box(
            x + wide * part, base - high * 0.74, x + wide * (part + 0.2), base - high * 0.4, (120, 150, 164)
        )
    sheet.box(x + wide * 0.34, base - high * 0.55, x + wide * 0.48, base, mix(roof, (90, 70, 60), 0.4))
