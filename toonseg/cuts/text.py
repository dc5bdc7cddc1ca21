"""Whether a drawing holds nothing but text: a bubble, a caption, a sound effect, credits.

Whatever its paper and its ink, text has few colours, and inside an outline only small marks. A picture
has long edges inside, or many colours.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import cv2
import numpy as np
from numpy.typing import NDArray

from toonseg.cuts.rows import Picture, greatest_channel

Mask = NDArray[np.bool_]
Colour = NDArray[np.float32]

_OUTLINE = 2  # pixels of the analysed picture from a drawing's rim that its outline may cover
_DEEP = 5  # pixels from its rim: beyond the outline with all its blur
WEAKEST_EDGE, _STRONGEST_EDGE = 12, 40  # levels over three pixels
_EDGE_SHARE = 0.2  # of the range of levels, that makes an edge
_SPECK = 6  # pixels of an edge below which it is noise
_LEGIBLE = 96  # levels over three pixels of a letter's edge, from which it can be read
_LETTERS_LONG = 0.2  # share of the edges that may belong to marks taller than a letter inside a bubble
_PAPER_SHARE = 0.75  # of a bubble's or caption's pixels that the letters leave as paper
_PAPER_AND_INK = 2
_BUBBLE_COLOURS = 3
_STROKES = 5  # strokes of a letter that its height holds at least
FEATURES = 5  # marks on a plain face: eyes, brows and mouth
_ALIKE = 24  # levels around a colour, or around the mixtures of two, that count as the same
_COVERED = 0.95  # share of the pixels that the counted colours make up
_MOST_COLOURS = 5
_SAMPLE = 900  # pixels whose colours are counted
_CODE = np.array([1 << 10, 1 << 5, 1], np.int32)  # makes one number of three of five bits


@dataclass(frozen=True)
class Palette:
    """The commonest colour (3,), all colours besides the gutters', and how many of these are no mixtures."""

    commonest: Colour
    inks: tuple[Colour, ...]
    count: int


