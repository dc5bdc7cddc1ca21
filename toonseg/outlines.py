"""Masks as polygons, and polygons of many parts as one: for formats that know nothing better.

A hole, or another part, is joined by a cut of no width: out along a line and back along the same one,
so that the even-odd rule leaves the area as it is.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from toonseg.geometry import Mask, Polygon

_FINE = 4  # masks are traced on a grid this many times finer, so that an outline runs along pixel edges

Points = NDArray[np.float64]


def trace_mask(mask: Mask) -> list[tuple[float, ...]]:
    """Polygons (x, y, x, y, ...) along the pixel edges of a mask's parts, holes cut open; [] for nothing.

    Drawn again by ``geometry.rasterise`` they give the mask back, but for a few pixels where cuts meet.

    >>> trace_mask(np.array([[0, 1], [0, 1]], dtype=bool))
    [(1.0, 2.0, 2.0, 2.0, 2.0, 0.0, 1.0, 0.0)]
    """
    if not mask.any():
        return []
    fine = cv2.resize(mask.astype(np.uint8), None, fx=_FINE, fy=_FINE, interpolation=cv2.INTER_NEAREST)
    # A frame of background, or the outline would run along the picture's last pixels.
    framed = cv2.copyMakeBorder(fine, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    found, tree = cv2.findContours(framed, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    outlines = [_corners(np.asarray(outline, np.int32).reshape(-1, 2) - 1, mask.shape) for outline in found]
    parts = []
    for index, rim in enumerate(outlines):
        if tree[0][index][3] >= 0:  # a hole
            continue
        whole = rim
        for hole, inner in enumerate(outlines):
            if tree[0][hole][3] == index:
                whole = _joined(whole, inner)
        parts.append(tuple(float(number) for number in whole.ravel()))
    return parts


def join_polygons(polygons: Sequence[Polygon]) -> tuple[float, ...]:
    """One polygon of the area of several, joined one after the other where they come nearest."""
    whole = np.asarray(polygons[0], dtype=np.float64).reshape(-1, 2)
    for polygon in polygons[1:]:
        whole = _joined(whole, np.asarray(polygon, dtype=np.float64).reshape(-1, 2))
    return tuple(float(number) for number in whole.ravel())


def _joined(one: Points, other: Points) -> Points:
    """One outline with another inserted where they come nearest."""
    far = np.hypot(one[:, None, 0] - other[None, :, 0], one[:, None, 1] - other[None, :, 1])
    here, there = np.unravel_index(int(np.argmin(far)), far.shape)
    around = np.roll(other, -int(there), axis=0)
    return np.concatenate([one[: here + 1], around, around[:1], one[here:]])


def _corners(outline: NDArray[np.int32], size: tuple[int, ...]) -> Points:
    """Fine pixels along an outline as the corners of mask pixels, straight runs left out."""
    # A border pixel of the fine grid touches the edge that it lies at: to the nearest whole pixel.
    points = np.rint((outline + 0.5) / _FINE)
    points = np.clip(points, 0, [size[1], size[0]])
    keep = (points != np.roll(points, 1, axis=0)).any(axis=1)
    points = points[keep] if keep.any() else points[:1]
    before, after = points - np.roll(points, 1, axis=0), np.roll(points, -1, axis=0) - points
    turns = before[:, 0] * after[:, 1] != before[:, 1] * after[:, 0]
    return np.asarray(points[turns] if turns.sum() >= 3 else points, dtype=np.float64)
