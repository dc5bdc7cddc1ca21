"""Heads without hair and features: whose they are, their outline and ears.

Coordinates are heads around the middle of a face: crown at y = -0.5, chin at y = 0.5. A face is
described from the front; turning maps it onto a ball, so that the far side narrows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from toonseg.demo.artist.ink import Region, Rgb
from toonseg.demo.artist.pens import Pen
from toonseg.demo.artist.shapes import Points, curve, smooth, sweep
from toonseg.demo.artist.styles import Style

Expression = Literal["calm", "smile", "laugh", "surprised", "sad", "angry", "shy"]
EXPRESSIONS: tuple[Expression, ...] = ("calm", "smile", "laugh", "surprised", "sad", "angry", "shy")
TURN = 0.25  # radians by which a three-quarter view turns a face
INK = (44, 34, 48)
WHITE = (252, 252, 255)
_BALL = 0.42
# Outline of a face clockwise from the crown: seen from the front, and turned to the right.
_FRONT = (
    (0, -0.5),
    (0.24, -0.44),
    (0.355, -0.22),
    (0.365, 0.0),
    (0.345, 0.17),
    (0.275, 0.32),
    (0.13, 0.455),
    (0, 0.5),
)
_FRONT_LEFT = ((-0.13, 0.455), (-0.275, 0.32), (-0.345, 0.17), (-0.365, 0.0), (-0.355, -0.22), (-0.24, -0.44))
_TURNED = (
    (0.02, -0.5), (0.255, -0.43), (0.36, -0.22), (0.35, -0.03), (0.35, 0.15), (0.30, 0.3), (0.2, 0.44),
    (0.1, 0.495), (-0.03, 0.46), (-0.2, 0.355), (-0.315, 0.19), (-0.365, 0.0), (-0.365, -0.22),
    (-0.24, -0.44),
)  # fmt: skip


@dataclass(frozen=True)
class Face:
    """What makes a face somebody's."""

    iris: Rgb
    feminine: bool
    glasses: bool
    freckles: bool


def turn_points(points: Points, angle: float, ball: float = _BALL) -> Points:
    """Turn points (n, 2) of a face seen from the front to the right on a ball of a radius.

    What lies beyond the ball is only narrowed.
    """
    depth = np.sqrt(np.maximum(ball**2 - points[:, 0] ** 2, 0))
    across = points[:, 0] * np.cos(angle) + depth * np.sin(angle)
    return np.stack([across, points[:, 1]], axis=1)


def across(x: float, angle: float) -> tuple[float, float]:
    """Place and width of a feature at ``x`` after the turn."""
    near = turn_points(np.array([[x - 0.01, 0.0], [x + 0.01, 0.0]]), angle)
    return float(near[:, 0].mean()), float(near[1, 0] - near[0, 0]) / 0.02


def head_outline(style: Style, *, turned: bool, feminine: bool) -> Points:
    """Outline (n, 2) of a head: jaws pointed or round by the style."""
    points = np.array(_TURNED if turned else _FRONT + _FRONT_LEFT, np.float64)
    low = points[:, 1] > 0.05
    middle = 0.115 if turned else 0.0
    chin = style.figure.chin - (0.0 if feminine else 0.25)
    wide = 1 + (0.5 - chin) * 0.34 * np.sin(np.clip((points[:, 1] - 0.05) / 0.45, 0, 1) * np.pi * 0.8)
    points[low, 0] = middle + (points[low, 0] - middle) * wide[low]
    if not feminine:
        points[low, 1] *= 1.02
    points[:, 0] *= style.figure.head_width / 0.365
    return curve(points)


def draw_head(pen: Pen, face: Face, skin: Rgb, *, turned: bool) -> Region:
    """Draw skull and ears; returns the face's region, on which features and shadows are laid."""
    width = pen.style.figure.head_width
    ears = ((-0.24, 1.0), (0.35, 0.0)) if turned else ((-1.0, 0.85), (1.0, 0.85))
    for place, size in ears:
        if size:
            x = place * width if not turned else place
            ear = smooth(
                *(
                    (x + np.sign(place) * dx * size, y)
                    for dx, y in ((-0.03, 0.0), (0.045, -0.035), (0.075, 0.03), (0.045, 0.13), (-0.02, 0.21))
                )
            )
            if not turned:
                pen.part(skin, None, ear)
    outline_points = head_outline(pen.style, turned=turned, feminine=face.feminine)
    region = pen.part(skin, None, outline_points)
    if turned:
        _turned_ear(pen, skin, region)
    return region


def _turned_ear(pen: Pen, skin: Rgb, region: Region) -> None:
    x = -0.265
    ear = smooth(
        (x + 0.045, 0.0),
        (x - 0.02, -0.035),
        (x - 0.07, 0.02),
        (x - 0.05, 0.14),
        (x + 0.01, 0.225),
        (x + 0.04, 0.17),
    )
    pen.part(skin, None, ear)
    pen.line(sweep((x + 0.01, 0.01), (x - 0.035, 0.03), (x - 0.02, 0.13)), skin, 0.8)
