"""Places of after-class: pastel rooms and streets with thin lines."""

import numpy as np

from toonseg.demo.artist import effects
from toonseg.demo.artist.effects import Sheet
from toonseg.demo.artist.ink import Rgb
from toonseg.demo.artist.styles import mix

_WHITE: Rgb = (255, 255, 255)
_LINE: Rgb = (172, 158, 172)
_CREAM: Rgb = (255, 248, 236)
_SKY: Rgb = (176, 216, 246)
_HAZE: Rgb = (238, 246, 252)


def classroom(width: int, height: int, zoom: float, rng: np.random.Generator) -> Sheet:
    """Windows with curtains over a wainscot, or a board, and desks in front."""
    sheet = Sheet(width, height, _CREAM, (250, 236, 222))
    sill = height * 0.62
    pane = 150 * zoom
    if rng.random() < 0.62:
        _school_windows(sheet, sill, pane, rng)
    else:
        _school_board(sheet, sill, pane, rng)
    sheet.box(0, sill + 12 * zoom, width, height, (240, 222, 204))
    sheet.box(0, sill, width, sill + 12 * zoom, (222, 196, 176))
    sheet.line([(0, sill), (width, sill)], _LINE)
    _desks(sheet, height, 120 * zoom, float(rng.uniform(0, 120)))
    return sheet


def _school_windows(sheet: Sheet, sill: float, pane: float, rng: np.random.Generator) -> None:
    top = -10.0
    x = -pane * float(rng.uniform(0.1, 0.9))
    sky = Sheet(sheet.width, max(2, round(sill)), _SKY, _HAZE)
    for _ in range(4):
        at = rng.uniform(0, sheet.width), rng.uniform(0.2, 0.8) * sill
        effects.cloud(sky, *at, pane * float(rng.uniform(0.6, 1.2)), _WHITE, rng)
    for tree in np.arange(0, sheet.width, pane * 0.7):
        sky.disc(float(tree), sill + pane * 0.12, pane * float(rng.uniform(0.3, 0.5)), (190, 222, 188))
    sheet.pixels[: sky.height] = sky.pixels[: sheet.height]
    sheet.box(0, top, sheet.width, 16, (246, 234, 222))
    while x < sheet.width:
        sheet.box(x, top, x + pane * 0.12, sill, (250, 240, 230))
        sheet.line([(x, top), (x, sill)], _LINE)
        sheet.line([(x + pane * 0.12, top), (x + pane * 0.12, sill)], _LINE)
        sheet.line([(x + pane * 0.56, top), (x + pane * 0.56, sill)], (216, 208, 214), 3)
        sheet.line([(x, sill * 0.45), (x + pane, sill * 0.45)], (216, 208, 214), 3)
        x += pane
    for edge, way in ((0.0, 1), (float(sheet.width), -1)):
        _curtain(sheet, edge, way, sill, pane)


def _curtain(sheet: Sheet, edge: float, way: int, sill: float, pane: float) -> None:
    rows = np.linspace(-10, sill + 14, 16)
    wave = edge + way * pane * (0.34 + 0.1 * np.cos(rows / sill * 4))
    back = np.full_like(rows, edge - way * 20)
    outline = np.concatenate([np.stack([wave, rows], 1), np.stack([back, rows], 1)[::-1]])
    sheet.fill(outline, (252, 226, 226))
    for part in (0.3, 0.6, 0.85):
        fold = np.stack([edge + (wave - edge) * part, rows], 1)
        sheet.line(fold, (236, 202, 206), 2)
    sheet.line(np.stack([wave, rows], 1), _LINE)


def _school_board(sheet: Sheet, sill: float, pane: float, rng: np.random.Generator) -> None:
    x0, x1, y0, y1 = sheet.width * 0.1, sheet.width * 0.93, sill * 0.16, sill * 0.86
    sheet.box(x0 - 9, y0 - 9, x1 + 9, y1 + 9, (206, 170, 138))
    sheet.box(x0, y0, x1, y1, (118, 160, 142))
    sheet.frame(x0 - 9, y0 - 9, x1 + 9, y1 + 9, (150, 120, 110))
    for row in range(3):
        y = y0 + (row + 1) * (y1 - y0) / 4
        x = x0 + 20 + float(rng.uniform(0, 60))
        while x < x1 - pane * 0.5 and rng.random() < 0.9:
            length = pane * float(rng.uniform(0.12, 0.4))
            jitter = np.stack([np.linspace(x, x + length, 7), y + rng.uniform(-5, 5, 7)], 1)
            sheet.line(jitter, (206, 226, 214), 2)
            x += length + 16
    sheet.disc(x0 + pane * 0.1, y0 * 0.45, max(6.0, y0 * 0.4), _WHITE)


