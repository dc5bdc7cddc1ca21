"""Boxes, polygons, masks and run-length encoding, all by one rasteriser: pycocotools.

Two rasterisers never agree to the pixel, and the difference costs scores. So every polygon of the
project becomes pixels here, by the rule of the COCO API (even-odd, sampled at pixel centres on a
grid five times finer).

Boxes are half-open, ``(x0, y0, x1, y1)`` in pixels; a mask is a bool array (height, width). A
run-length encoding (``Rle``) counts pixels column by column, beginning with the background, in
COCO's compressed text. A segmentation is the polygons of one instance, each ``(x, y, x, y, ...)`` with
pixel (0, 0) covering ``0 <= x, y < 1``, or an ``Rle``.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias, TypedDict, cast

import numpy as np
import numpy.typing as npt
from pycocotools import mask as coco_mask


class Rle(TypedDict):
    """A mask, run-length encoded: ``size`` is [height, width], ``counts`` COCO's compressed text."""

    size: list[int]
    counts: str


Box: TypeAlias = tuple[int, int, int, int]
Polygon: TypeAlias = Sequence[float]
Segmentation: TypeAlias = Sequence[Polygon] | Rle
Mask: TypeAlias = npt.NDArray[np.bool_]
Runs: TypeAlias = npt.NDArray[np.int64]

FARTHEST_PX = 1_000_000  # pycocotools walks each edge pixel by pixel, so none may be endless


def rasterise(segmentation: Segmentation, height: int, width: int) -> Mask:
    """Draw a segmentation on a frame: the union of its parts, as a bool mask (height, width).

    What lies outside the frame is clipped; a polygon may cross itself (even-odd rule). No polygon,
    or a frame without pixels, gives an empty mask. Raises ValueError as ``segmentation_rle`` does.

    >>> rasterise([(1, 0, 3, 0, 3, 2, 1, 2)], height=2, width=4).astype(int)
    array([[0, 1, 1, 0],
           [0, 1, 1, 0]])
    """
    return decode_rle(segmentation_rle(segmentation, height, width))


def segmentation_rle(segmentation: Segmentation, height: int, width: int) -> Rle:
    """``rasterise``, but run-length encoded: much faster where most pixels are background.

    Raises ValueError for a polygon of fewer than 3 points, half a point, a coordinate that is not
    finite or beyond ``FARTHEST_PX``, or an Rle of another size than the frame.
    """
    if isinstance(segmentation, dict):
        if list(segmentation["size"]) != [height, width]:
            raise ValueError(f"the mask is {segmentation['size']}, the frame [{height}, {width}]")
        return segmentation
    for polygon in segmentation:
        if len(polygon) < 6 or len(polygon) % 2:
            raise ValueError(f"a polygon needs at least 3 points, got {len(polygon)} numbers")
        if not (np.abs(polygon) <= FARTHEST_PX).all():
            raise ValueError("a polygon has a coordinate that is not finite, or endlessly far away")
    if not segmentation or height == 0 or width == 0:
        return runs_rle(np.array([height * width]), height, width)
    polygons: Any = [list(polygon) for polygon in segmentation]
    return _text(coco_mask.merge(coco_mask.frPyObjects(polygons, height, width)))


def encode_rle(mask: Mask) -> Rle:
    """Run-length encode a mask (height, width), bool or 0 and 1.

    >>> encode_rle(np.array([[False, True], [False, True]]))
    {'size': [2, 2], 'counts': '22'}
    """
    return _text(coco_mask.encode(np.asfortranarray(mask, dtype=np.uint8)))


def encode_window(mask: Mask, at: tuple[int, int], height: int, width: int) -> Rle:
    """Run-length encode a frame that is background but for a mask whose corner is ``at`` (x, y) in it.

    Its cost is the mask's area, whatever the frame's. Raises ValueError when the mask reaches beyond it.

    >>> encode_window(np.array([[True], [True]]), (1, 0), height=2, width=2)
    {'size': [2, 2], 'counts': '22'}
    """
    (rows, columns), (x0, y0) = mask.shape, at
    if min(x0, y0, width - columns - x0, height - rows - y0) < 0:
        raise ValueError(f"a mask of {rows} rows and {columns} columns at {at} reaches beyond the frame")
    rimmed = np.zeros((columns, rows + 2), dtype=bool)
    rimmed[:, 1:-1] = mask.T
    column, row = np.divmod(np.flatnonzero(rimmed[:, 1:] != rimmed[:, :-1]), rows + 1)
    edges = (x0 + column) * height + y0 + row
    return _from_spans(edges[::2], edges[1::2], height, width)


