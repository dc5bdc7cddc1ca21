"""Which flat stretches of a strip are gutters, and which are skies, walls and stripes of a picture.

A flat stretch says little by itself. What tells gutters is that they share a colour, which seldom changes
along a strip, and that the drawings between them begin and end at straight edges. So the stretches are
labelled together: the cheapest labelling of all of them is found by dynamic programming, where a
stretch left to a picture costs the more the longer it is and the straighter its ends are, many in one
sky cost as few, and two gutters in succession cost the more the less their colours agree.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from toonseg.cuts.rows import CHANGE, Lines

STEP = 8  # levels between a line and the second next, beyond the slope around them, that part two stretches
LEAP = 24  # levels between a line and the next that part two stretches in any case
TOUCHING = 3  # lines between two stretches up to which nothing is drawn there but a line
SAME = 4  # levels by which the colours of one gutter stray
LONG = 16  # lines from which a stretch counts in full
SHORT = 0.4  # what the shortest one counts
STRAIGHT = (0.15, 0.5)  # shares of samples changing at once that make an end not straight, and straight
# Costs, in units of a straight end that a gutter's label would have explained:
PLAIN = 0.2  # of leaving a stretch without straight ends to a picture
SKY = 0.8  # of leaving many in a row to one
STRIP_END = 0.75  # what the strip's own end counts as an end
FIRST = 0.8  # of having gutters at all
SEEN = 2.0  # of a change of the gutters' colour that is seen, one stretch touching the other
LINED = 3.0  # of one at a line: the frame of a picture that begins there
SHARP = 0.6  # least share of that cost: gutters seldom change by a step, pale pictures begin with one
UNSEEN = 2.5  # of a change behind a drawing
TURNED = 0.6  # of one that is seen beside a drawing, which leaves a side of the page free
LED = 0.2  # of one that leads there from the one colour to the other
HIGH = 48  # lines that a drawing is high at least which a side leads past; the stars of a sky are low
TURN = 4  # lines over which such a change leads at most
STEADY = 8  # lines that either colour is seen there at least
GIVE = 0.3  # of the change expected of a gradient, by which the change behind a drawing may be more or less
SLOPED = 12  # lines from which a stretch tells by how much a gradient changes from line to line
ALONE = 0.5  # by which a change is dearer when the colour before or behind it is that of one gutter only
DEAREST = UNSEEN * (1 + 2 * ALONE)  # what the changes on both sides of one gutter cost at most


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


def choose_gutters(lines: Lines, stretches: list[Stretch], tolerance: int) -> list[Stretch]:
    """The stretches of ``lines`` that are gutters: the cheapest labelling, in order; none of none.

    ``tolerance`` is by how many levels the colours of neighbouring gutters may differ.
    """
    if not stretches:
        return []
    skipped = np.concatenate([[0.0], np.cumsum(_costs_as_picture(stretches))])
    tops = np.array([stretch.top for stretch in stretches])
    bottoms = np.array([stretch.bottom for stretch in stretches])
    slopes = np.array([_slope(stretch) for stretch in stretches])
    best = skipped[:-1] + FIRST
    before = np.full(len(stretches), -1)
    change_before = np.zeros(len(stretches))
    sides = [_steady(side, stretches) for side in (lines.left, lines.right)]
    ends = np.array([stretch.y1 for stretch in stretches])
    last = np.empty(0, np.intp)  # the stretches that may still be the last gutter before the next one
    for at in range(1, len(stretches)):
        last = np.append(last, at - 1)
        so_far = best[last] - skipped[last + 1]
        last = last[so_far <= so_far.min() + DEAREST]
        between = stretches[at].y0 - ends[last]
        price = np.min([_price(down[last], up[at], stretches[at].y0, between) for up, down in sides], axis=0)
        change = _change_costs(tops, bottoms, slopes, price, between, last, at, tolerance)
        alone = np.where(before[last] < 0, ALONE * change, 0)
        total = best[last] + skipped[at] - skipped[last + 1] + change + alone
        # Of equally cheap ones the nearest, so that as many as possible are gutters.
        nearest = len(last) - 1 - int(np.argmin(total[::-1]))
        if total[nearest] <= best[at]:
            best[at], before[at], change_before[at] = total[nearest], last[nearest], change[nearest]
    final = best + skipped[-1] - skipped[1:] + ALONE * change_before
    at = len(stretches) - 1 - int(np.argmin(final[::-1]))
    if final[at] > skipped[-1]:
        return []
    chosen = []
    while at >= 0:
        chosen.append(stretches[at])
        at = int(before[at])
    return chosen[::-1]


def _steps(flat: NDArray[np.bool_], colour: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Lines (n,) at which the colour (n, 3) of flat lines leaps, or jumps by more than anywhere around."""
    leaps = np.zeros(len(flat), np.bool_)
    jump = np.zeros(len(flat), np.float32)
    leaps[1:] = flat[1:] & flat[:-1] & (_apart(colour[1:], colour[:-1]) > LEAP)
    jump[2:] = _apart(colour[2:], colour[:-2])
    jump[2:][~(flat[2:] & flat[1:-1] & flat[:-2])] = 0
    jump[_near(leaps, 1)] = 0
    sought = np.flatnonzero((jump > STEP) & (jump >= _near(jump, 2)))
    above, below = np.maximum(sought - 6, 0), np.minimum(sought + 4, len(flat) - 1)
    slope = np.minimum(_apart(colour[sought - 2], colour[above]), _apart(colour[below], colour[sought]))
    leaps[sought[jump[sought] - slope > STEP]] = True
    return leaps


