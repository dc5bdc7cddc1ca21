"""Whether a drawing holds nothing but text: a bubble, a caption, a sound effect, credits.

Whatever its paper and its ink, text has few colours, and inside an outline only small marks. A picture
has long edges inside, or many colours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import cv2
import numpy as np
from numpy.typing import NDArray

from toonseg.cuts.rows import Picture

Mask = NDArray[np.bool_]
Colour = NDArray[np.float32]

_OUTLINE = 2  # pixels of the analysed picture from a drawing's rim that its outline may cover
_DEEP = 5  # pixels from its rim: beyond the outline with all its blur
_WEAKEST_EDGE, _STRONGEST_EDGE = 12, 40  # levels over three pixels
_EDGE_SHARE = 0.2  # of the range of levels, that makes an edge
_SPECK = 6  # pixels of an edge below which it is noise
_LEGIBLE = 96  # levels over three pixels of a letter's edge, from which it can be read
_LETTERS_LONG = 0.2  # share of the edges that may belong to marks taller than a letter inside a bubble
_PAPER_SHARE = 0.75  # of a bubble's or caption's pixels that the letters leave as paper
_PAPER_AND_INK = 2
_BUBBLE_COLOURS = 3
_ALIKE = 24  # levels around a colour, or around the mixtures of two, that count as the same
_COVERED = 0.95  # share of the pixels that the counted colours make up
_MOST_COLOURS = 5
_SAMPLE = 1500  # pixels whose colours are counted


@dataclass(frozen=True)
class Palette:
    """The commonest colour (3,), its share, and how many colours there are besides the gutters'."""

    commonest: Colour
    share: float
    count: int


