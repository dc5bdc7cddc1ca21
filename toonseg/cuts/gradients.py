"""Grounds that pass evenly from colour to colour: those of captions, and of many skies."""

import numpy as np

from toonseg.cuts.palette import ALIKE
from toonseg.cuts.rows import Mask, Picture

_SAMPLE = 900  # pixels on which the gradient is fitted
_ROUNDS = 4  # of which each leaves out what lay furthest from the gradient of the one before
_KEPT = 0.6  # of the pixels in each round
_GROUND = 0.75  # of the pixels that the gradient explains


def flattened(picture: Picture, mask: Mask) -> Picture | None:
    """A picture (h, w, 3) without the gradient that is the ground in its mask (h, w); None if that is none.

    A gradient is linear in x and y, and passes through more levels than one colour may have. It is fitted by
    least squares, trimmed of what is drawn on it (Rousseeuw, Least median of squares regression, 1984).
    """
    height, width = mask.shape
    step = max(1, int((mask.size / _SAMPLE) ** 0.5))
    y, x = np.nonzero(mask[::step, ::step])
    levels = picture[::step, ::step][y, x].astype(np.float32)
    places = np.column_stack([np.ones(len(x)), x * step, y * step]).astype(np.float32)
    if len(levels) <= places.shape[1]:
        return None
    kept = np.ones(len(levels), np.bool_)
    for _ in range(_ROUNDS):
        slopes = np.linalg.lstsq(places[kept], levels[kept], rcond=None)[0]
        away = np.abs(levels - places @ slopes).max(axis=1)
        last = int(_KEPT * len(away))
        kept = away <= max(1.0, float(np.partition(away, last)[last]))
    across, down = slopes[1:]
    passed = np.abs(across) * (width - 1) + np.abs(down) * (height - 1)
    if passed.max() <= 2 * ALIKE or np.count_nonzero(away <= ALIKE) < _GROUND * len(away):
        return None
    x_away, y_away = (np.arange(size, dtype=np.float32) - (size - 1) / 2 for size in (width, height))
    flat = picture - y_away[:, None, None] * down
    flat -= x_away[None, :, None] * across
    np.clip(np.rint(flat, out=flat), 0, 255, out=flat)
    return np.asarray(flat, np.uint8)
