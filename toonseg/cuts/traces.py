"""Frames around pictures of the gutter's own colour, as a night's on black: their lines alone are drawn."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from toonseg.cuts import boxes
from toonseg.cuts.boxes import Box
from toonseg.cuts.frames import NO_SIDES, Sides, joined_sides
from toonseg.cuts.rows import Mask

_COVERED = 0.1  # of its box that the lines of a frame cover at most
_LINE = 4  # pixels that they are thick at most
_UNBROKEN = 0.95  # of a side that its line covers


@dataclass(frozen=True)
class Trace:
    """A frame's box, or that of a part of it, and which of its sides are drawn from end to end."""

    box: Box
    sides: Sides


def find_traced(parts: Sequence[tuple[Box, Mask]], least: int) -> tuple[list[Trace], list[tuple[Box, Mask]]]:
    """The frames of which hardly more than lines is drawn, and the other ones of some parts.

    ``parts`` are boxes and the masks in them, ``least`` is a panel's least size. Of a frame's upper and lower
    part, each of which is open to the other and near it, both make one.
    """
    found: list[Trace] = []
    others = []
    for box, mask in sorted(parts, key=lambda part: part[0][1]):
        trace = Trace(box, _drawn_sides(mask))
        if min(mask.shape) < least or not _has_corner(trace.sides):
            others.append((box, mask))
            continue
        above = next((other for other in reversed(found) if _open_to_each_other(other, trace)), None)
        if above is not None:
            found.remove(above)
            sides = joined_sides(above.sides, trace.sides, axis=1)
            trace = Trace(boxes.around([above.box, trace.box]), sides)
        found.append(trace)
    return found, others


def _drawn_sides(mask: Mask) -> Sides:
    """Which of a mask's sides are drawn from end to end, if it is hardly more than lines along them."""
    if np.count_nonzero(mask) > _COVERED * mask.size:
        return NO_SIDES
    rims = (mask[:, :_LINE].T, mask[:_LINE], mask[:, -_LINE:].T, mask[-_LINE:])
    left, top, right, bottom = (bool(rim.any(axis=0).mean() >= _UNBROKEN) for rim in rims)
    return left, top, right, bottom


def _has_corner(sides: Sides) -> bool:
    left, top, right, bottom = sides
    return (left or right) and (top or bottom)


def _open_to_each_other(above: Trace, below: Trace) -> bool:
    if above.sides[3] or below.sides[1]:
        return False
    away = max(abs(above.box[0] - below.box[0]), abs(above.box[2] - below.box[2]))
    apart = below.box[1] - above.box[3]
    return away <= _LINE and 0 <= apart <= boxes.height(above.box) + boxes.height(below.box)
