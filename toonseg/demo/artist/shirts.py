"""Dress shirts and T-shirts."""

from __future__ import annotations

import numpy as np

from toonseg.demo.artist.cloth import Worn, box_of, draw_pattern, ribs, torso_shade
from toonseg.demo.artist.ink import Region
from toonseg.demo.artist.poses import Vector
from toonseg.demo.artist.shapes import curve, ellipse, moved
from toonseg.demo.artist.styles import mix

TORSO = (
    ("neck", 0.03, 0.0),
    ("slope", 0.0, -0.02),
    ("shoulder", -0.02, -0.01),
    ("arm", -0.04, 0.0),
    ("pit", 0.03, 0.0),
)
_WORDS = ("WAVE", "MOON", "SEOUL", "NOVA", "TOON")
_LETTERS: dict[str, tuple[tuple[Vector, ...], ...]] = {
    "A": (((0, 1), (0.5, 0), (1, 1)), ((0.2, 0.62), (0.8, 0.62))),
    "E": (((1, 0), (0, 0), (0, 1), (1, 1)), ((0, 0.5), (0.8, 0.5))),
    "L": (((0, 0), (0, 1), (1, 1)),),
    "M": (((0, 1), (0, 0), (0.5, 0.6), (1, 0), (1, 1)),),
    "N": (((0, 1), (0, 0), (1, 1), (1, 0)),),
    "O": (((0.5, 0), (1, 0.25), (1, 0.75), (0.5, 1), (0, 0.75), (0, 0.25), (0.5, 0)),),
    "S": (((1, 0.1), (0.5, 0), (0, 0.22), (1, 0.75), (0.5, 1), (0, 0.9)),),
    "T": (((0, 0), (1, 0)), ((0.5, 0), (0.5, 1))),
    "U": (((0, 0), (0, 0.8), (0.5, 1), (1, 0.8), (1, 0)),),
    "V": (((0, 0), (0.5, 1), (1, 0)),),
    "W": (((0, 0), (0.25, 1), (0.5, 0.35), (0.75, 1), (1, 0)),),
}


def draw_shirt(worn: Worn) -> Region:
    """Draw the trunk of a dress shirt; its collar comes after the tie."""
    pen, body, shirt, owner = worn
    hem = (
        (("waist", 0.06, 0.0), ("waist", 0.07, 0.12))
        if shirt.tucked
        else (("waist", 0.09, 0.0), ("hip", 0.07, -0.05), ("hip", 0.06, 0.22))
    )
    front = 1.3 if shirt.open else 1.22
    top = () if body.back else ((*body.point(-0.02, front), 1),)
    shape = body.outline((*TORSO, *hem), *top)
    region = pen.part(shirt.rgb, owner, shape)
    draw_pattern(pen, region, shirt, box_of(shape))
    torso_shade(pen, body, region, shirt.rgb, bottom=2.7 if shirt.tucked else 3.4)
    if body.back:
        return region
    bottom = 2.75 if shirt.tucked else 3.45
    for shift in (-0.06, 0.06):
        line = [body.point(shift, y) for y in np.linspace(front + 0.02, bottom, 8)]
        pen.line(np.array(line), shirt.rgb, 0.75, "none", within=region, alpha=0.8)
    if pen.fine(0.03):
        for y in np.arange(1.52, bottom - 0.1, 0.3):
            x, level = body.point(0.0, y)
            pen.mark(shirt.trim, ellipse(x, level, 0.026, 0.028, steps=12))
            pen.canvas.stroke(
                pen.frame(ellipse(x, level, 0.026, 0.028, steps=12)),
                mix(shirt.rgb, (40, 30, 50), 0.6),
                0.5,
                closed=True,
            )
    x, y = body.point(0.34, 1.92)
    if pen.fine(0.03):
        pocket = np.array(
            [(x - 0.14, y), (x + 0.13, y), (x + 0.13, y + 0.26), (x, y + 0.31), (x - 0.14, y + 0.26)]
        )
        pen.line(np.vstack([pocket, pocket[:1]]), shirt.rgb, 0.8, "none", within=region)
        pen.line(
            np.array([(x - 0.14, y + 0.06), (x + 0.13, y + 0.06)]), shirt.rgb, 0.7, "none", within=region
        )
    return region


def draw_collar(worn: Worn) -> None:
    """Draw a shirt's collar: a band round the neck and two points."""
    pen, body, shirt, owner = worn
    if body.back:
        (x0, y0), (x1, _) = body.mark("neck", -1, 0.05, -0.07), body.mark("neck", 1, 0.05, -0.07)
        pen.part(
            shirt.rgb, owner, np.array([(x0, y0), (x1, y0), (x1 + 0.06, y0 + 0.17), (x0 - 0.06, y0 + 0.17)])
        )
        return
    front = 1.32 if shirt.open else 1.22
    for side in (1, -1):
        wide = body.wide(side)
        nx, ny = body.mark("neck", side, 0.03, -0.09)
        mx, my = body.point(side * (0.03 if shirt.open else 0.0), front)
        tip = (mx + side * 0.235 * wide, my + 0.2)
        out = (nx + side * 0.1 * wide, ny + 0.13)
        wing = curve(
            [
                (nx, ny, 1),
                ((nx + mx) / 2 - side * 0.02, (ny + my) / 2 + 0.02),
                (mx, my, 1),
                (*tip, 1),
                (*out, 1),
            ]
        )
        pen.drop_shadow(moved(wing, 0.02 * pen.lit, 0.05), 0.8)
        region = pen.part(shirt.rgb, owner, wing)
        if shirt.pattern == "pinstripes":
            draw_pattern(pen, region, shirt, box_of(wing))
        if pen.fine(0.04):
            inner = np.array(
                [
                    (mx + side * 0.03, my + 0.04),
                    (tip[0] - side * 0.03, tip[1] - 0.035),
                    (out[0] - side * 0.01, out[1] - 0.03),
                ]
            )
            pen.line(inner, shirt.rgb, 0.5, "none", within=region, alpha=0.5)


