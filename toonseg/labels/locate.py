"""Find a crop on its strip by its picture, whatever was done to it since: JPEG, grey, scaling, trimming.

First a coarse search: the crop against the whole strip, both at a twelfth of the strip's size, at the
scales that trimmed borders allow. Then blocks of the crop are matched at the strip's own size around
each peak; where they fall gives place and scale. What counts in the end is how well the blocks of the
crop correlate with the strip at that place.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Picture: TypeAlias = NDArray[np.uint8]
Grey: TypeAlias = NDArray[np.uint8]
Points: TypeAlias = NDArray[np.float64]
_Fit: TypeAlias = tuple[float, float, float]  # x0, y0, scale
Rows: TypeAlias = Callable[[int, int], Picture]  # as Strip.rows

COARSE = 12
LEAST_SCORE = (
    0.92  # of correlation, 1 at most; a place that is not the crop's may reach .9 (benchmarks/labels.py)
)
LEAST_LEAD = 0.02  # of the best place before the second: nearer ones are drawn alike, and a person chooses
_TRIMS = (0.0, 0.04, 0.08, 0.12)  # shares of the width; what lies between is found later
_PEAKS = 4
_LEAST_PX = 48  # of a crop's sides
_PLAIN_LEVELS = 3.0  # standard deviation of a crop, or a block, that shows nothing
_BLOCK_PX = 96
_LEAST_ROUND = 0.15  # smaller to larger eigenvalue of a block's gradients; a straight line has 0
_SURE_SHARE = 0.85  # of the best block's correlation; what matches less may have matched something else
_RADII_PX = (24, 8, 3)  # how far a block may be off, pass by pass
_SCALE_SLACK = 0.08  # between a coarse scale and the exact one: two steps of the coarse ones
_OVERHANG_PX = 2  # of a crop over the strip's sides, by rounding
_GRID, _MOST_LANDMARKS, _FEW_LANDMARKS = 7, 20, 8


@dataclass(frozen=True)
class Found:
    """A place of a crop: its corner in strip pixels, strip pixels a pixel of it, and the correlation."""

    x0: int
    y0: int
    scale: float
    score: float


@dataclass(frozen=True)
class Coarse:
    """A strip at a twelfth of its size, in grey; ``width`` and ``height`` are the strip's own."""

    grey: Grey
    width: int
    height: int


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

    Places further apart than a quarter of the crop count as different. Their scores tell how sure they
    are: see ``decide``.
    """
    grey = as_grey(crop)
    if grey.std() < _PLAIN_LEVELS or min(grey.shape) < _LEAST_PX:
        return []
    landmarks = _landmarks(grey, round(_BLOCK_PX * crop.shape[1] / coarse.width))
    found = [_refined(grey, landmarks, near, coarse, rows) for near in _peaks(grey, coarse)]
    best: list[Found] = []
    for place in sorted((place for place in found if place), key=lambda place: -place.score):
        apart = 0.25 * crop.shape[0] * place.scale
        if all(abs(place.y0 - other.y0) > apart for other in best):
            best.append(place)
    return best


def decide(places: Sequence[Found], guess_row: int | None) -> Found | None:
    """The one place that can be meant, or None when a person must choose.

    A place must correlate by ``LEAST_SCORE`` and lead the next by ``LEAST_LEAD``. Among equally good ones,
    one that lies to the pixel where the crop's name says is meant.
    """
    good = [place for place in places if place.score >= LEAST_SCORE]
    rivals = [place for place in good if place.score > good[0].score - LEAST_LEAD]
    if len(rivals) > 1 and guess_row is not None:
        rivals = [place for place in rivals if abs(place.y0 - guess_row) <= 1]
    return rivals[0] if len(rivals) == 1 else None


def as_grey(picture: Picture) -> Grey:
    """An RGB picture in grey."""
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)


def _peaks(grey: Grey, coarse: Coarse) -> list[_Fit]:
    """The best coarse places: x0 and y0 in strip pixels, and the scale."""
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
    return [(x, y, scale) for _, x, y, scale in kept]


def _refined(grey: Grey, landmarks: Points, near: _Fit, coarse: Coarse, rows: Rows) -> Found | None:
    """The exact place near a coarse one, or None where too few blocks are there to tell."""
    x, y, scale = near
    height = grey.shape[0]
    pad = 2 * _RADII_PX[0] + 0.04 * height * scale
    y0, y1 = max(0, int(y - pad)), min(coarse.height, int(y + height * scale + pad) + 1)
    strip = as_grey(rows(y0, y1))
    fit = (x, y - y0, scale)
    for radius in _RADII_PX:
        matches = _matched(grey, strip, landmarks, fit, radius)
        if len(matches) < 3:
            return None
        fit = _fitted(matches, fit)
    fit = _snapped(matches, fit, grey.shape[1], coarse.width)
    if fit[0] < -_OVERHANG_PX or fit[0] + fit[2] * grey.shape[1] > coarse.width + _OVERHANG_PX:
        return None  # wider than the strip that it would be from
    if abs(fit[2] / scale - 1) > _SCALE_SLACK:
        return None  # blocks that agree by chance, on little that is drawn
    x0, top = round(fit[0]), round(fit[1])
    score = _correlation(grey, strip, x0, top, fit[2])
    return Found(max(x0, 0), max(top + y0, 0), fit[2], score)


def _landmarks(grey: Grey, size_px: int) -> Points:
    """The middles (x, y) of the blocks of a crop that hold fast best, at most ``_MOST_LANDMARKS``.

    A block holds fast when it has edges, and not in one direction only: by the ratio of the eigenvalues of
    its gradients, after Shi and Tomasi, "Good Features to Track" (1994). The best few are taken in any case.
    """
    height, width = grey.shape
    wide, tall = min(size_px, width // 3), min(size_px, height // 3)
    found = []
    for left in np.linspace(0, width - wide, _GRID).astype(int):
        for top in np.linspace(0, height - tall, _GRID).astype(int):
            block = grey[top : top + tall, left : left + wide]
            if block.std() < 2 * _PLAIN_LEVELS:
                continue
            across, down = (cv2.Sobel(block, cv2.CV_32F, *axis).ravel() for axis in ((1, 0), (0, 1)))
            smaller, larger = np.linalg.eigvalsh(np.cov(across, down))
            found.append((float(smaller / larger), left + wide / 2, top + tall / 2))
    found.sort(reverse=True)
    fast = [place for at, (ratio, *place) in enumerate(found) if ratio > _LEAST_ROUND or at < _FEW_LANDMARKS]
    return np.array(fast[:_MOST_LANDMARKS]).reshape(-1, 2)


def _matched(grey: Grey, strip: Grey, landmarks: Points, fit: _Fit, radius: int) -> Points:
    """Where the blocks around landmarks fall, ``radius`` off at most.

    Rows of (x, y in the crop, x, y in the strip), the blocks' middles; those that match far worse than the
    best are left out.
    """
    x, y, scale = fit
    width, height = round(grey.shape[1] * scale), round(grey.shape[0] * scale)
    scaled = np.asarray(cv2.resize(grey, (width, height), interpolation=_method(scale)), np.uint8)
    wide, tall = min(_BLOCK_PX, width // 3), min(_BLOCK_PX, height // 3)
    found = []
    for middle_x, middle_y in landmarks * (width / grey.shape[1], height / grey.shape[0]):
        left = min(max(round(middle_x - wide / 2), 0), width - wide)
        top = min(max(round(middle_y - tall / 2), 0), height - tall)
        u, v = round(x + left), round(y + top)
        u0, v0, u1, v1 = max(u - radius, 0), max(v - radius, 0), u + wide + radius, v + tall + radius
        window = strip[v0 : max(v1, 0), u0 : max(u1, 0)]
        if window.shape[0] < tall or window.shape[1] < wide:
            continue
        block = scaled[top : top + tall, left : left + wide]
        right, down, best = _peak(cv2.matchTemplate(window, block, cv2.TM_CCOEFF_NORMED))
        in_crop = (left + wide / 2) * grey.shape[1] / width, (top + tall / 2) * grey.shape[0] / height
        found.append((*in_crop, u0 + right + wide / 2, v0 + down + tall / 2, best))
    rows = np.array(found).reshape(-1, 5)
    return rows[rows[:, 4] > _SURE_SHARE * rows[:, 4].max(initial=0.5), :4]


def _fitted(matches: Points, fit: _Fit) -> _Fit:
    """Corner and scale that carry the crop's blocks nearest to where they fell, leaving out strays."""
    kept = matches
    for _ in range(3):
        middle = kept.mean(axis=0)
        crop, strip = kept[:, :2] - middle[:2], kept[:, 2:] - middle[2:]
        spread = (crop**2).sum()
        scale = float((crop * strip).sum() / spread) if spread > 1 else fit[2]
        corner = middle[2:] - scale * middle[:2]
        off = np.abs(matches[:, 2:] - corner - scale * matches[:, :2]).max(axis=1)
        near = off <= max(1.5, 2.0 * float(np.median(off)))
        if near.sum() < 3:
            break
        kept = matches[near]
    if not 0.5 * fit[2] < scale < 2 * fit[2]:
        return fit
    return float(corner[0]), float(corner[1]), scale