class Marks:
    """What is drawn inside a drawing, each thing measured when it is first asked for.

    ``picture`` (h, w, 3) and ``mask`` (h, w), not empty, are the drawing, ``max_letter`` is the height of
    the tallest letter inside a bubble in its pixels, ``gutters`` are the colours (3,) around it.
    """

    def __init__(self, picture: Picture, mask: Mask, max_letter: int, gutters: Sequence[Colour] = ()) -> None:
        self._picture, self._mask = picture, mask
        self._max_letter, self._gutters = max_letter, gutters

    @property
    def paper(self) -> float:
        """The share of its commonest colour."""
        return self._palette.share

    @property
    def colours(self) -> int:
        """How many colours besides the gutters', mixed in pairs, make it up; a few more count as many."""
        return self._palette.count

    @property
    def small(self) -> int:
        """The number of marks deep inside it that are no taller than a letter."""
        return self._marks[0]

    @property
    def long(self) -> float:
        """The share of the marks' pixels that belongs to taller ones."""
        return self._marks[1]

    @property
    def contrast(self) -> float:
        """How many levels most of the marks' edges leap at least at their steepest; 0 without marks."""
        return self._marks[2]

    @cached_property
    def _depth(self) -> NDArray[np.float32]:
        """How many pixels each pixel lies from the drawing's rim."""
        padded = np.pad(self._mask.astype(np.uint8), 1)
        return np.asarray(cv2.distanceTransform(padded, cv2.DIST_L2, 3)[1:-1, 1:-1], np.float32)

    @cached_property
    def _pixels(self) -> Picture:
        """Some of its pixels (n, 3), the outline's left out where there are others."""
        inner = self._depth > _OUTLINE
        found = np.flatnonzero(inner) if inner.any() else np.flatnonzero(self._mask)
        ys, xs = np.divmod(found[:: max(1, len(found) // _SAMPLE)], self._mask.shape[1])
        return np.asarray(self._picture[ys, xs], np.uint8)

    @cached_property
    def _palette(self) -> Palette:
        return find_palette(self._pixels, self._gutters)

    @cached_property
    def _marks(self) -> tuple[int, float, float]:
        leaps = self._leaps()
        low, high = np.percentile(self._pixels, (1, 99))
        least = float(np.clip(_EDGE_SHARE * (high - low), _WEAKEST_EDGE, _STRONGEST_EDGE))
        paper = self._palette.commonest
        plain = np.asarray(
            cv2.inRange(self._picture, (paper - _ALIKE).clip(0), (paper + _ALIKE).clip(0, 255))
        )
        drawn = ((leaps > least) | (plain == 0)) & (self._depth > _DEEP)
        count, _, stats, _ = cv2.connectedComponentsWithStats(drawn.astype(np.uint8), connectivity=8)
        heights, areas = stats[1:count, cv2.CC_STAT_HEIGHT], stats[1:count, cv2.CC_STAT_AREA]
        real, tall = areas >= _SPECK, heights > self._max_letter
        total = int(areas[real].sum())
        if not total:
            return 0, 0.0, 0.0
        contrast = float(np.percentile(leaps[drawn], 90))
        return int((real & ~tall).sum()), float(areas[real & tall].sum()) / total, contrast

    def _leaps(self) -> NDArray[np.uint8]:
        """By how many levels each pixel's surroundings differ among each other: (h, w)."""
        square = np.ones((3, 3), np.uint8)
        leaps = cv2.split(cv2.subtract(cv2.dilate(self._picture, square), cv2.erode(self._picture, square)))
        return np.asarray(cv2.max(cv2.max(leaps[0], leaps[1]), leaps[2]), np.uint8)


def find_palette(pixels: Picture, gutters: Sequence[Colour]) -> Palette:
    """Find the colours that, mixed in pairs, make up pixels (n, 3), of which there is one at least.

    Text has few: a letter's rim is a mixture of ink and paper.
    """
    left = np.ascontiguousarray(pixels.T, np.float32)
    some = (1 - _COVERED) * len(pixels)
    colours: list[Colour] = []
    shares: list[float] = []
    for gutter in gutters:
        left, share = _without(left, gutter)
        colours.append(gutter)
        shares.append(share / len(pixels))
    while left.shape[1] > some and len(colours) < _MOST_COLOURS + len(gutters):
        colour = _commonest(left)
        left, share = _without(left, colour)
        for other in colours:
            left = left[:, _from_mixtures(left, colour, other) > _ALIKE]
        colours.append(colour)
        shares.append(share / len(pixels))
    most = int(np.argmax(shares))
    return Palette(colours[most], shares[most], _pure(colours, len(gutters)) + (left.shape[1] > some))


def _pure(colours: list[Colour], gutters: int) -> int:
    """How many of the colours, the first ``gutters`` aside, are no mixture of two others."""
    pure = colours
    for colour in colours[gutters:]:
        others = [other for other in pure if other is not colour]
        pairs = combinations(others, 2)
        if any(_from_mixtures(colour[:, None], *pair)[0] <= _ALIKE for pair in pairs):
            pure = others
    return len(pure) - gutters


def _commonest(pixels: NDArray[np.float32]) -> Colour:
    """The commonest colour of pixels (3, n)."""
    red, green, blue = pixels.astype(np.int32) >> 4
    codes = (red << 8) | (green << 4) | blue
    return np.asarray(np.median(pixels[:, codes == np.bincount(codes).argmax()], axis=1), np.float32)


def _without(pixels: NDArray[np.float32], colour: Colour) -> tuple[NDArray[np.float32], int]:
    """The pixels (3, n) of other colours, and how many are gone."""
    left = pixels[:, np.abs(pixels - colour[:, None]).max(axis=0) > _ALIKE]
    return left, pixels.shape[1] - left.shape[1]


def _from_mixtures(pixels: NDArray[np.float32], one: Colour, other: Colour) -> NDArray[np.float32]:
    """How far each of (3, n) is from the nearest mixture of two colours, in levels."""
    along = other - one
    away = pixels - one[:, None]
    part = np.clip(along @ away / max(1.0, float(along @ along)), 0, 1)
    return np.asarray(np.abs(away - along[:, None] * part).max(axis=0), np.float32)


def is_bubble(marks: Marks, torn: bool = False) -> bool:
    """Whether a drawing is paper of one colour with small letters on it.

    ``torn`` tells that it was torn off a greater drawing: then it may be a head, with eyes for letters.
    """
    if marks.paper < _PAPER_SHARE or marks.colours > _BUBBLE_COLOURS:
        return False
    # One short word may be a single mark, but so may a thing in a plain room: it takes few colours too.
    least = (1 if marks.colours <= _PAPER_AND_INK else 2) + torn * marks.colours
    return marks.small >= least and marks.long <= _LETTERS_LONG and marks.contrast >= _LEGIBLE


def is_unframed_text(marks: Marks, tall: bool) -> bool:
    """Whether a drawing without a frame holds only text: bubbles, letters, sound effects.

    ``tall`` tells that it is taller than the letters of a sound effect.
    """
    if is_bubble(marks) or (marks.colours <= 1 and marks.long <= _LETTERS_LONG):
        return True
    return not tall and marks.colours <= _PAPER_AND_INK
