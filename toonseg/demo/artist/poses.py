"""Bodies and how they stand: landmarks of a torso, joints of arms and legs.

Coordinates are heads with the crown at (0, 0), the chin at (0, 1), seen from the front or turned
three quarters to the right. Lengths are given for a figure of seven heads and shortened below the
chin for rounder ones. ``side`` is -1 for the left of the picture (the near side when turned) and 1
for the right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from toonseg.demo.artist.shapes import Points, curve
from toonseg.demo.artist.styles import Style

Layer = Literal["behind", "front", "face"]
HandShape = Literal["relaxed", "fist", "open", "point", "pocket", "hidden"]
Prop = Literal["", "phone", "bag", "cup", "book", "strap"]
Vector = tuple[float, float]
Joints = tuple[Vector, Vector, Vector]  # of an arm or a leg, from the trunk outwards
Girths = tuple[float, float, float]  # half widths of a limb at its joints


@dataclass(frozen=True)
class Arm:
    """An arm: two bones as shares of their length, x outwards; when it is drawn, and what it holds."""

    upper: Vector
    fore: Vector
    layer: Layer = "front"
    hand: HandShape = "relaxed"
    prop: Prop = ""


@dataclass(frozen=True)
class Leg:
    """A leg: two bones as shares of their length, x outwards."""

    thigh: Vector
    shin: Vector


@dataclass(frozen=True)
class Pose:
    """Both arms and legs (left of the picture first), and how body and head lean (radians)."""

    arms: tuple[Arm, Arm]
    legs: tuple[Leg, Leg]
    lean: float = 0.0
    tilt: float = 0.0
    seated: bool = False


_DOWN = Arm((0.13, 0.99), (0.02, 1.0))
_STRAIGHT = Leg((0.03, 1.0), (0.0, 1.0))
_STAND = (_STRAIGHT, _STRAIGHT)
_APART = (Leg((0.1, 0.99), (0.04, 1.0)), Leg((0.14, 0.99), (0.06, 1.0)))
_SIT = (Leg((0.1, 0.42), (0.03, 0.98)), Leg((0.1, 0.42), (0.03, 0.98)))

POSES: Mapping[str, Pose] = MappingProxyType(
    {
        "standing": Pose((_DOWN, _DOWN), _STAND),
        "arms crossed": Pose(
            (Arm((0.16, 0.92), (-0.98, -0.12), hand="hidden"), Arm((0.16, 0.95),
            (-1.0, 0.06), hand="fist")), _APART
        ),
        "waving": Pose((_DOWN, Arm((0.72, 0.42), (0.22, -0.96), "face", "open")), _STAND, tilt=0.06),
        "walking": Pose(
            (Arm((0.28, 0.93), (-0.12, 0.94)), Arm((0.22, 0.94), (0.3, 0.9), "behind")),
            (Leg((0.12, 0.98), (0.28, 0.93)), Leg((0.2, 0.97), (-0.02, 0.99))),
            lean=0.04,
        ),
        "sitting": Pose((Arm((0.2, 0.92), (-0.3, 0.72)), Arm((0.2, 0.92), (-0.3, 0.72))), _SIT, seated=True),
        "hand on hip": Pose((_DOWN, Arm((0.62, 0.72),
            (-0.78, 0.52), hand="fist")), _APART, lean=-0.03, tilt=-0.05),
        "thinking": Pose(
            (Arm((0.12, 0.92), (-0.9, -0.02), hand="hidden"), Arm((0.14, 0.86),
            (-0.5, -0.82), "face", "fist")),
            _STAND,
            tilt=0.07,
        ),
        "phone": Pose((_DOWN, Arm((0.2, 0.86),
            (-0.42, -0.56), hand="fist", prop="phone")), _STAND, tilt=0.05),
        "holding bag": Pose((Arm((0.2, 0.97), (0.05, 1.0), hand="fist", prop="bag"), _DOWN), _STAND),
        "strap": Pose((Arm((0.26, 0.86), (-0.32, -0.72), hand="fist", prop="strap"), _DOWN), _STAND),
"pockets": Pose(
            (Arm((0.24, 0.95), (-0.5, 0.76), hand="pocket"), Arm((0.24, 0.95),
            (-0.5, 0.76), hand="pocket")), _APART
        ),
        "holding book": Pose((Arm((0.14, 0.9), (-0.62, -0.42), hand="fist", prop="book"), _DOWN), _STAND),
        "pointing": Pose((_DOWN, Arm((0.7, 0.55), (0.86, -0.42), "face", "point")), _APART, lean=0.04),
        "cup": Pose((Arm((0.16, 0.88), (-0.42, -0.6), hand="fist", prop="cup"), _DOWN), _STAND, tilt=-0.04),
        "hands behind": Pose((Arm((0.26, 0.94), (-0.4, 0.8), "behind", "hidden"), Arm((0.26, 0.94),
            (-0.4, 0.8), "behind", "hidden")), _STAND, lean=0.02, tilt=0.09),
        "leaning": Pose((Arm((0.2, 0.95), (-0.25, 0.85)), Arm((0.24, 0.95),
            (-0.5, 0.76), hand="pocket")), _APART, lean=-0.1, tilt=-0.06),
    }
)  # fmt: skip

# Landmarks of the right half of a torso: shares of the shoulders' and the hips' half width, own x, y.
_MARKS: dict[str, tuple[float, float, float, float]] = {
    "neck": (0.0, 0.0, 0.155, 1.08),
    "slope": (0.42, 0.0, 0.02, 1.225),
    "shoulder": (0.87, 0.0, 0.0, 1.37),
    "arm": (1.0, 0.0, 0.0, 1.54),
    "pit": (0.79, 0.0, 0.0, 1.88),
    "bust": (0.76, 0.0, 0.0, 2.06),
    "waist": (0.0, 0.8, 0.0, 2.58),
    "hip": (0.0, 1.0, 0.0, 3.2),
    "seat": (0.0, 1.02, 0.0, 3.5),
    "thigh": (0.0, 1.0, 0.0, 3.75),
}
_UPPER_ARM, _FOREARM, _THIGH, _SHIN = 1.1, 0.98, 1.6, 1.62
_FAR = 0.8  # width of the far half of a turned torso


@dataclass(frozen=True)
class Body:
    """A figure's proportions and its view."""

    heads: float
    shoulder: float
    hip: float
    limb: float
    feminine: bool
    turned: bool
    back: bool

    @classmethod
    def of(cls, style: Style, *, feminine: bool, turned: bool, back: bool, bulk: float = 1.0) -> Body:
        """The body of a woman or man of a style, ``bulk`` times as wide."""
        figure = style.figure
        shoulder, hip = figure.shoulders[0 if feminine else 1], figure.hips[0 if feminine else 1]
        return cls(figure.heads, shoulder * bulk, hip * bulk, figure.limb * bulk, feminine, turned, back)

    @property
    def shrink(self) -> float:
        """How much shorter than at seven heads everything below the chin is."""
        return (self.heads - 1) / 6

    def down(self, y: float) -> float:
        """Height of what lies at ``y`` on a figure of seven heads."""
        return 1 + (y - 1) * self.shrink

    def wide(self, side: int) -> float:
        """Share of its width that a half of the torso shows."""
        return _FAR if self.turned and side > 0 else 1.0

    def middle(self, y: float) -> float:
        """Where the front's middle line runs at a height ``y`` (of seven heads)."""
        return float(np.interp(y, (1.0, 1.5, 2.6, 3.6), (0.05, 0.17, 0.13, 0.1))) if self.turned else 0.0

    def mark(self, name: str, side: int, dx: float = 0.0, dy: float = 0.0) -> Vector:
        """A landmark, moved outwards by ``dx`` and down by ``dy``."""
        of_shoulder, of_hip, own, y = _MARKS[name]
        x = of_shoulder * self.shoulder + of_hip * self.hip + own
        if not self.feminine:
            x += {"waist": 0.2 * self.hip, "neck": 0.045, "slope": 0.03, "bust": 0.03}.get(name, 0.0)
        x += {"neck": 0.0}.get(name, 0.02 * (self.limb - 1))
        return side * (x + dx) * self.wide(side), self.down(y + dy)

    def point(self, x: float, y: float) -> Vector:
        """A point beside the middle line: ``x`` narrowed on the far side, ``y`` of seven heads."""
        return self.middle(y) + x * self.wide(1 if x > 0 else -1), self.down(y)

    def outline(
        self, half: tuple[tuple[str, float, float], ...], *top: tuple[float, ...], steps: int = 8
    ) -> Points:
        """Closed outline: the right half's marks downwards, the left's upwards, then ``top`` points."""
        right = [self.mark(name, 1, dx, dy) for name, dx, dy in half]
        left = [self.mark(name, -1, dx, dy) for name, dx, dy in reversed(half)]
        corners = [(*right[0], 1), *right[1:-1], (*right[-1], 1), (*left[0], 1), *left[1:-1], (*left[-1], 1)]
        return curve([*corners, *top], steps=steps)

    def arm_joints(self, arm: Arm, side: int) -> Joints:
        """Shoulder, elbow and wrist."""
        x0, y0 = self.mark("arm", side, -0.165 * self.limb, 0.0)
        reach = max(self.shrink, 0.78)
        x1 = x0 + side * arm.upper[0] * _UPPER_ARM * reach
        y1 = y0 + arm.upper[1] * _UPPER_ARM * self.shrink
        x2 = x1 + side * arm.fore[0] * _FOREARM * reach
        y2 = y1 + arm.fore[1] * _FOREARM * self.shrink
        return (x0, y0), (x1, y1), (x2, y2)

    def leg_joints(self, leg: Leg, side: int) -> Joints:
        """Hip, knee and ankle."""
        x0, y0 = side * self.hip * 0.5 * self.wide(side), self.down(3.4)
        x1 = x0 + side * leg.thigh[0] * _THIGH * self.shrink
        y1 = y0 + leg.thigh[1] * _THIGH * self.shrink
        x2 = x1 + side * leg.shin[0] * _SHIN * self.shrink
        y2 = y1 + leg.shin[1] * _SHIN * self.shrink
        return (x0, y0), (x1, y1), (x2, y2)
