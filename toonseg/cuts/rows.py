"""What each pair of a strip's rows looks like: the numbers from which gutters are told.

Everything here is measured on the picture at half its scale, where a compressor's noise is halved too
and there is a quarter of the work; a *line* is one row of it, two rows of the strip.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

EDGE = 4  # columns of the halved picture, at each side, whose mean is a line's edge colour
CHANGE = 32  # levels by which a sample must differ from two lines above to count as changed
APART = 2  # lines between which changes are seen: a compressor smears an edge over more than one


class Rows(Protocol):
    """Rows of a picture that can be asked for: a strip, or anything like it."""

    @property
    def width(self) -> int:
        """Width in pixels."""

    @property
    def height(self) -> int:
        """Height in pixels."""

    def rows(self, y0: int, y1: int) -> Picture:
        """RGB (y1 - y0, width, 3) uint8."""


@dataclass(frozen=True)
class Lines:
    """A number for each line, ``n`` of them; the last one of an odd strip repeats its last row.

    ``left`` and ``right`` (n, 3) uint8 are the edge colours, and ``flat`` (n,) bool tells lines of one
    colour. ``change`` (n,) float32 is the share of samples that changed since two lines above.
    """

    left: NDArray[np.uint8]
    right: NDArray[np.uint8]
    flat: NDArray[np.bool_]
    change: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.flat)

    @property
    def colour(self) -> NDArray[np.float32]:
        """Mean of both edge colours (n, 3)."""
        return np.asarray((self.left.astype(np.float32) + self.right) / 2, np.float32)


def measure_lines(strip: Rows, most_off: int, off: int, off_share: float, window_rows: int = 2048) -> Lines:
    """Measure a strip window by window; the windows' height changes nothing in the result.

    A line is flat when no sample differs from the line's edge colour by more than ``most_off`` levels,
    at most the share ``off_share`` of them by more than ``off``, and both its ends are of one colour.
    """
    found: list[tuple[NDArray[np.generic], ...]] = []
    above: Picture | None = None
    for window in _windows(strip, window_rows):
        half = shrink(window, 2)
        lines = half.reshape(len(half), -1)
        left, right = _mean(half[:, :EDGE]), _mean(half[:, -EDGE:])
        edge = ((left.astype(np.uint16) + right + 1) // 2).astype(np.uint8)
        flat = _flat(lines, edge, most_off, off, off_share)
        flat &= cv2.absdiff(left, right).max(axis=1) <= off // 2  # averages are quieter than samples
        seen = lines if above is None else np.concatenate([above, lines])
        change = _change(seen)[len(seen) - len(lines) :]
        found.append((left, right, flat, change))
        above = seen[-APART:]
    if not found:
        none = np.empty((0, 3), np.uint8)
        return Lines(none, none, np.empty(0, np.bool_), np.empty(0, np.float32))
    return Lines(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def shrink(picture: Picture, times: int) -> Picture:
    """Average blocks of ``times`` x ``times`` pixels; what is over at the end is filled up by repeating."""
    height, width = picture.shape[:2]
    down, across = -height % times, -width % times
    if down or across:
        picture = cv2.copyMakeBorder(picture, 0, down, 0, across, cv2.BORDER_REPLICATE)  # type: ignore[assignment]
    size = ((width + across) // times, (height + down) // times)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def read_small(strip: Rows, y0: int, y1: int, times: int, window_rows: int = 2048) -> Picture:
    """The rows ``y0 <= y < y1`` shrunk by ``times``, read window by window."""
    step = max(1, window_rows // times) * times
    parts = [shrink(strip.rows(y, min(y + step, y1)), times) for y in range(y0, y1, step)]
    return np.concatenate(parts) if len(parts) > 1 else parts[0]


def _windows(strip: Rows, window_rows: int) -> Iterator[Picture]:
    step = max(2, window_rows // 2 * 2)
    for y0 in range(0, strip.height, step):
        yield strip.rows(y0, min(y0 + step, strip.height))


def _mean(columns: Picture) -> Picture:
    """Mean over the columns of (n, w, 3), rounded: (n, 3) uint8."""
    count = columns.shape[1]
    return np.asarray((columns.sum(axis=1, dtype=np.uint32) * 2 + count) // (2 * count), np.uint8)


def _flat(
    lines: NDArray[np.uint8], edge: Picture, most_off: int, off: int, off_share: float
) -> NDArray[np.bool_]:
    """Which of the lines (n, 3w) are of their edge colour (n, 3) throughout."""
    away = cv2.absdiff(lines, np.tile(edge, (1, lines.shape[1] // 3)))
    most = cv2.reduce(away, 1, cv2.REDUCE_MAX).ravel()
    _, far = cv2.threshold(away, off, 1, cv2.THRESH_BINARY)
    count = cv2.reduce(far, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel()
    return np.asarray((most <= most_off) & (count <= off_share * lines.shape[1]), np.bool_)


def _change(lines: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Share of samples of each line that changed since ``APART`` lines above, 0 for the first ones."""
    share = np.zeros(len(lines), np.float32)
    if len(lines) > APART:
        _, changed = cv2.threshold(cv2.absdiff(lines[APART:], lines[:-APART]), CHANGE, 1, cv2.THRESH_BINARY)
        count = cv2.reduce(changed, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel()
        share[APART:] = count / lines.shape[1]
    return share
