"""Flat stretches of a strip: lines of one colour, or of one that changes gradually."""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from toonseg.cuts.rows import CHANGE, Lines, apart
from toonseg.cuts.runs import true_runs

STEP = 8  # levels between a line and the second next, beyond the slope around them, that part two stretches
LEAP = 24  # levels between a line and the next that part two stretches in any case
TOUCHING = 3  # lines between two stretches up to which nothing is drawn there but a line
LONG = 16  # lines from which a stretch counts in full
SHORT = 0.4  # what the shortest one counts
STRAIGHT = (0.15, 0.5)  # shares of samples changing at once that make an end not straight, and straight
STRIP_END = 0.75  # what the strip's own end counts as an end


@dataclass(frozen=True)
class Stretch:
    """Flat lines ``y0 <= y < y1`` of one colour, or of one that changes gradually from ``top`` to ``bottom``.

    ``ends`` tells how straight the picture begins above and below, from 0 to 1 each; ``weight`` grows with
    the stretch's length, up to 1.
    """

    y0: int
    y1: int
    top: NDArray[np.float32]
    bottom: NDArray[np.float32]
    ends: tuple[float, float]
    weight: float


def find_stretches(lines: Lines, min_lines: int) -> list[Stretch]:
    """The flat stretches of at least ``min_lines``, parted where their colour jumps."""
    colour = lines.colour
    parts = _part(lines.flat, _steps(lines.flat, colour)) if len(lines) else []
    found = [_stretch(lines, colour, y0, y1) for y0, y1 in parts if y1 - y0 >= min_lines]
    return _past_outlines(found)


def _steps(flat: NDArray[np.bool_], colour: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Lines (n,) at which the colour (n, 3) of flat lines leaps, or jumps by more than anywhere around."""
    leaps = np.zeros(len(flat), np.bool_)
    jump = np.zeros(len(flat), np.float32)
    leaps[1:] = flat[1:] & flat[:-1] & (apart(colour[1:], colour[:-1]) > LEAP)
    jump[2:] = apart(colour[2:], colour[:-2])
    jump[2:][~(flat[2:] & flat[1:-1] & flat[:-2])] = 0
    jump[_near(leaps, 1)] = 0
    sought = np.flatnonzero((jump > STEP) & (jump >= _near(jump, 2)))
    above, below = np.maximum(sought - 6, 0), np.minimum(sought + 4, len(flat) - 1)
    slope = np.minimum(apart(colour[sought - 2], colour[above]), apart(colour[below], colour[sought]))
    leaps[sought[jump[sought] - slope > STEP]] = True
    return leaps


def _near(values: NDArray[Any], reach: int) -> NDArray[Any]:
    """The greatest of the values around each of (n,)."""
    column = values.astype(np.float32).reshape(-1, 1)
    greatest = cv2.dilate(column, np.ones((2 * reach + 1, 1), np.uint8)).ravel()
    return np.asarray(greatest, values.dtype)


def _part(flat: NDArray[np.bool_], steps: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Spans of flat lines, begun anew at each step."""
    cuts: list[tuple[int, int]] = []
    for y0, y1 in true_runs(flat):
        inner = [int(y) for y in np.flatnonzero(steps[y0 + 1 : y1]) + y0 + 1]
        edges = [y0, *inner, y1]
        cuts += list(pairwise(edges))
    return cuts


def _stretch(lines: Lines, colour: NDArray[np.float32], y0: int, y1: int) -> Stretch:
    deep = 1 if y1 - y0 > 4 else 0  # the outermost lines hold some of what is beyond
    top = _middle(colour[y0 + deep : y1][:4])
    bottom = _middle(colour[y0 : y1 - deep][-4:])
    above = STRIP_END if y0 == 0 else _straightness(lines.change[max(0, y0 - 1) : y0 + 3])
    below = STRIP_END if y1 == len(lines) else _straightness(lines.change[y1 - 1 : y1 + 3])
    weight = max(SHORT, min(1.0, (y1 - y0) / min(LONG, len(lines))))
    return Stretch(y0, y1, top, bottom, (above, below), weight)


def _past_outlines(stretches: list[Stretch]) -> list[Stretch]:
    """The stretches with their ends as straight as those of a touching outline of almost their colour.

    Where a black outline meets a black gutter, no change is seen, but the picture begins at its other side.
    """
    found = list(stretches)
    for at, (one, other) in enumerate(pairwise(stretches)):
        if other.y0 - one.y1 > TOUCHING or not STEP < np.abs(one.bottom - other.top).max() <= CHANGE:
            continue
        if _is_outline(one):
            above, below = found[at + 1].ends
            found[at + 1] = replace(other, ends=(max(above, one.ends[0]), below))
        if _is_outline(other):
            above, below = found[at].ends
            found[at] = replace(one, ends=(above, max(below, other.ends[1])))
    return found


def _is_outline(stretch: Stretch) -> bool:
    return stretch.y1 - stretch.y0 <= TOUCHING


def _middle(colours: NDArray[np.float32]) -> NDArray[np.float32]:
    """The median of each channel of colours (n, 3), the upper one of two."""
    return np.asarray(np.sort(colours, axis=0)[len(colours) // 2])


def _straightness(change: NDArray[np.float32]) -> float:
    low, high = STRAIGHT
    return min(1.0, max(0.0, (float(change.max(initial=0.0)) - low) / (high - low)))
