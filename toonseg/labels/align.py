"""Lay a crop on a strip to a fraction of a pixel, beginning near its place.

Sought are the place and the scale at which the brightness of both differs least, by Gauss-Newton steps from
coarse to fine: Lucas and Kanade, "An Iterative Image Registration Technique" (1981), with a gain and an
offset of brightness, and with the mean of both pictures' gradients (Malis, "Improving vision-based control
using efficient second-order minimization techniques", 2004).
"""

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Grey: TypeAlias = NDArray[np.uint8]
Light: TypeAlias = NDArray[np.float32]

COARSE_STEPS_PX, FINE_STEPS_PX = (8.0, 4.0), (2.0, 1.0)  # strip pixels a sample, pass by pass
_SMOOTH = 0.8  # standard deviation, in samples, of a blur that levels out JPEG and ways of scaling
_MOST_ROUNDS = 10
_STILL, _FARTHEST = 0.02, 4.0  # a step of so many samples ends the rounds; a longer one is cut
_GAINS = 0.3, 3.0
_SCALES = 0.2, 6.0
_LEAST_SIDE = 4  # samples
_BLOCK_PX, _LEAST_BLOCK = 96, 16  # strip pixels, samples
_PLAIN_LEVELS = 6.0  # standard deviation of a block that shows too little to compare


@dataclass(frozen=True)
class Fit:
    """A crop's upper left corner in strip pixels, and strip pixels a pixel of it.

    ``slack_px``: how far noise could have pushed the corner (one standard deviation); endless when
    nobody looked.
    """

    x0: float
    y0: float
    scale: float
    slack_px: float = np.inf


@dataclass(frozen=True)
class _Sampled:
    """A crop of (height, width) px in samples, with its gradients, and the strip shrunk for these.

    A pixel of ``strip`` is ``pixel`` (x, y) pixels of the real one.
    """

    crop: Light
    across: Light
    down: Light
    strip: Light
    pixel: tuple[float, float]
    height: int
    width: int


def settle(
    crop: Grey, strip: Grey, near: Fit, steps_px: tuple[float, ...], known_scale: bool = False
) -> Fit | None:
    """The best fit of a crop (h, w) on a strip near a given one, pass by pass.

    A pass samples every ``steps_px`` strip pixels, or each pixel of a crop that is coarser, and bears a
    start that is a few samples off. With ``known_scale`` only the place is sought. None where nothing
    holds the crop.
    """
    fit = near
    for step_px in steps_px:
        sampled = _sampled(crop, strip, fit.scale, max(step_px, fit.scale))
        found = _descended(sampled, fit, known_scale) if min(sampled.crop.shape) >= _LEAST_SIDE else None
        if found is None:
            return None
        fit = found
    return fit


def correlation(crop: Grey, strip: Grey, fit: Fit, step_px: float = 1.0) -> float:
    """Mean correlation (-1 to 1) of the crop's blocks with the strip at a place; 0 when all are plain.

    Block by block, because every page is dark lines on large areas: those agree between any two.
    """
    sampled = _sampled(crop, strip, fit.scale, max(step_px, fit.scale))
    there = _strip_samples(sampled, fit)
    block = max(_LEAST_BLOCK, round(_BLOCK_PX / max(step_px, fit.scale)))
    scores = []
    for v in range(0, there.shape[0], block):
        for u in range(0, there.shape[1], block):
            ours, its = (of[v : v + block, u : u + block] for of in (sampled.crop, there))
            if 3 * min(ours.shape) >= block and ours.std() > _PLAIN_LEVELS:
                scores.append(float(cv2.matchTemplate(its, ours, cv2.TM_CCOEFF_NORMED)[0, 0]))
    return float(np.mean(scores)) if scores else 0.0


def stretch_px(crop: Grey, strip: Grey, fit: Fit, step_px: float = 1.0) -> float:
    """How far off, in strip pixels, what is drawn lies because width and height were scaled differently.

    A root mean square, of how far it would move by one step from a settled fit with a scale for each. Corners
    are further off, by the root of three where all is drawn evenly; plain ends of a crop count for nothing.
    """
    sampled = _sampled(crop, strip, fit.scale, max(step_px, fit.scale))
    columns, left = _linearised(sampled, fit, scales=2)
    solved = _solved(columns, left)
    if solved is None:
        return 0.0
    moved = solved[0][:2, None] * columns[:2] + solved[0][2:4, None] * columns[2:4]
    return float((np.linalg.norm(moved, axis=1) / np.linalg.norm(columns[:2], axis=1)).max())


def _sampled(crop: Grey, strip: Grey, scale: float, step_px: float) -> _Sampled:
    height, width = crop.shape
    size = max(1, round(width * scale / step_px)), max(1, round(height * scale / step_px))
    method = cv2.INTER_AREA if size[0] <= width else cv2.INTER_CUBIC
    drawn = _smooth(cv2.resize(crop, size, interpolation=method).astype(np.float32), _SMOOTH)
    across, down = _gradients(drawn)
    step_px = max(step_px, 1.0)
    shrunk = tuple(max(1, round(side / step_px)) for side in strip.shape)
    fewer = cv2.resize(strip, shrunk[::-1], interpolation=cv2.INTER_AREA) if step_px > 1 else strip
    rest = _smooth(fewer.astype(np.float32), _SMOOTH)
    pixel = strip.shape[1] / shrunk[1], strip.shape[0] / shrunk[0]
    return _Sampled(drawn, across, down, rest, pixel, height, width)


