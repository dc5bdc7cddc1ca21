"""The frame of a drawing: four straight sides, beyond which bubbles and effects stick out.

A drawing comes as a mask, the outside cut away. Seen from each side, the frame is where most of the
mask begins, along one line. What begins before that line sticks out; hardly anything begins behind it.
"""

import math
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from toonseg.cuts.rows import Mask

Sides = tuple[bool, bool, bool, bool]  # left, top, right, bottom

ALL_SIDES: Sides = (True, True, True, True)
NO_SIDES: Sides = (False, False, False, False)

_ON_LINE = 3  # pixels of the mask, one behind the other, in which a beginning is on the line
_BEHIND = 4  # pixels behind the line from which the mask is missing there
_LINE_SHARE = 0.25  # of the beginnings that must lie on a frame's line
_MISSING_SHARE = 0.2  # of the beginnings that may lie behind it
_SLOPES = np.arange(-45, 46) * 0.01  # up to 24 degrees
_SOUGHT = 64  # beginnings on which a slanted line is sought
_CLEARLY_LEVEL = 0.6  # share of beginnings on a level line from which no slanted one is sought
_CLEARLY_SLANTED = 0.2  # by which a slanted line's share must be greater than the level one's
_ROUNDS = 4
_LEAST_SIDES = 3
_MOST_UNSEEN = 2  # sides that what sticks out may hide at first sight
_CLEAR_SHARE = 0.6  # of the three clearest sides' beginnings that must lie on their lines
_FILLED = 0.95  # share of a frame's inside that is drawn
_MOST_OUTSIDE = 0.5  # of a frame's inside that may stick out of it
_MOST_CORNERS = 5  # of a slanting panel of which the page cuts one off
_CONVEX = 0.97  # share of such a panel's polygon that is drawn


@dataclass(frozen=True)
class Frame:
    """A drawing's box ``x0, y0, x1, y1`` in the pixels of its mask, without what sticks out of its frame.

    For left, top, right and bottom ``shares`` tells which share of the drawing begins along one straight
    line, 0 where there is none, and ``level`` whether that line is upright or level.
    """

    x0: int
    y0: int
    x1: int
    y1: int
    shares: tuple[float, float, float, float]
    level: Sides


@dataclass(frozen=True)
class Line:
    """A straight side seen from above: row ``row + slope * x``, its outermost row ``begin``.

    ``share`` tells which share of the columns begin on it.
    """

    share: float
    begin: int
    row: float
    slope: float


def find_frame(mask: Mask) -> Frame | None:
    """The frame of one drawing, if it has one: mask (h, w) bool with something in it.

    A frame has at least three straight sides, a fourth may be faded or covered, and is filled.
    """
    height, width = mask.shape
    begins = _begins(mask)
    side = cache(lambda number, start, stop: find_line(begins[number], start, stop))
    x0, y0, x1, y1 = bounds(mask)
    for _ in range(_ROUNDS):
        lines: list[Line | None] = []
        for number, span in enumerate([(y0, y1), (x0, x1)] * 2):
            lines.append(side(number, *span))
            if lines.count(None) > _MOST_UNSEEN:
                return _polygon(mask)
        left, top, right, bottom = (
            line.begin if line else given
            for line, given in zip(lines, (x0, y0, width - x1, height - y1), strict=True)
        )
        box = (left, top, width - right, height - bottom)
        if box == (x0, y0, x1, y1):
            return _frame(mask, box, lines) or _polygon(mask)
        x0, y0, x1, y1 = box
        if x0 >= x1 or y0 >= y1 or not mask[y0:y1, x0:x1].any():
            break
    return _polygon(mask)