def decode_rle(rle: Rle, box: Box | None = None) -> Mask:
    """The mask of an Rle, or its part inside a box that does not reach beyond it.

    Only the box's columns are drawn. Raises ValueError when the runs do not fill the Rle's size.

    >>> decode_rle({"size": [2, 2], "counts": "22"})
    array([[False,  True],
           [False,  True]])
    >>> decode_rle({"size": [2, 2], "counts": "22"}, (1, 0, 2, 1))
    array([[ True]])
    """
    height, width = rle["size"]
    x0, y0, x1, y1 = box or (0, 0, width, height)
    ends = np.cumsum(runs := rle_runs(rle))
    inside = np.minimum(ends, x1 * height) - np.maximum(ends - runs, x0 * height)
    values = np.zeros(len(runs), dtype=bool)
    values[1::2] = True
    return np.repeat(values, np.maximum(inside, 0)).reshape(x1 - x0, height).T[y0:y1]


def rle_runs(rle: Rle) -> Runs:
    """The lengths of an Rle's runs, background first, in pixels. Their sum is height * width.

    The text holds each number in groups of 5 bits, lowest first, a sixth bit saying that more
    follow; from the fourth on, as the difference to the number before the last (COCO API,
    ``rleFrString``; which does not look whether the runs fill the mask, and reads stray memory).
    Raises ValueError for text that is no such code, or runs that do not fill the size.

    >>> rle_runs({"size": [2, 3], "counts": "222"})
    array([2, 2, 2])
    """
    height, width = rle["size"]
    codes = np.frombuffer(rle["counts"].encode("latin-1", "replace"), dtype=np.uint8).astype(np.int64) - 48
    if len(codes) and (codes.min() < 0 or codes.max() > 63 or codes[-1] & 32):
        raise ValueError("the run-length code is damaged")
    last = np.flatnonzero((codes & 32) == 0)
    first = np.concatenate([[0], last[:-1] + 1]).astype(np.int64)[: len(last)]
    place = np.arange(len(codes)) - np.repeat(first, last - first + 1)
    if len(codes) and place.max() > 7:
        raise ValueError("the run-length code is damaged")
    runs = np.add.reduceat((codes & 31) << 5 * place, first) if len(codes) else codes
    negative = (codes[last] & 16) > 0
    runs = runs - np.where(negative, np.int64(1) << 5 * (place[last] + 1), 0)
    runs[1::2] = np.cumsum(runs[1::2])
    runs[2::2] = np.cumsum(runs[2::2])
    if (runs < 0).any() or runs.sum() != height * width:
        raise ValueError(f"the run-length code does not fill its {height} rows and {width} columns")
    return runs


def runs_rle(runs: Sequence[int] | Runs, height: int, width: int) -> Rle:
    """Pack the lengths of runs (background first) as an Rle.

    Raises ValueError when one is negative or they do not fill the frame.

    >>> runs_rle([2, 2, 2], height=2, width=3)
    {'size': [2, 3], 'counts': '222'}
    """
    lengths = np.asarray(runs, dtype=np.int64)
    if (lengths < 0).any() or lengths.sum() != height * width:
        raise ValueError(f"the runs do not fill {height} rows and {width} columns")
    packed = coco_mask.frPyObjects({"size": [height, width], "counts": lengths.tolist()}, height, width)
    return _text(packed)


def crop_rle(rle: Rle, box: Box) -> Rle:
    """The part of a mask inside ``box``, as the Rle of a mask of the box's size.

    The box may reach beyond the mask: there is background. Runs are cut, no pixel is drawn, so its
    cost is the length of the outline, not the area.

    >>> rasterised = encode_rle(np.array([[0, 1, 1], [0, 1, 1]], dtype=bool))
    >>> decode_rle(crop_rle(rasterised, (-1, 1, 2, 3))).astype(int)
    array([[0, 0, 1],
           [0, 0, 0]])
    """
    x0, y0, x1, y1 = box
    height, width = max(y1 - y0, 0), max(x1 - x0, 0)
    column, top, bottom = _pieces(rle)
    top, bottom = np.maximum(top, y0), np.minimum(bottom, y1)
    inside = (column >= x0) & (column < x1) & (top < bottom)
    offset = (column[inside] - x0) * height - y0
    return _from_spans(top[inside] + offset, bottom[inside] + offset, height, width)


