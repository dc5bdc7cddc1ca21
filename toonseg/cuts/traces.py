"""Frames around pictures of the gutter's own colour, as a night's on black: their lines alone are drawn."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from toonseg.cuts import boxes
from toonseg.cuts.background import Mask
from toonseg.cuts.boxes import Box
from toonseg.cuts.frames import NO_SIDES, Sides

_COVERED = 0.1  # of its box that the lines of a frame cover at most
_LINE = 4  # pixels that they are thick at most
_UNBROKEN = 0.95  # of a side that its line covers
_CORNER = 2  # sides of a frame at least, of which the others may be lost in the gutter


@dataclass(frozen=True)
class _Trace:
    """A frame's box, or that of a part of it, and which of its sides are drawn from end to end."""

    box: Box
    sides: Sides


def find_traced(parts: Sequence[tuple[Box, Mask]], least: int) -> list[Box]:
    """The boxes of frames of which hardly more than lines is drawn; ``least`` is a panel's least size.

    ``parts`` are boxes and the masks in them, sorted by row. Of a frame's upper and lower part, each of which
    is open to the other, both make one.
    """
    found: list[_Trace] = []
    for box, mask in parts:
        trace = _Trace(box, _drawn_sides(mask))
        if min(mask.shape) < least or sum(trace.sides) < _CORNER:
            continue
        above = next((other for other in found if _open_to_each_other(other, trace)), None)
        if above is not None:
            found.remove(above)
            trace = _joined(above, trace)
        found.append(trace)
    return [trace.box for trace in found]


def _drawn_sides(mask: Mask) -> Sides:
    """Which of a mask's sides are drawn from end to end, if it is hardly more than lines along them."""
    if np.count_nonzero(mask) > _COVERED * mask.size:
        return NO_SIDES
    rims = (mask[:, :_LINE].T, mask[:_LINE], mask[:, -_LINE:].T, mask[-_LINE:])
    left, top, right, bottom = (bool(rim.any(axis=0).mean() >= _UNBROKEN) for rim in rims)
    return left, top, right, bottom


def _open_to_each_other(above: _Trace, below: _Trace) -> bool:
    away = max(abs(above.box[0] - below.box[0]), abs(above.box[2] - below.box[2]))
    return away <= _LINE and above.box[3] <= below.box[1] and not (above.sides[3] or below.sides[1])


def _joined(above: _Trace, below: _Trace) -> _Trace:
    left, right = (above.sides[at] and below.sides[at] for at in (0, 2))
    return _Trace(boxes.around([above.box, below.box]), (left, above.sides[1], right, below.sides[3]))
