"""Hair: what hangs behind a body, and what crowns a head. The cuts are in haircuts.py."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toonseg.demo.artist.haircuts import CAP, CUTS, FRINGES, NAPE, Cut, Knots
from toonseg.demo.artist.heads import TURN, turn_points
from toonseg.demo.artist.ink import Region, Rgb
from toonseg.demo.artist.pens import Pen
from toonseg.demo.artist.shapes import Points, bow, curve, ellipse, smooth
from toonseg.demo.artist.styles import mix, multiply

_BALL = 0.47


@dataclass(frozen=True)
class Hair:
    """Somebody's hair: a cut by its name, its colour, and the colour of what ties it."""

    cut: str
    rgb: Rgb
    tie: Rgb
    seed: int


def draw_behind(pen: Pen, hair: Hair, owner: int, *, turned: bool) -> None:
    """Draw what of the hair hangs behind the body."""
    cut = CUTS[hair.cut]
    dark = multiply(hair.rgb, mix((255, 255, 255), pen.style.shadow, 0.8))
    for knots in cut.behind:
        shape = (_turned(curve(knots), turned) - (0.06 * turned, 0)) * (cut.volume, 1.0)
        region = pen.part(dark, owner, shape)
        bottom = float(shape[:, 1].max())
        pen.fade(region, (0, bottom - 0.9), (0, bottom + 0.1), pen.style.shadow, 0.55)
        _strands(pen, shape, hair.rgb, region)
    _ties(pen, hair, turned=turned)


def draw_crown(pen: Pen, hair: Hair, owner: int, *, turned: bool) -> None:
    """Draw cap, fringe and locks over the face."""
    cut = CUTS[hair.cut]
    if cut.shaved:
        _sides(pen, hair, owner, turned=turned)
    for knots in cut.locks:
        shape = _turned(curve(knots), turned)
        region = pen.part(hair.rgb, owner, shape)
        _tint(pen, region, hair.rgb, shape)
        _strands(pen, shape, hair.rgb, region)
    if cut.stray:
        _stray(pen, hair, owner)
    shape, tips = crown_outline(cut, turned=turned)
    region = pen.part(hair.rgb, owner, shape)
    _tint(pen, region, hair.rgb, shape)
    _partings(pen, cut, tips, hair.rgb, region, turned=turned)
    _ring(pen, cut, hair, region, turned=turned)
    if cut.curls:
        _curl_lines(pen, hair, region)


def draw_back_of_head(pen: Pen, hair: Hair, owner: int) -> None:
    """Draw the hair of a head seen from behind."""
    cut = CUTS[hair.cut]
    masses = [curve(knots) for knots in cut.behind] or [curve(NAPE)]
    cap = np.vstack([_crest(cut), curve(((0.4, 0.1), (0.36, 0.32), (0.2, 0.44, 1), (0.1, 0.38),
        (0, 0.46, 1), (-0.1, 0.38), (-0.2, 0.44, 1), (-0.36, 0.32),
        (-0.4, 0.1)), closed=False)])  # fmt: skip
    for shape in (*masses[::-1], cap):
        region = pen.part(hair.rgb, owner, shape)
        _tint(pen, region, hair.rgb, shape)
        _strands(pen, shape, hair.rgb, region)
    _ring(pen, cut, hair, region, turned=False)
    _ties(pen, hair, turned=False)


def fringe_shadow(cut_name: str, *, turned: bool) -> Points:
    """Outline (n, 2) of what casts the hair's shadow on the face."""
    return crown_outline(CUTS[cut_name], turned=turned)[0]


def crown_outline(cut: Cut, *, turned: bool) -> tuple[Points, Points]:
    """Outline (n, 2) of cap and fringe, and the tips and valleys (m, 2) of the fringe."""
    knots = FRINGES[cut.fringe]
    ends = np.array([knot[:2] for knot in knots])
    return np.vstack([_crest(cut), _turned(_bowed(knots), turned)]), _turned(ends, turned)


def _bowed(knots: Knots) -> Points:
    """Samples along tips and valleys; a knot's third number bends what follows it, to its right."""
    ends = np.array([knot[:2] for knot in knots])
    bends = [knot[2] for knot in knots[:-1]]
    return np.vstack(
        [*(bow(a, b, -bend) for a, b, bend in zip(ends, ends[1:], bends, strict=False)), ends[-1:]]
    )