def rle_area(rle: Rle) -> int:
    """Number of pixels of an Rle's mask."""
    return int(coco_mask.area(cast(Any, rle)))


def rle_box(rle: Rle) -> Box:
    """The smallest box around an Rle's mask; ``(0, 0, 0, 0)`` around nothing."""
    x, y, width, height = (int(value) for value in coco_mask.toBbox(cast(Any, rle)))
    return (x, y, x + width, y + height) if width and height else (0, 0, 0, 0)


def mask_box(mask: Mask) -> tuple[int, int, int, int]:
    """The smallest box around a mask as COCO writes it, ``(x, y, width, height)``; zeros around nothing.

    >>> mask_box(np.array([[0, 0, 0], [0, 1, 1]], dtype=bool))
    (1, 1, 2, 1)
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return 0, 0, 0, 0
    x, y = int(columns[0]), int(rows[0])
    return x, y, int(columns[-1]) - x + 1, int(rows[-1]) - y + 1


def intersection(a: Box, b: Box) -> Box:
    """The box that two boxes share; ``(0, 0, 0, 0)`` when they share no pixel.

    >>> intersection((0, 0, 4, 4), (2, 1, 9, 3))
    (2, 1, 4, 3)
    """
    shared = max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])
    return shared if shared[0] < shared[2] and shared[1] < shared[3] else (0, 0, 0, 0)


def box_area(box: Box) -> int:
    """Number of pixels in a box."""
    return max(box[2] - box[0], 0) * max(box[3] - box[1], 0)


def covered_area(box: Box, others: Sequence[Box]) -> int:
    """Number of the box's pixels that lie in at least one of ``others``.

    >>> covered_area((0, 0, 10, 1), [(0, 0, 4, 1), (2, 0, 6, 5), (20, 0, 30, 1)])
    6
    """
    shared = [part for part in (intersection(box, other) for other in others) if box_area(part)]
    if len(shared) <= 1:
        return sum(map(box_area, shared))
    # A grid of the edges, on which each box is a block of cells.
    corners = np.array(shared)
    xs, ys = np.unique(corners[:, [0, 2]]), np.unique(corners[:, [1, 3]])
    covered = np.zeros((len(ys) - 1, len(xs) - 1), dtype=bool)
    for x0, y0, x1, y1 in corners:
        covered[slice(*np.searchsorted(ys, (y0, y1))), slice(*np.searchsorted(xs, (x0, x1)))] = True
    return int(np.diff(ys) @ covered @ np.diff(xs))


def shift_box(box: Box, dx: int, dy: int) -> Box:
    """The box moved by ``dx`` columns and ``dy`` rows."""
    return box[0] + dx, box[1] + dy, box[2] + dx, box[3] + dy


def _pieces(rle: Rle) -> tuple[Runs, Runs, Runs]:
    """Column, first row and end row of each vertical piece of the mask, in the order of the runs."""
    height = rle["size"][0]
    ends = np.cumsum(rle_runs(rle))
    start, end = ends[0:-1:2], ends[1::2]
    start, end = start[start < end], end[start < end]
    first, spanned = start // max(height, 1), (end - 1) // max(height, 1) - start // max(height, 1) + 1
    # A run that goes on in the next column is one piece in each of them.
    run = np.repeat(np.arange(len(start)), spanned)
    column = first[run] + np.arange(len(run)) - np.repeat(np.cumsum(spanned) - spanned, spanned)
    top = np.maximum(start[run] - column * height, 0)
    return column, top, np.minimum(end[run] - column * height, height)


def _from_spans(start: Runs, end: Runs, height: int, width: int) -> Rle:
    """The Rle of spans ``start <= pixel < end`` (sorted, apart or touching) of a column-wise frame."""
    apart = start[1:] != end[:-1]
    if len(start):
        start, end = start[np.concatenate(([True], apart))], end[np.concatenate((apart, [True]))]
    edges = np.empty(2 * len(start) + 2, dtype=np.int64)
    edges[0], edges[1:-1:2], edges[2:-1:2], edges[-1] = 0, start, end, height * width
    runs = np.diff(edges)
    return runs_rle(runs if runs[-1] or len(runs) == 1 else runs[:-1], height, width)


def _text(packed: Any) -> Rle:
    height, width = packed["size"]
    return {"size": [int(height), int(width)], "counts": packed["counts"].decode("ascii")}