def _descended(sampled: _Sampled, fit: Fit, known_scale: bool) -> Fit | None:
    """The fit at the end of the Gauss-Newton steps."""
    height, width = sampled.height, sampled.width
    step_px = width * fit.scale / sampled.crop.shape[1]
    for _ in range(_MOST_ROUNDS):
        solved = _solved(*_linearised(sampled, fit, scales=0 if known_scale else 1))
        if solved is None:
            return None
        solution, covariance = solved
        dx, dy, dscale = *solution[:2], 0.0 if known_scale else solution[2]
        longest = max(abs(dx), abs(dy), abs(dscale) * max(width, height) / 2)
        hold = min(1.0, _FARTHEST * step_px / longest) if longest else 1.0
        fit = Fit(
            float(fit.x0 + hold * (dx - dscale * width / 2)),
            float(fit.y0 + hold * (dy - dscale * height / 2)),
            float(fit.scale + hold * dscale),
            _slack_px(covariance, sampled, known_scale),
        )
        if not _SCALES[0] < fit.scale < _SCALES[1]:
            return None
        if longest < _STILL * step_px:
            break
    return fit


def _solved(columns: Light, left: Light) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """The unknowns that explain most of what is left, and their covariance; None where nothing tells them."""
    normal: NDArray[np.float64] = (columns @ columns.T).astype(np.float64)
    if np.linalg.cond(normal) * np.finfo(np.float64).eps > 1:
        return None
    inverse = np.asarray(np.linalg.inv(normal), np.float64)
    return inverse @ (columns @ left).astype(np.float64), inverse * float((left**2).mean())


def _linearised(sampled: _Sampled, fit: Fit, scales: int) -> tuple[Light, Light]:
    """How each sample changes with each unknown (a row an unknown), and what is left to explain.

    The unknowns are the middle's x and y in strip pixels, so many ``scales`` (none, one, or the width's and
    the height's), gain and offset.
    """
    there = _strip_samples(sampled, fit)
    there -= there.mean()
    wanted = sampled.crop - sampled.crop.mean()
    gain = float(np.clip((there * wanted).sum() / max(float((there**2).sum()), 1e-6), *_GAINS))
    its_across, its_down = _gradients(there)
    rows, columns = there.shape
    across = (gain * its_across + sampled.across) * (0.5 * columns / (sampled.width * fit.scale))
    down = (gain * its_down + sampled.down) * (0.5 * rows / (sampled.height * fit.scale))
    from_middle_x = ((np.arange(columns, dtype=np.float32) + 0.5) / columns - 0.5) * sampled.width
    from_middle_y = ((np.arange(rows, dtype=np.float32) + 0.5) / rows - 0.5) * sampled.height
    wider, higher = across * from_middle_x, down * from_middle_y[:, None]
    scaled = ([], [wider + higher], [wider, higher])[scales]
    unknowns = [across, down, *scaled, there, np.ones_like(there)]
    return np.stack([unknown.ravel() for unknown in unknowns]), (wanted - gain * there).ravel()


def _strip_samples(sampled: _Sampled, fit: Fit) -> Light:
    """The strip where the crop's samples fall; beyond its edges, its edges."""
    rows, columns = sampled.crop.shape
    step_x, step_y = sampled.width * fit.scale / columns, sampled.height * fit.scale / rows
    middles = fit.x0 + step_x / 2, fit.y0 + step_y / 2  # of the first sample
    carry = np.array([[step_x, 0, middles[0]], [0, step_y, middles[1]]]) / np.array(sampled.pixel)[:, None]
    carry[:, 2] -= 0.5  # OpenCV counts from the middle of the first pixel
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    edge = cv2.BORDER_REPLICATE
    there = cv2.warpAffine(sampled.strip, carry, (columns, rows), flags=flags, borderMode=edge)
    return np.asarray(there, np.float32)


def _slack_px(covariance: NDArray[np.float64], sampled: _Sampled, known_scale: bool) -> float:
    """The larger deviation of the corner's x and y, from the covariance of the middle's and the scale."""
    to_corner = np.array([[1, 0, -sampled.width / 2], [0, 1, -sampled.height / 2]])
    seen = 2 if known_scale else 3
    of_corner = to_corner[:, :seen] @ covariance[:seen, :seen] @ to_corner[:, :seen].T
    return float(np.sqrt(np.abs(of_corner.diagonal()).max()))


def _gradients(light: Light) -> tuple[Light, Light]:
    """How brightness changes across and down, a sample."""
    across, down = (cv2.Sobel(light, cv2.CV_32F, *axis, scale=1 / 8) for axis in ((1, 0), (0, 1)))
    return np.asarray(across, np.float32), np.asarray(down, np.float32)


def _smooth(light: Light, deviation: float) -> Light:
    return np.asarray(cv2.GaussianBlur(light, (0, 0), deviation), np.float32)
