"""What lies outside all drawings: the gutter flooded from the band's rim inwards."""

from collections.abc import Iterable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from toonseg.cuts.frames import find_line
from toonseg.cuts.rows import Mask, Picture, greatest_channel
from toonseg.cuts.runs import true_runs
from toonseg.cuts.stripes import find_barred, find_end, find_striped, goes_on, open_sides

Colour = NDArray[np.float32]

_OUTSIDE = 128
_HALO = 2  # pixels over which a compressor's noise spreads around a drawing
_SAME = 2  # levels between the colours above and below that are one colour
_GRADIENT = 24  # levels between the colours above and below from which the gutter counts as a gradient
_MARGINS = 0.9  # of the rows whose both ends tell of a gradient between colours that are less apart
_UNEVEN = 0.5  # of the levels between both colours, by which a gradient may differ from an even one, ...
_MOST_UNEVEN = 24  # ... and levels by which it may at most
_STEP = 6  # levels between rows of a side from which it leaps
_EDGE = 4  # columns at a side whose mean tells a gradient's colour there
_SMOOTHED = 9  # rows over which that is averaged
_SLIT_SHARES = (0.4, 0.25)  # of a row's pixels that must be gutter for it to count as a bridged gutter
_OPEN_SHARE = 0.4  # of a bridged gutter's rows that must be gutter at either end
_SLIT_JUMP = 0.15  # by which that share must leap at the slit's edges
_SLIT_EDGE = 3  # rows over which it leaps at most
_NOTCH = 12  # pixels by which a bridged gutter leads further in at a side than beside it
_DASHES, _EVEN = 3, 3  # parts at least, and pixels by which they may be unevenly spaced
_SLANTING = 0.02  # rows a column by which an edge at least rises that slants
_SLANTING_SHARE = 0.6  # of the columns of a slanting gutter that must begin and end on its edges


def find_drawn(
    picture: Picture,
    sure: NDArray[np.uint8],
    maybe_gutter: NDArray[np.uint8],
    beside: tuple[bool, bool],
    min_gap: int,
    least: int,
) -> Mask:
    """Which pixels of a band belong to its drawings, whatever their colour: (h, w) bool.

    ``picture`` is the band (h, w, 3), ``sure`` (h, w) 255 where a pixel has a gutter's colour,
    ``maybe_gutter`` where it may have had it before compression. Not drawn is what is connected, through
    gaps of at least ``min_gap`` pixels, to the band's first or last row if there is a gutter ``beside`` it,
    or to both its sides by a gutter that something bridges or that slants. ``least`` is a panel's height at
    least.
    """
    near = cv2.dilate(sure, np.ones((2 * _HALO + 1, 2 * _HALO + 1), np.uint8))
    coloured = cv2.bitwise_or(sure, cv2.bitwise_and(near, maybe_gutter))
    # Dark outlines would lead from a black gutter into every picture.
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (min_gap, min_gap))
    gutter = np.asarray(cv2.morphologyEx(coloured, cv2.MORPH_OPEN, cross), np.uint8)
    height, width = gutter.shape
    canvas = np.empty((height + 2, width), np.uint8)
    canvas[0], canvas[1:-1], canvas[-1] = 255 * beside[0], gutter, 255 * beside[1]
    _flood(canvas, [(0, 0), (0, height + 1)])
    for y0, y1 in _bridged(gutter, sure, min_gap, least):
        middle = 1 + (y0 + y1) // 2
        sides = canvas[1 + y0 : 1 + y1, [0, -1]]
        if not (sides == 255).any() and not (canvas[middle] == 255).any():
            continue  # it is outside already
        if goes_on(find_end(picture, gutter, y0, -1), find_end(picture, gutter, y1, 1)):
            continue
        _flood(canvas, [(x, 1 + y) for y in range(y0, y1) for x in (0, width - 1)])
        _flood(canvas, [(x, middle) for x in _between(gutter, y0, y1)])
    _flood(canvas, _slanting(canvas, min_gap))
    return np.asarray(canvas[1:-1] != _OUTSIDE, np.bool_)