def _apart(ones: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """By how many levels colours (n, 3) differ: (n,)."""
    red, green, blue = np.abs(ones - others).T
    return np.asarray(np.maximum(np.maximum(red, green), blue), np.float32)


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


def _slope(stretch: Stretch) -> NDArray[np.float32]:
    """By how many levels a stretch's colour (3,) changes from line to line; NaN for one too short to tell."""
    lines = stretch.y1 - stretch.y0
    return (stretch.bottom - stretch.top) / np.float32(lines - 4 if lines >= SLOPED else np.nan)


def _costs_as_picture(stretches: list[Stretch]) -> list[float]:
    """What each stretch costs that is left to a picture.

    Many in a row, between which only low things stand without a straight edge, cost as few: the stars of a
    sky may be any number.
    """
    costs = []
    spent = 0.0  # on the stretches of one row
    for at, stretch in enumerate(stretches):
        above = stretches[at - 1] if at else None
        if above is None or stretch.y0 - above.y1 >= HIGH or above.ends[1] or stretch.ends[0]:
            spent = 0.0
        plain = min(stretch.weight * PLAIN, SKY - spent)
        spent += plain
        costs.append(plain + stretch.weight * sum(stretch.ends))
    return costs


def _steady(side: NDArray[np.uint8], stretches: list[Stretch]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """From which line on, and up to which, a side (n, 3) changes by no more than a gradient: twice (k,).

    Both go from each stretch, upwards and downwards; far off where that is not much longer than the stretch.
    """
    colour = side.astype(np.float32)
    leaps = np.flatnonzero(_apart(colour[1:], colour[:-1]) > SAME) + 1
    leaps = np.concatenate([[0], leaps, [len(side)]])
    begins, ends = (np.array([getattr(one, name) for one in stretches]) for name in ("y0", "y1"))
    up = leaps[np.searchsorted(leaps, begins, "right") - 1]
    down = leaps[np.searchsorted(leaps, ends)]
    far = 2 * len(side)
    return np.where(begins - up >= STEADY, up, far), np.where(down - ends >= STEADY, down, -far)


def _price(down: NDArray[np.intp], up: int, begin: int, high: NDArray[np.intp]) -> NDArray[np.float64]:
    """What it costs that the colour changes from each of some stretches to one that begins at a line.

    It is little where a side leads from one to the other past something ``high`` (k,) enough for a panel, or
    turns once. ``down`` (k,) of the former and ``up`` of the latter are as in ``_steady``.
    """
    turned = (up >= down) & (up - down <= TURN)
    return np.where((down >= begin) & (high >= HIGH), LED, np.where(turned, TURNED, UNSEEN))


def _change_costs(
    tops: NDArray[np.float32],
    bottoms: NDArray[np.float32],
    slopes: NDArray[np.float32],
    price: NDArray[np.float64],
    between: NDArray[np.intp],
    last: NDArray[np.intp],
    at: int,
    tolerance: int,
) -> NDArray[np.float64]:
    """What it costs to have ``at`` follow each of the stretches ``last`` (k,) as the next gutter: (k,).

    ``price`` (k,) is that of a change of colour, unless they touch; ``between`` (k,) lines lie between them.
    """
    change = tops[at] - bottoms[last]
    joined = np.abs(change).max(axis=1)
    alike = np.abs(tops[last] - tops[at]).max(axis=1)
    alike = np.minimum(alike, np.abs(bottoms[last] - bottoms[at]).max(axis=1)) + SAME
    apart = np.minimum(joined, alike)
    # A gradient goes on behind a drawing, as steeply as before it and behind it.
    expected = (slopes[last] + slopes[at]) / 2 * between[:, None]
    missed = np.maximum(np.abs(change - expected) - GIVE * np.abs(expected), 0)
    apart = np.fmin(apart, missed.max(axis=1) + SAME)
    price = price.copy()
    # The line between them may be a stretch of its own.
    for touching in np.flatnonzero(between <= TOUCHING):
        apart[touching] = joined[touching]
        price[touching] = LINED if between[touching] else SEEN
        if joined[touching] > SAME:
            apart[touching] = max(joined[touching], SAME + SHARP * (tolerance - SAME))
    return np.asarray(price * np.clip((apart - SAME) / max(1, tolerance - SAME), 0, 1), np.float64)


def true_runs(values: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Spans ``(start, stop)`` of the runs of True.

    >>> true_runs(np.array([True, False, True, True]))
    [(0, 1), (2, 4)]
    """
    padded = np.zeros(len(values) + 2, np.bool_)
    padded[1:-1] = values
    edges = np.flatnonzero(padded[1:] != padded[:-1]).tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))