def _polygon(mask: Mask) -> Frame | None:
    """The frame of a drawing that fills a polygon of few straight sides, none of which need face a side.

    Where two slanting sides meet in a sharp corner, each hides much of the other one from its own side.
    """
    contours, _ = cv2.findContours(mask.view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    hull = cv2.convexHull(np.concatenate(contours))
    corners = cv2.approxPolyDP(hull, _ON_LINE, True)
    if len(corners) > _MOST_CORNERS or np.count_nonzero(mask) < _CONVEX * cv2.contourArea(hull):
        return None
    x0, y0, x1, y1 = bounds(mask)
    left, top, right, bottom = (
        bool(np.count_nonzero(np.abs(corners[:, 0, at % 2] - side) < _ON_LINE) > 1)
        for at, side in enumerate((x0, y0, x1 - 1, y1 - 1))
    )
    return Frame(x0, y0, x1, y1, (1.0, 1.0, 1.0, 1.0), (left, top, right, bottom))


def joined_sides(one: Sides, other: Sides, axis: int) -> Sides:
    """The sides of a frame of two parts; the other one follows downwards (axis 1) or to the right (0)."""
    sides = [first and second for first, second in zip(one, other, strict=True)]
    sides[axis], sides[2 + axis] = one[axis], other[2 + axis]
    return sides[0], sides[1], sides[2], sides[3]


def find_line(begins: NDArray[np.intp], start: int, stop: int) -> Line | None:
    """The straight line along which a drawing begins between two columns, level if it can be.

    ``begins`` (n,) is the first row drawn in each column, -1 in those without any.
    """
    columns = np.flatnonzero(begins[start:stop] >= 0)
    begins = begins[start:stop][columns]
    level = _level_line(begins)
    share = level.share if level else 0.0
    if share < _CLEARLY_LEVEL:
        # A slanted line is sought on some columns only.
        count = min(_SOUGHT, len(columns))
        some = np.arange(count) * (len(columns) - 1) // max(1, count - 1)
        shares, first = _slanted_lines(begins[some] - _SLOPES[:, None] * columns[some])
        at = int(shares.argmax())
        if shares[at] > share + _CLEARLY_SLANTED:
            slope = float(_SLOPES[at])
            offset = begins - slope * columns
            on_line = (offset >= first[at]) & (offset < first[at] + _ON_LINE)
            return Line(float(shares[at]), int(begins[on_line].min()), _median(offset[on_line]), slope)
    return level


def _begins(mask: Mask) -> list[NDArray[np.intp]]:
    """Where a mask begins, seen from left, top, right and bottom; -1 where it is empty."""
    across = np.ascontiguousarray(mask, np.bool_).view(np.uint8)
    down = cv2.transpose(across)
    begins = []
    for view in (across, down, cv2.flip(across, 1), cv2.flip(down, 1)):
        drawn = np.asarray(view).view(np.bool_)
        begin = drawn.argmax(axis=1)
        begins.append(np.where(drawn[np.arange(len(drawn)), begin], begin, -1))
    return begins


def _frame(mask: Mask, box: tuple[int, int, int, int], lines: list[Line | None]) -> Frame | None:
    """The frame with these sides, unless it is too little of one."""
    x0, y0, x1, y1 = box
    if sum(line is not None for line in lines) < _LEAST_SIDES:
        return None
    shares = [line.share if line else 0.0 for line in lines]
    # The head and the shoes of a tall figure are no frame: a long side tells more than a short one.
    clearest = sorted(zip(shares, (y1 - y0, x1 - x0) * 2, strict=True))[-_LEAST_SIDES:]
    if sum(share * size for share, size in clearest) < _CLEAR_SHARE * sum(size for _, size in clearest):
        return None
    inside = np.count_nonzero(mask[y0:y1, x0:x1])
    if np.count_nonzero(mask) > (1 + _MOST_OUTSIDE) * inside or _filled(mask, box, lines) < _FILLED:
        return None
    left, top, right, bottom = (line is not None and line.slope == 0 for line in lines)
    return Frame(x0, y0, x1, y1, (shares[0], shares[1], shares[2], shares[3]), (left, top, right, bottom))


def _filled(mask: Mask, box: tuple[int, int, int, int], lines: list[Line | None]) -> float:
    """The share of a frame's inside, between its four lines, that is drawn."""
    x0, y0, x1, y1 = box
    part = mask[y0:y1, x0:x1]
    if all(line is None or line.slope == 0 for line in lines):
        return np.count_nonzero(part) / part.size
    ys, xs = np.arange(y1 - y0, dtype=np.float32)[:, None], np.arange(x1 - x0, dtype=np.float32)[None]
    depths = (xs + x0, ys + y0, mask.shape[1] - x0 - 1 - xs, mask.shape[0] - y0 - 1 - ys)
    inside = np.ones(part.shape, np.bool_)
    for line, along, across in zip(lines, (ys, xs, ys, xs), depths, strict=True):
        if line is not None and line.slope != 0:
            inside &= across >= np.float32(line.row) + np.float32(line.slope) * along
    count = np.count_nonzero(inside)
    return np.count_nonzero(part & inside) / count if count else 0.0


def bounds(mask: Mask | NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """The box ``x0, y0, x1, y1`` of a mask's pixels that are not 0; all 0 of none."""
    x, y, width, height = cv2.boundingRect(np.asarray(mask).view(np.uint8))
    return x, y, x + width, y + height


def _median(values: NDArray[np.float64]) -> float:
    """The median of values, of which there is one at least."""
    order = np.sort(values)
    return float(order[len(order) // 2] + order[(len(order) - 1) // 2]) / 2


def _level_line(begins: NDArray[np.intp]) -> Line | None:
    """The level line on which most of the beginnings (n,) lie, unless they are few or many lie behind.

    Fewer may lie behind a line than must lie on it, so it begins close before the last one that may not.
    """
    order = np.sort(begins)
    last = int(order[_kept(len(order))])
    rows = np.arange(max(int(order[0]), last - _BEHIND), last + _ON_LINE + 1)
    before = np.searchsorted(order, rows).tolist()
    within = [stop - start for start, stop in zip(before, before[_ON_LINE:], strict=False)]
    most = max(within)
    if most < _LINE_SHARE * len(order):
        return None
    row = int(order[before[within.index(most)] + (most - 1) // 2])
    return Line(most / len(order), row, float(row), 0.0)


def _slanted_lines(offsets: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """The best line in each row of offsets (s, n): its share of them, and its first offset.

    The share is 0 where too few lie on any line, or too many behind it.
    """
    bins = np.floor(offsets).astype(np.int32)
    count, kept = bins.shape[1], _kept(bins.shape[1])
    begin = np.partition(bins, kept, axis=1)[:, kept] - _BEHIND
    # Counts of each offset in question, between one for those before and one for those behind.
    length = _BEHIND + _ON_LINE + 2
    bins -= (begin - 1)[:, None]
    np.minimum(np.maximum(bins, 0, out=bins), length - 1, out=bins)
    bins += length * np.arange(len(bins), dtype=np.int32)[:, None]
    counts = np.bincount(bins.ravel(), minlength=length * len(bins)).reshape(-1, length)
    before = counts.cumsum(axis=1)
    within = before[:, _ON_LINE:-1] - before[:, : -1 - _ON_LINE]
    share = within.max(axis=1) / count
    return np.where(share >= _LINE_SHARE, share, 0.0), begin + within.argmax(axis=1)


def _kept(count: int) -> int:
    """Of that many beginnings in order, the one behind which no more than the missing share lie."""
    return min(count - 1, math.ceil((1 - _MISSING_SHARE) * count))