def draw_tshirt(worn: Worn) -> Region:
    """Draw a T-shirt, sweatshirt or knit top: round or high neck, print, hem."""
    pen, body, top, owner = worn
    hem = (
        (("waist", 0.1, 0.0), ("hip", 0.05, -0.08), ("hip", 0.04, 0.08))
        if not top.tucked
        else (("waist", 0.06, 0.0), ("waist", 0.07, 0.12))
    )
    deep = {"turtleneck": 1.1, "crew": 1.3, "sweatshirt": 1.26, "knit": 1.32}.get(top.cut, 1.3)
    wide = {"turtleneck": 0.02, "sweatshirt": 0.08}.get(top.cut, 0.11)
    torso = (("neck", wide, 0.05), *TORSO[1:])
    neck = (
        ()
        if body.back
        else (body.point(-0.17, deep - 0.045), body.point(0.0, deep), body.point(0.17, deep - 0.045))
    )
    shape = body.outline((*torso, *hem), *neck)
    region = pen.part(top.rgb, owner, shape)
    if top.pattern in {"print", "letters"}:
        if not body.back:
            _print(worn, region)
    else:
        draw_pattern(pen, region, top, box_of(shape))
    torso_shade(pen, body, region, top.rgb, bottom=3.2)
    _neckband(worn, deep, wide)
    if not top.tucked and pen.fine(0.02):
        y = body.down(3.2)
        line = np.array([(-1.2, y - 0.02), (1.2, y - 0.02)])
        pen.line(line, top.rgb, 0.8, "none", within=region)
        if top.cut in {"sweatshirt", "knit", "turtleneck"}:
            ribs(pen, region, top.rgb, ((-0.8, y - 0.02), (0.8, y - 0.02)), deep=0.2)
    return region


def _neckband(worn: Worn, deep: float, wide: float) -> None:
    pen, body, top, owner = worn
    (x0, y0), (x1, y1) = body.mark("neck", -1, wide - 0.02, 0.02), body.mark("neck", 1, wide - 0.02, 0.02)
    if top.cut == "turtleneck":
        (a, b), (c, d) = body.mark("neck", -1, 0.015, -0.16), body.mark("neck", 1, 0.015, -0.16)
        mx, my = body.point(0.0, 1.0)
        roll = curve(
            [
                (a, b, 1),
                (mx, my + 0.06),
                (c, d, 1),
                (x1 + 0.04, y1 + 0.06, 1),
                (body.middle(1.25), body.down(1.25)),
                (x0 - 0.04, y0 + 0.06, 1),
            ]
        )
        region = pen.part(top.trim, owner, roll)
        ribs(pen, region, top.trim, ((x0 - 0.05, y0 - 0.3), (x1 + 0.05, y1 - 0.3)), deep=0.6)
        return
    points = [
        (x0, y0),
        body.point(-0.17, deep - 0.045),
        body.point(0.0, deep),
        body.point(0.17, deep - 0.045),
        (x1, y1),
    ]
    if body.back:
        points = [(x0, y0), (0.0, y0 + 0.06), (x1, y1)]
    line = curve(points, closed=False)
    width = 0.055 if top.cut == "crew" else 0.085
    if pen.style.line_px:
        pen.canvas.stroke(
            pen.frame(line),
            mix(pen.style.line, top.rgb, 0.2),
            width * pen.head_px + pen.style.line_px * pen.weight,
            owner=owner,
        )
    pen.canvas.stroke(pen.frame(line), top.trim, width * pen.head_px, owner=owner)


def _print(worn: Worn, region: Region) -> None:
    """Lay a star or a word on the chest."""
    pen, body, top, _ = worn
    x, y = body.point(0.0, 2.0)
    if top.pattern == "print":
        turns = np.linspace(-np.pi / 2, 3 * np.pi / 2, 11)
        radius = np.where(np.arange(11) % 2, 0.11, 0.26)
        star = np.stack([x + radius * np.cos(turns) * body.wide(1), y + radius * np.sin(turns)], axis=1)
        pen.mark(top.trim, star, within=region)
        return
    word = _WORDS[(top.rgb[0] + top.trim[1]) % len(_WORDS)]
    high, step = 0.2, 0.2 * body.wide(1)
    for index, letter in enumerate(word[::-1] if pen.frame.mirrored else word):
        left = x + (index - len(word) / 2 + 0.16) * step
        for line in _LETTERS[letter]:
            glyph = np.array(
                [
                    (left + (1 - px if pen.frame.mirrored else px) * step * 0.68, y - 0.08 + py * high)
                    for px, py in line
                ]
            )
            pen.canvas.stroke(pen.frame(glyph), top.trim, max(0.042 * pen.head_px, 0.6), within=region)
    bar = [
        (x - len(word) * step / 2, y + 0.19),
        (x + len(word) * step / 2, y + 0.19),
        (x + len(word) * step / 2, y + 0.23),
        (x - len(word) * step / 2, y + 0.23),
    ]
    pen.mark(top.trim, bar, within=region)
