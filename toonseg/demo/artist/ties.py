"""Ties, ribbons and vests."""

from __future__ import annotations

import numpy as np

from toonseg.demo.artist.cloth import Worn, box_of, draw_pattern, ribs, torso_shade
from toonseg.demo.artist.ink import Region
from toonseg.demo.artist.shapes import curve, ellipse, moved, smooth, sweep
from toonseg.demo.artist.styles import mix


def draw_tie(worn: Worn) -> None:
    """Draw a necktie, a loosened one, or a ribbon bow at the collar."""
    pen, body, tie, owner = worn
    if body.back:
        return
    x, y = body.point(0.0, 1.25 if tie.cut != "loose" else 1.5)
    if tie.cut == "bow":
        _bow(worn, x, y + 0.03)
        return
    end = body.down(2.62 if tie.cut == "long" else 2.5)
    mid = (body.point(0.0, 2.2)[0] - x) * 0.9
    blade = np.array(
        [
            (x - 0.05, y + 0.1),
            (x + 0.05, y + 0.1),
            (x + mid + 0.125, end - 0.12),
            (x + mid, end),
            (x + mid - 0.125, end - 0.12),
        ]
    )
    region = pen.part(tie.rgb, owner, blade)
    if tie.pattern == "stripes":
        for level in np.arange(y, end, 0.19):
            band = np.array(
                [
                    (x - 0.3, level + 0.2),
                    (x + 0.35, level - 0.12),
                    (x + 0.35, level - 0.05),
                    (x - 0.3, level + 0.27),
                ]
            )
            pen.mark(tie.trim, band, within=region)
    elif tie.pattern == "dots":
        draw_pattern(pen, region, tie, box_of(blade))
    half = np.array(
        [
            (x + 0.03 * pen.lit, y),
            (x + 0.4 * pen.lit, y),
            (x + mid + 0.4 * pen.lit, end),
            (x + mid + 0.03 * pen.lit, end),
        ]
    )
    pen.shadow(half, region, 0.8)
    knot = smooth(
        (x - 0.095, y - 0.045, 1),
        (x + 0.095, y - 0.045, 1),
        (x + 0.06, y + 0.125, 1),
        (x - 0.06, y + 0.125, 1),
    )
    top = pen.part(tie.rgb, owner, knot)
    pen.shadow(moved(knot, 0.07 * pen.lit, 0.03), top, 0.8)
    if pen.fine(0.03):
        pen.line(
            sweep((x - 0.02, y + 0.13), (x + 0.01, y + 0.22), (x + 0.0, y + 0.32)),
            tie.rgb,
            0.8,
            "tail",
            within=region,
        )


def _bow(worn: Worn, x: float, y: float) -> None:
    pen, body, tie, owner = worn
    pen, x, y = pen.at(x, y + 0.02, scale=0.82), 0.0, 0.0
    for side in (-1, 1):
        w = side * body.wide(side)
        tail = smooth(
            (x, y, 1),
            (x + w * 0.1, y + 0.22),
            (x + w * 0.17, y + 0.52, 1),
            (x + w * 0.1, y + 0.47),
            (x + w * 0.03, y + 0.54, 1),
            (x + w * 0.0, y + 0.25),
        )
        region = pen.part(tie.rgb, owner, tail)
        pen.shadow(moved(tail, 0.0, -0.36), region, 0.9)
    for side in (-1, 1):
        w = side * body.wide(side)
        loop = smooth(
            (x, y, 1),
            (x + w * 0.14, y - 0.13),
            (x + w * 0.33, y - 0.13),
            (x + w * 0.35, y + 0.03),
            (x + w * 0.32, y + 0.16),
            (x + w * 0.13, y + 0.1),
        )
        region = pen.part(tie.rgb, owner, loop)
        if tie.pattern == "stripes":
            pen.mark(
                tie.trim,
                smooth(
                    (x + w * 0.24, y - 0.3),
                    (x + w * 0.28, y - 0.3),
                    (x + w * 0.3, y + 0.3),
                    (x + w * 0.26, y + 0.3),
                ),
                within=region,
            )
        pen.shadow(
            smooth(
                (x, y - 0.03, 1),
                (x + w * 0.2, y + 0.02),
                (x + w * 0.4, y + 0.04),
                (x + w * 0.32, y + 0.2),
                (x + w * 0.1, y + 0.14),
            ),
            region,
            0.9,
        )
        pen.line(
            sweep((x + w * 0.05, y), (x + w * 0.14, y - 0.03), (x + w * 0.22, y - 0.035)),
            tie.rgb,
            0.9,
            "tail",
            within=region,
        )
    knot = smooth(
        (x - 0.065, y - 0.075), (x + 0.065, y - 0.075), (x + 0.07, y + 0.075), (x - 0.07, y + 0.075)
    )
    pen.part(tie.rgb, owner, knot)


