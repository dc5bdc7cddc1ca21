"""What it costs to call flat stretches a part of a picture."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from toonseg.cuts.stretches import Stretch

PLAIN = 0.2  # cost of leaving a long stretch without straight ends to a picture, in units of a straight end
SKY = 0.8  # of leaving many in a row to one, as a sky between its stars
NEAREST = 256  # of one row that are looked at
HIGH = 48  # lines that a panel is high at least; the stars of a sky, and lines of letters, are low


class Skipped:
    """What it costs to leave stretches to a picture.

    Many in a row, between which only low things stand without a straight edge, cost as few: the stars of a
    sky may be any number.
    """

    def __init__(self, stretches: Sequence[Stretch]) -> None:
        begins_row = [_begins_row(above, stretch) for above, stretch in pairwise(stretches)]
        self._row = np.cumsum([False, *begins_row])
        self._ends = _summed([stretch.weight * sum(stretch.ends) for stretch in stretches])
        self._plain = _summed([stretch.weight * PLAIN for stretch in stretches])
        starts = np.flatnonzero([True, *begins_row])
        self._starts, self._stops = self._plain[starts], self._plain[[*starts[1:], len(stretches)]]
        self._rows = _summed(np.minimum(SKY, self._stops - self._starts))

    def cost(self, start: NDArray[np.intp], stop: int) -> NDArray[np.float64]:
        """The cost of those ``start <= at < stop``, for several starts (k,) up to ``stop``."""
        if stop == 0:
            return np.zeros(len(start))
        row, last = self._row[np.minimum(start, stop - 1)], self._row[stop - 1]
        within = np.minimum(SKY, self._plain[stop] - self._plain[start])
        first = np.minimum(SKY, self._stops[row] - self._plain[start])
        ending = min(SKY, float(self._plain[stop] - self._starts[last]))
        plain = np.where(row == last, within, first + self._rows[last] - self._rows[row + 1] + ending)
        return np.asarray(plain + self._ends[stop] - self._ends[start], np.float64)

    def candidates(self, last: NDArray[np.intp], at: int) -> NDArray[np.intp]:
        """Those of the stretches ``last`` (k,), in order, that are worth a look as the gutter before ``at``.

        They are all but those of the row before it that are far away: its stretches are much alike.
        """
        if len(last) <= NEAREST:
            return last
        before = int(np.searchsorted(self._row[last], self._row[at - 1]))
        return np.concatenate([last[:before], last[before:][-NEAREST:]])


def _begins_row(above: Stretch, stretch: Stretch) -> bool:
    """Whether a panel may stand between two stretches, or a straight edge is there."""
    return stretch.y0 - above.y1 >= HIGH or above.ends[1] > 0 or stretch.ends[0] > 0


def _summed(values: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums of the first values, of none, one, two and so on up to all of them: (k + 1,)."""
    return np.concatenate([[0.0], np.cumsum(values)])
