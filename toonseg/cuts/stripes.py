"""Stripes of the gutter's colour inside a picture: it goes on behind them, or it is itself of stripes."""

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from toonseg.cuts.rows import Picture
from toonseg.cuts.runs import true_runs

_INSIDE = 2  # pixels from an edge at which the picture is looked at, beyond what a compressor smears
_LEAP = 24  # levels between a pixel and the second next from which one thing ends there and another begins
_BESIDE = 3  # pixels from a leap at which the colours of both things are seen
_SAME = 32  # levels by which these may differ behind a stripe
_SHIFT = 1  # pixels by which a leap may have moved behind it
_GAP = 8  # pixels of the gutter's colour that are no outline
_CLEAR = 6  # pixels from them within which leaps are those of a frame
_LEAST = 3  # leaps that must go on, ...
_SHARE = 0.25  # ... and share of those at the end that has fewer
_LEAST_BARS = 2  # with gutter between
_BARS = 3  # at either end of rows that are striped, at least


@dataclass(frozen=True, eq=False)
class End:
    """Where a picture ends above or below: the leaps along it, and how high its stripes are, 0 without any.

    ``leaps`` (n, 7) int16 has the column of each, and the colours to its left and right.
    """

    leaps: NDArray[np.int16]
    striped: int = 0


NO_LEAPS = End(np.empty((0, 7), np.int16))


def find_end(picture: Picture, gutter: NDArray[np.uint8], row: int, inwards: int) -> End:
    """The end at a ``row`` of a picture (h, w, 3), which lies ``inwards`` of it: 1 for below, -1 for above.

    ``gutter`` (h, w) is not 0 where there is gutter.
    """
    at = min(max(0, row + inwards * _INSIDE - (inwards < 0)), len(picture) - 1)
    colours = picture[at].astype(np.int16)
    wide = cv2.morphologyEx(gutter[at : at + 1], cv2.MORPH_OPEN, np.ones((1, _GAP), np.uint8))
    near = cv2.dilate(wide, np.ones((1, 2 * _CLEAR + 1), np.uint8)).ravel()
    size = np.abs(colours[2:] - colours[:-2]).max(axis=1, initial=0)
    peaks = [start + 1 + int(size[start:stop].argmax()) for start, stop in true_runs(size > _LEAP)]
    columns = np.array([column for column in peaks if not near[column]], np.intp)
    left, right = np.maximum(columns - _BESIDE, 0), np.minimum(columns + _BESIDE, len(colours) - 1)
    return End(np.column_stack([columns.astype(np.int16), colours[left], colours[right]]))


def goes_on(above: End, below: End) -> bool:
    """Whether what ends above a stripe begins again below it: many leaps are at both, of like colours."""
    ones, others = above.leaps, below.leaps
    if min(len(ones), len(others)) < _LEAST:
        return False
    away = np.abs(ones[:, None].astype(np.int32) - others)
    same = (away[..., 0] <= _SHIFT) & (away[..., 1:].max(axis=2) <= _SAME)
    count = min(np.count_nonzero(same.any(axis=0)), np.count_nonzero(same.any(axis=1)))
    return bool(count >= max(_LEAST, _SHARE * min(len(ones), len(others))))


def open_sides(gutter: NDArray[np.uint8]) -> list[NDArray[np.bool_]]:
    """Which rows (h,) are gutter at their left end, and at their right; ``gutter`` (h, w) is not 0 there."""
    deep = min(1, gutter.shape[1] - 1)
    return [np.minimum(gutter[:, at], gutter[:, inner]) > 0 for at, inner in ((0, deep), (-1, -1 - deep))]


def find_barred(gutter: NDArray[np.uint8], least: int) -> NDArray[np.bool_]:
    """Which rows (h,) lie among bars, lower than ``least``, that lead from side to side with gutter between.

    ``gutter`` (h, w) is not 0 where there is gutter.
    """
    left, right = open_sides(gutter)
    barred = np.zeros(len(left), np.bool_)
    if _steps(left & right) < 2 * _LEAST_BARS:
        return barred
    bars = [(y0, y1) for y0, y1 in true_runs(~(left & right)) if y1 - y0 < least]
    bars = [(y0, y1) for y0, y1 in bars if 2 * np.count_nonzero((left | right)[y0:y1]) <= y1 - y0]
    for above, below in pairwise(bars):
        if above[0] > 0 and below[1] < len(left) and (left & right)[above[1] : below[0]].all():
            barred[above[0] - 1 : below[1] + 1] = True
    return barred


def find_striped(gutter: NDArray[np.uint8], least: int) -> NDArray[np.intp]:
    """How high the stripes are around rows that are striped at both ends: (h,), 0 for other rows.

    ``gutter`` (h, w) is not 0 where there is gutter. In a picture of stripes or of speed lines several bars
    lower than ``least`` lie between gutter as low; between pictures none do.
    """
    striped = np.full(len(gutter), least, np.intp)
    for side in open_sides(gutter):
        if _steps(side) < 2 * _BARS - 2:
            return np.zeros(len(gutter), np.intp)
        low = np.zeros(len(side), np.bool_)
        for y0, y1 in true_runs(side) + true_runs(~side):
            low[y0:y1] = y1 - y0 < least
        high = np.zeros(len(side), np.intp)
        for y0, y1 in true_runs(low):
            if len(true_runs(~side[y0:y1])) >= _BARS:
                high[y0:y1] = max(stop - start for start, stop in true_runs(side[y0:y1]))
        striped = np.minimum(striped, high)
    return striped


def _steps(side: NDArray[np.bool_]) -> int:
    return int(np.count_nonzero(side[1:] != side[:-1]))
