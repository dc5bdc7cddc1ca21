"""Features on a face: blush, nose, mouth, freckles; eyes are in eyes.py.

Coordinates are those of heads.py.
"""

from __future__ import annotations

import numpy as np

from toonseg.demo.artist.eyes import draw_eye, draw_glasses
from toonseg.demo.artist.heads import INK, TURN, WHITE, Expression, Face, across, turn_points
from toonseg.demo.artist.ink import Region, Rgb
from toonseg.demo.artist.pens import Pen
from toonseg.demo.artist.shapes import ellipse, smooth, sweep
from toonseg.demo.artist.styles import mix, multiply

_MOUTH = (170, 64, 72)
_TONGUE = (236, 128, 128)


def draw_features(
    pen: Pen, face: Face, skin: Rgb, hair: Rgb, region: Region, *, turned: bool, expression: Expression
) -> None:
    """Draw eyes, brows, nose, mouth and blush on a face's region."""
    angle = TURN if turned else 0.0
    _blush(pen, region, angle, expression)
    _nose(pen, skin, region, turned=turned)
    _mouth(pen, face, skin, angle, expression)
    for side in (-1, 1):
        draw_eye(pen, face, hair, side=side, angle=angle, expression=expression)
    if face.freckles and pen.fine(0.014):
        for x, y in ((0.1, 0.21), (0.15, 0.235), (0.2, 0.21), (-0.1, 0.21), (-0.15, 0.235), (-0.2, 0.21)):
            spot = turn_points(np.array([[x, y]]), angle)[0]
            pen.mark(multiply(skin, (214, 160, 140)), ellipse(spot[0], spot[1], 0.009, 0.008), alpha=0.8)
    if face.glasses:
        draw_glasses(pen, angle)


def _blush(pen: Pen, region: Region, angle: float, expression: Expression) -> None:
    strength = {"shy": 0.75, "laugh": 0.5, "smile": 0.42, "angry": 0.35}.get(expression, 0.25)
    for x in (-0.22, 0.22):
        place, wide = across(x, angle)
        spot = pen.frame(ellipse(place, 0.235, 0.085 * wide, 0.05))
        pen.canvas.shade(
            spot,
            mix((255, 255, 255), pen.style.blush, 0.8),
            strength,
            within=region,
            blur_px=0.03 * pen.head_px,
        )
        if expression == "shy" and pen.fine(0.02):
            for shift in (-0.045, 0.0, 0.045):
                top = (place + (shift + 0.012) * wide, 0.215)
                pen.line(sweep(top, (place + (shift - 0.012) * wide, 0.25)), pen.style.blush, 0.7)


def _nose(pen: Pen, skin: Rgb, region: Region, *, turned: bool) -> None:
    x = 0.155 if turned else 0.0
    shading = pen.style.shading
    if shading == "wash":
        pen.mark(multiply(skin, (240, 190, 180)), ellipse(x, 0.2, 0.028, 0.02), alpha=0.8)
        return
    if shading == "cel":
        pen.shadow(
            smooth(
                (x + 0.006 * pen.lit, 0.165, 1), (x + 0.026 * pen.lit, 0.225), (x - 0.008 * pen.lit, 0.23, 1)
            ),
            region,
            0.7,
        )
    if turned:
        pen.line(sweep((x + 0.008, 0.165), (x + 0.034, 0.222), (x + 0.004, 0.232)), skin, 0.8)
    else:
        pen.line(sweep((x - 0.014, 0.222), (x + 0.006, 0.234), (x + 0.02, 0.224)), skin, 0.8)
    if shading == "soft" and pen.fine(0.015):
        pen.mark(WHITE, ellipse(x - 0.004, 0.195, 0.008, 0.011), alpha=0.75)


def _mouth(pen: Pen, face: Face, skin: Rgb, angle: float, expression: Expression) -> None:
    x, wide = across(0.0, angle)
    x += 0.012 if angle else 0.0
    y = 0.335
    ink = mix(INK, skin, 0.15)
    width = 0.075 * wide

    def lip(*points: tuple[float, float], weight: float = 1.1) -> None:
        pen.canvas.stroke(
            pen.frame(sweep(*((x + px * width, y + py) for px, py in points))),
            ink,
            max(pen.style.pen_px * pen.weight * weight, 0.6),
            "both",
        )

    def hole(*points: tuple[float, float]) -> None:
        shape = smooth(*((x + px * width, y + py) for px, py in points))
        inside = pen.mark(mix(_MOUTH, INK, 0.15), shape)
        pen.mark(_TONGUE, ellipse(x, y + max(py for _, py in points), 0.75 * width, 0.035), within=inside)
        pen.canvas.stroke(pen.frame(shape), ink, max(pen.style.pen_px * pen.weight * 0.8, 0.5), closed=True)

    if expression == "laugh":
        hole((-0.95, -0.025), (0, -0.012), (0.95, -0.025), (0.5, 0.07), (0, 0.09), (-0.5, 0.07))
        if pen.fine(0.02):
            pen.mark(
                WHITE,
                smooth(
                    *(
                        (x + a * width, y + b)
                        for a, b in (
                            (-0.7, -0.013),
                            (0, -0.004),
                            (0.7, -0.013),
                            (0.55, 0.008),
                            (-0.55, 0.008),
                        )
                    )
                ),
            )
    elif expression == "smile":
        lip((-0.95, -0.02), (-0.4, 0.012), (0.4, 0.012), (0.95, -0.02))
    elif expression == "surprised":
        hole((-0.42, 0.0), (0, -0.03), (0.42, 0.0), (0.3, 0.05), (-0.3, 0.05))
    elif expression == "sad":
        lip((-0.7, 0.02), (0, -0.005), (0.7, 0.022))
    elif expression == "angry":
        hole((-0.7, 0.02), (0, -0.02), (0.7, 0.01), (0.6, 0.045), (-0.55, 0.05))
    elif expression == "shy":
        lip((-0.6, 0.0), (-0.3, 0.012), (0, -0.004), (0.3, 0.012), (0.6, 0.0))
    else:
        lip((-0.62, 0.0), (0, 0.006), (0.66, -0.006))
    if face.feminine and expression in {"calm", "smile", "sad"} and pen.fine(0.02):
        pen.mark(mix(skin, pen.style.blush, 0.75), ellipse(x, y + 0.034, 0.4 * width, 0.008), alpha=0.6)
