"""Lines and outlines as arrays of points: smooth curves, ellipses, bowed and tapered strokes, limbs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Points = NDArray[np.float64]
Taper = Literal["none", "both", "tail", "head"]


def curve(points: ArrayLike, closed: bool = True, steps: int = 10) -> Points:
    """Sample a centripetal-like cubic (Catmull-Rom, as Bézier with chord-limited handles) through points.

    A point is ``(x, y)`` for a smooth knot or ``(x, y, 1)`` for a corner; rows of two or three numbers
    may be mixed. Returns ``steps`` samples a segment, (m, 2); fewer than three points come back as
    they are.
    """
    rows: Sequence[Sequence[float]] = list(points)  # type: ignore[arg-type]
    count = len(rows)
    around = np.empty((count + 2, 2))
    around[1:-1] = [(row[0], row[1]) for row in rows]
    if count < 3:
        return around[1:-1]
    around[0], around[-1] = (around[-2], around[1]) if closed else (around[1], around[-2])
    step = around[1:] - around[:-1]
    gaps = np.sqrt(step[:, 0] ** 2 + step[:, 1] ** 2)[1:, None] / 3
    tangent = around[2:] - around[:-2]
    tangent /= np.sqrt(tangent[:, 0] ** 2 + tangent[:, 1] ** 2 + 1e-18)[:, None]
    corner = [index for index, row in enumerate(rows) if len(row) > 2 and row[2] > 0]
    if corner:
        tangent[corner] = 0
    handles = np.empty((count, 4, 2))
    handles[:, 0], handles[:, 3] = around[1:-1], around[2:]
    handles[:, 1] = handles[:, 0] + tangent * gaps
    handles[:-1, 2] = handles[:-1, 3] - tangent[1:] * gaps[:-1]
    handles[-1, 2] = handles[-1, 3] - tangent[0] * gaps[-1]
    path: Points = _bernstein(steps) @ handles
    if closed:
        return path.reshape(-1, 2)
    return np.concatenate([path[:-1].reshape(-1, 2), around[-2:-1]])


@cache
def _bernstein(steps: int) -> Points:
    t = np.arange(steps) / steps
    return np.stack([(1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3], axis=1)


def smooth(*points: Sequence[float]) -> Points:
    """Closed smooth outline through points; a third number of 1 makes a corner."""
    return curve(points, closed=True)


def sweep(*points: Sequence[float]) -> Points:
    """Open smooth line through points; a third number of 1 makes a corner."""
    return curve(points, closed=False)


def ellipse(x: float, y: float, rx: float, ry: float, angle: float = 0.0, *, steps: int = 36) -> Points:
    """Points (steps, 2) of an ellipse around ``x, y``, turned by ``angle`` radians."""
    turn = np.linspace(0, 2 * np.pi, steps, endpoint=False)
    across, down = rx * np.cos(turn), ry * np.sin(turn)
    cos, sin = np.cos(angle), np.sin(angle)
    return np.stack([x + across * cos - down * sin, y + across * sin + down * cos], axis=1)


def bow(start: ArrayLike, end: ArrayLike, bend: float, steps: int = 8) -> Points:
    """Samples (steps, 2) of an arc from ``start`` towards ``end``, bent by a share of its length.

    The end itself is left out, so that arcs can be joined.
    """
    a, b = np.asarray(start, np.float64), np.asarray(end, np.float64)
    way = b - a
    top = (a + b) / 2 + np.array([way[1], -way[0]]) * bend * 2
    t = (np.arange(steps) / steps)[:, None]
    return (1 - t) ** 2 * a + 2 * t * (1 - t) * top + t**2 * b


def bone(start: ArrayLike, end: ArrayLike, r0: float, r1: float) -> Points:
    """Outline (n, 2) of a rounded limb from a circle of radius ``r0`` to one of ``r1``."""
    a, b = np.asarray(start, np.float64), np.asarray(end, np.float64)
    angle = float(np.arctan2(b[1] - a[1], b[0] - a[0]))
    first = angle + np.linspace(np.pi / 2, 3 * np.pi / 2, 9)
    second = angle + np.linspace(-np.pi / 2, np.pi / 2, 9)
    cap0 = a + r0 * np.stack([np.cos(first), np.sin(first)], axis=1)
    cap1 = b + r1 * np.stack([np.cos(second), np.sin(second)], axis=1)
    return np.vstack([cap0, cap1])


def moved(points: ArrayLike, dx: float, dy: float) -> Points:
    """Points (n, 2) moved by ``dx, dy``."""
    there: Points = np.add(points, np.array((dx, dy)))
    return there


def normal(way: Points) -> Points:
    """Unit vector at a right angle to ``way`` (2,): its left, seen along it with y down."""
    return np.array([-way[1], way[0]]) / max(float(np.linalg.norm(way)), 1e-6)


def ribbon(line: Points, width_px: float | NDArray[np.float64], taper: Taper = "none") -> Points:
    """Outline (2n, 2) of a line (n, 2) with a width, thinned where ``taper`` says."""
    way = line[1:] - line[:-1]
    way = np.concatenate([way[:1], way[:-1] + way[1:], way[-1:]])
    scale = _profile(len(line), taper) * width_px / 2 / np.maximum(np.hypot(way[:, 0], way[:, 1]), 1e-9)
    side = np.stack([-way[:, 1] * scale, way[:, 0] * scale], axis=1)
    return np.concatenate([line + side, (line - side)[::-1]])


@cache
def _profile(count: int, taper: Taper) -> NDArray[np.float64]:
    t = np.linspace(0, 1, count)
    if taper == "both":
        return np.asarray(np.sin(np.pi * np.clip(t, 0.02, 0.98)) ** 0.7)
    if taper == "none":
        return np.ones(count)
    return (1 - t if taper == "tail" else t) ** 0.7 + 0.02
