"""What each line of a strip looks like: the numbers from which gutters are told.

Everything here is measured on the strip at half its scale, where a compressor's noise is halved too and
there is a quarter of the work; a *line* is one row of it, two rows of the strip.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from toonseg.strip import HalfStrip

Picture = NDArray[np.uint8]
Mask = NDArray[np.bool_]

EDGE = 4  # columns of the halved picture, at each side, whose mean is a line's edge colour
CHANGE = 32  # levels by which a sample must differ from two lines above to count as changed
APART = 2  # lines between which changes are seen: a compressor smears an edge over more than one
_PALE = 2  # levels by which the mean of a gutter's line may differ from its edges': noise cancels out
_LONG = 6  # lines one after the other in which it does so from which they are a pale picture's
_NEAR = 4  # lines around an end of flat lines in which changes are looked at
_LEAP = 7  # levels between the edge colours of flat lines that may end a stretch of them
_AROUND = 8  # lines measured with a window's own, so that its borders change nothing


@dataclass(frozen=True)
class Lines:
    """A number for each line, ``n`` of them.

    ``left`` and ``right`` (n, 3) uint8 are the edge colours, and ``flat`` (n,) bool tells lines of one
    colour. ``change`` (n,) float32 is the share of samples that changed since two lines above, near the
    lines at which stretches of flat ones may end, and 0 elsewhere.
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


def measure_lines(
    strip: HalfStrip, most_off: int, off: int, off_share: float, window_lines: int = 1024
) -> Lines:
    """Measure a strip window by window; the windows' height changes nothing in the result.

    A line is flat when no sample differs from the line's edge colour by more than ``most_off`` levels,
    at most the share ``off_share`` of them by more than ``off``, both its ends are of one colour, and it
    does not belong to a pale picture, whose lines differ by little but on the whole, one after the other.
    """
    found = []
    for start, stop, own in _windows(strip.height, max(1, window_lines)):
        picture = strip.lines(start, stop)
        lines = _measure(picture, most_off, off, off_share)
        found.append(tuple(values[own] for values in lines))
    if not found:
        none = np.empty((0, 3), np.uint8)
        return Lines(none, none, np.empty(0, np.bool_), np.empty(0, np.float32))
    left, right, flat, change, pale = (np.concatenate(parts) for parts in zip(*found, strict=True))
    # Beside a drawing, a compressor's noise may look like a pale picture, but not for long.
    pale = cv2.morphologyEx(
        pale.astype(np.uint8).reshape(-1, 1), cv2.MORPH_OPEN, np.ones((_LONG, 1), np.uint8)
    )
    return Lines(left, right, flat & (pale.ravel() == 0), change)


def greatest_channel(picture: Picture) -> NDArray[np.uint8]:
    """The greatest channel of each pixel: (h, w) of (h, w, 3)."""
    levels = picture.reshape(-1)
    # Neighbours in memory are compared all at once: several times as fast as channel by channel.
    pairs = np.maximum(levels[:-1], levels[1:])
    return np.maximum(pairs[::3], levels[2::3]).reshape(picture.shape[:2])


def apart(colours: NDArray[Any], others: NDArray[Any]) -> NDArray[Any]:
    """By how many levels colours (n, 3) of signed numbers differ from others: (n,)."""
    red, green, blue = np.abs(colours - others).T
    return np.asarray(np.maximum(np.maximum(red, green), blue))


def _windows(height: int, step: int) -> Iterator[tuple[int, int, slice]]:
    """Spans of lines to measure, and which of their lines they are measured for."""
    for begin in range(0, height, step):
        end = min(begin + step, height)
        start, stop = max(0, begin - _AROUND), min(end + _AROUND, height)
        yield start, stop, slice(begin - start, end - start)


def _measure(
    picture: Picture, most_off: int, off: int, off_share: float
) -> tuple[Picture, Picture, NDArray[np.bool_], NDArray[np.float32], NDArray[np.bool_]]:
    """Edge colours, flatness, changes and paleness of the lines of a picture (n, w, 3)."""
    left, right = _mean(picture[:, :EDGE]), _mean(picture[:, -EDGE:])
    edge = ((left.astype(np.int16) + right + 1) // 2).astype(np.int16)
    flat = np.asarray(cv2.absdiff(left, right).max(axis=1) <= off // 2)  # averages are quieter than samples
    furthest = _off(picture, edge)
    flat &= furthest <= most_off
    strays = np.flatnonzero(flat & (furthest > off))
    flat[strays] = _stray_share(picture[strays], edge[strays], off) <= off_share
    pale = np.zeros(len(flat), np.bool_)
    doubtful = np.flatnonzero(flat & (furthest > _PALE))
    pale[doubtful] = apart(_mean(picture[doubtful]).astype(np.int16), edge[doubtful]) > _PALE
    return left, right, flat, _change(picture, _near_ends(flat, edge)), pale


def _near_ends(flat: NDArray[np.bool_], edge: NDArray[np.int16]) -> NDArray[np.intp]:
    """The lines around those at which a stretch of flat lines of one colour may end or begin."""
    ends = np.zeros(len(flat), np.bool_)
    ends[1:] = (flat[1:] != flat[:-1]) | (apart(edge[1:], edge[:-1]) > _LEAP)
    ends[APART:] |= apart(edge[APART:], edge[:-APART]) > _LEAP
    ends[1:] &= flat[1:] | flat[:-1]
    near = cv2.dilate(ends.astype(np.uint8).reshape(-1, 1), np.ones((2 * _NEAR + 1, 1), np.uint8)).ravel()
    return np.flatnonzero(near[APART:]) + APART


def _mean(columns: Picture) -> Picture:
    """Mean over the columns of (n, w, 3), rounded: (n, 3) uint8."""
    if not len(columns):
        return np.empty((0, 3), np.uint8)
    return np.asarray(cv2.reduce(columns, 1, cv2.REDUCE_AVG)[:, 0], np.uint8)


def _off(picture: Picture, edge: NDArray[np.int16]) -> NDArray[np.int16]:
    """By how many levels the sample that is furthest off differs from each line's edge colour: (n,)."""
    most = cv2.reduce(picture, 1, cv2.REDUCE_MAX)[:, 0].astype(np.int16)
    least = cv2.reduce(picture, 1, cv2.REDUCE_MIN)[:, 0].astype(np.int16)
    return np.asarray(np.maximum(apart(most, edge), apart(least, edge)), np.int16)


def _stray_share(picture: Picture, edge: NDArray[np.int16], off: int) -> NDArray[np.float64]:
    """The share of samples of each line that differ by more than ``off`` from its edge colour."""
    if not len(picture):
        return np.empty(0)
    size = picture.shape[1::-1]
    edges = cv2.resize(edge.astype(np.uint8)[:, None], size, interpolation=cv2.INTER_NEAREST)
    return _share_over(cv2.absdiff(picture, edges).reshape(len(picture), -1), off)


def _change(picture: Picture, at: NDArray[np.intp]) -> NDArray[np.float32]:
    """The share of samples of the lines ``at`` that changed since ``APART`` lines above; 0 for others."""
    share = np.zeros(len(picture), np.float32)
    if len(at):
        samples = picture.reshape(len(picture), -1)
        share[at] = _share_over(cv2.absdiff(samples[at], samples[at - APART]), CHANGE)
    return share


def _share_over(away: NDArray[Any], levels: int) -> NDArray[np.float64]:
    """The share of each row's values (n, k) that are greater than ``levels``: (n,)."""
    over = cv2.threshold(away, levels, 1, cv2.THRESH_BINARY)[1]
    return np.asarray(cv2.reduce(over, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel() / away.shape[1])