def _desks(sheet: Sheet, bottom: float, size: float, start: float) -> None:
    y = bottom - size * 0.55
    for x in np.arange(-start, sheet.width, size * 1.5):
        left = float(x)
        sheet.fill(
            [(left + 16, y), (left + size, y), (left + size + 14, y + size * 0.2), (left, y + size * 0.2)],
            (232, 192, 150),
        )
        sheet.box(left, y + size * 0.2, left + size + 14, y + size * 0.27, (206, 164, 126))
        sheet.box(left + 8, y + size * 0.27, left + 15, bottom, (186, 182, 196))
        sheet.box(left + size, y + size * 0.27, left + size + 7, bottom, (186, 182, 196))


def corridor(width: int, height: int, zoom: float, rng: np.random.Generator) -> Sheet:
    """A school corridor that runs to its vanishing point: windows left, doors right."""
    sheet = Sheet(width, height, (252, 244, 236), (244, 230, 218))
    at = (width * float(rng.uniform(0.38, 0.62)), height * 0.4)
    low, high = height * 1.05, -height * 0.25
    sheet.fill([at, (width * 1.4, low), (-width * 0.4, low)], (228, 204, 184))
    sheet.fill([at, (width * 1.4, high), (-width * 0.4, high)], (255, 252, 246))
    for side, colours in (
        (-0.4, ((188, 222, 246), (226, 240, 250))),
        (1.4, ((236, 214, 196), (204, 224, 232))),
    ):
        edge = width * side
        for step in range(6):
            near, far = 1 / (1 + step * 0.75 / zoom), 1 / (1 + (step + 0.62) * 0.75 / zoom)
            quad: list[tuple[float, float]] = []
            for depth, level in ((near, 0.0), (far, 0.0), (far, 0.62), (near, 0.62)):
                y = (high * 0.6 + (low - high * 0.6) * (level if side < 0 else 0.1 + level * 1.25)) - at[1]
                quad.append((at[0] + (edge - at[0]) * depth, at[1] + y * depth))
            sheet.fill(quad, mix(colours[step % 2], _WHITE, min(0.6, step * 0.12)))
            sheet.line(quad, _LINE, 1, closed=True)
    back = 0.13
    x0, x1 = at[0] - width * 0.9 * back, at[0] + width * 0.9 * back
    sheet.box(x0, at[1] + (high - at[1]) * back, x1, at[1] + (low - at[1]) * back, (246, 240, 232))
    sheet.frame(x0, at[1] + (high - at[1]) * back, x1, at[1] + (low - at[1]) * back, _LINE)
    for corner in ((-width * 0.4, low), (width * 1.4, low), (-width * 0.4, high), (width * 1.4, high)):
        far_end = at[0] + (corner[0] - at[0]) * back, at[1] + (corner[1] - at[1]) * back
        sheet.line([far_end, corner], _LINE)
    return sheet


