"""Eyes, brows and glasses, in the three ways of the styles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toonseg.demo.artist.heads import INK, WHITE, Expression, Face, across
from toonseg.demo.artist.ink import Region, Rgb
from toonseg.demo.artist.pens import Pen
from toonseg.demo.artist.shapes import bow, curve, ellipse, smooth, sweep
from toonseg.demo.artist.styles import mix


@dataclass(frozen=True)
class _Eye:
    """An eye to draw: its size in heads after the turn, on which side (-1 the left of the picture)."""

    face: Face
    expression: Expression
    side: int
    width: float
    height: float


def draw_eye(pen: Pen, face: Face, hair: Rgb, *, side: int, angle: float, expression: Expression) -> None:
    """Draw one eye and its brow, on the left (-1) or right (1) of a face turned by ``angle``."""
    eyes = pen.style.eyes
    place, narrow = across(side * 0.172, angle)
    place -= 0.012 * (angle > 0 and side > 0)
    width = eyes.width * narrow * (1.0 if face.feminine else 0.95)
    height = eyes.height * (1.0 if face.feminine else 0.78)
    height *= {"surprised": 1.15, "angry": 0.8, "sad": 0.85, "shy": 0.85}.get(expression, 1.0)
    look = _Eye(face, expression, side, width, height)
    eye = pen.at(place, 0.075, flip=side < 0)
    if expression == "laugh":
        _shut(eye, width * (1.2 if eyes.cut == "bead" else 1.0), height)
    elif eyes.cut == "bead":
        _bead(eye, look)
    else:
        _open_eye(eye, look)
    _brow(pen.at(place, 0.0, flip=side < 0), hair, look)


def _bead(eye: Pen, look: _Eye) -> None:
    face, width, height = look.face, look.width, look.height
    body = ellipse(0, 0.02, width * 0.42, height * 0.5)
    dark = eye.mark(mix(face.iris, INK, 0.45), body)
    top, bottom = eye.frame(np.array([[0, -height * 0.3], [0, height * 0.6]]))
    eye.canvas.gradient(dark, top, bottom, face.iris, 0.9, blend="screen")
    if eye.fine(0.02):
        eye.mark(WHITE, ellipse(-width * 0.1 * eye.lit, -height * 0.16, width * 0.14, height * 0.13))
    lash = sweep((-width * 0.5, -height * 0.2), (-width * 0.1, -height * 0.52), (width * 0.5, -height * 0.25))
    eye.canvas.stroke(eye.frame(lash), mix(INK, face.iris, 0.2), 1.5 * eye.weight, "both")
    if face.feminine and eye.fine(0.03):
        wing = sweep((width * 0.38, -height * 0.36), (width * 0.72, -height * 0.6))
        eye.canvas.stroke(eye.frame(wing), INK, 1.3 * eye.weight, "tail")


def _shut(eye: Pen, width: float, height: float) -> None:
    lash = sweep(
        (-width * 0.5, height * 0.14),
        (-width * 0.2, -height * 0.2),
        (width * 0.15, -height * 0.22),
        (width * 0.52, height * 0.12),
    )
    eye.canvas.stroke(eye.frame(lash), INK, eye.style.eyes.lash_px * 1.9 * eye.weight, "both")


def _open_eye(eye: Pen, look: _Eye) -> None:
    face, expression, height = look.face, look.expression, look.height
    slant = eye.style.eyes.slant + {"angry": 0.012, "sad": -0.022, "shy": -0.012}.get(expression, 0.0)
    sharp = eye.style.eyes.cut == "sharp"
    w, h = look.width / 2, height / 2

    def at(x: float, y: float) -> tuple[float, float]:
        return x * w, y * h - slant * x

    low = 0.72 if expression == "smile" else 0.95
    top = (
        (at(-0.6, -0.55), at(0.0, -1.0), at(0.62, -0.78))
        if not sharp
        else (at(-0.55, -0.62), at(0.1, -0.95), at(0.7, -0.7))
    )
    white = curve(
        [
            (*at(-1.0, 0.3), 1),
            *top,
            (*at(1.0, 0.05), 1),
            at(0.62, low * 0.85),
            at(0.0, low),
            at(-0.6, low * 0.8),
        ]
    )
    ball = eye.mark(WHITE, white)
    if eye.fine(0.03):
        eye.canvas.shade(eye.frame(white - (0, height * 0.72)), eye.style.shadow, 0.9, within=ball)
    _iris(eye, look, ball)
    thick = eye.style.eyes.lash_px * (1.0 if face.feminine else 0.8) / 120
    lid = curve([at(-1.04, 0.22), *top, at(1.06, 0.0)], closed=False)
    upper = curve(
        [at(-1.04, 0.22), *((x, y - thick * (1.1 + 0.5 * (x > 0))) for x, y in top), at(1.2, -0.18)],
        closed=False,
    )
    tip = at(1.5, -0.5) if face.feminine else at(1.28, -0.3)
    lash = np.vstack([upper, [tip], lid[::-1]])
    eye.mark(INK if not sharp else (10, 6, 16), lash)
    if face.feminine and eye.fine(0.02):
        for x, y, far in ((1.02, 0.0, 1.42), (0.8, -0.55, 1.25)):
            eye.canvas.stroke(
                eye.frame(sweep(at(x, y), at(far, y - 0.28))), INK, thick * 0.7 * eye.head_px, "tail"
            )
    if eye.fine(0.02):
        under = curve([at(0.15, low + 0.08), at(0.62, low * 0.9), at(0.98, 0.22)], closed=False)
        eye.canvas.stroke(eye.frame(under), mix(INK, (160, 90, 90), 0.35), thick * 0.45 * eye.head_px, "both")
        crease = curve([(x, y - thick * 2.6 - 0.008) for x, y in top], closed=False)
        eye.canvas.stroke(
            eye.frame(crease), mix(INK, (200, 130, 120), 0.5), thick * 0.35 * eye.head_px, "both"
        )


def _iris(eye: Pen, look: _Eye, ball: Region) -> None:
    face, w, h = look.face, look.width / 2, look.height / 2
    sharp = eye.style.eyes.cut == "sharp"
    rx, ry = (w * 0.56, h * 0.98) if not sharp else (w * 0.44, h * 0.92)
    if look.expression == "surprised":
        rx, ry = rx * 0.8, ry * 0.8
    cx, cy = 0.0, 0.02 * h
    disc = ellipse(cx, cy, rx, ry)
    iris = eye.canvas.fill(eye.frame(disc), face.iris, keep_owner=True, within=ball)
    dark = mix(face.iris, INK, 0.72)
    bottom, top = eye.frame(np.array([[0, h * 0.55], [0, -h * 0.9]]))
    eye.canvas.gradient(iris, bottom, top, dark, 1.0, blend="normal")
    if not eye.fine(0.02):
        return
    eye.canvas.shade(
        eye.frame(ellipse(cx, cy + ry * 0.62, rx * 0.72, ry * 0.34)),
        mix(face.iris, (255, 255, 255), 0.35),
        0.7,
        within=iris,
        blend="screen",
    )
    eye.mark(mix(face.iris, (10, 6, 16), 0.88), ellipse(cx, cy - 0.02 * h, rx * 0.42, ry * 0.42), within=iris)
    eye.canvas.stroke(eye.frame(disc), dark, 0.011 * eye.head_px, closed=True, within=ball)
    shines = ((-0.38, -0.42, 0.36, 0.3), (0.42, 0.42, 0.2, 0.17), (-0.42, 0.3, 0.13, 0.11))[
        : eye.style.eyes.shine
    ]
    for x, y, sx, sy in shines:
        eye.mark(WHITE, ellipse(cx + x * rx * eye.lit, cy + y * ry, sx * rx, sy * ry))


def _brow(brow: Pen, hair: Rgb, look: _Eye) -> None:
    face, width = look.face, look.width
    lift, tilt = {
        "surprised": (-0.035, 0.0), "angry": (0.035, 0.05), "sad": (-0.01, -0.04), "shy": (-0.008, -0.03),
        "laugh": (-0.015, -0.008),
    }.get(look.expression, (0.0, 0.0))  # fmt: skip
    y = -0.075 - brow.style.eyes.height * 0.12 + lift
    w = width * (0.52 if face.feminine else 0.6)
    thick = (0.014 if face.feminine else 0.026) * (1.25 if brow.style.shading == "cel" else 1.0)
    inner, outer = y + tilt * 0.7, y - tilt * 0.5
    upper = bow((-w, inner), (w, outer + 0.012), 0.1, steps=10)
    lower = bow((w, outer + 0.012), (-w, inner + thick), -0.07, steps=10)
    brow.mark(mix(hair, INK, 0.5), np.vstack([upper, [(w, outer + 0.012)], lower, [(-w, inner + thick)]]))


def draw_glasses(pen: Pen, angle: float) -> None:
    """Draw glasses on a face turned by ``angle``."""
    colour = (60, 54, 66)
    width = max(0.012 * pen.head_px, 0.6)
    rims = []
    for side in (-1, 1):
        place, wide = across(side * 0.178, angle)
        rim = smooth(
            *(
                (place + x * wide, 0.085 + y)
                for x, y in ((-0.125, -0.075), (0.125, -0.075), (0.115, 0.07), (0, 0.095), (-0.115, 0.07))
            )
        )
        pen.canvas.shade(pen.frame(rim), (60, 70, 90), 0.35, blend="screen")
        pen.canvas.stroke(pen.frame(rim), colour, width, closed=True)
        rims.append((place - 0.125 * wide, place + 0.125 * wide))
    pen.canvas.stroke(pen.frame(bow((rims[0][1], 0.06), (rims[1][0], 0.06), 0.2)), colour, width)
    pen.canvas.stroke(pen.frame([(rims[0][0], 0.04), (-0.37 if not angle else -0.28, 0.03)]), colour, width)
    if not angle:
        pen.canvas.stroke(pen.frame([(rims[1][1], 0.04), (0.37, 0.03)]), colour, width)