def _snapped(matches: Points, fit: _Fit, width: int, strip_width: int) -> _Fit:
    """The fit with the scale that must be meant: none at all, or from the strip's whole width."""
    full = strip_width / width
    scale = fit[2]
    if abs(scale - 1) * width < 1.2:
        scale = 1.0
    elif abs(scale - full) * width < 1.5 and abs(fit[0]) < 1.5:
        scale = full
    corner = np.median(matches[:, 2:] - scale * matches[:, :2], axis=0)
    return float(corner[0]), float(corner[1]), scale


def _correlation(grey: Grey, strip: Grey, x0: int, y0: int, scale: float) -> float:
    """Mean correlation of the crop's blocks with the strip at a place; 0 where most of it is off the strip.

    Block by block, because every page is dark lines on large areas: those agree between any two.
    """
    size = max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale))
    scaled = np.asarray(cv2.resize(grey, size, interpolation=_method(scale)), np.uint8)
    left, top = max(x0, 0), max(y0, 0)
    window = strip[top : y0 + size[1], left : x0 + size[0]]
    scaled = scaled[top - y0 : top - y0 + window.shape[0], left - x0 : left - x0 + window.shape[1]]
    if window.size < 0.9 * size[0] * size[1]:
        return 0.0
    scores = []
    for v in range(0, window.shape[0], _BLOCK_PX):
        for u in range(0, window.shape[1], _BLOCK_PX):
            here, there = (of[v : v + _BLOCK_PX, u : u + _BLOCK_PX] for of in (scaled, window))
            if here.std() > 2 * _PLAIN_LEVELS:
                scores.append(float(cv2.matchTemplate(there, here, cv2.TM_CCOEFF_NORMED)[0, 0]))
    return float(np.mean(scores)) if scores else 0.0


def _peak(scores: Any) -> tuple[float, float, float]:
    """Column, row and height of the highest score, between pixels by a parabola."""
    v, u = np.unravel_index(int(np.argmax(scores)), scores.shape)
    return (
        float(u + _between(scores[v], int(u))),
        float(v + _between(scores[:, u], int(v))),
        float(scores[v, u]),
    )


def _between(line: Any, at: int) -> float:
    if not 0 < at < len(line) - 1:
        return 0.0
    before, here, after = (float(line[at + step]) for step in (-1, 0, 1))
    curve = before - 2 * here + after
    return 0.5 * (before - after) / curve if curve < 0 else 0.0


def _method(scale: float) -> int:
    return int(cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
