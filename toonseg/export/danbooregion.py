"""Layout ``danbooregion``: panels and their regions, each region in a colour of its own.

    danbooregion/
      ID.image.png         the panel; ID counts from 0 without a gap
      ID.region.png        RGB of the panel's size: one colour a mask, black where none is
      index.csv            the panel that each ID is: ``IndexRow``

The files that DanbooRegion's ``skeletonize_all.py`` and ``visualize.py`` read (Zhang, Ji and Liu,
"DanbooRegion: An Illustration Region Dataset", 2020): a region is what has one colour, whichever. A panel's
K-th mask, the most trusted first, has the same colour in every panel; where masks overlap, the most trusted
is on top.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from toonseg.export.index import Index
from toonseg.export.instances import ExportJob, ExportPanel
from toonseg.export.labelmaps import instance_map
from toonseg.images import Picture, encode

# Odd, so that different numbers below 2**24 have different multiples modulo 2**24; near the golden section
# of 2**24, so that neighbouring numbers have unlike ones (Knuth, The Art of Computer Programming 6.4).
_SPREAD = 10368889
_COLOURS = 1 << 24


class DanbooRegion:
    """Writes the two pictures of one panel after another, then their index."""

    holds_pixels = True

    def __init__(self, folder: Path, job: ExportJob) -> None:
        self._folder = folder
        self._index = Index(folder)

    def add(self, panel: ExportPanel) -> None:
        """Write a panel and its regions."""
        name = str(len(self._index))
        (self._folder / f"{name}.image.png").write_bytes(panel.png)
        regions = encode(region_colours(instance_map(panel)), "png", 100)
        (self._folder / f"{name}.region.png").write_bytes(regions)
        self._index.add(name, panel)

    def close(self) -> None:
        """Write the index."""
        self._index.write()


def region_colours(numbers: NDArray[np.uint16]) -> Picture:
    """A map of regions' numbers (h, w) as RGB (h, w, 3): 0 is black, each number has its own colour.

    >>> region_colours(np.array([[0, 1, 2]], np.uint16)).tolist()
    [[[0, 0, 0], [158, 55, 121], [60, 110, 242]]]
    """
    mixed = numbers.astype(np.int64) * _SPREAD % _COLOURS
    return np.stack([mixed >> 16, mixed >> 8 & 255, mixed & 255], axis=-1).astype(np.uint8)
