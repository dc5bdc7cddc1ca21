"""Runs of True in a row of truths."""

import numpy as np

from toonseg.cuts.rows import Mask


def true_runs(values: Mask) -> list[tuple[int, int]]:
    """Spans ``(start, stop)`` of the runs of True.

    >>> true_runs(np.array([True, False, True, True]))
    [(0, 1), (2, 4)]
    """
    padded = np.zeros(len(values) + 2, np.bool_)
    padded[1:-1] = values
    edges = (padded[1:] != padded[:-1]).nonzero()[0].tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))
