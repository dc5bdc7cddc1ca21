"""Find a crop on its strip by its picture, whatever was done to it since: JPEG, grey, scaling, trimming.

First a coarse search: the crop against the whole strip, both at a twelfth of the strip's size, at the
scales that trimmed borders allow. From the best places there, ``align`` finds the exact one and the
scale. What counts in the end is how well the crop correlates with the strip at that place, block by block,
and whether the drawing holds it there: nothing tells where on a plain gradient a crop was taken.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from toonseg.labels.align import COARSE_STEPS_PX, FINE_STEPS_PX, Fit, Grey, correlation, settle, stretch_px

Picture: TypeAlias = NDArray[np.uint8]
Rows: TypeAlias = Callable[[int, int], Picture]  # as Strip.rows

COARSE = 12
# Of correlation, 1 at most. Measured by benchmarks/labels.py: the right place has .98 and more, the best
# wrong one that is not the same drawing .95.
LEAST_SCORE = 0.96
LEAST_LEAD = 0.02  # of the best place before the second: nearer ones are drawn alike, and a person chooses
MOST_SLACK_PX = 0.02  # of a corner, by noise; on what is drawn it is .007 at most, on a gradient over 1
# Of what is drawn, on average, by sides scaled differently, in pixels of the strip or of a coarser crop.
# Rounding the sides makes .26 at most; by .4 a corner is off by a pixel.
MOST_STRETCH_PX = 0.3
_TRIMS = (0.0, 0.04, 0.08, 0.12)  # shares of the width; what lies between is found later
_PEAKS = 4
_LEAST_PX = 48  # of a crop's sides
_PLAIN_LEVELS = 1.5  # standard deviation of a crop that shows nothing
_SCALE_SLACK = 0.12  # between a coarse scale and the exact one: three steps of the coarse ones
_OVERHANG_PX = 2  # of a crop over the strip's sides, by rounding
_SAME_WIDTH_PX = 0.6  # by which a width is measured wrong at most
_MARGIN_PX, _MARGIN_SHARE = 48, 0.05  # rows above and below a coarse place: it is off by so much at most
_BEHIND = 0.1  # of correlation behind the best after the coarse passes: not followed


@dataclass(frozen=True)
class Found:
    """A place of a crop: its corner in strip pixels, strip pixels a pixel of it, and the correlation.

    ``slack_px``: how far noise could have pushed the corner (one standard deviation). ``stretch_px``: how far
    off what is drawn lies, on average, because the crop has another proportion than what it shows.
    """

    x0: int
    y0: int
    scale: float
    score: float
    slack_px: float = 0.0
    stretch_px: float = 0.0

    @property
    def stretched(self) -> bool:
        """Whether the crop lies here for sure, and no single scale lays it on the strip to a pixel."""
        sure = self.score >= LEAST_SCORE and self.slack_px <= MOST_SLACK_PX
        return sure and self.stretch_px > MOST_STRETCH_PX * max(1.0, self.scale)


@dataclass(frozen=True)
class Coarse:
    """A strip at a twelfth of its size, in grey; ``width`` and ``height`` are the strip's own."""

    grey: Grey
    width: int
    height: int


@dataclass(frozen=True)
class _Near:
    """Rows of a strip, from ``top``, in grey; a crop's fit on them; and how well it correlates there."""

    rows: Grey
    top: int
    fit: Fit
    score: float


def coarse_strip(rows: Rows, width: int, height: int) -> Coarse:
    """Shrink a strip, a window of rows at a time."""
    step = 256 * COARSE
    parts = [np.zeros((0, max(1, round(width / COARSE))), np.uint8)]
    for y0 in range(0, height, step):
        grey = as_grey(rows(y0, min(y0 + step, height)))
        size = parts[0].shape[1], max(1, round(grey.shape[0] / COARSE))
        parts.append(np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8))
    return Coarse(np.concatenate(parts), width, height)


def find_crop(crop: Picture, coarse: Coarse, rows: Rows) -> list[Found]:
    """The places where a crop, RGB (h, w, 3), may lie on a strip, the best first; [] when there is none.

    Places further apart than a quarter of the crop count as different. Their scores and slack tell how
    sure they are: see ``decide``.
    """
    grey = as_grey(crop)
    if grey.std() < _PLAIN_LEVELS or min(grey.shape) < _LEAST_PX:
        return []
    near = list(_approached(grey, coarse, rows))
    least = max((place.score for place in near), default=0.0) - _BEHIND
    found = [_exact(grey, place, coarse) for place in near if place.score >= least]
    best: list[Found] = []
    for place in sorted((place for place in found if place), key=lambda place: -place.score):
        apart = 0.25 * crop.shape[0] * place.scale
        if all(abs(place.y0 - other.y0) > apart for other in best):
            best.append(place)
    return best