def find_distance(picture: Picture, above: Colour | None, below: Colour | None) -> NDArray[np.uint8]:
    """By how many levels each pixel of a band (h, w, 3) differs from the gutters' colours: (h, w).

    ``above`` and ``below`` are the colours of the gutters that the band lies between, of which one at least
    is there. The nearer one counts, or the colours between them where they are the ends of a gradient.
    """
    colours = [colour for colour in (above, below) if colour is not None]
    if len(colours) == 2 and np.abs(colours[0] - colours[1]).max() <= _SAME:
        colours = [np.asarray((colours[0] + colours[1]) / 2, np.float32)]
    distance = _from_colour(picture, colours[0])
    if len(colours) == 2:
        distance = np.minimum(distance, _from_colour(picture, colours[1]))
        gradient = _gradient(picture, colours[0], colours[1])
        if gradient is not None:
            away = cv2.absdiff(picture, gradient)
            distance = np.minimum(distance, greatest_channel(np.asarray(away, np.uint8)))
    return distance


def within(distance: NDArray[np.uint8], levels: int) -> NDArray[np.uint8]:
    """255 where a distance is at most so many levels, else 0."""
    return np.asarray(cv2.threshold(distance, levels, 255, cv2.THRESH_BINARY_INV)[1], np.uint8)


def _from_colour(picture: Picture, colour: Colour) -> NDArray[np.uint8]:
    """By how many levels each pixel differs from a colour; half a level is none."""
    least, most = np.floor(colour).tolist(), np.ceil(colour).tolist()
    if least == most:
        away = cv2.absdiff(picture, (*least, 0))  # type: ignore[call-overload]
    else:
        away = cv2.max(cv2.subtract((*least, 0), picture), cv2.subtract(picture, (*most, 0)))  # type: ignore[call-overload]
    return greatest_channel(np.asarray(away, np.uint8))


