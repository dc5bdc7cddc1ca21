"""Gutters that a bubble or an effect bridges: drawings that hang together by it only."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from toonseg.cuts import boxes
from toonseg.cuts.boxes import Box
from toonseg.cuts.frames import bounds
from toonseg.cuts.rows import Mask
from toonseg.cuts.runs import true_runs

_STEP_SHARE = 0.25  # of a drawing's extent by which a gutter that something bridges must be narrower
_STRAIGHT_STEP = 0.8  # of the columns that such a gutter opens, that must open and close at its edges
_BLUNT = 9  # pixels after the beginning of such a gutter in which its edge may lie
_WIDEST_SLIT = 200  # pixels of the mask


def split_bridged(mask: Mask, min_size: int, min_slit: int) -> list[Box]:
    """Boxes that hold one drawing each, of a mask in which something bridges gutters between drawings.

    A bridged gutter is a span of rows or columns, at least ``min_slit`` long, in which the mask is
    narrower than on both sides of it, at straight edges; ``min_size`` is a drawing's least height or width,
    2 at least.
    """
    return _split(mask, (0, 0, mask.shape[1], mask.shape[0]), min_size, min_slit)


def _split(mask: Mask, box: Box, min_size: int, min_slit: int) -> list[Box]:
    x0, y0, x1, y1 = box
    x0, y0, x1, y1 = boxes.shifted(bounds(mask[y0:y1, x0:x1]), x0, y0)
    if x0 == x1:
        return []
    part = mask[y0:y1, x0:x1]
    slit = _slit(part, 1, min_size, min_slit)
    if slit is not None:
        first, second = (x0, y0, x1, y0 + slit[0]), (x0, y0 + slit[1], x1, y1)
    else:
        slit = _slit(part, 0, min_size, min_slit)
        if slit is None:
            return [(x0, y0, x1, y1)]
        first, second = (x0, y0, x0 + slit[0], y1), (x0 + slit[1], y0, x1, y1)
    return _split(mask, first, min_size, min_slit) + _split(mask, second, min_size, min_slit)


def _slit(mask: Mask, axis: int, min_size: int, min_slit: int) -> tuple[int, int] | None:
    """The span of rows (of columns for axis 0) of the clearest bridged gutter, if there is one."""
    if mask.shape[1 - axis] < 2 * min_size + min_slit:
        return None
    extent = cv2.reduce(mask.view(np.uint8), axis, cv2.REDUCE_SUM, dtype=cv2.CV_32F).ravel()
    inner = extent[min_size : len(extent) - min_size]
    if inner.min() > (1 - _STEP_SHARE) * extent.max():
        return None
    window = np.ones((1, 2 * (_WIDEST_SLIT // 2) + 1), np.uint8)
    full = cv2.morphologyEx(extent[None], cv2.MORPH_CLOSE, window).ravel()
    best, clearest = None, 0.0
    for blunt_start, blunt_stop in true_runs(extent <= (1 - _STEP_SHARE) * full):
        start = _fall(extent, blunt_start)
        stop = len(extent) - _fall(extent[::-1], len(extent) - blunt_stop)
        if stop - start < min_slit or start < min_size or len(full) - stop < min_size:
            continue
        rows = mask if axis == 1 else mask.T
        clear = _opened(rows, start, stop, float(full[start:stop].min()))
        if clear >= _STEP_SHARE and clear > clearest:
            best, clearest = (start, stop), clear
    return best


def _fall(extent: NDArray[Any], start: int) -> int:
    """The place at or soon after ``start`` where an extent falls most: what sticks out may blunt an edge."""
    around = extent[max(0, start - 1) : start + _BLUNT]
    return max(0, start - 1) + 1 + int(np.argmin(np.diff(around))) if len(around) > 1 else start


def _opened(mask: Mask, y0: int, y1: int, least: float) -> float:
    """The share of the columns that open from ``y0`` to ``y1`` between straight edges; 0 if they are ragged.

    It is a share of the ``least`` columns drawn beside, or of each edge's own; 1 where nothing lies across.
    """
    opened: Mask = ~np.asarray(mask[y0 + 1 : max(y0 + 2, y1 - 1)].any(axis=0))
    if opened.all():
        return 1.0
    steps = _opened_between(opened, mask[y0 - 2], mask[y1 + 1])
    return max(steps / least, _opened_apart(mask, opened, y0, y1))


def _opened_between(opened: Mask, above: Mask, below: Mask) -> int:
    """How many columns open where both edges lie across: one drawing's above the other's."""
    opened = opened.copy()
    for edge in (above, below):
        drawn = np.flatnonzero(edge)
        if not len(drawn):
            return 0
        opened[: drawn[0]] = opened[drawn[-1] + 1 :] = False
    steps = int(np.count_nonzero(opened & above & below))
    # What is open on both sides, too, is the inside of something that lies across.
    return steps if steps >= _STRAIGHT_STEP * np.count_nonzero(opened & (above | below)) else 0


def _opened_apart(mask: Mask, opened: Mask, y0: int, y1: int) -> float:
    """The least share that opens of either edge, of drawings that stand apart from each other sideways.

    Both ends must be open, too: what opens in between only is a hole in one drawing.
    """
    edges = [(y0 - 2, max(0, y0 - 2 - _BLUNT)), (y1 + 1, min(len(mask) - 1, y1 + 1 + _BLUNT))]
    drawn = np.flatnonzero(mask[y0 - 2] | mask[y1 + 1])
    if not len(drawn) or not (opened[drawn[0]] and opened[drawn[-1]]):
        return 0
    shares = []
    for at, deeper in edges:
        edge, behind = mask[at], mask[deeper]
        opens = np.count_nonzero(opened & edge & behind)
        straight = opens and opens >= _STRAIGHT_STEP * np.count_nonzero(opened & (edge | behind))
        shares.append(opens / np.count_nonzero(edge) if straight else 0.0)
    return min(shares)
