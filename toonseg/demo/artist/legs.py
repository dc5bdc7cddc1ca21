"""Legs and shoes, and the shade on limbs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from toonseg.demo.artist.ink import Region, Rgb
from toonseg.demo.artist.pens import Pen
from toonseg.demo.artist.poses import Body, Girths, Joints, Vector
from toonseg.demo.artist.shapes import Points, bone, curve, normal, smooth, sweep
from toonseg.demo.artist.styles import mix

_WOBBLE = (0.35, 0.1, 0.38, 0.12, 0.3)  # where the shade of a cloth limb begins, along it


@dataclass(frozen=True)
class Legwear:
    """What bare legs wear: socks that reach up by ``high`` of the shin, and shoes."""

    skin: Rgb
    sock: Rgb | None
    high: float
    shoe: Rgb


def draw_legs(pen: Pen, body: Body, legs: Sequence[Joints], look: Legwear) -> None:
    """Draw bare legs with their socks and shoes."""
    girths = (0.27 * body.limb, 0.17 * body.limb, 0.095 * body.limb)
    for joints, side in zip(legs, (-1, 1), strict=True):
        hip, knee, ankle = joints
        calf = _calf(np.array(knee), np.array(ankle), girths[1], girths[2])
        region = pen.part(look.skin, None, bone(hip, knee, girths[0], girths[1]), calf)
        limb_shade(pen, region, joints, girths, 0.8)
        if pen.fine(0.03):
            x, y = knee
            pen.line(sweep((x - 0.06, y + 0.02), (x - 0.02, y + 0.07), (x + 0.05, y + 0.06)), look.skin, 0.8)
        draw_shoe(pen, body, ankle, side, look.shoe)
        if look.sock is not None:
            top, left, right = (
                knee[1] * look.high + ankle[1] * (1 - look.high),
                ankle[0] - 0.4,
                ankle[0] + 0.4,
            )
            band = np.array([(left, top), (right, top), (right, ankle[1] + 0.12), (left, ankle[1] + 0.12)])
            cloth = pen.mark(look.sock, calf, within=pen.canvas.cover(pen.frame(band)))
            limb_shade(pen, cloth, joints, girths, 0.8)
            pen.line(band[:2], look.sock, 0.9, "none", within=cloth)


def _calf(knee: Points, ankle: Points, r0: float, r1: float) -> Points:
    way = ankle - knee
    across = normal(way)
    half = ((0.0, r0), (0.3, r0 * 1.02), (0.75, r1 * 1.12), (1.0, r1))
    right = curve([knee + way * t + across * r for t, r in half], closed=False)
    left = curve([knee + way * t - across * r for t, r in half[::-1]], closed=False)
    return np.vstack([right, left])


def draw_shoe(pen: Pen, body: Body, ankle: Vector, side: int, rgb: Rgb) -> None:
    """Draw a shoe below an ankle, pointing outwards, or to the right on a turned body."""
    x, y = ankle
    toe = 1 if body.turned else side
    reach = 0.34 if body.turned else 0.16
    shoe = smooth(
        (x - toe * 0.12, y - 0.03, 1), (x + toe * 0.1, y - 0.03, 1),
        (x + toe * (0.12 + reach * 0.45), y + 0.08),
        (x + toe * (0.12 + reach), y + 0.15), (x + toe * (0.1 + reach), y + 0.22, 1),
        (x - toe * 0.14, y + 0.22, 1),
    )  # fmt: skip
    region = pen.part(rgb, None, shoe)
    sole = [(x - 1, y + 0.18), (x + 1, y + 0.18), (x + 1, y + 0.4), (x - 1, y + 0.4)]
    pen.mark(mix(rgb, (250, 248, 244), 0.75), sole, within=region)
    if pen.fine(0.03):
        pen.line(np.array([(x - 0.5, y + 0.18), (x + 0.6, y + 0.18)]), rgb, 0.8, "none", within=region)


def limb_shade(pen: Pen, region: Region, joints: Joints, radii: Girths, strength: float) -> None:
    """Shade the side of a limb that is turned from the light."""
    a, b, c = (np.array(joint) for joint in joints)
    sides = [_bone_shade(pen, a, b, radii[0], radii[1]), _bone_shade(pen, b, c, radii[1], radii[2])]
    pen.shadow(sides, region, strength)


def _bone_shade(pen: Pen, start: Points, end: Points, r0: float, r1: float) -> Points:
    way = end - start
    across = normal(way)
    if across[0] * pen.lit + across[1] * 0.6 < 0:
        across = -across
    shares = np.linspace(-0.03, 1.05, len(_WOBBLE))
    edge = [
        start + way * t + across * (r0 + (r1 - r0) * t) * (depth + 0.12)
        for t, depth in zip(shares, _WOBBLE, strict=True)
    ]
    far = [end + way * 0.05 + across * r1 * 1.7, start - way * 0.03 + across * r0 * 1.7]
    return np.vstack([curve(edge, closed=False), far])