def _gradient(picture: Picture, above: Colour, below: Colour) -> Picture | None:
    """The colour that each row has in a gradient from ``above`` to ``below``, as a picture of the same shape.

    A side that passes from one to the other without a leap tells it, whatever way it takes. Else it is even,
    but for what the rows' ends tell where they are nearly of that colour: there is the gutter. None where
    both colours are alike and few rows' ends lie between them: then one just follows the other.
    """
    height, width = picture.shape[:2]
    part = ((np.arange(height, dtype=np.float32) + 0.5) / height)[:, None]
    even = above * (1 - part) + below * part
    ends = [cv2.blur(side.mean(axis=1), (1, _SMOOTHED)) for side in (picture[:, :_EDGE], picture[:, -_EDGE:])]
    apart = float(np.abs(above - below).max())
    led = [end for end in ends if _leads(end, above, below)]
    if led:
        rows = np.mean(led, axis=0)
    else:
        away = np.stack([end - even for end in ends])
        near = np.abs(away).max(axis=2, keepdims=True) <= min(_UNEVEN * apart, _MOST_UNEVEN)
        if apart <= _GRADIENT and near.all(axis=0).mean() < _MARGINS:
            return None
        rows = even + (away * near).sum(axis=0) / np.maximum(1, near.sum(axis=0))
    rows = np.rint(rows).clip(0, 255).astype(np.uint8)
    return np.asarray(cv2.resize(rows[:, None], (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)


def _leads(side: NDArray[np.float32], above: Colour, below: Colour) -> bool:
    """Whether a side (h, 3) passes from one gutter's colour to the other's without a leap: it is gutter."""
    ends = max(np.abs(side[0] - above).max(), np.abs(side[-1] - below).max())
    return bool(ends <= _STEP and np.abs(np.diff(side, axis=0)).max(initial=0) <= _STEP)


def _bridged(
    gutter: NDArray[np.uint8], sure: NDArray[np.uint8], min_gap: int, least: int
) -> list[tuple[int, int]]:
    """Spans of rows that are a gutter but for something that lies across it.

    An end of such rows is gutter, often both are, and the share of gutter in them leaps at both their edges.
    One row of what is ``sure``, not put down to compression, may be the ringing of an outline; two are not.
    """
    left, right = open_sides(gutter)
    if np.count_nonzero(left & right) < min_gap:
        return []
    share, surely = _share(gutter), _share(sure)
    free = ~find_barred(gutter, least) & (find_striped(sure, least) == 0)
    spans: list[tuple[int, int]] = []
    for least_share in _SLIT_SHARES:
        for y0, y1 in true_runs((left | right) & (share >= least_share) & free):
            open_ends = min(left[y0:y1].mean(), right[y0:y1].mean())
            if (
                open_ends >= _OPEN_SHARE
                and y1 - y0 >= min_gap
                and np.count_nonzero(surely[y0:y1] >= least_share) > 1
                and share[y0 : y0 + _SLIT_EDGE].max() - _least(share, y0 - _SLIT_EDGE, y0) >= _SLIT_JUMP
                and share[y0:y1][-_SLIT_EDGE:].max() - _least(share, y1, y1 + _SLIT_EDGE) >= _SLIT_JUMP
            ):
                spans.append((y0, y1))
                free[y0:y1] = False
    return spans


def _flood(canvas: NDArray[np.uint8], seeds: Iterable[tuple[int, int]]) -> None:
    """Mark as outside what hangs together with the seeds ``x, y`` among what is 255."""
    for x, y in seeds:
        if canvas[y, x] == 255:
            cv2.floodFill(canvas, None, (x, y), _OUTSIDE)


def _slanting(canvas: NDArray[np.uint8], min_gap: int) -> Iterator[tuple[int, int]]:
    """A pixel ``x, y`` of each gutter that leads from side to side between two straight edges that slant.

    Between panels that bleed over both sides of the page nothing else leads there. Level edges are no
    evidence: a stripe in a picture has them, too.
    """
    left, right = (true_runs(column == 255) for column in (canvas[:, 0], canvas[:, -1]))
    left, right = ([(y0, y1) for y0, y1 in runs if y1 - y0 >= min_gap] for runs in (left, right))
    if not left or not right:
        return
    _, labels = cv2.connectedComponents((canvas == 255).view(np.uint8), connectivity=4)
    ends = {int(labels[y, -1]) for y, _ in right}
    for y, _ in left:
        if int(labels[y, 0]) in ends and _slants(labels == labels[y, 0]):
            yield 0, y


def _slants(gutter: Mask) -> bool:
    """Whether a gutter, which leads through all columns, lies between two straight lines that slant."""
    edges = (find_line(view.argmax(axis=0), 0, gutter.shape[1]) for view in (gutter, gutter[::-1]))
    return all(
        edge is not None and abs(edge.slope) >= _SLANTING and edge.share >= _SLANTING_SHARE for edge in edges
    )


def _between(gutter: NDArray[np.uint8], y0: int, y1: int) -> list[int]:
    """A column in each part of a bridged gutter's middle row that things which lie across it enclose.

    There is none unless the gutter leads further in at a side than beside it: a stripe in a frame does not.
    What goes on above or below is no part of the gutter, but the inside of a bubble; parts that are evenly
    spaced are dashes, as those of a road.
    """
    start, stop = max(0, y0 - _SLIT_EDGE), min(len(gutter), y1 + _SLIT_EDGE)
    middle = (y0 + y1) // 2
    rows = gutter[[start, middle, stop - 1]] == 0
    leads = [view.argmax(axis=1) for view in (rows, rows[:, ::-1])]
    if not rows.any(axis=1).all() or all(row[1] - max(row[0], row[2]) < _NOTCH for row in leads):
        return []
    _, labels = cv2.connectedComponents(gutter[start:stop], connectivity=4)
    beyond = set(labels[[0, -1]].ravel().tolist())
    parts = [part for part in true_runs(~rows[1]) if int(labels[middle - start, part[0]]) not in beyond]
    if len(parts) >= _DASHES and np.ptp(np.diff(parts, axis=0), axis=0).max() <= _EVEN:
        return []
    return [x0 for x0, _ in parts]


def _least(share: NDArray[np.float32], y0: int, y1: int) -> float:
    """The least share of some rows; 0 where they go beyond the band."""
    return float(share[y0:y1].min()) if y0 >= 0 and y1 <= len(share) else 0.0


def _share(mask: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The share of each row of a mask (h, w) that is 255, not 0: (h,)."""
    total = cv2.reduce(mask, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32F).ravel()
    return np.asarray(total / (255 * mask.shape[1]), np.float32)