def rooftop(width: int, height: int, zoom: float, rng: np.random.Generator) -> Sheet:
    """Wide sky with clouds over a wire fence and a pale skyline."""
    sheet = Sheet(width, height, (142, 198, 244), (236, 246, 252))
    for _ in range(5):
        at = rng.uniform(0, width), rng.uniform(0.2, 0.5) * height
        effects.cloud(
            sheet, *at, min(width * zoom * float(rng.uniform(0.2, 0.45)), height * 0.6), (252, 254, 255), rng
        )
    ground = height * 0.8
    x = -20.0
    while x < width:
        wide = float(rng.uniform(40, 90)) * zoom
        roof = ground - float(rng.uniform(30, 120)) * zoom
        sheet.box(x, roof, x + wide, ground, mix((204, 220, 238), (226, 226, 240), float(rng.random())))
        x += wide
    sheet.box(0, ground, width, height, (222, 216, 220))
    rail = ground - 190 * zoom
    mesh = 22 * zoom
    for start in np.arange(-height, width + height, mesh):
        run = ground - rail
        sheet.line([(start, rail), (start + run, ground)], (178, 196, 206))
        sheet.line([(start, rail), (start - run, ground)], (178, 196, 206))
    for x in np.arange(40 * zoom, width, 240 * zoom):
        sheet.box(x, rail - 10, x + 9 * zoom, ground, (150, 172, 184))
    sheet.box(0, rail - 6 * zoom, width, rail + 4 * zoom, (150, 172, 184))
    sheet.line([(0, ground), (width, ground)], _LINE, 2)
    return sheet


def street(width: int, height: int, zoom: float, rng: np.random.Generator) -> Sheet:
    """The way home: walls, blossom and a wire pole under a light sky."""
    sheet = Sheet(width, height, (190, 224, 248), (255, 246, 240))
    ground = height * 0.82
    for _ in range(3):
        at = rng.uniform(0, width), rng.uniform(0.2, 0.35) * height
        effects.cloud(sheet, *at, min(150 * zoom, height * 0.4), _WHITE, rng)
    x = -float(rng.uniform(0, 120))
    while x < width:
        wide, high = float(rng.uniform(150, 230)) * zoom, float(rng.uniform(170, 300)) * zoom
        tint = ((250, 232, 216), (236, 224, 236), (226, 238, 230), (252, 240, 214))[int(rng.integers(4))]
        _house(sheet, x, ground - 70 * zoom, wide, high, tint, zoom)
        x += wide * float(rng.uniform(1.0, 1.35))
    blossom = ((252, 206, 218), (255, 222, 230)) if rng.random() < 0.6 else ((178, 216, 172), (206, 232, 194))
    for x in rng.uniform(0, width, 3):
        sheet.box(x - 6 * zoom, ground - 190 * zoom, x + 6 * zoom, ground - 50, (176, 148, 136))
        for _ in range(10):
            px, py = rng.normal(x, 52 * zoom), rng.normal(ground - 225 * zoom, 34 * zoom)
            sheet.disc(px, py, float(rng.uniform(22, 48)) * zoom, blossom[int(rng.integers(2))])
    sheet.box(0, ground - 74 * zoom, width, ground, (230, 216, 208))
    for y in (ground - 74 * zoom, ground - 50 * zoom, ground - 25 * zoom, ground):
        sheet.line([(0, y), (width, y)], (202, 186, 186))
    sheet.box(0, ground, width, height, (214, 212, 220))
    sheet.box(0, height * 0.93, width, height * 0.94, _WHITE)
    pole = float(rng.uniform(0.1, 0.9)) * width
    sheet.box(pole, 0, pole + 12 * zoom, ground, (178, 172, 182))
    for drop in (0.05, 0.1, 0.13):
        sag = np.linspace(-1, 1, 12)
        sheet.line(
            np.stack([width / 2 + sag * width * 0.6, height * (drop + 0.05 * (1 - sag**2))], 1),
            (150, 146, 160),
        )
    return sheet


def _house(sheet: Sheet, x: float, base: float, wide: float, high: float, tint: Rgb, zoom: float) -> None:
    top = base - high
    sheet.box(x, top, x + wide, base, tint)
    roof = mix(tint, (176, 128, 128), 0.55)
    sheet.fill([(x - 12, top), (x + wide * 0.5, top - wide * 0.24), (x + wide + 12, top)], roof)
    sheet.line([(x - 12, top), (x + wide * 0.5, top - wide * 0.24), (x + wide + 12, top)], _LINE)
    for row in (0.14, 0.5):
        for column in (0.16, 0.58):
            left, upper = x + wide * column, top + high * row
            sheet.box(left, upper, left + wide * 0.26, upper + 46 * zoom, (206, 228, 242))
            sheet.frame(left, upper, left + wide * 0.26, upper + 46 * zoom, _LINE)
    sheet.frame(x, top, x + wide, base, _LINE)
