"""The colours that make a picture up: letters have few, and the rims of letters are mixtures of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import cv2
import numpy as np
from numpy.typing import NDArray

from toonseg.cuts.rows import Picture

Colour = NDArray[np.float32]

ALIKE = 24  # levels around a colour, or around the mixtures of two, that count as the same
_COVERED = 0.95  # share of the pixels that the counted colours make up
_MOST_COLOURS = 5


@dataclass(frozen=True)
class Palette:
    """The commonest colour (3,), all colours besides the gutters', and how many of these are no mixtures."""

    commonest: Colour
    inks: tuple[Colour, ...]
    count: int


def find_palette(pixels: Picture, gutters: Sequence[Colour]) -> Palette:
    """Find the colours that, mixed in pairs, make up pixels (n, 3), of which there is one at least.

    Text has few: a letter's rim is a mixture of ink and paper. A few more than five count as many.
    """
    levels, weights = _counted(pixels)
    some = (1 - _COVERED) * len(pixels)
    colours: list[Colour] = []
    shares: list[float] = []
    papers: dict[int, Colour] = {}
    while len(colours) < len(gutters) or (
        weights.sum() > some and len(colours) < _MOST_COLOURS + len(gutters)
    ):
        is_gutter = len(colours) < len(gutters)
        colour = gutters[len(colours)] if is_gutter else _commonest(levels, weights)
        left = _away(levels, colour) > ALIKE
        shares.append(float(weights[~left].sum()))
        if is_gutter and shares[-1]:  # a bubble's paper may be near the gutter's colour
            papers[len(colours)] = levels[:, ~left] @ weights[~left] / shares[-1]
        if colours and not is_gutter:
            mixtures = _from_mixtures(levels, colour[:, None], np.array(colours).T)
            left &= (mixtures > ALIKE).all(axis=0)
        levels, weights = levels[:, left], weights[left]
        colours.append(colour)
    count = _pure(colours, len(gutters)) + int(weights.sum() > some)
    most = int(np.argmax(shares))
    return Palette(papers.get(most, colours[most]), tuple(colours[len(gutters) :]), count)


def coloured(picture: Picture, colour: Colour) -> NDArray[np.uint8]:
    """255 where a picture (h, w, 3) is of a colour (3,), else 0."""
    found = cv2.inRange(picture, colour - ALIKE, colour + ALIKE)
    return np.asarray(found, np.uint8)


def _counted(pixels: Picture) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The different colours (3, k) of pixels, those of eight levels as one, and how many of each."""
    red, green, blue = (pixels.T >> 3).astype(np.int32)
    codes = np.sort((red << 10) + (green << 5) + blue)
    ends = np.concatenate([(codes[1:] != codes[:-1]).nonzero()[0] + 1, [len(codes)]])
    kinds = codes[ends - 1]
    levels = np.stack([kinds >> 10, (kinds >> 5) & 31, kinds & 31])
    weights = np.concatenate([ends[:1], ends[1:] - ends[:-1]])
    return (levels * 8 + 3.5).astype(np.float32), weights.astype(np.float32)


def _away(levels: NDArray[np.float32], colour: Colour) -> NDArray[np.float32]:
    """By how many levels each of (3, k) differs from a colour (3,)."""
    return np.asarray(np.abs(levels - colour[:, None]).max(axis=0), np.float32)


def _commonest(levels: NDArray[np.float32], weights: NDArray[np.float32]) -> Colour:
    """The mean of the colours (3, k) around the one of the greatest weight."""
    near = _away(levels, levels[:, int(weights.argmax())]) <= ALIKE / 2
    return np.asarray(levels[:, near] @ weights[near] / weights[near].sum(), np.float32)


def _pure(colours: list[Colour], gutters: int) -> int:
    """How many of the colours, the first ``gutters`` aside, are no mixture of two others."""
    pure = list(colours)
    for colour in colours[gutters:]:
        others = [other for other in pure if other is not colour]
        pairs = np.array(list(combinations(others, 2)), np.float32).reshape(-1, 2, 3)
        if len(pairs) and _from_mixtures(colour[:, None], pairs[:, 0].T, pairs[:, 1].T).min() <= ALIKE:
            pure = others
    return len(pure) - gutters


def _from_mixtures(
    levels: NDArray[np.float32], ones: NDArray[np.float32], others: NDArray[np.float32]
) -> NDArray[np.float32]:
    """How far each of (3, k) is from the nearest mixture of each of p pairs of colours: (p, k) levels.

    ``others`` (3, p) are mixed with ``ones``, of the same shape, or (3, 1) where one colour is in each pair.
    """
    one = ones[:, :, None]
    along, away = others[:, :, None] - one, levels[:, None] - one
    part = (away * along).sum(axis=0) / np.maximum(1.0, (along * along).sum(axis=0))
    part = np.minimum(np.maximum(part, 0, out=part), 1, out=part)
    return np.asarray(np.abs(away - along * part).max(axis=0), np.float32)