class Marks:
    """What is drawn inside a drawing, each thing measured when it is first asked for.

    ``picture`` (h, w, 3) and ``mask`` (h, w), not empty, are the drawing, ``max_letter`` is the height of
    the tallest letter inside a bubble in its pixels, ``gutters`` are the colours (3,) around it.
    """

    def __init__(self, picture: Picture, mask: Mask, max_letter: int, gutters: Sequence[Colour] = ()) -> None:
        self._picture, self._mask = picture, mask
        self._max_letter, self._gutters = max_letter, gutters

    @cached_property
    def paper(self) -> float:
        """The share of the colour in the middle of all, which is the commonest if that is more than half."""
        pixels = self._pixels
        at = len(pixels) // 2
        middle = np.partition(pixels.T.astype(np.int16), at, axis=1)[:, at]
        near = cv2.inRange(pixels[None], middle - float(_ALIKE), middle + float(_ALIKE))
        return cv2.countNonZero(near) / len(pixels)

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
    def blocks(self) -> int:
        """How many of its colours fill a block that is thicker than the strokes of letters of its size."""
        thick = np.ones((max(1, min(self._mask.shape) // _STROKES),) * 2, np.uint8)
        own = np.ascontiguousarray(self._mask).view(np.uint8)
        fills = [self._coloured(ink) & own for ink in self._palette.inks]
        eroded = [cv2.erode(fill, thick, borderType=cv2.BORDER_CONSTANT, borderValue=0) for fill in fills]
        return sum(bool(rest.any()) for rest in eroded)

    @cached_property
    def strokes(self) -> int:
        """The number of separate marks of another colour deep inside it, however small."""
        drawn = (self._plain == 0) & self._deeper(_DEEP)
        return int(cv2.connectedComponents(drawn.view(np.uint8), connectivity=8)[0]) - 1

    @cached_property
    def _plain(self) -> NDArray[np.uint8]:
        """255 where its picture is of the commonest colour."""
        return self._coloured(self._palette.commonest)

    def _coloured(self, colour: Colour) -> NDArray[np.uint8]:
        """255 where its picture is of a colour."""
        found = cv2.inRange(self._picture, (colour - _ALIKE).clip(0), (colour + _ALIKE).clip(0, 255))
        return np.asarray(found, np.uint8)

    @cached_property
    def _pixels(self) -> Picture:
        """Some of its pixels (n, 3), the outline's left out where there are others."""
        height, width = self._mask.shape
        step = max(1, int((self._mask.size / _SAMPLE) ** 0.5))
        rows, columns = (
            [
                slice(shift, max(0, length - 2 * _OUTLINE + shift), step)
                for shift in (0, _OUTLINE, 2 * _OUTLINE)
            ]
            for length in (height, width)
        )
        inner = self._mask[rows[0]] & self._mask[rows[1]] & self._mask[rows[2]]
        inner = inner[:, columns[0]] & inner[:, columns[1]] & inner[:, columns[2]]
        found = self._picture[rows[1], columns[1]][inner]
        return np.asarray(found if len(found) else self._picture[self._mask], np.uint8)

    @cached_property
    def _palette(self) -> Palette:
        return find_palette(self._pixels, self._gutters)

    def _deeper(self, pixels: int) -> Mask:
        """What lies further than so many pixels from the drawing's rim."""
        square = np.ones((2 * pixels + 1, 2 * pixels + 1), np.uint8)
        mask = np.ascontiguousarray(self._mask).view(np.uint8)
        inner = cv2.erode(mask, square, borderType=cv2.BORDER_CONSTANT, borderValue=0)
        return np.asarray(inner, np.uint8).view(np.bool_)

    @cached_property
    def _marks(self) -> tuple[int, float, float]:
        leaps = find_leaps(self._picture)
        levels = np.sort(self._pixels, axis=None)
        low, high = _percentile(levels, 1), _percentile(levels, 99)
        least = float(np.clip(_EDGE_SHARE * (high - low), WEAKEST_EDGE, _STRONGEST_EDGE))
        drawn = ((leaps > least) | (self._plain == 0)) & self._deeper(_DEEP)
        count, _, stats, _ = cv2.connectedComponentsWithStats(drawn.view(np.uint8), connectivity=8)
        heights, areas = stats[1:count, cv2.CC_STAT_HEIGHT], stats[1:count, cv2.CC_STAT_AREA]
        real, tall = areas >= _SPECK, heights > self._max_letter
        total = int(areas[real].sum())
        if not total:
            return 0, 0.0, 0.0
        contrast = _percentile(np.sort(leaps[drawn]), 90)
        return int((real & ~tall).sum()), float(areas[real & tall].sum()) / total, contrast


def _percentile(values: NDArray[np.uint8], percent: int) -> float:
    """A percentile of sorted values, between two of them the mixture of both, as NumPy has it."""
    at = percent / 100 * (len(values) - 1)
    low, high = int(values[int(at)]), int(values[math.ceil(at)])
    return low + (high - low) * (at - int(at))


def find_leaps(picture: Picture) -> NDArray[np.uint8]:
    """By how many levels each pixel's surroundings differ among each other: (h, w) of (h, w, 3)."""
    square = np.ones((3, 3), np.uint8)
    leaps = cv2.subtract(cv2.dilate(picture, square), cv2.erode(picture, square))
    return greatest_channel(np.asarray(leaps, np.uint8))


def find_palette(pixels: Picture, gutters: Sequence[Colour]) -> Palette:
    """Find the colours that, mixed in pairs, make up pixels (n, 3), of which there is one at least.

    Text has few: a letter's rim is a mixture of ink and paper. A few more than five count as many.
    """
    levels, weights = _counted(pixels)
    some = (1 - _COVERED) * len(pixels)
    colours: list[Colour] = []
    shares: list[float] = []
    while len(colours) < len(gutters) or (
        weights.sum() > some and len(colours) < _MOST_COLOURS + len(gutters)
    ):
        is_gutter = len(colours) < len(gutters)
        colour = gutters[len(colours)] if is_gutter else _commonest(levels, weights)
        left = _away(levels, colour) > _ALIKE
        shares.append(float(weights[~left].sum()))
        if colours and not is_gutter:
            mixtures = _from_mixtures(levels, colour[:, None], np.array(colours).T)
            left &= (mixtures > _ALIKE).all(axis=0)
        levels, weights = levels[:, left], weights[left]
        colours.append(colour)
    count = _pure(colours, len(gutters)) + int(weights.sum() > some)
    return Palette(colours[int(np.argmax(shares))], tuple(colours[len(gutters) :]), count)


def _counted(pixels: Picture) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The different colours (3, k) of pixels, those of eight levels as one, and how many of each."""
    codes = np.sort((pixels >> 3).astype(np.int32) @ _CODE)
    firsts = np.flatnonzero(np.diff(codes, prepend=-1))
    kinds = codes[firsts]
    levels = np.stack([kinds >> 10, (kinds >> 5) & 31, kinds & 31])
    return (levels * 8 + 3.5).astype(np.float32), np.diff(firsts, append=len(codes)).astype(np.float32)


def _away(levels: NDArray[np.float32], colour: Colour) -> NDArray[np.float32]:
    """By how many levels each of (3, k) differs from a colour (3,)."""
    return np.asarray(np.abs(levels - colour[:, None]).max(axis=0), np.float32)


def _commonest(levels: NDArray[np.float32], weights: NDArray[np.float32]) -> Colour:
    """The mean of the colours (3, k) around the one of the greatest weight."""
    near = _away(levels, levels[:, int(weights.argmax())]) <= _ALIKE / 2
    return np.asarray(levels[:, near] @ weights[near] / weights[near].sum(), np.float32)


def _pure(colours: list[Colour], gutters: int) -> int:
    """How many of the colours, the first ``gutters`` aside, are no mixture of two others."""
    pure = list(colours)
    for colour in colours[gutters:]:
        others = [other for other in pure if other is not colour]
        pairs = np.array(list(combinations(others, 2)), np.float32).reshape(-1, 2, 3)
        if len(pairs) and _from_mixtures(colour[:, None], pairs[:, 0].T, pairs[:, 1].T).min() <= _ALIKE:
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


def is_bubble(marks: Marks, torn: bool = False) -> bool:
    """Whether a drawing is paper of one colour with small letters on it.

    ``torn`` tells that it was torn off a greater drawing: then it may be a head, with eyes for letters.
    """
    if marks.paper < _PAPER_SHARE or marks.colours > _BUBBLE_COLOURS:
        return False
    # One short word may be a single mark, but so may a thing in a plain room: it takes few colours too.
    least = (1 if marks.colours <= _PAPER_AND_INK else 2) + torn * marks.colours
    return marks.small >= least and marks.long <= _LETTERS_LONG and marks.contrast >= _LEGIBLE


def is_stuck_bubble(marks: Marks) -> bool:
    """Whether a part of a figure is a bubble that sticks to it, and no head."""
    return is_bubble(marks) and marks.strokes > FEATURES


def is_unframed_text(marks: Marks, tall: bool) -> bool:
    """Whether a drawing without a frame holds only text: bubbles, letters, sound effects.

    ``tall`` tells that it is taller than the letters of a sound effect.
    """
    if is_bubble(marks):
        return True
    short = marks.colours <= _PAPER_AND_INK and not tall
    # A head may have two colours, too, hair and skin: of a letter's, one is but its edge.
    return (short or (marks.colours <= 1 and marks.long <= _LETTERS_LONG)) and marks.blocks < _PAPER_AND_INK