def draw_vest(worn: Worn) -> None:
    """Draw a sleeveless knit or a waistcoat over a shirt."""
    pen, body, vest, owner = worn
    waistcoat = vest.cut == "waistcoat"
    low = 2.05 if waistcoat else 1.95
    hem = (
        (("hip", 0.07, -0.32), ("hip", 0.02, -0.2))
        if waistcoat
        else (("hip", 0.07, -0.22), ("hip", 0.06, -0.08))
    )
    armhole = (("slope", 0.2 * body.shoulder, 0.035), ("pit", -0.06, -0.18), ("pit", 0.04, 0.05))
    half = (("slope", -0.1, -0.03), *armhole, ("waist", 0.09, 0.0), *hem)
    top = () if body.back else ((*body.point(0.0, low), 1),)
    shape = body.outline(half, *top)
    region = pen.part(vest.rgb, owner, shape)
    draw_pattern(pen, region, vest, box_of(shape))
    torso_shade(pen, body, region, vest.rgb, bottom=3.1)
    if waistcoat:
        _waistcoat(worn, region, low)
        return
    _knit(worn, region, low)


def _knit(worn: Worn, region: Region, low: float) -> None:
    pen, body, vest, _ = worn
    hem = body.down(3.0)
    band = [(-1.2, hem), (1.2, hem), (1.2, hem + 0.6), (-1.2, hem + 0.6)]
    pen.mark(
        vest.trim,
        [(-1.2, hem + 0.03), (1.2, hem + 0.03), (1.2, hem + 0.075), (-1.2, hem + 0.075)],
        within=region,
    )
    pen.line(np.array(band[:2]), vest.rgb, 0.8, "none", within=region)
    ribs(pen, region, vest.rgb, ((-0.75, hem), (0.75, hem)), deep=0.3)
    for side in (-1, 1):
        sx, sy = body.mark("slope", side, 0.2 * body.shoulder, 0.0)
        px, py = body.mark("pit", side, -0.06, -0.18)
        ax, ay = body.mark("pit", side, 0.04, 0.05)
        hole = curve(
            [(sx - side * 0.065, sy), (px - side * 0.06, py), (ax - side * 0.04, ay + 0.06)], closed=False
        )
        pen.line(hole, vest.rgb, 0.8, "none", within=region)
        if not body.back:
            nx, ny = body.mark("slope", side, -0.1, -0.05)
            mx, my = body.point(0.0, low)
            for shift, colour, width in ((0.085, vest.trim, 0.035), (0.0, None, 0.0)):
                start, end = (nx + side * (0.03 + shift), ny), (mx, my + 0.03 + shift * 1.35)
                if colour is not None:
                    pen.canvas.stroke(
                        pen.frame([start, end]), colour, max(width * pen.head_px, 0.5), within=region
                    )
            pen.line(
                np.array([(nx + side * 0.16, ny), (mx, my + 0.21)]), vest.rgb, 0.7, "none", within=region
            )
    if pen.fine(0.04) and vest.pattern == "plain":
        for shift in (-0.26, 0.0, 0.26):
            level = np.linspace(low + 0.34, 2.92, 40)
            centre = np.array([body.point(shift, y) for y in level])
            for phase in (0.0, np.pi):
                swing = 0.032 * np.sin((level - low) * 2 * np.pi / 0.24 + phase)
                pen.line(
                    centre + np.stack([swing, 0 * swing], axis=1),
                    vest.rgb,
                    0.7,
                    "none",
                    within=region,
                    alpha=0.6,
                )


def _waistcoat(worn: Worn, region: Region, low: float) -> None:
    pen, body, vest, _ = worn
    if body.back:
        return
    line = np.array([body.point(0.05, y) for y in np.linspace(low, 3.3, 6)])
    pen.line(line, vest.rgb, 1.0, "none", within=region)
    for y in np.linspace(low + 0.12, 2.85, 4):
        x, level = body.point(0.0, y)
        pen.mark(vest.trim, ellipse(x, level, 0.032, 0.032, steps=12))
        pen.canvas.stroke(
            pen.frame(ellipse(x, level, 0.032, 0.032, steps=12)),
            mix(vest.trim, (20, 14, 24), 0.6),
            0.6,
            closed=True,
        )
    for side in (-1, 1):
        x, y = body.point(side * 0.36, 2.72)
        pen.line(
            np.array([(x - 0.12, y + side * 0.02), (x + 0.12, y - side * 0.02)]),
            vest.rgb,
            1.2,
            "none",
            within=region,
        )
        nx, ny = body.mark("slope", side, -0.1, -0.05)
        mx, my = body.point(0.0, low)
        pen.line(
            np.array([(nx + side * 0.1, ny), (mx + side * 0.04, my + 0.12)]),
            vest.rgb,
            0.8,
            "none",
            within=region,
        )
