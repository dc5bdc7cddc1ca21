"""Garments as data, and what all of them share: patterns, shade and knitted bands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from toonseg.demo.artist.ink import Region, Rgb
from toonseg.demo.artist.pens import Pen
from toonseg.demo.artist.poses import Body, Vector
from toonseg.demo.artist.shapes import Points, curve, ellipse, smooth, sweep

Pattern = Literal["plain", "stripes", "pinstripes", "plaid", "dots", "block", "print", "letters"]
Box = tuple[float, float, float, float]  # x0, y0, x1, y1
SleeveLength = Literal["none", "short", "long"]


@dataclass(frozen=True)
class Garment:
    """A piece of clothing: its class, its cut within the class, and its looks."""

    class_name: str
    cut: str
    rgb: Rgb
    trim: Rgb
    pattern: Pattern = "plain"
    sleeves: SleeveLength = "none"
    tucked: bool = True
    open: bool = False


class Worn(NamedTuple):
    """A garment on its way to the canvas: by which pen, on which body, for which owner."""

    pen: Pen
    body: Body
    garment: Garment
    owner: int


def draw_pattern(pen: Pen, region: Region, garment: Garment, box: Box) -> None:
    """Lay a garment's pattern on its region, whose box (x0, y0, x1, y1) is given in heads."""
    x0, y0, x1, y1 = box
    if garment.pattern in {"stripes", "block"}:
        step = 0.2 if garment.pattern == "stripes" else 0.9
        start = y0 + (0.35 if garment.pattern == "stripes" else 0.55)
        for y in np.arange(start, y1, step):
            sag = 0.04
            thick = step * (0.42 if garment.pattern == "stripes" else 0.36)
            band = [
                (x0, y),
                ((x0 + x1) / 2, y + sag),
                (x1, y),
                (x1, y + thick),
                ((x0 + x1) / 2, y + thick + sag),
                (x0, y + thick),
            ]
            pen.mark(garment.trim, band, within=region)
    elif garment.pattern == "pinstripes":
        for x in np.arange(x0 + 0.04, x1, 0.085):
            line = pen.frame([(x, y0), (x, y1)])
            pen.canvas.stroke(line, garment.trim, max(0.016 * pen.head_px, 0.4), within=region, alpha=0.7)
    elif garment.pattern == "plaid":
        _plaid(pen, region, garment, box)
    elif garment.pattern == "dots":
        for row, y in enumerate(np.arange(y0 + 0.12, y1, 0.16)):
            for x in np.arange(x0 + (row % 2) * 0.09, x1, 0.18):
                pen.mark(garment.trim, ellipse(x, y, 0.026, 0.026, steps=8), within=region)


def _plaid(pen: Pen, region: Region, garment: Garment, box: Box) -> None:
    x0, y0, x1, y1 = box
    for x in np.arange(x0 - 0.1, x1, 0.28):
        pen.mark(garment.trim, [(x, y0), (x + 0.1, y0), (x + 0.1, y1), (x, y1)], within=region, alpha=0.5)
        pen.mark(
            (250, 248, 240),
            [(x + 0.17, y0), (x + 0.19, y0), (x + 0.19, y1), (x + 0.17, y1)],
            within=region,
            alpha=0.5,
        )
    for y in np.arange(y0 + 0.02, y1, 0.28):
        pen.mark(garment.trim, [(x0, y), (x1, y), (x1, y + 0.1), (x0, y + 0.1)], within=region, alpha=0.5)
        pen.mark(
            (250, 248, 240),
            [(x0, y + 0.17), (x1, y + 0.17), (x1, y + 0.19), (x0, y + 0.19)],
            within=region,
            alpha=0.5,
        )


def box_of(shape: Points) -> Box:
    """Smallest box around points (n, 2)."""
    low, high = shape.min(0), shape.max(0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def torso_shade(pen: Pen, body: Body, region: Region, rgb: Rgb, *, bottom: float) -> None:
    """Shade a torso: the side turned from the light, below a bust, and folds at armpits and waist."""
    side = pen.lit
    pit, waist, hip = (np.array(body.mark(name, side)) for name in ("pit", "waist", "hip"))
    low = body.down(bottom) + 0.1
    edge = [
        (pit[0] - side * 0.05, pit[1] - 0.25), (pit[0] - side * 0.13, pit[1] + 0.1),
        (pit[0] - side * 0.08, pit[1] + 0.3),
        (waist[0] - side * 0.19, waist[1] - 0.12), (waist[0] - side * 0.07, waist[1] + 0.06),
        (hip[0] - side * 0.22, hip[1] - 0.2),
        (hip[0] - side * 0.12, low),
    ]  # fmt: skip
    reach = side * 1.6
    pen.shadow(np.vstack([curve(edge, closed=False), [(reach, low), (reach, pit[1] - 0.25)]]), region)
    wedges: list[Points] = []
    for s in (-1, 1):
        (px, py), (wx, wy) = body.mark("pit", s), body.mark("waist", s)
        wedges += [
            curve(
                [
                    (px, py - 0.05, 1),
                    (px - s * 0.17, py + 0.075),
                    (px - s * 0.3, py + 0.1, 1),
                    (px - s * 0.14, py + 0.15),
                    (px, py + 0.2, 1),
                ]
            ),
            curve(
                [
                    (wx + s * 0.02, wy - 0.16, 1),
                    (wx - s * 0.12, wy - 0.07),
                    (wx - s * 0.24, wy - 0.06, 1),
                    (wx - s * 0.1, wy - 0.01),
                    (wx + s * 0.02, wy + 0.03, 1),
                ]
            ),
        ]
    if body.feminine and not body.back:
        for s in (-1, 1):
            x, y = body.point(s * 0.25, 2.1)
            wedges.append(
                smooth((x - 0.19, y - 0.02, 1), (x, y + 0.085), (x + 0.19, y - 0.02, 1), (x, y + 0.03))
            )
    if pen.fine(0.015):
        pen.shadow(wedges, region, 0.8)
    if not pen.fine(0.02):
        return
    for s in (-1, 1):
        (px, py), (wx, wy) = body.mark("pit", s), body.mark("waist", s)
        pen.line(
            sweep((px, py), (px - s * 0.16, py + 0.09), (px - s * 0.34, py + 0.1)),
            rgb,
            0.9,
            "tail",
            within=region,
        )
        pen.line(
            sweep((wx, wy - 0.14), (wx - s * 0.12, wy - 0.07), (wx - s * 0.27, wy - 0.06)),
            rgb,
            0.8,
            "tail",
            within=region,
        )
        if s == side:
            pen.line(
                sweep((wx, wy + 0.06), (wx - s * 0.12, wy + 0.05), (wx - s * 0.2, wy + 0.01)),
                rgb,
                0.8,
                "tail",
                within=region,
            )


def ribs(pen: Pen, region: Region, rgb: Rgb, ends: tuple[Vector, Vector], *, deep: float) -> None:
    """Short lines across a knitted band that runs between two ``ends`` and is ``deep`` heads deep."""
    if not pen.fine(0.035):
        return
    start, end = ends
    count = max(2, int(abs(end[0] - start[0]) / 0.055))
    for share in np.linspace(0, 1, count):
        x, y = start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share
        pen.line(np.array([(x, y + 0.015), (x, y + deep)]), rgb, 0.5, "none", within=region, alpha=0.55)
