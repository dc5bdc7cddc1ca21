"""What is drawn inside a drawing: its paper, its colours, and the marks on it."""

import math
from collections.abc import Sequence
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from toonseg.cuts.gradients import flattened
from toonseg.cuts.lettering import have_outlines
from toonseg.cuts.letters import SPECK, are_alone, stand_in_lines
from toonseg.cuts.palette import ALIKE, Colour, Palette, coloured, find_palette
from toonseg.cuts.rows import Mask, Picture, greatest_channel

_OUTLINE = 2  # pixels of the analysed picture from a drawing's rim that its outline may cover
_DEEP = 5  # pixels from its rim: beyond the outline with all its blur
WEAKEST_EDGE, _STRONGEST_EDGE = 12, 40  # levels over three pixels
_EDGE_SHARE = 0.2  # of the range of levels, that makes an edge
_MARGIN = 0.1  # of its smaller side that a caption's letters keep clear
_STROKES = 5  # strokes of a letter that its height holds at least
LEGIBLE = 96  # levels over three pixels of a letter's edge, from which it can be read
_WIDE = 0.75  # of its height that its width is at least
_SAMPLE = 900  # pixels whose colours are counted


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
        near = cv2.inRange(pixels[None], middle - float(ALIKE), middle + float(ALIKE))
        return cv2.countNonZero(near) / len(pixels)

    @property
    def colours(self) -> int:
        """How many colours besides the gutters', mixed in pairs, make it up; a few more count as many."""
        return self._palette.count

    @cached_property
    def lines(self) -> bool:
        """Whether its marks are lines or columns of letters that can be read.

        Their edges alone tell, so the paper may be a gradient.
        """
        inside = self._inside
        edges = self._edges & inside
        if not edges.any() or _percentile(np.sort(self._leaps[edges]), 90) < LEGIBLE:
            return False
        faint = (self._leaps > WEAKEST_EDGE) & inside
        ways = [np.ascontiguousarray(way).view(np.uint8) for way in (edges, edges.T)]
        return any(stand_in_lines(way, self._max_letter) for way in ways) and are_alone(ways[0], faint)

    @cached_property
    def outlined(self) -> bool:
        """Whether it is letters with outlines around them."""
        return have_outlines(self._picture, np.ascontiguousarray(self._mask))

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
    def flat(self) -> "Marks | None":
        """The same with the gradient taken away that its ground is; None where that is none."""
        picture = flattened(self._picture, self._inside)
        return None if picture is None else Marks(picture, self._mask, self._max_letter)

    @property
    def free(self) -> bool:
        """Whether its marks stand in its middle, clear of its rim."""
        away = max(_DEEP, int(_MARGIN * min(self._mask.shape)))
        return not (self._drawn & ~self._deeper(away)).any()

    @cached_property
    def blocks(self) -> int:
        """How many of its colours fill a block that is thicker than the strokes of letters of its size."""
        thick = np.ones((max(1, min(self._mask.shape) // _STROKES),) * 2, np.uint8)
        own = np.ascontiguousarray(self._mask).view(np.uint8)
        fills = [coloured(self._picture, ink) & own for ink in self._palette.inks]
        eroded = [cv2.erode(fill, thick, borderType=cv2.BORDER_CONSTANT, borderValue=0) for fill in fills]
        return sum(bool(rest.any()) for rest in eroded)

    @cached_property
    def strokes(self) -> int:
        """The number of separate marks of another colour deep inside it, however small."""
        drawn = (self._plain == 0) & self._inside
        return int(cv2.connectedComponents(drawn.view(np.uint8), connectivity=8)[0]) - 1

    @property
    def inked(self) -> bool:
        """Whether its commonest colour stands out from the gutters'."""
        paper = self._palette.commonest
        return all(float(np.abs(paper - gutter).max()) >= LEGIBLE for gutter in self._gutters)

    @property
    def wide(self) -> bool:
        """Whether it is hardly taller than it is wide."""
        height, width = self._mask.shape
        return bool(width >= _WIDE * height)

    @property
    def solid(self) -> float:
        """The share of its convex hull that it fills."""
        own = np.ascontiguousarray(self._mask).view(np.uint8)
        contours, _ = cv2.findContours(own, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        area = sum(map(cv2.contourArea, contours))
        return area / max(1.0, cv2.contourArea(cv2.convexHull(np.concatenate(contours))))

    @cached_property
    def _plain(self) -> NDArray[np.uint8]:
        """255 where its picture is of the commonest colour."""
        return coloured(self._picture, self._palette.commonest)

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
        found = self._picture[rows[1], columns[1]].reshape(-1, 3).compress(inner.ravel(), axis=0)
        return np.asarray(found if len(found) else self._picture[self._mask], np.uint8)

    @cached_property
    def _palette(self) -> Palette:
        return find_palette(self._pixels, self._gutters)

    @cached_property
    def _inside(self) -> Mask:
        """What lies beyond its outline."""
        return self._deeper(_DEEP)

    def _deeper(self, pixels: int) -> Mask:
        """What lies further than so many pixels from the drawing's rim."""
        square = np.ones((2 * pixels + 1, 2 * pixels + 1), np.uint8)
        mask = np.ascontiguousarray(self._mask).view(np.uint8)
        inner = cv2.erode(mask, square, borderType=cv2.BORDER_CONSTANT, borderValue=0)
        return np.asarray(inner, np.uint8).view(np.bool_)

    @cached_property
    def _leaps(self) -> NDArray[np.uint8]:
        return find_leaps(self._picture)

    @cached_property
    def _edges(self) -> Mask:
        """Where its picture leaps by much, compared with all of it."""
        levels = np.sort(self._pixels, axis=None)
        low, high = _percentile(levels, 1), _percentile(levels, 99)
        least = float(np.clip(_EDGE_SHARE * (high - low), WEAKEST_EDGE, _STRONGEST_EDGE))
        return np.asarray(self._leaps > least)

    @cached_property
    def _drawn(self) -> Mask:
        """What is drawn on its paper, deep inside it."""
        return np.asarray((self._edges | (self._plain == 0)) & self._inside)

    @cached_property
    def _marks(self) -> tuple[int, float, float]:
        drawn = self._drawn
        count, _, stats, _ = cv2.connectedComponentsWithStats(drawn.view(np.uint8), connectivity=8)
        heights, areas = stats[1:count, cv2.CC_STAT_HEIGHT], stats[1:count, cv2.CC_STAT_AREA]
        real, tall = areas >= SPECK, heights > self._max_letter
        total = int(areas[real].sum())
        if not total:
            return 0, 0.0, 0.0
        contrast = _percentile(np.sort(self._leaps[drawn]), 90)
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
