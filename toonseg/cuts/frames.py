"""The frame of a drawing: four straight sides, beyond which bubbles and effects stick out.

A drawing comes as a mask, the outside cut away. Seen from each side, the frame is where most of the
mask begins, along one line. What begins before that line sticks out; hardly anything begins behind it.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from toonseg.cuts.gutters import true_runs

Mask = NDArray[np.bool_]
Sides = tuple[bool, bool, bool, bool]  # left, top, right, bottom

_ON_LINE = 3  # pixels of the mask, one behind the other, in which a beginning is on the line
_BEHIND = 4  # pixels behind the line from which the mask is missing there
_LINE_SHARE = 0.25  # of the beginnings that must lie on a frame's line
_MISSING_SHARE = 0.2  # of the beginnings that may lie behind it
_SLOPES = np.arange(-35, 36) * 0.01  # up to 19 degrees
_SOUGHT = 64  # beginnings on which a slanted line is sought
_CLEARLY_LEVEL = 0.6  # share of beginnings on a level line from which no slanted one is sought
_CLEARLY_SLANTED = 0.2  # by which a slanted line's share must be greater than the level one's
_STEP_SHARE = 0.25  # of a drawing's extent by which a gutter that something bridges must be narrower
_STRAIGHT_STEP = 0.8  # of the columns that such a gutter opens, that must open and close at its edges
_WIDEST_SLIT = 100  # pixels of the mask
_ROUNDS = 4
_LEAST_SIDES = 3
_CLEAR_SHARE = 0.6  # of the beginnings that must lie on the three clearest sides' lines, on average
_FILLED = 0.95  # share of a frame's inside that is drawn
_MOST_OUTSIDE = 0.5  # of a frame's inside that may stick out of it


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
class _Line:
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
    x0, y0, x1, y1 = bounds(mask)
    for _ in range(_ROUNDS):
        columns, rows = mask[:, x0:x1], mask[y0:y1]
        lines = [_side(view) for view in (rows.T, columns, rows[:, ::-1].T, columns[::-1])]
        found = [line.begin if line else None for line in lines]
        left, top, right, bottom = (
            given if begin is None else begin
            for begin, given in zip(found, (x0, y0, width - x1, height - y1), strict=True)
        )
        box = (left, top, width - right, height - bottom)
        if box == (x0, y0, x1, y1):
            return _frame(mask, box, lines)
        x0, y0, x1, y1 = box
        if x0 >= x1 or y0 >= y1 or not mask[y0:y1, x0:x1].any():
            break
    return None


def _frame(mask: Mask, box: tuple[int, int, int, int], lines: list[_Line | None]) -> Frame | None:
    """The frame with these sides, unless it is too little of one."""
    x0, y0, x1, y1 = box
    part = mask[y0:y1, x0:x1]
    if sum(line is not None for line in lines) < _LEAST_SIDES or _filled(mask, box, lines) < _FILLED:
        return None
    if np.count_nonzero(mask) > (1 + _MOST_OUTSIDE) * np.count_nonzero(part):
        return None
    shares = [line.share if line else 0.0 for line in lines]
    if sum(sorted(shares)[-_LEAST_SIDES:]) < _LEAST_SIDES * _CLEAR_SHARE:
        return None
    left, top, right, bottom = (line is not None and line.slope == 0 for line in lines)
    return Frame(x0, y0, x1, y1, (shares[0], shares[1], shares[2], shares[3]), (left, top, right, bottom))


def _filled(mask: Mask, box: tuple[int, int, int, int], lines: list[_Line | None]) -> float:
    """The share of a frame's inside, between its four lines, that is drawn."""
    x0, y0, x1, y1 = box
    part = mask[y0:y1, x0:x1]
    ys, xs = np.arange(y1 - y0)[:, None], np.arange(x1 - x0)[None]
    depths = (xs + x0, ys + y0, mask.shape[1] - x0 - 1 - xs, mask.shape[0] - y0 - 1 - ys)
    inside = np.ones(part.shape, np.bool_)
    for line, along, across in zip(lines, (ys, xs, ys, xs), depths, strict=True):
        if line is not None:
            inside &= across >= line.row + line.slope * along
    return float(part[inside].mean()) if inside.any() else 0.0


def split_bridged(mask: Mask, min_size: int, min_slit: int) -> list[tuple[int, int, int, int]]:
    """Boxes that hold one drawing each, of a mask in which something bridges gutters between drawings.

    A bridged gutter is a span of rows or columns, at least ``min_slit`` long, in which the mask is
    narrower than on both sides of it, at straight edges; ``min_size`` is a drawing's least height or width.
    """
    return _split(mask, bounds(mask), min_size, min_slit)


