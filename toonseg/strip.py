"""Pages placed on one vertical axis, and rows of it read on demand.

A strip is a table, never one tall picture: whoever needs rows gets them window by window, and only the
pages that the window touches are decoded.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from toonseg.records import Page, Placement

Picture = NDArray[np.uint8]

DECODED_BYTES = 48 << 20  # of pages kept decoded; the page in use is kept whatever its size


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
    (h, w, 3) uint8. Pages of another size than their placement's are scaled to it.
    """

    def __init__(self, placements: Sequence[Placement], read_page: Callable[[Placement], Picture]) -> None:
        self.placements = sorted(placements, key=lambda placement: placement.y0)
        ends = [0, *(placement.y1 for placement in self.placements)]
        if any(p.y0 != end or p.y1 <= end for p, end in zip(self.placements, ends, strict=False)):
            raise ValueError("placements must tile the rows from 0 on")
        self.height = ends[-1]
        self._ends = np.array(ends[1:], np.int64)
        self._read_page = read_page
        self._decoded: OrderedDict[int, Picture] = OrderedDict()
        self._width: int | None = None

    @property
    def width(self) -> int:
        """Width in pixels, from the first page; 0 for a strip without pages."""
        if self._width is None:
            self._width = self._page(0).shape[1] if self.placements else 0
        return self._width

    def rows(self, y0: int, y1: int) -> Picture:
        """The rows ``y0 <= y < y1``: RGB (y1 - y0, width, 3) uint8, to be read, not written to.

        Raises IndexError when they lie outside the strip.
        """
        if not 0 <= y0 <= y1 <= self.height:
            raise IndexError(f"rows {y0} to {y1} of a strip of {self.height}")
        parts = list(self._parts(y0, y1))
        if not parts:
            return np.empty((0, self.width, 3), np.uint8)
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _parts(self, y0: int, y1: int) -> Iterator[Picture]:
        """The rows, page by page."""
        at = int(np.searchsorted(self._ends, y0, side="right"))
        while y0 < y1:
            placement = self.placements[at]
            end = min(y1, placement.y1)
            yield self._page(at)[y0 - placement.y0 : end - placement.y0]
            y0, at = end, at + 1

    def _page(self, at: int) -> Picture:
        """The page at ``at`` in its placement's size, decoded now or lately."""
        if at in self._decoded:
            self._decoded.move_to_end(at)
            return self._decoded[at]
        room = DECODED_BYTES
        for old in reversed(list(self._decoded)):
            room -= self._decoded[old].nbytes
            if room < 0:
                del self._decoded[old]
        placement = self.placements[at]
        picture = self._read_page(placement)
        width = self._width or max(1, round(picture.shape[1] * placement.scale))
        self._decoded[at] = _scaled(picture, width, placement.y1 - placement.y0)
        return self._decoded[at]


def _scaled(picture: Picture, width: int, height: int) -> Picture:
    """The picture in another size: averaged when it shrinks, bicubic when it grows."""
    if picture.shape[:2] == (height, width):
        return picture
    shrinks = width < picture.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, (width, height), interpolation=method), np.uint8)
