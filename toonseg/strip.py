"""Pages placed on one vertical axis, and rows of it read on demand.

A strip is a table, never one tall picture: whoever needs rows gets them window by window, and only the
pages that the window touches are decoded.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from toonseg.records import Page, Placement

Picture = NDArray[np.uint8]

DECODED_BYTES = 24 << 20  # of pages kept decoded; the page in use is kept whatever its size
HALVED_BYTES = 64 << 20  # of pages kept at half their scale: 120,000 rows of 690 pixels


def common_width(pages: Sequence[Page]) -> int:
    """The width that most pages have, in pixels; of equally common ones the widest. 0 for no pages."""
    counts = Counter(page.width for page in pages)
    return max(counts, key=lambda width: (counts[width], width), default=0)


def place_pages(pages: Sequence[Page], width_px: int) -> list[Placement]:
    """Place an episode's pages one below the other, in the order of their numbers.

    Each page is scaled to ``width_px`` with its proportions kept, its height rounded to whole rows (at
    least 1). Only the sizes of the pages are used; no pages give an empty list.

    >>> page = Page("s", "1", 1, "001.jpg", 460, 300, 1, 0, "")
    >>> [(p.scale, p.y0, p.y1) for p in place_pages([page, page], 690)]
    [(1.5, 0, 450), (1.5, 450, 900)]
    """
    placements: list[Placement] = []
    y0 = 0
    for page in sorted(pages, key=lambda page: page.page):
        # In whole numbers: half a row is rounded up on every machine.
        y1 = y0 + max(1, (2 * page.height * width_px + page.width) // (2 * page.width))
        scale = width_px / page.width
        placements.append(Placement(page.series, page.episode, page.page, page.name, scale, y0, y1))
        y0 = y1
    return placements


class Strip:
    """The rows of an episode, read from its pages when they are asked for.

    ``placements`` tile the rows from 0 on; ``read_page`` gives a placement's picture as decoded, RGB
    (h, w, 3) uint8. Pages of another size than their placement's are scaled to it. ``read_half``
    may give the picture of a page of the strip's own width at half its scale, sides rounded up, where that
    costs less than reading it whole, or None; ``width_px`` is the first page's width on the strip, if known.
    """

    def __init__(
        self,
        placements: Sequence[Placement],
        read_page: Callable[[Placement], Picture],
        read_half: Callable[[Placement], Picture | None] | None = None,
        width_px: int | None = None,
    ) -> None:
        self.placements = sorted(placements, key=lambda placement: placement.y0)
        ends = [0, *(placement.y1 for placement in self.placements)]
        if any(p.y0 != end or p.y1 <= end for p, end in zip(self.placements, ends, strict=False)):
            raise ValueError("placements must tile the rows from 0 on")
        self.height = ends[-1]
        self._reader = _Reader(self.placements, read_page, read_half, width_px)
        self._whole = _Pages([p.y1 - p.y0 for p in self.placements], self._reader.whole, DECODED_BYTES)

    @property
    def width(self) -> int:
        """Width in pixels, from the first page; 0 for a strip without pages."""
        if self._reader.width is None:
            self._reader.width = self._whole.page(0).shape[1] if self.placements else 0
        return self._reader.width

    def rows(self, y0: int, y1: int) -> Picture:
        """The rows ``y0 <= y < y1``: RGB (y1 - y0, width, 3) uint8, to be read, not written to.

        Raises IndexError when they lie outside the strip.
        """
        parts = self._whole.parts(y0, y1)
        return _joined(parts) if parts else np.empty((0, self.width, 3), np.uint8)

    @cached_property
    def half(self) -> "HalfStrip":
        """The same strip at half its scale."""
        return HalfStrip(self.placements, self.width, self._reader.half)


class _Reader:
    """The pages of a strip, read and scaled to their places; nothing of them is kept.

    It knows nothing of the strip, so that a strip and its pictures are freed as soon as they are let go.
    """

    def __init__(
        self,
        placements: Sequence[Placement],
        read_page: Callable[[Placement], Picture],
        read_half: Callable[[Placement], Picture | None] | None,
        width_px: int | None,
    ) -> None:
        self.placements, self.width = placements, width_px
        self._read_page, self._read_half = read_page, read_half

    def whole(self, at: int) -> Picture:
        """The picture of one page in its size on the strip."""
        placement = self.placements[at]
        picture = self._read_page(placement)
        if self.width is None:
            self.width = max(1, round(picture.shape[1] * placement.scale))
        return _scaled(picture, self.width, placement.y1 - placement.y0)

    def half(self, at: int) -> Picture:
        """The picture of one page at half its size on the strip, whose width is known."""
        placement = self.placements[at]
        if placement.scale == 1:
            half = self._read_half(placement) if self._read_half else None
            return shrink(self._read_page(placement), 2) if half is None else half
        size = _halved(self.width or 0), _halved(placement.y1 - placement.y0)
        return _scaled(self._read_page(placement), *size)


class HalfStrip:
    """A strip at half its scale, page by page.

    A *line* is one row of it: two rows of a page, or the last one of a page of odd height.
    """

    def __init__(
        self, placements: Sequence[Placement], width_px: int, read_page: Callable[[int], Picture]
    ) -> None:
        self.width = _halved(width_px)
        heights = [_halved(placement.y1 - placement.y0) for placement in placements]
        self._pages = _Pages(heights, read_page, HALVED_BYTES)
        self.height = self._pages.height
        self._rows = np.array([p.y0 for p in placements] + [p.y1 for p in placements[-1:]], np.int64)
        self._lines = np.concatenate([[0], np.cumsum(heights, dtype=np.int64)])

    def lines(self, start: int, stop: int) -> Picture:
        """The lines ``start <= line < stop``: RGB (stop - start, width, 3) uint8, not to be written to."""
        parts = self._pages.parts(start, stop)
        return _joined(parts) if parts else np.empty((0, self.width, 3), np.uint8)

    def row(self, line: int) -> int:
        """The strip's row at which a line begins; for the number of lines, the strip's height."""
        at = int(np.searchsorted(self._lines, line, side="right")) - 1
        return int(self._rows[at] + 2 * (line - self._lines[at])) if len(self._rows) else 0

    def line(self, row: int) -> int:
        """The line that holds a row of the strip; for the strip's height, the number of lines."""
        at = int(np.searchsorted(self._rows, row, side="right")) - 1
        return int(self._lines[at] + (row - self._rows[at]) // 2) if len(self._rows) else 0


class _Pages:
    """Pictures one below the other, each read when its rows are asked for, the latest kept."""

    def __init__(self, heights: Sequence[int], read: Callable[[int], Picture], kept_bytes: int) -> None:
        self._ends = np.cumsum(heights, dtype=np.int64)
        self.height = int(self._ends[-1]) if len(heights) else 0
        self._heights, self._read, self._kept_bytes = heights, read, kept_bytes
        self._kept: OrderedDict[int, Picture] = OrderedDict()

    def parts(self, y0: int, y1: int) -> list[Picture]:
        """The rows, page by page."""
        if not 0 <= y0 <= y1 <= self.height:
            raise IndexError(f"rows {y0} to {y1} of a strip of {self.height}")
        at = int(np.searchsorted(self._ends, y0, side="right"))
        found = []
        while y0 < y1:
            start, end = int(self._ends[at]) - self._heights[at], min(y1, int(self._ends[at]))
            found.append(self.page(at)[y0 - start : end - start])
            y0, at = end, at + 1
        return found

    def page(self, at: int) -> Picture:
        """The picture at ``at``, read now or lately."""
        if at in self._kept:
            self._kept.move_to_end(at)
            return self._kept[at]
        room = self._kept_bytes
        for old in reversed(list(self._kept)):
            room -= self._kept[old].nbytes
            if room < 0:
                del self._kept[old]
        self._kept[at] = self._read(at)
        return self._kept[at]


def shrink(picture: Picture, times: int) -> Picture:
    """Average blocks of ``times`` x ``times`` pixels; what is over at the end is filled up by repeating."""
    height, width = picture.shape[:2]
    down, across = -height % times, -width % times
    if down or across:
        picture = cv2.copyMakeBorder(picture, 0, down, 0, across, cv2.BORDER_REPLICATE)  # type: ignore[assignment]
    size = ((width + across) // times, (height + down) // times)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _halved(length: int) -> int:
    return (length + 1) // 2


def _joined(parts: Sequence[Picture]) -> Picture:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _scaled(picture: Picture, width: int, height: int) -> Picture:
    """The picture in another size: averaged when it shrinks, bicubic when it grows."""
    if picture.shape[:2] == (height, width):
        return picture
    shrinks = width < picture.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, (width, height), interpolation=method), np.uint8)
