"""Which flat stretches of a strip are gutters, and which are skies, walls and stripes of a picture.

A flat stretch says little by itself. What tells gutters is that they share a colour, which seldom changes
along a strip, and that the drawings between them begin and end at straight edges. So the stretches are
labelled together: the cheapest labelling of all of them is found by dynamic programming, where a
stretch left to a picture costs the more the longer it is and the straighter its ends are, many in one
sky cost as few, and two gutters in succession cost the more the less their colours agree.
"""

import numpy as np
from numpy.typing import NDArray

from toonseg.cuts.rows import Lines, apart
from toonseg.cuts.skipped import HIGH, SKY, Skipped
from toonseg.cuts.stretches import TOUCHING, Stretch

SAME = 4  # levels by which the colours of one gutter stray
# Costs, in units of a straight end that a gutter's label would have explained:
FIRST = 0.8  # of having gutters at all
SEEN = 2.0  # of a change of the gutters' colour that is seen, one stretch touching the other
LINED = 3.0  # of one at a line: the frame of a picture that begins there
SHARP = 0.6  # least share of that cost: gutters seldom change by a step, pale pictures begin with one
UNSEEN = 2.5  # of a change behind a drawing
TURNED = 0.6  # of one that is seen beside a drawing, which leaves a side of the page free
LED = 0.2  # of one that leads there from the one colour to the other
TURN = 4  # lines over which such a change leads at most
STEADY = 8  # lines that either colour is seen there at least
GIVE = 0.3  # of the change expected of a gradient, by which the change behind a drawing may be more or less
SLOPED = 12  # lines from which a stretch tells by how much a gradient changes from line to line
ALONE = 0.5  # by which a change is dearer when the colour before or behind it is that of one gutter only
DEAREST = UNSEEN * (1 + 2 * ALONE)  # what the changes on both sides of one gutter cost at most


def choose_gutters(lines: Lines, stretches: list[Stretch], tolerance: int) -> list[Stretch]:
    """The stretches of ``lines`` that are gutters: the cheapest labelling, in order; none of none.

    ``tolerance`` is by how many levels the colours of neighbouring gutters may differ.
    """
    if not stretches:
        return []
    count = len(stretches)
    skipped = Skipped(stretches)
    tops = np.array([stretch.top for stretch in stretches])
    bottoms = np.array([stretch.bottom for stretch in stretches])
    slopes = np.array([_slope(stretch) for stretch in stretches])
    first = np.zeros(1, np.intp)
    best = FIRST + np.concatenate([skipped.cost(first, at) for at in range(count)])
    before = np.full(count, -1)
    change_before = np.zeros(count)
    sides = [_steady(side, stretches) for side in (lines.left, lines.right)]
    ends = np.array([stretch.y1 for stretch in stretches])
    last = np.empty(0, np.intp)  # the stretches that may still be the last gutter before the next one
    for at in range(1, count):
        last = skipped.candidates(np.concatenate([last, [at - 1]]), at)
        so_far = best[last] + skipped.cost(last + 1, at)
        hopeful = so_far <= so_far.min() + DEAREST + SKY
        last, so_far = last[hopeful], so_far[hopeful]
        between = stretches[at].y0 - ends[last]
        price = np.minimum(
            *(_price(down[last], int(up[at]), stretches[at].y0, between) for up, down in sides)
        )
        change = _change_costs(tops, bottoms, slopes, price, between, last, at, tolerance)
        alone = np.where(before[last] < 0, ALONE * change, 0)
        total = so_far + change + alone
        # Of equally cheap ones the nearest, so that as many as possible are gutters.
        nearest = len(last) - 1 - int(np.argmin(total[::-1]))
        if total[nearest] <= best[at]:
            best[at], before[at], change_before[at] = total[nearest], last[nearest], change[nearest]
    final = best + skipped.cost(np.arange(count) + 1, count) + ALONE * change_before
    at = count - 1 - int(np.argmin(final[::-1]))
    if final[at] > skipped.cost(first, count)[0]:
        return []
    chosen = []
    while at >= 0:
        chosen.append(stretches[at])
        at = int(before[at])
    return chosen[::-1]


def _slope(stretch: Stretch) -> NDArray[np.float32]:
    """By how many levels a stretch's colour (3,) changes from line to line; NaN for one too short to tell."""
    lines = stretch.y1 - stretch.y0
    return (stretch.bottom - stretch.top) / np.float32(lines - 4 if lines >= SLOPED else np.nan)


def _steady(side: NDArray[np.uint8], stretches: list[Stretch]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """From which line on, and up to which, a side (n, 3) changes by no more than a gradient: twice (k,).

    Both go from each stretch, upwards and downwards; far off where that is not much longer than the stretch.
    """
    colour = side.astype(np.float32)
    leaps = np.flatnonzero(apart(colour[1:], colour[:-1]) > SAME) + 1
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
    off = np.minimum(joined, alike)
    # A gradient goes on behind a drawing, as steeply as before it and behind it.
    expected = (slopes[last] + slopes[at]) / 2 * between[:, None]
    missed = np.maximum(np.abs(change - expected) - GIVE * np.abs(expected), 0)
    off = np.fmin(off, missed.max(axis=1) + SAME)
    price = price.copy()
    # The line between them may be a stretch of its own.
    for touching in np.flatnonzero(between <= TOUCHING):
        off[touching] = joined[touching]
        price[touching] = LINED if between[touching] else SEEN
        if joined[touching] > SAME:
            off[touching] = max(joined[touching], SAME + SHARP * (tolerance - SAME))
    return np.asarray(price * np.clip((off - SAME) / max(1, tolerance - SAME), 0, 1), np.float64)