def _crest(cut: Cut) -> Points:
    if cut.crest:
        return _bowed(tuple((x, y, *(-bend for bend in rest)) for x, y, *rest in cut.crest)) * cut.volume
    base = curve(CAP, closed=False) * cut.volume
    if cut.curls:
        out = base - (0, 0.05)
        bumps = 0.8 * np.abs(np.sin(np.linspace(0, np.pi * 9, len(base)))) ** 0.7
        base = base + out / np.linalg.norm(out, axis=1)[:, None] * (cut.curls * bumps)[:, None]
    return base


def _turned(points: Points, turned: bool) -> Points:
    return turn_points(points, TURN * 1.1, _BALL) if turned else points


def _tint(pen: Pen, region: Region, rgb: Rgb, shape: Points) -> None:
    """Give a mass of hair its light, its darker side and its darker tips."""
    if pen.style.shading != "wash":
        move = (0.01 * pen.lit * pen.head_px, -0.055 * pen.head_px)
        pen.canvas.rim(region, pen.style.shadow, 0.75, move_px=move, blend="multiply")
    low, high = shape.min(0), shape.max(0)
    if pen.style.shading == "cel":
        wide = float(high[0] - low[0])
        side = shape * (1.0, 1.0) + (pen.lit * wide * 0.72, 0.1)
        pen.shadow(side, region, 0.9)
        return
    pen.fade(
        region, (0, high[1] - 0.75 * min(1.0, high[1] - low[1])), (0, high[1] + 0.12), pen.style.shadow, 0.75
    )
    warm = mix(rgb, (255, 255, 255), 0.3)
    a, b = pen.frame(np.array([[0, low[1] + 0.5], [-0.25 * pen.lit, low[1] - 0.1]]))
    pen.canvas.gradient(region, a, b, mix(warm, (0, 0, 0), 0.55), 0.6, blend="screen")


def _strands(pen: Pen, shape: Points, rgb: Rgb, region: Region) -> None:
    """Lines that run down a hanging mass between its two sides."""
    low, high = shape.min(0), shape.max(0)
    if not pen.fine(0.03) or high[1] - low[1] < 0.5:
        return
    levels = np.linspace(low[1] + 0.12, high[1] - 0.04, 9)
    left, right = _sides_at(shape, levels)
    for share, start, stop in ((0.22, 2, 9), (0.4, 4, 9), (0.63, 3, 9), (0.8, 2, 8)):
        line = np.stack([left + (right - left) * share, levels], axis=1)[start:stop]
        pen.line(curve(line, closed=False, steps=4), rgb, 0.85, "head", within=region, alpha=0.8)


def _sides_at(shape: Points, levels: Points) -> tuple[Points, Points]:
    nearest: NDArray[np.bool_] = np.abs(shape[None, :, 1] - levels[:, None]) < 0.09
    across = np.where(nearest, shape[None, :, 0], np.nan)
    whole = np.where(nearest.any(axis=1, keepdims=True), across, shape[None, :, 0])
    return np.nanmin(whole, axis=1), np.nanmax(whole, axis=1)


def _partings(pen: Pen, cut: Cut, knots: Points, rgb: Rgb, region: Region, *, turned: bool) -> None:
    """Lines from the valleys of the fringe towards the parting on the crown, and down the sides."""
    top = np.array([0.1 if turned else 0.02, -0.56 * cut.volume])
    if cut.fringe in {"swept", "parted"}:
        top[0] += 0.12
    if pen.fine(0.02) and not cut.curls:
        for x, y, share in ((-0.42, 0.02, 0.5), (-0.44, -0.2, 0.42), (0.42, 0.02, 0.5), (0.44, -0.2, 0.42)):
            foot = np.array([x, y]) * (0.96, 1.0)
            head = top + (foot - top) * (1 - share)
            bend = -0.16 if x < 0 else 0.16
            pen.line(np.vstack([bow(foot, head, bend), head]), rgb, 0.75, "both", within=region, alpha=0.7)
    for index in range(1, len(knots) - 1):
        foot = knots[index]
        valley = foot[1] < knots[index - 1][1] or foot[1] < knots[index + 1][1]
        reach = 0.62 if valley else 0.3
        head = foot + (top - foot) * reach
        bend = 0.12 * np.sign(foot[0] - top[0])
        if valley:
            pen.line(np.vstack([bow(foot, head, bend), head]), rgb, 1.0, "tail", within=region)
        elif pen.fine(0.012):
            start = foot + (top - foot) * 0.12
            pen.line(np.vstack([bow(start, head, bend), head]), rgb, 0.7, "both", within=region, alpha=0.6)


