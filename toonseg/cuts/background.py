"""What lies outside all drawings: the gutter flooded from the band's rim inwards."""

import cv2
import numpy as np
from numpy.typing import NDArray

from toonseg.cuts.gutters import true_runs
from toonseg.cuts.rows import Picture

Mask = NDArray[np.bool_]
Colour = NDArray[np.float32]

_OUTSIDE = 128
_HALO = 2  # pixels over which a compressor's noise spreads around a drawing
_SAME = 2  # levels between the colours above and below that are one colour
_GRADIENT = 24  # levels between the colours above and below from which the gutter counts as a gradient
_SLIT_SHARE = 0.4  # of a row's pixels that must be gutter for it to count as a bridged gutter
_SLIT_JUMP = 0.3  # by which that share must leap at the slit's edges


def flood_outside(
    picture: Picture,
    above: Colour | None,
    below: Colour | None,
    levels: int,
    maybe_gutter: NDArray[np.uint8],
    min_gap: int,
) -> Mask:
    """Which pixels of a band (h, w, 3) are outside of its drawings: (h, w) bool.

    ``above`` and ``below`` are the colours of the gutters that it lies between, None at an end of the
    strip. Outside is what differs from them by at most ``levels`` in each channel and is connected to
    the band's first or last row, or to both its sides by a gutter that something bridges, through gaps of
    at least ``min_gap`` pixels; next to it, what is 255 in ``maybe_gutter`` is put down to compression.
    """
    sure = gutter_coloured(picture, above, below, levels)
    near = cv2.dilate(sure, np.ones((2 * _HALO + 1, 2 * _HALO + 1), np.uint8))
    coloured = cv2.bitwise_or(sure, cv2.bitwise_and(near, maybe_gutter))
    # Dark outlines would lead from a black gutter into every picture.
    gutter = cv2.morphologyEx(
        coloured, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_CROSS, (min_gap, min_gap))
    )
    height, width = gutter.shape
    canvas = np.zeros((height + 2, width), np.uint8)
    canvas[1:-1] = gutter
    seeds = []
    if above is not None:
        canvas[0] = 255
        seeds.append((0, 0))
    if below is not None:
        canvas[-1] = 255
        seeds.append((0, height + 1))
    for y0, y1 in _bridged(gutter > 0, sure > 0, min_gap):
        seeds += [(x, 1 + y) for y in range(y0, y1) for x in (0, width - 1)]
    for x, y in seeds:
        if canvas[y, x] == 255:
            cv2.floodFill(canvas, None, (x, y), _OUTSIDE)
    return np.asarray(canvas[1:-1] == _OUTSIDE, np.bool_)


def gutter_coloured(
    picture: Picture, above: Colour | None, below: Colour | None, tolerance: int
) -> NDArray[np.uint8]:
    """255 where a pixel has a gutter's colour: that above, that below, or in a gradient one between."""
    colours = [colour for colour in (above, below) if colour is not None]
    if len(colours) == 2 and np.abs(colours[0] - colours[1]).max() <= _SAME:
        colours = [np.asarray((colours[0] + colours[1]) / 2, np.float32)]
    found = [
        cv2.inRange(picture, np.floor(colour - tolerance).clip(0), np.ceil(colour + tolerance).clip(0, 255))
        for colour in colours
    ]
    mask = found[0]
    if len(colours) == 2:
        mask = cv2.bitwise_or(mask, found[1])
        if np.abs(colours[0] - colours[1]).max() > _GRADIENT:
            between = _gradient(picture, colours[0], colours[1])
            away = cv2.absdiff(picture, between)
            most = cv2.max(cv2.max(away[..., 0], away[..., 1]), away[..., 2])
            _, near = cv2.threshold(most, tolerance, 255, cv2.THRESH_BINARY_INV)
            mask = cv2.bitwise_or(mask, near)
    return np.asarray(mask, np.uint8)


def _gradient(picture: Picture, above: Colour, below: Colour) -> Picture:
    """The colour that each row would have in an even gradient, as a picture of the same shape."""
    height, width = picture.shape[:2]
    part = ((np.arange(height, dtype=np.float32) + 0.5) / height)[:, None]
    rows = np.rint(above * (1 - part) + below * part).astype(np.uint8)
    return np.asarray(cv2.resize(rows[:, None], (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)


def _bridged(gutter: Mask, sure: Mask, min_gap: int) -> list[tuple[int, int]]:
    """Spans of rows that are a gutter but for something that lies across it.

    Both ends of such rows are gutter, and the share of gutter in them leaps at both their edges. One
    row of what is ``sure``, not put down to compression, may be the ringing of an outline; two are not.
    """
    open_sides = gutter[:, :2].all(axis=1) & gutter[:, -2:].all(axis=1)
    if np.count_nonzero(open_sides) < min_gap:
        return []
    share = _share(gutter)
    spans = [span for span in true_runs(open_sides & (share >= _SLIT_SHARE)) if span[1] - span[0] >= min_gap]
    if not spans:
        return []
    surely, padded = _share(sure), np.pad(share, 3)
    return [
        (y0, y1)
        for y0, y1 in spans
        if np.count_nonzero(surely[y0:y1] >= _SLIT_SHARE) > 1
        and share[y0:y1].max() - padded[y0 : y0 + 3].min() >= _SLIT_JUMP
        and share[y0:y1].max() - padded[y1 + 3 : y1 + 6].min() >= _SLIT_JUMP
    ]


def _share(mask: Mask) -> NDArray[np.float32]:
    """The share of each row of a mask (h, w) that is True: (h,)."""
    count = cv2.reduce(mask.view(np.uint8), 1, cv2.REDUCE_SUM, dtype=cv2.CV_32F).ravel()
    return np.asarray(count / mask.shape[1], np.float32)
