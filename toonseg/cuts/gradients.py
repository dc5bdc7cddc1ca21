"""Grounds that pass evenly from colour to colour: those of captions, and of many skies."""

import cv2
import numpy as np

from toonseg.cuts.palette import ALIKE
from toonseg.cuts.rows import Mask, Picture, apart

_SAMPLE = 150  # pixels on which the gradient is fitted
_ROUNDS = 4  # of which each leaves out what lay furthest from the gradient of the one before
_KEPT = 0.6  # of the pixels in each round
_LEVEL = np.diag([0.0, 1.0, 1.0])  # makes that of pixels in one row level, which have any slope
_FAR = 2 * ALIKE  # levels that most of them are away at most, in the first round already
_GROUND = 0.75  # of the pixels that the gradient explains


def flattened(picture: Picture, mask: Mask) -> Picture | None:
    """A picture (h, w, 3) without the gradient that is the ground in its mask (h, w); None if that is none.

    A gradient is linear in x and y, and passes through more levels than one colour may have. It is fitted by
    least squares, trimmed of what is drawn on it (Rousseeuw, Least median of squares regression, 1984).
    """
    height, width = mask.shape
    step = max(1, int((mask.size / _SAMPLE) ** 0.5))
    y, x = np.nonzero(mask[::step, ::step])
    if not len(x):
        return None
    levels = picture[::step, ::step][y, x].astype(np.float64)
    places = np.stack([np.ones(len(x)), x * step - width / 2, y * step - height / 2])
    kept = np.ones(len(levels), np.bool_)
    last = int(_KEPT * len(levels))
    for turn in range(_ROUNDS):
        some = places[:, kept]
        slopes = cv2.solve(some @ some.T + _LEVEL, some @ levels[kept], flags=cv2.DECOMP_CHOLESKY)[1]
        away = apart(levels, places.T @ slopes)
        limit = float(np.partition(away, last)[last])
        if limit > _FAR:
            return None
        passed = float((np.abs(slopes[1]) * (width - 1) + np.abs(slopes[2]) * (height - 1)).max())
        if turn and passed <= ALIKE:
            return None  # it will hardly be twice as steep in the end
        kept = away <= max(1.0, limit)
    across, down = slopes[1:].astype(np.float32)
    if passed <= 2 * ALIKE or np.count_nonzero(away <= ALIKE) < _GROUND * len(away):
        return None
    x_away, y_away = (np.arange(size, dtype=np.float32) - (size - 1) / 2 for size in (width, height))
    flat = picture - y_away[:, None, None] * down
    flat -= x_away[None, :, None] * across
    np.clip(np.rint(flat, out=flat), 0, 255, out=flat)
    return np.asarray(flat, np.uint8)