def _ring(pen: Pen, cut: Cut, hair: Hair, region: Region, *, turned: bool) -> None:
    """Lay the ring of light on the crown: a band with a jagged edge."""
    if cut.curls or not pen.fine(0.03):
        return
    rng = np.random.default_rng(hair.seed + 1)
    shift = 0.08 if turned else 0.0
    across = np.linspace(-0.33, 0.33, 23)
    across[1:-1] += rng.uniform(-0.008, 0.008, 21)
    level = -0.345 + 0.55 * across**2
    fade = np.clip(1.1 - (np.abs(across) / 0.36) ** 2, 0.05, 1)
    upper = level - fade * rng.uniform(0.02, 0.05, 23) * np.where(np.arange(23) % 2, 1.0, 0.3)
    lower = level + fade * rng.uniform(0.03, 0.075, 23) * np.where(np.arange(23) % 2, 1.0, 0.25)
    band = np.stack(
        [np.concatenate([across, across[::-1]]) + shift, np.concatenate([upper, lower[::-1]])], axis=1
    )
    bright = mix(hair.rgb, (255, 255, 255), 0.5 if pen.style.shading != "wash" else 0.3)
    strength = {"soft": 0.62, "cel": 0.8, "wash": 0.45}[pen.style.shading]
    if pen.style.shading == "wash":
        pen.canvas.shade(
            pen.frame(band),
            mix(bright, (0, 0, 0), 0.5),
            0.8,
            within=region,
            blend="screen",
            blur_px=0.012 * pen.head_px,
        )
    else:
        pen.mark(bright, band, within=region, alpha=strength)


def _curl_lines(pen: Pen, hair: Hair, region: Region) -> None:
    """Open rings all over a curly head."""
    if not pen.fine(0.03):
        return
    rng = np.random.default_rng(hair.seed + 2)
    for level, count in ((-0.52, 4), (-0.38, 6), (-0.24, 7), (-0.12, 6)):
        for across in np.linspace(-1, 1, count) * (0.42 - 0.25 * max(0.0, -0.35 - level)):
            x, y = across + rng.uniform(-0.02, 0.02), level + rng.uniform(-0.02, 0.02)
            start = rng.uniform(0, 2 * np.pi)
            turn = start + np.linspace(0, 4.0, 12)
            ring = np.stack([x + 0.055 * np.cos(turn), y + 0.05 * np.sin(turn)], axis=1)
            pen.line(ring, hair.rgb, 0.75, "both", within=region, alpha=0.75)


def _stray(pen: Pen, hair: Hair, owner: int) -> None:
    """A lock that stands off the crown."""
    lock = smooth(
        (0.0, -0.58, 1),
        (-0.02, -0.68),
        (0.05, -0.76),
        (0.17, -0.75, 1),
        (0.09, -0.71),
        (0.06, -0.64),
        (0.07, -0.58, 1),
    )
    pen.part(hair.rgb, owner, lock)


def _sides(pen: Pen, hair: Hair, owner: int, *, turned: bool) -> None:
    shade = mix(hair.rgb, (190, 150, 130), 0.25)
    right = smooth((0.3, -0.3), (0.4, -0.15), (0.4, 0.0), (0.365, 0.14, 1), (0.335, -0.02), (0.3, -0.16))
    for shape in (right, right * (-1, 1)):
        pen.part(shade, owner, _turned(shape, turned))


def _ties(pen: Pen, hair: Hair, *, turned: bool) -> None:
    for x, y in CUTS[hair.cut].ties:
        place = _turned(np.array([[x, y]]), turned)[0]
        place = place - (0.06 * turned, 0) if (x, y) != (0.3, 1.46) else place
        pen.part(hair.tie, None, ellipse(place[0], place[1], 0.07, 0.055))