def decide(places: Sequence[Found], guess_row: int | None) -> Found | None:
    """The one place that can be meant, or None when a person must choose.

    A place must correlate by ``LEAST_SCORE``, lead the next by ``LEAST_LEAD``, be held to a pixel by what is
    drawn (``MOST_SLACK_PX``), and not be stretched. Among equally good ones, one that lies to the pixel where
    the crop's name says is meant.
    """
    good = [place for place in places if place.score >= LEAST_SCORE]
    rivals = [place for place in good if place.score > good[0].score - LEAST_LEAD]
    if len(rivals) > 1 and guess_row is not None:
        rivals = [place for place in rivals if abs(place.y0 - guess_row) <= 1]
    held = len(rivals) == 1 and rivals[0].slack_px <= MOST_SLACK_PX and not rivals[0].stretched
    return rivals[0] if held else None


def as_grey(picture: Picture) -> Grey:
    """An RGB picture in grey."""
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)


def _peaks(grey: Grey, coarse: Coarse) -> list[Fit]:
    """The best coarse places, to ``COARSE`` pixels."""
    height, width = grey.shape
    full = coarse.width / width
    scales = {full * (1 - trim) for trim in _TRIMS} | ({1.0} if width <= coarse.width else set())
    peaks = []
    for scale in sorted(scales):
        size = round(width * scale / COARSE), round(height * scale / COARSE)
        if min(size) < 4 or size[0] > coarse.grey.shape[1] or size[1] > coarse.grey.shape[0]:
            continue
        small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
        scores = np.nan_to_num(cv2.matchTemplate(coarse.grey, small, cv2.TM_CCOEFF_NORMED), posinf=0)
        by_row = scores.max(axis=1)
        for _ in range(_PEAKS):
            y = int(by_row.argmax())
            peaks.append((float(by_row[y]), float(scores[y].argmax() * COARSE), float(y * COARSE), scale))
            by_row[max(0, y - size[1] // 4) : y + size[1] // 4 + 1] = -1
    kept: list[tuple[float, float, float, float]] = []
    for peak in sorted(peaks, reverse=True):
        near = [other for other in kept if abs(other[2] - peak[2]) < height * peak[3] / 4]
        if not near and len(kept) < _PEAKS and peak[0] > 0.8 * sorted(peaks)[-1][0]:
            kept.append(peak)
    return [Fit(x, y, scale) for _, x, y, scale in kept]


def _approached(grey: Grey, coarse: Coarse, rows: Rows) -> Iterator[_Near]:
    """The coarse places, brought nearer, with how well the crop correlates there at a quarter of its size."""
    for peak in _peaks(grey, coarse):
        height = grey.shape[0] * peak.scale
        margin = _MARGIN_PX + _MARGIN_SHARE * height
        top = max(0, int(peak.y0 - margin))
        around = as_grey(rows(top, min(coarse.height, int(peak.y0 + height + margin) + 1)))
        fit = settle(grey, around, replace(peak, y0=peak.y0 - top), COARSE_STEPS_PX)
        if fit is not None and abs(fit.scale / peak.scale - 1) <= _SCALE_SLACK:
            yield _Near(around, top, fit, correlation(grey, around, fit, COARSE_STEPS_PX[-1]))


def _exact(grey: Grey, near: _Near, coarse: Coarse) -> Found | None:
    """The exact place, or None when it would leave the strip."""
    fit = settle(grey, near.rows, near.fit, FINE_STEPS_PX)
    if fit is not None:
        meant = _meant_scale(fit, grey.shape[1], coarse.width)
        if meant and fit.slack_px <= MOST_SLACK_PX:
            fit = settle(grey, near.rows, replace(fit, scale=meant), FINE_STEPS_PX[-1:], known_scale=True)
    if fit is None:
        return None
    width, height = (side * fit.scale for side in grey.shape[::-1])
    over = max(
        -fit.x0, fit.x0 + width - coarse.width, -fit.y0 - near.top, fit.y0 + near.top + height - coarse.height
    )
    if over > _OVERHANG_PX:
        return None
    corner = max(round(fit.x0), 0), max(round(fit.y0) + near.top, 0)
    score, stretch = correlation(grey, near.rows, fit), stretch_px(grey, near.rows, fit)
    return Found(*corner, fit.scale, score, fit.slack_px, stretch)


def _meant_scale(fit: Fit, width: int, strip_width: int) -> float | None:
    """The scale that must be meant by one that is nearly so: none at all, or from the strip's whole width."""
    whole = strip_width / width
    if abs(fit.scale - 1) * width < _SAME_WIDTH_PX:
        return 1.0
    if abs(fit.scale - whole) * width < _SAME_WIDTH_PX and abs(fit.x0) < _SAME_WIDTH_PX:
        return whole
    return None