def bounds(mask: Mask) -> tuple[int, int, int, int]:
    """The box ``x0, y0, x1, y1`` of a mask's True pixels; all 0 of none."""
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    if not len(rows):
        return 0, 0, 0, 0
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _split(
    mask: Mask, box: tuple[int, int, int, int], min_size: int, min_slit: int
) -> list[tuple[int, int, int, int]]:
    x0, y0, x1, y1 = box
    part = mask[y0:y1, x0:x1]
    if not part.any():
        return []
    dx0, dy0, dx1, dy1 = bounds(part)
    x0, y0, x1, y1 = x0 + dx0, y0 + dy0, x0 + dx1, y0 + dy1
    part = mask[y0:y1, x0:x1]
    slit = _slit(part, min_size, min_slit)
    if slit is not None:
        first, second = (x0, y0, x1, y0 + slit[0]), (x0, y0 + slit[1], x1, y1)
    else:
        slit = _slit(part.T, min_size, min_slit)
        if slit is None:
            return [(x0, y0, x1, y1)]
        first, second = (x0, y0, x0 + slit[0], y1), (x0 + slit[1], y0, x1, y1)
    return _split(mask, first, min_size, min_slit) + _split(mask, second, min_size, min_slit)


def _slit(mask: Mask, min_size: int, min_slit: int) -> tuple[int, int] | None:
    """The span of rows of the clearest bridged gutter, if there is one."""
    extent = mask.sum(axis=1).astype(np.float32)
    height = len(extent)
    if height < 2 * min_size + min_slit:
        return None
    window = np.ones((2 * (_WIDEST_SLIT // 2) + 1, 1), np.uint8)
    full = cv2.morphologyEx(extent.reshape(-1, 1), cv2.MORPH_CLOSE, window).ravel()
    best, clearest = None, 0.0
    for y0, y1 in true_runs(extent <= (1 - _STEP_SHARE) * full):
        if y1 - y0 < min_slit or y0 < min_size or height - y1 < min_size:
            continue
        clear = _straight_step(mask, y0, y1) / float(full[y0:y1].min())
        if clear >= _STEP_SHARE and clear > clearest:
            best, clearest = (y0, y1), clear
    return best


def _straight_step(mask: Mask, y0: int, y1: int) -> int:
    """How many columns are open from ``y0`` to ``y1`` between straight edges; 0 if the edges are ragged."""
    above, below = mask[y0 - 2], mask[y1 + 1]
    opened: Mask = ~np.asarray(mask[y0 + 1 : max(y0 + 2, y1 - 1)].any(axis=0))
    for edge in (above, below):
        drawn = np.flatnonzero(edge)
        if not len(drawn):
            return 0
        opened[: drawn[0]] = opened[drawn[-1] + 1 :] = False
    least = _STRAIGHT_STEP * int(opened.sum())
    steps = min(int((opened & above).sum()), int((opened & below).sum()))
    return steps if steps >= least else 0


def _side(mask: Mask) -> _Line | None:
    """The straight line along which a drawing begins from above, level if it can be."""
    columns = np.flatnonzero(mask.any(axis=0))
    begins = mask.argmax(axis=0)[columns].astype(np.float64)
    share, first, last = _best_line(begins[None])
    if share[0] < _CLEARLY_LEVEL:
        # A slanted line is sought on some columns only.
        some = np.unique(np.linspace(0, len(columns) - 1, _SOUGHT).astype(np.intp))
        slanted = _best_line(begins[some] - np.outer(_SLOPES, columns[some]))
        at = int(slanted[0].argmax())
        if slanted[0][at] > share[0] + _CLEARLY_SLANTED:
            slope = float(_SLOPES[at])
            offset = begins - slope * columns
            on_line = (offset >= slanted[1][at]) & (offset < slanted[2][at])
            return _Line(
                float(slanted[0][at]), int(begins[on_line].min()), float(np.median(offset[on_line])), slope
            )
    if share[0] == 0:
        return None
    row = float(np.median(begins[(begins >= first[0]) & (begins < last[0])]))
    return _Line(float(share[0]), int(row), row, 0.0)


def _best_line(offsets: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """The frame's line in each row of offsets (s, n): its share of them, its first and last offset.

    The share is 0 where too few lie on any line, or too many behind it.
    """
    rows, count = offsets.shape
    least = np.floor(offsets.min())
    bins = np.floor(offsets - least).astype(np.intp)
    length = int(bins.max()) + 1
    histogram = np.bincount((bins + np.arange(rows)[:, None] * length).ravel(), minlength=rows * length)
    sums = np.cumsum(np.pad(histogram.reshape(rows, length), ((0, 0), (1, _ON_LINE))), axis=1)
    within = sums[:, _ON_LINE:] - sums[:, :-_ON_LINE]
    # The bin from which on no more than the missing share of the offsets lies behind the line.
    kept = min(count - 1, int(np.ceil((1 - _MISSING_SHARE) * count)))
    nearest = np.partition(bins, kept, axis=1)[:, [kept]] - _BEHIND
    within[np.arange(within.shape[1])[None] < nearest] = 0
    at = within.argmax(axis=1)
    share = within[np.arange(rows), at] / count
    first = at + least
    return np.where(share >= _LINE_SHARE, share, 0.0), first, first + _ON_LINE
