"""Drawings whose rim is drawn all around: told at a glance, since no gutter can lead into them.

Most bands hold nothing else. They give the same boxes as the longer way over the flooded gutter.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from toonseg.cuts import boxes
from toonseg.cuts.boxes import Box
from toonseg.cuts.runs import true_runs


def find_closed(gutter: NDArray[np.uint8], min_gap: int, least_px: int) -> list[Box] | None:
    """The boxes of a band's drawings if each is drawn all around its rim; None if one is not.

    ``gutter`` (h, w) is 255 where a pixel may be gutter. A rim may have gaps narrower than ``min_gap``;
    drawings closer than that to each other or lower or narrower than ``least_px`` are left to the longer way.
    """
    drawn = cv2.bitwise_not(gutter)
    found = []
    columns = np.bitwise_or.reduce(drawn, axis=0) > 0
    for x0, x1 in _joined(true_runs(columns), min_gap):
        y0, height = cv2.boundingRect(drawn[:, x0:x1])[1::2]
        box = (x0, y0, x1, y0 + height)
        if min(boxes.width(box), height) < least_px or not _is_closed(gutter, box, min_gap):
            return None
        found.append(box)
    return found


def _joined(spans: list[tuple[int, int]], gap: int) -> list[tuple[int, int]]:
    """Spans with those joined into one that are less than ``gap`` apart."""
    joined = spans[:1]
    for start, stop in spans[1:]:
        if start - joined[-1][1] < gap:
            joined[-1] = joined[-1][0], stop
        else:
            joined.append((start, stop))
    return joined


def _is_closed(gutter: NDArray[np.uint8], box: Box, min_gap: int) -> bool:
    """Whether no run of ``min_gap`` gutter pixels lies on a box's rim."""
    x0, y0, x1, y1 = box
    sides = (gutter[y0, x0:x1], gutter[y1 - 1, x0:x1], gutter[y0:y1, x0], gutter[y0:y1, x1 - 1])
    rim = np.concatenate([part for side in sides for part in (side, _BREAK)]) > 0
    return not rim.any() or max(stop - start for start, stop in true_runs(rim)) < min_gap


_BREAK = np.zeros(1, np.uint8)
